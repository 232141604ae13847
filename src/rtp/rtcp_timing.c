#include "rtp/rtcp_timing.h"

#define SENDERS_SHARE 0.25
#define COMPENSATION (2.71828182845904523536 - 1.5) /* RFC 3550 6.3.1: reconsideration is early */
#define IP_UDP_BYTES 28

void rtcp_timing_init(struct rtcp_timing *t, uint32_t session_bps, uint64_t now_ms, struct rng *rng)
{
    double minimum_ms = session_bps ? 360.0 * 1000 * 1000 / session_bps : 5000;

    *t = (struct rtcp_timing){
        .bandwidth = session_bps / 8.0 * 0.05,
        .minimum_ms = minimum_ms < 1000   ? 1000
                      : minimum_ms > 5000 ? 5000
                                          : minimum_ms,
        .average_bytes = 64 + 20 + IP_UDP_BYTES, /* an SR with one report and a short CNAME */
        .members = 1,
        .members_before = 1,
        .initial = true,
        .last_ms = now_ms,
    };
    if (t->bandwidth < 1)
        t->bandwidth = 1;
    t->next_ms = now_ms + (uint64_t)(rtcp_timing_interval_ms(t) *
                                     (0.5 + rng_below(rng, 1000) / 1000.0) / COMPENSATION);
}

double rtcp_timing_interval_ms(const struct rtcp_timing *t)
{
    double minimum = t->initial ? t->minimum_ms / 2 : t->minimum_ms;
    double bandwidth = t->bandwidth, n = t->members, interval;

    /* While the senders are few they share a quarter among themselves, the others the rest. */
    if (t->senders <= t->members * SENDERS_SHARE && t->senders > 0) {
        bandwidth *= t->we_sent ? SENDERS_SHARE : 1 - SENDERS_SHARE;
        n = t->we_sent ? t->senders : t->members - t->senders;
    }
    interval = t->average_bytes * n / bandwidth * 1000;
    return interval < minimum ? minimum : interval;
}

static uint64_t randomised(const struct rtcp_timing *t, struct rng *rng)
{
    double factor = 0.5 + rng_below(rng, 1000) / 1000.0;

    return (uint64_t)(rtcp_timing_interval_ms(t) * factor / COMPENSATION);
}

void rtcp_timing_size(struct rtcp_timing *t, size_t bytes)
{
    t->average_bytes += ((double)(bytes + IP_UDP_BYTES) - t->average_bytes) / 16;
}

void rtcp_timing_members(struct rtcp_timing *t, unsigned members, unsigned senders, bool we_sent,
                         uint64_t now_ms)
{
    t->senders = senders;
    t->we_sent = we_sent;
    t->members = members;
    if (members < t->members_before && t->next_ms > now_ms) {
        double share = (double)members / t->members_before;

        t->next_ms = now_ms + (uint64_t)(share * (double)(t->next_ms - now_ms));
        t->last_ms = now_ms - (uint64_t)(share * (double)(now_ms - t->last_ms));
        t->members_before = members;
    }
}

bool rtcp_timing_due(struct rtcp_timing *t, uint64_t now_ms, struct rng *rng)
{
    uint64_t when;

    if (now_ms < t->next_ms)
        return false;
    when = t->last_ms + randomised(t, rng);
    t->members_before = t->members;
    if (when <= now_ms)
        return true;
    t->next_ms = when;
    return false;
}

void rtcp_timing_sent(struct rtcp_timing *t, size_t bytes, uint64_t now_ms, struct rng *rng)
{
    rtcp_timing_size(t, bytes);
    t->last_ms = now_ms;
    t->initial = false;
    t->next_ms = now_ms + randomised(t, rng);
}
