#include "rtp/loss.h"

/* --- what is settled ------------------------------------------------------------------------- */

/* Appends n packets to those that will be told as run lengths. The ring begins where it would if
 * `next` counted its places, so nothing has to be moved. */
static void append(struct rtp_loss *l, uint32_t sequence, uint32_t n, bool came)
{
    for (uint32_t i = n > XR_RLE_PACKETS ? n - XR_RLE_PACKETS : 0; i < n; i++) {
        uint32_t at = (sequence + i) % XR_RLE_PACKETS;
        uint64_t bit = (uint64_t)1 << at % 64;

        l->latest[at / 64] = came ? l->latest[at / 64] | bit : l->latest[at / 64] & ~bit;
    }
    n += l->n_latest;
    l->n_latest = (uint16_t)(n < XR_RLE_PACKETS ? n : XR_RLE_PACKETS);
}

/* RFC 3611 A.2, for n packets in a row that were lost or discarded: one behind Gmin that came ends
 * the burst, or lone loss, before it; any other goes on with that. The first of all stands alone,
 * where A.2 takes the beginning for a loss. */
static void count_missing(struct rtp_loss *l, uint32_t n)
{
    if (l->since >= XR_GMIN || l->run == 0) {
        l->c14 += l->run == 1;
        l->c13 += l->run > 1;
        l->run = 1;
        l->c11 += l->since;
    } else {
        l->run++;
        l->c33 += l->since == 0;
        l->c23 += l->since != 0;
        l->c22 += l->since ? l->since - 1 : 0;
    }
    l->since = 0;
    l->c33 += n - 1;
    l->run += n - 1;
}

static void settle_lost(struct rtp_loss *l, uint32_t n)
{
    append(l, l->next, n, false);
    count_missing(l, n);
    l->expected += n;
    l->lost += n;
    l->next += n;
}

static void settle_one(struct rtp_loss *l)
{
    bool came = l->came & 1, discarded = l->discarded & 1, repaired = l->repaired & 1;

    l->came >>= 1;
    l->discarded >>= 1;
    l->repaired >>= 1;
    if (!came && !repaired) {
        settle_lost(l, 1);
        return;
    }
    append(l, l->next++, 1, came);
    l->expected++;
    if (discarded && !repaired) {
        l->dropped++;
        count_missing(l, 1);
    } else {
        l->since++;
    }
}

/* Until sequence is among those that may still come. */
static void settle_before(struct rtp_loss *l, uint32_t sequence)
{
    for (unsigned i = 0; i < RTP_LOSS_WAIT && sequence - l->next >= RTP_LOSS_WAIT; i++)
        settle_one(l);
    if (sequence - l->next >= RTP_LOSS_WAIT)
        settle_lost(l, sequence - l->next - RTP_LOSS_WAIT + 1);
}

/* --- what is known --------------------------------------------------------------------------- */

static void drop(struct rtp_loss *l, uint32_t sequence)
{
    uint32_t ahead = sequence - l->next;

    if (ahead > INT32_MAX) { /* settled */
        l->dropped++;
        l->since -= l->since > 0;
        count_missing(l, 1);
    } else if (ahead < RTP_LOSS_WAIT) {
        l->repaired &= ~((uint64_t)1 << ahead);
        l->discarded |= (uint64_t)1 << ahead;
    }
}

void rtp_loss_note(struct rtp_loss *l, uint32_t sequence, enum rtp_loss_fate fate)
{
    uint64_t bit;

    if (!l->begun) {
        if (fate == RTP_LOSS_REPAIRED || fate == RTP_LOSS_DROPPED)
            return;
        l->begun = true;
        l->next = sequence;
    }
    if (fate == RTP_LOSS_DROPPED) {
        drop(l, sequence);
        return;
    }
    if (sequence - l->next > INT32_MAX)
        return;
    settle_before(l, sequence);
    bit = (uint64_t)1 << (sequence - l->next);
    if (fate == RTP_LOSS_REPAIRED)
        l->repaired |= bit;
    else if (!(l->came & bit)) /* of copies the first counts */
        l->discarded |= fate == RTP_LOSS_DISCARDED ? bit : 0;
    if (fate != RTP_LOSS_REPAIRED)
        l->came |= bit;
}

void rtp_loss_restart(struct rtp_loss *l)
{
    l->begun = false;
    l->came = l->discarded = l->repaired = 0;
    l->n_latest = 0;
}

/* --- as a report has it ---------------------------------------------------------------------- */

static uint8_t share(double part, double whole)
{
    double of_256 = whole > 0 ? 256 * part / whole : 0;

    return (uint8_t)(of_256 < 255 ? of_256 : 255);
}

static uint16_t to_16(double value)
{
    return (uint16_t)(value < UINT16_MAX ? value : UINT16_MAX);
}

/* The figures of A.2's second half. What was lost last counts as over, burst or not, and what came
 * since as a gap: the only burst of a call would be none otherwise. */
void rtp_loss_metrics(const struct rtp_loss *l, double packet_ms, struct xr_voip *out)
{
    double c11 = (double)l->c11, c13 = (double)l->c13, c14 = (double)l->c14;
    double c22 = (double)l->c22, c23 = (double)l->c23, c33 = (double)l->c33;
    double bursts, total, gaps_ms, p32, p23;

    c11 += l->since;
    c13 += l->run > 1;
    c14 += l->run == 1;
    bursts = c13;
    total = c11 + c14 + c13 + c22 + c23 + bursts + c23 + c33;
    out->loss = share((double)l->lost, (double)l->expected);
    out->discard = share((double)l->dropped, (double)l->expected);
    out->gmin = XR_GMIN;
    out->gap_density = share(c14, c11 + c14);
    out->burst_density = 0;
    out->burst_ms = 0;
    out->gap_ms = to_16((c11 + c14) * packet_ms);
    if (bursts == 0)
        return;
    p32 = c23 / (bursts + c23 + c33);
    p23 = c22 + c23 < 1 ? 1 : 1 - c22 / (c22 + c23);
    gaps_ms = (c11 + c14 + c13) * packet_ms / bursts;
    out->burst_density = share(p23, p23 + p32);
    out->gap_ms = to_16(gaps_ms);
    out->burst_ms = to_16(total * packet_ms / bursts - gaps_ms);
}

void rtp_loss_left(const struct rtp_loss *l, struct xr_loss *out)
{
    uint64_t missing = l->lost + l->dropped;

    *out = (struct xr_loss){.expected = (uint32_t)l->expected,
                            .lost = (uint32_t)missing,
                            .runs = (uint32_t)(missing - l->c33)};
}

void rtp_loss_runs(struct rtp_loss *l, uint32_t ssrc, struct xr_runs *out)
{
    uint32_t first = l->next - l->n_latest;

    *out = (struct xr_runs){.ssrc = ssrc, .first = (uint16_t)first, .n = l->n_latest};
    for (uint32_t i = 0; i < l->n_latest; i++) {
        uint32_t at = (first + i) % XR_RLE_PACKETS;

        out->came[i / 64] |= (l->latest[at / 64] >> at % 64 & 1) << i % 64;
    }
    l->n_latest = 0;
}
