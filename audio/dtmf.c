#include "audio/dtmf.h"

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

/* Of full scale: the higher is 2 dB louder, as it loses more on lines (Q.23 as telephones do it).
 */
static const double LOW = 9200, HIGH = 11600;
#define EDGE_MS 3 /* of each tone, so that it does not click */

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
    s->begun_us[at] = s->put_us;
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

void dtmf_put(struct dtmf_sender *s, int16_t *samples, size_t n, uint32_t rate_hz)
{
    if (s->rate_hz != rate_hz)
        set_rate(s, rate_hz);
    s->put_us += n * UINT64_C(1000000) / rate_hz;
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

bool dtmf_began(const struct dtmf_sender *s, char key, unsigned ms)
{
    const char *found = find_key(key);
    uint64_t begun_us = found ? s->begun_us[found - keys] : 0;

    return begun_us && s->put_us - begun_us <= ms * UINT64_C(1000);
}

/* --- receiving ------------------------------------------------------------------------------- */

#define HITS 3   /* blocks in a row that make a key */
#define MISSES 4 /* that end it: a lost packet of 20 ms falls into three */

/* Powers of Goertzel's filters over one block; Q.24 wants to tolerate twists of some 4 and 8 dB. */
static const double NORMAL_TWIST = 6.3, REVERSE_TWIST = 2.5;
static const double OTHERS = 6.3;   /* the best of a group to each other: 8 dB */
static const double PURE = 0.82;    /* of all energy is in the two tones */
static const double QUIETEST = 3e7; /* the energy of a block: some -36 dB of full scale */

static double power(const struct dtmf_receiver *r, int i)
{
    double step = TWO_PI * (i < 4 ? rows[i] : cols[i - 4]) / DETECT_HZ;
    const double *v = r->state[i];

    return v[0] * v[0] + v[1] * v[1] - v[0] * v[1] * 2 * cos(step);
}

/* The strongest of four; -1: it is not strong enough above the others. */
static int strongest(const struct dtmf_receiver *r, int first, double *most)
{
    double powers[4];
    int best = 0;

    for (int i = 0; i < 4; i++) {
        powers[i] = power(r, first + i);
        best = powers[i] > powers[best] ? i : best;
    }
    *most = powers[best];
    for (int i = 0; i < 4; i++)
        if (i != best && powers[i] * OTHERS > powers[best])
            return -1;
    return best;
}

/* The key of the block that is complete, or 0. */
static char judge(const struct dtmf_receiver *r)
{
    double low, high;
    int row, col;

    if (r->energy < QUIETEST)
        return 0;
    row = strongest(r, 0, &low);
    col = strongest(r, 4, &high);
    if (row < 0 || col < 0 || high > low * NORMAL_TWIST || low > high * REVERSE_TWIST)
        return 0;
    /* A tone alone has a power of its energy times half of the block's length. */
    return low + high < PURE * r->energy * DTMF_BLOCK / 2 ? 0 : keys[4 * row + col];
}

/* A key to be told, or 0. */
static char end_block(struct dtmf_receiver *r)
{
    char key = judge(r);

    r->n = 0;
    r->energy = 0;
    memset(r->state, 0, sizeof r->state);
    if (key && key == r->key) {
        r->misses = 0;
        r->hits++;
    } else if (key && (!r->told || ++r->misses > 1)) { /* another key may follow at once */
        *r = (struct dtmf_receiver){
            .rate_hz = r->rate_hz, .sum = r->sum, .summed = r->summed, .key = key, .hits = 1};
    } else if (++r->misses >= MISSES || !r->told) {
        r->key = 0;
        r->hits = 0;
        r->told = false;
    }
    if (r->hits < HITS || r->told)
        return 0;
    r->told = true;
    return r->key;
}

static char take_sample(struct dtmf_receiver *r, const double *coefficients, double sample)
{
    for (int i = 0; i < 8; i++) {
        double *v = r->state[i], next = sample + coefficients[i] * v[0] - v[1];

        v[1] = v[0];
        v[0] = next;
    }
    r->energy += sample * sample;
    return ++r->n == DTMF_BLOCK ? end_block(r) : 0;
}

size_t dtmf_take(struct dtmf_receiver *r, const int16_t *samples, size_t n, uint32_t rate_hz,
                 char *out, size_t room)
{
    unsigned each = rate_hz / DETECT_HZ;
    double coefficients[8];
    size_t found = 0;

    if (each == 0 || rate_hz % DETECT_HZ)
        return 0;
    if (r->rate_hz != rate_hz)
        *r = (struct dtmf_receiver){.rate_hz = rate_hz};
    for (int i = 0; i < 8; i++)
        coefficients[i] = 2 * cos(TWO_PI * (i < 4 ? rows[i] : cols[i - 4]) / DETECT_HZ);
    for (size_t i = 0; i < n; i++) {
        char key;

        r->sum += samples[i];
        if (++r->summed < each)
            continue;
        key = take_sample(r, coefficients, (double)r->sum / each);
        r->sum = 0;
        r->summed = 0;
        if (key && found < room)
            out[found++] = key;
    }
    return found;
}
