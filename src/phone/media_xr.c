/* A stream's extended reports (RFC 3611): what is said of their sound, and what they say of
 * ours. */
#include <math.h>

#include "phone/media_stream.h"
#include "phone/quality.h"

/* A jitter buffer as ours gives up what is older than the target by more. */
#define EXCESS_MS 300
#define OURS_US 20000000 /* behind it, what was said of our losses is too old */

/* --- what came of theirs --------------------------------------------------------------------- */

static void learn_packets(struct media_stream *s, const struct audio_codec *codec,
                          struct slice payload)
{
    int units = audio_codec_duration(codec, payload);

    if (units <= 0)
        return;
    s->xr.codec = codec;
    s->xr.packet_ms = units * 1000.0 / codec->clock_hz;
}

void stream_xr_note(struct media_stream *s, const struct rtp_packet *packet,
                    const struct audio_codec *codec, bool discarded)
{
    uint32_t sequence = rtp_source_extend(&s->heard, packet->sequence);

    if (s->heard.probation)
        return;
    if (s->heard.restarted)
        rtp_loss_restart(&s->xr.heard);
    rtp_loss_note(&s->xr.heard, sequence, discarded ? RTP_LOSS_DISCARDED : RTP_LOSS_CAME);
    if (!codec)
        return;
    learn_packets(s, codec, packet->payload);
    if (discarded)
        return;
    if (audio_codec_carries_before(codec, packet->payload))
        rtp_loss_note(&s->xr.heard, sequence - 1, RTP_LOSS_REPAIRED);
}

void stream_xr_repaired(struct media_stream *s, uint16_t sequence)
{
    if (!s->heard.probation)
        rtp_loss_note(&s->xr.heard, rtp_source_extend(&s->heard, sequence), RTP_LOSS_REPAIRED);
}

void stream_xr_dropped(struct media_stream *s)
{
    uint16_t sequence;

    while (playout_discarded(s->playout, &sequence))
        if (!s->heard.probation)
            rtp_loss_note(&s->xr.heard, rtp_source_extend(&s->heard, sequence), RTP_LOSS_DROPPED);
}

/* --- what is said of it ---------------------------------------------------------------------- */

static double packet_ms(const struct media_stream *s)
{
    return s->xr.codec ? s->xr.packet_ms : s->agreed->ptime_ms;
}

static const char *codec_name(const struct media_stream *s)
{
    if (s->xr.codec)
        return s->xr.codec->name;
    return s->agreed->send ? s->agreed->send->name : "";
}

static uint8_t ten_times(double mos)
{
    return mos < 0 ? XR_UNKNOWN : (uint8_t)(10 * mos + 0.5);
}

/* 4.7.5: R with the delay, and both scores: without it, and with it. */
static void judge(struct media_stream *s, struct quality_path *path, struct xr_voip *out)
{
    struct xr_loss left;
    double r;

    out->r_external = XR_UNKNOWN;
    out->r_factor = out->mos_lq_10 = out->mos_cq_10 = XR_UNKNOWN;
    rtp_loss_left(&s->xr.heard, &left);
    if (left.expected == 0)
        return;
    path->loss_percent = 100.0 * left.lost / left.expected;
    path->run = left.runs > 0 ? (double)left.lost / left.runs : 0;
    r = quality_rating(path);
    out->r_factor = (uint8_t)(r + 0.5);
    out->mos_cq_10 = ten_times(quality_mos(r));
    path->delay_ms = 0;
    out->mos_lq_10 = ten_times(quality_mos(quality_rating(path)));
}

static uint16_t whole_ms(double ms)
{
    return (uint16_t)(ms < 0 ? 0 : ms < UINT16_MAX ? ms + 0.5 : UINT16_MAX);
}

/* What is to be said of their sound so far. */
static void describe(struct media_stream *s, struct xr_voip *out)
{
    struct jitter_stats jitter = {.ceiling_ms = JITTER_MAX_MS};
    struct quality_path path = {.codec = codec_name(s)};

    if (s->playout)
        playout_stats(s->playout, &jitter);
    path.delay_ms =
        quality_delay_ms(path.codec, packet_ms(s), s->count.round_trip_ms, jitter.delay_ms);
    *out = (struct xr_voip){.ssrc = s->heard.ssrc,
                            .round_trip_ms = whole_ms(s->count.round_trip_ms),
                            .end_system_ms =
                                whole_ms(path.delay_ms - fmax(s->count.round_trip_ms, 0) / 2),
                            .signal_dbm = XR_UNKNOWN,
                            .noise_dbm = XR_UNKNOWN,
                            .rerl_db = XR_UNKNOWN,
                            .concealment = XR_PLC_ENHANCED,
                            .adaptive = true,
                            .nominal_ms = whole_ms(jitter.target_ms),
                            .most_ms = whole_ms(jitter.target_ms + EXCESS_MS),
                            .ceiling_ms = whole_ms(jitter.ceiling_ms)};
    if (out->ceiling_ms < out->nominal_ms)
        out->ceiling_ms = out->nominal_ms; /* a packet that is longer */
    if (out->most_ms > out->ceiling_ms)
        out->most_ms = out->ceiling_ms;
    rtp_loss_metrics(&s->xr.heard, packet_ms(s), out);
    judge(s, &path, out);
}

size_t stream_xr_print(struct media_stream *s, uint64_t now_us, bool sends,
                       uint8_t out[XR_PRINT_MAX])
{
    struct sdp_xr agreed = s->agreed->params.xr;
    bool hears = s->has_heard && !s->heard.probation;
    struct xr_packet what = {.ssrc = s->session.ssrc};
    struct xr_dlrr dlrr = {.ssrc = s->xr.asked_by, .last_rr = s->xr.asked};
    struct xr_voip voip;
    struct xr_runs runs;
    uint64_t since_us;

    if (agreed.times && !sends) /* who sends has its round trip from the reports about it */
        what.time_ntp = rtcp_ntp(now_us);
    if (agreed.times && s->xr.asked) {
        since_us = now_us > s->xr.asked_us ? now_us - s->xr.asked_us : 0;
        dlrr.delay_since = (uint32_t)(since_us * 65536 / 1000000);
        what.dlrr = &dlrr;
    }
    if (agreed.voip && hears) {
        describe(s, &voip);
        what.voip = &voip;
    }
    if (agreed.runs && hears) {
        rtp_loss_runs(&s->xr.heard, s->heard.ssrc, &runs);
        what.runs = &runs;
    }
    s->xr.asked = 0;
    return xr_print(&what, out);
}

/* --- what they say of ours ------------------------------------------------------------------- */

static void take_time(struct media_stream *s, uint32_t from, uint64_t ntp, uint64_t arrived_us)
{
    s->xr.asked_by = from;
    s->xr.asked = rtcp_ntp_middle(ntp);
    s->xr.asked_us = arrived_us;
}

static void take_dlrr(struct media_stream *s, const struct xr_dlrr *dlrr, uint64_t arrived_us)
{
    struct rtcp_report as_report = {.last_sr = dlrr->last_rr, .delay_since_sr = dlrr->delay_since};
    uint32_t us;

    if (rtcp_round_trip(&as_report, rtcp_ntp(arrived_us), &us) == 0)
        stream_note_round_trip(s, us / 1000.0);
}

static void take_voip(struct media_stream *s, const struct xr_voip *voip)
{
    if (voip->ssrc != s->session.ssrc)
        return;
    s->count.has_remote = true;
    s->count.remote = *voip;
}

static void take_runs(struct media_stream *s, const struct xr_loss *report, uint64_t arrived_us)
{
    s->xr.ours = *report;
    s->xr.ours_us = arrived_us;
}

void stream_xr_take(struct media_stream *s, uint32_t from, struct slice blocks, uint64_t arrived_us)
{
    uint32_t us = s->session.ssrc;
    struct xr_loss report;
    struct xr_block block;
    struct xr_voip voip;
    struct xr_dlrr dlrr;
    uint64_t ntp;

    while (xr_next(&blocks, &block) == 0) {
        if (xr_voip_read(&block, &voip) == 0)
            take_voip(s, &voip);
        else if (xr_time_read(&block, &ntp) == 0)
            take_time(s, from, ntp, arrived_us);
        else if (xr_dlrr_read(&block, us, &dlrr) == 0)
            take_dlrr(s, &dlrr, arrived_us);
        else if (xr_rle_read(&block, us, &report) == 0 && report.expected)
            take_runs(s, &report, arrived_us);
    }
}

void stream_xr_agreed(struct media_stream *s, const struct media_agreement *before)
{
    const struct media_params *now = &s->agreed->params;
    bool another = !ip_same(&before->params.remote_rtp, &now->remote_rtp);

    if (another || (!now->xr.voip && before->params.xr.voip))
        s->count.has_remote = false;
    if (another || (!now->xr.runs && before->params.xr.runs))
        s->xr.ours = (struct xr_loss){0};
}

double stream_xr_mean_run(const struct media_stream *s, uint64_t now_us, double *lost)
{
    const struct xr_loss *ours = &s->xr.ours;

    if (ours->expected && now_us < s->xr.ours_us + OURS_US) {
        *lost = ours->lost;
        return ours->runs ? (double)ours->lost / ours->runs : 0;
    }
    return s->count.has_remote ? xr_voip_run_100(&s->count.remote, stream_ptime_ms(s)) / 100.0 : 0;
}
