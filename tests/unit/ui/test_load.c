/* tphone load without a network: when calls are due, how times are counted, what is told at the
 * end. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/rows.h"
#include "ui/load_pace.h"
#include "ui/load_report.h"

#define SECOND_US UINT64_C(1000000)

/* --- when they are due ----------------------------------------------------------------------- */

/* Looked at every step_us for so long; how many were taken. */
static uint64_t take_for(struct load_pace *pace, uint64_t *now_us, uint64_t us, uint64_t step_us)
{
    uint64_t n = 0, end_us = *now_us + us;

    for (; *now_us < end_us; *now_us += step_us)
        while (load_pace_take(pace, *now_us))
            n++;
    return n;
}

static void by_absolute_time(void **state)
{
    static const struct {
        uint64_t milli_rate, step_us, wanted;
    } rates[] = {
        {10000, 1000, 1000},    {10000, 37777, 1000},      {333, 1000, 34},
        {1000000, 700, 100000}, {10000000, 1300, 1000000},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        uint64_t now_us = 5 * SECOND_US;
        struct load_pace pace = load_pace_new(now_us, rates[i].milli_rate);
        uint64_t n = take_for(&pace, &now_us, 100 * SECOND_US, rates[i].step_us);

        assert_in_range(n, rates[i].wanted - 1, rates[i].wanted + 1);
        assert_int_equal(pace.stalled_us, 0);
    }
}

static void no_burst_behind_a_stall(void **state)
{
    uint64_t now_us = SECOND_US, n;
    struct load_pace pace = load_pace_new(now_us, 100000);

    (void)state;
    take_for(&pace, &now_us, SECOND_US, 1000);
    now_us += 60 * SECOND_US;
    n = take_for(&pace, &now_us, 1000, 1000);
    assert_in_range(n, 10, 11); /* those of LOAD_CATCH_UP_US, and the one that is due */
    assert_in_range(pace.stalled_us, 59 * SECOND_US, 60 * SECOND_US);
    n = take_for(&pace, &now_us, SECOND_US, 1000);
    assert_in_range(n, 99, 101);
}

static void a_small_delay_is_made_up_for(void **state)
{
    uint64_t now_us = SECOND_US, n;
    struct load_pace pace = load_pace_new(now_us, 100000);

    (void)state;
    n = take_for(&pace, &now_us, SECOND_US, 1000);
    now_us += 90000;
    n += take_for(&pace, &now_us, SECOND_US - 90000, 1000);
    assert_in_range(n, 199, 201);
    assert_int_equal(pace.stalled_us, 0);
}

/* --- times ----------------------------------------------------------------------------------- */

static void percentiles(void **state)
{
    static const struct {
        unsigned percent;
        double ms;
    } wanted[] = {{50, 50}, {90, 90}, {99, 99}, {100, 100}};
    struct load_times *times = calloc(1, sizeof *times);

    (void)state;
    assert_true(fabs(load_times_ms(times, 50)) < 1e-9);
    for (uint64_t us = 1; us <= 100000; us++)
        load_times_add(times, us);
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        assert_true(fabs(load_times_ms(times, wanted[i].percent) - wanted[i].ms) <
                    wanted[i].ms / 100);
    free(times);
}

/* Also where places are wide, and beyond the last. */
static void within_a_hundredth(void **state)
{
    struct load_times *times = calloc(1, sizeof *times);

    (void)state;
    for (uint64_t us = 1; us < UINT64_C(1) << 36; us += us / 7 + 1) {
        memset(times, 0, sizeof *times);
        load_times_add(times, us);
        load_times_add(times, UINT64_MAX);
        assert_true(fabs(load_times_ms(times, 50) * 1000 - (double)us) <= (double)us / 100);
    }
    free(times);
}

/* --- what is told ---------------------------------------------------------------------------- */

static struct phone_event ended(enum phone_outcome outcome, unsigned status, bool answered)
{
    struct phone_event event = {.kind = PHONE_ENDED, .outcome = outcome, .status = status};

    event.result = (struct phone_result){.answered = answered,
                                         .sent = 50,
                                         .received = answered ? 48 : 0,
                                         .lost = answered ? 2 : 0,
                                         .jitter_ms = 3,
                                         .round_trip_ms = -1,
                                         .lost_percent = answered ? 4 : 0,
                                         .their_lost_percent = -1,
                                         .mos = answered ? 3.75 : -1};
    return event;
}

struct row {
    const char *name;
    enum phone_outcome outcomes[3]; /* of three calls; PHONE_OK: answered */
    unsigned statuses[3];
    bool interrupted, sound_failed;
    enum exit_status exit;
    const char *word;
};

static const struct row rows[] = {
    {"all answered", {PHONE_OK, PHONE_OK, PHONE_OK}, {0}, false, false, EXIT_OK, "answered"},
    {"all busy",
     {PHONE_BUSY, PHONE_BUSY, PHONE_BUSY},
     {486, 486, 600},
     false,
     false,
     EXIT_BUSY,
     "busy"},
    {"one of them, for one reason",
     {PHONE_OK, PHONE_NO_ANSWER, PHONE_OK},
     {0, 408},
     false,
     false,
     EXIT_NO_ANSWER,
     "no-answer"},
    {"two reasons",
     {PHONE_OK, PHONE_BUSY, PHONE_UNREACHABLE},
     {0, 486},
     false,
     false,
     EXIT_OTHER,
     "failed"},
    {"interrupted",
     {PHONE_OK, PHONE_OK, PHONE_INTERRUPTED},
     {0},
     true,
     false,
     EXIT_INTERRUPTED,
     "interrupted"},
    {"interrupted when all had been answered",
     {PHONE_OK, PHONE_OK, PHONE_OK},
     {0},
     true,
     false,
     EXIT_OK,
     "answered"},
    {"a file that gave up", {PHONE_OK, PHONE_OK, PHONE_OK}, {0}, false, true, EXIT_SOUND, "sound"},
};

static struct load_report *report_of(const struct row *row)
{
    struct load_report *report = calloc(1, sizeof *report);

    report->target = "bob@h";
    report->calls = report->placed = 3;
    report->interrupted = row->interrupted;
    report->sound_failed = row->sound_failed;
    for (size_t i = 0; i < 3; i++) {
        bool answered = row->outcomes[i] == PHONE_OK;
        struct phone_event event = ended(row->outcomes[i], row->statuses[i], answered);

        report->answered += answered ? 1 : 0;
        load_report_ended(report, &event, false);
    }
    return report;
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct load_report *report = report_of(row);
    struct buf text = buf_new(65536), json = buf_new(65536), line = buf_new(128);

    assert_int_equal(load_report_exit(report), row->exit);
    assert_string_equal(load_report_word(report), row->word);
    load_report_text(report, &text);
    buf_printf(&line, "target=bob@h\noutcome=%s\ncalls=3\nplaced=3\n", row->word);
    assert_true(slice_starts(buf_slice(&text), buf_slice(&line)));
    load_report_json(report, 1500, &json);
    buf_clear(&line);
    buf_printf(&line, "{\"v\":1,\"report\":\"load\",\"time\":1.500,\"outcome\":\"%s\",\"exit\":%d,",
               row->word, (int)row->exit);
    assert_true(slice_starts(buf_slice(&json), buf_slice(&line)));
    buf_free(&text);
    buf_free(&json);
    buf_free(&line);
    free(report);
}

static void assert_has(struct buf *text, const char *what)
{
    if (!strstr(buf_cstr(text), what))
        fail_msg("%s is missing in %s", what, buf_cstr(text));
}

static void by_cause_and_quality(void **state)
{
    static const struct row mixed = {.outcomes = {PHONE_OK, PHONE_BUSY, PHONE_BUSY},
                                     .statuses = {0, 486, 600}};
    struct load_report *report = report_of(&mixed);
    struct buf text = buf_new(65536), json = buf_new(65536);

    (void)state;
    report->placing_us = 2 * SECOND_US;
    load_report_text(report, &text);
    assert_has(&text, "\nfailed=2\nfailed-busy=2\nstatus-486=1\nstatus-600=1\n");
    assert_has(&text, "\nper-second=1.00\n");
    assert_has(&text, "\nsent=50\nreceived=48\nlost=2\nloss-percent=4.00\njitter-ms=3.00\n");
    assert_has(&text, "\nmos=3.75\nmos-min=3.75\n");
    assert_null(strstr(buf_cstr(&text), "their-loss"));
    assert_null(strstr(buf_cstr(&text), "setup"));
    load_report_json(report, 0, &json);
    assert_has(&json, ",\"failed\":2,\"failures\":[{\"outcome\":\"busy\",\"calls\":2}],"
                      "\"statuses\":[{\"status\":486,\"calls\":1},{\"status\":600,\"calls\":1}],");
    buf_free(&text);
    buf_free(&json);
    free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_absolute_time),
        cmocka_unit_test(no_burst_behind_a_stall),
        cmocka_unit_test(a_small_delay_is_made_up_for),
        cmocka_unit_test(percentiles),
        cmocka_unit_test(within_a_hundredth),
        cmocka_unit_test(by_cause_and_quality),
    };

    return RUN_ROWS("ui/load", rows, check_row) +
           cmocka_run_group_tests_name("ui/load whole", tests, NULL, NULL);
}
