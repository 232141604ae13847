#include "audio/dtmf.h"

#include <complex.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#define TWO_PI 6.28318530717958647692
#define DETECT_HZ 8000

static const double rows[4] = {697, 770, 852, 941}, cols[4] = {1209, 1336, 1477, 1633};
static const char keys[] = "123A456B789C*0#D"; /* by row, then by column */

static const char *find_key(char c)
{
    if (c >= 'a' && c <= 'd')
        c = (char)(c - 'a' + 'A');
    return c ? strchr(keys, c) : NULL;
}

/* --- sending --------------------------------------------------------------------------------- */

/* Of full scale: the higher is 2 dB louder, as it loses more on lines (Q.23 as telephones do
 * it). */
static const double LOW = 9200, HIGH = 11600;
#define EDGE_MS 3   /* of each tone, so that it does not click */
#define HEARD_MS 40 /* of a tone are a key (Q.24) */

static bool is_pause(char c)
{
    return c == ',' || c == 'p' || c == 'P';
}

int dtmf_push(struct dtmf_sender *s, struct slice digits)
{
    for (size_t i = 0; i < digits.n; i++)
        if (!is_pause(digits.p[i]) && !find_key(digits.p[i]))
            return -EINVAL;
    if (digits.n > DTMF_QUEUE - (size_t)(uint16_t)(s->tail - s->head))
        return -ENOBUFS;
    for (size_t i = 0; i < digits.n; i++)
        s->queue[s->tail++ % DTMF_QUEUE] = digits.p[i];
    return 0;
}

bool dtmf_busy(const struct dtmf_sender *s)
{
    return s->head != s->tail || s->tone > 0 || s->gap > 0;
}

static void begin_key(struct dtmf_sender *s, char c)
{
    uint32_t per_ms = s->rate_hz / 1000;
    ptrdiff_t at;

    if (is_pause(c)) {
        s->gap = DTMF_PAUSE_MS * per_ms;
        return;
    }
    at = find_key(c) - keys;
    s->key = (uint8_t)at;
    s->at[0] = s->at[1] = 0;
    s->step[0] = TWO_PI * rows[at / 4] / s->rate_hz;
    s->step[1] = TWO_PI * cols[at % 4] / s->rate_hz;
    s->tone = DTMF_TONE_MS * per_ms;
    s->gap = DTMF_GAP_MS * per_ms;
}

static int16_t next_sample(struct dtmf_sender *s)
{
    uint32_t edge = EDGE_MS * s->rate_hz / 1000, all = DTMF_TONE_MS * s->rate_hz / 1000;
    uint32_t since = all - s->tone, near = since < s->tone ? since : s->tone;
    double both = LOW * sin(s->at[0]) + HIGH * sin(s->at[1]);

    if (since == 0)
        s->begun_us[s->key] = s->passed_us;
    s->at[0] += s->step[0];
    s->at[1] += s->step[1];
    s->tone--;
    return (int16_t)(near < edge ? both * near / edge : both);
}

/* Another rate in mid-key: what is left of it lasts as long as before. */
static void set_rate(struct dtmf_sender *s, uint32_t rate_hz)
{
    for (size_t i = 0; i < 2 && s->rate_hz; i++)
        s->step[i] *= (double)s->rate_hz / rate_hz;
    if (s->rate_hz) {
        s->tone = (uint32_t)((uint64_t)s->tone * rate_hz / s->rate_hz);
        s->gap = (uint32_t)((uint64_t)s->gap * rate_hz / s->rate_hz);
    }
    s->rate_hz = rate_hz;
}

static void pass(struct dtmf_sender *s, size_t n, uint32_t rate_hz)
{
    s->passed_us += n * UINT64_C(1000000) / rate_hz;
}

void dtmf_put(struct dtmf_sender *s, int16_t *samples, size_t n, uint32_t rate_hz)
{
    if (s->rate_hz != rate_hz)
        set_rate(s, rate_hz);
    pass(s, n, rate_hz);
    for (size_t i = 0; i < n && dtmf_busy(s); i++) {
        if (s->tone == 0 && s->gap == 0)
            begin_key(s, s->queue[s->head++ % DTMF_QUEUE]);
        if (s->tone > 0) {
            samples[i] = next_sample(s);
        } else {
            samples[i] = 0;
            s->gap--;
        }
    }
}

void dtmf_interrupt(struct dtmf_sender *s, size_t n, uint32_t rate_hz)
{
    uint32_t all = DTMF_TONE_MS * s->rate_hz / 1000;

    pass(s, n, rate_hz);
    if (s->tone == 0)
        return;
    s->tone = all - s->tone < HEARD_MS * s->rate_hz / 1000 ? all : 0;
    s->at[0] = s->at[1] = 0;
}

bool dtmf_began(const struct dtmf_sender *s, char key, unsigned ms)
{
    const char *found = find_key(key);
    uint64_t begun_us = found ? s->begun_us[found - keys] : 0;

    return begun_us && s->passed_us - begun_us <= ms * UINT64_C(1000);
}

/* --- receiving ------------------------------------------------------------------------------- */

#define HITS 4   /* blocks in a row that make a key: as many as lie whole in 40 ms, and not in 23 */
#define MISSES 6 /* that end it: a lost packet of 20 ms makes fewer, a pause of 40 ms more */

/* Powers of the tones in one block; Q.24 wants to tolerate twists of some 4 and 8 dB. */
static const double NORMAL_TWIST = 6.3, REVERSE_TWIST = 2.5;
static const double OTHERS = 6.3;   /* the best of a group to each other: 8 dB */
static const double PURE = 0.72;    /* of all energy is in the two tones */
static const double QUIETEST = 3e7; /* the energy of a block: some -36 dB of full scale */
/* And of half a block. One that has less makes no key with any other: with 19 of 20 parts in one
 * half a block is less pure than that, whatever it holds. Nobody need look for tones in it, and
 * most of a call is such: somebody listens. */
static const double SILENT = 1.5e6;
/* How far beside its frequency a tone may lie: within a block, where the other one disturbs, and as
 * measured over all blocks of a key. Q.24: 1.5 % are taken, and 3.5 % are not. */
static const double ROUGHLY = 0.05, TUNED = 0.025;

/* clang-format off */
/* What a tone's angle makes of its filter, twice its cosine, of what comes out of that, its sine, and
 * of its phase half a block on. In figures, as each call has a receiver, and thousands of copies fit
 * into no cache. */
static const float coefficients[8] = {
    1.70773781f, 1.64528104f, 1.56868698f, 1.47820457f,
    1.16410402f, 0.996370211f, 0.798618389f, 0.568532707f,
};
static const float sines[8] = {
    0.52048813f, 0.568561851f, 0.620326758f, 0.673593211f,
    0.813151558f, 0.867070701f, 0.916816321f, 0.958745347f,
};
static const double complex on[8] = {
    -0.9373732133192950 + 0.3483266555281974 * I, 0.8400935538989428 - 0.5424415366631175 * I,
    -0.9087996823560396 + 0.4172327136617664 * I, 0.9999750176678799 - 0.0070685246072472 * I,
    -0.2646305301273597 - 0.9643498755765526 * I, -0.9943007903969990 - 0.1066111542752583 * I,
    -0.8635276060402002 + 0.5043015701011457 * I, -0.8455880927693530 + 0.5338359086523575 * I,
};
/* clang-format on */

/* Radians that tone i goes on in a sample. */
static double step_of(int i)
{
    return TWO_PI * (i < 4 ? rows[i] : cols[i - 4]) / DETECT_HZ;
}

/* What was found in a block: its halves, each at the phase that the tone has in the middle of the
 * second one. */
struct block {
    double energy;
    double complex first[8], second[8];
};

/* The strongest of four; -1: it is not strong enough above the others. */
static int strongest(const struct block *b, int first)
{
    double powers[4];
    int best = 0;

    for (int i = 0; i < 4; i++) {
        double complex whole = b->first[first + i] + b->second[first + i];

        powers[i] = creal(whole) * creal(whole) + cimag(whole) * cimag(whole);
        best = powers[i] > powers[best] ? i : best;
    }
    for (int i = 0; i < 4; i++)
        if (i != best && powers[i] * OTHERS > powers[best])
            return -1;
    return first + best;
}

/* Of tone i, though it may lie beside its frequency, so that its halves do not quite add up; 0: it
 * lies too far. */
static double power_of(const struct block *b, int i)
{
    double turn = carg(b->second[i] * conj(b->first[i]));
    double both = cabs(b->first[i]) + cabs(b->second[i]);

    return fabs(turn) > ROUGHLY * step_of(i) * DTMF_HALF ? 0 : both * both;
}

/* The key of a block, or 0; and its two tones. */
static char judge(const struct block *b, int tones[2])
{
    double low, high;

    if (b->energy < QUIETEST)
        return 0;
    tones[0] = strongest(b, 0);
    tones[1] = strongest(b, 4);
    if (tones[0] < 0 || tones[1] < 0)
        return 0;
    low = power_of(b, tones[0]);
    high = power_of(b, tones[1]);
    if (high > low * NORMAL_TWIST || low > high * REVERSE_TWIST)
        return 0;
    /* A tone alone has a power of its energy times half of the block's length. */
    return low + high < PURE * b->energy * DTMF_HALF ? 0 : keys[4 * tones[0] + tones[1] - 4];
}

/* Another block of the key: how much faster or slower than they should its tones have turned. */
static void follow(struct dtmf_receiver *r, const struct block *b, const int tones[2])
{
    for (int t = 0; t < 2; t++) {
        double complex now = b->first[tones[t]] + b->second[tones[t]];
        double complex wanted = (double complex)r->tones[t] * on[tones[t]];

        if (r->hits > 0)
            r->turned[t] += (float)carg(now * conj(wanted));
        r->tones[t] = (float complex)now;
    }
    r->hits++;
}

static bool is_tuned(const struct dtmf_receiver *r, const int tones[2])
{
    for (int t = 0; t < 2; t++)
        if (fabs((double)r->turned[t]) > TUNED * step_of(tones[t]) * DTMF_HALF * (r->hits - 1))
            return false;
    return true;
}

static void forget_key(struct dtmf_receiver *r)
{
    r->key = 0;
    r->hits = r->misses = 0;
    r->turned[0] = r->turned[1] = 0;
    r->told = false;
}

/* --- the filters of half a block ------------------------------------------------------------- */

/* What four have, side by side: the compiler keeps that in registers. */
#define FOUR float __attribute__((vector_size(4 * sizeof(float))))

struct four {
    FOUR coefficient, now, last;
};

static struct four four_of(int first)
{
    struct four f = {0};

    memcpy(&f.coefficient, &coefficients[first], sizeof f.coefficient);
    return f;
}

static void run(struct four *f, float sample)
{
    FOUR next = sample - f->last + f->coefficient * f->now;

    f->last = f->now;
    f->now = next;
}

static void finish(const struct four *even, const struct four *odd, int16_t middle,
                   const float *sine, float complex *out)
{
    FOUR real = (float)middle + even->coefficient / 2 * even->now - even->last;

    for (int i = 0; i < 4; i++)
        out[i] = real[i] - sine[i] * odd->now[i] * I;
}

/* Goertzel's, from both ends to the middle: what is alike on both sides belongs to the cosine
 * there, what is opposite to the sine. So each takes half as many steps, of which none can begin
 * before the one ahead of it has ended, and both take them together. */
static void look(const int16_t half[DTMF_HALF], float complex out[8])
{
    const int16_t *middle = half + DTMF_HALF / 2;
    struct four even_low = four_of(0), even_high = four_of(4);
    struct four odd_low = even_low, odd_high = even_high;

    for (int i = DTMF_HALF / 2; i > 0; i--) {
        float even = (float)(middle[-i] + middle[i]), odd = (float)(middle[i] - middle[-i]);

        run(&even_low, even);
        run(&even_high, even);
        run(&odd_low, odd);
        run(&odd_high, odd);
    }
    finish(&even_low, &odd_low, *middle, &sines[0], &out[0]);
    finish(&even_high, &odd_high, *middle, &sines[4], &out[4]);
}

/* False: one of both halves is too quiet for a key. */
static bool end_half(struct dtmf_receiver *r, struct block *out)
{
    double before = (double)r->energy_before;
    int64_t energy = 0;
    float complex now[8];

    for (size_t i = 0; i < DTMF_HALF; i++)
        energy += r->half[i] * r->half[i];
    r->n = 0;
    r->energy_before = (float)energy;
    if ((double)energy < SILENT)
        return false;
    look(r->half, now);
    for (int i = 0; i < 8; i++) {
        out->first[i] = (double complex)r->before[i] * on[i];
        out->second[i] = (double complex)now[i];
        r->before[i] = now[i];
    }
    out->energy = before + (double)energy;
    return before >= SILENT;
}

/* --- blocks ---------------------------------------------------------------------------------- */

/* A key to be told, or 0. */
static char end_block(struct dtmf_receiver *r)
{
    struct block block;
    int tones[2] = {0, 4};
    char key = end_half(r, &block) ? judge(&block, tones) : 0;

    if (key && key == r->key) {
        r->misses = 0;
        follow(r, &block, tones);
    } else if (key && (!r->told || ++r->misses > 2)) { /* another key may follow at once */
        forget_key(r);
        r->key = key;
        follow(r, &block, tones);
    } else if (++r->misses >= MISSES || !r->told) {
        forget_key(r);
    }
    if (r->told || r->hits < HITS || !is_tuned(r, tones))
        return 0;
    r->told = true;
    return r->key;
}

/* The next samples of half a block; returns how many of n that took. */
static size_t fill(struct dtmf_receiver *r, const int16_t *samples, size_t n, unsigned each)
{
    size_t taken = 0;

    if (each == 1) {
        taken = n < DTMF_HALF - r->n ? n : DTMF_HALF - r->n;
        memcpy(r->half + r->n, samples, taken * sizeof *samples);
        r->n += (unsigned)taken;
        return taken;
    }
    while (taken < n && r->n < DTMF_HALF) {
        r->sum += samples[taken++];
        if (++r->summed < each)
            continue;
        r->half[r->n++] = (int16_t)(r->sum / (int32_t)each);
        r->sum = 0;
        r->summed = 0;
    }
    return taken;
}

size_t dtmf_take(struct dtmf_receiver *r, const int16_t *samples, size_t n, uint32_t rate_hz,
                 char *out, size_t room)
{
    unsigned each = rate_hz / DETECT_HZ;
    size_t found = 0, taken;

    if (each == 0 || rate_hz % DETECT_HZ)
        return 0;
    if (r->rate_hz != rate_hz)
        *r = (struct dtmf_receiver){.rate_hz = rate_hz};
    for (size_t at = 0; at < n; at += taken) {
        char key;

        taken = fill(r, samples + at, n - at, each);
        key = r->n == DTMF_HALF ? end_block(r) : 0;
        if (key && found < room)
            out[found++] = key;
    }
    return found;
}
