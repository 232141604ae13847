/* The bytes of one client: read while it is listened to, written as it takes them. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "ui/control_private.h"
#include "ui/json.h"

/* While so much waits for a client none of its commands is carried out: who does not read replies
 * need not ask. */
#define TALK_MAX 65536u
/* A pipe that poll calls writable takes this much without waiting (pipe(7): PIPE_BUF). */
#define PIECE_BYTES 4096u
/* A turn ends with the command that takes it beyond this. */
#define TURN_US 2000u
#define REST_MAX_MS 1000u
/* A file says not when there is room again for what waits, as its disk has come back. */
#define AGAIN_MS 100
/* How long one that leaves may take to read what it was told. */
#define LEAVE_MS 5000

static size_t pending(const struct client *c)
{
    return c->waiting.n - c->sent;
}

static bool is_silent(const struct client *c)
{
    return c->gone || c->leaving;
}

static bool may_read(const struct client *c)
{
    return !c->ended && !c->more && !c->rest_ms && !c->job && !is_silent(c) &&
           pending(c) < TALK_MAX;
}

/* --- what is waited for ---------------------------------------------------------------------- */

static void set_watch(struct client *c)
{
    bool reads = may_read(c);
    bool writes = !c->gone && pending(c) > 0;

    if (c->is_socket && c->reads)
        net_watch_set(c->reads, (reads ? NET_READABLE : 0) | (writes ? NET_WRITABLE : 0));
    if (c->is_socket)
        return;
    if (c->reads)
        net_watch_set(c->reads, reads ? NET_READABLE : 0);
    else if (reads)
        control_turn_soon(c->control);
    if (c->writes)
        net_watch_set(c->writes, writes ? NET_WRITABLE : 0);
}

/* --- writing --------------------------------------------------------------------------------- */

/* The descriptor of a pair is shared with others and cannot be made non-blocking: ask first. */
static ptrdiff_t write_some(struct client *c, struct slice bytes)
{
    struct pollfd p = {.fd = c->out, .events = POLLOUT};
    ssize_t n;

    if (c->is_socket)
        return net_unix_write(c->out, bytes, NULL, 0);
    if (c->writer) {
        int err = writer_put(c->writer, bytes);

        return err == -ENOBUFS ? -EAGAIN : err ? err : (ptrdiff_t)bytes.n;
    }
    if (poll(&p, 1, 0) != 1)
        return -EAGAIN;
    n = write(c->out, bytes.p, bytes.n < PIECE_BYTES ? bytes.n : PIECE_BYTES);
    if (n < 0)
        return errno == EINTR ? -EAGAIN : -errno;
    return n;
}

/* What was written is given back in large pieces, not a little of it each time; after a long reply
 * all of it, as such a one may never come again. */
static void drop_sent(struct client *c)
{
    if (c->sent < c->waiting.n && (c->sent < TALK_MAX || c->sent < c->waiting.n / 2))
        return;
    if (c->sent < c->waiting.n)
        buf_drop(&c->waiting, c->sent);
    else if (c->waiting.cap > TALK_MAX)
        buf_free(&c->waiting);
    else
        buf_clear(&c->waiting);
    if (c->waiting.n == 0)
        c->allowed = CONTROL_WAITING_MAX;
    c->sent = 0;
}

bool client_flush(struct client *c)
{
    while (!c->gone && pending(c) > 0) {
        ptrdiff_t n = write_some(c, slice_skip(buf_slice(&c->waiting), c->sent));

        if (n == -EAGAIN)
            break;
        if (n < 0) {
            c->gone = true;
            control_forget(c);
            break;
        }
        c->sent += (size_t)n;
        c->mid_line = c->waiting.p[c->sent - 1] != '\n';
        drop_sent(c);
    }
    return c->gone || pending(c) == 0;
}

/* What nobody will read gives way to why; a line that has begun is ended. */
static void keep_first_line(struct client *c)
{
    struct slice rest = slice_skip(buf_slice(&c->waiting), c->sent);
    ptrdiff_t end = c->mid_line ? slice_index(rest, '\n') : -1;

    c->waiting.n = c->sent + (size_t)(end + 1);
}

static void leave(struct client *c)
{
    c->leaving = true;
    c->by_ms = net_now_ms() + LEAVE_MS;
    control_forget(c);
}

void client_drop(struct client *c, const char *text)
{
    if (is_silent(c))
        return;
    c->waiting.failed = false;
    json_own(&c->waiting, &(struct json_own){.kind = JSON_DROPPED, .text = text}, json_now_ms());
    leave(c);
}

static void put(struct client *c, struct slice lines)
{
    buf_put(&c->waiting, lines);
    if (!buf_ok(&c->waiting)) {
        keep_first_line(c);
        client_drop(c, "there is no memory for what you are to be told");
    }
    if (pending(c) >= TALK_MAX)
        client_flush(c);
    c->due = true;
    control_turn_soon(c->control);
}

void client_put(struct client *c, struct slice lines)
{
    struct buf text = buf_new(256);

    if (is_silent(c) || lines.n == 0)
        return;
    if (pending(c) + lines.n > c->allowed)
        client_flush(c);
    if (pending(c) + lines.n <= c->allowed) {
        put(c, lines);
        return;
    }
    buf_printf(&text, "a client that does not read was dropped: %zu bytes waited for it",
               pending(c));
    keep_first_line(c);
    client_drop(c, "what waits for you to be read has become too much");
    control_notice(c, buf_cstr(&text));
    buf_free(&text);
}

void client_reply(struct client *c, struct slice line)
{
    if (is_silent(c))
        return;
    c->allowed = CONTROL_WAITING_MAX + line.n;
    put(c, line);
}

/* --- reading --------------------------------------------------------------------------------- */

void client_close_fds(struct client *c)
{
    while (c->n_fds > 0)
        close(c->fds[--c->n_fds]);
}

static ptrdiff_t read_some(struct client *c, char *at, size_t room)
{
    int fds[NET_UNIX_FDS_MAX];
    size_t n_fds;
    ptrdiff_t n;

    if (!c->is_socket) {
        n = read(c->in, at, room);
        return n < 0 ? -errno : n;
    }
    n = net_unix_read(c->in, at, room, fds, &n_fds);
    if (n_fds > 0) {
        client_close_fds(c);
        memcpy(c->fds, fds, n_fds * sizeof *fds);
        c->n_fds = n_fds;
    }
    return n;
}

static void read_lines(struct client *c)
{
    char *at;
    size_t room = lines_room(&c->lines, &at);
    ptrdiff_t n = room > 0 ? read_some(c, at, room) : -EAGAIN;

    if (n == -EAGAIN || n == -EINTR)
        return;
    if (n > 0)
        lines_add(&c->lines, (size_t)n);
    else
        c->ended = true;
}

/* One line, or the refusal of what is none. False: there is none now. */
static bool do_line(struct client *c)
{
    struct slice line;
    bool good = false;

    switch (lines_take(&c->lines, c->ended, &line)) {
    case LINES_NONE:
        return false;
    case LINES_LINE:
        good = control_do(c, line);
        break;
    case LINES_TOO_LONG:
        control_refuse_long(c);
        break;
    }
    c->faults = good ? 0 : c->faults + 1;
    if (c->faults >= CONTROL_FAULTS_MAX)
        client_drop(c, "these lines are no commands");
    return true;
}

/* A socket has been answered and goes; a pair hears how the phone ends. */
static void end_of_input(struct client *c)
{
    void (*on_end)(void *arg) = c->on_end;

    c->on_end = NULL;
    if (c->is_socket)
        leave(c);
    else if (on_end)
        on_end(c->arg);
}

/* Every other client could have had such a turn meanwhile, and so long it rests. Who is alone, or
 * asks for little, does not; nor does who has sent half a line, whose end would never be read. */
static void rest(struct client *c, uint64_t spent_us)
{
    uint64_t ms = spent_us * (control_clients(c->control) - 1) / 1000;

    if (ms > 0)
        c->rest_ms = net_now_ms() + (ms < REST_MAX_MS ? ms : REST_MAX_MS);
}

static void do_lines(struct client *c)
{
    uint64_t began_us = net_now_us(), spent_us = 0;
    unsigned n = 0;
    bool any = true;
    char *at;

    while (any && n++ < CONTROL_TURN_MAX && spent_us < TURN_US && !is_silent(c) && !c->job &&
           pending(c) < TALK_MAX) {
        any = do_line(c);
        if (any)
            spent_us = net_now_us() - began_us;
    }
    rest(c, spent_us);
    if (is_silent(c))
        return;
    c->more = any;
    lines_room(&c->lines, &at); /* wipes what was carried out */
    if (!any && lines_empty(&c->lines))
        client_close_fds(c);
    if (!any && c->ended)
        end_of_input(c);
}

/* --- turns ----------------------------------------------------------------------------------- */

static bool is_file(const struct client *c)
{
    return !c->reads && !c->ended;
}

static void set_turn(struct client *c)
{
    if (c->gone || (c->more && !c->rest_ms && !c->job && pending(c) < TALK_MAX))
        control_turn_soon(c->control);
    else if (c->leaving)
        control_turn_at(c->control, c->by_ms);
    else if (c->rest_ms)
        control_turn_at(c->control, c->rest_ms);
    if (!c->gone && c->writer && pending(c) > 0)
        control_turn_at(c->control, net_now_ms() + AGAIN_MS);
}

void client_turn(struct client *c)
{
    c->due = false;
    if (net_now_ms() >= c->rest_ms)
        c->rest_ms = 0;
    client_flush(c);
    if (is_file(c) && may_read(c))
        read_lines(c);
    control_begin_job(c);
    if (!is_silent(c) && !c->rest_ms && !c->job && (c->more || !lines_empty(&c->lines) || c->ended))
        do_lines(c);
    client_flush(c);
    if (c->leaving && (pending(c) == 0 || net_now_ms() >= c->by_ms))
        c->gone = true;
    set_watch(c);
    set_turn(c);
}

static void on_ready(void *arg, int events)
{
    struct client *c = arg;

    if ((events & NET_READABLE) && may_read(c))
        read_lines(c);
    client_turn(c);
}

static void on_writable(void *arg, int events)
{
    (void)events;
    client_turn(arg);
}

/* --- begin and end --------------------------------------------------------------------------- */

static int watch(struct client *c)
{
    struct net_loop *loop = c->control->session->loop;
    int err = net_watch_new(loop, c->in, on_ready, c, &c->reads);

    if (err == -EPERM)
        err = 0;
    if (!err && !c->is_socket)
        err = net_watch_new(loop, c->out, on_writable, c, &c->writes);
    return err == -EPERM ? 0 : err;
}

struct client *client_new(struct control *control, int in, int out, bool is_socket, int *err)
{
    struct client *c = calloc(1, sizeof *c);

    *err = c ? 0 : -ENOMEM;
    if (!c)
        return NULL;
    *c = (struct client){.control = control,
                         .in = in,
                         .out = out,
                         .is_socket = is_socket,
                         .waiting = buf_new(CONTROL_REPLY_MAX),
                         .allowed = CONTROL_WAITING_MAX,
                         .hears = true,
                         .quality = true};
    list_init(&c->link);
    *err = lines_init(&c->lines, CONTROL_LINE_MAX);
    if (!*err)
        *err = watch(c);
    if (*err) {
        c->is_socket = false; /* the descriptor is still the caller's */
        client_free(c);
        return NULL;
    }
    set_watch(c);
    return c;
}

void client_free(struct client *c)
{
    list_remove(&c->link);
    control_forget_job(c);
    net_watch_free(c->reads);
    net_watch_free(c->writes);
    if (c->is_socket)
        close(c->in);
    client_close_fds(c);
    lines_free(&c->lines);
    buf_free(&c->waiting);
    free(c);
}
