/* The jitter buffer against networks made of numbers: each row sends a minute of packets through
 * one and plays what comes, ten milliseconds at a time. */
#include "audio/jitter.h"

#include "tests/lib/rows.h"

#include "base/rand.h"

#include <stdlib.h>
#include <string.h>

enum { CLOCK = 8000, SECONDS = 60, BEAT_MS = 10, STRETCH = CLOCK / 200 };

struct network {
    const char *name;
    unsigned packet_ms;   /* 0: 20 */
    unsigned delay_ms;    /* of each packet */
    unsigned jitter_ms;   /* and up to so much more */
    unsigned loss, again; /* % lost, % doubled */
    unsigned reorder;     /* % that are overtaken by the packet behind them */
    int drift_ppm;        /* the sender's clock is faster by */
    unsigned spike_ms;    /* every five seconds a packet, and all behind it, waits so long */
    unsigned restart;     /* every so many seconds another SSRC */
    uint16_t ceiling_ms;  /* 0: the highest */
    uint16_t first_sequence;
    uint32_t first_timestamp;
    bool no_stretch; /* hints are ignored */
    /* What must come of it. */
    unsigned target_min_ms, target_max_ms;
    unsigned concealed_max; /* in 1/1000 of the time */
    unsigned recovered_min; /* packets played by FEC */
    unsigned delay_max_ms;  /* at the end */
    unsigned worst_max_ms;  /* at any time; 0: any */
};

/* clang-format off */
static const struct network networks[] = {
    {.name = "an even network needs one packet of delay",
     .delay_ms = 30, .target_min_ms = 20, .target_max_ms = 20, .delay_max_ms = 40},
    {.name = "packets of 10 ms need as much",
     .packet_ms = 10, .delay_ms = 5, .target_min_ms = 10, .target_max_ms = 10, .delay_max_ms = 30},
    {.name = "packets of 60 ms need 60",
     .packet_ms = 60, .delay_ms = 5, .target_min_ms = 60, .target_max_ms = 60, .delay_max_ms = 80},
    {.name = "packets of 120 ms need 120",
     .packet_ms = 120, .target_min_ms = 120, .target_max_ms = 120, .delay_max_ms = 140},
    {.name = "jitter of 40 ms is covered",
     .delay_ms = 50, .jitter_ms = 40, .target_min_ms = 35, .target_max_ms = 45, .concealed_max = 25,
     .delay_max_ms = 70},
    {.name = "jitter of 100 ms is covered",
     .delay_ms = 50, .jitter_ms = 100, .target_min_ms = 95, .target_max_ms = 110,
     .concealed_max = 30, .delay_max_ms = 130},
    {.name = "jitter over 120 ms is not all waited for",
     .delay_ms = 50, .jitter_ms = 250, .target_min_ms = 130, .target_max_ms = 210,
     .concealed_max = 200, .delay_max_ms = 240},
    {.name = "jitter of 100 ms is waited for no longer than the ceiling says",
     .delay_ms = 50, .jitter_ms = 100, .ceiling_ms = 60, .target_min_ms = 60, .target_max_ms = 60,
     .concealed_max = 250, .delay_max_ms = 80, .worst_max_ms = 110},
    {.name = "a ceiling below one packet is one packet",
     .packet_ms = 60, .delay_ms = 5, .ceiling_ms = 20, .target_min_ms = 60, .target_max_ms = 60,
     .delay_max_ms = 80},
    {.name = "8 % loss are made good by the packets behind, for which there is time",
     .delay_ms = 20, .loss = 8, .target_min_ms = 40, .target_max_ms = 60, .concealed_max = 12,
     .recovered_min = 200, .delay_max_ms = 60},
    {.name = "20 % of packets overtaken cost a packet of delay",
     .delay_ms = 20, .reorder = 20, .target_min_ms = 20, .target_max_ms = 45, .concealed_max = 10,
     .delay_max_ms = 60},
    {.name = "doubled packets are played once",
     .delay_ms = 20, .jitter_ms = 10, .again = 30, .target_min_ms = 20, .target_max_ms = 20,
     .concealed_max = 5, .delay_max_ms = 40},
    {.name = "a sender 2000 ppm fast is caught up with",
     .delay_ms = 20, .drift_ppm = 2000, .target_min_ms = 20, .target_max_ms = 30,
     .concealed_max = 4, .delay_max_ms = 50},
    {.name = "a sender 2000 ppm slow is waited for",
     .delay_ms = 20, .drift_ppm = -2000, .target_min_ms = 20, .target_max_ms = 30,
     .concealed_max = 5, .delay_max_ms = 50},
    {.name = "a fast sender without stretching loses no more than the excess",
     .delay_ms = 20, .drift_ppm = 2000, .no_stretch = true, .target_min_ms = 20,
     .target_max_ms = 30, .concealed_max = 2, .delay_max_ms = 260},
    {.name = "a spike of 150 ms is played late, and forgotten again",
     .delay_ms = 20, .spike_ms = 150, .target_min_ms = 20, .target_max_ms = 150,
     .concealed_max = 30, .delay_max_ms = 170},
    {.name = "sequence numbers and timestamps wrap",
     .delay_ms = 30, .jitter_ms = 30, .loss = 2, .first_sequence = 65500,
     .first_timestamp = 0xffffff00u, .target_min_ms = 40, .target_max_ms = 48,
     .concealed_max = 45, .recovered_min = 20, .delay_max_ms = 60},
    {.name = "another SSRC begins anew, and what was learnt stays",
     .delay_ms = 30, .jitter_ms = 60, .restart = 10, .target_min_ms = 55, .target_max_ms = 75,
     .concealed_max = 35, .delay_max_ms = 90},
};
/* clang-format on */

struct arrival {
    uint64_t us;
    unsigned order; /* among those of one time */
    struct jitter_packet packet;
    uint32_t number;
};

static int earlier(const void *a, const void *b)
{
    const struct arrival *x = a, *y = b;

    if (x->us != y->us)
        return x->us < y->us ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

/* All packets of the minute, in the order in which they come; returns how many. */
static size_t send_all(const struct network *net, struct arrival *out, uint32_t *sent)
{
    struct rng rng = rng_seeded(7);
    unsigned packet_ms = net->packet_ms ? net->packet_ms : 20;
    uint32_t n = SECONDS * 1000 / packet_ms, units = CLOCK / 1000 * packet_ms;
    size_t got = 0;
    uint64_t not_before = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint64_t left = (uint64_t)((int64_t)i * packet_ms * (1000000 - net->drift_ppm) / 1000);
        struct arrival a = {.number = i};

        a.us = left + (uint64_t)net->delay_ms * 1000;
        if (net->jitter_ms)
            a.us += rng_below(&rng, net->jitter_ms * 1000);
        if (net->reorder && rng_below(&rng, 100) < net->reorder)
            a.us += packet_ms * 1000 + 1000;
        if (net->spike_ms && i > 0 && i % (5000 / packet_ms) == 0)
            not_before = a.us + net->spike_ms * 1000;
        if (a.us < not_before)
            a.us = not_before;
        a.packet = (struct jitter_packet){
            .ssrc = 1 + (net->restart ? i * packet_ms / 1000 / net->restart : 0),
            .timestamp = net->first_timestamp + i * units,
            .sequence = (uint16_t)(net->first_sequence + i),
            .duration = units,
            .fec = true,
            .carries = true,
        };
        if (net->loss && rng_below(&rng, 100) < net->loss)
            continue;
        a.order = (unsigned)got;
        out[got++] = a;
        if (net->again && rng_below(&rng, 100) < net->again) {
            out[got] = a;
            out[got++].us += 500;
        }
    }
    qsort(out, got, sizeof *out, earlier);
    *sent = n;
    return got;
}

struct player {
    struct jitter *jitter;
    const struct network *net;
    int64_t queued;  /* units still to play */
    uint64_t played; /* units since the first packet, pauses included */
    uint64_t waited; /* units of pause after the first packet */
    int64_t last;    /* number of the packet decoded last */
    uint32_t decoded;
    uint64_t stretched; /* units taken away or added */
    int64_t gained;     /* taken away less added */
    uint32_t worst_ms;  /* delay of a packet */
};

static void play_one(struct player *p, uint64_t now_us)
{
    struct jitter_decision what;
    uint32_t number;

    jitter_get(p->jitter, now_us, (uint32_t)p->queued, &what);
    assert_true(what.duration > 0 && what.duration <= CLOCK * 120 / 1000);
    p->queued += what.duration;
    if (p->last >= 0 || what.action != JITTER_WAIT)
        p->played += what.duration;
    if (what.action == JITTER_WAIT && p->last >= 0)
        p->waited += what.duration;
    if (what.action != JITTER_DECODE && what.action != JITTER_FEC)
        return;
    assert_int_equal(what.payload.n, sizeof number);
    memcpy(&number, what.payload.p, sizeof number);
    if (what.action == JITTER_FEC) {
        assert_true((int64_t)number >
                    p->last + 1); /* it carries the one before it, not yet played */
        p->last = (int64_t)number - 1;
        return;
    }
    assert_true((int64_t)number > p->last); /* in order, and never twice */
    p->last = number;
    p->decoded++;
    if (what.stretch != JITTER_AS_IS && !p->net->no_stretch) {
        int64_t by = what.amount < STRETCH ? what.amount : STRETCH;

        p->queued += what.stretch == JITTER_EXPAND ? by : -by;
        p->stretched += (uint64_t)by;
        p->gained += what.stretch == JITTER_EXPAND ? -by : by;
    }
}

static void note_delay(struct player *p)
{
    struct jitter_stats stats;

    jitter_stats(p->jitter, &stats);
    if (stats.delay_ms > p->worst_ms)
        p->worst_ms = stats.delay_ms;
}

/* Returns how many packets had come in time. */
static size_t play_all(struct player *p, struct arrival *arrivals, size_t n)
{
    size_t next = 0;

    for (uint64_t now_us = 0; now_us < SECONDS * 1000000ull; now_us += BEAT_MS * 1000) {
        for (; next < n && arrivals[next].us <= now_us; next++) {
            struct arrival *a = &arrivals[next];

            a->packet.payload = (struct slice){(char *)&a->number, sizeof a->number};
            jitter_put(p->jitter, &a->packet, a->us);
        }
        while (p->queued < CLOCK * BEAT_MS / 1000)
            play_one(p, now_us);
        note_delay(p);
        p->queued -= CLOCK * BEAT_MS / 1000;
    }
    return next;
}

static void check_network(void **state)
{
    const struct network *net = *state;
    struct jitter_config config = {
        .clock_hz = CLOCK, .packet_ms = 20, .max_ms = net->ceiling_ms};
    struct player p = {.net = net, .last = -1};
    struct arrival *arrivals = calloc(2 * SECONDS * 100 + 2, sizeof *arrivals);
    struct jitter_stats stats;
    uint32_t sent;
    size_t came, n = send_all(net, arrivals, &sent);

    assert_int_equal(jitter_new(&config, &p.jitter), 0);
    came = play_all(&p, arrivals, n);
    jitter_stats(p.jitter, &stats);
    print_message("# target %u delay %u (at worst %u) ms, late %u lost %u recovered %u discarded %u, concealed %u"
                  " ms, waited %u ms, stretched %u ms\n",
                  stats.target_ms, stats.delay_ms, p.worst_ms, (unsigned)stats.late, (unsigned)stats.lost,
                  (unsigned)stats.recovered, (unsigned)stats.discarded,
                  (unsigned)stats.concealed_ms, (unsigned)(p.waited / 8),
                  (unsigned)(p.stretched / 8));
    assert_in_range(stats.target_ms, net->target_min_ms, net->target_max_ms);
    assert_true(stats.delay_ms <= net->delay_max_ms);
    assert_true(net->worst_max_ms == 0 || p.worst_ms <= net->worst_max_ms);
    assert_int_equal(stats.ceiling_ms, net->ceiling_ms ? net->ceiling_ms : JITTER_MAX_MS);
    assert_true(stats.concealed_ms <= net->concealed_max * SECONDS);
    assert_true(stats.recovered >= net->recovered_min);
    assert_int_equal(stats.received, came);
    /* Each packet was played, lost, or dropped to win time back; a few are still on their way. */
    assert_in_range(p.decoded + stats.lost + stats.discarded, sent - 40, sent);
    if (net->again)
        assert_true(stats.duplicates > sent / 5);
    if (net->restart)
        assert_true(stats.restarts >=
                    SECONDS / net->restart - 1); /* more where old ones come late */
    if (!net->restart && !net->spike_ms)
        assert_int_equal(p.waited, 0);
    /* What was decided adds up to the time that went by. */
    assert_in_range((int64_t)p.played - p.gained, (SECONDS * 1000 - 300) * CLOCK / 1000,
                    (SECONDS * 1000 + 300) * CLOCK / 1000);
    jitter_free(p.jitter);
    free(arrivals);
}

int main(void)
{
    return RUN_ROWS("audio/jitter networks", networks, check_network);
}
