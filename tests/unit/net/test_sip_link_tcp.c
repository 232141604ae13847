/* The SIP link's connections: framing, limits, patience. Strangers are plain TCP connections. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/sip_link_private.h"
#include "net/tcp.h"
#include "tests/lib/netns.h"
#include "tests/unit/net/stranger.h"

/* --- framing, RFC 3261 18.3 ------------------------------------------------------------------- */

#define M(cseq) "OPTIONS sip:b@x SIP/2.0\r\nCSeq: " cseq "\r\nContent-Length: 4\r\n\r\nbody"

static const struct framing {
    const char *name, *in;
    size_t at_once; /* bytes in a segment; 0: all */
    size_t messages;
    const char *answer;
    bool closes;
} framings[] = {
    {"one message", M("1"), 0, 1, "", false},
    {"three in a segment", M("1") M("2") M("3"), 0, 3, "", false},
    {"one in many segments", M("1"), 1, 1, "", false},
    {"two in segments that cut both", M("1") M("2"), 50, 2, "", false},
    {"CRLF before a start line is skipped, RFC 3261 7.5", "\r\n" M("1"), 0, 1, "", false},
    {"double CRLF is a ping, RFC 5626 4.4.1", M("1") "\r\n\r\n", 0, 1, "\r\n", false},
    {"pings between messages", M("1") "\r\n\r\n" M("2") "\r\n\r\n", 0, 2, "\r\n\r\n", false},
    {"no Content-Length: told, then closed", "OPTIONS sip:b@x SIP/2.0\r\nCSeq: 1\r\n\r\n", 0, 1, "",
     true},
    {"what follows lost framing is not read", "OPTIONS sip:b@x SIP/2.0\r\nCSeq: 1\r\n\r\n" M("1"),
     0, 1, "", true},
    {"a length above 64 kB", "OPTIONS sip:b@x SIP/2.0\r\nContent-Length: 99999\r\n\r\n", 0, 1, "",
     true},
};

static void framing(void **state)
{
    const struct framing *row = *state;
    struct slice rest = slice_of(row->in);
    size_t step = row->at_once ? row->at_once : rest.n;
    struct stranger s;
    struct fixture f;

    straw_set_up(&f, "tcp:127.0.0.1:0");
    stranger_dial_from(&f, 1, &s);
    WAIT_UNTIL(&f, net_tcp_is_connected(s.tcp));
    for (; rest.n; rest = slice_skip(rest, step)) {
        assert_int_equal(net_tcp_send(s.tcp, slice_head(rest, step)), 0);
        net_loop_turn(f.loop, false);
    }
    WAIT_UNTIL(&f, f.endpoint[0].received >= row->messages && s.got.n >= strlen(row->answer) &&
                       (!row->closes || s.closed));
    straw_turn_for(&f, 20);
    assert_int_equal(f.endpoint[0].received, row->messages);
    assert_slice(buf_slice(&s.got), row->answer);
    assert_int_equal(s.closed, row->closes);
    assert_int_equal(f.endpoint[0].lost, row->closes);
    assert_int_equal(f.endpoint[0].flow.connection, 1);
    stranger_free(&s);
    straw_tear_down(&f);
}

/* strangers = silence: nothing tells that anybody is here. */
static void no_pong_for_strangers(void **state)
{
    struct stranger s;
    struct fixture f;

    (void)state;
    straw_set_up(&f, "tcp:127.0.0.1:0");
    f.endpoint[0].silent = true;
    stranger_dial_from(&f, 1, &s);
    stranger_say(&s, "\r\n\r\n" M("1") "\r\n\r\n");
    WAIT_UNTIL(&f, f.endpoint[0].received == 1);
    straw_turn_for(&f, 20);
    assert_slice(buf_slice(&s.got), "");
    f.endpoint[0].silent = false; /* he has a call with us */
    stranger_say(&s, "\r\n\r\n");
    WAIT_UNTIL(&f, s.got.n == 2);
    stranger_free(&s);
    straw_tear_down(&f);
}

/* The 400 that the endpoint gives to a message without a length arrives before the end. */
static void answered_before_it_is_closed(void **state)
{
    struct stranger s;
    struct fixture f;

    (void)state;
    straw_set_up(&f, "tcp:127.0.0.1:0");
    f.endpoint[0].reply = "SIP/2.0 400 Missing Content-Length\r\n\r\n";
    stranger_dial_from(&f, 1, &s);
    stranger_say(&s, "OPTIONS sip:b@x SIP/2.0\r\nCSeq: 1\r\n\r\n");
    WAIT_UNTIL(&f, s.closed);
    assert_slice(buf_slice(&s.got), f.endpoint[0].reply);
    stranger_free(&s);
    straw_tear_down(&f);
}

static void endless_header(void **state)
{
    char line[1001];
    struct stranger s;
    struct fixture f;

    (void)state;
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    straw_set_up(&f, "tcp:127.0.0.1:0");
    stranger_dial_from(&f, 1, &s);
    stranger_say(&s, "OPTIONS sip:b@x SIP/2.0\r\n");
    for (int i = 0; i < 100 && !s.closed; i++) {
        (void)net_tcp_send(s.tcp, slice_of(line));
        net_loop_turn(f.loop, true);
    }
    WAIT_UNTIL(&f, s.closed);
    assert_int_equal(f.endpoint[0].received, 0);
    stranger_free(&s);
    straw_tear_down(&f);
}

/* --- limits ----------------------------------------------------------------------------------- */

static void eight_from_one_address(void **state)
{
    struct stranger s[9], other;
    struct fixture f;

    (void)state;
    straw_set_up(&f, "tcp:127.0.0.1:0");
    for (size_t i = 0; i < 9; i++) {
        stranger_dial_from(&f, 1, &s[i]);
        stranger_say(&s[i], M("1"));
        WAIT_UNTIL(&f, f.endpoint[0].received == i + 1 || s[i].closed);
    }
    assert_int_equal(f.endpoint[0].received, 8);
    assert_true(s[8].closed);
    stranger_dial_from(&f, 2, &other); /* somebody else still gets through */
    stranger_say(&other, M("1"));
    WAIT_UNTIL(&f, f.endpoint[0].received == 9);
    stranger_free(&other);
    for (size_t i = 0; i < 9; i++)
        stranger_free(&s[i]);
    WAIT_UNTIL(&f, f.endpoint[0].lost == 9);
    stranger_dial_from(&f, 1, &s[0]); /* and when they are gone there is room again */
    stranger_say(&s[0], M("1"));
    WAIT_UNTIL(&f, f.endpoint[0].received == 10);
    stranger_free(&s[0]);
    straw_tear_down(&f);
}

/* fd00:0:0:NET::HOST, which the loopback interface gets. */
static struct ip address_6(unsigned net, unsigned host)
{
    char text[64];
    struct ip ip;

    snprintf(text, sizeof text, "fd00:0:0:%u::%u", net, host);
    netns_address_6(text);
    assert_int_equal(ip_parse(slice_of(text), &ip), 0);
    return ip;
}

/* Whoever has one IPv6 address has all of its network, but in a house several may share that. */
static void thirty_two_from_one_network(void **state)
{
    static struct stranger s[34], other;
    struct fixture f;
    struct ip from;

    (void)state;
    straw_set_up(&f, "tcp:[::1]:0");
    for (unsigned i = 0; i < 34; i++) { /* nine of the first address */
        if (i == 0 || i > 8)
            from = address_6(1, i + 1);
        stranger_dial(&f, from, &s[i]);
        stranger_say(&s[i], M("1"));
        WAIT_UNTIL(&f, f.endpoint[0].received == i + (i < 8) || s[i].closed);
    }
    assert_int_equal(f.endpoint[0].received, 32);
    assert_true(s[8].closed);
    assert_true(s[33].closed);
    stranger_dial(&f, address_6(2, 1), &other);
    stranger_say(&other, M("1"));
    WAIT_UNTIL(&f, f.endpoint[0].received == 33);
    stranger_free(&other);
    for (size_t i = 0; i < 34; i++)
        stranger_free(&s[i]);
    straw_tear_down(&f);
}

static void sixty_four_in_all(void **state)
{
    static struct stranger s[65];
    struct fixture f;

    (void)state;
    straw_set_up(&f, "tcp:127.0.0.1:0");
    for (size_t i = 0; i < 65; i++) {
        stranger_dial_from(&f, (unsigned char)(10 + i / 7), &s[i]);
        stranger_say(&s[i], M("1"));
        WAIT_UNTIL(&f, f.endpoint[0].received == i + 1 || s[i].closed);
    }
    assert_int_equal(f.endpoint[0].received, 64);
    assert_true(s[64].closed);
    for (size_t i = 0; i < 65; i++)
        stranger_free(&s[i]);
    straw_tear_down(&f);
}

/* The server of an account may stand for everybody, and takes no place of others: it has 64 of its
 * own. */
static void a_server_has_its_own(void **state)
{
    static struct stranger s[65], other;
    struct fixture f;

    (void)state;
    straw_set_up(&f, "tcp:127.0.0.1:0");
    f.endpoint[0].server = (struct ip){.family = 4, .bytes = {127, 0, 0, 1}, .port = 5060};
    for (size_t i = 0; i < 65; i++) {
        stranger_dial_from(&f, 1, &s[i]);
        stranger_say(&s[i], M("1"));
        WAIT_UNTIL(&f, f.endpoint[0].received == i + 1 || s[i].closed);
    }
    assert_int_equal(f.endpoint[0].received, 64);
    assert_true(s[64].closed);
    stranger_dial_from(&f, 2, &other);
    stranger_say(&other, M("1"));
    WAIT_UNTIL(&f, f.endpoint[0].received == 65);
    stranger_free(&other);
    for (size_t i = 0; i < 65; i++)
        stranger_free(&s[i]);
    straw_tear_down(&f);
}

/* Strangers may take many descriptors, but never the last ones, which calls need. */
static void descriptors_run_short(void **state)
{
    static struct stranger s[40];
    struct rlimit before, low;
    struct fixture f;
    int next = dup(0), spare;

    (void)state;
    close(next);
    straw_set_up(&f, "tcp:127.0.0.1:0");
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    low.rlim_cur = (rlim_t)next + 2 * 40 + NET_TCP_SPARED;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    for (size_t i = 0; i < 40; i++) /* each takes two: its own end, and ours */
        stranger_dial_from(&f, (unsigned char)(10 + i / 7), &s[i]);
    for (size_t i = 0; i < 40; i++)
        WAIT_UNTIL(&f, s[i].closed || net_tcp_is_connected(s[i].tcp));
    straw_turn_for(&f, 50);
    spare = dup(0);
    assert_true(spare >= 0);
    assert_true((rlim_t)spare + NET_TCP_SPARED <= low.rlim_cur + 1);
    close(spare);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (size_t i = 0; i < 40; i++)
        stranger_free(&s[i]);
    straw_tear_down(&f);
}

/* --- patience -------------------------------------------------------------------------------- */

static const struct patience {
    const char *name, *says;
    struct straw_times times;
} patiences[] = {
    {"a stranger that says nothing", "", {.message_ms = 150}},
    {"half a header section", "OPTIONS sip:b@x SIP/2.0\r\nCS", {.message_ms = 150}},
    {"half a second message", M("1") "OPTIONS sip:", {.message_ms = 150}},
    {"half a body", "OPTIONS sip:b@x SIP/2.0\r\nContent-Length: 4\r\n\r\nbo", {.message_ms = 150}},
    {"nothing more to say", M("1"), {.idle_ms = 150}},
};

static const struct straw_times idle_soon = {.idle_ms = 100};

static void patience(void **state)
{
    const struct patience *row = *state;
    uint64_t start_ms = net_now_ms();
    struct stranger s;
    struct fixture f;

    straw_set_up_with(&f, "tcp:127.0.0.1:0", row->times);
    stranger_dial_from(&f, 1, &s);
    if (*row->says)
        stranger_say(&s, row->says);
    WAIT_UNTIL(&f, s.closed);
    assert_true(net_now_ms() - start_ms >= 150);
    assert_int_equal(f.endpoint[0].lost, 1);
    assert_int_equal(f.endpoint[0].lost_connections[0], 1);
    stranger_free(&s);
    straw_tear_down(&f);
}

/* Each byte of a slow message is no excuse: the time runs from the first. */
static void drop_by_drop(void **state)
{
    uint64_t start_ms = net_now_ms();
    struct stranger s;
    struct fixture f;

    (void)state;
    straw_set_up_with(&f, "tcp:127.0.0.1:0", (struct straw_times){.message_ms = 200});
    stranger_dial_from(&f, 1, &s);
    stranger_say(&s, "OPTIONS sip:b@x SIP/2.0\r\nX: ");
    while (!s.closed && net_now_ms() - start_ms < 10000) {
        straw_turn_for(&f, 20);
        if (!s.closed)
            (void)net_tcp_send(s.tcp, SLICE("x"));
    }
    assert_true(s.closed);
    stranger_free(&s);
    straw_tear_down(&f);
}

static void needed(void **state)
{
    struct stranger s;
    struct fixture f;

    (void)state;
    straw_set_up_with(&f, "tcp:127.0.0.1:0", idle_soon);
    f.endpoint[0].needs = true;
    stranger_dial_from(&f, 1, &s);
    stranger_say(&s, M("1"));
    straw_turn_for(&f, 400);
    assert_false(s.closed);
    f.endpoint[0].needs = false;
    WAIT_UNTIL(&f, s.closed);
    stranger_free(&s);
    straw_tear_down(&f);
}

/* RFC 3261 18: the client keeps its connection until the final response. */
static void unanswered_request(void **state)
{
    struct sip_flow to_b;
    struct fixture f;

    (void)state;
    straw_set_up_with(&f, "tcp:127.0.0.1:0", idle_soon);
    f.endpoint[1].needs = true; /* so that the other side keeps it too */
    to_b = straw_flow_to(&f, 1, SIP_TCP);
    straw_send(&f, 0, 7, &to_b, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[1].received == 1);
    straw_send(&f, 1, 8, &f.endpoint[1].flow, "SIP/2.0 180 Ringing\r\nContent-Length: 0\r\n\r\n");
    straw_turn_for(&f, 300);
    assert_int_equal(f.endpoint[0].lost, 0);
    straw_send(&f, 1, 8, &f.endpoint[1].flow, RESPONSE);
    WAIT_UNTIL(&f, f.endpoint[0].lost == 1);
    assert_int_equal(f.endpoint[0].received, 2);
    assert_int_equal(f.endpoint[0].failed, 0);
    straw_tear_down(&f);
}

/* But who never answers does not keep it for ever. */
static void a_request_that_stays_unanswered(void **state)
{
    uint64_t start_ms = net_now_ms();
    struct sip_flow to_b;
    struct fixture f;

    (void)state;
    straw_set_up_with(&f, "tcp:127.0.0.1:0", (struct straw_times){.idle_ms = 50, .await_ms = 300});
    f.endpoint[1].needs = true;
    to_b = straw_flow_to(&f, 1, SIP_TCP);
    straw_send(&f, 0, 7, &to_b, REQUEST);
    WAIT_UNTIL(&f, f.endpoint[1].received == 1);
    straw_send(&f, 1, 8, &f.endpoint[1].flow, "SIP/2.0 180 Ringing\r\nContent-Length: 0\r\n\r\n");
    WAIT_UNTIL(&f, f.endpoint[0].lost == 1);
    assert_true(net_now_ms() - start_ms >= 300);
    assert_int_equal(f.endpoint[0].received, 1);
    straw_tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answered_before_it_is_closed),
        cmocka_unit_test(no_pong_for_strangers),
        cmocka_unit_test(endless_header),
        cmocka_unit_test(eight_from_one_address),
        cmocka_unit_test(thirty_two_from_one_network),
        cmocka_unit_test(sixty_four_in_all),
        cmocka_unit_test(a_server_has_its_own),
        cmocka_unit_test(descriptors_run_short),
        cmocka_unit_test(drop_by_drop),
        cmocka_unit_test(needed),
        cmocka_unit_test(unanswered_request),
        cmocka_unit_test(a_request_that_stays_unanswered),
    };

    netns_enter();
    return RUN_ROWS("net/sip_link_tcp framing", framings, framing) +
           RUN_ROWS("net/sip_link_tcp patience", patiences, patience) +
           cmocka_run_group_tests_name("net/sip_link_tcp", tests, NULL, NULL);
}
