/* A stream and packets of others: a far end made by hand, and who is none. */
#include "net/address.h"
#include "net/rtp_pair.h"
#include "rtp/loss.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "tests/unit/phone/streams.h"

/* --- strangers -------------------------------------------------------------------------------- */

struct stranger {
    struct net_rtp_pair pair;
    uint16_t sequence;
    uint32_t ssrc;
    uint8_t type; /* of payload */
};

static struct stranger stranger_new(uint32_t ssrc)
{
    struct stranger x = {.sequence = 100, .ssrc = ssrc};
    struct rng rng = rng_system();
    struct ip local = streams_loopback();

    assert_int_equal(net_rtp_pair_open(&local, 40000, 60000, &rng, &x.pair), 0);
    return x;
}

static void send_from(struct stranger *x, uint16_t port, unsigned n)
{
    struct ip to_ip = streams_loopback();
    struct net_sockaddr to;

    to_ip.port = port;
    to = net_sockaddr_of(&to_ip);
    for (unsigned i = 0; i < n; i++, x->sequence++) {
        unsigned char bytes[RTP_HEADER_BYTES + 160] = {0};
        struct rtp_packet packet = {.payload_type = x->type,
                                    .sequence = x->sequence,
                                    .ssrc = x->ssrc,
                                    .timestamp = x->sequence * 160u};

        rtp_packet_print(&packet, bytes);
        assert_int_equal(
            net_rtp_send(x->pair.rtp_fd, &to, (struct slice){(char *)bytes, sizeof bytes}), 0);
    }
}

static unsigned received_by(struct stranger *x, bool rtcp, struct slice *last)
{
    static char bytes[2048];
    unsigned n = 0;
    struct ip from;
    ptrdiff_t got;

    while ((got = net_rtp_recv(rtcp ? x->pair.rtcp_fd : x->pair.rtp_fd, bytes, sizeof bytes,
                               &from)) > 0) {
        n++;
        if (last)
            *last = (struct slice){bytes, (size_t)got};
    }
    return n;
}

static void drop(struct stranger *x)
{
    (void)received_by(x, false, NULL);
    (void)received_by(x, true, NULL);
}

static void test_a_stranger_cannot_take_a_running_call(void **state)
{
    struct streams *w = streams_new(NULL);
    struct stranger x = stranger_new(7);

    (void)state;
    streams_start(w, "PCMU");
    streams_wait(w, &w->a.told[MEDIA_FIRST_PACKET], 1);
    send_from(&x, media_stream_port(w->a.stream), 30);
    loop_run_ms(&w->loop, 200);
    assert_int_equal(received_by(&x, false, NULL), 0);
    assert_int_equal(streams_stats(w, &w->a).packets_refused, 30);
    streams_stop(w);
    net_rtp_pair_close(&x.pair);
    streams_free(w);
}

/* The far end sits behind a NAT: SDP names an address from which nothing ever comes. */
static void test_the_address_latches_to_four_packets(void **state)
{
    struct streams *w = streams_new(NULL);
    struct stranger dead = stranger_new(1), nat = stranger_new(2);
    struct media_params p = streams_params(dead.pair.local.port, "PCMU");

    (void)state;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    send_from(&nat, media_stream_port(w->a.stream), 3);
    loop_run_ms(&w->loop, 100);
    assert_int_equal(received_by(&nat, false, NULL), 0);
    assert_true(received_by(&dead, false, NULL) > 0);
    send_from(&nat, media_stream_port(w->a.stream), 1);
    loop_run_ms(&w->loop, 100);
    assert_true(received_by(&nat, false, NULL) > 0);
    (void)received_by(&dead, false, NULL);
    loop_run_ms(&w->loop, 100);
    assert_int_equal(received_by(&dead, false, NULL), 0);
    streams_stop(w);
    net_rtp_pair_close(&dead.pair);
    net_rtp_pair_close(&nat.pair);
    streams_free(w);
}

/* SDP names a host that the signalling does not come from, and that never sends. */
static void test_a_victim_gets_fifty_packets(void **state)
{
    struct streams *w = streams_new(NULL);
    struct stranger victim = stranger_new(1);
    struct media_params p = streams_params(victim.pair.local.port, "PCMU");
    unsigned n;

    (void)state;
    assert_int_equal(ip_parse(SLICE("127.0.0.2"), &p.signalling), 0);
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    loop_run_ms(&w->loop, 1600);
    n = received_by(&victim, false, NULL) + received_by(&victim, true, NULL);
    assert_in_range(n, 49, 52);
    streams_stop(w);
    net_rtp_pair_close(&victim.pair);
    streams_free(w);
}

/* Ten packets in two seconds, however the machine stands still: who is given one a second has three
 * at most. */
static void expect_all(struct streams *w, struct stranger *far)
{
    unsigned n = 0;

    for (unsigned i = 0; i < 100 && n < 10; i++) {
        loop_run_ms(&w->loop, 20);
        n += received_by(far, false, NULL);
    }
    assert_true(n >= 10);
}

/* Until it says by STUN that it wants them. What only looks like STUN says nothing. */
static void test_who_asks_by_stun_gets_all(void **state)
{
    static const char stun[] = "\0\1\0\0\x21\x12\xa4\x42............";
    struct streams *w = streams_new(NULL);
    struct stranger far = stranger_new(1);
    struct media_params p = streams_params(far.pair.local.port, "PCMU");
    struct ip to_ip = streams_loopback();
    struct net_sockaddr to;

    (void)state;
    assert_int_equal(ip_parse(SLICE("127.0.0.2"), &p.signalling), 0);
    to_ip.port = media_stream_port(w->a.stream);
    to = net_sockaddr_of(&to_ip);
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    (void)streams_wait_sent(w, &w->a, 45); /* and some reports: hardly any are left of 50 */
    loop_run_ms(&w->loop, 400);
    drop(&far);
    assert_int_equal(net_rtp_send(far.pair.rtp_fd, &to, (struct slice){stun, 19}), 0);
    loop_run_ms(&w->loop, 300);
    assert_true(received_by(&far, false, NULL) <= 2);
    assert_int_equal(net_rtp_send(far.pair.rtp_fd, &to, (struct slice){stun, 20}), 0);
    expect_all(w, &far);
    assert_int_equal(streams_stats(w, &w->a).packets_refused, 1);
    streams_stop(w);
    net_rtp_pair_close(&far.pair);
    streams_free(w);
}

/* RFC 3550 6.3.7: who sent leaves with a BYE. */
static void test_the_end_is_told_in_rtcp(void **state)
{
    struct streams *w = streams_new(NULL);
    struct stranger peer = stranger_new(1);
    struct media_params p = streams_params(peer.pair.local.port, "PCMU");
    struct slice last = {0};
    struct rtcp_packet packet = {.type = 0};

    (void)state;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    loop_run_ms(&w->loop, 100);
    streams_stop(w);
    assert_true(received_by(&peer, true, &last) > 0);
    assert_int_equal(rtcp_check(last), 0);
    while (rtcp_next(&last, &packet) == 0)
        ;
    assert_int_equal(packet.type, RTCP_BYE);
    net_rtp_pair_close(&peer.pair);
    streams_free(w);
}

/* --- a far end made by hand ------------------------------------------------------------------- */

static struct media_stream *call_by_hand(struct streams *w, struct stranger *peer)
{
    struct media_params p = streams_params(peer->pair.local.port, "PCMU");

    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    send_from(peer, media_stream_port(w->a.stream), 3);
    streams_wait(w, &w->a.told[MEDIA_FIRST_PACKET], 1);
    return w->a.stream;
}

static uint32_t ssrc_seen_by(struct stranger *peer)
{
    struct slice last = {0};
    struct rtp_packet packet = {.ssrc = 0};

    assert_true(received_by(peer, false, &last) > 0);
    assert_int_equal(rtp_packet_parse(last, &packet), 0);
    return packet.ssrc;
}

static void send_rtcp(struct stranger *peer, uint16_t rtp_port, const struct rtcp_compound *what)
{
    uint8_t bytes[RTCP_PRINT_MAX];
    struct ip to_ip = streams_loopback();
    struct net_sockaddr to;
    size_t n = rtcp_print(what, bytes);

    to_ip.port = (uint16_t)(rtp_port + 1);
    to = net_sockaddr_of(&to_ip);
    assert_int_equal(net_rtp_send(peer->pair.rtcp_fd, &to, (struct slice){(char *)bytes, n}), 0);
}

static void test_reports_and_bye_of_the_far_end(void **state)
{
    struct streams *w = streams_new(NULL);
    struct stranger peer = stranger_new(5);
    uint16_t port = media_stream_port(call_by_hand(w, &peer));
    struct rtcp_report report = {.fraction_lost = 64, .jitter = 80};
    struct rtcp_compound what = {
        .ssrc = 5, .reports = &report, .n_reports = 1, .cname = SLICE("x")};
    struct media_stats stats;

    (void)state;
    assert_true(streams_stats(w, &w->a).remote_lost_percent < 0);
    loop_run_ms(&w->loop, 50);
    report.ssrc = ssrc_seen_by(&peer);
    send_rtcp(&peer, port, &what);
    loop_run_ms(&w->loop, 50);
    stats = streams_stats(w, &w->a);
    assert_true(stats.remote_lost_percent == 25);
    assert_true(stats.remote_jitter_ms == 10);
    assert_true(stats.round_trip_ms < 0); /* it has seen no SR of ours */
    what.bye = true;
    send_rtcp(&peer, port, &what);
    streams_wait(w, &w->a.told[MEDIA_REMOTE_BYE], 1);
    streams_stop(w);
    net_rtp_pair_close(&peer.pair);
    streams_free(w);
}

static struct rtcp_report last_report_to(struct stranger *peer)
{
    struct rtcp_report report = {.fraction_lost = 255};
    struct rtcp_packet packet;
    struct slice last = {0};

    assert_true(received_by(peer, true, &last) > 0);
    while (rtcp_next(&last, &packet) == 0)
        if ((packet.type == RTCP_SR || packet.type == RTCP_RR) && packet.count == 1)
            report = rtcp_report_at(&packet, 0);
    return report;
}

/* RFC 3551 3: a payload type that was not agreed on is ignored. Its packets have come all the same,
 * as the far end is told; those of another source belong to no sequence of ours. */
static void test_unknown_payload_types_are_not_lost(void **state)
{
    struct streams *w = streams_new(NULL);
    struct stranger peer = stranger_new(5);
    uint16_t port = media_stream_port(call_by_hand(w, &peer));
    struct rtcp_report report;

    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        peer.type = 77;
        send_from(&peer, port, 1);
        peer.type = 0;
        send_from(&peer, port, 4);
    }
    peer.type = 77;
    peer.ssrc = 6;
    peer.sequence = 9000;
    send_from(&peer, port, 5);
    loop_run_ms(&w->loop, 100);
    assert_int_equal(streams_stats(w, &w->a).packets_received, 43);
    assert_int_equal(streams_stats(w, &w->a).packets_refused, 15);
    assert_int_equal(streams_stats(w, &w->a).lost, 0);
    drop(&peer);
    streams_stop(w);
    report = last_report_to(&peer);
    assert_int_equal(report.ssrc, 5);
    assert_int_equal(report.lost, 0);
    assert_int_equal(report.fraction_lost, 0);
    assert_int_equal(report.extended_sequence, 100 + 3 + 50 - 1);
    net_rtp_pair_close(&peer.pair);
    streams_free(w);
}

/* What a network held back for a second and then lets go at once is more than is played late: who
 * hears the rest of it has missed a part. */
static void test_what_is_thrown_away_is_missing(void **state)
{
    struct streams *w = streams_new(NULL);
    struct stranger peer = stranger_new(5);
    struct media_stream *stream = call_by_hand(w, &peer);
    uint16_t port = media_stream_port(stream);
    struct media_stats stats;

    (void)state;
    media_stream_record(stream, w->a.record, PHONE_SIDES_HEARD);
    for (unsigned i = 0; i < 10; i++) {
        send_from(&peer, port, 1);
        loop_run_ms(&w->loop, 20);
    }
    loop_run_ms(&w->loop, 1000);
    send_from(&peer, port, 50);
    for (unsigned i = 0; i < RTP_LOSS_WAIT; i++) {
        loop_run_ms(&w->loop, 20);
        send_from(&peer, port, 1);
    }
    stats = streams_stats(w, &w->a);
    assert_int_equal(stats.lost, 0);
    assert_in_range(stats.left.lost, 10, 40);
    assert_in_range(stats.left.runs, 1, 3);
    streams_stop(w);
    net_rtp_pair_close(&peer.pair);
    streams_free(w);
}

/* RFC 3550 8.2: whoever hears its own SSRC from the other side says BYE and takes another. */
static void test_a_collision_of_ssrcs(void **state)
{
    struct streams *w = streams_new(NULL);
    struct stranger peer = stranger_new(5);
    uint16_t port = media_stream_port(call_by_hand(w, &peer));
    uint32_t before;

    (void)state;
    loop_run_ms(&w->loop, 50);
    before = ssrc_seen_by(&peer);
    peer.ssrc = before;
    send_from(&peer, port, 1);
    loop_run_ms(&w->loop, 100);
    assert_true(ssrc_seen_by(&peer) != before);
    assert_true(received_by(&peer, true, NULL) > 0);
    streams_stop(w);
    net_rtp_pair_close(&peer.pair);
    streams_free(w);
}

/* And once only: who sends us back what we say is no collision. */
static void test_sound_that_comes_back(void **state)
{
    struct streams *w = streams_new(NULL);
    struct stranger peer = stranger_new(5);
    uint16_t port = media_stream_port(call_by_hand(w, &peer));
    uint32_t first;

    (void)state;
    loop_run_ms(&w->loop, 50);
    peer.ssrc = ssrc_seen_by(&peer);
    send_from(&peer, port, 1);
    loop_run_ms(&w->loop, 100);
    first = ssrc_seen_by(&peer);
    drop(&peer);
    for (unsigned i = 0; i < 3; i++) {
        peer.ssrc = first;
        send_from(&peer, port, 1);
        loop_run_ms(&w->loop, 60);
        assert_int_equal(ssrc_seen_by(&peer), first);
    }
    assert_int_equal(received_by(&peer, true, NULL), 0);
    streams_stop(w);
    net_rtp_pair_close(&peer.pair);
    streams_free(w);
}

static void test_our_ssrc_of_a_stranger_changes_nothing(void **state)
{
    struct streams *w = streams_new(NULL);
    struct stranger peer = stranger_new(5), x = stranger_new(0);
    uint16_t port = media_stream_port(call_by_hand(w, &peer));

    (void)state;
    loop_run_ms(&w->loop, 50);
    x.ssrc = ssrc_seen_by(&peer);
    drop(&peer);
    send_from(&x, port, 5);
    loop_run_ms(&w->loop, 100);
    assert_int_equal(ssrc_seen_by(&peer), x.ssrc);
    assert_int_equal(received_by(&peer, true, NULL), 0);
    assert_int_equal(received_by(&x, false, NULL), 0);
    streams_stop(w);
    net_rtp_pair_close(&peer.pair);
    net_rtp_pair_close(&x.pair);
    streams_free(w);
}

static void test_junk_on_both_ports_is_counted_and_nothing_else(void **state)
{
    static const char *const junk[] = {"",
                                       "x",
                                       "\x80",
                                       "\x80\xc8",
                                       "GET / HTTP/1.1\r\n\r\n",
                                       "\x9f\x80 too many CSRCs",
                                       "\x16\xfe\xfd not DTLS"};
    struct streams *w = streams_new(NULL);
    struct stranger peer = stranger_new(5);
    uint16_t port = media_stream_port(call_by_hand(w, &peer));

    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_LEN(junk); i++) {
        struct ip to_ip = streams_loopback();
        struct net_sockaddr to;

        to_ip.port = (uint16_t)(port + i % 2);
        to = net_sockaddr_of(&to_ip);
        (void)net_rtp_send(peer.pair.rtp_fd, &to, slice_of(junk[i / 2]));
    }
    loop_run_ms(&w->loop, 100);
    assert_int_equal(streams_stats(w, &w->a).packets_refused, 2 * ARRAY_LEN(junk));
    assert_int_equal(streams_stats(w, &w->a).packets_received, 3);
    streams_stop(w);
    net_rtp_pair_close(&peer.pair);
    streams_free(w);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_stranger_cannot_take_a_running_call),
        cmocka_unit_test(test_the_address_latches_to_four_packets),
        cmocka_unit_test(test_a_victim_gets_fifty_packets),
        cmocka_unit_test(test_who_asks_by_stun_gets_all),
        cmocka_unit_test(test_the_end_is_told_in_rtcp),
        cmocka_unit_test(test_reports_and_bye_of_the_far_end),
        cmocka_unit_test(test_unknown_payload_types_are_not_lost),
        cmocka_unit_test(test_what_is_thrown_away_is_missing),
        cmocka_unit_test(test_a_collision_of_ssrcs),
        cmocka_unit_test(test_sound_that_comes_back),
        cmocka_unit_test(test_our_ssrc_of_a_stranger_changes_nothing),
        cmocka_unit_test(test_junk_on_both_ports_is_counted_and_nothing_else),
    };

    return cmocka_run_group_tests_name("phone/media_strangers", tests, NULL, NULL);
}
