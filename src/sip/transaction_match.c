/* sip/transaction_match.c - what a message must have in common with a transaction to belong to it.
 *
 * These marks are written into one text, so that matching is one look into a map. Its parts are
 * kept apart by a line end, which none of them can hold (a fold in a Via makes two of them differ,
 * as it should). */
#include "sip/transaction_match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ID_BYTES 65536

static void put_lower(struct buf *b, struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        buf_putc(b, (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]));
}

/* RFC 3261 17.1.3: branch, and the method, as a CANCEL shares the branch of its INVITE. */
static void put_response_id(struct buf *b, struct slice branch, struct slice method)
{
    buf_puts(b, "c\n");
    buf_put(b, branch);
    buf_putc(b, '\n');
    buf_put(b, method);
}

/* RFC 3261 17.2.3: with the cookie branch, sent-by and method, without it the rules of RFC 2543:
 * Request-URI, From tag, Call-ID, CSeq and top Via. ACK and CANCEL ask for their INVITE. The To tag
 * is left to the caller, for an ACK has one that its INVITE had not. */
static void put_request_id(struct buf *b, const struct sip_msg *msg, struct slice method)
{
    if (sip_via_has_cookie(&msg->via)) {
        buf_puts(b, "s\n");
        buf_put(b, msg->via.branch);
        buf_putc(b, '\n');
        put_lower(b, msg->via.host);
        buf_printf(b, ":%u\n", msg->via.port);
        buf_put(b, method);
        return;
    }
    buf_puts(b, "o\n");
    buf_put(b, msg->uri.text);
    buf_putc(b, '\n');
    buf_put(b, msg->from.tag);
    buf_putc(b, '\n');
    buf_put(b, msg->call_id);
    buf_printf(b, "\n%u\n", (unsigned)msg->cseq.number);
    buf_put(b, msg->via.sent_protocol_by);
    buf_put(b, msg->via.params);
    buf_putc(b, '\n');
    buf_put(b, method);
}

static void put_merge_id(struct buf *b, const struct sip_msg *msg)
{
    buf_put(b, msg->from.tag);
    buf_putc(b, '\n');
    buf_put(b, msg->call_id);
    buf_printf(b, "\n%u\n", (unsigned)msg->cseq.number);
    buf_put(b, msg->method_name);
}

static struct slice key_slice(const uint64_t *key)
{
    return (struct slice){(const char *)key, sizeof *key};
}

void sip_tx_pool_init(struct sip_tx_pool *pool, struct rng *rng)
{
    pool->n = 0;
    pool->bytes = 0;
    list_init(&pool->live);
    list_init(&pool->dead);
    pool->by_id = map_new(rng);
    pool->by_key = map_new(rng);
    pool->by_merge = map_new(rng);
    pool->sources = map_new(rng);
    pool->scratch = calloc(1, sizeof *pool->scratch);
    if (!pool->scratch)
        return;
    *pool->scratch = buf_new(MAX_ID_BYTES);
    (void)buf_room(pool->scratch, MAX_ID_BYTES); /* else when it is needed */
}

void sip_tx_pool_done(struct sip_tx_pool *pool)
{
    if (pool->scratch)
        buf_free(pool->scratch);
    free(pool->scratch);
    pool->scratch = NULL;
}

static struct sip_tx *get(const struct map *map, struct buf *id)
{
    struct sip_tx *tx = buf_ok(id) ? map_get(map, buf_slice(id)) : NULL;

    buf_free(id);
    return tx;
}

struct sip_tx *sip_tx_match_response(const struct sip_tx_pool *pool, const struct sip_msg *response)
{
    struct buf id = buf_new(MAX_ID_BYTES);

    put_response_id(&id, response->via.branch, response->method_name);
    return get(&pool->by_id, &id);
}

/* A copy that is not known for want of memory would be refused, and with it what it is a copy of.
 */
static struct sip_tx *find_request(const struct sip_tx_pool *pool, const struct sip_msg *msg,
                                   struct slice method)
{
    struct buf own = buf_new(MAX_ID_BYTES), *id = pool->scratch ? pool->scratch : &own;
    struct sip_tx *tx;

    buf_clear(id);
    put_request_id(id, msg, method);
    tx = buf_ok(id) ? map_get(&pool->by_id, buf_slice(id)) : NULL;
    buf_free(&own);
    return tx;
}

struct sip_tx *sip_tx_match_request(const struct sip_tx_pool *pool, const struct sip_msg *request)
{
    bool ack = request->method == SIP_ACK;

    return find_request(pool, request, ack ? SLICE("INVITE") : request->method_name);
}

struct sip_tx *sip_tx_match_cancel(const struct sip_tx_pool *pool, const struct sip_msg *cancel)
{
    return find_request(pool, cancel, SLICE("INVITE"));
}

bool sip_tx_is_merged(const struct sip_tx_pool *pool, const struct sip_msg *request)
{
    struct buf id = buf_new(MAX_ID_BYTES);

    if (request->to.tag.n)
        return false; /* it is in a dialog, whose CSeq rules apply */
    put_merge_id(&id, request);
    return get(&pool->by_merge, &id) != NULL;
}

struct sip_tx *sip_tx_by_key(const struct sip_tx_pool *pool, uint64_t key)
{
    return map_get(&pool->by_key, key_slice(&key));
}

static int count_source(struct sip_tx_pool *pool, struct sip_tx_ids *ids, const struct ip *ip)
{
    ids->source = sip_source_get(&pool->sources, ip);
    if (!ids->source)
        return -ENOMEM;
    ids->source->half_open++;
    pool->half_open++;
    return 0;
}

void sip_tx_pool_settle(struct sip_tx_pool *pool, struct sip_tx_ids *ids)
{
    struct sip_source *source = ids->source;

    if (!source)
        return;
    ids->source = NULL;
    pool->half_open--;
    source->half_open--;
    sip_source_settle(&pool->sources, source);
}

void sip_tx_pool_count(struct sip_tx_pool *pool, const struct sip_tx_ids *ids, size_t before,
                       size_t bytes)
{
    pool->bytes += bytes - before;
    if (ids->asks)
        ids->asks->bytes += bytes - before;
}

static int enter_source(struct sip_tx_pool *pool, struct sip_tx_ids *ids,
                        const struct sip_msg *request, const struct ip *ip)
{
    ids->asks = sip_source_get(&pool->sources, ip);
    if (!ids->asks)
        return -ENOMEM;
    ids->asks->requests++;
    return request->method == SIP_INVITE && !request->to.tag.n ? count_source(pool, ids, ip) : 0;
}

static void leave_source(struct sip_tx_pool *pool, struct sip_tx_ids *ids)
{
    struct sip_source *source = ids->asks;

    sip_tx_pool_settle(pool, ids);
    ids->asks = NULL;
    if (!source)
        return;
    source->requests--;
    sip_source_settle(&pool->sources, source);
}

/* Moves what b holds to *text. */
static int keep(struct buf *b, char **text, size_t *n)
{
    struct slice s = buf_slice(b);

    *text = buf_ok(b) ? slice_dup(s) : NULL;
    *n = s.n;
    buf_free(b);
    return *text ? 0 : -ENOMEM;
}

static int make_ids(struct sip_tx_ids *ids, const struct sip_msg *request, bool server)
{
    struct buf b = buf_new(MAX_ID_BYTES);
    int err;

    if (server)
        put_request_id(&b, request, request->method_name);
    else
        put_response_id(&b, request->via.branch, request->method_name);
    err = keep(&b, &ids->id, &ids->id_n);
    if (err || !server || request->to.tag.n || request->method == SIP_CANCEL)
        return err;
    b = buf_new(MAX_ID_BYTES);
    put_merge_id(&b, request);
    return keep(&b, &ids->merge, &ids->merge_n);
}

static void free_ids(struct sip_tx_ids *ids)
{
    free(ids->id);
    free(ids->merge);
    *ids = (struct sip_tx_ids){.key = ids->key};
}

int sip_tx_pool_add(struct sip_tx_pool *pool, struct sip_tx *tx, struct sip_tx_ids *ids,
                    const struct sip_msg *request, const struct sip_flow *from)
{
    bool full = pool->n >= pool->max || (from && pool->bytes >= pool->max_bytes);
    int err = full ? -ENOBUFS : 0;

    *ids = (struct sip_tx_ids){.key = ++*pool->last_key};
    if (!err)
        err = make_ids(ids, request, from != NULL);
    if (!err && from)
        err = enter_source(pool, ids, request, &from->remote);
    if (err)
        goto fail;
    err = map_put(&pool->by_key, key_slice(&ids->key), tx);
    if (err)
        goto fail;
    err = map_put(&pool->by_id, (struct slice){ids->id, ids->id_n}, tx);
    if (err) {
        map_remove(&pool->by_key, key_slice(&ids->key));
        goto fail;
    }
    /* Only the first of merged requests stands here; that the others cannot be entered is fine. */
    if (ids->merge && map_put(&pool->by_merge, (struct slice){ids->merge, ids->merge_n}, tx)) {
        free(ids->merge);
        ids->merge = NULL;
    }
    pool->n++;
    return 0;

fail:
    leave_source(pool, ids);
    free_ids(ids);
    return err;
}

void sip_tx_pool_remove(struct sip_tx_pool *pool, struct sip_tx_ids *ids)
{
    leave_source(pool, ids);
    map_remove(&pool->by_key, key_slice(&ids->key));
    map_remove(&pool->by_id, (struct slice){ids->id, ids->id_n});
    if (ids->merge)
        map_remove(&pool->by_merge, (struct slice){ids->merge, ids->merge_n});
    free_ids(ids);
    pool->n--;
}
