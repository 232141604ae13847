#include "tests/lib/rows.h"

#include <errno.h>

#include "rtp/event.h"

#define RATE 8000
#define TICK 160
#define MAX_PACKETS 400

/* Sends digits for as many packet times and keeps what goes out. */
struct run {
    struct rtp_event_packet packets[MAX_PACKETS];
    unsigned tick[MAX_PACKETS];
    unsigned n;
};

static struct run run_digits(const char *digits, unsigned ticks, uint32_t rate_hz)
{
    struct run run = {.n = 0};
    struct rtp_event_sender s;
    uint32_t samples = rate_hz / 50;

    rtp_event_sender_init(&s);
    assert_int_equal(rtp_event_push(&s, slice_of(digits)), 0);
    for (unsigned i = 0; i < ticks; i++)
        if (rtp_event_next(&s, 1000 + i * samples, samples, rate_hz, &run.packets[run.n]))
            run.tick[run.n++] = i;
    return run;
}

static unsigned duration_of(const struct rtp_event_packet *p)
{
    return (unsigned)(p->payload[2] << 8 | p->payload[3]);
}

static bool ends(const struct rtp_event_packet *p)
{
    return p->payload[1] & 0x80;
}

static void test_one_key(void **state)
{
    struct run run = run_digits("5", 60, RATE);

    (void)state;
    assert_int_equal(run.n, 7); /* 100 ms in five packets, the last of them three times */
    for (unsigned i = 0; i < run.n; i++) {
        assert_int_equal(run.tick[i], i);
        assert_int_equal(run.packets[i].payload[0], 5);
        assert_int_equal(run.packets[i].timestamp, 1000); /* RFC 4733 2.2.1: of its beginning */
        assert_int_equal(run.packets[i].marker, i == 0);
        assert_int_equal(ends(&run.packets[i]), i >= 4);
        assert_int_equal(duration_of(&run.packets[i]), i < 5 ? (i + 1) * TICK : 5 * TICK);
        assert_int_equal(run.packets[i].payload[1] & 0x40, 0); /* reserved */
    }
}

static void test_two_equal_keys_are_two_events(void **state)
{
    struct run run = run_digits("11", 60, RATE);

    (void)state;
    assert_int_equal(run.n, 14);
    assert_true(run.packets[7].marker);
    assert_int_equal(run.packets[7].timestamp, 1000 + 10 * TICK); /* 100 ms on, 100 ms off */
}

static void test_a_comma_waits_a_second(void **state)
{
    struct run run = run_digits("1,2", 100, RATE);

    (void)state;
    assert_int_equal(run.n, 14);
    assert_int_equal(run.tick[7], 60);
}

/* The clock of Opus: 0xffff is 1.37 s, a key of 100 ms is 4800. */
static void test_at_48_khz(void **state)
{
    struct run run = run_digits("#", 20, 48000);

    (void)state;
    assert_int_equal(run.n, 7);
    assert_int_equal(run.packets[0].payload[0], 11);
    assert_int_equal(duration_of(&run.packets[6]), 4800);
}

/* RFC 4733 2.5.1.3, seen by lying about the clock: 100 ms of a megahertz need two segments. */
static void test_a_long_key_goes_on_in_segments(void **state)
{
    struct run run = run_digits("9", 20, 1000000);
    struct rtp_event_receiver r = {0};
    unsigned keys = 0, segments = 1;

    (void)state;
    for (unsigned i = 0; i < run.n; i++) {
        struct slice payload = {(char *)run.packets[i].payload, RTP_EVENT_BYTES};

        if (i && run.packets[i].timestamp != run.packets[i - 1].timestamp) {
            segments++;
            assert_false(run.packets[i].marker);
            assert_false(ends(&run.packets[i - 1]));
            assert_int_equal(duration_of(&run.packets[i - 1]), 0xffff);
            assert_int_equal(run.packets[i].timestamp - run.packets[i - 1].timestamp, 0xffff);
        }
        keys += rtp_event_receive(&r, payload, run.packets[i].timestamp) != 0;
    }
    assert_true(segments > 1);
    assert_int_equal(keys, 1);
    /* What was told of in all is what the key lasted. */
    assert_int_equal(run.packets[run.n - 1].timestamp - 1000 + duration_of(&run.packets[run.n - 1]),
                     100000);
}

/* Nor does it end in a packet that cannot say all of it. */
static void test_a_key_that_ends_beyond_the_field(void **state)
{
    struct run run = run_digits("9", 20, 700000); /* 70,000 in five packets */

    (void)state;
    assert_int_equal(run.n, 8);
    assert_int_equal(duration_of(&run.packets[4]), 0xffff);
    assert_false(ends(&run.packets[4]));
    for (unsigned i = 5; i < run.n; i++) {
        assert_true(ends(&run.packets[i]));
        assert_int_equal(run.packets[i].timestamp, 1000 + 0xffff);
        assert_int_equal(duration_of(&run.packets[i]), 70000 - 0xffff);
    }
}

/* RFC 4733 2.3.4: of what is no tone it is 0. */
static void test_a_flash_has_no_volume(void **state)
{
    struct run flash = run_digits("!", 10, RATE), key = run_digits("D", 10, RATE);

    (void)state;
    for (unsigned i = 0; i < flash.n; i++) {
        assert_int_equal(flash.packets[i].payload[0], 16);
        assert_int_equal(flash.packets[i].payload[1] & 0x3f, 0);
        assert_int_equal(key.packets[i].payload[1] & 0x3f, 10);
    }
}

/* In which packet time the key 1 begins, where another codec is agreed on in packet time change. */
static unsigned one_begins(const char *digits, unsigned change, uint32_t before_hz,
                           uint32_t behind_hz)
{
    struct rtp_event_sender s;
    struct rtp_event_packet p;
    unsigned tick = 0;

    rtp_event_sender_init(&s);
    assert_int_equal(rtp_event_push(&s, slice_of(digits)), 0);
    for (; tick < MAX_PACKETS; tick++) {
        uint32_t rate_hz = tick < change ? before_hz : behind_hz;

        if (rtp_event_next(&s, tick, rate_hz / 50, rate_hz, &p) && p.payload[0] == 1)
            break;
    }
    return tick;
}

static void test_another_clock_changes_no_time(void **state)
{
    (void)state;
    assert_int_equal(one_begins("51", 0, RATE, RATE), 10);
    assert_int_equal(one_begins("51", 2, 48000, 8000), 10);
    assert_int_equal(one_begins("51", 2, 8000, 48000), 10);
    assert_int_equal(one_begins("51", 8, 48000, 8000), 10);
    assert_int_equal(one_begins(",1", 10, 48000, 8000), 50);
    assert_int_equal(one_begins(",1", 10, 8000, 48000), 50);
}

static void test_push_takes_all_or_nothing(void **state)
{
    struct rtp_event_sender s;
    struct rtp_event_packet p;
    char many[RTP_EVENT_QUEUE + 1];

    (void)state;
    rtp_event_sender_init(&s);
    assert_int_equal(rtp_event_push(&s, SLICE("12x")), -EINVAL);
    assert_false(rtp_event_busy(&s));
    assert_false(rtp_event_next(&s, 0, TICK, RATE, &p));
    for (size_t i = 0; i < sizeof many; i++)
        many[i] = '1';
    assert_int_equal(rtp_event_push(&s, (struct slice){many, sizeof many}), -ENOBUFS);
    assert_int_equal(rtp_event_push(&s, (struct slice){many, sizeof many - 1}), 0);
    assert_int_equal(rtp_event_push(&s, SLICE("1")), -ENOBUFS);
    assert_true(rtp_event_busy(&s));
}

static void test_what_is_dropped_is_counted(void **state)
{
    struct rtp_event_sender s;
    struct rtp_event_packet p;

    (void)state;
    rtp_event_sender_init(&s);
    assert_int_equal(rtp_event_drop(&s), 0);
    assert_int_equal(rtp_event_push(&s, SLICE("1,2p3")), 0);
    assert_true(rtp_event_next(&s, 0, TICK, RATE, &p)); /* the 1 has begun, and has not ended */
    assert_int_equal(rtp_event_drop(&s), 3);
    assert_false(rtp_event_busy(&s));
    assert_int_equal(rtp_event_push(&s, SLICE("4")), 0);
    assert_true(rtp_event_next(&s, 0, TICK, RATE, &p));
    assert_int_equal(p.payload[0], 4);
}

static void test_every_key_has_its_code(void **state)
{
    static const char keys[] = "0123456789*#ABCD!";

    (void)state;
    for (int i = 0; i < 17; i++) {
        assert_int_equal(rtp_event_code(keys[i]), i);
        assert_int_equal(rtp_event_digit((uint8_t)i), keys[i]);
    }
    assert_int_equal(rtp_event_code('b'), 13);
    assert_int_equal(rtp_event_code('\0'), -1);
    assert_int_equal(rtp_event_code('e'), -1);
    assert_int_equal(rtp_event_digit(17), 0);
    assert_int_equal(rtp_event_digit(255), 0);
}

/* Event packets as they arrive: timestamp, code, end, duration; and the keys that are told. */
static const struct row {
    const char *name, *keys;
    struct {
        uint32_t timestamp;
        uint8_t code, end;
        uint16_t duration;
    } in[8];
} rows[] = {
    {"a key is told once, at its start", "5",
     {{10, 5, 0, 160}, {10, 5, 0, 320}, {10, 5, 1, 480}, {10, 5, 1, 480}, {10, 5, 1, 480}}},
    {"the same key again has another timestamp", "55", {{10, 5, 1, 480}, {1610, 5, 1, 480}}},
    {"only the last end packet came through", "7", {{10, 7, 1, 800}}},
    {"no end packet came, another key follows", "78", {{10, 7, 0, 160}, {1610, 8, 0, 160}}},
    {"no end packet came, the same key follows", "77", {{10, 7, 0, 160}, {1610, 7, 0, 160}}},
    {"a late packet of the earlier key is not a new one", "12",
     {{10, 1, 0, 160}, {1610, 2, 0, 160}, {10, 1, 1, 480}, {1610, 2, 1, 480}}},
    {"an update that was overtaken", "1", {{10, 1, 0, 320}, {10, 1, 0, 160}, {10, 1, 1, 480}}},
    {"the clock wraps", "34", {{0xffffff00, 3, 1, 480}, {0x540, 4, 1, 480}}},
    {"a late packet of a long key, at 48 kHz", "12",
     {{10, 1, 0, 65440}, {130000, 2, 0, 960}, {10, 1, 0, 65500}, {130000, 2, 1, 1920}}},
    {"the clock began anew, far below", "123",
     {{0x10000000, 1, 1, 480}, {1000, 2, 0, 160}, {1000, 2, 1, 480}, {2600, 3, 1, 480}}},
    {"the clock has jumped ahead by more than half its range", "12",
     {{10, 1, 1, 480}, {0x90000000, 2, 0, 160}, {0x90000000, 2, 1, 480}}},
    {"codes above 16 are no keys", "", {{10, 17, 0, 160}, {10, 66, 1, 480}}},
    {"a long key in two segments", "1",
     {{10, 1, 0, 65440}, {65450, 1, 0, 160}, {65450, 1, 1, 320}}},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct rtp_event_receiver r = {0};
    char keys[9] = "";
    size_t n = 0;

    for (size_t i = 0; i < 8 && row->in[i].duration; i++) {
        uint8_t payload[4] = {row->in[i].code, (uint8_t)(row->in[i].end << 7 | 10),
                              (uint8_t)(row->in[i].duration >> 8), (uint8_t)row->in[i].duration};
        char key = rtp_event_receive(&r, (struct slice){(char *)payload, 4}, row->in[i].timestamp);

        if (key)
            keys[n++] = key;
        assert_int_equal(
            rtp_event_receive(&r, (struct slice){(char *)payload, 3}, row->in[i].timestamp + 1), 0);
    }
    assert_string_equal(keys, row->keys);
}

int main(void)
{
    static const struct CMUnitTest rest[] = {
        cmocka_unit_test(test_one_key),
        cmocka_unit_test(test_two_equal_keys_are_two_events),
        cmocka_unit_test(test_a_comma_waits_a_second),
        cmocka_unit_test(test_at_48_khz),
        cmocka_unit_test(test_a_long_key_goes_on_in_segments),
        cmocka_unit_test(test_a_key_that_ends_beyond_the_field),
        cmocka_unit_test(test_a_flash_has_no_volume),
        cmocka_unit_test(test_another_clock_changes_no_time),
        cmocka_unit_test(test_push_takes_all_or_nothing),
        cmocka_unit_test(test_what_is_dropped_is_counted),
        cmocka_unit_test(test_every_key_has_its_code),
    };

    return RUN_ROWS("rtp/event", rows, check_row) +
           cmocka_run_group_tests_name("rtp/event", rest, NULL, NULL);
}
