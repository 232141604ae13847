/* sip/request.c - a request on its way: place, transport, target after target. */
#include "sip/request.h"

#include <errno.h>
#include <stdlib.h>

#include "sip/account_core.h"
#include "sip/core.h"
#include "sip/limits.h"
#include "sip/locate.h"
#include "sip/request_core.h"
#include "sip/via.h"

static void next_target(struct sip_req *req, int err, uint64_t now_ms);
static void advance(struct sip_req *req, uint64_t now_ms);

struct sip_req *sip_req_new(struct sip_endpoint *ep, struct list *list, enum sip_method method,
                            sip_req_user *user, void *arg)
{
    struct sip_req *req = calloc(1, sizeof *req);

    if (!req)
        return NULL;
    list_init(&req->link);
    req->ep = ep;
    req->key = ++ep->last_key;
    req->method = method;
    req->user = user;
    req->arg = arg;
    req->head = buf_new(SIP_MAX_MESSAGE);
    req->tail = buf_new(SIP_MAX_MESSAGE);
    req->lines = buf_new(SIP_MAX_MESSAGE);
    req->why = buf_new(SIP_MAX_HEADER_LINE);
    if (sip_core_add_req(ep, &req->key, req)) {
        free(req);
        return NULL;
    }
    list_append(list, &req->link);
    return req;
}

void sip_req_free(struct sip_req *req)
{
    if (!req)
        return;
    if (req->tx)
        sip_tx_set_user(req->tx, NULL, NULL);
    sip_core_remove_req(req->ep, &req->key);
    list_remove(&req->link);
    buf_free(&req->head);
    buf_free(&req->tail);
    sip_req_auth_free(req);
    free(req->hop);
    free(req);
}

void sip_req_trust(struct sip_req *req, const struct sip_account *account)
{
    req->trust = account ? account->trust : 0;
}

void sip_req_only_tls(struct sip_req *req)
{
    req->only_tls = true;
}

void sip_req_stop(struct sip_req *req)
{
    struct sip_tx *tx = req ? req->tx : NULL;

    sip_req_free(req);
    if (tx)
        sip_tx_give_up(tx, 0);
}

struct sip_req *sip_req_of(struct list *link)
{
    return LIST_ITEM(link, struct sip_req, link);
}

uint32_t sip_req_cseq(const struct sip_req *req)
{
    return req->cseq;
}

enum sip_method sip_req_method(const struct sip_req *req)
{
    return req->method;
}

size_t sip_req_flows(const struct sip_req *req, const struct sip_flow **out)
{
    *out = req->flows;
    return req->n_flows;
}

const struct sip_flow *sip_req_flow(const struct sip_req *req)
{
    return &req->flows[req->at];
}

struct sip_tx *sip_req_tx(const struct sip_req *req)
{
    return req->tx;
}

void sip_req_tell(struct sip_req *req, unsigned told, const struct sip_msg *msg, int err,
                  uint64_t now_ms)
{
    if (req->user)
        req->user(req->arg, req, told, msg, err, now_ms);
}

/* --- the message ------------------------------------------------------------------------------ */

/* The whole message is printed once and cut around its Via, the only thing in it that depends on
 * the way it goes. */
static int split(struct sip_req *req, struct slice text)
{
    struct slice rest = text;
    size_t via_at;

    slice_cut(&rest, '\n'); /* Via stands first, behind the request line */
    via_at = text.n - rest.n;
    slice_cut(&rest, '\n');
    buf_clear(&req->head);
    buf_clear(&req->tail);
    buf_put(&req->head, slice_head(text, via_at));
    buf_put(&req->tail, rest);
    return buf_ok(&req->head) && buf_ok(&req->tail) ? 0 : -ENOMEM;
}

int sip_req_set(struct sip_req *req, const struct sip_request *message, uint64_t now_ms)
{
    struct sip_request whole = *message;
    struct buf b = buf_new(SIP_MAX_MESSAGE);
    int err;

    whole.transport = SIP_UDP;
    whole.sent_by = (struct ip){.family = 4, .bytes = {192, 0, 2, 1}};
    whole.branch = SLICE(SIP_BRANCH_COOKIE);
    whole.user_agent = slice_of(req->ep->config.user_agent);
    err = sip_build_request(&b, &whole);
    if (!err)
        err = split(req, buf_slice(&b));
    buf_free(&b);
    req->cseq = message->cseq;
    if (!err && req->n_flows)
        err = sip_req_send(req, now_ms);
    return err;
}

static void put_via(struct sip_req *req, struct buf *b, const struct sip_flow *flow)
{
    buf_puts(b, "Via: SIP/2.0/");
    buf_put(b, sip_transport_name(flow->transport));
    buf_putc(b, ' ');
    ip_put_with_port(b, &flow->local);
    buf_puts(b, ";branch=");
    buf_puts(b, req->branch);
    buf_puts(b, ";rport\r\n");
}

static int print(struct sip_req *req, const struct sip_flow *flow, struct buf *b)
{
    struct rng *rng = req->ep->config.rng;

    /* A new target is a new transaction; the ACK to a 2xx keeps its one branch. */
    if (req->method != SIP_ACK || !req->branch[0]) {
        size_t n = sizeof SIP_BRANCH_COOKIE - 1;

        for (size_t i = 0; i < n; i++)
            req->branch[i] = SIP_BRANCH_COOKIE[i];
        rng_token(rng, req->branch + n, BRANCH_RANDOM);
    }
    buf_put(b, buf_slice(&req->head));
    put_via(req, b, flow);
    buf_put(b, buf_slice(&req->lines));
    buf_put(b, buf_slice(&req->tail));
    return buf_ok(b) ? 0 : -ENOMEM;
}

/* --- sending ---------------------------------------------------------------------------------- */

/* What the present target has shown of itself; by_size it was asked over a transport that its place
 * does not promise. Who could not prove himself is not avoided, as ways that are less safe would
 * then come before his. */
static void judge(struct sip_req *req, unsigned told, const struct sip_msg *msg, int err,
                  uint64_t now_ms)
{
    const struct sip_flow *flow = &req->flows[req->at];
    bool answered = told & SIP_TX_TOLD_MESSAGE, over = told & SIP_TX_TOLD_OVER;

    if ((req->by_size && !req->refused) || err == SIP_NOT_SAFE)
        return;
    if (answered && msg->status != 503)
        sip_avoid_remove(&req->ep->avoid, flow);
    else if (answered || (over && told & SIP_TX_TOLD_FAILED) ||
             (over && told & SIP_TX_TOLD_TIMEOUT && !req->heard))
        sip_avoid_add(&req->ep->avoid, flow, now_ms);
}

static void on_tx(void *arg, struct sip_tx *tx, unsigned told, const struct sip_msg *msg, int err,
                  uint64_t now_ms)
{
    struct sip_req *req = arg;
    unsigned say = told & SIP_TX_TOLD_MESSAGE ? SIP_REQ_RESPONSE : 0;
    bool more = req->at + 1 < req->n_flows;

    judge(req, told, msg, err, now_ms);
    if (told & SIP_TX_TOLD_MESSAGE)
        sip_core_note_connection(req->ep, &req->flows[req->at]);
    if (told & SIP_TX_TOLD_OVER)
        req->tx = NULL;
    if (told & SIP_TX_TOLD_MESSAGE && (msg->status == 401 || msg->status == 407)) {
        struct sip_tx *before = req->tx;

        req->tx = NULL;
        if (sip_req_challenged(req, msg, now_ms)) {
            sip_tx_set_user(tx, NULL, NULL);
            return;
        }
        req->tx = before;
    }
    /* RFC 3263 4.3: 503 counts as a server that cannot be reached, if there is another one; so does
     * one that was never heard. */
    if (told & SIP_TX_TOLD_MESSAGE && msg->status == 503 && more) {
        sip_tx_set_user(tx, NULL, NULL);
        req->tx = NULL;
        advance(req, now_ms);
        return;
    }
    if (told & SIP_TX_TOLD_TIMEOUT && told & SIP_TX_TOLD_OVER && !req->heard && more) {
        advance(req, now_ms);
        return;
    }
    req->heard |= told & SIP_TX_TOLD_MESSAGE;
    if (told & SIP_TX_TOLD_FAILED && told & SIP_TX_TOLD_OVER) {
        next_target(req, err, now_ms);
        return;
    }
    say |= told & SIP_TX_TOLD_TIMEOUT ? SIP_REQ_TIMEOUT : 0;
    say |= told & SIP_TX_TOLD_OVER ? SIP_REQ_OVER : 0;
    sip_req_tell(req, say, msg, 0, now_ms);
}

static int start(struct sip_req *req, const struct sip_flow *flow, struct slice bytes,
                 uint64_t now_ms)
{
    if (req->method == SIP_ACK)
        return sip_out_send(&req->ep->out, req->key, flow, SIP_SEND_REQUEST, bytes);
    return sip_tx_client_new(&req->ep->txs, flow, bytes, on_tx, req, &req->tx, now_ms);
}

/* RFC 3261 18.1.1: what is long goes over a transport with congestion control. */
int sip_req_send(struct sip_req *req, uint64_t now_ms)
{
    struct sip_flow flow = req->flows[req->at];
    struct buf b = buf_new(SIP_MAX_MESSAGE);
    int err = req->only_tls && flow.transport != SIP_TLS ? -EPROTONOSUPPORT : 0;

    if (!err)
        err = sip_req_make_credentials(req, &flow);
    if (!err)
        err = print(req, &flow, &b);

    if (!err && flow.transport == SIP_UDP && b.n > SIP_MAX_UDP_REQUEST && !req->refused) {
        flow.transport = SIP_TCP;
        flow.connection = 0;
        req->by_size = true;
        buf_clear(&b);
        err = print(req, &flow, &b);
    }
    if (!err)
        err = start(req, &flow, buf_slice(&b), now_ms);
    buf_free(&b);
    return err;
}

static void send_or_tell(struct sip_req *req, uint64_t now_ms)
{
    int err = sip_req_send(req, now_ms);

    if (err)
        sip_req_tell(req, SIP_REQ_FAILED | SIP_REQ_OVER, NULL, err, now_ms);
}

/* RFC 3263 4.3: the same request with another branch, in a new transaction. What its owner made for
 * one address of ours does not fit another, nor does a Contact of one transport fit another: then
 * the owner makes it anew. */
static void advance(struct sip_req *req, uint64_t now_ms)
{
    const struct sip_flow *before = &req->flows[req->at++], *next = &req->flows[req->at];

    req->by_size = req->refused = req->heard = false;
    if (!req->place_first ||
        (before->transport == next->transport && ip_same_host(&before->local, &next->local))) {
        send_or_tell(req, now_ms);
        return;
    }
    buf_clear(&req->head);
    buf_clear(&req->tail);
    sip_req_tell(req, SIP_REQ_LOCATED, NULL, 0, now_ms);
}

/* Of all that may go wrong this is what a person must hear of, whatever the next one says. Whoever
 * steps in between must not have us by anything less either, so only TLS is tried from here on. */
static void note_not_safe(struct sip_req *req)
{
    size_t n = req->at + 1;

    req->not_safe = true;
    for (size_t i = n; i < req->n_flows; i++)
        if (req->flows[i].transport == SIP_TLS)
            req->flows[n++] = req->flows[i];
    req->n_flows = n;
}

/* Where TCP is refused that was taken only for the size, UDP is tried after all (18.1.1). */
static void next_target(struct sip_req *req, int err, uint64_t now_ms)
{
    struct sip_flow *flow = &req->flows[req->at];

    if (err == SIP_NOT_SAFE)
        note_not_safe(req);
    if (req->by_size && !req->refused && flow->transport == SIP_UDP) {
        req->refused = true;
        send_or_tell(req, now_ms);
        return;
    }
    if (req->at + 1 < req->n_flows) {
        advance(req, now_ms);
        return;
    }
    if (req->method == SIP_ACK) {
        req->by_size = req->refused = false;
        req->n_flows = 0; /* the next copy of the 2xx asks again */
        req->at = 0;
        return;
    }
    if (req->not_safe)
        err = SIP_NOT_SAFE;
    sip_req_tell(req, SIP_REQ_FAILED | SIP_REQ_OVER, NULL, err, now_ms);
}

void sip_req_send_failed(struct sip_req *req, int err, uint64_t now_ms)
{
    if (req->method == SIP_ACK && req->n_flows)
        next_target(req, err, now_ms);
}

void sip_req_again(struct sip_req *req, uint64_t now_ms)
{
    if (req->n_flows)
        sip_req_send(req, now_ms);
    else if (!req->waiting && req->hop)
        sip_req_locate(req, slice_of(req->hop), NULL, now_ms);
}

void sip_req_no_more_targets(struct sip_req *req)
{
    req->unwanted = true;
    req->refused = true; /* UDP after TCP is another try too */
    if (req->n_flows)
        req->n_flows = req->at + 1;
}

void sip_req_set_dialog(struct sip_req *req, struct sip_dialog *dlg)
{
    req->dlg = dlg;
}

const struct sip_dialog *sip_req_dialog(const struct sip_req *req)
{
    return req->dlg;
}

void sip_req_cancel(struct sip_req *req, uint64_t now_ms)
{
    struct buf b = buf_new(SIP_MAX_MESSAGE);
    struct sip_tx *cancel;

    req->unwanted = true;
    /* RFC 3261 9.1: the same way as the INVITE. Without memory none is sent, and the time that it
     * has (64*T1) ends the INVITE. */
    if (req->tx && !sip_build_cancel(&b, sip_tx_bytes(req->tx)))
        sip_tx_client_new(&req->ep->txs, sip_tx_flow(req->tx), buf_slice(&b), NULL, NULL, &cancel,
                          now_ms);
    buf_free(&b);
}

/* --- the place -------------------------------------------------------------------------------- */

int sip_req_locate(struct sip_req *req, struct slice uri_text, const struct sip_flow *hint,
                   uint64_t now_ms)
{
    struct sip_locate where;
    struct sip_uri uri;
    int err = sip_uri_parse(uri_text, &uri);

    if (!err)
        err = sip_locate_uri(&uri, &where);
    if (err)
        return err;
    if (hint && sip_locate_is_flow(&where, hint)) {
        req->flows[0] = *hint;
        req->n_flows = 1;
        req->at = 0;
        return req->tail.n ? sip_req_send(req, now_ms) : 0;
    }
    if (!req->hop || !slice_eq(slice_of(req->hop), uri_text)) {
        free(req->hop);
        req->hop = slice_dup(uri_text);
        if (!req->hop)
            return -ENOMEM;
    }
    err = sip_out_locate(&req->ep->out, req->key, where.host, where.port, where.transport,
                         where.secure, req->trust);
    req->waiting = !err;
    return err;
}

int sip_req_place(struct sip_req *req, const struct sip_flow *flows, size_t n, uint64_t now_ms)
{
    req->n_flows = n < SIP_MAX_TARGETS ? n : SIP_MAX_TARGETS;
    req->at = 0;
    for (size_t i = 0; i < req->n_flows; i++)
        req->flows[i] = flows[i];
    req->place_first = req->tail.n == 0;
    return req->place_first ? 0 : sip_req_send(req, now_ms);
}

void sip_req_located(struct sip_req *req, const struct sip_flow *flows, size_t n, int err,
                     uint64_t now_ms)
{
    req->waiting = false;
    if (!n && req->method == SIP_ACK)
        return; /* the next copy of the 2xx asks again */
    if (!n) {
        sip_req_tell(req, SIP_REQ_NOT_FOUND | SIP_REQ_OVER, NULL, err ? err : -ENOENT, now_ms);
        return;
    }
    req->n_flows = n < SIP_MAX_TARGETS ? n : SIP_MAX_TARGETS;
    req->at = 0;
    for (size_t i = 0; i < req->n_flows; i++) {
        req->flows[i] = flows[i];
        if (req->dlg)
            sip_dialog_remember(req->dlg, &flows[i].remote);
    }
    sip_avoid_sort(&req->ep->avoid, req->flows, req->n_flows, now_ms);
    req->place_first = req->tail.n == 0;
    if (!req->place_first)
        send_or_tell(req, now_ms);
    else
        sip_req_tell(req, SIP_REQ_LOCATED, NULL, 0, now_ms);
}

void sip_req_connection_lost(struct sip_req *req, uint64_t connection)
{
    for (size_t i = 0; i < req->n_flows; i++)
        if (req->flows[i].connection == connection)
            req->flows[i].connection = 0;
}
