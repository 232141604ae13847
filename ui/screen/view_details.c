/* The chosen call as closely as it is known: the last minutes as graphs, and all figures. */
#include <math.h>

#include "ui/screen/graph.h"
#include "ui/screen/screen.h"
#include "ui/status.h"

#define LABEL_COLS 12
#define FIGURE_COLS 24 /* label and value left of a graph */
#define SCALE_COLS 5   /* right of it */
#define GRAPH_ROWS_MAX 6
#define WORD_ROWS 7
#define BEST_MOS 4.5f
#define BAR_COLS 9

/* --- words ---------------------------------------------------------------------------------- */

static void draw_label(const char *label, struct cells *cells, struct rect r, int row)
{
    cells_put_cut(cells, r, row, 1, LABEL_COLS - 1, STYLE_DIM, slice_of(label));
}

static void draw_words(const char *label, struct buf *words, struct cells *cells, struct rect r,
                       int row)
{
    draw_label(label, cells, r, row);
    cells_put_cut(cells, r, row, 1 + LABEL_COLS, r.cols - LABEL_COLS - 2, STYLE_NORMAL,
                  buf_slice(words));
    buf_clear(words);
}

static void put_state(const struct screen *s, const struct model_call *c, struct buf *out)
{
    static const char *const phases[] = {
        [PHONE_PHASE_WAITING] = "waiting", [PHONE_PHASE_CALLING] = "calling",
        [PHONE_PHASE_RINGING] = "rings",   [PHONE_PHASE_INCOMING] = "calls you",
        [PHONE_PHASE_UP] = "is up",        [PHONE_PHASE_ENDING] = "ends",
    };
    uint64_t began = c->up_ms ? c->up_ms : c->began_ms;

    buf_printf(out, "%s ", phases[c->phase]);
    view_put_duration(out, s->now_ms > began ? s->now_ms - began : 0);
    buf_puts(out, c->incoming ? ", came in" : ", went out");
    if (*c->account)
        buf_printf(out, " by %s", c->account);
    if (c->on_hold)
        buf_puts(out, ", on hold");
    if (c->held)
        buf_puts(out, ", holds you");
    if (c->muted)
        buf_puts(out, ", muted");
    if (c->recording)
        buf_puts(out, ", recorded");
    if (c->conference)
        buf_printf(out, ", in conference %u", (unsigned)c->conference);
}

static void put_totals(const struct model_call *c, struct buf *out)
{
    uint64_t due = c->received + c->lost;

    buf_printf(out, "sent %llu, received %llu", (unsigned long long)c->sent,
               (unsigned long long)c->received);
    buf_printf(out, ", lost %llu", (unsigned long long)c->lost);
    if (due > 0 && c->lost > 0)
        buf_printf(out, " (%.1f %%)", 100.0 * (double)c->lost / (double)due);
    buf_printf(out, ", late %llu, concealed %llu", (unsigned long long)c->late,
               (unsigned long long)c->concealed);
    if (c->refused > 0)
        buf_printf(out, ", refused %llu", (unsigned long long)c->refused);
}

static void draw_quality(const struct model_call *c, struct cells *cells, struct rect r, int row)
{
    struct model_second now = model_call_now(c);
    int n = 1 + LABEL_COLS, full = isnan(now.mos) ? 0 : (int)lroundf(now.mos / BEST_MOS * BAR_COLS);

    draw_label("quality", cells, r, row);
    if (isnan(now.mos)) {
        cells_put(cells, r, row, n, STYLE_DIM, SLICE("not known yet"));
        return;
    }
    for (int i = 0; i < BAR_COLS; i++)
        n += cells_draw(cells, r, row, n, STYLE_METER, i < full ? GLYPH_FULL : GLYPH_EMPTY);
    n += cells_print(cells, r, row, n, STYLE_STRONG, " %.1f %s", (double)now.mos,
                     view_quality_word(now.mos));
    if (!isnan(now.their_mos))
        n += cells_print(cells, r, row, n, STYLE_NORMAL, ", theirs %.1f", (double)now.their_mos);
    if (!isnan(now.round_trip))
        n += cells_print(cells, r, row, n, STYLE_NORMAL, ", rtt %.0f ms", (double)now.round_trip);
    if (!isnan(now.jitter))
        n += cells_print(cells, r, row, n, STYLE_NORMAL, ", jitter %.0f ms", (double)now.jitter);
    if (!isnan(now.ear))
        cells_print(cells, r, row, n, STYLE_NORMAL, ", ear %.0f ms", (double)now.ear);
}

static void draw_who(const struct model_call *c, struct cells *cells, struct rect r)
{
    int n = 1 + view_put_name(cells, r, 0, 1, r.cols - 2, STYLE_STRONG, c->contact, c->peer_name,
                              c->peer);

    if (*c->contact || *c->peer_name)
        cells_put_cut(cells, r, 0, n + 2, r.cols - n - 3, STYLE_DIM, slice_of(c->peer));
}

/* Of few rows the addresses have none: the trace tells them, too. */
static void draw_all_words(const struct screen *s, const struct model_call *c, struct cells *cells,
                           struct rect r)
{
    struct buf words = buf_new(16384);
    int row = 5;

    draw_who(c, cells, r);
    put_state(s, c, &words);
    draw_words("the call", &words, cells, r, 1);
    draw_quality(c, cells, r, 2);
    model_put_codec(&words, c, ", ", status_encryption(c->encryption));
    model_put_keys(&words, c);
    draw_words("sound", &words, cells, r, 3);
    model_put_messages(&words, c);
    draw_words("messages", &words, cells, r, 4);
    buf_printf(&words, "we %s, they %s", *c->local ? c->local : "-", *c->remote ? c->remote : "-");
    if (r.rows >= WORD_ROWS)
        draw_words("addresses", &words, cells, r, row++);
    buf_clear(&words);
    put_totals(c, &words);
    draw_words("packets", &words, cells, r, row);
    buf_free(&words);
}

/* --- graphs --------------------------------------------------------------------------------- */

/* clang-format off */
static const struct figure {
    const char *label, *unit;
    int decimals;
    size_t at;         /* in struct model_second */
    float low, least;  /* the scale begins there, and ends there or above */
    float warn;
} figures[] = {
    {"delay",      "ms", 0, offsetof(struct model_second, delay),       0, 100, 200},
    {"loss",       "%",  1, offsetof(struct model_second, loss),        0, 5,   1},
    {"their loss", "%",  1, offsetof(struct model_second, their_loss),  0, 5,   1},
    {"their level", "dB", 0, offsetof(struct model_second, level_in),  -60, 0,  -3},
    {"your level", "dB", 0, offsetof(struct model_second, level_out), -60, 0,  -3},
};
/* clang-format on */

static size_t read_seconds(const struct model_call *c, size_t at, float *out)
{
    uint64_t n = c->n_seconds < MODEL_SECONDS_MAX ? c->n_seconds : MODEL_SECONDS_MAX;

    for (uint64_t i = 0; i < n; i++) {
        const struct model_second *s = &c->seconds[(c->n_seconds - n + i) % MODEL_SECONDS_MAX];

        memcpy(&out[i], (const char *)s + at, sizeof *out);
    }
    return (size_t)n;
}

static void draw_figure(const struct model_call *c, const struct figure *f, struct cells *cells,
                        struct rect r)
{
    struct rect bars = cells_part(r, 0, FIGURE_COLS, r.rows, r.cols - FIGURE_COLS - SCALE_COLS - 1);
    float values[MODEL_SECONDS_MAX];
    struct graph graph = {values, read_seconds(c, f->at, values), f->low, f->least, f->warn};
    float now = graph.n > 0 ? values[graph.n - 1] : NAN;
    size_t room = bars.cols > 0 ? (size_t)bars.cols : 0;

    if (graph.n > room) { /* the scale suits what is shown */
        graph.values += graph.n - room;
        graph.n = room;
    }

    graph.high = f->low < 0 ? f->least : graph_top(graph.values, graph.n, f->least);
    draw_label(f->label, cells, r, 0);
    if (isnan(now))
        cells_put(cells, r, 0, 1 + LABEL_COLS, STYLE_DIM, SLICE("-"));
    else
        cells_print(cells, r, 0, 1 + LABEL_COLS, now > f->warn ? STYLE_WARN : STYLE_NORMAL,
                    "%.*f %s", f->decimals, (double)now, f->unit);
    graph_draw(&graph, cells, bars);
    cells_print(cells, r, 0, r.cols - SCALE_COLS, STYLE_DIM, "%.0f", (double)graph.high);
    if (r.rows > 1)
        cells_print(cells, r, r.rows - 1, r.cols - SCALE_COLS, STYLE_DIM, "%.0f", (double)f->low);
}

static void draw_graphs(const struct model_call *c, struct cells *cells, struct rect r)
{
    int n = (int)ARRAY_LEN(figures), gap = r.rows >= 3 * n, high = (r.rows - gap * n) / n;

    high = high < 1 ? 1 : high > GRAPH_ROWS_MAX ? GRAPH_ROWS_MAX : high;
    for (int i = 0; i < n; i++) {
        int row = i * (high + gap) + gap;

        if (row + high <= r.rows)
            draw_figure(c, &figures[i], cells, (struct rect){r.row + row, r.col, high, r.cols});
    }
}

static void draw(const struct screen *s, struct cells *cells, struct rect r)
{
    const struct model_call *c = screen_call(s);
    int most = r.rows - (int)ARRAY_LEN(figures), n = most < WORD_ROWS ? WORD_ROWS - 1 : WORD_ROWS;

    if (!c) {
        cells_put_cut(cells, r, 0, 1, r.cols - 2, STYLE_DIM, SLICE("there is no call"));
        return;
    }
    draw_all_words(s, c, cells, cells_part(r, 0, 0, n, r.cols));
    draw_graphs(c, cells, cells_part(r, n, 0, r.rows - n, r.cols));
}

const struct view view_details = {.name = "details",
                                  .title = "Call",
                                  .kind = VIEW_WHOLE,
                                  .draw = draw,
                                  .hint = "one column is one second"};
