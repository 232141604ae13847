/* The sound devices: which is used and which rings, with levels that move while one chooses. */
#include <math.h>

#include "ui/json.h"
#include "ui/screen/commands.h"
#include "ui/screen/devices.h"
#include "ui/screen/graph.h"
#include "ui/screen/width.h"

#define LABEL_COLS 12
#define LEVEL_COLS 10
#define HEAD_ROWS 4
#define SILENT_DB (-96.0f)
#define LOW_DB (-60.0f)
#define HIGH_DB (-3.0f)

/* --- the list ------------------------------------------------------------------------------- */

/* One more than there are: the last one is none. */
static size_t rows(const struct screen *s)
{
    return s->model->n_devices + 1;
}

const char *devices_name(const struct screen *s, size_t row)
{
    return row < s->model->n_devices ? s->model->devices[row].name : "none";
}

/* It is that one, or a microphone and a loudspeaker of which that is one. */
static bool names(const char *used, const char *name)
{
    const char *between = strstr(used, " | ");
    size_t n = strlen(name);

    if (!between)
        return strcmp(used, name) == 0;
    return strcmp(between + strlen(" | "), name) == 0 ||
           ((size_t)(between - used) == n && memcmp(used, name, n) == 0);
}

/* "default" stands for the one that the system means. */
static bool is_used(const struct model *m, size_t row)
{
    const char *used = m->sound.device;

    if (row == m->n_devices)
        return strcmp(used, "none") == 0;
    return names(used, m->devices[row].name) ||
           (m->devices[row].is_default && names(used, "default"));
}

static bool is_ringing(const struct model *m, size_t row)
{
    if (row == m->n_devices)
        return m->sound.n_rings == 0;
    return model_rings(m, m->devices[row].name) ||
           (m->devices[row].is_default && model_rings(m, "default"));
}

static void put_words(const struct model *m, size_t row, struct buf *out)
{
    const char *between = "";

    if (is_used(m, row)) {
        buf_puts(out, "in use");
        between = ", ";
    }
    if (is_ringing(m, row)) {
        buf_printf(out, "%s%s", between, row < m->n_devices ? "rings" : "nothing rings");
        between = ", ";
    }
    if (row < m->n_devices && m->devices[row].is_default)
        buf_printf(out, "%sthe system's", between);
}

static void put_kind(const struct model *m, size_t row, struct buf *out)
{
    const struct model_device *d;

    if (row == m->n_devices) {
        buf_puts(out, "no sound device: calls have files");
        return;
    }
    d = &m->devices[row];
    buf_printf(out, "%s, %u in, %u out, %u Hz", d->host_api, d->inputs, d->outputs, d->rate);
}

static void text(const struct screen *s, size_t row, struct buf *out)
{
    buf_printf(out, "%s, ", devices_name(s, row));
    put_kind(s->model, row, out);
    if (is_used(s->model, row) || is_ringing(s->model, row))
        buf_puts(out, ", ");
    put_words(s->model, row, out);
}

/* The levels are to move with the new one at once. */
static void enter(struct screen *s, size_t row)
{
    screen_ask_text(s, "device", "name", slice_of(devices_name(s, row)), 0);
    devices_listen(s);
}

/* --- open and closed ------------------------------------------------------------------------ */

void devices_listen(struct screen *s)
{
    if (s->watches && !model_call_in(s->model, PHONE_PHASE_UP))
        screen_ask(s, ASK_DO, "test", ",\"what\":\"open\"%s", "");
}

static void open(struct screen *s)
{
    screen_ask(s, ASK_DEVICES, "devices", "%s", "");
    screen_ask(s, ASK_STATUS, "status", "%s", "");
    devices_listen(s);
}

static void close(struct screen *s)
{
    if (*s->model->sound.doing && s->send)
        screen_ask(s, ASK_DO, "test", ",\"what\":\"off\"%s", "");
}

/* --- drawing -------------------------------------------------------------------------------- */

static size_t read_levels(const struct model_sound *sound, const float *ring, float *out)
{
    uint64_t n = sound->n_tenths < MODEL_TENTHS_MAX ? sound->n_tenths : MODEL_TENTHS_MAX;

    for (uint64_t i = 0; i < n; i++)
        out[i] = ring[(sound->n_tenths - n + i) % MODEL_TENTHS_MAX];
    return (size_t)n;
}

static void draw_level(const char *label, const struct model_sound *sound, const float *ring,
                       struct cells *cells, struct rect r, int row)
{
    int left = 1 + LABEL_COLS + LEVEL_COLS;
    struct rect bars = cells_part(r, row, left, 1, r.cols - left - 1);
    float values[MODEL_TENTHS_MAX];
    struct graph graph = {values, read_levels(sound, ring, values), LOW_DB, 0, HIGH_DB};
    float now = graph.n > 0 && sound->is_open ? values[graph.n - 1] : NAN;

    cells_put(cells, r, row, 1, STYLE_DIM, slice_of(label));
    if (isnan(now))
        cells_put(cells, r, row, 1 + LABEL_COLS, STYLE_DIM, SLICE("closed"));
    else if (now <= SILENT_DB)
        cells_put(cells, r, row, 1 + LABEL_COLS, STYLE_NORMAL, SLICE("silent"));
    else
        cells_print(cells, r, row, 1 + LABEL_COLS, now > HIGH_DB ? STYLE_WARN : STYLE_NORMAL,
                    "%.0f dB%s", (double)now, now > HIGH_DB ? "!" : "");
    if (sound->is_open)
        graph_draw(&graph, cells, bars);
}

/* What one hears, or could do to hear something. */
static void draw_test(const struct screen *s, struct cells *cells, struct rect r)
{
    static const struct {
        const char *doing, *sentence;
    } sentences[] = {
        {"open", "speak: the microphone is open"},
        {"tone", "a tone is played"},
        {"record", "speak: three seconds are recorded"},
        {"play", "what was recorded is played"},
    };
    const struct model_sound *sound = &s->model->sound;

    for (size_t i = 0; i < ARRAY_LEN(sentences); i++)
        if (strcmp(sound->doing, sentences[i].doing) == 0) {
            cells_put_cut(cells, r, 2, 1, r.cols - 2, STYLE_GOOD, slice_of(sentences[i].sentence));
            return;
        }
    if (*sound->text)
        cells_put_cut(cells, r, 2, 1, r.cols - 2, STYLE_WARN, slice_of(sound->text));
    else if (model_call_in(s->model, PHONE_PHASE_UP))
        cells_put_cut(cells, r, 2, 1, r.cols - 2, STYLE_DIM, SLICE("these are the call's"));
}

/* What is done to the microphone, and by which key it changes. */
static void draw_voice(const struct model_sound *sound, struct cells *cells, struct rect r)
{
    const char *between = r.cols < SCREEN_TWO_COLS_MIN ? "" : " ";
    struct buf text = buf_new(256);

    buf_printf(&text, "e:%secho %s %sb:%snoise %s %sv:%slevel %s", between, json_voice(sound->echo),
               between, between, json_voice(sound->noise), between, between,
               json_voice(sound->level));
    if (sound->echo)
        cells_put_cut(cells, r, 3, 1, r.cols - 2, STYLE_DIM, buf_slice(&text));
    buf_free(&text);
}

static void draw_row(const struct screen *s, struct cells *cells, struct rect row, size_t i)
{
    const struct model *m = s->model;
    struct buf kind = buf_new(4096), words = buf_new(256);
    bool used = is_used(m, i);
    int half = row.cols / 2 - 4, n;

    put_words(m, i, &words);
    put_kind(m, i, &kind);
    n = width_of(buf_slice(&words));
    cells_draw(cells, row, 0, 1, used ? STYLE_GOOD : STYLE_DIM, used ? GLYPH_ON : GLYPH_OFF);
    cells_put_cut(cells, row, 0, 3, half - 3, used ? STYLE_STRONG : STYLE_NORMAL,
                  slice_of(devices_name(s, i)));
    cells_put_right(cells, row, 0, row.cols - 1, STYLE_GOOD, buf_slice(&words));
    cells_put_cut(cells, row, 0, half + 1, row.cols - half - n - 4, STYLE_DIM, buf_slice(&kind));
    buf_free(&kind);
    buf_free(&words);
}

static void draw(const struct screen *s, struct cells *cells, struct rect r)
{
    const struct model *m = s->model;

    draw_level("microphone", &m->sound, m->sound.microphone, cells, r, 0);
    draw_level("loudspeaker", &m->sound, m->sound.speaker, cells, r, 1);
    draw_test(s, cells, r);
    if (*m->devices_text)
        cells_put_cut(cells, r, 3, 1, r.cols - 2, STYLE_BAD, slice_of(m->devices_text));
    else
        draw_voice(&m->sound, cells, r);
    r.row += HEAD_ROWS;
    r.rows -= HEAD_ROWS;
    view_list(s, &view_devices, cells, r, draw_row, "");
}

const struct view view_devices = {.name = "devices",
                                  .title = "Sound devices",
                                  .kind = VIEW_WHOLE,
                                  .open = open,
                                  .close = close,
                                  .draw = draw,
                                  .rows = rows,
                                  .text = text,
                                  .enter = enter,
                                  .head_rows = HEAD_ROWS,
                                  .hint = "Enter uses one   p: speak, and hear it"};
