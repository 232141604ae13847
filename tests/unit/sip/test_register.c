/* The life of a registration (RFC 3261 10.2): registering, refreshing, taking back. */
#include <stdio.h>

#include "sip/account_core.h"
#include "tests/lib/register_rig.h"

/* --- registering ------------------------------------------------------------------------------ */

static void registers(struct rig *r)
{
    struct sip_account *account = rig_registering(r);
    const struct rig_sent *sent = rig_last(r, "REGISTER sip:192.0.2.2 SIP/2.0\r\n");

    assert_non_null(sent);
    assert_string_equal(rig_header(sent, "To"), "<sip:alice@192.0.2.2>");
    assert_true(text_has(rig_header(sent, "From"), "<sip:alice@192.0.2.2>;tag="));
    assert_string_equal(rig_header(sent, "CSeq"), "1 REGISTER");
    assert_string_equal(rig_header(sent, "Expires"), "3600");
    assert_string_equal(rig_header(sent, "Supported"), "path");
    assert_true(text_has(rig_header(sent, "Contact"), "<sip:alice-"));
    assert_true(text_has(rig_header(sent, "Contact"), "@192.0.2.1:5060>"));
    assert_false(sip_account_is_registered(account));
    rig_grant(r, 1800);
    assert_true(sip_account_is_registered(account));
    rig_assert_told(r, SIP_ACCOUNT_REGISTERED);
    assert_int_equal(rig_last_told(r)->granted_s, 1800);
    assert_int_equal(rig_last_told(r)->n_bindings, 1);
    assert_true(rig_last_told(r)->changed);
    assert_string_equal(rig_last_told(r)->contact, rig_contact(sent));
}

static void refreshes(struct rig *r)
{
    char call_id[64];

    rig_registered(r);
    snprintf(call_id, sizeof call_id, "%s", rig_header(rig_last_register(r), "Call-ID"));
    r->grants = true;
    rig_run(r, 3240 * SECOND);
    assert_int_equal(rig_registers(r), 2);
    assert_string_equal(rig_header(rig_last_register(r), "Call-ID"), call_id);
    assert_string_equal(rig_header(rig_last_register(r), "CSeq"), "2 REGISTER");
    assert_in_range(rig_last_register(r)->at_ms, 1000 + 2916 * SECOND, 1000 + 3240 * SECOND);
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_REGISTERED), 2);
    assert_false(rig_last_told(r)->changed);
    rig_run(r, 10 * HOUR);
    assert_true(rig_registers(r) >= 12 && rig_registers(r) <= 15);
}

static void refreshes_short(struct rig *r)
{
    rig_registering(r);
    rig_grant(r, 4);
    rig_run(r, 1799);
    assert_int_equal(rig_registers(r), 1);
    rig_run(r, 201);
    assert_int_equal(rig_registers(r), 2);
}

static void finds_its_own(struct rig *r)
{
    char lines[512];

    rig_registering(r);
    snprintf(lines, sizeof lines,
             "Contact: <sip:bob@192.0.2.7>;expires=10, <sip:alice@192.0.2.8:5060>;expires=20\n"
             "Contact: \"Me\" <%s>;q=0.5;expires=900\n",
             rig_contact(rig_last_register(r)));
    rig_answer_register(r, "200 OK", lines);
    rig_assert_told(r, SIP_ACCOUNT_REGISTERED);
    assert_int_equal(rig_last_told(r)->granted_s, 900);
    assert_int_equal(rig_last_told(r)->n_bindings, 3);
}

static void finds_with_case(struct rig *r)
{
    char lines[512], uri[256];

    rig_registering(r);
    snprintf(uri, sizeof uri, "SIP:%s", rig_contact(rig_last_register(r)) + 4);
    snprintf(lines, sizeof lines, "Contact: <%s;ob>;expires=900\n", uri);
    rig_answer_register(r, "200 OK", lines);
    assert_int_equal(rig_last_told(r)->granted_s, 900);
}

static void finds_rewritten(struct rig *r)
{
    char lines[512], user[64];
    const char *uri;

    rig_registering(r);
    uri = rig_contact(rig_last_register(r)) + 4;
    snprintf(user, sizeof user, "%.*s", (int)strcspn(uri, "@"), uri);
    snprintf(lines, sizeof lines,
             "Contact: <sip:%s@203.0.113.9:1024;alias=1>;expires=700, <sip:x@y>;expires=1\n", user);
    rig_answer_register(r, "200 OK", lines);
    assert_int_equal(rig_last_told(r)->granted_s, 700);
}

static void prefers_the_same_uri(struct rig *r)
{
    char lines[512], user[64];
    const char *uri;

    rig_registering(r);
    uri = rig_contact(rig_last_register(r)) + 4;
    snprintf(user, sizeof user, "%.*s", (int)strcspn(uri, "@"), uri);
    snprintf(lines, sizeof lines,
             "Contact: <sip:%s@203.0.113.9>;expires=700, <sip:%s>;expires=800, "
             "<sip:%s@203.0.113.8>;expires=900\n",
             user, uri, user);
    rig_answer_register(r, "200 OK", lines);
    assert_int_equal(rig_last_told(r)->granted_s, 800);
}

static void granted_more(struct rig *r)
{
    rig_registering(r);
    rig_grant(r, 86400);
    assert_int_equal(rig_last_told(r)->granted_s, 3600);
    r->grants = true;
    rig_run(r, HOUR);
    assert_int_equal(rig_registers(r), 2);
}

static void expires_header(struct rig *r)
{
    char lines[512];

    rig_registering(r);
    snprintf(lines, sizeof lines, "Contact: <%s>\nExpires: 600\n",
             rig_contact(rig_last_register(r)));
    rig_answer_register(r, "200 OK", lines);
    assert_int_equal(rig_last_told(r)->granted_s, 600);
}

static void as_asked(struct rig *r)
{
    rig_registering(r);
    rig_grant(r, -1);
    assert_int_equal(rig_last_told(r)->granted_s, 3600);
}

static void no_contact_but_expires(struct rig *r)
{
    rig_registering(r);
    rig_answer_register(r, "200 OK", "Expires: 600\n");
    rig_assert_told(r, SIP_ACCOUNT_REGISTERED);
    assert_int_equal(rig_last_told(r)->granted_s, 600);
}

static void no_contact(struct rig *r)
{
    struct sip_account *account = rig_registering(r);

    rig_answer_register(r, "200 OK", "");
    rig_assert_failed(r, SIP_ACCOUNT_NOT_KEPT);
    assert_false(sip_account_is_registered(account));
    assert_in_range(rig_last_told(r)->retry_ms, 2000, 2500);
}

static void others_only(struct rig *r)
{
    rig_registering(r);
    rig_answer_register(r, "200 OK", "Contact: <sip:bob@192.0.2.7>;expires=1000\nExpires: 600\n");
    rig_assert_failed(r, SIP_ACCOUNT_NOT_KEPT);
}

static void expired_at_once(struct rig *r)
{
    rig_registering(r);
    rig_grant(r, 0);
    rig_assert_failed(r, SIP_ACCOUNT_NOT_KEPT);
}

static void strangers_response(struct rig *r)
{
    rig_registering(r);
    rig_receive(r, "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKguess\n"
                   "From: <sip:alice@192.0.2.2>;tag=1\nTo: <sip:alice@192.0.2.2>;tag=2\n"
                   "Call-ID: guess\nCSeq: 1 REGISTER\nExpires: 600\nContent-Length: 0\n\n");
    assert_int_equal(r->n_told, 0);
}

static void new_number(struct rig *r)
{
    rig_registered(r);
    rig_forget(r);
    r->grants = true;
    rig_run(r, HOUR);
    rig_grant(r, 1800);
    rig_run(r, HOUR);
    assert_true(rig_told_count(r, SIP_ACCOUNT_REGISTERED) >= 2);
}

/* --- taking back ------------------------------------------------------------------------------ */

static void unregisters(struct rig *r)
{
    struct sip_account *account = rig_registered(r);
    char contact[256];

    snprintf(contact, sizeof contact, "<%s>;expires=0", rig_contact(rig_last_register(r)));
    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    assert_string_equal(rig_header(rig_last_register(r), "Contact"), contact);
    assert_string_equal(rig_header(rig_last_register(r), "CSeq"), "2 REGISTER");
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_UNREGISTERED), 0);
    assert_false(sip_endpoint_settled(r->ep));
    assert_false(sip_account_is_registered(account));
    rig_answer_register(r, "200 OK", "Contact: <sip:bob@192.0.2.7>;expires=1000\n");
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_UNREGISTERED), 1);
    assert_true(sip_endpoint_settled(r->ep));
    assert_true(rig_comes_to_rest(r));
    assert_int_equal(rig_registers(r), 2);
}

static void unregisters_nothing(struct rig *r)
{
    struct sip_account *account = rig_account(r);

    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    rig_assert_told(r, SIP_ACCOUNT_UNREGISTERED);
    assert_int_equal(r->n_sent, 0);
    assert_true(rig_comes_to_rest(r));
}

static void unregisters_midway(struct rig *r)
{
    struct sip_account *account = rig_registering(r);

    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_registers(r), 1); /* 10.2: no second one before the answer */
    rig_grant(r, 3600);
    assert_int_equal(rig_registers(r), 2);
    assert_true(text_has(rig_header(rig_last_register(r), "Contact"), ">;expires=0"));
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_REGISTERED), 0);
    rig_answer_register(r, "200 OK", "");
    rig_assert_told(r, SIP_ACCOUNT_UNREGISTERED);
    assert_true(rig_comes_to_rest(r));
}

static void unregisters_refused(struct rig *r)
{
    struct sip_account *account = rig_registering(r);

    sip_account_unregister(account, r->now_ms);
    rig_answer_register(r, "404 Not Found", "");
    rig_assert_told(r, SIP_ACCOUNT_UNREGISTERED);
    assert_int_equal(rig_registers(r), 1);
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_FAILED), 0);
}

static void unregisters_in_silence(struct rig *r)
{
    struct sip_account *account = rig_registered(r);
    uint64_t from = r->now_ms;

    sip_account_unregister(account, r->now_ms);
    rig_run(r, 40 * SECOND);
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_UNREGISTERED), 1);
    assert_in_range(rig_last_told(r)->at_ms - from, 31999, 32000);
}

static void unregisters_midway_in_silence(struct rig *r)
{
    struct sip_account *account = rig_registering(r);

    rig_run(r, 10 * SECOND);
    sip_account_unregister(account, r->now_ms);
    rig_run(r, 32 * SECOND);
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_UNREGISTERED), 1);
    rig_run(r, HOUR);
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_UNREGISTERED), 1);
    assert_true(rig_comes_to_rest(r));
}

static void unregisters_before_found(struct rig *r)
{
    struct sip_account *account;

    r->hold_locate = true;
    account = rig_registering(r);
    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    rig_assert_told(r, SIP_ACCOUNT_UNREGISTERED);
    sip_endpoint_located(r->ep, r->locate_key, &r->flow, 1, 0, r->now_ms);
    rig_drain(r);
    assert_int_equal(r->n_sent, 0);
}

static void unregisters_while_waiting(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    rig_run(r, 3000 * SECOND);
    rig_run(r, 300 * SECOND); /* the refresh gets no answer */
    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    assert_true(text_has(rig_header(rig_last_register(r), "Contact"), ">;expires=0") ||
                rig_told_count(r, SIP_ACCOUNT_UNREGISTERED) == 0);
    rig_run(r, 64 * SECOND);
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_UNREGISTERED), 1);
}

static void is_not_settled(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    sip_register_ping_failed(account, r->now_ms);
    r->hold_locate = true;
    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_registers(r), 1);
    assert_false(sip_endpoint_settled(r->ep));
    sip_endpoint_located(r->ep, r->locate_key, &r->flow, 1, 0, r->now_ms);
    rig_drain(r);
    assert_true(text_has(rig_header(rig_last_register(r), "Contact"), ">;expires=0"));
    rig_answer_register(r, "200 OK", "");
    assert_true(sip_endpoint_settled(r->ep));
}

static void changes_its_mind(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    sip_account_unregister(account, r->now_ms);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_registers(r), 2);
    rig_answer_register(r, "200 OK", "");
    assert_int_equal(rig_registers(r), 3);
    assert_false(text_has(rig_header(rig_last_register(r), "Contact"), "expires=0"));
    rig_grant(r, 3600);
    rig_assert_told(r, SIP_ACCOUNT_REGISTERED);
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_UNREGISTERED), 0);
}

static void changes_its_mind_twice(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    sip_account_unregister(account, r->now_ms);
    sip_account_register(account, r->now_ms);
    sip_account_unregister(account, r->now_ms);
    rig_drain(r);
    rig_answer_register(r, "200 OK", "");
    rig_assert_told(r, SIP_ACCOUNT_UNREGISTERED);
    assert_int_equal(rig_registers(r), 2);
}

static void stays_after_all(struct rig *r)
{
    struct sip_account *account = rig_registering(r);

    sip_account_unregister(account, r->now_ms);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    rig_grant(r, 3600);
    assert_true(sip_account_is_registered(account));
    assert_int_equal(rig_registers(r), 1);
}

/* --- the table -------------------------------------------------------------------------------- */

static void counts_cells(struct rig *r)
{
    size_t n = 0;

    (void)r;
    for (int state = 0; state < SIP_REG_STATES; state++)
        for (int input = 0; input < SIP_REG_INPUTS; input++)
            n += sip_reg_cell_is_used((enum sip_reg_state)state, (enum sip_reg_input)input);
    assert_int_equal(n, SIP_REG_CELLS);
}

static const struct register_row rows[] = {
    {"10.2: registers for the address of record", registers, 0},
    {"10.2.4: refreshes with the same Call-ID and the next CSeq", refreshes, 0},
    {"refreshes a short registration not before half its time", refreshes_short, 0},
    {"10.2.4: finds its own binding among several", finds_its_own, 0},
    {"19.1.4: compares it as a URI", finds_with_case, 0},
    {"knows it by its user part where the server rewrote the rest", finds_rewritten, 0},
    {"where one is the same URI, that one", prefers_the_same_uri, 0},
    {"10.3: more than it asked for does not count", granted_more, 0},
    {"10.2.4: without expires parameter the Expires header counts", expires_header, 0},
    {"without both, what it asked for", as_asked, 0},
    {"a 2xx without any Contact but with Expires is believed", no_contact_but_expires, 0},
    {"a 2xx without Contact and Expires is none", no_contact, 0},
    {"a 2xx with the Contacts of others is none", others_only, 0},
    {"a binding that expires at once is none", expired_at_once, 0},
    {"an answer to nothing is passed over", strangers_response, 0},
    {"each 2xx is told", new_number, 0},
    {"10.2.2: takes back its own binding and no other", unregisters, 0},
    {"takes nothing back where nothing was asked for", unregisters_nothing, 0},
    {"10.2: takes back only when the answer is there", unregisters_midway, 0},
    {"takes nothing back that was refused", unregisters_refused, 0},
    {"takes back in silence: ends after 64*T1", unregisters_in_silence, 0},
    {"the same with a REGISTER under way", unregisters_midway_in_silence, 0},
    {"takes back before the server is found", unregisters_before_found, 0},
    {"takes back after a failed refresh", unregisters_while_waiting, 0},
    {"is not settled before it is taken back", is_not_settled, 0},
    {"registers again after taking back", changes_its_mind, 0},
    {"takes back after that all the same", changes_its_mind_twice, 0},
    {"stays when asked in time", stays_after_all, 0},
    {"the table has as many cells as it says", counts_cells, 0},
};

int main(void)
{
    return RUN_ROWS("sip/register", rows, register_check);
}
