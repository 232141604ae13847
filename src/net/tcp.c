#include "net/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/acceptor.h"
#include "net/address.h"

#define BACKLOG 64

struct net_tcp {
    uv_tcp_t uv;
    uv_connect_t connect;
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct net_tcp_events events;
    void *arg;
    struct ip local, remote;
    struct buf waiting; /* to be written after what is being written */
    struct buf flying;  /* being written by libuv; empty: nothing is */
    struct net_tls *tls;
    struct buf unsafe; /* plaintext, until TLS is up */
    bool connected, finished, over;
    int torn; /* why what was to go next is lost, or 0: behind it nothing may go */
    char room[8192];
};

struct net_tcp_listener {
    int fd;
    struct net_loop *loop;
    struct net_acceptor *acceptor;
    struct ip local;
    struct net_tcp_listen_events events;
    void *arg;
};

static void write_more(struct net_tcp *tcp);
static int send_now(struct net_tcp *tcp, struct slice bytes);

static bool is_shaking(const struct net_tcp *tcp)
{
    return tcp->tls && net_tls_state(tcp->tls) == NET_TLS_SHAKING;
}

/* Every callback's last step, as the owner may close tcp in closed. */
static void end(struct net_tcp *tcp, int err)
{
    if (tcp->over || uv_is_closing((uv_handle_t *)&tcp->uv))
        return;
    tcp->over = true;
    uv_read_stop((uv_stream_t *)&tcp->uv);
    if (tcp->events.closed)
        tcp->events.closed(tcp->arg, err == UV_EOF ? 0 : err);
}

/* Whatever went behind what is lost would be misread. The end is told from the loop, where reading
 * has come to its own. */
static int tear(struct net_tcp *tcp, int err)
{
    uv_os_fd_t fd;

    tcp->torn = err;
    if (!uv_fileno((const uv_handle_t *)&tcp->uv, &fd))
        shutdown(fd, SHUT_RD);
    return err;
}

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *buf)
{
    struct net_tcp *tcp = handle->data;

    (void)wanted;
    *buf = uv_buf_init(tcp->room, sizeof tcp->room);
}

/* What TLS wants to say: all of it, as each record counts. */
static int flush_tls(struct net_tcp *tcp)
{
    struct slice out = net_tls_output(tcp->tls);
    int err = out.n ? send_now(tcp, out) : 0;

    net_tls_output_taken(tcp->tls, out.n);
    return err ? tear(tcp, err) : 0;
}

static bool is_gone(const struct net_tcp *tcp)
{
    return tcp->over || uv_is_closing((const uv_handle_t *)&tcp->uv);
}

/* Hands are shaken: what waited for it goes out, and the owner hears that the connection stands. */
static int be_safe(struct net_tcp *tcp)
{
    int err = net_tls_write(tcp->tls, buf_slice(&tcp->unsafe));

    buf_free(&tcp->unsafe);
    if (!err && tcp->finished)
        net_tls_finish(tcp->tls);
    if (!err)
        err = flush_tls(tcp);
    if (!err && tcp->events.connected)
        tcp->events.connected(tcp->arg);
    return err;
}

/* All plaintext that is there, piece by piece, as the owner may close tcp at each. What was read
 * from the socket is with TLS by now, so it has that room, which is wiped with tcp. */
static void tell_plaintext(struct net_tcp *tcp)
{
    size_t n;

    while (!is_gone(tcp) && (n = net_tls_read(tcp->tls, tcp->room, sizeof tcp->room)) > 0)
        tcp->events.bytes(tcp->arg, (struct slice){tcp->room, n});
}

/* The last words of TLS, an alert, go out before the end is told. */
static void receive_by_tls(struct net_tcp *tcp, struct slice bytes)
{
    bool was_up = net_tls_state(tcp->tls) == NET_TLS_UP;
    int err = net_tls_input(tcp->tls, bytes), unsent = flush_tls(tcp);

    if (!err)
        err = unsent;
    if (!err && !was_up && net_tls_state(tcp->tls) == NET_TLS_UP)
        err = be_safe(tcp);
    if (!err)
        tell_plaintext(tcp);
    if (is_gone(tcp))
        return;
    if (!err)
        err = flush_tls(tcp); /* keys may have been changed by what was read */
    if (!err && net_tls_state(tcp->tls) == NET_TLS_BROKEN)
        err = NET_TLS_FAILED;
    if (err || net_tls_state(tcp->tls) == NET_TLS_OVER)
        end(tcp, err);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct net_tcp *tcp = stream->data;

    if (tcp->torn)
        end(tcp, tcp->torn);
    else if (n < 0)
        end(tcp, (int)n);
    else if (n > 0 && tcp->tls)
        receive_by_tls(tcp, (struct slice){buf->base, (size_t)n});
    else if (n > 0)
        tcp->events.bytes(tcp->arg, (struct slice){buf->base, (size_t)n});
}

static void on_shutdown(uv_shutdown_t *req, int status)
{
    (void)req;
    (void)status; /* a broken connection is told by reading it */
}

static void on_written(uv_write_t *req, int status)
{
    struct net_tcp *tcp = req->data;

    buf_free(&tcp->flying);
    if (status)
        end(tcp, status);
    else
        write_more(tcp);
}

/* At most one write is with libuv; what is sent meanwhile gathers in waiting and goes as one. */
static void write_more(struct net_tcp *tcp)
{
    uv_buf_t bytes;

    if (!tcp->connected || tcp->flying.n || uv_is_closing((uv_handle_t *)&tcp->uv))
        return;
    if (!tcp->waiting.n) {
        if (tcp->finished && !is_shaking(tcp))
            uv_shutdown(&tcp->shutdown, (uv_stream_t *)&tcp->uv, on_shutdown);
        return;
    }
    tcp->flying = tcp->waiting;
    tcp->waiting = buf_new(NET_TCP_MAX_QUEUED);
    bytes = uv_buf_init(tcp->flying.p, (unsigned)tcp->flying.n);
    tcp->write.data = tcp;
    if (uv_write(&tcp->write, (uv_stream_t *)&tcp->uv, &bytes, 1, on_written))
        buf_free(&tcp->flying); /* it is closed already: reading tells */
}

static bool has_room(const struct net_tcp *tcp, size_t n)
{
    return tcp->waiting.n + tcp->flying.n + n <= NET_TCP_MAX_QUEUED;
}

/* As it is, without TLS. */
static int send_now(struct net_tcp *tcp, struct slice bytes)
{
    bool begun = false;

    if (!has_room(tcp, bytes.n))
        return -ENOBUFS;
    if (tcp->connected && !tcp->waiting.n && !tcp->flying.n) {
        uv_buf_t now = uv_buf_init((char *)bytes.p, (unsigned)bytes.n);
        int n = uv_try_write((uv_stream_t *)&tcp->uv, &now, 1);

        begun = n > 0;
        if (begun)
            bytes = slice_skip(bytes, (size_t)n);
        if (!bytes.n)
            return 0;
    }
    /* An error of uv_try_write comes again from uv_write, and then by its callback. */
    buf_put(&tcp->waiting, bytes);
    if (!buf_ok(&tcp->waiting)) {
        tcp->waiting.failed = false; /* what waited before is whole and still goes */
        return begun ? tear(tcp, -ENOMEM) : -ENOMEM;
    }
    write_more(tcp);
    return 0;
}

/* With what TLS adds to each record of up to 16 kB. */
static size_t grown_by_tls(size_t n)
{
    return n + (n / 16384 + 1) * 256;
}

static int send_by_tls(struct net_tcp *tcp, struct slice bytes)
{
    int err;

    if (net_tls_state(tcp->tls) != NET_TLS_SHAKING) {
        if (!has_room(tcp, grown_by_tls(bytes.n)))
            return -ENOBUFS; /* before it is counted */
        err = net_tls_write(tcp->tls, bytes);
        return err ? err : flush_tls(tcp);
    }
    if (tcp->unsafe.n + bytes.n > NET_TCP_MAX_QUEUED)
        return -ENOBUFS;
    buf_put(&tcp->unsafe, bytes);
    err = buf_ok(&tcp->unsafe) ? 0 : -ENOMEM;
    tcp->unsafe.failed = false;
    return err;
}

int net_tcp_send(struct net_tcp *tcp, struct slice bytes)
{
    if (tcp->over || tcp->finished || tcp->torn)
        return -EPIPE;
    return tcp->tls ? send_by_tls(tcp, bytes) : send_now(tcp, bytes);
}

void net_tcp_secure(struct net_tcp *tcp, struct net_tls *tls)
{
    tcp->tls = tls;
    flush_tls(tcp); /* where that fails, so does the connection */
}

struct net_tls *net_tcp_tls(const struct net_tcp *tcp)
{
    return tcp->tls;
}

void net_tcp_finish(struct net_tcp *tcp)
{
    if (tcp->finished || tcp->over)
        return;
    if (tcp->tls && !is_shaking(tcp) && !tcp->torn) {
        net_tls_finish(tcp->tls);
        flush_tls(tcp);
    }
    tcp->finished = true;
    write_more(tcp);
}

void net_tcp_limit_silence(struct net_tcp *tcp, unsigned ms)
{
#ifdef TCP_USER_TIMEOUT /* RFC 5482 */
    uv_os_fd_t fd;

    if (!uv_fileno((const uv_handle_t *)&tcp->uv, &fd))
        setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
#else
    (void)tcp;
    (void)ms;
#endif
}

static void on_closed(uv_handle_t *handle)
{
    struct net_tcp *tcp = handle->data;

    buf_free(&tcp->waiting);
    buf_free(&tcp->flying);
    buf_free(&tcp->unsafe);
    net_tls_free(tcp->tls);
    mem_wipe(tcp->room, sizeof tcp->room);
    free(tcp);
}

/* Where it can leave at once: nobody waits for it any more. */
static void say_farewell(struct net_tcp *tcp)
{
    struct slice out;
    uv_buf_t last;

    net_tls_finish(tcp->tls);
    out = net_tls_output(tcp->tls);
    last = uv_buf_init((char *)out.p, (unsigned)out.n);
    if (out.n && !tcp->waiting.n && !tcp->flying.n)
        uv_try_write((uv_stream_t *)&tcp->uv, &last, 1);
}

void net_tcp_close(struct net_tcp *tcp)
{
    if (!tcp || uv_is_closing((uv_handle_t *)&tcp->uv))
        return;
    if (tcp->tls && tcp->connected && !is_shaking(tcp) && !tcp->torn)
        say_farewell(tcp);
    uv_close((uv_handle_t *)&tcp->uv, on_closed);
}

static struct net_tcp *tcp_new(struct net_loop *loop)
{
    struct net_tcp *tcp = calloc(1, sizeof *tcp);

    if (!tcp)
        return NULL;
    if (uv_tcp_init(net_loop_uv(loop), &tcp->uv)) {
        free(tcp);
        return NULL;
    }
    tcp->uv.data = tcp;
    tcp->waiting = tcp->flying = tcp->unsafe = buf_new(NET_TCP_MAX_QUEUED);
    return tcp;
}

/* The system chooses it when we begin to connect. */
static int learn_local(struct net_tcp *tcp)
{
    struct net_sockaddr at;
    int n = (int)sizeof at.u, err = uv_tcp_getsockname(&tcp->uv, &at.u.any, &n);

    if (!err)
        tcp->local = net_ip_of(&at.u.any);
    return err;
}

/* Now that it stands: who we are to each other, no waiting for more bytes, and reading. */
static int stand(struct net_tcp *tcp)
{
    struct net_sockaddr at;
    int n = (int)sizeof at.u, err = learn_local(tcp);

    if (err)
        return err;
    err = uv_tcp_getpeername(&tcp->uv, &at.u.any, &n);
    if (err)
        return err;
    tcp->remote = net_ip_of(&at.u.any);
    tcp->connected = true;
    uv_tcp_nodelay(&tcp->uv, 1);
    return 0;
}

static void on_connected(uv_connect_t *req, int status)
{
    struct net_tcp *tcp = req->data;

    if (status == UV_ECANCELED)
        return; /* closed by its owner meanwhile */
    if (!status)
        status = tcp->torn ? tcp->torn : stand(tcp);
    if (!status)
        status = uv_read_start((uv_stream_t *)&tcp->uv, on_alloc, on_read);
    if (status) {
        end(tcp, status);
        return;
    }
    write_more(tcp);
    if (tcp->events.connected && !tcp->tls)
        tcp->events.connected(tcp->arg);
}

int net_tcp_connect(struct net_loop *loop, const struct ip *remote, const struct ip *local,
                    const struct net_tcp_events *events, void *arg, struct net_tcp **out)
{
    struct net_sockaddr to = net_sockaddr_of(remote);
    struct net_tcp *tcp = tcp_new(loop);
    int err = 0;

    if (!tcp)
        return -ENOMEM;
    tcp->events = *events;
    tcp->arg = arg;
    tcp->remote = *remote;
    tcp->connect.data = tcp;
    if (local && local->family) {
        struct ip host = *local;
        struct net_sockaddr from;

        host.port = 0;
        from = net_sockaddr_of(&host);
        err = uv_tcp_bind(&tcp->uv, &from.u.any, local->family == 6 ? UV_TCP_IPV6ONLY : 0);
    }
    if (!err)
        err = uv_tcp_connect(&tcp->connect, &tcp->uv, &to.u.any, on_connected);
    if (err) {
        net_tcp_close(tcp);
        return err;
    }
    (void)learn_local(tcp); /* else when it stands */
    *out = tcp;
    return 0;
}

bool net_tcp_is_connected(const struct net_tcp *tcp)
{
    return tcp->connected && !tcp->over && !is_shaking(tcp);
}

struct ip net_tcp_local(const struct net_tcp *tcp)
{
    return tcp->local;
}

struct ip net_tcp_remote(const struct net_tcp *tcp)
{
    return tcp->remote;
}

/* The lowest free number is taken for each new descriptor, so a high one says that few are left. */
bool net_tcp_is_one_too_many(const struct net_tcp *tcp)
{
    struct rlimit limit;
    uv_os_fd_t fd;

    return !uv_fileno((const uv_handle_t *)&tcp->uv, &fd) && !getrlimit(RLIMIT_NOFILE, &limit) &&
           limit.rlim_cur != RLIM_INFINITY && (rlim_t)fd + NET_TCP_SPARED >= limit.rlim_cur;
}

int net_tcp_own(struct net_tcp *tcp, const struct net_tcp_events *events, void *arg)
{
    tcp->events = *events;
    tcp->arg = arg;
    return uv_read_start((uv_stream_t *)&tcp->uv, on_alloc, on_read);
}

/* Who comes while there is no memory for it is closed, and may come again. */
static void on_connection(void *arg, int fd)
{
    struct net_tcp_listener *listener = arg;
    struct net_tcp *tcp = tcp_new(listener->loop);

    if (!tcp || uv_tcp_open(&tcp->uv, fd)) {
        close(fd);
        net_tcp_close(tcp);
    } else if (stand(tcp)) {
        net_tcp_close(tcp); /* it came and went */
    } else {
        listener->events.accepted(listener->arg, tcp);
    }
}

void net_tcp_listener_close(struct net_tcp_listener *listener)
{
    if (!listener)
        return;
    net_acceptor_free(listener->acceptor);
    if (listener->fd >= 0)
        close(listener->fd);
    free(listener);
}

static int bind_and_listen(struct net_tcp_listener *listener, const struct ip *local)
{
    struct net_sockaddr at = net_sockaddr_of(local);
    int on = 1, fd = socket(at.u.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    listener->fd = fd;
    if (fd < 0)
        return -errno;
    /* What a connection of ours has left behind on the port keeps nobody off it. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (local->family == 6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, &at.u.any, at.n) || listen(fd, BACKLOG))
        return -errno;
    at.n = sizeof at.u;
    if (getsockname(fd, &at.u.any, &at.n))
        return -errno;
    listener->local = net_ip_of(&at.u.any);
    return 0;
}

int net_tcp_listen(struct net_loop *loop, const struct ip *local,
                   const struct net_tcp_listen_events *events, void *arg,
                   struct net_tcp_listener **out)
{
    struct net_tcp_listener *listener = calloc(1, sizeof *listener);
    int err = listener ? 0 : -ENOMEM;

    if (err)
        return err;
    listener->fd = -1;
    listener->loop = loop;
    listener->events = *events;
    listener->arg = arg;
    err = bind_and_listen(listener, local);
    if (!err)
        err = net_acceptor_new(loop, listener->fd, on_connection, listener, &listener->acceptor);
    if (err) {
        net_tcp_listener_close(listener);
        return err;
    }
    *out = listener;
    return 0;
}

struct ip net_tcp_listener_local(const struct net_tcp_listener *listener)
{
    return listener->local;
}
