/* speexdsp behind voice.h: an adaptive filter over 128 ms, a suppressor of what it leaves, and a
 * gate for what both leave while the filter has to learn anew. */
#include "audio/voice_engine.h"

#include <math.h>
#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_MOST 480
#define TAIL_MS 128   /* a longer one learns more slowly, and drifting clocks undo more of it */
#define REST_DB (-60) /* the echo that the filter leaves, while only the far end speaks */
#define REST_DOUBLE_DB (-40) /* and while both do */
#define NOISE_DB (-15)
#define HEARD_FRAMES 6  /* An echo that the filter expects may come later by so many, */
#define FADES 0.8       /* and its power goes like that then, a frame: */
#define DOUBT 2.0       /* what is not louder than so much of it may be it, */
#define GATE 0.1        /* and becomes that much softer, */
#define GATE_LEAST 10.0 /* where it can be heard at all (mean of its samples) */

struct echo {
    SpeexEchoState *filter;
    SpeexPreprocessState *rest;
    size_t frame;
    double expected[HEARD_FRAMES]; /* energy of the echo, as by the filter: a ring, */
    unsigned at;                   /* the newest, */
    double lasting;                /* and what may still be heard of them */
    double gate;                   /* that this frame ended with */
};

static bool knows(uint32_t rate_hz)
{
    return rate_hz / 100 <= FRAME_MOST;
}

/* noise_db: by which noise becomes softer. It must be on even if by nothing: where denoising is off
 * the library takes no echo away either. */
static SpeexPreprocessState *preprocessor(uint32_t rate_hz, int noise_db)
{
    SpeexPreprocessState *p = speex_preprocess_state_init((int)rate_hz / 100, (int)rate_hz);
    int on = 1;

    if (!p)
        return NULL;
    speex_preprocess_ctl(p, SPEEX_PREPROCESS_SET_DENOISE, &on);
    speex_preprocess_ctl(p, SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, &noise_db);
    return p;
}

static void echo_free(void *arg)
{
    struct echo *e = arg;

    if (!e)
        return;
    if (e->rest)
        speex_preprocess_state_destroy(e->rest);
    if (e->filter)
        speex_echo_state_destroy(e->filter);
    free(e);
}

static void *echo_new(uint32_t rate_hz)
{
    struct echo *e = calloc(1, sizeof *e);
    int rate = (int)rate_hz, rest = REST_DB, both = REST_DOUBLE_DB;

    if (!e)
        return NULL;
    e->frame = rate_hz / 100;
    e->gate = 1;
    e->filter = speex_echo_state_init(rate / 100, rate * TAIL_MS / 1000);
    e->rest = preprocessor(rate_hz, 0);
    if (!e->filter || !e->rest) {
        echo_free(e);
        return NULL;
    }
    speex_echo_ctl(e->filter, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
    speex_preprocess_ctl(e->rest, SPEEX_PREPROCESS_SET_ECHO_STATE, e->filter);
    speex_preprocess_ctl(e->rest, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS, &rest);
    speex_preprocess_ctl(e->rest, SPEEX_PREPROCESS_SET_ECHO_SUPPRESS_ACTIVE, &both);
    return e;
}

static double energy_of(const int16_t *samples, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)samples[i] * samples[i];
    return sum;
}

/* Takes note of the echo that the filter has found in captured: what it took away. */
static void expect(struct echo *e, const int16_t *captured, const int16_t *out)
{
    double sum = 0, most = 0;

    for (size_t i = 0; i < e->frame; i++) {
        double echo = captured[i] - out[i];

        sum += echo * echo;
    }
    e->at = (e->at + 1) % HEARD_FRAMES;
    e->expected[e->at] = sum;
    for (size_t i = 0; i < HEARD_FRAMES; i++)
        most = fmax(most, e->expected[i]);
    e->lasting = fmax(most, e->lasting * FADES);
}

/* Where its delay has jumped, or the clocks drift, the filter takes away an echo that is not there
 * and leaves the one that is; but that is about as loud, and comes at about that time. We are heard
 * where we are louder. */
static void gate(struct echo *e, int16_t *out)
{
    double from = e->gate, to = 1, n = (double)e->frame, rest = energy_of(out, e->frame);

    if (rest > GATE_LEAST * GATE_LEAST * n)
        to = sqrt(fmax(GATE * GATE, 1 - DOUBT * e->lasting / rest));
    e->gate = to;
    if (from >= 1 && to >= 1)
        return;
    for (size_t i = 0; i < e->frame; i++)
        out[i] = (int16_t)lrint(out[i] * (from + (to - from) * (double)(i + 1) / n));
}

static void echo_run(void *arg, const int16_t *played, int16_t *captured)
{
    struct echo *e = arg;
    int16_t out[FRAME_MOST];

    speex_echo_cancellation(e->filter, captured, played, out);
    expect(e, captured, out);
    speex_preprocess_run(e->rest, out);
    gate(e, out);
    memcpy(captured, out, e->frame * sizeof *captured);
}

static void *noise_new(uint32_t rate_hz)
{
    return preprocessor(rate_hz, NOISE_DB);
}

static void noise_run(void *noise, int16_t *captured)
{
    speex_preprocess_run(noise, captured);
}

static void noise_free(void *noise)
{
    if (noise)
        speex_preprocess_state_destroy(noise);
}

const struct voice_engine voice_engine_speex = {
    .name = "speexdsp",
    .knows = knows,
    .echo_new = echo_new,
    .echo_run = echo_run,
    .echo_free = echo_free,
    .noise_new = noise_new,
    .noise_run = noise_run,
    .noise_free = noise_free,
};
