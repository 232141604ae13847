/* What a person types to call somebody, and words that are nearly right: what is taken is a URI
 * that parses, everything else is refused in one line. The first line is the domain of the
 * account. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "phone/spelling.h"
#include "phone/target.h"
#include "sip/uri.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void call(struct slice typed, struct slice domain)
{
    struct buf uri = buf_new(1 << 20), why = buf_new(1 << 20);
    int err = phone_target(typed, domain, &uri, &why);

    must((err != 0) == (why.n > 0));
    must(!why.n || !memchr(why.p, '\n', why.n));
    if (!err)
        must((slice_istarts(buf_slice(&uri), SLICE("sip:")) ||
              slice_istarts(buf_slice(&uri), SLICE("sips:"))) &&
             !memchr(uri.p, 0, uri.n));
    buf_free(&uri);
    buf_free(&why);
}

static void spell(struct slice one, struct slice other)
{
    static const char *const words[] = {"codec", "listen", "ring-device", "no-answer"};
    struct buf b = buf_new(1 << 20);
    unsigned distance = spelling_distance(one, other);

    must(distance == spelling_distance(other, one) || one.n > 32 || other.n > 32);
    must(spelling_distance(one, one) == 0);
    (void)spelling_near(one, other);
    (void)spelling_nearest(one, words, ARRAY_LEN(words));
    spelling_put_habit(one, &b);
    buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice typed = {(const char *)bytes, n}, domain = slice_cut(&typed, '\n');

    call(typed, SLICE(""));
    call(typed, SLICE("example.org"));
    if (phone_is_number(typed))
        call(typed, SLICE("192.0.2.1:5070"));
    spell(domain, typed);
    return 0;
}
