/* What has happened, the newest last. */
#include "ui/screen/screen.h"
#include "ui/screen/width.h"

static size_t rows(const struct screen *s)
{
    return s->model->n_notes;
}

static void text(const struct screen *s, size_t row, struct buf *out)
{
    view_put_time(s, out, s->model->notes[row].time);
    buf_printf(out, " %s", s->model->notes[row].text);
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

    view_put_time(s, &when, note->time);
    n += cells_put(cells, row, 0, n, STYLE_DIM, buf_slice(&when)) + 2;
    cells_put_cut(cells, row, 0, n, row.cols - n - 1, note->bad ? STYLE_BAD : STYLE_NORMAL,
                  slice_of(note->text));
    buf_free(&when);
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
                              .hint = "/ search",
                              .follows = true};
