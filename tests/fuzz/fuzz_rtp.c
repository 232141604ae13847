/* RTP as it comes from the network: what parses lies inside of what came, is printed as it was, and
 * never disturbs what counts it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rtp/demux.h"
#include "rtp/event.h"
#include "rtp/packet.h"
#include "rtp/source.h"

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void check_inside(struct slice part, struct slice whole)
{
    must(part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

static void check_one(struct slice in, struct rtp_source *source, struct rtp_event_receiver *events)
{
    uint8_t printed[RTP_HEADER_BYTES];
    struct rtp_packet p;
    char key;

    must(!rtp_is_stun(in) || (in.n >= 20 && rtp_demux(in) == RTP_KIND_STUN));
    if (rtp_packet_parse(in, &p) != 0)
        return;
    must(rtp_demux(in) == RTP_KIND_RTP || rtp_demux(in) == RTP_KIND_RTCP);
    check_inside(p.payload, in);
    check_inside(p.csrc, in);
    check_inside(p.extension, in);
    rtp_packet_print(&p, printed);
    must(memcmp(printed + 1, in.p + 1, RTP_HEADER_BYTES - 1) == 0);
    rtp_source_packet(source, p.sequence);
    rtp_source_jitter(source, p.timestamp, source->received * 160);
    must(rtp_source_lost(source) <= (int64_t)UINT32_MAX);
    key = rtp_event_receive(events, p.payload, p.timestamp);
    must(!key || rtp_event_code(key) >= 0);
}

/* The digits that somebody types, from what came: each packet of theirs is a key that we read. */
static void type_keys(struct slice digits)
{
    struct rtp_event_sender sender;
    struct rtp_event_receiver receiver = {0};
    struct rtp_event_packet packet;
    size_t pressed = 0, keys = 0;

    rtp_event_sender_init(&sender);
    if (rtp_event_push(&sender, digits))
        return;
    for (size_t i = 0; i < digits.n; i++)
        keys += rtp_event_code(digits.p[i]) >= 0;
    for (uint32_t now = 0; rtp_event_busy(&sender); now += 160) {
        must(now < 160 * 2000 * (1 + (uint32_t)digits.n));
        if (rtp_event_next(&sender, now, 160, 8000, &packet))
            pressed += rtp_event_receive(
                           &receiver, (struct slice){(const char *)packet.payload, RTP_EVENT_BYTES},
                           packet.timestamp) != 0;
    }
    must(pressed == keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* The input is datagrams of up to 255 bytes, each behind its length. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice rest = {(const char *)bytes, n};
    struct rtp_event_receiver events = {0};
    struct rtp_source source;

    rtp_source_init(&source, 1, 0);
    while (rest.n) {
        size_t length = (uint8_t)rest.p[0];
        struct slice one = slice_head(slice_skip(rest, 1), length);
        char *copy = malloc(one.n + !one.n);

        if (!copy)
            return 0;
        if (one.n)
            memcpy(copy, one.p, one.n);
        check_one((struct slice){copy, one.n}, &source, &events);
        type_keys((struct slice){copy, one.n});
        free(copy);
        rest = slice_skip(rest, 1 + one.n);
    }
    return 0;
}
