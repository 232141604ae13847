#include "phone/words.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/scan.h"

struct splitter {
    struct scan s;
    struct buf word;
    const char *wrong; /* sentence, NULL: all is well */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char next(struct splitter *sp)
{
    char c = sp->s.rest.p[0];

    sp->s.rest = slice_skip(sp->s.rest, 1);
    return c;
}

/* What stands between quotes; the first is eaten already. */
static void read_quoted(struct splitter *sp, char quote)
{
    const struct slice open = sp->s.rest;

    while (sp->s.rest.n > 0) {
        char c = next(sp);

        if (c == quote)
            return;
        if (c == '\\' && quote == '"' && (scan_peek(&sp->s) == '"' || scan_peek(&sp->s) == '\\'))
            c = next(sp);
        buf_putc(&sp->word, c);
    }
    sp->s.rest = (struct slice){open.p - 1, open.n + 1};
    sp->wrong = "this quote has no end";
}

static void read_escape(struct splitter *sp)
{
    if (sp->s.rest.n > 0) {
        buf_putc(&sp->word, next(sp));
        return;
    }
    sp->s.rest.p--;
    sp->wrong = "nothing stands behind this backslash";
}

static void read_word(struct splitter *sp)
{
    const char *home = getenv("HOME");

    if (slice_starts(sp->s.rest, SLICE("~/")) && home) {
        buf_puts(&sp->word, home);
        next(sp);
    }
    while (!sp->wrong && sp->s.rest.n > 0 && !is_blank(sp->s.rest.p[0])) {
        char c = next(sp);

        if (c == '"' || c == '\'')
            read_quoted(sp, c);
        else if (c == '\\')
            read_escape(sp);
        else
            buf_putc(&sp->word, c);
    }
}

static int keep_word(struct splitter *sp, struct words *out)
{
    char *copy = buf_ok(&sp->word) ? slice_dup(buf_slice(&sp->word)) : NULL;

    buf_clear(&sp->word);
    if (!copy)
        return -ENOMEM;
    out->v[out->n++] = copy;
    return 0;
}

static int split(struct splitter *sp, struct words *out)
{
    int err = 0;

    while (!err && !sp->wrong) {
        scan_maybe(&sp->s, is_blank);
        if (sp->s.rest.n == 0)
            break;
        if (out->n == WORDS_MAX) {
            sp->wrong = "these are more than 64 words";
            break;
        }
        read_word(sp);
        if (!sp->wrong)
            err = keep_word(sp, out);
    }
    if (!err && !sp->wrong && (out->n == 0 || !*out->v[0]))
        sp->wrong = "the name of a program is missing";
    return err;
}

int words_split(struct slice line, struct words *out, size_t *at, const char **sentence)
{
    struct splitter sp = {.s = {line, false}, .word = buf_new(65536)};
    int err;

    *out = (struct words){0};
    err = split(&sp, out);
    if (sp.wrong) {
        *at = (size_t)(sp.s.rest.p - line.p);
        *sentence = sp.wrong;
        err = -EINVAL;
    }
    buf_free(&sp.word);
    if (err)
        words_free(out);
    return err;
}

void words_free(struct words *words)
{
    for (size_t i = 0; i < words->n; i++)
        free(words->v[i]);
    *words = (struct words){0};
}
