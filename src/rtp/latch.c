#include "rtp/latch.h"

#include <stdlib.h>

static bool is_somewhere(const struct ip *ip)
{
    return ip->family && ip->port && !ip_is_any(ip) && !ip_is_multicast(ip);
}

static struct ip next_port(const struct ip *rtp)
{
    struct ip rtcp = *rtp;

    if (rtp->port == UINT16_MAX)
        return (struct ip){0};
    rtcp.port++;
    return rtcp;
}

static void drop_candidates(struct rtp_latch *l)
{
    free(l->candidates);
    l->candidates = NULL;
}

void rtp_latch_end(struct rtp_latch *l)
{
    drop_candidates(l);
    *l = (struct rtp_latch){.heard = false};
}

void rtp_latch_signalled(struct rtp_latch *l, const struct ip *rtp, const struct ip *rtcp,
                         const struct ip *signalling)
{
    struct ip to = is_somewhere(rtp) ? *rtp : (struct ip){0};
    struct ip to_rtcp = is_somewhere(rtcp) ? *rtcp : to.family ? next_port(&to) : (struct ip){0};

    if (!ip_same(&to, &l->signalled)) {
        drop_candidates(l);
        *l = (struct rtp_latch){.rtp = to,
                                .rtcp = to_rtcp,
                                .signalled = to,
                                .left = to.family ? l->rtp : (struct ip){0},
                                .unheard_packets = l->unheard_packets,
                                .unheard_ms = l->unheard_ms};
    } else if (!ip_same(&to_rtcp, &l->signalled_rtcp)) {
        l->rtcp = to_rtcp;
        l->rtcp_latched = false;
    }
    l->signalled_rtcp = to_rtcp;
    l->same_host = to.family && ip_same_host(&to, signalling);
}

/* NULL: all places are taken, or there is no memory for them. A newcomer who took the place of one
 * who is on the way would keep out the far end for as long as newcomers come more often than its
 * packets. */
static struct rtp_latch_candidate *candidate_at(struct rtp_latch *l, const struct ip *from,
                                                uint64_t now_ms)
{
    struct rtp_latch_candidate *first;

    if (!l->candidates)
        l->candidates = calloc(RTP_LATCH_CANDIDATES, sizeof *l->candidates);
    first = l->candidates;
    for (size_t i = 0; first && i < RTP_LATCH_CANDIDATES; i++) {
        struct rtp_latch_candidate *c = &l->candidates[i];

        if (c->packets && ip_same(&c->from, from))
            return c;
        if (c->until_ms < first->until_ms)
            first = c;
    }
    if (!first || first->until_ms > now_ms)
        return NULL;
    *first = (struct rtp_latch_candidate){.from = *from};
    return first;
}

static void move(struct rtp_latch *l, const struct ip *from)
{
    drop_candidates(l);
    l->latched = l->heard = l->heard_there = true;
    l->rtp = *from;
    l->rtcp = ip_same(&l->signalled_rtcp, &l->signalled) ? *from : next_port(from);
}

static enum rtp_latch_verdict consider(struct rtp_latch *l, const struct ip *from, uint32_t ssrc,
                                       uint16_t sequence, uint64_t now_ms)
{
    struct rtp_latch_candidate *c = candidate_at(l, from, now_ms);
    bool is_new = c && !c->packets;

    if (!c)
        return RTP_LATCH_REFUSE;
    if (!is_new && (c->ssrc != ssrc || c->next != sequence)) {
        c->packets = 0;
        c->broken = true; /* for good, or who begins again and again would keep the place */
    }
    c->until_ms = now_ms + (c->broken ? 0 : RTP_LATCH_HOLD_MS);
    c->ssrc = ssrc;
    c->next = (uint16_t)(sequence + 1);
    if (++c->packets < (ip_same(from, &l->left) ? RTP_LATCH_LEFT_PACKETS : RTP_LATCH_PACKETS))
        return RTP_LATCH_REFUSE;
    move(l, from);
    return RTP_LATCH_MOVED;
}

bool rtp_latch_refuses(const struct rtp_latch *l, const struct ip *from)
{
    return !l->rtp.family || (l->heard_there && !ip_same(from, &l->rtp));
}

enum rtp_latch_verdict rtp_latch_rtp(struct rtp_latch *l, const struct ip *from, uint32_t ssrc,
                                     uint16_t sequence, uint64_t now_ms)
{
    if (rtp_latch_refuses(l, from))
        return RTP_LATCH_REFUSE;
    if (ip_same(from, &l->rtp)) {
        l->heard = l->heard_there = true;
        return RTP_LATCH_ACCEPT;
    }
    return consider(l, from, ssrc, sequence, now_ms);
}

bool rtp_latch_proven(struct rtp_latch *l, const struct ip *from)
{
    if (!l->rtp.family || l->heard_there)
        return false;
    move(l, from);
    return true;
}

bool rtp_latch_rtcp(struct rtp_latch *l, const struct ip *from)
{
    if (!l->rtp.family || !ip_same_host(from, &l->rtp))
        return false;
    if (ip_same(from, &l->rtcp) || ip_same(from, &l->rtp)) {
        l->heard = true;
        l->heard_there |= ip_same(from, &l->rtp);
        return true;
    }
    /* From the right host but another port: a NAT in between, so our answers go to that port. Only
     * what RTP has shown to be real may move it, and only once. */
    if (l->rtcp_latched || !l->heard_there)
        return false;
    l->rtcp_latched = true;
    l->rtcp = *from;
    l->heard = true;
    return true;
}

bool rtp_latch_stun(struct rtp_latch *l, const struct ip *from)
{
    if (!l->rtp.family || !ip_same(from, &l->rtp))
        return false;
    l->heard = true;
    return true;
}

/* One packet a second is forgiven. */
static void forgive(struct rtp_latch *l, uint64_t now_ms)
{
    uint64_t n = now_ms > l->unheard_ms ? (now_ms - l->unheard_ms) / RTP_LATCH_UNHEARD_MS : 0;

    if (!l->unheard_packets) {
        l->unheard_ms = now_ms;
        return;
    }
    l->unheard_packets -= n < l->unheard_packets ? (uint32_t)n : l->unheard_packets;
    l->unheard_ms += n * RTP_LATCH_UNHEARD_MS;
}

bool rtp_latch_may_send(struct rtp_latch *l, uint64_t now_ms)
{
    if (!l->rtp.family)
        return false;
    if (l->heard || l->same_host)
        return true;
    forgive(l, now_ms);
    if (l->unheard_packets >= RTP_LATCH_UNHEARD_PACKETS)
        return false;
    l->unheard_packets++;
    return true;
}
