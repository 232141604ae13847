/* rtp/dtls_identity.h - who we are in a DTLS handshake: a key and a certificate that says nothing
 * about anybody. It is known by its fingerprint alone (RFC 5763 3, RFC 8122 3.1).
 *
 * Immutable once made; any number of associations on any thread share it. Making or reading one
 * wakes libssl up, which takes some milliseconds: not for a thread that has a beat to keep. */
#ifndef RTP_DTLS_IDENTITY_H
#define RTP_DTLS_IDENTITY_H

#include "base/fingerprint.h"

struct rtp_dtls_identity;

#define RTP_DTLS_MAX_PEM 16384

/* A fresh key (ECDSA, P-256) and a certificate signed by itself. 0; -ENOMEM; -EIO: libcrypto. */
int rtp_dtls_identity_new(struct rtp_dtls_identity **out);
/* From what rtp_dtls_identity_print wrote, or another pair of private key and certificate in PEM.
 * 0; -EBADMSG: it is no such pair; -ENOMEM. */
int rtp_dtls_identity_parse(struct slice pem, struct rtp_dtls_identity **out);
/* Appends both in PEM. The key is in it: wipe. 0 or -ENOMEM. */
int rtp_dtls_identity_print(const struct rtp_dtls_identity *identity, struct buf *out);
/* After all its associations. NULL is fine. */
void rtp_dtls_identity_free(struct rtp_dtls_identity *identity);

/* SHA-256 of the certificate, for a=fingerprint. */
const struct fingerprint *rtp_dtls_identity_fingerprint(const struct rtp_dtls_identity *identity);

#endif
