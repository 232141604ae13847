#include "tests/lib/rows.h"

#include "rtp/latch.h"

static struct ip ip_of(const char *text)
{
    struct ip ip = {0};

    assert_int_equal(ip_parse_with_port(slice_of(text), &ip), 0);
    return ip;
}

/* Steps of a story. Addresses: S what SDP said, N the far end behind its NAT, X a stranger.
 *   "S7"  RTP from S with sequence number 7, SSRC 1; "S7/2" with SSRC 2
 *   "s"   RTCP from S's RTCP port, "p" from its port for RTP
 * and what is expected of each: a accept, m moved, r refuse. */
static const struct row {
    const char *name, *steps[10], *verdicts;
    char goes_to; /* where we send afterwards */
} rows[] = {
    {"what SDP said is believed", {"S1", "S2"}, "aa", 'S'},
    {"four in sequence from elsewhere take its place",
     {"N1", "N2", "N3", "N4", "N5"},
     "rrrma",
     'N'},
    {"three do not", {"N1", "N2", "N3"}, "rrr", 'S'},
    {"a gap starts the count anew", {"N1", "N2", "N4", "N5", "N6", "N7"}, "rrrrrm", 'N'},
    {"another SSRC starts the count anew",
     {"N1", "N2", "N3/2", "N4/2", "N5/2", "N6/2"},
     "rrrrrm",
     'N'},
    {"after one packet from SDP's address nothing moves",
     {"S1", "X1", "X2", "X3", "X4", "X5", "S2"},
     "arrrrra",
     'S'},
    {"one packet from SDP's address ends a stranger's attempt",
     {"X1", "X2", "X3", "S1", "X4"},
     "rrrar",
     'S'},
    {"it moves once", {"N1", "N2", "N3", "N4", "X1", "X2", "X3", "X4", "N5"}, "rrrmrrrra", 'N'},
    {"SDP's address comes too late",
     {"N1", "N2", "N3", "N4", "S1", "S2", "S3", "S4"},
     "rrrmrrrr",
     'N'},
    {"a stranger's packets in between keep nobody out",
     {"X1", "N1", "X9", "N2", "X20", "N3", "X31", "N4"},
     "rrrrrrrm",
     'N'},
    {"the sequence number wraps", {"N65534", "N65535", "N0", "N1"}, "rrrm", 'N'},
    {"RTCP from SDP's RTCP port counts as heard, not as RTP",
     {"s", "N1", "N2", "N3", "N4"},
     "arrrm",
     'N'},
    {"RTCP from where RTP goes to, with mux, and nothing moves",
     {"p", "X1", "X2", "X3", "X4", "S1"},
     "arrrra",
     'S'},
    {"RTCP of a stranger is refused", {"x"}, "r", 'S'},
    {"and after RTP as well", {"S1", "x"}, "ar", 'S'},
    {"RTCP from another port of the right host after RTP", {"S1", "t", "u"}, "aar", 'S'},
    {"RTCP from another port before RTP is nobody's", {"t"}, "r", 'S'},
};

static struct ip address_of(char who)
{
    switch (who) {
    case 'S':
    case 'p':
        return ip_of("192.0.2.1:4000");
    case 's':
        return ip_of("192.0.2.1:4001");
    case 't':
        return ip_of("192.0.2.1:5001");
    case 'u':
        return ip_of("192.0.2.1:6001");
    case 'N':
        return ip_of("198.51.100.7:61000");
    case 'x':
        return ip_of("203.0.113.66:4001");
    default:
        return ip_of("203.0.113.66:4000");
    }
}

static struct rtp_latch latch_of(const char *signalling)
{
    struct rtp_latch l = {0};
    struct ip rtp = address_of('S'), none = {0}, from = ip_of(signalling);

    rtp_latch_signalled(&l, &rtp, &none, &from);
    return l;
}

static char step(struct rtp_latch *l, const char *text)
{
    struct ip from = address_of(text[0]);
    struct slice ssrc = slice_of(text + 1), sequence = slice_cut(&ssrc, '/');
    uint64_t number = 0, id = 1;

    if (text[0] >= 'a')
        return rtp_latch_rtcp(l, &from) ? 'a' : 'r';
    slice_number(sequence, 65535, &number);
    if (ssrc.n)
        slice_number(ssrc, 9, &id);
    return "amr"[rtp_latch_rtp(l, &from, (uint32_t)id, (uint16_t)number, 0)];
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct rtp_latch l = latch_of("192.0.2.1:5060");
    struct ip to = address_of(row->goes_to);

    for (size_t i = 0; i < 10 && row->steps[i]; i++)
        assert_int_equal(step(&l, row->steps[i]), row->verdicts[i]);
    assert_true(ip_same(&l.rtp, &to));
    rtp_latch_end(&l);
}

static unsigned sent_in_ms(struct rtp_latch *l, uint64_t from_ms, uint64_t ms)
{
    unsigned n = 0;

    for (uint64_t at = from_ms; at < from_ms + ms; at += 20)
        n += rtp_latch_may_send(l, at);
    return n;
}

static void test_an_address_that_never_asked(void **state)
{
    struct rtp_latch l = latch_of("203.0.113.66:5060");

    (void)state;
    assert_int_equal(sent_in_ms(&l, 0, 1000), 50);
    assert_int_equal(sent_in_ms(&l, 1000, 5000), 5);
    assert_int_equal(step(&l, "s"), 'a'); /* its RTCP */
    assert_int_equal(sent_in_ms(&l, 6000, 1000), 50);
}

/* Who asks by STUN wants what is sent; RTP from elsewhere may show yet where it is to go. */
static void test_stun_counts_as_heard(void **state)
{
    struct rtp_latch l = latch_of("203.0.113.66:5060");
    struct ip there = address_of('S'), rtcp = address_of('s'), stranger = address_of('X');
    struct rtp_latch nowhere = {.heard = false};

    (void)state;
    assert_int_equal(sent_in_ms(&l, 0, 1000), 50);
    assert_false(rtp_latch_stun(&l, &stranger));
    assert_false(rtp_latch_stun(&l, &rtcp));
    assert_int_equal(sent_in_ms(&l, 1000, 5000), 5);
    assert_true(rtp_latch_stun(&l, &there));
    assert_int_equal(sent_in_ms(&l, 6000, 1000), 50);
    for (unsigned i = 1; i <= 4; i++)
        assert_int_equal(step(&l, (char[]){'N', (char)('0' + i), '\0'}), i < 4 ? 'r' : 'm');
    assert_false(rtp_latch_stun(&nowhere, &there));
}

static void test_addresses_that_never_asked_share(void **state)
{
    struct rtp_latch l = latch_of("203.0.113.66:5060");
    struct ip other = ip_of("192.0.2.9:4000"), none = {0}, from = ip_of("203.0.113.66:5060");
    struct ip same = address_of('S');

    (void)state;
    assert_int_equal(sent_in_ms(&l, 0, 1000), 50);
    rtp_latch_signalled(&l, &other, &none, &from);
    assert_int_equal(sent_in_ms(&l, 1000, 2000), 2);
    rtp_latch_signalled(&l, &none, &none, &from); /* on hold in between */
    rtp_latch_signalled(&l, &same, &none, &from);
    assert_int_equal(sent_in_ms(&l, 3000, 2000), 2);
    rtp_latch_signalled(&l, &other, &none, &from); /* long after */
    assert_int_equal(sent_in_ms(&l, 60000, 1000), 50);
}

static void test_an_address_on_the_signalling_host(void **state)
{
    struct rtp_latch l = latch_of("192.0.2.1:5060");

    (void)state;
    assert_int_equal(sent_in_ms(&l, 0, 4000), 200);
}

static void test_sdp_moves_everything(void **state)
{
    struct rtp_latch l = latch_of("203.0.113.66:5060");
    struct ip other = ip_of("192.0.2.9:4000"), none = {0}, from = ip_of("203.0.113.66:5060");
    struct ip same = address_of('S');

    (void)state;
    step(&l, "S1");
    rtp_latch_signalled(&l, &same, &none, &from); /* a session refresh */
    assert_int_equal(sent_in_ms(&l, 0, 2000), 100);
    rtp_latch_signalled(&l, &other, &none, &from);
    assert_true(ip_same(&l.rtp, &other));
    assert_int_equal(l.rtcp.port, 4001);
    assert_int_equal(sent_in_ms(&l, 5000, 2000), 51); /* never heard from */
    assert_int_equal(step(&l, "S2"), 'r');
    rtp_latch_end(&l);
}

/* What was sent before SDP moved the far end arrives behind it; who stays is behind a NAT. */
static void test_the_address_that_was_left(void **state)
{
    struct rtp_latch l = latch_of("203.0.113.66:5060");
    struct ip other = ip_of("192.0.2.9:4000"), none = {0}, from = ip_of("203.0.113.66:5060");
    struct ip left = address_of('S');

    (void)state;
    step(&l, "S1");
    rtp_latch_signalled(&l, &other, &none, &from);
    for (uint16_t i = 2; i < RTP_LATCH_LEFT_PACKETS + 1; i++)
        assert_int_equal(rtp_latch_rtp(&l, &left, 1, i, i), RTP_LATCH_REFUSE);
    assert_true(ip_same(&l.rtp, &other));
    assert_int_equal(rtp_latch_rtp(&l, &left, 1, RTP_LATCH_LEFT_PACKETS + 1, 60), RTP_LATCH_MOVED);
}

static void test_nowhere_to_send(void **state)
{
    static const char *const nowhere[] = {"0.0.0.0:4000", "192.0.2.1:0", "[::]:4000",
                                          "224.0.1.75:4000"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(nowhere); i++) {
        struct rtp_latch l = {0};
        struct ip rtp = ip_of(nowhere[i]), none = {0};

        rtp_latch_signalled(&l, &rtp, &none, &rtp);
        assert_false(rtp_latch_may_send(&l, 0));
        assert_int_equal(step(&l, "N1"), 'r');
        assert_int_equal(step(&l, "s"), 'r');
    }
}

/* As RTP does, it moves once, and not away from where RTP has come from. */
static void test_who_has_proven_himself(void **state)
{
    struct rtp_latch l = latch_of("192.0.2.1:5060");
    struct ip n = address_of('N'), x = ip_of("203.0.113.66:4000");

    (void)state;
    assert_true(rtp_latch_proven(&l, &n));
    assert_true(ip_same(&l.rtp, &n));
    assert_int_equal(step(&l, "N1"), 'a');
    assert_false(rtp_latch_proven(&l, &x));
    l = latch_of("192.0.2.1:5060");
    assert_int_equal(step(&l, "S1"), 'a');
    assert_false(rtp_latch_proven(&l, &n));
    assert_int_equal(step(&l, "S2"), 'a');
}

/* Whoever may yet be latched to is not refused unseen, nor is the far end ever. */
static void test_who_is_refused_unseen(void **state)
{
    struct rtp_latch l = latch_of("192.0.2.1:5060"), nowhere = {0};
    struct ip n = address_of('N'), s = address_of('S');

    (void)state;
    assert_false(rtp_latch_refuses(&l, &n));
    assert_false(rtp_latch_refuses(&l, &s));
    assert_int_equal(step(&l, "S1"), 'a');
    assert_true(rtp_latch_refuses(&l, &n));
    assert_false(rtp_latch_refuses(&l, &s));
    assert_true(rtp_latch_refuses(&nowhere, &s));
}

/* What strangers send each millisecond, i of them before. */
struct strangers {
    const char *name;
    unsigned each_ms;
    struct ip (*from)(unsigned i);
    uint16_t (*sequence)(unsigned i);
};

static struct ip stranger(unsigned i)
{
    struct ip ip = ip_of("203.0.113.66:1");

    ip.port = (uint16_t)(i % 60000 + 1);
    ip.bytes[3] = (uint8_t)(i / 60000);
    return ip;
}

static struct ip new_each(unsigned i)
{
    return stranger(i);
}

static struct ip new_each_third(unsigned i)
{
    return stranger(i / 3);
}

static struct ip some(unsigned i)
{
    return stranger(i % (2 * RTP_LATCH_CANDIDATES));
}

static uint16_t up_to_three(unsigned i)
{
    return (uint16_t)(i % 3);
}

static uint16_t jumping(unsigned i)
{
    return (uint16_t)(i * 7);
}

/* In turns: one that jumps, two that follow. */
static uint16_t begun_anew(unsigned i)
{
    unsigned n = i / (2 * RTP_LATCH_CANDIDATES);

    return (uint16_t)(n / 3 * 100 + n % 3);
}

static const struct strangers strangers[] = {
    {"a new address each packet", 1, new_each, jumping},
    {"the same, five times as many", 5, new_each, jumping},
    {"three in sequence, then another address", 2, new_each_third, up_to_three},
    {"few addresses that jump", 2, some, jumping},
    {"few addresses that begin anew", 2, some, begun_anew},
};

static unsigned below(unsigned *random, unsigned limit)
{
    *random = *random * 1103515245 + 12345;
    return *random / 65536 % limit;
}

/* When the far end was latched to, which sends from 100 ms on, each 20 ms, more or less; 5000: it
 * was not. */
static unsigned latched_ms(const struct strangers *x)
{
    struct rtp_latch l = latch_of("192.0.2.1:5060");
    struct ip n = address_of('N');
    unsigned came = 0, random = 1, due_ms = 100, ms = 0;
    uint16_t sequence = 0;

    for (; ms < 5000 && !l.latched; ms++) {
        unsigned place = below(&random, x->each_ms + 1); /* among theirs */

        for (unsigned i = 0; i <= x->each_ms; i++) {
            struct ip from = x->from(came);

            if (i != place)
                rtp_latch_rtp(&l, &from, 2, x->sequence(came++), ms);
            else if (ms == due_ms)
                rtp_latch_rtp(&l, &n, 1, sequence++, ms);
        }
        if (ms == due_ms)
            due_ms += 15 + below(&random, 11);
    }
    assert_true(!l.latched || ip_same(&l.rtp, &n));
    rtp_latch_end(&l);
    return ms;
}

/* Nobody can keep a place but by what makes him the one: four in sequence. */
static void test_strangers_keep_nobody_out(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(strangers); k++) {
        unsigned ms = latched_ms(&strangers[k]);

        if (ms < 160 || ms >= 5000)
            fail_msg("%s: after %u ms", strangers[k].name, ms);
    }
}

static void test_latching_with_mux_takes_rtcp_along(void **state)
{
    struct rtp_latch l = {0};
    struct ip s = address_of('S'), n = address_of('N');

    (void)state;
    rtp_latch_signalled(&l, &s, &s, &s);
    for (int i = 1; i <= 4; i++)
        rtp_latch_rtp(&l, &n, 1, (uint16_t)i, 0);
    assert_true(ip_same(&l.rtcp, &n));
}

int main(void)
{
    static const struct CMUnitTest rest[] = {
        cmocka_unit_test(test_an_address_that_never_asked),
        cmocka_unit_test(test_stun_counts_as_heard),
        cmocka_unit_test(test_addresses_that_never_asked_share),
        cmocka_unit_test(test_an_address_on_the_signalling_host),
        cmocka_unit_test(test_sdp_moves_everything),
        cmocka_unit_test(test_the_address_that_was_left),
        cmocka_unit_test(test_nowhere_to_send),
        cmocka_unit_test(test_strangers_keep_nobody_out),
        cmocka_unit_test(test_latching_with_mux_takes_rtcp_along),
        cmocka_unit_test(test_who_has_proven_himself),
        cmocka_unit_test(test_who_is_refused_unseen),
    };

    return RUN_ROWS("rtp/latch", rows, check_row) +
           cmocka_run_group_tests_name("rtp/latch", rest, NULL, NULL);
}
