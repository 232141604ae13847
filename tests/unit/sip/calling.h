/* tests/unit/sip/calling.h - the calling side of a call to Bob, who answers what the test wants. */
#ifndef TESTS_UNIT_SIP_CALLING_H
#define TESTS_UNIT_SIP_CALLING_H

#include "tests/lib/sip_rig.h"

/* Its INVITE has left, or was answered 200 with these lines, each with "\n"; freed with
 * calling_end. */
struct rig *calling(void);
struct rig *calling_up(const char *lines);
/* Fails where it keeps anything for ever. */
void calling_end(struct rig *r);
/* The first INVITE that it sent. */
const struct rig_sent *calling_invite(const struct rig *r);

#endif
