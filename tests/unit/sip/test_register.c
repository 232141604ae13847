/* The life of a registration (RFC 3261 10.2), on a virtual clock. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "sip/core.h"
#include "tests/lib/rows.h"
#include "tests/lib/sip_rig.h"

static void registers(struct rig *r)
{
    struct sip_account *account = rig_account(r);
    const struct rig_sent *sent;

    sip_account_register(account, r->now_ms);
    rig_drain(r);
    sent = rig_last(r, "REGISTER sip:192.0.2.2 SIP/2.0\r\n");
    assert_non_null(sent);
    assert_string_equal(rig_header(sent, "To"), "<sip:alice@192.0.2.2>");
    assert_true(
        slice_starts(slice_of(rig_header(sent, "From")), SLICE("<sip:alice@192.0.2.2>;tag=")));
    assert_string_equal(rig_header(sent, "CSeq"), "1 REGISTER");
    assert_string_equal(rig_header(sent, "Expires"), "3600");
    assert_string_equal(rig_header(sent, "Supported"), "path");
    assert_false(sip_account_is_registered(account));
    rig_grant(r, 1800);
    assert_true(sip_account_is_registered(account));
    assert_int_equal(rig_last_told(r)->kind, SIP_ACCOUNT_REGISTERED);
    assert_int_equal(rig_last_told(r)->granted_s, 1800);
    assert_true(rig_last_told(r)->changed);
}

static void refreshes(struct rig *r)
{
    char call_id[64];

    rig_registered(r);
    snprintf(call_id, sizeof call_id, "%s", rig_header(rig_last(r, "REGISTER "), "Call-ID"));
    r->grants = true;
    rig_run(r, 3240 * 1000);
    assert_int_equal(rig_count(r, "REGISTER "), 2);
    assert_string_equal(rig_header(rig_last(r, "REGISTER "), "Call-ID"), call_id);
    assert_string_equal(rig_header(rig_last(r, "REGISTER "), "CSeq"), "2 REGISTER");
    assert_in_range(rig_last(r, "REGISTER ")->at_ms, 1000 + 2916 * 1000, 1000 + 3240 * 1000);
}

static void unregisters(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    assert_non_null(strstr(rig_header(rig_last(r, "REGISTER "), "Contact"), ">;expires=0"));
    assert_null(strchr(rig_header(rig_last(r, "REGISTER "), "Contact"), '*'));
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_UNREGISTERED), 0);
    assert_false(sip_endpoint_settled(r->ep));
    rig_answer(r, rig_last(r, "REGISTER "), "200 OK", "r", "", "");
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_UNREGISTERED), 1);
    assert_true(rig_comes_to_rest(r));
}

static const struct row {
    const char *name;
    void (*steps)(struct rig *r);
} rows[] = {
    {"registers for the address of record and is told so", registers},
    {"refreshes before it expires, with the same Call-ID and the next CSeq", refreshes},
    {"takes back its own binding and no other", unregisters},
};

static void check(void **state)
{
    const struct row *row = *state;
    struct rig *r = rig_new(SIP_UDP);

    row->steps(r);
    rig_free(r);
}

int main(void)
{
    return RUN_ROWS("sip/register", rows, check);
}
