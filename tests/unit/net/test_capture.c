/* The way to a capture server: found by name or number, there, away, or somewhere else. */
#include "net/capture.h"

#include <stdio.h>
#include <stdlib.h>

#include "net/udp.h"
#include "tests/lib/rows.h"
#include "tests/unit/net/fake_dns.h"

static const struct fake_record zone[] = {{"A", "homer.test", 60, "127.0.0.1"},
                                          {"A", "silent.test", 60, "SILENCE"},
                                          {"AAAA", "silent.test", 60, "SILENCE"},
                                          {0}};

struct fixture {
    struct net_loop *loop;
    struct net_deadline *limit;
    bool gave_up;
    struct rng rng;
    struct fake_dns *dns;
    struct net_resolver *resolver;
    struct net_udp *server;
    struct net_capture *capture;
    struct buf came; /* the datagrams, a blank behind each */
    size_t datagrams, warnings;
    char why[64];
};

static void on_limit(void *arg)
{
    ((struct fixture *)arg)->gave_up = true;
}

static void on_datagram(void *arg, const struct ip *from, struct slice bytes)
{
    struct fixture *f = arg;

    (void)from;
    f->datagrams++;
    buf_put(&f->came, slice_head(bytes, 8));
    buf_putc(&f->came, ' ');
}

static void on_lost(void *arg, const char *why)
{
    struct fixture *f = arg;

    snprintf(f->why, sizeof f->why, "%s", why);
    f->warnings++;
}

static void open_server(struct fixture *f, uint16_t port)
{
    struct ip local;

    assert_int_equal(ip_parse(SLICE("127.0.0.1"), &local), 0);
    local.port = port;
    assert_int_equal(net_udp_open(f->loop, &local,
                                  &(struct net_udp_events){.datagram = on_datagram}, f, &f->server),
                     0);
}

static int set_up(void **state)
{
    static struct fixture f;
    struct net_resolver_config config = {.rng = &f.rng};

    f = (struct fixture){.rng = rng_seeded(1), .came = buf_new(100000)};
    *state = &f;
    assert_int_equal(net_loop_new(&f.loop), 0);
    assert_int_equal(net_deadline_new(f.loop, on_limit, &f, &f.limit), 0);
    net_deadline_set(f.limit, net_now_ms() + 15000);
    f.dns = fake_dns_new(f.loop, "127.0.0.1:0", zone);
    config.server = fake_dns_at(f.dns);
    config.loop = f.loop;
    assert_int_equal(net_resolver_new(&config, &f.resolver), 0);
    open_server(&f, 0);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    net_capture_free(f->capture);
    net_udp_close(f->server);
    net_resolver_free(f->resolver);
    fake_dns_free(f->dns);
    net_deadline_free(f->limit);
    net_loop_free(f->loop);
    buf_free(&f->came);
    return 0;
}

static struct net_capture_config config_of(struct fixture *f, const char *host)
{
    return (struct net_capture_config){.resolver = f->resolver,
                                       .host = host,
                                       .port = net_udp_local(f->server).port,
                                       .on_lost = on_lost,
                                       .arg = f};
}

static void begin_with(struct fixture *f, const char *host, unsigned known_ms)
{
    struct net_capture_config config = config_of(f, host);

    config.known_ms = known_ms;
    assert_int_equal(net_capture_new(&config, &f->capture), 0);
}

static void begin(struct fixture *f, const char *host)
{
    begin_with(f, host, 0);
}

static void send_text(struct fixture *f, const char *text)
{
    net_capture_send(f->capture, slice_of(text));
}

static void wait_for(struct fixture *f, size_t datagrams)
{
    while (f->datagrams < datagrams && !f->gave_up)
        net_loop_turn(f->loop, true);
    assert_int_equal(f->datagrams, datagrams);
}

static void by_number(void **state)
{
    struct fixture *f = *state;

    begin(f, "127.0.0.1");
    send_text(f, "one");
    send_text(f, "two");
    wait_for(f, 2);
    assert_string_equal(buf_cstr(&f->came), "one two ");
    assert_int_equal(f->warnings, 0);
}

/* What was said before the name was known comes first, and the name is asked for once. */
static void by_name(void **state)
{
    struct fixture *f = *state;

    begin(f, "homer.test");
    send_text(f, "one");
    send_text(f, "two");
    wait_for(f, 2);
    send_text(f, "three");
    wait_for(f, 3);
    assert_string_equal(buf_cstr(&f->came), "one two three ");
    assert_int_equal(fake_dns_asked(f->dns, "A", "homer.test"), 1);
}

/* The oldest are kept, as many as there is room for. */
static void many_wait(void **state)
{
    static char big[60000];
    struct fixture *f = *state;

    memset(big, 'b', sizeof big);
    begin(f, "homer.test");
    for (int i = 0; i < 6; i++)
        net_capture_send(f->capture, (struct slice){big, sizeof big});
    send_text(f, "last");
    wait_for(f, 5);
    assert_string_equal(buf_cstr(&f->came), "bbbbbbbb bbbbbbbb bbbbbbbb bbbbbbbb last ");
}

/* It is said once; nobody asks again with each message, and another network is another chance. */
static void not_found(void **state)
{
    struct fixture *f = *state;

    begin(f, "nobody.test");
    send_text(f, "one");
    while (!f->warnings && !f->gave_up)
        net_loop_turn(f->loop, true);
    send_text(f, "two");
    assert_int_equal(fake_dns_asked(f->dns, "A", "nobody.test"), 1);
    fake_dns_use(f->dns, (const struct fake_record[]){{"A", "nobody.test", 60, "127.0.0.1"}, {0}});
    net_resolver_network_changed(f->resolver);
    net_capture_network_changed(f->capture);
    send_text(f, "three");
    wait_for(f, 1);
    assert_string_equal(buf_cstr(&f->came), "three ");
    assert_int_equal(f->warnings, 1);
    assert_string_equal(f->why, "nobody knows its name");
}

static void on_answer(void *arg, const struct dns_answer *answer)
{
    (void)answer;
    *(bool *)arg = true;
}

/* Name servers answer in order, so what was asked before is answered as well. */
static void wait_for_answers(struct fixture *f)
{
    struct net_lookup *lookup;
    bool answered = false;

    assert_int_equal(net_lookup_start(f->resolver, DNS_ADDRESS, SLICE("last.test"), on_answer,
                                      &answered, &lookup),
                     0);
    while (!answered && !f->gave_up)
        net_loop_turn(f->loop, true);
    assert_true(answered);
}

/* The name is gone when it is looked up again: the server is where it was, and nothing is told. */
static void found_before(void **state)
{
    struct fixture *f = *state;

    begin_with(f, "homer.test", 1);
    send_text(f, "one");
    wait_for(f, 1);
    fake_dns_use(f->dns, (const struct fake_record[]){{0}});
    net_resolver_network_changed(f->resolver);
    for (uint64_t from_ms = net_now_ms(); net_now_ms() - from_ms < 2;)
        net_loop_turn(f->loop, false);
    send_text(f, "two");
    wait_for_answers(f);
    send_text(f, "three");
    wait_for(f, 3);
    assert_string_equal(buf_cstr(&f->came), "one two three ");
    assert_int_equal(fake_dns_asked(f->dns, "A", "homer.test"), 2);
    assert_int_equal(f->warnings, 0);
}

/* Nobody listens: what is sent is lost, that is said once, and what comes later arrives. */
static void away(void **state)
{
    struct fixture *f = *state;
    uint16_t port = net_udp_local(f->server).port;

    begin(f, "127.0.0.1");
    net_udp_close(f->server);
    net_loop_turn(f->loop, false);
    for (int i = 0; i < 5; i++)
        send_text(f, "lost");
    assert_int_equal(f->warnings, 1);
    assert_string_equal(f->why, "Connection refused");
    open_server(f, port);
    send_text(f, "here");
    wait_for(f, 1);
    assert_string_equal(buf_cstr(&f->came), "here ");
}

static bool is_ours(void *arg, const struct ip *at)
{
    return at->port == net_udp_local(((struct fixture *)arg)->server).port;
}

/* The name leads back: no copy goes there, and that is said once. */
static void itself(void **state)
{
    struct fixture *f = *state;
    struct net_capture_config config = config_of(f, "homer.test");

    config.is_ours = is_ours;
    assert_int_equal(net_capture_new(&config, &f->capture), 0);
    send_text(f, "one");
    wait_for_answers(f);
    send_text(f, "two");
    net_loop_turn(f->loop, false);
    assert_int_equal(f->datagrams, 0);
    assert_int_equal(f->warnings, 1);
    assert_string_equal(f->why, "its name leads to this telephone itself");
}

static void freed_while_looking(void **state)
{
    struct fixture *f = *state;

    begin(f, "silent.test");
    send_text(f, "one");
    net_loop_turn(f->loop, false);
}

static void another_network(void **state)
{
    struct fixture *f = *state;

    begin(f, "127.0.0.1");
    send_text(f, "one");
    net_capture_network_changed(f->capture);
    send_text(f, "two");
    wait_for(f, 2);
    assert_string_equal(buf_cstr(&f->came), "one two ");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(by_number),       TEST(by_name),      TEST(many_wait),
        TEST(not_found),       TEST(away),         TEST(freed_while_looking),
        TEST(another_network), TEST(found_before), TEST(itself)};

    return cmocka_run_group_tests_name("net/capture", tests, NULL, NULL);
}
