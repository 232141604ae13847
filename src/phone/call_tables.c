/* The life of a call as a table, and what its end means to a person and a script. */
#include <errno.h>
#include <string.h>

#include "phone/account.h"
#include "phone/call.h"
#include "phone/phone_private.h"
#include "phone/phone_tls.h"

/* clang-format off */
/* An empty cell is an input that no longer matters in that state, or that SIP cannot give there. A
 * state of 0 stays. "SIP ended" leads to the tone or the closing of the stream from everywhere. */
const struct call_cell call_table[N_CALL_STATES][N_CALL_INPUTS] = {
    [CALL_REGISTERING] = {
        [CALL_REGISTERED]     = {CALL_LOCATING, 0},
        [CALL_NOT_REGISTERED] = {CALL_CLOSING,  DO_CLOSE},
        [CALL_TIME_IS_OVER]   = {0,             DO_TELL_WAITING},
        [CALL_DO_HANG_UP]     = {CALL_CLOSING,  DO_HANG_UP | DO_CLOSE}, /* nothing has left yet */
    },
    [CALL_LOCATING] = {
        [CALL_OFFER_WANTED]  = {CALL_CALLING,   DO_OFFER | DO_TELL_CALLING},
        [CALL_DO_HANG_UP]    = {0,              DO_HANG_UP},
        [CALL_SIP_ENDED]     = {CALL_CLOSING,   DO_NOTE_END | DO_CLOSE},
    },
    [CALL_CALLING] = {
        [CALL_OFFER_WANTED]  = {0,              DO_OFFER | DO_TELL_CALLING}, /* next place */
        [CALL_PROGRESS]      = {CALL_ALERTING,  DO_RINGBACK | DO_TELL_RINGING},
        [CALL_PROGRESS_SDP]  = {CALL_EARLY,     DO_TAKE_ANSWER | DO_RINGBACK | DO_EARLY | DO_TELL_RINGING},
        [CALL_ANSWERED]      = {CALL_UP,        DO_TAKE_ANSWER | DO_CONNECT | DO_SETTLED},
        [CALL_TIME_IS_OVER]  = {0,              DO_TELL_WAITING},
        [CALL_DO_HANG_UP]    = {0,              DO_HANG_UP},
        [CALL_SIP_ENDED]     = {CALL_CLOSING,   DO_NOTE_END | DO_CLOSE},
        [CALL_SIP_BUSY]      = {CALL_TONE,      DO_NOTE_END | DO_BUSY_TONE},
    },
    [CALL_ALERTING] = {
        [CALL_OFFER_WANTED]  = {CALL_CALLING,   DO_OFFER | DO_TELL_CALLING},
        [CALL_PROGRESS]      = {0,              DO_RINGBACK | DO_TELL_RINGING},
        [CALL_PROGRESS_SDP]  = {CALL_EARLY,     DO_TAKE_ANSWER | DO_RINGBACK | DO_EARLY | DO_TELL_RINGING},
        [CALL_ANSWERED]      = {CALL_UP,        DO_TAKE_ANSWER | DO_CONNECT | DO_SETTLED},
        [CALL_DO_HANG_UP]    = {0,              DO_HANG_UP},
        [CALL_SIP_ENDED]     = {CALL_CLOSING,   DO_NOTE_END | DO_CLOSE},
        [CALL_SIP_BUSY]      = {CALL_TONE,      DO_NOTE_END | DO_BUSY_TONE},
    },
    [CALL_EARLY] = {
        [CALL_OFFER_WANTED]  = {CALL_CALLING,   DO_OFFER | DO_TELL_CALLING},
        [CALL_PROGRESS]      = {0,              DO_RINGBACK | DO_TELL_RINGING},
        [CALL_PROGRESS_SDP]  = {0,              DO_TAKE_ANSWER | DO_RINGBACK | DO_EARLY | DO_TELL_RINGING},
        [CALL_ANSWERED]      = {CALL_UP,        DO_TAKE_ANSWER | DO_CONNECT | DO_SETTLED},
        [CALL_DO_HANG_UP]    = {0,              DO_HANG_UP},
        [CALL_SIP_ENDED]     = {CALL_CLOSING,   DO_NOTE_END | DO_CLOSE},
        [CALL_SIP_BUSY]      = {CALL_TONE,      DO_NOTE_END | DO_BUSY_TONE},
    },
    [CALL_INCOMING] = {
        [CALL_DO_RING]       = {0,              DO_RING},
        [CALL_DO_ANSWER]     = {CALL_ANSWERING, DO_ACCEPT},
        [CALL_DO_REJECT]     = {CALL_REFUSED,   DO_REJECT},
        [CALL_DO_HANG_UP]    = {CALL_REFUSED,   DO_REJECT},
        [CALL_NOT_OURS]      = {CALL_REFUSED,   DO_REJECT},
        [CALL_SIP_ENDED]     = {CALL_CLOSING,   DO_NOTE_END | DO_CLOSE},
    },
    [CALL_REFUSED] = {
        [CALL_SIP_ENDED]     = {CALL_CLOSING,   DO_NOTE_END | DO_CLOSE},
    },
    [CALL_ANSWERING] = {
        [CALL_ACKED]         = {CALL_UP,        DO_TAKE_ANSWER | DO_CONNECT | DO_MAY_SEND | DO_SETTLED},
        [CALL_MOVED]         = {0,              DO_MOVE},        /* its offer waits for the ACK */
        [CALL_TIME_IS_OVER]  = {0,              DO_MOVE_AGAIN},
        [CALL_DO_HANG_UP]    = {0,              DO_HANG_UP},
        [CALL_SIP_ENDED]     = {CALL_CLOSING,   DO_NOTE_END | DO_CLOSE},
    },
    [CALL_UP] = {
        [CALL_OFFER_WANTED]  = {0,              DO_OFFER},       /* theirs without one, or a 491 */
        [CALL_ACKED]         = {0,              DO_TAKE_ANSWER | DO_SETTLED},
        [CALL_REOFFER]       = {0,              DO_REOFFER | DO_SETTLED},
        [CALL_ANSWER]        = {0,              DO_TAKE_ANSWER | DO_SETTLED},
        [CALL_OFFER_REFUSED] = {0,              DO_REFUSED},
        [CALL_MOVED]         = {0,              DO_MOVE},
        [CALL_TIME_IS_OVER]  = {0,              DO_MOVE_AGAIN},
        [CALL_DO_HOLD]       = {0,              DO_HOLD},
        [CALL_DO_RESUME]     = {0,              DO_RESUME},
        [CALL_DO_HANG_UP]    = {0,              DO_HANG_UP},
        [CALL_SIP_ENDED]     = {CALL_CLOSING,   DO_NOTE_END | DO_CLOSE},
    },
    [CALL_TONE] = {
        [CALL_DO_HANG_UP]    = {CALL_CLOSING,   DO_CLOSE},
        [CALL_TIME_IS_OVER]  = {CALL_CLOSING,   DO_CLOSE},
        [CALL_DEVICE_FAILED] = {CALL_CLOSING,   DO_CLOSE},       /* nobody hears it */
    },
    [CALL_CLOSING] = {
        [CALL_MEDIA_CLOSED]  = {CALL_GONE,      DO_TELL_ENDED},
    },
};

/* What a refusal means; rows are looked at from above, a span of statuses each. */
static const struct refusal {
    unsigned first, last;
    enum phone_outcome outcome;
    const char *words;
} refusals[] = {
    {486, 486, PHONE_BUSY,        "the other side is busy"},
    {600, 600, PHONE_BUSY,        "the other side is busy everywhere"},
    {603, 603, PHONE_DECLINED,    "the other side declined the call"},
    {607, 608, PHONE_DECLINED,    "the other side does not want such calls"},
    {408, 408, PHONE_NO_ANSWER,   "nobody answered in time"},
    {480, 480, PHONE_NO_ANSWER,   "the other side is not available now; try again later"},
    {487, 487, PHONE_NO_ANSWER,   "the call was given up before anybody answered"},
    {404, 404, PHONE_NOT_FOUND,   "there is nobody of that name; check what stands before the @"},
    {604, 604, PHONE_NOT_FOUND,   "there is nobody of that name anywhere; check the address"},
    {410, 410, PHONE_NOT_FOUND,   "this address is no longer in use"},
    {484, 484, PHONE_NOT_FOUND,   "the number or name is not complete"},
    {401, 401, PHONE_NOT_ALLOWED, "the other side asks for a password; this call has no account"},
    {407, 407, PHONE_NOT_ALLOWED, "a server on the way asks for a password; this call has no account"},
    {403, 403, PHONE_NOT_ALLOWED, "the server refused the call; it may want an account or password"},
    {502, 504, PHONE_UNREACHABLE, "the other side, or a server on the way to it, takes no calls now; try again later"},
    {300, 399, PHONE_FAILED,      "the other side is to be called elsewhere, and no other address worked"},
    {406, 406, PHONE_FAILED,      "the other side and we have no codec in common; see --codec"},
    {488, 488, PHONE_FAILED,      "the other side and we have no codec in common (see --codec), or it takes only encrypted calls"},
    {606, 606, PHONE_FAILED,      "the other side and we have no codec in common; see --codec"},
    {415, 415, PHONE_FAILED,      "the other side does not understand our offer"},
    {420, 420, PHONE_FAILED,      "the other side asks for an extension that we do not have"},
    {421, 421, PHONE_FAILED,      "the other side asks for an extension that we do not have"},
    {482, 483, PHONE_FAILED,      "the call went round in circles between servers"},
    {500, 500, PHONE_FAILED,      "the other side has a trouble of its own; try again later"},
    {501, 501, PHONE_FAILED,      "what answers there does not take calls"},
    {513, 513, PHONE_FAILED,      "our message was too big for the other side"},
    {400, 699, PHONE_FAILED,      "the other side refused the call"},
};
/* clang-format on */

static void put_refusal(const struct call *call, const struct refusal *r, struct buf *text)
{
    struct account *account = call->account;

    if (call->end.unanswerable)
        buf_puts(text, "a server asks for a password in a way that is not answered");
    else if (account && call->outgoing && r->outcome == PHONE_NOT_ALLOWED)
        account_explain_call(account, call->end.status,
                             sip_account_serves(account->sip, slice_of(call->uri)), text);
    else if (r->first == 488 && call_encryption(call) == SDP_ENCRYPT_REQUIRE)
        buf_puts(text, "the other side takes no encrypted call, or has no codec in common with us");
    else
        buf_puts(text, r->words);
}

static enum phone_outcome outcome_of_refusal(const struct call *call, struct buf *text)
{
    unsigned status = call->end.status;

    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        const struct refusal *r = &refusals[i];

        if (status < r->first || status > r->last)
            continue;
        put_refusal(call, r, text);
        buf_printf(text, " (%u", status);
        if (call->end.reason && *call->end.reason)
            buf_printf(text, " %s", call->end.reason);
        buf_putc(text, ')');
        return r->outcome;
    }
    buf_puts(text, "the other side refused the call");
    return PHONE_FAILED;
}

/* What sockets say, in words that name the remedy. */
static void put_unreachable(const struct call *call, struct buf *text)
{
    char where[IP_TEXT_MAX];
    const char *at = call->flow.remote.family ? ip_text(&call->flow.remote, where) : "that address";

    switch (call->end.err) {
    case SIP_NOT_SAFE:
        buf_printf(text, "the way there is not safe: %s",
                   phone_tls_fault(call->phone, &call->flow));
        break;
    case -EPROTONOSUPPORT:
        buf_puts(text, "sips: asks for TLS, and the way to it is another one; it is not called by "
                       "anything less");
        break;
    case -ECONNREFUSED:
        buf_printf(text, "nobody takes calls at %s (connection refused); check address and port",
                   at);
        break;
    case -ENETUNREACH:
    case -EHOSTUNREACH:
    case -EADDRNOTAVAIL:
    case -EAFNOSUPPORT:
        buf_printf(text, "there is no way from here to %s (%s); check the network", at,
                   strerror(-call->end.err));
        break;
    case -ETIMEDOUT:
        buf_printf(text, "%s does not answer (timed out); check the address, or a firewall", at);
        break;
    default:
        buf_printf(text, "%s cannot be reached", at);
        if (call->end.err)
            buf_printf(text, " (%s)", strerror(-call->end.err));
    }
}

/* Looking for the host gave nothing to send to: no such name, or none of its addresses will do. */
static enum phone_outcome not_found(const struct call *call, struct buf *text)
{
    switch (call->end.err) {
    case -ETIMEDOUT:
    case -EAGAIN:
        buf_puts(text,
                 "the name server did not answer; check the network, or call by numeric address");
        return PHONE_NOT_FOUND;
    case -ENETUNREACH:
    case -EHOSTUNREACH:
    case -EADDRNOTAVAIL:
    case -EAFNOSUPPORT:
    case -EACCES: /* a broadcast address */
        buf_printf(text,
                   "there is no way to that host from where we listen (%s); check --listen "
                   "and the network",
                   strerror(-call->end.err));
        return PHONE_UNREACHABLE;
    case -EPROTONOSUPPORT:
        buf_puts(text, "it cannot be called in the way it asks for; we speak UDP where we listen, "
                       "TCP and TLS");
        return PHONE_UNREACHABLE;
    default:
        buf_printf(text, "no address was found for the host of %s; check its spelling",
                   call->peer ? call->peer : "this call");
        return PHONE_NOT_FOUND;
    }
}

static enum phone_outcome ended_by_us(const struct call *call, struct buf *text)
{
    if (call->answered) {
        buf_puts(text, "we hung up");
        return PHONE_OK;
    }
    if (call->outgoing) {
        buf_puts(text, "given up before the answer");
        return PHONE_INTERRUPTED;
    }
    buf_puts(text, "refused by us");
    if (call->end.status)
        buf_printf(text, " (%u)", call->end.status);
    return PHONE_REFUSED;
}

static enum phone_outcome timed_out(const struct call *call, struct buf *text)
{
    char where[IP_TEXT_MAX];

    if (call->answered) {
        buf_puts(text, "the other side no longer answers");
        return PHONE_FAILED;
    }
    buf_printf(text, "nothing was heard from %s; check the address, or a firewall",
               call->flow.remote.family ? ip_text(&call->flow.remote, where) : "the other side");
    return PHONE_NO_ANSWER;
}

static enum phone_outcome own_fault(const struct call *call, const char *otherwise,
                                    struct buf *text)
{
    buf_puts(text, otherwise);
    if (call->end.reason && *call->end.reason)
        buf_printf(text, " (%s)", call->end.reason);
    return PHONE_FAILED;
}

/* clang-format off */
enum phone_outcome call_outcome(const struct call *call, struct buf *text)
{
    if (call->end.outcome) {
        buf_puts(text, call->end.words ? call->end.words : "its account is not registered");
        return call->end.outcome;
    }
    if (call->end.own_words) {
        buf_puts(text, call->end.own_words);
        return call->outgoing || call->answered ? PHONE_FAILED : PHONE_REFUSED;
    }
    switch (call->end.cause) {
    case SIP_END_NONE:
    case SIP_END_LOCAL: return ended_by_us(call, text);
    case SIP_END_REMOTE: buf_puts(text, "the other side hung up"); return PHONE_OK;
    case SIP_END_CANCELLED: buf_puts(text, "the caller gave up"); return PHONE_NO_ANSWER;
    case SIP_END_ELSEWHERE: buf_puts(text, "answered at another phone"); return PHONE_NO_ANSWER;
    case SIP_END_REFUSED: return outcome_of_refusal(call, text);
    case SIP_END_TIMEOUT: return timed_out(call, text);
    case SIP_END_UNREACHABLE: put_unreachable(call, text); return PHONE_UNREACHABLE;
    case SIP_END_NOT_FOUND: return not_found(call, text);
    case SIP_END_NO_ACK:
        return own_fault(call, "the caller never confirmed our answer; packets may not reach it", text);
    case SIP_END_PROTOCOL: return own_fault(call, "the other side broke the protocol", text);
    case SIP_END_SHORTAGE: return own_fault(call, "we have no room for another call", text);
    }
    return PHONE_FAILED;
}
/* clang-format on */
