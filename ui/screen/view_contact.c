/* One contact as a form, new or to be changed: what is wrong is said at its field, and nothing that
 * was typed is lost before the phone has it in its file. */
#include <stdlib.h>

#include "ui/screen/contacts.h"

#define LABEL_COLS 12
/* Rows that there must be for what one can do without. */
#define HELP_ROWS 9

enum { NAME, ADDRESS, N_FIELDS };

struct field {
    struct line_edit line;
    struct buf begun; /* what stood there before anything was typed */
    struct buf fault;
    bool checked; /* so it is again with each letter */
};

struct form {
    struct field fields[N_FIELDS];
    size_t at;
    char *name;      /* of the contact that is changed, as it was seen; NULL: it is a new one */
    char *address;   /* the same */
    uint64_t asked;  /* number of the question to the phone */
    struct buf said; /* why it was not saved, or what somebody else has done */
};

static const char *const labels[N_FIELDS] = {"Name", "Address"};
static const char help[] = "Enter saves, Tab goes to the other field, Esc leaves.";
static const char example[] =
    "An address is one that can be called, like sip:alice@example.org, or a "
    "number that the account completes.";

static struct form *form_of(const struct screen *s)
{
    return screen_state(s, &view_contact);
}

static bool is_open(const struct screen *s)
{
    for (size_t i = 0; i < s->n_open; i++)
        if (s->open[i] == &view_contact)
            return true;
    return false;
}

/* A phone that has gone does not reply. */
static bool is_waiting(const struct screen *s)
{
    return s->send && form_of(s)->asked > s->answered;
}

static struct slice typed_in(const struct form *f, size_t field)
{
    return slice_trim(line_text(&f->fields[field].line));
}

static bool is_touched(const struct field *field)
{
    return !slice_eq(line_text(&field->line), buf_slice(&field->begun));
}

static void fill(struct field *field, struct slice text)
{
    if (!field->line.text.max) {
        line_init(&field->line, NULL);
        field->begun = buf_new(LINE_BYTES_MAX);
        field->fault = buf_new(4096);
    }
    line_set(&field->line, text);
    buf_clear(&field->begun);
    buf_put(&field->begun, line_text(&field->line));
    buf_clear(&field->fault);
    field->checked = false;
}

static void forget(struct form *f)
{
    free(f->name);
    free(f->address);
    f->name = f->address = NULL;
}

/* False: one is being edited, which is not to be lost. */
static bool begin(struct screen *s, struct slice name, struct slice address)
{
    struct form *f = form_of(s);

    if (is_open(s)) {
        screen_say(s, STYLE_WARN, "a contact is being edited: save it first, or leave it");
        return false;
    }
    forget(f);
    fill(&f->fields[NAME], name);
    fill(&f->fields[ADDRESS], address);
    if (!f->said.max)
        f->said = buf_new(8192);
    buf_clear(&f->said);
    f->asked = 0;
    f->at = NAME;
    screen_open(s, &view_contact);
    return true;
}

void contact_form_add(struct screen *s, struct slice name, struct slice address)
{
    if (begin(s, name, address) && name.n > 0 && address.n == 0)
        form_of(s)->at = ADDRESS;
}

void contact_form_change(struct screen *s, const struct model_contact *c)
{
    struct form *f = form_of(s);

    if (!begin(s, slice_of(c->name), slice_of(c->address)))
        return;
    f->name = slice_dup(slice_of(c->name));
    f->address = slice_dup(slice_of(c->address));
}

static void end(struct screen *s)
{
    struct form *f = form_of(s);

    forget(f);
    for (size_t i = 0; i < N_FIELDS; i++) {
        line_free(&f->fields[i].line);
        buf_free(&f->fields[i].begun);
        buf_free(&f->fields[i].fault);
    }
    buf_free(&f->said);
}

/* --- what is wrong -------------------------------------------------------------------------- */

static void check_name(const struct screen *s, const struct form *f, const char *name,
                       struct buf *why)
{
    const struct model_contact *other = model_contact(s->model, slice_of(name));
    bool same = other && f->name && contacts_same_name(slice_of(f->name), slice_of(name));

    if (!*name)
        buf_puts(why, "a name is missing");
    else if (contacts_check(name, NULL, why) == 0 && other && !same)
        buf_printf(why, "there is a contact of that name already: %s", other->address);
}

static void check_address(const char *address, struct buf *why)
{
    if (!*address)
        buf_puts(why, "an address is missing");
    else
        (void)contacts_check("x", address, why); /* any name that is good */
}

/* Whether that field is good; else it is noted why not. */
static bool check(struct screen *s, size_t i)
{
    struct form *f = form_of(s);
    char *text = slice_dup(typed_in(f, i));
    struct buf *fault = &f->fields[i].fault;

    buf_clear(fault);
    f->fields[i].checked = true;
    if (text && i == NAME)
        check_name(s, f, text, fault);
    else if (text)
        check_address(text, fault);
    free(text);
    return fault->n == 0;
}

/* --- saving --------------------------------------------------------------------------------- */

static void save(struct screen *s)
{
    struct form *f = form_of(s);
    char *name = slice_dup(typed_in(f, NAME)), *address = slice_dup(typed_in(f, ADDRESS));
    struct contacts_edit edit = {.name = name, .address = address, .fresh = true};

    if (name && address && f->name) {
        edit = (struct contacts_edit){.name = f->name, .was = f->address};
        edit.rename = strcmp(name, f->name) != 0 ? name : NULL;
        edit.address = strcmp(address, f->address) != 0 ? address : NULL;
    }
    if (f->name && !edit.rename && !edit.address) {
        screen_close(s);
    } else if (name && address) {
        buf_clear(&f->said);
        contacts_ask(s, &edit);
        f->asked = s->asked;
    }
    free(name);
    free(address);
}

/* To the first field that is wrong, or else to the phone. */
static void save_checked(struct screen *s)
{
    struct form *f = form_of(s);
    size_t wrong = N_FIELDS;

    for (size_t i = N_FIELDS; i > 0; i--)
        if (!check(s, i - 1))
            wrong = i - 1;
    if (wrong < N_FIELDS)
        f->at = wrong;
    else
        save(s);
}

static void go(struct screen *s, bool back)
{
    struct form *f = form_of(s);

    check(s, f->at);
    f->at = (f->at + (back ? N_FIELDS - 1 : 1)) % N_FIELDS;
}

/* Behind the name of a new one comes its address. */
static void enter(struct screen *s)
{
    struct form *f = form_of(s);

    if (f->at == NAME && typed_in(f, ADDRESS).n == 0)
        go(s, false);
    else
        save_checked(s);
}

bool contact_form_replied(struct screen *s, uint64_t asked, const struct ctl_line *line)
{
    struct form *f = form_of(s);

    if (!is_open(s) || f->asked != asked)
        return false;
    f->asked = 0;
    if (!line->ok) {
        buf_clear(&f->said);
        buf_puts(&f->said, line->text);
    }
    while (line->ok && is_open(s))
        screen_close(s); /* and a help that lies above it */
    return true;
}

/* Nothing of what somebody else has done is undone unseen: it is shown, and Enter decides. */
void contact_form_heard(struct screen *s)
{
    struct form *f = form_of(s);
    const struct model_contact *c;

    if (!is_open(s) || !f->name || is_waiting(s))
        return;
    c = model_contact(s->model, slice_of(f->name));
    if (c && strcmp(c->address, f->address) == 0)
        return;
    buf_clear(&f->said);
    if (!c) {
        forget(f);
        buf_puts(&f->said,
                 "Somebody else has removed or renamed it meanwhile; Enter adds it anew.");
        return;
    }
    free(f->address);
    f->address = slice_dup(slice_of(c->address));
    buf_printf(&f->said, "Somebody else has changed the address meanwhile, to %s", c->address);
    if (is_touched(&f->fields[ADDRESS]))
        buf_puts(&f->said, "; Enter puts yours in its place.");
    else
        fill(&f->fields[ADDRESS], slice_of(c->address));
    if (!f->address)
        forget(f);
}

/* --- keys ----------------------------------------------------------------------------------- */

static void leave_now(struct screen *s)
{
    if (screen_view(s) == &view_contact)
        screen_close(s);
}

static void leave(struct screen *s)
{
    const struct form *f = form_of(s);
    bool touched = false;

    for (size_t i = 0; i < N_FIELDS; i++)
        touched = touched || is_touched(&f->fields[i]);
    if (touched && !is_waiting(s))
        screen_confirm(s, "leave, and lose what was typed?", leave_now);
    else
        leave_now(s);
}

/* Nothing is blamed while it is begun. */
static void changed(struct screen *s)
{
    struct form *f = form_of(s);

    if (f->fields[f->at].checked)
        check(s, f->at);
}

static bool key(struct screen *s, const struct key *k)
{
    struct form *f = form_of(s);

    if (is_waiting(s) && k->code != KEY_ESCAPE)
        return !(k->mods & KEY_CTRL);
    if (k->code == KEY_UP || k->code == KEY_DOWN || k->code == KEY_TAB) {
        go(s, k->code == KEY_UP || (k->mods & KEY_SHIFT));
        return true;
    }
    switch (line_key(&f->fields[f->at].line, k)) {
    case LINE_ENTERED:
        enter(s);
        return true;
    case LINE_LEFT:
        if (k->code != KEY_BACKSPACE)
            leave(s);
        return true;
    case LINE_CHANGED:
        changed(s);
        return true;
    case LINE_MOVED:
        return true;
    case LINE_PASSED:
        break;
    }
    return false;
}

/* --- in lines ------------------------------------------------------------------------------- */

/* One field after the other; an empty line keeps what stands there. */
static void typed(struct screen *s, struct slice line)
{
    struct form *f = form_of(s);

    if (is_waiting(s))
        return;
    if (line.n > 0)
        line_set(&f->fields[f->at].line, line);
    if (!check(s, f->at))
        return;
    if (f->at + 1 < N_FIELDS)
        f->at++;
    else
        save_checked(s);
}

static void ask(const struct screen *s, struct buf *out)
{
    const struct form *f = form_of(s);
    const struct field *field = &f->fields[f->at];

    if (is_waiting(s))
        return;
    if (f->said.n > 0)
        buf_printf(out, "%s\n", f->said.p ? f->said.p : "");
    if (field->fault.n > 0)
        buf_printf(out, "%" PRI_SLICE "\n", ARG_SLICE(buf_slice(&field->fault)));
    buf_printf(out, "%s%s?", labels[f->at], f->name ? "" : " of the new contact");
    if (typed_in(f, f->at).n > 0)
        buf_printf(out, " It is %" PRI_SLICE "; an empty line keeps it.",
                   ARG_SLICE(typed_in(f, f->at)));
    buf_puts(out, " A dot leaves.\n");
}

/* --- what is seen --------------------------------------------------------------------------- */

static struct rect beside_labels(struct rect r)
{
    return (struct rect){r.row, r.col + LABEL_COLS, r.rows, r.cols - LABEL_COLS};
}

/* The row of each field, with the rows of its fault below it as far as they leave room for the
 * other fields; the one in which one types comes first. Returns the row behind them all. */
static int lay_out(const struct form *f, struct rect r, int rows[N_FIELDS])
{
    int gap = r.rows >= HELP_ROWS, room = r.rows - N_FIELDS - 3 * gap, row = 2 * gap;
    int below[N_FIELDS];

    for (size_t n = 0; n < N_FIELDS; n++) {
        size_t i = (f->at + n) % N_FIELDS;
        int wanted = view_text_rows(buf_slice(&f->fields[i].fault), r.cols - LABEL_COLS - 2);

        below[i] = wanted < room ? wanted : room;
        room -= below[i];
    }
    for (size_t i = 0; i < N_FIELDS; i++) {
        rows[i] = row;
        row += 1 + below[i] + gap;
    }
    return row;
}

static void draw_field(const struct form *f, size_t i, struct cells *cells, struct rect r, int row,
                       int end)
{
    const struct field *field = &f->fields[i];
    bool here = i == f->at;
    struct rect text = {r.row, r.col, end, r.cols};

    if (here)
        cells_draw(cells, r, row, 1, STYLE_STRONG, GLYPH_TALKING);
    cells_put(cells, r, row, 3, here ? STYLE_STRONG : STYLE_DIM, slice_of(labels[i]));
    if (here)
        line_draw(&field->line, cells, r, row, LABEL_COLS + 1);
    else
        cells_put_cut(cells, r, row, LABEL_COLS + 1, r.cols - LABEL_COLS - 2, STYLE_INPUT,
                      line_text(&field->line));
    view_put_text(cells, beside_labels(text), row + 1, STYLE_BAD, buf_slice(&field->fault));
}

static void draw(const struct screen *s, struct cells *cells, struct rect r)
{
    const struct form *f = form_of(s);
    int rows[N_FIELDS], row = lay_out(f, r, rows);

    if (r.rows >= HELP_ROWS)
        view_put_text(cells, r, 0, STYLE_DIM, slice_of(help));
    for (size_t i = 0; i < N_FIELDS; i++)
        draw_field(f, i, cells, r, rows[i], i + 1 < N_FIELDS ? rows[i + 1] : row);
    if (is_waiting(s))
        row = view_put_text(cells, r, row, STYLE_DIM, SLICE("It is being saved."));
    row = view_put_text(cells, r, row, STYLE_WARN, buf_slice(&f->said));
    if (f->said.n == 0) /* where there is little room, what can be done counts more */
        view_put_text(cells, r, row, STYLE_DIM, slice_of(r.rows >= HELP_ROWS ? example : help));
}

static void click(struct screen *s, struct rect r, int row)
{
    struct form *f = form_of(s);
    size_t to = 0;
    int rows[N_FIELDS];

    lay_out(f, r, rows);
    for (size_t i = 0; i < N_FIELDS; i++)
        if (row >= rows[i])
            to = i;
    if (to != f->at && !is_waiting(s))
        go(s, to < f->at);
}

const struct view view_contact = {.name = "contact",
                                  .title = "Contact",
                                  .kind = VIEW_WHOLE,
                                  .state_size = sizeof(struct form),
                                  .end = end,
                                  .draw = draw,
                                  .key = key,
                                  .click = click,
                                  .typed = typed,
                                  .ask = ask};
