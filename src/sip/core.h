/* sip/core.h - what the files of the core share: endpoint, call, and who does what.
 *
 *   endpoint.c    messages to transactions, dialogs and calls
 *   server.c      requests that come in: what is refused before anybody is asked
 *   call.c        the life of a call that both sides share: events, deadlines, the end
 *   invite_uac.c  the calling side          invite_uas.c  the called side
 *   fork.c        the dialogs of one INVITE of ours, their ACKs
 *   redirect.c    where else a call, or a REGISTER, may be tried
 *   reinvite.c    offers within a call      move.c        addresses that change in mid-call
 *   request.c     a request on its way      request_auth.c  and when it is challenged
 *   avoid.c       places that have failed
 *   kept.c        what is kept of the requests in a call
 *   refer.c       they ask us to call somebody else
 *   info.c        keys by INFO              room.c        how long an offer may be
 *   accounts.c    all accounts; each is account.c (who we are), register.c (how the server is told
 *                 so), binding.c (what stands there) and auth.c (what its challenges get)
 *
 * Nothing outside src/sip includes this. */
#ifndef SIP_CORE_H
#define SIP_CORE_H

#include "sip/account.h"
#include "sip/auth.h"
#include "sip/avoid.h"
#include "sip/build.h"
#include "sip/dialog.h"
#include "sip/endpoint.h"
#include "sip/limits.h"
#include "sip/request.h"
#include "sip/transaction.h"
#include "sip/transaction_match.h"

#define SIP_TAG_CHARS 16
#define SIP_CALL_ID_CHARS 22

struct sip_endpoint {
    struct sip_endpoint_config config;
    struct sip_out out;
    struct sip_alarms alarms;
    struct sip_tx_pool txs;
    struct map reqs;        /* struct sip_req by key */
    struct map calls;       /* struct sip_call by local tag */
    struct list all;        /* struct sip_call */
    struct list accounts;   /* struct sip_account */
    struct map users;       /* the same by the user part of its Contact */
    struct map pings;       /* the same by the key of its keep-alives */
    struct sip_avoid avoid; /* places that have failed */
    size_t n_open;          /* calls that are not over */
    size_t room;            /* for how many the owner says that there is room; 0: not known */
    uint64_t last_key;
    const struct sip_flow *came_by; /* of the message that is being worked on, else NULL */
    char tag[SIP_TAG_CHARS + 1];    /* of answers without dialog, the same to each copy */
};

enum sip_call_state {
    SIP_CALL_LOCATING = 1, /* out: where is it? */
    SIP_CALL_OFFERING,     /* out: the owner was asked for the offer */
    SIP_CALL_CALLING,      /* out: the INVITE is on its way */
    SIP_CALL_RINGING,      /* in: not answered */
    SIP_CALL_UP,           /* answered; perhaps without ACK yet */
    SIP_CALL_OVER,         /* told so; last messages may still be repeated */
};

/* What a call may wait for, each with its own deadline. */
enum sip_call_wait {
    SIP_WAIT_REPEAT, /* our 2xx again */
    SIP_WAIT_ACK,    /* no ACK in 64*T1 */
    SIP_WAIT_RING,   /* our 180 again */
    SIP_WAIT_ANSWER, /* it rings too long */
    SIP_WAIT_CANCEL, /* cancelled, and no final response */
    SIP_WAIT_GLARE,  /* the re-INVITE again, RFC 3261 14.1 */
    SIP_WAIT_OFFER,  /* our re-INVITE got a provisional and nothing more */
    SIP_WAIT_SHORT,  /* the owner could not be told something: no memory. It ends */
    SIP_WAIT_MOVE,   /* to try once more to say where we are now */
    SIP_WAIT_CLAIM,  /* the address where the other side was does not answer */
    SIP_WAIT_DIGIT,  /* to tell once more what became of a key of ours */
    SIP_WAIT_REFER,  /* what they asked us to do is not decided, or not done */
    SIP_WAIT_REAP,   /* the memory may go */
    SIP_WAITS
};

/* A request with offer and answer that came in and is not settled: an INVITE until its ACK, an
 * UPDATE until its answer. At most one a call. */
struct sip_asked {
    uint64_t tx_key;        /* 0: there is none */
    enum sip_method method; /* SIP_INVITE or SIP_UPDATE */
    uint32_t cseq;
    bool initial;    /* the INVITE that began the call */
    bool answered;   /* 2xx sent */
    bool late_offer; /* it had none: ours goes in the 2xx, theirs comes in the ACK */
    uint32_t interval_ms;
};

/* A REFER of theirs, and the subscription that it makes. */
struct sip_referral {
    uint64_t tx_key; /* it waits for our answer; 0: none does */
    bool open;       /* accepted: it is to be decided (pending), or what it asks for is done */
    bool pending;
    bool accepted; /* one was before in this dialog: the next is told apart by its number */
    bool numbered; /* as this one is: RFC 3515 2.4.6 */
    bool silent;   /* nobody wants to hear of it */
    bool ended;    /* and is told how; */
    bool left;     /* that it takes too long, or they want to hear no more */
    uint32_t cseq;
    unsigned status; /* what is to be told */
    uint64_t until_ms;
    char *target, *replaces, *by; /* as sip/refer_to.h; owned */
    struct sip_req *note;         /* a NOTIFY that is not answered; in call->reqs */
    bool note_due;                /* another one is to follow */
};

/* Where a call of ours is tried; owned. */
struct sip_place {
    char *uri;
    unsigned q; /* of the Contact that named it, in thousandths */
};

struct sip_call {
    struct list link; /* in ep->all */
    struct sip_endpoint *ep;
    void *owner;
    bool outgoing;
    enum sip_call_state state;
    struct sip_alarm alarm;
    uint64_t wait_ms[SIP_WAITS];
    struct sip_out_item *last_words;     /* the event of the end, made beforehand */
    char tag[SIP_TAG_CHARS + 1];         /* local */
    char call_id[SIP_CALL_ID_CHARS + 1]; /* outgoing */
    char *contact;                       /* the value of our Contact */
    struct list dialogs;                 /* outgoing: one for each fork that answered */
    struct sip_dialog *dialog;           /* the one that counts; in the list */
    struct list reqs;                    /* all requests of ours in it */
    struct sip_source *source;           /* in which it counts while it is not over; or NULL */
    struct list kept;                    /* transactions of theirs, see kept.c */
    bool bye_wanted;                     /* when the ACK has come */
    bool known;                          /* the owner has been told of it */
    unsigned digit_status;               /* what became of a key of ours, for SIP_WAIT_DIGIT */
    int digit_err;                       /* likewise */
    bool bye_came;                       /* the dialog is no more */
    bool secure; /* begun by a sips: URI: all its requests go over TLS (RFC 3261 12.1.1) */
    bool sealed; /* its offers do, see sip_call_seal */

    /* outgoing */
    struct sip_place places[1 + SIP_MAX_REDIRECTS]; /* in the order of the calls */
    size_t n_places, place;                         /* place: the one that is tried now */
    size_t first;       /* whom the owner asked for; before it are those who referred us on */
    const char *target; /* its URI */
    struct sip_account *account; /* that it goes or came through; or NULL */
    char *local, *user;
    char *to;                     /* the value of To, which no redirect changes */
    char *replaces, *referred_by; /* of its headers, which are these: */
    struct sip_extra extra[2];
    size_t n_extra;
    struct ip offered_at;          /* our address in offer_sdp; family 0: there was none yet */
    enum sip_transport offered_by; /* how that went, or would have */
    char *own_user, *own_name;     /* what local is made of, where it was not given */
    struct sip_req *invite;
    uint32_t cseq;    /* the highest number of an INVITE that began the call */
    struct ip server; /* that the INVITE went to which made the dialogs, with credentials or in want
                         of them; family 0: none */
    bool cancel_wanted; /* when one has come */
    bool cancelled;

    /* incoming and re-INVITE */
    struct sip_asked asked;
    unsigned late_status; /* where it rings too long */
    unsigned ring_status;
    struct buf ring_sdp; /* of the last 1xx, which is repeated */

    struct sip_referral referral;

    /* an offer of ours in the call */
    struct sip_req *offer;
    struct buf offer_sdp; /* kept for the next target, and for redirects */
    bool offer_waits;     /* for the time of glare, then for its owner */
    bool offer_hurries;   /* only for theirs, as nothing has collided */
    bool offer_cancelled;
    struct {
        uint32_t first;      /* number of the first since one was taken; 0: none */
        uint32_t remote_seq; /* theirs when the latest was */
        bool taken;          /* one was, and another is on its way */
    } lost;                  /* given up, and perhaps taken all the same */

    /* our address changes */
    struct sip_req *way; /* how the other side is reached now */
    bool moving;         /* it does not know our new address yet */
    uint64_t move_by_ms; /* when that ends the call */

    /* theirs, as a request claims that waits for us to ask at the old one */
    struct {
        uint64_t tx_key; /* 0: there is none */
        uint32_t cseq;
        struct sip_flow flow;
        struct sip_req *probe;
    } claim;
};

/* --- endpoint.c ------------------------------------------------------------------------------- */

int sip_core_add_req(struct sip_endpoint *ep, const uint64_t *key, struct sip_req *req);
void sip_core_remove_req(struct sip_endpoint *ep, const uint64_t *key);
/* The connection that an answer came over is the one for what follows on this flow. Not one of
 * another host, which would get what is meant for ours. */
void sip_core_note_connection(const struct sip_endpoint *ep, struct sip_flow *flow);
/* Frees what is over; the last thing that each public function does. */
void sip_core_sweep(struct sip_endpoint *ep);
struct sip_call *sip_core_call_by_tag(const struct sip_endpoint *ep, struct slice tag);

/* --- accounts.c ------------------------------------------------------------------------------- */

/* -ENOMEM; -EEXIST: another one has its Contact user. */
int sip_core_add_account(struct sip_endpoint *ep, struct sip_account *account);
/* Nothing points to it afterwards: no call, no request, no event. */
void sip_core_remove_account(struct sip_endpoint *ep, struct sip_account *account);
/* To all requests of the account that wait for it; err as for sip_req_password. */
void sip_core_tell_password(struct sip_endpoint *ep, struct sip_account *account, int err,
                            uint64_t now_ms);
/* The account whose Contact has this user part, still escaped; or NULL. */
struct sip_account *sip_core_account_by_user(const struct sip_endpoint *ep, struct slice user);
/* The SEND with this key failed: perhaps a keep-alive. */
void sip_core_ping_failed(struct sip_endpoint *ep, uint64_t key, uint64_t now_ms);
/* Whether one is being given back, or registered over this connection. */
bool sip_core_is_leaving(const struct sip_endpoint *ep);
bool sip_core_is_registered_over(const struct sip_endpoint *ep, uint64_t connection);

/* --- server.c --------------------------------------------------------------------------------- */

/* Fills what each response of ours has, prints it and lets the transaction send it. A final
 * response that cannot be printed goes out bare, or not at all, and the transaction ends; but a 2xx
 * with Contact or body is left to the caller. 0, -ENOENT: the transaction is gone or has answered;
 * errors of sip_build_response. */
int sip_server_respond(struct sip_endpoint *ep, struct sip_tx *tx, struct sip_response *response,
                       uint64_t now_ms);
/* A final response of a status only. */
void sip_server_reject(struct sip_endpoint *ep, struct sip_tx *tx, unsigned status,
                       uint64_t now_ms);
/* A request that belongs to no transaction and is no ACK. */
void sip_server_request(struct sip_endpoint *ep, const struct sip_flow *flow,
                        const struct sip_msg *msg, uint64_t now_ms);
/* Answers without keeping anything, for what is broken or too much. */
void sip_server_stateless(struct sip_endpoint *ep, const struct sip_flow *flow,
                          const struct sip_msg *msg, unsigned status, struct slice reason);
/* Looks at a request of this call again, as if it had just come. */
void sip_server_in_dialog(struct sip_endpoint *ep, struct sip_tx *tx, struct sip_call *call,
                          uint64_t now_ms);
/* Whether the type of a body can be taken; else answers 415 and says false. What is packed does not
 * get there. */
bool sip_server_takes_body(struct sip_endpoint *ep, struct sip_tx *tx, const struct sip_msg *msg,
                           uint64_t now_ms);

/* --- call.c ----------------------------------------------------------------------------------- */

/* -ENOMEM. The call is in ep->all and ep->calls. */
int sip_call_new(struct sip_endpoint *ep, bool outgoing, struct sip_call **out);
void sip_call_free(struct sip_call *call);
void sip_call_wait(struct sip_call *call, enum sip_call_wait wait, uint64_t when_ms);
/* Appends an event: copies what the slices of the event point to. Kind is set in it. Where memory
 * is gone the call ends soon, as its owner would not know what it is about. */
void sip_call_tell(struct sip_call *call, const struct sip_call_event *event);
/* The same, where the call may go on without: false: it is lost. */
bool sip_call_try_tell(struct sip_call *call, const struct sip_call_event *event);
/* Tells the end, once; what remains to be said to the other side is the caller's. */
void sip_call_over(struct sip_call *call, const struct sip_call_event *end, uint64_t now_ms);
/* Lets the memory go when nothing is left to do. */
void sip_call_settle(struct sip_call *call, uint64_t now_ms);
/* Our Contact, once the local address is known. -ENOMEM. */
int sip_call_make_contact(struct sip_call *call, const struct sip_flow *flow, struct slice user);
/* What our INVITE and NOTIFY say of us. Bytes are dear in them (sip/room.c): Accept would say what
 * holds without it (RFC 3261 20.1), and Supported that we understand what few want when they refer
 * us (RFC 4488), which our answers tell as well. */
#define SIP_WITH_US SIP_WITH_ALLOW
/* A request in the dialog; NULL where memory is gone. user NULL: nobody waits for the answer. */
struct sip_req *sip_call_request(struct sip_call *call, struct sip_dialog *dlg,
                                 enum sip_method method, uint32_t cseq, struct slice sdp,
                                 sip_req_user *user, uint64_t now_ms);
/* The same with the body, its type and the further headers of what. */
struct sip_req *sip_call_request_with(struct sip_call *call, struct sip_dialog *dlg,
                                      enum sip_method method, uint32_t cseq,
                                      const struct sip_request *what, sip_req_user *user,
                                      uint64_t now_ms);
/* Asks where the names in target and first route are, for sip_dialog_may_come_from. */
void sip_call_learn_addresses(struct sip_call *call, uint64_t now_ms);
void sip_call_bye(struct sip_call *call, struct sip_dialog *dlg, uint64_t now_ms);
/* The SDP of a body that can be read, or nothing. */
struct slice sip_call_sdp(const struct sip_msg *msg);
/* Whether there is a body and it is packed, or the only SDP in its parts is. */
bool sip_call_body_is_packed(const struct sip_msg *msg);

struct sip_way;

/* --- invite_uac.c ----------------------------------------------------------------------------- */

/* The INVITE that leaves once there is an offer, but for its body; store and way have what it
 * points to. 0, or errors of sip_account_way. */
int sip_uac_describe(const struct sip_call *call, struct buf *store, struct sip_way *way,
                     struct sip_request *message);
void sip_uac_offer(struct sip_call *call, struct slice sdp, uint64_t now_ms);
void sip_uac_hangup(struct sip_call *call, uint64_t now_ms);
void sip_uac_wait_is_over(struct sip_call *call, enum sip_call_wait wait, uint64_t now_ms);

/* --- redirect.c ------------------------------------------------------------------------------- */

/* Takes over target, whom the owner asked for; a target that was given before counts as tried.
 * -ENOMEM: it is NULL. */
int sip_redirect_begin(struct sip_call *call, char *target);
void sip_redirect_free(struct sip_call *call);
/* Keeps the places that a 3xx names and that have not been tried. */
void sip_redirect_learn(struct sip_call *call, const struct sip_msg *msg);
/* Makes the best of them call->target; false: there is none. */
bool sip_redirect_next(struct sip_call *call);

/* A REGISTER is sent on: the domain in a Contact of its 3xx, owned by the caller; NULL: not usable,
 * or it has been tried. */
char *sip_redirect_place(struct slice contact_value, struct slice tried, char *const *known,
                         size_t n);

/* --- refer.c ---------------------------------------------------------------------------------- */

/* REFER in a call. */
void sip_refer_asked(struct sip_call *call, struct sip_tx *tx, const struct sip_msg *msg,
                     uint64_t now_ms);
/* SUBSCRIBE in a call: to the events that a REFER in it has begun. */
void sip_refer_subscribed(struct sip_call *call, struct sip_tx *tx, const struct sip_msg *msg,
                          uint64_t now_ms);
/* Whether one is not answered, or what it asks for not over: the call must stay. */
bool sip_refer_is_open(const struct sip_call *call);
/* SIP_WAIT_REFER. */
void sip_refer_wait_is_over(struct sip_call *call, uint64_t now_ms);
void sip_refer_free(struct sip_call *call);
/* A new call goes where the REFER in by says, behind all places that have led there. -EINVAL: there
 * is none that was accepted; -ENOMEM. */
int sip_refer_begin(struct sip_call *call, const struct sip_call *by);

/* --- fork.c ----------------------------------------------------------------------------------- */

/* A 2xx to our INVITE, the first, a copy, or one of another fork. */
void sip_fork_2xx(struct sip_call *call, const struct sip_msg *msg, uint64_t now_ms);
/* ACK to a 2xx with this CSeq number: the first, or the same again. */
void sip_fork_ack(struct sip_call *call, struct sip_dialog *dlg, uint32_t cseq, uint64_t now_ms);
/* The same after the transaction has gone. */
void sip_fork_stray_2xx(struct sip_endpoint *ep, const struct sip_msg *msg, uint64_t now_ms);

/* --- invite_uas.c ----------------------------------------------------------------------------- */

void sip_uas_invite(struct sip_endpoint *ep, struct sip_tx *tx, const struct sip_flow *flow,
                    const struct sip_msg *msg, uint64_t now_ms);
void sip_uas_ack(struct sip_endpoint *ep, const struct sip_flow *flow, const struct sip_msg *msg,
                 uint64_t now_ms);
void sip_uas_bye(struct sip_call *call, struct sip_tx *tx, uint64_t now_ms);
/* CANCEL, or the connection that it came over is gone: SIP_END_CANCELLED or SIP_END_ELSEWHERE. */
void sip_uas_cancelled(struct sip_call *call, enum sip_end_cause cause, uint64_t now_ms);
void sip_uas_hangup(struct sip_call *call, uint64_t now_ms);
/* A 2xx to what was asked; repeated until the ACK where that was an INVITE. 0; else it could not be
 * said: there is nothing to answer any more, or it was refused, 503. */
int sip_uas_say_2xx(struct sip_call *call, struct slice sdp, uint64_t now_ms);
/* The ACK to it has come, or what shows that it has arrived. */
void sip_uas_acknowledged(struct sip_call *call);
/* A final response that is none. */
void sip_uas_refuse(struct sip_call *call, unsigned status, struct slice reason,
                    struct slice warning, uint64_t now_ms);
void sip_uas_wait_is_over(struct sip_call *call, enum sip_call_wait wait, uint64_t now_ms);

/* --- info.c ----------------------------------------------------------------------------------- */

/* INFO in a call. */
void sip_info_asked(struct sip_call *call, struct sip_tx *tx, const struct sip_msg *msg,
                    uint64_t now_ms);
/* Whether the message says that its sender takes INFO. */
bool sip_info_is_allowed(const struct sip_msg *msg);
/* The call is over, and nobody waits for its keys: a copy behind the BYE would keep us waiting. */
void sip_info_over(struct sip_call *call);
/* SIP_WAIT_DIGIT. */
void sip_info_again(struct sip_call *call, uint64_t now_ms);

/* --- reinvite.c ------------------------------------------------------------------------------- */

/* INVITE or UPDATE in a call. */
void sip_reinvite_asked(struct sip_call *call, struct sip_tx *tx, const struct sip_msg *msg,
                        uint64_t now_ms);
/* SIP_WAIT_GLARE: asks the owner for its offer once more. */
void sip_reinvite_again(struct sip_call *call, uint64_t now_ms);
/* The answer to that. */
void sip_reinvite_offer(struct sip_call *call, struct slice sdp, uint64_t now_ms);
/* SIP_WAIT_OFFER: takes it back, and later gives it up. */
void sip_reinvite_stuck(struct sip_call *call, uint64_t now_ms);
/* The call ends: an offer of ours has 64*T1 left. */
void sip_reinvite_over(struct sip_call *call, uint64_t now_ms);
/* We have moved: whatever was offered from the old address is given up. */
void sip_reinvite_drop(struct sip_call *call, uint64_t now_ms);
/* They have: an offer of ours that is open is given up, and asked for again behind theirs. */
void sip_reinvite_put_off(struct sip_call *call, uint64_t now_ms);
/* A 2xx to an INVITE in call->dialog came when its transaction had gone. */
void sip_reinvite_late_2xx(struct sip_call *call, const struct sip_msg *msg, uint64_t now_ms);

/* --- account.c -------------------------------------------------------------------------------- */

struct sip_auth *sip_account_auth(struct sip_account *account);
/* A request waits for the password since this challenge (realm as of sip_auth_realm): tells
 * SIP_ACCOUNT_PASSWORD_WANTED, once until there is an answer. False: there is no memory to tell. */
bool sip_account_wants_password(struct sip_account *account);
/* The value of From. */
struct slice sip_account_from(const struct sip_account *account);
void *sip_account_owner(const struct sip_account *account);
/* Appends our Contact URI for a message on this flow. -ENOMEM. */
int sip_account_contact(const struct sip_account *account, const struct sip_flow *flow, bool secure,
                        struct buf *b);

/* All places of a request to our server are its own. */
void sip_account_add_servers(struct sip_account *account, const struct sip_req *req);

/* The way of a request through an account (RFC 3261 8.1.2): outbound proxy, Service-Route,
 * target. */
struct sip_way {
    struct slice routes[SIP_MAX_ROUTES + 1];
    size_t n_routes;
    struct slice uri;             /* the Request-URI */
    struct slice hop;             /* the URI that it is sent to */
    const struct sip_flow *flows; /* where that is, as the registration knows it */
    size_t n_flows;               /* 0: it does not */
};
/* Slices point into the account, target and store. -ENOMEM. */
int sip_account_way(const struct sip_account *account, struct slice target, struct buf *store,
                    struct sip_way *out);

/* --- kept.c ----------------------------------------------------------------------------------- */

/* A request in the call, with the next number, has got its transaction: what is kept of earlier
 * ones makes room. */
void sip_kept_add(struct sip_call *call, struct sip_tx *tx);
/* The call is freed; what is left ends by its own timers. */
void sip_kept_leave(struct sip_call *call);

/* --- move.c ----------------------------------------------------------------------------------- */

/* SIP_WAIT_MOVE. */
void sip_move_again(struct sip_call *call, uint64_t now_ms);
/* An offer that was to say where we are got no answer. */
void sip_move_failed(struct sip_call *call, uint64_t now_ms);
/* The other side knows. */
void sip_move_over(struct sip_call *call);
/* Whether a request that comes from an address unknown to the dialog may be of the other side,
 * moved: a target refresh (INVITE, UPDATE) of this dialog with the next number, straight from the
 * address in its own Contact, in a dialog without proxies. */
bool sip_move_is_claimed(const struct sip_call *call, const struct sip_flow *flow,
                         const struct sip_msg *msg);
/* Such a request: it is done if nobody answers at the old address any more, or who does names the
 * new one; else refused (403), and the call goes on as it was. */
void sip_move_asked(struct sip_call *call, struct sip_tx *tx, const struct sip_flow *flow,
                    const struct sip_msg *msg, uint64_t now_ms);
void sip_move_decide(struct sip_call *call, bool believed, uint64_t now_ms);

#endif
