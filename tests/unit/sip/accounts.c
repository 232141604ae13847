#include "tests/unit/sip/accounts.h"

#include <stdio.h>
#include <string.h>

void account_check(void **state)
{
    const struct account_row *row = *state;
    struct rig *r = rig_new(SIP_UDP);

    row->steps(r);
    rig_free(r);
}

bool account_has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

struct sip_account *account_make(struct rig *r, const struct sip_account_params *params)
{
    struct sip_account *account;

    assert_int_equal(sip_account_new(r->ep, params, &account), 0);
    return account;
}

struct sip_account *account_registered(struct rig *r, const struct sip_account_params *params)
{
    struct sip_account *account = account_make(r, params);

    sip_account_register(account, r->now_ms);
    rig_drain(r);
    rig_grant(r, 3600);
    assert_true(sip_account_is_registered(account));
    return account;
}

const struct rig_sent *account_call(struct rig *r, struct sip_account *account, const char *target)
{
    struct sip_invite_params params = {.target = slice_of(target), .account = account};

    rig_call_with(r, &params, "o");
    assert_non_null(rig_last(r, "INVITE "));
    return rig_last(r, "INVITE ");
}

const char *account_routes(const struct rig_sent *sent)
{
    static char all[1024];
    const char *at = sent->text;

    all[0] = '\0';
    while ((at = strstr(at, "\r\nRoute: "))) {
        size_t n = strcspn(at + 9, "\r");
        size_t used = strlen(all);

        snprintf(all + used, sizeof all - used, "%s%.*s", used ? "," : "", (int)n, at + 9);
        at += 9;
    }
    return all;
}
