#include "tests/lib/rows.h"

#include "rtp/loss.h"

#define GAP20 "...................."

/* A letter is a packet in its order: . came, x lost, d discarded, r repaired. Behind each pattern
 * comes so much that it is settled, without a loss. */
static const struct row {
    const char *name, *packets;
    uint8_t loss, discard, burst_density, gap_density; /* of 256 */
    uint16_t burst_ms, gap_ms;                         /* with packets of 20 ms */
} rows[] = {
    {"nothing is lost", GAP20, 0, 0, 0, 0, 0, 400},
    {"a lone loss is in a gap", GAP20 "x" GAP20, 256 / 41, 0, 0, 256 / 41, 0, 820},
    {"five in a row are a burst of density 1", GAP20 "xxxxx" GAP20, 5 * 256 / 45, 0, 255, 0, 100,
     820},
    {"two losses with 15 between them are a burst", GAP20 "x...............x" GAP20, 512 / 57, 0,
     30, 0, 340, 820},
    {"with 16 between them they are not", GAP20 "x................x" GAP20, 512 / 58, 0, 0,
     512 / 58, 0, 1160},
    {"discarded packets are in bursts as lost ones", GAP20 "xdxd" GAP20, 512 / 44, 512 / 44, 255, 0,
     80, 820},
    {"what was repaired is no loss", GAP20 "rrrrr" GAP20, 0, 0, 0, 0, 0, 900},
    {"the mean of two bursts", GAP20 "xx" GAP20 "xxxx" GAP20, 6 * 256 / 66, 0, 255, 0, 60, 620},
    {"the first of all stands alone", "...x" GAP20, 256 / 24, 0, 0, 256 / 24, 0, 480},
};

static void note(struct rtp_loss *l, uint32_t sequence, char letter)
{
    if (letter == 'x')
        return;
    rtp_loss_note(l, sequence,
                  letter == 'd'   ? RTP_LOSS_DISCARDED
                  : letter == 'r' ? RTP_LOSS_REPAIRED
                                  : RTP_LOSS_CAME);
}

static uint32_t play(struct rtp_loss *l, uint32_t sequence, const char *packets)
{
    for (; *packets; packets++)
        note(l, sequence++, *packets);
    return sequence;
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct rtp_loss l = {0};
    struct xr_voip got = {0};
    uint32_t end = play(&l, UINT32_MAX - 10, row->packets); /* the numbers wrap on the way */

    rtp_loss_note(&l, end + RTP_LOSS_WAIT - 1, RTP_LOSS_CAME); /* settles all before end */
    assert_int_equal(l.next, end);
    rtp_loss_metrics(&l, 20, &got);
    assert_int_equal(got.loss, row->loss);
    assert_int_equal(got.discard, row->discard);
    assert_int_equal(got.burst_density, row->burst_density);
    assert_int_equal(got.gap_density, row->gap_density);
    assert_int_equal(got.burst_ms, row->burst_ms);
    assert_int_equal(got.gap_ms, row->gap_ms);
    assert_int_equal(got.gmin, 16);
}

static void test_overtaken_packets_are_not_lost(void **state)
{
    struct rtp_loss l = {0};

    (void)state;
    rtp_loss_note(&l, 0, RTP_LOSS_CAME);
    for (uint32_t i = 1; i < 300; i++)
        rtp_loss_note(&l, i % 50 ? i ^ 1 : i, RTP_LOSS_CAME);
    rtp_loss_note(&l, 200, RTP_LOSS_CAME); /* a copy, long settled */
    rtp_loss_note(&l, 299, RTP_LOSS_DISCARDED);
    rtp_loss_note(&l, 299 + RTP_LOSS_WAIT, RTP_LOSS_CAME);
    assert_true(l.expected == 300);
    assert_true(l.lost <= 7); /* what the pattern above leaves out */
    assert_true(l.dropped == 0);
}

static void test_a_long_outage_costs_no_time(void **state)
{
    struct rtp_loss l = {0};
    struct xr_voip got = {0};

    (void)state;
    for (uint32_t i = 0; i < 100; i++)
        rtp_loss_note(&l, i, RTP_LOSS_CAME);
    rtp_loss_note(&l, 1u << 30, RTP_LOSS_CAME);
    assert_true(l.expected == (1u << 30) - RTP_LOSS_WAIT + 1);
    assert_true(l.lost == l.expected - 100);
    rtp_loss_metrics(&l, 20, &got);
    assert_int_equal(got.loss, 255);
    assert_int_equal(got.burst_ms, UINT16_MAX);
}

static void test_runs_are_those_since_the_last_report(void **state)
{
    struct rtp_loss l = {0};
    struct xr_runs runs;
    uint32_t end = play(&l, 65530, GAP20 "xx." GAP20);

    (void)state;
    rtp_loss_note(&l, end + RTP_LOSS_WAIT - 1, RTP_LOSS_CAME);
    rtp_loss_runs(&l, 9, &runs);
    assert_int_equal(runs.ssrc, 9);
    assert_int_equal(runs.first, 65530);
    assert_int_equal(runs.n, 43);
    assert_true(runs.came[0] == 0x7ffffcfffff);
    rtp_loss_runs(&l, 9, &runs);
    assert_int_equal(runs.n, 0);
    rtp_loss_note(&l, end + RTP_LOSS_WAIT + 1, RTP_LOSS_CAME); /* end and end + 1 never came */
    rtp_loss_runs(&l, 9, &runs);
    assert_int_equal(runs.first, (uint16_t)end);
    assert_int_equal(runs.n, 2);
    assert_true(runs.came[0] == 0);
}

/* A stall of the network: what came behind it was too much to be played, of which some is settled
 * by then. */
static void test_what_is_thrown_away_later_is_discarded(void **state)
{
    struct rtp_loss l = {0};
    struct xr_voip got = {0};
    struct xr_loss left;
    uint32_t end = play(&l, UINT32_MAX - 10, GAP20 GAP20 GAP20);

    (void)state;
    assert_int_equal(l.next, end - RTP_LOSS_WAIT);
    for (uint32_t i = end - RTP_LOSS_WAIT - 4; i != end - RTP_LOSS_WAIT + 4; i++)
        rtp_loss_note(&l, i, RTP_LOSS_DROPPED);
    rtp_loss_note(&l, end + RTP_LOSS_WAIT - 1, RTP_LOSS_CAME);
    rtp_loss_metrics(&l, 20, &got);
    assert_int_equal(got.loss, 0);
    assert_int_equal(got.discard, 8 * 256 / 60);
    assert_int_equal(got.burst_density, 255);
    assert_int_equal(got.burst_ms, 160);
    rtp_loss_left(&l, &left);
    assert_int_equal(left.expected, 60);
    assert_int_equal(left.lost, 8);
    assert_int_equal(left.runs, 1);
}

static void test_a_copy_that_is_thrown_away_repairs_nothing(void **state)
{
    struct rtp_loss l = {0};
    uint32_t end = play(&l, 10, GAP20 "r.");

    (void)state;
    rtp_loss_note(&l, end - 2, RTP_LOSS_DROPPED);
    rtp_loss_note(&l, end + RTP_LOSS_WAIT - 1, RTP_LOSS_CAME);
    assert_int_equal(l.lost, 1);
    assert_int_equal(l.dropped, 0);
}

static void test_a_restart_counts_nothing_as_lost(void **state)
{
    struct rtp_loss l = {0};

    (void)state;
    play(&l, 10, GAP20);
    rtp_loss_restart(&l);
    play(&l, 50000, GAP20);
    rtp_loss_note(&l, 50000 + 20 + RTP_LOSS_WAIT - 1, RTP_LOSS_CAME);
    assert_true(l.lost == 0 && l.expected == 20);
}

int main(void)
{
    static const struct CMUnitTest rest[] = {
        cmocka_unit_test(test_overtaken_packets_are_not_lost),
        cmocka_unit_test(test_a_long_outage_costs_no_time),
        cmocka_unit_test(test_runs_are_those_since_the_last_report),
        cmocka_unit_test(test_what_is_thrown_away_later_is_discarded),
        cmocka_unit_test(test_a_copy_that_is_thrown_away_repairs_nothing),
        cmocka_unit_test(test_a_restart_counts_nothing_as_lost),
    };

    return RUN_ROWS("rtp/loss", rows, check_row) +
           cmocka_run_group_tests_name("rtp/loss", rest, NULL, NULL);
}
