/* ui/session.h - a phone held inside a command's own process: loop, signals, lines on the terminal.
 *
 * Tells every event of the phone on the terminal, hands it to the command, and ends the phone on
 * SIGINT, SIGTERM and SIGHUP; a second signal ends the process. Where the phone wants a password,
 * it asks on the terminal. Runs the commands of on-event. */
#ifndef UI_SESSION_H
#define UI_SESSION_H

#include "base/list.h"
#include "net/loop.h"
#include "phone/phone.h"
#include "ui/cli.h"
#include "ui/exit.h"
#include "ui/terminal.h"

struct hooks;

struct session {
    const struct cli *cli;
    struct terminal *terminal;
    struct net_loop *loop;
    struct phone *phone;
    phone_listener *on_event; /* the command's own; behind the line on the terminal */
    void *arg;
    void (*on_stop)(void *arg); /* the end has begun; NULL: nobody asks */
    uint64_t started_ms;
    uint64_t lost_told; /* lines of JSON that found no room: as many have been told */
    bool by_signal;
    uint64_t gone_by_ms; /* then: when all of this is to be over */
    bool stopping;
    bool closed;       /* the phone has told its last event */
    bool sound_failed; /* a file gave up in the middle of a call */
    struct signals *signals;
    uv_poll_t library_poll;
    struct list wanted;    /* passwords that the phone wants: struct wanted of session.c */
    struct prompt *prompt; /* asks for the first of them, or NULL */
    struct hooks *hooks;   /* NULL: there are none */
    struct flush *flush;
    struct control *control;    /* of clients (ui/control.h), or NULL */
    struct net_spawner *helper; /* starts programs; NULL: none, or we do it ourselves */
    bool clients_trace;         /* some of them want PHONE_MESSAGE */
};

/* Opens the phone with config. EXIT_OK, or the status to leave with, the reason already told. */
enum exit_status session_open(struct session *s, const struct cli *cli, struct terminal *terminal,
                              const struct phone_config *config, phone_listener *on_event,
                              void *arg);
/* Gives the session clients, where it has none yet. 0 or -ENOMEM. */
int session_open_control(struct session *s);
/* Runs until the phone has closed, and hooks have ended or their time is over. */
void session_run(struct session *s);
/* Whether clients want PHONE_QUALITY; others may want it, too. */
void session_want_quality(struct session *s, bool clients);
/* Whether clients want PHONE_MESSAGE; --trace may, too. */
void session_want_trace(struct session *s, bool clients);
/* Ends all calls and then session_run. */
void session_stop(struct session *s);
void session_close(struct session *s);

/* A result for standard output, where events do not tell it; a sentence for standard error. */
void session_put_result(struct session *s, const struct phone_event *event);
void session_error(struct session *s, const char *sentence);
/* What the two files of a call are worth, told where they are not: EXIT_OK, or EXIT_SOUND. */
enum exit_status session_check_files(const struct cli *cli, struct terminal *terminal);

#endif
