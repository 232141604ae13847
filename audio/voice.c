#include "config.h"

#include "audio/voice.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/voice_delay.h"
#include "audio/voice_engine.h"
#include "audio/voice_level.h"
#include "base/slice.h"

#define FRAME_MOST 480u
#define FRAMES_PER_S 100u
#define LOUD 1e-6           /* power of full scale that can be heard as an echo: -60 dB */
#define ECHO_LASTS 60u      /* frames behind what was loud in which it is heard */
#define DOUBT_FRAMES 250u   /* of loud sound without an echo, before there is none; */
#define DOUBT_LONG 3000u    /* where there was one it may be hidden for a while by our speech */
#define FORGETS 0.995       /* a frame, of what has become of the echo: two seconds count */
#define MEASURED_FRAMES 50u /* before that is said */
#define ECHO_DB 10.0        /* less than that, and what it has found may be something else */
#define REST_NEAR 0.1       /* more of the power than that is left where we speak too, */
#define REST_FAR 0.02       /* less where it is an echo alone: */
#define REST_GAIN 0.15      /* that is made softer still, */
#define REST_FADES 0.7      /* not before some frames have been so */
#define REST_SHARE 0.25     /* of the power, left of a frame that was an echo for the most part */
#define HELD_MOST VOICE_DELAY_FRAMES
#define EARLY 1   /* frames that the canceller hears what is played before its echo, */
#define LATE 9    /* at least and at most: its filter of 128 ms has room for jumps then; */
#define IN_TIME 5 /* else it is this many from then on, */
#define UNSUITED_FRAMES 60u /* when it has been so for a while, */
#define PLACED_FRAMES 20u   /* a short one while there is little to be learnt anew. */
#define WORKS_DB 15.0       /* A canceller that does this is left alone */
#define SAME 2              /* while the echo is found no further from where it was, in frames */
#define NOISY_DB (-50.0)    /* steady noise that is heard */
#define QUIET_DB (-56.0)    /* and that is not any more */
#define NOISIEST_DB (-30.0) /* louder than that it is not noise, but meant to be heard */

static const struct voice_range RANGE_AUTO = {-34, -9}, RANGE_ON = {-24, -20};

/* A part that is put in and taken out without a click. */
struct fade {
    bool on;
    float share; /* of what it has made of the sound, 0 to 1 */
};

struct voice {
    size_t frame;
    const struct voice_engine *engine;
    void *echo, *noise;
    enum voice_mode mode[VOICE_PARTS];
    struct fade fade[2]; /* VOICE_ECHO, VOICE_NOISE */
    struct voice_delay delay;
    struct voice_level level;
    int16_t held[HELD_MOST][FRAME_MOST]; /* what was played, a ring, */
    unsigned held_at;                    /* the newest, */
    unsigned unsuited;                   /* for so many frames */
    unsigned held_back;                  /* so many frames for the canceller, as the echo is late */
    bool placed;                         /* held_back is right, or was once */
    int worked_at;                       /* the canceller did well with an echo as late as that */
    bool runs;                           /* the canceller, be it only to learn */
    bool evident;                        /* there is, or was of late, an echo */
    bool was_loud;                       /* what was played, at any time */
    unsigned silent;                     /* frames since something loud was played */
    unsigned doubt;                      /* loud ones without a sign of an echo, */
    unsigned patience;                   /* which may be so many */
    double before, after; /* power of what may have been an echo, around the canceller */
    unsigned measured;    /* frames in them */
    double lately[2];     /* power of the frames before, before the canceller */
    double left;          /* share of the power, as of late */
    float rest_gain;      /* that this frame ended with */
    bool noisy;
};

/* --- life ----------------------------------------------------------------------------------- */

static const struct voice_engine *const engines[] = {
#ifdef HAVE_WEBRTC_AUDIO_PROCESSING
    &voice_engine_webrtc,
#endif
    &voice_engine_speex,
};

static const struct voice_engine *choose(uint32_t rate_hz, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(engines); i++)
        if ((!name || strcmp(engines[i]->name, name) == 0) && engines[i]->knows(rate_hz))
            return engines[i];
    return NULL;
}

int voice_new(uint32_t rate_hz, const char *engine, struct voice **out)
{
    struct voice *v;

    if (rate_hz < 8000 || rate_hz > FRAME_MOST * FRAMES_PER_S)
        return -EINVAL;
    v = calloc(1, sizeof *v);
    if (!v)
        return -ENOMEM;
    v->frame = rate_hz / FRAMES_PER_S;
    v->engine = choose(rate_hz, engine);
    if (!v->engine) {
        free(v);
        return -ENOENT;
    }
    v->echo = v->engine->echo_new(rate_hz);
    v->noise = v->engine->noise_new(rate_hz);
    if (!v->echo || !v->noise) {
        voice_free(v);
        return -ENOMEM;
    }
    voice_delay_start(&v->delay, rate_hz);
    voice_level_start(&v->level);
    v->silent = ECHO_LASTS;
    v->rest_gain = 1;
    v->patience = DOUBT_FRAMES;
    *out = v;
    return 0;
}

void voice_free(struct voice *v)
{
    if (!v)
        return;
    v->engine->echo_free(v->echo);
    v->engine->noise_free(v->noise);
    free(v);
}

void voice_set(struct voice *v, enum voice_part part, enum voice_mode mode)
{
    v->mode[part] = mode;
}

size_t voice_frame(const struct voice *v)
{
    return v->frame;
}

/* --- what there is need of -------------------------------------------------------------------- */

static double power_of(const int16_t *samples, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)samples[i] * samples[i];
    return sum / (double)n / (32768.0 * 32768.0);
}

static double less_db(const struct voice *v)
{
    return v->measured < MEASURED_FRAMES ? NAN : 10 * log10((v->before + 1e-9) / (v->after + 1e-9));
}

/* An echo is looked for until so much was played without one that there is none. */
static bool may_echo(struct voice *v)
{
    double less = less_db(v);
    bool removes = v->runs && !isnan(less) && less > ECHO_DB;

    if (voice_delay_frames(&v->delay) >= 0 || removes) {
        v->evident = true;
        v->doubt = 0;
        v->patience = DOUBT_LONG;
    } else if (v->silent == 0 && v->doubt < v->patience) {
        v->doubt++;
    } else if (v->silent == 0) {
        v->evident = false;
        v->patience = DOUBT_FRAMES;
    }
    return v->was_loud && v->doubt < v->patience;
}

static bool is_noisy(struct voice *v)
{
    double noise = voice_level_noise_db(&v->level);

    if (!isnan(noise))
        v->noisy = noise > (v->noisy ? QUIET_DB : NOISY_DB) && noise < NOISIEST_DB;
    return v->noisy;
}

static bool wanted(const struct voice *v, enum voice_part part, bool needed)
{
    return v->mode[part] == VOICE_ON || (v->mode[part] == VOICE_AUTO && needed);
}

/* --- a frame ---------------------------------------------------------------------------------- */

static bool takes_part(const struct fade *fade)
{
    return fade->on || fade->share > 0;
}

/* made: raw after the part. What is heard goes from one to the other within a frame. */
static void blend(struct fade *fade, const int16_t *raw, int16_t *made, size_t n)
{
    float from = fade->share, to = fade->on ? 1 : 0;

    fade->share = to;
    if (from == 1 && to == 1)
        return;
    for (size_t i = 0; i < n; i++) {
        float share = from + (to - from) * (float)(i + 1) / (float)n;
        float value = (float)raw[i] + ((float)made[i] - (float)raw[i]) * share;

        made[i] = (int16_t)lrintf(value);
    }
}

/* What was played as long ago as suits the canceller: it finds no echo that comes much later than
 * what it is given, as from some wireless loudspeakers. */
static const int16_t *held_back(struct voice *v)
{
    int late = voice_delay_frames(&v->delay), back = (int)v->held_back;
    bool fits = late >= back + EARLY && late <= back + LATE, sure = voice_delay_is_sure(&v->delay);

    if (sure && less_db(v) > WORKS_DB)
        v->worked_at = late;
    if (fits || (v->placed && abs(late - v->worked_at) <= SAME))
        v->unsuited = 0;
    else if (sure && ++v->unsuited > (v->placed ? UNSUITED_FRAMES : PLACED_FRAMES))
        v->held_back = late > IN_TIME ? (unsigned)(late - IN_TIME) : 0;
    v->placed |= sure && (fits || v->unsuited > PLACED_FRAMES);
    return v->held[(v->held_at + HELD_MOST - v->held_back) % HELD_MOST];
}

/* What the canceller has left of an echo, where we do not speak, becomes softer still, down to the
 * noise of the room. left: of the power. */
static void lessen_rest(struct voice *v, double left, double power, int16_t *made)
{
    float from = v->rest_gain, to;
    double share, noise;

    v->left = fmax(left, v->left * REST_FADES);
    share = fmax(0, fmin(1, (v->left - REST_FAR) / (REST_NEAR - REST_FAR)));
    noise = voice_level_noise_db(&v->level);
    noise = isnan(noise) ? 0 : pow(10, noise / 10);
    to = (float)fmin(1, fmax(REST_GAIN + (1 - REST_GAIN) * share, sqrt(noise / (power + 1e-12))));
    v->rest_gain = to;
    if (from == 1 && to == 1)
        return;
    for (size_t i = 0; i < v->frame; i++)
        made[i] = (int16_t)lrintf((float)made[i] *
                                  (from + (to - from) * (float)(i + 1) / (float)v->frame));
}

/* Of the power that came, the share that is left. Cancellers give out up to two frames late, so
 * that the end of what was loud comes out beside something soft. */
static double share_left(struct voice *v, double before, double after)
{
    double most = fmax(before, fmax(v->lately[0], v->lately[1]));

    v->lately[1] = v->lately[0];
    v->lately[0] = before;
    return most > 0 ? after / most : 1;
}

static void measure(struct voice *v, double before, double after)
{
    if (v->silent >= ECHO_LASTS || before < LOUD / 10)
        return;
    v->before = v->before * FORGETS + before;
    v->after = v->after * FORGETS + after;
    if (v->measured < MEASURED_FRAMES)
        v->measured++;
}

static void cancel_echo(struct voice *v, int16_t *captured)
{
    struct fade *fade = &v->fade[VOICE_ECHO];
    int16_t raw[FRAME_MOST];
    double before, after;

    v->runs = wanted(v, VOICE_ECHO, may_echo(v));
    fade->on = wanted(v, VOICE_ECHO, v->runs && v->evident);
    if (!v->runs && !takes_part(fade)) {
        voice_level_note(&v->level, captured, v->frame, false);
        return;
    }
    memcpy(raw, captured, v->frame * sizeof *raw);
    v->engine->echo_run(v->echo, held_back(v), captured);
    before = power_of(raw, v->frame);
    after = power_of(captured, v->frame);
    voice_level_note(&v->level, fade->on ? captured : raw, v->frame,
                     v->silent < ECHO_LASTS && after < before * REST_SHARE);
    lessen_rest(v, share_left(v, before, after), after, captured);
    measure(v, before, power_of(captured, v->frame));
    blend(fade, raw, captured, v->frame);
}

static void lessen_noise(struct voice *v, int16_t *captured)
{
    struct fade *fade = &v->fade[VOICE_NOISE];
    int16_t raw[FRAME_MOST];

    fade->on = wanted(v, VOICE_NOISE, is_noisy(v));
    if (!takes_part(fade))
        return;
    memcpy(raw, captured, v->frame * sizeof *raw);
    v->engine->noise_run(v->noise, captured);
    blend(fade, raw, captured, v->frame);
}

static void control_level(struct voice *v, int16_t *captured)
{
    static const struct voice_range *const ranges[] = {
        [VOICE_AUTO] = &RANGE_AUTO, [VOICE_ON] = &RANGE_ON, [VOICE_OFF] = NULL};

    voice_level_run(&v->level, ranges[v->mode[VOICE_LEVEL]], captured, v->frame);
}

void voice_run(struct voice *v, const int16_t *played, int16_t *captured)
{
    bool loud = power_of(played, v->frame) > LOUD;

    v->was_loud |= loud;
    v->silent = loud ? 0 : v->silent < ECHO_LASTS ? v->silent + 1 : ECHO_LASTS;
    voice_delay_note(&v->delay, played, captured, (unsigned)v->frame);
    v->held_at = (v->held_at + 1) % HELD_MOST;
    memcpy(v->held[v->held_at], played, v->frame * sizeof *played);
    cancel_echo(v, captured);
    lessen_noise(v, captured);
    control_level(v, captured);
}

void voice_stats(const struct voice *v, struct voice_stats *out)
{
    int delay = voice_delay_frames(&v->delay);
    bool echo = v->fade[VOICE_ECHO].on;

    *out = (struct voice_stats){
        .engine = v->engine->name,
        .active = {echo, v->fade[VOICE_NOISE].on, v->level.gain != 1},
        .echo_less_db = echo ? less_db(v) : NAN,
        .echo_delay_ms = delay < 0 ? NAN : delay * 10.0,
        .speech_db = voice_level_speech_db(&v->level),
        .noise_db = voice_level_noise_db(&v->level),
        .gain_db = (double)v->level.gain_db,
    };
}
