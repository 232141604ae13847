/* What a stream sends, beat by beat: no thread and no clock, the sockets are real. */
#include <math.h>
#include <opus.h>
#include <stdlib.h>
#include <string.h>

#include "audio/codec_ops.h"
#include "net/address.h"
#include "phone/media_stream.h"
#include "rtp/packet.h"
#include "tests/lib/rows.h"
#include "tests/lib/wrap.h"

enum { RED = 63, RATE = 8000, PER_MS = RATE / 1000, START_US = 5000000 };

struct world {
    struct media_stream s;
    struct media_agreement agreed;
    struct media_thread *thread;
    struct net_rtp_pair pair;
    uint64_t now_us;
    uint32_t said; /* samples */
};

static struct ip loopback(void)
{
    struct ip ip;

    assert_int_equal(ip_parse(SLICE("127.0.0.1"), &ip), 0);
    return ip;
}

static void agree(struct world *w, const char *codec, uint8_t type, unsigned ptime_ms)
{
    w->agreed.send = audio_codec_find(slice_of(codec), strcmp(codec, "L16") ? 0 : RATE, 0);
    assert_non_null(w->agreed.send);
    w->agreed.ptime_ms = ptime_ms;
    w->agreed.params.send = true;
    w->agreed.params.send_format.payload_type = type;
    w->agreed.params.event_send = MEDIA_NO_EVENTS;
}

static struct world *begin(const char *codec, uint8_t type, unsigned ptime_ms, bool copies)
{
    struct world *w = calloc(1, sizeof *w);
    struct rng rng = rng_system();
    struct ip local = loopback();

    assert_non_null(w);
    w->thread = calloc(1, sizeof *w->thread);
    assert_non_null(w->thread);
    w->now_us = START_US;
    assert_int_equal(net_rtp_pair_open(&local, 40000, 60000, &rng, &w->pair), 0);
    agree(w, codec, type, ptime_ms);
    w->agreed.params.red_send = copies ? RED : 0;
    w->agreed.params.red_always = copies;
    w->s.thread = w->thread;
    w->s.agreed = &w->agreed;
    w->s.pair = w->pair;
    w->s.may_send = true;
    w->s.source = SOURCE_DEVICE;
    w->s.rtp_to = net_sockaddr_of(&w->pair.local); /* to itself */
    rtp_latch_signalled(&w->s.latch, &w->pair.local, &w->pair.local, &w->pair.local);
    stream_prepare_sending(&w->s, NULL);
    assert_non_null(w->s.encoder);
    return w;
}

static void end(struct world *w)
{
    stream_stop_sending(&w->s);
    stream_forget_red(&w->s);
    net_rtp_pair_close(&w->pair);
    free(w->thread);
    free(w);
}

/* Ten milliseconds: the microphone hears samples that count up, and what is due leaves. */
static void beat(struct world *w)
{
    int16_t samples[10 * PER_MS];

    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        samples[i] = (int16_t)(1 + w->said++ % 30000);
    stream_push_microphone(&w->s, samples, ARRAY_LEN(samples), (struct media_form){RATE, 1});
    w->now_us += 10000;
    stream_send_due(&w->s, w->now_us);
}

static void beats(struct world *w, unsigned n)
{
    while (n-- > 0)
        beat(w);
}

/* The next packet that left; false: there is none. */
static bool take(struct world *w, char bytes[2048], struct rtp_packet *out)
{
    struct ip from;
    ptrdiff_t got = net_rtp_recv(w->pair.rtp_fd, bytes, 2048, &from);

    if (got <= 0)
        return false;
    assert_int_equal(rtp_packet_parse((struct slice){bytes, (size_t)got}, out), 0);
    return true;
}

/* --- packets of another length --------------------------------------------------------------- */

static const struct change {
    const char *name;
    bool longer_first;
    unsigned before, between; /* beats until the change, and from there to the change back */
} changes[] = {
    {"20 to 40 ms, and back, where a packet is due", false, 20, 20},
    {"20 to 40 ms, and back, in the middle", false, 21, 21},
    {"40 to 20 ms a beat behind a packet", true, 21, 20},
    {"40 to 20 ms two beats behind a packet", true, 22, 21},
    {"40 to 20 ms three beats behind a packet", true, 23, 22},
};

static void make_longer(struct world *w, bool longer)
{
    w->s.red.adapt.longer = longer;
    stream_prepare_red(&w->s);
}

/* Every sample is as far from the first as its time; but the first packet of all may be silent, and
 * the resampler's delay, which is the same all the time. */
static void check_sound(struct world *w)
{
    char bytes[2048];
    struct rtp_packet packet;
    long behind = -1;
    unsigned wrong = 0, packets = 0;

    while (take(w, bytes, &packet)) {
        const unsigned char *p = (const unsigned char *)packet.payload.p;

        for (size_t i = 0; packets > 1 && i < packet.payload.n / 2; i++) {
            long sample = p[2 * i] << 8 | p[2 * i + 1];
            long at = (long)packet.timestamp + (long)i - sample;

            behind = behind < 0 ? at : behind;
            wrong += labs(at - behind) > 2;
        }
        packets++;
    }
    assert_true(packets > 20);
    assert_int_equal(wrong, 0);
}

static void check_change(void **state)
{
    const struct change *row = *state;
    struct world *w = begin("L16", 96, 20, false);

    w->agreed.params.maxptime_ms = 40;
    w->s.session.timestamp = 100000;
    make_longer(w, row->longer_first);
    beats(w, row->before);
    make_longer(w, !row->longer_first);
    beats(w, row->between);
    make_longer(w, row->longer_first);
    beats(w, 20);
    check_sound(w);
    end(w);
}

/* --- copies ---------------------------------------------------------------------------------- */

static const struct fit {
    const char *name;
    unsigned ptime_ms, copies;
} fits[] = {
    {"two copies of 160 bytes", 20, 2},
    {"two of 320 fill a packet", 40, 2},
    {"of 480 only one has room", 60, 1},
    {"640 are not repeated", 80, 0},
};

/* How many copies a packet has, none of another codec. */
static unsigned copies_in(const struct rtp_packet *packet, uint8_t type)
{
    struct rtp_red_block block[RTP_RED_BLOCKS];
    unsigned ignored;
    int n;

    if (packet->payload_type == type)
        return 0;
    assert_int_equal(packet->payload_type, RED);
    n = rtp_red_parse(packet->payload, block, &ignored);
    assert_true(n > 0);
    for (int i = 0; i < n; i++)
        assert_int_equal(block[i].payload_type, type);
    return (unsigned)n - 1;
}

static void check_fit(void **state)
{
    const struct fit *row = *state;
    struct world *w = begin("PCMU", 0, row->ptime_ms, true);
    struct rtp_packet packet;
    unsigned copies = 0;
    char bytes[2048];

    w->s.session.packets = 100;
    stream_red_report(&w->s, 0.2, -1);
    stream_red_reported(&w->s, w->now_us);
    beats(w, 50);
    while (take(w, bytes, &packet))
        copies = copies_in(&packet, 0);
    assert_int_equal(copies, row->copies);
    assert_int_equal(w->s.count.copies, row->copies);
    assert_int_equal(w->s.count.copies_ms, row->copies * row->ptime_ms);
    end(w);
}

/* Behind a pause the place of the nearest copy is empty, and then that of all. */
static void test_what_is_told_is_what_is_sent(void **state)
{
    struct world *w = begin("PCMU", 0, 20, true);

    (void)state;
    w->s.session.packets = 100;
    stream_red_report(&w->s, 0.2, -1);
    stream_red_reported(&w->s, w->now_us);
    beats(w, 50);
    assert_int_equal(w->s.count.copies, 2);
    assert_int_equal(w->s.count.copies_ms, 40);
    w->s.may_send = false;
    beats(w, 2);
    w->s.may_send = true;
    beats(w, 2);
    assert_int_equal(w->s.count.copies, 1);
    assert_int_equal(w->s.count.copies_ms, 40);
    w->s.may_send = false;
    beats(w, 10);
    w->s.may_send = true;
    beats(w, 2);
    assert_int_equal(w->s.count.copies, 0);
    assert_int_equal(w->s.count.copies_ms, 0);
    end(w);
}

static void test_nothing_of_the_former_codec_is_repeated(void **state)
{
    struct world *w = begin("PCMU", 0, 20, true);
    struct media_agreement before;
    struct rtp_packet packet;
    unsigned repeated = 0;
    char bytes[2048];

    (void)state;
    beats(w, 10);
    while (take(w, bytes, &packet))
        (void)copies_in(&packet, 0);
    before = w->agreed;
    agree(w, "PCMA", 8, 20);
    stream_prepare_sending(&w->s, &before);
    beats(w, 10);
    while (take(w, bytes, &packet))
        repeated += copies_in(&packet, 8);
    assert_in_range(repeated, 3, 4);
    end(w);
}

/* --- what the far end says of it ------------------------------------------------------------- */

static void test_short_reports_are_summed(void **state)
{
    struct world *w = begin("PCMU", 0, 20, true);
    const struct media_adapt *a = &w->s.red.adapt;

    (void)state;
    for (unsigned i = 1; i <= 2; i++) {
        w->s.session.packets += 15;
        stream_red_report(&w->s, 0.1 * i, -1);
        stream_red_reported(&w->s, w->now_us);
        assert_int_equal(a->reported, i == 2);
    }
    assert_true(a->lost > 0.149 && a->lost < 0.151);
    end(w);
}

static void test_a_second_block_of_a_compound_is_ignored(void **state)
{
    struct world *w = begin("PCMU", 0, 20, true);
    const struct media_adapt *a = &w->s.red.adapt;

    (void)state;
    w->s.session.packets = 100;
    stream_red_report(&w->s, 0.2, -1);
    stream_red_report(&w->s, 0, -1);
    stream_red_reported(&w->s, w->now_us);
    assert_true(a->reported);
    assert_true(a->lost > 0.199 && a->lost < 0.201);
    end(w);
}

/* --- how long packets may become ------------------------------------------------------------- */

static const struct longest {
    const char *name, *codec;
    uint16_t maxptime_ms;
    unsigned ptime_ms; /* in a full network */
} longests[] = {
    {"of G.711, where nothing was said", "PCMU", 0, 20},
    {"of G.711, where 40 was", "PCMU", 40, 40},
    {"of Opus, where nothing was said", "opus", 0, 40},
    {"of Opus, where 30 was", "opus", 30, 20},
};

static void check_longest(void **state)
{
    const struct longest *row = *state;
    struct world *w = begin(row->codec, 96, 20, false);

    w->agreed.params.maxptime_ms = row->maxptime_ms;
    make_longer(w, true);
    assert_int_equal(stream_ptime_ms(&w->s), row->ptime_ms);
    end(w);
}

/* --- how hard Opus works --------------------------------------------------------------------- */

static const struct effort_row {
    const char *name;
    uint8_t most, level, wished, wanted;
} efforts[] = {
    {"as the machine can, where nothing is wished", 9, 9, 0, 9},
    {"more than usual", 9, 9, 10, 10},
    {"less than usual", 9, 9, 3, 3},
    {"more, on a machine that is busy", 9, 2, 10, 2},
    {"less than it could although it is busy", 9, 5, 3, 3},
};

/* What sound was encoded with last. */
static unsigned complexity;
static opus_int32 vbr, dtx, fec, bandwidth, bitrate;

WRAP(opus_int32, opus_encode, OpusEncoder *opus, const opus_int16 *pcm, int n, unsigned char *out,
     opus_int32 room)
{
    opus_int32 level = 0;

    opus_encoder_ctl(opus, OPUS_GET_COMPLEXITY(&level));
    complexity = (unsigned)level;
    opus_encoder_ctl(opus, OPUS_GET_VBR(&vbr));
    opus_encoder_ctl(opus, OPUS_GET_DTX(&dtx));
    opus_encoder_ctl(opus, OPUS_GET_INBAND_FEC(&fec));
    opus_encoder_ctl(opus, OPUS_GET_MAX_BANDWIDTH(&bandwidth));
    opus_encoder_ctl(opus, OPUS_GET_BITRATE(&bitrate));
    return __real_opus_encode(opus, pcm, n, out, room);
}

static void check_effort(void **state)
{
    const struct effort_row *row = *state;
    struct world *w = begin("opus", 96, 20, false);
    struct media_agreement before = w->agreed;

    w->thread->effort.most = row->most;
    w->thread->effort.level = row->most;
    w->agreed.params.opus.complexity = row->wished;
    stream_prepare_sending(&w->s, &before);
    w->thread->effort.level = row->level;
    stream_set_effort(&w->s);
    beats(w, 1);
    assert_int_equal(complexity, row->wanted);
    end(w);
}

/* --- what the far end asks of Opus ---------------------------------------------------------- */

static const struct asked_row {
    const char *name;
    struct media_opus asked;
    opus_int32 bandwidth, bitrate; /* 0: as where nothing is asked */
} asked[] = {
    {"constant sizes", {.cbr = true}, 0, 0},
    {"nothing in silence", {.dtx = true}, 0, 0},
    {"FEC", {.fec = true}, 0, 0},
    {"a low bit rate", {.max_bitrate = 16000}, 0, 16000},
    {"less than the least", {.max_bitrate = 5000}, 0, 6000},
    {"a high one", {.max_bitrate = 60000}, 0, 60000},
    {"it plays 8 kHz", {.max_playback_hz = 8000}, OPUS_BANDWIDTH_NARROWBAND, 0},
    {"it plays 12 kHz", {.max_playback_hz = 12000}, OPUS_BANDWIDTH_MEDIUMBAND, 0},
    {"it plays 16 kHz", {.max_playback_hz = 16000}, OPUS_BANDWIDTH_WIDEBAND, 0},
    {"it plays 24 kHz", {.max_playback_hz = 24000}, OPUS_BANDWIDTH_SUPERWIDEBAND, 0},
    {"it plays 44.1 kHz", {.max_playback_hz = 44100}, OPUS_BANDWIDTH_SUPERWIDEBAND, 0},
    {"it plays all", {.max_playback_hz = 48000}, OPUS_BANDWIDTH_FULLBAND, 0},
};

static void expect_encoded(const struct asked_row *row)
{
    assert_int_equal(!vbr, row->asked.cbr);
    assert_int_equal(dtx, row->asked.dtx);
    assert_int_equal(fec, row->asked.fec);
    assert_int_equal(bandwidth, row->bandwidth ? row->bandwidth : OPUS_BANDWIDTH_FULLBAND);
    assert_int_equal(bitrate, row->bitrate ? row->bitrate : 30000);
}

/* By re-INVITE, and taken back. */
static void check_asked(void **state)
{
    static const struct asked_row nothing = {0};
    const struct asked_row *row = *state;
    struct world *w = begin("opus", 96, 20, false);
    struct media_agreement before = w->agreed;

    beats(w, 2);
    expect_encoded(&nothing);
    w->agreed.params.opus = row->asked;
    stream_prepare_sending(&w->s, &before);
    beats(w, 2);
    expect_encoded(row);
    before = w->agreed;
    w->agreed.params.opus = nothing.asked;
    stream_prepare_sending(&w->s, &before);
    beats(w, 2);
    expect_encoded(&nothing);
    end(w);
}

/* --- keys ------------------------------------------------------------------------------------ */

static const struct key_row {
    const char *name;
    double lost, burst;
    unsigned least_ms, most_ms; /* that the key lasts */
} key_rows[] = {
    {"a key, and nothing is lost", 0, 0, 100, 100},
    {"20 % is lost by chance", 0.2, 1.25, 100, 140},
    {"20 % is lost in bursts", 0.2, 3, 400, 480},
    {"bursts without end", 0.9, 100, 600, 600},
};

/* However long it is, its end is sent three times (RFC 4733 2.5.1.4). */
static void check_key(void **state)
{
    const struct key_row *row = *state;
    const struct loss_report report = {.lost = row->lost,
                                       .burst = row->burst,
                                       .burst_of = 40,
                                       .round_trip_ms = 20,
                                       .packets = 200};
    struct world *w = begin("PCMU", 0, 20, false);
    unsigned updates = 0, ends = 0;
    struct rtp_packet packet;
    char bytes[2048];

    w->agreed.params.event_send = 101;
    rtp_event_sender_init(&w->s.keys);
    if (row->lost > 0)
        media_adapt_report(&w->s.red.adapt, &report, w->now_us / 1000);
    assert_int_equal(rtp_event_push(&w->s.keys, SLICE("5")), 0);
    beats(w, 100);
    while (take(w, bytes, &packet)) {
        bool is_key = packet.payload_type == 101;

        ends += is_key && (packet.payload.p[1] & 0x80);
        updates += is_key && !(packet.payload.p[1] & 0x80);
    }
    assert_int_equal(ends, 3);
    assert_in_range((updates + 1) * 20, row->least_ms, row->most_ms);
    end(w);
}

/* --- two channels ---------------------------------------------------------------------------- */

enum { FULL_HZ = 48000, LEVEL = 8000, BEATS = 200, WINDOW = FULL_HZ / 200 };

static const double TONES[] = {440, 660}; /* left, right */

static void say_in_stereo(struct world *w, unsigned beat)
{
    int16_t frames[2 * FULL_HZ / 100];

    for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
        double at_s = (beat * 0.01) + (double)(i / 2) / FULL_HZ;

        frames[i] = (int16_t)(LEVEL * sin(2 * M_PI * TONES[i % 2] * at_s));
    }
    stream_push_microphone(&w->s, frames, ARRAY_LEN(frames) / 2, (struct media_form){FULL_HZ, 2});
    w->now_us += 10000;
    stream_send_due(&w->s, w->now_us);
}

/* The far end asks for two channels and for one, over and over, as it does by re-INVITE. */
static void let_it_change(struct world *w, unsigned beat)
{
    struct media_agreement before = w->agreed;

    if (beat % 40 != 39)
        return;
    w->agreed.params.opus.stereo = !before.params.opus.stereo;
    stream_prepare_sending(&w->s, &before);
}

/* Frames of all that was sent; returns how many. */
static size_t decode_all(struct world *w, int16_t *out, size_t room)
{
    const struct audio_codec_params two = {.channels = 2};
    struct audio_decoder *decoder;
    struct rtp_packet packet;
    char bytes[2048];
    size_t n = 0;

    assert_int_equal(audio_decoder_new(w->agreed.send, &two, &decoder), 0);
    while (take(w, bytes, &packet)) {
        int got = audio_decode(decoder, packet.payload, out + 2 * n, room - n);

        assert_int_equal(got, FULL_HZ / 50);
        n += (size_t)got;
    }
    audio_decoder_free(decoder);
    return n;
}

/* Of one tone, on one side. */
static double level_of(const int16_t *frames, size_t n, double hz)
{
    double re = 0, im = 0;

    for (size_t i = 0; i < n; i++) {
        re += frames[2 * i] * cos(2 * M_PI * hz * (double)i / FULL_HZ);
        im += frames[2 * i] * sin(2 * M_PI * hz * (double)i / FULL_HZ);
    }
    return 2 * hypot(re, im) / (double)n;
}

static void expect_no_gap(const int16_t *frames, size_t n)
{
    for (size_t at = 0; at + WINDOW <= n; at += WINDOW / 2) {
        double sum = 0;

        for (size_t i = 1; i < WINDOW; i++) {
            const int16_t *f = frames + 2 * (at + i);

            assert_in_range(abs(f[0] - f[-2]), 0, LEVEL / 4); /* 691 in the quicker tone */
            sum += f[0] * f[0];
        }
        assert_true(sqrt(sum / WINDOW) > LEVEL / 7.0);
    }
}

static void test_stereo_comes_and_goes_without_a_gap(void **state)
{
    struct world *w = begin("opus", 96, 20, false);
    int16_t *frames = calloc(BEATS * FULL_HZ / 100, 2 * sizeof *frames);
    const size_t part = FULL_HZ * 4 / 10;
    size_t n;

    (void)state;
    assert_non_null(frames);
    w->agreed.params.hears_stereo = w->agreed.params.opus.stereo = true;
    stream_prepare_sending(&w->s, NULL);
    for (unsigned i = 0; i < BEATS; i++) {
        let_it_change(w, i);
        say_in_stereo(w, i);
    }
    n = decode_all(w, frames, BEATS * FULL_HZ / 100);
    assert_true(n > (BEATS - 4) * FULL_HZ / 100);
    expect_no_gap(frames + 2 * FULL_HZ / 10, n - FULL_HZ / 10);
    expect_no_gap(frames + 2 * FULL_HZ / 10 + 1, n - FULL_HZ / 10 - 1);
    for (size_t i = 0; i < 4; i++) { /* of each part its middle */
        const int16_t *middle = frames + 2 * (i * part + part / 4);
        double own = level_of(middle, part / 2, TONES[0]);
        double other = level_of(middle, part / 2, TONES[1]);

        if (i % 2 == 0)
            assert_true(own > 5 * other);
        else
            assert_true(fabs(own - other) < LEVEL / 8.0);
    }
    free(frames);
    end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_told_is_what_is_sent),
        cmocka_unit_test(test_stereo_comes_and_goes_without_a_gap),
        cmocka_unit_test(test_nothing_of_the_former_codec_is_repeated),
        cmocka_unit_test(test_short_reports_are_summed),
        cmocka_unit_test(test_a_second_block_of_a_compound_is_ignored),
    };

    return RUN_ROWS("phone/media_send: packets of another length", changes, check_change) +
           RUN_ROWS("phone/media_send: effort", efforts, check_effort) +
           RUN_ROWS("phone/media_send: what is asked of Opus", asked, check_asked) +
           RUN_ROWS("phone/media_send: keys", key_rows, check_key) +
           RUN_ROWS("phone/media_send: copies that fit", fits, check_fit) +
           RUN_ROWS("phone/media_send: the longest packets", longests, check_longest) +
           cmocka_run_group_tests_name("phone/media_send, told", tests, NULL, NULL);
}
