/* rtp/dtls.h - keys for the sound, agreed on its own path: DTLS-SRTP (RFC 5763, RFC 5764, RFC
 * 6347).
 *
 * OpenSSL between two rows of datagrams: what came goes in, what is to be sent is fetched, keys
 * come out at the end. No socket; time is given. One association is one struct, on one thread.
 *
 * Whoever can send packets in the name of the far end, but not read ours, gets no keys: a
 * beginning is answered by a cookie first, whose return it takes to be begun with (in the first
 * piece, where a ClientHello comes in several: others are not kept before); alerts in the clear are
 * dropped; and a handshake that breaks by other messages begins again, until its time is over. So
 * he can delay keys, and if he keeps on, prevent them. Who the far end is, only its certificate
 * says, by the fingerprint that came with the signalling.
 *
 * One thing of OpenSSL is not in our hand: how long it has waited for an answer it reads off the
 * wall clock. Where that is set back during a handshake a lost datagram is repeated by the next try
 * only. */
#ifndef RTP_DTLS_H
#define RTP_DTLS_H

#include "base/ip.h"
#include "rtp/dtls_identity.h"
#include "rtp/srtp.h"

struct rtp_dtls;

#define RTP_DTLS_MTU 1200          /* of what we send, without UDP's and IP's headers */
#define RTP_DTLS_MAX_DATAGRAM 2048 /* longer ones are dropped */
#define RTP_DTLS_MAX_QUEUE 16      /* datagrams not yet fetched; further ones count as lost */
#define RTP_DTLS_FIRST_RETRY_MS 200
#define RTP_DTLS_MAX_RETRY_MS 800
#define RTP_DTLS_TRY_MS 2400        /* then the active end begins again from the start */
#define RTP_DTLS_MAX_PAUSE_MS 800   /* before a broken one begins again; first a 16th of it */
#define RTP_DTLS_PATIENCE_MS 5000   /* for all tries together */
#define RTP_DTLS_MAX_CHAIN 16384    /* bytes of the far end's certificates; more breaks the try */
#define RTP_DTLS_MAX_FINGERPRINTS 4 /* that the far end may have; further ones are passed over */

/* active is the client (RFC 5763 5). */
enum rtp_dtls_role { RTP_DTLS_ACTIVE, RTP_DTLS_PASSIVE };

enum rtp_dtls_state {
    RTP_DTLS_SHAKING,
    RTP_DTLS_UNVERIFIED, /* done, but nobody has said yet whose certificate is the right one */
    RTP_DTLS_READY,      /* keys are there */
    RTP_DTLS_CLOSED,     /* the far end has ended it after it was ready, and said so genuinely */
    RTP_DTLS_FAILED,     /* the time was over: rtp_dtls_trouble */
};

/* What the last try failed for. */
enum rtp_dtls_trouble {
    RTP_DTLS_SILENCE,           /* nothing came that fits, or too little */
    RTP_DTLS_WRONG_CERTIFICATE, /* it has none of the fingerprints */
    RTP_DTLS_SAME_ROLE,         /* both ends want to begin, or both wait */
    RTP_DTLS_REFUSED,           /* an alert came: they did not like something of ours */
    RTP_DTLS_NO_SUITE,          /* no way of encrypting that both ends can */
    RTP_DTLS_BROKEN,            /* something came that is no handshake of this kind */
    RTP_DTLS_OWN_FAULT,         /* it failed on this side, mostly for want of memory; where OpenSSL
                                   does not say so, that is RTP_DTLS_BROKEN */
};

/* Begins at now_ms: the active end has a datagram to send at once. fingerprints are those of the
 * far end, of which the certificate must have one: one of those by the strongest hash among them
 * (RFC 8122 5). n 0: not known yet, rtp_dtls_expect says them later. 0; -ENOMEM; -EIO. */
int rtp_dtls_new(const struct rtp_dtls_identity *identity, enum rtp_dtls_role role,
                 const struct fingerprint *fingerprints, size_t n, uint64_t now_ms,
                 struct rtp_dtls **out);
/* Wipes the keys. NULL is fine. */
void rtp_dtls_free(struct rtp_dtls *d);

/* The fingerprints, where they were not known at the beginning; n above 0. */
void rtp_dtls_expect(struct rtp_dtls *d, const struct fingerprint *fingerprints, size_t n,
                     uint64_t now_ms);
/* The time for all tries begins anew: nobody is there yet who could take part. */
void rtp_dtls_wait(struct rtp_dtls *d, uint64_t now_ms);
/* A datagram that came from the far end's address, as it says. Anything may be in it. */
void rtp_dtls_input(struct rtp_dtls *d, struct slice datagram, uint64_t now_ms);
/* Whose datagram comes next, where one passive end is open to several: each has a cookie of his own
 * (RFC 6347 4.2.1), so what one repeats another cannot have heard. Once a cookie came back the
 * association is his who sent it, and further ones are not for it. */
void rtp_dtls_listen_to(struct rtp_dtls *d, const struct ip *from);
/* How often a cookie of a passive end came back: whoever sent it reads what is sent to him. */
unsigned rtp_dtls_cookies(const struct rtp_dtls *d);
/* The next datagram to send, oldest first; it lives until the next call for d. */
bool rtp_dtls_output(struct rtp_dtls *d, struct slice *datagram);
/* When to call rtp_dtls_tick; UINT64_MAX: it waits for nothing. */
uint64_t rtp_dtls_deadline_ms(const struct rtp_dtls *d);
void rtp_dtls_tick(struct rtp_dtls *d, uint64_t now_ms);
/* Says goodbye to the far end, where it is ready: a last datagram to fetch. */
void rtp_dtls_close(struct rtp_dtls *d);

enum rtp_dtls_state rtp_dtls_state(const struct rtp_dtls *d);
enum rtp_dtls_trouble rtp_dtls_trouble(const struct rtp_dtls *d);
/* Of what we send, and of what comes. 0, or -EAGAIN: not ready. Whoever takes them wipes them. */
int rtp_dtls_keys(const struct rtp_dtls *d, struct rtp_srtp_key *send,
                  struct rtp_srtp_key *receive);

#endif
