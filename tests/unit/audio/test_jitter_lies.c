/* The jitter buffer and packets whose timestamp is not that of their sequence number: a sender that
 * is broken, or somebody who means harm. */
#include "audio/jitter.h"

#include "tests/lib/rows.h"

enum {
    MS = 8, /* units of a clock of 8,000 Hz */
    PACKET_MS = 20,
    BEAT_MS = 10,
    FIRST = 250,  /* packet that lies, */
    EVERY = 50,   /* and then one a second, */
    BEHIND = 800, /* up to here */
    SECONDS = 20,
};

enum kind {
    ONCE,   /* a single packet lies */
    AGAIN,  /* one a second does */
    TWICE,  /* so does the network's copy of it */
    BESIDE, /* nobody lies, but once a second an older packet comes again with another stamp */
};

/* clang-format off */
static const struct row {
    const char *name;
    enum kind kind;
    int64_t by_ms;
    unsigned silence_ms; /* or invented, for each that lies; at most */
} rows[] = {
    {"one that is a packet ahead",              ONCE,   20,        20},
    {"one that comes twice, hours ahead",       TWICE,  167772160, 0},
    {"one that is 60 ms ahead",                 ONCE,   60,        0},
    {"one that is 100 ms ahead",                ONCE,   100,       0},
    {"one that is nearly two seconds ahead",    ONCE,   1900,      0},
    {"one that is more than that ahead",        ONCE,   2100,      0},
    {"one that is hours ahead",                 ONCE,   167772160, 0},
    {"one that says what the last one said",    ONCE,   -20,       0},
    {"one that is 100 ms behind",               ONCE,   -100,      0},
    {"one that is 130 ms behind",               ONCE,   -130,      0},
    {"one that is nearly two seconds behind",   ONCE,   -1900,     0},
    {"one that is hours behind",                ONCE,   -167772160, 0},
    {"one a second, a packet ahead",            AGAIN,  20,        22},
    {"one a second, 100 ms ahead",              AGAIN,  100,       0},
    {"one a second, nearly two seconds ahead",  AGAIN,  1900,      0},
    {"one a second, hours ahead",               AGAIN,  167772160, 0},
    {"one a second, 100 ms behind",             AGAIN,  -100,      0},
    {"one a second, nearly two seconds behind", AGAIN,  -1900,     0},
    {"one a second, hours behind",              AGAIN,  -167772160, 0},
    {"an old number, nearly two seconds ahead", BESIDE, 1900,      0},
    {"an old number, hours ahead",              BESIDE, 167772160, 0},
    {"an old number, hours behind",             BESIDE, -167772160, 0},
};
/* clang-format on */

struct play {
    struct jitter *j;
    int64_t queued;
    unsigned silence_ms, liars;
};

static struct jitter_packet packet(int i)
{
    return (struct jitter_packet){.ssrc = 1,
                                  .sequence = (uint16_t)(100 + i),
                                  .timestamp = 1000 + (uint32_t)i * PACKET_MS * MS,
                                  .duration = PACKET_MS * MS,
                                  .payload = SLICE("sound")};
}

static bool is_liar(const struct row *row, int i)
{
    return row->kind == ONCE || row->kind == TWICE
               ? i == FIRST
               : i >= FIRST && i < BEHIND && (i - FIRST) % EVERY == 0;
}

static void put(struct play *play, const struct row *row, int i, uint64_t now_us)
{
    struct jitter_packet p = packet(i), lie = packet(row->kind == BESIDE ? i - 5 : i);

    lie.timestamp += (uint32_t)(row->by_ms * MS);
    play->liars += is_liar(row, i);
    if (is_liar(row, i))
        jitter_put(play->j, &lie, now_us);
    if (is_liar(row, i) && row->kind == TWICE)
        jitter_put(play->j, &lie, now_us);
    if (!is_liar(row, i) || row->kind == BESIDE)
        assert_int_equal(jitter_put(play->j, &p, now_us), 0);
}

static void run_beat(struct play *play, uint64_t now_us)
{
    while (play->queued < BEAT_MS * MS) {
        uint32_t queued = play->queued > 0 ? (uint32_t)play->queued : 0;
        struct jitter_decision what;

        jitter_get(play->j, now_us, queued, &what);
        play->queued += what.duration;
        if (what.stretch != JITTER_AS_IS)
            play->queued += what.stretch == JITTER_EXPAND ? what.amount : -(int64_t)what.amount;
        if (play->liars && what.action != JITTER_DECODE)
            play->silence_ms += what.duration / MS;
    }
    play->queued -= BEAT_MS * MS;
}

static uint32_t delay_ms(const struct play *play)
{
    struct jitter_stats stats;

    jitter_stats(play->j, &stats);
    return stats.delay_ms;
}

static void a_lie_does_no_harm(void **state)
{
    const struct row *row = *state;
    struct jitter_config config = {.clock_hz = 8000};
    struct play play = {0};
    uint32_t before_ms = 0;

    assert_int_equal(jitter_new(&config, &play.j), 0);
    for (int now = 0; now < SECONDS * 1000; now += BEAT_MS) {
        uint64_t now_us = (uint64_t)now * 1000 + 1000;

        if (now == FIRST * PACKET_MS)
            before_ms = delay_ms(&play);
        if (now % PACKET_MS == 0)
            put(&play, row, now / PACKET_MS, now_us);
        run_beat(&play, now_us);
        if (now >= FIRST * PACKET_MS + 980) /* a second behind each */
            assert_in_range(delay_ms(&play), 0, before_ms + PACKET_MS);
    }
    print_message("# %u ms of silence for %u that lie\n", play.silence_ms, play.liars);
    assert_true(play.silence_ms <= row->silence_ms * play.liars);
    jitter_free(play.j);
}

/* What stays is believed, at the second packet. */
static void a_jump_that_stays_is_followed(void **state)
{
    static const int64_t by_ms[] = {-167772160, -60000, -1000, -40, 100, 1000, 60000, 167772160};

    (void)state;
    for (size_t n = 0; n < ARRAY_LEN(by_ms); n++) {
        struct row row = {"", BESIDE, by_ms[n], 0};
        struct jitter_config config = {.clock_hz = 8000};
        struct play play = {0};

        assert_int_equal(jitter_new(&config, &play.j), 0);
        for (int i = 0; i < 2 * FIRST; i++) {
            struct jitter_packet p = packet(i);

            p.timestamp += i < FIRST ? 0 : (uint32_t)(row.by_ms * MS);
            assert_int_equal(jitter_put(play.j, &p, (uint64_t)i * 20000), 0);
            play.liars += i == FIRST;
            run_beat(&play, (uint64_t)i * 20000);
            run_beat(&play, (uint64_t)i * 20000 + 10000);
        }
        print_message("# by %lld ms: %u ms of silence, delay %u ms\n", (long long)by_ms[n],
                      play.silence_ms, delay_ms(&play));
        assert_true(play.silence_ms <= 100);
        assert_true(delay_ms(&play) <= 60);
        jitter_free(play.j);
    }
}

/* Spurts of talk, between them silence of which no packet tells: afterwards the clock has jumped
 * (hold), or the way has become quicker. Neither is a lie, and neither delays what follows. */
static void a_pause_is_honest(void **state)
{
    static const struct {
        int pause_ms, jump_ms, slower_ms; /* slower: on the way, in every second spurt */
    } pauses[] = {{200, 60000, 0}, {1000, 60000, 0}, {3000, -60000, 0}, {600, 0, 120}};
    enum { SPURT = 75, SPURTS = 20 };

    (void)state;
    for (size_t n = 0; n < ARRAY_LEN(pauses); n++) {
        struct jitter_config config = {.clock_hz = 8000};
        struct play play = {0};
        int now = 0, i = 0;
        uint64_t sum_ms = 0;

        assert_int_equal(jitter_new(&config, &play.j), 0);
        for (int spurt = 0; spurt < SPURTS; spurt++) {
            int late_ms = spurt % 2 ? pauses[n].slower_ms : 0;
            int end = now + SPURT * PACKET_MS + pauses[n].pause_ms, sent = 0;

            for (; now < end; now += BEAT_MS) {
                int at_ms = end - pauses[n].pause_ms - (SPURT - sent) * PACKET_MS + late_ms;
                struct jitter_packet p = packet(i);

                p.timestamp += (uint32_t)(spurt * (pauses[n].pause_ms + pauses[n].jump_ms) * MS);
                if (sent < SPURT && now >= at_ms) {
                    jitter_put(play.j, &p, (uint64_t)now * 1000 + 1000);
                    sent++;
                    i++;
                }
                run_beat(&play, (uint64_t)now * 1000 + 1000);
                sum_ms += delay_ms(&play);
            }
        }
        print_message("# pauses of %d ms, %d ms, %d ms: %u ms\n", pauses[n].pause_ms,
                      pauses[n].jump_ms, pauses[n].slower_ms,
                      (unsigned)(sum_ms * BEAT_MS / (uint64_t)now));
        assert_true(sum_ms * BEAT_MS / (uint64_t)now <= 60);
        jitter_free(play.j);
    }
}

int main(void)
{
    struct CMUnitTest tests[2 + ARRAY_LEN(rows)] = {
        cmocka_unit_test(a_jump_that_stays_is_followed),
        cmocka_unit_test(a_pause_is_honest),
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        tests[2 + i] =
            (struct CMUnitTest){rows[i].name, a_lie_does_no_harm, NULL, NULL, (void *)&rows[i]};
    return cmocka_run_group_tests_name("audio/jitter, timestamps that lie", tests, NULL, NULL);
}
