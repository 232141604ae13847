/* rtp/srtp.h - RTP and RTCP made private and genuine (RFC 3711, RFC 7714), libsrtp2 behind it.
 *
 * One struct rtp_srtp for each stream of audio, with a key for each direction. A packet allocates
 * nothing, except the first one of a new SSRC. */
#ifndef RTP_SRTP_H
#define RTP_SRTP_H

#include "base/slice.h"
#include "base/suite.h"

struct rtp_srtp;

/* What protection adds to a packet at most: a tag of 16 bytes; to RTCP also the index (4 bytes). */
#define RTP_SRTP_MAX_GROWTH 20
/* SSRCs of the far end that are known at once; the one that is silent for longest makes room. */
#define RTP_SRTP_MAX_SOURCES 8
/* Packets for which a key that was replaced is still tried: what was on the way then. */
#define RTP_SRTP_OLD_PACKETS 64
/* And for how many it is tried at all, as the far end may never use the one that it has told. */
#define RTP_SRTP_OLD_TRIES 256
/* Keys of each direction that are remembered behind the one in use, to go on where they were. */
#define RTP_SRTP_MAX_FORMER 4

struct rtp_srtp_key {
    enum suite suite;
    uint8_t key[SUITE_MAX_KEY_BYTES]; /* master key, then salt; suite_key_bytes of them */
};

/* Loads libsrtp2, which brings a whole crypto library along that most runs of tphone do not need;
 * half a millisecond. Again it does nothing. 0; -ENOENT where it is not there. */
int rtp_srtp_load(void);
/* Loads it and wakes it up: it tests its ciphers, which takes some 50 ms. So on a thread that may
 * be late. Before everything below, and neither of them on two threads at once, as the library is
 * one for the whole process; again it does nothing. 0; -ENOENT; -EIO where it finds itself
 * broken. */
int rtp_srtp_prepare(void);

/* Keys are copied. 0; -EINVAL: a key without suite; -ENOMEM. */
int rtp_srtp_new(const struct rtp_srtp_key *send, const struct rtp_srtp_key *receive,
                 struct rtp_srtp **out);
/* Wipes the keys. NULL is fine. */
void rtp_srtp_free(struct rtp_srtp *s);

/* New keys from now on, NULL: that direction keeps what it has. A key that is the same as before
 * changes nothing, so that packets go on in sequence (RFC 4568 7.1.4); and one that was in use
 * before, RTP_SRTP_MAX_FORMER keys ago at most, goes on where it was. So no two packets that are
 * sent have key and number in common, and none that came counts again. As rtp_srtp_new; on an error
 * nothing has changed. */
int rtp_srtp_rekey(struct rtp_srtp *s, const struct rtp_srtp_key *send,
                   const struct rtp_srtp_key *receive);

/* What was sent under the key before is not taken any more. */
void rtp_srtp_end_old(struct rtp_srtp *s);

/* Turn the *n bytes at packet, which has room for cap, into what may leave. 0; -EMSGSIZE: cap is
 * not RTP_SRTP_MAX_GROWTH above *n; -EKEYEXPIRED: a key has done its 2^48 or 2^31 packets; -EINVAL:
 * it is no such packet. Nothing may be sent on an error. */
int rtp_srtp_protect(struct rtp_srtp *s, uint8_t *packet, size_t *n, size_t cap);
int rtp_srtp_protect_rtcp(struct rtp_srtp *s, uint8_t *packet, size_t *n, size_t cap);

/* What came, as it was before protection, into out with room for cap. Returns its length; -EBADMSG:
 * not from who has the key, or broken; -EALREADY: a replay, or too old to tell; -EMSGSIZE. */
ptrdiff_t rtp_srtp_unprotect(struct rtp_srtp *s, struct slice bytes, uint8_t *out, size_t cap);
ptrdiff_t rtp_srtp_unprotect_rtcp(struct rtp_srtp *s, struct slice bytes, uint8_t *out, size_t cap);

#endif
