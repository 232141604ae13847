/* tests/unit/rtp/dtls_rig.h - two ends of DTLS-SRTP and a path between them that loses, repeats,
 * reorders, and has strangers on it.
 *
 * The clock is the rig's, also the wall clock that OpenSSL reads; all checks are by cmocka. */
#ifndef TESTS_UNIT_RTP_DTLS_RIG_H
#define TESTS_UNIT_RTP_DTLS_RIG_H

#include "rtp/dtls.h"

#define START_MS 1000000u
#define MAX_FLYING 64

extern uint64_t rig_now_ms;
extern int64_t rig_wall_shift_s;

struct flying {
    int to;
    size_t n;
    uint8_t bytes[RTP_DTLS_MAX_DATAGRAM];
};

struct rig {
    struct rtp_dtls_identity *identity[2];
    struct rtp_dtls *end[2];
    struct flying flying[MAX_FLYING];
    size_t n_flying;
    unsigned sent; /* by both together */
    unsigned lost_mask;
    bool twice, backwards, rubbish, cut, bent;
    size_t piece;        /* of a ClientHello, in bytes; 0: it stays whole */
    bool together;       /* all of its pieces in one datagram */
    unsigned lost_piece; /* the so-manyth of all, from 1; 0: none */
    unsigned pieces;     /* that have been sent */
};

/* Two identities, no end yet, and the clock at START_MS. */
void rig_open(struct rig *r);
/* known: the end knows the fingerprint of the other from the beginning. */
void rig_open_end(struct rig *r, int i, enum rtp_dtls_role role, bool known);
/* All of it: the first end is the active one, and both know each other. */
void rig_open_both(struct rig *r);
void rig_close(struct rig *r);
const struct fingerprint *rig_fingerprint(const struct rig *r, int whose);

/* Takes what both ends want to send on the way, with all harm that the rig is set to. */
void rig_collect(struct rig *r);
/* One datagram of those under way, of which there must be one. */
void rig_deliver(struct rig *r);
uint64_t rig_next_deadline(const struct rig *r);
/* Until nobody waits for anything. */
void rig_run(struct rig *r);

void rig_assert_state(const struct rig *r, int i, enum rtp_dtls_state state);
void rig_assert_failed(const struct rig *r, int i, enum rtp_dtls_trouble trouble);
/* On keys that fit, of this suite. */
enum suite rig_assert_agreed(const struct rig *r);

#endif
