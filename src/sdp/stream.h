/* sdp/stream.h - what we can do, and what two sides agreed on, for one stream of audio.
 *
 * Plain values; strings of struct sdp_codec belong to whoever filled it in and outlive the
 * exchange (they stand in the table of codecs). */
#ifndef SDP_STREAM_H
#define SDP_STREAM_H

#include "base/ip.h"
#include "sdp/direction.h"
#include "sdp/limits.h"
#include "sdp/secure.h"
#include "sdp/xr.h"

#define SDP_NO_TYPE 255 /* no payload type */

/* A codec as we can send and receive it. */
struct sdp_codec {
    const char *name;     /* of its rtpmap: "opus", "PCMU" */
    uint32_t rate_hz;     /* the RTP clock: 48000 for opus (RFC 7587 4.1), 8000 for PCMU */
    uint8_t channels;     /* as in rtpmap: 2 for opus, whatever is sent; else 1 */
    uint8_t payload_type; /* the one that we offer; below 35 it is the static one of RFC 3551 6 */
    const char *fmtp;     /* what we want to receive, "useinbandfec=1"; NULL: nothing to say */
    const char *fmtp_mono; /* of Opus, in answers to who does not ask for stereo; NULL: as fmtp */
};

/* Whether its fmtp has parameters as RFC 7587 has them. */
bool sdp_is_opus(const struct sdp_codec *codec);

/* What we can and want to do. */
struct sdp_local {
    struct ip address;  /* where we receive RTP, with the port; never 0.0.0.0 */
    uint16_t rtcp_port; /* 0: the RTP port + 1; otherwise a=rtcp says it (RFC 3605) */
    struct sdp_codec codecs[SDP_MAX_CODECS];
    size_t n_codecs;              /* the one that we like best stands first */
    bool telephone_event;         /* offer and accept RFC 4733 digits 0-16 */
    bool comfort_noise;           /* offer and accept RFC 3389 */
    bool redundancy;              /* offer and accept earlier frames in each packet (RFC 2198) */
    uint8_t ptime_ms;             /* a=ptime that we ask for; 0: say nothing */
    uint8_t maxptime_ms;          /* a=maxptime; 0: say nothing */
    bool rtcp_mux;                /* offer and accept a=rtcp-mux (RFC 5761) */
    enum sdp_direction direction; /* SDP_SENDRECV, or to hold SDP_SENDONLY or SDP_INACTIVE */
    struct sdp_xr xr;         /* extended reports that we want, and send where they are wanted */
    struct sdp_keying keying; /* all zero: encryption is taken from nobody */
};

/* Parameters of Opus that the other side asks us, as its sender, to keep to (RFC 7587 6.1). */
struct sdp_opus {
    bool useinbandfec, usedtx, cbr;
    bool stereo;                    /* it would like two channels; mono is always allowed */
    uint32_t maxaveragebitrate_bps; /* 6000 … 510000; 0: not said */
    uint32_t maxplaybackrate_hz;    /* 8000 … 48000; 0: not said */
};

/* One number that may arrive, and the codec it stands for. */
struct sdp_payload {
    uint8_t type;
    uint8_t codec; /* an index into the codecs of struct sdp_local */
};

/* telephone-event (RFC 4733) in one direction. */
struct sdp_event {
    uint8_t type;     /* SDP_NO_TYPE: not agreed, digits cannot go this way */
    uint32_t rate_hz; /* of its rtpmap: the unit of durations; the codec's, where both sides can */
};

/* What was agreed. */
struct sdp_stream {
    /* As we see it: SDP_SENDONLY means that we send. Without its SEND bit nothing is sent, which
     * is also so whenever remote_rtp is 0.0.0.0 (the hold of RFC 2543) or has no port. */
    enum sdp_direction direction;
    bool held; /* the other side wants nothing from us: c=0.0.0.0, or it offers to send only */

    struct ip remote_rtp;  /* where we send to; family 0 where remote_host must be resolved */
    struct ip remote_rtcp; /* the same for RTCP; the very same address and port with rtcp_mux */
    /* The host name of c=, "" where the address was numeric. Resolve it into remote_rtp. In
     * remote_rtcp, family 0 means the same host, with that port. */
    char remote_host[SDP_MAX_HOST + 1];
    bool rtcp_mux;
    struct sdp_xr xr; /* what both want: it is sent and comes */
    struct sdp_secured secured;

    struct sdp_codec codec; /* what we send, by the name, rate and channels of struct sdp_local */
    size_t codec_index;     /* its place in the codecs of struct sdp_local */
    uint8_t send_type;      /* its number on what we send */
    struct sdp_payload receive[2 * SDP_MAX_CODECS]; /* every number that may arrive */
    size_t n_receive;
    struct sdp_event event_send, event_receive;
    uint8_t events[SDP_MAX_EVENTS]; /* every number that keys may arrive under */
    size_t n_events;
    uint8_t noise_send, noise_receive; /* comfort noise (RFC 3389), or SDP_NO_TYPE */
    uint8_t red_send, red_receive;     /* packets of the codec with earlier ones (RFC 2198) */

    uint8_t ptime_ms;     /* of what we send: 10 … 120 and not above maxptime_ms */
    uint8_t maxptime_ms;  /* 10 … 120 */
    bool said_maxptime;   /* by the other side; else it is 120 */
    struct sdp_opus opus; /* all zero for other codecs */
};

/* Which of n addresses of remote_host sound may be sent to, the first that is of our family and
 * one host's: not a group's, everybody's or nobody's. NULL: none. */
const struct ip *sdp_stream_pick(const struct sdp_local *local, const struct ip *ips, size_t n);

#endif
