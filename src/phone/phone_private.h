/* phone/phone_private.h - the inside of the phone, for the files of src/phone that make it up. */
#ifndef PHONE_PHONE_PRIVATE_H
#define PHONE_PHONE_PRIVATE_H

#include "base/list.h"
#include "base/timers.h"
#include "net/interface.h"
#include "net/loop.h"
#include "net/sip_link.h"
#include "phone/call.h"
#include "phone/contacts.h"
#include "phone/ebb.h"
#include "phone/history.h"
#include "phone/phone.h"

struct phone {
    struct net_loop *loop;
    const struct phone_config *config;
    phone_listener *listener;
    void *arg;

    struct rng rng;
    struct sip_endpoint *endpoint;
    struct net_sip_link *link;
    struct net_resolver *resolver; /* of all names */
    struct net_capture *capture;   /* gets copies of all messages; NULL: there is none */
    struct net_tls_context *tls;   /* NULL: nobody has needed it yet */
    char *tls_fault;               /* owned: why a connection could not be made safe; or NULL */
    struct media *media;
    struct identity *identity;                  /* NULL: not needed yet, or not to be had */
    struct sdp_codec codecs[CONFIG_CODECS_MAX]; /* what we can, in our order */
    size_t n_codecs;

    struct list accounts;   /* of struct account, in the order of the configuration */
    struct list turns;      /* of struct account, that wait to speak to their servers */
    uint64_t turn_ms;       /* when the last turn began */
    unsigned turn_requests; /* that were sent in it */
    struct contacts_watch *contacts_watch; /* NULL: nobody wants to know */
    struct contacts *contacts;             /* NULL: nobody says where the file would be */
    struct history *history;               /* NULL: likewise, or it is not wanted */
    bool notes_due;                        /* a call has begun and is not noted */
    int notes_err;                         /* why one was not, as was told last; 0: nothing was */

    struct phone_listing *listing; /* of sound devices, under way; or NULL */

    struct list transfers; /* of struct transfer */
    size_t n_transfers;
    bool asks; /* phone_may_ask */

    struct list calls;  /* of struct call */
    struct call *heard; /* of the conversation that has the sound device, or NULL: calls.h */
    bool waiting;       /* another one rings meanwhile */
    size_t n_calls;
    struct ebb ebb;
    uint32_t last_number, last_conference;
    double microphone_db, speaker_db;    /* of the sound device, 0 at first */
    enum phone_voice voice[VOICE_PARTS]; /* of its microphone; never PHONE_VOICE_UNSAID */
    struct timers timers;                /* of calls */

    struct list events; /* of struct queued_event, oldest first */
    bool delivering;
    unsigned in_command;               /* depth of phone_do: events wait for the loop */
    struct net_interface_watch *watch; /* NULL: the system does not tell of networks */
    struct net_deadline *wake;
    bool wake_now; /* something waits for the next turn */

    struct net_deadline *quality; /* once a second; NULL: nobody wants to know */
    bool quality_due;             /* it is set */
    bool trace;
    char *device;                  /* that is used, owned; NULL: none */
    char *device_wanted;           /* that is being chosen, owned; "none" for none */
    char *rings[CONFIG_RINGS_MAX]; /* devices that ring, owned; none: the one above */
    size_t n_rings;
    bool never_rings;
    size_t n_calls_ring;     /* of calls: those that came in and ring here */
    bool ringing, ring_told; /* it rings now; that it cannot was told */
    bool testing;
    bool dnd;          /* calls are turned away */
    bool device_fails; /* which was told: the sound device does, and no other stands in for it */
    bool quitting, closed;
    uint64_t quit_by_ms;
    uint64_t gone_by_ms;  /* phone_free is to be over; NEVER_MS: nobody is in a hurry */
    uint64_t history_ms;  /* that its last rows may take at the end */
    uint64_t leave_by_ms; /* until then servers may answer that they have let us go */
};

/* The codecs of these names, each with the payload type that we offer it under, into out, which has
 * room for n. How many there are. */
size_t phone_list_codecs(const char *const *names, size_t n, struct sdp_codec *out);

/* Queues a copy of event; its strings may be NULL, which becomes "". They are safe already. */
void phone_tell(struct phone *phone, const struct phone_event *event);
/* Hands queued events to the listener, unless that is being done further up. */
void phone_deliver(struct phone *phone);
void phone_drop_events(struct phone *phone);
/* Something waits for the loop: events, sound behind a 200, the end. */
void phone_wake(struct phone *phone);
/* Sets the deadline to the earliest thing that waits. */
void phone_set_wake(struct phone *phone);
/* PHONE_QUIT: PHONE_CLOSED follows, sooner where nobody is patient. NEVER_MS: no time was said. */
void phone_quit(struct phone *phone, bool patiently, uint64_t gone_by_ms);

/* --- phone_trace.c -------------------------------------------------------------------------- */

/* 0 or -ENOMEM; nobody is sent anything before the first message. */
int phone_open_capture(struct phone *phone);
/* Once we listen: -EINVAL and a sentence where the server is known to be ourselves. */
int phone_check_capture(struct phone *phone, struct buf *why);
/* Every message that goes by; one of them may be the last that the end waits for. */
void phone_message(void *arg, bool sent, const struct sip_flow *flow, struct slice bytes);

/* --- phone_people.c ------------------------------------------------------------------------- */

/* 0 or -ENOMEM; the file is not read before somebody is looked for. */
int phone_open_contacts(struct phone *phone);
/* What is dialled where this was typed: the address of the contact of that name, else what was
 * typed. Lives until the next of these. */
const char *phone_dialled(struct phone *phone, const char *typed);
/* The contact whose name is near to what was typed, or NULL. Lives until the next of these. */
const char *phone_near_contact(const struct phone *phone, const char *typed);
/* What was read of the file elsewhere is known from now on. */
void phone_take_contacts(struct phone *phone, struct contacts_fetch *fetch);
/* Notes in the call which contact that was, if any. 0 or -ENOMEM. */
int phone_note_contact(struct call *call, const char *typed, struct slice uri);
/* The contact who calls, or NULL; also where the URI is a contact's but nothing speaks for it.
 * Lives until the next of these. */
const char *phone_caller_name(struct phone *phone, const struct sip_call_event *event);

/* --- contacts_watch.c ----------------------------------------------------------------------- */

/* From now on PHONE_CONTACTS_CHANGED is told, within a moment of the change. 0 or a negative errno:
 * then only what is noticed by chance. */
int phone_watch_contacts(struct phone *phone);
/* Whether this version of the contacts was not told yet, which it is from now on. NULL is fine, for
 * all three; it is never news then. */
bool contacts_watch_is_news(struct contacts_watch *watch, unsigned version);
/* Has a worker look at the file, as not each change is told: not that of a link to the file, nor
 * those that another machine makes. false: there is no watch, or no folder for it yet. */
bool contacts_watch_look(struct contacts_watch *watch);
/* Looks whether the folder is there now, where it was not. */
void contacts_watch_again(struct contacts_watch *watch);
void contacts_watch_free(struct contacts_watch *watch);

/* --- call_history.c ------------------------------------------------------------------------- */

/* 0 or -ENOMEM; nothing is opened before the first call. */
int phone_open_history(struct phone *phone);
/* A call begins: it is noted on the next turn of the loop, behind its INVITE or answer. */
void call_note_begin(struct call *call);
/* Notes those that have begun since the last time. */
void phone_note_calls(struct phone *phone);
/* ended: its PHONE_ENDED. */
void call_note_end(struct call *call, const struct phone_event *ended);
enum history_outcome call_history_outcome(const struct call *call, enum phone_outcome outcome);

/* --- devices.c ------------------------------------------------------------------------------ */

/* PHONE_DEVICES: 0 or -ENOMEM. */
int phone_start_listing(struct phone *phone);
/* The phone goes: nothing of it is told any more. */
void phone_forget_listing(struct phone *phone);

/* --- phone_desk.c: the sound devices beside calls -------------------------------------------- */

/* What the configuration says of them. 0 or -ENOMEM. */
int phone_open_desk(struct phone *phone);
void phone_close_desk(struct phone *phone);
/* PHONE_VOICE: what is not said stays; and what it is now. */
void phone_set_voice(struct phone *phone, enum phone_voice echo, enum phone_voice noise,
                     enum phone_voice level);
void phone_tell_voice(struct phone *phone);
/* PHONE_DEVICE and PHONE_TEST, as phone_do. */
int phone_choose_device(struct phone *phone, const struct phone_command *command, struct buf *why);
int phone_test(struct phone *phone, const struct phone_command *command, struct buf *why);
/* A call gets the device. */
void phone_end_test(struct phone *phone);
/* Whether a call rings here may have changed. */
void phone_set_ring(struct phone *phone);
/* What media tells of no stream. */
void phone_desk_event(struct phone *phone, const struct media_event *event);

/* --- phone_do.c ----------------------------------------------------------------------------- */

/* Appends the sentence to why, which may be NULL, and returns err. */
int phone_refuse(struct buf *why, int err, const char *sentence);
/* Likewise where err is not 0, and the sentence names a file, whose name is anything. */
int phone_refuse_file(int err, const char *sentence, struct buf *why);

/* --- phone_events.c ------------------------------------------------------------------------- */

/* A copy on the heap that is safe for a terminal; NULL without memory. */
char *phone_safe_dup(struct slice foreign);
/* Puts a copy of value, or NULL, in place of what is owned there. 0, or -ENOMEM and nothing has
 * changed. */
int phone_set_text(char **text, const char *value);
/* What is owned; "" for NULL. */
const char *phone_text(const char *owned);
const char *phone_transport_name(enum sip_transport transport);

#endif
