/* The E-model against values of its tables, and the figures of a second. */
#include "phone/quality.h"

#include <math.h>
#include <string.h>

#include "tests/lib/rows.h"

/* clang-format off */
static const struct row {
    const char *name, *codec;
    double delay_ms, loss_percent, run;
    double rating, within;
} rows[] = {
    {"G.107 table of parameters: R is 93.2 with all of its default values", "PCMU", 0, 0, 0, 93.2, 0.05},
    {"what is beyond hope is 0", "PCMU", 5000, 100, 0, 0, 0.001},
    /* Cole and Rosenbluth, Voice over IP performance monitoring (2001): the delay costs 0.024 d +
     * 0.11 (d - 177.3) H(d - 177.3), by which they stand in for the model up to some 300 ms. */
    {"a delay of 50 ms",  "PCMU",  50, 0, 0, 93.2 - 1.2, 0.5},
    {"a delay of 150 ms", "PCMU", 150, 0, 0, 93.2 - 3.6, 0.5},
    {"a delay of 250 ms", "PCMU", 250, 0, 0, 93.2 - 6 - 8.0, 0.5},
    {"a delay of 300 ms", "PCMU", 300, 0, 0, 93.2 - 7.2 - 13.5, 0.5},
    /* G.107 7.5 with Ie = 0, Bpl = 25.1 (G.113 appendix I) */
    {"loss of 1 %",  "PCMU",  0,  1, 0, 93.2 - 95 / 26.1, 0.05},
    {"loss of 5 %",  "pcma",  0,  5, 0, 93.2 - 95 * 5 / 30.1, 0.05},
    {"loss of 20 %", "opus",  0, 20, 0, 93.2 - 95 * 20 / 45.1, 0.05},
    {"a codec that is not concealed", "GSM", 0, 1, 0, 93.2 - 95 / 5.3, 0.05},
    /* BurstR 2, as in the tables of G.113 for bursty loss: 95 * 4 / (4 / 2 + 25.1) */
    {"loss of 4 % in runs of 2 / 0.96", "PCMU", 0, 4, 2 / 0.96, 93.2 - 95 * 4 / 27.1, 0.05},
    {"runs as long as by chance", "PCMU", 0, 10, 1 / 0.9, 93.2 - 95 * 10 / 35.1, 0.05},
    {"shorter runs than by chance count as chance", "PCMU", 0, 10, 1, 93.2 - 95 * 10 / 35.1, 0.05},
};

/* G.107 annex B: what the user categories end at. */
static const struct { double rating, mos; } scores[] = {
    {0, 1}, {3, 1}, {50, 2.58}, {60, 3.10}, {70, 3.60}, {80, 4.02}, {90, 4.34}, {93.2, 4.41},
    {100, 4.5}, {120, 4.5},
};
/* clang-format on */

static double rate(double delay_ms, double loss_percent)
{
    struct quality_path path = {"opus", delay_ms, loss_percent, 0};

    return quality_rating(&path);
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct quality_path path = {row->codec, row->delay_ms, row->loss_percent, row->run};
    double rating = quality_rating(&path);

    if (fabs(rating - row->rating) > row->within)
        fail_msg("R is %.2f, not %.2f", rating, row->rating);
}

static void scores_follow_the_rating(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(scores); i++)
        if (fabs(quality_mos(scores[i].rating) - scores[i].mos) > 0.006)
            fail_msg("R %.1f gives %.3f, not %.2f", scores[i].rating, quality_mos(scores[i].rating),
                     scores[i].mos);
}

static void more_of_anything_bad_is_never_better(void **state)
{
    (void)state;
    for (int i = 10; i < 600; i++) { /* the talker's echo rises a little within the first ms */
        assert_true(rate(i + 1, 1) <= rate(i, 1));
        assert_true(rate(40, (i + 1) / 6.0) <= rate(40, i / 6.0));
        assert_true(quality_mos((i + 1) / 6.0) >= quality_mos(i / 6.0));
    }
}

/* Fifty packets a second, as they come in. */
static struct media_stats second(unsigned number, unsigned lost)
{
    return (struct media_stats){.packets_received = 50 * number - lost,
                                .packets_sent = 50 * number,
                                .packets_refused = 3 * number,
                                .frames_refused = number,
                                .lost = lost,
                                .left = {50 * number, lost, lost, 0},
                                .codec = "opus",
                                .packet_ms = 20,
                                .round_trip_ms = -1,
                                .remote_lost_percent = -1,
                                .level_in_db = NAN,
                                .level_out_db = NAN};
}

static void a_second_is_what_came_since_the_last(void **state)
{
    struct quality_before before = {0};
    struct media_stats stats = second(10, 100);
    struct phone_quality q;

    (void)state;
    assert_false(quality_since(&before, &stats, &q));
    stats = second(11, 105);
    assert_true(quality_since(&before, &stats, &q));
    assert_true(fabs(q.loss_percent - 10) < 0.001);
    assert_int_equal(q.lost, 105);
    assert_int_equal(q.sent, 550);
    assert_int_equal(q.refused, 33);
    assert_int_equal(q.frames_refused, 11);
    assert_true(q.round_trip_ms < 0 && q.their_loss_percent < 0 && q.delay_ms < 0);
    assert_true(fabs(q.mos - quality_mos(rate(20 + 6.5 + 40, 10))) < 0.001);
    stats = second(12, 103); /* two came after all */
    assert_true(quality_since(&before, &stats, &q));
    assert_true(q.loss_percent == 0);
}

static void where_somebody_listens_concealment_and_delay_count(void **state)
{
    struct quality_before before = {0};
    struct media_stats stats = second(1, 0);
    struct phone_quality q;

    (void)state;
    quality_since(&before, &stats, &q);
    stats = second(2, 0);
    stats.late = stats.concealed = 5;
    stats.level_in_db = -20;
    stats.listened = true;
    stats.playout_delay_ms = 60;
    stats.round_trip_ms = 140;
    assert_true(quality_since(&before, &stats, &q));
    assert_true(q.loss_percent == 0 && q.delay_ms == 60 && q.level_in_dbfs == -20);
    assert_true(fabs(q.mos - quality_mos(rate(20 + 6.5 + 70 + 60 + 40, 10))) < 0.001);
}

static void what_was_repaired_costs_nothing(void **state)
{
    struct quality_before before = {0};
    struct media_stats stats = second(1, 0);
    struct phone_quality q;

    (void)state;
    quality_since(&before, &stats, &q);
    stats = second(2, 10);
    stats.left.lost = 0;
    assert_true(quality_since(&before, &stats, &q));
    assert_true(fabs(q.loss_percent - 20) < 0.001 && q.left_percent == 0);
    assert_true(fabs(q.mos_listening - quality_mos(93.2)) < 0.01);
    assert_true(q.mos < q.mos_listening);
}

static void bursts_cost_more_than_chance(void **state)
{
    struct quality_before before = {0}, same = {0};
    struct media_stats stats = second(1, 0);
    struct phone_quality apart, together;

    (void)state;
    quality_since(&before, &stats, &apart);
    same = before;
    stats = second(2, 12);
    assert_true(quality_since(&before, &stats, &apart));
    stats.left.runs = 3;
    assert_true(quality_since(&same, &stats, &together));
    assert_true(apart.burst == 1 && together.burst == 4);
    assert_true(together.rating < apart.rating - 1);
}

static void what_they_say_is_told(void **state)
{
    struct quality_before before = {0};
    struct media_stats stats = second(1, 0);
    struct phone_quality q;

    (void)state;
    quality_since(&before, &stats, &q);
    assert_true(quality_since(&before, &stats, &q));
    assert_true(q.their_mos < 0 && q.their_rating < 0 && q.their_delay_ms < 0);
    stats.has_remote = true;
    stats.remote = (struct xr_voip){.discard = 64,
                                    .end_system_ms = 70,
                                    .r_factor = 80,
                                    .mos_cq_10 = 50}; /* more than the model knows */
    assert_true(quality_since(&before, &stats, &q));
    assert_true(q.their_rating == 80 && q.their_mos == 4.5 && q.their_delay_ms == 70);
    assert_true(q.their_discard_percent == 25);
    stats.remote.r_factor = stats.remote.mos_cq_10 = XR_UNKNOWN;
    assert_true(quality_since(&before, &stats, &q));
    assert_true(fabs(q.their_rating - rate(20 + 6.5 + 40, 25)) < 0.001);
    assert_true(fabs(q.their_mos - quality_mos(q.their_rating)) < 0.001);
}

static void the_sum_is_of_the_whole_call(void **state)
{
    struct media_stats stats = second(100, 250);
    struct phone_result r = {0};

    (void)state;
    stats.left.runs = 125;
    stats.round_trip_ms = 300; /* just now */
    stats.round_trip_mean_ms = 100;
    quality_of_all(&stats, &r);
    assert_true(fabs(r.lost_percent - 5) < 0.001 && fabs(r.left_percent - 5) < 0.001);
    assert_true(fabs(r.mouth_to_ear_ms - (20 + 6.5 + 50 + 40)) < 0.001);
    assert_true(r.rating < rate(r.mouth_to_ear_ms, 5) && r.mos == quality_mos(r.rating));
    assert_true(r.mos_listening > r.mos && r.their_mos < 0);
    stats.listened = true;
    stats.playout_delay_ms = 200;
    stats.playout_delay_mean_ms = 30;
    quality_of_all(&stats, &r);
    assert_true(fabs(r.mouth_to_ear_ms - (20 + 6.5 + 50 + 30 + 40)) < 0.001);
    stats = second(0, 0);
    quality_of_all(&stats, &r);
    assert_true(r.mos < 0 && r.mos_listening < 0 && r.rating < 0 && r.mouth_to_ear_ms < 0);
}

/* Whatever we send ourselves. */
static void what_we_hear_is_judged_by_what_they_send(void **state)
{
    struct quality_before before = {0};
    struct media_stats stats = second(1, 0);
    struct phone_quality q;
    struct phone_result r = {0};

    (void)state;
    quality_since(&before, &stats, &q);
    stats = second(2, 0);
    strcpy(stats.heard_codec, "GSM");
    stats.heard_packet_ms = 60;
    stats.left.lost = 5;
    assert_true(quality_since(&before, &stats, &q));
    assert_true(q.mouth_to_ear_ms == 60 + 40);
    assert_true(fabs(q.mos_listening - quality_mos(93.2 - 95 * 10 / 14.3)) < 0.01);
    quality_of_all(&stats, &r);
    assert_true(r.mouth_to_ear_ms == 60 + 40);
}

static void where_nothing_comes_there_is_no_estimate(void **state)
{
    struct quality_before before = {0};
    struct media_stats stats = second(1, 0);
    struct phone_quality q;

    (void)state;
    quality_since(&before, &stats, &q);
    assert_true(quality_since(&before, &stats, &q));
    assert_true(q.mos < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_follow_the_rating),
        cmocka_unit_test(more_of_anything_bad_is_never_better),
        cmocka_unit_test(a_second_is_what_came_since_the_last),
        cmocka_unit_test(where_somebody_listens_concealment_and_delay_count),
        cmocka_unit_test(what_was_repaired_costs_nothing),
        cmocka_unit_test(bursts_cost_more_than_chance),
        cmocka_unit_test(what_they_say_is_told),
        cmocka_unit_test(the_sum_is_of_the_whole_call),
        cmocka_unit_test(what_we_hear_is_judged_by_what_they_send),
        cmocka_unit_test(where_nothing_comes_there_is_no_estimate),
    };

    return RUN_ROWS("phone/quality", rows, check_row) +
           cmocka_run_group_tests_name("phone/quality whole", tests, NULL, NULL);
}
