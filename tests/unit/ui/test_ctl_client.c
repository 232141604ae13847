/* A daemon that answers in pieces, late, too much, or not at all. */
#include "ui/ctl_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/loop.h"
#include "net/unix.h"
#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"

struct fixture {
    char folder[TEMPORARY_MAX], path[96];
    struct net_loop *loop;
    struct net_deadline *limit;
    struct net_unix_listener *listener;
    struct ctl_client *client;
    int daemon;       /* its end, or -1 */
    struct buf lines; /* that came, with | behind each */
    bool ended, gave_up;
    int err;
};

static void on_accept(void *arg, int fd)
{
    ((struct fixture *)arg)->daemon = fd;
}

static void on_line(void *arg, struct slice line)
{
    struct fixture *f = arg;

    buf_put(&f->lines, line);
    buf_putc(&f->lines, '|');
}

static void on_ended(void *arg, int err)
{
    struct fixture *f = arg;

    assert_false(f->ended); /* told once */
    f->ended = true;
    f->err = err;
}

static const struct ctl_client_events events = {on_line, on_ended};

static void on_limit(void *arg)
{
    ((struct fixture *)arg)->gave_up = true;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    *f = (struct fixture){
        .folder = "/tmp/test-ctl-XXXXXX", .daemon = -1, .lines = buf_new(2 * CTL_LINE_MAX)};
    assert_non_null(temporary_folder(f->folder));
    snprintf(f->path, sizeof f->path, "%s/control", f->folder);
    assert_int_equal(net_loop_new(&f->loop), 0);
    assert_int_equal(net_deadline_new(f->loop, on_limit, f, &f->limit), 0);
    assert_int_equal(net_unix_listen(f->loop, f->path, on_accept, f, &f->listener), 0);
    assert_int_equal(ctl_client_new(f->loop, f->path, &events, f, &f->client), 0);
    net_deadline_set(f->limit, net_now_ms() + 10000);
    while (f->daemon < 0 && !f->gave_up)
        net_loop_turn(f->loop, true);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    ctl_client_free(f->client);
    net_unix_listener_free(f->listener);
    if (f->daemon >= 0)
        close(f->daemon);
    net_deadline_free(f->limit);
    net_loop_free(f->loop);
    buf_free(&f->lines);
    assert_int_equal(rmdir(f->folder), 0);
    free(f);
    return 0;
}

static void say(struct fixture *f, const char *text)
{
    assert_int_equal(net_unix_write(f->daemon, slice_of(text), NULL, 0), (ptrdiff_t)strlen(text));
    net_loop_turn(f->loop, false);
    net_loop_turn(f->loop, false);
}

static void hang_up(struct fixture *f)
{
    close(f->daemon);
    f->daemon = -1;
}

static void wait_for_end(struct fixture *f)
{
    while (!f->ended && !f->gave_up)
        net_loop_turn(f->loop, true);
    assert_true(f->ended);
}

static void lines_come_whole_whatever_the_pieces(void **state)
{
    struct fixture *f = *state;

    say(f, "on");
    assert_int_equal(f->lines.n, 0);
    say(f, "e\ntwo\nth");
    assert_string_equal(buf_cstr(&f->lines), "one|two|");
    say(f, "ree\n");
    assert_string_equal(buf_cstr(&f->lines), "one|two|three|");
}

static void what_was_said_before_the_end_is_heard(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(net_unix_write(f->daemon, SLICE("last words\nand"), NULL, 0), 14);
    hang_up(f);
    assert_int_equal(ctl_client_send(f->client, SLICE("hello?\n"), NULL, 0), 0);
    wait_for_end(f);
    assert_int_equal(f->err, 0);
    assert_string_equal(buf_cstr(&f->lines), "last words|");
    assert_int_equal(ctl_client_send(f->client, SLICE("hello?\n"), NULL, 0), 0);
}

static void silence_is_not_waited_for(void **state)
{
    struct fixture *f = *state;

    ctl_client_limit(f->client, 1);
    wait_for_end(f);
    assert_int_equal(f->err, -ETIMEDOUT);
}

static void chatter_is_no_answer(void **state)
{
    struct fixture *f = *state;

    ctl_client_limit(f->client, 50);
    say(f, "here\n");
    wait_for_end(f);
    assert_int_equal(f->err, -ETIMEDOUT);
}

static void its_owner_ends_the_limit(void **state)
{
    struct fixture *f = *state;

    ctl_client_limit(f->client, 60000);
    say(f, "here\n");
    ctl_client_limit(f->client, 0);
    ctl_client_limit(f->client, 60000);
    hang_up(f);
    wait_for_end(f);
    assert_int_equal(f->err, 0);
}

static void a_line_without_end_is_given_up(void **state)
{
    struct fixture *f = *state;
    static char much[65536];

    memset(much, 'x', sizeof much);
    while (!f->ended && !f->gave_up) {
        net_unix_write(f->daemon, (struct slice){much, sizeof much}, NULL, 0);
        net_loop_turn(f->loop, false);
    }
    assert_int_equal(f->err, -EMSGSIZE);
    assert_int_equal(f->lines.n, 0);
}

/* Reads what the client has sent until it holds wanted. */
static void expect_sent(struct fixture *f, const char *wanted, size_t wanted_fds)
{
    char got[64];
    int fds[NET_UNIX_FDS_MAX];
    size_t n_fds;
    ptrdiff_t n;

    n = net_unix_read(f->daemon, got, sizeof got, fds, &n_fds);
    assert_int_equal(n, strlen(wanted));
    assert_memory_equal(got, wanted, strlen(wanted));
    assert_int_equal(n_fds, wanted_fds);
    while (n_fds > 0)
        close(fds[--n_fds]);
}

static void descriptors_go_along(void **state)
{
    struct fixture *f = *state;
    int fds[3] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};

    assert_int_equal(ctl_client_send(f->client, SLICE("call\n"), fds, 2), 0);
    expect_sent(f, "call\n", 2);
    assert_int_equal(ctl_client_send(f->client, SLICE("hold\n"), NULL, 0), 0);
    expect_sent(f, "hold\n", 0);
    assert_int_equal(ctl_client_send(f->client, SLICE("call\n"), fds, 3), -EBUSY);
}

/* What the kernel has no room for leaves later, and all of it. */
static void a_daemon_that_reads_late_gets_everything(void **state)
{
    struct fixture *f = *state;
    static char line[100000], got[65536];
    size_t sent = 0, heard = 0;
    int fds[NET_UNIX_FDS_MAX];
    size_t n_fds;

    memset(line, 'y', sizeof line);
    line[sizeof line - 1] = '\n';
    while (ctl_client_send(f->client, (struct slice){line, sizeof line}, NULL, 0) == 0)
        sent += sizeof line;
    assert_true(sent > 1000000);
    while (heard < sent && !f->gave_up) {
        ptrdiff_t n = net_unix_read(f->daemon, got, sizeof got, fds, &n_fds);

        heard += n > 0 ? (size_t)n : 0;
        net_loop_turn(f->loop, false);
    }
    assert_int_equal(heard, sent);
    /* One that had been stuck for long is not given up. */
    assert_int_equal(ctl_client_send(f->client, SLICE("hold\n"), NULL, 0), 0);
    expect_sent(f, "hold\n", 0);
}

static const struct row {
    const char *name;
    int err;
    const char *sentence;
} rows[] = {
    {"nobody", -ENOENT, "no daemon answers at /run/x; tphone daemon starts one"},
    {"dead", -ECONNREFUSED, "no daemon answers at /run/x; tphone daemon starts one"},
    {"stuck", -ETIMEDOUT, "the daemon at /run/x does not answer"},
    {"of another user", -EPERM, "what answers at /run/x belongs to another user"},
    {"gone", 0, "the daemon at /run/x has gone"},
    {"another", -EACCES, "the daemon at /run/x: Permission denied"},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf out = buf_new(256);

    ctl_client_explain(row->err, "/run/x", &out);
    assert_string_equal(buf_cstr(&out), row->sentence);
    buf_free(&out);
}

/* clang-format off */
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
static const struct CMUnitTest tests[] = {
    TEST(lines_come_whole_whatever_the_pieces),
    TEST(what_was_said_before_the_end_is_heard),
    TEST(silence_is_not_waited_for),
    TEST(chatter_is_no_answer),
    TEST(its_owner_ends_the_limit),
    TEST(a_line_without_end_is_given_up),
    TEST(descriptors_go_along),
    TEST(a_daemon_that_reads_late_gets_everything),
};
/* clang-format on */

int main(void)
{
    int failed = RUN_ROWS("ui/ctl_client: sentences", rows, check_row);

    return failed + cmocka_run_group_tests_name("ui/ctl_client: lines", tests, NULL, NULL);
}
