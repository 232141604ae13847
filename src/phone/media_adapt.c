#include "phone/media_adapt.h"

#include <math.h>

#include "audio/codec.h"
#include "rtp/red.h"

enum {
    FEW_LOST = 6,      /* nor these of how many are lost in a row, */
    FEW_IN_ROWS = 3,   /* but where that is far from chance; */
    BURST_MOST = 20,   /* farther than copies reach: who says more is soon forgotten */
    CROWDED_MOST = 3,  /* reports after which a delay that does not go back is no queue of ours */
    LATELY_MOST = 400, /* packets that the loss of late is known from */
    SURE = 500,        /* packets that were told of, until which our own loss counts, too */
    SILENT_MS = 20000, /* without a report what the far end said is too old */
    HALF_MINUTE_MS = 30000, /* after two of these a round trip that has become longer is usual */
    GROWN_MS = 50,          /* what a round trip may vary by, beside that share of itself, */
    JITTERED_MOST_MS = 200, /* and what its jitter explains */
    STILL_GROWS_MS = 30,    /* since the report before */
    WAIT_MS = 15000,        /* before more is tried again, after one failure; twice after two … */
    FAILURES_MOST = 4,      /* … up to two minutes */
    /* A channel: */
    BUDGET_BPS = 67000,  /* of packets with redundancy, on average: at most 70,000 come of it */
    GUARDED_BPS = 48000, /* of a codec that guards against loss alone */
    LEAST_BPS = 12000,   /* what speech takes that is understood */
    REACH_MS = 160,      /* redundancy that comes later costs more delay than it is worth */
    FIRST_PERCENT = 5,   /* what is guarded against before anything is known */
    /* What Opus is told to guard against. It takes the bits from the frames themselves: for more
     * than 12 % so many that these are damaged, and for more than 5 % sound above 6 kHz goes first
     * where frames were made smaller for their copies. */
    FEC_PERCENT_MOST = 10,
    FEC_BESIDE_COPIES = 5,
    APART = 4,      /* packets from copy to copy at least, where losses come in bursts; */
    MOVED = 4,      /* by fewer they do not move */
    FIXED_MOST = 2, /* copies of what cannot be made smaller */
    KEY_MOST_MS = 600,
    KEY_REPEATS = 2, /* of its end, behind it */
};

static const double KEY_LOST = 2e-5; /* of all keys, so many may be */
static const double LOST_MOST = 0.5;

static const double GROWN_SHARE = 0.4;
static const double JITTERED = 3; /* times the jitter: from the least to the most, as a rule */
static const double UP = 0.7, DOWN = 0.35; /* weight of a report that is worse, and better */
static const double BURST_WEIGHT = 0.5, LATELY_WEIGHT = 0.5;
static const double CROWDED_LOSS = 0.02;    /* with delay that has grown */
static const double LESS = 0.7, MORE = 1.2; /* steps of the bit rate */
static const double TRIAL = 1.1; /* times what was sent: less than one step, which is a trial */
static const double SHORT_RATE = 0.5; /* share of it below which packets become longer, as they
                                       * do where it can shrink no more */
static const double BLAME_TIMES = 1, BLAME_PLUS = 0.05; /* loss that sending more has added */
static const double DEVIATIONS = 3;                     /* and so many standard deviations */
static const double ACQUIT = 0.75;        /* of the loss is left where less is sent: no blame */
static const double FAR_FROM_CHANCE = 2;  /* as many in a row */
static const double BURSTY = 1.7;         /* as many in a row as by chance, and more */
static const double STILL_BURSTY = 1.35;  /* where copies are apart already */
static const double STEP = 1.25;          /* lengths of a burst between two copies */
static const double FULLY_GUARDED = 0.05; /* loss at which all of GUARDED_BPS is spent */
static const double FEC_FROM = 0.03;      /* loss from which on FEC stands beside copies */
static const double STAYS = 0.6; /* of what brought another copy, below which it goes again */

/* From these shares of loss on there are as many copies, at random and in bursts. */
static const double random_loss[MEDIA_ADAPT_DEPTH] = {0.01, 0.12, 0.26};
static const double burst_loss[MEDIA_ADAPT_DEPTH] = {0.01, 0.05, 2};

/* --- what the network is like ---------------------------------------------------------------- */

/* The loss of our packets: a report about few of them, which may be between two bursts, does not
 * make a network good that is bad the other way. */
static double believed(const struct media_adapt *a)
{
    return fmax(a->lost, a->heard * (1 - fmin(a->told_of / SURE, 1)));
}

/* How much more than by chance losses come in a row; 1: not at all. */
static double burstiness(const struct media_adapt *a)
{
    return a->burst * (1 - fmin(believed(a), 0.9));
}

static void learn_loss(struct media_adapt *a, const struct loss_report *r)
{
    double weight = !a->known ? 1 : r->lost > a->lost ? UP : DOWN;

    a->lately_of = a->known ? fmin(a->lately_of + r->packets, LATELY_MOST) : r->packets;
    a->lately += (a->known ? LATELY_WEIGHT : 1) * (r->lost - a->lately);
    a->lost += weight * (r->lost - a->lost);
    a->known = true;
}

static bool learn_burst(struct media_adapt *a, const struct loss_report *r)
{
    if (r->burst < 1 || r->burst_of < (r->burst >= FAR_FROM_CHANCE ? FEW_IN_ROWS : FEW_LOST))
        return false;
    a->burst += (a->burst > 0 ? BURST_WEIGHT : 1) * (fmin(r->burst, BURST_MOST) - a->burst);
    return true;
}

static double least_round_trip(const struct media_adapt *a)
{
    if (a->least_ms[1] < 0)
        return a->least_ms[0];
    return fmin(a->least_ms[0], a->least_ms[1]);
}

/* By how much the round trip exceeds the usual one; 0 where it need not mean anything. A queue
 * makes all packets late, and does so slowly, of which jitter knows nothing. */
static double growth_ms(struct media_adapt *a, const struct loss_report *r, uint64_t now_ms)
{
    double round_trip_ms = r->round_trip_ms, least, over;

    if (round_trip_ms < 0)
        return 0;
    if (a->least_ms[0] < 0 || now_ms / HALF_MINUTE_MS != a->half_minute) {
        a->least_ms[1] = a->least_ms[0];
        a->least_ms[0] = round_trip_ms;
    }
    a->half_minute = now_ms / HALF_MINUTE_MS;
    a->least_ms[0] = fmin(a->least_ms[0], round_trip_ms);
    least = least_round_trip(a);
    over = round_trip_ms - least - fmin(JITTERED * r->jitter_ms, JITTERED_MOST_MS);
    return over > fmax(GROWN_MS, GROWN_SHARE * least) ? over : 0;
}

/* --- more and less --------------------------------------------------------------------------- */

static void wait_longer(struct media_adapt *a, uint64_t now_ms)
{
    a->failures += a->failures < FAILURES_MOST;
    a->wait_until_ms = now_ms + ((uint64_t)WAIT_MS << (a->failures - 1));
}

static double at_most(const struct media_adapt *a, double rate)
{
    return a->can.most_bps ? fmin(rate, a->can.most_bps) : rate;
}

/* The network is full. */
static void send_less(struct media_adapt *a, uint64_t now_ms)
{
    double least = fmin(LEAST_BPS / at_most(a, a->can.rate_bps), 1);

    a->allowed = a->plan.depth ? a->plan.depth - 1 : 0;
    a->share = fmax(a->share * LESS, least);
    a->longer = a->share < SHORT_RATE || a->share <= least || !a->can.any_rate;
    wait_longer(a, now_ms);
}

/* It may have room again. */
static void send_more(struct media_adapt *a)
{
    a->share = fmin(a->share * MORE, 1);
    if (a->allowed < MEDIA_ADAPT_DEPTH)
        a->allowed++;
    if (a->share >= SHORT_RATE)
        a->longer = false;
    if (a->share >= 1 && a->allowed == MEDIA_ADAPT_DEPTH)
        a->failures = 0;
}

/* What was taken for a full network was none. */
static void acquit(struct media_adapt *a)
{
    a->allowed = MEDIA_ADAPT_DEPTH;
    a->share = 1;
    a->longer = false;
    a->failures = 0;
    a->wait_until_ms = 0;
}

/* Whether more is lost now than before more was sent, by more than chance and bursts explain. */
static bool is_worse(const struct media_adapt *a, const struct loss_report *now)
{
    double n = a->lost_before_of + now->packets, more = now->lost - a->lost_before;
    double p = (a->lost_before * a->lost_before_of + now->lost * now->packets) / n;
    double burst = fmax(1, fmax(a->burst, now->burst));
    double variance = p * (1 - p) * (1 / a->lost_before_of + 1.0 / now->packets) * (2 * burst - 1);

    return more > BLAME_TIMES * a->lost_before + BLAME_PLUS && more > DEVIATIONS * sqrt(variance);
}

/* More was sent, and more is lost: by that? Or less was, and it is lost all the same: then the
 * network is bad, and not full. */
static bool judge_trial(struct media_adapt *a, const struct loss_report *now, uint64_t now_ms)
{
    if (a->trial == MEDIA_ADAPT_MORE && is_worse(a, now)) {
        send_less(a, now_ms);
        a->lost_before = now->lost;
        a->trial = MEDIA_ADAPT_LESS;
        return true;
    }
    if (a->trial == MEDIA_ADAPT_LESS && now->lost > ACQUIT * a->lost_before)
        acquit(a);
    a->trial = MEDIA_ADAPT_STEADY;
    return false;
}

/* Delay has grown, and there is loss with it. A queue goes back where less is sent; a route that
 * has become longer does not. */
static void judge_delay(struct media_adapt *a, double growth, uint64_t now_ms)
{
    a->trial = MEDIA_ADAPT_STEADY;
    if (a->crowded++ == 0)
        a->crowded_ms = growth;
    if (a->crowded <= CROWDED_MOST || growth < ACQUIT * a->crowded_ms) {
        send_less(a, now_ms);
        return;
    }
    a->least_ms[0] = a->latest_ms;
    a->least_ms[1] = -1;
    a->crowded = 0;
    acquit(a);
}

static void judge_room(struct media_adapt *a, const struct loss_report *r, uint64_t now_ms)
{
    double growth = growth_ms(a, r, now_ms);
    bool rises = a->latest_ms >= 0 && r->round_trip_ms > a->latest_ms + STILL_GROWS_MS;

    a->rising = rises ? a->rising + 1 : 0;
    if (r->round_trip_ms >= 0)
        a->latest_ms = r->round_trip_ms;
    if (growth > 0 && (r->lost > CROWDED_LOSS || a->rising > 1)) {
        judge_delay(a, growth, now_ms);
        return;
    }
    a->crowded = 0;
    if (!judge_trial(a, r, now_ms) && growth <= 0 && now_ms >= a->wait_until_ms)
        send_more(a);
}

/* --- the plan -------------------------------------------------------------------------------- */

/* How many of them fit, of what cannot be made smaller. */
static unsigned fitting_depth(const struct media_adapt *a, unsigned depth, unsigned ptime_ms)
{
    size_t bytes = (size_t)a->can.rate_bps / 8000 * ptime_ms;

    if (a->can.any_rate)
        return depth;
    if (bytes > RTP_RED_KEPT_BYTES)
        return 0;
    while (depth > 0 && rtp_red_bytes(depth, bytes) > AUDIO_PAYLOAD_MAX)
        depth--;
    return depth;
}

/* What has begun so ends later than it began. */
static bool is_bursty(const struct media_adapt *a)
{
    return burstiness(a) >= (a->plan.distance > 1 ? STILL_BURSTY : BURSTY);
}

static unsigned wanted_depth(const struct media_adapt *a, unsigned ptime_ms)
{
    const double *enough = is_bursty(a) ? burst_loss : random_loss;
    unsigned depth = 0;

    while (depth < MEDIA_ADAPT_DEPTH &&
           believed(a) >= enough[depth] * (depth < a->plan.depth ? STAYS : 1))
        depth++;
    depth = depth < a->allowed ? depth : a->allowed;
    if (!a->can.any_rate && depth > FIXED_MOST)
        depth = FIXED_MOST;
    if (a->can.always && depth == 0)
        depth = 1;
    return a->can.red ? fitting_depth(a, depth, ptime_ms) : 0;
}

/* The far end holds packets back for as long as copies are apart, and plays slower or faster where
 * that changes, which is heard; how long bursts are is known from a few of them. */
static unsigned wanted_distance(const struct media_adapt *a, unsigned depth, unsigned ptime_ms)
{
    unsigned farthest = REACH_MS / ptime_ms / (depth ? depth : 1), distance = 1;
    unsigned now = a->plan.distance > 1 ? a->plan.distance : APART;

    if (is_bursty(a)) {
        distance = (unsigned)ceil(STEP * fmin(a->burst, REACH_MS));
        if (distance + MOVED > now && distance < now + MOVED)
            distance = now;
        distance = distance > APART ? distance : APART;
    }
    distance = distance < farthest ? distance : farthest;
    return distance > 0 ? distance : 1;
}

/* A copy has the frame before it as well: where two packets are lost in a row one is enough. */
static unsigned wanted_fec(const struct media_adapt *a, unsigned depth)
{
    double percent = 100 * believed(a);

    if (!a->can.fec)
        return 0;
    if (!a->known)
        return FIRST_PERCENT;
    if (depth > 0)
        return depth < MEDIA_ADAPT_DEPTH && believed(a) >= FEC_FROM ? FEC_BESIDE_COPIES : 0;
    return percent < 0.5 ? 0 : (unsigned)fmin(ceil(percent), FEC_PERCENT_MOST);
}

static uint32_t wanted_rate(const struct media_adapt *a, unsigned depth, unsigned ptime_ms)
{
    double rate = a->can.rate_bps, headers = (double)rtp_red_bytes(depth, 0) * 8000 / ptime_ms;
    double budget = (double)BUDGET_BPS * a->can.channels;
    double guarded = (double)GUARDED_BPS * a->can.channels;

    if (!a->can.any_rate)
        return a->can.rate_bps;
    if (depth > 0)
        rate = fmin(rate, (budget - headers) / (depth + 1));
    else if (a->can.fec && a->known && rate < guarded)
        rate += (guarded - rate) * fmin(believed(a) / FULLY_GUARDED, 1);
    rate = at_most(a, rate) * a->share;
    return (uint32_t)fmax(rate, fmin(LEAST_BPS, at_most(a, a->can.rate_bps)));
}

static double sent_bps(const struct media_plan *p)
{
    return (double)p->bitrate * (1 + p->depth);
}

static bool make_plan(struct media_adapt *a)
{
    struct media_plan before = a->plan, p = {.ptime_ms = a->can.ptime_ms};

    if (a->longer && 2 * p.ptime_ms <= a->can.maxptime_ms && p.ptime_ms <= 20)
        p.ptime_ms *= 2;
    p.depth = wanted_depth(a, p.ptime_ms);
    p.distance = wanted_distance(a, p.depth, p.ptime_ms);
    p.fec_percent = wanted_fec(a, p.depth);
    p.bitrate = wanted_rate(a, p.depth, p.ptime_ms);
    a->plan = p;
    if (sent_bps(&p) > TRIAL * sent_bps(&before) && a->trial == MEDIA_ADAPT_STEADY) {
        a->trial = MEDIA_ADAPT_MORE;
        a->lost_before = a->lately;
        a->lost_before_of = fmax(a->lately_of, 1);
    }
    return p.depth != before.depth || p.distance != before.distance ||
           p.fec_percent != before.fec_percent || p.bitrate != before.bitrate ||
           p.ptime_ms != before.ptime_ms;
}

/* --- what is told ---------------------------------------------------------------------------- */

void media_adapt_init(struct media_adapt *a, const struct media_adapt_can *can)
{
    *a = (struct media_adapt){
        .least_ms = {-1, -1}, .latest_ms = -1, .share = 1, .allowed = MEDIA_ADAPT_DEPTH};
    media_adapt_agreed(a, can);
}

void media_adapt_agreed(struct media_adapt *a, const struct media_adapt_can *can)
{
    a->can = *can;
    (void)make_plan(a);
    a->trial = MEDIA_ADAPT_STEADY;
}

void media_adapt_rate(struct media_adapt *a, uint32_t rate_bps, unsigned channels)
{
    a->can.rate_bps = rate_bps;
    a->can.channels = channels;
    (void)make_plan(a);
}

bool media_adapt_report(struct media_adapt *a, const struct loss_report *report, uint64_t now_ms)
{
    if (report->packets < MEDIA_ADAPT_FEW)
        return false;
    if (!a->reported) { /* what was guessed counts for nothing any more */
        a->known = false;
        a->trial = MEDIA_ADAPT_STEADY;
    }
    a->reported = true;
    a->reported_ms = now_ms;
    a->told_of = fmin(a->told_of + report->packets, SURE);
    judge_room(a, report, now_ms);
    learn_loss(a, report);
    a->burst_told |= learn_burst(a, report);
    return make_plan(a);
}

bool media_adapt_heard(struct media_adapt *a, const struct loss_report *heard, uint64_t now_ms)
{
    if (heard->packets < MEDIA_ADAPT_FEW)
        return false;
    a->heard += (heard->lost > a->heard ? UP : DOWN) * (heard->lost - a->heard);
    if (!a->reported || now_ms > a->reported_ms + SILENT_MS)
        learn_loss(a, heard);
    if (!a->burst_told)
        (void)learn_burst(a, heard);
    return make_plan(a);
}

/* --- keys ------------------------------------------------------------------------------------ */

unsigned media_adapt_key_ms(const struct media_adapt *a, unsigned least_ms)
{
    double lost = fmin(believed(a), LOST_MOST);
    /* The share of losses behind which the next packet is lost as well: by chance as many as ever,
     * in bursts more. */
    double stays = fmax(lost, 1 - 1 / fmax(a->burst, 1));
    double packets;
    unsigned ms;

    if (lost <= KEY_LOST)
        return least_ms;
    packets = ceil(1 + log(KEY_LOST / lost) / log(stays)) - KEY_REPEATS;
    ms = (unsigned)(fmin(fmax(packets, 0), KEY_MOST_MS) * a->plan.ptime_ms);
    ms = ms < KEY_MOST_MS ? ms : KEY_MOST_MS;
    return ms > least_ms ? ms : least_ms;
}
