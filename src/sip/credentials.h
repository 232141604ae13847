/* sip/credentials.h - Authorization and Proxy-Authorization (RFC 7616 3.4, RFC 8760, RFC
 * 3261 22.4): what is hashed, and how it is printed. */
#ifndef SIP_CREDENTIALS_H
#define SIP_CREDENTIALS_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/slice.h"
#include "sip/header.h"

enum sip_qop { SIP_QOP_NONE, SIP_QOP_AUTH, SIP_QOP_AUTH_INT };

/* All texts without quotes and escapes; any bytes. */
struct sip_digest {
    enum digest_kind kind;
    bool session; /* -sess */
    enum sip_qop qop;
    struct slice user, realm, password;
    struct slice nonce, cnonce;
    uint32_t nc;
    struct slice method, uri, body;

    /* What else stands in the line. */
    struct slice algorithm; /* as the challenge has it; empty: left out */
    struct slice opaque;    /* NULL pointer: left out */
    bool userhash;          /* RFC 7616 3.4.4: the name is hashed */
};

/* The response: RFC 7616 3.4.1 to 3.4.3. */
void sip_digest_response(const struct sip_digest *d, char out[DIGEST_HEX_MAX + 1]);
/* Appends the whole line with its end; id: SIP_HDR_AUTHORIZATION or SIP_HDR_PROXY_AUTHORIZATION.
 * b has failed where a text has CR, LF or NUL in it. */
void sip_credentials_put(struct buf *b, enum sip_hdr id, const struct sip_digest *d);

#endif
