#include "tests/lib/lossy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audio/codec.h"
#include "audio/playout.h"
#include "audio/resample.h"
#include "base/rand.h"
#include "rtp/loss.h"
#include "rtp/red.h"

enum {
    BEAT_MS = 10,
    ROUTE_MS = 2,
    BEHIND_MS = 1000, /* for what is on its way when nothing more is said */
    TYPE = 96,
    RED_TYPE = 63,
    RTCP_MS = 4500, /* RFC 3550 6.2: 360 / 80 kbit/s */
    XR_HEADER = 8,
    LOOK_MS = 500, /* how often our own loss is looked at, as phone/media_red does */
    LOOK_PACKETS = 40,
    FLYING = 64, /* packets on their way */
};

static const double COMPENSATION = 2.71828182845904523536 - 1.5;

/* One direction's losses. */
struct sky {
    struct rng rng;
    bool lost; /* the packet before */
};

/* What a receiver has counted since it last told of it. */
struct counts {
    unsigned packets, lost, runs;
    bool in_run;
};

/* A packet on its way. */
struct packet {
    uint64_t at_us; /* when it arrives */
    uint32_t timestamp;
    uint16_t sequence;
    uint8_t type;
    size_t n;
    char payload[AUDIO_PAYLOAD_MAX];
};

struct way {
    const struct lossy_talk *talk;
    const struct audio_codec *codec;
    struct audio_encoder *encoder;
    struct playout *playout;
    struct media_adapt adapt;
    struct rtp_red_sender sent;
    struct sky there, back, reports;
    struct rng rng, jitter;
    struct packet flying[FLYING];
    size_t n_flying;
    struct rtp_loss fates;      /* of what we send, as they know them */
    struct counts theirs, ours; /* they receive what we send; we what they do */
    unsigned gaps, missing;     /* of ours, all in all: the length of bursts */
    uint64_t now_ms, next_send_ms, next_report_ms, looked_ms;
    uint32_t timestamp;
    uint16_t sequence;
    uint64_t spoken_from_ms, spoken_to_ms, spoken_bytes;

    int16_t *in, *out; /* at the codec's rate */
    size_t n;
};

static void *room(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);

    if (!p)
        abort();
    return p;
}

/* Exactly n samples out. */
static void convert(const int16_t *in, size_t n_in, uint32_t in_hz, int16_t *out, size_t n,
                    uint32_t out_hz)
{
    struct resample *r;
    int16_t *all;
    size_t got, cap;

    if (resample_new(in_hz, out_hz, RESAMPLE_FILE, &r) != 0)
        abort();
    cap = resample_room(r, n_in) + n;
    all = room(cap, sizeof *all);
    got = resample_run(r, in, n_in, all, cap);
    got += resample_flush(r, all + got, cap - got);
    memcpy(out, all, (got < n ? got : n) * sizeof *out);
    free(all);
    resample_free(r);
}

/* ---- the network ---- */

static double chance(struct rng *rng)
{
    return rng_below(rng, 1000000) / 1e6;
}

static bool loses(struct sky *sky, const struct lossy_talk *talk)
{
    double stay = talk->burst > 1 ? 1 - 1 / talk->burst : talk->loss;
    double enter = talk->burst > 1 ? (1 - stay) * talk->loss / (1 - talk->loss) : talk->loss;

    sky->lost = chance(&sky->rng) < (sky->lost ? stay : enter);
    return sky->lost;
}

static void count(struct counts *c, bool lost)
{
    c->packets++;
    c->lost += lost;
    c->runs += lost && !c->in_run;
    c->in_run = lost;
}

static double delayed_ms(struct way *w)
{
    uint32_t most_us = w->talk->jitter_ms * 1000;

    return ROUTE_MS + (most_us ? rng_below(&w->jitter, most_us) / 1000.0 : 0);
}

static struct loss_report told(struct counts *c)
{
    struct loss_report out = {.lost = c->packets ? (double)c->lost / c->packets : 0,
                              .burst = c->runs ? (double)c->lost / c->runs : 0,
                              .burst_of = c->lost,
                              .packets = c->packets};

    *c = (struct counts){.in_run = c->in_run};
    return out;
}

/* ---- reports ---- */

static void follow_plan(struct way *w)
{
    const struct media_plan *plan = &w->adapt.plan;

    if (w->talk->plan)
        w->adapt.plan = *w->talk->plan;
    audio_encoder_set_fec(w->encoder, plan->fec_percent);
    audio_encoder_set_bitrate(w->encoder, plan->bitrate);
}

static uint64_t report_after(struct way *w, unsigned ms)
{
    return w->now_ms + (uint64_t)(ms * (0.5 + chance(&w->rng)) / COMPENSATION);
}

/* What their extended report says of losses in a row, as phone/media_xr reads it. */
static void tell_runs(struct way *w, struct loss_report *report)
{
    struct xr_runs runs;
    struct xr_packet packet = {.ssrc = 2, .runs = &runs};
    uint8_t bytes[XR_PRINT_MAX];
    struct slice blocks = {(char *)bytes + XR_HEADER, 0};
    struct xr_block block;
    struct xr_loss loss;
    size_t n;

    rtp_loss_runs(&w->fates, 1, &runs);
    n = xr_print(&packet, bytes);
    blocks.n = n > XR_HEADER ? n - XR_HEADER : 0;
    report->burst = report->burst_of = 0;
    if (xr_next(&blocks, &block) != 0 || xr_rle_read(&block, 1, &loss) != 0)
        return;
    report->burst = loss.runs ? (double)loss.lost / loss.runs : 0;
    report->burst_of = loss.lost;
}

static void exchange_reports(struct way *w)
{
    struct loss_report report;

    if (w->now_ms >= w->looked_ms + LOOK_MS) {
        w->looked_ms = w->now_ms;
        if (w->ours.packets >= LOOK_PACKETS) {
            w->gaps += w->ours.runs;
            w->missing += w->ours.lost;
            report = told(&w->ours);
            report.burst = w->gaps ? (double)w->missing / w->gaps : 0;
            report.burst_of = w->missing;
            report.round_trip_ms = -1;
            (void)media_adapt_heard(&w->adapt, &report, w->now_ms);
        }
    }
    if (w->now_ms >= w->next_report_ms) {
        w->next_report_ms = report_after(w, RTCP_MS);
        report = told(&w->theirs);
        tell_runs(w, &report);
        report.round_trip_ms = delayed_ms(w) + delayed_ms(w);
        report.jitter_ms = 2 * w->talk->jitter_ms / 3.0; /* of the mean difference of two */
        if (!loses(&w->reports, w->talk))
            (void)media_adapt_report(&w->adapt, &report, w->now_ms);
    }
    follow_plan(w);
}

/* ---- packets ---- */

static void depart(struct way *w, uint8_t type, struct slice payload)
{
    struct packet *p = &w->flying[w->n_flying++];

    if (w->n_flying > FLYING || payload.n > sizeof p->payload)
        abort();
    p->at_us = w->now_ms * 1000 + (uint64_t)(1000 * delayed_ms(w));
    p->timestamp = w->timestamp;
    p->sequence = w->sequence;
    p->type = type;
    p->n = payload.n;
    memcpy(p->payload, payload.p, payload.n);
}

static void arrive(struct way *w, const struct packet *p)
{
    struct slice payload = {p->payload, p->n};
    struct rtp_red_block block[RTP_RED_BLOCKS];
    uint16_t missing;
    unsigned ignored;
    int n = 1;

    if (p->type == RED_TYPE)
        n = rtp_red_parse(payload, block, &ignored);
    else
        block[0] = (struct rtp_red_block){.payload = payload};
    if (n < 1)
        abort();
    rtp_loss_note(&w->fates, p->sequence, RTP_LOSS_CAME);
    (void)playout_put(w->playout, w->codec, 1, p->sequence, p->timestamp, false,
                      block[n - 1].payload, p->at_us);
    for (int i = n - 2; i >= 0; i--)
        (void)playout_put_copy(w->playout, w->codec, p->sequence, p->timestamp - block[i].offset,
                               (unsigned)(n - 1 - i), block[i].payload, &missing);
}

/* What has come until then, the earliest first. */
static void arrive_until(struct way *w, uint64_t now_us)
{
    for (;;) {
        struct packet *first = w->flying;

        for (struct packet *p = w->flying; p < w->flying + w->n_flying; p++)
            if (p->at_us < first->at_us)
                first = p;
        if (w->n_flying == 0 || first->at_us > now_us)
            return;
        arrive(w, first);
        memmove(first, first + 1, (size_t)(w->flying + --w->n_flying - first) * sizeof *first);
    }
}

static void send(struct way *w)
{
    const struct media_plan *plan = &w->adapt.plan;
    size_t step = w->codec->rate_hz / 1000 * plan->ptime_ms;
    size_t end = w->codec->rate_hz / 1000 * w->now_ms;
    uint32_t units = w->codec->clock_hz / 1000 * plan->ptime_ms;
    uint8_t own[AUDIO_PAYLOAD_MAX], wrapped[AUDIO_PAYLOAD_MAX], type = TYPE;
    struct rtp_red_block block = {.payload_type = TYPE};
    struct slice payload;
    size_t n = 0;
    bool lost;
    int bytes = audio_encode(w->encoder, w->in + end - step, step, own, sizeof own);

    if (bytes <= 0)
        abort();
    payload = block.payload = (struct slice){(char *)own, (size_t)bytes};
    if (plan->depth && w->talk->red)
        n = rtp_red_wrap(&w->sent, &block, w->timestamp, plan->depth, units * plan->distance,
                         wrapped, sizeof wrapped);
    rtp_red_keep(&w->sent, TYPE, w->timestamp, payload);
    if (n) {
        payload = (struct slice){(char *)wrapped, n};
        type = RED_TYPE;
    }
    if (w->now_ms >= w->spoken_from_ms && w->now_ms < w->spoken_to_ms)
        w->spoken_bytes += payload.n;
    lost = loses(&w->there, w->talk);
    count(&w->theirs, lost);
    count(&w->ours, loses(&w->back, w->talk));
    if (!lost)
        depart(w, type, payload);
    w->sequence++;
    w->timestamp += units;
}

static void run(struct way *w)
{
    size_t beat = w->codec->rate_hz / 1000 * BEAT_MS;

    w->next_report_ms = report_after(w, RTCP_MS / 2);
    for (size_t at = 0; at + beat <= w->n; at += beat, w->now_ms += BEAT_MS) {
        exchange_reports(w);
        if (w->now_ms >= w->next_send_ms + w->adapt.plan.ptime_ms) {
            send(w);
            w->next_send_ms = w->now_ms;
        }
        arrive_until(w, (w->now_ms + ROUTE_MS + 1) * 1000);
        (void)playout_get(w->playout, (w->now_ms + ROUTE_MS + 1) * 1000, w->out + at, beat);
    }
}

/* ---- a talk ---- */

static struct way *way_new(const struct lossy_talk *talk, size_t n_said)
{
    struct way *w = room(1, sizeof *w);
    bool opus = strcmp(talk->codec, "opus") == 0;
    struct audio_codec_params params = {.fec = true};
    struct media_adapt_can can = {.red = talk->red,
                                  .fec = opus,
                                  .any_rate = opus,
                                  .ptime_ms = 20,
                                  .maxptime_ms = opus ? 120 : 20,
                                  .channels = 1};
    struct playout_config config = {0};

    w->talk = talk;
    w->codec = config.codec = audio_codec_find(slice_of(talk->codec), 0, 0);
    w->there.rng = rng_seeded(4 * talk->seed + 1);
    w->back.rng = rng_seeded(4 * talk->seed + 2);
    w->reports.rng = rng_seeded(4 * talk->seed + 3);
    w->rng = rng_seeded(4 * talk->seed + 4);
    w->jitter = rng_seeded(~talk->seed);
    w->sequence = 1000;
    w->spoken_from_ms = talk->before_ms;
    w->spoken_to_ms = talk->before_ms + n_said / (HEARING_HZ / 1000);
    w->n = (size_t)(w->spoken_to_ms + BEHIND_MS) * (w->codec->rate_hz / 1000);
    w->in = room(w->n, sizeof *w->in);
    w->out = room(w->n, sizeof *w->out);
    if (audio_encoder_new(w->codec, &params, &w->encoder) != 0 ||
        playout_new(&config, &w->playout) != 0)
        abort();
    can.rate_bps = audio_encoder_bitrate(w->encoder);
    media_adapt_init(&w->adapt, &can);
    follow_plan(w);
    return w;
}

static void way_free(struct way *w)
{
    audio_encoder_free(w->encoder);
    playout_free(w->playout);
    free(w->in);
    free(w->out);
    free(w);
}

void lossy_talk_run(const struct lossy_talk *talk, const int16_t *said, size_t n,
                    struct lossy_outcome *out)
{
    struct way *w = way_new(talk, n);
    size_t before = (size_t)talk->before_ms * HEARING_HZ / 1000;
    size_t all = w->n / (w->codec->rate_hz / 1000) * (HEARING_HZ / 1000);
    int16_t *both = room(2 * all, sizeof *both);

    memcpy(both + before, said, n * sizeof *said);
    convert(both, all, HEARING_HZ, w->in, w->n, w->codec->rate_hz);
    run(w);
    convert(w->out, w->n, w->codec->rate_hz, both + all, all, HEARING_HZ);
    *out = (struct lossy_outcome){.plan = w->adapt.plan};
    (void)hearing_judge(both, both + all, all, w->codec->rate_hz < HEARING_HZ, &out->heard);
    out->kbps = (double)w->spoken_bytes * 8 / (double)(w->spoken_to_ms - w->spoken_from_ms);
    playout_stats(w->playout, &out->jitter);
    free(both);
    way_free(w);
}
