#include "audio/voice_level.h"

#include "audio/level.h"

#include <math.h>

#define SPAN_FRAMES 100u
#define FRAMES_MEANT 2u    /* before the one that a mean is taken with */
#define OVER_NOISE 16.0f   /* times its power: 12 dB, so much stands out what is spoken */
#define SPEECH_LEAST 3e-6f /* of full scale: -55 dB */
#define NOTHING 1e-10f
#define SPEECH_SHARE 0.01 /* of a new frame in the average */
#define SPEECH_FRAMES 50u /* before it counts */
#define UP_DB 0.03f       /* in a frame of speech: 3 dB a second */
#define DOWN_DB 0.1f
#define MOST_DB 15.0f
#define LEAST_DB (-12.0f)
#define PEAK 30000.0f /* no gain brings a sample beyond */

void voice_level_start(struct voice_level *l)
{
    *l = (struct voice_level){.gain = 1};
}

static float power_of(const int16_t *samples, size_t n)
{
    float sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (float)samples[i] * (float)samples[i];
    return n ? sum / (float)n / (32768.0f * 32768.0f) : 0;
}

static double db_of(double power)
{
    return power > (double)NOTHING ? 10 * log10(power) : (double)LEVEL_SILENCE_DB;
}

/* The quietest 30 ms of the last seconds. */
static float noise_of(const struct voice_level *l)
{
    float least = l->least[0];
    unsigned n = l->spans < VOICE_LEVEL_SPANS ? l->spans : VOICE_LEVEL_SPANS - 1;

    for (unsigned i = 1; i <= n; i++)
        least = fminf(least, l->least[i]);
    return fmaxf(least, NOTHING);
}

static void note_noise(struct voice_level *l, float power)
{
    float smooth = (l->frames[0] + l->frames[1] + power) / 3;

    l->frames[0] = l->frames[1];
    l->frames[1] = power;
    if (l->noted < FRAMES_MEANT) {
        l->noted++;
        return;
    }
    if (l->at == 0 || smooth < l->least[0])
        l->least[0] = smooth;
    if (++l->at < SPAN_FRAMES)
        return;
    l->at = 0;
    l->spans++;
    for (unsigned i = VOICE_LEVEL_SPANS - 1; i > 0; i--)
        l->least[i] = l->least[i - 1];
}

void voice_level_note(struct voice_level *l, const int16_t *samples, size_t n, bool foreign)
{
    float power = power_of(samples, n);

    l->speaks = false;
    if (foreign)
        return;
    note_noise(l, power);
    l->speaks = l->spans > 0 && power > SPEECH_LEAST && power > noise_of(l) * OVER_NOISE;
    if (!l->speaks)
        return;
    if (l->speech_frames < SPEECH_FRAMES)
        l->speech_frames++;
    l->speech += ((double)power - l->speech) *
                 fmax(SPEECH_SHARE, l->speech_frames < SPEECH_FRAMES ? 1.0 / l->speech_frames : 0);
}

static void move_gain(struct voice_level *l, const struct voice_range *range)
{
    float wanted = 0, speech = (float)voice_level_speech_db(l);

    if (range && !isnan(speech))
        wanted = speech < range->low_db    ? range->low_db - speech
                 : speech > range->high_db ? range->high_db - speech
                                           : 0;
    wanted = fmaxf(LEAST_DB, fminf(MOST_DB, wanted));
    if (!range || l->speaks)
        l->gain_db += fmaxf(-DOWN_DB, fminf(UP_DB, wanted - l->gain_db));
}

static float peak_of(const int16_t *samples, size_t n)
{
    return (float)level_peak(samples, n);
}

void voice_level_run(struct voice_level *l, const struct voice_range *range, int16_t *samples,
                     size_t n)
{
    float from = l->gain, to, peak;

    move_gain(l, range);
    to = fabsf(l->gain_db) < 0.01f ? 1 : powf(10, l->gain_db / 20);
    peak = peak_of(samples, n);
    if (to > 1 && peak * to > PEAK)
        to = fmaxf(1, PEAK / peak);
    l->gain = to;
    if (from == 1 && to == 1)
        return;
    for (size_t i = 0; i < n; i++) {
        float gain = from + (to - from) * (float)(i + 1) / (float)n;

        samples[i] = (int16_t)lrintf(fmaxf(-32768, fminf(32767, (float)samples[i] * gain)));
    }
}

double voice_level_speech_db(const struct voice_level *l)
{
    return l->speech_frames < SPEECH_FRAMES ? NAN : db_of(l->speech);
}

double voice_level_noise_db(const struct voice_level *l)
{
    return l->spans == 0 ? NAN : db_of((double)noise_of(l));
}
