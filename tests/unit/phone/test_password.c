/* Passwords from a program: what it may print, how it may fail, and what it gets from us. */
#include "phone/password.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "net/loop.h"
#include "tests/lib/rows.h"

#define LIMIT_MS 20000

struct answer {
    unsigned times;
    bool has_password;
    struct buf password, sentence;
    struct password_command **command; /* to be freed within; NULL: it is not */
};

static const struct row {
    const char *name, *command;
    const char *password; /* NULL: there is none, and the sentence is */
    const char *sentence;
} rows[] = {
    {"the first line", "printf 'one\\ntwo\\n'", "one", NULL},
    {"a line without end", "printf secret", "secret", NULL},
    {"any character, also blanks at the ends", "printf ' a\\tb\\033\"#=;\\r \\n'",
     " a\tb\033\"#=;\r ", NULL},
    {"a line of 4096 bytes", "sh -c 'head -c 4095 /dev/zero | tr \"\\0\" x; echo x'", NULL, NULL},
    {"words on standard error harm nothing", "sh -c 'echo warning >&2; echo secret'", "secret",
     NULL},
    {"much behind the first line", "sh -c 'echo secret; head -c 300000 /dev/zero'", "secret", NULL},
    {"standard input is empty", "sh -c 'cat; echo secret'", "secret", NULL},
    {"whom it leaves behind holds nothing up", "sh -c 'sleep 3 & echo secret'", "secret", NULL},
    {"nor with a line that has no end", "sh -c 'sleep 3 & printf secret'", "secret", NULL},
    {"our environment", "sh -c 'echo $TPHONE_TEST'", "from here", NULL},
    {"a program that is not there", "/no/such/program x", NULL,
     "password-command: /no/such/program cannot be started: No such file or directory; "
     "check its name"},
    {"a status", "sh -c 'echo secret; exit 3'", NULL, "password-command: sh ended with status 3"},
    {"a status with words", "sh -c 'echo \"no  key\" >&2; echo >&2; echo really >&2; exit 1'", NULL,
     "password-command: sh ended with status 1: no  key / really"},
    {"many words", "sh -c 'echo a >&2; echo b >&2; echo c >&2; echo d >&2; exit 1'", NULL,
     "password-command: sh ended with status 1: a / b / c"},
    {"a terminal's controls in them", "sh -c 'printf \"\\033[2Jx\\n\" >&2; exit 1'", NULL,
     "password-command: sh ended with status 1: \xef\xbf\xbd[2Jx"},
    {"a signal", "sh -c 'kill -9 $$'", NULL, "password-command: sh was ended by signal 9"},
    {"nothing", "true", NULL, "password-command: true gave no password"},
    {"an empty line", "echo", NULL, "password-command: echo gave no password"},
    {"a line without end that is too long", "sh -c 'head -c 100000 /dev/zero; sleep 60'", NULL,
     "password-command: sh gave a line of more than 4096 bytes"},
    {"a line, and then no end", "sh -c 'echo secret; exec yes'", NULL,
     "password-command: sh wrote more than 1048576 bytes"},
    {"no end of what it says", "sh -c 'echo secret; yes \"no key\" >&2'", NULL,
     "password-command: sh wrote more than 1048576 bytes: no key / no key / no key"},
    {"a line of 4097 bytes", "sh -c 'head -c 4097 /dev/zero | tr \"\\0\" x; echo'", NULL,
     "password-command: sh gave a line of more than 4096 bytes"},
    {"nothing of ours is open in it",
     "sh -c 'for i in 0 1 2 3 4 5 6 7 8 9; do test -e "
     "/dev/fd/$i && printf $i; done; echo'",
     "012", NULL},
    {"SIGPIPE is as usual", "sh -c 'kill -PIPE $$'", NULL,
     "password-command: sh was ended by signal 13"},
};

static void on_done(void *arg, struct slice password, const char *sentence)
{
    struct answer *a = arg;

    a->times++;
    a->has_password = password.p != NULL;
    assert_true(a->has_password == (sentence == NULL));
    buf_put(&a->password, password);
    buf_puts(&a->sentence, sentence ? sentence : "");
    if (a->command) {
        password_command_free(*a->command);
        *a->command = NULL;
    }
}

static struct answer ask(const char *command, bool freed_within)
{
    struct answer a = {.password = buf_new(8192), .sentence = buf_new(8192)};
    struct password_command *c;
    struct net_loop *loop;
    uint64_t until_ms = net_now_ms() + LIMIT_MS;

    if (freed_within)
        a.command = &c;
    assert_int_equal(net_loop_new(&loop), 0);
    assert_int_equal(password_command_start(loop, command, on_done, &a, &c), 0);
    assert_int_equal(a.times, 0);
    while (a.times == 0 && net_now_ms() < until_ms)
        net_loop_turn(loop, true);
    password_command_free(c);
    net_loop_free(loop);
    assert_int_equal(a.times, 1);
    a.command = NULL;
    return a;
}

static void check_row(void **state)
{
    const struct row *row = *state;

    for (int within = 0; within < 2; within++) {
        struct answer a = ask(row->command, within == 1);

        if (row->sentence)
            assert_slice(buf_slice(&a.sentence), row->sentence);
        else if (row->password)
            assert_slice(buf_slice(&a.password), row->password);
        else
            assert_int_equal(a.password.n, PASSWORD_BYTES_MAX);
        buf_free(&a.password);
        buf_free(&a.sentence);
    }
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left, not even as a zombie */
}

/* It may be given up at any time. */
static void freed_while_it_runs(void **state)
{
    struct answer a = {.password = buf_new(8192), .sentence = buf_new(8192)};
    struct password_command *c;
    struct net_loop *loop;
    uint64_t began_ms = net_now_ms();

    (void)state;
    assert_int_equal(net_loop_new(&loop), 0);
    assert_int_equal(password_command_start(loop, "sleep 60", on_done, &a, &c), 0);
    net_loop_turn(loop, false);
    password_command_free(c);
    assert_int_equal(password_command_start(loop, "/no/such/program", on_done, &a, &c), 0);
    password_command_free(c);
    net_loop_free(loop);
    assert_int_equal(a.times, 0);
    assert_true(net_now_ms() - began_ms < LIMIT_MS);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    password_command_free(NULL);
}

static void what_are_no_words(void **state)
{
    struct password_command *c;
    struct net_loop *loop;

    (void)state;
    assert_int_equal(net_loop_new(&loop), 0);
    assert_int_equal(password_command_start(loop, "echo 'x", on_done, NULL, &c), -EINVAL);
    net_loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(freed_while_it_runs),
        cmocka_unit_test(what_are_no_words),
    };

    setenv("TPHONE_TEST", "from here", 1);
    signal(SIGPIPE, SIG_IGN);
    if (open("/dev/null", O_RDONLY) < 0 || dup(2) < 0) /* without close on exec */
        return 1;
    return RUN_ROWS("phone/password", rows, check_row) +
           cmocka_run_group_tests_name("phone/password whole", tests, NULL, NULL);
}
