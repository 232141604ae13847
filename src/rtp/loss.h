/* rtp/loss.h - what became of each packet of one sender, for extended reports: bursts and gaps by
 * the counts of RFC 3611 A.2, and which of the latest came at all.
 *
 * Pure. A packet's fate is settled when RTP_LOSS_WAIT later ones have been named, so that those
 * that were overtaken do not count as lost. Sequence numbers are extended ones
 * (rtp_source_extend). */
#ifndef RTP_LOSS_H
#define RTP_LOSS_H

#include "rtp/xr.h"

/* More than copies are behind their frames at most (200 ms), in packets of 10 ms; no more, as
 * whoever sends can meet bursts only from the moment on when a report knows of one. */
#define RTP_LOSS_WAIT 24

struct rtp_loss {
    bool begun;
    uint32_t next;      /* the oldest that is not settled */
    uint64_t came;      /* bit i: next + i did */
    uint64_t discarded; /* it came too late or early to be played */
    uint64_t repaired;  /* another packet had what was in it */

    /* Since the beginning */
    uint64_t expected, lost, dropped; /* settled ones; lost: and not repaired */
    uint32_t since, run; /* packets since the last loss; losses in a row of gaps < Gmin */
    uint64_t c11, c13, c14, c22, c23, c33;

    /* The latest that have been settled, next - 1 at the end, as struct xr_runs has them */
    uint64_t latest[XR_RLE_PACKETS / 64];
    uint16_t n_latest; /* since rtp_loss_runs was asked */
};

enum rtp_loss_fate {
    RTP_LOSS_CAME,
    RTP_LOSS_DISCARDED,
    RTP_LOSS_REPAIRED, /* it did not come so far, but its sound is here */
    RTP_LOSS_DROPPED,  /* what came, or was repaired, was thrown away before it was played */
};

/* What is known of sequence. Of one that is settled already nothing changes, but where it was
 * dropped: then it counts as missed just now. */
void rtp_loss_note(struct rtp_loss *l, uint32_t sequence, enum rtp_loss_fate fate);
/* The source began anew: what was counted stays, what was not settled is forgotten. */
void rtp_loss_restart(struct rtp_loss *l);

/* The shares, densities and mean durations of a VoIP metrics block, with packets of packet_ms. */
void rtp_loss_metrics(const struct rtp_loss *l, double packet_ms, struct xr_voip *out);
/* The same as counts: packets that are settled, and those of them that neither came in time nor
 * were repaired; longest is not known. */
void rtp_loss_left(const struct rtp_loss *l, struct xr_loss *out);
/* Which came of those that were settled since the last call, XR_RLE_PACKETS at most. */
void rtp_loss_runs(struct rtp_loss *l, uint32_t ssrc, struct xr_runs *out);

#endif
