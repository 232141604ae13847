/* The last row: the keys of what can be done now, or what is typed or asked; and above it what is
 * told. */
#include "ui/screen/commands.h"
#include "ui/screen/screen_draw.h"
#include "ui/screen/screen_prompt.h"
#include "ui/screen/width.h"

#define CLOSE_COLS 11 /* "esc close" */
#define HELP_COLS 8   /* "? help" */
#define MESSAGE_ROWS_MAX 3

/* --- keys ----------------------------------------------------------------------------------- */

/* Stands on one key after the other, in the order of the table of commands: what concerns a call
 * comes first; what has no room is left out, but for the last two. */
struct walk {
    size_t i;
    int col, width; /* of the key that it stands on */
    const struct command *command;
    struct buf name; /* of the key */
};

static bool stand_on(struct walk *w, const struct screen *s, const struct command *c, int end)
{
    const struct binding *b = c->label && command_can(s, c) ? command_key(s, c) : NULL;

    if (!b)
        return false;
    buf_clear(&w->name);
    key_name(&b->key, &w->name);
    w->command = c;
    w->width = width_of(buf_slice(&w->name)) + 1 + width_of(slice_of(c->label));
    return w->col + w->width <= end;
}

/* These come last, and always have their room: how one gets away, and what shows all others. */
static const struct {
    const char *name;
    int cols;
} always[] = {
    {"close", CLOSE_COLS},
    {"help", HELP_COLS},
};

static bool is_always(const struct command *c)
{
    for (size_t i = 0; i < ARRAY_LEN(always); i++)
        if (strcmp(c->name, always[i].name) == 0)
            return true;
    return false;
}

static int kept_cols(const struct screen *s)
{
    int cols = 0;

    for (size_t i = 0; i < ARRAY_LEN(always); i++)
        if (command_can(s, command_find(slice_of(always[i].name))))
            cols += always[i].cols;
    return cols;
}

/* False: there are no more. */
static bool next_key(struct walk *w, const struct screen *s, int cols)
{
    size_t n = command_count();
    int end = cols - kept_cols(s);

    w->col += w->command ? w->width + 2 : 1;
    while (w->i < n) {
        const struct command *c = command_at(w->i++);

        if (!is_always(c) && stand_on(w, s, c, end))
            return true;
    }
    while (w->i < n + ARRAY_LEN(always))
        if (stand_on(w, s, command_find(slice_of(always[w->i++ - n].name)), cols))
            return true;
    return false;
}

static void draw_all_keys(const struct screen *s, struct cells *cells, struct rect within)
{
    struct walk w = {.name = buf_new(32)};

    while (next_key(&w, s, within.cols)) {
        int n = cells_put(cells, within, 0, w.col, STYLE_KEY, buf_slice(&w.name));

        cells_put(cells, within, 0, w.col + n + 1, STYLE_NORMAL, slice_of(w.command->label));
    }
    buf_free(&w.name);
}

const struct command *keys_command_at(const struct screen *s, struct rect within, int col)
{
    struct walk w = {.name = buf_new(32)};
    const struct command *found = NULL;

    while (!found && next_key(&w, s, within.cols))
        if (col >= within.col + w.col && col < within.col + w.col + w.width)
            found = w.command;
    buf_free(&w.name);
    return found;
}

/* --- messages ------------------------------------------------------------------------------- */

/* Over what stands above the keys, three rows at most: what is told hides no key. */
static void draw_message(const struct screen *s, struct cells *cells, struct rect within)
{
    struct slice rows[MESSAGE_ROWS_MAX], rest = buf_slice(&s->message);
    int n = 0, cols = within.cols - 2;

    while (rest.n > 0 && n + 1 < MESSAGE_ROWS_MAX)
        rows[n++] = view_cut_row(&rest, cols);
    if (rest.n > 0)
        rows[n++] = rest;
    for (int i = 0; i < n; i++) {
        struct rect row = {within.row - n + i, within.col, 1, within.cols};

        cells_fill(cells, row, STYLE_NORMAL);
        cells_put_cut(cells, row, 0, 1, cols, s->message_style, rows[i]);
    }
}

void draw_keys(const struct screen *s, struct cells *cells, struct rect within)
{
    if (s->message_until_ms > s->now_ms)
        draw_message(s, cells, within);
    if (s->prompt != PROMPT_NONE)
        prompt_draw(s, cells, within);
    else
        draw_all_keys(s, cells, within);
}
