/* Whom to call: a name, a number or an address, with whom one knows as one types. */
#include "phone/target.h"
#include "ui/screen/commands.h"
#include "ui/screen/width.h"

#define SHOWN_MAX 9u

struct dial {
    struct line_edit line;
    struct line_history history;
    size_t chosen; /* 0: what is typed; else a row of those that fit */
};

/* Whom one knows, or who calls himself like that; the other one is "". */
struct fit {
    const char *contact, *name, *address;
};

static struct dial *dial_of(const struct screen *s)
{
    return screen_state(s, &view_dial);
}

static bool is_among(const struct fit *fits, size_t n, const char *address)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(fits[i].address, address) == 0)
            return true;
    return false;
}

/* Contacts first, then who was called or called before. How many. */
static size_t find(const struct screen *s, struct slice typed, struct fit *out)
{
    const struct model *m = s->model;
    size_t n = 0;

    for (size_t i = 0; i < m->n_contacts && n < SHOWN_MAX; i++)
        if (slice_ihas(slice_of(m->contacts[i].name), typed) ||
            slice_ihas(slice_of(m->contacts[i].address), typed))
            out[n++] = (struct fit){m->contacts[i].name, "", m->contacts[i].address};
    for (size_t i = 0; i < m->n_past && n < SHOWN_MAX; i++)
        if (*m->past[i].peer && !*m->past[i].contact && !is_among(out, n, m->past[i].peer) &&
            (slice_ihas(slice_of(m->past[i].peer), typed) ||
             slice_ihas(slice_of(m->past[i].peer_name), typed)))
            out[n++] = (struct fit){"", m->past[i].peer_name, m->past[i].peer};
    return n;
}

static void open(struct screen *s)
{
    struct dial *d = dial_of(s);

    if (!d->line.text.max)
        line_init(&d->line, &d->history);
    line_set(&d->line, SLICE(""));
    d->chosen = 0;
}

static void end(struct screen *s)
{
    line_free(&dial_of(s)->line);
    line_history_free(&dial_of(s)->history);
}

/* What is typed is an address, a number or the whole name of a contact, and so is meant as it
 * is. */
static bool is_whole(struct slice typed, const struct fit *fits, size_t n)
{
    bool number = true;

    for (size_t i = 0; i < typed.n; i++) {
        char c = typed.p[i];

        if (c == '@' || c == ':')
            return true;
        number = number && strchr("0123456789+*#-/(). ", c);
    }
    for (size_t i = 0; i < n; i++)
        if (slice_ieq(slice_of(fits[i].contact), typed))
            return true;
    return number;
}

/* The row that Enter takes: the chosen one, else the first where what is typed is the beginning of
 * something. 0: what is typed. */
static size_t row_of(const struct dial *d, struct slice typed, const struct fit *fits, size_t n)
{
    if (d->chosen > 0 && d->chosen <= n)
        return d->chosen;
    return n > 0 && !is_whole(typed, fits, n) ? 1 : 0;
}

/* What is dialled where Enter comes now; "" for nothing. */
static void put_target(const struct screen *s, struct buf *out)
{
    const struct dial *d = dial_of(s);
    struct slice typed = slice_trim(line_text(&d->line));
    struct fit fits[SHOWN_MAX];
    size_t row = row_of(d, typed, fits, find(s, typed, fits));

    if (row > 0)
        buf_puts(out, fits[row - 1].address);
    else
        buf_put(out, typed);
}

/* Host and port of "sip:alice@example.org:5070;x=y", where names and numbers alone are called. */
static struct slice domain_of(const struct model_account *a)
{
    struct slice rest = a ? model_short_uri(a->uri) : SLICE("");
    ptrdiff_t at = slice_index(rest, '@');

    return slice_skip(rest, (size_t)(at + 1));
}

/* The address that the phone will make of it, or why it will not call. The account is that which
 * names and numbers alone go to where none was chosen: the first. */
static int put_meant(const struct screen *s, struct slice target, struct buf *out)
{
    const struct model *m = s->model;
    const struct model_account *as = screen_calls_as(s);
    struct buf uri = buf_new(8192), why = buf_new(1024);
    int err;

    for (size_t i = 0; i < m->n_contacts; i++)
        if (slice_ieq(slice_of(m->contacts[i].name), target))
            target = slice_of(m->contacts[i].address);
    if (!as && m->n_accounts > 0)
        as = &m->accounts[0];
    err = phone_target(target, domain_of(as), &uri, &why);
    buf_put(out, buf_slice(err ? &why : &uri));
    buf_free(&uri);
    buf_free(&why);
    return err;
}

static void enter(struct screen *s)
{
    struct buf line = buf_new(8192), target = buf_new(4096);

    put_target(s, &target);
    line_remember(&dial_of(s)->line);
    screen_close(s);
    buf_printf(&line, "call %s", buf_cstr(&target));
    if (target.n > 0)
        command_run(s, buf_slice(&line));
    buf_free(&line);
    buf_free(&target);
}

static void move(struct screen *s, bool up)
{
    struct dial *d = dial_of(s);
    struct fit fits[SHOWN_MAX];
    size_t n = find(s, slice_trim(line_text(&d->line)), fits);

    if (up)
        d->chosen = d->chosen > 0 ? d->chosen - 1 : n;
    else
        d->chosen = d->chosen < n ? d->chosen + 1 : 0;
}

static bool key(struct screen *s, const struct key *k)
{
    struct dial *d = dial_of(s);

    if (k->code == KEY_UP || k->code == KEY_DOWN || k->code == KEY_TAB) {
        move(s, k->code == KEY_UP || (k->mods & KEY_SHIFT));
        return true;
    }
    switch (line_key(&d->line, k)) {
    case LINE_ENTERED:
        enter(s);
        return true;
    case LINE_LEFT:
        screen_close(s);
        return true;
    case LINE_CHANGED:
        d->chosen = 0;
        return true;
    case LINE_MOVED:
        return true;
    case LINE_PASSED:
        break;
    }
    return false;
}

static void draw_fits(const struct screen *s, struct cells *cells, struct rect within)
{
    const struct dial *d = dial_of(s);
    struct fit fits[SHOWN_MAX];
    struct slice typed = slice_trim(line_text(&d->line));
    size_t n = find(s, typed, fits), chosen = row_of(d, typed, fits, n);
    int half = within.cols / 2;

    for (size_t i = 0; i < n && 3 + (int)i < within.rows; i++) {
        struct rect row = {within.row + 3 + (int)i, within.col, 1, within.cols};

        view_put_name(cells, row, 0, 0, half - 1, STYLE_NORMAL, fits[i].contact, fits[i].name,
                      fits[i].address);
        cells_put_cut(cells, row, 0, half, within.cols - half, STYLE_DIM,
                      slice_of(fits[i].address));
        if (chosen == i + 1)
            cells_select(cells, row);
    }
}

/* Where there is a choice. */
static void draw_as(const struct screen *s, struct cells *cells, struct rect within)
{
    const struct command *c = command_find(SLICE("account"));
    const struct binding *b = command_can(s, c) ? command_key(s, c) : NULL;
    const struct model_account *as = screen_calls_as(s);
    struct buf key = buf_new(64);
    int n, end = within.cols;

    if (!command_can(s, c))
        return;
    if (b) {
        key_name(&b->key, &key);
        buf_puts(&key, " another");
        cells_put_right(cells, within, 2, end, STYLE_DIM, buf_slice(&key));
        end -= width_of(buf_slice(&key)) + 2;
    }
    n = cells_put_cut(cells, within, 2, 0, end, STYLE_DIM,
                      as ? SLICE("as ") : SLICE("as the account that suits the address"));
    if (as)
        cells_put_cut(cells, within, 2, n, end - n, STYLE_NORMAL, model_short_uri(as->uri));
    buf_free(&key);
}

static void draw(const struct screen *s, struct cells *cells, struct rect within)
{
    struct buf target = buf_new(4096), meant = buf_new(8192);
    int n = cells_put(cells, within, 0, 0, STYLE_DIM, SLICE("to "));

    line_draw(&dial_of(s)->line, cells, within, 0, n);
    put_target(s, &target);
    if (target.n > 0 && put_meant(s, buf_slice(&target), &meant) != 0) {
        cells_put_cut(cells, within, 1, 0, within.cols, STYLE_WARN, buf_slice(&meant));
    } else if (target.n > 0) {
        n = cells_put(cells, within, 1, 0, STYLE_DIM, SLICE("Enter calls "));
        cells_put_cut(cells, within, 1, n, within.cols - n, STYLE_NORMAL, buf_slice(&meant));
    } else {
        cells_put_cut(cells, within, 1, 0, within.cols, STYLE_DIM,
                      SLICE("a name, a number or an address; arrows choose"));
    }
    draw_as(s, cells, within);
    draw_fits(s, cells, within);
    buf_free(&target);
    buf_free(&meant);
}

const struct view view_dial = {.name = "dial",
                               .title = "Call",
                               .kind = VIEW_POPUP,
                               .high = 14,
                               .wide = 60,
                               .state_size = sizeof(struct dial),
                               .open = open,
                               .end = end,
                               .draw = draw,
                               .key = key};
