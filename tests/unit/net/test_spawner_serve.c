/* What the helper does with messages that we would not send, as one who has taken us over would. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/spawner_private.h"
#include "tests/lib/rows.h"

#define LIMIT_MS 20000

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

/* --- orders --------------------------------------------------------------------------------- */

static char known[] = "[ \"$PATH\" = /nowhere ] && exit 4;"
                      "[ \"$TPHONE_READ\" ] && read x;"
                      "exit ${TPHONE_X:-3}";

enum { HANG, LEAVE_ONE_BEHIND };

static _Noreturn void go_on_for_as_long_as(pid_t parent)
{
    while (getppid() == parent)
        poll(NULL, 0, 5);
    _exit(1);
}

/* Goes on for as long as the helper does; or is done at once, but for a child. */
static int answer(const void *arg, unsigned what, struct slice text, int *fd, struct buf *out)
{
    const pid_t *helper = arg; /* it may be gone by now, and our parent another one */
    pid_t child;

    (void)text, (void)fd;
    if (what == HANG)
        go_on_for_as_long_as(*helper);
    child = fork();
    if (child == 0)
        for (;;)
            pause();
    buf_printf(out, "%d %d", (int)getpid(), (int)child);
    return 0;
}

/* As a screen's has it, for what it leaves behind; and notes who it is. */
static void adopt(const void *arg)
{
    *(pid_t *)(uintptr_t)arg = getpid();
#ifdef __linux__
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
}

/* The helper, and our end of its socket. */
static int begin(pid_t *pid)
{
    static pid_t helper; /* on its side */
    char sh[] = "sh", c[] = "-c", *words[] = {sh, c, known, NULL};
    const struct net_spawner_command command = {words};
    const struct net_spawner_spec spec = {
        .commands = &command, .n = 1, .answer = answer, .begin = adopt, .arg = &helper};
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    *pid = fork();
    assert_true(*pid >= 0);
    if (*pid == 0) {
        close(ends[0]);
        spawner_serve(ends[1], &spec);
    }
    close(ends[1]);
    return ends[0];
}

static void end(int fd, pid_t pid)
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
static void start(int fd, uint32_t id, struct slice variables, uint32_t n, const int streams[3])
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
    int null = open("/dev/null", O_RDWR), fd;
    pid_t pid;

    (void)state;
    fd = begin(&pid);
    start(fd, 7, SLICE("PATH=/nowhere\0TPHONE_X=5\0"), 2, (int[]){null, null, null});
    check_news(fd, (struct spawner_news){.id = 7, .status = 5});
    end(fd, pid);
    close(null);
}

static void check_many_programs(void **state)
{
    int null = open("/dev/null", O_RDWR), fd, in[2];
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(in), 0);
    fd = begin(&pid);
    for (uint32_t id = 0; id <= SPAWNER_CHILDREN_MAX; id++)
        start(fd, id, SLICE("TPHONE_READ=1\0"), 1, (int[]){in[0], null, null});
    check_news(fd, (struct spawner_news){.id = SPAWNER_CHILDREN_MAX, .err = -EAGAIN});
    end(fd, pid);
    close(in[0]);
    close(in[1]);
    close(null);
}

static int ask(int fd, int what)
{
    const struct spawner_order order = {.verb = SPAWNER_ASK, .number = what};
    const struct timeval limit = {.tv_sec = LIMIT_MS / 1000};
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    send_waiting(fd, &order, SLICE(""), &ends[1], 1);
    close(ends[1]);
    return ends[0];
}

/* With words, which go into text. */
static int answered(int fd, int what, char text[256])
{
    struct spawner_answer got;
    int on = ask(fd, what);
    ssize_t n = recv(on, text, 255, 0);

    close(on);
    assert_true(n > (ssize_t)sizeof got);
    memcpy(&got, text, sizeof got);
    memmove(text, text + sizeof got, (size_t)n - sizeof got);
    text[(size_t)n - sizeof got] = '\0';
    return got.err;
}

static void check_many_questions(void **state)
{
    char text[256];
    pid_t pid;
    int fd;

    (void)state;
    fd = begin(&pid);
    for (int i = 0; i < SPAWNER_ANSWERING_MAX; i++)
        close(ask(fd, HANG));
    assert_int_equal(answered(fd, HANG, text), -EAGAIN);
    end(fd, pid);
}

static void wait_buried(pid_t pid)
{
    for (int i = 0; i < LIMIT_MS / 5 && kill(pid, 0) == 0; i++)
        poll(NULL, 0, 5);
    assert_int_not_equal(kill(pid, 0), 0);
}

/* What was left behind by an answer is none: its end makes no room for one more. */
static void check_left_behind(void **state)
{
    int fd, was, left;
    char text[256];
    pid_t pid;

    (void)state;
    fd = begin(&pid);
    assert_int_equal(answered(fd, LEAVE_ONE_BEHIND, text), 0);
    assert_int_equal(sscanf(text, "%d %d", &was, &left), 2);
    wait_buried(was);
    for (int i = 0; i < SPAWNER_ANSWERING_MAX; i++)
        close(ask(fd, HANG));
    kill(left, SIGKILL);
    wait_buried(left);
    assert_int_equal(answered(fd, HANG, text), -EAGAIN);
    end(fd, pid);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        {"variables of other names are left out", check_variables, NULL, NULL, NULL},
        {"so many programs and no more", check_many_programs, NULL, NULL, NULL},
        {"so many questions and no more", check_many_questions, NULL, NULL, NULL},
        {"what an answer leaves behind", check_left_behind, NULL, NULL, NULL},
        {"what is above is closed one by one", check_closing, NULL, NULL, NULL},
    };

    return RUN_ROWS("net/spawner, messages", messages, check_message) +
           cmocka_run_group_tests_name("net/spawner, the helper", others, NULL, NULL);
}
