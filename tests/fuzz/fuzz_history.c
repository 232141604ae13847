/* A file that is said to be our database of calls, or one that somebody has spoiled: it is refused
 * in one line, or its rows can be shown. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "phone/history.h"
#include "tests/fuzz/place.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_text(const char *text)
{
    must(text != NULL);
    for (; *text; text++)
        must((unsigned char)*text >= ' ' && *text != 127);
}

static bool check(void *arg, const struct history_row *row)
{
    unsigned *left = arg;

    check_text(row->peer);
    check_text(row->name);
    check_text(row->text);
    must(history_word(row->outcome) != NULL);
    return --*left > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct buf why = buf_new(4096);
    unsigned left = 100;
    int err;

    fuzz_place_write(bytes, n);
    err = history_read(fuzz_place(), check, &left, &why);
    must(!err || err == -ENOENT || why.n > 0);
    must(!why.n || !memchr(why.p, '\n', why.n));
    buf_free(&why);
    return 0;
}
