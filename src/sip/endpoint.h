/* sip/endpoint.h - the SIP core as one object: bytes and the time in, struct sip_out out.
 *
 * Pure: no socket, no clock, no thread. Time is the owner's monotonic clock in milliseconds and
 * never goes back. Each function may append to the queue of sip_endpoint_out; the caller empties it
 * afterwards. Slices given in need to live only until the function returns.
 *
 * What a call is to its owner (RFC 3261 13): it sees offers, answers, ringing, the end and its
 * cause. Transactions, retransmission, forks, ACK, CANCEL, tags and CSeq stay inside. */
#ifndef SIP_ENDPOINT_H
#define SIP_ENDPOINT_H

#include "base/rand.h"
#include "base/slice.h"
#include "base/timers.h"
#include "sip/out.h"
#include "sip/register_tables.h"
#include "sip/transaction.h"

struct sip_endpoint;
struct sip_call; /* good until SIP_CALL_ENDED has been taken from the queue and freed */

struct sip_endpoint_config {
    struct rng *rng;         /* lives as long as the endpoint */
    const char *user_agent;  /* User-Agent and Server: "tphone/0.1.0" */
    size_t max_transactions; /* 0: the defaults of sip/limits.h */
    size_t max_calls;        /* calls in all, in either direction, 0: no limit; above: 486 */
    /* What neither belongs to a call nor comes from a server of an account gets no answer, but for
     * INVITEs that the owner answers. */
    bool silent_to_strangers;
    sip_tx_observer *observer;      /* tests: sees each step of each transaction; or NULL */
    sip_reg_observer *reg_observer; /* the same of each registration */
    void *observer_arg;
};

/* NULL where memory is gone. */
struct sip_endpoint *sip_endpoint_new(const struct sip_endpoint_config *config);
void sip_endpoint_free(struct sip_endpoint *ep);
struct sip_out *sip_endpoint_out(struct sip_endpoint *ep);

/* One whole message: a datagram, or what sip/stream cut out of a connection. flow.local is the
 * address it was sent to, as far as the owner knows. */
void sip_endpoint_receive(struct sip_endpoint *ep, const struct sip_flow *flow, struct slice bytes,
                          uint64_t now_ms);
/* Everything that is due at now_ms. */
void sip_endpoint_tick(struct sip_endpoint *ep, uint64_t now_ms);
/* When to tick next; NEVER_MS: nothing waits. */
uint64_t sip_endpoint_deadline_ms(const struct sip_endpoint *ep);

/* The SEND with this key could not be done; err is a negative errno. A transaction that is over is
 * told in vain, which is no error. */
void sip_endpoint_send_failed(struct sip_endpoint *ep, uint64_t key, int err, uint64_t now_ms);
/* A connection is gone, closed by the peer or broken. An INVITE that came over it and has no final
 * answer yet ends like one that was cancelled. */
void sip_endpoint_connection_lost(struct sip_endpoint *ep, uint64_t connection, uint64_t now_ms);

/* Answers SIP_OUT_LOCATE: n flows to try in this order, each with the local address that packets
 * to it leave from (port: where we listen) and no connection; n 0: not found, err says why. */
void sip_endpoint_located(struct sip_endpoint *ep, uint64_t key, const struct sip_flow *flows,
                          size_t n, int err, uint64_t now_ms);

/* False while something is under way that only waits for the other side: our request without a
 * final response, a 2xx of ours without its ACK. A program that ends waits for true, for a moment.
 * Timers that merely linger (D, H to K, L, M) do not count, but for J on a network that has been
 * seen to lose messages: without us nobody would answer the next copy of a BYE. */
bool sip_endpoint_settled(const struct sip_endpoint *ep);
/* Says what it would have said later: BYE in calls that were hung up while our 2xx waits for its
 * ACK. For a program that must go now; the other side would be left in a call with nobody. */
void sip_endpoint_leave(struct sip_endpoint *ep, uint64_t now_ms);

/* For how many more calls the owner has ports and the like, as far as it knows. As that gets less,
 * who has many calls already gets no more, and there is room for others: SIP_CALLS_SHARE. */
void sip_endpoint_set_left(struct sip_endpoint *ep, size_t left);

/* Whether who is there is not to learn that anybody is here: he is a stranger, those are told
 * nothing, and no call or request of his needs the connection that he has come by. */
bool sip_endpoint_is_silent_to(const struct sip_endpoint *ep, const struct sip_flow *flow);
/* Whether a server of one of the accounts is at that address, of whatever port. */
bool sip_endpoint_is_server(const struct sip_endpoint *ep, const struct ip *address);

/* True while a transaction or call still needs this connection. */
bool sip_endpoint_needs_connection(const struct sip_endpoint *ep, uint64_t connection);

/* --- calls: what the owner does -------------------------------------------------------------- */

struct sip_invite_params {
    struct slice target;     /* a SIP or SIPS URI; checked */
    struct slice from;       /* name-addr or URI without tag: "Alice" <sip:alice@192.0.2.1>; empty:
                                user@ the local address, with name */
    struct slice user, name; /* for an empty from; empty: tphone, and no display name */
    struct slice contact_user;   /* user part of our Contact; may be empty */
    struct sip_account *account; /* NULL: none. Else From, Contact, credentials and, where its
                                    server serves the target, routes are the account's */
    void *owner;                 /* handed back in each event */
    /* Instead of target: where an accepted REFER in this call says, with the headers that it asks
     * for; and no place twice of those that led here. NULL: none. */
    const struct sip_call *referral;
};

/* Starts a call: first SIP_CALL_OFFER_WANTED comes, with the local address, then the owner calls
 * sip_call_offer and the INVITE leaves. -EINVAL: target or from is no URI; -ENOTSUP: a scheme that
 * cannot be called; -ENOMEM. */
int sip_call_invite(struct sip_endpoint *ep, const struct sip_invite_params *params,
                    struct sip_call **out, uint64_t now_ms);
/* Says whose call it is; for calls that came in. */
void sip_call_set_owner(struct sip_call *call, void *owner);
/* Its Call-ID, which may be a stranger's; empty where that is not known any more. Of the call. */
struct slice sip_call_id(const struct sip_call *call);

/* How many bytes there are for the next offer, by sip_call_offer or sip_call_reinvite, where its
 * request is to go by UDP with all that it may carry, credentials included (RFC 3261 18.1.1);
 * SIZE_MAX where that does not matter. */
size_t sip_call_room(const struct sip_call *call);
/* Whether that offer is one that the other side has asked for, by a request without one: it may
 * take it to anybody. */
bool sip_call_is_asked(const struct sip_call *call);
/* The SDP offer that SIP_CALL_OFFER_WANTED asked for, in INVITE, 2xx to an INVITE or re-INVITE
 * without offer. 0; else that re-INVITE could not be answered, and was refused: the offer is none.
 * What becomes of others is told. */
int sip_call_offer(struct sip_call *call, struct slice sdp, uint64_t now_ms);

/* A call that came in: 101 to 199. sdp may be empty. */
void sip_call_progress(struct sip_call *call, unsigned status, struct slice sdp, uint64_t now_ms);
/* 200 with the answer; with the offer where the INVITE had none. */
void sip_call_accept(struct sip_call *call, struct slice sdp, uint64_t now_ms);
/* 300 to 699 to a call that came in. reason empty: the usual phrase. warning: text of a Warning
 * header 399 (RFC 3261 20.43), or empty. */
void sip_call_reject(struct sip_call *call, unsigned status, struct slice reason,
                     struct slice warning, uint64_t now_ms);
/* The same of a call that nobody was asked about: it is not repeated until its ACK, as its source
 * may be forged. Each copy of the INVITE gets it again. */
void sip_call_refuse(struct sip_call *call, unsigned status, uint64_t now_ms);
/* 300 to 699, once, to a call of a stranger that has just come in, and nothing is kept: a source
 * may be forged, and repeating the answer until an ACK comes would make it many (RFC 3261 8.2.7).
 * Each copy of the INVITE comes in like a new one. */
void sip_call_turn_away(struct sip_call *call, unsigned status, uint64_t now_ms);
/* No answer at all to a call that has just come in, as if nobody were here. Its copies come in like
 * new ones. */
void sip_call_ignore(struct sip_call *call, uint64_t now_ms);

/* Ends the call whatever its state: CANCEL (held back until a provisional came), 480 to a call that
 * rings here, BYE, BYE after the ACK is there; SIP_CALL_ENDED follows, at once for the owner's
 * purposes (cause SIP_END_LOCAL) while the last messages are still repeated inside. */
void sip_call_hangup(struct sip_call *call, uint64_t now_ms);

/* re-INVITE with a new offer: hold, resume, another address. -EBUSY while an offer is open in
 * either direction, its ACK included: SIP_CALL_ANSWER, SIP_CALL_OFFER_REFUSED or SIP_CALL_ACKED
 * tells when to ask again; -ENOTCONN before the call is up. SIP_CALL_ANSWER or
 * SIP_CALL_OFFER_REFUSED follows. After a 491 the core waits for the time of RFC 3261 14.1, in
 * which the other side may offer; then SIP_CALL_OFFER_WANTED asks for the offer anew. */
int sip_call_reinvite(struct sip_call *call, struct slice sdp, uint64_t now_ms);
/* The networks of this machine have changed: finds out where we are seen from now by the other
 * side of a call that is up. Where that is another address SIP_CALL_MOVED tells it, and the owner
 * sends a re-INVITE with an offer from there, which carries our new Contact. Until one is answered
 * SIP_CALL_MOVED comes again, after each change and failure; SIP_MOVE_MAX_MS of that end the
 * call. */
void sip_call_network_changed(struct sip_call *call, uint64_t now_ms);
/* The account of a call that is up has registered: SIP_CALL_MOVED where others reach us by another
 * Contact since then. */
void sip_call_contact_changed(struct sip_call *call);
/* Whether our next request in the call goes by TLS whatever the DNS says: before an offer has what
 * nobody else may read. */
bool sip_call_goes_by_tls(const struct sip_call *call);
/* Whether offers of ours in the call, from the next one on, leave by TLS or not at all. Then
 * SIP_CALL_OFFER_REFUSED comes, or sip_call_reinvite fails: -EPROTONOSUPPORT. */
void sip_call_seal(struct sip_call *call, bool on);
/* A key (0-9 * # A-D, ! for flash) by INFO, pressed for so long. SIP_CALL_DIGIT_SENT follows with
 * the status; one at a time is wise, as they may overtake each other. -ENOTCONN before the call is
 * up; -ENOMEM. */
int sip_call_digit(struct sip_call *call, char digit, unsigned ms, uint64_t now_ms);
/* Answers a SIP_CALL_REOFFER: 200 with the answer, or 488 and the like (sdp empty). Where the other
 * side has cancelled it meanwhile nothing happens. 0; else the answer could not be said, and the
 * session stays as it was. */
int sip_call_reoffer_answer(struct sip_call *call, unsigned status, struct slice sdp,
                            uint64_t now_ms);

/* --- they ask us to call somebody else (RFC 3515): answers to SIP_CALL_REFER. The call stays in
 * memory, even where it has ended meanwhile, until sip_call_refer_reject or sip_call_refer_end has
 * been called, or SIP_CALL_REFER_GONE was told. */

/* 300 to 699. Before sip_call_refer_accept. */
void sip_call_refer_reject(struct sip_call *call, unsigned status, uint64_t now_ms);
/* 202. pending: somebody is asked, and has SIP_REFER_ASK_MS for it; sip_call_refer_follow or
 * sip_call_refer_end says what came of it. -ENOENT: it has been answered; -ENOMEM: it is refused,
 * and forgotten. */
int sip_call_refer_accept(struct sip_call *call, bool pending, uint64_t now_ms);
/* It is being done from now on: see referral of struct sip_invite_params. */
void sip_call_refer_follow(struct sip_call *call, uint64_t now_ms);
/* What came of it: 200 to 699, which the other side is told. */
void sip_call_refer_end(struct sip_call *call, unsigned status, uint64_t now_ms);

/* --- calls: what the owner is told ------------------------------------------------------------ */

enum sip_call_event_kind {
    SIP_CALL_INCOMING = 1, /* INVITE: from, to, sdp (empty: no offer), flow. Unless it is
                              answered within 100 ms, a 100 is sent by itself */
    SIP_CALL_OFFER_WANTED, /* flow.local is where we are towards the other side. Once more, for a
                              new offer, where the next address or a redirect sees us elsewhere
                              or by TLS and the one before did not, or the other way round, or
                              by UDP where the offer has no room; and in the call when the time
                              after a 491 is over, where they ask for one, or where they have taken
                              one that was given up */
    SIP_CALL_PROGRESS,     /* 1xx but 100: status, reason; sdp perhaps: early media */
    SIP_CALL_REDIRECTED,   /* a 3xx sends our INVITE on: to_uri, which is called now */
    SIP_CALL_ANSWERED, /* our INVITE got a 2xx: status; sdp: the answer; the ACK is on its way */
    SIP_CALL_ACKED,    /* their ACK came, to the INVITE or a re-INVITE: media may start; sdp: the
                          answer to our late offer */
    SIP_CALL_REOFFER,  /* re-INVITE or UPDATE with sdp: answer by sip_call_reoffer_answer */
    SIP_CALL_ANSWER,   /* answer to our re-INVITE: sdp */
    SIP_CALL_OFFER_REFUSED, /* our re-INVITE failed: status; the session stays as it was. 491: it
                               will be asked for once more; 0: given up as we move, which
                               SIP_CALL_MOVED tells soon */
    SIP_CALL_MOVED,         /* flow.local is another address of ours now, or our Contact is
                               another one */
    SIP_CALL_DIGIT,         /* they pressed a key and say so by INFO: digit. It is answered */
    SIP_CALL_DIGIT_SENT,    /* our INFO was answered: status; 408: it was not */
    SIP_CALL_REFER,         /* they ask us to call to_uri: sip_call_refer_reject or accept */
    SIP_CALL_REFER_GONE,    /* nobody has decided about it in time: they were told 603. May come
                               behind ENDED, when owner is none any more */
    SIP_CALL_ENDED,         /* cause, status and reason where there are any; the last event */
};

enum sip_end_cause {
    SIP_END_NONE,
    SIP_END_LOCAL,       /* sip_call_hangup or sip_call_reject */
    SIP_END_REMOTE,      /* BYE after the call was up */
    SIP_END_CANCELLED,   /* they gave up before we answered: CANCEL, or their connection closed */
    SIP_END_ELSEWHERE,   /* CANCEL because somebody took the call at another phone (RFC 3326) */
    SIP_END_REFUSED,     /* 3xx to 6xx: status, reason */
    SIP_END_TIMEOUT,     /* no answer to INVITE within 64*T1, or none to re-INVITE: 408; or it rang
                            for longer than its Expires or SIP_RING_MAX_MS */
    SIP_END_UNREACHABLE, /* could not be sent: err */
    SIP_END_NOT_FOUND,   /* the host name does not resolve: err */
    SIP_END_NO_ACK,      /* our 200 was never acknowledged */
    SIP_END_PROTOCOL,    /* the other side broke the protocol: reason says how */
    SIP_END_SHORTAGE,    /* memory or a limit */
};

/* Slices point into the event and live as long as its item. Text from the network is raw: pass it
 * through text_safe before a person sees it. */
struct sip_call_event {
    enum sip_call_event_kind kind;
    struct sip_call *call;
    void *owner;
    enum sip_end_cause cause;
    int err;
    unsigned status;
    struct slice reason;
    char digit;
    bool takes_info;                  /* INCOMING, ANSWERED: the other side says so (Allow) */
    bool unanswerable;                /* ENDED: a challenge that is not for us to answer: reason
                                         says why */
    struct slice from_uri, from_name; /* INCOMING; name without quotes */
    struct slice to_uri;              /* INCOMING: the Request-URI; REDIRECTED, REFER: the target */
    struct slice sdp;                 /* empty: none */
    struct sip_flow flow;             /* INCOMING, OFFER_WANTED, ANSWERED: where signalling goes;
                                         REOFFER, and OFFER_WANTED where they have asked: the way by
                                         which they did, and will be answered; ANSWER, ACKED: by
                                         which that came */
    struct slice fork;                /* PROGRESS, ANSWERED: the To tag, by which the phones that a
                                         forked INVITE has reached are told apart */
    struct slice call_id;
    void *account;     /* INCOMING: owner of the account whose Contact was called, or NULL */
    unsigned digit_ms; /* DIGIT: how long it was pressed, as they say */
    bool by_server;    /* INCOMING: it came from the server of that account */
    struct buf store;  /* what the slices point into; owned */
};

#endif
