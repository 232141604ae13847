/* Keys as events over networks that lose, double and delay packets, on a clock of their own: which
 * packets are sent is the phone's, and so is what reports make of it and what is heard at the far
 * end. */
#include <stdio.h>
#include <string.h>

#include "base/rand.h"
#include "phone/media_adapt.h"
#include "rtp/event.h"
#include "tests/lib/rows.h"

enum {
    KEYS = 200,
    SEEDS = 10,
    TICK_MS = 20,
    RATE = 8000,
    UNITS = RATE / 1000 * TICK_MS,
    REPORT_TICKS = 125,                /* 2.5 s */
    FIRST_KEY_TICKS = 2 * REPORT_TICKS /* nobody is quicker than two reports */
};

static const struct row {
    const char *name;
    double loss, burst; /* burst: so many in a row on average; 0: as by chance */
    double key_ms;      /* that keys last on average, at most: who dials waits for it */
} rows[] = {
    {"nothing is lost", 0, 0, 100},       {"5 % by chance", 0.05, 0, 110},
    {"20 % by chance", 0.2, 0, 160},      {"20 % in bursts of 2", 0.2, 2, 400},
    {"20 % in bursts of 3", 0.2, 3, 500}, {"10 % in bursts of 3", 0.1, 3, 500},
};

struct network {
    struct rng rng;
    const struct row *row;
    bool bad, was_bad;
    unsigned sent, lost, bursts; /* since the last report */
};

static double chance(struct network *net)
{
    return rng_u32(&net->rng) / 4294967296.0;
}

static bool loses(struct network *net)
{
    double p = net->row->loss, b = net->row->burst;

    if (p <= 0)
        return false;
    net->was_bad = net->bad;
    if (b > 0)
        net->bad = net->bad ? chance(net) >= 1 / b : chance(net) < p / (1 - p) / b;
    else
        net->bad = chance(net) < p;
    net->sent++;
    net->lost += net->bad;
    net->bursts += net->bad && !net->was_bad;
    return net->bad;
}

struct talk {
    struct network net;
    struct media_adapt adapt;
    struct rtp_event_sender sender;
    struct rtp_event_receiver receiver;
    struct rtp_event_packet late; /* one that is overtaken */
    bool has_late;
    unsigned long long ticks, key_ticks;
    char pressed[KEYS + 1], heard[KEYS + 8];
};

static void report(struct talk *t)
{
    struct network *net = &t->net;
    struct loss_report what = {.lost = net->sent ? (double)net->lost / net->sent : 0,
                               .burst = net->bursts ? (double)net->lost / net->bursts : 0,
                               .burst_of = net->lost,
                               .round_trip_ms = 40,
                               .packets = net->sent};

    media_adapt_report(&t->adapt, &what, t->ticks * TICK_MS);
    net->sent = net->lost = net->bursts = 0;
}

static void hear(struct talk *t, const struct rtp_event_packet *packet)
{
    struct slice payload = {(const char *)packet->payload, RTP_EVENT_BYTES};
    char key = rtp_event_receive(&t->receiver, payload, packet->timestamp);
    size_t n = strlen(t->heard);

    if (key && n + 1 < sizeof t->heard)
        t->heard[n] = key;
}

static void pass(struct talk *t, const struct rtp_event_packet *packet)
{
    bool had_late = t->has_late;

    t->has_late = false;
    if (!loses(&t->net)) {
        if (!had_late && chance(&t->net) < 0.05) {
            t->late = *packet;
            t->has_late = true;
            return;
        }
        hear(t, packet);
        if (chance(&t->net) < 0.03)
            hear(t, packet);
    }
    if (had_late)
        hear(t, &t->late);
}

/* A packet time. */
static void tick(struct talk *t)
{
    struct rtp_event_packet packet;

    if (t->ticks % REPORT_TICKS == REPORT_TICKS - 1)
        report(t);
    rtp_event_set_length(&t->sender, media_adapt_key_ms(&t->adapt, RTP_EVENT_DIGIT_MS));
    if (rtp_event_next(&t->sender, (uint32_t)t->ticks * UNITS, UNITS, RATE, &packet)) {
        t->key_ticks += !(packet.payload[1] & 0x80) || t->sender.repeats == 2;
        pass(t, &packet);
    } else {
        (void)loses(&t->net); /* sound */
    }
    t->ticks++;
}

static void dial(struct talk *t)
{
    for (size_t i = 0; i < KEYS; i++) /* some twice in a row */
        t->pressed[i] = "0123456789*#ABCD"[rng_below(&t->net.rng, 16) & (i % 3 ? 15 : 1)];
    assert_int_equal(rtp_event_push(&t->sender, slice_of(t->pressed)), 0);
    while (rtp_event_busy(&t->sender))
        tick(t);
}

static double talk(const struct row *row, uint64_t seed)
{
    static const struct media_adapt_can can = {
        .rate_bps = 64000, .ptime_ms = TICK_MS, .maxptime_ms = TICK_MS, .channels = 1};
    struct talk t = {.net = {.rng = rng_seeded(seed), .row = row}};

    media_adapt_init(&t.adapt, &can);
    rtp_event_sender_init(&t.sender);
    while (t.ticks < FIRST_KEY_TICKS)
        tick(&t);
    dial(&t);
    if (t.has_late)
        hear(&t, &t.late);
    assert_string_equal(t.heard, t.pressed);
    return (double)(t.key_ticks * TICK_MS) / KEYS;
}

static void check_row(void **state)
{
    const struct row *row = *state;
    double key_ms = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        key_ms += talk(row, seed) / SEEDS;
    print_message("%s: %d keys of %.0f ms each\n", row->name, SEEDS * KEYS, key_ms);
    assert_true(key_ms <= row->key_ms);
}

int main(void)
{
    return RUN_ROWS("phone/keys_lossy", rows, check_row);
}
