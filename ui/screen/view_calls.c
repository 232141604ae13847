/* The calls that there are: state, who, how long. */
#include <math.h>

#include "ui/screen/graph.h"
#include "ui/screen/screen.h"
#include "ui/screen/width.h"
#include "ui/status.h"

#define LEVEL_COLS 3
#define LEVEL_FROM_COLS 36
#define WORDS_COLS 10     /* "conference" */
#define MEASURED_CALLS 32 /* nobody looks at more of them */

static size_t rows(const struct screen *s)
{
    return s->model->n_calls;
}

static enum glyph glyph_of(const struct model_call *c)
{
    if (c->phase == PHONE_PHASE_INCOMING)
        return GLYPH_COMING;
    if (c->phase != PHONE_PHASE_UP)
        return GLYPH_GOING;
    return c->on_hold ? GLYPH_HELD : GLYPH_TALKING;
}

static enum style style_of(const struct model_call *c)
{
    if (c->phase == PHONE_PHASE_INCOMING)
        return STYLE_WARN;
    if (c->phase != PHONE_PHASE_UP || c->on_hold)
        return STYLE_DIM;
    return STYLE_GOOD;
}

/* The word that matters most. */
static const char *word_of(const struct model_call *c)
{
    static const char *const words[] = {
        [PHONE_PHASE_WAITING] = "waiting",
        [PHONE_PHASE_CALLING] = "calling",
        [PHONE_PHASE_RINGING] = "rings",
        [PHONE_PHASE_INCOMING] = "calls you",
        [PHONE_PHASE_UP] = "",
        [PHONE_PHASE_ENDING] = "ending",
    };

    if (c->phase != PHONE_PHASE_UP)
        return words[c->phase];
    if (c->on_hold)
        return "on hold";
    if (c->held)
        return "holds you";
    return c->conference ? "conference" : "";
}

static void put_codec(const struct model_call *c, struct buf *out)
{
    struct slice rest = slice_of(c->codec);

    buf_put(out, slice_cut(&rest, '/'));
}

/* "Bob, sip:bob@example.org, talking, 42 seconds, opus, muted" */
static void text(const struct screen *s, size_t row, struct buf *out)
{
    const struct model_call *c = s->model->calls[row];
    uint64_t began = c->up_ms ? c->up_ms : c->began_ms;

    view_put_who(out, c->contact, c->peer_name, c->peer);
    buf_printf(out, ", %s, ", *word_of(c) ? word_of(c) : "talking");
    view_say_duration(out, s->now_ms > began ? s->now_ms - began : 0);
    if (*c->codec) {
        buf_puts(out, ", ");
        put_codec(c, out);
    }
    if (c->conference)
        buf_printf(out, ", in conference %u", (unsigned)c->conference);
    if (*c->encryption)
        buf_printf(out, ", %s", status_encryption(c->encryption));
    buf_printf(out, "%s%s", c->muted ? ", muted" : "", c->recording ? ", recorded" : "");
}

/* brief: the codec is left out where what matters more stands there, so that the name has room. */
static void put_words(const struct model_call *c, const struct cells *cells, bool brief,
                      struct buf *out)
{
    if (*word_of(c))
        buf_puts(out, word_of(c));
    else if (!brief || (!c->muted && !c->recording))
        put_codec(c, out);
    if (c->muted) {
        buf_putc(out, ' ');
        buf_put(out, cells_glyph(cells, GLYPH_MUTED));
        buf_puts(out, "muted");
    }
    if (c->recording) {
        buf_putc(out, ' ');
        buf_put(out, cells_glyph(cells, GLYPH_RECORDING));
        buf_puts(out, "rec");
    }
    if (model_is_private(c)) {
        buf_putc(out, ' ');
        buf_put(out, cells_glyph(cells, GLYPH_SECRET));
    }
}

/* The words of all calls begin below each other, if they are not long: those push the duration to
 * the left, and leave the names of the others their room. */
static int words_cols(const struct screen *s, const struct cells *cells, bool brief)
{
    struct buf words = buf_new(256);
    int cols = 0;

    for (size_t i = 0; i < s->model->n_calls && i < MEASURED_CALLS; i++) {
        int n;

        buf_clear(&words);
        put_words(s->model->calls[i], cells, brief, &words);
        n = width_of(buf_slice(&words));
        cols = n > cols && n <= WORDS_COLS ? n : cols;
    }
    buf_free(&words);
    return cols;
}

/* Duration and words before column end; where they begin. */
static int draw_state(const struct screen *s, const struct model_call *c, struct cells *cells,
                      struct rect row, int end)
{
    uint64_t began = c->up_ms ? c->up_ms : c->began_ms;
    bool brief = row.cols < LEVEL_FROM_COLS;
    int all = words_cols(s, cells, brief), cols;
    struct buf words = buf_new(256), duration = buf_new(64);

    put_words(c, cells, brief, &words);
    view_put_duration(&duration, s->now_ms > began ? s->now_ms - began : 0);
    cols = width_of(buf_slice(&words));
    end -= cols > all ? cols : all;
    cells_put(cells, row, 0, end, style_of(c), buf_slice(&words));
    end -= brief ? 1 : 2;
    cells_put_right(cells, row, 0, end, style_of(c), buf_slice(&duration));
    end -= width_of(buf_slice(&duration));
    buf_free(&words);
    buf_free(&duration);
    return end;
}

/* How loud they were in the last seconds, before column end. Columns taken, also where nothing is
 * to be shown, so that what stands before does not move. */
static int draw_level(const struct model_call *c, struct cells *cells, struct rect row, int end)
{
    bool heard = c->phase == PHONE_PHASE_UP && !c->on_hold;

    for (unsigned i = 0; heard && i < LEVEL_COLS && i < c->n_seconds; i++) {
        float db = c->seconds[(c->n_seconds - 1 - i) % MODEL_SECONDS_MAX].level_in;

        if (!isnan(db))
            cells_draw(cells, row, 0, end - 1 - (int)i, STYLE_METER, graph_level(db));
    }
    return LEVEL_COLS + 1;
}

static void draw_row(const struct screen *s, struct cells *cells, struct rect row, size_t i)
{
    const struct model_call *c = s->model->calls[i];
    int end = row.cols - 1;

    if (row.cols >= LEVEL_FROM_COLS)
        end -= draw_level(c, cells, row, end);
    cells_draw(cells, row, 0, 1, style_of(c), glyph_of(c));
    end = draw_state(s, c, cells, row, end);
    view_put_name(cells, row, 0, 3, end - 4, c == screen_call(s) ? STYLE_STRONG : STYLE_NORMAL,
                  c->contact, c->peer_name, c->peer);
}

static void enter(struct screen *s, size_t row)
{
    screen_choose(s, &view_calls, row);
    screen_open(s, &view_details);
}

static void draw(const struct screen *s, struct cells *cells, struct rect within)
{
    view_list(s, &view_calls, cells, within, draw_row, "no calls");
}

const struct view view_calls = {.name = "calls",
                                .title = "Calls",
                                .kind = VIEW_PANE,
                                .draw = draw,
                                .rows = rows,
                                .text = text,
                                .enter = enter};
