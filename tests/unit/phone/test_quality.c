/* The E-model against values of its tables, and the figures of a second. */
#include "phone/quality.h"

#include <math.h>

#include "tests/lib/rows.h"

/* clang-format off */
static const struct row {
    const char *name;
    double delay_ms, loss_percent;
    double rating, within;
} rows[] = {
    {"G.107 table of parameters: R is 93.2 with all of its default values", 0, 0, 93.2, 0.05},
    {"what is beyond hope is 0", 5000, 100, 0, 0.001},
    /* Cole and Rosenbluth, Voice over IP performance monitoring (2001): the delay costs 0.024 d +
     * 0.11 (d - 177.3) H(d - 177.3), by which they stand in for the model up to some 300 ms. */
    {"a delay of 50 ms",   50, 0, 93.2 - 1.2, 0.5},
    {"a delay of 150 ms", 150, 0, 93.2 - 3.6, 0.5},
    {"a delay of 250 ms", 250, 0, 93.2 - 6 - 8.0, 0.5},
    {"a delay of 300 ms", 300, 0, 93.2 - 7.2 - 13.5, 0.5},
    /* G.107 7.5 with Ie = 0, Bpl = 25.1 (G.113 appendix I) */
    {"loss of 1 %",   0,  1, 93.2 - 95 / 26.1, 0.05},
    {"loss of 5 %",   0,  5, 93.2 - 95 * 5 / 30.1, 0.05},
    {"loss of 20 %",  0, 20, 93.2 - 95 * 20 / 45.1, 0.05},
};

/* G.107 annex B: what the user categories end at. */
static const struct { double rating, mos; } scores[] = {
    {0, 1}, {3, 1}, {50, 2.58}, {60, 3.10}, {70, 3.60}, {80, 4.02}, {90, 4.34}, {93.2, 4.41},
    {100, 4.5}, {120, 4.5},
};
/* clang-format on */

static void check_row(void **state)
{
    const struct row *row = *state;
    double rating = quality_rating(row->delay_ms, row->loss_percent);

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
        assert_true(quality_rating(i + 1, 1) <= quality_rating(i, 1));
        assert_true(quality_rating(40, (i + 1) / 6.0) <= quality_rating(40, i / 6.0));
        assert_true(quality_mos((i + 1) / 6.0) >= quality_mos(i / 6.0));
    }
}

/* Fifty packets a second, as they come in. */
static struct media_stats second(unsigned number, unsigned lost)
{
    return (struct media_stats){.packets_received = 50 * number - lost,
                                .packets_sent = 50 * number,
                                .lost = lost,
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
    assert_true(q.round_trip_ms < 0 && q.their_loss_percent < 0 && q.delay_ms < 0);
    assert_true(fabs(q.mos - quality_mos(quality_rating(20, 10))) < 0.001);
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
    stats.playout_delay_ms = 60;
    stats.round_trip_ms = 140;
    assert_true(quality_since(&before, &stats, &q));
    assert_true(q.loss_percent == 0 && q.delay_ms == 60 && q.level_in_dbfs == -20);
    assert_true(fabs(q.mos - quality_mos(quality_rating(20 + 70 + 60, 10))) < 0.001);
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
        cmocka_unit_test(where_nothing_comes_there_is_no_estimate),
    };

    return RUN_ROWS("phone/quality", rows, check_row) +
           cmocka_run_group_tests_name("phone/quality whole", tests, NULL, NULL);
}
