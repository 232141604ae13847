/* ui/screen/plain_echo.h - a terminal at standard input that is not taken over (plain_term.h), and
 * by itself shows what is typed: where that is a password, it is asked not to. */
#ifndef UI_SCREEN_PLAIN_ECHO_H
#define UI_SCREEN_PLAIN_ECHO_H

#include <stdbool.h>
#include <termios.h>
#include <uv.h>

struct net_loop;

/* All zero before plain_echo_init, and then where it lies until the loop has been freed. */
struct plain_echo {
    bool is_tty; /* standard input is a terminal at all */
    bool hides;
    struct termios modes; /* as they were */
    uv_signal_t continued;
};

/* 0 or a negative errno. */
int plain_echo_init(struct plain_echo *echo, struct net_loop *loop);
void plain_echo_show(struct plain_echo *echo, bool on);
/* It was a terminal, and is none any more. */
bool plain_echo_has_hung_up(const struct plain_echo *echo);
/* Leaves the modes as they are; fine for one that is all zero. */
void plain_echo_free(struct plain_echo *echo);

#endif
