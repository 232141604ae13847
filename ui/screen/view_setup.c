/* The first start: what is asked, and what was answered. */
#include "ui/screen/screen.h"
#include "ui/screen/width.h"

#define NAME_COLS 18
/* Rows that there must be for what one can do without; the question always has its place. */
#define STEPS_ROWS 17
#define HELP_ROWS 8

/* What is typed; in memory of its own, for it may be a password. */
struct typing {
    struct line_edit line;
};

static struct typing *typing_of(const struct screen *s)
{
    return screen_state(s, &view_setup);
}

static void open(struct screen *s)
{
    struct typing *t = typing_of(s);

    if (!s->setup) {
        screen_close(s);
        return;
    }
    if (setup_is_over(s->setup))
        setup_restart(s->setup);
    if (!t->line.text.max)
        line_init(&t->line, NULL);
    line_set(&t->line, SLICE(""));
}

static void end(struct screen *s)
{
    line_free(&typing_of(s)->line);
}

/* --- what is typed -------------------------------------------------------------------------- */

void view_setup_changed(struct screen *s)
{
    if (!s->setup || !setup_is_over(s->setup) || screen_view(s) != &view_setup)
        return;
    screen_close(s);
    if (s->setup->written)
        screen_say(s, STYLE_GOOD, "%s%s", buf_cstr(&s->setup->outcome),
                   s->model->connected ? " The telephone reads it when it starts again." : "");
    else
        screen_say(s, STYLE_NORMAL, "nothing was written; addresses can be called directly");
    s->wish.start = true;
}

static void enter(struct screen *s)
{
    struct typing *t = typing_of(s);

    setup_answer(s->setup, line_text(&t->line));
    line_set(&t->line, SLICE(""));
    view_setup_changed(s);
}

static void go_back(struct screen *s)
{
    line_set(&typing_of(s)->line, SLICE(""));
    if (!setup_back(s->setup))
        setup_cancel(s->setup);
    view_setup_changed(s);
}

static bool key(struct screen *s, const struct key *k)
{
    if (k->code == KEY_UP) {
        setup_back(s->setup);
        return true;
    }
    if (s->setup->working && k->code != KEY_ESCAPE)
        return !(k->mods & KEY_CTRL);
    switch (line_key(&typing_of(s)->line, k)) {
    case LINE_ENTERED:
        enter(s);
        return true;
    case LINE_LEFT:
        if (k->code == KEY_ESCAPE)
            go_back(s);
        return true;
    case LINE_CHANGED:
    case LINE_MOVED:
        return true;
    case LINE_PASSED:
        break;
    }
    return false;
}

/* --- what is seen --------------------------------------------------------------------------- */

static int draw_steps(const struct setup *setup, struct cells *cells, struct rect r, int row)
{
    struct buf answer = buf_new(8192);

    for (size_t i = 0; setup_step_at(i); i++) {
        const struct setup_step *step = setup_step_at(i);
        bool now = i == setup->at;

        if (step->asked && !step->asked(setup))
            continue;
        buf_clear(&answer);
        setup_put_answer(setup, i, &answer);
        if (now)
            cells_draw(cells, r, row, 1, STYLE_STRONG, GLYPH_TALKING);
        cells_put(cells, r, row, 3, now ? STYLE_STRONG : STYLE_DIM, slice_of(step->name));
        cells_put_cut(cells, r, row++, 3 + NAME_COLS, r.cols - NAME_COLS - 4, STYLE_NORMAL,
                      buf_slice(&answer));
    }
    buf_free(&answer);
    return row;
}

static int draw_devices(const struct setup *setup, struct cells *cells, struct rect r, int row)
{
    for (size_t i = 0; i < setup->n_devices && row + 6 < r.rows; i++) {
        cells_print(cells, r, row, 1, STYLE_KEY, "%zu", i + 1);
        cells_put_cut(cells, r, row++, 5, r.cols - 6, STYLE_NORMAL, slice_of(setup->devices[i]));
    }
    return row;
}

static void draw_typed(const struct screen *s, const struct setup_step *step, struct cells *cells,
                       struct rect r, int row)
{
    const struct line_edit *line = &typing_of(s)->line;
    int n = width_of(line_text(line));

    if (step->kind != SETUP_SECRET) {
        line_draw(line, cells, r, row, 1);
        return;
    }
    for (int i = 0; i < n && i < r.cols - 2; i++)
        cells_put(cells, r, row, 1 + i, STYLE_INPUT, SLICE("*"));
    cells->cursor_row = r.row + row;
    cells->cursor_col = r.col + 1 + (n < r.cols - 2 ? n : r.cols - 2);
}

static void draw_question(const struct screen *s, const struct setup_step *step,
                          struct cells *cells, struct rect r, int row)
{
    const struct setup *setup = s->setup;

    if (step->kind == SETUP_DEVICE)
        row = draw_devices(setup, cells, r, row);
    if (step->kind == SETUP_WRITE)
        row = view_put_text(cells, r, row, STYLE_NORMAL, slice_of(setup->path));
    row = view_put_text(cells, r, row, STYLE_STRONG, slice_of(step->question));
    if (r.rows >= HELP_ROWS)
        row = view_put_text(cells, r, row, STYLE_DIM, slice_of(step->help));
    draw_typed(s, step, cells, r, row);
    view_put_text(cells, r, row + 1, STYLE_BAD, buf_slice(&setup->why));
}

static int draw_head(const struct setup *setup, struct cells *cells, struct rect r)
{
    int row = 0;

    if (r.rows >= HELP_ROWS)
        row = view_put_text(
            cells, r, row, STYLE_DIM,
            SLICE("Enter goes on, with nothing typed too; Esc goes back, and leaves."));
    if (r.rows >= STEPS_ROWS)
        row = draw_steps(setup, cells, r, row);
    return r.rows >= HELP_ROWS ? row + 1 : row;
}

static void draw(const struct screen *s, struct cells *cells, struct rect r)
{
    const struct setup *setup = s->setup;
    const struct setup_step *step = setup ? setup_step(setup) : NULL;
    int row;

    if (!step)
        return;
    row = draw_head(setup, cells, r);
    row = view_put_text(cells, r, row, setup->good ? STYLE_GOOD : STYLE_WARN,
                        buf_slice(&setup->outcome));
    if (setup->working)
        view_put_text(cells, r, row, STYLE_DIM, slice_of(setup_doing(setup)));
    else
        draw_question(s, step, cells, r, row);
}

const struct view view_setup = {.name = "set-up",
                                .title = "First start",
                                .kind = VIEW_WHOLE,
                                .state_size = sizeof(struct typing),
                                .open = open,
                                .end = end,
                                .draw = draw,
                                .key = key};
