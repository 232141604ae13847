/* sip/account.h - an address of record with a server: who we are, which way our requests take, what
 * we answer its challenges with, and the registration that keeps us reachable (RFC 3261 10).
 *
 * As pure as the rest of the core. All accounts of an endpoint share its queue: what an account has
 * to tell is a SIP_OUT_ACCOUNT item. A call is placed through an account by sip_call_invite; one
 * that comes in names the account whose Contact it was sent to.
 *
 *   account.c   identity, routes, who counts as our server
 *   register.c  REGISTER: refresh, 423, back-off, moving, un-registering
 *   auth.c      digest: challenges in, credentials out */
#ifndef SIP_ACCOUNT_H
#define SIP_ACCOUNT_H

#include "base/buf.h"
#include "base/ip.h"
#include "base/slice.h"
#include "sip/out.h"

struct sip_account;
struct sip_endpoint;

/* The slices are copied. */
struct sip_account_params {
    struct slice uri;       /* address of record, sip:alice@example.org; checked. sips: asks for
                               TLS on every way that is taken */
    struct slice name;      /* display name, or empty */
    struct slice auth_user; /* empty: the user part of uri */
    struct slice realm;     /* the one realm whose challenges are answered; empty: see sip/auth.h */
    struct slice registrar; /* URI; empty: sip: and the host of uri. Without proxy and
                                 Service-Route it also gets the calls to the domain of uri */
    struct slice proxy;     /* URI of the outbound proxy, which every request goes through first;
                               empty: none. ";lr" is added where it is missing */
    enum sip_transport
        transport;         /* to registrar and proxy where their URIs name none; 0: RFC 3263 */
    unsigned expires_s;    /* asked for; 0: 3600 */
    unsigned keep_alive_s; /* between keep-alives while registered; 0: 25 over UDP, 90 over TCP */
    unsigned trust;        /* over TLS: whose trust counts for its servers and calls, a number of
                              the owner's that comes back in SIP_OUT_LOCATE; 0: the usual one */
    void *owner;           /* handed back in each event */
};

/* -EINVAL: uri, registrar or proxy is no SIP URI; -ENOTSUP: a scheme or transport that we lack;
 * -ENOMEM. It does nothing yet. */
int sip_account_new(struct sip_endpoint *ep, const struct sip_account_params *params,
                    struct sip_account **out);
/* Without a word to the server. Calls through it go on without credentials; one that waits for a
 * password waits until it is hung up. */
void sip_account_free(struct sip_account *account);

/* The password; copied, and wiped when replaced or freed. Requests that were waiting for it since
 * SIP_ACCOUNT_PASSWORD_WANTED go on. p NULL: there is none, and they fail. -ENOMEM: there is none
 * now, and they fail as what cannot be sent. */
int sip_account_set_password(struct sip_account *account, struct slice password, uint64_t now_ms);

/* Registers and stays registered, whatever happens in between, until told otherwise. After a
 * refusal it stays silent until this is called again. */
void sip_account_register(struct sip_account *account, uint64_t now_ms);
/* Takes back our own binding only (RFC 3261 10.2.2: Expires 0 for our Contact);
 * SIP_ACCOUNT_UNREGISTERED follows, at once where nothing was registered, after 64*T1 in the worst
 * case. */
void sip_account_unregister(struct sip_account *account, uint64_t now_ms);
/* The networks of this machine have changed: finds out from where the server is reached now, and if
 * that is another address registers it and takes the old binding back in the same request. A
 * failing registration is tried again at once. */
void sip_account_network_changed(struct sip_account *account, uint64_t now_ms);

bool sip_account_is_registered(const struct sip_account *account);
/* Whether this address is one of our server: one that registrar, proxy or Service-Route resolved
 * to, or answered from. */
bool sip_account_is_server(const struct sip_account *account, const struct ip *address);
/* Whether a request to this URI goes to our server: a route is set, or the URI has the host of the
 * address of record or of the registrar. */
bool sip_account_serves(const struct sip_account *account, struct slice uri);

enum sip_account_event_kind {
    SIP_ACCOUNT_REGISTERED = 1,  /* granted: after each 2xx; changed: the first, or another value */
    SIP_ACCOUNT_PASSWORD_WANTED, /* realm: a challenge came, and there is no password */
    SIP_ACCOUNT_FAILED,          /* cause, status, reason, err; it is tried again in retry_ms, or
                                    never without being asked: NEVER_MS */
    SIP_ACCOUNT_UNREGISTERED,    /* the last word of sip_account_unregister */
};

enum sip_account_cause {
    SIP_ACCOUNT_REFUSED_PASSWORD =
        1,                     /* 401, 407 or 403 to credentials; never tried again by itself */
    SIP_ACCOUNT_NO_PASSWORD,   /* challenged, and there is none */
    SIP_ACCOUNT_CANNOT_ANSWER, /* a challenge with algorithms we lack, or of another realm, or
                                  weaker than before: reason says which */
    SIP_ACCOUNT_REFUSED,       /* another final response: status, reason */
    SIP_ACCOUNT_NO_ANSWER,     /* the server is silent: 64*T1 without a response */
    SIP_ACCOUNT_UNREACHABLE,   /* could not be sent: err */
    SIP_ACCOUNT_NOT_FOUND,     /* the name does not resolve: err */
    SIP_ACCOUNT_NOT_KEPT,      /* a 2xx without our Contact: the binding was not made */
};

/* Slices point into the event. Text from the network is raw. */
struct sip_account_event {
    enum sip_account_event_kind kind;
    struct sip_account *account;
    void *owner;
    enum sip_account_cause cause;
    int err;
    unsigned status;
    struct slice reason, realm;
    bool changed;         /* REGISTERED */
    unsigned granted_s;   /* REGISTERED */
    unsigned n_bindings;  /* REGISTERED: of all devices, ours included */
    struct slice contact; /* REGISTERED: our Contact URI */
    struct slice
        seen_at; /* REGISTERED: received and rport of our Via, "192.0.2.1:5060"; or empty */
    struct sip_flow flow; /* REGISTERED; FAILED where it was found: the way to the server */
    uint64_t retry_ms;    /* FAILED: from now; NEVER_MS: not by itself */
    struct buf store;     /* owned */
};

#endif
