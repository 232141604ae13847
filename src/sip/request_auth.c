/* sip/request_auth.c - a request that is challenged: credentials, the next try, waiting for a
 * password (RFC 3261 22.2, 22.3). */
#include <errno.h>
#include <string.h>

#include "sip/account_core.h"
#include "sip/request_core.h"

void sip_req_use_account(struct sip_req *req, struct sip_account *account, bool registrar)
{
    req->account = account;
    req->registrar = registrar;
}

void sip_req_trust_only(struct sip_req *req, const struct ip *server)
{
    req->restricted = true;
    req->server = *server;
}

struct sip_account *sip_req_account(const struct sip_req *req)
{
    return req->account;
}

void sip_req_forget_account(struct sip_req *req, const struct sip_account *account)
{
    if (req->account == account)
        req->account = NULL;
}

enum sip_req_credentials sip_req_credentials(const struct sip_req *req, struct slice *why)
{
    *why = buf_slice(&req->why);
    return req->credentials;
}

void sip_req_auth_free(struct sip_req *req)
{
    buf_free(&req->lines);
    buf_free(&req->why);
    sip_msg_free(req->challenge);
}

/* --- what it carries -------------------------------------------------------------------------- */

/* In a dialog others say where requests go: without Record-Route straight to the phone that was
 * called, which is to learn nothing of what only our server may know. */
static bool may_carry(const struct sip_req *req, const struct sip_flow *flow)
{
    if (!req->account)
        return false;
    if (!req->restricted || (req->server.family && ip_same(&flow->remote, &req->server)))
        return true;
    return req->dlg && req->dlg->n_routes && sip_account_trusts(req->account, &flow->remote);
}

static struct slice body_of(struct slice tail)
{
    while (tail.n > 0) {
        struct slice line = slice_cut(&tail, '\n');

        if (slice_eq(line, SLICE("\r")))
            break;
    }
    return tail;
}

int sip_req_make_credentials(struct sip_req *req, const struct sip_flow *flow)
{
    struct slice line = buf_slice(&req->head), method, uri;
    int err;

    if (req->method == SIP_ACK && may_carry(req, flow))
        return 0;
    buf_clear(&req->lines);
    memset(req->tries.carried, 0, sizeof req->tries.carried);
    if (req->method == SIP_ACK || !may_carry(req, flow))
        return 0;
    method = slice_cut(&line, ' ');
    uri = slice_cut(&line, ' ');
    err = sip_auth_put(sip_account_auth(req->account), &req->tries, &req->lines, method, uri,
                       body_of(buf_slice(&req->tail)));
    if (req->lines.n)
        req->credentials = SIP_REQ_GIVEN;
    return err;
}

void sip_req_copy_credentials(struct sip_req *ack, const struct sip_req *invite)
{
    ack->account = invite->account;
    ack->restricted = true;
    ack->server = invite->restricted ? invite->server : sip_req_flow(invite)->remote;
    buf_put(&ack->lines, buf_slice(&invite->lines));
    if (!buf_ok(&ack->lines))
        buf_clear(&ack->lines);
}

/* --- the next try ----------------------------------------------------------------------------- */

/* Our own print of it: the first line that begins so is the header. */
static size_t find_cseq(struct slice tail)
{
    struct slice rest = tail;

    while (rest.n > 0 && !slice_starts(rest, SLICE("CSeq: ")))
        slice_cut(&rest, '\n');
    return tail.n - rest.n;
}

/* RFC 3261 22.2: the same request with a CSeq number that is higher by one. */
static int renumber(struct sip_req *req)
{
    struct buf tail = buf_new(SIP_MAX_MESSAGE);
    size_t at = find_cseq(buf_slice(&req->tail));
    struct slice rest = slice_skip(buf_slice(&req->tail), at);

    slice_cut(&rest, '\n');
    req->cseq = req->dlg ? ++req->dlg->local_seq : req->cseq + 1;
    buf_put(&tail, slice_head(buf_slice(&req->tail), at));
    buf_printf(&tail, "CSeq: %u %" PRI_SLICE "\r\n", (unsigned)req->cseq,
               ARG_SLICE(sip_method_name(req->method)));
    buf_put(&tail, rest);
    if (!buf_ok(&tail)) {
        buf_free(&tail);
        return -ENOMEM;
    }
    buf_free(&req->tail);
    req->tail = tail;
    return 0;
}

static void try_again(struct sip_req *req, uint64_t now_ms)
{
    int err = renumber(req);

    req->heard = false;
    if (!err)
        err = sip_req_send(req, now_ms);
    if (err)
        sip_req_tell(req, SIP_REQ_FAILED | SIP_REQ_OVER, NULL, err, now_ms);
}

/* Without memory it has failed like one that could not be sent: another try may do better, which
 * after a refusal nobody would make. */
static void fall_short(struct sip_req *req, uint64_t now_ms)
{
    sip_req_tell(req, SIP_REQ_FAILED | SIP_REQ_OVER, NULL, -ENOMEM, now_ms);
}

/* A person may be asked, which takes its time; in a dialog nobody waits for that. False: its user
 * is to be told of the challenge. */
static bool park(struct sip_req *req, const struct sip_msg *msg, uint64_t now_ms)
{
    req->credentials = SIP_REQ_NO_PASSWORD;
    if (req->dlg)
        return false;
    if (!sip_msg_copy(msg, &req->challenge) && sip_account_wants_password(req->account))
        return true;
    sip_msg_free(req->challenge);
    req->challenge = NULL;
    fall_short(req, now_ms);
    return true;
}

bool sip_req_challenged(struct sip_req *req, const struct sip_msg *msg, uint64_t now_ms)
{
    enum sip_auth_verdict verdict;

    if (req->unwanted)
        return false;
    buf_clear(&req->why);
    if (!may_carry(req, &req->flows[req->at])) {
        if (!req->account)
            return false;
        req->credentials = SIP_REQ_CANNOT;
        buf_puts(&req->why, "it is not our server that asks");
        return false;
    }
    verdict = sip_auth_challenged(sip_account_auth(req->account), msg, req->registrar, &req->tries,
                                  &req->why);
    switch (verdict) {
    case SIP_AUTH_AGAIN:
        try_again(req, now_ms);
        return true;
    case SIP_AUTH_WAIT:
        return park(req, msg, now_ms);
    case SIP_AUTH_SHORT:
        fall_short(req, now_ms);
        return true;
    case SIP_AUTH_REFUSED:
        req->credentials = SIP_REQ_REFUSED;
        return false;
    case SIP_AUTH_CANNOT:
        req->credentials = SIP_REQ_CANNOT;
        return false;
    }
    return false;
}

bool sip_req_waits_for_password(const struct sip_req *req)
{
    return req->challenge != NULL;
}

void sip_req_password(struct sip_req *req, int err, uint64_t now_ms)
{
    struct sip_msg *challenge = req->challenge;

    if (!challenge)
        return;
    req->challenge = NULL;
    if (err == -ENOMEM) {
        fall_short(req, now_ms);
    } else if (!err && req->account && !req->unwanted) {
        req->credentials = SIP_REQ_UNASKED;
        try_again(req, now_ms);
    } else {
        sip_req_tell(req, SIP_REQ_RESPONSE | SIP_REQ_OVER, challenge, 0, now_ms);
    }
    sip_msg_free(challenge);
}
