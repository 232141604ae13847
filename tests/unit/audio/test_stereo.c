/* Two channels through each part of the way: what is left stays left, and what is done to time is
 * done to both. */
#include "audio/stereo.h"

#include "audio/codec.h"
#include "audio/playout.h"
#include "audio/resample.h"
#include "audio/stretch.h"
#include "tests/lib/rows.h"
#include "tests/lib/speech.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEFT_HZ 440.0
#define RIGHT_HZ 660.0 /* their periods meet after 1/220 s */

static const struct audio_codec *find(const char *name, uint32_t clock_hz)
{
    return audio_codec_find(slice_of(name), clock_hz, 0);
}

static struct audio_encoder *encoder_of(struct audio_codec_params params)
{
    struct audio_encoder *enc;

    assert_int_equal(audio_encoder_new(find("opus", 0), &params, &enc), 0);
    return enc;
}

static void tones(int16_t *frames, size_t n, uint32_t rate_hz)
{
    for (size_t i = 0; i < n; i++) {
        frames[2 * i] = (int16_t)lrint(9000 * sin(2 * M_PI * LEFT_HZ * (double)i / rate_hz));
        frames[2 * i + 1] = (int16_t)lrint(9000 * sin(2 * M_PI * RIGHT_HZ * (double)i / rate_hz));
    }
}

static double share(const int16_t *frames, size_t n, unsigned channel, double hz, uint32_t rate_hz)
{
    int16_t *one = calloc(n, sizeof *one);
    double got;

    for (size_t i = 0; i < n; i++)
        one[i] = frames[2 * i + channel];
    got = sound_share_at(one, n, hz, rate_hz);
    free(one);
    return got;
}

static void assert_tones(const int16_t *frames, size_t n, uint32_t rate_hz, double least)
{
    assert_true(share(frames, n, 0, LEFT_HZ, rate_hz) > least);
    assert_true(share(frames, n, 1, RIGHT_HZ, rate_hz) > least);
}

/* --- one of two, two of one ------------------------------------------------------------------- */

static void mixes_and_spreads_in_place(void **state)
{
    int16_t frames[] = {100, 300, INT16_MAX, INT16_MAX, INT16_MIN, INT16_MIN, -3, 0};

    (void)state;
    stereo_mix(frames, 4, frames);
    assert_int_equal(frames[0], 200);
    assert_int_equal(frames[1], INT16_MAX);
    assert_int_equal(frames[2], INT16_MIN);
    assert_int_equal(frames[3], -1);
    stereo_spread(frames, 4, frames);
    assert_memory_equal(frames,
                        ((int16_t[]){200, 200, INT16_MAX, INT16_MAX, INT16_MIN, INT16_MIN, -1, -1}),
                        sizeof frames);
    stereo_convert(frames, 4, 2, frames, 1);
    stereo_convert(frames, 4, 1, frames, 1);
    assert_int_equal(frames[2], INT16_MIN);
}

/* --- time ------------------------------------------------------------------------------------- */

static void stretch_cuts_both_at_one_frame(void **state)
{
    static const uint32_t rates[] = {8000, 16000, 48000};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        uint32_t rate_hz = rates[i];
        size_t n = rate_hz / 50, most = rate_hz / 100, got;
        struct stretch_how how = {.rate_hz = rate_hz, .channels = 2, .most = most, .alike = 0.85};
        int16_t frames[2 * (960 + 480)], last;

        tones(frames, n, rate_hz);
        last = frames[2 * n - 1];
        got = stretch_accelerate(frames, n, &how);
        assert_in_range(got, n - most, n - rate_hz / 400);
        assert_int_equal(frames[2 * got - 1], last);
        assert_tones(frames, got, rate_hz, 0.8);
        tones(frames, n, rate_hz);
        got = stretch_expand(frames, n, &how);
        assert_in_range(got, n + rate_hz / 400, n + most);
        assert_int_equal(frames[2 * got - 1], last);
        assert_tones(frames, got, rate_hz, 0.8);
    }
}

/* Nothing but the right channel tells what fits. */
static void stretch_compares_both(void **state)
{
    struct stretch_how how = {.rate_hz = 8000, .channels = 2, .most = 80, .alike = STRETCH_ALIKE};
    uint32_t noise = 1;
    int16_t frames[320];

    (void)state;
    tones(frames, 160, 8000);
    for (size_t i = 0; i < 160; i++) {
        noise = noise * 1103515245 + 12345;
        frames[2 * i + 1] = (int16_t)(noise >> 16);
    }
    assert_int_equal(stretch_accelerate(frames, 160, &how), 160);
}

static void stretch_draws_out_both(void **state)
{
    enum { RATE = 16000, BEFORE = RATE / 1000 * STRETCH_DRAW_MS, HELD = RATE / 25, LATE = 320 };
    int16_t in[2 * (BEFORE + LATE)], out[2 * (BEFORE + HELD + LATE)] = {0};
    int16_t *end = out + 2 * BEFORE;
    size_t period;

    (void)state;
    tones(in, BEFORE + LATE, RATE);
    memcpy(out, in, sizeof in[0] * 2 * BEFORE);
    period = stretch_period(end, 2, RATE);
    stretch_draw_out(end, 2, HELD, period);
    memcpy(end + 2 * HELD, in + 2 * BEFORE, sizeof in[0] * 2 * LATE);
    stretch_join(end + 2 * HELD, end + 2 * HELD, 2, LATE, period, RATE);
    assert_tones(end, HELD, RATE, 0.9);
    assert_memory_equal(end + 2 * (HELD + LATE - 1), in + 2 * (BEFORE + LATE - 1), 4);
}

static void resampling_is_that_of_each(void **state)
{
    enum { N = 480 };
    int16_t in[2 * N], both[2 * N], one[N], alone[N];
    struct resample *r, *mono;
    size_t n;

    (void)state;
    assert_int_equal(resample_new_of(2, 48000, 16000, RESAMPLE_CALL, &r), 0);
    assert_int_equal(resample_new(48000, 16000, RESAMPLE_CALL, &mono), 0);
    tones(in, N, 48000);
    for (size_t i = 0; i < N; i++)
        one[i] = in[2 * i + 1];
    for (int i = 0; i < 3; i++) {
        n = resample_run(r, in, N, both, N);
        assert_int_equal(resample_run(mono, one, N, alone, N), n);
        for (size_t at = 0; at < n; at++)
            assert_int_equal(both[2 * at + 1], alone[at]);
    }
    n = resample_flush(r, both, N);
    assert_int_equal(resample_flush(mono, alone, N), n);
    assert_true(n > 0);
    assert_int_equal(both[2 * n - 1], alone[n - 1]);
    resample_free(r);
    resample_free(mono);
}

/* --- Opus ------------------------------------------------------------------------------------- */

/* The bytes of 50 packets, behind 50 others; whether all of those have two channels, or none. */
static size_t bytes_of(struct audio_encoder *enc, bool stereo)
{
    unsigned char packet[AUDIO_PAYLOAD_MAX];
    int16_t frames[2 * 960];
    size_t sum = 0;

    tones(frames, 960, 48000);
    for (int i = 0; i < 100; i++) {
        int bytes = audio_encode(enc, frames, 960, packet, sizeof packet);

        assert_true(bytes > 0);
        if (i < 50)
            continue;
        assert_int_equal(!!(packet[0] & 4), stereo); /* RFC 6716 3.1 */
        sum += (size_t)bytes;
    }
    return sum;
}

static void an_encoder_of_two_channels_sends_one(void **state)
{
    struct audio_encoder *enc = encoder_of((struct audio_codec_params){.channels = 2, .cbr = true});

    (void)state;
    assert_int_equal(audio_encoder_bitrate(enc), 60000);
    assert_int_equal(bytes_of(enc, true), 50 * 150);
    audio_encoder_send_channels(enc, 1);
    assert_int_equal(audio_encoder_bitrate(enc), 30000);
    assert_int_equal(bytes_of(enc, false), 50 * 75);
    audio_encoder_send_channels(enc, 2);
    assert_int_equal(bytes_of(enc, true), 50 * 150);
    audio_encoder_free(enc);
}

static void what_the_other_side_wants_is_the_most(void **state)
{
    struct audio_encoder *enc =
        encoder_of((struct audio_codec_params){.channels = 2, .bitrate = 48000});

    (void)state;
    assert_int_equal(audio_encoder_bitrate(enc), 48000);
    audio_encoder_send_channels(enc, 1);
    assert_int_equal(audio_encoder_bitrate(enc), 48000);
    audio_encoder_set_bitrate(enc, 100000);
    assert_int_equal(audio_encoder_bitrate(enc), 48000);
    audio_encoder_free(enc);
}

/* More than 68 kbit/s do not fit into 120 ms of AUDIO_PAYLOAD_MAX. */
static void long_packets_have_what_fits(void **state)
{
    enum { RATE = 48000, N = AUDIO_PACKET_MAX_SAMPLES };
    static const unsigned packet_ms[] = {120, 80};
    struct audio_codec_params params = {.channels = 2, .bitrate = 128000};
    int16_t *in = calloc(2 * N, sizeof *in), *out = calloc(2 * N, sizeof *out);
    unsigned char bytes[AUDIO_PAYLOAD_MAX];
    struct audio_encoder *enc = encoder_of(params);
    struct audio_decoder *dec;

    (void)state;
    assert_int_equal(audio_decoder_new(find("opus", 0), &params, &dec), 0);
    assert_int_equal(audio_encoder_bitrate(enc), 128000);
    tones(in, N, RATE);
    for (size_t i = 0; i < ARRAY_LEN(packet_ms); i++) {
        size_t n = RATE / 1000 * packet_ms[i];

        for (unsigned times = 0; times < 5; times++) {
            int got = audio_encode(enc, in, n, bytes, sizeof bytes);

            assert_in_range(got, 1, sizeof bytes);
            got = audio_decode(dec, (struct slice){(char *)bytes, (size_t)got}, out, N);
            assert_int_equal(got, n);
        }
        assert_tones(out, n, RATE, 0.8);
    }
    free(in);
    free(out);
    audio_decoder_free(dec);
    audio_encoder_free(enc);
}

/* --- what is received ------------------------------------------------------------------------- */

struct line {
    struct playout *p;
    struct audio_encoder *enc;
    unsigned sequence;
};

static struct line begin(uint8_t channels, uint8_t sent)
{
    struct playout_config config = {.codec = find("opus", 0), .channels = channels};
    struct line l = {.sequence = 0};

    assert_int_equal(playout_new(&config, &l.p), 0);
    l.enc =
        encoder_of((struct audio_codec_params){.channels = sent, .fec = true, .bitrate = 64000});
    return l;
}

static void end(struct line *l)
{
    audio_encoder_free(l->enc);
    playout_free(l->p);
}

/* 20 ms of both tones, or of the left one alone, sent and heard. */
static void go(struct line *l, bool lost, int16_t *heard)
{
    unsigned channels = audio_encoder_channels(l->enc);
    uint64_t now_us = l->sequence * UINT64_C(20000);
    unsigned char packet[AUDIO_PAYLOAD_MAX];
    int16_t *frames = calloc(2 * 960 * (l->sequence + 1), sizeof *frames), *now;
    int bytes;

    tones(frames, 960 * (l->sequence + 1), 48000);
    now = frames + 2 * 960 * l->sequence;
    for (size_t i = 0; i < 960 && channels == 1; i++)
        now[i] = now[2 * i];
    bytes = audio_encode(l->enc, now, 960, packet, sizeof packet);
    assert_true(bytes > 0);
    if (!lost)
        assert_int_equal(playout_put(l->p, find("opus", 0), 1, (uint16_t)l->sequence,
                                     l->sequence * 960, false,
                                     (struct slice){(char *)packet, (size_t)bytes}, now_us),
                         0);
    playout_get(l->p, now_us, heard, 960);
    l->sequence++;
    free(frames);
}

/* 20 packets, of which the last one stays. */
static void go_on(struct line *l, int16_t *heard)
{
    for (int i = 0; i < 20; i++)
        go(l, false, heard);
}

static void each_stays_in_its_channel_through_loss(void **state)
{
    enum { PACKETS = 100 };
    struct line l = begin(2, 2);
    int16_t *heard = calloc(PACKETS * 2 * 960, sizeof *heard);
    struct jitter_stats stats;

    (void)state;
    assert_int_equal(playout_channels(l.p), 2);
    for (unsigned i = 0; i < PACKETS; i++)
        go(&l, i > 20 && i % 7 < 2, heard + (size_t)2 * 960 * i);
    playout_stats(l.p, &stats);
    assert_true(stats.lost > 10);
    assert_tones(heard + 2 * 960 * 20, 960 * (PACKETS - 20), 48000, 0.6);
    assert_true(share(heard, 960 * PACKETS, 0, RIGHT_HZ, 48000) < 0.02);
    assert_true(share(heard, 960 * PACKETS, 1, LEFT_HZ, 48000) < 0.02);
    free(heard);
    end(&l);
}

/* Mono is heard in both, stereo by who wants one channel mixed. */
static void whoever_has_one_and_two_understand_each_other(void **state)
{
    int16_t heard[2 * 960];
    struct line l = begin(2, 1);

    (void)state;
    go_on(&l, heard);
    assert_true(share(heard, 960, 0, LEFT_HZ, 48000) > 0.8);
    for (size_t i = 0; i < 960; i++)
        assert_int_equal(heard[2 * i], heard[2 * i + 1]);
    end(&l);
    l = begin(1, 2);
    assert_int_equal(playout_channels(l.p), 1);
    go_on(&l, heard);
    assert_true(sound_share_at(heard, 960, LEFT_HZ, 48000) > 0.3);
    assert_true(sound_share_at(heard, 960, RIGHT_HZ, 48000) > 0.3);
    end(&l);
}

/* Packets of the codec before still wait then; each is played in as many channels as there are now,
 * whatever is missing. */
static void another_codec_has_its_own_channels(void **state)
{
    const struct audio_codec *l16 = find("L16", 48000), *pcmu = find("PCMU", 0);
    static char payload[960];
    int16_t heard[2 * 960];
    struct line l = begin(2, 2);

    (void)state;
    for (unsigned round = 0; round < 6; round++) {
        for (int i = 0; i < 4; i++)
            go(&l, i == 2, heard);
        assert_int_equal(playout_channels(l.p), 2);
        for (unsigned i = 0; i < 4; i++)
            (void)playout_put(l.p, l16, 1, (uint16_t)(l.sequence + i), (l.sequence + i) * 960,
                              false, (struct slice){payload, 960}, l.sequence * UINT64_C(20000));
        assert_int_equal(playout_channels(l.p), 1);
        for (unsigned i = 0; i < 4; i++)
            playout_get(l.p, l.sequence++ * UINT64_C(20000), heard, 960);
    }
    (void)playout_put(l.p, pcmu, 1, (uint16_t)l.sequence, l.sequence * 160, false,
                      (struct slice){payload, 160}, l.sequence * UINT64_C(20000));
    assert_int_equal(playout_rate_hz(l.p), 8000);
    assert_int_equal(playout_channels(l.p), 1);
    playout_get(l.p, l.sequence * UINT64_C(20000), heard, 160);
    end(&l);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(mixes_and_spreads_in_place),
        cmocka_unit_test(stretch_cuts_both_at_one_frame),
        cmocka_unit_test(stretch_compares_both),
        cmocka_unit_test(stretch_draws_out_both),
        cmocka_unit_test(resampling_is_that_of_each),
        cmocka_unit_test(an_encoder_of_two_channels_sends_one),
        cmocka_unit_test(what_the_other_side_wants_is_the_most),
        cmocka_unit_test(long_packets_have_what_fits),
        cmocka_unit_test(each_stays_in_its_channel_through_loss),
        cmocka_unit_test(whoever_has_one_and_two_understand_each_other),
        cmocka_unit_test(another_codec_has_its_own_channels),
    };

    return cmocka_run_group_tests_name("audio/stereo", tests, NULL, NULL);
}
