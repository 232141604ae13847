#include "phone/quality.h"

#include <math.h>

/* --- ITU-T G.107 (06/2015), clause 7 -------------------------------------------------------- */

/* By the default values of its table of parameters: 7.2 gives Ro = 15 - 1.5 (SLR + No) with SLR = 8
 * dB and No = -61.18 dBm0p, 7.3 gives Is, where little but quantizing has a share. */
#define RO 94.77
#define IS 1.41
#define TELR_DB 65.0  /* of the talker's echo */
#define WEPL_DB 110.0 /* of the listener's */

/* G.113 (11/2007) appendix I, of G.711 with its packet loss concealment. There are no values for
 * Opus; with its own concealment and FEC it is heard no worse. */
#define IE 0.0
#define BPL 25.1

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

/* 7.5, with loss at random. */
static double equipment(double loss_percent)
{
    return IE + (95 - IE) * loss_percent / (loss_percent + BPL);
}

double quality_rating(double delay_ms, double loss_percent)
{
    double delay = talker_echo(delay_ms) + listener_echo(2 * delay_ms) + long_delay(delay_ms);
    double r = RO - IS - delay - equipment(loss_percent);

    return r < 0 ? 0 : r;
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

/* What a packet of 20 ms adds until it is full. */
#define PACKET_MS 20.0

static double share(double part, double whole)
{
    return whole > 0 ? 100 * fmin(part / whole, 1) : 0;
}

/* Where nobody listens nothing is concealed, and what is lost has to do. */
static double estimate(const struct phone_quality *q, double concealed, double expected)
{
    double loss = fmax(q->loss_percent, share(concealed, expected));
    double delay_ms = PACKET_MS + fmax(q->round_trip_ms, 0) / 2 + fmax(q->delay_ms, 0);

    return expected > 0 ? quality_mos(quality_rating(delay_ms, loss)) : -1;
}

static void fill(const struct media_stats *now, struct phone_quality *out)
{
    *out = (struct phone_quality){
        .their_loss_percent = now->remote_lost_percent,
        .jitter_ms = now->jitter_ms,
        .round_trip_ms = now->round_trip_ms,
        .delay_ms = isnan(now->level_in_db) ? -1 : now->playout_delay_ms,
        .level_in_dbfs = now->level_in_db,
        .level_out_dbfs = now->level_out_db,
        .sent = now->packets_sent,
        .received = now->packets_received,
        .lost = now->lost > 0 ? (uint64_t)now->lost : 0,
        .late = now->late,
        .concealed = now->concealed,
    };
}

bool quality_since(struct quality_before *before, const struct media_stats *now,
                   struct phone_quality *out)
{
    struct quality_before then = *before;
    double received, lost;

    *before = (struct quality_before){true, now->packets_received, now->concealed, now->lost};
    if (!then.known)
        return false;
    received = (double)(now->packets_received - then.received);
    lost = fmax((double)(now->lost - then.lost), 0); /* below 0: some came late after all */
    fill(now, out);
    out->loss_percent = share(lost, received + lost);
    out->mos = estimate(out, (double)(now->concealed - then.concealed), received + lost);
    return true;
}
