#include "phone/program.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/loop.h"
#include "net/spawner.h"

struct stream {
    uv_pipe_t pipe;
    char *kept; /* the first bytes that came */
    size_t n, max;
    size_t surplus; /* bytes behind those, passed over */
    bool ended;
};

/* Started by the helper of its loop, where there is one, else by us. */
struct program {
    struct net_spawned *spawned;
    uv_process_t process;
    uv_pipe_t in;
    uv_write_t write;
    uv_buf_t input; /* base: owned */
    struct stream out, err;
    struct net_deadline *deadline;
    bool first_line, is_group;
    uint64_t grace_ms;
    program_fn *on_end;
    void *arg;
    unsigned handles; /* of libuv that are not closed yet */
    int start_err;
    int64_t status;
    int by_signal;
    bool running, exited;
    bool told_to_end;
    bool done;  /* on_end runs or has run */
    bool freed; /* by its owner */
    char said[PROGRAM_SAID_BYTES_MAX];
    char scrap[1024]; /* for what is passed over */
};

/* --- the end -------------------------------------------------------------------------------- */

/* What it wrote may be a password: no copy stays. */
static void give_back(struct program *p)
{
    if (!p->freed || p->handles > 0)
        return;
    free(p->input.base);
    mem_wipe(p, sizeof *p);
    free(p);
}

static void on_closed(uv_handle_t *handle)
{
    struct program *p = handle->data;

    p->handles--;
    give_back(p);
}

static void close_handle(void *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

/* 0 where there was somebody to get it. */
static int send_signal(struct program *p, int number)
{
    if (p->spawned)
        return net_spawned_signal(p->spawned, number);
    if (p->is_group)
        return kill(-p->process.pid, number);
    return uv_process_kill(&p->process, number);
}

/* A process of ours that was killed is waited for, else it would stay as a zombie. */
static void end_process(struct program *p)
{
    bool killed = p->running && send_signal(p, SIGKILL) == 0;

    if (p->spawned || !p->process.data) {
        net_spawned_free(p->spawned);
        p->spawned = NULL;
        p->running = false;
    } else if (!killed) {
        close_handle(&p->process);
    }
}

static void end_all(struct program *p)
{
    net_deadline_free(p->deadline);
    p->deadline = NULL;
    close_handle(&p->in);
    close_handle(&p->out.pipe);
    close_handle(&p->err.pipe);
    end_process(p);
}

static bool has_line(const struct program *p)
{
    return memchr(p->out.kept, '\n', p->out.n) != NULL;
}

static bool is_too_long(const struct program *p)
{
    return p->first_line && p->out.n == p->out.max && !has_line(p);
}

static bool is_endless(const struct program *p)
{
    return p->out.surplus > PROGRAM_SURPLUS_MAX || p->err.surplus > PROGRAM_SURPLUS_MAX;
}

static struct program_end end_of(const struct program *p)
{
    struct slice out = {p->out.kept, p->out.n}, all = out;
    struct program_end end = {.out = p->first_line ? slice_cut(&all, '\n') : out,
                              .said = {p->said, p->err.n}};

    if (p->start_err) {
        end.fault = PROGRAM_NOT_STARTED;
        end.number = p->start_err;
    } else if (is_too_long(p)) {
        end.fault = PROGRAM_LINE_TOO_LONG;
    } else if (is_endless(p)) {
        end.fault = PROGRAM_ENDLESS;
    } else if (!p->exited || p->told_to_end) {
        end.fault = PROGRAM_LATE;
    } else if (p->by_signal) {
        end.fault = PROGRAM_SIGNAL;
        end.number = p->by_signal;
    } else if (p->status) {
        end.fault = PROGRAM_STATUS;
        end.number = (int)p->status;
    }
    return end;
}

static void finish(struct program *p)
{
    struct program_end end = end_of(p);

    p->done = true;
    end_all(p);
    p->on_end(p->arg, &end);
    /* Touch nothing here but what give_back waits for: on_end may have freed p, and the handles
     * that keep it are closed in a later turn. */
}

/* --- what happens --------------------------------------------------------------------------- */

static void look(struct program *p)
{
    bool heard_all = p->out.ended && p->err.ended;

    if (p->done || p->freed)
        return;
    if (is_too_long(p) || is_endless(p) || (p->exited && heard_all) ||
        (p->first_line && p->exited && p->status == 0 && !p->by_signal && has_line(p)))
        finish(p);
}

static void on_deadline(void *arg)
{
    struct program *p = arg;

    if (p->done)
        return;
    if (p->running && p->grace_ms > 0 && !p->told_to_end) {
        p->told_to_end = true;
        send_signal(p, SIGTERM);
        net_deadline_set(p->deadline, net_now_ms() + p->grace_ms);
        return;
    }
    finish(p);
}

static void exited(struct program *p, int64_t status, int by_signal)
{
    p->running = false;
    p->exited = true;
    p->status = status;
    p->by_signal = by_signal;
    if (p->done || p->freed)
        return;
    net_deadline_set(p->deadline, net_now_ms() + PROGRAM_AFTER_EXIT_MS);
    look(p);
}

/* The number of the process is free from here on, so that of its group is used at once, if at
 * all. */
static void on_exit_of(uv_process_t *process, int64_t status, int by_signal)
{
    struct program *p = process->data;

    if (p->is_group)
        send_signal(p, SIGKILL);
    if (p->done || p->freed)
        close_handle(&p->process);
    exited(p, status, by_signal);
}

/* The helper has killed the rest of the group. */
static void on_end_of(void *arg, int err, int status, int by_signal)
{
    struct program *p = arg;

    p->spawned = NULL;
    if (err) {
        p->running = false;
        p->start_err = err;
        net_deadline_set(p->deadline, 0);
        return;
    }
    exited(p, status, by_signal);
}

static struct stream *stream_of(struct program *p, const void *handle)
{
    return handle == &p->out.pipe ? &p->out : &p->err;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    struct program *p = handle->data;
    struct stream *s = stream_of(p, handle);

    (void)suggested;
    if (s->n < s->max)
        *room = uv_buf_init(s->kept + s->n, (unsigned)(s->max - s->n));
    else
        *room = uv_buf_init(p->scrap, sizeof p->scrap);
}

static void on_read(uv_stream_t *handle, ssize_t n, const uv_buf_t *room)
{
    struct program *p = handle->data;
    struct stream *s = stream_of(p, handle);

    if (n < 0)
        s->ended = true;
    else if (room->base != p->scrap)
        s->n += (size_t)n;
    else
        s->surplus += (size_t)n;
    if (n < 0)
        uv_read_stop(handle);
    look(p);
}

/* --- the beginning -------------------------------------------------------------------------- */

/* Whether it reads all of its input, and whether at all, is its own affair. */
static void on_written(uv_write_t *write, int status)
{
    struct program *p = write->data;

    (void)status;
    close_handle(&p->in);
}

static void feed(struct program *p)
{
    p->write.data = p;
    if (!p->input.base || uv_write(&p->write, (uv_stream_t *)&p->in, &p->input, 1, on_written) != 0)
        close_handle(&p->in);
}

/* One end for it, in *theirs, the other one for us. */
static int open_stream(uv_pipe_t *pipe, bool it_reads, int *theirs)
{
    int fds[2],
        err = uv_pipe(fds, it_reads ? 0 : UV_NONBLOCK_PIPE, it_reads ? UV_NONBLOCK_PIPE : 0);

    if (err)
        return err;
    *theirs = fds[it_reads ? 0 : 1];
    err = uv_pipe_open(pipe, fds[it_reads ? 1 : 0]);
    if (err)
        close(fds[it_reads ? 1 : 0]);
    return err;
}

static int spawn_by_helper(struct program *p, struct net_spawner *helper,
                           const struct program_spec *spec)
{
    int fds[3] = {-1, -1, -1}, err = 0;

    if (p->input.base)
        err = open_stream(&p->in, true, &fds[0]);
    else if ((fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0)
        err = -errno;
    if (!err)
        err = open_stream(&p->out.pipe, false, &fds[1]);
    if (!err)
        err = open_stream(&p->err.pipe, false, &fds[2]);
    if (!err)
        err = net_spawn(helper, spec->words, spec->environment, spec->is_group, fds, on_end_of, p,
                        &p->spawned);
    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    p->running = !err;
    return err;
}

static int spawn(struct program *p, uv_loop_t *loop, const struct program_spec *spec)
{
    uv_stdio_container_t stdio[] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&p->out.pipe},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&p->err.pipe},
    };
    const uv_process_options_t options = {
        .exit_cb = on_exit_of,
        .file = spec->words[0],
        .args = spec->words,
        .env = spec->environment,
        .flags = spec->is_group ? UV_PROCESS_DETACHED : 0,
        .stdio_count = ARRAY_LEN(stdio),
        .stdio = stdio,
    };
    int err;

    if (p->input.base)
        stdio[0] = (uv_stdio_container_t){.flags = UV_CREATE_PIPE | UV_READABLE_PIPE,
                                          .data.stream = (uv_stream_t *)&p->in};
    uv_disable_stdio_inheritance(); /* what libraries opened, and what our parent left us */
    err = uv_spawn(loop, &p->process, &options);
    p->process.data = p; /* it is initialised, and must be closed, in either case */
    p->handles++;
    p->running = !err;
    return err;
}

static void open_pipe(struct program *p, uv_loop_t *loop, uv_pipe_t *pipe)
{
    uv_pipe_init(loop, pipe, 0);
    pipe->data = p;
    p->handles++;
}

static void start(struct program *p, struct net_loop *net_loop, const struct program_spec *spec)
{
    struct net_spawner *helper = net_loop_spawner(net_loop);
    uv_loop_t *loop = net_loop_uv(net_loop);

    open_pipe(p, loop, &p->in);
    open_pipe(p, loop, &p->out.pipe);
    open_pipe(p, loop, &p->err.pipe);
    p->start_err = helper ? spawn_by_helper(p, helper, spec) : spawn(p, loop, spec);
    if (p->start_err) {
        net_deadline_set(p->deadline, 0);
        return;
    }
    uv_read_start((uv_stream_t *)&p->out.pipe, on_room, on_read);
    uv_read_start((uv_stream_t *)&p->err.pipe, on_room, on_read);
    feed(p);
    net_deadline_set(p->deadline, net_now_ms() + spec->ms);
}

static int copy_input(struct program *p, struct slice input)
{
    if (input.n == 0)
        return 0;
    p->input.base = slice_dup(input);
    p->input.len = input.n;
    return p->input.base ? 0 : -ENOMEM;
}

int program_start(struct net_loop *loop, const struct program_spec *spec, program_fn *on_end,
                  void *arg, struct program **out)
{
    struct program *p = calloc(1, sizeof *p);
    int err = p ? copy_input(p, spec->input) : -ENOMEM;

    if (!err)
        err = net_deadline_new(loop, on_deadline, p, &p->deadline);
    if (err) {
        if (p)
            free(p->input.base);
        free(p);
        return err;
    }
    p->out.kept = spec->out;
    p->out.max = spec->out_max;
    p->err.kept = p->said;
    p->err.max = sizeof p->said;
    p->first_line = spec->first_line;
    p->is_group = spec->is_group;
    p->grace_ms = spec->grace_ms;
    p->on_end = on_end;
    p->arg = arg;
    start(p, loop, spec);
    *out = p;
    return 0;
}

void program_free(struct program *program)
{
    if (!program || program->freed)
        return;
    program->freed = true;
    if (!program->done)
        end_all(program);
    give_back(program);
}

/* --- words ---------------------------------------------------------------------------------- */

/* Only a name that is wrong is worth a look. */
static bool is_of_name(int err)
{
    return err == -ENOENT || err == -ENOTDIR || err == -EACCES || err == -ELOOP ||
           err == -ENAMETOOLONG || err == -EISDIR || err == -EPERM;
}

static void put_not_started(int err, struct buf *sentence)
{
    if (err == -EPIPE)
        buf_puts(sentence, " is lost: the helper of this phone, which starts programs, has died");
    else if (err == -EAGAIN)
        buf_puts(sentence, " cannot be started: too much is running already");
    else if (err == -ENOEXEC)
        buf_puts(sentence, " cannot be started: it is neither a program nor a script whose first "
                           "line is #! and what runs it");
    else
        buf_printf(sentence, " cannot be started: %s%s", strerror(-err),
                   is_of_name(err) ? "; check its name" : "");
}

void program_put_fault(const struct program_end *end, const struct program_spec *spec,
                       struct buf *sentence)
{
    switch (end->fault) {
    case PROGRAM_WELL:
        break;
    case PROGRAM_NOT_STARTED:
        put_not_started(end->number, sentence);
        break;
    case PROGRAM_LINE_TOO_LONG:
        buf_printf(sentence, " gave a line of more than %zu bytes", spec->out_max - 1);
        break;
    case PROGRAM_ENDLESS:
        buf_printf(sentence, " wrote more than %d bytes", PROGRAM_SURPLUS_MAX);
        break;
    case PROGRAM_LATE:
        buf_printf(sentence, " did not end within %" PRIu64 " seconds", spec->ms / 1000);
        break;
    case PROGRAM_SIGNAL:
        buf_printf(sentence, " was ended by signal %d", end->number);
        break;
    case PROGRAM_STATUS:
        buf_printf(sentence, " ended with status %d", end->number);
        break;
    }
}

void program_put_said(const struct program_end *end, struct buf *sentence)
{
    struct slice rest = end->said;
    const char *between = ": ";

    for (unsigned n = 0; rest.n > 0 && n < PROGRAM_SAID_LINES_MAX;) {
        struct slice line = slice_trim(slice_cut(&rest, '\n'));

        if (line.n == 0)
            continue;
        buf_puts(sentence, between);
        text_safe(sentence, line);
        between = " / ";
        n++;
    }
}
