/* A stream's RTCP, and what is known of it in figures. */
#include <string.h>

#include "phone/media_stream.h"

#define MEMBER_MS 25000 /* RFC 3550 6.3.5: who was silent for five intervals has left */
/* How often the socket is looked at, unless it is crowded; a report comes every few seconds. The
 * kernel says when each came, and who asks for figures has it looked at, so nothing is known later
 * for that but a BYE. */
#define RECEIVE_US 500000
#define SENDER_MS 10000 /* 6.3.8: who sent nothing for two intervals is no sender */

/* --- reports of ours ------------------------------------------------------------------------- */

/* then_ms may lie behind now_ms, which is the moment that a beat stands for: what was sent or came
 * since belongs to this beat as well. */
static bool is_recent(uint64_t then_ms, uint64_t now_ms, uint64_t limit_ms)
{
    return now_ms < then_ms + limit_ms;
}

static bool sends(const struct media_stream *s, uint64_t now_ms)
{
    return s->session.sent && is_recent(s->sent_ms, now_ms, SENDER_MS);
}

static struct rtcp_report report_about_remote(struct media_stream *s, uint64_t now_us)
{
    int64_t lost = rtp_source_lost(&s->heard);
    uint64_t sr_us = s->heard.last_sr_ms * 1000, since_us = now_us > sr_us ? now_us - sr_us : 0;

    return (struct rtcp_report){
        .ssrc = s->heard.ssrc,
        .fraction_lost = rtp_source_fraction_lost(&s->heard),
        .lost = (int32_t)(lost > INT32_MAX   ? INT32_MAX
                          : lost < INT32_MIN ? INT32_MIN
                                             : lost),
        .extended_sequence = rtp_source_extended(&s->heard),
        .jitter = rtp_source_jitter_now(&s->heard),
        .last_sr = s->heard.last_sr,
        .delay_since_sr = s->heard.last_sr ? (uint32_t)(since_us * 65536 / 1000000) : 0,
    };
}

/* RTP time and the clock's time of one moment, which is now: the next packet's timestamp lies
 * as far ahead as its sending does. */
static struct rtcp_sender sender_info(const struct media_stream *s, uint64_t now_us)
{
    int64_t ahead_us = s->next_send_us ? (int64_t)(s->next_send_us - now_us) : 0;

    return (struct rtcp_sender){
        .ntp = rtcp_ntp(now_us),
        .timestamp = s->session.timestamp -
                     (uint32_t)(ahead_us * (int64_t)s->agreed->send->clock_hz / 1000000),
        .packets = s->session.packets,
        .bytes = s->session.bytes,
    };
}

static size_t send_report(struct media_stream *s, uint64_t now_us, bool bye)
{
    struct rtcp_sender sender = sender_info(s, now_us);
    struct rtcp_report report = {0};
    struct rtcp_compound what = {
        .ssrc = s->session.ssrc,
        .sender = sends(s, now_us / 1000) ? &sender : NULL,
        .cname = slice_of(s->thread->cname),
        .bye = bye,
    };
    uint8_t bytes[RTCP_PRINT_MAX + RTP_SRTP_MAX_GROWTH], xr[XR_PRINT_MAX];
    size_t n;

    if (s->has_heard && !s->heard.probation) {
        report = report_about_remote(s, now_us);
        what.reports = &report;
        what.n_reports = 1;
    }
    what.xr = (struct slice){(const char *)xr, stream_xr_print(s, now_us, what.sender, xr)};
    n = rtcp_print(&what, bytes);
    stream_put_rtcp(s, bytes, n, sizeof bytes);
    s->rtcp_sent = true;
    return n;
}

static bool may_report(struct media_stream *s, uint64_t now_ms)
{
    return s->agreed && s->may_send && (s->agreed->params.rtcp_mux || s->latch.rtcp.family) &&
           rtp_latch_may_send(&s->latch, now_ms);
}

static void report_if_due(struct media_stream *s, uint64_t now_us)
{
    uint64_t now_ms = now_us / 1000;
    bool there = s->has_heard && !s->remote_left && is_recent(s->heard_ms, now_ms, MEMBER_MS);
    bool they_send = there && is_recent(s->heard_ms, now_ms, SENDER_MS);
    bool we_send = sends(s, now_ms);

    rtcp_timing_members(&s->timing, there ? 2 : 1, (unsigned)they_send + we_send, we_send, now_ms);
    if (!rtcp_timing_due(&s->timing, now_ms, &s->thread->rng))
        return;
    rtcp_timing_sent(&s->timing, may_report(s, now_ms) ? send_report(s, now_us, false) : 64, now_ms,
                     &s->thread->rng);
}

void stream_rtcp_bye(struct media_stream *s)
{
    uint64_t now_us = net_now_us();

    if ((s->session.sent || s->rtcp_sent) && may_report(s, now_us / 1000))
        (void)send_report(s, now_us, true);
}

void stream_collide(struct media_stream *s)
{
    stream_rtcp_bye(s);
    (void)rtp_session_collide(&s->session, &s->thread->rng);
    s->rtcp_sent = false;
}

/* --- reports of theirs ----------------------------------------------------------------------- */

void stream_note_round_trip(struct media_stream *s, double ms)
{
    s->count.round_trip_ms = ms;
    s->count.round_trip_mean_ms += (ms - s->count.round_trip_mean_ms) / ++s->round_trips;
}

static void take_report(struct media_stream *s, const struct rtcp_report *report,
                        uint64_t arrived_us)
{
    uint32_t clock_hz = s->agreed->send->clock_hz, us;
    double round_trip_ms = -1;

    s->count.remote_lost_percent = report->fraction_lost * 100 / 256.0;
    s->count.remote_jitter_ms = report->jitter * 1000.0 / clock_hz;
    if (rtcp_round_trip(report, rtcp_ntp(arrived_us), &us) == 0) {
        round_trip_ms = us / 1000.0;
        stream_note_round_trip(s, round_trip_ms);
    }
    stream_red_report(s, report->fraction_lost / 256.0, round_trip_ms);
}

static void take_packet(struct media_stream *s, const struct rtcp_packet *packet,
                        uint64_t arrived_us)
{
    if (packet->type == RTCP_SR && s->has_heard && packet->ssrc == s->heard.ssrc) {
        s->heard.last_sr = rtcp_ntp_middle(packet->sender.ntp);
        s->heard.last_sr_ms = arrived_us / 1000;
    }
    if (packet->type == RTCP_SR || packet->type == RTCP_RR)
        for (unsigned i = 0; i < packet->count; i++) {
            struct rtcp_report report = rtcp_report_at(packet, i);

            if (report.ssrc == s->session.ssrc)
                take_report(s, &report, arrived_us);
        }
    if (packet->type == RTCP_XR)
        stream_xr_take(s, packet->ssrc, packet->blocks, arrived_us);
    if (packet->type == RTCP_BYE && s->has_heard && !s->remote_left &&
        rtcp_bye_names(packet, s->heard.ssrc)) {
        s->remote_left = true;
        stream_tell(s, MEDIA_REMOTE_BYE);
    }
}

void stream_rtcp_receive(struct media_stream *s, const struct net_rtp_datagram *d)
{
    struct slice bytes = d->bytes, rest;
    struct rtcp_packet packet;

    if (!s->agreed || !stream_open_rtcp(s, &bytes))
        return;
    if (rtcp_check(bytes) != 0 || !rtp_latch_rtcp(&s->latch, &d->from)) {
        s->count.packets_refused++;
        return;
    }
    stream_set_remote(s);
    rtcp_timing_size(&s->timing, bytes.n);
    rest = bytes;
    while (rtcp_next(&rest, &packet) == 0)
        take_packet(s, &packet, d->arrived_us);
    stream_red_reported(s, d->arrived_us);
}

static void take_any(struct media_stream *s, const struct net_rtp_datagram *d)
{
    if (!stream_dtls_take(s, true, d->bytes, &d->from, d->arrived_us))
        stream_rtcp_receive(s, d);
}

static void take_waiting(struct media_stream *s)
{
    stream_take_waiting(s, true, take_any);
}

void stream_rtcp_beat(struct media_stream *s, uint64_t now_us)
{
    if (!s->agreed)
        return;
    if (now_us >= s->rtcp_received_us + RECEIVE_US || stream_dtls_waits(s) ||
        stream_is_crowded(s, true, now_us)) {
        s->rtcp_received_us = now_us;
        take_waiting(s);
    }
    if (now_us / 1000 >= s->timing.next_ms)
        report_if_due(s, now_us);
}

/* --- figures --------------------------------------------------------------------------------- */

void stream_stats(struct media_stream *s, struct media_stats *out)
{
    struct jitter_stats jitter = {0};
    uint64_t back;

    if (s->agreed)
        take_waiting(s);
    *out = s->count;
    if (s->playout)
        playout_stats(s->playout, &jitter);
    back = jitter.recovered + jitter.redundant;
    out->late = jitter.late;
    out->recovered = jitter.recovered;
    out->redundant = jitter.redundant;
    out->concealed = back < jitter.lost ? jitter.lost - back : 0;
    out->playout_delay_ms = jitter.delay_ms;
    out->playout_delay_mean_ms = jitter.delay_mean_ms;
    out->listened = jitter.received > 0;
    rtp_loss_left(&s->xr.heard, &out->left);
    out->level_in_db = level_meter_take(&s->heard_level);
    out->level_out_db = level_meter_take(&s->sent_level);
    out->voiced = s->source == SOURCE_DEVICE && s->thread->device &&
                  media_device_voice(s->thread->device, &out->voice);
    if (s->has_heard) {
        out->lost = s->lost_before + rtp_source_lost(&s->heard);
        if (s->heard_clock_hz)
            out->jitter_ms = rtp_source_jitter_now(&s->heard) * 1000.0 / s->heard_clock_hz;
    }
    if (s->xr.codec) {
        out->heard_packet_ms = s->xr.packet_ms;
        strncpy(out->heard_codec, s->xr.codec->name, sizeof out->heard_codec - 1);
    }
    if (s->agreed) {
        out->rate_hz = s->agreed->send->rate_hz;
        out->packet_ms = stream_ptime_ms(s);
        strncpy(out->codec, s->agreed->send->name, sizeof out->codec - 1);
    }
}
