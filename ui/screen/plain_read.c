/* Views read out: lists by pages, the rest in lines with labels. */
#include <math.h>

#include "ui/screen/plain.h"
#include "ui/screen/view_trace.h"
#include "ui/status.h"

#define DRAWN_ROWS 60 /* of a view that is no list */
#define DRAWN_COLS 100
#define TEXT_MAX 65536u
#define ROW_COLS 1000 /* nobody listens to more */

/* --- rows ----------------------------------------------------------------------------------- */

/* FNV-1a: only to notice that a row is another one. */
static uint64_t hash_of(struct slice text)
{
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < text.n; i++)
        hash = (hash ^ (unsigned char)text.p[i]) * 1099511628211u;
    return hash;
}

/* Calls go by their own numbers, which commands take; the rows that can be chosen are counted. */
static void put_number(const struct screen *s, const struct view *view, size_t row, struct buf *out)
{
    if (view == &view_calls)
        buf_printf(out, "%u. ", (unsigned)s->model->calls[row]->call);
    else if (view->enter)
        buf_printf(out, "%zu. ", row + 1);
}

/* What is the same in two messages is not what one wants to know of them. */
static bool is_worth(const struct view *view, struct slice text)
{
    return text.n > 0 && (view != &view_trace_compare || !slice_starts(text, SLICE("same: ")));
}

static uint64_t put_row(const struct screen *s, const struct view *view, size_t row,
                        struct buf *out)
{
    struct buf text = buf_new(TEXT_MAX);
    uint64_t hash;

    view->text(s, row, &text);
    hash = hash_of(buf_slice(&text));
    if (out && is_worth(view, slice_trim(buf_slice(&text)))) {
        put_number(s, view, row, out);
        plain_put_head(slice_trim(buf_slice(&text)), ROW_COLS, out);
        buf_putc(out, '\n');
    }
    buf_free(&text);
    return hash;
}

static void read_rows(struct plain *p, const struct view *view, size_t from, size_t n)
{
    size_t all = view->rows(p->screen);

    p->read = view;
    p->from = from;
    p->to = from + n < all ? from + n : all;
    for (size_t i = from; i < p->to; i++)
        p->heard[i - from] = put_row(p->screen, view, i, &p->out);
}

void plain_read_row(struct plain *p, const struct view *view, size_t row)
{
    if (row < view->rows(p->screen))
        read_rows(p, view, row, 1);
}

bool plain_row_holds(const struct plain *p, const struct view *view, size_t row)
{
    return p->read != view || row < p->from || row >= p->to ||
           p->heard[row - p->from] == put_row(p->screen, view, row, NULL);
}

/* --- pages ---------------------------------------------------------------------------------- */

static void put_rest(const struct plain *p, const struct view *view, struct buf *out)
{
    size_t n = view->rows(p->screen);

    if (p->from == 0 && p->to == n)
        return;
    buf_printf(out, "These were %zu to %zu of %zu; %s.\n", p->from + 1, p->to, n,
               p->from == 0 ? "page-down goes on"
               : p->to == n ? "page-up tells those before"
                            : "page-down goes on, page-up tells those before");
}

void plain_read_title(struct plain *p, const struct view *view)
{
    const struct screen *s = p->screen;
    size_t n = view->rows ? view->rows(s) : 0;

    buf_printf(&p->out, "%s%s", view->title, view->rows ? ": " : "");
    if (view == &view_trace)
        trace_put_summary(s, &p->out);
    else if (view == &view_trace_message)
        trace_put_message(s, &p->out);
    else if (view == &view_trace_compare)
        trace_put_compared(s, &p->out);
    else if (view->rows && n == 0)
        buf_puts(&p->out, "none");
    else if (view->rows)
        buf_printf(&p->out, "%zu", n);
    buf_putc(&p->out, '\n');
}

static void read_page(struct plain *p, const struct view *view, size_t from)
{
    read_rows(p, view, from, PLAIN_ROWS);
    put_rest(p, view, &p->out);
}

/* As many as one listens to, with the chosen one among them. */
static void read_list(struct plain *p, const struct view *view)
{
    size_t at = screen_chosen(p->screen, view);

    plain_read_title(p, view);
    if (view->rows(p->screen) > 0)
        read_page(p, view, at >= PLAIN_ROWS ? at + 1 - PLAIN_ROWS : 0);
}

static bool is_list(const struct view *view)
{
    return view->rows && view->text;
}

void plain_read_on(struct plain *p, bool back)
{
    const struct view *view = screen_view(p->screen);
    size_t n = is_list(view) ? view->rows(p->screen) : 0, from;

    if (n == 0) {
        buf_puts(&p->out, "There is no list.\n");
    } else if (p->read != view) {
        read_list(p, view);
    } else if (back ? p->from == 0 : p->to >= n) {
        buf_puts(&p->out, back ? "That was the beginning.\n" : "That was the end.\n");
    } else {
        from = !back ? p->to : p->from > PLAIN_ROWS ? p->from - PLAIN_ROWS : 0;
        if (back)
            read_rows(p, view, from, p->from - from);
        else
            read_rows(p, view, from, PLAIN_ROWS);
        put_rest(p, view, &p->out);
        screen_choose(p->screen, view, from);
    }
}

/* --- search --------------------------------------------------------------------------------- */

size_t plain_matches(const struct plain *p, const struct view *view, struct slice part)
{
    size_t all = view->rows(p->screen), n = 0;

    for (size_t i = 0; i < all; i++)
        n += screen_row_has(p->screen, view, i, part);
    return n;
}

void plain_read_matches(struct plain *p, const struct view *view, struct slice part)
{
    size_t all = view->rows(p->screen), n = 0;

    buf_printf(&p->out, "%s with that text: %zu\n", view->title, plain_matches(p, view, part));
    for (size_t i = 0; i < all && n < PLAIN_ROWS; i++) {
        if (!screen_row_has(p->screen, view, i, part))
            continue;
        if (n++ == 0)
            screen_choose(p->screen, view, i);
        put_row(p->screen, view, i, &p->out);
    }
    if (n == PLAIN_ROWS)
        buf_puts(&p->out, "More words find fewer.\n");
    p->read = NULL;
}

/* --- a call --------------------------------------------------------------------------------- */

/* decimals 0: of a unit that has one, and many. */
static void put_figure(struct buf *out, const char *label, float value, int decimals,
                       const char *unit)
{
    if (!isnan(value))
        buf_printf(out, ", %s%.*f %s%s", label, decimals, (double)value, unit,
                   decimals > 0 || lroundf(value) == 1 ? "" : "s");
}

static void put_quality(const struct model_call *c, struct buf *out)
{
    struct model_second now = model_call_now(c);

    if (isnan(now.mos))
        buf_puts(out, "not known yet");
    else
        buf_printf(out, "%.1f of 4.5, %s", (double)now.mos, view_quality_word(now.mos));
    put_figure(out, "", now.loss, 1, "percent lost");
    put_figure(out, "", now.their_loss, 1, "percent lost on the way there");
    put_figure(out, "delay ", now.delay, 0, "millisecond");
    put_figure(out, "jitter ", now.jitter, 0, "millisecond");
    put_figure(out, "round trip ", now.round_trip, 0, "millisecond");
    put_figure(out, "from mouth to ear ", now.ear, 0, "millisecond");
    put_figure(out, "what they hear is ", now.their_mos, 1, "of 4.5");
}

void plain_read_quality(struct plain *p, const struct model_call *call)
{
    const struct model *m = p->screen->model;
    size_t n = 0;

    for (size_t i = 0; i < m->n_calls; i++) {
        const struct model_call *c = m->calls[i];

        if (c->phase != PHONE_PHASE_UP || (call && c != call))
            continue;
        plain_put_name(&p->out, c->contact, c->peer_name, c->peer, c->call);
        buf_puts(&p->out, ": quality ");
        put_quality(c, &p->out);
        buf_putc(&p->out, '\n');
        n++;
    }
    if (n == 0)
        buf_puts(&p->out, "quality: there is no call to hear\n");
}

static void put_words(const char *label, const char *words, struct buf *out)
{
    if (*words)
        buf_printf(out, "%s: %s\n", label, words);
}

static void put_levels(const struct model_call *c, struct buf *out)
{
    struct model_second now = model_call_now(c);

    if (!isnan(now.level_in))
        buf_printf(out, "their level: %.0f dB\n", (double)now.level_in);
    if (!isnan(now.level_out))
        buf_printf(out, "your level: %.0f dB\n", (double)now.level_out);
}

static void put_sound(const struct model_call *c, struct buf *out)
{
    const char *keys = status_keys(c->encryption);

    buf_printf(out, "sound: %s, %s", *c->codec ? c->codec : "no codec yet",
               *c->encryption ? status_encryption(c->encryption) : "encryption not known");
    if (*keys)
        buf_printf(out, ", keys by %s", keys);
    buf_printf(out, "%s%s\n", *c->suite ? ", " : "", c->suite);
}

static void read_call(struct plain *p, const struct view *view)
{
    const struct model_call *c = screen_call(p->screen);
    struct buf *out = &p->out;

    if (!c) {
        buf_puts(out, "Call: none\n");
        return;
    }
    for (size_t i = 0; i < p->screen->model->n_calls; i++)
        if (p->screen->model->calls[i] == c) {
            buf_printf(out, "Call %u: ", (unsigned)c->call);
            view_calls.text(p->screen, i, out);
            buf_putc(out, '\n');
        }
    put_words("account", c->account, out);
    if (c->phase == PHONE_PHASE_UP || *c->codec)
        put_sound(c, out);
    buf_puts(out, "quality: ");
    put_quality(c, out);
    buf_putc(out, '\n');
    put_words("they say", c->text, out);
    put_words("digits", c->digits, out);
    put_words("plays", c->play, out);
    put_words("records to", c->record, out);
    if (view != &view_details)
        return;
    put_levels(c, out);
    buf_puts(out, "messages: ");
    model_put_messages(out, c);
    buf_putc(out, '\n');
    put_words("our address", c->local, out);
    put_words("their address", c->remote, out);
    buf_printf(out, "packets: %llu sent, %llu received, %llu lost, %llu late, %llu concealed",
               (unsigned long long)c->sent, (unsigned long long)c->received,
               (unsigned long long)c->lost, (unsigned long long)c->late,
               (unsigned long long)c->concealed);
    if (c->refused > 0)
        buf_printf(out, ", %llu refused", (unsigned long long)c->refused);
    buf_putc(out, '\n');
}

/* --- others --------------------------------------------------------------------------------- */

/* Blanks that made columns become two, and those at the ends none. */
static void put_cells(const struct cells *cells, int row, struct buf *out)
{
    size_t from = out->n;
    unsigned blanks = 0;

    for (int col = 0; col < cells->cols; col++) {
        const struct cell *cell = cells_at(cells, row, col);

        if (cell->width == 0)
            continue;
        if (cell->n == 1 && cell->text[0] == ' ') {
            blanks++;
            continue;
        }
        if (out->n > from)
            buf_puts(out, blanks > 1 ? "  " : blanks == 1 ? " " : "");
        blanks = 0;
        buf_put(out, (struct slice){cell->text, cell->n});
    }
    if (out->n > from)
        buf_putc(out, '\n');
}

/* A view that has no words of its own: what it draws, without lines and signs. */
static void read_drawn(struct plain *p, const struct view *view)
{
    struct cells cells = {.silent = true};

    cells_init(&cells, DRAWN_ROWS, DRAWN_COLS);
    buf_printf(&p->out, "%s:\n", view->title);
    view->draw(p->screen, &cells, cells_all(&cells));
    for (int row = 0; row < cells.rows; row++)
        put_cells(&cells, row, &p->out);
    cells_free(&cells);
}

void plain_read(struct plain *p, const struct view *view)
{
    p->owes = false;
    if (view == &view_history)
        screen_see_missed(p->screen);
    if (view == &view_call || view == &view_details)
        read_call(p, view);
    else if (view == &view_help)
        plain_help(p, SLICE("all"));
    else if (view == &view_dial)
        buf_puts(&p->out, "Whom to call? A name, a number or an address; a dot for nobody.\n");
    else if (is_list(view))
        read_list(p, view);
    else
        read_drawn(p, view);
}
