#include "rtp/source.h"

/* RFC 3550 A.1's constants: gaps up to 3000 packets are losses, up to 100 back is reordering. */
#define MAX_DROPOUT 3000
#define MAX_MISORDER 100
#define MIN_SEQUENTIAL 2
#define NO_SEQUENCE UINT32_MAX

static void start_at(struct rtp_source *s, uint16_t sequence)
{
    s->base_sequence = sequence;
    s->max_sequence = sequence;
    s->bad_sequence = NO_SEQUENCE;
    s->cycles = 0;
    s->received = 0;
    s->received_prior = 0;
    s->expected_prior = 0;
    s->has_transit = false;
}

void rtp_source_init(struct rtp_source *s, uint32_t ssrc, uint16_t sequence)
{
    *s = (struct rtp_source){.ssrc = ssrc};
    start_at(s, sequence);
    s->max_sequence = (uint16_t)(sequence - 1);
    s->probation = MIN_SEQUENTIAL;
}

static enum rtp_source_verdict on_probation(struct rtp_source *s, uint16_t sequence)
{
    if (sequence != (uint16_t)(s->max_sequence + 1)) {
        s->probation = MIN_SEQUENTIAL - 1;
        s->max_sequence = sequence;
        return RTP_SOURCE_PROBATION;
    }
    s->probation--;
    s->max_sequence = sequence;
    if (s->probation)
        return RTP_SOURCE_PROBATION;
    start_at(s, sequence);
    s->received = 1;
    return RTP_SOURCE_ACCEPT;
}

/* A jump too large for loss: true where the next packet goes on from it (the other side restarted
 * without telling), else a stray. */
static enum rtp_source_verdict on_jump(struct rtp_source *s, uint16_t sequence)
{
    if (sequence != s->bad_sequence) {
        s->bad_sequence = (sequence + 1u) & 0xffff;
        return RTP_SOURCE_REFUSE;
    }
    start_at(s, sequence);
    s->received = 1;
    s->restarted = true;
    return RTP_SOURCE_ACCEPT;
}

enum rtp_source_verdict rtp_source_packet(struct rtp_source *s, uint16_t sequence)
{
    uint16_t ahead = (uint16_t)(sequence - s->max_sequence);

    s->restarted = false;
    if (s->probation)
        return on_probation(s, sequence);
    if (ahead < MAX_DROPOUT) {
        if (sequence < s->max_sequence)
            s->cycles += 65536;
        s->max_sequence = sequence;
    } else if (ahead <= 65536 - MAX_MISORDER) {
        return on_jump(s, sequence);
    }
    s->received++;
    return RTP_SOURCE_ACCEPT;
}

void rtp_source_jitter(struct rtp_source *s, uint32_t timestamp, uint32_t arrival)
{
    uint32_t transit = arrival - timestamp;
    uint32_t d = transit - s->transit;

    if (s->has_transit) {
        if (d > INT32_MAX)
            d = -d;
        /* A jump of the sender's clock is no jitter: what exceeds any call's delay is left out,
         * else one such packet would spoil the figure for hundreds. */
        if (d < INT32_MAX / 16)
            s->jitter_16 += d - ((s->jitter_16 + 8) >> 4);
    }
    s->transit = transit;
    s->has_transit = true;
}

void rtp_source_clock_changed(struct rtp_source *s)
{
    s->has_transit = false;
    s->jitter_16 = 0;
}

uint32_t rtp_source_extended(const struct rtp_source *s)
{
    return s->cycles + s->max_sequence;
}

uint32_t rtp_source_extend(const struct rtp_source *s, uint16_t sequence)
{
    uint16_t ahead = (uint16_t)(sequence - s->max_sequence);
    uint32_t back = ahead & 0x8000u ? 65536 : 0;

    return rtp_source_extended(s) + ahead - back;
}

static uint32_t expected(const struct rtp_source *s)
{
    return rtp_source_extended(s) - s->base_sequence + 1;
}

int64_t rtp_source_lost(const struct rtp_source *s)
{
    return s->probation ? 0 : (int64_t)expected(s) - (int64_t)s->received;
}

uint8_t rtp_source_fraction_lost(struct rtp_source *s)
{
    uint32_t expected_now = expected(s) - s->expected_prior;
    int64_t lost = (int64_t)expected_now - (int64_t)(s->received - s->received_prior);

    if (s->probation)
        return 0;
    s->expected_prior = expected(s);
    s->received_prior = s->received;
    if (expected_now == 0 || lost <= 0)
        return 0;
    return (uint8_t)(lost >= expected_now ? 255 : lost * 256 / expected_now);
}

uint32_t rtp_source_jitter_now(const struct rtp_source *s)
{
    return s->jitter_16 >> 4;
}
