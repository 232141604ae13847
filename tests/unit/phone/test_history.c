/* Calls are noted in order, by several processes at once, and whoever is killed loses nothing that
 * was there. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/phone/noted.h"

#define WRITERS 4
#define CALLS_EACH 100
#define KILLS 25
/* At most, by each that is killed, however long the machine lets them: their rows stay below
 * HISTORY_WAITING_MAX, behind which one is refused, and all calls below HISTORY_CALLS_MAX, behind
 * which the first go. */
#define CALLS_BEFORE_KILL 1000

/* --- rows ----------------------------------------------------------------------------------- */

static void nothing_before_the_first(void **state)
{
    struct history *h = noted_open();

    (void)state;
    noted_nap(20);
    history_free(h, PATIENCE_MS);
    assert_int_equal(access(noted_at.folder, F_OK), -1);
    history_free(NULL, 0);
}

static bool check_whole(void *arg, const struct history_row *row)
{
    (void)arg;
    assert_int_equal(row->began_us, 1700000000123456);
    assert_false(row->outgoing);
    assert_string_equal(row->account, "sip:me@h");
    assert_string_equal(row->peer, "sip:p@h");
    assert_string_equal(row->name, "P\xc3\xa9");
    assert_string_equal(row->contact, "Peter");
    assert_int_equal(row->outcome, HISTORY_BUSY);
    assert_int_equal(row->status, 486);
    assert_string_equal(row->text, "busy");
    assert_int_equal(row->talk_ms, 1234);
    assert_string_equal(row->file, "a.wav");
    return true;
}

static void whole_row(void **state)
{
    struct history *h = noted_open();
    struct history_row row = {
        .began_us = 1700000000123456,
        .account = "sip:me@h",
        .peer = "sip:p@h",
        .name = "P\xc3\xa9",
        .contact = "Peter",
        .outcome = HISTORY_BUSY,
        .status = 486,
        .text = "busy",
        .talk_ms = 1234,
        .file = "a.wav",
    };
    struct buf why = buf_new(4096);
    struct stat st;

    (void)state;
    row.id = history_begin(h, &row);
    assert_int_equal(noted_look().of[HISTORY_BUSY], 0);
    history_end(h, &row);
    history_free(h, PATIENCE_MS);
    assert_int_equal(history_read(noted_at.path, check_whole, NULL, &why), 0);
    assert_int_equal(noted_look().n, 1);
    assert_int_equal(stat(noted_at.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(noted_at.folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    noted_ask("PRAGMA journal_mode", "wal");
    noted_ask("PRAGMA user_version", "1");
    assert_int_equal(noted_at.told, 0);
}

static void newest_first(void **state)
{
    struct history *h = noted_open();
    struct noted_seen s = {.in_order = true, .stop_after = 2};
    struct buf why = buf_new(4096);

    (void)state;
    for (int64_t i = 1; i <= 5; i++)
        noted_end(h, noted_begin(h, i % 3, "sip:p@h"), i % 3, HISTORY_ANSWERED);
    history_free(h, PATIENCE_MS);
    assert_int_equal(noted_look().n, 5);
    assert_int_equal(history_read(noted_at.path, noted_see, &s, &why), 0);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.last_us, 2);
}

static void under_way_or_cut_off(void **state)
{
    struct history *h = noted_open(), *other = noted_open();
    int64_t first;

    (void)state;
    first = noted_begin(h, 1, "sip:p@h");
    noted_begin(h, 2, "sip:p@h");
    noted_begin(other, 3, "sip:p@h");
    noted_wait(3);
    assert_int_equal(noted_look().of[HISTORY_OPEN], 3);
    noted_end(h, first, 1, HISTORY_ANSWERED);
    history_free(h, PATIENCE_MS);
    assert_int_equal(noted_look().of[HISTORY_ANSWERED], 1);
    assert_int_equal(noted_look().of[HISTORY_CUT_OFF], 1);
    assert_int_equal(noted_look().of[HISTORY_OPEN], 1); /* the other is alive */
    history_free(other, PATIENCE_MS);
    assert_int_equal(noted_look().of[HISTORY_CUT_OFF], 2);
}

static bool check_safe(void *arg, const struct history_row *row)
{
    (void)arg;
    assert_string_equal(row->peer, "sip:\xef\xbf\xbd[2J\xef\xbf\xbdx");
    assert_int_equal(row->outcome, HISTORY_FAILED);
    return true;
}

static void changed_by_others(void **state)
{
    struct history *h = noted_open();
    struct buf why = buf_new(4096);

    (void)state;
    noted_end(h, noted_begin(h, 1, "sip:p@h"), 1, HISTORY_ANSWERED);
    history_free(h, PATIENCE_MS);
    noted_run_sql("UPDATE calls SET peer = 'sip:' || char(27) || '[2J' || char(10) || 'x', "
                  "outcome = 'eaten'");
    assert_int_equal(history_read(noted_at.path, check_safe, NULL, &why), 0);
}

static void moved_away(void **state)
{
    struct history *h = noted_open();
    int64_t id;

    (void)state;
    id = noted_begin(h, 1, "sip:p@h");
    noted_wait(1);
    assert_int_equal(unlink(noted_at.path), 0);
    assert_int_equal(noted_look().n, 0);
    noted_end(h, id, 1, HISTORY_ANSWERED);
    noted_begin(h, 2, "sip:p@h");
    noted_wait(2);
    assert_int_equal(noted_look().of[HISTORY_ANSWERED], 1);
    history_free(h, PATIENCE_MS);
    assert_int_equal(noted_at.told, 0);
}

/* --- several processes ---------------------------------------------------------------------- */

static void note_calls(struct history *h, int calls, long pause_ms)
{
    for (int i = 1; i <= calls; i++) {
        noted_end(h, noted_begin(h, i, "sip:p@h"), i, HISTORY_ANSWERED);
        noted_nap(pause_ms);
    }
}

/* calls: 0: until it is killed. */
static pid_t start_writer(int calls, long pause_ms)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        struct history *h = noted_open();

        note_calls(h, calls ? calls : CALLS_BEFORE_KILL, pause_ms);
        while (!calls)
            pause();
        history_free(h, PATIENCE_MS);
        _exit(noted_at.told > 0);
    }
    return pid;
}

static void together(void **state)
{
    pid_t writers[WRITERS];
    int status;

    (void)state;
    for (size_t i = 0; i < WRITERS; i++)
        writers[i] = start_writer(CALLS_EACH, 1);
    for (size_t i = 0; i < WRITERS; i++) {
        assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(noted_look().of[HISTORY_ANSWERED], WRITERS * CALLS_EACH);
    noted_ask("PRAGMA integrity_check", "ok");
}

/* What was once seen is there after the kill, rows come in order without a gap, and a call is cut
 * off at most where it was just being noted. */
static void killed(void **state)
{
    size_t before = 0;

    (void)state;
    for (int i = 0; i < KILLS; i++) {
        pid_t a = start_writer(0, 0), b = start_writer(0, 1);

        noted_wait(before + 1 + (size_t)i % 7);
        noted_nap(i % 5);
        before = noted_look().n;
        kill(a, SIGKILL);
        kill(b, SIGKILL);
        assert_int_equal(waitpid(a, NULL, 0), a);
        assert_int_equal(waitpid(b, NULL, 0), b);
        assert_true(noted_look().n >= before);
        assert_true(noted_look().of[HISTORY_CUT_OFF] <= 2 * ((size_t)i + 1));
        assert_int_equal(noted_look().of[HISTORY_OPEN], 0);
        before = noted_look().n;
    }
    noted_ask("PRAGMA integrity_check", "ok");
    noted_ask(
        "SELECT count(*) FROM (SELECT run FROM calls GROUP BY run HAVING max(number) <> count(*))",
        "0");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_before_the_first, noted_clean, noted_clean),
        cmocka_unit_test_setup_teardown(whole_row, noted_clean, noted_clean),
        cmocka_unit_test_setup_teardown(newest_first, noted_clean, noted_clean),
        cmocka_unit_test_setup_teardown(under_way_or_cut_off, noted_clean, noted_clean),
        cmocka_unit_test_setup_teardown(changed_by_others, noted_clean, noted_clean),
        cmocka_unit_test_setup_teardown(moved_away, noted_clean, noted_clean),
        cmocka_unit_test_setup_teardown(together, noted_clean, noted_clean),
        cmocka_unit_test_setup_teardown(killed, noted_clean, noted_clean),
    };

    return cmocka_run_group_tests_name("phone/history", tests, NULL, NULL);
}
