/* speexdsp behind voice.h: an adaptive filter over 128 ms, a suppressor of what it leaves, and a
 * gate for what both leave while the filter has to learn anew. */
#include "audio/voice_engine.h"

#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>
#include <stdlib.h>
#include <string.h>

#include "audio/voice_gate.h"

#define FRAME_MOST 480
#define TAIL_MS 128   /* a longer one learns more slowly, and drifting clocks undo more of it */
#define REST_DB (-60) /* the echo that the filter leaves, while only the far end speaks */
#define REST_DOUBLE_DB (-40) /* and while both do */
#define NOISE_DB (-15)

struct echo {
    SpeexEchoState *filter;
    SpeexPreprocessState *rest;
    size_t frame;
    struct voice_gate gate;
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
    voice_gate_start(&e->gate, e->frame);
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

static void echo_run(void *arg, const int16_t *played, int16_t *captured)
{
    struct echo *e = arg;
    int16_t out[FRAME_MOST];

    speex_echo_cancellation(e->filter, captured, played, out);
    voice_gate_note(&e->gate, played, captured, out);
    speex_preprocess_run(e->rest, out);
    voice_gate_run(&e->gate, out);
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
