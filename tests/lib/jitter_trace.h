/* tests/lib/jitter_trace.h - what networks do to the packets of one stream, made of numbers: the
 * same from the same seed. */
#ifndef TESTS_LIB_JITTER_TRACE_H
#define TESTS_LIB_JITTER_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jitter_network {
    const char *name;
    unsigned packet_ms; /* 0: 20 */
    /* Jitter: of each packet by itself, or in a queue that none overtakes another in. */
    double gamma_shape, gamma_ms; /* a gamma distribution's, and its mean; 0: none */
    unsigned uniform_ms;          /* from 0 to so much */
    bool in_order;
    /* Gilbert-Elliott: in bad times every second packet is lost. */
    double loss;    /* share of all packets */
    unsigned burst; /* mean length of bad times, in packets; 0: each packet by itself */
    double reorder; /* share of packets that come 1.5 packet times later */
    /* Spikes: nothing arrives for so long, then all that was sent meanwhile at once. */
    unsigned spike_every_ms; /* on average; 0: none */
    unsigned spike_from_ms, spike_to_ms;
    int drift_ppm;   /* the sender's clock is faster by */
    unsigned step_s; /* from then on each packet takes */
    int step_ms;     /* so much longer */
};

struct jitter_arrival {
    uint32_t number;
    uint64_t sent_us, route_us; /* when it left; the least that its way took then */
    uint64_t us;                /* when it came */
};

struct jitter_trace {
    const struct jitter_network *network;
    unsigned packet_ms;
    size_t sent, n, lost;
    struct jitter_arrival *at; /* n, in the order in which they came */
    double p99_ms;             /* of what packets took longer than the route */
};

/* Freed with jitter_trace_free. */
void jitter_trace_make(const struct jitter_network *network, unsigned seconds, uint64_t seed,
                       struct jitter_trace *out);
void jitter_trace_free(struct jitter_trace *t);

/* The networks that the figures and the rule are about. */
extern const struct jitter_network jitter_networks[];
extern const size_t n_jitter_networks;

#endif
