/* A phone with clients on socket pairs: each allocation of what they ask for fails once, and every
 * client gets whole lines, or is let go. */
#include "ui/control.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "phone/account.h"
#include "phone/phone_private.h"
#include "tests/lib/memory.h"
#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"
#include "ui/prompt.h"
#include "ui/terminal.h"

#define TURNS 60
#define TALK                                                                                       \
    "{\"id\":1,\"command\":\"status\"}\n"                                                          \
    "rubbish\n"                                                                                    \
    "{\"id\":\"two\",\"command\":\"call\",\"target\":\"127.0.0.1:9\",\"tied\":true}\n"             \
    "{\"id\":3,\"command\":\"volume\",\"speaker_db\":-3}\n"                                        \
    "{\"id\":4,\"command\":\"hangup\",\"call\":1}\n"                                               \
    "{\"id\":5,\"command\":\"accounts\"}\n"

struct desk {
    struct cli cli;
    struct terminal terminal;
    struct session session;
};

static void on_event(void *arg, const struct phone_event *event)
{
    (void)arg;
    (void)event;
}

static int set_up_with(void **state, const char *config)
{
    const char *argv[] = {/* getopt sorts them */

                          "tphone", "register",  "--control",   "-",        "--device", "none",
                          "-q",     "--listen",  "127.0.0.1:0", "--config", config,     "--history",
                          "no",     "--sandbox", "no",          NULL}; /* it would hold the tests
                                                                          that come behind, too */
    static struct desk desk;
    struct buf why = buf_new(4096);

    if (cli_parse((int)ARRAY_LEN(argv) - 1, (char **)argv, &desk.cli, &why) != 0)
        fail_msg("%s", buf_cstr(&why));
    desk.cli.control = desk.cli.json = false; /* the clients of the test alone */
    assert_int_equal(terminal_open(&desk.terminal, &desk.cli, false, &why), 0);
    assert_int_equal(
        session_open(&desk.session, &desk.cli, &desk.terminal, &desk.cli.config, on_event, NULL),
        0);
    assert_int_equal(session_open_control(&desk.session), 0);
    buf_free(&why);
    *state = &desk;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, "/dev/null");
}

static int set_up_account(void **state)
{
    char path[TEMPORARY_MAX] = "/tmp/control.XXXXXX";
    int fd = temporary_file(path), err;

    assert_true(fd >= 0);
    assert_true(dprintf(fd, "[account home]\nuri = sip:a@127.0.0.1:9\nregister = no\n") > 0);
    close(fd);
    err = set_up_with(state, path);
    unlink(path);
    return err;
}

static int tear_down(void **state)
{
    struct desk *desk = *state;

    session_stop(&desk->session);
    session_run(&desk->session);
    session_close(&desk->session);
    terminal_close(&desk->terminal);
    cli_free(&desk->cli);
    return 0;
}

static void turn(struct desk *desk)
{
    for (int i = 0; i < TURNS; i++)
        net_loop_turn(desk->session.loop, false);
}

/* For however long: where the machine stood still in a command its client rests. */
static void turn_until_all_are_gone(struct desk *desk)
{
    while (control_clients(desk->session.control) > 0)
        turn(desk);
}

/* The file that results go to: how much it has, and whether its disk hangs. */
static struct {
    bool hangs;
    size_t n;
} disk;

int __real_writer_put(struct writer *writer, struct slice bytes);
int __wrap_writer_put(struct writer *writer, struct slice bytes);
int __wrap_writer_put(struct writer *writer, struct slice bytes)
{
    if (writer != (struct writer *)(void *)&disk)
        return __real_writer_put(writer, bytes);
    if (disk.hangs)
        return -ENOBUFS;
    disk.n += bytes.n;
    return 0;
}

/* How much later it is each time that somebody looks. */
static struct {
    uint64_t step, added;
} clock_us;

uint64_t __real_net_now_us(void);
uint64_t __wrap_net_now_us(void);
uint64_t __wrap_net_now_us(void)
{
    clock_us.added += clock_us.step;
    return __real_net_now_us() + clock_us.added;
}

/* A client's end of a new connection; -1: it was not taken. */
static int connect_one(struct desk *desk)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    if (control_add_socket(desk->session.control, ends[0]) == 0)
        return ends[1];
    close(ends[0]);
    close(ends[1]);
    return -1;
}

static void say(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* Appends what there is to be read. False: nothing more will come. */
static bool gather(int fd, struct buf *all)
{
    char piece[65536];
    ssize_t n;

    while ((n = read(fd, piece, sizeof piece)) > 0)
        buf_put(all, (struct slice){piece, (size_t)n});
    return n < 0;
}

/* How many lines there are, each of them whole and JSON. */
static size_t count_lines(const struct buf *all)
{
    struct slice rest = buf_slice(all);
    size_t lines = 0;

    for (; rest.n > 0; lines++) {
        struct slice line = slice_cut(&rest, '\n');
        json_t *root = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);

        if (!root)
            fail_msg("%.*s", (int)line.n, line.p);
        json_decref(root);
    }
    if (all->n > 0)
        assert_int_equal(all->p[all->n - 1], '\n');
    return lines;
}

static size_t hear(int fd, struct buf *all)
{
    buf_clear(all);
    gather(fd, all);
    return count_lines(all);
}

static void memory_may_fail_anywhere(void **state)
{
    struct desk *desk = *state;
    struct buf all = buf_new(1048576);
    unsigned n = 0, answered = 0;
    bool failed = true;

    while (failed) {
        int fd;

        memory_fail_at(++n);
        fd = connect_one(desk);
        if (fd >= 0) {
            say(fd, TALK);
            turn(desk);
        }
        failed = memory_has_failed();
        memory_fail_at(0); /* the test itself is not to fail */
        answered += fd >= 0 && hear(fd, &all) >= 6;
        if (fd >= 0)
            close(fd);
        turn(desk);
    }
    assert_true(n > 20 && answered > n / 2);
    assert_int_equal(control_clients(desk->session.control), 0);
    buf_free(&all);
}

#define TURNS_MAX 1000

static void replies_come_in_order_and_before_events(void **state)
{
    struct desk *desk = *state;
    static const char *const wanted[] = {"\"reply\":1,\"ok\":true,\"version\":",
                                         "\"reply\":null,\"ok\":false,\"error\":\"bad-json\"",
                                         "\"reply\":\"two\",\"ok\":true,\"call\":",
                                         "\"reply\":3,\"ok\":true",
                                         "\"reply\":4,\"ok\":",
                                         "\"reply\":5,\"ok\":true,\"accounts\":[]"};
    struct buf all = buf_new(1048576);
    int fd = connect_one(desk);
    const char *at;

    assert_true(fd >= 0);
    say(fd, TALK);
    for (int i = 0; i < TURNS_MAX && !(strstr(buf_cstr(&all), "\"reply\":5") &&
                                       strstr(buf_cstr(&all), "\"event\":\"volume\""));
         i++) {
        turn(desk); /* one is heard for a moment of each, which may end before all is done */
        gather(fd, &all);
    }
    count_lines(&all);
    at = buf_cstr(&all);
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        at = strstr(at, wanted[i]);
        if (!at)
            fail_msg("no %s in %s", wanted[i], buf_cstr(&all));
    }
    at = strstr(buf_cstr(&all), "\"reply\":3");
    assert_non_null(strstr(at, "\"event\":\"volume\""));
    close(fd);
    turn(desk);
    buf_free(&all);
}

/* ... when there is one. */
static void hear_one(struct desk *desk, int fd, struct buf *all)
{
    size_t n = 0;

    while (n == 0) {
        turn(desk);
        n = hear(fd, all);
    }
    assert_int_equal(n, 1);
}

/* Whatever it holds is not stopped by one that sends half a line and nothing more; nor does that one
 * wait for long where the machine is slow, as it has asked for nothing yet. */
static void half_a_line_is_waited_for(void **state)
{
    struct desk *desk = *state;
    struct buf all = buf_new(1048576);
    int one = connect_one(desk), two = connect_one(desk);

    assert_true(one >= 0 && two >= 0);
    while (hear(one, &all) == 0) /* where it listens */
        turn(desk);
    while (hear(two, &all) == 0)
        turn(desk);
    clock_us.step = 5000;
    say(one, "{\"id\":1,\"comm");
    say(two, "{\"id\":2,\"command\":\"events\"}\n");
    hear_one(desk, two, &all);
    assert_int_equal(hear(one, &all), 0);
    say(one, "and\":\"events\"}\n");
    hear_one(desk, one, &all);
    clock_us.step = 0;
    close(one);
    close(two);
    turn_until_all_are_gone(desk);
    buf_free(&all);
}

#define MANY 32
#define FLOOD_MS 100
#define EVENT_BYTES 60 /* at least, of a line */

struct flood {
    int fd;
    const char *ask;
    size_t n; /* lines that came */
    bool over;
};

/* Reads all that comes, and sends as much as goes. */
static void go_on(struct flood *flood)
{
    char piece[65536];
    ssize_t n;

    while ((n = read(flood->fd, piece, sizeof piece)) > 0)
        for (ssize_t i = 0; i < n; i++)
            flood->n += piece[i] == '\n';
    while (write(flood->fd, flood->ask, strlen(flood->ask)) == (ssize_t)strlen(flood->ask))
        continue;
}

/* A line that has begun is ended, and then it is told that nothing more comes. */
static void who_is_dropped_gets_whole_lines(void **state)
{
    struct desk *desk = *state;
    struct flood flood = {.fd = connect_one(desk),
                          .ask = "{\"command\":\"volume\",\"speaker_db\":1}\n"};
    struct buf all = buf_new(4 * CONTROL_WAITING_MAX);
    int ends[2], little = 1; /* room for less than what is written at once */

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof little), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(control_add_socket(desk->session.control, ends[0]), 0);
    while (flood.n * EVENT_BYTES < 2 * CONTROL_WAITING_MAX) {
        go_on(&flood);
        turn(desk);
    }
    while (gather(ends[1], &all))
        turn(desk);
    assert_true(count_lines(&all) > 1);
    assert_non_null(strstr(buf_cstr(&all), "\"event\":\"dropped\""));
    close(flood.fd);
    close(ends[1]);
    turn(desk);
    buf_free(&all);
}

static void on_time(void *arg)
{
    struct flood *flood = arg;

    flood->over = true;
}

/* How many replies one gets in a moment who floods. */
static size_t flood_for(struct desk *desk, int fd)
{
    struct flood flood = {.fd = fd, .ask = "{\"command\":\"status\"}\n"};
    struct net_deadline *end;

    assert_int_equal(net_deadline_new(desk->session.loop, on_time, &flood, &end), 0);
    net_deadline_set(end, net_now_ms() + FLOOD_MS);
    for (go_on(&flood); !flood.over; go_on(&flood))
        net_loop_turn(desk->session.loop, true);
    net_deadline_free(end);
    return flood.n;
}

/* The most of a few times: a machine with other work takes some of each. */
static size_t most_of(struct desk *desk, int fd)
{
    size_t most = 0;

    for (int i = 0; i < 3; i++) {
        size_t n = flood_for(desk, fd);

        most = n > most ? n : most;
    }
    return most;
}

/* The more clients there are the smaller is the part of the time that one of them may have. */
static void who_floods_leaves_room(void **state)
{
    struct desk *desk = *state;
    int fds[MANY] = {connect_one(desk)};
    size_t alone = most_of(desk, fds[0]), among_many;

    for (size_t i = 1; i < MANY; i++)
        fds[i] = connect_one(desk);
    among_many = most_of(desk, fds[0]);
    for (size_t i = 0; i < MANY; i++)
        close(fds[i]);
    turn(desk);
    if (among_many == 0 || among_many > alone / 2)
        fail_msg("%zu replies alone, %zu among many", alone, among_many);
}

/* A server has asked for one, in whatever call; there is nobody to ask a person for it. */
static bool is_told(struct desk *desk, struct account *account, unsigned fail_at, bool *failed)
{
    account->password_wanted = true;
    memory_fail_at(fail_at);
    phone_tell(desk->session.phone, &(struct phone_event){.kind = PHONE_PASSWORD_WANTED,
                                                          .account = account->label,
                                                          .peer = account->uri,
                                                          .text = "realm"});
    phone_deliver(desk->session.phone);
    *failed = memory_has_failed();
    memory_fail_at(0);
    return !account->password_wanted;
}

/* ... who has no terminal here, whoever runs this test. */
static void a_password_is_wanted_without_memory(void **state)
{
    struct desk *desk = *state;
    struct account *account = account_find(desk->session.phone, NULL);
    struct control *control = desk->session.control;
    struct prompt *prompt;
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC), err = 0;
    unsigned n = 0, told = 0;
    bool failed = true;

    if (tty >= 0) {
        ioctl(tty, TIOCNOTTY);
        close(tty);
    }
    assert_non_null(account);
    desk->session.control = NULL; /* it is no client that knows it */
    while (failed) {
        told += is_told(desk, account, ++n, &failed);
        assert_true(list_empty(&desk->session.wanted));
        assert_null(desk->session.prompt);
    }
    desk->session.control = control;
    assert_true(n > 6);
    assert_int_equal(told, n);
    for (n = 1, failed = true; failed; n++) {
        memory_fail_at(n);
        err = prompt_open(desk->session.loop, "?", NULL, NULL, &prompt);
        failed = memory_has_failed();
        memory_fail_at(0);
        assert_int_equal(err, failed ? -ENOMEM : -ENOTTY);
    }
    assert_true(n > 3);
}

/* A disk tells nobody that it has room again; and where so much waits, no command gives a turn. */
static void a_disk_that_comes_back_gets_what_waits(void **state)
{
    struct desk *desk = *state;
    struct output *out = &desk->terminal.out, before = {.fd = out->fd, .writer = out->writer};
    const char *ask = "{\"command\":\"status\"}\n"; /* which no event follows */
    FILE *file = tmpfile();
    bool read_any = true;
    int in[2];

    assert_non_null(file);
    assert_int_equal(pipe(in), 0);
    fcntl(in[1], F_SETFL, O_NONBLOCK);
    disk.hangs = true;
    out->fd = fileno(file);
    out->writer = (struct writer *)(void *)&disk; /* looked into by nobody */
    assert_int_equal(control_add_pair(desk->session.control, in[0], out->fd, NULL, NULL), 0);
    out->fd = before.fd;
    out->writer = before.writer;
    while (read_any) {
        for (read_any = false; write(in[1], ask, strlen(ask)) > 0; read_any = true)
            continue;
        turn(desk);
    }
    assert_int_equal(disk.n, 0);
    disk.hangs = false;
    for (unsigned i = 0; i < 500 && disk.n == 0; i++) {
        usleep(10000);
        net_loop_turn(desk->session.loop, false);
    }
    assert_true(disk.n > 0);
    close(in[1]);
    turn(desk);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(replies_come_in_order_and_before_events, set_up, tear_down),
        cmocka_unit_test_setup_teardown(half_a_line_is_waited_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_is_dropped_gets_whole_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_floods_leaves_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_disk_that_comes_back_gets_what_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_may_fail_anywhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_password_is_wanted_without_memory, set_up_account,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("ui/control", tests, NULL, NULL);
}
