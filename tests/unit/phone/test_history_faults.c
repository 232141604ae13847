/* Whatever is wrong with the file of the calls is told once; what comes while nothing can be noted
 * waits, as far as it fits. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "phone/history_db.h"
#include "tests/unit/phone/noted.h"

static void write_file(const char *text, size_t n)
{
    FILE *f = fopen(noted_at.path, "w");

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
    struct history *h = noted_open();
    char bytes[8192];
    int fd;

    for (int i = 0; i < 200; i++)
        noted_end(h, noted_begin(h, i, "sip:p@h"), i, HISTORY_ANSWERED);
    history_free(h, PATIENCE_MS);
    fd = open(noted_at.path, O_WRONLY | O_CLOEXEC);
    memset(bytes, 'x', sizeof bytes);
    assert_int_equal(pwrite(fd, bytes, sizeof bytes, 4096), sizeof bytes);
    close(fd);
}

static void make_foreign(void)
{
    noted_run_sql("CREATE TABLE bookmarks (x)");
}

static void make_newer(void)
{
    struct history *h = noted_open();

    noted_begin(h, 1, "sip:p@h");
    history_free(h, PATIENCE_MS);
    noted_run_sql("PRAGMA user_version = 1000");
}

static void make_link(void)
{
    assert_int_equal(symlink("elsewhere", noted_at.path), 0);
}

static void make_pipe(void)
{
    assert_int_equal(mkfifo(noted_at.path, 0600), 0);
}

static void make_folder(void)
{
    assert_int_equal(mkdir(noted_at.path, 0700), 0);
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
    for (int ms = 0; noted_at.told == 0; ms += 5) {
        if (ms > PATIENCE_MS)
            fail_msg("nobody was told");
        noted_begin(h, 1, "sip:p@h");
        noted_nap(5);
    }
}

static void told_once(void **state)
{
    const struct fault *fault = *state;
    struct buf why = buf_new(4096);
    struct noted_seen s = {0};
    struct history *h;

    assert_int_equal(mkdir(noted_at.folder, 0700), 0);
    fault->make();
    noted_at.told = 0;
    h = noted_open();
    wait_until_told(h);
    assert_non_null(strstr(noted_at.sentence, noted_at.path));
    assert_non_null(strstr(noted_at.sentence, fault->words));
    for (int i = 0; i < 3; i++) {
        noted_begin(h, 1, "sip:p@h");
        noted_nap(15);
    }
    assert_int_equal(noted_at.told, 1);
    assert_true(history_read(noted_at.path, noted_see, &s, &why) < 0);
    assert_non_null(strstr(buf_cstr(&why), fault->words));
    history_free(h, PATIENCE_MS);
    buf_free(&why);
}

static void no_folder(void **state)
{
    struct history *h;

    (void)state;
    snprintf(noted_at.path, sizeof noted_at.path, "/dev/null/tphone/history.db");
    h = noted_open();
    wait_until_told(h);
    assert_string_equal(noted_at.sentence, "/dev/null/tphone/history.db: Not a directory");
    history_free(h, PATIENCE_MS);
    assert_int_equal(noted_look().n, 0);
}

/* A limit on the size of files stands for a disk that is full: the kernel refuses each write. */
static void disk_is_full(void **state)
{
    struct rlimit before, none;
    struct history *h = noted_open();

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    noted_begin(h, 1, "sip:p@h");
    noted_wait(1);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = before;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    for (int i = 2; i <= 9; i++) {
        noted_begin(h, i, "sip:p@h");
        noted_nap(15);
    }
    assert_int_equal(noted_at.told, 1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    noted_begin(h, 10, "sip:p@h"); /* and with it all that waited */
    noted_wait(10);
    history_free(h, PATIENCE_MS);
    noted_ask("PRAGMA integrity_check", "ok");
}

/* As another process has it that writes. */
static sqlite3 *lock(void)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(noted_at.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static void unlock(sqlite3 *db)
{
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void locked_for_a_while(void **state)
{
    struct history *h = noted_open();
    sqlite3 *db;

    (void)state;
    noted_begin(h, 1, "sip:p@h");
    noted_wait(1);
    db = lock();
    noted_begin(h, 2, "sip:p@h");
    noted_nap(100);
    assert_int_equal(noted_look().n, 1);
    unlock(db);
    noted_wait(2);
    history_free(h, PATIENCE_MS);
    assert_int_equal(noted_at.told, 0);
}

/* Whoever holds the lock for ever keeps the end of the phone no longer than it says. */
static void locked_for_ever(void **state)
{
    struct history *h = noted_open();
    struct timespec from, to;
    sqlite3 *db;

    (void)state;
    noted_begin(h, 1, "sip:p@h");
    noted_wait(1);
    db = lock();
    noted_begin(h, 2, "sip:p@h");
    clock_gettime(CLOCK_MONOTONIC, &from);
    history_free(h, 400);
    clock_gettime(CLOCK_MONOTONIC, &to);
    assert_in_range((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000, 300,
                    HISTORY_DB_BUSY_MS - 1000);
    unlock(db);
    noted_wait(2); /* by the thread that was left behind */
    noted_nap(100);
}

static void oldest_are_forgotten(void **state)
{
    struct history *h = noted_open();

    (void)state;
    noted_begin(h, 1, "sip:p@h");
    history_free(h, PATIENCE_MS);
    noted_run_sql(
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 100010) "
        "INSERT INTO calls SELECT i, 0, i, i, 1, '', '', '', '', 'missed', 0, '', 0, '' FROM n");
    h = noted_open();
    noted_begin(h, 200000, "sip:p@h");
    history_free(h, PATIENCE_MS);
    noted_ask("SELECT count(*) FROM calls", "100000");
    noted_ask("SELECT min(began_us) || ' ' || max(began_us) FROM calls", "12 200000");
}

/* A disk that takes nothing for a while gets what fits of what came meanwhile. */
static void no_more_than_fit(void **state)
{
    struct history *h = noted_open();
    sqlite3 *db;

    (void)state;
    noted_begin(h, 0, "sip:p@h");
    noted_wait(1);
    db = lock();
    for (int64_t i = 1; i <= HISTORY_WAITING_MAX + 500; i++) {
        int64_t id = noted_begin(h, i, "sip:p@h");

        if (i > HISTORY_WAITING_MAX)
            assert_int_equal(id, -ENOBUFS);
        else
            assert_true(id > 0 || i == HISTORY_WAITING_MAX); /* the first may be on its way */
    }
    unlock(db);
    history_free(h, PATIENCE_MS);
    assert_in_range(noted_look().n, HISTORY_WAITING_MAX, 1 + HISTORY_WAITING_MAX);
}

/* More than will ever wait: the rest is not kept. */
static void flood(void **state)
{
    struct history *h = noted_open();
    size_t n = HISTORY_WAITING_MAX + 500;

    (void)state;
    noted_begin(h, 0, "sip:p@h");
    noted_wait(1);
    for (size_t i = 0; i < n; i++)
        noted_begin(h, (int64_t)i, "sip:p@h");
    history_free(h, PATIENCE_MS);
    assert_in_range(noted_look().n, 1000, n + 1);
    assert_int_equal(noted_at.told, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_folder, noted_clean, noted_clean),
        cmocka_unit_test_setup_teardown(disk_is_full, noted_clean, noted_clean),
        cmocka_unit_test_setup_teardown(locked_for_a_while, noted_clean, noted_clean),
        cmocka_unit_test_setup_teardown(locked_for_ever, noted_clean, noted_clean),
        cmocka_unit_test_setup_teardown(oldest_are_forgotten, noted_clean, noted_clean),
        cmocka_unit_test_setup_teardown(no_more_than_fit, noted_clean, noted_clean),
        cmocka_unit_test_setup_teardown(flood, noted_clean, noted_clean),
    };
    struct CMUnitTest rows[ARRAY_LEN(faults)];

    for (size_t i = 0; i < ARRAY_LEN(faults); i++)
        rows[i] = (struct CMUnitTest){faults[i].name, told_once, noted_clean, noted_clean,
                                      (void *)(uintptr_t)&faults[i]};
    return cmocka_run_group_tests_name("phone/history: told once", rows, NULL, NULL) +
           cmocka_run_group_tests_name("phone/history: what may be wrong", tests, NULL, NULL);
}
