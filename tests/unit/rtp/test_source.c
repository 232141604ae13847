#include "tests/lib/rows.h"

#include "rtp/session.h"
#include "rtp/source.h"

enum { END = -1 };

/* RFC 3550 A.1 as sequences of arrivals: which are accepted, and what the count says then. */
static const struct row {
    const char *name;
    long sequence[12];
    const char *verdicts; /* a: accepted, p: probation, r: refused */
    long lost;
    unsigned long extended;
} rows[] = {
    {"two in sequence end the probation", {10, 11, 12, END}, "paa", 0, 12},
    {"a gap on probation starts it anew", {10, 12, 13, 14, END}, "ppaa", 0, 14},
    {"a loss of two", {10, 11, 14, END}, "paa", 2, 14},
    {"reordering is no loss", {10, 11, 13, 12, 14, END}, "paaaa", 0, 14},
    {"a duplicate makes the loss negative", {10, 11, 12, 12, END}, "paaa", -1, 12},
    {"the number wraps", {65533, 65534, 65535, 0, 1, END}, "paaaa", 0, 65537},
    {"a late one from before the wrap", {65533, 65534, 0, 65535, 1, END}, "paaaa", 0, 65537},
    {"a lone jump is a stray", {10, 11, 20000, 12, END}, "para", 0, 12},
    {"the packet after the jump makes it true", {10, 11, 20000, 20001, 20002, END}, "paraa", 0,
     20002},
    {"a jump back makes it true as well", {30000, 30001, 5, 6, END}, "para", 0, 6},
    {"a gap of 2999 is loss", {10, 11, 3010, END}, "paa", 2998, 3010},
    {"a gap of 3000 is a jump", {10, 11, 3011, 3012, END}, "para", 0, 3012},
    {"99 back is reordering", {1000, 1001, 902, END}, "paa", -1, 1001},
    {"101 back is a jump", {1000, 1001, 900, END}, "par", 0, 1001},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct rtp_source s;

    rtp_source_init(&s, 1, (uint16_t)row->sequence[0]);
    for (size_t i = 0; row->sequence[i] != END; i++) {
        enum rtp_source_verdict v = rtp_source_packet(&s, (uint16_t)row->sequence[i]);

        assert_int_equal(row->verdicts[i], v == RTP_SOURCE_ACCEPT      ? 'a'
                                           : v == RTP_SOURCE_PROBATION ? 'p'
                                                                       : 'r');
    }
    assert_int_equal(rtp_source_lost(&s), row->lost);
    assert_int_equal(rtp_source_extended(&s), row->extended);
}

static void test_fraction_is_of_the_interval(void **state)
{
    struct rtp_source s;

    (void)state;
    rtp_source_init(&s, 1, 0);
    for (uint16_t i = 0; i <= 100; i++) /* the first counts for nothing */
        rtp_source_packet(&s, i);
    assert_int_equal(rtp_source_fraction_lost(&s), 0);
    for (uint16_t i = 101; i <= 200; i++)
        if (i % 4)
            rtp_source_packet(&s, i);
    rtp_source_packet(&s, 200);
    assert_int_equal(rtp_source_lost(&s), 24);
    assert_int_equal(rtp_source_fraction_lost(&s), 24 * 256 / 100);
    assert_int_equal(rtp_source_fraction_lost(&s), 0); /* nothing was expected since */
}

/* A.8 moves by a sixteenth of each difference in transit time. */
static void test_jitter(void **state)
{
    struct rtp_source s;

    (void)state;
    rtp_source_init(&s, 1, 0);
    rtp_source_jitter(&s, 0, 1000);
    rtp_source_jitter(&s, 160, 1160);
    assert_int_equal(rtp_source_jitter_now(&s), 0);
    rtp_source_jitter(&s, 320, 1320 + 160);
    assert_int_equal(rtp_source_jitter_now(&s), 10);
    for (uint32_t i = 0; i < 400; i++) /* each later one is early or late by 160 */
        rtp_source_jitter(&s, 480 + i * 160, 1480 + i * 160 + (i % 2 ? 160 : 0));
    assert_in_range(rtp_source_jitter_now(&s), 158, 160);
    rtp_source_jitter(&s, 0x80000000u, 5000); /* the sender's clock jumped */
    assert_in_range(rtp_source_jitter_now(&s), 148, 160);
    rtp_source_clock_changed(&s);
    assert_int_equal(rtp_source_jitter_now(&s), 0);
}

static void test_extend_around_the_wrap(void **state)
{
    struct rtp_source s;

    (void)state;
    rtp_source_init(&s, 1, 65534);
    rtp_source_packet(&s, 65534);
    rtp_source_packet(&s, 65535);
    rtp_source_packet(&s, 0);
    assert_int_equal(rtp_source_extend(&s, 65535), 65535);
    assert_int_equal(rtp_source_extend(&s, 0), 65536);
    assert_int_equal(rtp_source_extend(&s, 9), 65545);
}

static void test_session_counts(void **state)
{
    struct rng rng = rng_seeded(7);
    struct rtp_session s;
    struct rtp_packet a, b;
    uint32_t old;

    (void)state;
    rtp_session_init(&s, &rng);
    assert_true(s.sequence < 0x8000);
    a = rtp_session_next(&s, 8, 160);
    rtp_session_advance(&s, 160);
    rtp_session_advance(&s, 160); /* nothing was sent in this packet time */
    b = rtp_session_next(&s, 8, 160);
    assert_true(a.marker);
    assert_false(b.marker);
    assert_int_equal((uint16_t)(b.sequence - a.sequence), 1);
    assert_int_equal(b.timestamp - a.timestamp, 320);
    assert_int_equal(s.packets, 2);
    assert_int_equal(s.bytes, 320);
    rtp_session_pause(&s);
    assert_true(rtp_session_next(&s, 8, 160).marker);

    old = rtp_session_collide(&s, &rng); /* RFC 3550 8.2 */
    assert_int_equal(old, a.ssrc);
    assert_int_not_equal(s.ssrc, old);
    assert_int_equal(s.packets, 0);
    assert_false(s.sent);
}

int main(void)
{
    static const struct CMUnitTest rest[] = {
        cmocka_unit_test(test_fraction_is_of_the_interval),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_extend_around_the_wrap),
        cmocka_unit_test(test_session_counts),
    };

    return RUN_ROWS("rtp/source", rows, check_row) +
           cmocka_run_group_tests_name("rtp/source", rest, NULL, NULL);
}
