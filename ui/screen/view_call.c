/* The chosen call more closely: whom it is with, how it sounds. */
#include <math.h>

#include "ui/screen/graph.h"
#include "ui/screen/screen.h"
#include "ui/status.h"

#define BAR_COLS 9
#define BEST_MOS 4.5f
#define DELAY_COLS 14
#define DELAY_LEAST_MS 100 /* what a graph reaches up to, at least */
#define DELAY_HIGH_MS 400  /* above that people talk at the same time */
#define LOSS_COLS 13
#define KEYS_COLS 7       /* " (DTLS)" */
#define WIDE_COLS 36      /* from here on there is room for the graph, */
#define VERY_WIDE_COLS 50 /* and for jitter beside it */

static int draw_who(const struct model_call *c, struct cells *cells, struct rect r, int row)
{
    int n = 1 + view_put_name(cells, r, row, 1, r.cols - 2, STYLE_STRONG, c->contact, c->peer_name,
                              c->peer);

    if (*c->contact || *c->peer_name)
        cells_put_cut(cells, r, row, n + 2, r.cols - n - 3, STYLE_DIM, model_short_uri(c->peer));
    return row + 1;
}

/* What it is encrypted by only where there is room: what that is worth is not to be cut off. */
static int draw_sound(const struct model_call *c, struct cells *cells, struct rect r, int row)
{
    struct buf text = buf_new(512), dot = buf_new(16);
    int n = 1;

    buf_printf(&dot, " %" PRI_SLICE " ", ARG_SLICE(cells_glyph(cells, GLYPH_DOT)));
    model_put_codec(&text, c, buf_cstr(&dot),
                    model_keys_are_known(c) ? "encrypted" : status_encryption(c->encryption));
    n += cells_put_cut(cells, r, row, n, r.cols - 2, STYLE_NORMAL, buf_slice(&text));
    buf_clear(&text);
    model_put_keys(&text, c);
    if (r.cols - 1 - n >= KEYS_COLS)
        cells_put_cut(cells, r, row, n, r.cols - 1 - n, STYLE_NORMAL, buf_slice(&text));
    buf_free(&text);
    buf_free(&dot);
    if (!model_keys_are_known(c))
        return row + 1;
    cells_put_cut(cells, r, row + 1, 1, r.cols - 2, STYLE_WARN,
                  SLICE("but the keys went in the clear"));
    return row + 2;
}

static int draw_quality(const struct model_call *c, struct cells *cells, struct rect r, int row)
{
    struct model_second now = model_call_now(c);
    int n = 1, full = (int)lroundf(now.mos / BEST_MOS * BAR_COLS);

    if (isnan(now.mos))
        return row;
    n += cells_print(cells, r, row, n, STYLE_NORMAL, "quality %.1f ", (double)now.mos);
    for (int i = 0; i < BAR_COLS; i++)
        n += cells_draw(cells, r, row, n, STYLE_METER, i < full ? GLYPH_FULL : GLYPH_EMPTY);
    if (!isnan(now.loss) && r.cols - n > LOSS_COLS)
        cells_print(cells, r, row, n, STYLE_NORMAL, "  loss %.1f %%", (double)now.loss);
    return row + 1;
}

/* The last seconds of what waits here against jitter. */
static int draw_delay_graph(const struct model_call *c, struct cells *cells, struct rect r, int row,
                            int col)
{
    uint64_t n = c->n_seconds < DELAY_COLS ? c->n_seconds : DELAY_COLS;
    struct rect bars = cells_part(r, row, col, 1, DELAY_COLS);
    float values[DELAY_COLS];
    struct graph graph = {values, n, 0, 0, DELAY_HIGH_MS};

    for (uint64_t i = 0; i < n; i++)
        values[i] = c->seconds[(c->n_seconds - n + i) % MODEL_SECONDS_MAX].delay;
    graph.high = graph_top(values, n, DELAY_LEAST_MS);
    graph_draw(&graph, cells, bars);
    return DELAY_COLS;
}

static int draw_delay(const struct model_call *c, struct cells *cells, struct rect r, int row)
{
    struct model_second now = model_call_now(c);
    int n = 1;

    if (!isnan(now.delay)) {
        n += cells_put(cells, r, row, n, STYLE_NORMAL, SLICE("delay "));
        if (r.cols >= WIDE_COLS)
            n += draw_delay_graph(c, cells, r, row, n) + 1;
        n += cells_print(cells, r, row, n, STYLE_NORMAL, "%.0f ms  ", (double)now.delay);
    }
    if (!isnan(now.jitter) && (isnan(now.delay) || r.cols >= VERY_WIDE_COLS))
        n += cells_print(cells, r, row, n, STYLE_NORMAL, "jitter %.0f ms  ", (double)now.jitter);
    if (!isnan(now.round_trip))
        n += cells_print(cells, r, row, n, STYLE_NORMAL, "rtt %.0f ms", (double)now.round_trip);
    return n > 1 ? row + 1 : row;
}

static int draw_words(const char *label, const char *text, struct cells *cells, struct rect r,
                      int row)
{
    int n = 1;

    if (!*text)
        return row;
    n += cells_put(cells, r, row, n, STYLE_DIM, slice_of(label));
    cells_put_cut(cells, r, row, n + 1, r.cols - n - 2, STYLE_NORMAL, slice_of(text));
    return row + 1;
}

/* Who has no account wants to know where others call. */
static void draw_none(const struct screen *s, struct cells *cells, struct rect r)
{
    cells_put_cut(cells, r, 0, 1, r.cols - 2, STYLE_DIM, SLICE("no call"));
    if (s->model->n_accounts > 0 || !*s->model->listens || r.rows < 4)
        return;
    cells_put_cut(cells, r, 2, 1, r.cols - 2, STYLE_DIM,
                  SLICE("without an account others call you at"));
    cells_put_cut(cells, r, 3, 1, r.cols - 2, STYLE_NORMAL, slice_of(s->model->listens));
}

static void draw(const struct screen *s, struct cells *cells, struct rect within)
{
    const struct model_call *c = screen_call(s);
    int row = 0;

    if (!c) {
        draw_none(s, cells, within);
        return;
    }
    row = draw_who(c, cells, within, row);
    if (c->phase == PHONE_PHASE_UP || *c->codec)
        row = draw_sound(c, cells, within, row);
    row = draw_quality(c, cells, within, row);
    row = draw_delay(c, cells, within, row);
    row = draw_words("account", c->account, cells, within, row);
    row = draw_words("they say", c->text, cells, within, row);
    row = draw_words("they press", c->digits, cells, within, row);
    row = draw_words("plays", c->play, cells, within, row);
    draw_words("records to", c->record, cells, within, row);
}

const struct view view_call = {.name = "call", .title = "Call", .kind = VIEW_PANE, .draw = draw};
