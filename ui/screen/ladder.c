#include "ui/screen/ladder.h"

#include <math.h>
#include <time.h>

#include "ui/screen/width.h"

#define GAP_MIN 18 /* between two lines: as much as an arrow with its words needs */
#define GAP_MAX 44 /* longer arrows are harder to read */
#define WIDE_COLS 76

/* --- columns -------------------------------------------------------------------------------- */

/* The account whose server a message is to or from: by the address that is known since it was
 * registered, or as it is registered there. */
static const struct model_account *account_of(const struct model *m, const struct traced *t)
{
    bool registers = slice_eq(t->method, SLICE("REGISTER"));

    for (size_t i = 0; i < m->n_accounts; i++) {
        const struct model_account *a = &m->accounts[i];

        if ((*t->remote && strcmp(a->server, t->remote) == 0) ||
            (registers && slice_eq(traced_uri(t, "To"), slice_of(a->uri))))
            return a;
    }
    return NULL;
}

static struct slice contact_of(const struct model *m, struct slice uri)
{
    for (size_t i = 0; i < m->n_contacts; i++)
        if (slice_ieq(model_short_uri(m->contacts[i].address), uri))
            return slice_of(m->contacts[i].name);
    return uri;
}

/* Of a text that is longer than there is room for its beginning, whole characters only. */
static void put_name(struct slice name, char *out, size_t room)
{
    size_t n = name.n < room ? name.n : room - 1;

    while (n > 0 && n < name.n && ((unsigned char)name.p[n] & 0xc0) == 0x80)
        n--;
    memcpy(out, name.p ? name.p : "", n);
    out[n] = '\0';
}

/* An account's server has the account's name; others that of whom the message is to or from. */
static void name_column(const struct model *m, const struct traced *t, struct ladder_column *c)
{
    const struct model_account *account = account_of(m, t);
    /* An answer goes where the request came from, and has its From and To. */
    bool is_to = t->sent == (t->status == 0);
    char uri[256];

    put_name(traced_uri(t, is_to ? "To" : "From"), uri, sizeof uri);
    put_name(account ? slice_of(account->account) : contact_of(m, model_short_uri(uri)), c->name,
             sizeof c->name);
}

static struct ladder_column *find(struct ladder *l, const char *address)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->far[i].address, address) == 0)
            return &l->far[i];
    return NULL;
}

/* Where there is no room for one more the last column is for all the others. */
static void add(struct ladder *l, const struct model *m, const struct traced *t, size_t room)
{
    if (find(l, t->remote))
        return;
    if (l->n < room) {
        l->far[l->n].address = t->remote;
        name_column(m, t, &l->far[l->n++]);
        return;
    }
    l->far[l->n - 1].address = "";
    put_name(SLICE("others"), l->far[l->n - 1].name, sizeof l->far[0].name);
}

static void collect(struct ladder *l, const struct model *m, const uint64_t *numbers, size_t n,
                    size_t room)
{
    for (int servers = 1; servers >= 0; servers--)
        for (size_t i = 0; i < n; i++) {
            const struct traced *t = traced_find(&m->traced, numbers[i]);

            if (t && (account_of(m, t) != NULL) == servers)
                add(l, m, t, room);
        }
    for (size_t i = 0; i < n; i++) {
        const struct traced *t = traced_find(&m->traced, numbers[i]);

        if (t && *t->local && !*l->ours)
            l->ours = t->local;
        else if (t && *t->local && strcmp(l->ours, t->local) != 0) {
            l->ours = "";
            return;
        }
    }
}

void ladder_of(const struct model *m, const uint64_t *numbers, size_t n, int cols,
               struct ladder *out)
{
    size_t room;
    int width, gap;

    *out = (struct ladder){.ours = "", .milliseconds = cols >= WIDE_COLS};
    out->time_cols = out->milliseconds ? 12 : 8;
    out->our_col = out->time_cols + 4;
    width = cols - out->our_col - 6;
    room = width / GAP_MIN > 1 ? (size_t)(width / GAP_MIN) : 1;
    collect(out, m, numbers, n, room < LADDER_FAR_MAX ? room : LADDER_FAR_MAX);
    gap = out->n > 0 ? width / (int)out->n : width;
    gap = gap < GAP_MAX ? gap : GAP_MAX;
    for (size_t i = 0; i < out->n; i++)
        out->far[i].col = out->our_col + gap * (int)(i + 1);
}

/* --- drawing -------------------------------------------------------------------------------- */

/* In the middle of its line, as far as there is room to the neighbours. */
static void put_centred(struct cells *cells, struct rect r, int row, int col, int room,
                        enum style style, struct slice text)
{
    int n = width_of(text) < room ? width_of(text) : room;
    int at = col - n / 2;

    if (at + n > r.cols)
        at = r.cols - n;
    cells_put_cut(cells, r, row, at > 0 ? at : 0, n, style, text);
}

void ladder_draw_heads(const struct ladder *l, struct cells *cells, struct rect r)
{
    int gap = l->n > 0 ? l->far[0].col - l->our_col : r.cols;

    put_centred(cells, r, 0, l->our_col, gap - 1, STYLE_STRONG, SLICE("us"));
    put_centred(cells, r, 1, l->our_col, gap - 1, STYLE_DIM, slice_of(l->ours));
    for (size_t i = 0; i < l->n; i++) {
        const struct ladder_column *c = &l->far[i];

        put_centred(cells, r, 0, c->col, gap - 1, STYLE_STRONG, slice_of(c->name));
        put_centred(cells, r, 1, c->col, gap - 1, STYLE_DIM, slice_of(c->address));
    }
}

static enum style ladder_style(const struct traced *t)
{
    if (t->again)
        return STYLE_WARN;
    if (t->status >= 400)
        return STYLE_BAD;
    if (t->status >= 300)
        return STYLE_WARN;
    if (t->status >= 200)
        return STYLE_GOOD;
    return t->status ? STYLE_NORMAL : STYLE_STRONG;
}

void ladder_put_time(struct buf *out, double unix_time, bool milliseconds)
{
    long long ms = llround(unix_time * 1000);
    time_t when = (time_t)(ms / 1000);
    struct tm tm;
    char text[32] = "";

    if (localtime_r(&when, &tm))
        strftime(text, sizeof text, "%H:%M:%S", &tm);
    buf_puts(out, text);
    if (milliseconds)
        buf_printf(out, ".%03lld", ms % 1000);
}

static void draw_arrow(struct cells *cells, struct rect row, int from, int to, bool to_right,
                       enum style style)
{
    for (int col = from + 1; col < to; col++)
        cells_draw(cells, row, 0, col, style, GLYPH_HORIZONTAL);
    cells_draw(cells, row, 0, to_right ? to - 1 : from + 1, style,
               to_right ? GLYPH_ARROW_RIGHT : GLYPH_ARROW_LEFT);
}

/* In the middle of the arrow, of which something is to be seen at both ends; in short where there
 * is no room for all. */
static void draw_label(const struct traced *t, bool others, struct cells *cells, struct rect row,
                       int from, int to, enum style style)
{
    struct buf label = buf_new(4096);
    int room = to - from - 4, n;

    for (int brief = 0; brief < 2; brief++) {
        buf_clear(&label);
        buf_putc(&label, ' ');
        traced_put_label(t, brief, &label);
        if (others)
            buf_printf(&label, " %s", t->remote);
        n = width_of(buf_slice(&label));
        if (n <= room)
            break;
    }
    n = n < room ? n : room;
    n = cells_put_cut(cells, row, 0, from + (to - from - n) / 2, n, style, buf_slice(&label));
    cells_put(cells, row, 0, from + (to - from - n) / 2 + n, style, SLICE(" "));
    buf_free(&label);
}

void ladder_draw(const struct ladder *l, const struct traced *t, bool marked, struct cells *cells,
                 struct rect row)
{
    const struct ladder_column *far = find((struct ladder *)l, t->remote);
    struct buf when = buf_new(64);

    if (!far && l->n > 0)
        far = &l->far[l->n - 1];
    ladder_put_time(&when, t->time, l->milliseconds);
    if (marked)
        cells_draw(cells, row, 0, 0, STYLE_MATCH, GLYPH_ON);
    cells_put(cells, row, 0, 1, STYLE_DIM, buf_slice(&when));
    cells_draw(cells, row, 0, l->our_col, STYLE_BORDER, GLYPH_VERTICAL);
    for (size_t i = 0; i < l->n; i++)
        cells_draw(cells, row, 0, l->far[i].col, STYLE_BORDER, GLYPH_VERTICAL);
    if (far) {
        draw_arrow(cells, row, l->our_col, far->col, t->sent, ladder_style(t));
        draw_label(t, !*far->address, cells, row, l->our_col, far->col, ladder_style(t));
    }
    buf_free(&when);
}
