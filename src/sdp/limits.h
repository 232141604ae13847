/* sdp/limits.h - what a session description may cost us. Above a limit it is -EBADMSG. */
#ifndef SDP_LIMITS_H
#define SDP_LIMITS_H

enum {
    SDP_MAX_BYTES = 65535,    /* a SIP message has no more */
    SDP_MAX_MEDIA = 8,        /* m= lines */
    SDP_MAX_FORMATS = 64,     /* of one m= line */
    SDP_MAX_ATTRIBUTES = 256, /* a= lines in all */
    SDP_MAX_CODECS = 8,       /* that we can offer; our own affair */
    SDP_MAX_EVENTS = 4,       /* numbers that keys may come under */
    SDP_MAX_HOST = 255,       /* of a host name in c= or a=rtcp */
    SDP_MIN_PTIME_MS = 10,    /* what is asked for outside of these is moved to the nearest */
    SDP_MAX_PTIME_MS = 120,
    SDP_DEFAULT_PTIME_MS = 20, /* RFC 3551 4.2, when nobody says */
};

#endif
