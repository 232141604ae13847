/* Calls are noted in order, by several processes at once; whoever is killed loses nothing that was
 * there; and whatever is wrong with the file is told once. */
#include "phone/history.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "phone/history_db.h"
#include "tests/lib/rows.h"

#define PATIENCE_MS 20000
#define WRITERS 4
#define CALLS_EACH 100
#define KILLS 25

static char folder[64], path[96];
static unsigned told;
static char sentence[1024];

static void on_trouble(void *arg, const char *words)
{
    (void)arg;
    told++;
    snprintf(sentence, sizeof sentence, "%s", words);
}

static struct history *open_history(void)
{
    struct history *h;

    assert_int_equal(history_new(path, on_trouble, NULL, &h), 0);
    return h;
}

static void nap(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static int64_t begin(struct history *h, int64_t began_us, const char *peer)
{
    return history_begin(
        h, &(struct history_row){.began_us = began_us, .outgoing = true, .peer = peer});
}

static void end(struct history *h, int64_t id, int64_t began_us, enum history_outcome outcome)
{
    history_end(h, &(struct history_row){.id = id,
                                         .began_us = began_us,
                                         .outgoing = true,
                                         .peer = "sip:p@h",
                                         .outcome = outcome,
                                         .text = "words"});
}

/* --- reading back --------------------------------------------------------------------------- */

struct seen {
    size_t n, of[N_HISTORY_OUTCOMES];
    int64_t last_us;
    bool in_order;
    size_t stop_after; /* 0: never */
};

static bool see(void *arg, const struct history_row *row)
{
    struct seen *s = arg;

    s->in_order &= s->n == 0 || row->began_us <= s->last_us;
    s->last_us = row->began_us;
    s->of[row->outcome]++;
    return ++s->n != s->stop_after;
}

static struct seen look(void)
{
    struct seen s = {.in_order = true};
    struct buf why = buf_new(4096);
    int err = history_read(path, see, &s, &why);

    if (err && err != -ENOENT)
        fail_msg("%s", buf_cstr(&why));
    assert_true(s.in_order);
    buf_free(&why);
    return s;
}

static void wait_for_rows(size_t n)
{
    for (int ms = 0; look().n < n; ms += 5) {
        if (ms > PATIENCE_MS)
            fail_msg("%zu rows did not come, %zu are there", n, look().n);
        nap(5);
    }
}

/* What a query of one row and column says, of the database as it lies there. */
static void ask(const char *sql, const char *wanted)
{
    sqlite3 *db;
    sqlite3_stmt *query;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, PATIENCE_MS);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &query, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(query), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(query, 0), wanted);
    sqlite3_finalize(query);
    sqlite3_close(db);
}

static void run_sql(const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* --- rows ----------------------------------------------------------------------------------- */

static void nothing_before_the_first(void **state)
{
    struct history *h = open_history();

    (void)state;
    nap(20);
    history_free(h, PATIENCE_MS);
    assert_int_equal(access(folder, F_OK), -1);
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
    struct history *h = open_history();
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
    assert_int_equal(look().of[HISTORY_BUSY], 0);
    history_end(h, &row);
    history_free(h, PATIENCE_MS);
    assert_int_equal(history_read(path, check_whole, NULL, &why), 0);
    assert_int_equal(look().n, 1);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    ask("PRAGMA journal_mode", "wal");
    ask("PRAGMA user_version", "1");
    assert_int_equal(told, 0);
}

static void newest_first(void **state)
{
    struct history *h = open_history();
    struct seen s = {.in_order = true, .stop_after = 2};
    struct buf why = buf_new(4096);

    (void)state;
    for (int64_t i = 1; i <= 5; i++)
        end(h, begin(h, i % 3, "sip:p@h"), i % 3, HISTORY_ANSWERED);
    history_free(h, PATIENCE_MS);
    assert_int_equal(look().n, 5);
    assert_int_equal(history_read(path, see, &s, &why), 0);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.last_us, 2);
}

static void under_way_or_cut_off(void **state)
{
    struct history *h = open_history(), *other = open_history();
    int64_t first;

    (void)state;
    first = begin(h, 1, "sip:p@h");
    begin(h, 2, "sip:p@h");
    begin(other, 3, "sip:p@h");
    wait_for_rows(3);
    assert_int_equal(look().of[HISTORY_OPEN], 3);
    end(h, first, 1, HISTORY_ANSWERED);
    history_free(h, PATIENCE_MS);
    assert_int_equal(look().of[HISTORY_ANSWERED], 1);
    assert_int_equal(look().of[HISTORY_CUT_OFF], 1);
    assert_int_equal(look().of[HISTORY_OPEN], 1); /* the other is alive */
    history_free(other, PATIENCE_MS);
    assert_int_equal(look().of[HISTORY_CUT_OFF], 2);
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
    struct history *h = open_history();
    struct buf why = buf_new(4096);

    (void)state;
    end(h, begin(h, 1, "sip:p@h"), 1, HISTORY_ANSWERED);
    history_free(h, PATIENCE_MS);
    run_sql("UPDATE calls SET peer = 'sip:' || char(27) || '[2J' || char(10) || 'x', "
            "outcome = 'eaten'");
    assert_int_equal(history_read(path, check_safe, NULL, &why), 0);
}

static void moved_away(void **state)
{
    struct history *h = open_history();
    int64_t id;

    (void)state;
    id = begin(h, 1, "sip:p@h");
    wait_for_rows(1);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(look().n, 0);
    end(h, id, 1, HISTORY_ANSWERED);
    begin(h, 2, "sip:p@h");
    wait_for_rows(2);
    assert_int_equal(look().of[HISTORY_ANSWERED], 1);
    history_free(h, PATIENCE_MS);
    assert_int_equal(told, 0);
}

/* --- several processes ---------------------------------------------------------------------- */

static pid_t start_writer(int calls, long pause_ms)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        struct history *h = open_history();

        for (int i = 1; i <= calls || calls == 0; i++) {
            end(h, begin(h, i, "sip:p@h"), i, HISTORY_ANSWERED);
            nap(pause_ms);
        }
        history_free(h, PATIENCE_MS);
        _exit(told > 0);
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
    assert_int_equal(look().of[HISTORY_ANSWERED], WRITERS * CALLS_EACH);
    ask("PRAGMA integrity_check", "ok");
}

/* What was once seen is there after the kill, rows come in order without a gap, and a call is cut
 * off at most where it was just being noted. */
static void killed(void **state)
{
    size_t before = 0;

    (void)state;
    for (int i = 0; i < KILLS; i++) {
        pid_t a = start_writer(0, 0), b = start_writer(0, 1);

        wait_for_rows(before + 1 + (size_t)i % 7);
        nap(i % 5);
        before = look().n;
        kill(a, SIGKILL);
        kill(b, SIGKILL);
        assert_int_equal(waitpid(a, NULL, 0), a);
        assert_int_equal(waitpid(b, NULL, 0), b);
        assert_true(look().n >= before);
        assert_true(look().of[HISTORY_CUT_OFF] <= 2 * ((size_t)i + 1));
        assert_int_equal(look().of[HISTORY_OPEN], 0);
        before = look().n;
    }
    ask("PRAGMA integrity_check", "ok");
    ask("SELECT count(*) FROM (SELECT run FROM calls GROUP BY run HAVING max(number) <> count(*))",
        "0");
}

/* --- what may be wrong ---------------------------------------------------------------------- */

static void write_file(const char *text, size_t n)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void make_garbage(void)
{
    char bytes[20000];

    memset(bytes, 'x', sizeof bytes);
    write_file(bytes, sizeof bytes);
}

/* A database of ours whose second half was overwritten. */
static void make_damage(void)
{
    struct history *h = open_history();
    char bytes[8192];
    int fd;

    for (int i = 0; i < 200; i++)
        end(h, begin(h, i, "sip:p@h"), i, HISTORY_ANSWERED);
    history_free(h, PATIENCE_MS);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    memset(bytes, 'x', sizeof bytes);
    assert_int_equal(pwrite(fd, bytes, sizeof bytes, 4096), sizeof bytes);
    close(fd);
}

static void make_foreign(void)
{
    run_sql("CREATE TABLE bookmarks (x)");
}

static void make_newer(void)
{
    struct history *h = open_history();

    begin(h, 1, "sip:p@h");
    history_free(h, PATIENCE_MS);
    run_sql("PRAGMA user_version = 1000");
}

static void make_link(void)
{
    assert_int_equal(symlink("elsewhere", path), 0);
}

static void make_pipe(void)
{
    assert_int_equal(mkfifo(path, 0600), 0);
}

static void make_folder(void)
{
    assert_int_equal(mkdir(path, 0700), 0);
}

static const struct fault {
    const char *name;
    void (*make)(void);
    const char *words; /* behind the path */
} faults[] = {
    {"something that is no database", make_garbage,
     ": it is no database; move it away, and a new one is begun"},
    {"a damaged database", make_damage, ": it is damaged; move it away, and a new one is begun"},
    {"a database of somebody else", make_foreign,
     ": this is the database of another program; choose another file"},
    {"a database of a newer program", make_newer,
     ": a newer tphone has written it, and this one does not know how"},
    {"a symbolic link", make_link, ": this is not a file of its own"},
    {"a pipe", make_pipe, ": this is not a file of its own"},
    {"a folder", make_folder, ": this is not a file of its own"},
};

static void wait_until_told(struct history *h)
{
    for (int ms = 0; told == 0; ms += 5) {
        if (ms > PATIENCE_MS)
            fail_msg("nobody was told");
        begin(h, 1, "sip:p@h");
        nap(5);
    }
}

static void told_once(void **state)
{
    const struct fault *fault = *state;
    struct buf why = buf_new(4096);
    struct seen s = {0};
    struct history *h;

    assert_int_equal(mkdir(folder, 0700), 0);
    fault->make();
    told = 0;
    h = open_history();
    wait_until_told(h);
    assert_non_null(strstr(sentence, path));
    assert_non_null(strstr(sentence, fault->words));
    for (int i = 0; i < 3; i++) {
        begin(h, 1, "sip:p@h");
        nap(15);
    }
    assert_int_equal(told, 1);
    assert_true(history_read(path, see, &s, &why) < 0);
    assert_non_null(strstr(buf_cstr(&why), fault->words));
    history_free(h, PATIENCE_MS);
    buf_free(&why);
}

static void no_folder(void **state)
{
    struct history *h;

    (void)state;
    snprintf(path, sizeof path, "/dev/null/tphone/history.db");
    h = open_history();
    wait_until_told(h);
    assert_string_equal(sentence, "/dev/null/tphone/history.db: Not a directory");
    history_free(h, PATIENCE_MS);
    assert_int_equal(look().n, 0);
}

/* A limit on the size of files stands for a disk that is full: the kernel refuses each write. */
static void disk_is_full(void **state)
{
    struct rlimit before, none;
    struct history *h = open_history();

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    begin(h, 1, "sip:p@h");
    wait_for_rows(1);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    for (int i = 2; i <= 9; i++) {
        begin(h, i, "sip:p@h");
        nap(15);
    }
    assert_int_equal(told, 1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    begin(h, 10, "sip:p@h"); /* and with it all that waited */
    wait_for_rows(10);
    history_free(h, PATIENCE_MS);
    ask("PRAGMA integrity_check", "ok");
}

static void locked_for_a_while(void **state)
{
    struct history *h = open_history();
    sqlite3 *db;

    (void)state;
    begin(h, 1, "sip:p@h");
    wait_for_rows(1);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    begin(h, 2, "sip:p@h");
    nap(100);
    assert_int_equal(look().n, 1);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    wait_for_rows(2);
    history_free(h, PATIENCE_MS);
    assert_int_equal(told, 0);
}

/* Whoever holds the lock for ever keeps the end of the phone no longer than it says. */
static void locked_for_ever(void **state)
{
    struct history *h = open_history();
    struct timespec from, to;
    sqlite3 *db;

    (void)state;
    begin(h, 1, "sip:p@h");
    wait_for_rows(1);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    begin(h, 2, "sip:p@h");
    clock_gettime(CLOCK_MONOTONIC, &from);
    history_free(h, 400);
    clock_gettime(CLOCK_MONOTONIC, &to);
    assert_in_range((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000, 300,
                    HISTORY_DB_BUSY_MS - 1000);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    wait_for_rows(2); /* by the thread that was left behind */
    nap(100);
}

static void oldest_are_forgotten(void **state)
{
    struct history *h = open_history();

    (void)state;
    begin(h, 1, "sip:p@h");
    history_free(h, PATIENCE_MS);
    run_sql("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 100010) "
            "INSERT INTO calls SELECT i, 0, i, i, 1, '', '', '', '', 'missed', 0, '', 0, '' FROM n");
    h = open_history();
    begin(h, 200000, "sip:p@h");
    history_free(h, PATIENCE_MS);
    ask("SELECT count(*) FROM calls", "100000");
    ask("SELECT min(began_us) || ' ' || max(began_us) FROM calls", "12 200000");
}

/* More than will ever wait: the rest is not kept. */
/* A disk that takes nothing for a while gets what fits of what came meanwhile. */
static void no_more_than_fit(void **state)
{
    struct history *h = open_history();
    sqlite3 *db;

    (void)state;
    begin(h, 0, "sip:p@h");
    wait_for_rows(1);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    for (int64_t i = 1; i <= HISTORY_WAITING_MAX + 500; i++)
        begin(h, i, "sip:p@h");
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    history_free(h, PATIENCE_MS);
    assert_in_range(look().n, HISTORY_WAITING_MAX, 1 + HISTORY_WAITING_MAX);
}

static void flood(void **state)
{
    struct history *h = open_history();
    size_t n = HISTORY_WAITING_MAX + 500;

    (void)state;
    begin(h, 0, "sip:p@h");
    wait_for_rows(1);
    for (size_t i = 0; i < n; i++)
        begin(h, (int64_t)i, "sip:p@h");
    history_free(h, PATIENCE_MS);
    assert_in_range(look().n, 1000, n + 1);
    assert_int_equal(told, 0);
}

static int clean(void **state)
{
    struct buf command = buf_new(256);
    int err;

    (void)state;
    snprintf(folder, sizeof folder, "history-%ld", (long)getpid());
    snprintf(path, sizeof path, "%s/history.db", folder);
    told = 0;
    buf_printf(&command, "rm -rf %s", folder);
    err = system(buf_cstr(&command));
    buf_free(&command);
    return err;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_before_the_first, clean, clean),
        cmocka_unit_test_setup_teardown(whole_row, clean, clean),
        cmocka_unit_test_setup_teardown(newest_first, clean, clean),
        cmocka_unit_test_setup_teardown(under_way_or_cut_off, clean, clean),
        cmocka_unit_test_setup_teardown(changed_by_others, clean, clean),
        cmocka_unit_test_setup_teardown(moved_away, clean, clean),
        cmocka_unit_test_setup_teardown(together, clean, clean),
        cmocka_unit_test_setup_teardown(killed, clean, clean),
        cmocka_unit_test_setup_teardown(no_folder, clean, clean),
        cmocka_unit_test_setup_teardown(disk_is_full, clean, clean),
        cmocka_unit_test_setup_teardown(locked_for_a_while, clean, clean),
        cmocka_unit_test_setup_teardown(locked_for_ever, clean, clean),
        cmocka_unit_test_setup_teardown(oldest_are_forgotten, clean, clean),
        cmocka_unit_test_setup_teardown(no_more_than_fit, clean, clean),
        cmocka_unit_test_setup_teardown(flood, clean, clean),
    };
    struct CMUnitTest rows[ARRAY_LEN(faults)];

    for (size_t i = 0; i < ARRAY_LEN(faults); i++)
        rows[i] = (struct CMUnitTest){faults[i].name, told_once, clean, clean,
                                      (void *)(uintptr_t)&faults[i]};
    return cmocka_run_group_tests_name("phone/history: told once", rows, NULL, NULL) +
           cmocka_run_group_tests_name("phone/history", tests, NULL, NULL);
}
