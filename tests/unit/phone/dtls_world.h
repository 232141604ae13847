/* tests/unit/phone/dtls_world.h - a stream that agrees on its keys by DTLS, and its far end made by
 * hand, which has a certificate, shakes hands, and counts what comes. */
#ifndef TESTS_UNIT_PHONE_DTLS_WORLD_H
#define TESTS_UNIT_PHONE_DTLS_WORLD_H

#include "rtp/srtp.h"
#include "tests/unit/phone/lone.h"

#define WORLD_PAYLOAD 160
#define WORLD_ROOM 2048

struct far {
    struct rtp_dtls_identity *identity;
    struct rtp_dtls *dtls[2];
    struct rtp_srtp *srtp[2];
    bool repeats; /* what was lost */
    bool silent;
    unsigned sound, reports, clear, shakes; /* that came */
};

struct world {
    struct lone lone;
    struct identity *identity;
    struct far far;
};

struct world *world_new(bool mux);
void world_free(struct world *w);
/* The far end gets a certificate that nobody has seen yet, and the stream starts with it; active:
 * the stream is to begin. */
void world_agree(struct world *w, bool active);
/* An end of it for RTP (0) or RTCP (1), where world_agree has opened none. */
void world_open_far(struct world *w, bool active, int i);
int world_socket(const struct world *w, int i);
/* A moment of both, and of the far end alone. */
void world_step(struct world *w);
void world_step_far(struct world *w);
struct media_stats world_stats(struct world *w);
/* The next packet of the far end's sound, in the clear; its length. */
size_t world_packet(struct world *w, uint8_t *out);
/* So many of them, with its keys. */
void world_speak(struct world *w, unsigned packets);

#define WORLD_UNTIL(w, holds)                                                                      \
    do {                                                                                           \
        for (unsigned steps_ = 0; steps_ < 1000 && !(holds); steps_++)                             \
            world_step(w);                                                                         \
        assert_true(holds);                                                                        \
    } while (0)

#endif
