/* phone/call_digits.h - keys of a call by whichever way they go and come: telephone-events in RTP
 * (RFC 4733), INFO of SIP, tones in the sound. */
#ifndef PHONE_CALL_DIGITS_H
#define PHONE_CALL_DIGITS_H

#include "base/slice.h"
#include "net/loop.h"
#include "phone/command.h"

struct call;
struct sip_call_event;

#define CALL_DIGITS_WAIT 255 /* by INFO, beside the one under way; all may have to go as tones */
#define CALL_DIGITS_TOLD 8   /* of which it is known by which ways they came */

enum digit_way { DIGIT_BY_RTP, DIGIT_BY_INFO, DIGIT_BY_TONE, DIGIT_WAYS };

struct call_digits {
    enum phone_dtmf mode; /* asked for by who dialled */
    bool takes_info;      /* the other side says so */
    bool refuses_info;    /* but it did not */
    enum digit_way way;   /* of those that were sent last */

    /* By INFO: one at a time, for they may overtake each other. */
    char waiting[CALL_DIGITS_WAIT];
    size_t n_waiting;
    char under_way;   /* 0: none is */
    uint64_t next_ms; /* not before */
    struct net_deadline *due;

    struct {
        char digit;
        unsigned ways; /* bits of 1 << enum digit_way */
        uint64_t at_ms;
    } told[CALL_DIGITS_TOLD]; /* the oldest first */
    size_t n_told;
};

/* 0; -ENOTSUP: not by the way that was asked for; -EINVAL, -E2BIG, -ENOMEM. Events and tones wait
 * while either side holds the call. PHONE_DIGITS_SENT follows, or a notice where some are left
 * out. */
int call_digits_send(struct call *call, struct slice digits);
/* Whether telephone-events are offered and taken: else the other side may send tones. */
bool call_digits_takes_events(const struct call *call);
/* Whether tones are to be looked for in what is heard of the call. */
bool call_digits_listens(const struct call *call, bool events_agreed);
/* A key came: told, unless the same press came by another way already. took_ms: so long it was
 * pressed before; 0: it has just begun. */
void call_digits_came(struct call *call, char digit, enum digit_way way, unsigned took_ms);
/* It was let go. */
void call_digits_ended(struct call *call, char digit, enum digit_way way);
/* All that were given to the stream have left. */
void call_digits_sent(struct call *call);
/* The stream has left so many out: err as MEDIA_DIGITS_LEFT_OUT has it. */
void call_digits_left_out(struct call *call, int err, size_t n);
/* SIP_CALL_DIGIT and SIP_CALL_DIGIT_SENT. */
void call_digits_sip(struct call *call, const struct sip_call_event *event);
void call_digits_free(struct call *call);

#endif
