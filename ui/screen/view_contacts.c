/* The contacts, in the order of their file. */
#include "ui/json.h"
#include "ui/screen/commands.h"
#include "ui/screen/width.h"

static size_t rows(const struct screen *s)
{
    return s->model->n_contacts;
}

static void text(const struct screen *s, size_t row, struct buf *out)
{
    buf_printf(out, "%s, %s", s->model->contacts[row].name, s->model->contacts[row].address);
}

static void enter(struct screen *s, size_t row)
{
    struct buf line = buf_new(8192);

    buf_printf(&line, "call %s", s->model->contacts[row].name);
    command_run(s, buf_slice(&line));
    buf_free(&line);
}

static void draw_row(const struct screen *s, struct cells *cells, struct rect row, size_t i)
{
    const struct model_contact *c = &s->model->contacts[i];
    int half = (row.cols - 4) / 2;
    int n = cells_put_cut(cells, row, 0, 3, half - 1, STYLE_NORMAL, slice_of(c->name));

    n = n < half ? half : n + 1;
    cells_put_cut(cells, row, 0, 3 + n, row.cols - 4 - n, STYLE_DIM, slice_of(c->address));
}

static void draw(const struct screen *s, struct cells *cells, struct rect within)
{
    view_list(s, &view_contacts, cells, within, draw_row, "no contacts yet");
}

const struct view view_contacts = {.name = "contacts",
                                   .title = "People",
                                   .kind = VIEW_PANE,
                                   .draw = draw,
                                   .rows = rows,
                                   .text = text,
                                   .enter = enter,
                                   .hint = "/ search"};
