/* phone/call.h - one call: what SIP, media and commands do to it. Seen by src/phone only.
 *
 * Its life is the table in call_tables.c; call.c steps it and does what its cells ask for;
 * call_media.c makes sound of offer and answer, call_sound.c is about files, call_offer.c offers in
 * the call, call_early.c is about what is heard before the answer. Signalling thread only. */
#ifndef PHONE_CALL_H
#define PHONE_CALL_H

#include "base/list.h"
#include "base/timers.h"
#include "net/resolver.h"
#include "phone/command.h"
#include "phone/event.h"
#include "phone/media.h"
#include "phone/call_digits.h"
#include "phone/config.h"
#include "phone/quality.h"
#include "sdp/exchange.h"
#include "sip/endpoint.h"
#include "sip/limits.h"

#define CALL_OPUS_FMTP_MAX 160

struct account;
struct conference;
struct phone;
struct transfer;

enum call_state {
    CALL_REGISTERING = 1, /* dialled; its account is being registered first */
    CALL_LOCATING,        /* where the INVITE goes is being found out */
    CALL_CALLING,         /* the INVITE has left */
    CALL_ALERTING,        /* the other side rings */
    CALL_EARLY,           /* it rings and is heard already */
    CALL_INCOMING,        /* an INVITE came and waits for a person's or script's decision */
    CALL_REFUSED,         /* we refused it; SIP is about to end it */
    CALL_ANSWERING,       /* our 200 has left, the ACK is not there yet: we receive only */
    CALL_UP,
    CALL_TONE,    /* SIP is over, the busy tone is heard */
    CALL_CLOSING, /* the stream writes its files to the end */
    CALL_GONE,    /* PHONE_ENDED has been told */
    N_CALL_STATES
};

enum call_input {
    CALL_REGISTERED,     /* its account is: the INVITE has been started */
    CALL_NOT_REGISTERED, /* or cannot be */
    CALL_OFFER_WANTED,   /* from sip/endpoint.h */
    CALL_PROGRESS,       /* 1xx without SDP */
    CALL_PROGRESS_SDP,
    CALL_ANSWERED,
    CALL_ACKED,
    CALL_REOFFER,
    CALL_ANSWER,
    CALL_OFFER_REFUSED,
    CALL_MOVED,
    CALL_SIP_ENDED,
    CALL_SIP_BUSY, /* the same with 486 or 600, and somebody who hears the tone */
    CALL_DO_RING,  /* commands */
    CALL_DO_ANSWER,
    CALL_DO_REJECT,
    CALL_DO_HANG_UP,
    CALL_NOT_OURS, /* an INVITE that has to be refused at once */
    CALL_DO_HOLD,
    CALL_DO_RESUME,
    CALL_TIME_IS_OVER, /* of the timer */
    CALL_DEVICE_FAILED,
    CALL_MEDIA_CLOSED,
    N_CALL_INPUTS
};

/* What a cell asks for, done in this order. */
enum call_action {
    DO_OFFER = 1 << 0,       /* make our offer and hand it to SIP */
    DO_TAKE_ANSWER = 1 << 1, /* the other side's SDP, where there is one */
    DO_RING = 1 << 2,        /* 180 */
    DO_ACCEPT = 1 << 3,      /* 200 with our SDP */
    DO_REJECT = 1 << 4,      /* refuse with the command's status, the one noted, or 480 */
    DO_HANG_UP = 1 << 5,
    DO_REOFFER = 1 << 6, /* answer a re-INVITE */
    DO_REFUSED = 1 << 7, /* our re-INVITE was */
    DO_HOLD = 1 << 8,
    DO_RESUME = 1 << 9,
    DO_RINGBACK = 1 << 10, /* local tone */
    DO_EARLY = 1 << 11,    /* hear the other side before it answers */
    DO_CONNECT = 1 << 12,  /* the call is answered: sound both ways */
    DO_MAY_SEND = 1 << 13, /* the ACK came */
    DO_NOTE_END = 1 << 14, /* remember why SIP ended */
    DO_BUSY_TONE = 1 << 15,
    DO_CLOSE = 1 << 16, /* stop the stream */
    DO_TELL_CALLING = 1 << 17,
    DO_TELL_RINGING = 1 << 18,
    DO_TELL_ENDED = 1 << 19,
    DO_SETTLED = 1 << 20,      /* an offer or ACK came to its end: what is due may go */
    DO_MOVE = 1 << 21,         /* to another address of ours */
    DO_TELL_WAITING = 1 << 22, /* that the account's server, or who is called, lets us wait */
    DO_MOVE_AGAIN = 1 << 23,   /* what failed of it */
};

struct call_cell {
    enum call_state next; /* 0: stay */
    unsigned actions;
};

extern const struct call_cell call_table[N_CALL_STATES][N_CALL_INPUTS];

/* One phone of those that our INVITE reached. */
struct call_fork {
    char *tag, *sdp; /* owned; sdp NULL: it has sent none */
};

struct call {
    struct list link; /* in phone->calls */
    struct phone *phone;
    struct transfer *transfer; /* that it came of; NULL: none, or the call is answered */
    uint32_t came_of;          /* the number of the call in which that was asked for; or 0 */
    uint32_t number;
    enum call_state state;
    bool outgoing, answered;
    struct account *account; /* whose server and name it uses; NULL: none */
    char *uri;               /* owned; outgoing: what is called */
    struct sip_call *sip;    /* NULL before the INVITE and once SIP has ended */

    char *peer, *peer_name, *target; /* owned, safe to show; may be NULL */
    char *contact;                   /* name of the peer in our file of contacts, or NULL; owned */
    /* What is played and recorded, or will be from the answer on; NULL: nothing. Owned. */
    char *play, *record;
    struct media_pipe *pipe_in, *pipe_out; /* in place of these, until the stream has them */
    bool hangs_up;                         /* when what is played was heard */
    bool leaves;                           /* it is over, and the call about to end */
    enum phone_sides sides;                /* of record */
    char *recorded;                        /* to which file at last; owned, safe; NULL: none */
    unsigned recorded_elsewhere;           /* by how many calls that it was transferred to */
    char *digits;                          /* owned, as the command said; NULL: none */
    bool device;
    bool at_device;                /* its stream uses the sound device now */
    struct conference *conference; /* or NULL */
    struct list member;            /* in conference->members */
    bool microphone;               /* where there is one, it is sent while nothing is played */
    bool unattended;               /* answered by a rule */

    struct sip_flow flow;             /* of signalling */
    char *safe;                       /* phone_tls_of_call; owned, may be NULL */
    bool verified;                    /* phone_tls_verified, as it was then */
    enum phone_encryption encryption; /* asked for by who dialled */
    struct sdp_codec *codecs; /* likewise, owned, n_codecs of them; NULL: nothing was said */
    size_t n_codecs;
    struct config_sound sound;          /* likewise */
    char opus_fmtp[CALL_OPUS_FMTP_MAX]; /* what we want of Opus; */
    char opus_mono[CALL_OPUS_FMTP_MAX]; /* the same where they want one channel */
    bool no_key;              /* the last offer of theirs was refused for the sake of encryption */
    struct sdp_exchange *sdp; /* NULL before the first offer */
    struct media_stream *stream; /* NULL: none, or closed */
    struct net_lookup *lookup;   /* of a host name in c= */
    struct ip resolved;          /* what it gave, for this name */
    char resolved_host[SDP_MAX_HOST + 1];
    bool started;   /* media_stream_start was called */
    bool sound_due; /* the sound waits until our 200 or ACK has left */
    bool connected; /* files, microphone and digits were given to the stream */
    bool may_send, held;
    bool holds;       /* by PHONE_HOLD or another call: nobody hears anybody meanwhile */
    bool waits;       /* on hold with its whole conference, and back with it */
    bool told_hold;   /* what the front end knows of that */
    bool turned_away; /* nobody is to be disturbed */
    bool refused;     /* as it came in: no command is for it */
    bool rings;       /* by PHONE_RING: it came in, and a person hears of it */

    /* Offers of ours in the call */
    bool offering;       /* one is open, or waits for its turn after a 491 */
    bool offer_due;      /* another one is to follow */
    bool moved;          /* the other side does not know our new address yet */
    bool sound_lost;     /* our sockets are not there yet, either */
    bool agreed_hold;    /* what holds, as against what we want */
    struct ip media_at;  /* where our sockets are */
    struct ip agreed_at; /* where the other side knows them to be */
    struct ip told_at;   /* and the front end; family 0: not told yet */

    /* Before the answer */
    struct call_fork *forks; /* SIP_MAX_FORKS; NULL: none was heard of yet */
    size_t n_forks;
    bool rung;       /* a 180 came */
    bool early_told; /* to the front end, and for whom */
    struct ip told_early;
    bool early_heard; /* sound came from the phone that is followed */
    enum media_tone tone;

    struct ip told_where; /* what the front end heard last of media */
    char told_codec[32];
    struct { /* the same of PHONE_MEDIA; codec "": nothing yet */
        struct ip where, local;
        char codec[32];
        bool sends, answered;
        enum suite suite;
        const char *encryption; /* call_encryption_name */
        bool redundancy;
    } told_media;
    enum suite dtls_suite;  /* that DTLS has come to */
    struct sdp_dtls *named; /* whom a description for that has named last that is verified, owned;
                             * NULL: none has, or there was no memory; */
    bool by_anybody;        /* and that the last one is none: it came not by TLS, or by a connection
                             * that was opened to us */
    bool keys_seen;         /* some by SDES have come in the clear */
    bool muted;
    bool mutes; /* from the answer on */
    struct quality_before quality;
    unsigned told_status;
    char heard_digits[65]; /* that came, with a NUL */
    struct call_digits keys;

    uint64_t answered_ms, ended_ms;
    int64_t history_id; /* 0: not noted */
    int64_t began_us;   /* of Unix time, for the history alone */
    struct timer timer; /* of the busy tone, patience with a server or who is called, a move */
    struct {            /* why it ended, from SIP or from ourselves */
        enum sip_end_cause cause;
        int err;
        unsigned status;
        char *reason; /* owned, safe */
        char *words;  /* owned, safe: why its account could not be registered, with outcome */
        enum phone_outcome outcome;
        const char *own_words; /* our reason for hanging up or refusing; NULL: none */
        bool unanswerable;     /* a challenge that is not for us to answer: reason says why */
    } end;
    struct media_stats stats;
};

/* A call that PHONE_DIAL (CALL_LOCATING, CALL_REGISTERING) or an INVITE (CALL_INCOMING) starts;
 * NULL without memory. It is in phone->calls at once. */
struct call *call_new(struct phone *phone, enum call_state first);
/* Frees it as it stands, without a word to SIP or the front end. */
void call_free(struct call *call);
/* Steps the table. event: of SIP, or NULL; command: or NULL. Frees the call when it is over, so it
 * is the last thing to be done with it. Not to be called by an action. */
void call_input(struct call *call, enum call_input input, const struct sip_call_event *event,
                const struct phone_command *command);
/* Whether the table has a cell for this input in the call's present state. */
bool call_takes(const struct call *call, enum call_input input);
/* Remembers which contact the peer is; NULL: none. 0 or -ENOMEM. */
int call_set_contact(struct call *call, const char *name);
/* Sets the timer. */
void call_set_timer(struct call *call, uint64_t after_ms);
/* A 3xx sent the call on: the peer is another now, and a person is told so. */
void call_redirected(struct call *call, const struct sip_call_event *event);
/* The next turn of the loop after an answer: the sound begins. */
void call_start_sound(struct call *call);
/* Tells event with the number of the call. */
void call_tell(struct call *call, struct phone_event *event);
/* Ends the call for a reason of our own: static words. */
void call_give_up(struct call *call, const char *words);

/* Why the call ended: outcome, and a sentence with cause and remedy appended to text. */
enum phone_outcome call_outcome(const struct call *call, struct buf *text);

/* --- call_incoming.c ------------------------------------------------------------------------ */

/* An INVITE: refuses it, or tells PHONE_INCOMING. */
void call_incoming(struct call *call, const struct sip_call_event *event);

/* --- call_media.c --------------------------------------------------------------------------- */

/* Binds ports and makes the exchange. 0 or a negative errno; -ENOKEY where encryption is required
 * and we cannot offer any. */
int call_media_open(struct call *call);
/* Reads a list of codecs, as the setting has it, into names, CONFIG_CODECS_MAX of them. 0, or
 * -EINVAL and why. */
int call_codecs_read(const char *list, const char **names, size_t *n, struct buf *why);
/* The same of "ptime=40, dtx=yes". */
int call_sound_read(const char *list, struct config_sound *out, struct buf *why);
/* Those of who dials; n 0: nothing was said. 0 or -ENOMEM. */
int call_codecs_set(struct call *call, const char *const *names, size_t n);
/* Puts the codecs of the call and their packet time into us, which has none yet. */
void call_codecs_put(struct call *call, struct sdp_local *us);
/* What we say of Opus, anew: it depends on what is sent, as far as we know. */
void call_codecs_say(struct call *call);
/* Whether the other side may get two channels of us, or we of it. */
bool call_codecs_may_be_stereo(const struct call *call);
/* What is sent like what: as the other side wants it, and no more than we want; and silence. */
void call_codecs_limit(const struct call *call, const struct sdp_stream *stream,
                       struct media_params *p);
/* Takes both back, where there are any: the call is as before call_media_open. */
void call_media_forget(struct call *call);
/* An offer of the other side: 0, or the status to refuse it with. */
unsigned call_media_take_offer(struct call *call, struct slice sdp);
/* Appends our SDP: the answer where an offer waits for one, else an offer. 0 or a negative
 * errno. */
int call_media_describe(struct call *call, struct buf *out);
/* The answer to an offer in the call, which is agreed on once it was said: sdp_exchange_agree. */
int call_media_draft_answer(struct call *call, struct buf *out);
/* The other side's answer: 0 or a negative errno. */
int call_media_take_answer(struct call *call, struct slice sdp);
/* "opus/48000" into out. */
void call_media_codec(const struct sdp_stream *agreed, char *out, size_t room);
/* Gives what is agreed to the stream and tells what changed by it. */
void call_media_update(struct call *call);
/* The sound of an answered call: file, microphone, recording, digits. */
void call_media_connect(struct call *call);
/* Takes the sound device for the call, or leaves it: whether it is heard may have changed. */
void call_media_device(struct call *call);
/* Opens new ports where call->flow.local is now; the sound goes on there. 0 or a negative errno. */
int call_media_move(struct call *call);
/* Sends silence, or what is said; told where that changes. */
void call_media_mute(struct call *call, bool on);
void call_media_event(struct call *call, const struct media_event *event);
/* Stops the stream. False: there was none, and CALL_MEDIA_CLOSED will not come. */
bool call_media_close(struct call *call);

/* --- call_keys.c ---------------------------------------------------------------------------- */

/* What holds of encryption for the call. */
enum sdp_encryption call_encryption(const struct call *call);
/* What its descriptions say of keys. 0, or -ENOKEY where encryption is required and there is none
 * that we can. */
int call_keys_choose(struct call *call, struct sdp_keying *out);
/* Before a description in a call that is up: whether keys are said in it, and how it may leave. */
void call_keys_wishes(const struct call *call, struct sdp_keying *keying);
/* Whether keys may go that way. Those of a call by TLS do not go by anything less, wherever its
 * other side is from then on, as they would be told as private all the same. */
bool call_keys_may_go(const struct call *call, const struct sip_flow *flow);
bool call_keys_in_use(const struct call *call); /* by SDES */
/* Why a call that wants encryption cannot be, or was refused: static words. */
const char *call_keys_words(const struct call *call);
/* An offer was taken, or an answer: wakes up what is needed for the keys in it. */
void call_keys_expect(struct call *call);
/* What was agreed, for the stream. */
void call_keys_put(const struct call *call, const struct sdp_secured *secured,
                   struct media_params *out);
/* Behind a description of theirs, which was agreed on and came by that way; of family 0: by the one
 * of the call. */
void call_keys_note(struct call *call, const struct sip_flow *flow);
/* How what is agreed is encrypted, as events tell it (phone/event.h); "": nothing is agreed yet. */
const char *call_encryption_name(const struct call *call);
enum suite call_suite(const struct call *call, const struct sdp_stream *stream);
/* MEDIA_KEYS with an error: the call ends. */
void call_keys_failed(struct call *call, const struct media_event *e);

/* --- call_sound.c --------------------------------------------------------------------------- */

/* Remembers what a command says about files and digits; a file that was named before stays where it
 * names none. 0 or -ENOMEM. */
int call_set_sound(struct call *call, const struct phone_command *command);
/* Whether its descriptors are of use. 0, or -EINVAL with a sentence. */
int call_check_sound(const struct phone_sound *sound, struct buf *why);
void call_drop_pipes(struct call *call);
/* The stream is there for them. */
void call_sound_connect(struct call *call);
/* PHONE_PLAY, PHONE_STOP, PHONE_RECORD: as phone_do. */
int call_sound_do(struct call *call, const struct phone_command *command, struct buf *why);
/* What was played is over; why: it failed, or "". */
void call_sound_ended(struct call *call, const char *why);
/* And the other side has heard it. The last thing to be done with the call. */
void call_sound_heard(struct call *call);
/* A recording is complete; newest: and no other has begun. */
void call_sound_recorded(struct call *call, const char *path, bool newest, const char *why);

/* --- call_offer.c --------------------------------------------------------------------------- */

/* PHONE_HOLD and PHONE_RESUME, or another call has taken the ear. Any state but those of the end:
 * before the answer it happens with that. */
void call_hold(struct call *call);
void call_resume(struct call *call);
/* SIP_CALL_MOVED. */
void call_moved(struct call *call, const struct sip_flow *flow);
/* What failed of that is tried once more. */
void call_move_again(struct call *call);
/* Puts what we want into the exchange, for the next description. 0, or -EBUSY while an offer is
 * open. */
int call_offer_wishes(struct call *call);
/* Something was agreed, or acknowledged; ours: by an offer of ours. */
void call_offer_settled(struct call *call, bool ours);
/* Our offer came to nothing. */
void call_offer_refused(struct call *call, unsigned status);
/* Answers an offer of the other side, which came by that way: 0, or the status that it was refused
 * with. */
unsigned call_offer_answer(struct call *call, struct slice offer, const struct sip_flow *flow);
/* They ask for an offer, and keys would leave in it by a way where they may not: refuses that. */
bool call_offer_is_exposed(struct call *call, const struct sip_flow *flow);

/* --- phone_quality.c ------------------------------------------------------------------------ */

/* The sound of the call begins: from now on there is something to be measured. */
void call_quality_begin(struct call *call);
/* MEDIA_STATS. */
void call_quality_take(struct call *call, const struct media_stats *stats);

/* --- call_early.c --------------------------------------------------------------------------- */

/* Remembers the SDP of a provisional answer. False: it has come before. */
bool call_early_is_news(struct call *call, struct slice tag, struct slice sdp);
/* The last one of this phone; empty: there was none. */
struct slice call_early_sdp(struct call *call, struct slice tag);
void call_early_forget(struct call *call);
/* Plays the tone that the state of the call asks for, if any. */
void call_set_tone(struct call *call);

#endif
