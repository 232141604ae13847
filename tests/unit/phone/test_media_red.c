/* A stream and a far end made by hand that speak of earlier sound in each packet (RFC 2198). */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "net/address.h"
#include "net/rtp_pair.h"
#include "rtp/packet.h"
#include "rtp/red.h"
#include "rtp/rtcp.h"
#include "rtp/xr.h"
#include "tests/lib/memory.h"
#include "tests/unit/phone/streams.h"

enum { RED = 63, UNITS = 160 };

struct far_end {
    struct streams *w;
    struct net_rtp_pair pair;
    uint16_t sequence;
    /* Of what came */
    uint32_t ssrc, timestamp;
    unsigned copies, apart; /* as it should: so many, the first so many packets behind its frame */
    unsigned full, plain, red, wrong, alone; /* alone: where there was something to repeat */
};

struct short_of {
    pthread_t has_some;
    atomic_uint times;
};

static struct far_end *far_end_new(bool always)
{
    struct far_end *far = calloc(1, sizeof *far);
    struct rng rng = rng_system();
    struct ip local = streams_loopback();
    struct media_params p;

    assert_non_null(far);
    far->sequence = 65500;
    far->copies = far->apart = 1;
    assert_int_equal(net_rtp_pair_open(&local, 40000, 60000, &rng, &far->pair), 0);
    far->w = streams_new(NULL);
    p = streams_params(far->pair.local.port, "PCMU");
    p.red_send = p.red_receive[0] = RED;
    p.red_always = always;
    media_stream_record(far->w->a.stream, far->w->a.record, PHONE_SIDES_HEARD);
    assert_int_equal(media_stream_start(far->w->a.stream, &p), 0);
    return far;
}

static void far_end_free(struct far_end *far)
{
    streams_stop(far->w);
    net_rtp_pair_close(&far->pair);
    streams_free(far->w);
    free(far);
}

static void send_bytes(struct far_end *far, int fd, unsigned port, const void *bytes, size_t n)
{
    struct ip ip = streams_loopback();
    struct net_sockaddr to;

    ip.port = (uint16_t)port;
    to = net_sockaddr_of(&ip);
    assert_int_equal(net_rtp_send(fd, &to, (struct slice){bytes, n}), 0);
    (void)far;
}

/* Sends the next packet; n payload bytes of that type. */
static void send_packet(struct far_end *far, uint8_t type, const uint8_t *payload, size_t n)
{
    uint8_t bytes[1500];
    struct rtp_packet packet = {.payload_type = type,
                                .sequence = far->sequence,
                                .ssrc = 9,
                                .timestamp = far->sequence * (uint32_t)UNITS};

    if (far->sequence < 1000) /* it has wrapped */
        packet.timestamp += 65536u * UNITS;
    far->sequence++;
    rtp_packet_print(&packet, bytes);
    memcpy(bytes + RTP_HEADER_BYTES, payload, n);
    send_bytes(far, far->pair.rtp_fd, media_stream_port(far->w->a.stream), bytes,
               RTP_HEADER_BYTES + n);
}

/* The earlier frames of a packet, oldest first, and its own. At first some are not there yet, nor
 * is what beats that were missed would have sent. */
static bool is_right(struct far_end *far, struct slice payload)
{
    struct rtp_red_block block[RTP_RED_BLOCKS];
    unsigned ignored, step = far->apart * UNITS, most = far->copies * step;
    int n = rtp_red_parse(payload, block, &ignored);

    if (n < 2 || ignored || block[n - 1].offset != 0)
        return false;
    for (int i = 0; i < n; i++)
        if (block[i].payload_type != 0 || block[i].payload.n != UNITS)
            return false;
    for (int i = 0; i < n - 1; most = block[i++].offset - step)
        if (block[i].offset == 0 || block[i].offset % step != 0 || block[i].offset > most)
            return false;
    far->full += n == (int)far->copies + 1;
    return true;
}

/* One of ours: with the copy of an earlier frame it has one of RED, else of its codec. */
static void look_at(struct far_end *far, struct slice bytes)
{
    struct rtp_packet packet;

    assert_int_equal(rtp_packet_parse(bytes, &packet), 0);
    far->alone += packet.payload_type == 0 && far->plain + far->red > 0 &&
                  packet.timestamp - far->timestamp <= UNITS;
    far->ssrc = packet.ssrc;
    far->timestamp = packet.timestamp;
    far->plain += packet.payload_type == 0;
    far->red += packet.payload_type == RED;
    if (packet.payload_type == 0)
        assert_int_equal(packet.payload.n, UNITS);
    else
        far->wrong += !is_right(far, packet.payload);
}

static void take_all(struct far_end *far)
{
    char bytes[2048];
    struct ip from;
    ptrdiff_t got;

    while ((got = net_rtp_recv(far->pair.rtp_fd, bytes, sizeof bytes, &from)) > 0)
        look_at(far, (struct slice){bytes, (size_t)got});
}

/* Until so many have come, for 10 s at most. */
static void wait_for(struct far_end *far, const unsigned *count, unsigned n)
{
    for (unsigned i = 0; i < 1000 && *count < n; i++) {
        loop_run_ms(&far->w->loop, 10);
        take_all(far);
    }
    assert_true(*count >= n);
}

static void test_copies_always(void **state)
{
    struct far_end *far = far_end_new(true);
    struct media_stats told = {0};

    (void)state;
    wait_for(far, &far->red, 10);
    assert_int_equal(far->alone, 0); /* but the first, and those behind a beat that was missed */
    assert_int_equal(far->wrong, 0);
    for (unsigned i = 0; i < 100 && told.copies == 0; i++) /* behind such a beat it has none */
        told = streams_stats(far->w, &far->w->a);
    assert_int_equal(told.copies, 1);
    assert_int_equal(told.copies_ms, 20);
    far_end_free(far);
}

/* Of ten packets one was lost. */
static void report_loss(struct far_end *far)
{
    struct rtcp_report report = {.fraction_lost = 26, .ssrc = far->ssrc};
    struct rtcp_compound what = {.ssrc = 9, .reports = &report, .n_reports = 1};
    uint8_t bytes[RTCP_PRINT_MAX];

    what.cname = SLICE("far");
    send_bytes(far, far->pair.rtcp_fd, media_stream_port(far->w->a.stream) + 1u, bytes,
               rtcp_print(&what, bytes));
}

static void test_copies_once_loss_is_reported(void **state)
{
    struct far_end *far = far_end_new(false);

    (void)state;
    wait_for(far, &far->plain, 40);
    assert_int_equal(far->red, 0);
    report_loss(far);
    wait_for(far, &far->red, 5);
    assert_int_equal(far->wrong, 0);
    far_end_free(far);
}

/* The thread of media, which this is not, has no memory. */
static bool media_lacks_memory(void *arg)
{
    bool lacks = !pthread_equal(pthread_self(), ((struct short_of *)arg)->has_some);

    ((struct short_of *)arg)->times += lacks;
    return lacks;
}

/* The sound goes on alone, and has copies once there is room for them. */
static void test_copies_once_there_is_memory(void **state)
{
    struct far_end *far = far_end_new(false);
    struct short_of memory = {.has_some = pthread_self()};

    (void)state;
    wait_for(far, &far->plain, 40);
    memory_fail_by(media_lacks_memory, &memory);
    report_loss(far);
    wait_for(far, &far->plain, 100);
    memory_fail_by(NULL, NULL);
    assert_true(memory.times > 1);
    assert_int_equal(far->red, 0);
    wait_for(far, &far->red, 5);
    assert_int_equal(far->wrong, 0);
    far_end_free(far);
}

/* What the far end says was lost: triples, of ten packets one. */
static size_t print_triples(const struct far_end *far, uint8_t out[XR_PRINT_MAX])
{
    struct xr_runs runs = {.ssrc = far->ssrc, .first = 1000, .n = 120};
    struct xr_packet packet = {.ssrc = 9, .runs = &runs};

    for (unsigned i = 0; i < runs.n; i++)
        if (i % 30 < 27)
            runs.came[i / 64] |= UINT64_C(1) << i % 64;
    return xr_print(&packet, out);
}

/* RFC 3611 4.1: then copies are so far behind their frames that no burst takes both. */
static void test_copies_are_farther_apart_than_bursts_are_long(void **state)
{
    struct far_end *far = far_end_new(false);
    struct rtcp_report report = {.fraction_lost = 26};
    struct rtcp_compound what = {.ssrc = 9, .reports = &report, .n_reports = 1};
    uint8_t bytes[RTCP_PRINT_MAX], xr[XR_PRINT_MAX];

    (void)state;
    what.cname = SLICE("far");
    far->copies = 2;
    far->apart = 4;
    wait_for(far, &far->plain, 80); /* of fewer that are lost nothing is learnt */
    assert_int_equal(far->red, 0);
    report.ssrc = far->ssrc;
    what.xr = (struct slice){(const char *)xr, print_triples(far, xr)};
    send_bytes(far, far->pair.rtcp_fd, media_stream_port(far->w->a.stream) + 1u, bytes,
               rtcp_print(&what, bytes));
    wait_for(far, &far->full, 5);
    assert_int_equal(far->wrong, 0);
    far_end_free(far);
}

/* Every fifth packet is lost; the one behind it brings its sound. */
static void test_what_is_lost_comes_from_copies(void **state)
{
    struct far_end *far = far_end_new(false);
    uint8_t sound[UNITS] = {0}, bytes[1024];
    struct rtp_red_block block[2] = {{0, UNITS, {(char *)sound, UNITS}},
                                     {0, 0, {(char *)sound, UNITS}}};
    size_t n = rtp_red_print(block, 2, bytes, sizeof bytes);
    struct media_stats stats;

    (void)state;
    for (unsigned i = 0; i < 60; i++) {
        if (i % 5 == 4)
            far->sequence++;
        else
            send_packet(far, RED, bytes, n);
        loop_run_ms(&far->w->loop, 20);
    }
    loop_run_ms(&far->w->loop, 100);
    stats = streams_stats(far->w, &far->w->a);
    assert_int_equal(stats.packets_refused, 0);
    assert_int_equal(stats.frames_refused, 0);
    assert_in_range(stats.lost, 11, 12);
    assert_in_range(stats.redundant, 8, 12);
    assert_true(stats.concealed + stats.redundant + 1 >= (uint64_t)stats.lost);
    far_end_free(far);
}

/* What was overtaken is not lost, also where it comes late, nor are numbers below the first,
 * however low: nothing is repeated for them. */
static void test_what_is_overtaken_is_not_lost(void **state)
{
    struct far_end *far = far_end_new(false);
    static const uint8_t sound[UNITS];
    struct media_stats stats = {0};
    uint16_t next;

    (void)state;
    far->sequence = 2000;
    for (unsigned i = 0; i < 110; i++) {
        send_packet(far, 0, sound, sizeof sound);
        if (i % 55 == 4)
            loop_run_ms(&far->w->loop, 700); /* our own loss is looked at meanwhile */
    }
    next = far->sequence;
    far->sequence = (uint16_t)(next + 6);
    send_packet(far, 0, sound, sizeof sound);
    loop_run_ms(&far->w->loop, 700);
    for (far->sequence = next; far->sequence != (uint16_t)(next + 6);)
        send_packet(far, 0, sound, sizeof sound);
    for (unsigned i = 0; i < 100 && stats.packets_received < 117; i++) {
        loop_run_ms(&far->w->loop, 20);
        stats = streams_stats(far->w, &far->w->a);
    }
    wait_for(far, &far->plain, 40);
    assert_int_equal(stats.packets_received, 117);
    assert_int_equal(stats.lost, 0);
    assert_int_equal(far->red, 0);
    far_end_free(far);
}

/* Nor is what came and means nothing to us: every fifth packet is of a type that nobody agreed on.
 * Nothing is invented for it, and nothing is repeated. */
static void test_what_is_unknown_is_not_lost(void **state)
{
    struct far_end *far = far_end_new(false);
    static const uint8_t sound[UNITS];
    struct media_stats stats = {0};

    (void)state;
    for (unsigned i = 0; i < 120; i++) {
        send_packet(far, i % 5 == 3 ? 77 : 0, sound, sizeof sound);
        if (i % 10 == 9)
            loop_run_ms(&far->w->loop, 200); /* our own loss is looked at meanwhile */
    }
    for (unsigned i = 0; i < 100 && stats.packets_received < 96; i++) {
        loop_run_ms(&far->w->loop, 20);
        stats = streams_stats(far->w, &far->w->a);
    }
    wait_for(far, &far->plain, 40);
    assert_int_equal(stats.packets_received, 96);
    assert_int_equal(stats.packets_refused, 24);
    assert_int_equal(stats.lost, 0);
    assert_int_equal(stats.left.lost, 0);
    assert_int_equal(stats.concealed, 0);
    assert_int_equal(far->red, 0);
    far_end_free(far);
}

static const struct {
    uint8_t bytes[16];
    size_t n;
    unsigned packets, frames; /* refused */
} lies[] = {
    {{0}, 0, 1, 0},
    {{0x80, 0x02}, 2, 1, 0},                               /* a header cut off */
    {{0x80, 0x02, 0x80, 0x20, 0x00, 1, 2}, 7, 1, 0},       /* a length of more than came */
    {{0x80, 0x02, 0x80, 0x01, 0x32, 1, 2}, 7, 1, 0},       /* its own frame is of no codec */
    {{0x80, 0x02, 0x80, 0x01, RED, 1, 2}, 7, 1, 0},        /* or once more such a packet */
    {{0xb2, 0x02, 0x80, 0x01, 0x00, 1, 2}, 7, 0, 1},       /* an earlier one is of no codec */
    {{0x80 | RED, 0x02, 0x80, 0x01, 0x00, 1, 2}, 7, 0, 1}, /* or such a packet */
    {{0x80, 0x00, 0x00, 0x01, 0x00, 1, 2}, 7, 0, 1},       /* or not earlier */
};

static void test_packets_that_lie(void **state)
{
    struct far_end *far = far_end_new(false);
    static const uint8_t sound[UNITS];
    unsigned packets = 0, frames = 0;
    struct media_stats stats = {0};

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        send_packet(far, 0, sound, sizeof sound);
    for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
        send_packet(far, RED, lies[i].bytes, lies[i].n);
        packets += lies[i].packets;
        frames += lies[i].frames;
    }
    for (unsigned i = 0; i < 100 && stats.packets_refused + stats.frames_refused < packets + frames;
         i++) {
        loop_run_ms(&far->w->loop, 20);
        stats = streams_stats(far->w, &far->w->a);
    }
    assert_int_equal(stats.packets_refused, packets);
    assert_int_equal(stats.frames_refused, frames);
    assert_int_equal(stats.packets_received, 4 + ARRAY_LEN(lies) - packets);
    assert_int_equal(stats.lost, 0);
    far_end_free(far);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies_always),
        cmocka_unit_test(test_copies_once_loss_is_reported),
        cmocka_unit_test(test_copies_once_there_is_memory),
        cmocka_unit_test(test_copies_are_farther_apart_than_bursts_are_long),
        cmocka_unit_test(test_what_is_lost_comes_from_copies),
        cmocka_unit_test(test_what_is_overtaken_is_not_lost),
        cmocka_unit_test(test_what_is_unknown_is_not_lost),
        cmocka_unit_test(test_packets_that_lie),
    };

    return cmocka_run_group_tests_name("phone/media_red", tests, NULL, NULL);
}
