/* tests/lib/register_rig.h - a SIP endpoint with one account, for tests of its registration. */
#ifndef TESTS_LIB_REGISTER_RIG_H
#define TESTS_LIB_REGISTER_RIG_H

#include "sip/account.h"
#include "tests/lib/rows.h"
#include "tests/lib/sip_rig.h"

#define SECOND 1000u
#define HOUR (3600 * SECOND)

#define CHALLENGE(nonce)                                                                           \
    "WWW-Authenticate: Digest realm=\"here\",qop=\"auth\",nonce=\"" nonce "\"\n"

/* A test of its own: steps on an endpoint that is freed behind them. */
struct register_row {
    const char *name;
    void (*steps)(struct rig *r);
    enum sip_transport transport; /* 0: UDP */
};

void register_check(void **state); /* for RUN_ROWS */

/* The account, whose first REGISTER has left. */
struct sip_account *rig_registering(struct rig *r);
struct sip_account *rig_registering_with_password(struct rig *r);
/* The latest REGISTER, which there must be, and how many there were. */
const struct rig_sent *rig_last_register(const struct rig *r);
size_t rig_registers(const struct rig *r);
/* Answers the latest one: status "200 OK", header lines. */
void rig_answer_register(struct rig *r, const char *status, const char *lines);
/* The Contact URI of a REGISTER, without brackets, until the next call. */
const char *rig_contact(const struct rig_sent *sent);
void rig_assert_told(const struct rig *r, enum sip_account_event_kind kind);
void rig_assert_failed(const struct rig *r, enum sip_account_cause cause);
bool text_has(const char *text, const char *part);

#endif
