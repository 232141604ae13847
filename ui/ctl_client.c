#include "ui/ctl_client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/loop.h"
#include "net/unix.h"

#define CHUNK_BYTES 65536u
#define SEND_MAX (1u << 20) /* bytes that may wait for a daemon that does not read */

struct ctl_client {
    int fd;
    struct net_watch *watch;
    struct net_deadline *limit;
    struct ctl_client_events events;
    void *arg;
    struct buf in;             /* a line that is not whole yet */
    struct buf out;            /* what is still to be sent */
    int fds[NET_UNIX_FDS_MAX]; /* to go with the next byte */
    size_t n_fds;
    bool ended;
};

static void end(struct ctl_client *c, int err)
{
    if (c->ended)
        return;
    c->ended = true;
    net_watch_set(c->watch, 0);
    net_deadline_set(c->limit, NEVER_MS);
    c->events.ended(c->arg, err);
}

static void on_limit(void *arg)
{
    end(arg, -ETIMEDOUT);
}

static void close_fds(int *fds, size_t *n)
{
    while (*n > 0)
        close(fds[--*n]);
}

/* --- lines that come ------------------------------------------------------------------------ */

static void take_lines(struct ctl_client *c)
{
    struct slice rest = buf_slice(&c->in);
    ptrdiff_t at;

    while (!c->ended && (at = slice_index(rest, '\n')) >= 0) {
        struct slice line = slice_head(rest, (size_t)at);

        rest = slice_skip(rest, (size_t)at + 1);
        c->events.line(c->arg, line);
    }
    buf_drop(&c->in, c->in.n - rest.n);
}

static void receive(struct ctl_client *c)
{
    char chunk[CHUNK_BYTES];
    int fds[NET_UNIX_FDS_MAX];
    size_t n_fds;
    ptrdiff_t n = net_unix_read(c->fd, chunk, sizeof chunk, fds, &n_fds);

    close_fds(fds, &n_fds); /* a daemon has none to give */
    if (n == -EAGAIN)
        return;
    if (n <= 0) {
        end(c, (int)n);
        return;
    }
    buf_put(&c->in, (struct slice){chunk, (size_t)n});
    if (buf_ok(&c->in))
        take_lines(c);
    else
        end(c, -EMSGSIZE);
}

/* --- lines that go -------------------------------------------------------------------------- */

static void transmit(struct ctl_client *c)
{
    ptrdiff_t n = 0;

    while (c->out.n > 0 && (n = net_unix_write(c->fd, buf_slice(&c->out), c->fds, c->n_fds)) > 0) {
        close_fds(c->fds, &c->n_fds);
        buf_drop(&c->out, (size_t)n);
    }
    if (n < 0 && n != -EAGAIN)
        buf_clear(&c->out); /* reading tells the end, behind what was said before it */
    if (c->out.n == 0 && c->out.p)
        mem_wipe(c->out.p, c->out.cap); /* there may have been a password in it */
    net_watch_set(c->watch, NET_READABLE | (c->out.n > 0 ? NET_WRITABLE : 0));
}

static void on_ready(void *arg, int events)
{
    struct ctl_client *c = arg;

    if (events & NET_WRITABLE)
        transmit(c);
    if (events & NET_READABLE)
        receive(c);
}

static int keep_fds(struct ctl_client *c, const int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);

        if (fd < 0) {
            int err = -errno;

            close_fds(c->fds, &c->n_fds);
            return err;
        }
        c->fds[c->n_fds++] = fd;
    }
    return 0;
}

int ctl_client_send(struct ctl_client *c, struct slice line, const int *fds, size_t n_fds)
{
    int err;

    if (c->n_fds > 0 || n_fds > NET_UNIX_FDS_MAX || (n_fds > 0 && c->out.n > 0))
        return -EBUSY;
    if (c->ended)
        return 0;
    err = keep_fds(c, fds, n_fds);
    if (err)
        return err;
    buf_put(&c->out, line);
    if (!buf_ok(&c->out)) {
        close_fds(c->fds, &c->n_fds);
        c->out.failed = false; /* the line is lost, and those that come may fit again */
        return -ENOMEM;
    }
    transmit(c);
    return 0;
}

void ctl_client_limit(struct ctl_client *c, unsigned ms)
{
    if (!c->ended)
        net_deadline_set(c->limit, ms > 0 ? net_now_ms() + ms : NEVER_MS);
}

/* --- begin and end -------------------------------------------------------------------------- */

int ctl_client_new(struct net_loop *loop, const char *path, const struct ctl_client_events *events,
                   void *arg, struct ctl_client **out)
{
    struct ctl_client *c = calloc(1, sizeof *c);
    int err;

    if (!c)
        return -ENOMEM;
    *c = (struct ctl_client){.fd = -1,
                             .events = *events,
                             .arg = arg,
                             .in = buf_new(CTL_LINE_MAX + CHUNK_BYTES),
                             .out = buf_new(SEND_MAX)};
    err = net_unix_connect(path, &c->fd);
    if (!err)
        err = net_deadline_new(loop, on_limit, c, &c->limit);
    if (!err)
        err = net_watch_new(loop, c->fd, on_ready, c, &c->watch);
    if (err) {
        ctl_client_free(c);
        return err;
    }
    net_watch_set(c->watch, NET_READABLE);
    *out = c;
    return 0;
}

void ctl_client_free(struct ctl_client *c)
{
    if (!c)
        return;
    net_watch_free(c->watch);
    net_deadline_free(c->limit);
    if (c->fd >= 0)
        close(c->fd);
    close_fds(c->fds, &c->n_fds);
    buf_free(&c->in);
    buf_free(&c->out);
    free(c);
}

void ctl_client_explain(int err, const char *path, struct buf *out)
{
    switch (err) {
    case -ENOENT:
    case -ECONNREFUSED:
        buf_puts(out, "no daemon answers at ");
        text_safe(out, slice_of(path));
        buf_puts(out, "; tphone daemon starts one");
        return;
    case -ETIMEDOUT:
    case -EAGAIN:
        buf_puts(out, "the daemon at ");
        text_safe(out, slice_of(path));
        buf_puts(out, " does not answer");
        return;
    case -EPERM:
        buf_puts(out, "what answers at ");
        text_safe(out, slice_of(path));
        buf_puts(out, " belongs to another user");
        return;
    case 0:
    case -ECONNRESET: /* it had not taken the connection yet */
        buf_puts(out, "the daemon at ");
        text_safe(out, slice_of(path));
        buf_puts(out, " has gone");
        return;
    default:
        buf_puts(out, "the daemon at ");
        text_safe(out, slice_of(path));
        buf_printf(out, ": %s", strerror(-err));
    }
}
