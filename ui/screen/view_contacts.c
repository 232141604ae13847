/* The contacts, in the order of their file: a pane to call them, and a list to edit them. */
#include <stdlib.h>

#include "ui/screen/commands.h"
#include "ui/screen/contacts.h"
#include "ui/screen/width.h"

#define HEAD_ROWS 1
#define GAP_COLS 2 /* between name and address */

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

/* Names have the room that the longest of them needs: half of it, or what addresses leave. An
 * address that would be cut begins further left, where its own name is short. */
static void draw_contact(const struct screen *s, struct cells *cells, struct rect row, size_t i,
                         struct slice address)
{
    const struct contact_list *l = screen_state(s, &view_contact_list);
    int room = row.cols - 4 - GAP_COLS, most = room - l->address_cols;
    int n = most > room / 2 ? most : room / 2, taken, wanted = room - width_of(address);

    n = l->name_cols < n ? l->name_cols : n;
    taken = cells_put_cut(cells, row, 0, 3, n, STYLE_NORMAL, slice_of(s->model->contacts[i].name));
    if (wanted < n)
        n = wanted > taken ? wanted : taken;
    cells_put_cut(cells, row, 0, 3 + n + GAP_COLS, room - n, STYLE_DIM, address);
}

static void draw_row(const struct screen *s, struct cells *cells, struct rect row, size_t i)
{
    draw_contact(s, cells, row, i, model_short_uri(s->model->contacts[i].address));
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
                                   .hint = "e edit  / search"};

/* --- to edit them --------------------------------------------------------------------------- */

/* A file that has become wrong since was told once; here it is to be seen as long as it is. */
static void open_list(struct screen *s)
{
    size_t row = screen_chosen(s, &view_contacts);

    if (s->send)
        screen_ask(s, ASK_CONTACTS, "contacts", "%s", "");
    if (row != SIZE_MAX)
        screen_choose(s, &view_contact_list, row);
}

static void end(struct screen *s)
{
    struct contact_list *l = screen_state(s, &view_contact_list);

    free(l->asked);
    free(l->wanted);
    free(l->name);
    free(l->address);
    buf_free(&l->question);
}

static void change(struct screen *s, size_t row)
{
    contact_form_change(s, &s->model->contacts[row]);
}

/* As it stands in the file, which is what one edits. */
static void draw_whole_row(const struct screen *s, struct cells *cells, struct rect row, size_t i)
{
    draw_contact(s, cells, row, i, slice_of(s->model->contacts[i].address));
}

/* Where they are kept, or why they cannot be read: in a row, or in the place of the list. */
static void draw_list(const struct screen *s, struct cells *cells, struct rect r)
{
    const struct model *m = s->model;

    if (*m->contacts_text && m->n_contacts == 0) {
        view_put_text(cells, r, 0, STYLE_BAD, slice_of(m->contacts_text));
        return;
    }
    if (*m->contacts_text)
        cells_put_cut(cells, r, 0, 1, r.cols - 2, STYLE_BAD, slice_of(m->contacts_text));
    else if (*m->contacts_file)
        cells_put_cut(cells, r, 0, 1, r.cols - 2, STYLE_DIM, slice_of(m->contacts_file));
    r.row += HEAD_ROWS;
    r.rows -= HEAD_ROWS;
    view_list(s, &view_contact_list, cells, r, draw_whole_row, "no contacts yet: A adds one");
}

const struct view view_contact_list = {.name = "contact-list",
                                       .title = "Contacts",
                                       .kind = VIEW_WHOLE,
                                       .state_size = sizeof(struct contact_list),
                                       .open = open_list,
                                       .end = end,
                                       .draw = draw_list,
                                       .rows = rows,
                                       .text = text,
                                       .enter = change,
                                       .head_rows = HEAD_ROWS,
                                       .hint = "Enter changes one  / search"};
