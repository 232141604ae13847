/* The helper that starts programs, those that it was told of at its birth and no others, and
 * answers questions. */
#include "net/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/loop.h"
#include "net/spawner_private.h"
#include "tests/lib/rows.h"

#define LIMIT_MS 20000

struct end {
    unsigned times;
    int err, status, by_signal;
};

static void on_end(void *arg, int err, int status, int by_signal)
{
    struct end *e = arg;

    *e = (struct end){e->times + 1, err, status, by_signal};
}

static const struct row {
    const char *name;
    const char *script; /* of sh -c, where it is not one that the helper knows */
    const char *variable;
    int signal;
    struct end end;
} rows[] = {
    {"what it knows is started", NULL, NULL, 0, {1, 0, 3, 0}},
    {"what it does not know is not", "exit 4", NULL, 0, {1, -EPERM, 0, 0}},
    {"variables with our beginning are handed over", NULL, "TPHONE_X=5", 0, {1, 0, 5, 0}},
    {"a signal gets there", NULL, "TPHONE_SLEEP=60", SIGTERM, {1, 0, 0, SIGTERM}},
    {"the helper dies", NULL, "TPHONE_KILL=1", 0, {1, -EPIPE, 0, 0}},
};

static char known[] = "[ \"$TPHONE_SLEEP\" ] && exec sleep $TPHONE_SLEEP;"
                      "[ \"$TPHONE_KILL\" ] && kill -KILL $PPID;"
                      "[ \"$PATH\" = /nowhere ] && exit 4;"
                      "[ \"$TPHONE_READ\" ] && read x;"
                      "exit ${TPHONE_X:-3}";

static void check_row(void **state)
{
    const struct row *row = *state;
    char sh[] = "sh", c[] = "-c", variable[64] = "";
    char *words[] = {sh, c, known, NULL}, *environment[] = {variable, NULL};
    const struct net_spawner_command command = {words};
    const struct net_spawner_spec spec = {.commands = &command, .n = 1};
    uint64_t until_ms = net_now_ms() + LIMIT_MS;
    int null = open("/dev/null", O_RDWR), streams[] = {null, null, null};
    struct net_spawner *spawner;
    struct net_spawned *spawned;
    struct end end = {0};
    struct net_loop *loop;

    if (row->variable)
        strncpy(variable, row->variable, sizeof variable - 1);
    assert_int_equal(net_spawner_new(&spec, &spawner), 0);
    assert_int_equal(net_loop_new(&loop), 0);
    assert_int_equal(net_spawner_on(spawner, loop), 0);
    words[2] = row->script ? (char *)(uintptr_t)row->script : known; /* the helper has its copy */
    assert_int_equal(net_spawn(spawner, words, row->variable ? environment : NULL, true, streams,
                               on_end, &end, &spawned),
                     0);
    if (row->signal)
        assert_int_equal(net_spawned_signal(spawned, row->signal), 0);
    while (end.times == 0 && net_now_ms() < until_ms)
        net_loop_turn(loop, true);
    assert_memory_equal(&end, &row->end, sizeof end);
    net_spawner_off(spawner);
    net_loop_free(loop);
    net_spawner_free(spawner);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD); /* no helper is left */
    close(null);
}

static const struct kept {
    const char *name;
    bool is_forgotten; /* by who sent the signal */
} kept[] = {
    {"a signal waits for room", false},
    {"and is sent when nobody waits for its program any more", true},
};

static void no_end(void *arg, int err, int status, int by_signal)
{
    (void)arg, (void)err, (void)status, (void)by_signal;
}

/* Orders that the helper would refuse, until no more go in. */
static void fill(struct net_spawner *spawner, const int streams[3])
{
    static char much[SPAWNER_MESSAGE_MAX / 2];
    char *words[] = {much, NULL};
    struct net_spawned *one;
    int err = 0;

    memset(much, 'x', sizeof much - 1);
    while (!err) {
        err = net_spawn(spawner, words, NULL, false, streams, no_end, NULL, &one);
        if (!err)
            net_spawned_free(one);
    }
    assert_int_equal(err, -EAGAIN);
}

/* The program stops the helper, and lets it go on when it is told to. */
static void check_kept(void **state)
{
    static char script[] =
        "kill -STOP $PPID; echo; read x; (sleep .2; kill -CONT $PPID) & exec sleep 60";
    const struct kept *row = *state;
    char sh[] = "sh", c[] = "-c", byte;
    char *words[] = {sh, c, script, NULL};
    const struct net_spawner_command command = {words};
    const struct net_spawner_spec spec = {.commands = &command, .n = 1};
    uint64_t until_ms = net_now_ms() + LIMIT_MS;
    int null = open("/dev/null", O_RDWR), in[2], out[2];
    struct net_spawner *spawner;
    struct net_spawned *spawned;
    struct pollfd p = {0};
    struct end end = {0};
    struct net_loop *loop;

    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    assert_int_equal(net_spawner_new(&spec, &spawner), 0);
    assert_int_equal(net_loop_new(&loop), 0);
    assert_int_equal(net_spawner_on(spawner, loop), 0);
    assert_int_equal(net_spawn(spawner, words, NULL, false, (int[]){in[0], out[1], null}, on_end,
                               &end, &spawned),
                     0);
    close(in[0]);
    close(out[1]);
    assert_int_equal(read(out[0], &byte, 1), 1);
    fill(spawner, (int[]){null, null, null});
    assert_int_equal(net_spawned_signal(spawned, SIGKILL), 0);
    assert_int_equal(write(in[1], "\n", 1), 1);
    if (row->is_forgotten)
        net_spawned_free(spawned);
    p.fd = out[0]; /* ends with the program, long before its sleep would */
    while ((poll(&p, 1, 20) == 0 || (!row->is_forgotten && end.times == 0)) &&
           net_now_ms() < until_ms)
        net_loop_turn(loop, false);
    assert_int_equal(end.by_signal, row->is_forgotten ? 0 : SIGKILL);
    net_spawner_off(spawner);
    net_loop_free(loop);
    net_spawner_free(spawner);
    assert_true(net_now_ms() < until_ms);
    close(in[1]);
    close(out[0]);
    close(null);
}

/* A command whose exec fails says why. */
static void check_missing(void **state)
{
    char name[] = "/nonexistent/tphone";
    char *words[] = {name, NULL};
    const struct net_spawner_command command = {words};
    const struct net_spawner_spec spec = {.commands = &command, .n = 1};
    uint64_t until_ms = net_now_ms() + LIMIT_MS;
    int null = open("/dev/null", O_RDWR), streams[] = {null, null, null};
    struct net_spawner *spawner;
    struct net_spawned *spawned;
    struct end end = {0};
    struct net_loop *loop;

    (void)state;
    assert_int_equal(net_spawner_new(&spec, &spawner), 0);
    assert_int_equal(net_loop_new(&loop), 0);
    assert_int_equal(net_spawner_on(spawner, loop), 0);
    assert_int_equal(net_spawn(spawner, words, NULL, true, streams, on_end, &end, &spawned), 0);
    while (end.times == 0 && net_now_ms() < until_ms)
        net_loop_turn(loop, true);
    assert_int_equal(end.err, -ENOENT);
    assert_int_equal(end.times, 1);
    net_spawner_off(spawner);
    net_loop_free(loop);
    net_spawner_free(spawner);
    close(null);
}

/* --- questions ------------------------------------------------------------------------------ */

enum question { ASK_PID, ASK_ECHO, ASK_HAND_OVER, ASK_REFUSE, ASK_DIE, ASK_WAIT, ASK_KILL };

static const struct asked {
    const char *name;
    enum question what;
    const char *asked, *text;
    bool has_fd;
    int err;
} asked[] = {
    {"a text", ASK_ECHO, "who is there", "who is there, said", false, 0},
    {"no text", ASK_ECHO, "", ", said", false, 0},
    {"a descriptor", ASK_HAND_OVER, "through the pipe", "", true, 0},
    {"an error with its text", ASK_REFUSE, "", "no", false, -EACCES},
    {"the end of who answers", ASK_DIE, "", "the process that was to answer has died", false, -EIO},
    {"the end of the helper", ASK_KILL, "", "", false, -EPIPE},
};

static void wait_for_end(pid_t helper)
{
    while (getppid() == helper)
        poll(NULL, 0, 5);
}

static int answer(const void *arg, unsigned what, struct slice text, int *fd, struct buf *out)
{
    pid_t helper = getppid();
    int ends[2];

    switch ((enum question)what) {
    case ASK_PID:
        buf_printf(out, "%ld", (long)helper);
        return 0;
    case ASK_ECHO:
        buf_printf(out, "%" PRI_SLICE ", %s", ARG_SLICE(text), (const char *)arg);
        return 0;
    case ASK_HAND_OVER:
        if (pipe(ends) != 0 || write(ends[1], text.p, text.n) != (ssize_t)text.n)
            return -EIO;
        *fd = ends[0];
        return 0;
    case ASK_REFUSE:
        buf_puts(out, "no");
        return -EACCES;
    case ASK_KILL:
        kill(helper, SIGKILL);
        wait_for_end(helper);
        break;
    case ASK_WAIT:
        wait_for_end(helper);
        break;
    case ASK_DIE:
        break;
    }
    _exit(1);
}

static void check_asked(void **state)
{
    const struct asked *row = *state;
    const struct net_spawner_spec spec = {.answer = answer, .arg = "said"};
    struct buf text = buf_new(256);
    struct net_spawner *spawner;
    char through[64] = "";
    int fd;

    assert_int_equal(net_spawner_new(&spec, &spawner), 0);
    assert_int_equal(
        net_spawner_ask(spawner, row->what, slice_of(row->asked), LIMIT_MS, &fd, &text), row->err);
    assert_string_equal(buf_cstr(&text), row->text);
    assert_int_equal(fd >= 0, row->has_fd);
    if (fd >= 0) {
        assert_int_equal(read(fd, through, sizeof through), strlen(row->asked));
        assert_string_equal(through, row->asked);
        close(fd);
    }
    net_spawner_free(spawner);
    buf_free(&text);
}

/* One that answers nothing, and one that is asked more than fits. */
static void check_refusals(void **state)
{
    static const char much[SPAWNER_MESSAGE_MAX];
    const struct net_spawner_spec silent = {.answer = NULL}, spec = {.answer = answer};
    struct buf text = buf_new(256);
    struct net_spawner *spawner;
    int fd;

    (void)state;
    assert_int_equal(net_spawner_new(&silent, &spawner), 0);
    assert_int_equal(net_spawner_ask(spawner, ASK_ECHO, SLICE("a"), LIMIT_MS, &fd, &text), -ENOSYS);
    net_spawner_free(spawner);
    assert_int_equal(net_spawner_new(&spec, &spawner), 0);
    assert_int_equal(
        net_spawner_ask(spawner, ASK_ECHO, (struct slice){much, sizeof much}, LIMIT_MS, &fd, &text),
        -E2BIG);
    net_spawner_free(spawner);
    buf_free(&text);
}

/* Also where so much was asked before that no more goes in. */
static void check_stopped(void **state)
{
    const struct net_spawner_spec spec = {.answer = answer, .arg = "said"};
    static char much[SPAWNER_MESSAGE_MAX / 2];
    const struct slice all[] = {SLICE("a"), {much, sizeof much}, {much, sizeof much}, SLICE("b")};
    struct buf text = buf_new(256);
    struct net_spawner *spawner;
    pid_t helper;
    int fd;

    (void)state;
    memset(much, 'x', sizeof much);
    assert_int_equal(net_spawner_new(&spec, &spawner), 0);
    assert_int_equal(net_spawner_ask(spawner, ASK_PID, SLICE(""), LIMIT_MS, &fd, &text), 0);
    helper = (pid_t)strtol(buf_cstr(&text), NULL, 10);
    assert_int_equal(kill(helper, SIGSTOP), 0);
    for (size_t i = 0; i < ARRAY_LEN(all) * 4; i++) {
        uint64_t from_ms = net_now_ms();

        buf_clear(&text);
        assert_int_equal(net_spawner_ask(spawner, ASK_ECHO, all[i % 4], i ? 10 : 1000, &fd, &text),
                         -ETIMEDOUT);
        assert_true(net_now_ms() >= from_ms + (i ? 10 : 1000));
        if (i == 0)
            assert_string_equal(buf_cstr(&text), "there was no answer within 1 s");
    }
    assert_int_equal(kill(helper, SIGCONT), 0);
    buf_clear(&text);
    assert_int_equal(net_spawner_ask(spawner, ASK_ECHO, SLICE("c"), LIMIT_MS, &fd, &text), 0);
    assert_string_equal(buf_cstr(&text), "c, said");
    net_spawner_free(spawner);
    buf_free(&text);
}

/* --- messages ------------------------------------------------------------------------------- */

enum { SENT_MAX = 8, FD_MAX = 256 };

static const struct message {
    const char *name;
    size_t n, n_fds;
    ptrdiff_t got;
} messages[] = {
    {"as many descriptors as there is room for", 4, 3, 4},
    {"one more, for which the kernel finds room", 4, 4, -EMSGSIZE},
    {"two more, which it cuts off", 4, 5, -EMSGSIZE},
    {"more bytes than there is room for", 9, 2, -EMSGSIZE},
    {"descriptors and no byte", 0, 2, 0},
};

static size_t count_open(void)
{
    size_t n = 0;

    for (int fd = 0; fd < FD_MAX; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* As spawner_send would not send it. */
static void send_raw(int to, size_t n, size_t n_fds)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(SENT_MAX * sizeof(int))];
    } rights = {.room = {0}};
    char bytes[16] = "";
    struct iovec part = {bytes, n};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = &rights,
                       .msg_controllen = CMSG_SPACE(n_fds * sizeof(int))};

    rights.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(n_fds * sizeof(int)),
                                   .cmsg_level = SOL_SOCKET,
                                   .cmsg_type = SCM_RIGHTS};
    for (size_t i = 0; i < n_fds; i++)
        memcpy(CMSG_DATA(&rights.head) + i * sizeof to, &to, sizeof to);
    assert_int_equal(sendmsg(to, &m, MSG_NOSIGNAL), n);
}

static void check_message(void **state)
{
    const struct message *row = *state;
    int *fds = calloc(SPAWNER_FDS_MAX, sizeof *fds), ends[2]; /* of exactly that size */
    char *to = malloc(8);
    size_t before, n_fds;

    assert_non_null(fds);
    assert_non_null(to);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    before = count_open();
    send_raw(ends[0], row->n, row->n_fds);
    assert_int_equal(spawner_receive(ends[1], to, 8, fds, &n_fds), row->got);
    assert_int_equal(n_fds, row->got < 0 ? 0 : row->n_fds);
    assert_int_equal(count_open(), before + n_fds);
    for (size_t i = 0; i < n_fds; i++)
        close(fds[i]);
    close(ends[0]);
    close(ends[1]);
    free(fds);
    free(to);
}

/* As where the kernel has no close_range. In a child: it is our own that are closed. */
static void check_closing(void **state)
{
    int low = open("/dev/null", O_RDONLY), high = fcntl(low, F_DUPFD, 200), status;
    pid_t pid;

    (void)state;
    assert_true(low >= 0 && high >= 200);
    pid = fork();
    if (pid == 0)
        _exit(spawner_close_listed(low + 1) && fcntl(low, F_GETFD) >= 0 && fcntl(high, F_GETFD) < 0
                  ? 0
                  : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(low);
    close(high);
}

/* --- orders that we would not send ---------------------------------------------------------- */

/* The helper, and our end of its socket. */
static int begin_raw(const struct net_spawner_spec *spec, pid_t *pid)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    *pid = fork();
    assert_true(*pid >= 0);
    if (*pid == 0) {
        close(ends[0]);
        spawner_serve(ends[1], spec);
    }
    close(ends[1]);
    return ends[0];
}

static void end_raw(int fd, pid_t pid)
{
    close(fd);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void send_waiting(int fd, const struct spawner_order *order, struct slice rest,
                         const int *fds, size_t n_fds)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int err;

    while ((err = spawner_send(fd, order, sizeof *order, rest, fds, n_fds)) == -EAGAIN)
        poll(&p, 1, LIMIT_MS);
    assert_int_equal(err, 0);
}

/* Starts what is known, with these variables, each with its NUL. */
static void start_raw(int fd, uint32_t id, struct slice variables, uint32_t n, const int streams[3])
{
    const struct spawner_order order = {
        .verb = SPAWNER_START, .id = id, .has_environment = true, .words = 3, .variables = n};
    struct buf texts = buf_new(1024);

    buf_put(&texts, SLICE("sh\0-c\0"));
    buf_put(&texts, (struct slice){known, sizeof known});
    buf_put(&texts, variables);
    assert_true(buf_ok(&texts));
    send_waiting(fd, &order, buf_slice(&texts), streams, 3);
    buf_free(&texts);
}

static void check_news(int fd, struct spawner_news expected)
{
    struct spawner_news news;

    assert_int_equal(recv(fd, &news, sizeof news, 0), sizeof news);
    assert_memory_equal(&news, &expected, sizeof news);
}

/* We leave them out as well, which the helper must not rely on. */
static void check_variables(void **state)
{
    char sh[] = "sh", c[] = "-c", *words[] = {sh, c, known, NULL};
    const struct net_spawner_command command = {words};
    const struct net_spawner_spec spec = {.commands = &command, .n = 1};
    int null = open("/dev/null", O_RDWR), fd;
    pid_t pid;

    (void)state;
    fd = begin_raw(&spec, &pid);
    start_raw(fd, 7, SLICE("PATH=/nowhere\0TPHONE_X=5\0"), 2, (int[]){null, null, null});
    check_news(fd, (struct spawner_news){.id = 7, .status = 5});
    end_raw(fd, pid);
    close(null);
}

static void check_many_programs(void **state)
{
    char sh[] = "sh", c[] = "-c", *words[] = {sh, c, known, NULL};
    const struct net_spawner_command command = {words};
    const struct net_spawner_spec spec = {.commands = &command, .n = 1};
    int null = open("/dev/null", O_RDWR), fd, in[2];
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(in), 0);
    fd = begin_raw(&spec, &pid);
    for (uint32_t id = 0; id <= SPAWNER_CHILDREN_MAX; id++)
        start_raw(fd, id, SLICE("TPHONE_READ=1\0"), 1, (int[]){in[0], null, null});
    check_news(fd, (struct spawner_news){.id = SPAWNER_CHILDREN_MAX, .err = -EAGAIN});
    end_raw(fd, pid);
    close(in[0]);
    close(in[1]);
    close(null);
}

static int ask_raw(int fd, enum question what)
{
    const struct spawner_order order = {.verb = SPAWNER_ASK, .number = (int)what};
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    send_waiting(fd, &order, SLICE(""), &ends[1], 1);
    close(ends[1]);
    return ends[0];
}

static void check_many_questions(void **state)
{
    const struct net_spawner_spec spec = {.answer = answer};
    struct spawner_answer got = {0};
    char text[256];
    int fd, last;
    pid_t pid;

    (void)state;
    fd = begin_raw(&spec, &pid);
    for (int i = 0; i < SPAWNER_ANSWERING_MAX; i++)
        close(ask_raw(fd, ASK_WAIT));
    last = ask_raw(fd, ASK_WAIT);
    assert_true(recv(last, text, sizeof text, 0) > (ssize_t)sizeof got); /* with words */
    memcpy(&got, text, sizeof got);
    assert_int_equal(got.err, -EAGAIN);
    close(last);
    end_raw(fd, pid);
}

int main(void)
{
    static const struct row variables[] = {{.name = "variables of other names are left out"}};
    static const struct row programs[] = {{.name = "so many programs and no more"}};
    static const struct row questions[] = {{.name = "so many questions and no more"}};
    static const struct row refusals[] = {{.name = "what cannot be asked"}};
    static const struct row stopped[] = {{.name = "an answer is waited for up to a limit"}};
    static const struct row missing[] = {{.name = "a program that is not there"}};
    static const struct row closing[] = {{.name = "what is above is closed one by one"}};
    int failed = RUN_ROWS("net/spawner", rows, check_row);

    failed += RUN_ROWS("net/spawner, questions", asked, check_asked);
    failed += RUN_ROWS("net/spawner, messages", messages, check_message);
    failed += RUN_ROWS("net/spawner, full", kept, check_kept);
    failed += RUN_ROWS("net/spawner, exec", missing, check_missing);
    failed += RUN_ROWS("net/spawner, variables", variables, check_variables);
    failed += RUN_ROWS("net/spawner, programs", programs, check_many_programs);
    failed += RUN_ROWS("net/spawner, many questions", questions, check_many_questions);
    failed += RUN_ROWS("net/spawner, stopped", stopped, check_stopped);
    failed += RUN_ROWS("net/spawner, descriptors", closing, check_closing);
    return failed + RUN_ROWS("net/spawner, refusals", refusals, check_refusals);
}
