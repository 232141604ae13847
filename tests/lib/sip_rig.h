/* tests/lib/sip_rig.h - one SIP endpoint on a clock that only the test moves: what it sends and
 * tells is kept with the time, what it is to receive is written down as text. */
#ifndef TESTS_LIB_SIP_RIG_H
#define TESTS_LIB_SIP_RIG_H

#include "sip/account.h"
#include "sip/endpoint.h"
#include "sip/message.h"

#define RIG_MAX 4096

struct rig_sent {
    uint64_t at_ms, key;
    struct sip_flow flow;
    char *text; /* NUL-terminated, owned */
    size_t n;
};

struct rig_event {
    uint64_t at_ms;
    enum sip_call_event_kind kind;
    enum sip_end_cause cause;
    unsigned status;
    int err;
    char *sdp; /* NUL-terminated, owned */
    struct sip_call *call;
    void *account;
    bool by_server, takes_info;
    char digit;
};

/* What an account told. */
struct rig_told {
    uint64_t at_ms;
    enum sip_account_event_kind kind;
    enum sip_account_cause cause;
    int err;
    unsigned status, granted_s, n_bindings;
    bool changed;
    uint64_t retry_ms;
    char *reason, *realm, *contact, *seen_at; /* owned */
    struct sip_account *account;
};

struct rig {
    struct rng rng;
    struct sip_endpoint *ep;
    uint64_t now_ms;
    struct sip_flow flow; /* from where messages come, and where LOCATE leads */
    bool hold_locate;     /* LOCATE is not answered by itself */
    uint64_t locate_key;  /* of the last one */
    unsigned n_locates;
    char *locate_host; /* owned */
    unsigned locate_trust;
    struct rig_sent sent[RIG_MAX];
    size_t n_sent;
    struct rig_event events[RIG_MAX];
    size_t n_events;
    struct sip_call *call; /* of the last event */
    struct rig_told told[RIG_MAX];
    size_t n_told;
    bool draining;
    bool grants;     /* each REGISTER is answered as by rig_grant, for an hour */
    bool send_fails; /* each SEND fails at once, as by ICMP */
    bool not_found;  /* LOCATE finds nothing */
    struct ip local; /* family not 0: what LOCATE says we are, instead of flow.local */
};

/* At 1000 ms, at 192.0.2.1:5060, the other side at 192.0.2.2:5060; calls without limit. */
struct rig *rig_new(enum sip_transport transport);
void rig_free(struct rig *r);
/* Empties the queue of the endpoint; the functions below do it by themselves. */
void rig_drain(struct rig *r);
/* Forgets what was sent and told. */
void rig_forget(struct rig *r);

/* Lets ms pass, ticking exactly when the endpoint wants it. */
void rig_run(struct rig *r, uint64_t ms);
/* Lets all timers run out and says whether the endpoint keeps nothing: no transaction, no call. */
bool rig_comes_to_rest(struct rig *r);
/* Lets ms pass without a tick, then ticks once: a stall. */
void rig_stall(struct rig *r, uint64_t ms);
/* Receives text, in which each "\n" becomes CR LF, from r->flow. */
void rig_receive(struct rig *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void rig_receive_from(struct rig *r, const struct sip_flow *flow, const char *text);
/* The same of a message with a response built on the request that we sent: status line, its Via,
 * From, To with tag, Call-ID, CSeq, then further lines (each with "\n"), then a body. */
void rig_answer(struct rig *r, const struct rig_sent *to, const char *status, const char *tag,
                const char *lines, const char *body);

/* The i-th message that was sent and begins so, or NULL; i from 0. */
const struct rig_sent *rig_find(const struct rig *r, const char *start, size_t i);
size_t rig_count(const struct rig *r, const char *start);
/* The i-th event of the kind, or NULL. */
const struct rig_event *rig_event(const struct rig *r, enum sip_call_event_kind kind, size_t i);
size_t rig_event_count(const struct rig *r, enum sip_call_event_kind kind);
/* The same of what accounts told. */
const struct rig_told *rig_told(const struct rig *r, enum sip_account_event_kind kind, size_t i);
size_t rig_told_count(const struct rig *r, enum sip_account_event_kind kind);
/* The last one of any kind, or NULL. */
const struct rig_told *rig_last_told(const struct rig *r);
/* The last message that begins so, or NULL. */
const struct rig_sent *rig_last(const struct rig *r, const char *start);
/* The value of a header in a message that was sent, NUL-terminated in a static buffer of its own
 * for each of eight calls; "" where it is missing. */
const char *rig_header(const struct rig_sent *sent, const char *name);

/* Starts a call and gives it the offer; rig_call: to sip:bob@192.0.2.2, with the offer "o". */
struct sip_call *rig_call_with(struct rig *r, const struct sip_invite_params *params,
                               const char *offer);
struct sip_call *rig_call(struct rig *r);
/* The account sip:alice@192.0.2.2 without more. */
struct sip_account *rig_account(struct rig *r);
/* Answers the last REGISTER 200 with its first Contact, and expires (-1: without). */
void rig_grant(struct rig *r, int expires);
/* Registers it and lets the server agree for an hour. */
struct sip_account *rig_registered(struct rig *r);
/* Receives an INVITE from sip:alice@192.0.2.2, branch z9hG4bK<branch>, From tag "a", Call-ID "c",
 * with the offer "o". */
void rig_invited(struct rig *r, const char *branch);

#endif
