/* test_endpoint.c - two endpoints call each other; then what an endpoint answers to strangers. */

#include <stdio.h>
#include <string.h>

#include "tests/lib/rows.h"
#include "tests/lib/sip_rig.h"

/* --- both sides ------------------------------------------------------------------------------- */

/* Hands everything that from has sent and that was not yet delivered to the other one. */
static void carry(struct rig *from, struct rig *to, size_t *done)
{
    while (*done < from->n_sent) {
        const struct rig_sent *sent = &from->sent[(*done)++];

        sip_endpoint_receive(to->ep, &to->flow, (struct slice){sent->text, sent->n}, to->now_ms);
        rig_drain(to);
    }
}

static void check_call(void **state)
{
    struct rig *a = rig_new(SIP_UDP), *b = rig_new(SIP_UDP);
    size_t a_done = 0, b_done = 0;
    struct sip_call *call;

    (void)state;
    b->flow = (struct sip_flow){.transport = SIP_UDP,
                                .local = a->flow.remote,
                                .remote = a->flow.local};
    call = rig_call(a);
    carry(a, b, &a_done);
    assert_int_equal(rig_event_count(b, SIP_CALL_INCOMING), 1);
    assert_string_equal(rig_event(b, SIP_CALL_INCOMING, 0)->sdp, "o");
    sip_call_progress(b->call, 180, SLICE(""), b->now_ms);
    rig_drain(b);
    carry(b, a, &b_done);
    assert_int_equal(rig_event(a, SIP_CALL_PROGRESS, 0)->status, 180);
    sip_call_accept(b->call, SLICE("x"), b->now_ms);
    rig_drain(b);
    carry(b, a, &b_done);
    assert_string_equal(rig_event(a, SIP_CALL_ANSWERED, 0)->sdp, "x");
    carry(a, b, &a_done);
    assert_int_equal(rig_event_count(b, SIP_CALL_ACKED), 1);
    sip_call_hangup(call, a->now_ms);
    rig_drain(a);
    carry(a, b, &a_done);
    carry(b, a, &b_done);
    assert_int_equal(rig_event(a, SIP_CALL_ENDED, 0)->cause, SIP_END_LOCAL);
    assert_int_equal(rig_event(b, SIP_CALL_ENDED, 0)->cause, SIP_END_REMOTE);
    assert_int_equal(a->n_sent, 3); /* INVITE, ACK, BYE */
    assert_int_equal(b->n_sent, 3); /* 180, 200, 200 */
    rig_run(a, 60000);
    rig_run(b, 60000);
    assert_int_equal(a->n_sent, 3);
    assert_int_equal(b->n_sent, 3);
    assert_true(sip_endpoint_deadline_ms(a->ep) == NEVER_MS);
    assert_true(sip_endpoint_deadline_ms(b->ep) == NEVER_MS);
    rig_free(a);
    rig_free(b);
}

/* --- strangers -------------------------------------------------------------------------------- */

#define VIA "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKx\n"
#define REST                                                                                       \
    "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>\nCall-ID: c\nMax-Forwards: 70\n"     \
    "Contact: <sip:alice@192.0.2.2>\n"
#define IN_DIALOG                                                                                  \
    "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>;tag=none\nCall-ID: c\n"            \
    "Max-Forwards: 70\nContact: <sip:alice@192.0.2.2>\n"
#define SDP "Content-Type: application/sdp\n"

/* header: one that the answer must have, with this value; answer NULL: none. */
static const struct row {
    const char *name, *request, *answer, *header, *value;
} rows[] = {
    {"8.2.1: OPTIONS tells what we can",
     "OPTIONS sip:192.0.2.1 SIP/2.0\n" VIA REST "CSeq: 1 OPTIONS\nContent-Length: 0\n\n",
     "SIP/2.0 200 ", "Accept", "application/sdp"},
    {"8.2.1: a method that we know but have not",
     "REGISTER sip:192.0.2.1 SIP/2.0\n" VIA REST "CSeq: 1 REGISTER\nContent-Length: 0\n\n",
     "SIP/2.0 405 ", "Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, REFER"},
    {"21.5.2: a method that nobody knows",
     "DANCE sip:192.0.2.1 SIP/2.0\n" VIA REST "CSeq: 1 DANCE\nContent-Length: 0\n\n",
     "SIP/2.0 501 ", NULL, NULL},
    {"12.2.2: BYE in no dialog",
     "BYE sip:192.0.2.1 SIP/2.0\n" VIA IN_DIALOG "CSeq: 2 BYE\nContent-Length: 0\n\n",
     "SIP/2.0 481 ", NULL, NULL},
    {"12.2.2: BYE without To tag",
     "BYE sip:192.0.2.1 SIP/2.0\n" VIA REST "CSeq: 2 BYE\nContent-Length: 0\n\n", "SIP/2.0 481 ",
     NULL, NULL},
    {"12.2.2: INVITE in no dialog",
     "INVITE sip:192.0.2.1 SIP/2.0\n" VIA IN_DIALOG "CSeq: 2 INVITE\nContent-Length: 0\n\n",
     "SIP/2.0 481 ", NULL, NULL},
    {"9.2: CANCEL of nothing",
     "CANCEL sip:192.0.2.1 SIP/2.0\n" VIA REST "CSeq: 1 CANCEL\nContent-Length: 0\n\n",
     "SIP/2.0 481 ", NULL, NULL},
    {"17: an ACK of nothing is never answered",
     "ACK sip:192.0.2.1 SIP/2.0\n" VIA IN_DIALOG "CSeq: 1 ACK\nContent-Length: 0\n\n", NULL, NULL,
     NULL},
    {"8.2.2.3: Require",
     "INVITE sip:192.0.2.1 SIP/2.0\n" VIA REST
     "CSeq: 1 INVITE\nRequire: 100rel, foo\nRequire: bar\nContent-Length: 0\n\n",
     "SIP/2.0 420 ", "Unsupported", "100rel, foo, bar"},
    {"8.2.2.1: a scheme that is not ours",
     "INVITE http://192.0.2.1/ SIP/2.0\n" VIA REST "CSeq: 1 INVITE\nContent-Length: 0\n\n",
     "SIP/2.0 416 ", NULL, NULL},
    {"8.2.3: a body that is not SDP",
     "INVITE sip:192.0.2.1 SIP/2.0\n" VIA REST
     "CSeq: 1 INVITE\nContent-Type: text/plain\nContent-Length: 1\n\nx",
     "SIP/2.0 415 ", "Accept", "application/sdp"},
    {"8.2.3: a body that may be ignored",
     "INVITE sip:192.0.2.1 SIP/2.0\n" VIA REST
     "CSeq: 1 INVITE\nContent-Type: text/plain\nContent-Disposition: render;handling=optional\n"
     "Content-Length: 1\n\nx",
     "SIP/2.0 100 ", NULL, NULL},
    {"8.2.3: an encoding that we lack",
     "INVITE sip:192.0.2.1 SIP/2.0\n" VIA REST "CSeq: 1 INVITE\n" SDP
     "Content-Encoding: gzip\nContent-Length: 1\n\nx",
     "SIP/2.0 415 ", "Accept-Encoding", "identity"},
    {"8.1.1.8: INVITE without Contact",
     "INVITE sip:192.0.2.1 SIP/2.0\n" VIA
     "From: <sip:alice@192.0.2.2>;tag=a\nTo: <sip:bob@192.0.2.1>\nCall-ID: c\nMax-Forwards: 70\n"
     "CSeq: 1 INVITE\nContent-Length: 0\n\n",
     "SIP/2.0 400 ", NULL, NULL},
    {"a broken message that can be answered",
     "INVITE sip:192.0.2.1 SIP/2.0\n" VIA REST
     "CSeq: 1 INVITE\nMax-Forwards: many\nContent-Length: 0\n\n",
     "SIP/2.0 400 ", NULL, NULL},
    {"21.5.6: another version",
     "INVITE sip:192.0.2.1 SIP/3.0\n" VIA REST "CSeq: 1 INVITE\nContent-Length: 0\n\n",
     "SIP/2.0 505 ", NULL, NULL},
    {"a broken message that cannot be answered", "INVITE sip:192.0.2.1 SIP/2.0\nTo: x\n\n", NULL, NULL,
     NULL},
    {"no message at all", "hello", NULL, NULL, NULL},
    {"RFC 5626: a keep-alive", "\n\n", NULL, NULL, NULL},
    {"a response to nothing", "SIP/2.0 200 OK\n" VIA IN_DIALOG "CSeq: 1 INVITE\n\n", NULL, NULL, NULL},
    {"17.2.3: INVITE without the cookie",
     "INVITE sip:192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2\n" REST
     "CSeq: 1 INVITE\nContent-Length: 0\n\n",
     "SIP/2.0 100 ", NULL, NULL},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct rig *r = rig_new(SIP_UDP);

    rig_receive_from(r, &r->flow, row->request);
    rig_run(r, 150);
    assert_int_equal(r->n_sent, row->answer ? 1 : 0);
    if (row->answer && strncmp(r->sent[0].text, row->answer, strlen(row->answer)))
        fail_msg("got %.50s", r->sent[0].text);
    if (row->header)
        assert_string_equal(rig_header(&r->sent[0], row->header), row->value);
    if (row->answer)
        assert_true(ip_same(&r->sent[0].flow.remote, &r->flow.remote));
    assert_true(rig_comes_to_rest(r));
    rig_free(r);
}

/* --- where answers go: 18.2.2, RFC 3581 ------------------------------------------------------- */

static const struct way {
    const char *name, *via;
    unsigned char to[4];
    uint16_t port;
    const char *put; /* what Via must hold in the answer */
} ways[] = {
    {"to the source and the port of sent-by", "SIP/2.0/UDP 192.0.2.2:5070", {192, 0, 2, 2}, 5070, ""},
    {"port 5060 where sent-by has none", "SIP/2.0/UDP 192.0.2.2", {192, 0, 2, 2}, 5060, ""},
    {"a wrong host gets received", "SIP/2.0/UDP 10.0.0.1:5070", {192, 0, 2, 2}, 5070,
     ";received=192.0.2.2"},
    {"a name gets received", "SIP/2.0/UDP a.example", {192, 0, 2, 2}, 5060, ";received=192.0.2.2"},
    {"rport: to the port it came from", "SIP/2.0/UDP 10.0.0.1;rport", {192, 0, 2, 2}, 4444,
     ";rport=4444"},
    {"maddr of somebody else leads nowhere", "SIP/2.0/UDP 192.0.2.2;maddr=192.0.2.77",
     {192, 0, 2, 2}, 5060, ""},
};

static void check_way(void **state)
{
    const struct way *way = *state;
    struct rig *r = rig_new(SIP_UDP);
    char text[1024];

    r->flow.remote.port = 4444;
    snprintf(text, sizeof text,
             "OPTIONS sip:192.0.2.1 SIP/2.0\nVia: %s;branch=z9hG4bKx\n" REST
             "CSeq: 1 OPTIONS\nContent-Length: 0\n\n",
             way->via);
    rig_receive_from(r, &r->flow, text);
    assert_int_equal(r->n_sent, 1);
    assert_memory_equal(r->sent[0].flow.remote.bytes, way->to, 4);
    assert_int_equal(r->sent[0].flow.remote.port, way->port);
    assert_non_null(strstr(rig_header(&r->sent[0], "Via"), way->put));
    rig_free(r);
}

static void tcp_way(void **state)
{
    struct rig *r = rig_new(SIP_TCP);

    (void)state;
    r->flow.remote.port = 4444;
    rig_receive_from(r, &r->flow,
                     "OPTIONS sip:192.0.2.1 SIP/2.0\nVia: SIP/2.0/TCP 192.0.2.2:5070;branch=z9hG4bKx\n"
                     REST "CSeq: 1 OPTIONS\nContent-Length: 0\n\n");
    assert_int_equal(r->sent[0].flow.connection, 1);
    assert_int_equal(r->sent[0].flow.remote.port, 5070); /* should the connection be gone */
    rig_free(r);
}

/* --- limits ----------------------------------------------------------------------------------- */

static void invite(struct rig *r, unsigned i)
{
    rig_receive(r,
                "INVITE sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKi%u\n"
                "From: <sip:alice@192.0.2.2>;tag=a%u\nTo: <sip:bob@192.0.2.1>\nCall-ID: c%u\n"
                "CSeq: 1 INVITE\nContact: <sip:alice@192.0.2.2>\nMax-Forwards: 70\n"
                "Content-Length: 0\n\n",
                i, i, i);
}

static void half_open(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    for (unsigned i = 0; i < 70; i++)
        invite(r, i);
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 64);
    assert_int_equal(rig_count(r, "SIP/2.0 503"), 6);
    r->flow.remote.bytes[3] = 3; /* another source is not concerned */
    invite(r, 100);
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 65);
    assert_true(rig_comes_to_rest(r));
    r->flow.remote.bytes[3] = 2;
    rig_forget(r);
    invite(r, 101);
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 1);
    rig_free(r);
}

/* Whoever has one IPv6 address has all of its network. */
static void half_open_of_a_network(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    r->flow.remote = (struct ip){6, {0x20, 1, 0xd, 0xb8}, 5060, 0};
    for (unsigned i = 0; i < 70; i++) {
        r->flow.remote.bytes[8 + i % 8] = (uint8_t)i;
        invite(r, i);
    }
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 64);
    assert_int_equal(rig_count(r, "SIP/2.0 503"), 6);
    r->flow.remote.bytes[7] = 1; /* the network beside it */
    invite(r, 100);
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 65);
    assert_true(rig_comes_to_rest(r));
    rig_free(r);
}

static void half_open_of_all(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    for (unsigned i = 0; i < 600; i++) {
        r->flow.remote.bytes[2] = (uint8_t)(i >> 8);
        r->flow.remote.bytes[3] = (uint8_t)i;
        invite(r, i);
    }
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 512);
    assert_int_equal(rig_count(r, "SIP/2.0 503"), 88);
    rig_free(r);
}

/* A hundred sources take what they can get: who comes anew finds a place, some dozen times. */
static void half_open_for_newcomers(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        r->flow.remote.bytes[3] = (uint8_t)(i % 100);
        invite(r, i);
    }
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 496);
    for (unsigned i = 0; i < 16; i++) {
        r->flow.remote.bytes[3] = (uint8_t)(100 + i);
        invite(r, 2000 + i);
    }
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 512);
    rig_free(r);
}

/* All calls of an account come by its server. */
static void half_open_of_our_server(void **state)
{
    struct rig *r = rig_new(SIP_UDP);
    struct sip_flow server = r->flow;

    (void)state;
    rig_registered(r);
    for (unsigned i = 0; i < 480; i++) {
        r->flow.remote.bytes[2] = (uint8_t)(3 + (i >> 8));
        r->flow.remote.bytes[3] = (uint8_t)i;
        invite(r, i);
    }
    r->flow = server;
    for (unsigned i = 0; i < 32; i++)
        invite(r, 1000 + i);
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 512);
    rig_free(r);
}

/* Whoever allows a hundred calls may be called by a hundred at once, by way of one server. */
static void half_open_as_allowed(void **state)
{
    struct rng rng = rng_seeded(1);
    struct sip_endpoint_config config = {.rng = &rng, .user_agent = "t", .max_calls = 100};
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    sip_endpoint_free(r->ep);
    r->ep = sip_endpoint_new(&config);
    for (unsigned i = 0; i < 110; i++)
        invite(r, i);
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 100);
    rig_free(r);
}

/* A call comes in, and the owner has room for so many more. */
static void invite_with_room(struct rig *r, unsigned i, unsigned room)
{
    size_t n = rig_event_count(r, SIP_CALL_INCOMING);

    invite(r, i);
    if (rig_event_count(r, SIP_CALL_INCOMING) == n)
        return;
    sip_endpoint_set_left(r->ep, room - n - 1);
    sip_call_accept(r->call, SLICE("x"), r->now_ms);
    rig_drain(r);
}

/* One source alone gets three quarters of what there is room for; others get theirs still. */
static void room_is_shared(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    for (unsigned i = 0; i < 12; i++)
        invite_with_room(r, i, 8);
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 6);
    assert_int_equal(rig_count(r, "SIP/2.0 486"), 6);
    r->flow.remote.bytes[3] = 3;
    invite_with_room(r, 100, 8);
    invite_with_room(r, 101, 8);
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 8);
    r->flow.remote.bytes[3] = 2;
    assert_true(rig_comes_to_rest(r)); /* no ACK came */
    rig_forget(r);
    invite_with_room(r, 200, 8);
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 1);
    rig_free(r);
}

static void our_server_has_all_of_it(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_registered(r);
    for (unsigned i = 0; i < 8; i++)
        invite_with_room(r, i, 8);
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 8);
    rig_free(r);
}

static void max_calls(void **state)
{
    struct rng rng = rng_seeded(1);
    struct sip_endpoint_config config = {.rng = &rng, .user_agent = "t", .max_calls = 1};
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    sip_endpoint_free(r->ep);
    r->ep = sip_endpoint_new(&config);
    invite(r, 1);
    invite(r, 2);
    assert_int_equal(rig_count(r, "SIP/2.0 486"), 1);
    sip_call_reject(r->call, 404, SLICE(""), SLICE(""), r->now_ms);
    rig_drain(r);
    invite(r, 3);
    assert_int_equal(rig_count(r, "SIP/2.0 486"), 1);
    rig_free(r);
}

static void max_transactions(void **state)
{
    struct rng rng = rng_seeded(1);
    struct sip_endpoint_config config = {.rng = &rng, .user_agent = "t", .max_transactions = 3};
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    sip_endpoint_free(r->ep);
    r->ep = sip_endpoint_new(&config);
    for (unsigned i = 0; i < 4; i++)
        invite(r, i);
    assert_int_equal(rig_count(r, "SIP/2.0 503"), 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 3);
    rig_receive(r, "CANCEL sip:bob@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKi0\n"
                   "From: <sip:alice@192.0.2.2>;tag=a0\nTo: <sip:bob@192.0.2.1>\nCall-ID: c0\n"
                   "CSeq: 1 CANCEL\nMax-Forwards: 70\nContent-Length: 0\n\n");
    assert_int_equal(rig_count(r, "SIP/2.0 503"), 1);
    assert_int_equal(rig_count(r, "SIP/2.0 200"), 1);
    assert_int_equal(rig_count(r, "SIP/2.0 487"), 1);
    assert_int_equal(rig_event(r, SIP_CALL_ENDED, 0)->cause, SIP_END_CANCELLED);
    rig_free(r);
}

/* RFC 3261 8.2.7: what belongs to no call is answered and forgotten. */
static void keeps_nothing(void **state)
{
    static const char *const methods[] = {"OPTIONS", "BYE", "CANCEL", "REGISTER", "DANCE"};
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        for (unsigned copy = 0; copy < 2; copy++)
            rig_receive(r, "%s sip:192.0.2.1 SIP/2.0\n" VIA REST "CSeq: 1 %s\nContent-Length: 0\n\n",
                        methods[i], methods[i]);
    assert_true(sip_endpoint_deadline_ms(r->ep) == NEVER_MS);
    assert_int_equal(r->n_sent, 2 * ARRAY_LEN(methods));
    for (size_t i = 0; i < r->n_sent; i += 2)
        assert_string_equal(r->sent[i].text, r->sent[i + 1].text);
    assert_true(rig_comes_to_rest(r));
    rig_free(r);
}

static void merged(void **state)
{
    struct rig *r = rig_new(SIP_UDP);

    (void)state;
    rig_invited(r, "1");
    rig_invited(r, "2"); /* the same request by another way */
    assert_int_equal(rig_count(r, "SIP/2.0 482"), 1);
    assert_int_equal(rig_event_count(r, SIP_CALL_INCOMING), 1);
    rig_free(r);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        {"a call, from INVITE to BYE", check_call, 0, 0, 0},
        {"18.2.2: over TCP on the same connection", tcp_way, 0, 0, 0},
        {"64 INVITEs without ACK of one source", half_open, 0, 0, 0},
        {"64 INVITEs without ACK of one IPv6 network", half_open_of_a_network, 0, 0, 0},
        {"512 INVITEs without ACK of all sources", half_open_of_all, 0, 0, 0},
        {"some of them for sources that have none yet", half_open_for_newcomers, 0, 0, 0},
        {"and for a server of ours", half_open_of_our_server, 0, 0, 0},
        {"100 of one source where 100 calls are allowed", half_open_as_allowed, 0, 0, 0},
        {"no more calls than allowed", max_calls, 0, 0, 0},
        {"one source gets three quarters of the room", room_is_shared, 0, 0, 0},
        {"but a server of ours all of it", our_server_has_all_of_it, 0, 0, 0},
        {"no more transactions than allowed", max_transactions, 0, 0, 0},
        {"8.2.7: nothing is kept for what belongs to no call", keeps_nothing, 0, 0, 0},
        {"8.2.2.2: merged requests", merged, 0, 0, 0},
    };
    return RUN_ROWS("sip/endpoint", rows, check_row) +
           RUN_ROWS("sip/endpoint ways", ways, check_way) +
           cmocka_run_group_tests_name("sip/endpoint", others, NULL, NULL);
}
