#include "config.h"

#include "net/spawner.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/list.h"
#include "net/loop.h"
#include "net/spawner_private.h"
#include "net/watch.h"

enum { END_LIMIT_MS = 500 }; /* for the helper to do what it was told last */

struct net_spawner {
    int fd;
    struct net_watch *watch;
    pid_t pid;           /* 0: it has died */
    struct list running; /* of struct net_spawned */
    struct list unsent;  /* of struct unsent, oldest first */
    uint32_t last_id;
};

struct net_spawned {
    struct list link;
    struct net_spawner *spawner;
    uint32_t id;
    net_spawned_fn *on_end; /* NULL: freed by its owner */
    void *arg;
};

/* A signal for which the socket had no room. Who sent it may have forgotten the program since. */
struct unsent {
    struct list link;
    struct spawner_order order;
};

/* --- signals -------------------------------------------------------------------------------- */

static int send_order(const struct net_spawner *s, const struct spawner_order *order,
                      struct slice texts, const int *streams)
{
    return spawner_send(s->fd, order, sizeof *order, texts, streams, streams ? 3 : 0);
}

/* While some are left we hear of room for them. Where the helper has died they just go. */
static void send_unsent(struct net_spawner *s)
{
    int err = 0;

    LIST_EACH (&s->unsent, at) {
        struct unsent *u = LIST_ITEM(at, struct unsent, link);

        if (!err)
            err = send_order(s, &u->order, SLICE(""), NULL);
        if (err == -EAGAIN)
            break;
        list_remove(&u->link);
        free(u);
    }
    if (s->watch && s->pid > 0)
        net_watch_set(s->watch, NET_READABLE | (err == -EAGAIN ? NET_WRITABLE : 0));
}

static int keep_unsent(struct net_spawner *s, const struct spawner_order *order)
{
    struct unsent *u = calloc(1, sizeof *u);

    if (!u)
        return -ENOMEM;
    u->order = *order;
    list_append(&s->unsent, &u->link);
    send_unsent(s);
    return 0;
}

int net_spawned_signal(struct net_spawned *spawned, int number)
{
    struct net_spawner *s = spawned->spawner;
    const struct spawner_order order = {
        .verb = SPAWNER_SIGNAL, .id = spawned->id, .number = number};
    int err = list_empty(&s->unsent) ? send_order(s, &order, SLICE(""), NULL) : -EAGAIN;

    return err == -EAGAIN ? keep_unsent(s, &order) : err;
}

/* --- what the helper tells ------------------------------------------------------------------ */

static struct net_spawned *find(struct net_spawner *s, uint32_t id)
{
    LIST_EACH (&s->running, at)
        if (LIST_ITEM(at, struct net_spawned, link)->id == id)
            return LIST_ITEM(at, struct net_spawned, link);
    return NULL;
}

static void end(struct net_spawned *p, const struct spawner_news *news)
{
    net_spawned_fn *on_end = p->on_end;
    void *arg = p->arg;

    list_remove(&p->link);
    free(p);
    on_end(arg, news->err, news->status, news->by_signal);
}

/* One at a time: on_end may do anything. Where the helper has died, what it has started is lost. */
static void on_ready(void *arg, int events)
{
    struct net_spawner *s = arg;
    struct spawner_news news;
    struct net_spawned *p;
    ssize_t n;

    if (events & NET_WRITABLE)
        send_unsent(s);
    n = recv(s->fd, &news, sizeof news, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n == (ssize_t)sizeof news) {
        p = find(s, news.id);
        if (p)
            end(p, &news);
        return;
    }
    net_watch_set(s->watch, 0);
    if (waitpid(s->pid, NULL, 0) == s->pid)
        s->pid = 0;
    send_unsent(s);
    LIST_EACH (&s->running, at) /* list.h: the current one may go */
        end(LIST_ITEM(at, struct net_spawned, link), &(struct spawner_news){.err = -EPIPE});
}

/* --- orders --------------------------------------------------------------------------------- */

static void put_texts(struct buf *out, char *const *texts, bool all, uint32_t *n)
{
    for (size_t i = 0; texts && texts[i]; i++) {
        if (!all && strncmp(texts[i], SPAWNER_VARIABLES, strlen(SPAWNER_VARIABLES)) != 0)
            continue;
        buf_put(out, (struct slice){texts[i], strlen(texts[i]) + 1});
        (*n)++;
    }
}

int net_spawn(struct net_spawner *spawner, char *const *words, char *const *environment,
              bool is_group, const int streams[3], net_spawned_fn *on_end, void *arg,
              struct net_spawned **out)
{
    struct net_spawned *p = calloc(1, sizeof *p);
    struct buf texts = buf_new(SPAWNER_MESSAGE_MAX - sizeof(struct spawner_order));
    struct spawner_order order = {
        .verb = SPAWNER_START, .is_group = is_group, .has_environment = environment != NULL};
    int err = p ? 0 : -ENOMEM;

    put_texts(&texts, words, true, &order.words);
    put_texts(&texts, environment, false, &order.variables);
    if (!err && (!buf_ok(&texts) || order.variables > SPAWNER_VARIABLES_MAX))
        err = -E2BIG;
    if (!err) {
        order.id = ++spawner->last_id;
        err = send_order(spawner, &order, buf_slice(&texts), streams);
    }
    buf_free(&texts);
    if (err) {
        free(p);
        return err;
    }
    *p = (struct net_spawned){.spawner = spawner, .id = order.id, .on_end = on_end, .arg = arg};
    list_append(&spawner->running, &p->link);
    *out = p;
    return 0;
}

void net_spawned_free(struct net_spawned *spawned)
{
    if (!spawned)
        return;
    list_remove(&spawned->link);
    free(spawned);
}

/* --- questions ------------------------------------------------------------------------------ */

/* false: nothing has come by then. */
static bool wait_until(int fd, short events, uint64_t until_ms)
{
    struct pollfd p = {.fd = fd, .events = events};
    uint64_t now_ms = net_now_ms();
    int ready = 0;

    while (now_ms < until_ms && ready <= 0) {
        uint64_t left = until_ms - now_ms;

        ready = poll(&p, 1, left < INT_MAX ? (int)left : INT_MAX);
        now_ms = net_now_ms();
    }
    return ready > 0;
}

/* The helper has much to do: it is waited for, as the answer would be. */
static int send_question(const struct net_spawner *s, const struct spawner_order *order,
                         struct slice asked, int theirs, uint64_t until_ms)
{
    int err;

    while ((err = spawner_send(s->fd, order, sizeof *order, asked, &theirs, 1)) == -EAGAIN)
        if (!wait_until(s->fd, POLLOUT, until_ms))
            return -ETIMEDOUT;
    return err;
}

/* false: the socket ended without one. */
static bool take_answer(int fd, int *err, int *got, struct buf *text)
{
    char message[sizeof(struct spawner_answer) + SPAWNER_ANSWER_MAX];
    int fds[SPAWNER_FDS_MAX];
    struct spawner_answer answer;
    size_t n_fds;
    ptrdiff_t n;

    do
        n = spawner_receive(fd, message, sizeof message, fds, &n_fds);
    while (n == -EINTR);
    if (n < (ptrdiff_t)sizeof answer) {
        for (size_t i = 0; i < n_fds; i++)
            close(fds[i]);
        return false;
    }
    memcpy(&answer, message, sizeof answer);
    buf_put(text, (struct slice){message + sizeof answer, (size_t)n - sizeof answer});
    *err = answer.err;
    for (size_t i = 1; i < n_fds; i++)
        close(fds[i]);
    if (n_fds > 0)
        *got = fds[0];
    return true;
}

/* Either the helper has died or only the process that was to answer. The helper lets go of us
 * before it does of what it was asked. */
static int explain_silence(const struct net_spawner *s, struct buf *text)
{
    struct pollfd p = {.fd = s->fd};

    if (poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR)))
        return -EPIPE;
    buf_puts(text, "the process that was to answer has died");
    return -EIO;
}

int net_spawner_ask(const struct net_spawner *spawner, unsigned what, struct slice asked,
                    unsigned limit_ms, int *fd, struct buf *text)
{
    const struct spawner_order order = {.verb = SPAWNER_ASK, .number = (int)what};
    uint64_t until_ms = net_now_ms() + limit_ms;
    int ends[2], err;

    *fd = -1;
    if (asked.n > SPAWNER_MESSAGE_MAX - sizeof order)
        return -E2BIG;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return -errno;
    err = send_question(spawner, &order, asked, ends[1], until_ms);
    close(ends[1]);
    if (!err && !wait_until(ends[0], POLLIN, until_ms))
        err = -ETIMEDOUT;
    if (err == -ETIMEDOUT)
        buf_printf(text, "there was no answer within %u s", limit_ms / 1000);
    if (!err && !take_answer(ends[0], &err, fd, text))
        err = explain_silence(spawner, text);
    close(ends[0]);
    return err;
}

/* --- begin and end -------------------------------------------------------------------------- */

int net_spawner_new(const struct net_spawner_spec *spec, struct net_spawner **out)
{
    struct net_spawner *s = calloc(1, sizeof *s);
    int fds[2], room = 2 * SPAWNER_MESSAGE_MAX, err = s ? 0 : -ENOMEM;
    pid_t pid;

    if (!err && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        err = -errno;
    if (err) {
        free(s);
        return err;
    }
    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    pid = fork();
    err = pid < 0 ? -errno : 0;
    if (pid == 0) {
        close(fds[0]); /* held open, it would keep the helper from seeing our end */
        spawner_serve(fds[1], spec);
    }
    close(fds[1]);
    list_init(&s->running);
    list_init(&s->unsent);
    s->fd = fds[0];
    s->pid = pid;
    if (err)
        net_spawner_free(s);
    else
        *out = s;
    return err;
}

int net_spawner_on(struct net_spawner *spawner, struct net_loop *loop)
{
    int err = net_watch_new(loop, spawner->fd, on_ready, spawner, &spawner->watch);

    if (err)
        return err;
    net_watch_set(spawner->watch, NET_READABLE);
    net_loop_set_spawner(loop, spawner);
    return 0;
}

void net_spawner_off(struct net_spawner *spawner)
{
    if (!spawner)
        return;
    net_watch_free(spawner->watch);
    spawner->watch = NULL;
    LIST_EACH (&spawner->running, at)
        net_spawned_free(LIST_ITEM(at, struct net_spawned, link));
}

/* As far as it goes within the limit. */
static void flush_unsent(struct net_spawner *s, uint64_t until_ms)
{
    send_unsent(s);
    while (!list_empty(&s->unsent) && wait_until(s->fd, POLLOUT, until_ms))
        send_unsent(s);
    LIST_EACH (&s->unsent, at) {
        list_remove(at);
        free(LIST_ITEM(at, struct unsent, link));
    }
}

/* What it was told last is done before we are gone: a command that is to be ended has ended. */
static void wait_for_end(const struct net_spawner *s, uint64_t until_ms)
{
    shutdown(s->fd, SHUT_WR);
    if (wait_until(s->fd, 0, until_ms))
        waitpid(s->pid, NULL, 0);
}

void net_spawner_free_by(struct net_spawner *spawner, uint64_t until_ms)
{
    if (!spawner)
        return;
    net_spawner_off(spawner);
    flush_unsent(spawner, until_ms);
    if (spawner->pid > 0)
        wait_for_end(spawner, until_ms);
    close(spawner->fd);
    free(spawner);
}

void net_spawner_free(struct net_spawner *spawner)
{
    net_spawner_free_by(spawner, net_now_ms() + END_LIMIT_MS);
}
