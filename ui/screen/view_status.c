/* The first row: accounts and how they are registered, what is muted, levels. */
#include <math.h>

#include "ui/screen/graph.h"
#include "ui/screen/screen_draw.h"

#define METER_COLS 4
#define ACCOUNT_COLS 16 /* with less there is no use in a reason, */
#define LEAST_COLS 7    /* and with less than that none in a name */
#define MORE_COLS 3     /* "+1" */
#define HIGH_DB (-3.0f)

/* --- levels --------------------------------------------------------------------------------- */

/* How loud it was so many steps back: tenths of a second while the sound device is open, else the
 * seconds of a call; NAN: not known. */
static float level_at(const struct screen *s, const struct model_call *c, bool out, uint64_t back)
{
    const struct model_sound *sound = &s->model->sound;
    const struct model_second *second;

    if (sound->is_open && sound->n_tenths >= back)
        return (out ? sound->microphone
                    : sound->speaker)[(sound->n_tenths - back) % MODEL_TENTHS_MAX];
    if (sound->is_open || !c || c->n_seconds < back)
        return NAN;
    second = &c->seconds[(c->n_seconds - back) % MODEL_SECONDS_MAX];
    return out ? second->level_out : second->level_in;
}

static void draw_meter(const struct screen *s, const struct model_call *c, bool out,
                       struct cells *cells, struct rect within, int col)
{
    for (int i = 0; i < METER_COLS; i++) {
        float db = level_at(s, c, out, (uint64_t)(METER_COLS - i));

        cells_draw(cells, within, 0, col + i, db > HIGH_DB ? STYLE_METER_HIGH : STYLE_METER,
                   graph_level(db));
    }
}

/* At the right end; the column where they begin. */
static int draw_levels(const struct screen *s, struct cells *cells, struct rect within)
{
    const struct model_call *c = screen_call(s);
    bool is_up = c && c->phase == PHONE_PHASE_UP;
    int col = within.cols - 2 * METER_COLS - 11;

    if ((!is_up && !*s->model->sound.doing) || within.cols < 60)
        return within.cols;
    if (is_up && c->muted) {
        cells_put(cells, within, 0, col - 2, STYLE_WARN, SLICE("muted"));
    } else {
        cells_put(cells, within, 0, col, STYLE_DIM, SLICE("mic "));
        draw_meter(s, is_up ? c : NULL, true, cells, within, col + 4);
    }
    cells_put(cells, within, 0, within.cols - METER_COLS - 5, STYLE_DIM, SLICE("spk "));
    draw_meter(s, is_up ? c : NULL, false, cells, within, within.cols - METER_COLS - 1);
    return within.cols - 2 * METER_COLS - 13;
}

/* --- accounts ------------------------------------------------------------------------------- */

static enum style style_of(const struct model_account *a)
{
    return a->registered ? STYLE_GOOD : *a->text || a->wants_password ? STYLE_BAD : STYLE_WARN;
}

/* What the telephone says begins with the address, which stands there already, and ends with what
 * to do about it, for which there is no room here; the log has it all. */
static struct slice cause_of(const struct model_account *a)
{
    struct slice cause = model_cause(a->text, model_short_uri(a->uri));

    return slice_cut(&cause, ';');
}

/* Why it cannot be called; "" where it can. */
static struct slice reason_of(const struct model_account *a)
{
    if (a->registered || !a->registers)
        return SLICE("");
    if (a->wants_password)
        return SLICE("needs a password");
    return *a->text ? cause_of(a) : SLICE("registering");
}

/* The label where there is a reason to tell: that needs the room. */
static struct slice name_of(const struct model_account *a)
{
    struct slice address = model_short_uri(a->uri), label = slice_of(a->account);

    return address.n == 0 || (reason_of(a).n > 0 && label.n < address.n) ? label : address;
}

static int draw_account(const struct model_account *a, struct cells *cells, struct rect within,
                        int col, int end)
{
    struct slice reason = reason_of(a);
    struct slice name = name_of(a);
    int n = col;

    n += cells_draw(cells, within, 0, n, style_of(a), a->registered ? GLYPH_ON : GLYPH_OFF) + 1;
    n += cells_put_cut(cells, within, 0, n, end - n, STYLE_NORMAL, name);
    if (reason.n > 0 && end - n > 4) {
        n += cells_put(cells, within, 0, n, STYLE_NORMAL, SLICE(": "));
        n += cells_put_cut(cells, within, 0, n, end - n, style_of(a), reason);
    }
    return n - col;
}

/* Each gets its share of the room, so that a long reason does not hide the accounts behind it. */
static void draw_accounts(const struct screen *s, struct cells *cells, struct rect within, int col,
                          int end)
{
    const struct model *m = s->model;

    if (m->n_accounts == 0)
        cells_put_cut(cells, within, 0, col, end - col, STYLE_DIM, SLICE("no account"));
    for (size_t i = 0; i < m->n_accounts; i++) {
        int left = (int)(m->n_accounts - i), share = (end - col) / left;

        if (i > 0 && end - col < LEAST_COLS) {
            cells_print(cells, within, 0, col, STYLE_DIM, "+%d", left);
            break;
        }
        if (share < ACCOUNT_COLS) /* this one, and how many there are more */
            share = end - col - (left > 1 ? MORE_COLS : 0);
        col += 3 + draw_account(&m->accounts[i], cells, within, col, col + share - 2);
    }
}

void draw_status(const struct screen *s, struct cells *cells, struct rect within)
{
    int end = draw_levels(s, cells, within);
    size_t missed = screen_missed(s);
    int col = 1 + cells_put(cells, within, 0, 1, STYLE_STRONG, SLICE("tphone"));

    if (s->model->dnd)
        col += 2 + cells_put(cells, within, 0, col + 2, STYLE_WARN, SLICE("do not disturb"));
    if (missed > 0)
        col += 2 + cells_print(cells, within, 0, col + 2, STYLE_WARN, "%zu missed", missed);
    if (screen_is_stuck(s))
        cells_put_cut(cells, within, 0, col + 2, end - col - 2, STYLE_BAD,
                      SLICE("the telephone does not answer"));
    else if (s->model->connected)
        draw_accounts(s, cells, within, col + 2, end - 1);
    else if (screen_view(s) == &view_setup)
        cells_put_cut(cells, within, 0, col + 2, end - col - 2, STYLE_DIM,
                      SLICE("starts when these questions are over"));
    else if (s->starts)
        cells_put_cut(cells, within, 0, col + 2, end - col - 2, STYLE_WARN,
                      SLICE("the telephone is being started"));
    else
        cells_put_cut(cells, within, 0, col + 2, end - col - 2, STYLE_BAD,
                      SLICE("not connected to the telephone"));
}
