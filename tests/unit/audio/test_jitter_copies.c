/* The jitter buffer and copies of packets (RFC 2198): what is lost is played from them. */
#include "audio/jitter.h"

#include "tests/lib/rows.h"

#include "base/rand.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MS = 8, PACKET = 20 * MS, MOST = 12 }; /* units of a clock of 8,000 Hz */

/* The i-th packet of a stream; its sequence number and timestamp wrap early. */
static struct jitter_packet packet(int i)
{
    return (struct jitter_packet){.ssrc = 1,
                                  .sequence = (uint16_t)(65534 + i),
                                  .timestamp = (uint32_t)(i - 3) * PACKET,
                                  .duration = PACKET,
                                  .payload_type = (uint8_t)i,
                                  .payload = SLICE("sound")};
}

/* Whose payload types are 100 more, to tell them apart. */
static int put_copy(struct jitter *j, int i, int carrier, unsigned nth)
{
    struct jitter_packet p = packet(i);
    uint16_t place;
    int err;

    p.sequence = packet(carrier).sequence;
    p.payload_type = (uint8_t)(100 + i);
    err = jitter_put_copy(j, &p, nth, &place);
    assert_true(err || place == packet(i).sequence);
    return err;
}

/* --- step by step ---------------------------------------------------------------------------- */

/* Packet i comes at 20 i ms, or so much later; one is asked for every 20 ms from 40 ms on. */
/* clang-format off */
static const struct row {
    const char *name;
    bool lost[MOST];
    unsigned late_ms[MOST];
    int copies[2]; /* how far back those are that each packet brings */
    bool fec;
    const char *played; /* numbers; +: from a copy, f: by FEC, -: invented, h: held, .: nothing */
    unsigned counted_lost, redundant, duplicates, late;
} rows[] = {
    {"copies of what came are not played", {0}, {0}, {1, 2}, false, "0 1 2 3 4 5 6 7", 0, 0, 0, 0},
    {"one that is lost is played from its copy", {[3] = true}, {0}, {1}, false,
     "0 1 2 +3 4 5 6 7", 1, 1, 0, 0},
    {"with two copies, two in a row", {[3] = true, [4] = true}, {0}, {1, 2}, true,
     "0 1 2 +3 +4 5 6 7", 2, 2, 0, 0},
    {"a copy goes before FEC", {[3] = true}, {0}, {1}, true, "0 1 2 +3 4 5 6 7", 1, 1, 0, 0},
    {"what no copy brings is got back by the FEC of one", {[3] = true, [4] = true}, {0}, {1}, true,
     "0 1 2 f104 +4 5 6 7", 2, 1, 0, 0},
    {"the packet itself goes before its copy", {0}, {[3] = 25}, {1}, false, "0 1 2 3 4 5 6 7", 0, 0,
     0, 0},
    {"a packet behind its played copy is a duplicate", {0}, {[3] = 60}, {1}, false,
     "0 1 2 +3 4 5 6 7", 1, 1, 1, 0},
    {"of the first that came there are no earlier ones", {[0] = true}, {0}, {1}, false,
     "1 2 3 4 5 6 7", 0, 0, 0, 0},
};
/* clang-format on */

static void note(char *text, size_t room, const struct jitter_decision *what)
{
    char one[16] = "";

    if (what->action == JITTER_DECODE && what->payload_type >= 100)
        snprintf(one, sizeof one, "+%u", what->payload_type - 100);
    else if (what->action == JITTER_DECODE)
        snprintf(one, sizeof one, "%u", what->payload_type);
    else if (what->action == JITTER_FEC)
        snprintf(one, sizeof one, "f%u", what->payload_type);
    else if (what->action != JITTER_WAIT)
        snprintf(one, sizeof one, "%c", what->action == JITTER_HOLD ? 'h' : '-');
    if (*one)
        snprintf(text + strlen(text), room - strlen(text), "%s%s", *text ? " " : "", one);
}

static void arrive(struct jitter *j, const struct row *row, int i, uint64_t now_us)
{
    struct jitter_packet p = packet(i);

    p.fec = p.carries = row->fec;
    jitter_put(j, &p, now_us);
    for (unsigned c = 0; c < ARRAY_LEN(row->copies); c++)
        if (row->copies[c] && i >= row->copies[c]) {
            struct jitter_packet copy = packet(i - row->copies[c]);
            uint16_t place;

            copy.sequence = p.sequence;
            copy.payload_type = (uint8_t)(copy.payload_type + 100);
            copy.fec = copy.carries = row->fec;
            jitter_put_copy(j, &copy, c + 1, &place);
        }
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct jitter_config config = {.clock_hz = 8000};
    struct jitter_decision what;
    struct jitter_stats stats;
    struct jitter *j;
    char played[100] = "";

    assert_int_equal(jitter_new(&config, &j), 0);
    for (unsigned ms = 0; ms <= 240; ms += 5) {
        for (int i = 0; i < 8; i++)
            if (!row->lost[i] && ms == (unsigned)i * 20 + row->late_ms[i])
                arrive(j, row, i, ms * 1000);
        if (ms < 40 || ms % 20 || (ms - 40) / 20 >= 8)
            continue;
        jitter_get(j, ms * 1000, 0, &what);
        note(played, sizeof played, &what);
    }
    jitter_stats(j, &stats);
    assert_string_equal(played, row->played);
    assert_int_equal(stats.lost, row->counted_lost);
    assert_int_equal(stats.redundant, row->redundant);
    assert_int_equal(stats.duplicates, row->duplicates);
    assert_int_equal(stats.late, row->late);
    jitter_free(j);
}

/* The sender says nothing for a second, or sends digits, between the packets: sequence numbers and
 * timestamps do not go on alike. */
static void test_a_copy_behind_a_pause_finds_its_place(void **state)
{
    struct jitter_config config = {.clock_hz = 8000};
    struct jitter_packet p;
    struct jitter_stats stats;
    struct jitter *j;
    uint16_t place;

    (void)state;
    assert_int_equal(jitter_new(&config, &j), 0);
    for (int i = 0; i < 3; i++) {
        p = packet(i);
        jitter_put(j, &p, (uint64_t)i * 20000);
    }
    p = packet(4); /* 3 is lost, and was the first of another spurt of talk */
    p.timestamp += 8000;
    jitter_put(j, &p, 1080000);
    p = packet(3);
    p.sequence = packet(4).sequence;
    p.timestamp += 8000;
    assert_int_equal(jitter_put_copy(j, &p, 1, &place), 0);
    assert_int_equal(place, packet(3).sequence);
    jitter_stats(j, &stats);
    assert_int_equal(stats.waiting, 5);
    assert_int_equal(jitter_put_copy(j, &p, 2, &place), -EEXIST);
    jitter_free(j);
}

/* A digit has no moment of its own: what it brings along is played, and says nothing of how long to
 * wait for copies. */
static void test_copies_that_come_with_digits(void **state)
{
    struct jitter_config config = {.clock_hz = 8000};
    struct jitter_decision what;
    struct jitter_stats stats;
    struct jitter *j;

    (void)state;
    assert_int_equal(jitter_new(&config, &j), 0);
    for (int i = 0; i < 400; i++) {
        struct jitter_packet p = packet(i);

        if (i % 4 == 1)
            continue;
        p.duration = i % 4 == 3 ? 0 : p.duration;
        jitter_put(j, &p, (uint64_t)i * 20000);
        if (i % 4 == 3)
            put_copy(j, i - 2, i, 2);
        jitter_get(j, (uint64_t)i * 20000, 0, &what);
    }
    jitter_stats(j, &stats);
    assert_true(stats.redundant > 50);
    assert_in_range(stats.target_ms, 20, 60);
    jitter_free(j);
}

/* n packets in time from the i-th on, each with a copy of the one four before where there are
 * copies; returns what comes next. */
static int come(struct jitter *j, int i, int n, bool copies)
{
    for (int end = i + n; i < end; i++) {
        struct jitter_packet p = packet(i);
        struct jitter_decision what;

        jitter_put(j, &p, (uint64_t)i * 20000);
        if (copies)
            put_copy(j, i - 4, i, 1);
        jitter_get(j, (uint64_t)i * 20000, 0, &what);
    }
    return i;
}

static unsigned target_ms(const struct jitter *j)
{
    struct jitter_stats stats;

    jitter_stats(j, &stats);
    return stats.target_ms;
}

static void test_copies_that_begin_behind_losses_are_waited_for(void **state)
{
    struct jitter_config config = {.clock_hz = 8000};

    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        struct jitter *j;
        int i;

        assert_int_equal(jitter_new(&config, &j), 0);
        i = come(j, 4, 200, false) + lost;
        i = come(j, i, 50, false);
        assert_in_range(target_ms(j), 20, 30);
        i = come(j, i, 2, true);
        if (lost)
            assert_in_range(target_ms(j), 80, 100);
        else
            assert_in_range(target_ms(j), 20, 30);
        i = come(j, i, 800, true); /* which nobody needed */
        assert_in_range(target_ms(j), 20, 30);
        jitter_free(j);
    }
}

static void test_a_burst_is_no_delay_where_copies_are_waited_for(void **state)
{
    struct jitter_config config = {.clock_hz = 8000};
    struct jitter_decision what;
    struct jitter *j;
    int i;

    (void)state;
    assert_int_equal(jitter_new(&config, &j), 0);
    i = come(j, 4, 200, false) + 1;
    i = come(j, i, 50, false);
    i = come(j, i, 20, true);
    jitter_flush(j); /* what comes now is held back for as long as is wanted */
    i = come(j, i, 40, true);
    assert_in_range(target_ms(j), 80, 100);
    for (int lost = 0; lost < 3; lost++, i++) {
        jitter_get(j, (uint64_t)i * 20000, 0, &what);
        assert_int_equal(what.action, JITTER_DECODE);
        assert_int_not_equal(what.stretch, JITTER_EXPAND);
    }
    jitter_free(j);
}

struct listener {
    struct jitter *jitter;
    struct jitter_decision what; /* the latest */
    int i;                       /* packet that is sent next */
    uint64_t play_us;
};

/* n packets are sent, as above, of which those come whose letter in came is not x, and the sound is
 * played as it is asked for. */
static void hear(struct listener *l, const char *came, bool copies)
{
    for (; *came; came++, l->i++) {
        struct jitter_packet p = packet(l->i);
        uint64_t now_us = (uint64_t)l->i * 20000;

        p.fec = p.carries = true;
        if (*came != 'x') {
            jitter_put(l->jitter, &p, now_us);
            if (copies)
                put_copy(l->jitter, l->i - 4, l->i, 1);
        }
        for (; l->play_us <= now_us; l->play_us += (uint64_t)l->what.duration * 1000 / MS)
            jitter_get(l->jitter, l->play_us, 0, &l->what);
    }
}

/* Who has lost one a second ago, and now gets copies. */
static void begin_listening(struct listener *l)
{
    struct jitter_config config = {.clock_hz = 8000};

    *l = (struct listener){.i = 4, .play_us = 80000};
    assert_int_equal(jitter_new(&config, &l->jitter), 0);
    hear(l, "....................x..................................................", false);
    hear(l, "..", true);
    assert_in_range(target_ms(l->jitter), 80, 100);
}

static void test_room_for_copies_is_made_in_pauses(void **state)
{
    struct listener l;

    (void)state;
    begin_listening(&l);
    hear(&l, "..", true);
    assert_int_equal(l.what.action, JITTER_DECODE);
    assert_int_equal(l.what.stretch, JITTER_EXPAND);
    assert_true(l.what.in_pauses);
    jitter_free(l.jitter);
}

/* Three are lost while not enough is held back for their copies: these are waited for and played,
 * and those of the next three come in time. */
static void test_room_for_copies_is_made_where_sound_is_missing(void **state)
{
    struct jitter_stats before, after;
    struct listener l;

    (void)state;
    begin_listening(&l);
    for (int burst = 0; burst < 2; burst++) {
        jitter_stats(l.jitter, &before);
        hear(&l, "....................xxx....................", true);
        jitter_stats(l.jitter, &after);
        assert_int_equal(after.redundant - before.redundant, 3);
        assert_in_range(after.held_ms + after.concealed_ms - before.held_ms - before.concealed_ms,
                        burst ? 0 : 40, burst ? 10 : 90);
    }
    jitter_free(l.jitter);
}

static void test_copies_that_lie_are_refused(void **state)
{
    struct jitter_config config = {.clock_hz = 8000};
    struct jitter_packet p = packet(0);
    struct jitter_stats stats;
    struct jitter *j;
    uint16_t place;

    (void)state;
    assert_int_equal(jitter_new(&config, &j), 0);
    assert_true(put_copy(j, 0, 1, 1) < 0); /* before anything has come */
    jitter_put(j, &p, 0);
    p = packet(4);
    jitter_put(j, &p, 80000);
    assert_true(put_copy(j, 9, 4, 1) < 0);  /* of the future */
    assert_true(put_copy(j, -9, 4, 1) < 0); /* of before the first */
    assert_true(put_copy(j, 2, 3, 1) < 0);  /* with a packet that has not come */
    assert_true(put_copy(j, 2, 4, 0) < 0);
    p = packet(2);
    p.sequence = packet(4).sequence;
    p.timestamp += 7; /* between two places: the nearest, and once */
    assert_int_equal(jitter_put_copy(j, &p, 1, &place), 0);
    assert_true(put_copy(j, 2, 4, 1) < 0 || put_copy(j, 1, 4, 1) < 0 || put_copy(j, 3, 4, 1) < 0);
    jitter_stats(j, &stats);
    assert_true(stats.waiting <= 5);
    jitter_free(j);
}

/* --- a minute of a bad network --------------------------------------------------------------- */

/* clang-format off */
static const struct network {
    const char *name;
    unsigned loss;     /* % of packets, */
    double burst;      /* so many in a row on the average; 0: at random */
    unsigned jitter_ms;
    int copies[2];
    unsigned target_min_ms, target_max_ms;
    unsigned recovered_min, held_max; /* of 100 lost; per mille of the time */
} networks[] = {
    {"nothing is held back while nothing is lost", 0, 0, 0, {1, 2}, 20, 20, 0, 0},
    {"a packet for one in 500, and not for its copies", 0, 0.2, 0, {4, 8}, 20, 27, 0, 5},
    {"2 % lost, and the one before", 2, 0, 0, {1}, 24, 27, 90, 5},
    {"2 % lost, and the one before, with jitter", 2, 0, 5, {1}, 27, 32, 90, 5},
    {"10 % lost, and the one before: time for the next one", 10, 0, 0, {1}, 44, 47, 85, 14},
    {"10 % lost, and the one before, with jitter", 10, 0, 30, {1}, 45, 65, 85, 30},
    {"20 % lost, and the two before", 20, 0, 0, {1, 2}, 60, 70, 92, 20},
    {"10 % in bursts of 3, and the one before does little", 10, 3, 0, {1}, 24, 47, 25, 100},
    {"10 % in bursts of 3, and those four and eight before", 10, 3, 0, {4, 8}, 160, 190, 85, 40},
    {"20 % in bursts of 3, and those five and ten before", 20, 3, 0, {5, 10}, 204, 229, 80, 60},
};
/* clang-format on */

static bool is_lost(const struct network *net, struct rng *rng, bool before)
{
    double p = net->loss / 100.0, stay = net->burst > 1 ? 1 - 1 / net->burst : 0;
    double enter = stay > 0 ? (1 - stay) * p / (1 - p) : p;

    if (net->loss == 0 && net->burst > 0)
        enter = net->burst / 100;
    return rng_below(rng, 1000000) < 1000000 * (before && stay > 0 ? stay : enter);
}

static void check_network(void **state)
{
    const struct network *net = *state;
    struct jitter_config config = {.clock_hz = 8000};
    struct rng rng = rng_seeded(11);
    struct jitter_decision what;
    struct jitter_stats stats;
    struct jitter *j;
    uint64_t play_us = 0;
    bool lost = false;

    assert_int_equal(jitter_new(&config, &j), 0);
    for (int i = 0; i < 3000; i++) {
        uint64_t now_us =
            (uint64_t)i * 20000 + (uint64_t)rng_below(&rng, net->jitter_ms * 1000 + 1);
        struct jitter_packet p = packet(i);

        for (; play_us < now_us; play_us += (uint64_t)what.duration * 1000 / MS) {
            jitter_get(j, play_us, 0, &what);
            if (what.stretch == JITTER_ACCELERATE) /* by a twentieth, as speech is */
                what.duration -= what.duration / 20;
            if (what.stretch == JITTER_EXPAND)
                what.duration += what.duration / 20;
        }
        lost = is_lost(net, &rng, lost);
        if (lost)
            continue;
        jitter_put(j, &p, now_us);
        for (unsigned c = 0; c < 2; c++)
            if (net->copies[c] && i >= net->copies[c])
                put_copy(j, i - net->copies[c], i, c + 1);
    }
    jitter_stats(j, &stats);
    print_message("%s: %u ms, %u lost, %u redundant, %u held and %u concealed ms\n", net->name,
                  (unsigned)stats.target_ms, (unsigned)stats.lost, (unsigned)stats.redundant,
                  (unsigned)stats.held_ms, (unsigned)stats.concealed_ms);
    assert_in_range(stats.target_ms, net->target_min_ms, net->target_max_ms);
    assert_true(stats.redundant * 100 >= stats.lost * net->recovered_min);
    assert_true(stats.held_ms + stats.concealed_ms <= net->held_max * UINT64_C(60));
    jitter_free(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_copy_behind_a_pause_finds_its_place),
        cmocka_unit_test(test_copies_that_come_with_digits),
        cmocka_unit_test(test_copies_that_lie_are_refused),
        cmocka_unit_test(test_copies_that_begin_behind_losses_are_waited_for),
        cmocka_unit_test(test_room_for_copies_is_made_in_pauses),
        cmocka_unit_test(test_room_for_copies_is_made_where_sound_is_missing),
        cmocka_unit_test(test_a_burst_is_no_delay_where_copies_are_waited_for),
    };

    return RUN_ROWS("audio/jitter: copies", rows, check_row) +
           cmocka_run_group_tests_name("audio/jitter: copies, places", tests, NULL, NULL) +
           RUN_ROWS("audio/jitter: copies in a bad network", networks, check_network);
}
