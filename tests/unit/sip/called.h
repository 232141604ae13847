/* tests/unit/sip/called.h - the called side of a call from Alice, who says what the test wants. */
#ifndef TESTS_UNIT_SIP_CALLED_H
#define TESTS_UNIT_SIP_CALLED_H

#include "tests/lib/sip_rig.h"

/* A phone that rings, and one in a call that is acknowledged; freed with called_end. */
struct rig *called_ringing(void);
struct rig *called_up(void);
/* Fails where it keeps anything for ever. */
void called_end(struct rig *r);

/* Our tag, from the first answer that has one. */
const char *called_tag(const struct rig *r);
/* A request in the dialog from Alice; lines end with "\n". body "": none, else SDP. */
void called_request(struct rig *r, const char *method, unsigned cseq, const char *lines,
                    const char *body);

/* What was sent last, and that it begins so. */
const struct rig_sent *called_last(const struct rig *r);
void called_assert_last(const struct rig *r, const char *start);

#endif
