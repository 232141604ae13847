/* sip/account_core.h - an account, for the files of the core that share it. */
#ifndef SIP_ACCOUNT_CORE_H
#define SIP_ACCOUNT_CORE_H

#include "sip/account.h"
#include "sip/core.h"
#include "sip/register_tables.h"

/* Characters of an account's Contact user: what it begins with, and what makes it ours alone. */
#define SIP_ACCOUNT_USER_MAX 40
#define SIP_ACCOUNT_TOKEN 8

/* A refusal or failure, until it is told. */
struct sip_reg_failure {
    enum sip_account_cause cause;
    unsigned status;
    int err;
    uint64_t pause_ms; /* Retry-After; 0: none */
    struct slice reason, realm;
};

/* What the server granted with the last 2xx. */
struct sip_reg_grant {
    unsigned seconds, n_bindings;
    struct ip seen; /* received and rport; family 0: not said */
};

struct sip_account {
    struct list link; /* in ep->accounts */
    struct sip_endpoint *ep;
    void *owner;
    struct sip_auth *auth;
    bool password_asked; /* SIP_ACCOUNT_PASSWORD_WANTED was told and not answered */

    /* who we are; all owned */
    char *aor;                    /* the URI */
    char *from;                   /* the value of From: "Alice" <sip:…> */
    char *registrar;              /* Request-URI of REGISTER */
    char *hop;                    /* the URI that it is sent to */
    char *proxy;                  /* the first route of all, <sip:…;lr>; or NULL */
    enum sip_transport transport; /* where nothing else says it; 0: nothing */
    unsigned trust;
    bool secure; /* the address of record is sips: */
    char user[SIP_ACCOUNT_USER_MAX + 1 + SIP_ACCOUNT_TOKEN + 1]; /* of our Contact */

    /* the way of other requests: Service-Route of the last 2xx, each <sip:…> and owned */
    char *routes[SIP_MAX_ROUTES];
    size_t n_routes;
    struct ip servers[SIP_MAX_SERVERS]; /* where our server was found, the latest first */
    size_t n_servers;
    struct ip host;       /* a stranger to whom a 3xx has led, and who keeps us; or family 0 */
    bool registrar_found; /* or asked for */
    struct list lookups;  /* struct sip_req: where the names in them are */

    unsigned wanted_s;     /* asked for by the owner, or more where the server wanted it */
    unsigned keep_alive_s; /* 0: the usual time */

    /* the registration, of register.c and register_answer.c; only register.c writes state */
    enum sip_reg_state state;
    struct sip_req *req;    /* under way, or NULL */
    struct list reqs;       /* it */
    bool taking_back;       /* it is to end our bindings */
    struct sip_alarm alarm; /* the earliest of these */
    uint64_t due_ms, ping_ms, limit_ms;
    uint64_t ping_key; /* of the SENDs of keep-alives */
    char call_id[SIP_CALL_ID_CHARS + 1], tag[SIP_TAG_CHARS + 1];
    uint32_t cseq;                   /* of the last REGISTER */
    bool raised;                     /* 423 was obeyed in this attempt */
    char *places[SIP_MAX_REDIRECTS]; /* that 3xx named in this attempt; the last is tried */
    size_t n_places;

    /* the binding */
    char *contact;                    /* our Contact URI in the last REGISTER, or NULL */
    bool stands;                      /* it may be at the server */
    char *olds[SIP_MAX_OLD_CONTACTS]; /* former ones that may be there too */
    size_t n_olds;
    uint64_t until_ms;                      /* until when they are, at the longest */
    struct sip_flow flows[SIP_MAX_TARGETS]; /* to the server: the one that works, and others */
    size_t n_flows;                         /* 0: to be found anew */
    struct sip_flow flow;                   /* of the last REGISTER */
    struct ip seen;                         /* by the server, over flow; family 0: as we are */
    uint64_t seen_ms;                       /* since when */
    struct sip_reg_grant grant;
    bool told; /* as it is, that is: SIP_ACCOUNT_REGISTERED without a failure since */

    /* when things go wrong */
    uint64_t tried_ms;              /* the last REGISTER began */
    uint64_t kept_ms;               /* the last 2xx came */
    uint64_t asked_ms;              /* the last look at the network; 0: none */
    uint64_t outage_ms;             /* the first failure; 0: none */
    unsigned quick, slow;           /* tries in it: in the first minute, and after */
    struct sip_reg_failure failure; /* slices: only within a step */

    struct sip_out_item *spare[2]; /* events for the day when memory is gone: the answer to a
                                      REGISTER, and SIP_ACCOUNT_UNREGISTERED */
};

/* --- account.c -------------------------------------------------------------------------------- */

/* Appends an event; copies what its slices point to, or leaves them out where there is no room. */
void sip_account_tell(struct sip_account *account, const struct sip_account_event *event);
/* Makes sure that the next event can be told. -ENOMEM. */
int sip_account_save_an_event(struct sip_account *account);
/* Whether a URI names a host of ours, and nothing else: that of the address of record or one below
 * it, of the registrar, or of the proxy. */
bool sip_account_is_own(const struct sip_account *account, const char *uri);
/* Our server is also there. */
void sip_account_add_server(struct sip_account *account, const struct ip *address);
/* Whether what only our server may know may go there: not to the stranger who keeps us. */
bool sip_account_trusts(const struct sip_account *account, const struct ip *address);
/* Asks once where the registrar is, if REGISTER goes by a proxy. */
void sip_account_find_registrar(struct sip_account *account, uint64_t now_ms);
/* Asks where the host of uri is, by the trust of the account; on_told, with the account as its arg,
 * frees the request. */
void sip_account_look_up(struct sip_account *account, struct slice uri, sip_req_user *on_told,
                         uint64_t now_ms);
/* Keeps Service-Route of a 2xx to REGISTER instead of what was there (RFC 3608 6.1). */
void sip_account_take_routes(struct sip_account *account, const struct sip_msg *msg,
                             uint64_t now_ms);
void sip_account_drop_routes(struct sip_account *account);

/* --- register.c ------------------------------------------------------------------------------- */

/* The URI that a REGISTER is sent to. */
struct slice sip_register_hop(const struct sip_account *account);
/* Whether that is no place where a 3xx has led that may name anybody. */
bool sip_register_is_at_our_own(const struct sip_account *account);
/* Where that is, when it works; or 0. */
size_t sip_register_flows(const struct sip_account *account, const struct sip_flow **out);
int sip_register_init(struct sip_account *account);
void sip_register_done(struct sip_account *account);
/* A keep-alive could not be sent. */
void sip_register_ping_failed(struct sip_account *account, uint64_t now_ms);
void sip_register_connection_lost(struct sip_account *account, uint64_t connection,
                                  uint64_t now_ms);

/* --- register_answer.c ------------------------------------------------------------------------ */

/* What a final response to account->req says, and takes from it what is to be remembered: grant,
 * routes and way, or failure, or where and for how long to ask next. */
enum sip_reg_input sip_register_answer(struct sip_account *account, const struct sip_msg *msg,
                                       uint64_t now_ms);
void sip_register_forget_places(struct sip_account *account);

/* --- binding.c -------------------------------------------------------------------------------- */

/* The value of Contact: our own for as long as asked for, or no longer where it is taken back; and
 * former ones for no longer. */
int sip_binding_put(const struct sip_account *account, struct buf *b);
/* We are at this address now: makes the Contact, and keeps the former one that may stand.
 * -ENOMEM. */
int sip_binding_move(struct sip_account *account, const struct sip_flow *flow);
/* What a 2xx grants us: false: nothing. */
bool sip_binding_granted(const struct sip_account *account, const struct sip_msg *msg,
                         struct sip_reg_grant *out);
/* Whether the server sees us elsewhere than our Contact says, so that this is of use to nobody. */
bool sip_binding_is_elsewhere(const struct sip_account *account, const struct ip *seen);
/* Only the present one stands; or none. */
void sip_binding_settled(struct sip_account *account, bool stands);
/* Whether anything of ours may stand. */
bool sip_binding_may_stand(const struct sip_account *account, uint64_t now_ms);

#endif
