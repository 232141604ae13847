#include "audio/comfort.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEVEL_LEAST = 127,
    CENTRE = 127,       /* the byte of a coefficient of 0 */
    HANGOVER_MS = 200,  /* ends of words are soft */
    DESCRIBE_MS = 1000, /* once so often, as one may be lost */
    CHANGED_MS = 100,   /* and sooner where it sounds another way */
    CHANGED_DB = 3,
};

/* RFC 3389 3.2: k = 258 (N - 127) / 32768. */
static const double STEP = 258.0 / 32768;
static const double STABLE = 0.97;   /* a filter with more would ring */
static const double FOLLOWS = 0.002; /* of the gain, in each sample: some 60 ms at 8 kHz */
static const double ABOVE_DB = 9;    /* the noise: that is speech */
static const double QUIETEST_DB = -70, LOUDEST_DB = -35; /* between them noise is believed */
static const double RISE_DB = 0.003;                     /* of the floor, in each ms */

static double bounded(double value, double least, double most)
{
    return value < least ? least : value > most ? most : value;
}

int comfort_parse(struct slice payload, struct comfort *out)
{
    const unsigned char *bytes = (const unsigned char *)payload.p;

    if (payload.n == 0)
        return -EBADMSG;
    *out = (struct comfort){.level = bytes[0] & 0x7f};
    for (size_t i = 1; i < payload.n && out->order < COMFORT_ORDER; i++)
        out->reflection[out->order++] = bounded((bytes[i] - CENTRE) * STEP, -STABLE, STABLE);
    return 0;
}

size_t comfort_print(const struct comfort *c, unsigned char out[COMFORT_ORDER + 1])
{
    out[0] = c->level & 0x7f;
    for (size_t i = 0; i < c->order; i++)
        out[i + 1] = (unsigned char)lrint(CENTRE + bounded(c->reflection[i], -1, 1) / STEP);
    return (size_t)c->order + 1;
}

/* --- how something sounds -------------------------------------------------------------------- */

static double energy_of(const int16_t *samples, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)samples[i] * samples[i];
    return n ? sum / (double)n : 0;
}

static double decibels(double energy)
{
    return 10 * log10(energy / (32768.0 * 32768.0) + 1e-13);
}

/* Levinson and Durbin. */
static void reflect(const double *r, struct comfort *out)
{
    double a[COMFORT_SENT + 1] = {1}, before[COMFORT_SENT + 1], error = r[0];

    for (size_t m = 1; m <= COMFORT_SENT; m++) {
        double sum = 0, k;

        for (size_t i = 0; i < m; i++)
            sum += a[i] * r[m - i];
        k = bounded(-sum / error, -STABLE, STABLE);
        memcpy(before, a, sizeof before);
        for (size_t i = 1; i <= m; i++)
            a[i] = before[i] + k * before[m - i];
        error *= 1 - k * k;
        out->reflection[m - 1] = k;
    }
    out->order = COMFORT_SENT;
}

void comfort_measure(const int16_t *samples, size_t n, struct comfort *out)
{
    double r[COMFORT_SENT + 1] = {0}, level = -decibels(energy_of(samples, n));

    *out = (struct comfort){.level = (uint8_t)lrint(bounded(level, 0, LEVEL_LEAST))};
    for (size_t lag = 0; lag <= COMFORT_SENT; lag++)
        for (size_t i = lag; i < n; i++)
            r[lag] += (double)samples[i] * samples[i - lag];
    if (r[0] <= 0)
        return;
    r[0] *= 1.001; /* a tone has no end otherwise */
    reflect(r, out);
}

/* --- noise out ------------------------------------------------------------------------------- */

/* What is to be put into the filter so that what comes out has the level. */
static double gain_for(const struct comfort *like)
{
    double energy = pow(10, -like->level / 10.0) * 32768 * 32768;

    for (size_t i = 0; i < like->order; i++)
        energy *= 1 - like->reflection[i] * like->reflection[i];
    return like->level == LEVEL_LEAST ? 0 : sqrt(energy);
}

void comfort_noise_set(struct comfort_noise *noise, const struct comfort *like)
{
    noise->like = *like;
    if (!noise->known) /* it is heard behind speech, already */
        noise->gain = gain_for(like);
    noise->known = true;
}

/* Of variance 1, from -1.7 to 1.7. */
static double white(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return ((double)*seed / UINT32_MAX - 0.5) * sqrt(12);
}

/* A lattice: each coefficient bends the spectrum a little. */
static double filtered(struct comfort_noise *noise, double value)
{
    double *b = noise->memory;

    for (size_t i = noise->like.order; i-- > 0;) {
        double k = noise->like.reflection[i];

        value -= k * b[i];
        if (i + 1 < COMFORT_ORDER)
            b[i + 1] = b[i] + k * value;
    }
    b[0] = value;
    return value;
}

void comfort_noise_make(struct comfort_noise *noise, int16_t *out, size_t n)
{
    double wanted = noise->known ? gain_for(&noise->like) : 0;

    for (size_t i = 0; i < n; i++) {
        double value;

        noise->gain += (wanted - noise->gain) * FOLLOWS;
        value = filtered(noise, white(&noise->seed) * noise->gain);
        out[i] = (int16_t)lrint(bounded(value, INT16_MIN, INT16_MAX));
    }
}

/* --- silence in ------------------------------------------------------------------------------ */

/* The noise is what is left when nobody speaks: it goes down with the softest there is, and up so
 * slowly that no sentence moves it. */
static void follow_floor(struct comfort_listener *l, double db, unsigned ms)
{
    if (!l->known)
        l->floor_db = LOUDEST_DB;
    l->known = true;
    if (db < l->floor_db)
        l->floor_db += (db - l->floor_db) / 4;
    else
        l->floor_db += RISE_DB * ms;
    l->floor_db = bounded(l->floor_db, QUIETEST_DB, LOUDEST_DB);
}

static bool is_news(const struct comfort_listener *l, const struct comfort *now)
{
    return l->described_ms >= DESCRIBE_MS ||
           (l->described_ms >= CHANGED_MS && abs(now->level - l->told.level) >= CHANGED_DB);
}

enum comfort_verdict comfort_listen(struct comfort_listener *l, const int16_t *samples, size_t n,
                                    uint32_t rate_hz, struct comfort *out)
{
    unsigned ms = (unsigned)(n * 1000 / rate_hz);
    double db = decibels(energy_of(samples, n));
    bool speech = db > bounded(l->known ? l->floor_db : LOUDEST_DB, QUIETEST_DB, 0) + ABOVE_DB;

    follow_floor(l, db, ms);
    if (speech)
        l->quiet_ms = 0;
    else if (l->quiet_ms < HANGOVER_MS + ms)
        l->quiet_ms += ms;
    if (l->quiet_ms <= HANGOVER_MS) {
        l->described_ms = DESCRIBE_MS; /* with the next silence at once */
        return COMFORT_SPEECH;
    }
    comfort_measure(samples, n, out);
    l->described_ms += ms;
    if (!is_news(l, out))
        return COMFORT_NOTHING;
    l->told = *out;
    l->described_ms = 0;
    return COMFORT_DESCRIBE;
}
