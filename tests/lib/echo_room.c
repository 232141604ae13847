#include "tests/lib/echo_room.h"

#include "base/rand.h"

#include <math.h>
#include <string.h>

enum {
    WALLS = 150, /* and ways back from them, where it is USUAL_MS until the echo is 60 dB softer; */
    USUAL_MS = 250,
    WALLS_MOST = 600, /* more where it is longer */
    PIECE = 1024,     /* samples */
};

struct wall {
    size_t late;
    float share;
};

static double one(struct rng *rng)
{
    return (double)rng_below(rng, 10001) / 10000;
}

/* Exponential decay, at random times; the first is the way through the air. Returns how many there
 * are. */
static size_t build(const struct echo_room *room, struct wall walls[WALLS_MOST])
{
    struct rng rng = rng_seeded(room->seed);
    double energy = 0, gain, reverb_ms = room->reverb_ms > 0 ? room->reverb_ms : USUAL_MS;
    size_t n = (size_t)(fmin(WALLS_MOST, fmax(WALLS, WALLS * reverb_ms / USUAL_MS)));

    for (size_t i = 0; i < n; i++) {
        double ms = i == 0 ? 0 : 0.6 * reverb_ms * one(&rng) * one(&rng);
        double share = (i == 0 ? 1 : 0.6 * (2 * one(&rng) - 1)) * pow(10, -3 * ms / reverb_ms);

        walls[i] = (struct wall){(size_t)(ms * room->rate_hz / 1000), (float)share};
        energy += share * share;
    }
    gain = pow(10, room->loss_db / 20) / sqrt(energy);
    for (size_t i = 0; i < n; i++)
        walls[i].share *= (float)gain;
    return n;
}

static float played_at(const struct echo_room *room, const int16_t *played, size_t n, size_t i)
{
    double late = room->delay_ms * room->rate_hz / 1000, at, whole;

    if (room->jump_at_s > 0 && (double)i > room->jump_at_s * room->rate_hz)
        late += room->jump_ms * room->rate_hz / 1000;
    at = (double)i * (1 + room->drift_ppm * 1e-6) - late;
    whole = floor(at);
    if (whole < 0 || whole + 1 >= (double)n)
        return 0;
    return (float)(played[(size_t)whole] * (1 - (at - whole)) +
                   played[(size_t)whole + 1] * (at - whole));
}

/* The latest first, so that what comes to a sample is added in the order of its way. */
static void sort(struct wall *walls, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct wall wall = walls[i];
        size_t at = i;

        for (; at > 0 && walls[at - 1].late < wall.late; at--)
            walls[at] = walls[at - 1];
        walls[at] = wall;
    }
}

/* Of one length, which compilers do several samples of at once. */
static void add(float *restrict echo, const float *restrict dry, float share)
{
    for (size_t i = 0; i < PIECE; i++)
        echo[i] += dry[i] * share;
}

void echo_room_hear(const struct echo_room *room, const int16_t *played, float *echo, size_t n)
{
    struct wall walls[WALLS_MOST];
    size_t n_walls = build(room, walls);
    float dry[PIECE];

    sort(walls, n_walls);
    memset(echo, 0, n * sizeof *echo);
    for (size_t at = 0; at < n; at += PIECE) {
        size_t here = n - at < PIECE ? n - at : PIECE;

        for (size_t i = 0; i < here; i++)
            dry[i] = played_at(room, played, n, at + i);
        for (size_t w = 0; w < n_walls; w++) {
            size_t to = at + walls[w].late;

            if (to + PIECE <= n && here == PIECE)
                add(echo + to, dry, walls[w].share);
            else
                for (size_t i = 0; i < here && to + i < n; i++)
                    echo[to + i] += dry[i] * walls[w].share;
        }
    }
}
