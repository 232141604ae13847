#include "audio/voice_delay.h"

#include <math.h>
#include <string.h>

#define RATE_HZ 8000u /* about */
#define N VOICE_DELAY_WINDOW
#define FIRST_BIN 3u         /* about 190 Hz, up to 2.1 kHz */
#define USUAL_SHARE 0.03f    /* of a new frame in what is usual */
#define AVERAGE_SHARE 0.005f /* of a new frame in an average: two seconds count */
#define LOUD 30.0f           /* mean magnitude of a sample that can have an echo: -60 dBFS */
#define HEARD 8.0f           /* and of an echo */
#define FRAMES_LEAST 30u     /* before anything is said */
#define CLEAR 2.8f           /* bits; of talks that have nothing in common it is 2.5 at most */
#define CLEAR_STILL 1.5f     /* until it is gone again */
#define PI 3.14159265358979f

/* Swaps what stands at i with what stands at i read backwards, bit by bit. */
static void reverse(float *re, float *im)
{
    for (unsigned i = 1, j = 0; i < N; i++) {
        unsigned bit = N / 2;
        float kept_re = re[i], kept_im = im[i];

        for (; j & bit; bit /= 2)
            j ^= bit;
        j ^= bit;
        if (i >= j)
            continue;
        re[i] = re[j];
        im[i] = im[j];
        re[j] = kept_re;
        im[j] = kept_im;
    }
}

/* The Fourier transform of N complex numbers, in place. */
static void transform(const struct voice_delay *d, float *re, float *im)
{
    reverse(re, im);
    for (unsigned half = 1; half < N; half *= 2)
        for (unsigned k = 0; k < half; k++) {
            float w_re = d->turn_re[k * (N / 2 / half)], w_im = d->turn_im[k * (N / 2 / half)];

            for (unsigned a = k, b = k + half; a < N; a += 2 * half, b += 2 * half) {
                float b_re = re[b] * w_re - im[b] * w_im, b_im = re[b] * w_im + im[b] * w_re;

                re[b] = re[a] - b_re;
                im[b] = im[a] - b_im;
                re[a] += b_re;
                im[a] += b_im;
            }
        }
}

/* Takes in a frame; returns the mean magnitude of its samples. */
static float take(struct voice_bands *side, const int16_t *samples, unsigned n, unsigned step)
{
    unsigned fresh = n / step;
    float sum = 0;

    if (fresh > N)
        fresh = N;
    memmove(side->window, side->window + fresh, (N - fresh) * sizeof *side->window);
    for (unsigned i = 0; i < fresh; i++) {
        int32_t mean = 0;

        for (unsigned k = 0; k < step; k++)
            mean += samples[i * step + k];
        side->window[N - fresh + i] = (float)mean / (float)step;
        sum += fabsf((float)mean / (float)step);
    }
    return fresh ? sum / (float)fresh : 0;
}

/* Of each band, whether it has more of the whole than usual. How loud the whole is does not matter:
 * all talk has pauses. */
static uint32_t bits_of(struct voice_bands *side, const float *magnitude)
{
    uint32_t bits = 0;
    float sum = 1e-9f;

    for (unsigned i = 0; i < VOICE_DELAY_BANDS; i++)
        sum += magnitude[i];
    for (unsigned i = 0; i < VOICE_DELAY_BANDS; i++) {
        float share = magnitude[i] / sum;

        bits |= share > side->usual[i] ? UINT32_C(1) << i : 0;
        side->usual[i] += (share - side->usual[i]) * USUAL_SHARE;
    }
    return bits;
}

/* Both sides in one transform, as real and imaginary part: what is even about the middle is the
 * one's, what is odd the other's. */
static void take_bits(struct voice_delay *d, uint32_t *played, uint32_t *captured)
{
    float re[N], im[N], magnitude[2][VOICE_DELAY_BANDS];

    for (unsigned i = 0; i < N; i++) {
        re[i] = d->played.window[i] * d->hann[i];
        im[i] = d->captured.window[i] * d->hann[i];
    }
    transform(d, re, im);
    for (unsigned i = 0; i < VOICE_DELAY_BANDS; i++) {
        unsigned k = FIRST_BIN + i;

        magnitude[0][i] = hypotf(re[k] + re[N - k], im[k] - im[N - k]);
        magnitude[1][i] = hypotf(im[k] + im[N - k], re[N - k] - re[k]);
    }
    *played = bits_of(&d->played, magnitude[0]);
    *captured = bits_of(&d->captured, magnitude[1]);
}

static float count_bits(uint32_t bits)
{
    return (float)__builtin_popcount(bits);
}

static void judge(struct voice_delay *d)
{
    float sum = 0, least = (float)VOICE_DELAY_BANDS;

    for (unsigned i = 0; i < VOICE_DELAY_FRAMES; i++) {
        sum += d->differ[i];
        if (d->differ[i] >= least)
            continue;
        least = d->differ[i];
        d->best = i;
    }
    d->clear = sum / (float)VOICE_DELAY_FRAMES - least;
    if (d->frames < FRAMES_LEAST)
        d->frames++;
    else
        d->found = d->clear > (d->found ? CLEAR_STILL : CLEAR);
}

void voice_delay_start(struct voice_delay *d, uint32_t rate_hz)
{
    *d = (struct voice_delay){.step = rate_hz / RATE_HZ ? rate_hz / RATE_HZ : 1};
    for (unsigned i = 0; i < VOICE_DELAY_FRAMES; i++)
        d->differ[i] = VOICE_DELAY_BANDS / 2;
    for (unsigned i = 0; i < N; i++)
        d->hann[i] = 0.5f - 0.5f * cosf(2 * PI * ((float)i + 0.5f) / N);
    for (unsigned k = 0; k < N / 2; k++) {
        d->turn_re[k] = cosf(2 * PI * (float)k / N);
        d->turn_im[k] = -sinf(2 * PI * (float)k / N);
    }
}

void voice_delay_note(struct voice_delay *d, const int16_t *played, const int16_t *captured,
                      unsigned n)
{
    bool any = false;
    uint32_t bits;
    bool heard;

    d->at = (d->at + 1) % VOICE_DELAY_FRAMES;
    d->loud[d->at] = take(&d->played, played, n, d->step) > LOUD;
    heard = take(&d->captured, captured, n, d->step) > HEARD;
    for (unsigned i = 0; i < VOICE_DELAY_FRAMES; i++)
        any |= d->loud[i];
    if (!any)
        return; /* nothing can be told, and nothing needs to be worked out */
    take_bits(d, &d->bits[d->at], &bits);
    if (!heard)
        return; /* silence is unlike anything */
    for (unsigned i = 0; i < VOICE_DELAY_FRAMES; i++) {
        unsigned then = (d->at + VOICE_DELAY_FRAMES - i) % VOICE_DELAY_FRAMES;

        if (d->loud[then])
            d->differ[i] += (count_bits(bits ^ d->bits[then]) - d->differ[i]) * AVERAGE_SHARE;
    }
    judge(d);
}

int voice_delay_frames(const struct voice_delay *d)
{
    return d->found ? (int)d->best : -1;
}

bool voice_delay_is_sure(const struct voice_delay *d)
{
    return d->found && d->clear > CLEAR;
}
