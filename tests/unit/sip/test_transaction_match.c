/* test_transaction_match.c - which message belongs to a transaction (RFC 3261 17.1.3, 17.2.3,
 * 8.2.2.2, 9.2). */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sip/parse.h"
#include "sip/transaction_match.h"
#include "tests/lib/rows.h"

/* What may differ between two requests; what is not said is as in any other. */
struct marks {
    bool old; /* no cookie in the branch */
    const char *method, *uri, *via, *from_tag, *to_tag, *call_id;
    unsigned cseq;
};

static const struct row {
    const char *name;
    struct marks first, then;
    bool matches;
} rows[] = {
    {"the same", {0}, {0}, true},
    {"another branch", {0}, {.via = "SIP/2.0/UDP h:5070;branch=z9hG4bKy"}, false},
    {"a branch in other letters", {0}, {.via = "SIP/2.0/UDP h:5070;branch=z9hG4bKX"}, false},
    {"another host in sent-by", {0}, {.via = "SIP/2.0/UDP i:5070;branch=z9hG4bKx"}, false},
    {"another port in sent-by", {0}, {.via = "SIP/2.0/UDP h;branch=z9hG4bKx"}, false},
    {"host in other letters", {0}, {.via = "SIP/2.0/UDP H:5070;branch=z9hG4bKx"}, true},
    {"parameters in another order",
     {0},
     {.via = "SIP/2.0/UDP h:5070;rport;branch=z9hG4bKx"},
     true},
    {"another method", {0}, {.method = "OPTIONS"}, false},
    {"CANCEL has a transaction of its own", {0}, {.method = "CANCEL"}, false},
    {"ACK within the INVITE's", {0}, {.method = "ACK", .to_tag = "t"}, true},
    {"ACK to no INVITE", {.method = "OPTIONS"}, {.method = "ACK"}, false},
    {"with the cookie the rest does not count",
     {0},
     {.call_id = "d", .cseq = 9, .uri = "sip:z@h"},
     true},
    {"the cookie in other letters is none", {0}, {.via = "SIP/2.0/UDP h:5070;branch=Z9Hg4bKx"},
     false},

    {"RFC 2543: the same", {.old = true}, {.old = true}, true},
    {"RFC 2543: another branch", {.old = true}, {.old = true, .via = "SIP/2.0/UDP h:5070;branch=2"}, false},
    {"RFC 2543: another Request-URI", {.old = true}, {.old = true, .uri = "sip:z@h"}, false},
    {"RFC 2543: another From tag", {.old = true}, {.old = true, .from_tag = "g"}, false},
    {"RFC 2543: another Call-ID", {.old = true}, {.old = true, .call_id = "d"}, false},
    {"RFC 2543: another CSeq", {.old = true}, {.old = true, .cseq = 2}, false},
    {"RFC 2543: another method", {.old = true}, {.old = true, .method = "OPTIONS"}, false},
    {"RFC 2543: ACK with the To tag of the response", {.old = true}, {.old = true, .method = "ACK", .to_tag = "t"},
     true},
    {"RFC 2543: no branch at all", {.old = true, .via = "SIP/2.0/UDP h"}, {.old = true, .via = "SIP/2.0/UDP h"}, true},
};

struct bench {
    struct rng rng;
    struct sip_out out;
    struct sip_alarms alarms;
    uint64_t last_key;
    struct sip_tx_pool pool;
    char text[1024];
    struct sip_msg msg;
};

static const struct sip_flow flow = {
    .transport = SIP_UDP,
    .local = {4, {192, 0, 2, 1}, 5060, 0},
    .remote = {4, {192, 0, 2, 2}, 5060, 0},
};

static void start(struct bench *b)
{
    *b = (struct bench){.rng = rng_seeded(1)};
    sip_out_init(&b->out);
    b->pool = (struct sip_tx_pool){
        .out = &b->out, .alarms = &b->alarms, .last_key = &b->last_key, .max = 10, .max_bytes = 1200};
    sip_tx_pool_init(&b->pool, &b->rng);
}

static void stop(struct bench *b)
{
    sip_tx_pool_free(&b->pool);
    assert_int_equal(b->pool.n, 0);
    sip_out_clear(&b->out);
    sip_alarms_free(&b->alarms);
}

static const char *or(const char *said, const char *usual)
{
    return said ? said : usual;
}

static const struct sip_msg *message(struct bench *b, const struct marks *m)
{
    const char *method = or(m->method, "INVITE");

    snprintf(b->text, sizeof b->text,
             "%s %s SIP/2.0\r\nVia: %s\r\nFrom: <sip:a@h>;tag=%s\r\nTo: <sip:b@h>%s%s\r\n"
             "Call-ID: %s\r\nCSeq: %u %s\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
             method, or(m->uri, "sip:b@h"),
             or(m->via, m->old ? "SIP/2.0/UDP h:5070;branch=1" : "SIP/2.0/UDP h:5070;branch=z9hG4bKx"),
             or(m->from_tag, "f"), m->to_tag ? ";tag=" : "", or(m->to_tag, ""), or(m->call_id, "c"),
             m->cseq ? m->cseq : 1, method);
    assert_int_equal(sip_parse(slice_of(b->text), true, &b->msg), 0);
    return &b->msg;
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct bench b;
    struct sip_tx *tx, *found;

    start(&b);
    assert_int_equal(sip_tx_server_new(&b.pool, &flow, message(&b, &row->first), &tx, 1000), 0);
    found = sip_tx_match_request(&b.pool, message(&b, &row->then));
    assert_ptr_equal(found, row->matches ? tx : NULL);
    stop(&b);
}

static void cancel(void **state)
{
    static const struct marks invite = {0}, same = {.method = "CANCEL"},
                              other = {.method = "CANCEL",
                                       .via = "SIP/2.0/UDP h:5070;branch=z9hG4bKy"},
                              old = {.old = true, .call_id = "old"},
                              old_cancel = {.old = true, .call_id = "old", .method = "CANCEL"};
    struct sip_tx *tx;
    struct bench b;

    (void)state;
    start(&b);
    assert_int_equal(sip_tx_server_new(&b.pool, &flow, message(&b, &invite), &tx, 1000), 0);
    assert_ptr_equal(sip_tx_match_cancel(&b.pool, message(&b, &same)), tx);
    assert_null(sip_tx_match_cancel(&b.pool, message(&b, &other)));
    assert_int_equal(sip_tx_server_new(&b.pool, &flow, message(&b, &old), &tx, 1000), 0);
    assert_ptr_equal(sip_tx_match_cancel(&b.pool, message(&b, &old_cancel)), tx);
    stop(&b);
}

static void merged(void **state)
{
    static const struct marks first = {0}, way = {.via = "SIP/2.0/UDP i;branch=z9hG4bKy"},
                              next = {.cseq = 2}, in_dialog = {.to_tag = "t"};
    struct sip_tx *tx;
    struct bench b;

    (void)state;
    start(&b);
    assert_false(sip_tx_is_merged(&b.pool, message(&b, &first)));
    assert_int_equal(sip_tx_server_new(&b.pool, &flow, message(&b, &first), &tx, 1000), 0);
    assert_true(sip_tx_is_merged(&b.pool, message(&b, &way)));
    assert_false(sip_tx_is_merged(&b.pool, message(&b, &next)));
    assert_false(sip_tx_is_merged(&b.pool, message(&b, &in_dialog)));
    stop(&b);
}

static const struct answer {
    const char *name, *text;
    bool matches;
} answers[] = {
    {"branch and method", "branch=z9hG4bKx\r\nCSeq: 1 INVITE", true},
    {"another branch", "branch=z9hG4bKy\r\nCSeq: 1 INVITE", false},
    {"the CANCEL's answer", "branch=z9hG4bKx\r\nCSeq: 1 CANCEL", false},
    {"no branch", "x=y\r\nCSeq: 1 INVITE", false},
};

static void responses(void **state)
{
    static const struct marks invite = {0};
    struct sip_tx *tx;
    struct bench b;

    (void)state;
    start(&b);
    message(&b, &invite);
    assert_int_equal(
        sip_tx_client_new(&b.pool, &flow, slice_of(b.text), NULL, NULL, &tx, 1000), 0);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        snprintf(b.text, sizeof b.text,
                 "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h:5070;%s\r\nFrom: <sip:a@h>;tag=f\r\n"
                 "To: <sip:b@h>;tag=t\r\nCall-ID: c\r\nContent-Length: 0\r\n\r\n",
                 answers[i].text);
        assert_int_equal(sip_parse(slice_of(b.text), true, &b.msg), 0);
        assert_ptr_equal(sip_tx_match_response(&b.pool, &b.msg), answers[i].matches ? tx : NULL);
    }
    stop(&b);
}

static unsigned half_open(const struct bench *b)
{
    const struct sip_source *source = sip_source_find(&b->pool.sources, &flow.remote);

    return source ? source->half_open : 0;
}

static void limits(void **state)
{
    struct marks invite = {0};
    struct sip_tx *tx;
    struct bench b;

    (void)state;
    start(&b);
    for (unsigned i = 0; i < 10; i++) {
        char via[64];

        snprintf(via, sizeof via, "SIP/2.0/UDP h;branch=z9hG4bK%u", i);
        invite.via = via;
        assert_int_equal(sip_tx_server_new(&b.pool, &flow, message(&b, &invite), &tx, 1000), 0);
        assert_int_equal(half_open(&b), i + 1);
    }
    invite.via = "SIP/2.0/UDP h;branch=z9hG4bKlast";
    assert_true(sip_tx_server_new(&b.pool, &flow, message(&b, &invite), &tx, 1000) != 0);
    assert_int_equal(half_open(&b), 10);
    sip_tx_acknowledged(tx);
    assert_int_equal(half_open(&b), 9);
    assert_int_equal(b.pool.half_open, 9);
    assert_ptr_equal(sip_tx_by_key(&b.pool, sip_tx_key(tx)), tx);
    assert_null(sip_tx_by_key(&b.pool, 999));
    stop(&b);
}

/* Answers that are kept are counted by their bytes, and given back when they have arrived. */
static void bytes(void **state)
{
    static const struct marks of[] = {{.method = "INFO", .via = "SIP/2.0/UDP h;branch=z9hG4bK1"},
                                      {.via = "SIP/2.0/UDP h;branch=z9hG4bK2"},
                                      {.method = "INFO", .via = "SIP/2.0/UDP h;branch=z9hG4bK3"}};
    char text[600] = {0};
    struct slice answer = {text, sizeof text};
    struct sip_tx *info, *invite, *more;
    struct bench b;

    (void)state;
    start(&b);
    assert_int_equal(sip_tx_server_new(&b.pool, &flow, message(&b, &of[0]), &info, 1000), 0);
    assert_int_equal(sip_tx_respond(info, 200, answer, 1000), 0);
    assert_int_equal(sip_tx_server_new(&b.pool, &flow, message(&b, &of[1]), &invite, 1000), 0);
    assert_int_equal(sip_tx_respond(invite, 200, answer, 1000), 0);
    assert_true(b.pool.bytes >= 1200);
    assert_int_equal(sip_tx_server_new(&b.pool, &flow, message(&b, &of[2]), &more, 1000), -ENOBUFS);
    sip_tx_acknowledged(invite);
    assert_true(b.pool.bytes >= 600 && b.pool.bytes < 1200);
    assert_int_equal(sip_tx_server_new(&b.pool, &flow, message(&b, &of[2]), &more, 1000), 0);
    sip_tx_forget(info);
    assert_int_equal(b.pool.bytes, 0);
    stop(&b);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        {"9.2: CANCEL finds its INVITE", cancel, 0, 0, 0},
        {"8.2.2.2: merged requests", merged, 0, 0, 0},
        {"17.1.3: responses", responses, 0, 0, 0},
        {"limits: bytes of answers", bytes, 0, 0, 0},
        {"limits: transactions, and half-open ones of a source", limits, 0, 0, 0},
    };

    return RUN_ROWS("sip/transaction_match", rows, check_row) +
           cmocka_run_group_tests_name("sip/transaction_match", others, NULL, NULL);
}
