#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/dns_channel.h"
#include "net/resolver.h"
#include "tests/lib/netns.h"
#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"
#include "tests/unit/net/fake_dns.h"

static const struct row {
    const char *name, *host, *ips;
} rows[] = {
    {"IPv4 in digits", "192.0.2.1", "192.0.2.1:5062 "},
    {"IPv6 without brackets", "2001:db8::1", "[2001:db8::1]:5062 "},
    {"IPv6 in brackets, as a URI has it", "[2001:db8::1]", "[2001:db8::1]:5062 "},
    {"localhost is known, RFC 6761 6.3", "localhost", "127.0.0.1:5062 [::1]:5062 "},
    {"in any case", "LocalHost", "127.0.0.1:5062 [::1]:5062 "},
    {"names are to be asked for", "example.org", ""},
    {"localhost of somebody else", "localhost.example.org", ""},
    {"nothing", "", ""},
};

static void at_once(void **state)
{
    const struct row *row = *state;
    struct ip ips[NET_RESOLVE_MAX_IPS];
    size_t n = net_resolve_now(slice_of(row->host), 5062, ips);
    struct buf text = buf_new(1000);

    for (size_t i = 0; i < n; i++) {
        ip_put_with_port(&text, &ips[i]);
        buf_putc(&text, ' ');
    }
    assert_string_equal(buf_cstr(&text), row->ips);
    buf_free(&text);
}

struct fixture {
    struct net_loop *loop;
    struct net_deadline *limit;
    uint64_t end_ms;
    bool gave_up;
    struct rng rng;
    struct fake_dns *dns;
    struct net_resolver *resolver;
    struct net_lookup *lookup;
    struct buf told; /* every answer, each with a line */
    size_t answers;
};

static void on_resolved(void *arg, const struct dns_answer *answer)
{
    struct fixture *f = arg;

    f->answers++;
    if (answer->err)
        buf_puts(&f->told, strerror(-answer->err));
    for (size_t i = 0; i < answer->n; i++) {
        buf_puts(&f->told, i ? ", " : "");
        if (answer->ips)
            ip_put_with_port(&f->told, &answer->ips[i]);
        if (answer->srv)
            buf_printf(&f->told, "%u %u %u %s", answer->srv[i].priority, answer->srv[i].weight,
                       answer->srv[i].port, answer->srv[i].target);
        if (answer->naptr)
            buf_printf(&f->told, "%u %u %s %s %s", answer->naptr[i].order,
                       answer->naptr[i].preference, answer->naptr[i].flags,
                       answer->naptr[i].service, answer->naptr[i].replacement);
    }
    buf_putc(&f->told, '\n');
}

/* Every few milliseconds, as a turn of libuv that ran a timer goes on to wait for I/O. */
static void on_limit(void *arg)
{
    struct fixture *f = arg;

    f->gave_up = net_now_ms() >= f->end_ms;
    net_deadline_set(f->limit, net_now_ms() + 5);
}

static const struct fake_record zone[] = {
    {"A", "four.test", 60, "192.0.2.4"},
    {"AAAA", "six.test", 60, "2001:db8::6"},
    {"A", "brief.test", 0, "192.0.2.5"},
    {"SRV", "_sip._udp.srv.test", 60, "10 20 5062 a.srv.test"},
    {"SRV", "_sip._udp.srv.test", 60, "20 0 5060 ."},
    {"NAPTR", "srv.test", 60, "50 60 s SIP+D2U _sip._udp.srv.test"},
    {"A", "broken.test", 60, "SERVFAIL"},
    {"AAAA", "broken.test", 60, "SERVFAIL"},
    {"A", "silent.test", 60, "SILENCE"},
    {"AAAA", "silent.test", 60, "SILENCE"},
    {"SRV", "silent.test", 60, "SILENCE"},
    {"A", "half.test", 60, "192.0.2.7"},
    {"AAAA", "half.test", 60, "SILENCE"},
    {0},
};

static void resolver_open(struct fixture *f, const struct net_resolver_config *more)
{
    struct net_resolver_config config = *more;

    config.loop = f->loop;
    config.rng = &f->rng;
    assert_int_equal(net_resolver_new(&config, &f->resolver), 0);
}

static int set_up(void **state)
{
    static struct fixture f;
    struct net_resolver_config config = {0};

    f = (struct fixture){.rng = rng_seeded(1), .told = buf_new(100000)};
    *state = &f;
    assert_int_equal(net_loop_new(&f.loop), 0);
    assert_int_equal(net_deadline_new(f.loop, on_limit, &f, &f.limit), 0);
    f.end_ms = net_now_ms() + 15000;
    net_deadline_set(f.limit, 0);
    f.dns = fake_dns_new(f.loop, "127.0.0.1:0", zone);
    config.server = fake_dns_at(f.dns);
    resolver_open(&f, &config);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    net_resolver_free(f->resolver);
    fake_dns_free(f->dns);
    net_deadline_free(f->limit);
    net_loop_free(f->loop);
    buf_free(&f->told);
    return 0;
}

static int ask(struct fixture *f, enum dns_type type, struct slice host)
{
    return net_lookup_start(f->resolver, type, host, on_resolved, f, &f->lookup);
}

static void wait_for(struct fixture *f, size_t answers)
{
    while (f->answers < answers && !f->gave_up)
        net_loop_turn(f->loop, true);
    assert_int_equal(f->answers, answers);
}

/* All that was told since the last time. */
static void assert_told(struct fixture *f, const char *text)
{
    assert_string_equal(buf_cstr(&f->told), text);
    buf_clear(&f->told);
    f->answers = 0;
}

static const struct answer_row {
    const char *name;
    enum dns_type type;
    const char *host, *told;
} answer_rows[] = {
    {"an IPv4 address", DNS_ADDRESS, "four.test", "192.0.2.4\n"},
    {"an IPv6 address", DNS_ADDRESS, "six.test", "[2001:db8::6]\n"},
    {"in capitals", DNS_ADDRESS, "FOUR.Test", "192.0.2.4\n"},
    {"SRV records, also one that says no", DNS_SRV, "_sip._udp.srv.test",
     "10 20 5062 a.srv.test, 20 0 5060 \n"},
    {"a NAPTR record", DNS_NAPTR, "srv.test", "50 60 s SIP+D2U _sip._udp.srv.test\n"},
    {"a name without such records", DNS_SRV, "four.test", "No such file or directory\n"},
    {"a name that is none", DNS_ADDRESS, "nobody.test", "No such file or directory\n"},
    {"a server in trouble", DNS_ADDRESS, "broken.test", "Resource temporarily unavailable\n"},
};

/* The answer never comes from inside, and the next one is known. */
static void answers(void **state)
{
    const struct answer_row *row = *state;
    struct fixture *f;
    size_t asked;

    set_up((void **)&f);
    assert_int_equal(ask(f, row->type, slice_of(row->host)), 0);
    assert_int_equal(f->answers, 0);
    wait_for(f, 1);
    assert_told(f, row->told);
    asked = fake_dns_asked(f->dns, NULL, NULL);
    assert_true(asked > 0);
    assert_int_equal(ask(f, row->type, slice_of(row->host)), 0);
    assert_int_equal(f->answers, 0);
    wait_for(f, 1);
    assert_told(f, row->told);
    if (strcmp(row->host, "broken.test") != 0)
        assert_int_equal(fake_dns_asked(f->dns, NULL, NULL), asked);
    tear_down((void **)&f);
}

static void time_to_live_0(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 1; i <= 2; i++) {
        assert_int_equal(ask(f, DNS_ADDRESS, SLICE("brief.test")), 0);
        wait_for(f, 1);
        assert_told(f, "192.0.2.5\n");
        assert_int_equal(fake_dns_asked(f->dns, "A", "brief.test"), i);
    }
}

static void asked_once_for_all(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < 4; i++)
        assert_int_equal(ask(f, DNS_ADDRESS, SLICE("brief.test")), 0);
    wait_for(f, 4);
    assert_told(f, "192.0.2.5\n192.0.2.5\n192.0.2.5\n192.0.2.5\n");
    assert_int_equal(fake_dns_asked(f->dns, "A", "brief.test"), 1);
}

/* The answer came in time, but nobody looked. */
static void who_stood_still_does_not_ask_again(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 1; i <= 3; i++) {
        assert_int_equal(ask(f, DNS_SRV, SLICE("_sip._udp.srv.test")), 0);
        usleep(2000 * NET_DNS_TRY_MS);
        wait_for(f, i);
        net_resolver_network_changed(f->resolver);
    }
    assert_int_equal(fake_dns_asked(f->dns, "SRV", "_sip._udp.srv.test"), 3);
}

static void silence(void **state)
{
    struct fixture *f = *state;
    uint64_t start_ms = net_now_ms();

    assert_int_equal(ask(f, DNS_SRV, SLICE("silent.test")), 0);
    assert_int_equal(ask(f, DNS_ADDRESS, SLICE("silent.test")), 0);
    wait_for(f, 2);
    assert_told(f, "Connection timed out\nConnection timed out\n");
    assert_true(net_now_ms() - start_ms >= 1999); /* two seconds are promised */
    assert_true(net_now_ms() - start_ms < 4000);
    assert_true(fake_dns_asked(f->dns, "SRV", "silent.test") > 1); /* it was repeated */
}

static void only_one_family_answers(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ask(f, DNS_ADDRESS, SLICE("half.test")), 0);
    wait_for(f, 1);
    assert_told(f, "192.0.2.7\n");
}

/* That one family has none says nothing of the other, whose answer is late. */
static void the_other_family_answers_late(void **state)
{
    static const struct fake_record silent[] = {{"AAAA", "late.test", 60, "SILENCE"}, {0}};
    static const struct fake_record speaks[] = {{"AAAA", "late.test", 60, "2001:db8::9"}, {0}};
    struct fixture *f = *state;

    fake_dns_use(f->dns, silent);
    assert_int_equal(ask(f, DNS_ADDRESS, SLICE("late.test")), 0);
    while (fake_dns_asked(f->dns, "A", NULL) < 2 && !f->gave_up)
        net_loop_turn(f->loop, true);
    for (size_t i = 0; i < 10; i++)
        net_loop_turn(f->loop, true);
    assert_told(f, "");
    fake_dns_use(f->dns, speaks);
    wait_for(f, 1);
    assert_told(f, "[2001:db8::9]\n");
}

static void late_answers_are_kept(void **state)
{
    static const struct fake_record speaks[] = {
        {"SRV", "silent.test", 60, "1 2 3 late.test"},
        {0},
    };
    struct fixture *f = *state;

    assert_int_equal(ask(f, DNS_SRV, SLICE("silent.test")), 0);
    while (!fake_dns_asked(f->dns, "SRV", NULL) && !f->gave_up)
        net_loop_turn(f->loop, true);
    net_lookup_cancel(f->lookup);
    fake_dns_use(f->dns, speaks); /* to the question that is repeated */
    while (fake_dns_asked(f->dns, "SRV", NULL) < 2 && !f->gave_up)
        net_loop_turn(f->loop, true);
    for (size_t i = 0; i < 10; i++)
        net_loop_turn(f->loop, false);
    assert_told(f, "");
    assert_int_equal(ask(f, DNS_SRV, SLICE("silent.test")), 0);
    wait_for(f, 1);
    assert_told(f, "1 2 3 late.test\n");
    assert_int_equal(fake_dns_asked(f->dns, "SRV", NULL), 2);
}

static void cancelled(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ask(f, DNS_ADDRESS, SLICE("four.test")), 0);
    net_lookup_cancel(f->lookup);
    while (!fake_dns_asked(f->dns, "A", NULL) && !f->gave_up)
        net_loop_turn(f->loop, true);
    for (size_t i = 0; i < 10; i++)
        net_loop_turn(f->loop, false);
    assert_int_equal(f->answers, 0);
    assert_int_equal(ask(f, DNS_ADDRESS, SLICE("silent.test")), 0);
    net_lookup_cancel(f->lookup); /* freed with a question under way */
}

static void names_that_are_none(void **state)
{
    struct fixture *f = *state;
    char long_name[257];

    memset(long_name, 'a', sizeof long_name);
    assert_int_equal(ask(f, DNS_ADDRESS, SLICE("")), -EINVAL);
    assert_int_equal(ask(f, DNS_SRV, (struct slice){"a\0b", 3}), -EINVAL);
    assert_int_equal(ask(f, DNS_ADDRESS, (struct slice){long_name, 256}), -EINVAL);
}

static void too_many(void **state)
{
    struct fixture *f = *state;
    struct net_lookup *lookups[NET_RESOLVE_MAX_OPEN];
    char name[40];

    for (size_t i = 0; i < NET_RESOLVE_MAX_OPEN; i++) {
        snprintf(name, sizeof name, "n%u.test", (unsigned)i);
        assert_int_equal(ask(f, DNS_SRV, slice_of(name)), 0);
        lookups[i] = f->lookup;
    }
    assert_int_equal(ask(f, DNS_SRV, SLICE("more.test")), -EAGAIN);
    for (size_t i = 0; i < NET_RESOLVE_MAX_OPEN; i++)
        net_lookup_cancel(lookups[i]);
}

#define N_NAMES (NET_RESOLVE_MAX_NAMES + 8)

/* What ends first makes room. */
static void no_room_for_all(void **state)
{
    struct fixture *f = *state;
    static char names[N_NAMES][16];
    static struct fake_record many[N_NAMES + 1];

    for (size_t i = 0; i < N_NAMES; i++) {
        snprintf(names[i], sizeof names[i], "n%u.test", (unsigned)i);
        many[i] = (struct fake_record){"SRV", names[i], 60 + (uint32_t)i, "1 2 3 a.test"};
    }
    fake_dns_use(f->dns, many);
    for (size_t i = 0; i < N_NAMES; i++) {
        assert_int_equal(ask(f, DNS_SRV, slice_of(names[i])), 0);
        wait_for(f, i + 1);
    }
    assert_int_equal(fake_dns_asked(f->dns, NULL, NULL), N_NAMES);
    assert_int_equal(ask(f, DNS_SRV, slice_of(names[N_NAMES - 1])), 0);
    wait_for(f, N_NAMES + 1);
    assert_int_equal(fake_dns_asked(f->dns, NULL, NULL), N_NAMES);
    assert_int_equal(ask(f, DNS_SRV, slice_of(names[0])), 0);
    wait_for(f, N_NAMES + 2);
    assert_int_equal(fake_dns_asked(f->dns, NULL, NULL), N_NAMES + 1);
}

/* A resolv.conf of the test's own. Servers in it have no ports, hence the namespace. */
struct conf {
    char folder[TEMPORARY_MAX], path[96];
};

static void conf_write(struct conf *conf, const char *text)
{
    FILE *file;

    if (!conf->folder[0]) {
        strcpy(conf->folder, "/tmp/tphone-test-XXXXXX");
        assert_non_null(temporary_folder(conf->folder));
        snprintf(conf->path, sizeof conf->path, "%s/resolv.conf", conf->folder);
    }
    unlink(conf->path);
    file = fopen(conf->path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void conf_remove(struct conf *conf)
{
    unlink(conf->path);
    rmdir(conf->folder);
}

/* The resolver of f asks the servers of conf. */
static void conf_use(struct fixture *f, const struct conf *conf)
{
    struct net_resolver_config config = {.resolv_conf = conf->path};

    net_resolver_free(f->resolver);
    resolver_open(f, &config);
}

/* Another network with another name server: what waits for the old one is asked of the new one, and
 * what is known is forgotten. */
static void settings_change(void **state)
{
    static const struct fake_record old[] = {
        {"SRV", "x.test", 60, "1 1 1 old.test"}, {"SRV", "y.test", 60, "SILENCE"}, {0}};
    static const struct fake_record new[] = {
        {"SRV", "x.test", 60, "1 1 1 new.test"}, {"SRV", "y.test", 60, "2 2 2 new.test"}, {0}};
    struct fixture *f = *state;
    struct fake_dns *other = fake_dns_new(f->loop, "127.0.0.3:53", new);
    struct conf conf = {0};

    fake_dns_free(f->dns);
    f->dns = fake_dns_new(f->loop, "127.0.0.2:53", old);
    conf_write(&conf, "nameserver 127.0.0.2\n");
    conf_use(f, &conf);
    assert_int_equal(ask(f, DNS_SRV, SLICE("x.test")), 0);
    wait_for(f, 1);
    assert_told(f, "1 1 1 old.test\n");
    assert_int_equal(ask(f, DNS_SRV, SLICE("y.test")), 0);
    conf_write(&conf, "nameserver 127.0.0.3\n");
    assert_int_equal(ask(f, DNS_SRV, SLICE("x.test")), 0);
    wait_for(f, 2);
    assert_told(f, "2 2 2 new.test\n1 1 1 new.test\n");
    conf_remove(&conf);
    fake_dns_free(other);
}

static void several_servers(void **state)
{
    static const struct fake_record mute[] = {{"SRV", "x.test", 60, "SILENCE"}, {0}};
    static const struct fake_record speaks[] = {{"SRV", "x.test", 60, "1 1 1 y.test"}, {0}};
    struct fixture *f = *state;
    struct fake_dns *other = fake_dns_new(f->loop, "127.0.0.4:53", speaks);
    struct conf conf = {0};

    fake_dns_free(f->dns);
    f->dns = fake_dns_new(f->loop, "127.0.0.3:53", mute);
    conf_write(&conf, "nameserver 127.0.0.2\nnameserver 127.0.0.3\nnameserver 127.0.0.4\n");
    conf_use(f, &conf);
    assert_int_equal(ask(f, DNS_SRV, SLICE("x.test")), 0);
    wait_for(f, 1);
    assert_told(f, "1 1 1 y.test\n");
    conf_remove(&conf);
    fake_dns_free(other);
}

static void server_on_ipv6(void **state)
{
    struct fixture *f = *state;
    struct net_resolver_config config = {0};

    fake_dns_free(f->dns);
    f->dns = fake_dns_new(f->loop, "[::1]:0", zone);
    net_resolver_free(f->resolver);
    config.server = fake_dns_at(f->dns);
    resolver_open(f, &config);
    assert_int_equal(ask(f, DNS_ADDRESS, SLICE("six.test")), 0);
    wait_for(f, 1);
    assert_told(f, "[2001:db8::6]\n");
}

/* The same server says something else there, and what it was asked before is lost. */
static void network_changes(void **state)
{
    static const struct fake_record there[] = {
        {"SRV", "_sip._udp.srv.test", 60, "1 1 1 there.test"},
        {"SRV", "silent.test", 60, "2 2 2 there.test"},
        {0},
    };
    struct fixture *f = *state;

    net_resolver_network_changed(f->resolver); /* before anything was asked */
    assert_int_equal(ask(f, DNS_SRV, SLICE("_sip._udp.srv.test")), 0);
    wait_for(f, 1);
    assert_int_equal(ask(f, DNS_SRV, SLICE("silent.test")), 0);
    while (!fake_dns_asked(f->dns, "SRV", "silent.test") && !f->gave_up)
        net_loop_turn(f->loop, true);
    f->answers = 0;
    buf_clear(&f->told);
    fake_dns_use(f->dns, there);
    net_resolver_network_changed(f->resolver);
    assert_int_equal(ask(f, DNS_SRV, SLICE("_sip._udp.srv.test")), 0);
    wait_for(f, 2);
    assert_told(f, "2 2 2 there.test\n1 1 1 there.test\n");
}

#define RESOLVER_TEST(name, f)                                                                     \
    {                                                                                              \
        name, f, set_up, tear_down, NULL                                                           \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        RESOLVER_TEST("an answer that may not be kept is asked for again", time_to_live_0),
        RESOLVER_TEST("one question serves all who ask at the same time", asked_once_for_all),
        RESOLVER_TEST("who stood still reads what has come before it asks again",
                      who_stood_still_does_not_ask_again),
        RESOLVER_TEST("a silent server: repeated, and over in time", silence),
        RESOLVER_TEST("a server that is silent on one family", only_one_family_answers),
        RESOLVER_TEST("and late on the one that there is", the_other_family_answers_late),
        RESOLVER_TEST("an answer that nobody waits for is kept", late_answers_are_kept),
        RESOLVER_TEST("no answer comes after cancelling", cancelled),
        RESOLVER_TEST("empty, with a NUL, longer than RFC 1035 allows", names_that_are_none),
        RESOLVER_TEST("questions at once have a limit", too_many),
        RESOLVER_TEST("names that are known have a limit", no_room_for_all),
        RESOLVER_TEST("a name server on IPv6", server_on_ipv6),
        RESOLVER_TEST("of three servers one is not there and one is silent", several_servers),
        RESOLVER_TEST("another network: all is asked anew", network_changes),
        RESOLVER_TEST("resolv.conf is read again when it has changed", settings_change),
    };

    netns_enter();
    return RUN_ROWS("net/resolver at once", rows, at_once) +
           RUN_ROWS("net/resolver", answer_rows, answers) +
           cmocka_run_group_tests_name("net/resolver", tests, NULL, NULL);
}
