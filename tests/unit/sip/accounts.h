/* tests/unit/sip/accounts.h - accounts of a rig (tests/lib/sip_rig.h), and calls by them. */
#ifndef TESTS_UNIT_SIP_ACCOUNTS_H
#define TESTS_UNIT_SIP_ACCOUNTS_H

#include "sip/account_core.h"
#include "tests/lib/rows.h"
#include "tests/lib/sip_rig.h"

/* Of the realm "here". */
#define ACCOUNT_CHALLENGE "WWW-Authenticate: Digest realm=\"here\",qop=\"auth\",nonce=\"a\"\n"

struct account_row {
    const char *name;
    void (*steps)(struct rig *r);
};

/* For RUN_ROWS: goes through the steps of a row with a rig of its own. */
void account_check(void **state);

/* Whether part stands in text. */
bool account_has(const char *text, const char *part);

struct sip_account *account_make(struct rig *r, const struct sip_account_params *params);
/* For an hour. */
struct sip_account *account_registered(struct rig *r, const struct sip_account_params *params);
/* The INVITE to target. */
const struct rig_sent *account_call(struct rig *r, struct sip_account *account, const char *target);
/* All values of Route, in order, each with its brackets; until the next call. */
const char *account_routes(const struct rig_sent *sent);

#endif
