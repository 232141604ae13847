/* Registrations on another network, behind a NAT, and over connections. */
#include <stdio.h>

#include "sip/account_core.h"
#include "tests/lib/register_rig.h"

/* --- moving ----------------------------------------------------------------------------------- */

static const struct ip elsewhere = {.family = 4, .bytes = {198, 51, 100, 7}, .port = 5060};

static void moves(struct rig *r)
{
    struct sip_account *account = rig_registered(r);
    char old[300];

    snprintf(old, sizeof old, ", <%s>;expires=0", rig_contact(rig_last_register(r)));
    r->local = elsewhere;
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_registers(r), 2);
    assert_true(text_has(rig_contact(rig_last_register(r)), "@198.51.100.7:5060"));
    assert_true(text_has(rig_header(rig_last_register(r), "Contact"), old));
    assert_true(text_has(rig_header(rig_last_register(r), "Via"), "198.51.100.7"));
    rig_grant(r, 3600);
    rig_assert_told(r, SIP_ACCOUNT_REGISTERED);
    assert_true(rig_last_told(r)->changed);
    assert_true(text_has(rig_last_told(r)->contact, "198.51.100.7"));
    r->grants = true;
    rig_run(r, HOUR);
    assert_false(text_has(rig_header(rig_last_register(r), "Contact"), "expires=0"));
}

static void moves_unanswered(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    r->local = elsewhere;
    sip_account_network_changed(account, r->now_ms);
    rig_run(r, 5 * SECOND); /* silence */
    r->local.bytes[3] = 8;
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_true(text_has(rig_contact(rig_last_register(r)), "@198.51.100.8:5060"));
    assert_true(
        text_has(rig_header(rig_last_register(r), "Contact"), "@192.0.2.1:5060>;expires=0"));
    assert_true(
        text_has(rig_header(rig_last_register(r), "Contact"), "@198.51.100.7:5060>;expires=0"));
    r->local = (struct ip){0};
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_true(text_has(rig_contact(rig_last_register(r)), "@192.0.2.1:5060"));
    assert_false(
        text_has(rig_header(rig_last_register(r), "Contact"), "@192.0.2.1:5060>;expires=0"));
}

static void stays(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_registers(r), 1); /* a moment ago all was well */
    rig_run(r, 3 * SECOND);
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_registers(r), 2);
    assert_false(text_has(rig_header(rig_last_register(r), "Contact"), "expires=0"));
}

/* Of two servers the one that knows us counts, not the first. */
static void stays_with_its_server(struct rig *r)
{
    struct sip_flow flows[2] = {r->flow, r->flow};
    struct sip_account *account = rig_registered(r);

    flows[0].remote.bytes[3] = 3;
    flows[0].local = elsewhere;
    flows[0].connection = flows[1].connection = 0;
    r->hold_locate = true;
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    sip_endpoint_located(r->ep, r->locate_key, flows, 2, 0, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_registers(r), 1);
}

static void no_network(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    r->not_found = true;
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_registers(r), 1);
    r->not_found = false;
    r->local = elsewhere;
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_registers(r), 2);
}

static void moves_while_failing(struct rig *r)
{
    struct sip_account *account;

    r->send_fails = true;
    account = rig_registering(r);
    rig_run(r, 300 * SECOND);
    r->send_fails = false;
    r->grants = true;
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_true(sip_account_is_registered(account));
}

/* A copy of the first that came behind the second would put back what that has taken away. */
static void moves_midway(struct rig *r)
{
    struct sip_account *account = rig_registering(r);

    rig_run(r, 100);
    r->local = elsewhere;
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    assert_string_equal(rig_header(rig_last_register(r), "CSeq"), "2 REGISTER");
    assert_int_equal(rig_registers(r), 2);
    rig_grant(r, 3600);
    rig_run(r, 20 * SECOND);
    assert_int_equal(rig_registers(r), 2);
}

/* Round and round: the oldest is left to expire. */
static void moves_unanswered_again_and_again(struct rig *r)
{
    struct sip_account *account = rig_registered(r);
    const char *contacts;

    r->local = elsewhere;
    for (unsigned i = 0; i < 10; i++) {
        r->local.bytes[3] = (unsigned char)(10 + i);
        sip_account_network_changed(account, r->now_ms);
        rig_run(r, SECOND);
    }
    contacts = rig_header(rig_last_register(r), "Contact");
    assert_true(text_has(rig_contact(rig_last_register(r)), "@198.51.100.19:5060"));
    assert_true(text_has(contacts, "@192.0.2.1:5060>;expires=0"));
    assert_true(text_has(contacts, "@198.51.100.18:5060>;expires=0"));
}

/* An answer with what the server saw in our Via. */
static void grant_seen(struct rig *r, const char *seen)
{
    const struct rig_sent *to = rig_last_register(r);
    const char *via = rig_header(to, "Via");

    rig_receive(r,
                "SIP/2.0 200 OK\nVia: %.*s;%s\nFrom: %s\nTo: %s;tag=r\nCall-ID: %s\nCSeq: %s\n"
                "Contact: <%s>;expires=3600\nContent-Length: 0\n\n",
                (int)(strstr(via, ";rport") - via), via, seen, rig_header(to, "From"),
                rig_header(to, "To"), rig_header(to, "Call-ID"), rig_header(to, "CSeq"),
                rig_contact(to));
}

static void behind_nat(struct rig *r)
{
    struct sip_account *account = rig_registering(r);

    grant_seen(r, "received=203.0.113.5;rport=40000");
    assert_true(sip_account_is_registered(account));
    assert_string_equal(rig_told(r, SIP_ACCOUNT_REGISTERED, 0)->seen_at, "203.0.113.5:40000");
    assert_int_equal(rig_registers(r), 2);
    assert_true(text_has(rig_contact(rig_last_register(r)), "@203.0.113.5:40000"));
    assert_true(
        text_has(rig_header(rig_last_register(r), "Contact"), "@192.0.2.1:5060>;expires=0"));
    grant_seen(r, "received=203.0.113.5;rport=40000");
    assert_int_equal(rig_registers(r), 2);
    assert_true(text_has(rig_last_told(r)->contact, "@203.0.113.5:40000"));
    r->grants = true;
    rig_run(r, HOUR);
    assert_true(text_has(rig_contact(rig_last_register(r)), "@203.0.113.5:40000"));
}

/* Where the other network is only noticed as the server no longer answers. */
static void out_of_nat(struct rig *r)
{
    struct sip_account *account = rig_registering(r);

    grant_seen(r, "received=203.0.113.5;rport=40000");
    grant_seen(r, "received=203.0.113.5;rport=40000");
    r->local = elsewhere;
    sip_register_ping_failed(account, r->now_ms);
    rig_run(r, SECOND);
    assert_true(text_has(rig_contact(rig_last_register(r)), "@198.51.100.7:5060"));
    grant_seen(r, "received=203.0.113.9;rport=40000");
    assert_true(text_has(rig_contact(rig_last_register(r)), "@203.0.113.9:40000"));
}

static void new_port_each_time(struct rig *r)
{
    rig_registering(r);
    for (int i = 0; i < 20; i++) {
        char seen[64];

        snprintf(seen, sizeof seen, "received=203.0.113.5;rport=%d", 40000 + i);
        grant_seen(r, seen);
    }
    assert_int_equal(rig_registers(r), 2);
}

/* As when the NAT is restarted. */
static void new_port_once(struct rig *r)
{
    struct sip_account *account = rig_registering(r);

    grant_seen(r, "received=203.0.113.5;rport=40000");
    grant_seen(r, "received=203.0.113.5;rport=40000");
    rig_run(r, 5 * SECOND);
    sip_account_network_changed(account, r->now_ms);
    rig_drain(r);
    grant_seen(r, "received=203.0.113.5;rport=50000");
    assert_int_equal(rig_registers(r), 3);
    rig_run(r, 56 * SECOND);
    grant_seen(r, "received=203.0.113.5;rport=50000");
    assert_true(text_has(rig_contact(rig_last_register(r)), "@203.0.113.5:50000"));
}

static void seen_as_we_are(struct rig *r)
{
    rig_registering(r);
    grant_seen(r, "received=192.0.2.1;rport=5060");
    assert_int_equal(rig_registers(r), 1);
    assert_string_equal(rig_last_told(r)->seen_at, "192.0.2.1:5060");
}

/* --- TCP -------------------------------------------------------------------------------------- */

static void tcp_port_is_no_nat(struct rig *r)
{
    rig_registering(r);
    assert_true(text_has(rig_contact(rig_last_register(r)), ";transport=tcp"));
    grant_seen(r, "received=192.0.2.1;rport=40000");
    assert_int_equal(rig_registers(r), 1);
}

static void tcp_nat(struct rig *r)
{
    rig_registering(r);
    grant_seen(r, "received=203.0.113.5;rport=40000");
    assert_int_equal(rig_registers(r), 2);
    assert_true(text_has(rig_contact(rig_last_register(r)), "@203.0.113.5:40000;transport=tcp"));
}

/* The port was of that connection, and each has its own: nobody waits for a minute to be over. */
static void tcp_nat_lost(struct rig *r)
{
    rig_registering(r);
    grant_seen(r, "received=203.0.113.5;rport=40000");
    grant_seen(r, "received=203.0.113.5;rport=40000");
    rig_run(r, 20 * SECOND);
    sip_endpoint_connection_lost(r->ep, 1, r->now_ms);
    rig_run(r, 200);
    assert_true(text_has(rig_contact(rig_last_register(r)), "@192.0.2.1:5060;transport=tcp"));
    grant_seen(r, "received=203.0.113.5;rport=40001");
    assert_true(text_has(rig_contact(rig_last_register(r)), "@203.0.113.5:40001;transport=tcp"));
}

static void tcp_lost(struct rig *r)
{
    struct sip_account *account = rig_registering(r);

    rig_grant(r, 3600);
    assert_true(sip_endpoint_needs_connection(r->ep, 1));
    rig_run(r, 60 * SECOND);
    assert_true(sip_endpoint_needs_connection(r->ep, 1));
    assert_false(sip_endpoint_needs_connection(r->ep, 2));
    sip_endpoint_connection_lost(r->ep, 2, r->now_ms);
    assert_true(sip_account_is_registered(account));
    sip_endpoint_connection_lost(r->ep, 1, r->now_ms);
    assert_false(sip_account_is_registered(account));
    rig_run(r, 200);
    assert_int_equal(rig_registers(r), 2);
    rig_grant(r, 3600);
    assert_true(sip_account_is_registered(account));
}

static void tcp_lost_midway(struct rig *r)
{
    struct sip_account *account = rig_registering(r);

    rig_grant(r, 3600);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_registers(r), 2);
    sip_endpoint_connection_lost(r->ep, 1, r->now_ms);
    rig_run(r, 1000);
    assert_int_equal(rig_registers(r), 3);
}

static void tcp_lost_behind_challenge(struct rig *r)
{
    struct sip_account *account = rig_account(r);

    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    rig_answer_register(r, "401 Unauthorized", CHALLENGE("a"));
    assert_int_equal(rig_last_register(r)->flow.connection, 1);
    sip_endpoint_connection_lost(r->ep, 1, r->now_ms);
    rig_run(r, SECOND);
    assert_int_equal(rig_registers(r), 3);
    rig_grant(r, 3600);
    assert_true(sip_account_is_registered(account));
}

/* Whoever has seen a request can answer it, but not draw the next one to himself. */
static void tcp_answered_by_others(struct rig *r)
{
    struct sip_flow server = r->flow;
    struct sip_account *account = rig_account(r);

    sip_account_set_password(account, SLICE("secret"), r->now_ms);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    r->flow.connection = 9;
    r->flow.remote.bytes[3] = 66;
    rig_answer_register(r, "401 Unauthorized", CHALLENGE("a"));
    assert_int_equal(rig_registers(r), 2);
    assert_true(rig_last_register(r)->flow.connection != 9);
    rig_grant(r, 3600);
    r->flow = server;
    rig_run(r, HOUR);
    assert_true(rig_registers(r) > 2 && rig_last_register(r)->flow.connection != 9);
    assert_true(rig_last(r, "\r\n\r\n")->flow.connection != 9);
}

static void tcp_pings(struct rig *r)
{
    rig_registering(r);
    rig_grant(r, 3600);
    rig_run(r, 71 * SECOND);
    assert_int_equal(rig_count(r, "\r\n\r\n"), 0);
    rig_run(r, 20 * SECOND);
    assert_int_equal(rig_count(r, "\r\n\r\n"), 1);
    assert_int_equal(rig_last(r, "\r\n\r\n")->flow.connection, 1);
}

static const struct register_row rows[] = {
    {"a new address replaces the old one in one REGISTER", moves, 0},
    {"two moves before an answer: both old ones go", moves_unanswered, 0},
    {"ten moves before an answer", moves_unanswered_again_and_again, 0},
    {"the same address after a change is refreshed", stays, 0},
    {"it stays with the server that it has", stays_with_its_server, 0},
    {"no network is no address", no_network, 0},
    {"a change of network has a failing one tried at once", moves_while_failing, 0},
    {"what is replaced by another is not repeated", moves_midway, 0},
    {"behind a NAT it registers where it is seen", behind_nat, 0},
    {"another port of the NAT is followed within a minute", new_port_once, 0},
    {"a NAT with another port each time is followed once a minute", new_port_each_time, 0},
    {"and no longer where it is on another network", out_of_nat, 0},
    {"seen as it is nothing happens", seen_as_we_are, 0},
    {"TCP: another port is no NAT", tcp_port_is_no_nat, SIP_TCP},
    {"TCP: another address is one", tcp_nat, SIP_TCP},
    {"TCP: and another connection another port", tcp_nat_lost, SIP_TCP},
    {"TCP: a lost connection has it register anew", tcp_lost, SIP_TCP},
    {"TCP: a connection lost with a REGISTER on it", tcp_lost_midway, SIP_TCP},
    {"TCP: a connection lost behind a challenge", tcp_lost_behind_challenge, SIP_TCP},
    {"TCP: an answer from elsewhere draws nothing there", tcp_answered_by_others, SIP_TCP},
    {"TCP: keep-alives go over the connection", tcp_pings, SIP_TCP},
};

int main(void)
{
    return RUN_ROWS("sip/register_moved", rows, register_check);
}
