/* ui/cmd_plain.h - what the files of cmd_plain share: the telephone in lines, what is typed into it
 * and what it says. */
#ifndef UI_CMD_PLAIN_H
#define UI_CMD_PLAIN_H

#include "net/loop.h"
#include "net/watch.h"
#include "ui/flush.h"
#include "ui/screen/front.h"
#include "ui/screen/plain.h"
#include "ui/screen/plain_echo.h"
#include "ui/screen/plain_line.h"
#include "ui/screen/plain_term.h"
#include "ui/terminal.h"

#define PLAIN_LINE_MAX 8192u /* bytes */
#define PLAIN_REPLY_MS 5000u /* that a line waits for the answer to the one before */
#define PLAIN_LATE_MS 1000u  /* that something is waited for without a word */

struct plain_app {
    struct front front;
    struct terminal *terminal;
    struct flush *flush;
    struct plain plain;

    struct net_watch *watch;   /* of standard input; NULL: it is a file */
    struct net_deadline *turn; /* when the next line is looked at */
    struct net_deadline *late; /* when it is told what is waited for */
    char in[PLAIN_LINE_MAX];   /* lines that are not whole, or have to wait */
    size_t n_in;               /* bytes of it */
    bool ended;                /* nothing more comes */
    uint64_t not_before_ms;    /* of the next line: an answer is expected, or one said wait */
    bool began;                /* what the phone is like was told, so commands make sense */
    bool starting;             /* a phone was asked for, and nothing has come of it yet */
    bool failed;               /* there is no phone to be had */
    bool silent;               /* it was said that the phone does not answer */
    bool owes_prompt;          /* behind the answer to the line before */
    bool leaves;               /* that is on its way, so nothing more is asked */

    struct plain_term *term; /* NULL: lines come whole, from a pipe or whoever shows them */
    struct plain_line line;  /* what is typed there */
    struct net_deadline *escape;
    struct buf echo;
    struct plain_echo typed; /* of a terminal that is not taken over */
};

/* --- cmd_plain.c ------------------------------------------------------------------------------ */

/* What the terminal is to show of what is typed; it may be a password, so it is wiped. */
void plain_app_put_echo(struct plain_app *a);
/* Not drawn again behind what has happened meanwhile: that would be heard every time. What is
 * typed so far is, as it would be torn else. */
void plain_app_prompt(struct plain_app *a);
/* Says what there is to say. typed: it answers a line, whose newline has left the prompt behind. */
void plain_app_print(struct plain_app *a, bool typed);
/* Whether what is typed is seen. */
void plain_app_set_echo(struct plain_app *a, bool on);
/* Whether what the line before was to do is still under way. */
bool plain_app_waits(const struct plain_app *a);
/* What the screen wishes: a phone, to stop, to leave. */
void plain_app_grant(struct plain_app *a);

/* --- cmd_plain_typed.c ------------------------------------------------------------------------ */

/* Waits for more to read, but not at the end or without room: that would be told for ever. */
void plain_app_watch(struct plain_app *a);
/* A line is carried out when the one before has been answered, so that a script need not wait. A
 * start and a file take as long as they take, for the end too: settle and on_saved always come. */
void plain_app_turn(void *app);
/* There is something to be read. */
void plain_app_readable(void *app, int events);
/* No more keys have come behind an Escape. */
void plain_app_escape(void *app);
/* In the foreground again: the shell has written what it liked. */
void plain_app_back(void *app);

#endif
