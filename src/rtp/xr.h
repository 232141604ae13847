/* rtp/xr.h - extended reports in RTCP (RFC 3611), bytes to values and back: run lengths of loss
 * (type 1), receiver reference time (4), DLRR (5), VoIP metrics (7).
 *
 * Pure, copies nothing. What a far end says is moved into the range that the RFC gives it, or
 * counts as unknown; a block that is longer than its packet ends the reading, one of an unknown
 * type or of another length than its own is passed over. */
#ifndef RTP_XR_H
#define RTP_XR_H

#include "base/slice.h"

enum xr_type {
    XR_LOSS_RLE = 1,
    XR_RECEIVER_TIME = 4,
    XR_DLRR = 5,
    XR_VOIP = 7,
};

#define XR_UNKNOWN 127     /* of signal, noise, RERL, R factors and MOS */
#define XR_GMIN 16         /* RFC 3611 4.7.2: so many packets in a row that came end a burst */
#define XR_RLE_PACKETS 512 /* that one of our blocks of type 1 tells of, at most */
#define XR_PRINT_MAX (8 + 12 + 16 + 36 + 12 + (XR_RLE_PACKETS / 15 + 2) * 2)

/* One block of those in a packet. */
struct xr_block {
    uint8_t type;     /* enum xr_type, or one that we do not know */
    uint8_t specific; /* the 8 bits behind it */
    struct slice body;
};

/* Takes the next block off those of a packet (rtcp_packet.blocks). 0, -ENODATA at the end, or
 * -EBADMSG where it is longer than what is left. */
int xr_next(struct slice *blocks, struct xr_block *out);

/* --- VoIP metrics (4.7) ---------------------------------------------------------------------- */

/* What one side received of ssrc, from the beginning on. */
struct xr_voip {
    uint32_t ssrc;
    uint8_t loss, discard;              /* shares of all packets, of 256: never came and was
                                         * not repaired; came too late or early */
    uint8_t burst_density, gap_density; /* lost or discarded of the packets in them, of 256 */
    uint16_t burst_ms, gap_ms;          /* mean */
    uint16_t round_trip_ms;             /* 0: not known, as of the next */
    uint16_t end_system_ms;             /* what its own encoding and playing adds */
    int8_t signal_dbm, noise_dbm;       /* dBm0, or XR_UNKNOWN */
    uint8_t rerl_db;                    /* of its echo, or XR_UNKNOWN */
    uint8_t gmin;
    uint8_t r_factor, r_external;             /* 0 to 100, or XR_UNKNOWN */
    uint8_t mos_lq_10, mos_cq_10;             /* ten times the score: 10 to 50, or XR_UNKNOWN */
    uint8_t concealment;                      /* enum xr_concealment */
    bool adaptive;                            /* its jitter buffer; how fast: */
    uint8_t rate;                             /* 0 to 15; 0: not known */
    uint16_t nominal_ms, most_ms, ceiling_ms; /* of that buffer: now, at most now, at most ever */
};

enum xr_concealment { XR_PLC_UNSAID, XR_PLC_SILENCE, XR_PLC_ENHANCED, XR_PLC_STANDARD };

/* 0, or -EBADMSG where it is not of that type and length. */
int xr_voip_read(const struct xr_block *block, struct xr_voip *out);

/* --- round trips without sending sound (4.4, 4.5) -------------------------------------------- */

/* The block's NTP time; 0, or -EBADMSG. */
int xr_time_read(const struct xr_block *block, uint64_t *ntp);

/* An answer to it. */
struct xr_dlrr {
    uint32_t ssrc;        /* who asked */
    uint32_t last_rr;     /* middle 32 bits of the time that it had sent; 0: none came */
    uint32_t delay_since; /* 1/65536 s */
};

/* The answer to ssrc among those in the block; 0, -ENOENT, or -EBADMSG. */
int xr_dlrr_read(const struct xr_block *block, uint32_t ssrc, struct xr_dlrr *out);

/* --- run lengths of loss (4.1) --------------------------------------------------------------- */

/* What one side says was lost of what another sent, on the way, before any repair. */
struct xr_loss {
    uint32_t expected, lost; /* packets; expected 0: it is not known */
    uint32_t runs;           /* of lost packets in a row */
    uint32_t longest;        /* of these */
};

/* Counts a block about ssrc. 0; -ENOENT where it is about somebody else, or thinned out, so that it
 * says nothing of runs; -EBADMSG where its chunks say something of more packets than it has. */
int xr_rle_read(const struct xr_block *block, uint32_t ssrc, struct xr_loss *out);
/* The same from VoIP metrics, where a far end has no run lengths: a mean run from how dense its
 * bursts are, in hundredths of a packet. packet_ms: of what it received. 0: no bursts. */
uint32_t xr_voip_run_100(const struct xr_voip *voip, unsigned packet_ms);

/* Which of the packets from first on have come; bit i % 64 of came[i / 64] is first + i. */
struct xr_runs {
    uint32_t ssrc;
    uint16_t first;
    uint16_t n; /* XR_RLE_PACKETS at most; 0: there is nothing to tell */
    uint64_t came[XR_RLE_PACKETS / 64];
};

/* --- writing --------------------------------------------------------------------------------- */

struct xr_packet {
    uint32_t ssrc;              /* ours */
    uint64_t time_ntp;          /* 0: no receiver reference time */
    const struct xr_dlrr *dlrr; /* each may be NULL */
    const struct xr_voip *voip;
    const struct xr_runs *runs;
};

/* Prints an RTCP packet of type XR, to be put into a compound. Returns its length, a multiple of 4;
 * 0: it would have no block. */
size_t xr_print(const struct xr_packet *what, uint8_t out[XR_PRINT_MAX]);

#endif
