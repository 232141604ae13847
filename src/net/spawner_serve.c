/* The helper: one thread, which waits for orders and for the ends of what it has started. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

#include "base/mem.h"
#include "base/slice.h"
#include "net/spawner_private.h"

extern char **environ;

struct child {
    uint32_t id;
    pid_t pid;
    bool is_group;
    int failed; /* pipe: the errno of its exec, if that fails */
};

struct helper {
    int fd;
    const struct net_spawner_spec *spec;
    struct child children[SPAWNER_CHILDREN_MAX];
    pid_t answering[SPAWNER_ANSWERING_MAX];
    size_t n, n_answering;
    char message[SPAWNER_MESSAGE_MAX];
};

static void on_child(int number)
{
    (void)number; /* it only interrupts ppoll */
}

static void tell(const struct helper *h, const struct spawner_news *news)
{
    while (send(h->fd, news, sizeof *news, MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
}

/* --- starting ------------------------------------------------------------------------------- */

void net_spawner_reset_signals(void)
{
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        sigaction(number, &usual, NULL); /* which fails for some */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* As execvp, but that a file which is no program is not given to a shell. Comes back when there is
 * none, with errno. */
static void execute(char **words, char **environment)
{
    const char *path = getenv("PATH"), *end;
    char file[PATH_MAX];
    int why = ENOENT;

    if (strchr(words[0], '/')) {
        execve(words[0], words, environment);
        return;
    }
    for (path = path ? path : "/usr/bin:/bin"; path; path = *end ? end + 1 : NULL) {
        end = path + strcspn(path, ":");
        if (end == path || snprintf(file, sizeof file, "%.*s/%s", (int)(end - path), path,
                                    words[0]) >= (int)sizeof file)
            continue;
        execve(file, words, environment);
        if (errno == EACCES)
            why = errno; /* a later one may be started */
        else if (errno != ENOENT && errno != ENOTDIR)
            return;
    }
    errno = why;
}

/* In the child. All signals are blocked: one that came already is kept for the program. */
static _Noreturn void become(char **words, char **environment, bool is_group, const int fds[3],
                             int failed)
{
    int number;

    if (is_group)
        setsid();
    for (int i = 0; i < 3; i++)
        if (dup2(fds[i], i) < 0)
            goto fail;
    net_spawner_reset_signals();
    execute(words, environment);

fail:
    number = errno;
    (void)!write(failed, &number, sizeof number);
    _exit(127);
}

/* Does not wait for exec, which a dead disk may hold: what it says is read when the child ends. */
static int spawn(const struct helper *h, char **words, char **environment, const int fds[3],
                 struct child *child)
{
    sigset_t all, before;
    int ends[2], err = 0;

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return -errno;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    child->pid = fork();
    if (child->pid == 0) {
        close(h->fd); /* a child that is held must not look like us */
        become(words, environment, child->is_group, fds, ends[1]);
    }
    if (child->pid < 0)
        err = -errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (err)
        close(ends[0]);
    child->failed = ends[0];
    return err;
}

static int start(struct helper *h, const struct spawner_order *order, struct slice rest,
                 const int fds[3])
{
    struct child child = {.id = order->id, .is_group = order->is_group};
    struct spawner_start asked;
    char **environment;
    int err = spawner_read_start(h->spec, order, rest, &asked);

    if (err)
        return err;
    if (h->n == SPAWNER_CHILDREN_MAX)
        return -EAGAIN;
    environment = order->has_environment ? spawner_join_environment(asked.variables) : environ;
    err = environment ? spawn(h, asked.words, environment, fds, &child) : -ENOMEM;
    if (environment != environ)
        free(environment);
    if (!err)
        h->children[h->n++] = child;
    return err;
}

/* --- answering ------------------------------------------------------------------------------ */

/* In a process of its own, so that a dead disk holds nothing else. */
static _Noreturn void answer(const struct helper *h, unsigned what, struct slice asked, int on)
{
    struct buf text = buf_new(SPAWNER_ANSWER_MAX);
    struct spawner_answer answer;
    int fd = -1;

    close(h->fd);
    answer.err = h->spec->answer(h->spec->arg, what, asked, &fd, &text);
    spawner_send(on, &answer, sizeof answer, buf_slice(&text), &fd, fd >= 0 ? 1 : 0);
    _exit(0);
}

static void refuse(int on, int err, const char *why)
{
    const struct spawner_answer answer = {.err = err};

    spawner_send(on, &answer, sizeof answer, slice_of(why), NULL, 0);
}

static void fork_answer(struct helper *h, unsigned what, struct slice asked, int on)
{
    pid_t pid;

    if (!h->spec->answer) {
        refuse(on, -ENOSYS, "the helper answers no questions");
        return;
    }
    if (h->n_answering == SPAWNER_ANSWERING_MAX) {
        refuse(on, -EAGAIN, "the helper has too many questions to answer already");
        return;
    }
    pid = fork();
    if (pid == 0)
        answer(h, what, asked, on);
    if (pid > 0)
        h->answering[h->n_answering++] = pid;
    else
        refuse(on, -errno, "the helper cannot make a process that would answer");
}

/* --- orders --------------------------------------------------------------------------------- */

/* Before it leads a group it is alone. */
static void signal_child(const struct child *child, int number)
{
    if (!child->is_group || kill(-child->pid, number) != 0)
        kill(child->pid, number);
}

static void do_signal(const struct helper *h, const struct spawner_order *order)
{
    for (size_t i = 0; i < h->n; i++)
        if (h->children[i].id == order->id)
            signal_child(&h->children[i], order->number);
}

static void obey(struct helper *h, size_t n, const int fds[3], size_t n_fds)
{
    struct slice rest = {h->message, n};
    struct spawner_order order;
    int err;

    if (!spawner_read_order(&rest, &order))
        return;
    switch (order.verb) {
    case SPAWNER_SIGNAL:
        do_signal(h, &order);
        break;
    case SPAWNER_ASK:
        if (n_fds == 1)
            fork_answer(h, (unsigned)order.number, rest, fds[0]);
        break;
    case SPAWNER_START:
        err = n_fds == 3 ? start(h, &order, rest, fds) : -EINVAL;
        if (err)
            tell(h, &(struct spawner_news){.id = order.id, .err = err});
        break;
    }
}

/* false: our parent has gone. */
static bool take_order(struct helper *h)
{
    int fds[SPAWNER_FDS_MAX];
    size_t n_fds;
    ptrdiff_t n = spawner_receive(h->fd, h->message, sizeof h->message, fds, &n_fds);

    if (n < 0)
        return n == -EINTR || n == -EAGAIN || n == -EMSGSIZE;
    if (n > 0) {
        obey(h, (size_t)n, fds, n_fds);
        mem_wipe(h->message, (size_t)n); /* settings of a set-up have passwords */
    }
    for (size_t i = 0; i < n_fds; i++)
        close(fds[i]);
    return n > 0;
}

static struct spawner_news news_of(const struct child *child, int status)
{
    struct spawner_news news = {.id = child->id};
    int number;

    if (read(child->failed, &number, sizeof number) == (ssize_t)sizeof number) {
        news.err = -number;
        return news;
    }
    news.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    news.by_signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return news;
}

/* The number of the process is free from here on, so that of its group is used at once. */
static void bury_child(struct helper *h, struct child *child, int status)
{
    struct spawner_news news = news_of(child, status);

    if (child->is_group)
        kill(-child->pid, SIGKILL);
    close(child->failed);
    *child = h->children[--h->n];
    tell(h, &news);
}

static void bury_answering(struct helper *h, pid_t pid)
{
    size_t i = 0;

    while (i < h->n_answering && h->answering[i] != pid)
        i++;
    if (i < h->n_answering)
        h->answering[i] = h->answering[--h->n_answering];
}

/* What one that answered has left behind becomes ours, where we are told of such. */
static void bury(struct helper *h)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        size_t i = 0;

        while (i < h->n && h->children[i].pid != pid)
            i++;
        if (i < h->n)
            bury_child(h, &h->children[i], status);
        else
            bury_answering(h, pid);
    }
}

/* Keys that end or stop a program reach us as well, and it is our parent that they are for. */
static void set_signals(sigset_t *usual)
{
    static const int ignored[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT, SIGPIPE,
                                  SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU};
    struct sigaction action = {.sa_handler = SIG_IGN};
    sigset_t child;

    for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
        sigaction(ignored[i], &action, NULL);
    action.sa_handler = on_child;
    sigaction(SIGCHLD, &action, NULL);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, usual);
    sigdelset(usual, SIGCHLD);
}

/* A pipe that we held open would never end for who reads it. */
static int keep_only(int fd)
{
    const int kept = 3;
    int nothing;

    if (fd != kept)
        dup2(fd, kept);
    fcntl(kept, F_SETFD, FD_CLOEXEC);
    nothing = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3 && nothing >= 0; i++)
        dup2(nothing, i);
    spawner_close_from(kept + 1);
    return kept;
}

_Noreturn void spawner_serve(int fd, const struct net_spawner_spec *spec)
{
    struct helper *h = calloc(1, sizeof *h);
    sigset_t usual;

    if (!h)
        _exit(1);
#ifdef __linux__
    prctl(PR_SET_NAME, "tphone-helper", 0, 0, 0); /* as ps shows it */
#endif
    set_signals(&usual);
    h->fd = keep_only(fd);
    h->spec = spec;
    if (spec->begin)
        spec->begin(spec->arg);
    for (;;) {
        struct pollfd p = {.fd = h->fd, .events = POLLIN};
        int ready = ppoll(&p, 1, NULL, &usual);

        bury(h);
        if (ready > 0 && !take_order(h))
            _exit(0);
    }
}
