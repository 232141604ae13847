/* sip/transaction.h - the four transactions of RFC 3261 17, with "Accepted" from RFC 6026.
 *
 * Pure: reads no clock, owns no socket. What it wants sent it appends to the queue of its pool;
 * what its user must know it tells as the last thing it does. A transaction that is over is taken
 * out of its pool at once and freed by sip_tx_pool_sweep, so that nothing vanishes in mid-change of
 * state. */
#ifndef SIP_TRANSACTION_H
#define SIP_TRANSACTION_H

#include "base/list.h"
#include "sip/alarm.h"
#include "sip/message.h"
#include "sip/out.h"
#include "sip/transaction_tables.h"

struct sip_tx;
struct sip_tx_pool;

/* What the user is told; several at once are or-ed together. */
enum sip_tx_told {
    SIP_TX_TOLD_MESSAGE = 1, /* client: this response; INVITE server: an ACK to a 2xx */
    SIP_TX_TOLD_TIMEOUT = 2, /* client: timer B or F; INVITE server: timer H, no ACK */
    SIP_TX_TOLD_FAILED = 4,  /* could not be sent: err */
    SIP_TX_TOLD_OVER = 8,    /* tx is gone when this returns */
};

/* msg: only with TOLD_MESSAGE. err: only with TOLD_FAILED. */
typedef void sip_tx_user(void *arg, struct sip_tx *tx, unsigned told, const struct sip_msg *msg,
                         int err, uint64_t now_ms);

/* Tests see each step of each transaction. */
typedef void sip_tx_observer(void *arg, enum sip_tx_machine machine, enum sip_tx_state state,
                             enum sip_tx_event event);

/* Begins a client transaction: sends request, which is a whole message with a branch of ours, on
 * flow. user may be NULL. -ENOMEM; -EBADMSG: the bytes are no request (a fault of the caller);
 * -ENOBUFS: the limit of the pool is reached. */
int sip_tx_client_new(struct sip_tx_pool *pool, const struct sip_flow *flow, struct slice request,
                      sip_tx_user *user, void *arg, struct sip_tx **out, uint64_t now_ms);
/* Begins a server transaction for a request that matches none; keeps a copy. Not for ACK. */
int sip_tx_server_new(struct sip_tx_pool *pool, const struct sip_flow *flow,
                      const struct sip_msg *request, struct sip_tx **out, uint64_t now_ms);
/* Who is told from now on; user NULL: nobody. */
void sip_tx_set_user(struct sip_tx *tx, sip_tx_user *user, void *arg);

/* A response that matched this client transaction. */
void sip_tx_response(struct sip_tx *tx, const struct sip_msg *response, uint64_t now_ms);
/* A copy of the request, or an ACK, that matched this server transaction. Over UDP a copy draws the
 * answer only where that has at most twice its bytes. */
void sip_tx_request(struct sip_tx *tx, const struct sip_msg *request, uint64_t now_ms);
/* What it sent could not be sent. */
void sip_tx_send_failed(struct sip_tx *tx, int err, uint64_t now_ms);
/* The user of a server transaction answers; bytes is a whole response with this status. -ENOMEM:
 * it could not be kept, nothing was sent, and the transaction is where it was; -EMSGSIZE: likewise,
 * as what is said before the answer has twice the bytes of the request at most, where that came in
 * a datagram. */
int sip_tx_respond(struct sip_tx *tx, unsigned status, struct slice bytes, uint64_t now_ms);
/* The final response that comes goes out once, and once for each copy of the request. */
void sip_tx_say_once(struct sip_tx *tx);
/* Sends the 2xx once more that sip_tx_respond was given (RFC 3261 13.3.1.4). */
void sip_tx_repeat_2xx(struct sip_tx *tx, uint64_t now_ms);
/* The ACK to the 2xx came, in a transaction of its own: the INVITE is no longer half open. */
void sip_tx_acknowledged(struct sip_tx *tx);
/* The connection that a response came over, for sip_endpoint_needs_connection. */
void sip_tx_set_connection(struct sip_tx *tx, uint64_t connection);
/* Server: enters it into a list of its owner's, which it leaves when it is over. */
void sip_tx_keep_in(struct sip_tx *tx, struct list *kept);
/* The transaction that is there in such a list. */
struct sip_tx *sip_tx_of_kept(struct list *at);
/* Server, with a final response: ends it now. Copies of the request are looked at anew. */
void sip_tx_forget(struct sip_tx *tx);
/* Client: ends an INVITE that was cancelled and gets no final response (RFC 3261 9.1). Server: ends
 * a request that cannot even be refused, for want of memory, as if it had never come. */
void sip_tx_give_up(struct sip_tx *tx, uint64_t now_ms);

/* The transaction that this is the link of, in the list live of its pool. */
struct sip_tx *sip_tx_of(struct list *link);
enum sip_tx_machine sip_tx_machine(const struct sip_tx *tx);
enum sip_tx_state sip_tx_state(const struct sip_tx *tx);
uint64_t sip_tx_key(const struct sip_tx *tx);
/* Client: where the request went. Server: where the request came from. */
const struct sip_flow *sip_tx_flow(const struct sip_tx *tx);
/* Client: the bytes of the request. Server: those of the latest response, while they are kept. */
struct slice sip_tx_bytes(const struct sip_tx *tx);
/* Server: the request, until the final response; then NULL. */
const struct sip_msg *sip_tx_request_of(const struct sip_tx *tx);

#endif
