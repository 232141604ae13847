#include "phone/password.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/loop.h"
#include "phone/words.h"

/* Of what it says on standard error so much is kept. */
#define SAID_BYTES_MAX 1024
#define SAID_LINES_MAX 3

/* What it writes beyond that is passed over, but not for ever. */
#define SURPLUS_BYTES_MAX 1048576

/* Whoever it has left behind may hold its streams open: what is not there by then does not come. */
#define AFTER_EXIT_MS 1000

struct stream {
    uv_pipe_t pipe;
    char *kept;    /* the first bytes that came */
    size_t n, max; /* what comes behind max bytes is passed over */
    size_t surplus;
    bool ended;
};

struct password_command {
    struct words words;
    uv_process_t process;
    struct stream out, err;
    struct net_deadline *deadline;
    password_fn *on_done;
    void *arg;
    unsigned handles; /* of libuv that are not closed yet */
    int start_err;
    int64_t status;
    int by_signal;
    bool running, exited;
    bool done;  /* on_done runs or has run */
    bool freed; /* by its owner */
    char password[PASSWORD_BYTES_MAX + 1];
    char said[SAID_BYTES_MAX];
    char scrap[1024]; /* for what is passed over */
};

/* --- the end -------------------------------------------------------------------------------- */

static void give_back(struct password_command *c)
{
    if (!c->freed || c->handles > 0)
        return;
    words_free(&c->words);
    mem_wipe(c, sizeof *c);
    free(c);
}

static void on_closed(uv_handle_t *handle)
{
    struct password_command *c = handle->data;

    c->handles--;
    give_back(c);
}

static void close_handle(void *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

/* A process that was killed is waited for, else it would stay as a zombie. */
static void end_all(struct password_command *c)
{
    net_deadline_free(c->deadline);
    c->deadline = NULL;
    close_handle(&c->out.pipe);
    close_handle(&c->err.pipe);
    if (!c->running || uv_process_kill(&c->process, SIGKILL) != 0) /* sudo: not ours to kill */
        close_handle(&c->process);
}

static size_t first_line(const struct password_command *c)
{
    const char *end = memchr(c->password, '\n', c->out.n);

    return end ? (size_t)(end - c->password) : c->out.n;
}

static bool has_line(const struct password_command *c)
{
    return memchr(c->password, '\n', c->out.n) != NULL;
}

static bool is_too_long(const struct password_command *c)
{
    return c->out.n > PASSWORD_BYTES_MAX && !has_line(c);
}

static bool is_endless(const struct password_command *c)
{
    return c->out.surplus > SURPLUS_BYTES_MAX || c->err.surplus > SURPLUS_BYTES_MAX;
}

/* The first lines that it said, in one. */
static void put_said(const struct password_command *c, struct buf *sentence)
{
    struct slice rest = {c->said, c->err.n};
    const char *between = ": ";

    for (unsigned n = 0; rest.n > 0 && n < SAID_LINES_MAX;) {
        struct slice line = slice_trim(slice_cut(&rest, '\n'));

        if (line.n == 0)
            continue;
        buf_puts(sentence, between);
        text_safe(sentence, line);
        between = " / ";
        n++;
    }
}

static bool is_late(const struct password_command *c)
{
    return !c->start_err && !is_too_long(c) && !is_endless(c) && !c->exited;
}

/* Why there is no password; false: there is one. */
static bool explain(const struct password_command *c, struct buf *sentence)
{
    if (c->start_err)
        buf_printf(sentence, " cannot be started: %s; check its name", strerror(-c->start_err));
    else if (is_too_long(c))
        buf_printf(sentence, " gave a line of more than %d bytes", PASSWORD_BYTES_MAX);
    else if (is_endless(c))
        buf_printf(sentence, " wrote more than %d bytes", SURPLUS_BYTES_MAX);
    else if (is_late(c))
        buf_printf(sentence, " did not end within %d seconds", PASSWORD_COMMAND_MS / 1000);
    else if (c->by_signal)
        buf_printf(sentence, " was ended by signal %d", c->by_signal);
    else if (c->status)
        buf_printf(sentence, " ended with status %d", (int)c->status);
    else if (first_line(c) == 0)
        buf_puts(sentence, " gave no password");
    else
        return false;
    put_said(c, sentence);
    if (is_late(c)) /* what asks for the password of a key has no terminal here */
        buf_puts(sentence, "; run it by hand to see what it waits for");
    return true;
}

static void finish(struct password_command *c)
{
    struct buf sentence = buf_new(8192);
    struct slice password = {c->password, first_line(c)};
    bool failed;

    c->done = true;
    buf_puts(&sentence, "password-command: ");
    text_safe(&sentence, slice_of(c->words.v[0]));
    failed = explain(c, &sentence);
    end_all(c);
    if (failed)
        password = (struct slice){0};
    else if (c->err.n > 0)
        put_said(c, &sentence);
    if (!failed && c->err.n > 0)
        log_debug("password", "%s", buf_cstr(&sentence));
    c->on_done(c->arg, password, failed ? buf_cstr(&sentence) : NULL);
    mem_wipe(c->password, sizeof c->password); /* also if freed: its handles are not closed yet */
    buf_free(&sentence);
}

/* --- what happens --------------------------------------------------------------------------- */

static void look(struct password_command *c)
{
    bool heard_all = c->out.ended && c->err.ended;

    if (c->done || c->freed)
        return;
    if (is_too_long(c) || is_endless(c) || (c->exited && heard_all) ||
        (c->exited && c->status == 0 && !c->by_signal && has_line(c)))
        finish(c);
}

static void on_deadline(void *arg)
{
    struct password_command *c = arg;

    if (!c->done)
        finish(c);
}

static void on_ended(uv_process_t *process, int64_t status, int by_signal)
{
    struct password_command *c = process->data;

    c->running = false;
    c->exited = true;
    c->status = status;
    c->by_signal = by_signal;
    if (c->done || c->freed) {
        close_handle(&c->process);
        return;
    }
    net_deadline_set(c->deadline, net_now_ms() + AFTER_EXIT_MS);
    look(c);
}

static struct stream *stream_of(struct password_command *c, const void *handle)
{
    return handle == &c->out.pipe ? &c->out : &c->err;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    struct password_command *c = handle->data;
    struct stream *s = stream_of(c, handle);

    (void)suggested;
    if (s->n < s->max)
        *room = uv_buf_init(s->kept + s->n, (unsigned)(s->max - s->n));
    else
        *room = uv_buf_init(c->scrap, sizeof c->scrap);
}

static void on_read(uv_stream_t *handle, ssize_t n, const uv_buf_t *room)
{
    struct password_command *c = handle->data;
    struct stream *s = stream_of(c, handle);

    if (n < 0)
        s->ended = true;
    else if (room->base != c->scrap)
        s->n += (size_t)n;
    else
        s->surplus += (size_t)n;
    if (n < 0)
        uv_read_stop(handle);
    look(c);
}

/* --- the beginning -------------------------------------------------------------------------- */

static int spawn(struct password_command *c, uv_loop_t *loop)
{
    uv_stdio_container_t stdio[] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&c->out.pipe},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&c->err.pipe},
    };
    const uv_process_options_t options = {
        .exit_cb = on_ended,
        .file = c->words.v[0],
        .args = c->words.v,
        .stdio_count = ARRAY_LEN(stdio),
        .stdio = stdio,
    };
    int err;

    uv_disable_stdio_inheritance(); /* what libraries opened, and what our parent left us */
    err = uv_spawn(loop, &c->process, &options);
    c->process.data = c; /* it is initialised, and must be closed, in either case */
    c->handles++;
    c->running = !err;
    return err;
}

static void open_stream(struct password_command *c, uv_loop_t *loop, struct stream *s, char *kept,
                        size_t max)
{
    uv_pipe_init(loop, &s->pipe, 0);
    s->pipe.data = c;
    s->kept = kept;
    s->max = max;
    c->handles++;
}

int password_command_start(struct net_loop *loop, const char *command, password_fn *on_done,
                           void *arg, struct password_command **out)
{
    struct password_command *c = calloc(1, sizeof *c);
    uv_loop_t *uv = net_loop_uv(loop);
    const char *sentence;
    size_t at;
    int err = c ? words_split(slice_of(command), &c->words, &at, &sentence) : -ENOMEM;

    if (!err)
        err = net_deadline_new(loop, on_deadline, c, &c->deadline);
    if (err) {
        if (c)
            words_free(&c->words);
        free(c);
        return err;
    }
    c->on_done = on_done;
    c->arg = arg;
    open_stream(c, uv, &c->out, c->password, sizeof c->password);
    open_stream(c, uv, &c->err, c->said, sizeof c->said);
    c->start_err = spawn(c, uv);
    if (!c->start_err) {
        uv_read_start((uv_stream_t *)&c->out.pipe, on_room, on_read);
        uv_read_start((uv_stream_t *)&c->err.pipe, on_room, on_read);
    }
    net_deadline_set(c->deadline, c->start_err ? 0 : net_now_ms() + PASSWORD_COMMAND_MS);
    *out = c;
    return 0;
}

void password_command_free(struct password_command *command)
{
    if (!command || command->freed)
        return;
    command->freed = true;
    if (!command->done)
        end_all(command);
    give_back(command);
}
