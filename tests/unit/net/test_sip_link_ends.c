/* Connections of the SIP link that end: what waited for them is told, and goes over another one. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "net/address.h"
#include "net/sip_link_private.h"
#include "tests/lib/netns.h"
#include "tests/unit/net/stranger.h"

static const struct straw_times idle_soon = {.idle_ms = 100};

static void closed_without_an_answer(void **state)
{
    struct sip_flow to_b;
    struct fixture f;

    (void)state;
    straw_set_up(&f, "tcp:127.0.0.1:0");
    to_b = straw_flow_to(&f, 1, SIP_TCP);
    straw_send(&f, 0, 7, &to_b, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[1].received == 1);
    net_sip_link_close(f.link[1]);
    f.link[1] = NULL;
    WAIT_UNTIL(&f, f.endpoint[0].lost == 1);
    assert_int_equal(f.endpoint[0].failed, 1);
    assert_int_equal(f.endpoint[0].failed_key, 7);
    straw_tear_down(&f);
}

/* What was still to be answered over it never will be. */
static void framing_lost_before_the_answer(void **state)
{
    struct sip_flow to_b;
    struct fixture f;

    (void)state;
    straw_set_up(&f, "tcp:127.0.0.1:0");
    f.endpoint[1].reply = "SIP/2.0 100 Trying\r\nContent-Length: 4294967296\r\n\r\n";
    to_b = straw_flow_to(&f, 1, SIP_TCP);
    straw_send(&f, 0, 7, &to_b, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[0].lost == 1);
    assert_int_equal(f.endpoint[0].failed, 1);
    assert_int_equal(f.endpoint[0].failed_key, 7);
    assert_int_equal(f.endpoint[0].failed_err, -EPROTO);
    straw_tear_down(&f);
}

/* A thousand accounts register at once, and the connection breaks. */
static void many_without_an_answer(void **state)
{
    struct sip_flow to_b;
    struct fixture f;

    (void)state;
    straw_set_up(&f, "tcp:127.0.0.1:0");
    to_b = straw_flow_to(&f, 1, SIP_TCP);
    for (uint64_t key = 1; key <= 1000; key++)
        straw_send(&f, 0, key, &to_b, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[1].received == 1000);
    net_sip_link_close(f.link[1]);
    f.link[1] = NULL;
    WAIT_UNTIL(&f, f.endpoint[0].lost == 1);
    assert_int_equal(f.endpoint[0].failed, 1000);
    straw_tear_down(&f);
}

static void closed_after_the_answer(void **state)
{
    struct sip_flow to_b;
    struct fixture f;

    (void)state;
    straw_set_up(&f, "tcp:127.0.0.1:0");
    f.endpoint[1].reply = RESPONSE;
    to_b = straw_flow_to(&f, 1, SIP_TCP);
    straw_send(&f, 0, 7, &to_b, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[0].received == 1);
    net_sip_link_close(f.link[1]);
    f.link[1] = NULL;
    WAIT_UNTIL(&f, f.endpoint[0].lost == 1);
    assert_int_equal(f.endpoint[0].failed, 0);
    straw_tear_down(&f);
}

/* Nothing is answered to an ACK: a connection that carried it alone may end without a word. */
static void closed_after_an_ack(void **state)
{
    struct sip_flow to_b;
    struct fixture f;

    (void)state;
    straw_set_up_with(&f, "tcp:127.0.0.1:0", idle_soon);
    to_b = straw_flow_to(&f, 1, SIP_TCP);
    straw_send(&f, 0, 7, &to_b, "ACK sip:b@x SIP/2.0\r\nContent-Length: 0\r\n\r\n");
    WAIT_UNTIL(&f, f.endpoint[1].received == 1);
    WAIT_UNTIL(&f, f.endpoint[0].lost == 1);
    assert_int_equal(f.endpoint[0].failed, 0);
    straw_tear_down(&f);
}

/* A keep-alive is answered by nobody: it does not hold a connection that is idle else. */
static void keep_alive_is_no_request(void **state)
{
    struct sip_flow to_b;
    struct fixture f;

    (void)state;
    straw_set_up_with(&f, "tcp:127.0.0.1:0", idle_soon);
    f.endpoint[1].needs = true; /* so that the other side keeps it */
    f.endpoint[1].reply = RESPONSE;
    to_b = straw_flow_to(&f, 1, SIP_TCP);
    straw_send(&f, 0, 7, &to_b, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[0].received == 1);
    straw_send(&f, 0, 8, &to_b, "\r\n\r\n");
    WAIT_UNTIL(&f, f.endpoint[0].lost == 1);
    assert_int_equal(f.endpoint[0].failed, 0);
    straw_tear_down(&f);
}

/* A connection from an address that was ours is not the way from the one that is. */
static void from_another_address(void **state)
{
    struct sip_flow to_b;
    struct fixture f;

    (void)state;
    straw_set_up(&f, "tcp:127.0.0.1:0");
    to_b = straw_flow_to(&f, 1, SIP_TCP);
    to_b.local = (struct ip){.family = 4, .bytes = {127, 0, 0, 1}};
    straw_send(&f, 0, 7, &to_b, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[1].received == 1);
    assert_int_equal(f.endpoint[1].flow.remote.bytes[3], 1);
    to_b.local.bytes[3] = 2;
    straw_send(&f, 0, 8, &to_b, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[1].received == 2);
    assert_int_equal(f.endpoint[1].flow.remote.bytes[3], 2);
    straw_send(&f, 0, 9, &to_b, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[1].received == 3);
    assert_int_equal(f.endpoint[1].flow.connection, 2);
    straw_tear_down(&f);
}

/* Somewhere that connections may lead to, and stay. */
static int patient_listener(struct ip *at)
{
    struct net_sockaddr here = net_sockaddr_of(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, &here.u.any, here.n), 0);
    assert_int_equal(listen(fd, 1000), 0);
    assert_int_equal(getsockname(fd, &here.u.any, &here.n), 0);
    *at = net_ip_of(&here.u.any);
    return fd;
}

/* Connections that we opened have a limit, too; what would need one more fails at once. */
static void no_end_of_connections(void **state)
{
    struct sip_flow to_b;
    struct fixture f;
    int fd;

    (void)state;
    straw_set_up(&f, "tcp:127.0.0.1:0");
    to_b = straw_flow_to(&f, 1, SIP_TCP);
    to_b.remote.port = 0;
    fd = patient_listener(&to_b.remote);
    for (unsigned n = 1; n <= SIP_LINK_MAX_OUTBOUND + 1; n++) {
        to_b.local = (struct ip){.family = 4,
                                 .bytes = {127, 0, (uint8_t)(1 + n / 200), (uint8_t)(1 + n % 200)}};
        straw_send(&f, 0, n, &to_b, REQUEST);
    }
    WAIT_UNTIL(&f, f.endpoint[0].failed > 0);
    straw_turn_for(&f, 20);
    assert_int_equal(f.endpoint[0].failed, 1);
    assert_int_equal(f.endpoint[0].failed_key, SIP_LINK_MAX_OUTBOUND + 1);
    assert_int_equal(f.endpoint[0].failed_err, -EMFILE);
    close(fd);
    straw_tear_down(&f);
}

/* The other side is gone without a word, and so is every packet to it. */
static void nothing_is_acknowledged(void **state)
{
    struct net_sip_link_config config;
    struct sip_flow to_b;
    struct fixture f;

    (void)state;
    netns_address("a", "192.0.2.1");
    straw_set_up(&f, "tcp:192.0.2.1:0");
    config = straw_config(&f, 0, "tcp:192.0.2.1:0");
    config.silence_ms = 500;
    net_sip_link_close(f.link[0]);
    assert_int_equal(net_sip_link_open(&config, &f.link[0]), 0);
    to_b = straw_flow_to(&f, 1, SIP_TCP);
    f.endpoint[1].reply = RESPONSE;
    straw_send(&f, 0, 7, &to_b, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[0].received == 1);
    netns_address("a", NULL);
    netns_route("192.0.2.0");
    straw_send(&f, 0, 8, &to_b, "\r\n\r\n");
    WAIT_UNTIL(&f, f.endpoint[0].lost == 1);
    straw_tear_down(&f);
}

/* RFC 3261 18.2.2: where the connection is gone, the response takes a new one. */
static void response_over_a_new_connection(void **state)
{
    struct sip_flow to_b;
    struct fixture f;

    (void)state;
    straw_set_up(&f, "tcp:127.0.0.1:0");
    to_b = straw_flow_to(&f, 1, SIP_TCP);
    to_b.connection = 4711;
    straw_send(&f, 0, 7, &to_b, RESPONSE);
    WAIT_UNTIL(&f, f.endpoint[1].received == 1);
    assert_string_equal(f.endpoint[1].message, RESPONSE);
    straw_tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_without_an_answer),
        cmocka_unit_test(framing_lost_before_the_answer),
        cmocka_unit_test(many_without_an_answer),
        cmocka_unit_test(closed_after_the_answer),
        cmocka_unit_test(closed_after_an_ack),
        cmocka_unit_test(keep_alive_is_no_request),
        cmocka_unit_test(from_another_address),
        cmocka_unit_test(no_end_of_connections),
        cmocka_unit_test(response_over_a_new_connection),
        cmocka_unit_test(nothing_is_acknowledged),
    };

    netns_enter();
    return cmocka_run_group_tests_name("net/sip_link_tcp, ends", tests, NULL, NULL);
}
