/* phone/phone.h - the phone as one object: commands in, events out, nothing else visible.
 *
 * All of it lives on the signalling thread. phone_do never waits and never calls the listener:
 * events are delivered from the loop, one after the other, and a listener may call phone_do. */
#ifndef PHONE_PHONE_H
#define PHONE_PHONE_H

#include "phone/command.h"
#include "phone/config.h"
#include "phone/event.h"

struct net_loop;
struct phone;

typedef void phone_listener(void *arg, const struct phone_event *event);

/* Opens the sockets of config (where it names none: a free port of every address) and tells
 * PHONE_LISTENING for each from the loop. config must outlive the phone. Returns 0; on a negative
 * errno why holds a sentence for a person (-EADDRINUSE: the port is taken). */
int phone_new(struct net_loop *loop, const struct phone_config *config, phone_listener *listener,
              void *arg, struct buf *why, struct phone **out);
/* Whether every message that goes by is told as PHONE_MESSAGE; off at first. */
void phone_trace(struct phone *phone, bool on);
/* There will be calls: what the first one of an installation would wait for, the certificate of its
 * keys, is made meanwhile. */
void phone_prepare_calls(struct phone *phone);
/* Call it after PHONE_CLOSED and run the loop until it is empty; before that it drops calls
 * without a word to the other side. False: a sound device does not close, or a disk does not
 * answer, and the program is to end by _exit, as exit would wait for the one, and clean up what is
 * used behind the other. */
bool phone_free(struct phone *phone);

/* Starts what command asks for. call: number of the new call for PHONE_DIAL, else unused; may be
 * NULL. Returns 0, or a negative errno with a sentence in why (may be NULL): -EINVAL: what is asked
 * makes no sense; -ENOENT: no such call or account; -EBUSY: not in its present state;
 * -EDESTADDRREQ: the target needs an account; -ENOTSUP; -ENOMEM. */
int phone_do(struct phone *phone, const struct phone_command *command, uint32_t *call,
             struct buf *why);

/* Whether PHONE_LEVELS is told; off at first. */
void phone_levels(struct phone *phone, bool on);
/* The sound device in use, "none" for none; the i-th of those that ring, NULL behind the last. */
const char *phone_device_name(const struct phone *phone);
const char *phone_ring_device(const struct phone *phone, size_t i);
/* Whether a device of that name has a loudspeaker: not "none", nor "MICROPHONE | none". */
bool phone_device_plays(const char *name);
/* How echo, noise and level are dealt with; none is PHONE_VOICE_UNSAID. */
void phone_voice(const struct phone *phone, enum phone_voice *echo, enum phone_voice *noise,
                 enum phone_voice *level);

/* Whether PHONE_QUALITY is told; off at first. */
void phone_quality(struct phone *phone, bool on);

/* Makes each string that is NULL an empty one, as listeners may rely on: for whoever tells them
 * what does not come from the phone. */
void phone_fill_event(struct phone_event *event);

/* Whether somebody is there to answer PHONE_TRANSFER_ASKED; at first not, and none is told. */
void phone_may_ask(struct phone *phone, bool on);

/* Whether calls are turned away: PHONE_DND. */
bool phone_is_dnd(const struct phone *phone);

/* How many calls there are, in any state. */
size_t phone_calls(const struct phone *phone);

/* What a call is like now, for whoever has not heard all events. */
struct phone_call_state {
    uint32_t call;
    enum phone_call_phase {
        PHONE_PHASE_WAITING = 1, /* for its account, or for an address */
        PHONE_PHASE_CALLING,
        PHONE_PHASE_RINGING, /* there */
        PHONE_PHASE_INCOMING,
        PHONE_PHASE_UP,
        PHONE_PHASE_ENDING,
    } phase;
    bool incoming, answered;
    bool on_hold; /* by us */
    bool held;    /* by the other side */
    bool muted, device;
    const char *peer, *peer_name, *contact, *account, *codec, *encryption; /* as in events */
    /* Files as they were named, which may be anything; "-" for a descriptor, "" for none. */
    struct slice call_id; /* of SIP, as it is; empty: there is none */
    const char *play, *record;
    struct ip local, remote; /* of the sound, as PHONE_MEDIA tells them; family 0: not agreed yet */
    const char *suite;       /* likewise */
    const char *signalling_encryption; /* as in events, where it was told */
    uint32_t conference;               /* 0: none */
    uint64_t up_ms;                    /* since the answer */
    const char *asks_to_call; /* PHONE_TRANSFER_ASKED: to, where that is not answered; or "" */
};

/* Calls each for every call, oldest first; for one call where number is not 0. each gives no
 * commands; the strings live until it returns. How many there were. */
size_t phone_each_call(const struct phone *phone, uint32_t number,
                       void (*each)(void *arg, const struct phone_call_state *state), void *arg);

struct phone_account_state {
    const char *account, *peer; /* label, address of record */
    bool registers;             /* register = no: false */
    bool registered;
    const char *text; /* why it is not registered, or empty */
    /* As PHONE_REGISTERED would tell them now; nothing while it is not registered. */
    struct ip server;
    const char *transport, *our_contact, *seen_at, *signalling_encryption;
    unsigned expires_s, bindings;
};

/* Likewise for every account, in the order of the configuration. */
size_t phone_each_account(const struct phone *phone,
                          void (*each)(void *arg, const struct phone_account_state *state),
                          void *arg);

/* What PHONE_TRANSFER_ASKED has told and nobody has answered. Its call may have ended since. */
struct phone_question {
    uint32_t call;
    const char *account, *peer, *peer_name, *contact, *to; /* as in the event */
    uint64_t left_ms;                                      /* that it can still be answered */
};

/* Likewise for every question, oldest first; each NULL: they are only counted. */
size_t phone_each_question(const struct phone *phone,
                           void (*each)(void *arg, const struct phone_question *question),
                           void *arg);

/* Likewise for each address where SIP messages are heard. */
size_t phone_each_listening(const struct phone *phone,
                            void (*each)(void *arg, const char *transport, const struct ip *where),
                            void *arg);

/* Looks at once whether other names stand in the file of contacts. */
void phone_look_at_contacts(struct phone *phone);
/* Whether something of the history is still to be written, within a moment. */
bool phone_history_waits(const struct phone *phone);

/* Whether a sound file can be read (or, recorded to, be made), with the reason in why. Blocks for
 * as long as the file system does: for the start of a program. Nothing is left behind. */
int phone_check_play(const char *path, struct buf *why);
int phone_check_record(const char *path, struct buf *why);
/* Whether sound can be read from a descriptor, or written to it. Blocks for nothing. 0, or -EINVAL
 * with a sentence. */
int phone_check_pipe(const struct phone_pipe *pipe, bool reads, struct buf *why);

/* Calls each for every sound device; its name is one that "phone_config.device" takes. Blocks for
 * some 50 ms. 0, or a negative errno with a sentence in why. */
int phone_list_devices(void (*each)(void *arg, const struct phone_device *device), void *arg,
                       struct buf *why);

#endif
