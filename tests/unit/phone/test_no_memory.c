/* Each allocation of history, contacts and password-command fails once: what was asked for is
 * refused, or done all the same, and what was there before is still there. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net/loop.h"
#include "phone/contacts.h"
#include "phone/history_db.h"
#include "phone/password.h"
#include "tests/lib/memory.h"
#include "tests/lib/rows.h"

static char path[64];

static bool count(void *arg, const struct history_row *row)
{
    assert_string_equal(row->peer, "sip:p@h");
    ++*(size_t *)arg;
    return true;
}

static int write_one(int64_t id)
{
    struct history_row row = {.id = id, .peer = "sip:p@h", .outcome = HISTORY_MISSED};
    struct buf why = buf_new(4096);
    struct history_db *db = NULL;
    int err = history_db_open(path, 1, &db, &why);

    if (!err)
        err = history_db_begin(db, &why);
    if (!err)
        err = history_db_put(db, &row, &why);
    if (!err)
        err = history_db_commit(db, &why);
    history_db_close(db);
    buf_free(&why);
    return err;
}

static size_t read_all(void)
{
    struct buf why = buf_new(4096);
    size_t n = 0;

    assert_int_equal(history_read(path, count, &n, &why), 0);
    buf_free(&why);
    return n;
}

static void writing(void **state)
{
    size_t written = 0;

    (void)state;
    assert_int_equal(write_one(1), 0);
    written++;
    for (unsigned n = 1; memory_fail_at(n), written += write_one(n + 1) == 0, memory_has_failed();
         n++)
        assert_int_equal(read_all(), written);
    memory_fail_at(0);
    assert_int_equal(read_all(), written);
}

static void reading(void **state)
{
    size_t all = read_all();
    bool failed = true;

    (void)state;
    for (unsigned n = 1; failed; n++) {
        struct buf why = buf_new(4096);
        struct history_db *db = NULL;
        size_t seen = 0;
        int err;

        memory_fail_at(n);
        err = history_db_open_to_read(path, &db, &why);
        failed = memory_has_failed();
        memory_fail_at(0); /* a text that has no room is shown empty, which count does not take */
        if (!err)
            err = history_db_each(db, count, &seen, &why);
        assert_true(err == 0 ? seen == all : seen == 0);
        history_db_close(db);
        buf_free(&why);
    }
}

static void contacts(void **state)
{
    static const char text[] = "alice = sip:alice@example.org\nbob = b@192.0.2.1\nc = 4711\n";
    struct buf why = buf_new(4096);
    struct contacts *c;

    (void)state;
    assert_int_equal(contacts_new(path, &c), 0);
    assert_int_equal(contacts_read_text(c, SLICE("old = o@h\n"), "f", &why), 0);
    for (unsigned n = 1;; n++) {
        int err;

        memory_fail_at(n);
        err = contacts_read_text(c, slice_of(text), "f", &why);
        if (!memory_has_failed())
            break;
        memory_fail_at(0);
        assert_true(err == 0 || contacts_address(c, SLICE("old")) != NULL);
        if (!err) /* only words of a fault were lost, of which there is none */
            assert_int_equal(contacts_read_text(c, SLICE("old = o@h\n"), "f", &why), 0);
    }
    memory_fail_at(0);
    assert_string_equal(contacts_name(c, SLICE("sip:b@192.0.2.1")), "bob");
    contacts_free(c);
    buf_free(&why);
}

/* --- a call, from its beginning to its end --------------------------------------------------- */

static void on_trouble(void *arg, const char *sentence)
{
    assert_true(*sentence);
    ++*(unsigned *)arg;
}

struct lines {
    size_t n, whole;
};

/* Of one whose end found no memory for its texts, those of the beginning are there. */
static bool see_line(void *arg, const struct history_row *row)
{
    struct lines *lines = arg;

    if (strcmp(row->peer, "sip:line@h") != 0)
        return true; /* of the tests before */
    assert_string_equal(row->name, "N");
    assert_string_equal(history_word(row->outcome), "answered");
    assert_int_equal(row->talk_ms, 5000);
    lines->n++;
    lines->whole += strcmp(row->text, "they hung up") == 0;
    return true;
}

static void wait_until_written(struct history *h)
{
    for (int ms = 0; ms < 10000 && history_waits(h); ms++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* The nth allocation of all that is done fails, or of its end alone. Whether one did. */
static bool note_call(unsigned n, bool at_end, bool written)
{
    struct history_row row = {.began_us = n, .peer = "sip:line@h", .name = "N"};
    struct history *h;
    unsigned troubles = 0;
    bool failed;

    assert_int_equal(history_new(path, on_trouble, &troubles, &h), 0);
    memory_fail_at(at_end ? 0 : n);
    row.id = history_begin(h, &row);
    if (row.id < 0) {
        assert_int_equal(row.id, -ENOMEM);
        row.id = history_begin(h, &row);
    }
    assert_true(row.id > 0);
    if (written)
        wait_until_written(h);
    if (at_end)
        memory_fail_at(n);
    row.outcome = HISTORY_ANSWERED;
    row.talk_ms = 5000;
    row.text = "they hung up";
    assert_int_equal(history_end(h, &row), 0);
    wait_until_written(h); /* where that failed, it is written at the end */
    failed = memory_has_failed();
    memory_fail_at(0);
    history_free(h, 10000);
    assert_true(failed || !troubles);
    return failed;
}

static void line_of_a_call(void **state)
{
    struct buf why = buf_new(4096);
    struct lines lines = {0};
    size_t calls = 0;

    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        unsigned n = 1;

        while (note_call(n, kind & 1, kind & 2))
            n++;
        assert_true(n > 1);
        calls += n;
    }
    assert_int_equal(history_read(path, see_line, &lines, &why), 0);
    buf_free(&why);
    assert_int_equal(lines.n, calls);
    assert_true(lines.whole < calls && lines.whole > calls / 2);
}

static int remove_files(void **state)
{
    char name[96];
    static const char *const suffixes[] = {"", "-wal", "-shm", "-open"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
    return 0;
}

/* --- a program that gives the password -------------------------------------------------------- */

struct heard {
    unsigned times;
    bool password;
};

static void on_password(void *arg, struct slice password, const char *sentence)
{
    struct heard *heard = arg;

    heard->times++;
    heard->password = password.p != NULL;
    assert_true(heard->password == (sentence == NULL));
}

/* Whether there was a password: told once where it began, and never where it did not. */
static bool ask_program(struct net_loop *loop, const char *command)
{
    struct password_command *c;
    struct heard heard = {0};

    if (password_command_start(loop, command, on_password, &heard, &c))
        return false;
    while (!heard.times)
        net_loop_turn(loop, true);
    password_command_free(c);
    net_loop_turn(loop, false);
    assert_int_equal(heard.times, 1);
    return heard.password;
}

static void password(void **state)
{
    const char *command = "sh -c 'echo \"no  key\" >&2; echo \"secret\"'";
    struct net_loop *loop;

    (void)state;
    assert_int_equal(net_loop_new(&loop), 0);
    for (unsigned n = 1; memory_fail_at(n), ask_program(loop, command), memory_has_failed(); n++)
        ;
    memory_fail_at(0);
    assert_true(ask_program(loop, command));
    net_loop_free(loop);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(writing),  cmocka_unit_test(reading),  cmocka_unit_test(line_of_a_call),
        cmocka_unit_test(contacts), cmocka_unit_test(password),
    };

    snprintf(path, sizeof path, "no-memory-%ld.db", (long)getpid());
    return cmocka_run_group_tests_name("phone: no memory", tests, NULL, remove_files);
}
