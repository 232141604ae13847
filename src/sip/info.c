/* sip/info.c - INFO in a call: keys that are pressed, both ways (RFC 6086 in its legacy use). */
#include <errno.h>

#include "sip/core.h"
#include "sip/digit.h"

/* --- theirs ----------------------------------------------------------------------------------- */

/* RFC 6086 4.2.2: a body that we do not know is refused with what we do. */
static void refuse_type(struct sip_call *call, struct sip_tx *tx, uint64_t now_ms)
{
    struct sip_extra extra = {SLICE("Accept"), SLICE("application/dtmf-relay, application/dtmf")};
    struct sip_response response = {
        .status = 415, .to_tag = slice_of(call->tag), .extra = &extra, .n_extra = 1};

    sip_server_respond(call->ep, tx, &response, now_ms);
}

static bool tell_digit(struct sip_call *call, const struct sip_digit *digit)
{
    struct sip_call_event event = {
        .kind = SIP_CALL_DIGIT, .digit = digit->digit, .digit_ms = digit->ms};

    return sip_call_try_tell(call, &event);
}

void sip_info_asked(struct sip_call *call, struct sip_tx *tx, const struct sip_msg *msg,
                    uint64_t now_ms)
{
    struct sip_response ok = {.status = 200, .to_tag = slice_of(call->tag)};
    struct sip_digit digit;
    int err = sip_digit_read(msg, &digit);

    if (call->state == SIP_CALL_OVER)
        sip_server_reject(call->ep, tx, 481, now_ms);
    else if (err == -ENOTSUP)
        refuse_type(call, tx, now_ms);
    else if (err == -EBADMSG)
        sip_server_reject(call->ep, tx, 400, now_ms);
    else if (!err && call->state == SIP_CALL_UP && !tell_digit(call, &digit))
        sip_server_reject(call->ep, tx, 503, now_ms);
    else
        sip_server_respond(call->ep, tx, &ok, now_ms);
}

bool sip_info_is_allowed(const struct sip_msg *msg)
{
    struct sip_values values = sip_msg_values(msg, SIP_HDR_ALLOW);
    struct slice value;

    while (sip_values_next(&values, &value))
        if (slice_eq(value, SLICE("INFO")))
            return true;
    return false;
}

void sip_info_over(struct sip_call *call)
{
    sip_call_wait(call, SIP_WAIT_DIGIT, NEVER_MS);
    LIST_EACH (&call->reqs, at)
        if (sip_req_method(sip_req_of(at)) == SIP_INFO)
            sip_req_stop(sip_req_of(at));
}

/* --- ours ------------------------------------------------------------------------------------- */

/* A key is not worth a call: without memory to tell it now, it is told later. */
static void tell_sent(struct sip_call *call, const struct sip_call_event *event, uint64_t now_ms)
{
    if (call->state != SIP_CALL_UP || sip_call_try_tell(call, event))
        return;
    call->digit_status = event->status;
    call->digit_err = event->err;
    sip_call_wait(call, SIP_WAIT_DIGIT, now_ms + SIP_TELL_AGAIN_MS);
}

void sip_info_again(struct sip_call *call, uint64_t now_ms)
{
    struct sip_call_event event = {
        .kind = SIP_CALL_DIGIT_SENT, .status = call->digit_status, .err = call->digit_err};

    tell_sent(call, &event, now_ms);
}

static void on_info(void *arg, struct sip_req *req, unsigned told, const struct sip_msg *msg,
                    int err, uint64_t now_ms)
{
    struct sip_call *call = arg;
    struct sip_call_event event = {.kind = SIP_CALL_DIGIT_SENT, .err = err};

    if (told & SIP_REQ_RESPONSE && msg->status >= 200)
        event.status = msg->status;
    else if (told & SIP_REQ_OVER)
        event.status = 408;
    else
        return;
    sip_req_free(req);
    tell_sent(call, &event, now_ms);
    sip_call_settle(call, now_ms);
}

int sip_call_digit(struct sip_call *call, char digit, unsigned ms, uint64_t now_ms)
{
    struct sip_digit what = {digit, ms};
    struct buf body = buf_new(64);
    struct sip_request message = {.content_type = SLICE(SIP_DIGIT_TYPE)};
    struct sip_req *req = NULL;

    if (call->state != SIP_CALL_UP || !call->dialog)
        return -ENOTCONN;
    sip_digit_put(&body, &what);
    message.body = buf_slice(&body);
    if (buf_ok(&body))
        req = sip_call_request_with(call, call->dialog, SIP_INFO, 0, &message, on_info, now_ms);
    buf_free(&body);
    sip_core_sweep(call->ep);
    return req ? 0 : -ENOMEM;
}
