/* The accounts: of each how it is registered, and of the chosen one all that is known, the reason
 * why it is not in full. */
#include "ui/screen/screen.h"
#include "ui/screen/width.h"

#define LABEL_COLS 11
#define DETAIL_ROWS 9

static size_t rows(const struct screen *s)
{
    return s->model->n_accounts;
}

static const char *state_of(const struct model_account *a)
{
    if (a->registered)
        return "registered";
    if (!a->registers)
        return "for calls only";
    if (a->wants_password)
        return "needs a password";
    return *a->text ? "not registered" : "registering";
}

static enum style style_of(const struct model_account *a)
{
    bool bad = *a->text || a->wants_password;

    return a->registered ? STYLE_GOOD : bad ? STYLE_BAD : a->registers ? STYLE_WARN : STYLE_DIM;
}

static void text(const struct screen *s, size_t row, struct buf *out)
{
    const struct model_account *a = &s->model->accounts[row];

    buf_printf(out, "%s, %" PRI_SLICE ", %s", a->account, ARG_SLICE(model_short_uri(a->uri)),
               state_of(a));
    if (*a->text)
        buf_printf(out, ", %s", a->text);
}

/* What helps is what suits it. */
static void enter(struct screen *s, size_t row)
{
    const struct model_account *a = &s->model->accounts[row];

    if (a->wants_password)
        screen_ask_password(s, a->account);
    else
        screen_register(s, a->account, true);
}

/* --- drawing -------------------------------------------------------------------------------- */

static void draw_row(const struct screen *s, struct cells *cells, struct rect row, size_t i)
{
    const struct model_account *a = &s->model->accounts[i];
    struct slice state = slice_of(state_of(a)), uri = model_short_uri(a->uri);
    int end = row.cols - width_of(state) - 2, n = 3;

    cells_draw(cells, row, 0, 1, style_of(a), a->registered ? GLYPH_ON : GLYPH_OFF);
    cells_put_right(cells, row, 0, row.cols - 1, style_of(a), state);
    n += cells_put_cut(cells, row, 0, n, end - n, STYLE_NORMAL, slice_of(a->account)) + 2;
    if (!slice_eq(uri, slice_of(a->account)))
        cells_put_cut(cells, row, 0, n, end - n, STYLE_DIM, uri);
}

static int draw_value(struct cells *cells, struct rect r, int row, const char *label,
                      struct slice value)
{
    struct rect right = {r.row, r.col + LABEL_COLS, r.rows, r.cols - LABEL_COLS};

    if (value.n == 0 || row >= r.rows)
        return row;
    cells_put(cells, r, row, 1, STYLE_DIM, slice_of(label));
    return view_put_text(cells, right, row, STYLE_NORMAL, value);
}

static void draw_details(const struct model_account *a, struct cells *cells, struct rect r)
{
    struct buf buf = buf_new(16384);
    int row = 1;

    cells_line(cells, r, 0, STYLE_BORDER);
    row = view_put_text(cells, r, row, style_of(a), slice_of(a->text));
    row = draw_value(cells, r, row, "address", slice_of(a->uri));
    if (*a->server) {
        buf_printf(&buf, "%s%s%s", a->server, *a->transport ? " by " : "", a->transport);
        row = draw_value(cells, r, row, "server", buf_slice(&buf));
    }
    row = draw_value(cells, r, row, "secured by", slice_of(a->registered ? a->safe : ""));
    row = draw_value(cells, r, row, "reached at", slice_of(a->registered ? a->our_contact : ""));
    row = draw_value(cells, r, row, "seen at", slice_of(a->registered ? a->seen_at : ""));
    if (a->registered) {
        buf_clear(&buf);
        view_say_duration(&buf, a->expires_s * UINT64_C(1000));
        buf_puts(&buf, ", renewed in time");
        draw_value(cells, r, row, "expiry", buf_slice(&buf));
    }
    buf_free(&buf);
}

static void draw(const struct screen *s, struct cells *cells, struct rect r)
{
    size_t at = screen_chosen(s, &view_accounts);
    struct rect below = r;

    below.rows = r.rows / 2 + 1 < DETAIL_ROWS ? r.rows / 2 + 1 : DETAIL_ROWS;
    if (at != SIZE_MAX) {
        r.rows -= below.rows;
        below.row += r.rows;
        draw_details(&s->model->accounts[at], cells, below);
    }
    view_list(s, &view_accounts, cells, r, draw_row,
              "there is no account: addresses are called without a server");
}

const struct view view_accounts = {.name = "accounts",
                                   .title = "Accounts",
                                   .kind = VIEW_WHOLE,
                                   .draw = draw,
                                   .rows = rows,
                                   .text = text,
                                   .enter = enter,
                                   .hint = "Enter registers again"};
