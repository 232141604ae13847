#include "ui/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/loop.h"

/* A line of a terminal has at most 4095 bytes (Linux) or less. */
#define LINE_BYTES_MAX 4096

/* What a person ends or stops a program with, besides what the session listens to. */
static const int stopping[] = {SIGTSTP, SIGQUIT};

struct prompt {
    int tty;
    char *question;
    struct termios before;
    bool silent; /* the terminal shows nothing */
    uv_poll_t poll;
    uv_signal_t signals[ARRAY_LEN(stopping)];
    unsigned handles; /* of libuv that are not closed yet */
    prompt_fn *on_line;
    void *arg;
    bool done, freed;
    char line[LINE_BYTES_MAX];
    size_t n;
};

/* --- the terminal --------------------------------------------------------------------------- */

static void set_modes(struct prompt *p, const struct termios *modes)
{
    while (tcsetattr(p->tty, TCSAFLUSH, modes) != 0 && errno == EINTR)
        ;
}

static void say(const struct prompt *p, const char *text)
{
    ssize_t n = write(p->tty, text, strlen(text));

    (void)n; /* a terminal that is gone shows itself when it is read */
}

static void ask(struct prompt *p)
{
    struct termios modes = p->before;

    modes.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    modes.c_lflag |= ICANON | ISIG;
    set_modes(p, &modes);
    p->silent = true;
    say(p, p->question);
}

void prompt_leave(struct prompt *p)
{
    if (!p || !p->silent)
        return;
    p->silent = false;
    set_modes(p, &p->before);
    say(p, "\n"); /* the one that was typed, or would have been */
}

/* --- the end -------------------------------------------------------------------------------- */

static void give_back(struct prompt *p)
{
    if (!p->freed || p->handles > 0)
        return;
    if (p->tty >= 0)
        close(p->tty);
    free(p->question);
    mem_wipe(p, sizeof *p);
    free(p);
}

static void on_closed(uv_handle_t *handle)
{
    struct prompt *p = handle->data;

    p->handles--;
    give_back(p);
}

static void close_handle(void *handle)
{
    if (((uv_handle_t *)handle)->data && !uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void end(struct prompt *p)
{
    prompt_leave(p);
    close_handle(&p->poll);
    for (size_t i = 0; i < ARRAY_LEN(stopping); i++)
        close_handle(&p->signals[i]);
}

void prompt_free(struct prompt *p)
{
    if (!p || p->freed)
        return;
    end(p);
    p->freed = true;
    give_back(p);
}

static void finish(struct prompt *p, struct slice line)
{
    p->done = true;
    end(p);
    p->on_line(p->arg, line);
    mem_wipe(p->line, sizeof p->line); /* also if freed: its handles are not closed yet */
}

/* --- what happens --------------------------------------------------------------------------- */

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct prompt *p = poll->data;
    const char *newline;
    ssize_t n = -1;

    (void)events;
    if (p->done)
        return;
    if (status == 0) {
        n = read(p->tty, p->line + p->n, sizeof p->line - p->n);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
    }
    if (n <= 0 && p->n == 0) {
        finish(p, (struct slice){0});
        return;
    }
    p->n += n > 0 ? (size_t)n : 0;
    newline = memchr(p->line, '\n', p->n);
    if (newline)
        finish(p, (struct slice){p->line, (size_t)(newline - p->line)});
    else if (n <= 0 || p->n == sizeof p->line)
        finish(p, (struct slice){0});
}

/* Lets the signal do what it does to every program, with the terminal as it was; if that was to
 * stop us, goes on here when we are continued. */
static void on_stopping(uv_signal_t *handle, int number)
{
    struct prompt *p = handle->data;
    struct sigaction usual = {.sa_handler = SIG_DFL}, ours;

    if (p->done)
        return;
    prompt_leave(p);
    sigaction(number, &usual, &ours);
    raise(number);
    sigaction(number, &ours, NULL);
    p->n = 0;
    ask(p);
}

/* --- the beginning -------------------------------------------------------------------------- */

/* Who is in the background would be stopped for touching the terminal. */
static int open_terminal(struct prompt *p)
{
    p->tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (p->tty < 0)
        return -ENOTTY;
    if (tcgetpgrp(p->tty) != getpgrp() || tcgetattr(p->tty, &p->before) != 0)
        return -ENOTTY;
    return 0;
}

static int watch(struct prompt *p, uv_loop_t *loop)
{
    int err = uv_poll_init(loop, &p->poll, p->tty);

    if (err)
        return err;
    p->poll.data = p;
    p->handles++;
    for (size_t i = 0; i < ARRAY_LEN(stopping); i++) {
        err = uv_signal_init(loop, &p->signals[i]);
        if (err)
            return err;
        p->signals[i].data = p;
        p->handles++;
        err = uv_signal_start(&p->signals[i], on_stopping, stopping[i]);
        if (err)
            return err;
    }
    return uv_poll_start(&p->poll, UV_READABLE, on_readable);
}

int prompt_open(struct net_loop *loop, const char *question, prompt_fn *on_line, void *arg,
                struct prompt **out)
{
    struct prompt *p = calloc(1, sizeof *p); /* a server asks for it: may fail, in a call */
    int err;

    if (!p)
        return -ENOMEM;
    p->tty = -1;
    p->on_line = on_line;
    p->arg = arg;
    p->question = slice_dup(slice_of(question));
    err = p->question ? open_terminal(p) : -ENOMEM;
    if (!err)
        err = watch(p, net_loop_uv(loop));
    if (err) {
        prompt_free(p);
        return err;
    }
    ask(p);
    *out = p;
    return 0;
}
