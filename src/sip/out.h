/* sip/out.h - what the SIP core wants done, appended in order and emptied by its owner afterwards.
 *
 * The core calls nobody back: every function of sip/endpoint.h may append to this queue, and
 * whoever called it empties the queue before doing anything else. So no state changes under the
 * feet of the code that changes it. */
#ifndef SIP_OUT_H
#define SIP_OUT_H

#include "base/buf.h"
#include "base/ip.h"
#include "base/list.h"
#include "base/slice.h"

/* What sip_endpoint_send_failed is told where a way was there and could not be made safe. Not a
 * number of the system. */
#define SIP_NOT_SAFE (-3900)

enum sip_transport { SIP_UDP = 1, SIP_TCP, SIP_TLS };

/* The way a message came or is to go. */
struct sip_flow {
    enum sip_transport transport;
    struct ip local; /* family 0: the owner picks */
    struct ip remote;
    uint64_t connection; /* TCP, TLS: the owner's number of a connection; 0: none yet */
    /* TLS: the owner's number of who must be there and by whose trust, as it was located (RFC 5922
     * 7.1); 0: whoever has opened the connection to us, and none is opened to him. */
    uint32_t peer;
};

enum sip_out_kind {
    SIP_OUT_SEND,    /* put bytes on flow; a failure is told by sip_endpoint_send_failed */
    SIP_OUT_LOCATE,  /* find where host is; answered by sip_endpoint_located */
    SIP_OUT_CALL,    /* tell the phone: struct sip_call_event in sip/endpoint.h */
    SIP_OUT_ACCOUNT, /* tell the phone: struct sip_account_event in sip/account.h */
};

/* RFC 3261 18.1.1 and 18.2.2: how a SEND may use connections. */
enum sip_send_how {
    SIP_SEND_REQUEST,  /* open a connection where none is there; keep it for the responses */
    SIP_SEND_RESPONSE, /* on flow.connection; where that is gone, a new one to flow.remote */
};

struct sip_out {
    struct list items; /* of struct sip_out_item, oldest first */
};

struct sip_out_item {
    struct list link;
    enum sip_out_kind kind;
    /* SEND and LOCATE: which of the core's things asked; goes back with the answer. Never 0. */
    uint64_t key;

    /* SEND */
    struct sip_flow flow;
    enum sip_send_how how;
    struct buf bytes; /* owned by the item */

    /* LOCATE; host and port as the URI has them, transport 0: not said */
    char *host; /* owned */
    uint16_t port;
    enum sip_transport transport;
    bool secure;    /* a sips: URI */
    unsigned trust; /* over TLS: whose trust counts, a number of the owner's (sip/account.h) */

    /* CALL */
    struct sip_call_event *event; /* owned */

    /* ACCOUNT */
    struct sip_account_event *account_event; /* owned */
};

void sip_out_init(struct sip_out *out);
/* The oldest item, taken out of the queue and owned by the caller, or NULL. */
struct sip_out_item *sip_out_take(struct sip_out *out);
void sip_out_item_free(struct sip_out_item *item);
/* Frees whatever is still in the queue. */
void sip_out_clear(struct sip_out *out);

/* --- for the core, which fills the queue ------------------------------------------------------ */

/* What an event may point to: a whole message. */
#define SIP_EVENT_MAX_BYTES 65536

/* Both copy what they are given. 0 or -ENOMEM, when nothing was appended. */
int sip_out_send(struct sip_out *out, uint64_t key, const struct sip_flow *flow,
                 enum sip_send_how how, struct slice bytes);
int sip_out_locate(struct sip_out *out, uint64_t key, struct slice host, uint16_t port,
                   enum sip_transport transport, bool secure, unsigned trust);
/* An item of kind SIP_OUT_CALL with an empty event, or NULL. So that the end of a call can be told
 * even when memory is gone, it is made before it is needed and appended later. */
struct sip_out_item *sip_out_event_new(void);
/* The same for an account: kind SIP_OUT_ACCOUNT. */
struct sip_out_item *sip_out_account_event_new(void);
void sip_out_append(struct sip_out *out, struct sip_out_item *item);

#endif
