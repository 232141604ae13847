#include "ui/screen/plain_echo.h"

#include <signal.h>
#include <unistd.h>

#include "net/loop.h"
#include "ui/screen/plain_term.h"

static void set_modes(const struct plain_echo *echo)
{
    struct termios modes = echo->modes;

    if (echo->hides)
        modes.c_lflag &= ~(tcflag_t)ECHO;
    plain_term_modes(&modes);
}

/* The shell had the terminal meanwhile, and shows what is typed. */
static void on_continued(uv_signal_t *handle, int number)
{
    const struct plain_echo *echo = handle->data;

    (void)number;
    if (echo->hides)
        set_modes(echo);
}

int plain_echo_init(struct plain_echo *echo, struct net_loop *loop)
{
    int err = uv_signal_init(net_loop_uv(loop), &echo->continued);

    echo->is_tty = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &echo->modes) == 0;
    if (err)
        return err;
    echo->continued.data = echo;
    return uv_signal_start(&echo->continued, on_continued, SIGCONT);
}

void plain_echo_show(struct plain_echo *echo, bool on)
{
    if (!echo->is_tty || echo->hides == !on)
        return;
    echo->hides = !on;
    set_modes(echo);
}

bool plain_echo_has_hung_up(const struct plain_echo *echo)
{
    struct termios modes;

    return echo->is_tty && tcgetattr(STDIN_FILENO, &modes) != 0;
}

void plain_echo_free(struct plain_echo *echo)
{
    if (echo->continued.data)
        uv_close((uv_handle_t *)&echo->continued, NULL);
}
