/* Addresses that SDP names and packets from anywhere, in any order: the place that we send to moves
 * once at most between two descriptions, never once it was heard from, and who was never heard of
 * gets what the limit allows.
 *
 * The input is steps of four bytes: what, where, sequence, SSRC or time. */
#include <stdint.h>
#include <stdlib.h>

#include "rtp/latch.h"

struct play {
    struct rtp_latch latch;
    uint64_t now_ms, unheard;
    unsigned moves;
    bool heard; /* something came from where SDP says */
};

static void must(bool holds)
{
    if (!holds)
        abort();
}

static struct ip place(uint8_t where)
{
    struct ip ip = {4, {192, 0, 2, (uint8_t)(where & 3)}, (uint16_t)(4000 + (where >> 2 & 3)), 0};

    if (where & 0x80)
        ip.bytes[0] = ip.bytes[2] = ip.bytes[3] = 0; /* 0.0.0.0 */
    if (where & 0x40)
        ip.port = 0;
    return ip;
}

static void signalled(struct play *play, const uint8_t step[4])
{
    struct ip rtp = place(step[1]), rtcp = place(step[2]), from = place(step[3] & 0x3f);
    struct ip was = play->latch.signalled;

    if (step[2] == 0xff)
        rtcp = (struct ip){0};
    rtp_latch_signalled(&play->latch, &rtp, &rtcp, &from);
    if (!ip_same(&was, &play->latch.signalled)) {
        play->moves = 0;
        play->heard = false;
    }
}

static void rtp_comes(struct play *play, const uint8_t step[4])
{
    struct ip from = place(step[1] & 0x3f), before = play->latch.rtp;
    enum rtp_latch_verdict verdict =
        rtp_latch_rtp(&play->latch, &from, step[3] & 3, step[2], play->now_ms);

    if (verdict == RTP_LATCH_MOVED) {
        must(!play->heard && ++play->moves == 1 && play->latch.latched);
        must(ip_same(&play->latch.rtp, &from));
    } else {
        must(ip_same(&play->latch.rtp, &before));
    }
    play->heard |= verdict != RTP_LATCH_REFUSE && ip_same(&before, &from);
}

static void rtcp_comes(struct play *play, const uint8_t step[4])
{
    struct ip from = place(step[1] & 0x3f), before = play->latch.rtp;

    if (step[3] & 0x80)
        must(!rtp_latch_stun(&play->latch, &from) || ip_same(&before, &from));
    else if (rtp_latch_rtcp(&play->latch, &from))
        play->heard |= ip_same(&before, &from);
    must(ip_same(&play->latch.rtp, &before));
}

/* All that goes to places never heard from, whatever SDP says meanwhile. */
static void sends(struct play *play, const uint8_t step[4])
{
    bool unheard = !play->latch.heard && !play->latch.same_host;

    play->now_ms += (uint64_t)step[1] * 10;
    for (unsigned i = 0; i < step[2]; i++)
        if (rtp_latch_may_send(&play->latch, play->now_ms)) {
            must(play->latch.rtp.family != 0 && play->latch.rtp.port);
            play->unheard += unheard;
        }
    must(play->unheard <= 50 + play->now_ms / 1000 + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static void (*const steps[])(struct play * play, const uint8_t step[4]) = {signalled, rtp_comes,
                                                                               rtcp_comes, sends};
    struct play play = {0};

    for (; n >= 4; bytes += 4, n -= 4)
        steps[bytes[0] % ARRAY_LEN(steps)](&play, bytes);
    rtp_latch_end(&play.latch);
    return 0;
}
