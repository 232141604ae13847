/* tests/sim/sim.h - phones, users who change their minds, and a network that loses, delays, doubles
 * and reorders, all on one virtual clock and from one seed.
 *
 *   sim_net.c     what is on the wire           sim_user.c  endpoints and who holds them
 *   sim_proxy.c   a proxy that forks            sim_check.c what must hold, and the planted faults
 *   sim_server.c  registrar, and who may pass   sim_register.c  the same for registrations
 *   sim_account.c registrations, and moving     sim_calls.c the test program
 *   sim_memory.c  memory that runs out          sim.c       one run from its seed */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "base/list.h"
#include "sip/account.h"
#include "sip/endpoint.h"
#include "sip/message.h"
#include "sip/register_tables.h"
#include "sip/transaction_tables.h"

#define SIM_PARTIES 3 /* Alice calls; Bob and Carol answer, and sometimes call */
#define SIM_PROXY 3   /* the place behind the parties; with accounts their server */
#define SIM_PLACES 4
#define SIM_CALLS 8 /* of one party in one run */
#define SIM_RECORDS 64
#define SIM_LAST_CALL_MS 240000u /* everybody hangs up */
/* After that: 64*T1 for an ACK, as long for a BYE, 10*T2 for its copies, and the delays. */
#define SIM_QUIET_MS (32000u + 32000u + 40000u + 20000u)

/* Planted on purpose, on what leaves an endpoint; each must be caught. */
enum sim_fault {
    SIM_NO_FAULT,
    SIM_NO_RE_ACK,      /* only the first copy of a 2xx is ACKed */
    SIM_NO_CANCEL,      /* CANCEL is lost for good */
    SIM_NO_2XX_AGAIN,   /* a 2xx is sent once */
    SIM_SECOND_CALL,    /* a copy of an INVITE looks like another call */
    SIM_FORK_LEFT,      /* the second fork's call is not ended */
    SIM_NO_ACK_487,     /* a refusal is not ACKed */
    SIM_LEAK,           /* credentials go to another phone */
    SIM_OTHER_REALM,    /* credentials for a realm of others */
    SIM_SAME_COUNT,     /* a nonce count is used twice */
    SIM_SAME_NUMBER,    /* a REGISTER has the CSeq number of the last one */
    SIM_OLD_BINDING,    /* the binding from before a move is left */
    SIM_NO_RE_REGISTER, /* no second REGISTER after the first was accepted */
    SIM_STAYS,          /* the binding is not taken back */
    SIM_FAULTS
};

/* What this run is like; drawn from the seed. */
struct sim_weather {
    unsigned loss, twice, fail, refuse, breaks; /* per cent */
    unsigned delay_ms;                          /* at most */
    bool tcp, proxy, record_route, cancels;     /* cancels: the proxy cancels the other forks */
    bool old;        /* Alice puts the INVITE's branch into the ACK to a 2xx, as RFC 2543 did */
    bool cookieless; /* and has no cookie */
    unsigned locate_ms;
    unsigned detour;      /* per cent of look-ups find a dead place first */
    unsigned shortage;    /* per cent of the allocations of an endpoint fail, */
    uint64_t shortage_ms; /* from then on */

    /* With accounts. */
    bool server, service_route;
    bool asks, asks_in_dialogs; /* for credentials of calls, and in them */
    bool names_others;          /* asks for a realm of others */
    bool wrong;                 /* Alice has forgotten her password */
    bool late;                  /* passwords are typed when they are asked for */
    bool moves;
    unsigned algorithm, qop;
    unsigned nonce_ms, granted_s, least_s;
    unsigned slow, redirects; /* per cent of REGISTERs that get a 100 only, that go elsewhere */
    enum { SERVER_THERE, SERVER_SILENT, SERVER_GONE, SERVER_BUSY } outage;
    bool forgets; /* what was registered, with the outage */
    unsigned retry_after_s;
    uint64_t outage_ms, back_ms; /* from, to */
};

/* Who is reachable where, as the server has it. */
struct sim_binding {
    char aor[16], uri[128], id[64];
    uint32_t cseq;
    uint64_t until_ms;
};

struct sim_packet {
    struct list link;
    uint64_t at_ms;
    unsigned from, to;        /* places */
    struct ip from_ip, to_ip; /* where they were when it left */
    uint64_t connection;      /* of both ends; 0: UDP */
    char *bytes;              /* owned */
    size_t n;
};

/* A call as its owner sees it. */
struct sim_call {
    struct sip_call *call; /* NULL: over, or none */
    bool used, outgoing, answered, acked, accepted, hung_up, over;
    enum sip_end_cause cause;
    uint64_t accepted_ms;
    char id[64];      /* Call-ID */
    uint64_t next_ms; /* when its user does the next thing */
    enum { USER_WAITS, USER_ANSWERS, USER_TALKS, USER_REOFFERED, USER_OFFERS } mood;
};

struct sim_party {
    unsigned place;
    struct rng rng;
    struct sip_endpoint *ep;
    struct sim_call calls[SIM_CALLS];
    uint64_t call_ms; /* when this one places a call; NEVER_MS: never, or done */

    struct sip_account *account;      /* or NULL */
    uint8_t moves;                    /* so often */
    bool wants, left;                 /* to be registered; told that it no longer is */
    bool refused;                     /* its password, since it was last asked to register */
    uint64_t wants_ms, changed_ms;    /* since when; when it did anything about it */
    uint64_t account_ms, password_ms; /* when its user does the next thing with it */
    uint64_t there_ms;                /* by when it must be reachable where it has moved to */

    /* What it sent. */
    char registers[16][64]; /* branches of the latest REGISTERs */
    size_t n_registers;
    uint32_t register_cseq;
    bool was_accepted;
    struct {
        char count[80], branch[64]; /* nonce and number; the request that had it */
    } counts[32];
    size_t n_counts;
};

/* What was seen of one 2xx to an INVITE. */
struct sim_ok {
    char id[64], tag[32]; /* Call-ID, To tag */
    uint32_t cseq;
    bool initial; /* made the dialog */
    unsigned from, sent, delivered, acks, byes;
    uint64_t first_ms; /* delivered */
};

/* What was seen of one INVITE that makes a call. */
struct sim_invite {
    char id[64], branch[64]; /* branch: of the latest, which answers a challenge or a redirect */
    uint32_t cseq;
    unsigned from;
    uint64_t sent_ms;
    bool got_1xx, got_final, cancel, hung_up;
    unsigned incoming[SIM_PARTIES], refusal_acks;
    bool called_off; /* the caller must send a CANCEL, for it knows of a 1xx and no final */
};

struct sim_connection {
    unsigned a, b; /* places */
    bool alive;
    uint64_t last_ms[2]; /* when the latest bytes arrive, each way */
};

#define SIM_FORKS 6
struct sim_branch { /* the proxy's view of one INVITE */
    char branch[64];
    unsigned caller;
    size_t n; /* phones that it went to */
    char uri[SIM_FORKS][128];
    char *final[SIM_FORKS]; /* their refusals; owned */
    char *said;             /* our own refusal; owned */
    bool ok, cancelled;
};

struct sim {
    uint64_t seed, now_ms;
    struct rng rng;
    enum sim_fault fault;
    bool verbose;
    struct sim_weather weather;
    struct sim_party parties[SIM_PARTIES];
    struct list packets;
    struct list locates;
    struct sim_connection connections[256];
    size_t n_connections;
    struct sim_ok oks[SIM_RECORDS];
    size_t n_oks;
    struct sim_invite invites[SIM_RECORDS];
    size_t n_invites;
    struct sim_branch branches[SIM_RECORDS];
    size_t n_branches;
    struct sim_binding bindings[16];
    char let_in[32][64]; /* branches of requests in dialogs that had credentials */
    size_t n_let_in;
    unsigned epoch, serial;      /* of nonces: since the last restart */
    uint64_t nonce_ms;           /* when the present one was made */
    uint64_t break_ms, check_ms; /* when it goes; when all are to be registered again */
    unsigned steps;
    char failure[256]; /* the first thing that did not hold; empty: all did */
    unsigned (*cells)[SIP_TX_STATES][SIP_TX_EVENTS]; /* [SIP_TX_MACHINES]; counted up */
    unsigned (*reg_cells)[SIP_REG_INPUTS];           /* [SIP_REG_STATES] */
};

/* --- sim.c --- */

/* One whole run. False: something did not hold, and failure says what. */
bool sim_run(struct sim *sim);
void sim_fail(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* True in so many of a hundred cases. */
bool sim_chance(struct sim *sim, unsigned per_cent);
void sim_trace(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- sim_net.c --- */

/* Where a place is now. */
struct ip sim_address(const struct sim *sim, unsigned place);
unsigned sim_place(const struct sim *sim, const struct ip *ip); /* SIM_PLACES: nobody lives there */
/* What an endpoint wants sent. */
void sim_send(struct sim *sim, struct sim_party *party, const struct sip_out_item *item);
/* Puts bytes on the wire, with all that may happen to them there. */
void sim_post(struct sim *sim, unsigned from, const struct ip *to, uint64_t connection,
              struct slice bytes);
/* The proxy's: over a connection where the weather is such. */
void sim_post_from_proxy(struct sim *sim, const struct ip *to, uint64_t connection,
                         struct slice bytes);
/* All connections of a place break. */
void sim_break_all(struct sim *sim, unsigned place);
uint64_t sim_net_next_ms(const struct sim *sim);
void sim_net_deliver(struct sim *sim);
void sim_net_free(struct sim *sim);

/* --- sim_proxy.c --- */

void sim_proxy_receive(struct sim *sim, const struct sim_packet *packet);
void sim_proxy_free(struct sim *sim);

/* --- sim_server.c --- */

/* REGISTER, and requests that want credentials. True: it is done with. */
bool sim_server_receive(struct sim *sim, const struct sim_packet *packet,
                        const struct sip_msg *msg);
/* What is to be said to an INVITE; 0: it may pass, to these phones. */
unsigned sim_server_route(struct sim *sim, const struct sim_packet *packet,
                          const struct sip_msg *msg, struct sim_branch *branch);
/* Answers; with a challenge where the status is 401 or 407. */
void sim_server_answer(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg,
                       unsigned status, struct buf *b);
const char *sim_server_realm(const struct sim *sim);
/* Whether it is away now, so that sending to it fails at once. */
bool sim_server_is_gone(const struct sim *sim);
uint64_t sim_server_next_ms(const struct sim *sim);
void sim_server_act(struct sim *sim);
/* What stands behind the first key; empty: there is none. */
struct slice sim_behind(struct slice line, struct slice key);
/* Bindings of this phone that have not expired, but for uri, which may be empty. */
unsigned sim_server_bindings(const struct sim *sim, const struct sim_party *party,
                             struct slice but_for);
/* Whether one of them leads to where it is. */
bool sim_server_finds(const struct sim *sim, const struct sim_party *party);

/* --- sim_account.c --- */

void sim_account_start(struct sim *sim, struct sim_party *party);
uint64_t sim_account_next_ms(const struct sim *sim, const struct sim_party *party);
void sim_account_act(struct sim *sim, struct sim_party *party);
void sim_account_told(struct sim *sim, struct sim_party *party,
                      const struct sip_account_event *event);
void sim_account_leave(struct sim *sim, struct sim_party *party);
/* Frees it; what it has not told by now it never will. */
void sim_account_end(struct sim *sim, struct sim_party *party);

/* --- sim_user.c --- */

void sim_user_start(struct sim *sim, struct sim_party *party, unsigned place);
uint64_t sim_user_next_ms(const struct sim *sim);
void sim_user_act(struct sim *sim);
void sim_user_everybody_hangs_up(struct sim *sim);
/* Empties the queue of the endpoint. */
void sim_user_drain(struct sim *sim, struct sim_party *party);
struct sim_call *sim_user_call(struct sim_party *party, struct slice id);

/* --- sim_memory.c --- */

/* Around each call of an endpoint on behalf of a message, a timer or a user. */
void sim_memory_is_short(struct sim *sim, bool now);

/* --- sim_check.c --- */

/* What an endpoint emits, before the network has it. False: the planted fault swallows it. text may
 * be changed in place. */
bool sim_check_sent(struct sim *sim, struct sim_party *party, unsigned to, struct buf *text);
/* Where Alice's branches go without their cookie, what comes back has it again. */
void sim_check_cookie(struct sim *sim, const struct sim_packet *packet);
/* Before and after a message reaches a party. */
void sim_check_delivered(struct sim *sim, struct sim_party *party, const struct sip_msg *msg);
void sim_check_taken(struct sim *sim, struct sim_party *party, const struct sip_msg *msg);
void sim_check_event(struct sim *sim, struct sim_party *party, struct sim_call *call,
                     const struct sip_call_event *event);
void sim_check_hung_up(struct sim *sim, struct sim_party *party, const struct sim_call *call);
/* When all is quiet. */
void sim_check_end(struct sim *sim);

/* --- sim_register.c --- */

/* A request with all that an endpoint says of its account, before the network has it. False: the
 * planted fault swallows it. */
bool sim_register_sent(struct sim *sim, struct sim_party *party, unsigned to,
                       const struct sip_msg *msg, struct buf *text);
void sim_register_event(struct sim *sim, struct sim_party *party,
                        const struct sip_account_event *event);
/* When the server has come back, and when all are to be registered again. */
uint64_t sim_register_back_ms(const struct sim *sim);
void sim_register_check_back(struct sim *sim);
/* Some time after it has moved. */
void sim_register_check_there(struct sim *sim, const struct sim_party *party);
/* While all want to be registered still. */
void sim_register_check_late(struct sim *sim);
const char *sim_fault_name(enum sim_fault fault);

#endif
