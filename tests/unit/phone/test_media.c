#include "tests/lib/rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audio/file.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/rtp_pair.h"
#include "phone/media.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "tests/lib/envelope.h"
#include "tests/lib/loop_time.h"

/* --- two phones in one process --------------------------------------------------------------- */

struct side {
    struct media_stream *stream;
    unsigned told[MEDIA_CLOSED + 1]; /* events of each type */
    char digits[32];
    char why[MEDIA_WHY_MAX];
    struct media_stats stats, totals;
    char play[128], record[128];
};

struct world {
    uv_loop_t loop;
    struct media *media;
    struct side a, b;
    char dir[64];
};

static void on_event(void *arg, const struct media_event *event)
{
    struct side *side = event->arg;

    (void)arg;
    side->told[event->type]++;
    if (event->type == MEDIA_DIGIT) {
        size_t n = strlen(side->digits);

        if (n + 1 < sizeof side->digits)
            side->digits[n] = event->digit;
    }
    if (event->why[0])
        snprintf(side->why, sizeof side->why, "%s", event->why);
    if (event->type == MEDIA_STATS)
        side->stats = event->stats;
    if (event->type == MEDIA_CLOSED) {
        side->totals = event->stats;
        side->stream = NULL;
    }
}

/* Turns the loop until *count is n, for 10 s at most. */
static void run_until(struct world *w, const unsigned *count, unsigned n)
{
    for (unsigned i = 0; i < 1000 && *count < n; i++)
        loop_run_ms(&w->loop, 10);
    assert_int_equal(*count, n);
}

static struct ip loopback(void)
{
    struct ip ip;

    assert_int_equal(ip_parse(SLICE("127.0.0.1"), &ip), 0);
    return ip;
}

static void open_side(struct world *w, struct side *side, const char *name)
{
    struct media_open how = {.local = loopback(), .arg = side};

    *side = (struct side){.stream = NULL};
    snprintf(side->play, sizeof side->play, "%s/%s-spoken.wav", w->dir, name);
    snprintf(side->record, sizeof side->record, "%s/%s-heard.wav", w->dir, name);
    assert_int_equal(media_stream_open(w->media, &how, &side->stream), 0);
    assert_int_equal(media_stream_port(side->stream) % 2, 0);
    assert_in_range(media_stream_port(side->stream), MEDIA_PORT_FIRST, MEDIA_PORT_LAST);
}

static struct world *world_new(const char *device)
{
    struct world *w = calloc(1, sizeof *w);
    struct media_config config = {.on_event = on_event, .device = device, .opus_complexity = 1};

    assert_non_null(w);
    snprintf(w->dir, sizeof w->dir, "/tmp/test_media.XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    assert_int_equal(uv_loop_init(&w->loop), 0);
    config.loop = &w->loop;
    assert_int_equal(media_new(&config, &w->media), 0);
    open_side(w, &w->a, "a");
    open_side(w, &w->b, "b");
    return w;
}

static void world_free(struct world *w)
{
    char command[128];

    media_free(w->media, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0); /* nothing is left on it */
    snprintf(command, sizeof command, "rm -r %s", w->dir);
    assert_int_equal(system(command), 0);
    free(w);
}

static struct media_format format_of(uint8_t type, const char *codec)
{
    struct media_format f = {.payload_type = type, .rate_hz = 8000, .channels = 1};

    snprintf(f.codec, sizeof f.codec, "%s", codec);
    if (!strcmp(codec, "opus")) {
        f.rate_hz = 48000;
        f.channels = 2;
    }
    return f;
}

static struct media_params params_to(uint16_t port, const char *codec)
{
    struct media_params p = {
        .remote_rtp = loopback(),
        .signalling = loopback(),
        .send = true,
        .receive = true,
        .may_send = true,
        .n_receive_formats = 3,
        .event_send = 101,
        .event_receive = {101, MEDIA_NO_EVENTS, MEDIA_NO_EVENTS, MEDIA_NO_EVENTS},
        .opus = {.fec = true},
    };
    uint8_t type = !strcmp(codec, "PCMU") ? 0 : !strcmp(codec, "PCMA") ? 8 : 111;

    p.remote_rtp.port = port;
    p.send_format = format_of(type, codec);
    p.receive_formats[0] = p.send_format;
    p.receive_formats[1] = format_of(type == 0 ? 8 : 0, type == 0 ? "PCMA" : "PCMU");
    p.receive_formats[2] = format_of(120, "opus");
    return p;
}

static void start_both(struct world *w, const char *codec)
{
    struct media_params to_b = params_to(media_stream_port(w->b.stream), codec);
    struct media_params to_a = params_to(media_stream_port(w->a.stream), codec);

    assert_int_equal(media_stream_start(w->a.stream, &to_b), 0);
    assert_int_equal(media_stream_start(w->b.stream, &to_a), 0);
}

static void stop_both(struct world *w)
{
    if (w->a.stream)
        media_stream_stop(w->a.stream);
    if (w->b.stream)
        media_stream_stop(w->b.stream);
    run_until(w, &w->a.told[MEDIA_CLOSED], 1);
    run_until(w, &w->b.told[MEDIA_CLOSED], 1);
}

/* --- a call with each codec ------------------------------------------------------------------ */

static const struct row {
    const char *name, *codec;
    uint32_t file_hz, recorded_hz;
    uint16_t ptime_ms;
    bool mux;
} rows[] = {
    {"PCMU carries speech both ways", "PCMU", 8000, 8000, 20, false},
    {"PCMA from a file of another rate, RTCP on the same port", "PCMA", 44100, 8000, 0, true},
    {"PCMA in packets of 30 ms", "PCMA", 16000, 8000, 30, false},
    {"Opus carries speech both ways", "opus", 16000, 48000, 20, false},
    {"Opus in packets of 60 ms", "opus", 48000, 48000, 60, true},
};

static bool sounds_like(const char *spoken, const char *heard, double least)
{
    struct envelope a = envelope_of_file(spoken), b = envelope_of_file(heard);
    struct envelope_match m = envelope_match(&a, &b, 600);

    if (m.correlation < least)
        print_message("%s: correlation %.3f at %d ms\n", heard, m.correlation, m.delay_ms);
    envelope_free(&a);
    envelope_free(&b);
    return m.correlation >= least;
}

static bool is_same_sound(const char *spoken, const char *heard)
{
    return sounds_like(spoken, heard, 0.95);
}

static void check_totals(const struct media_stats *t, const struct media_stats *other,
                         const struct row *row)
{
    assert_string_equal(t->codec, row->codec);
    assert_true(t->packets_sent > 1500 / 60);
    assert_true(t->packets_received + 2 >= other->packets_sent);
    assert_true(t->lost <= 1);
    assert_int_equal(t->packets_refused, 0);
    assert_true(t->bytes_sent > 0);
}

/* One call; false where the sound did not arrive as it was. */
static bool make_call(const struct row *row)
{
    struct world *w = world_new(NULL);
    struct side *sides[2] = {&w->a, &w->b};
    struct media_params to_b = params_to(media_stream_port(w->b.stream), row->codec);
    struct media_params to_a = params_to(media_stream_port(w->a.stream), row->codec);
    bool same;

    to_a.ptime_ms = to_b.ptime_ms = row->ptime_ms;
    to_a.rtcp_mux = to_b.rtcp_mux = row->mux;
    for (int i = 0; i < 2; i++) {
        envelope_write_syllables(sides[i]->play, row->file_hz, 1500, 17 + (uint64_t)i);
        media_stream_play(sides[i]->stream, sides[i]->play);
        media_stream_record(sides[i]->stream, sides[i]->record, PHONE_SIDES_HEARD);
    }
    assert_int_equal(media_stream_start(w->a.stream, &to_b), 0);
    assert_int_equal(media_stream_start(w->b.stream, &to_a), 0);
    run_until(w, &w->a.told[MEDIA_FILE_ENDED], 1);
    run_until(w, &w->b.told[MEDIA_FILE_ENDED], 1);
    loop_run_ms(&w->loop, 300);
    stop_both(w);
    assert_int_equal(w->a.told[MEDIA_FIRST_PACKET], 1);
    assert_int_equal(w->b.told[MEDIA_FIRST_PACKET], 1);
    same = is_same_sound(w->a.play, w->b.record) && is_same_sound(w->b.play, w->a.record);
    check_totals(&w->a.totals, &w->b.totals, row);
    check_totals(&w->b.totals, &w->a.totals, row);
    world_free(w);
    return same;
}

/* Fifty times slower than life, Opus cannot keep up; valgrind looks for other things than sound. */
static bool is_under_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return preloaded && strstr(preloaded, "vgpreload");
}

/* A machine that stands still for a tenth of a second in mid-call, as with many tests at once,
 * tears a hole in any sound. That is no fault of the code, so a call has three tries; a fault would
 * show in each. */
static void check_row(void **state)
{
    const struct row *row = *state;
    bool same = false;

    if (is_under_valgrind()) {
        (void)make_call(row);
        return;
    }
    for (int i = 0; i < 3 && !same; i++)
        same = make_call(row);
    assert_true(same);
}

/* --- what else a stream does ----------------------------------------------------------------- */

static void test_digits_arrive_once_each(void **state)
{
    struct world *w = world_new(NULL);

    (void)state;
    start_both(w, "PCMU");
    assert_int_equal(media_stream_dtmf(w->a.stream, SLICE("1x")), -EINVAL);
    assert_int_equal(media_stream_dtmf(w->a.stream, SLICE("12#")), 0);
    assert_int_equal(media_stream_dtmf(w->a.stream, SLICE("2*D")), 0);
    run_until(w, &w->a.told[MEDIA_DIGITS_SENT], 1);
    loop_run_ms(&w->loop, 60);
    assert_string_equal(w->b.digits, "12#2*D");
    stop_both(w);
    world_free(w);
}

static void test_digits_at_the_clock_of_opus(void **state)
{
    struct world *w = world_new(NULL);

    (void)state;
    start_both(w, "opus");
    assert_int_equal(media_stream_dtmf(w->a.stream, SLICE("07")), 0);
    run_until(w, &w->a.told[MEDIA_DIGITS_SENT], 1);
    loop_run_ms(&w->loop, 60);
    assert_string_equal(w->b.digits, "07");
    stop_both(w);
    world_free(w);
}

static struct media_stats stats_of(struct world *w, struct side *side)
{
    unsigned before = side->told[MEDIA_STATS];

    media_stream_stats(side->stream);
    run_until(w, &side->told[MEDIA_STATS], before + 1);
    return side->stats;
}

/* The sequence numbers of their packets are no holes to be filled with invented sound. */
static void test_digits_leave_no_holes(void **state)
{
    struct world *w = world_new(NULL);

    (void)state;
    start_both(w, "opus");
    media_stream_record(w->b.stream, w->b.record, PHONE_SIDES_HEARD);
    loop_run_ms(&w->loop, 200);
    assert_int_equal(media_stream_dtmf(w->a.stream, SLICE("07")), 0);
    run_until(w, &w->a.told[MEDIA_DIGITS_SENT], 1);
    loop_run_ms(&w->loop, 200);
    assert_in_range(stats_of(w, &w->b).concealed, 0, 3); /* each digit is eight packets and more */
    stop_both(w);
    world_free(w);
}

static void test_digits_that_were_not_agreed(void **state)
{
    struct world *w = world_new(NULL);
    struct media_params p = params_to(media_stream_port(w->b.stream), "PCMU");

    (void)state;
    assert_int_equal(media_stream_dtmf(w->a.stream, SLICE("1")), -ENOTSUP);
    p.event_send = MEDIA_NO_EVENTS;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    assert_int_equal(media_stream_dtmf(w->a.stream, SLICE("1")), -ENOTSUP);
    stop_both(w);
    world_free(w);
}

static void test_hold_stops_sending_and_resume_goes_on(void **state)
{
    struct world *w = world_new(NULL);
    struct media_params p = params_to(media_stream_port(w->b.stream), "PCMU");
    uint64_t held;

    (void)state;
    start_both(w, "PCMU");
    loop_run_ms(&w->loop, 200);
    p.send = false;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    held = stats_of(w, &w->a).packets_sent;
    assert_true(held >= 5);
    loop_run_ms(&w->loop, 200);
    assert_int_equal(stats_of(w, &w->a).packets_sent, held);
    p.send = true;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    loop_run_ms(&w->loop, 200);
    assert_true(stats_of(w, &w->a).packets_sent > held + 5);
    assert_int_equal(stats_of(w, &w->b).lost, 0); /* sequence numbers went on without a gap */
    stop_both(w);
    world_free(w);
}

static void test_nothing_leaves_before_it_may(void **state)
{
    struct world *w = world_new(NULL);
    struct media_params p = params_to(media_stream_port(w->b.stream), "PCMU");
    struct media_stats totals;

    (void)state;
    p.may_send = false;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    loop_run_ms(&w->loop, 150);
    assert_int_equal(stats_of(w, &w->a).packets_sent, 0);
    media_stream_may_send(w->a.stream, true);
    loop_run_ms(&w->loop, 150);
    totals = stats_of(w, &w->a);
    assert_true(totals.packets_sent >= 4);
    stop_both(w);
    world_free(w);
}

static void test_a_hold_of_rfc_2543_sends_nothing(void **state)
{
    struct world *w = world_new(NULL);
    struct media_params p = params_to(4000, "PCMU");

    (void)state;
    p.remote_rtp = net_any(4, 4000);
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    loop_run_ms(&w->loop, 100);
    assert_int_equal(stats_of(w, &w->a).packets_sent, 0);
    stop_both(w);
    world_free(w);
}

static void test_recording_keeps_the_time_line(void **state)
{
    struct world *w = world_new(NULL);
    struct media_params p = params_to(media_stream_port(w->a.stream), "PCMU");
    struct audio_reader *reader;
    char why[AUDIO_WHY_MAX];
    uint64_t begun_us = net_now_us(), ms, recorded_ms;

    (void)state;
    p.send = false;
    media_stream_record(w->b.stream, w->b.record, PHONE_SIDES_HEARD);
    assert_int_equal(media_stream_start(w->b.stream, &p), 0);
    loop_run_ms(&w->loop, 700); /* nobody sends */
    media_stream_stop(w->b.stream);
    run_until(w, &w->b.told[MEDIA_CLOSED], 1);
    ms = (net_now_us() - begun_us) / 1000;
    assert_int_equal(audio_reader_open(w->b.record, &reader, why), 0);
    recorded_ms = audio_reader_length(reader) / 8;
    audio_reader_close(reader);
    assert_true(recorded_ms >= 690 && recorded_ms <= ms);
    stop_both(w);
    world_free(w);
}

/* The files have the rate of the first codec, and a sound is where it was, to the end. */
static void test_a_recording_outlives_codecs_and_moves(void **state)
{
    struct world *w = world_new(NULL);
    struct media_open how = {.local = loopback()};
    static const char *const codecs[] = {"PCMU", "opus", "PCMA", "opus"};

    (void)state;
    envelope_write_syllables(w->a.play, 16000, 2400, 31);
    media_stream_play(w->a.stream, w->a.play);
    media_stream_record(w->a.stream, w->a.record, PHONE_SIDES_APART);
    media_stream_record(w->b.stream, w->b.record, PHONE_SIDES_MIXED);
    for (size_t i = 0; i < ARRAY_LEN(codecs); i++) {
        if (i == 2)
            assert_int_equal(media_stream_move(w->b.stream, &how), 0);
        start_both(w, codecs[i]);
        loop_run_ms(&w->loop, 500);
    }
    run_until(w, &w->a.told[MEDIA_FILE_ENDED], 1);
    loop_run_ms(&w->loop, 300);
    stop_both(w);
    assert_int_equal(w->a.told[MEDIA_RECORDED], 1);
    assert_int_equal(w->b.told[MEDIA_RECORDED], 1);
    assert_true(is_same_sound(w->a.play, w->a.record));
    assert_true(sounds_like(w->a.play, w->b.record, 0.85)); /* packets got lost on the way */
    world_free(w);
}

static void test_files_that_are_not_there(void **state)
{
    struct world *w = world_new(NULL);

    (void)state;
    media_stream_play(w->a.stream, "/nonexistent/spoken.wav");
    media_stream_record(w->a.stream, "/nonexistent/heard.wav", PHONE_SIDES_HEARD);
    start_both(w, "PCMU");
    run_until(w, &w->a.told[MEDIA_SOURCE_FAILED], 1);
    run_until(w, &w->a.told[MEDIA_RECORDED], 1);
    assert_non_null(strstr(w->a.why, "/nonexistent/heard.wav"));
    assert_true(stats_of(w, &w->a).packets_sent > 0); /* silence */
    stop_both(w);
    world_free(w);
}

static void test_files_are_checked_before_the_call(void **state)
{
    struct world *w = world_new(NULL);
    char why[MEDIA_WHY_MAX];

    (void)state;
    assert_int_equal(media_check_record("/nonexistent/heard.wav", why), -ENOENT);
    assert_non_null(strstr(why, "/nonexistent/heard.wav"));
    assert_true(media_check_record(w->dir, why) < 0);
    assert_int_equal(media_check_record(w->a.record, why), 0);
    assert_int_equal(access(w->a.record, F_OK), -1); /* it is not left behind */
    envelope_write_syllables(w->a.play, 8000, 100, 1);
    assert_int_equal(media_check_play(w->a.play, why), 0);
    assert_int_equal(media_check_record(w->a.play, why), 0);
    assert_int_equal(media_check_play(w->a.play, why), 0); /* and not emptied */
    assert_true(media_check_play("/nonexistent/spoken.wav", why) < 0);
    envelope_write_syllables(w->a.play, 8000, 0, 1);
    assert_int_equal(media_check_play(w->a.play, why), -ENODATA);
    assert_non_null(strstr(why, "there is no sound in it"));
    stop_both(w);
    world_free(w);
}

static void test_unknown_codecs_change_nothing(void **state)
{
    struct world *w = world_new(NULL);
    struct media_params p = params_to(media_stream_port(w->b.stream), "PCMU");

    (void)state;
    p.receive_formats[1] = format_of(18, "G729");
    assert_int_equal(media_stream_start(w->a.stream, &p), -ENOTSUP);
    stop_both(w);
    world_free(w);
}

static void test_ports_run_out(void **state)
{
    struct world *w = world_new(NULL);
    struct media_stream *streams[2] = {NULL};
    struct side side = {.stream = NULL};
    uint16_t port = media_stream_port(w->a.stream);
    struct media_open how = {loopback(), port, (uint16_t)(port + 1), &side};

    (void)state;
    assert_int_equal(media_stream_open(w->media, &how, &streams[0]), -EADDRINUSE);
    stop_both(w); /* gives the ports back */
    assert_int_equal(media_stream_open(w->media, &how, &streams[0]), 0);
    assert_int_equal(media_stream_port(streams[0]), port);
    world_free(w); /* ends streams that nobody stopped */
}

static void test_a_null_device_hears_silence(void **state)
{
    struct world *w = world_new("null");

    (void)state;
    media_stream_play_device(w->a.stream);
    media_stream_listen(w->a.stream, true);
    media_stream_tone(w->a.stream, MEDIA_TONE_RINGBACK);
    loop_run_ms(&w->loop, 50);
    media_stream_tone(w->a.stream, MEDIA_TONE_NONE);
    start_both(w, "PCMU");
    loop_run_ms(&w->loop, 300);
    assert_in_range(stats_of(w, &w->a).packets_sent, 10, 20);
    assert_int_equal(w->a.told[MEDIA_DEVICE_FAILED], 0);
    stop_both(w);
    world_free(w);
}

/* --- strangers ------------------------------------------------------------------------------- */

struct stranger {
    struct net_rtp_pair pair;
    uint16_t sequence;
    uint32_t ssrc;
};

static struct stranger stranger_new(uint32_t ssrc)
{
    struct stranger x = {.sequence = 100, .ssrc = ssrc};
    struct rng rng = rng_system();
    struct ip local = loopback();

    assert_int_equal(net_rtp_pair_open(&local, 40000, 60000, &rng, &x.pair), 0);
    return x;
}

static void send_from(struct stranger *x, uint16_t port, unsigned n)
{
    struct ip to_ip = loopback();
    struct net_sockaddr to;

    to_ip.port = port;
    to = net_sockaddr_of(&to_ip);
    for (unsigned i = 0; i < n; i++, x->sequence++) {
        unsigned char bytes[RTP_HEADER_BYTES + 160] = {0};
        struct rtp_packet packet = {.payload_type = 0,
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

static void test_a_stranger_cannot_take_a_running_call(void **state)
{
    struct world *w = world_new(NULL);
    struct stranger x = stranger_new(7);

    (void)state;
    start_both(w, "PCMU");
    run_until(w, &w->a.told[MEDIA_FIRST_PACKET], 1);
    send_from(&x, media_stream_port(w->a.stream), 30);
    loop_run_ms(&w->loop, 200);
    assert_int_equal(received_by(&x, false, NULL), 0);
    assert_int_equal(stats_of(w, &w->a).packets_refused, 30);
    stop_both(w);
    net_rtp_pair_close(&x.pair);
    world_free(w);
}

/* The far end sits behind a NAT: SDP names an address from which nothing ever comes. */
static void test_the_address_latches_to_four_packets(void **state)
{
    struct world *w = world_new(NULL);
    struct stranger dead = stranger_new(1), nat = stranger_new(2);
    struct media_params p = params_to(dead.pair.local.port, "PCMU");

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
    stop_both(w);
    net_rtp_pair_close(&dead.pair);
    net_rtp_pair_close(&nat.pair);
    world_free(w);
}

/* SDP names a host that the signalling does not come from, and that never sends. */
static void test_a_victim_gets_fifty_packets(void **state)
{
    struct world *w = world_new(NULL);
    struct stranger victim = stranger_new(1);
    struct media_params p = params_to(victim.pair.local.port, "PCMU");
    unsigned n;

    (void)state;
    assert_int_equal(ip_parse(SLICE("127.0.0.2"), &p.signalling), 0);
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    loop_run_ms(&w->loop, 1600);
    n = received_by(&victim, false, NULL) + received_by(&victim, true, NULL);
    assert_in_range(n, 49, 52);
    stop_both(w);
    net_rtp_pair_close(&victim.pair);
    world_free(w);
}

/* RFC 3550 6.3.7: who sent leaves with a BYE. */
static void test_the_end_is_told_in_rtcp(void **state)
{
    struct world *w = world_new(NULL);
    struct stranger peer = stranger_new(1);
    struct media_params p = params_to(peer.pair.local.port, "PCMU");
    struct slice last = {0};
    struct rtcp_packet packet = {.type = 0};

    (void)state;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    loop_run_ms(&w->loop, 100);
    stop_both(w);
    assert_true(received_by(&peer, true, &last) > 0);
    assert_int_equal(rtcp_check(last), 0);
    while (rtcp_next(&last, &packet) == 0)
        ;
    assert_int_equal(packet.type, RTCP_BYE);
    net_rtp_pair_close(&peer.pair);
    world_free(w);
}

/* --- a far end made by hand ------------------------------------------------------------------ */

static struct media_stream *call_by_hand(struct world *w, struct stranger *peer)
{
    struct media_params p = params_to(peer->pair.local.port, "PCMU");

    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    send_from(peer, media_stream_port(w->a.stream), 3);
    run_until(w, &w->a.told[MEDIA_FIRST_PACKET], 1);
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
    struct ip to_ip = loopback();
    struct net_sockaddr to;
    size_t n = rtcp_print(what, bytes);

    to_ip.port = (uint16_t)(rtp_port + 1);
    to = net_sockaddr_of(&to_ip);
    assert_int_equal(net_rtp_send(peer->pair.rtcp_fd, &to, (struct slice){(char *)bytes, n}), 0);
}

static void test_reports_and_bye_of_the_far_end(void **state)
{
    struct world *w = world_new(NULL);
    struct stranger peer = stranger_new(5);
    uint16_t port = media_stream_port(call_by_hand(w, &peer));
    struct rtcp_report report = {.fraction_lost = 64, .jitter = 80};
    struct rtcp_compound what = {
        .ssrc = 5, .reports = &report, .n_reports = 1, .cname = SLICE("x")};
    struct media_stats stats;

    (void)state;
    assert_true(stats_of(w, &w->a).remote_lost_percent < 0);
    loop_run_ms(&w->loop, 50);
    report.ssrc = ssrc_seen_by(&peer);
    send_rtcp(&peer, port, &what);
    loop_run_ms(&w->loop, 50);
    stats = stats_of(w, &w->a);
    assert_true(stats.remote_lost_percent == 25);
    assert_true(stats.remote_jitter_ms == 10);
    assert_true(stats.round_trip_ms < 0); /* it has seen no SR of ours */
    what.bye = true;
    send_rtcp(&peer, port, &what);
    run_until(w, &w->a.told[MEDIA_REMOTE_BYE], 1);
    stop_both(w);
    net_rtp_pair_close(&peer.pair);
    world_free(w);
}

/* RFC 3550 8.2: whoever hears its own SSRC from elsewhere says BYE and takes another. */
static void test_a_collision_of_ssrcs(void **state)
{
    struct world *w = world_new(NULL);
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
    stop_both(w);
    net_rtp_pair_close(&peer.pair);
    world_free(w);
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
    struct world *w = world_new(NULL);
    struct stranger peer = stranger_new(5);
    uint16_t port = media_stream_port(call_by_hand(w, &peer));

    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_LEN(junk); i++) {
        struct ip to_ip = loopback();
        struct net_sockaddr to;

        to_ip.port = (uint16_t)(port + i % 2);
        to = net_sockaddr_of(&to_ip);
        (void)net_rtp_send(peer.pair.rtp_fd, &to, slice_of(junk[i / 2]));
    }
    loop_run_ms(&w->loop, 100);
    assert_int_equal(stats_of(w, &w->a).packets_refused, 2 * ARRAY_LEN(junk));
    assert_int_equal(stats_of(w, &w->a).packets_received, 3);
    stop_both(w);
    net_rtp_pair_close(&peer.pair);
    world_free(w);
}

int main(void)
{
    static const struct CMUnitTest rest[] = {
        cmocka_unit_test(test_digits_arrive_once_each),
        cmocka_unit_test(test_digits_at_the_clock_of_opus),
        cmocka_unit_test(test_digits_leave_no_holes),
        cmocka_unit_test(test_digits_that_were_not_agreed),
        cmocka_unit_test(test_hold_stops_sending_and_resume_goes_on),
        cmocka_unit_test(test_nothing_leaves_before_it_may),
        cmocka_unit_test(test_a_hold_of_rfc_2543_sends_nothing),
        cmocka_unit_test(test_recording_keeps_the_time_line),
        cmocka_unit_test(test_a_recording_outlives_codecs_and_moves),
        cmocka_unit_test(test_files_that_are_not_there),
        cmocka_unit_test(test_files_are_checked_before_the_call),
        cmocka_unit_test(test_unknown_codecs_change_nothing),
        cmocka_unit_test(test_ports_run_out),
        cmocka_unit_test(test_a_null_device_hears_silence),
        cmocka_unit_test(test_a_stranger_cannot_take_a_running_call),
        cmocka_unit_test(test_the_address_latches_to_four_packets),
        cmocka_unit_test(test_a_victim_gets_fifty_packets),
        cmocka_unit_test(test_the_end_is_told_in_rtcp),
        cmocka_unit_test(test_reports_and_bye_of_the_far_end),
        cmocka_unit_test(test_a_collision_of_ssrcs),
        cmocka_unit_test(test_junk_on_both_ports_is_counted_and_nothing_else),
    };
    struct CMUnitTest tests[ARRAY_LEN(rows) + ARRAY_LEN(rest)];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, check_row, NULL, NULL, (void *)&rows[i]};
    for (size_t i = 0; i < ARRAY_LEN(rest); i++)
        tests[ARRAY_LEN(rows) + i] = rest[i];
    return cmocka_run_group_tests_name("phone/media", tests, NULL, NULL);
}
