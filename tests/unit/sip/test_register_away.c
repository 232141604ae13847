/* Registrations whose server is silent, cannot be reached, or is one of several. */
#include <errno.h>
#include <stdlib.h>

#include "sip/account_core.h"
#include "tests/lib/register_rig.h"

/* --- not reached ------------------------------------------------------------------------------ */

static void silent(struct rig *r)
{
    rig_registering(r);
    rig_run(r, 32 * SECOND);
    rig_assert_failed(r, SIP_ACCOUNT_NO_ANSWER);
    assert_in_range(rig_last_told(r)->retry_ms, 250, 1000);
    assert_int_equal(rig_registers(r), 11);
    rig_run(r, SECOND);
    assert_int_equal(rig_registers(r), 12);
    assert_string_equal(rig_header(rig_last_register(r), "CSeq"), "2 REGISTER");
}

static void unreachable(struct rig *r)
{
    r->send_fails = true;
    rig_registering(r);
    rig_assert_failed(r, SIP_ACCOUNT_UNREACHABLE);
    assert_int_equal(rig_last_told(r)->err, -ECONNREFUSED);
    rig_run(r, 60 * SECOND);
    for (size_t i = 1; i < rig_registers(r); i++) {
        uint64_t gap = rig_find(r, "REGISTER ", i)->at_ms - rig_find(r, "REGISTER ", i - 1)->at_ms;

        assert_in_range(gap, 500, 2500);
    }
    rig_run(r, 600 * SECOND);
    rig_forget(r);
    rig_run(r, HOUR);
    assert_in_range(rig_registers(r), 3600 / 30 - 1, 3600 / 24 + 1);
}

static void not_found(struct rig *r)
{
    r->not_found = true;
    rig_registering(r);
    rig_assert_failed(r, SIP_ACCOUNT_NOT_FOUND);
    assert_int_equal(rig_last_told(r)->err, -ENOENT);
    assert_in_range(rig_last_told(r)->retry_ms, 500, 2500);
    r->not_found = false;
    r->grants = true;
    rig_run(r, 2500);
    rig_assert_told(r, SIP_ACCOUNT_REGISTERED);
}

/* From one seed to the next: with TPHONE_SHORT, of those that take long only each tenth. */
static uint64_t step(void)
{
    return getenv("TPHONE_SHORT") ? 10 : 1;
}

/* The server is away for so long, and then answers: how long until we are registered? */
static uint64_t time_to_return(uint64_t seed, bool icmp, uint64_t outage_ms)
{
    struct rig *r = rig_new(SIP_UDP);
    uint64_t back_ms, took_ms = 0;

    r->rng = rng_seeded(seed);
    r->send_fails = icmp;
    rig_registering(r);
    rig_run(r, outage_ms);
    back_ms = r->now_ms;
    r->send_fails = false;
    r->grants = true;
    rig_forget(r);
    rig_run(r, 60 * SECOND);
    if (rig_told_count(r, SIP_ACCOUNT_REGISTERED))
        took_ms = rig_told(r, SIP_ACCOUNT_REGISTERED, 0)->at_ms - back_ms;
    else
        took_ms = NEVER_MS;
    rig_free(r);
    return took_ms;
}

static void back_after_icmp(struct rig *r)
{
    (void)r;
    for (uint64_t seed = 1; seed <= 40; seed += step())
        for (uint64_t s = 1; s <= 60; s++)
            assert_in_range(time_to_return(seed, true, s * SECOND + seed * 13), 0, 3 * SECOND);
}

static void back_after_silence(struct rig *r)
{
    (void)r;
    for (uint64_t seed = 1; seed <= 40; seed += step())
        for (uint64_t s = 1; s <= 60; s++)
            assert_in_range(time_to_return(seed, false, s * SECOND - seed * 13), 0,
                            SIP_T2_MS + SECOND);
}

static void back_after_long(struct rig *r)
{
    (void)r;
    for (uint64_t seed = 1; seed <= 20; seed += step())
        for (uint64_t s = 61; s <= 1200; s += 67) {
            assert_in_range(time_to_return(seed, true, s * SECOND), 0, 30 * SECOND);
            assert_in_range(time_to_return(seed, false, s * SECOND), 0, 30 * SECOND);
        }
}

static void ping_fails(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    rig_run(r, 19999);
    assert_int_equal(rig_count(r, "\r\n\r\n"), 0);
    rig_run(r, 5001);
    assert_int_equal(rig_count(r, "\r\n\r\n"), 1);
    assert_int_equal(rig_registers(r), 1);
    sip_endpoint_send_failed(r->ep, rig_last(r, "\r\n\r\n")->key, -ECONNREFUSED, r->now_ms);
    assert_false(sip_account_is_registered(account));
    r->grants = true;
    rig_run(r, 200);
    assert_int_equal(rig_registers(r), 2);
    assert_true(sip_account_is_registered(account));
}

static void pings(struct rig *r)
{
    rig_registered(r);
    rig_run(r, 1000 * SECOND);
    assert_in_range(rig_count(r, "\r\n\r\n"), 40, 50);
    assert_true(ip_same(&rig_last(r, "\r\n\r\n")->flow.remote, &r->flow.remote));
}

static void flaps(struct rig *r)
{
    struct sip_account *account = rig_registered(r);
    size_t n = 0;

    r->grants = true;
    rig_forget(r);
    /* It answers, and is gone at once, again and again. */
    for (uint64_t end = r->now_ms + 600 * SECOND; r->now_ms < end; n++) {
        sip_register_ping_failed(account, r->now_ms);
        rig_run(r, 1);
        while (!sip_account_is_registered(account))
            rig_run(r, 100);
    }
    assert_true(n < 80);
}

/* The REGISTER that is under way tells more of the server than a keep-alive before it. */
static void ping_fails_late(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    sip_account_register(account, r->now_ms);
    rig_drain(r);
    sip_register_ping_failed(account, r->now_ms);
    assert_true(sip_account_is_registered(account));
    rig_grant(r, 3600);
    rig_run(r, SECOND);
    assert_int_equal(rig_registers(r), 2);
}

/* --- several targets -------------------------------------------------------------------------- */

static void next_target(struct rig *r)
{
    struct sip_flow flows[2] = {r->flow, r->flow};
    struct sip_account *account;

    flows[1].remote.bytes[3] = 3;
    r->hold_locate = true;
    account = rig_registering(r);
    sip_endpoint_located(r->ep, r->locate_key, flows, 2, 0, r->now_ms);
    rig_drain(r);
    sip_endpoint_send_failed(r->ep, rig_last_register(r)->key, -ECONNREFUSED, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_registers(r), 2);
    assert_true(ip_same(&rig_last_register(r)->flow.remote, &flows[1].remote));
    rig_grant(r, 3600);
    assert_true(sip_account_is_registered(account));
    assert_true(sip_account_is_server(account, &flows[0].remote));
    assert_true(sip_account_is_server(account, &flows[1].remote));
    r->grants = true;
    rig_run(r, HOUR); /* the one that answered is asked again, without a new look-up */
    assert_true(ip_same(&rig_last_register(r)->flow.remote, &flows[1].remote));
    assert_int_equal(r->n_locates, 1);
}

static void next_transport(struct rig *r)
{
    struct sip_flow flows[2] = {r->flow, r->flow};

    flows[1].transport = SIP_TCP;
    r->hold_locate = true;
    rig_registering(r);
    sip_endpoint_located(r->ep, r->locate_key, flows, 2, 0, r->now_ms);
    rig_drain(r);
    assert_false(text_has(rig_contact(rig_last_register(r)), "transport=tcp"));
    sip_endpoint_send_failed(r->ep, rig_last_register(r)->key, -ECONNREFUSED, r->now_ms);
    rig_drain(r);
    assert_int_equal(rig_last_register(r)->flow.transport, SIP_TCP);
    assert_true(text_has(rig_contact(rig_last_register(r)), ";transport=tcp"));
}

static void looks_anew(struct rig *r)
{
    struct sip_account *account = rig_registered(r);

    assert_int_equal(r->n_locates, 1);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(r->n_locates, 1);
    sip_endpoint_send_failed(r->ep, rig_last_register(r)->key, -ECONNREFUSED, r->now_ms);
    rig_run(r, SECOND);
    assert_int_equal(r->n_locates, 2);
}

/* Two servers; it has asked the first. */
static struct sip_account *asks_of_two(struct rig *r)
{
    struct sip_flow flows[2] = {r->flow, r->flow};
    struct sip_account *account;

    flows[1].remote.bytes[3] = 3;
    r->hold_locate = true;
    account = rig_registering_with_password(r);
    sip_endpoint_located(r->ep, r->locate_key, flows, 2, 0, r->now_ms);
    rig_drain(r);
    return account;
}

static unsigned asked_last(const struct rig *r)
{
    return rig_last_register(r)->flow.remote.bytes[3];
}

static void next_target_in_silence(struct rig *r)
{
    asks_of_two(r);
    rig_run(r, 32 * SECOND - 1);
    assert_int_equal(asked_last(r), 2);
    rig_run(r, 2);
    assert_int_equal(asked_last(r), 3);
}

static void heard_once(struct rig *r)
{
    asks_of_two(r);
    rig_answer_register(r, "100 Trying", "");
    rig_run(r, 32 * SECOND);
    rig_assert_failed(r, SIP_ACCOUNT_NO_ANSWER);
    assert_int_equal(asked_last(r), 2);
}

static void heard_before_the_challenge(struct rig *r)
{
    asks_of_two(r);
    rig_answer_register(r, "100 Trying", "");
    rig_answer_register(r, "401 Unauthorized", CHALLENGE("a"));
    rig_run(r, 32 * SECOND + 1);
    assert_int_equal(rig_told_count(r, SIP_ACCOUNT_FAILED), 0);
    assert_int_equal(asked_last(r), 3);
}

static void refresh_elsewhere(struct rig *r)
{
    struct sip_account *account = asks_of_two(r);

    rig_grant(r, 3600);
    sip_account_register(account, r->now_ms);
    rig_drain(r);
    assert_int_equal(asked_last(r), 2);
    sip_endpoint_send_failed(r->ep, rig_last_register(r)->key, -ECONNREFUSED, r->now_ms);
    rig_drain(r);
    assert_int_equal(asked_last(r), 3);
    assert_int_equal(r->n_locates, 1);
}

static void next_target_503(struct rig *r)
{
    struct sip_flow flows[2] = {r->flow, r->flow};

    flows[1].remote.bytes[3] = 3;
    r->hold_locate = true;
    rig_registering(r);
    sip_endpoint_located(r->ep, r->locate_key, flows, 2, 0, r->now_ms);
    rig_drain(r);
    rig_answer_register(r, "503 Service Unavailable", "Retry-After: 100\n");
    assert_int_equal(rig_registers(r), 2);
    assert_true(ip_same(&rig_last_register(r)->flow.remote, &flows[1].remote));
}

static const struct register_row rows[] = {
    {"a silent server is asked again within 1 s after 64*T1", silent, 0},
    {"sends that fail are repeated within 0.5 to 2.5 s, later every 30 s", unreachable, 0},
    {"a name that is not found is looked for again", not_found, 0},
    {"is back within 3 s of the server where sends fail", back_after_icmp, 0},
    {"is back within T2 + 1 s of the server where it was silent", back_after_silence, 0},
    {"is back within 30 s after long", back_after_long, 0},
    {"RFC 5626 4.4.1: keep-alives every 20 to 25 s", pings, 0},
    {"a keep-alive that fails has it register anew", ping_fails, 0},
    {"but not while it does so already", ping_fails_late, 0},
    {"a server that comes and goes is not flooded", flaps, 0},
    {"RFC 3263 4.3: the next target where a send fails", next_target, 0},
    {"where no response came at all", next_target_in_silence, 0},
    {"but not behind a provisional one", heard_once, 0},
    {"which is of its own transaction alone", heard_before_the_challenge, 0},
    {"and where a refresh fails", refresh_elsewhere, 0},
    {"with a Contact of its own where that is another transport", next_transport, 0},
    {"where all have failed they are looked for anew", looks_anew, 0},
    {"and after a 503", next_target_503, 0},
};

int main(void)
{
    return RUN_ROWS("sip/register_away", rows, register_check);
}
