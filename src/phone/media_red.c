/* A stream's redundancy (RFC 2198): earlier frames go out with later packets as phone/media_adapt
 * plans it, and those that come stand in for what was lost. */
#include <stdlib.h>
#include <string.h>

#include "phone/media_stream.h"

#define LOOK_US 500000  /* how often our own loss is looked at, */
#define LOOK_PACKETS 40 /* and of how many packets at least */
#define BURST_LOST 40   /* packets that the length of bursts is known from */
#define GAP_MOST 3000   /* RFC 3550 A.1: a wider one is a jump */
#define CAME_BITS 64
#define OVERTAKEN_MOST 8 /* numbers behind the latest that one is not taken for lost */

/* --- the plan -------------------------------------------------------------------------------- */

/* The only codec whose bit rate can be chosen is the one that has FEC of its own. */
static struct media_adapt_can what_can_be(struct media_stream *s)
{
    const struct media_params *p = &s->agreed->params;
    const struct audio_codec *codec = s->agreed->send;
    unsigned most_ms = p->maxptime_ms;

    audio_encoder_set_bitrate(s->encoder, 0);
    if (!most_ms) /* whoever knows Opus takes all its packets; others may not */
        most_ms = codec->has_fec ? AUDIO_PACKET_MAX_MS : s->agreed->ptime_ms;
    if (!audio_codec_can_packet(codec, 2 * s->agreed->ptime_ms))
        most_ms = s->agreed->ptime_ms;
    return (struct media_adapt_can){
        .red = p->red_send != 0,
        .always = p->red_always,
        .fec = p->opus.fec && codec->has_fec,
        .any_rate = codec->has_fec,
        .rate_bps = audio_encoder_bitrate(s->encoder),
        .most_bps = p->opus.max_bitrate,
        .ptime_ms = s->agreed->ptime_ms,
        .maxptime_ms = most_ms,
        .channels = s->sent_channels ? s->sent_channels : audio_encoder_channels(s->encoder),
    };
}

/* The sound of the packet that is due next began when the one before it left: another length moves
 * its end. */
static void follow_length(struct media_stream *s)
{
    unsigned before = s->red.ptime_ms, now = s->red.adapt.plan.ptime_ms;
    uint64_t began_us = s->next_send_us - before * UINT64_C(1000);

    if (before && s->next_send_us >= before * UINT64_C(1000))
        s->next_send_us = began_us + now * UINT64_C(1000);
    s->red.ptime_ms = now;
}

/* From the first plan on that sends any; for want of memory, from a later beat on. */
static void keep_copies(struct media_stream *s)
{
    if (s->red.adapt.plan.depth && !s->red.sent)
        s->red.sent = calloc(1, sizeof *s->red.sent);
}

static void follow_plan(struct media_stream *s)
{
    const struct media_plan *plan = &s->red.adapt.plan;

    follow_length(s);
    keep_copies(s);
    if (!plan->depth)
        s->count.copies = s->count.copies_ms = 0;
    if (!s->encoder)
        return;
    audio_encoder_set_fec(s->encoder, plan->fec_percent);
    audio_encoder_set_bitrate(s->encoder, plan->bitrate);
}

void stream_prepare_red(struct media_stream *s)
{
    struct media_adapt_can can;

    if (!s->encoder)
        return;
    can = what_can_be(s);
    if (s->red.begun)
        media_adapt_agreed(&s->red.adapt, &can);
    else
        media_adapt_init(&s->red.adapt, &can);
    s->red.begun = true;
    follow_plan(s);
}

void stream_follow_channels(struct media_stream *s)
{
    audio_encoder_set_bitrate(s->encoder, 0);
    media_adapt_rate(&s->red.adapt, audio_encoder_bitrate(s->encoder), s->sent_channels);
    follow_plan(s);
}

void stream_forget_red(struct media_stream *s)
{
    free(s->red.sent);
    s->red.sent = NULL;
}

unsigned stream_ptime_ms(const struct media_stream *s)
{
    return s->red.begun ? s->red.adapt.plan.ptime_ms : s->agreed->ptime_ms;
}

/* --- what the network is like ---------------------------------------------------------------- */

/* Of both ways, as a round trip has both. */
static double jitter_ms(const struct media_stream *s)
{
    double theirs = s->count.remote_jitter_ms;

    if (!s->has_heard || !s->heard_clock_hz)
        return theirs;
    return theirs + rtp_source_jitter_now(&s->heard) * 1000.0 / s->heard_clock_hz;
}

void stream_red_report(struct media_stream *s, double lost, double round_trip_ms)
{
    struct loss_report *told = &s->red.told;
    uint32_t packets;
    double lost_before;

    if (s->red.is_told)
        return;
    s->red.is_told = true;
    if (s->session.packets < s->red.reported) /* they are counted anew, under another SSRC */
        s->red.reported = told->packets = 0;
    packets = s->session.packets - s->red.reported;
    lost_before = told->lost * told->packets;
    told->packets += packets;
    told->lost = told->packets ? (lost_before + lost * packets) / told->packets : 0;
    told->round_trip_ms = round_trip_ms;
    told->jitter_ms = jitter_ms(s);
    s->red.reported = s->session.packets;
}

void stream_red_reported(struct media_stream *s, uint64_t arrived_us)
{
    struct loss_report told = s->red.told;

    if (!s->red.is_told)
        return;
    s->red.is_told = false;
    if (told.packets < MEDIA_ADAPT_FEW || !s->red.begun)
        return;
    s->red.told.packets = 0;
    told.burst_of = told.lost * told.packets;
    told.burst = stream_xr_mean_run(s, arrived_us, &told.burst_of);
    if (media_adapt_report(&s->red.adapt, &told, arrived_us / 1000))
        follow_plan(s);
}

/* One that was overtaken, by so many numbers: it makes its gap shorter, or none or two of it. */
static void fill_gap(struct media_red *red, uint32_t back)
{
    bool later = red->came >> (back - 1) & 1, earlier = back == CAME_BITS - 1;

    if (red->came >> back & 1)
        return; /* it has come before */
    earlier = earlier || (red->came >> (back + 1) & 1);
    red->came |= UINT64_C(1) << back;
    red->missing -= red->missing > 0;
    if (later && earlier)
        red->gaps -= red->gaps > 0;
    else if (!later && !earlier)
        red->gaps++;
}

void stream_red_note(struct media_stream *s, uint16_t sequence)
{
    struct media_red *red = &s->red;
    uint32_t now = rtp_source_extended(&s->heard), ahead = now - red->latest;
    uint32_t back = now - rtp_source_extend(&s->heard, sequence);

    if (s->heard.probation || ahead >= GAP_MOST) {
        red->came = UINT64_MAX; /* nothing is known to be missing */
        red->anew = true;
    } else if (ahead > 0) {
        red->came = (ahead < CAME_BITS ? red->came << ahead : 0) | 1;
        red->gaps += ahead > 1;
        red->missing += ahead - 1;
    } else if (back > 0 && back < CAME_BITS) {
        fill_gap(red, back);
    }
    red->latest = now;
}

/* Packets that came, and those that may have been overtaken. */
static uint32_t received_or_late(const struct media_stream *s)
{
    uint32_t n = s->heard.received;

    for (unsigned back = 1; back < OVERTAKEN_MOST; back++)
        n += !(s->red.came >> back & 1);
    return n;
}

static void look_from_now_on(struct media_stream *s)
{
    s->red.extended = rtp_source_extended(&s->heard);
    s->red.received = received_or_late(s);
    if (s->red.missing > BURST_LOST) { /* what was before counts less and less */
        s->red.gaps /= 2;
        s->red.missing /= 2;
    }
}

void stream_red_beat(struct media_stream *s, uint64_t due_us)
{
    uint32_t expected = rtp_source_extended(&s->heard) - s->red.extended;
    uint32_t received = received_or_late(s) - s->red.received;
    struct loss_report heard = {.round_trip_ms = -1, .packets = expected};

    if (!s->red.begun || due_us < s->red.looked_us + LOOK_US)
        return;
    s->red.looked_us = due_us;
    keep_copies(s);
    if (!s->has_heard || s->red.anew || expected >= GAP_MOST || received >= GAP_MOST) {
        s->red.anew = false;
        look_from_now_on(s);
        return;
    }
    if (expected < LOOK_PACKETS)
        return;
    heard.lost = received < expected ? (double)(expected - received) / expected : 0;
    heard.burst = s->red.gaps ? (double)s->red.missing / s->red.gaps : 0;
    heard.burst_of = s->red.missing;
    look_from_now_on(s);
    if (media_adapt_heard(&s->red.adapt, &heard, due_us / 1000))
        follow_plan(s);
}

/* --- out ------------------------------------------------------------------------------------- */

size_t stream_red_wrap(struct media_stream *s, uint8_t *payload, size_t n, size_t cap,
                       uint8_t *type)
{
    const struct media_plan *plan = &s->red.adapt.plan;
    uint32_t units = s->agreed->send->clock_hz / 1000; /* of the clock, in a millisecond */
    struct rtp_red_block own = {.payload_type = *type, .payload = {(char *)s->thread->packet, n}};
    size_t bytes;

    if (!plan->depth || !s->red.sent || !s->agreed->params.red_send)
        return n;
    memcpy(s->thread->packet, payload, n);
    bytes = rtp_red_wrap(s->red.sent, &own, s->session.timestamp, plan->depth,
                         units * plan->ptime_ms * plan->distance, payload, cap);
    rtp_red_keep(s->red.sent, own.payload_type, s->session.timestamp, own.payload);
    s->count.copies = s->red.sent->copies; /* what is told of is what a packet really has */
    s->count.copies_ms = s->red.sent->reach / units;
    if (!bytes)
        return n;
    *type = s->agreed->params.red_send;
    return bytes;
}

/* --- in -------------------------------------------------------------------------------------- */

static bool is_red(const struct media_stream *s, uint8_t payload_type)
{
    const struct media_params *p = &s->agreed->params;

    for (size_t i = 0; i < ARRAY_LEN(p->red_receive); i++)
        if (p->red_receive[i] && p->red_receive[i] == payload_type)
            return !stream_codec_of(s, payload_type) && !stream_is_event(s, payload_type);
    return false;
}

bool stream_red_open(struct media_stream *s, struct rtp_packet *packet, struct red_frames *out)
{
    unsigned ignored;

    out->n = 0;
    if (!is_red(s, packet->payload_type))
        return true;
    out->n = rtp_red_parse(packet->payload, out->block, &ignored);
    if (out->n < 0)
        return false;
    s->count.frames_refused += ignored;
    packet->payload_type = out->block[out->n - 1].payload_type;
    packet->payload = out->block[out->n - 1].payload;
    return true;
}

static void take_frame(struct media_stream *s, const struct rtp_packet *packet,
                       const struct rtp_red_block *block, unsigned nth)
{
    const struct audio_codec *codec = stream_codec_of(s, block->payload_type);
    uint32_t timestamp = packet->timestamp - block->offset;
    uint16_t missing;

    if (codec && stream_is_played(s)) {
        if (playout_put_copy(s->playout, codec, packet->sequence, timestamp, nth, block->payload,
                             &missing) != 0)
            return;
        stream_xr_repaired(s, missing);
        if (audio_codec_carries_before(codec, block->payload))
            stream_xr_repaired(s, (uint16_t)(missing - 1));
    } else if (!codec && !stream_is_event(s, block->payload_type)) {
        s->count.frames_refused++;
    }
}

void stream_red_press(struct media_stream *s, const struct rtp_packet *packet,
                      const struct red_frames *frames)
{
    for (int i = 0; i < frames->n - 1; i++) {
        const struct rtp_red_block *block = &frames->block[i];

        if (!stream_codec_of(s, block->payload_type) && stream_is_event(s, block->payload_type))
            stream_press(s, block->payload, packet->timestamp - block->offset);
    }
}

void stream_red_take(struct media_stream *s, const struct rtp_packet *packet,
                     const struct red_frames *frames)
{
    for (int i = frames->n - 2; i >= 0; i--) /* the latest first */
        take_frame(s, packet, &frames->block[i], (unsigned)(frames->n - 1 - i));
}
