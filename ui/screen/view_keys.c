/* The last row: the keys of what can be done now, or what is typed, asked or told. */
#include "ui/screen/commands.h"
#include "ui/screen/screen_draw.h"
#include "ui/screen/width.h"

static int draw_key(const struct screen *s, const struct command *c, struct cells *cells,
                    struct rect within, int col)
{
    const struct binding *b = command_key(s, c);
    struct buf name = buf_new(32);
    int n, width;

    if (!c->label || !b || !command_can(s, c))
        return 0;
    key_name(&b->key, &name);
    width = width_of(buf_slice(&name)) + 1 + width_of(slice_of(c->label));
    if (col + width > within.cols) {
        buf_free(&name);
        return 0;
    }
    n = cells_put(cells, within, 0, col, STYLE_KEY, buf_slice(&name)) + 1;
    n += cells_put(cells, within, 0, col + n, STYLE_NORMAL, slice_of(c->label));
    buf_free(&name);
    return n + 2;
}

/* In the order of the table of commands: what concerns a call comes first, and falls off last. */
static void draw_all_keys(const struct screen *s, struct cells *cells, struct rect within)
{
    const struct command *help = command_find(SLICE("help")), *c;
    struct rect room = {within.row, within.col, 1, within.cols - 8};
    int col = 1;

    for (size_t i = 0; (c = command_at(i)); i++)
        if (c != help)
            col += draw_key(s, c, cells, room, col);
    draw_key(s, help, cells, within, col);
}

void draw_keys(const struct screen *s, struct cells *cells, struct rect within)
{
    int n;

    switch (s->prompt) {
    case PROMPT_COMMAND:
    case PROMPT_SEARCH:
        n = cells_put(cells, within, 0, 0, STYLE_KEY,
                      s->prompt == PROMPT_COMMAND ? SLICE(":") : SLICE("/"));
        line_draw(&s->line, cells, within, 0, n);
        return;
    case PROMPT_PASSWORD:
        n = 1 + cells_put(cells, within, 0, 1, STYLE_WARN, SLICE("password for "));
        n += cells_put_cut(cells, within, 0, n, 40, STYLE_NORMAL, slice_of(s->account));
        n += 1 + cells_put(cells, within, 0, n, STYLE_WARN, SLICE(":"));
        for (size_t i = 0; i < s->line.text.n && n < within.cols; i++)
            n += cells_put(cells, within, 0, n, STYLE_INPUT, SLICE("*"));
        return;
    case PROMPT_CONFIRM:
        n = 1 + cells_put(cells, within, 0, 1, STYLE_WARN, slice_of(s->question));
        cells_put(cells, within, 0, n + 1, STYLE_KEY, SLICE("y/n"));
        return;
    case PROMPT_NONE:
        break;
    }
    if (s->message_until_ms > s->now_ms)
        cells_put_cut(cells, within, 0, 1, within.cols - 2, s->message_style,
                      buf_slice(&s->message));
    else
        draw_all_keys(s, cells, within);
}
