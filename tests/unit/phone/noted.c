#include "tests/unit/phone/noted.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct noted noted_at;

static void on_trouble(void *arg, const char *words)
{
    (void)arg;
    noted_at.told++;
    snprintf(noted_at.sentence, sizeof noted_at.sentence, "%s", words);
}

struct history *noted_open(void)
{
    struct history *h;

    assert_int_equal(history_new(noted_at.path, on_trouble, NULL, &h), 0);
    return h;
}

void noted_nap(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

int64_t noted_begin(struct history *h, int64_t began_us, const char *peer)
{
    return history_begin(
        h, &(struct history_row){.began_us = began_us, .outgoing = true, .peer = peer});
}

void noted_end(struct history *h, int64_t id, int64_t began_us, enum history_outcome outcome)
{
    history_end(h, &(struct history_row){.id = id,
                                         .began_us = began_us,
                                         .outgoing = true,
                                         .peer = "sip:p@h",
                                         .outcome = outcome,
                                         .text = "words"});
}

bool noted_see(void *arg, const struct history_row *row)
{
    struct noted_seen *s = arg;

    s->in_order &= s->n == 0 || row->began_us <= s->last_us;
    s->last_us = row->began_us;
    s->of[row->outcome]++;
    return ++s->n != s->stop_after;
}

struct noted_seen noted_look(void)
{
    struct noted_seen s = {.in_order = true};
    struct buf why = buf_new(4096);
    int err = history_read(noted_at.path, noted_see, &s, &why);

    if (err && err != -ENOENT)
        fail_msg("%s", buf_cstr(&why));
    assert_true(s.in_order);
    buf_free(&why);
    return s;
}

void noted_wait(size_t n)
{
    for (int ms = 0; noted_look().n < n; ms += 5) {
        if (ms > PATIENCE_MS)
            fail_msg("%zu rows did not come, %zu are there", n, noted_look().n);
        noted_nap(5);
    }
}

void noted_ask(const char *sql, const char *wanted)
{
    sqlite3 *db;
    sqlite3_stmt *query;

    assert_int_equal(sqlite3_open_v2(noted_at.path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, PATIENCE_MS);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &query, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(query), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(query, 0), wanted);
    sqlite3_finalize(query);
    sqlite3_close(db);
}

void noted_run_sql(const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(noted_at.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

int noted_clean(void **state)
{
    struct buf command = buf_new(256);
    int err;

    (void)state;
    snprintf(noted_at.folder, sizeof noted_at.folder, "history-%ld", (long)getpid());
    snprintf(noted_at.path, sizeof noted_at.path, "%s/history.db", noted_at.folder);
    noted_at.told = 0;
    buf_printf(&command, "rm -rf %s", noted_at.folder);
    err = system(buf_cstr(&command));
    buf_free(&command);
    return err;
}
