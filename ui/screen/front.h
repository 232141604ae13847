/* ui/screen/front.h - what each front of the telephone stands on, be it drawn or in lines: what is
 * known of the phone, what is open and typed, the first start, and the ways to the phone and to the
 * helper.
 *
 * Before front_free, whoever holds one frees what it has made of loop by itself. */
#ifndef UI_SCREEN_FRONT_H
#define UI_SCREEN_FRONT_H

#include "ui/screen/connection.h"
#include "ui/screen/setup.h"

struct saver;
struct setup_run;
struct signals;
struct terminal;

struct front {
    const struct cli *cli;
    struct model model;
    struct keymap keys; /* the usual ones: keymap_configure is for who can tell what is wrong */
    struct screen screen;
    struct setup setup;
    bool first_start; /* there are no settings yet: the set-up is to be opened, else the phone */

    /* NULL before front_open; screen.helper likewise. */
    struct net_loop *loop;
    struct connection *connection;
    struct setup_run *setup_run;
    struct saver *saver;
    struct signals *signals;
};

/* All run from the loop. */
struct front_events {
    struct connection_events connection;
    void (*setup)(void *arg);         /* as setup_run_new has it */
    void (*saved)(void *arg);         /* as saver_new */
    void (*signal)(void *arg);        /* as signals_new has the first */
    void (*second_signal)(void *arg); /* and what is left to do before a second; may be NULL */
};

/* cli must outlive it. */
void front_init(struct front *front, const struct cli *cli);
/* Forks the helper, which has a copy of all that there is, and then makes the loop and what lives
 * by it; connects nobody. 0 or a negative errno, where why may have a sentence. */
int front_open(struct front *front, const struct front_events *events, void *arg, struct buf *why);
/* Whatever has come of front_open. A file that is being written is waited for a second; false: it
 * is given up, which has been told on terminal, and is left to a worker. */
bool front_free(struct front *front, struct terminal *terminal);

#endif
