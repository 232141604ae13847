#include "phone/call_digits.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "phone/account.h"
#include "phone/call.h"
#include "phone/phone_private.h"
#include "rtp/event.h"

#define EACH_MS 200  /* a key and the silence behind it */
#define SAME_MS 1500 /* so long after its end by one way the same press may come by another */
#define NOT_ANSWERED 408

static const char *const way_names[] = {
    [DIGIT_BY_RTP] = "rtp", [DIGIT_BY_INFO] = "info", [DIGIT_BY_TONE] = "inband"};

/* --- which way ------------------------------------------------------------------------------- */

static enum phone_dtmf wanted(const struct call *call)
{
    enum phone_dtmf said = call->keys.mode;

    if (!said && call->account)
        said = call->account->config->dtmf;
    said = said ? said : call->phone->config->dtmf;
    return said ? said : PHONE_DTMF_AUTO;
}

static enum digit_way choose(const struct call *call)
{
    switch (wanted(call)) {
    case PHONE_DTMF_RTP:
        return DIGIT_BY_RTP;
    case PHONE_DTMF_INFO:
        return DIGIT_BY_INFO;
    case PHONE_DTMF_INBAND:
        return DIGIT_BY_TONE;
    case PHONE_DTMF_AUTO:
    case PHONE_DTMF_UNSAID:
        break;
    }
    if (media_stream_takes_digits(call->stream))
        return DIGIT_BY_RTP;
    return call->keys.takes_info && !call->keys.refuses_info ? DIGIT_BY_INFO : DIGIT_BY_TONE;
}

bool call_digits_takes_events(const struct call *call)
{
    return wanted(call) != PHONE_DTMF_INBAND;
}

bool call_digits_listens(const struct call *call, bool events_agreed)
{
    enum phone_dtmf how = wanted(call);

    return how == PHONE_DTMF_INBAND || (how == PHONE_DTMF_AUTO && !events_agreed);
}

/* --- by INFO --------------------------------------------------------------------------------- */

static void tell_sent(struct call *call)
{
    call_tell(call,
              &(struct phone_event){.kind = PHONE_DIGITS_SENT, .way = way_names[call->keys.way]});
}

static void wait_until(struct call *call, uint64_t when_ms)
{
    net_deadline_set(call->keys.due, when_ms);
}

static void tell_left_out(struct call *call, const char *why, size_t n)
{
    char text[128];

    snprintf(text, sizeof text, "%s: %zu digit%s left out", why, n, n == 1 ? "" : "s");
    call_tell(call, &(struct phone_event){.kind = PHONE_NOTICE, .text = text});
}

/* The first that waits: a pause, a key, or that was all. */
static void send_next(struct call *call)
{
    struct call_digits *k = &call->keys;
    uint64_t now_ms = net_now_ms();
    char first = k->n_waiting ? k->waiting[0] : '\0';

    if (!first) {
        tell_sent(call);
        return;
    }
    memmove(k->waiting, k->waiting + 1, --k->n_waiting);
    if (rtp_event_is_pause(first)) {
        k->next_ms = now_ms + RTP_EVENT_PAUSE_MS;
        wait_until(call, k->next_ms);
        return;
    }
    k->under_way = first;
    k->next_ms = now_ms + EACH_MS;
    if (!call->sip || sip_call_digit(call->sip, first, RTP_EVENT_DIGIT_MS, now_ms) != 0) {
        tell_left_out(call, "no INFO could be sent",
                      1 + rtp_event_keys((struct slice){k->waiting, k->n_waiting}));
        k->under_way = '\0';
        k->n_waiting = 0;
    }
}

static void on_due(void *arg)
{
    struct call *call = arg;

    if (call->state == CALL_UP && !call->keys.under_way)
        send_next(call);
    net_sip_link_pump(call->phone->link);
    phone_deliver(call->phone);
}

static int send_by_info(struct call *call, struct slice digits)
{
    struct call_digits *k = &call->keys;
    bool idle = k->n_waiting == 0 && !k->under_way;

    for (size_t i = 0; i < digits.n; i++)
        if (!rtp_event_is_pause(digits.p[i]) && rtp_event_code(digits.p[i]) < 0)
            return -EINVAL;
    if (digits.n > sizeof k->waiting - k->n_waiting)
        return -E2BIG;
    if (!k->due && net_deadline_new(call->phone->loop, on_due, call, &k->due) != 0)
        return -ENOMEM;
    memcpy(k->waiting + k->n_waiting, digits.p, digits.n);
    k->n_waiting += digits.n;
    if (idle)
        wait_until(call, net_now_ms() < k->next_ms ? k->next_ms : 0);
    return 0;
}

/* In as many pieces as it takes. A flash has no tone. How many keys go. */
static size_t send_as_tones(struct call *call, const char *left, size_t n)
{
    char piece[MEDIA_MAX_DIGITS];
    size_t filled = 0, keys = 0;

    for (size_t i = 0; i < n; i++) {
        if (left[i] != '!')
            piece[filled++] = left[i];
        if (filled == 0 || (filled < sizeof piece && i + 1 < n))
            continue;
        if (media_stream_tones(call->stream, (struct slice){piece, filled}) != 0)
            break;
        keys += rtp_event_keys((struct slice){piece, filled});
        filled = 0;
    }
    return keys;
}

/* The other side named INFO in its Allow, and yet takes no keys by it: where we chose that way, all
 * that is left goes as tones; but not a key that may have come, only without an answer. */
static void refused(struct call *call, unsigned status)
{
    struct call_digits *k = &call->keys;
    char left[CALL_DIGITS_WAIT + 1], why[64];
    size_t n = 0, keys, sent = 0;

    if (status != NOT_ANSWERED)
        left[n++] = k->under_way;
    memcpy(left + n, k->waiting, k->n_waiting);
    n += k->n_waiting;
    k->n_waiting = 0;
    k->under_way = '\0';
    k->refuses_info = true;
    keys = rtp_event_keys((struct slice){left, n}) + (status == NOT_ANSWERED);
    if (wanted(call) == PHONE_DTMF_AUTO && call->stream)
        sent = send_as_tones(call, left, n);
    if (sent > 0)
        k->way = DIGIT_BY_TONE; /* and PHONE_DIGITS_SENT will follow */
    snprintf(why, sizeof why, "the other side takes no digits by INFO (%u)", status);
    if (sent < keys)
        tell_left_out(call, why, keys - sent);
}

static void info_answered(struct call *call, unsigned status)
{
    struct call_digits *k = &call->keys;

    if (call->state != CALL_UP || !k->under_way)
        return;
    if (status >= 300) {
        refused(call, status);
        return;
    }
    k->under_way = '\0';
    if (k->n_waiting == 0)
        tell_sent(call);
    else
        wait_until(call, k->next_ms);
}

void call_digits_sip(struct call *call, const struct sip_call_event *event)
{
    if (event->kind == SIP_CALL_DIGIT)
        call_digits_came(call, event->digit, DIGIT_BY_INFO, event->digit_ms);
    else
        info_answered(call, event->status);
}

void call_digits_free(struct call *call)
{
    net_deadline_free(call->keys.due);
    call->keys.due = NULL;
}

/* --- all ways -------------------------------------------------------------------------------- */

int call_digits_send(struct call *call, struct slice digits)
{
    bool under_way = call->keys.n_waiting > 0 || call->keys.under_way;
    enum digit_way way = under_way ? DIGIT_BY_INFO : choose(call); /* one behind the other */
    int err;

    err = way == DIGIT_BY_RTP    ? media_stream_dtmf(call->stream, digits)
          : way == DIGIT_BY_TONE ? media_stream_tones(call->stream, digits)
                                 : send_by_info(call, digits);

    if (!err)
        call->keys.way = way;
    return err;
}

void call_digits_sent(struct call *call)
{
    tell_sent(call);
}

void call_digits_left_out(struct call *call, int err, size_t n)
{
    tell_left_out(call,
                  err == -ENOTSUP ? "the other side takes no digits by RTP any more"
                                  : "too many digits wait",
                  n);
}

/* Whether this is the press that came by another way before; then this way is noted, too. Some say
 * it when the key is let go, took_ms after its beginning. */
static bool is_known(struct call_digits *k, char digit, enum digit_way way, uint64_t now_ms,
                     unsigned took_ms)
{
    for (size_t i = 0; i < k->n_told; i++) {
        if (k->told[i].digit != digit || k->told[i].ways & 1u << way ||
            now_ms > k->told[i].at_ms + SAME_MS + took_ms)
            continue;
        k->told[i].ways |= 1u << way;
        return true;
    }
    return false;
}

static void note(struct call_digits *k, char digit, enum digit_way way, uint64_t now_ms)
{
    if (k->n_told == CALL_DIGITS_TOLD)
        memmove(k->told, k->told + 1, --k->n_told * sizeof k->told[0]);
    k->told[k->n_told].digit = digit;
    k->told[k->n_told].ways = 1u << way;
    k->told[k->n_told++].at_ms = now_ms;
}

void call_digits_ended(struct call *call, char digit, enum digit_way way)
{
    struct call_digits *k = &call->keys;

    for (size_t i = k->n_told; i-- > 0;)
        if (k->told[i].digit == digit && k->told[i].ways & 1u << way) {
            k->told[i].at_ms = net_now_ms();
            return;
        }
}

void call_digits_came(struct call *call, char digit, enum digit_way way, unsigned took_ms)
{
    char text[2] = {digit, '\0'};
    size_t n = strlen(call->heard_digits);
    uint64_t now_ms = net_now_ms();

    if (is_known(&call->keys, digit, way, now_ms, took_ms))
        return;
    note(&call->keys, digit, way, now_ms);
    if (n + 1 < sizeof call->heard_digits)
        call->heard_digits[n] = digit;
    call_tell(call,
              &(struct phone_event){.kind = PHONE_DIGIT, .text = text, .way = way_names[way]});
}
