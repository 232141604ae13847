#include "tests/lib/jitter_trace.h"

#include "base/rand.h"
#include "base/slice.h"

#include <math.h>
#include <stdlib.h>

#define ROUTE_US 40000
#define LOSS_IN_BAD_TIMES 0.5

/* clang-format off */
const struct jitter_network jitter_networks[] = {
    {.name = "nothing happens"},
    {.name = "a little jitter", .gamma_shape = 2, .gamma_ms = 4},
    {.name = "jitter, 99 % under 40 ms", .gamma_shape = 2, .gamma_ms = 12},
    {.name = "jitter, 99 % under 50 ms", .gamma_shape = 2, .gamma_ms = 15},
    {.name = "the same in a queue", .gamma_shape = 2, .gamma_ms = 15, .in_order = true},
    {.name = "long tails, 99 % under 45 ms", .gamma_shape = 0.7, .gamma_ms = 8},
    {.name = "evenly from 0 to 60 ms", .uniform_ms = 60},
    {.name = "evenly from 0 to 120 ms", .uniform_ms = 120},
    {.name = "jitter, 99 % under 80 ms", .gamma_shape = 2, .gamma_ms = 24},
    {.name = "jitter, 99 % under 130 ms", .gamma_shape = 2, .gamma_ms = 40},
    {.name = "jitter, 99 % under 230 ms", .gamma_shape = 2, .gamma_ms = 70},
    {.name = "2 % lost", .loss = 0.02, .gamma_shape = 2, .gamma_ms = 4},
    {.name = "10 % lost in bursts, jitter", .loss = 0.1, .burst = 6, .gamma_shape = 2,
     .gamma_ms = 10},
    {.name = "20 % lost in bursts", .loss = 0.2, .burst = 8},
    {.name = "5 % overtaken, 1 % lost", .reorder = 0.05, .loss = 0.01, .gamma_shape = 2,
     .gamma_ms = 2},
    {.name = "spikes up to 50 ms now and then", .spike_every_ms = 15000, .spike_from_ms = 30,
     .spike_to_ms = 50, .gamma_shape = 2, .gamma_ms = 2, .in_order = true},
    {.name = "spikes of 60 to 300 ms", .spike_every_ms = 4000, .spike_from_ms = 60,
     .spike_to_ms = 300, .gamma_shape = 2, .gamma_ms = 4, .in_order = true},
    {.name = "spikes of 100 to 500 ms, loss", .spike_every_ms = 8000, .spike_from_ms = 100,
     .spike_to_ms = 500, .loss = 0.03, .burst = 4, .gamma_shape = 2, .gamma_ms = 8,
     .in_order = true},
    {.name = "a clock 2000 ppm fast", .drift_ppm = 2000, .gamma_shape = 2, .gamma_ms = 6},
    {.name = "a clock 2000 ppm slow", .drift_ppm = -2000, .gamma_shape = 2, .gamma_ms = 6},
    {.name = "200 ms more for good", .step_s = 60, .step_ms = 200, .gamma_shape = 2,
     .gamma_ms = 6},
    {.name = "all at once", .gamma_shape = 2, .gamma_ms = 10, .loss = 0.05, .burst = 3,
     .reorder = 0.02, .drift_ppm = 200, .spike_every_ms = 6000, .spike_from_ms = 60,
     .spike_to_ms = 250, .step_s = 120, .step_ms = 80},
};
/* clang-format on */
const size_t n_jitter_networks = ARRAY_LEN(jitter_networks);

static double chance(struct rng *rng)
{
    return (rng_u32(rng) + 0.5) / 4294967296.0;
}

static double normal(struct rng *rng)
{
    double radius = sqrt(-2 * log(chance(rng)));

    return radius * cos(2 * 3.14159265358979 * chance(rng));
}

/* Marsaglia and Tsang's way; below a shape of 1 by way of the shape above. */
static double gamma_of(double shape, struct rng *rng)
{
    double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3, c = 1 / sqrt(9 * d);
    double boost = shape < 1 ? pow(chance(rng), 1 / shape) : 1;

    for (;;) {
        double x = normal(rng), v = pow(1 + c * x, 3);

        if (v > 0 && log(chance(rng)) < x * x / 2 + d - d * v + d * log(v))
            return boost * d * v;
    }
}

struct weather {
    const struct jitter_network *net;
    struct rng rng;
    bool bad;
    double spike_at_ms, blocked_until_us;
    double latest_us; /* arrival, of those in order */
};

static bool is_lost(struct weather *w)
{
    const struct jitter_network *net = w->net;
    double bad_share = net->loss / LOSS_IN_BAD_TIMES;

    if (!net->burst)
        return chance(&w->rng) < net->loss;
    if (w->bad)
        w->bad = chance(&w->rng) >= 1.0 / net->burst;
    else
        w->bad = chance(&w->rng) < bad_share / (1 - bad_share) / net->burst;
    return w->bad && chance(&w->rng) < LOSS_IN_BAD_TIMES;
}

static void next_spike(struct weather *w)
{
    double every = w->net->spike_every_ms;

    w->spike_at_ms += every * (0.5 + chance(&w->rng));
}

static double jitter_us(struct weather *w, unsigned packet_ms)
{
    const struct jitter_network *net = w->net;
    double ms = 0;

    if (net->gamma_ms > 0)
        ms += gamma_of(net->gamma_shape, &w->rng) * net->gamma_ms / net->gamma_shape;
    if (net->uniform_ms)
        ms += chance(&w->rng) * net->uniform_ms;
    if (net->reorder > 0 && chance(&w->rng) < net->reorder)
        ms += packet_ms * 1.5;
    return ms * 1000;
}

static double arrival_us(struct weather *w, const struct jitter_arrival *a, unsigned packet_ms)
{
    const struct jitter_network *net = w->net;
    double us = (double)(a->sent_us + a->route_us) + jitter_us(w, packet_ms);

    if (net->spike_every_ms && (double)a->sent_us / 1000 >= w->spike_at_ms) {
        double ms = net->spike_from_ms + chance(&w->rng) * (net->spike_to_ms - net->spike_from_ms);

        w->blocked_until_us = (double)(a->sent_us + a->route_us) + ms * 1000;
        next_spike(w);
    }
    us = fmax(us, w->blocked_until_us);
    if (net->in_order)
        us = fmax(us, w->latest_us);
    w->latest_us = fmax(us, w->latest_us);
    return us;
}

static int earlier(const void *a, const void *b)
{
    const struct jitter_arrival *x = a, *y = b;

    if (x->us != y->us)
        return x->us < y->us ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static int smaller(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double p99_of(const struct jitter_trace *t)
{
    double *late = calloc(t->n + 1, sizeof *late), found;

    for (size_t i = 0; late && i < t->n; i++)
        late[i] = (double)(t->at[i].us - t->at[i].sent_us - t->at[i].route_us) / 1000;
    if (!late)
        abort();
    qsort(late, t->n, sizeof *late, smaller);
    found = late[t->n * 99 / 100];
    free(late);
    return found;
}

void jitter_trace_make(const struct jitter_network *network, unsigned seconds, uint64_t seed,
                       struct jitter_trace *out)
{
    struct weather w = {.net = network, .rng = rng_seeded(seed)};
    unsigned packet_ms = network->packet_ms ? network->packet_ms : 20;
    double step_us = packet_ms * 1000.0 * 1e6 / (1e6 + network->drift_ppm);

    *out = (struct jitter_trace){.network = network, .packet_ms = packet_ms};
    out->sent = seconds * 1000 / packet_ms;
    out->at = calloc(out->sent + 1, sizeof *out->at);
    if (!out->at)
        abort();
    next_spike(&w);
    for (uint32_t i = 0; i < out->sent; i++) {
        struct jitter_arrival a = {.number = i, .sent_us = (uint64_t)(i * step_us)};
        bool stepped = network->step_s && a.sent_us >= network->step_s * UINT64_C(1000000);

        a.route_us = (uint64_t)(ROUTE_US + (stepped ? network->step_ms * 1000 : 0));
        a.us = (uint64_t)arrival_us(&w, &a, packet_ms);
        if (!is_lost(&w))
            out->at[out->n++] = a;
    }
    out->lost = out->sent - out->n;
    qsort(out->at, out->n, sizeof *out->at, earlier);
    out->p99_ms = p99_of(out);
}

void jitter_trace_free(struct jitter_trace *t)
{
    free(t->at);
}
