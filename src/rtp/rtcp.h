/* rtp/rtcp.h - compound RTCP packets, bytes to values and back: SR, RR, SDES, BYE (RFC 3550 6).
 *
 * Pure, copies nothing. A compound packet is checked as a whole (rtcp_check) and then read one
 * packet at a time; a packet whose insides do not fit makes the whole compound bad. */
#ifndef RTP_RTCP_H
#define RTP_RTCP_H

#include "base/slice.h"

enum rtcp_type {
    RTCP_SR = 200,
    RTCP_RR = 201,
    RTCP_SDES = 202,
    RTCP_BYE = 203,
    RTCP_APP = 204,
    RTCP_RTPFB = 205, /* RFC 4585, passed over */
    RTCP_PSFB = 206,
    RTCP_XR = 207 /* RFC 3611: rtp/xr.h */
};

#define RTCP_MAX_REPORTS 31 /* the field has 5 bits */
#define RTCP_CNAME_MAX 255  /* bytes, RFC 3550 6.5 */
#define RTCP_PRINT_MAX 1200 /* no compound of ours is longer */

struct rtcp_sender {
    uint64_t ntp;       /* 32.32 fixed point seconds */
    uint32_t timestamp; /* RTP time of the same moment */
    uint32_t packets, bytes;
};

/* One report block: what somebody received of one SSRC. */
struct rtcp_report {
    uint32_t ssrc;
    uint8_t fraction_lost; /* of 256, since the last report */
    int32_t lost;          /* in all, 24 bits signed */
    uint32_t extended_sequence;
    uint32_t jitter;         /* units of the payload's clock */
    uint32_t last_sr;        /* middle 32 bits of the SR's NTP time; 0: none was received */
    uint32_t delay_since_sr; /* 1/65536 s */
};

struct rtcp_packet {
    uint8_t type;  /* enum rtcp_type, or one that we do not know */
    uint8_t count; /* of reports (SR, RR), chunks (SDES) or SSRCs (BYE) */
    uint32_t ssrc; /* of the sender (SR, RR, XR), of the first chunk or of the first that leaves */
    struct rtcp_sender sender; /* SR */
    struct slice reports;      /* SR, RR: 24 bytes each; see rtcp_report_at */
    struct slice cname;        /* SDES: of the first chunk; empty where it has none */
    struct slice ssrcs;        /* BYE: 4 bytes each */
    struct slice reason;       /* BYE: text of the far end, raw */
    struct slice blocks; /* XR: see xr_next; what is wrong in them is no matter of the compound */
};

/* 0 where bytes are a well-formed compound packet (RFC 3550 A.2: version 2, an SR or RR first,
 * padding only in the last, lengths that add up, every known packet whole), else -EBADMSG. */
int rtcp_check(struct slice bytes);
/* Takes the first packet off rest. 0, -EBADMSG, or -ENODATA at the end. */
int rtcp_next(struct slice *rest, struct rtcp_packet *out);
/* Report i below packet->count of an SR or RR. */
struct rtcp_report rtcp_report_at(const struct rtcp_packet *packet, unsigned i);
/* True where the BYE names ssrc. */
bool rtcp_bye_names(const struct rtcp_packet *packet, uint32_t ssrc);

struct rtcp_compound {
    uint32_t ssrc;                    /* ours */
    const struct rtcp_sender *sender; /* NULL: an RR is sent, as we sent nothing lately */
    const struct rtcp_report *reports;
    size_t n_reports;   /* RTCP_MAX_REPORTS at most */
    struct slice cname; /* RTCP_CNAME_MAX bytes at most; the surplus is cut off */
    bool bye;
    struct slice xr; /* of xr_print, or empty */
};

/* Prints SR or RR, SDES with CNAME and, if asked for, XR and BYE. Returns the length, a multiple
 * of 4. */
size_t rtcp_print(const struct rtcp_compound *what, uint8_t out[RTCP_PRINT_MAX]);

/* A moment of any clock in microseconds as NTP time; RFC 3550 6.4.1 allows time since any start. */
uint64_t rtcp_ntp(uint64_t us);
/* The middle 32 bits, as LSR wants them. */
uint32_t rtcp_ntp_middle(uint64_t ntp);
/* RFC 3550 6.4.1: round trip in microseconds from a report about us that arrived at now (our
 * rtcp_ntp). Returns 0, or -ENODATA where the far end has not seen an SR of ours or its figures
 * would make time run backwards, or be more than a minute. */
int rtcp_round_trip(const struct rtcp_report *report, uint64_t now_ntp, uint32_t *us);

#endif
