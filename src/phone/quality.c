#include "phone/quality.h"

#include <math.h>

/* --- ITU-T G.107 (06/2015), clause 7 -------------------------------------------------------- */

/* By the default values of its table of parameters: 7.2 gives Ro = 15 - 1.5 (SLR + No) with SLR = 8
 * dB and No = -61.18 dBm0p, 7.3 gives Is, where little but quantizing has a share. */
#define RO 94.77
#define IS 1.41
#define TELR_DB 65.0  /* of the talker's echo */
#define WEPL_DB 110.0 /* of the listener's */

/* clang-format off */
static const struct codec {
    const char *name;
    double ie, bpl;
    double ahead_ms; /* RFC 6716 2: Opus looks 6.5 ms ahead; G.722 by its filters */
} codecs[] = {
    {"PCMU", 0, 25.1, 0},
    {"PCMA", 0, 25.1, 0},
    {"opus", 0, 25.1, 6.5},
    {"G722", 0, 25.1, 1.5},
    {"L16",  0, 25.1, 0},
};
/* clang-format on */

static const struct codec *find_codec(const char *name)
{
    static const struct codec other = {"", 0, 4.3, 0};

    for (size_t i = 0; i < ARRAY_LEN(codecs); i++)
        if (slice_ieq(slice_of(name), slice_of(codecs[i].name)))
            return &codecs[i];
    return &other;
}

/* 7.4, Idte: the talker hears himself late (of the two cases that with a usual side tone). */
static double talker_echo(double t_ms)
{
    double terv =
        TELR_DB - 40 * log10((1 + t_ms / 10) / (1 + t_ms / 150)) + 6 * exp(-0.3 * t_ms * t_ms);
    double re = 80 + 2.5 * (terv - 14), half = (RO - re) / 2;

    return (half + sqrt(half * half + 100) - 1) * (1 - exp(-t_ms));
}

/* 7.4, Idle: the listener hears the other side twice. */
static double listener_echo(double tr_ms)
{
    double rle = 10.5 * (WEPL_DB + 7) * pow(tr_ms + 1, -0.25), half = (RO - rle) / 2;

    return half + sqrt(half * half + 169);
}

/* 7.4, Idd: it is long until an answer comes, even without an echo. */
static double long_delay(double ta_ms)
{
    double x;

    if (ta_ms <= 100)
        return 0;
    x = log2(ta_ms / 100);
    return 25 * (pow(1 + pow(x, 6), 1.0 / 6) - 3 * pow(1 + pow(x / 3, 6), 1.0 / 6) + 2);
}

/* 7.5. By chance a run is 1 / (1 - p) packets long. */
static double equipment(const struct quality_path *path)
{
    const struct codec *codec = find_codec(path->codec);
    double ppl = fmin(fmax(path->loss_percent, 0), 100);
    double burst_r = fmax(1, path->run * (1 - ppl / 100));

    return codec->ie + (95 - codec->ie) * ppl / (ppl / burst_r + codec->bpl);
}

double quality_rating(const struct quality_path *path)
{
    double t = path->delay_ms;
    double delay = talker_echo(t) + listener_echo(2 * t) + long_delay(t);
    double r = RO - IS - delay - equipment(path);

    return r < 0 ? 0 : r;
}

double quality_delay_ms(const char *codec, double packet_ms, double round_trip_ms, double buffer_ms)
{
    return packet_ms + find_codec(codec)->ahead_ms + fmax(round_trip_ms, 0) / 2 +
           fmax(buffer_ms, 0) + 2 * QUALITY_DEVICE_MS;
}

double quality_mos(double rating)
{
    if (rating <= 0)
        return 1;
    if (rating >= 100)
        return 4.5;
    /* The polynomial dips below 1 near to 0. */
    return fmax(1, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}

/* --- of a call ------------------------------------------------------------------------------ */

static double share(double part, double whole)
{
    return whole > 0 ? 100 * fmin(part / whole, 1) : 0;
}

static double of_xr(uint8_t value, double unit)
{
    return value == XR_UNKNOWN ? -1 : value / unit;
}

/* What they hear of us, where they do not say so themselves. Their delay is both ways of their end:
 * half of it and of the round trip, and what ours adds. */
static double rate_theirs(const struct media_stats *now)
{
    const struct xr_voip *v = &now->remote;
    struct quality_path path = {
        .codec = now->codec,
        .delay_ms = quality_delay_ms(now->codec, now->packet_ms, now->round_trip_ms, v->nominal_ms),
        .loss_percent = share(v->loss + v->discard, 256),
        .run = xr_voip_run_100(v, (unsigned)now->packet_ms) / 100.0,
    };

    return quality_rating(&path);
}

static void fill_theirs(const struct media_stats *now, struct phone_quality *out)
{
    out->their_mos = out->their_rating = out->their_discard_percent = out->their_delay_ms = -1;
    if (!now->has_remote)
        return;
    out->their_discard_percent = share(now->remote.discard, 256);
    out->their_delay_ms = now->remote.end_system_ms > 0 ? now->remote.end_system_ms : -1;
    out->their_rating = of_xr(now->remote.r_factor, 1);
    if (out->their_rating < 0)
        out->their_rating = rate_theirs(now);
    out->their_mos = fmin(of_xr(now->remote.mos_cq_10, 10), 4.5);
    if (out->their_mos < 0)
        out->their_mos = quality_mos(out->their_rating);
}

/* What they speak, and as long as nothing came what we do. */
static const char *codec_of_theirs(const struct media_stats *now)
{
    return now->heard_codec[0] ? now->heard_codec : now->codec;
}

/* How long what they say is on its way. */
static double way_of_theirs(const struct media_stats *now, double round_trip_ms, double buffer_ms)
{
    double packet_ms = now->heard_codec[0] ? now->heard_packet_ms : now->packet_ms;

    return quality_delay_ms(codec_of_theirs(now), packet_ms, round_trip_ms, buffer_ms);
}

/* Concealed where somebody listens, and where nobody does what did not come and was not repaired:
 * that is the same, but for packets whose fate is not settled yet. */
static void judge(const struct media_stats *now, const struct xr_loss *left, double delay_ms,
                  double concealed, double expected, struct phone_quality *out)
{
    struct quality_path path = {
        .codec = codec_of_theirs(now),
        .delay_ms = delay_ms,
        .loss_percent = fmax(share(left->lost, left->expected), share(concealed, expected)),
        .run = left->runs > 0 ? (double)left->lost / left->runs : 0,
    };

    out->mouth_to_ear_ms = path.delay_ms;
    out->left_percent = path.loss_percent;
    out->burst = path.run;
    out->rating = out->mos = out->mos_listening = -1;
    if (expected <= 0)
        return;
    out->rating = quality_rating(&path);
    out->mos = quality_mos(out->rating);
    path.delay_ms = 0;
    out->mos_listening = quality_mos(quality_rating(&path));
}

static void fill(const struct media_stats *now, struct phone_quality *out)
{
    *out = (struct phone_quality){
        .their_loss_percent = now->remote_lost_percent,
        .jitter_ms = now->jitter_ms,
        .round_trip_ms = now->round_trip_ms,
        .delay_ms = now->listened ? now->playout_delay_ms : -1,
        .level_in_dbfs = now->level_in_db,
        .level_out_dbfs = now->level_out_db,
        .sent = now->packets_sent,
        .received = now->packets_received,
        .lost = now->lost > 0 ? (uint64_t)now->lost : 0,
        .late = now->late,
        .concealed = now->concealed,
        .from_copies = now->redundant,
        .from_fec = now->recovered,
        .refused = now->packets_refused,
        .frames_refused = now->frames_refused,
        .copies = now->copies,
        .copies_ms = now->copies_ms,
        .echo_less_db = now->voiced ? now->voice.echo_less_db : NAN,
        .echo_delay_ms = now->voiced ? now->voice.echo_delay_ms : NAN,
        .speech_dbfs = now->voiced ? now->voice.speech_db : NAN,
        .noise_dbfs = now->voiced ? now->voice.noise_db : NAN,
        .gain_db = now->voiced ? now->voice.gain_db : NAN,
    };
    fill_theirs(now, out);
}

bool quality_since(struct quality_before *before, const struct media_stats *now,
                   struct phone_quality *out)
{
    struct quality_before then = *before;
    struct xr_loss left = {.expected = now->left.expected - then.left.expected,
                           .lost = now->left.lost - then.left.lost,
                           .runs = now->left.runs - then.left.runs};
    double received, lost;

    *before =
        (struct quality_before){true, now->packets_received, now->concealed, now->lost, now->left};
    if (!then.known)
        return false;
    received = (double)(now->packets_received - then.received);
    lost = fmax((double)(now->lost - then.lost), 0); /* below 0: some came late after all */
    fill(now, out);
    out->loss_percent = share(lost, received + lost);
    judge(now, &left, way_of_theirs(now, now->round_trip_ms, out->delay_ms),
          (double)(now->concealed - then.concealed), received + lost, out);
    return true;
}

void quality_of_all(const struct media_stats *all, struct phone_result *out)
{
    double lost = fmax((double)all->lost, 0), expected = (double)all->packets_received + lost;
    double buffer_ms = all->listened ? all->playout_delay_mean_ms : 0;
    struct phone_quality q;

    fill(all, &q);
    judge(all, &all->left, way_of_theirs(all, all->round_trip_mean_ms, buffer_ms),
          (double)all->concealed, expected, &q);
    out->lost_percent = share(lost, expected);
    out->left_percent = q.left_percent;
    out->mouth_to_ear_ms = expected > 0 ? q.mouth_to_ear_ms : -1;
    out->rating = q.rating;
    out->mos = q.mos;
    out->mos_listening = q.mos_listening;
    out->their_mos = q.their_mos;
}
