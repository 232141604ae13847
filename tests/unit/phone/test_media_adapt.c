/* What is sent into networks made of numbers: minutes of packets, reports as RTCP brings them, and
 * what is left of the sound when the copies have done their part. */
#include "phone/media_adapt.h"

#include "tests/lib/rows.h"

#include "base/rand.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PTIME_MS = 20, STEPS_MAX = 300 * 1000 / PTIME_MS, HEADERS = 12 + 8 + 20 };

struct weather {
    unsigned from_s;
    double loss, burst; /* share of the packets; so many in a row, 0: as by chance */
    unsigned delay_ms;  /* each way */
    unsigned rate_bps;  /* that the link can do; 0: any */
    unsigned queue_ms;  /* and so much waits, the rest is dropped */
    unsigned jitter_ms; /* each way, evenly from 0 */
};

/* clang-format off */
static const struct row {
    const char *name;
    struct media_adapt_can can;
    bool tells_bursts;
    struct weather weather[3];
    /* What must be so in the last 30 s of each. */
    unsigned seconds;
    unsigned depth_min, depth_max, distance_min, distance_max, fec_min, fec_max;
    double left_max; /* of the packets, when copies have been played */
    unsigned bps_min, bps_max; /* of payload with redundancy */
    unsigned changes_max; /* of the depth, in all */
    unsigned grown_max_ms; /* the queue at the end */
} rows[] = {
#define OPUS {true, false, true, true, 30000, 0, 20, 120, 1}
#define STEREO {true, false, true, true, 60000, 0, 20, 120, 2}
#define FEC_ONLY {false, false, true, true, 30000, 0, 20, 120, 1}
#define PCMU {true, false, false, false, 64000, 0, 20, 120, 1}
    {"nothing is lost: nothing is repeated", OPUS, true, {{0, 0, 0, 30, 0, 0, 0}},
     60, 0, 0, 1, 1, 0, 0, 0, 29000, 31000, 0, 0},
    {"1 in 300 is left to FEC", OPUS, true, {{0, 0.003, 0, 30, 0, 0, 0}},
     60, 0, 0, 1, 1, 0, 2, 0.01, 29000, 34000, 0, 0},
    {"2 % lost", OPUS, true, {{0, 0.02, 0, 30, 0, 0, 0}}, 90, 1, 1, 1, 1, 0, 2, 0.004, 0, 70000, 3, 0},
    {"5 % lost", OPUS, true, {{0, 0.05, 0, 30, 0, 0, 0}}, 90, 1, 1, 1, 1, 5, 5, 0.01, 0, 70000, 1, 0},
    {"10 % lost", OPUS, true, {{0, 0.10, 0, 30, 0, 0, 0}},
     300, 1, 2, 1, 1, 5, 5, 0.02, 0, 70000, 4, 0},
    {"20 % lost", OPUS, true, {{0, 0.20, 0, 30, 0, 0, 0}},
     300, 2, 2, 1, 1, 5, 5, 0.02, 0, 70000, 4, 0},
    {"30 % lost and more", OPUS, true, {{0, 0.35, 0, 30, 0, 0, 0}},
     120, 3, 3, 1, 1, 0, 0, 0.04, 0, 70000, 3, 0},
    {"10 % in bursts of 3, and they are told of", OPUS, true, {{0, 0.10, 3, 30, 0, 0, 0}},
     300, 2, 2, 4, 4, 5, 5, 0.025, 0, 70000, 4, 0},
    {"10 % in bursts of 3, and nobody says so", OPUS, false, {{0, 0.10, 3, 30, 0, 0, 0}},
     120, 1, 2, 1, 1, 5, 5, 0.10, 0, 70000, 4, 0},
    {"bursts of 8 are reached as far as it is worth it", OPUS, true, {{0, 0.10, 8, 30, 0, 0, 0}},
     120, 1, 2, 4, 8, 5, 5, 0.08, 0, 70000, 6, 0},
    {"5 % lost to a far end without redundancy", FEC_ONLY, false, {{0, 0.05, 0, 30, 0, 0, 0}},
     60, 0, 0, 1, 1, 3, 10, 0.10, 45000, 49000, 0, 0},
    {"20 % lost to a far end without redundancy", FEC_ONLY, false, {{0, 0.20, 0, 30, 0, 0, 0}},
     60, 0, 0, 1, 1, 10, 10, 0.30, 45000, 49000, 0, 0},
    {"two channels: nothing is lost", STEREO, true, {{0, 0, 0, 30, 0, 0, 0}},
     60, 0, 0, 1, 1, 0, 0, 0, 59000, 61000, 0, 0},
    {"two channels have as many bits each as one has, 5 % lost", STEREO, true,
     {{0, 0.05, 0, 30, 0, 0, 0}}, 90, 1, 1, 1, 1, 5, 5, 0.01, 118000, 140000, 1, 0},
    {"two channels, 20 % lost", STEREO, true, {{0, 0.20, 0, 30, 0, 0, 0}},
     300, 2, 2, 1, 1, 5, 5, 0.02, 118000, 140000, 4, 0},
    {"two channels on a link of 100 kbit/s with a long queue, and 3 % lost on it", STEREO, true,
     {{0, 0.03, 0, 30, 100000, 800, 0}}, 300, 0, 0, 1, 1, 0, 6, 0.08, 30000, 88000, 14, 100},
    {"two channels to a far end without redundancy",
     {false, false, true, true, 60000, 0, 20, 120, 2}, false, {{0, 0.05, 0, 30, 0, 0, 0}},
     60, 0, 0, 1, 1, 3, 10, 0.10, 93000, 97000, 0, 0},
    {"a far end that takes no more than 20 kbit/s of Opus",
     {true, false, true, true, 30000, 20000, 20, 120, 1}, true, {{0, 0.10, 0, 30, 0, 0, 0}},
     60, 1, 2, 1, 1, 5, 5, 0.02, 0, 65000, 3, 0},
    {"redundancy always", {true, true, true, true, 30000, 0, 20, 120, 1}, true, {{0, 0, 0, 30, 0, 0, 0}},
     60, 1, 1, 1, 1, 0, 0, 0, 60000, 70000, 0, 0},
    {"G.711, 10 % lost", PCMU, true, {{0, 0.10, 0, 30, 0, 0, 0}},
     60, 1, 2, 1, 1, 0, 0, 0.02, 128000, 200000, 3, 0},

    {"G.711, 20 % lost: no more than two copies", PCMU, true, {{0, 0.20, 0, 30, 0, 0, 0}},
     60, 2, 2, 1, 1, 0, 0, 0.03, 190000, 200000, 3, 0},
    {"a link of 60 kbit/s with a long queue, and 3 % lost on it", OPUS, true,
     {{0, 0.03, 0, 30, 60000, 800, 0}}, 300, 0, 0, 1, 1, 0, 6, 0.08, 20000, 48000, 14, 100},
    {"a link of 60 kbit/s that drops the rest, and 3 % lost on it", OPUS, true,
     {{0, 0.03, 0, 30, 60000, 40, 0}}, 300, 0, 0, 1, 1, 0, 8, 0.10, 12000, 48000, 14, 60},
    {"a link of 40 kbit/s with a long queue and nothing lost on it", OPUS, true,
     {{0, 0, 0, 30, 40000, 800, 0}}, 300, 0, 0, 1, 1, 0, 8, 0.06, 12000, 33000, 10, 500},
    {"G.711 on a link of 100 kbit/s", PCMU, true,
     {{0, 0.02, 0, 30, 100000, 800, 0}}, 300, 0, 0, 1, 1, 0, 0, 0.05, 63000, 66000, 14, 100},

    {"20 % lost for a minute, then nothing", OPUS, true,
     {{0, 0.20, 0, 30, 0, 0, 0}, {60, 0, 0, 30, 0, 0, 0}}, 180, 0, 0, 1, 1, 0, 0, 0, 29000, 31000, 8, 0},
    {"a link of 40 kbit/s for a minute, then a good one", OPUS, true,
     {{0, 0, 0, 30, 40000, 800, 0}, {60, 0, 0, 30, 0, 0, 0}},
     300, 0, 0, 1, 1, 0, 0, 0, 29000, 31000, 10, 0},
    {"10 % lost on a link of 60 kbit/s, which becomes a better one", OPUS, true,
     {{0, 0.10, 0, 30, 60000, 800, 0}, {100, 0.10, 0, 30, 0, 0, 0}},
     300, 1, 2, 1, 1, 5, 5, 0.02, 50000, 70000, 16, 0},
    {"a route that becomes longer by 200 ms is no queue", OPUS, true,
     {{0, 0, 0, 30, 0, 0, 0}, {60, 0, 0, 130, 0, 0, 0}}, 120, 0, 0, 1, 1, 0, 0, 0, 29000, 31000, 0, 0},
    {"nor where 10 % are lost, either", OPUS, true,
     {{0, 0.10, 0, 30, 0, 0, 0}, {60, 0.10, 0, 130, 0, 0, 0}},
     180, 1, 2, 1, 1, 5, 5, 0.02, 50000, 70000, 10, 0},
    {"jitter is no queue", OPUS, true,
     {{0, 0, 0, 30, 0, 0, 60}}, 300, 0, 0, 1, 1, 0, 0, 0, 29000, 31000, 0, 0},
    {"nor is it where 10 % are lost", OPUS, true,
     {{0, 0.10, 0, 30, 0, 0, 60}}, 300, 1, 2, 1, 1, 5, 5, 0.02, 50000, 70000, 4, 0},
    {"a queue is seen through jitter", OPUS, true,
     {{0, 0, 0, 30, 40000, 800, 20}}, 300, 0, 0, 1, 1, 0, 8, 0.06, 12000, 33000, 10, 500},
    {"loss that grows by itself is not blamed on redundancy", OPUS, true,
     {{0, 0.02, 0, 30, 0, 0, 0}, {30, 0.20, 0, 30, 0, 0, 0}},
     120, 2, 2, 1, 1, 5, 5, 0.02, 0, 70000, 8, 0},
};
/* clang-format on */

struct sent {
    bool arrived;
    unsigned depth, distance;
};

struct net {
    const struct row *row;
    struct rng rng;
    struct media_adapt adapt;
    struct sent *sent;
    size_t n;
    double queue_bits; /* waiting in the link */
    bool lost;         /* the packet before */
    size_t reported;   /* packets that were told of */
    double bits;       /* of payload, in the last 30 s */
    unsigned changes;
};

static const struct weather *weather_at(const struct row *row, size_t ms)
{
    const struct weather *now = &row->weather[0];

    for (size_t i = 1; i < ARRAY_LEN(row->weather); i++)
        if (row->weather[i].from_s && row->weather[i].from_s * 1000 <= ms)
            now = &row->weather[i];
    return now;
}

static double chance(struct rng *rng)
{
    return rng_below(rng, 1000000) / 1e6;
}

static bool gets_lost(struct net *net, const struct weather *w)
{
    double stay = w->burst > 1 ? 1 - 1 / w->burst : w->loss;
    double enter = w->burst > 1 ? (1 - stay) * w->loss / (1 - w->loss) : w->loss;

    net->lost = chance(&net->rng) < (net->lost ? stay : enter);
    return net->lost;
}

/* Whether the link has room for it. */
static bool gets_through(struct net *net, const struct weather *w, double bits)
{
    if (!w->rate_bps) {
        net->queue_bits = 0;
        return true;
    }
    if (net->queue_bits + bits > w->rate_bps / 1000.0 * w->queue_ms)
        return false;
    net->queue_bits += bits;
    return true;
}

static double queue_ms(const struct net *net, const struct weather *w)
{
    return w->rate_bps ? net->queue_bits * 1000 / w->rate_bps : 0;
}

/* Bits of payload with what redundancy adds. */
static double payload_bits(const struct media_plan *p)
{
    return p->bitrate / 1000.0 * p->ptime_ms * (p->depth + 1) +
           (p->depth ? 8 * (1 + 4 * p->depth) : 0);
}

static void send_one(struct net *net, size_t ms, bool counts)
{
    const struct weather *w = weather_at(net->row, ms);
    const struct media_plan *p = &net->adapt.plan;
    double bits = payload_bits(p);

    net->sent[net->n++] = (struct sent){
        .arrived = gets_through(net, w, bits + 8 * HEADERS) && !gets_lost(net, w),
        .depth = p->depth,
        .distance = p->distance,
    };
    if (counts)
        net->bits += bits;
}

static void report(struct net *net, size_t ms)
{
    const struct weather *w = weather_at(net->row, ms);
    unsigned packets = (unsigned)(net->n - net->reported), lost = 0, runs = 0;
    unsigned depth = net->adapt.plan.depth;
    struct loss_report r = {.packets = packets};

    for (size_t i = net->reported; i < net->n; i++) {
        lost += !net->sent[i].arrived;
        runs += !net->sent[i].arrived && (i == 0 || net->sent[i - 1].arrived);
    }
    net->reported = net->n;
    r.lost = packets ? (double)lost / packets : 0;
    r.burst = net->row->tells_bursts && runs ? (double)lost / runs : 0;
    r.burst_of = lost;
    r.round_trip_ms = 2 * w->delay_ms + queue_ms(net, w) + 5 * chance(&net->rng);
    if (w->jitter_ms)
        r.round_trip_ms += w->jitter_ms * (chance(&net->rng) + chance(&net->rng));
    r.jitter_ms = 2 * w->jitter_ms / 3.0; /* of the mean difference of two packets' delays */
    media_adapt_report(&net->adapt, &r, ms);
    net->changes += net->adapt.plan.depth != depth;
}

static bool is_left(const struct net *net, size_t i)
{
    if (net->sent[i].arrived)
        return false;
    for (size_t j = i + 1; j < net->n && j <= i + 20; j++)
        for (unsigned d = 1; d <= net->sent[j].depth; d++)
            if (net->sent[j].arrived && i + d * net->sent[j].distance == j)
                return false;
    return true;
}

static void run(struct net *net, size_t *last)
{
    size_t next_report = 2000, end = net->row->seconds * 1000;

    for (size_t ms = 0; ms < end; ms += PTIME_MS) {
        const struct weather *w = weather_at(net->row, ms);
        bool counts = ms + 30000 >= end;

        if (ms + 30000 < end)
            *last = net->n;
        if (ms % net->adapt.plan.ptime_ms == 0)
            send_one(net, ms, counts);
        net->queue_bits -= w->rate_bps * (double)PTIME_MS / 1000;
        net->queue_bits = net->queue_bits < 0 ? 0 : net->queue_bits;
        if (ms < next_report)
            continue;
        report(net, ms);
        next_report = ms + 2500 + rng_below(&net->rng, 4000); /* RFC 3550 6.3.1 */
    }
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct net net = {.row = row, .rng = rng_seeded(3)};
    const struct media_plan *p = &net.adapt.plan;
    size_t last = 0, left = 0;
    double bps, share, queue;

    net.sent = calloc(STEPS_MAX, sizeof *net.sent);
    assert_non_null(net.sent);
    media_adapt_init(&net.adapt, &row->can);
    run(&net, &last);
    for (size_t i = last; i + 20 < net.n; i++)
        left += is_left(&net, i);
    share = (double)left / (double)(net.n - 20 - last);
    bps = net.bits / 30;
    queue = queue_ms(&net, weather_at(row, row->seconds * 1000 - 1));
    print_message("%s: depth %u, distance %u, fec %u %%, %u ms, %.0f bit/s, %.1f %% left, %u "
                  "changes, queue %.0f ms\n",
                  row->name, p->depth, p->distance, p->fec_percent, p->ptime_ms, bps, 100 * share,
                  net.changes, queue);
    assert_in_range(p->depth, row->depth_min, row->depth_max);
    assert_in_range(p->distance, row->distance_min, row->distance_max);
    assert_in_range(p->fec_percent, row->fec_min, row->fec_max);
    assert_true(share <= row->left_max);
    assert_in_range((unsigned)bps, row->bps_min, row->bps_max);
    assert_in_range(net.changes, 0, row->changes_max);
    assert_true(queue <= row->grown_max_ms);
    free(net.sent);
}

static void test_what_we_lose_counts_until_they_report(void **state)
{
    struct media_adapt_can can = OPUS;
    struct loss_report heard = {
        .lost = 0.1, .burst = 3, .burst_of = 10, .round_trip_ms = -1, .packets = 100};
    struct loss_report few = {.lost = 1, .round_trip_ms = -1, .packets = 5};
    struct loss_report none = {.round_trip_ms = 60, .packets = 200};
    struct media_adapt a;

    (void)state;
    media_adapt_init(&a, &can);
    assert_int_equal(a.plan.depth, 0);
    assert_int_equal(a.plan.fec_percent, 5);
    assert_false(media_adapt_heard(&a, &few, 500));
    assert_true(media_adapt_heard(&a, &heard, 1000));
    assert_int_equal(a.plan.depth, 2);
    assert_int_equal(a.plan.distance, 4);
    none.packets = 50; /* it may have been between two bursts */
    media_adapt_report(&a, &none, 2000);
    assert_int_equal(a.plan.depth, 2);
    assert_int_equal(a.plan.distance, 4);
    none.packets = 450;
    assert_true(media_adapt_report(&a, &none, 2500));
    assert_int_equal(a.plan.depth, 0);
    assert_false(media_adapt_heard(&a, &heard, 3000));
    assert_true(media_adapt_heard(&a, &heard, 30000)); /* it has fallen silent */
    assert_true(a.plan.depth > 0);
}

/* Two packets lost in a row now and then are what chance brings, also to who has met bursts. */
static void test_bursts_are_over_when_they_are_as_by_chance(void **state)
{
    static const struct {
        double burst;
        bool apart;
    } turns[] = {{3, true}, {1.6, true}, {1.1, false}, {1.6, false}, {3, true}};
    struct media_adapt_can can = OPUS;
    struct loss_report r = {.lost = 0.05, .burst_of = 10, .round_trip_ms = 60, .packets = 200};
    struct media_adapt a;
    uint64_t ms = 0;

    (void)state;
    media_adapt_init(&a, &can);
    for (size_t i = 0; i < ARRAY_LEN(turns); i++) {
        r.burst = turns[i].burst;
        for (uint64_t until_ms = ms + 60000; ms < until_ms; ms += 5000)
            media_adapt_report(&a, &r, ms);
        if ((a.plan.distance > 1) != turns[i].apart)
            fail_msg("%.1f in a row: copies are %u apart", r.burst, a.plan.distance);
    }
}

/* Where two and more are lost in a row a few say what many have to say of one in a row and a half;
 * the first may come before anybody has spoken. */
static void test_three_in_a_row_are_no_chance(void **state)
{
    struct media_adapt_can can = OPUS;
    struct loss_report heard = {
        .lost = 0.1, .burst = 3, .burst_of = 3, .round_trip_ms = -1, .packets = 50};
    struct media_adapt a;

    (void)state;
    media_adapt_init(&a, &can);
    media_adapt_heard(&a, &heard, 500);
    assert_int_equal(a.plan.distance, 4);
    media_adapt_init(&a, &can);
    heard.burst = 1.9;
    media_adapt_heard(&a, &heard, 500);
    assert_int_equal(a.plan.distance, 1);
}

/* However the length of bursts comes out each time. */
static void test_copies_stay_where_they_are(void **state)
{
    static const double bursts[] = {2.1, 3, 4.4, 2.6, 3.9, 2.2, 3.2};
    static const double losses[] = {0.03, 0.1};
    struct media_adapt_can can = OPUS;

    (void)state;
    for (size_t l = 0; l < ARRAY_LEN(losses); l++) {
        struct loss_report r = {.lost = losses[l], .burst_of = 20, .packets = 200};
        struct media_adapt a;

        media_adapt_init(&a, &can);
        for (size_t i = 0; i < ARRAY_LEN(bursts); i++) {
            r.burst = bursts[i];
            media_adapt_report(&a, &r, 5000 * (i + 1));
            assert_int_equal(a.plan.distance, 4);
        }
    }
}

/* Where bursts are shorter than those that copies were put apart for, and still no chance; and
 * where they were longer. */
static void test_copies_come_back_slowly(void **state)
{
    static const struct {
        double lost, before, behind;
        unsigned distance, depth; /* while, and behind that */
        unsigned distance_behind, depth_behind;
    } turns[] = {
        {0.065, 3, 1.6, 4, 2, 4, 2},
        {0.065, 3, 1, 4, 2, 1, 1},
        {0.03, 8, 2.4, 8, 1, 4, 1},
    };
    struct media_adapt_can can = OPUS;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(turns); i++) {
        struct loss_report r = {.lost = turns[i].lost, .burst_of = 20, .packets = 200};
        struct media_adapt a;

        media_adapt_init(&a, &can);
        for (unsigned n = 1; n <= 60; n++) {
            r.burst = n <= 20 ? turns[i].before : turns[i].behind;
            media_adapt_report(&a, &r, 5000 * n);
            if (n < 20)
                continue;
            assert_in_range(a.plan.distance, turns[i].distance_behind, turns[i].distance);
            assert_in_range(a.plan.depth, turns[i].depth_behind, turns[i].depth);
        }
        assert_int_equal(a.plan.distance, turns[i].distance_behind);
        assert_int_equal(a.plan.depth, turns[i].depth_behind);
    }
}

/* Round trips as jitter of 120 ms each way makes them, for some hours; then a queue that grows. */
static void test_jitter_never_takes_bits(void **state)
{
    struct media_adapt_can can = OPUS;
    struct loss_report r = {.packets = 200, .jitter_ms = 2 * 120 / 3.0};
    struct rng rng = rng_seeded(1);
    struct media_adapt a;
    unsigned i = 0;

    (void)state;
    media_adapt_init(&a, &can);
    for (; i < 5000; i++) {
        r.round_trip_ms = 60 + 120 * (chance(&rng) + chance(&rng));
        media_adapt_report(&a, &r, 5000 * i);
        assert_int_equal(a.plan.bitrate, 30000);
    }
    for (unsigned more = 1; more <= 3; more++, i++) {
        r.round_trip_ms = 60 + 300 * more + 120 * (chance(&rng) + chance(&rng));
        media_adapt_report(&a, &r, 5000 * i);
    }
    assert_true(a.plan.bitrate < 30000);
}

/* Each report says that the queue grows; what is sent must shrink with the first. */
static void test_less_than_the_far_end_takes(void **state)
{
    struct media_adapt_can can = {true, false, true, true, 30000, 16000, 20, 120, 1};
    struct loss_report r = {.lost = 0.05, .round_trip_ms = 60, .packets = 200};
    struct media_adapt a;
    uint32_t before;

    (void)state;
    media_adapt_init(&a, &can);
    media_adapt_report(&a, &r, 5000);
    before = a.plan.bitrate;
    assert_int_equal(before, 16000);
    r.round_trip_ms = 500;
    media_adapt_report(&a, &r, 10000);
    assert_true(a.plan.bitrate < before);
    for (unsigned i = 3; i < 5; i++) {
        r.round_trip_ms += 500;
        media_adapt_report(&a, &r, 5000 * i);
    }
    assert_int_equal(a.plan.bitrate, 12000);
    assert_int_equal(a.plan.ptime_ms, 40);
}

static void test_the_least_rate_makes_packets_longer(void **state)
{
    struct media_adapt_can can = {true, false, false, true, 24000, 0, 20, 120, 1};
    struct loss_report r = {.lost = 0.05, .round_trip_ms = 60, .packets = 200};
    struct media_adapt a;

    (void)state;
    media_adapt_init(&a, &can);
    for (unsigned i = 1; i < 5; i++) {
        media_adapt_report(&a, &r, 5000 * i);
        r.round_trip_ms += 500;
    }
    assert_int_equal(a.plan.bitrate, 12000);
    assert_int_equal(a.plan.ptime_ms, 40);
}

static void test_another_agreement_keeps_what_is_known(void **state)
{
    struct media_adapt_can can = OPUS, without = FEC_ONLY;
    struct loss_report r = {.lost = 0.1, .round_trip_ms = -1, .packets = 200};
    struct media_adapt a;

    (void)state;
    media_adapt_init(&a, &can);
    media_adapt_report(&a, &r, 5000);
    assert_int_equal(a.plan.depth, 1);
    media_adapt_agreed(&a, &without);
    assert_int_equal(a.plan.depth, 0);
    assert_int_equal(a.plan.fec_percent, 10);
    assert_int_equal(a.plan.bitrate, 48000);
}

/* Two channels take twice as much; what was on trial goes on, and that much more is one itself. */
static void test_more_channels_are_tried(void **state)
{
    struct media_adapt_can can = FEC_ONLY;
    struct loss_report good = {.round_trip_ms = -1, .packets = 200}, bad = good;
    struct media_adapt a;

    (void)state;
    bad.lost = 0.3;
    media_adapt_init(&a, &can);
    media_adapt_report(&a, &good, 5000);
    media_adapt_report(&a, &good, 10000);
    media_adapt_rate(&a, 60000, 2);
    assert_int_equal(a.plan.bitrate, 60000);
    media_adapt_report(&a, &bad, 15000); /* by that? */
    assert_int_equal(a.plan.bitrate, 67200);
    media_adapt_rate(&a, 30000, 1);
    media_adapt_rate(&a, 60000, 2);
    assert_int_equal(a.plan.bitrate, 67200);
    media_adapt_report(&a, &bad, 20000); /* no: as much is lost of less */
    assert_int_equal(a.plan.bitrate, 96000);
}

/* --- reports that lie ------------------------------------------------------------------------ */

enum { LIARS = 200, LIES = 200, GOOD_S = 300, REPORT_MS = 5000 };

/* Any value that a report can bring, the greatest among them. */
static double any(struct rng *rng, double most)
{
    unsigned kind = rng_below(rng, 4);

    return kind == 0 ? 0 : kind == 1 ? most : kind == 2 ? most * chance(rng) : chance(rng);
}

static struct loss_report lie(struct rng *rng)
{
    return (struct loss_report){.lost = fmin(any(rng, 1), 1),
                                .burst = any(rng, 65535),
                                .burst_of = any(rng, 1e9),
                                .round_trip_ms = any(rng, 65536000) - 1,
                                .jitter_ms = any(rng, 537000000),
                                .packets = (unsigned)any(rng, 1e9)};
}

static void check_within_bounds(const struct media_adapt *a)
{
    const struct media_adapt_can *can = &a->can;
    const struct media_plan *p = &a->plan;
    double headers = p->depth ? (4.0 * p->depth + 1) * 8000 / p->ptime_ms : 0;
    double bps = (double)p->bitrate * (1 + p->depth) + headers;

    assert_in_range(p->depth, 0, can->red ? MEDIA_ADAPT_DEPTH : 0);
    assert_true(p->ptime_ms == 20 || p->ptime_ms == 40);
    assert_in_range(p->distance, 1, 160 / p->ptime_ms);
    assert_in_range(p->fec_percent, 0, can->fec ? 10 : 0);
    assert_true(p->depth * p->distance * p->ptime_ms <= 160 || p->distance == 1);
    if (can->any_rate) {
        assert_in_range(p->bitrate, 12000, can->most_bps ? can->most_bps : 48000 * can->channels);
        assert_true(bps <= 70000.0 * can->channels);
    } else {
        assert_int_equal(p->bitrate, can->rate_bps);
        assert_in_range(p->depth, 0, 2);
    }
}

static void tell_lies(struct media_adapt *a, struct rng *rng, uint64_t *now_ms)
{
    for (unsigned i = 0; i < LIES; i++) {
        struct loss_report r = lie(rng);

        *now_ms += rng_below(rng, 2) ? rng_below(rng, 10) : rng_below(rng, 2 * REPORT_MS);
        if (rng_below(rng, 4) == 0)
            media_adapt_heard(a, &r, *now_ms);
        else
            media_adapt_report(a, &r, *now_ms);
        check_within_bounds(a);
    }
}

static void tell(struct media_adapt *a, const struct loss_report *r, unsigned n, uint64_t *now_ms)
{
    for (unsigned i = 0; i < n; i++)
        media_adapt_report(a, r, *now_ms += REPORT_MS);
}

static void check_same_plan(const struct media_adapt *a, const struct media_adapt *b, unsigned seed)
{
    const struct media_plan *p = &a->plan, *q = &b->plan;

    if (p->depth != q->depth || p->fec_percent != q->fec_percent || p->bitrate != q->bitrate ||
        p->ptime_ms != q->ptime_ms || (p->depth && p->distance != q->distance))
        fail_msg("seed %u: %u copies, %u apart, FEC %u, %u bit/s, %u ms", seed, p->depth,
                 p->distance, p->fec_percent, (unsigned)p->bitrate, p->ptime_ms);
}

/* A far end may say what it likes: what is sent stays within what may be sent, and when it says
 * again how it is, all is soon as if it had never lied. */
static void test_lies_bend_nothing_for_good(void **state)
{
    static const struct media_adapt_can cans[] = {
        OPUS, STEREO, FEC_ONLY, PCMU, {true, false, true, true, 30000, 20000, 20, 120, 1}};
    struct loss_report good = {.round_trip_ms = 60, .packets = REPORT_MS / PTIME_MS};
    struct loss_report some = good;

    (void)state;
    some.lost = 0.05;
    some.burst = 1 / (1 - some.lost); /* as by chance */
    some.burst_of = 12;
    for (unsigned seed = 1; seed <= LIARS; seed++) {
        struct rng rng = rng_seeded(seed);
        struct media_adapt a, honest;
        uint64_t now_ms = 0, then_ms = 0;

        media_adapt_init(&a, &cans[seed % ARRAY_LEN(cans)]);
        media_adapt_init(&honest, &cans[seed % ARRAY_LEN(cans)]);
        tell_lies(&a, &rng, &now_ms);
        tell(&a, &good, GOOD_S * 1000 / REPORT_MS, &now_ms);
        tell(&honest, &good, 10, &then_ms);
        check_same_plan(&a, &honest, seed);
        tell(&a, &some, 12, &now_ms);
        tell(&honest, &some, 12, &then_ms);
        check_same_plan(&a, &honest, seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_we_lose_counts_until_they_report),
        cmocka_unit_test(test_bursts_are_over_when_they_are_as_by_chance),
        cmocka_unit_test(test_three_in_a_row_are_no_chance),
        cmocka_unit_test(test_copies_stay_where_they_are),
        cmocka_unit_test(test_copies_come_back_slowly),
        cmocka_unit_test(test_jitter_never_takes_bits),
        cmocka_unit_test(test_less_than_the_far_end_takes),
        cmocka_unit_test(test_the_least_rate_makes_packets_longer),
        cmocka_unit_test(test_another_agreement_keeps_what_is_known),
        cmocka_unit_test(test_more_channels_are_tried),
        cmocka_unit_test(test_lies_bend_nothing_for_good),
    };

    return RUN_ROWS("phone/media_adapt", rows, check_row) +
           cmocka_run_group_tests_name("phone/media_adapt, told", tests, NULL, NULL);
}
