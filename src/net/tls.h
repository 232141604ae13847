/* net/tls.h - one TLS session as a filter on bytes: TLS 1.2 (RFC 5246) or 1.3 (RFC 8446), OpenSSL
 * behind our names. It knows no sockets and no time: whoever has these limits them.
 *
 * A client's session is up only after the other side has proved to be whom the caller asked for
 * (RFC 5922 7): the domain of the URI, as it was before NAPTR and SRV, stands in its certificate as
 * URI sip:DOMAIN; as DNS name only where it has no such URI, in the subject's common name only
 * where it names nobody otherwise. A wildcard stands for nobody (7.2). An address is found as IP
 * address there. Or the certificate is the one whose fingerprint was given, whatever else it says.
 *
 * Neither renegotiation nor compression nor early data. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/buf.h"
#include "base/slice.h"
#include "net/tls_context.h"

/* How a connection ends that could not be made safe, or is broken by its peer; net_tls_fault says
 * why. Not a number of the system, as those have meanings of their own. */
#define NET_TLS_FAILED (-3901)
/* Bytes that may wait in each direction within a session. */
#define NET_TLS_MAX_QUEUED (256 * 1024)

struct net_tls;

enum net_tls_state {
    NET_TLS_SHAKING = 1, /* hands */
    NET_TLS_UP,
    NET_TLS_OVER,   /* the peer has said that nothing more will come */
    NET_TLS_BROKEN, /* net_tls_fault says why; only what is in net_tls_output still goes out */
};

/* How safe it is; static strings, but name, which lives as long as the session. */
struct net_tls_facts {
    const char *version; /* "TLSv1.3" */
    const char *cipher;  /* "TLS_AES_256_GCM_SHA384" */
    const char *by;      /* what it was verified by: "system store", "tls-ca", "fingerprint"; "":
                            nobody was, as we are the server */
    const char *name;    /* the domain; "" where nobody was verified */
    bool resumed;
};

/* domain: whom it has to be, a name or an address, without brackets. 0, -EINVAL, -ENOMEM. */
int net_tls_client_new(struct net_tls_context *context, struct slice domain, struct net_tls **out);
/* -EINVAL: the context has no certificate. */
int net_tls_server_new(struct net_tls_context *context, struct net_tls **out);
void net_tls_free(struct net_tls *tls); /* NULL is fine */

/* Bytes of the peer. Afterwards net_tls_state may have changed, net_tls_read may have plaintext
 * and there may be output. 0; NET_TLS_FAILED; -ENOMEM. */
int net_tls_input(struct net_tls *tls, struct slice bytes);
/* The next plaintext into p; 0: none for now, as also where the state has changed. */
size_t net_tls_read(struct net_tls *tls, char *p, size_t cap);
/* Plaintext, taken as a whole, once the session is up. 0; -ENOTCONN: it is not; -ENOBUFS: too much
 * waits in net_tls_output; -ENOMEM; NET_TLS_FAILED. */
int net_tls_write(struct net_tls *tls, struct slice plain);
/* Says close_notify: nothing more will be written. */
void net_tls_finish(struct net_tls *tls);

/* Bytes for the peer, good until the next call; and that the first n of them are gone. A client has
 * some at once. */
struct slice net_tls_output(struct net_tls *tls);
void net_tls_output_taken(struct net_tls *tls, size_t n);

enum net_tls_state net_tls_state(const struct net_tls *tls);
/* A clause, safe for a terminal, whose subject is the connection: "the certificate of x.example
 * (subject CN=x, issuer CN=y, valid 2026-01-01 to 2026-02-01) has expired". "": nothing failed. */
const char *net_tls_fault(struct net_tls *tls);
/* Once it is up. */
const struct net_tls_facts *net_tls_facts(const struct net_tls *tls);

#endif
