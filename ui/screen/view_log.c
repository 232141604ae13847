/* What has happened, the newest last. */
#include "base/timers.h"
#include "ui/screen/screen.h"

static size_t rows(const struct screen *s)
{
    return s->model->n_notes;
}

static void text(const struct screen *s, size_t row, struct buf *out)
{
    const struct model_note *note = &s->model->notes[row];

    if (note->time > 0)
        view_put_time(s, out, note->time);
    buf_printf(out, "%s%s", note->time > 0 ? " " : "", note->text);
}

static void open(struct screen *s)
{
    screen_choose(s, &view_log, s->model->n_notes);
}

static void draw_row(const struct screen *s, struct cells *cells, struct rect row, size_t i)
{
    const struct model_note *note = &s->model->notes[i];
    struct buf when = buf_new(64);
    int n = 1;

    if (note->time > 0)
        view_put_time(s, &when, note->time);
    else
        buf_puts(&when, "before");
    n += cells_put(cells, row, 0, n, STYLE_DIM, buf_slice(&when)) + 2;
    cells_put_cut(cells, row, 0, n, row.cols - n - 1, note->bad ? STYLE_BAD : STYLE_NORMAL,
                  slice_of(note->text));
    buf_free(&when);
}

/* The whole of it, until the next key. */
static void enter(struct screen *s, size_t row)
{
    const struct model_note *note = &s->model->notes[row];

    screen_say(s, note->bad ? STYLE_BAD : STYLE_NORMAL, "%s", note->text);
    s->message_until_ms = NEVER_MS;
}

static void draw(const struct screen *s, struct cells *cells, struct rect within)
{
    view_list(s, &view_log, cells, within, draw_row, "nothing has happened yet");
}

const struct view view_log = {.name = "log",
                              .title = "Log",
                              .kind = VIEW_WHOLE,
                              .open = open,
                              .draw = draw,
                              .rows = rows,
                              .text = text,
                              .enter = enter,
                              .hint = "Enter reads it   / search",
                              .follows = true};
