#include "ui/lines.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"

int lines_init(struct lines *l, size_t max)
{
    *l = (struct lines){.room = malloc(max + 1), .max = max};
    return l->room ? 0 : -ENOMEM;
}

void lines_free(struct lines *l)
{
    if (l->room)
        mem_wipe(l->room, l->max + 1);
    free(l->room);
    *l = (struct lines){0};
}

/* Moves what is not taken yet to the front and wipes where it was. */
static void settle(struct lines *l)
{
    size_t n = l->to - l->from;

    if (l->from == 0)
        return;
    memmove(l->room, l->room + l->from, n);
    mem_wipe(l->room + n, l->to - n);
    l->from = 0;
    l->to = n;
}

size_t lines_room(struct lines *l, char **at)
{
    settle(l);
    *at = l->room + l->to;
    return l->max + 1 - l->to;
}

void lines_add(struct lines *l, size_t n)
{
    l->to += n;
}

bool lines_empty(const struct lines *l)
{
    return l->from == l->to && !l->skipping;
}

/* Up to the next newline, or all where there is none and nothing follows. False: it is not
 * whole. */
static bool cut(struct lines *l, bool ended, struct slice *out)
{
    struct slice rest = {l->room + l->from, l->to - l->from};
    ptrdiff_t at = slice_index(rest, '\n');

    if (at < 0 && (!ended || rest.n == 0))
        return false;
    *out = at < 0 ? rest : slice_head(rest, (size_t)at);
    l->from += out->n + (at >= 0);
    return true;
}

enum lines_got lines_take(struct lines *l, bool ended, struct slice *out)
{
    struct slice line;

    while (cut(l, ended, &line)) {
        bool skipped = l->skipping;

        l->skipping = false;
        if (line.n > l->max && !skipped)
            return LINES_TOO_LONG;
        *out = slice_trim(line);
        if (!skipped && out->n > 0)
            return LINES_LINE;
    }
    if (l->to - l->from <= l->max && !l->skipping)
        return LINES_NONE;
    l->from = l->to;
    if (l->skipping)
        return LINES_NONE;
    l->skipping = true;
    return LINES_TOO_LONG;
}
