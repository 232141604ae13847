/* Each allocation of history, contacts and password-command fails once: what was asked for is
 * refused, or done all the same, and what was there before is still there. */
#include <stdio.h>
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
        cmocka_unit_test(writing),
        cmocka_unit_test(reading),
        cmocka_unit_test(contacts),
        cmocka_unit_test(password),
    };

    snprintf(path, sizeof path, "no-memory-%ld.db", (long)getpid());
    return cmocka_run_group_tests_name("phone: no memory", tests, NULL, remove_files);
}
