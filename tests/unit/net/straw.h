/* tests/unit/net/straw.h - an endpoint of straw for tests of the SIP link, and two links on it.
 *
 * straw.c defines the functions of sip/endpoint.h that the link uses: they note what they are told
 * and send what a test says. */
#ifndef TESTS_UNIT_NET_STRAW_H
#define TESTS_UNIT_NET_STRAW_H

#include "net/sip_link.h"
#include "tests/lib/rows.h"
#include "tests/unit/net/fake_dns.h"

#define MAX_NOTED 80

struct sip_endpoint {
    struct sip_out out;
    size_t received, failed, lost, located, n_flows;
    struct sip_flow flow; /* of the last message */
    char message[2000];   /* the last one, as far as it fits */
    size_t message_bytes;
    uint64_t failed_key, located_key;
    int failed_err, located_err;
    uint64_t lost_connections[MAX_NOTED];
    struct sip_flow flows[8];
    bool needs, inside, silent;
    struct ip server; /* of its account; family 0: none */
    uint64_t deadline_ms;
    size_t ticks;
    const char *reply; /* sent back to each message, on its flow */
};

/* Two links and a limit of time. */
struct fixture {
    struct net_loop *loop;
    struct net_deadline *limit;
    struct rng rng;
    struct fake_dns *dns;
    struct net_resolver *resolver; /* which asks dns */
    struct sip_endpoint endpoint[2];
    struct net_sip_link *link[2];
    struct ip at[2];
    struct net_tls_context *tls; /* of both links; NULL: there is none */
    size_t traced_in, traced_out;
    uint64_t end_ms;
    bool gave_up;
};

/* Of struct net_sip_link_config; 0: the usual time. */
struct straw_times {
    unsigned message_ms, idle_ms, await_ms;
};

/* Links that listen there, each on an endpoint, with the usual times for TCP or with these. */
void straw_set_up(struct fixture *f, const char *listen);
void straw_set_up_with(struct fixture *f, const char *listen, struct straw_times times);
/* By TLS, too: the context is the test's. */
void straw_set_up_tls(struct fixture *f, const char *listen, struct net_tls_context *tls);
void straw_tear_down(struct fixture *f);
struct net_sip_link_config straw_config(struct fixture *f, size_t i, const char *listen);

/* Adds to what the endpoint wants done. */
struct sip_out_item *straw_append(struct sip_endpoint *ep, enum sip_out_kind kind);
/* The link's pump, which must not tell the endpoint of a failure from inside. */
void straw_pump(struct fixture *f, size_t i);
/* Sends text from the i-th link at once. */
void straw_send(struct fixture *f, size_t i, uint64_t key, const struct sip_flow *flow,
                const char *text);
/* A flow to where the i-th link listens. */
struct sip_flow straw_flow_to(const struct fixture *f, size_t i, enum sip_transport transport);
void straw_turn_for(struct fixture *f, unsigned ms);

#define WAIT_UNTIL(f, condition)                                                                   \
    do {                                                                                           \
        while (!(condition) && !(f)->gave_up)                                                      \
            net_loop_turn((f)->loop, true);                                                        \
        assert_false((f)->gave_up);                                                                \
    } while (0)

#define REQUEST "OPTIONS sip:b@x SIP/2.0\r\nContent-Length: 4\r\n\r\nbody"
#define RESPONSE "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"

#endif
