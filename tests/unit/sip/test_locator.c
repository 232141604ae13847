#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sip/limits.h"
#include "sip/locator.h"
#include "tests/lib/rows.h"

#define MAX_ASKED 64

/* --- a zone of lines "TYPE NAME VALUE" ------------------------------------------------------- */

struct found {
    struct dns_answer answer;
    struct ip ips[40];
    struct dns_srv srv[40];
    struct dns_naptr naptr[40];
};

static bool is_type(enum dns_type type, struct slice word)
{
    static const char *const names[] = {
        [DNS_ADDRESS] = "A", [DNS_SRV] = "SRV", [DNS_NAPTR] = "NAPTR"};

    return slice_eq(word, slice_of(names[type]));
}

/* RFC 2782 and RFC 3403 in their usual text; addresses of both kinds are "A". */
static void take_value(struct found *f, enum dns_type type, const char *text)
{
    unsigned first, second, third;

    if (type == DNS_ADDRESS) {
        assert_int_equal(ip_parse(slice_of(text), &f->ips[f->answer.n++]), 0);
    } else if (type == DNS_SRV) {
        struct dns_srv *srv = &f->srv[f->answer.n++];

        assert_int_equal(sscanf(text, "%u %u %u %255s", &first, &second, &third, srv->target), 4);
        srv->priority = (uint16_t)first;
        srv->weight = (uint16_t)second;
        srv->port = (uint16_t)third;
    } else {
        struct dns_naptr *naptr = &f->naptr[f->answer.n++];

        assert_int_equal(sscanf(text, "%u %u %7s %31s %255s", &first, &second, naptr->flags,
                                naptr->service, naptr->replacement),
                         5);
        naptr->order = (uint16_t)first;
        naptr->preference = (uint16_t)second;
        naptr->has_regexp = slice_starts(slice_of(naptr->replacement), SLICE("!"));
    }
}

static void look_up(const char *zone, enum dns_type type, const char *name, struct found *f)
{
    struct slice rest = slice_of(zone);

    *f = (struct found){.answer = {.ips = f->ips, .srv = f->srv, .naptr = f->naptr}};
    while (rest.n) {
        struct slice line = slice_cut(&rest, '\n');
        bool matches = is_type(type, slice_cut(&line, ' '));
        char text[300];

        if (!slice_ieq(slice_cut(&line, ' '), slice_of(name)) || !matches)
            continue;
        memcpy(text, line.p, line.n);
        text[line.n] = '\0';
        if (!strcmp(text, "SERVFAIL"))
            f->answer.err = -EAGAIN;
        else if (!strcmp(text, "FIXED"))
            f->answer.fixed = true;
        else
            take_value(f, type, text);
    }
    if (!f->answer.n && !f->answer.err)
        f->answer.err = -ENOENT;
}

/* --- questions and answers ------------------------------------------------------------------- */

struct asked {
    size_t number;
    enum dns_type type;
    const char *name;
};

static size_t ask_all(struct sip_locator *l, struct asked *asked)
{
    size_t n = 0;

    while (sip_locator_ask(l, &asked[n].number, &asked[n].type, &asked[n].name))
        assert_true(++n < MAX_ASKED);
    return n;
}

/* Answers all, the last first where backwards; every answer comes twice, as if it were repeated. */
static void run(struct sip_locator *l, const char *zone, bool backwards)
{
    struct asked asked[MAX_ASKED];
    struct found found;
    size_t n;

    while (!sip_locator_done(l) && (n = ask_all(l, asked))) {
        for (size_t i = 0; i < n; i++) {
            const struct asked *a = &asked[backwards ? n - 1 - i : i];

            look_up(zone, a->type, a->name, &found);
            sip_locator_answer(l, a->number, &found.answer);
            sip_locator_answer(l, a->number, &found.answer);
        }
    }
    assert_true(sip_locator_done(l));
}

static void assert_targets(struct sip_locator *l, const char *expected, int expected_err)
{
    static const char *const names[] = {[SIP_UDP] = "udp", [SIP_TCP] = "tcp", [SIP_TLS] = "tls"};
    struct sip_target targets[SIP_MAX_TARGETS];
    struct buf text = buf_new(2000);
    int err;
    size_t n = sip_locator_targets(l, targets, &err);

    for (size_t i = 0; i < n; i++) {
        buf_printf(&text, "%s%s ", i ? " " : "", names[targets[i].transport]);
        ip_put_with_port(&text, &targets[i].ip);
    }
    assert_string_equal(buf_cstr(&text), expected);
    assert_int_equal(err, expected_err);
    buf_free(&text);
}

#define A "A x.test 192.0.2.1\n"
#define HOSTS "A a.test 192.0.2.11\nA b.test 192.0.2.12\nA c.test 192.0.2.13\n"
#define UDP_A "SRV _sip._udp.x.test 1 0 5061 a.test\n"
#define TCP_B "SRV _sip._tcp.x.test 1 0 5062 b.test\n"
#define TLS_C "SRV _sips._tcp.x.test 1 0 5063 c.test\n"
#define NAPTR_UDP "s SIP+D2U _sip._udp.x.test\n"
#define NAPTR_TCP "s SIP+D2T _sip._tcp.x.test\n"
#define NAPTR_TLS "s SIPS+D2T _sips._tcp.x.test\n"

enum { BOTH, ONLY_TCP, WITH_TLS };

static const struct row {
    const char *name, *uri;
    int ours;
    const char *zone, *targets;
    int err;
} rows[] = {
    {"a host: UDP and the usual port", "sip:x.test", BOTH, A, "udp 192.0.2.1:5060", 0},
    {"a host where we have no UDP", "sip:x.test", ONLY_TCP, A, "tcp 192.0.2.1:5060", 0},
    {"both families, in the order of the resolver (RFC 7984 3)", "sip:x.test", BOTH,
     "A x.test 2001:db8::1\n" A, "udp [2001:db8::1]:5060 udp 192.0.2.1:5060", 0},
    {"a transport that is said, RFC 3263 4.1", "sip:x.test;transport=tcp", BOTH,
     A UDP_A "NAPTR x.test 1 1 " NAPTR_UDP, "tcp 192.0.2.1:5060", 0},
    {"SRV of the transport that is said", "sip:x.test;transport=tcp", BOTH, A UDP_A TCP_B HOSTS,
     "tcp 192.0.2.12:5062", 0},
    {"a port leaves nothing to SRV, 4.2", "sip:x.test:5099", BOTH,
     A UDP_A HOSTS "NAPTR x.test 1 1 " NAPTR_TCP, "udp 192.0.2.1:5099", 0},
    {"port and transport", "sip:x.test:5099;transport=tcp", BOTH, A UDP_A HOSTS,
     "tcp 192.0.2.1:5099", 0},
    {"SRV without NAPTR: our own order of transports", "sip:x.test", BOTH, TCP_B UDP_A HOSTS A,
     "udp 192.0.2.11:5061 tcp 192.0.2.12:5062", 0},
    {"SRV of one transport only", "sip:x.test", BOTH, TCP_B HOSTS A, "tcp 192.0.2.12:5062", 0},
    {"SRV of a transport that we lack", "sip:x.test", BOTH, TLS_C HOSTS A, "udp 192.0.2.1:5060", 0},
    {"NAPTR says which transport, 4.1", "sip:x.test", BOTH,
     "NAPTR x.test 1 2 " NAPTR_UDP "NAPTR x.test 1 1 " NAPTR_TCP UDP_A TCP_B HOSTS A,
     "tcp 192.0.2.12:5062 udp 192.0.2.11:5061", 0},
    {"order goes before preference, and only the lowest counts (RFC 3403 4.1)", "sip:x.test", BOTH,
     "NAPTR x.test 2 1 " NAPTR_UDP "NAPTR x.test 1 9 " NAPTR_TCP UDP_A TCP_B HOSTS A,
     "tcp 192.0.2.12:5062", 0},
    {"a higher order is out, whatever its preference", "sip:x.test", BOTH,
     "NAPTR x.test 1 1 " NAPTR_TCP "NAPTR x.test 2 9 " NAPTR_UDP UDP_A TCP_B HOSTS A,
     "tcp 192.0.2.12:5062", 0},
    {"the lowest order of those that we can use", "sip:x.test", BOTH,
     "NAPTR x.test 1 1 " NAPTR_TLS "NAPTR x.test 2 9 " NAPTR_TCP UDP_A TCP_B TLS_C HOSTS A,
     "tcp 192.0.2.12:5062", 0},
    {"NAPTR that leads to another domain", "sip:x.test", BOTH,
     "NAPTR x.test 1 1 s SIP+D2T other.test\nSRV other.test 1 1 5070 b.test\n" UDP_A HOSTS A,
     "tcp 192.0.2.12:5070", 0},
    {"NAPTR in any case of letters", "sip:x.test", BOTH,
     "NAPTR x.test 1 1 S sip+d2t other.test\nSRV Other.TEST 1 1 5070 B.test\n" UDP_A HOSTS A,
     "tcp 192.0.2.12:5070", 0},
    {"NAPTR for something else", "sip:x.test", BOTH,
     "NAPTR x.test 1 1 u E2U+sip b.test\nNAPTR x.test 1 1 a SIP+D2T b.test\n"
     "NAPTR x.test 1 1 s SIP+D2T !^.*$!b!\nNAPTR x.test 1 1 s SIP+D2S b.test\n"
     "NAPTR x.test 1 1 s SIP+D2T .\n" UDP_A HOSTS A,
     "udp 192.0.2.11:5061", 0},
    {"NAPTR without its SRV: the name itself, by that transport", "sip:x.test", BOTH,
     "NAPTR x.test 1 1 " NAPTR_TCP A, "tcp 192.0.2.1:5060", 0},
    {"priorities, RFC 2782", "sip:x.test", BOTH,
     "SRV _sip._udp.x.test 30 0 3 c.test\nSRV _sip._udp.x.test 10 0 1 a.test\n"
     "SRV _sip._udp.x.test 20 9 2 b.test\n" HOSTS,
     "udp 192.0.2.11:1 udp 192.0.2.12:2 udp 192.0.2.13:3", 0},
    {"one host with two ports is asked for once", "sip:x.test", BOTH,
     "SRV _sip._udp.x.test 1 0 1 a.test\nSRV _sip._udp.x.test 2 0 2 A.TEST\n" HOSTS,
     "udp 192.0.2.11:1 udp 192.0.2.11:2", 0},
    {"the same target twice is tried once", "sip:x.test", BOTH, UDP_A UDP_A HOSTS,
     "udp 192.0.2.11:5061", 0},
    {"a server without addresses is passed by", "sip:x.test", BOTH,
     "SRV _sip._udp.x.test 1 0 1 lost.test\nSRV _sip._udp.x.test 2 0 2 b.test\n" HOSTS,
     "udp 192.0.2.12:2", 0},
    {"a target of . is no target, RFC 2782", "sip:x.test", BOTH,
     "SRV _sip._udp.x.test 0 0 0 .\n" TCP_B HOSTS A, "tcp 192.0.2.12:5062", 0},
    {"and where nothing else is offered there is nothing", "sip:x.test", BOTH,
     "SRV _sip._udp.x.test 0 0 0 .\n" A, "", -ENOENT},
    {"sips: is for TLS alone", "sips:x.test", WITH_TLS,
     UDP_A TCP_B TLS_C HOSTS A "NAPTR x.test 1 1 " NAPTR_UDP "NAPTR x.test 2 1 " NAPTR_TLS,
     "tls 192.0.2.13:5063", 0},
    {"sips: without records", "sips:x.test", WITH_TLS, A, "tls 192.0.2.1:5061", 0},
    {"NAPTR for sips:", "sips:x.test", WITH_TLS,
     "NAPTR x.test 1 1 s SIPS+D2T other.test\nSRV other.test 1 1 5070 b.test\n" TLS_C HOSTS A,
     "tls 192.0.2.12:5070", 0},
    {"sips: over TCP means TLS", "sips:x.test;transport=tcp", WITH_TLS, A, "tls 192.0.2.1:5061", 0},
    {"sip: may go over TLS where NAPTR wants it", "sip:x.test", WITH_TLS,
     UDP_A TLS_C HOSTS "NAPTR x.test 1 1 " NAPTR_TLS, "tls 192.0.2.13:5063", 0},
    {"the machine's own list of hosts has the last word", "sip:x.test", BOTH,
     A "A x.test FIXED\nNAPTR x.test 1 1 " NAPTR_TCP UDP_A TCP_B HOSTS, "udp 192.0.2.1:5060", 0},
    {"a server that knows no SRV", "sip:x.test", BOTH,
     "NAPTR x.test SERVFAIL\nSRV _sip._udp.x.test SERVFAIL\nSRV _sip._tcp.x.test SERVFAIL\n" A,
     "udp 192.0.2.1:5060", 0},
    {"a server in trouble", "sip:x.test", BOTH, "A x.test SERVFAIL\n", "", -EAGAIN},
    {"trouble with NAPTR alone hides nothing", "sip:x.test", BOTH, "NAPTR x.test SERVFAIL\n", "",
     -ENOENT},
    {"no such name", "sip:x.test", BOTH, "", "", -ENOENT},
    {"SRV, but nobody knows its host", "sip:x.test", BOTH, UDP_A A, "", -ENOENT},
};

static int open_uri(const char *text, int ours, struct rng *rng, struct sip_locator **out)
{
    static const enum sip_transport all[] = {SIP_UDP, SIP_TCP, SIP_TLS};
    struct sip_locate what;
    struct sip_uri uri;

    assert_int_equal(sip_uri_parse(slice_of(text), &uri), 0);
    assert_int_equal(sip_locate_uri(&uri, &what), 0);
    return sip_locator_new(&what, ours == ONLY_TCP ? all + 1 : all,
                           ours == BOTH       ? 2
                           : ours == ONLY_TCP ? 1
                                              : 3,
                           rng, out);
}

static void check(void **state)
{
    const struct row *row = *state;
    struct rng rng = rng_seeded(7);

    /* The list of hosts always answers first. */
    for (size_t backwards = 0; backwards < (strstr(row->zone, "FIXED") ? 1 : 2); backwards++) {
        struct sip_locator *l;

        assert_int_equal(open_uri(row->uri, row->ours, &rng, &l), 0);
        run(l, row->zone, backwards);
        assert_targets(l, row->targets, row->err);
        sip_locator_free(l);
    }
}

static const struct refused_row {
    const char *name, *uri;
    int ours, err;
} refused_rows[] = {
    {"sips: without TLS", "sips:x.test", BOTH, -EPROTONOSUPPORT},
    {"TLS that we lack", "sip:x.test;transport=tls", BOTH, -EPROTONOSUPPORT},
    {"UDP that we lack", "sip:x.test;transport=udp", ONLY_TCP, -EPROTONOSUPPORT},
};

static void check_refused(void **state)
{
    const struct refused_row *row = *state;
    struct rng rng = rng_seeded(7);
    struct sip_locator *l;

    assert_int_equal(open_uri(row->uri, row->ours, &rng, &l), row->err);
}

static void names_that_are_none(void **state)
{
    static const enum sip_transport udp = SIP_UDP;
    struct rng rng = rng_seeded(7);
    struct sip_locator *l;
    char name[300];

    (void)state;
    memset(name, 'a', sizeof name);
    assert_int_equal(sip_locator_new(&(struct sip_locate){.host = {name, 256}}, &udp, 1, &rng, &l),
                     -EINVAL);
    assert_int_equal(sip_locator_new(&(struct sip_locate){0}, &udp, 1, &rng, &l), -EINVAL);
    assert_int_equal(
        sip_locator_new(&(struct sip_locate){.host = SLICE("a\0b")}, &udp, 1, &rng, &l), -EINVAL);
    /* Too long for SRV in front of it, but not for an address. */
    assert_int_equal(sip_locator_new(&(struct sip_locate){.host = {name, 255}}, &udp, 1, &rng, &l),
                     0);
    run(l, "", false);
    assert_targets(l, "", -ENOENT);
    sip_locator_free(l);
}

/* --- weights, RFC 2782 ------------------------------------------------------------------------ */

#define DRAWS 10000

/* Weights 1, 3, 6 and 0: each stands first about as often as its weight says. */
static void weights(void **state)
{
    static const char zone[] =
        "SRV _sip._udp.x.test 1 1 1 a.test\nSRV _sip._udp.x.test 1 0 9 a.test\n"
        "SRV _sip._udp.x.test 1 3 3 a.test\nSRV _sip._udp.x.test 1 6 6 a.test\n" HOSTS;
    static const size_t share[10] = {[1] = 1, [3] = 3, [6] = 6};
    size_t first[10] = {0};
    struct rng rng = rng_seeded(42);

    (void)state;
    for (size_t i = 0; i < DRAWS; i++) {
        struct sip_target targets[SIP_MAX_TARGETS];
        struct sip_locator *l;
        int err;

        assert_int_equal(open_uri("sip:x.test;transport=udp", BOTH, &rng, &l), 0);
        run(l, zone, false);
        assert_int_equal(sip_locator_targets(l, targets, &err), 4);
        first[targets[0].ip.port]++;
        sip_locator_free(l);
    }
    /* The number drawn is 0 to 10: of its 11 values 0 is for the weight of 0. */
    for (size_t port = 1; port < 9; port++)
        assert_in_range(first[port], share[port] * DRAWS / 11 - share[port] * 70,
                        share[port] * DRAWS / 11 + share[port] * 70);
    assert_in_range(first[9], DRAWS / 11 - 200, DRAWS / 11 + 200);
}

/* --- hostile sets ----------------------------------------------------------------------------- */

static void put_many(struct buf *zone, const char *format, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (const char *p = format; *p; p++) {
            if (*p == '#')
                buf_printf(zone, "%zu", i + 1);
            else
                buf_putc(zone, *p);
        }
}

/* 39 records of each kind, and each host with 39 addresses. */
static void too_many(void **state)
{
    struct sip_target targets[SIP_MAX_TARGETS];
    struct buf zone = buf_new(1000000);
    struct asked asked[MAX_ASKED];
    struct rng rng = rng_seeded(7);
    struct sip_locator *l;
    struct found found;
    size_t n, questions = 0;
    int err;

    (void)state;
    put_many(&zone, "NAPTR x.test 1 1 s SIP+D2U n#.test\n", 39);
    for (size_t i = 1; i < 40; i++) {
        char line[100];

        snprintf(line, sizeof line, "SRV n%zu.test 1 1 5060 h%zu-#.test\n", i, i);
        put_many(&zone, line, 39);
    }
    assert_int_equal(open_uri("sip:x.test", BOTH, &rng, &l), 0);
    while (!sip_locator_done(l) && (n = ask_all(l, asked))) {
        questions += n;
        for (size_t i = 0; i < n; i++) {
            look_up(buf_cstr(&zone), asked[i].type, asked[i].name, &found);
            if (asked[i].type == DNS_ADDRESS) {
                for (found.answer.n = 0; found.answer.n < 39; found.answer.n++)
                    found.ips[found.answer.n] = (struct ip){
                        .family = 4, .bytes = {10, (uint8_t)i, (uint8_t)found.answer.n, 1}};
            }
            sip_locator_answer(l, asked[i].number, &found.answer);
        }
    }
    assert_true(questions <= SIP_LOCATE_MAX_QUESTIONS);
    assert_int_equal(sip_locator_targets(l, targets, &err), SIP_MAX_TARGETS);
    /* The addresses of one server leave room for the next one. */
    assert_false(targets[0].ip.bytes[1] == targets[SIP_LOCATE_MAX_ADDRESSES].ip.bytes[1]);
    sip_locator_free(l);
    buf_free(&zone);
}

/* --- questions that are not answered ---------------------------------------------------------- */

/* What answers before and after it is hurried; give_up ends it. type and name of the questions that
 * are answered, in one string. */
static const struct late_row {
    const char *name, *answered, *zone;
    const char *hurried; /* NULL: not done then */
    const char *given_up;
    int err;
} late_rows[] = {
    {"silence", "", A, NULL, "", -ETIMEDOUT},
    {"no answer to NAPTR: SRV will do", "_sip._udp.x.test _sip._tcp.x.test a.test b.test",
     UDP_A TCP_B HOSTS, "udp 192.0.2.11:5061 tcp 192.0.2.12:5062", NULL, 0},
    {"SRV of one transport only: the other is left out", "_sip._tcp.x.test b.test",
     UDP_A TCP_B HOSTS, "tcp 192.0.2.12:5062", NULL, 0},
    {"only the address is told: SRV may still come, but in the end it will do", "x.test", A, NULL,
     "udp 192.0.2.1:5060", 0},
    {"of two servers one has no address yet", "_sip._udp.x.test b.test",
     "SRV _sip._udp.x.test 1 0 1 a.test\nSRV _sip._udp.x.test 2 0 2 b.test\n" HOSTS, NULL,
     "udp 192.0.2.12:2", 0},
};

static bool is_listed(const char *list, const char *name)
{
    struct slice rest = slice_of(list);

    while (rest.n)
        if (slice_eq(slice_cut(&rest, ' '), slice_of(name)))
            return true;
    return false;
}

static void answer_some(struct sip_locator *l, const struct late_row *row)
{
    struct asked asked[MAX_ASKED];
    struct found found;
    size_t n;

    while ((n = ask_all(l, asked)))
        for (size_t i = 0; i < n; i++)
            if (asked[i].type != DNS_NAPTR && is_listed(row->answered, asked[i].name)) {
                look_up(row->zone, asked[i].type, asked[i].name, &found);
                sip_locator_answer(l, asked[i].number, &found.answer);
            }
}

static void check_late(void **state)
{
    const struct late_row *row = *state;
    struct rng rng = rng_seeded(7);
    struct sip_locator *l;

    assert_int_equal(open_uri("sip:x.test", BOTH, &rng, &l), 0);
    answer_some(l, row);
    assert_false(sip_locator_done(l));
    sip_locator_hurry(l);
    answer_some(l, row);
    assert_int_equal(sip_locator_done(l), row->hurried != NULL);
    if (row->hurried)
        assert_targets(l, row->hurried, 0);
    sip_locator_give_up(l);
    assert_true(sip_locator_done(l));
    assert_targets(l, row->given_up ? row->given_up : row->hurried, row->err);
    sip_locator_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_are_none),
        cmocka_unit_test(weights),
        cmocka_unit_test(too_many),
    };

    return RUN_ROWS("sip/locator", rows, check) +
           RUN_ROWS("sip/locator refused", refused_rows, check_refused) +
           RUN_ROWS("sip/locator late", late_rows, check_late) +
           cmocka_run_group_tests_name("sip/locator", tests, NULL, NULL);
}
