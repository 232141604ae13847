/* Headers of a 401, each line of the input one: what is answered can be printed on a line of its
 * own and be read again, and nothing is answered for ever. */
#include <stdint.h>
#include <stdlib.h>

#include "sip/auth.h"
#include "sip/challenge.h"
#include "sip/parse.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void put_response(struct buf *b, struct slice input)
{
    buf_puts(b, "SIP/2.0 401 U\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nFrom: <sip:a@h>;tag=a\r\n"
                "To: <sip:a@h>;tag=b\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n");
    while (input.n > 0) {
        struct slice line = slice_cut(&input, '\n');
        bool proxy = slice_starts(line, SLICE("P"));

        buf_puts(b, proxy ? "Proxy-Authenticate: " : "WWW-Authenticate: ");
        buf_put(b, slice_skip(line, proxy));
        buf_puts(b, "\r\n");
    }
    buf_puts(b, "Content-Length: 0\r\n\r\n");
}

/* Each line is whole, and its value reads like a challenge does. */
static void check_lines(struct slice text)
{
    while (text.n > 0) {
        struct slice line = slice_cut(&text, '\n'), rest;
        struct sip_challenge c;

        must(line.n > 0 && line.p[line.n - 1] == '\r');
        rest = slice_head(line, line.n - 1);
        must(slice_index(rest, '\r') < 0);
        must(slice_eq(slice_cut(&rest, ':'), SLICE("Authorization")) ||
             slice_starts(line, SLICE("Proxy-Authorization:")));
        must(sip_challenge_next(&rest, &c) && c.digest && c.kind && rest.n == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct rng rng = rng_seeded(1);
    struct slice host = SLICE("h");
    struct sip_auth *auth = sip_auth_new(&rng, SLICE("a\"b"), (struct slice){0}, &host, 1);
    struct buf text = buf_new(SIP_MAX_MESSAGE), out = buf_new(SIP_MAX_MESSAGE), why = buf_new(4096);
    enum sip_auth_verdict verdict = SIP_AUTH_AGAIN;
    struct sip_auth_tries tries = {0};
    struct sip_msg msg;
    unsigned rounds = 0;

    put_response(&text, (struct slice){(const char *)bytes, n});
    must(auth && sip_auth_set_password(auth, SLICE("p\0w")) == 0);
    if (buf_ok(&text) && sip_parse(buf_slice(&text), true, &msg) == 0)
        while (verdict == SIP_AUTH_AGAIN) {
            verdict = sip_auth_challenged(auth, &msg, n & 1, &tries, &why);
            must(++rounds <= SIP_MAX_ROUNDS + 1);
            buf_clear(&out);
            must(sip_auth_put(auth, &tries, &out, SLICE("REGISTER"), SLICE("sip:h"), SLICE("")) ==
                 0);
            must(verdict != SIP_AUTH_AGAIN || out.n > 0);
            check_lines(buf_slice(&out));
        }
    must(verdict != SIP_AUTH_CANNOT || why.n > 0);
    buf_free(&text);
    buf_free(&out);
    buf_free(&why);
    sip_auth_free(auth);
    return 0;
}
