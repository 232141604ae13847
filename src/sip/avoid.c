#include "sip/avoid.h"

static bool is_place(const struct sip_avoided *place, const struct sip_flow *flow)
{
    return place->until_ms && place->flow.transport == flow->transport &&
           ip_same(&place->flow.remote, &flow->remote);
}

/* Where this place stands, or else the entry that ends first. */
static struct sip_avoided *entry_of(struct sip_avoid *a, const struct sip_flow *flow)
{
    struct sip_avoided *oldest = &a->places[0];

    for (size_t i = 0; i < SIP_MAX_AVOIDED; i++) {
        if (is_place(&a->places[i], flow))
            return &a->places[i];
        if (a->places[i].until_ms < oldest->until_ms)
            oldest = &a->places[i];
    }
    return oldest;
}

void sip_avoid_add(struct sip_avoid *a, const struct sip_flow *flow, uint64_t now_ms)
{
    *entry_of(a, flow) = (struct sip_avoided){*flow, now_ms + SIP_AVOID_MS};
}

void sip_avoid_remove(struct sip_avoid *a, const struct sip_flow *flow)
{
    struct sip_avoided *entry = entry_of(a, flow);

    if (is_place(entry, flow))
        entry->until_ms = 0;
}

/* 0: not avoided. */
static uint64_t until_ms(const struct sip_avoid *a, const struct sip_flow *flow, uint64_t now_ms)
{
    for (size_t i = 0; i < SIP_MAX_AVOIDED; i++)
        if (is_place(&a->places[i], flow) && a->places[i].until_ms > now_ms)
            return a->places[i].until_ms;
    return 0;
}

void sip_avoid_sort(const struct sip_avoid *a, struct sip_flow *flows, size_t n, uint64_t now_ms)
{
    for (size_t i = 1; i < n; i++) {
        struct sip_flow flow = flows[i];
        uint64_t until = until_ms(a, &flow, now_ms);
        size_t at = i;

        for (; at > 0 && until_ms(a, &flows[at - 1], now_ms) > until; at--)
            flows[at] = flows[at - 1];
        flows[at] = flow;
    }
}
