#include "rtp/event.h"

#include <errno.h>
#include <string.h>

#include "rtp/bytes.h"

#define END_PACKETS 3
#define END_BIT 0x80
#define VOLUME 10    /* -10 dBm0, as telephones send (RFC 4733 2.3.4: 0 to 63) */
#define LAST_TONE 15 /* what is behind that is no tone: flash */
#define MAX_DURATION 0xffff
/* A packet that was overtaken is of a key that began so long ago at most: a whole segment, and what
 * networks reorder (three seconds at 48 kHz). What seems to be older is of a clock that began anew.
 */
#define LATE_MOST (MAX_DURATION + 144000)

static const char keys[] = "0123456789*#ABCD!";

int rtp_event_code(char digit)
{
    char upper = digit >= 'a' && digit <= 'd' ? (char)(digit - 'a' + 'A') : digit;
    const char *at = upper ? strchr(keys, upper) : NULL;

    return at ? (int)(at - keys) : -1;
}

char rtp_event_digit(uint8_t code)
{
    return code < sizeof keys - 1 ? keys[code] : '\0';
}

bool rtp_event_is_pause(char c)
{
    return c == ',' || c == 'p' || c == 'P';
}

size_t rtp_event_keys(struct slice digits)
{
    size_t n = 0;

    for (size_t i = 0; i < digits.n; i++)
        n += !rtp_event_is_pause(digits.p[i]);
    return n;
}

/* --- sending --------------------------------------------------------------------------------- */

void rtp_event_sender_init(struct rtp_event_sender *s)
{
    *s = (struct rtp_event_sender){.state = RTP_EVENT_IDLE, .key_ms = RTP_EVENT_DIGIT_MS};
}

void rtp_event_set_length(struct rtp_event_sender *s, uint32_t key_ms)
{
    s->key_ms = key_ms;
}

int rtp_event_push(struct rtp_event_sender *s, struct slice digits)
{
    for (size_t i = 0; i < digits.n; i++)
        if (!rtp_event_is_pause(digits.p[i]) && rtp_event_code(digits.p[i]) < 0)
            return -EINVAL;
    if (digits.n > RTP_EVENT_QUEUE - (size_t)(uint16_t)(s->tail - s->head))
        return -ENOBUFS;
    for (size_t i = 0; i < digits.n; i++)
        s->queue[s->tail++ % RTP_EVENT_QUEUE] = digits.p[i];
    return 0;
}

bool rtp_event_busy(const struct rtp_event_sender *s)
{
    return s->state != RTP_EVENT_IDLE || s->head != s->tail;
}

size_t rtp_event_drop(struct rtp_event_sender *s)
{
    size_t n = s->state == RTP_EVENT_KEY;

    for (; s->head != s->tail; s->head++)
        n += !rtp_event_is_pause(s->queue[s->head % RTP_EVENT_QUEUE]);
    rtp_event_sender_init(s);
    return n;
}

static uint32_t samples_of(uint32_t ms, uint32_t rate_hz)
{
    return (uint32_t)((uint64_t)ms * rate_hz / 1000);
}

static void take_digit(struct rtp_event_sender *s, uint32_t timestamp, uint32_t rate_hz)
{
    char c = s->queue[s->head++ % RTP_EVENT_QUEUE];

    if (rtp_event_is_pause(c)) {
        s->state = RTP_EVENT_WAIT;
        s->left = samples_of(RTP_EVENT_PAUSE_MS, rate_hz);
        return;
    }
    s->state = RTP_EVENT_KEY;
    s->code = (uint8_t)rtp_event_code(c);
    s->begins = true;
    s->timestamp = timestamp;
    s->duration = 0;
    s->left = samples_of(s->key_ms, rate_hz);
}

static void fill(const struct rtp_event_sender *s, bool marker, struct rtp_event_packet *out)
{
    uint8_t volume = s->code <= LAST_TONE ? VOLUME : 0; /* 2.3.4: 0 where there is no tone */

    out->payload[0] = s->code;
    out->payload[1] = (uint8_t)(volume | (s->state == RTP_EVENT_END ? END_BIT : 0));
    rtp_put16(out->payload + 2, s->duration < MAX_DURATION ? s->duration : MAX_DURATION);
    out->timestamp = s->timestamp;
    out->marker = marker;
}

/* The key is down for another packet time. 2.5.1.3: all that the field can say has been said, and
 * the rest is the next segment, which begins there; a key does not end before that is told of. */
static void key_goes_on(struct rtp_event_sender *s, uint32_t samples)
{
    if (s->duration > MAX_DURATION) {
        s->timestamp += MAX_DURATION;
        s->duration -= MAX_DURATION;
    }
    s->duration += s->left > 0 ? samples : 0;
    s->left -= s->left < samples ? s->left : samples;
    if (s->left == 0 && s->duration <= MAX_DURATION) {
        s->state = RTP_EVENT_END;
        s->repeats = END_PACKETS;
    }
}

/* Another clock in the middle of a key or pause, as another codec was agreed on: what is left of it
 * lasts as long as before. */
static void follow_clock(struct rtp_event_sender *s, uint32_t rate_hz)
{
    if (s->rate_hz && s->rate_hz != rate_hz) {
        s->duration = (uint32_t)((uint64_t)s->duration * rate_hz / s->rate_hz);
        s->left = (uint32_t)((uint64_t)s->left * rate_hz / s->rate_hz);
    }
    s->rate_hz = rate_hz;
}

bool rtp_event_next(struct rtp_event_sender *s, uint32_t timestamp, uint32_t samples,
                    uint32_t rate_hz, struct rtp_event_packet *out)
{
    bool marker;

    follow_clock(s, rate_hz);
    if (s->state == RTP_EVENT_WAIT && s->left == 0)
        s->state = RTP_EVENT_IDLE;
    if (s->state == RTP_EVENT_IDLE && s->head != s->tail)
        take_digit(s, timestamp, rate_hz);
    if (s->state == RTP_EVENT_IDLE)
        return false;
    if (s->state == RTP_EVENT_WAIT) {
        s->left -= s->left < samples ? s->left : samples;
        return false;
    }
    if (s->state == RTP_EVENT_KEY)
        key_goes_on(s, samples);
    marker = s->begins;
    s->begins = false;
    fill(s, marker, out);
    if (s->state == RTP_EVENT_END && --s->repeats == 0) {
        /* The repeats are part of the pause between two keys. */
        uint32_t gap = samples_of(RTP_EVENT_GAP_MS, rate_hz), used = (END_PACKETS - 1) * samples;

        s->state = RTP_EVENT_WAIT;
        s->left = gap > used ? gap - used : 0;
    }
    return true;
}

/* --- receiving ------------------------------------------------------------------------------- */

char rtp_event_receive(struct rtp_event_receiver *r, struct slice payload, uint32_t timestamp)
{
    const uint8_t *p = (const uint8_t *)payload.p;
    bool same, continues;
    uint16_t duration;

    if (payload.n < RTP_EVENT_BYTES || !rtp_event_digit(p[0]))
        return 0;
    duration = rtp_get16(p + 2);
    same = r->any && timestamp == r->timestamp;
    if (r->any && !same && r->timestamp - timestamp <= LATE_MOST)
        return 0; /* a late packet of an earlier key */
    /* 2.5.1.3: same key, not ended, and the time is where the last segment must have ended. Some
     * of its packets may be lost, so its length is known only to be near the field's limit. */
    continues = r->any && !same && !r->ended && p[0] == r->code && r->duration > MAX_DURATION / 2 &&
                timestamp - r->timestamp <= MAX_DURATION;
    if (same && duration < r->duration)
        return 0; /* reordered */
    r->any = true;
    r->timestamp = timestamp;
    r->code = p[0];
    r->duration = duration;
    r->ended = (same && r->ended) || (p[1] & END_BIT);
    return same || continues ? 0 : rtp_event_digit(p[0]);
}
