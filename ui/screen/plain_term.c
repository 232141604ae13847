#include "ui/screen/plain_term.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/loop.h"
#include "ui/screen/restore.h"

struct plain_term {
    struct termios before;
    uv_signal_t stop, cont;
    size_t handles; /* of them that are not closed yet */
    void (*back)(void *arg);
    void *arg;
};

/* Not when all has been shown: a terminal that was stopped would be waited for. */
void plain_term_modes(const struct termios *modes)
{
    while (tcsetattr(STDIN_FILENO, TCSANOW, modes) != 0 && errno == EINTR)
        ;
}

/* Ctrl-C and Ctrl-Z are bytes, too; newlines that are written still return to the left. */
static void enter(const struct plain_term *t)
{
    struct termios modes = t->before;

    modes.c_iflag &= ~(tcflag_t)(BRKINT | INLCR | IGNCR | ISTRIP);
    modes.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    restore_note(STDIN_FILENO, &t->before, SLICE(""));
    plain_term_modes(&modes);
}

void plain_term_suspend(struct plain_term *t)
{
    restore_now();
    uv_signal_stop(&t->stop); /* so that the signal does what it does by itself */
    kill(0, SIGTSTP);
    /* Here we go on. */
    uv_signal_start(&t->stop, t->stop.signal_cb, SIGTSTP);
}

static void on_stop(uv_signal_t *handle, int number)
{
    (void)number;
    plain_term_suspend(handle->data);
}

/* In the background the terminal is the shell's, and to touch it would stop us again. */
static void on_continued(uv_signal_t *handle, int number)
{
    struct plain_term *t = handle->data;

    (void)number;
    if (tcgetpgrp(STDIN_FILENO) != getpgrp())
        return;
    enter(t);
    t->back(t->arg);
}

static int start_signal(struct net_loop *loop, struct plain_term *t, uv_signal_t *handle,
                        uv_signal_cb callback, int number)
{
    int err = uv_signal_init(net_loop_uv(loop), handle);

    if (err)
        return err;
    handle->data = t;
    t->handles++;
    err = uv_signal_start(handle, callback, number);
    uv_unref((uv_handle_t *)handle);
    return err;
}

int plain_term_new(struct net_loop *loop, void (*back)(void *arg), void *arg,
                   struct plain_term **out)
{
    const tcflag_t ours = ECHO | ICANON;
    struct plain_term *t;
    struct termios before;
    int err;

    *out = NULL;
    if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0 ||
        (before.c_lflag & ours) != ours)
        return 0;
    t = calloc(1, sizeof *t);
    if (!t)
        return -ENOMEM;
    *t = (struct plain_term){.before = before, .back = back, .arg = arg};
    err = start_signal(loop, t, &t->stop, on_stop, SIGTSTP);
    if (!err)
        err = start_signal(loop, t, &t->cont, on_continued, SIGCONT);
    if (err)
        plain_term_free(t);
    else
        *out = t;
    if (!err)
        enter(t);
    return err;
}

static void on_closed(uv_handle_t *handle)
{
    struct plain_term *t = handle->data;

    if (--t->handles == 0)
        free(t);
}

void plain_term_free(struct plain_term *t)
{
    bool has_cont;

    if (!t)
        return;
    restore_now();
    has_cont = t->handles > 1;
    if (t->handles == 0)
        free(t);
    else
        uv_close((uv_handle_t *)&t->stop, on_closed);
    if (has_cont)
        uv_close((uv_handle_t *)&t->cont, on_closed);
}
