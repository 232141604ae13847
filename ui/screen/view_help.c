/* The keys of the view one came from, with what they do, and then the commands without a key; above
 * the list what the chosen one does, in full. */
#include "ui/screen/commands.h"

#define HEAD_ROWS 1
#define KEY_COLS 12
#define NAME_COLS 18

/* The view below, as its keys are asked for. */
static struct screen below(const struct screen *s)
{
    struct screen view = *s;

    view.n_open--;
    return view;
}

static bool is_bound(const struct screen *s, const struct binding *b)
{
    const struct view *view = screen_view(s);

    if (view->key && key_is_text(&b->key)) /* it is typed */
        return false;
    return strcmp(b->view, view->name) == 0 || !*b->view ||
           (view->kind == VIEW_PANE && strcmp(b->view, "main") == 0) ||
           (view->rows && strcmp(b->view, "list") == 0);
}

static bool is_digit(const struct binding *b)
{
    return strncmp(b->command, "dtmf ", 5) == 0;
}

/* Whether the binding before means the same, in a wider place. */
static bool is_twice(const struct screen *s, size_t i)
{
    for (size_t before = 0; before < i; before++)
        if (is_bound(s, &s->keys->at[before]) &&
            key_same(&s->keys->at[before].key, &s->keys->at[i].key) &&
            strcmp(s->keys->at[before].command, s->keys->at[i].command) == 0)
            return true;
    return false;
}

/* Whether the view below has a key for it. */
static bool has_key(const struct screen *s, const struct command *c)
{
    for (size_t i = 0; i < s->keys->n; i++) {
        const struct binding *b = &s->keys->at[i];

        if (command_is_of(b, c) && is_bound(s, b) && !is_digit(b))
            return true;
    }
    return false;
}

/* All keys of a command in the view below. */
static void put_keys(const struct screen *s, const struct command *c, struct buf *out)
{
    for (size_t i = 0; i < s->keys->n; i++) {
        const struct binding *b = &s->keys->at[i];

        if (!command_is_of(b, c) || !is_bound(s, b) || is_digit(b) || is_twice(s, i))
            continue;
        if (out->n > 0)
            buf_putc(out, ' ');
        key_name(&b->key, out);
    }
}

static size_t rows(const struct screen *s)
{
    size_t n = 0;

    (void)s;
    while (command_at(n))
        n++;
    return n;
}

/* The command of a row: those with a key come first, as far as they are in the view below. */
static const struct command *command_of_row(const struct screen *s, size_t row)
{
    struct screen under = below(s);
    const struct command *c;

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; (c = command_at(i)); i++)
            if (has_key(&under, c) == (pass == 0) && row-- == 0)
                return c;
    return NULL;
}

static void text(const struct screen *s, size_t row, struct buf *out)
{
    const struct command *c = command_of_row(s, row);

    buf_printf(out, "%s%s%s: %s", c->name, c->value ? " " : "", c->value ? c->value : "", c->help);
}

static void enter(struct screen *s, size_t row)
{
    const struct command *c = command_of_row(s, row);

    screen_close(s);
    if (!c->must)
        command_run(s, slice_of(c->name));
    else {
        struct buf line = buf_new(256);

        buf_printf(&line, "%s ", c->name);
        screen_begin_prompt(s, PROMPT_COMMAND, buf_slice(&line));
        buf_free(&line);
    }
}

static void draw_row(const struct screen *s, struct cells *cells, struct rect row, size_t i)
{
    const struct command *c = command_of_row(s, i);
    struct screen under = below(s);
    struct buf keys = buf_new(256), name = buf_new(256);
    int n = 1;

    put_keys(&under, c, &keys);
    buf_printf(&name, "%s%s%s", c->name, c->value ? " " : "", c->value ? c->value : "");
    cells_put_cut(cells, row, 0, n, KEY_COLS, STYLE_KEY, buf_slice(&keys));
    n += KEY_COLS + 1;
    cells_put_cut(cells, row, 0, n, NAME_COLS, STYLE_NORMAL, buf_slice(&name));
    n += NAME_COLS + 1;
    cells_put_cut(cells, row, 0, n, row.cols - n - 1, STYLE_DIM, slice_of(c->help));
    buf_free(&keys);
    buf_free(&name);
}

static void draw(const struct screen *s, struct cells *cells, struct rect within)
{
    struct rect list = {within.row + HEAD_ROWS, within.col, within.rows - HEAD_ROWS, within.cols};
    struct buf whole = buf_new(1024);

    text(s, screen_chosen(s, &view_help), &whole);
    cells_put_cut(cells, within, 0, 1, within.cols - 2, STYLE_NORMAL, buf_slice(&whole));
    buf_free(&whole);
    view_list(s, &view_help, cells, list, draw_row, "");
}

const struct view view_help = {.name = "help",
                               .title = "Help",
                               .kind = VIEW_WHOLE,
                               .draw = draw,
                               .rows = rows,
                               .text = text,
                               .enter = enter,
                               .head_rows = HEAD_ROWS,
                               .hint = "/ search   Enter does it"};
