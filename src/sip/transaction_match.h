/* sip/transaction_match.h - the transactions of one endpoint, and to which of them a message
 * belongs (RFC 3261 17.1.3, 17.2.3). */
#ifndef SIP_TRANSACTION_MATCH_H
#define SIP_TRANSACTION_MATCH_H

#include "base/list.h"
#include "base/map.h"
#include "sip/sources.h"
#include "sip/transaction.h"

struct sip_tx_pool {
    struct sip_out *out; /* these two are the owner's and outlive the pool */
    struct sip_alarms *alarms;
    uint64_t *last_key;        /* keys are counted together with the owner's own */
    struct slice user_agent;   /* for the 100 that a transaction makes itself */
    size_t max;                /* transactions at once */
    size_t max_bytes;          /* of our answers, above which no request gets one */
    sip_tx_observer *observer; /* or NULL */
    void *observer_arg;

    size_t n;
    size_t bytes;     /* of our answers that are kept */
    size_t half_open; /* INVITEs that begin a call, of all sources, without ACK */
    uint64_t copies;  /* of requests that came again: what we answer gets lost */
    struct list live, dead;
    struct map by_id;    /* what a message must have to match, as text */
    struct map by_key;   /* of SIP_OUT_SEND */
    struct map by_merge; /* server: From tag, Call-ID, CSeq; RFC 3261 8.2.2.2 */
    struct map sources;  /* struct sip_source; INVITEs in a dialog count for their call: kept.c */
    struct buf *scratch; /* room from the start on for what a request must have */
};

/* Zeroes all but what the owner has set (out … observer_arg). */
void sip_tx_pool_init(struct sip_tx_pool *pool, struct rng *rng);
void sip_tx_pool_free(struct sip_tx_pool *pool);
/* A part of it: what pool_init has made beside the maps. */
void sip_tx_pool_done(struct sip_tx_pool *pool);
/* Frees those that are over. Call when none of their functions is running. */
void sip_tx_pool_sweep(struct sip_tx_pool *pool);

/* NULL: none. */
struct sip_tx *sip_tx_match_response(const struct sip_tx_pool *pool,
                                     const struct sip_msg *response);
/* The transaction that request is a copy of, or for an ACK the INVITE whose final response it
 * acknowledges within the transaction. */
struct sip_tx *sip_tx_match_request(const struct sip_tx_pool *pool, const struct sip_msg *request);
/* The INVITE that a CANCEL means (RFC 3261 9.2). */
struct sip_tx *sip_tx_match_cancel(const struct sip_tx_pool *pool, const struct sip_msg *cancel);
/* Whether the same request has come by another way already (RFC 3261 8.2.2.2). */
bool sip_tx_is_merged(const struct sip_tx_pool *pool, const struct sip_msg *request);
struct sip_tx *sip_tx_by_key(const struct sip_tx_pool *pool, uint64_t key);
/* --- for sip/transaction ---------------------------------------------------------------------- */

/* What a transaction is found by; the texts are owned. */
struct sip_tx_ids {
    char *id, *merge;
    size_t id_n, merge_n;
    uint64_t key;
    struct sip_source *source; /* of an INVITE that begins a call, until its ACK */
    struct sip_source *asks;   /* of a request that came in */
};

/* Enters tx under the marks of its request. server: it came in. 0, -EEXIST, -ENOMEM, -ENOBUFS; on
 * an error nothing has changed. */
int sip_tx_pool_add(struct sip_tx_pool *pool, struct sip_tx *tx, struct sip_tx_ids *ids,
                    const struct sip_msg *request, const struct sip_flow *from);
void sip_tx_pool_remove(struct sip_tx_pool *pool, struct sip_tx_ids *ids);
/* Of our answer so many bytes are kept now, and were before. */
void sip_tx_pool_count(struct sip_tx_pool *pool, const struct sip_tx_ids *ids, size_t before,
                       size_t bytes);
/* An INVITE got its ACK: it no longer counts against its source. */
void sip_tx_pool_settle(struct sip_tx_pool *pool, struct sip_tx_ids *ids);

#endif
