#include "tests/lib/rows.h"

#include "rtp/rtcp_timing.h"

/* RFC 3550 6.3.1 before randomisation: members, senders, we send, session bandwidth. */
static const struct row {
    const char *name;
    unsigned members, senders;
    bool we_sent, initial;
    uint32_t bps;
    double least_ms, most_ms;
} rows[] = {
    {"two parties at 64 kbit/s: the minimum, never above 5 s", 2, 2, true, false, 64000, 5000, 5000},
    {"the reduced minimum of 6.2 for fast sessions", 2, 2, true, false, 144000, 2500, 2500},
    {"a floor of 1 s for very fast ones", 2, 2, true, false, 10000000, 1000, 1000},
    {"half the minimum before the first report", 2, 2, true, true, 64000, 2500, 2500},
    {"a thousand receivers share three quarters", 1001, 1, false, false, 64000, 370000, 380000},
    {"the only sender has a quarter for itself", 1001, 1, true, false, 64000, 5000, 5000},
    {"with many senders all share all", 100, 50, true, false, 64000, 27000, 29000},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct rng rng = rng_seeded(3);
    struct rtcp_timing t;
    double ms;

    rtcp_timing_init(&t, row->bps, 0, &rng);
    rtcp_timing_members(&t, row->members, row->senders, row->we_sent, 0);
    t.initial = row->initial;
    ms = rtcp_timing_interval_ms(&t);
    assert_true(ms >= row->least_ms && ms <= row->most_ms);
}

/* The mean of the randomised interval is the interval: reconsideration shortens what compensation
 * lengthens. */
static void test_reports_come_at_the_right_rate(void **state)
{
    struct rng rng = rng_seeded(11);
    struct rtcp_timing t;
    uint64_t now = 1000, last = 0;
    unsigned sent = 0;

    (void)state;
    rtcp_timing_init(&t, 64000, now, &rng);
    rtcp_timing_members(&t, 2, 2, true, now);
    assert_true(t.next_ms > now && t.next_ms <= now + 3200);
    for (; now < 3600 * 1000; now += 20)
        if (rtcp_timing_due(&t, now, &rng)) {
            if (sent > 1)
                assert_in_range(now - last, 2000, 7000);
            last = now;
            sent++;
            rtcp_timing_sent(&t, 100, now, &rng);
            assert_true(t.next_ms > now);
        }
    assert_in_range(sent, 3600 / 5 * 8 / 10, 3600 / 5 * 14 / 10);
}

/* 6.3.4: when members leave, the report that was due later comes nearer. */
static void test_reverse_reconsideration(void **state)
{
    struct rng rng = rng_seeded(5);
    struct rtcp_timing t;

    (void)state;
    rtcp_timing_init(&t, 64000, 0, &rng);
    rtcp_timing_members(&t, 1000, 0, false, 0);
    t.members_before = 1000;
    t.next_ms = 100000;
    rtcp_timing_members(&t, 100, 0, false, 50000);
    assert_int_equal(t.next_ms, 55000);
}

static void test_average_size_follows_slowly(void **state)
{
    struct rng rng = rng_seeded(5);
    struct rtcp_timing t;
    double before;

    (void)state;
    rtcp_timing_init(&t, 64000, 0, &rng);
    before = t.average_bytes;
    rtcp_timing_size(&t, 1000);
    assert_true(t.average_bytes > before + 50 && t.average_bytes < before + 70);
}

int main(void)
{
    static const struct CMUnitTest rest[] = {
        cmocka_unit_test(test_reports_come_at_the_right_rate),
        cmocka_unit_test(test_reverse_reconsideration),
        cmocka_unit_test(test_average_size_follows_slowly),
    };

    return RUN_ROWS("rtp/rtcp_timing", rows, check_row) +
           cmocka_run_group_tests_name("rtp/rtcp_timing", rest, NULL, NULL);
}
