/* ui/control_private.h - the inside of ui/control.h: control.c holds the clients together,
 * control_client.c carries their bytes, control_do.c does what they ask for, and each of the others
 * is a part of that. */
#ifndef UI_CONTROL_PRIVATE_H
#define UI_CONTROL_PRIVATE_H

#include "base/list.h"
#include "net/loop.h"
#include "net/unix.h"
#include "ui/control.h"
#include "ui/json_command.h"
#include "ui/lines.h"

/* Of a reply: a status of so many calls is no mistake of a client. */
#define CONTROL_REPLY_MAX 67108864u

struct control {
    struct session *session;
    struct list clients; /* of struct client */
    size_t n_clients;
    struct list ties;          /* of struct tie: calls that end with their client */
    struct net_deadline *turn; /* who has more to do than one turn of the loop allows */
    uint64_t turn_ms;          /* when it is, NEVER_MS: not now */
    struct net_unix_listener *listener;
    bool adopted;                     /* it is a service manager's, and stays when we go */
    double microphone_db, speaker_db; /* as they were told last */
    bool leaves;                      /* it ends with the last screen */
    size_t n_screens;
    struct net_deadline *alone; /* when it does; NULL where it never did */
    bool levels;                /* some client wants them */
    struct buf messages;        /* of SIP, as lines that are still to be told */
    struct buf kept;            /* those that went by last, where that is wanted */
};

struct control_job; /* of control_list.c */

struct client {
    struct list link;
    struct control *control;
    int in, out; /* the same for a socket */
    bool is_socket;
    struct net_watch *reads, *writes; /* one for a socket; NULL: a plain file, always ready */
    struct writer *writer;            /* who writes that file, the terminal's; or NULL */

    struct lines lines;
    int fds[NET_UNIX_FDS_MAX]; /* that came with lines, for the next "audio" */
    size_t n_fds;
    unsigned faults;  /* lines in a row that were no JSON */
    bool ended;       /* nothing more comes in */
    bool more;        /* lines wait for the next turn */
    uint64_t rest_ms; /* until when others have their turns; 0: it does not rest */

    struct buf waiting; /* what is to be written, from sent on */
    size_t sent;
    bool mid_line;  /* what was written last did not end a line */
    size_t allowed; /* bytes that may wait */
    bool due;       /* they are written on the next turn */
    bool leaving;   /* hears and says nothing more; goes when all is written, */
    uint64_t by_ms; /* or then */
    bool gone;      /* freed on the next turn */

    struct control_job *job; /* whose reply is waited for, before any further line; or NULL */

    bool hears, quality, is_screen;
    bool tests;         /* the sound device, which ends with it */
    bool levels;        /* of the sound device, whatever it hears */
    bool trace;         /* messages of SIP, whatever it hears */
    bool wants_devices; /* the next list of them is for this client, whatever it hears */

    void (*on_end)(void *arg); /* NULL: told, or nobody asks */
    void *arg;
};

/* --- control.c ------------------------------------------------------------------------------- */

/* Something waits for the next turn of the loop, or for that moment. */
void control_turn_soon(struct control *control);
void control_turn_at(struct control *control, uint64_t when_ms);
/* Who of them wants to know how calls are heard may have changed. */
void control_set_quality(struct control *control);
/* The same of levels of the sound device. */
void control_set_levels(struct control *control);
/* Whether somebody hears what the phone asks. */
void control_let_ask(struct control *control);
/* Nothing is heard of it any more: its calls end, and it hears no events. */
void control_forget(struct client *client);
/* The client has begun or ended a test of the sound device, which ends when it goes. */
void control_set_tester(struct client *client, bool tests);
/* The call ends when the client goes. 0 or -ENOMEM. */
int control_tie(struct client *client, uint32_t call);
/* Tells all but this client. */
void control_notice(const struct client *about, const char *text);

/* --- control_trace.c ------------------------------------------------------------------------- */

void control_begin_trace(struct control *control);
void control_end_trace(struct control *control);
/* Who of them wants messages of SIP may have changed. */
void control_set_trace(struct control *control);
/* Tells those that wait; nowhere within a command. */
void control_tell_messages(struct control *control);

/* --- control_client.c ------------------------------------------------------------------------ */

/* NULL without memory. The client has its place in the list; out: that of a pair, or in. */
struct client *client_new(struct control *control, int in, int out, bool is_socket, int *err);
void client_free(struct client *client);
/* Says a line or several. */
void client_put(struct client *client, struct slice lines);
/* The same for a reply, which may be long: no command of the client is carried out until most of
 * it has left. */
void client_reply(struct client *client, struct slice line);
/* Its turn: lines that wait are carried out, what waits is written. */
void client_turn(struct client *client);
/* Writes what can be written; whether nothing waits any more. */
bool client_flush(struct client *client);
/* Says why, and lets it go. */
void client_drop(struct client *client, const char *text);
void client_close_fds(struct client *client);

/* --- control_list.c -------------------------------------------------------------------------- */

/* Begins to read what this command lists, or to write what it sets; the reply follows. 0 or a
 * negative errno. */
int control_ask_disk(struct client *client, const struct json_command *command);
/* The job of the client, where it has one, may begin now. */
void control_begin_job(struct client *client);
/* The client goes: nobody waits for what is read. */
void control_forget_job(struct client *client);

/* --- control_screens.c ----------------------------------------------------------------------- */

/* The client says whether a person looks at it, and whether the telephone is to stay though it was
 * to end with its screens. */
void control_set_screen(struct client *client, bool on, bool stays);
/* It has gone without a word. */
void control_lose_screen(struct client *client);

/* --- control_status.c ------------------------------------------------------------------------ */

/* Members of a reply, each with a comma in front. call: of this one alone, 0: of all that there is.
 * False: there is no such call. */
bool control_put_status(const struct control *control, uint32_t call, struct buf *out);
void control_put_accounts(const struct phone *phone, struct buf *out);
void control_put_screens(const struct control *control, struct buf *out);

/* --- control_do.c ---------------------------------------------------------------------------- */

/* What is said to a command, and how it failed. */
struct control_reply {
    struct buf body;   /* members, each with a comma in front */
    const char *error; /* NULL: it did not */
    struct buf why;
    bool later; /* somebody else replies */
};

struct control_reply control_reply_new(void);
/* Sends it, and frees what it holds. */
void control_reply(struct client *client, struct slice id, struct control_reply *reply);
/* Carries out a line and replies. False: it was no JSON. */
bool control_do(struct client *client, struct slice line);
void control_refuse_long(struct client *client);

#endif
