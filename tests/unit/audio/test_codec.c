#include "audio/codec.h"

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"
#include "tests/lib/speech.h"

#include "base/rand.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS = 4 };

static const struct audio_codec *find(const char *name)
{
    const struct audio_codec *codec = audio_codec_find(slice_of(name), 0, 0);

    assert_non_null(codec);
    return codec;
}

static struct audio_encoder *encoder(const char *name, struct audio_codec_params params)
{
    struct audio_encoder *enc;

    assert_int_equal(audio_encoder_new(find(name), &params, &enc), 0);
    return enc;
}

static struct audio_decoder *decoder(const char *name, struct audio_codec_params params)
{
    struct audio_decoder *dec;

    assert_int_equal(audio_decoder_new(find(name), &params, &dec), 0);
    return dec;
}

/* Whether its library is there; where not, nothing can be made of it. */
static bool is_there(const char *name)
{
    struct audio_codec_params params = {0};
    struct audio_encoder *enc;
    struct audio_decoder *dec;

    if (audio_codec_usable(find(name)))
        return true;
    assert_int_equal(audio_encoder_new(find(name), &params, &enc), -ENOENT);
    assert_int_equal(audio_decoder_new(find(name), &params, &dec), -ENOENT);
    return false;
}

static void names_find_codecs(void **state)
{
    (void)state;
    assert_ptr_equal(audio_codec_find(SLICE("OPUS"), 48000, 2), find("opus"));
    assert_null(audio_codec_find(SLICE("opus"), 48000, 1)); /* RFC 7587 7: always /48000/2 */
    assert_null(audio_codec_find(SLICE("opus"), 16000, 2));
    assert_ptr_equal(audio_codec_find(SLICE("pcmu"), 8000, 1), find("PCMU"));
    assert_null(audio_codec_find(SLICE("PCM"), 0, 0));
    assert_ptr_equal(audio_codec_static(0), find("PCMU"));
    assert_ptr_equal(audio_codec_static(8), find("PCMA"));
    assert_ptr_equal(audio_codec_static(9), find("G722"));
    assert_null(audio_codec_static(3));
    assert_null(audio_codec_static(255));
}

static void packet_times_fit(void **state)
{
    (void)state;
    assert_int_equal(audio_codec_fit_packet(find("opus"), 20), 20);
    assert_int_equal(audio_codec_fit_packet(find("opus"), 30), 20);
    assert_int_equal(audio_codec_fit_packet(find("opus"), 5), 10);
    assert_int_equal(audio_codec_fit_packet(find("opus"), 1000), 120);
    assert_int_equal(audio_codec_fit_packet(find("PCMU"), 30), 30);
    assert_true(audio_codec_can_packet(find("PCMU"), 30));
    assert_false(audio_codec_can_packet(find("opus"), 30));
    assert_false(audio_codec_can_packet(find("opus"), 0));
}

/* Samples and their codes from ITU-T G.711 tables 1a to 2b: decision values are coded upwards, the
 * tables' bits before the even ones of the A-law are inverted (here: after). */
static const struct law {
    const char *codec;
    int16_t sample;
    unsigned char code;
    int16_t decoded;
} laws[] = {
    {"PCMU", 0, 0xff, 0},         {"PCMU", -1, 0x7f, 0},          {"PCMU", 4, 0xfe, 8},
    {"PCMU", 32767, 0x80, 32124}, {"PCMU", -32768, 0x00, -32124}, {"PCMU", 1000, 0xce, 988},
    {"PCMU", -1000, 0x4e, -988},  {"PCMA", 0, 0xd5, 8},           {"PCMA", -1, 0x55, -8},
    {"PCMA", 32767, 0xaa, 32256}, {"PCMA", -32768, 0x2a, -32256}, {"PCMA", 1000, 0xfa, 1008},
    {"PCMA", -1000, 0x7a, -1008}, {"PCMA", 512, 0xf5, 528},
};

static void laws_are_the_itus(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(laws); i++) {
        const struct law *law = &laws[i];
        struct audio_encoder *enc = encoder(law->codec, (struct audio_codec_params){0});
        struct audio_decoder *dec = decoder(law->codec, (struct audio_codec_params){0});
        int16_t in[80], out[80];
        unsigned char packet[80];

        for (size_t k = 0; k < 80; k++)
            in[k] = law->sample;
        assert_int_equal(audio_encode(enc, in, 80, packet, sizeof packet), 80);
        assert_int_equal(packet[79], law->code);
        assert_int_equal(audio_decode(dec, (struct slice){(char *)packet, 80}, out, 80), 80);
        assert_int_equal(out[79], law->decoded);
        audio_encoder_free(enc);
        audio_decoder_free(dec);
    }
}

/* Every code decodes to a sample that is coded as itself: G.711's synchronous tandeming. */
static void codes_survive(const char *name)
{
    struct audio_encoder *enc = encoder(name, (struct audio_codec_params){0});
    struct audio_decoder *dec = decoder(name, (struct audio_codec_params){0});
    unsigned char all[320], again[320];
    int16_t samples[320];

    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (unsigned char)i;
    assert_int_equal(audio_decode(dec, (struct slice){(char *)all, 320}, samples, 320), 320);
    assert_int_equal(audio_encode(enc, samples, 320, again, sizeof again), 320);
    for (size_t i = 0; i < sizeof all; i++)
        if (strcmp(name, "PCMU") != 0 || all[i] != 0x7f) /* minus 0 is sent as plus 0 */
            assert_int_equal(again[i], all[i]);
    audio_encoder_free(enc);
    audio_decoder_free(dec);
}

static void all_codes_survive(void **state)
{
    (void)state;
    codes_survive("PCMU");
    codes_survive("PCMA");
}

static void g711_is_within_half_a_step(void **state)
{
    (void)state;
    for (size_t law = 0; law < 2; law++) {
        const char *name = law ? "PCMA" : "PCMU";
        struct audio_encoder *enc = encoder(name, (struct audio_codec_params){0});
        struct audio_decoder *dec = decoder(name, (struct audio_codec_params){0});

        for (int from = -32768; from < 32768; from += 80) {
            int16_t in[80], out[80];
            unsigned char packet[80];

            for (int i = 0; i < 80; i++)
                in[i] = (int16_t)(from + i > 32767 ? 32767 : from + i);
            audio_encode(enc, in, 80, packet, 80);
            audio_decode(dec, (struct slice){(char *)packet, 80}, out, 80);
            for (int i = 0; i < 80; i++) /* the widest step is 1,024, and the ends are clipped */
                assert_true(abs(in[i] - out[i]) <=
                            16 + abs(in[i]) / 31 + (abs(in[i]) > 32124 ? 644 : 0));
        }
        audio_encoder_free(enc);
        audio_decoder_free(dec);
    }
}

static const struct toc {
    const char *name, *hex;
    int duration;
} tocs[] = {
    {"RFC 6716 3.1: SILK 10 ms", "\x00\x01", 480},
    {"SILK 60 ms", "\x18\x01", 2880},
    {"hybrid 20 ms", "\x78\x01", 960},
    {"CELT 2.5 ms", "\xe0\x01", 120},
    {"CELT 20 ms, two frames of one size", "\xf9\x01\x01", 1920},
    {"six frames of 20 ms are 120 ms", "\xfb\x06\x01\x01\x01\x01\x01\x01", 5760},
    {"seven would be too long", "\xfb\x07\x01\x01\x01\x01\x01\x01\x01", -EBADMSG},
    {"two frames of one size in an odd number of bytes", "\xf9\x01", -EBADMSG},
};

static void opus_durations(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tocs); i++) {
        size_t n = strlen(tocs[i].hex);
        struct slice payload = exact_bytes(tocs[i].hex, n ? n : 2);

        assert_int_equal(audio_codec_duration(find("opus"), payload), tocs[i].duration);
        exact_free(payload);
    }
    assert_int_equal(audio_codec_duration(find("opus"), SLICE("")), -EBADMSG);
    assert_int_equal(audio_codec_duration(find("PCMA"), SLICE("")), -EBADMSG);
    assert_int_equal(audio_codec_duration(find("PCMA"), SLICE("123")), 3);
    assert_int_equal(audio_codec_duration(find("PCMA"), (struct slice){"", 961}), -EBADMSG);
}

/* Speech through encoder and decoder in packets of packet_ms, lost ones replaced; returns what came
 * out. lose: % of packets; fec: replaced from the packet behind. */
static int16_t *through(const char *name, struct audio_codec_params params, unsigned packet_ms,
                        unsigned lose, bool fec, const int16_t *in, size_t n)
{
    struct audio_encoder *enc = encoder(name, params);
    struct audio_decoder *dec = decoder(name, params);
    size_t step = audio_encoder_rate_hz(enc) / 1000 * packet_ms;
    int16_t *out = calloc(n + step, sizeof *out);
    struct rng rng = rng_seeded(5);
    bool lost = false;

    if (lose)
        audio_encoder_set_fec(enc, lose);
    for (size_t at = 0; at + step <= n; at += step) {
        unsigned char packet[AUDIO_PAYLOAD_MAX];
        int bytes = audio_encode(enc, in + at, step, packet, sizeof packet);
        struct slice payload = {(char *)packet, (size_t)bytes};

        assert_true(bytes > 0);
        if (lost && fec)
            assert_int_equal(audio_decode_fec(dec, payload, out + at - step, step), step);
        else if (lost)
            assert_int_equal(audio_decode_lost(dec, out + at - step, step), step);
        lost = at > 0 && rng_below(&rng, 100) < lose;
        if (!lost)
            assert_int_equal(audio_decode(dec, payload, out + at,
                                          AUDIO_PACKET_MAX_SAMPLES < n + step - at
                                              ? AUDIO_PACKET_MAX_SAMPLES
                                              : n + step - at),
                             step);
    }
    audio_encoder_free(enc);
    audio_decoder_free(dec);
    return out;
}

static const struct way {
    const char *codec;
    uint32_t rate_hz;
    unsigned packet_ms;
    double likeness;
} ways[] = {
    {"PCMU", 8000, 20, 0.99},  {"PCMA", 8000, 20, 0.99},  {"PCMA", 8000, 120, 0.99},
    {"L16", 16000, 20, 1},     {"G722", 16000, 20, 0.98}, {"G722", 16000, 120, 0.98},
    {"opus", 48000, 20, 0.90}, {"opus", 48000, 10, 0.90}, {"opus", 48000, 60, 0.90},
    {"opus", 16000, 20, 0.90}, {"opus", 8000, 20, 0.90},  {"opus", 48000, 120, 0.90},
};

static void speech_comes_through(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        const struct way *way = &ways[i];
        struct audio_codec_params params = {.rate_hz = way->rate_hz, .fec = true};
        size_t n = (size_t)way->rate_hz * 2;
        int16_t *in, *out;

        if (!is_there(way->codec))
            continue;
        in = calloc(n, sizeof *in);
        speech_make(in, n, way->rate_hz, 1);
        out = through(way->codec, params, way->packet_ms, 0, false, in, n);
        assert_true(sound_likeness(in, out, n / 2, way->rate_hz / 80, NULL) >= way->likeness);
        free(in);
        free(out);
    }
}

/* Likeness in windows of 20 ms, where the whole would hide single losses. */
static double mean_likeness(const int16_t *a, const int16_t *b, size_t n, size_t shift)
{
    double sum = 0, count = 0;

    for (size_t at = 0; at + 960 + shift <= n; at += 960, count++)
        sum += sound_likeness(a + at, b + at + shift, 960, 0, NULL);
    return sum / count;
}

/* Of a hundred packets, those that carry the one before. */
static unsigned carrying(struct audio_codec_params params, unsigned packet_ms, unsigned loss)
{
    struct audio_encoder *enc = encoder("opus", params);
    size_t step = 48 * packet_ms;
    int16_t *in = calloc(100 * step * 2, sizeof *in);
    unsigned n = 0;

    speech_make(in, 100 * step * (params.channels == 2 ? 2 : 1), 48000, 3);
    audio_encoder_set_fec(enc, loss);
    for (unsigned i = 0; i < 100; i++) {
        unsigned char packet[AUDIO_PAYLOAD_MAX];
        int bytes = audio_encode(enc, in + i * step * audio_encoder_channels(enc), step, packet,
                                 sizeof packet);
        struct slice payload = exact_bytes(packet, (size_t)bytes);

        n += audio_codec_carries_before(find("opus"), payload);
        exact_free(payload);
    }
    audio_encoder_free(enc);
    free(in);
    return n;
}

static void what_packets_carry_is_seen(void **state)
{
    struct audio_codec_params with = {.fec = true, .bitrate = 24000}, without = {0};
    struct audio_codec_params stereo = {.fec = true, .channels = 2, .bitrate = 48000};

    (void)state;
    assert_int_equal(carrying(without, 20, 20), 0);
    assert_in_range(carrying(with, 20, 20), 50, 100);
    assert_in_range(carrying(with, 60, 20), 50, 100);
    assert_in_range(carrying(stereo, 20, 20), 50, 100);
    assert_false(audio_codec_carries_before(find("opus"), SLICE("")));
    assert_false(audio_codec_carries_before(find("opus"), SLICE("\x48")));     /* no frame at all */
    assert_false(audio_codec_carries_before(find("opus"), SLICE("\xf8\xff"))); /* CELT */
    assert_false(audio_codec_carries_before(find("PCMU"), SLICE("\x48\xff")));
}

static void fec_recovers_speech(void **state)
{
    struct audio_codec_params params = {.fec = true};
    size_t n = 48000 * SECONDS;
    int16_t *in = calloc(n, sizeof *in), *whole, *with, *without;
    double like_with, like_without;

    (void)state;
    speech_make(in, n, 48000, 3);
    whole = through("opus", params, 20, 0, false, in, n);
    with = through("opus", params, 20, 20, true, in, n);
    without = through("opus", params, 20, 20, false, in, n);
    like_with = mean_likeness(whole, with, n, 0);
    like_without = mean_likeness(whole, without, n, 0);
    print_message("# likeness at 20 %% loss: %.3f with FEC, %.3f without\n", like_with,
                  like_without);
    assert_true(like_with > like_without + 0.05);
    free(in);
    free(whole);
    free(with);
    free(without);
}

static void parameters_are_obeyed(void **state)
{
    struct audio_codec_params low = {.bitrate = 8000}, high = {.bitrate = 64000, .cbr = true};
    struct audio_encoder *a = encoder("opus", low), *b = encoder("opus", high);
    unsigned char packet[AUDIO_PAYLOAD_MAX];
    int16_t *in = calloc(48000, sizeof *in);
    int bytes = 0;

    (void)state;
    speech_make(in, 48000, 48000, 4);
    for (size_t at = 0; at < 48000; at += 960) {
        bytes += audio_encode(a, in + at, 960, packet, sizeof packet);
        assert_int_equal(audio_encode(b, in + at, 960, packet, sizeof packet), 160);
    }
    assert_in_range(bytes, 500, 1300);
    assert_int_equal(audio_encode(a, in, 961, packet, sizeof packet), -EINVAL);
    assert_int_equal(audio_encode(a, in, 1440, packet, sizeof packet), -EINVAL);
    audio_encoder_set_complexity(a, 0);
    audio_encoder_set_complexity(a, 5);
    audio_encoder_free(a);
    audio_encoder_free(b);
    free(in);
}

/* Bytes of a second of speech. */
static int second_of(struct audio_encoder *enc, const int16_t *in)
{
    unsigned char packet[AUDIO_PAYLOAD_MAX];
    int bytes = 0;

    for (size_t at = 0; at < 48000; at += 960)
        bytes += audio_encode(enc, in + at, 960, packet, sizeof packet);
    return bytes;
}

static void the_bit_rate_changes_in_mid_call(void **state)
{
    struct audio_encoder *enc = encoder("opus", (struct audio_codec_params){.cbr = true});
    struct audio_encoder *asked = encoder("opus", (struct audio_codec_params){.bitrate = 20000});
    struct audio_encoder *much = encoder("opus", (struct audio_codec_params){.bitrate = 48000});
    struct audio_encoder *pcmu = encoder("PCMU", (struct audio_codec_params){0});
    int16_t *in = calloc(48000, sizeof *in);

    (void)state;
    speech_make(in, 48000, 48000, 4);
    assert_int_equal(second_of(enc, in), 3750);
    audio_encoder_set_bitrate(enc, 16000);
    assert_int_equal(second_of(enc, in), 2000);
    audio_encoder_set_bitrate(enc, 1000000);
    assert_int_equal(audio_encoder_bitrate(enc), 64000);
    assert_int_equal(second_of(enc, in), 8000);
    audio_encoder_set_bitrate(enc, 1);
    assert_int_equal(audio_encoder_bitrate(enc), 6000);
    audio_encoder_set_bitrate(enc, 0);
    assert_int_equal(second_of(enc, in), 3750);
    audio_encoder_set_bitrate(asked, 48000); /* never above the peer's maxaveragebitrate */
    assert_int_equal(audio_encoder_bitrate(asked), 20000);
    audio_encoder_set_bitrate(asked, 12000);
    assert_int_equal(audio_encoder_bitrate(asked), 12000);
    audio_encoder_set_bitrate(much, 12000);
    audio_encoder_set_bitrate(much, 0); /* what was asked for, not our own choice */
    assert_int_equal(audio_encoder_bitrate(much), 48000);
    audio_encoder_set_bitrate(pcmu, 12000);
    audio_encoder_set_fec(pcmu, 12);
    assert_int_equal(audio_encoder_bitrate(pcmu), 64000);
    audio_encoder_free(enc);
    audio_encoder_free(asked);
    audio_encoder_free(much);
    audio_encoder_free(pcmu);
    free(in);
}

static void l16_is_in_network_byte_order(void **state)
{
    static const uint32_t rates[] = {8000, 16000, 48000};
    static const int16_t samples[480] = {0x0102, -2};
    struct audio_codec_params params = {0};
    unsigned char packet[AUDIO_PAYLOAD_MAX];
    int16_t out[480];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        const struct audio_codec *codec = audio_codec_find(SLICE("l16"), rates[i], 1);
        size_t n = rates[i] / 100;
        struct slice payload = {(char *)packet, 2 * n};
        struct audio_encoder *enc;
        struct audio_decoder *dec;

        assert_int_equal(audio_encoder_new(codec, &params, &enc), 0);
        assert_int_equal(audio_decoder_new(codec, &params, &dec), 0);
        assert_int_equal(audio_encode(enc, samples, n, packet, sizeof packet), 2 * n);
        assert_memory_equal(packet, "\1\2\377\376\0", 5);
        assert_int_equal(audio_codec_duration(codec, payload), n);
        assert_int_equal(audio_decode(dec, payload, out, ARRAY_LEN(out)), n);
        assert_memory_equal(out, samples, 2 * n);
        payload.n--; /* half a sample */
        assert_int_equal(audio_codec_duration(codec, payload), -EBADMSG);
        audio_encoder_free(enc);
        audio_decoder_free(dec);
    }
    assert_null(audio_codec_find(SLICE("L16"), 44100, 2));
}

/* RFC 3551 4.5.2: 160 bytes are 20 ms, 160 units of the RTP clock and 320 samples. What stands
 * for what was lost is not louder; how well it sounds, test_codec_lost says. */
static void g722_has_two_samples_in_a_byte(void **state)
{
    enum { N = 16000 * 2 };
    struct audio_codec_params params = {0};
    int16_t *in = calloc(N, sizeof *in), *whole, *both, *past;
    unsigned char packet[160];
    struct audio_encoder *enc;

    (void)state;
    if (is_there("G722")) {
        speech_make(in, N, 16000, 3);
        enc = encoder("G722", params);
        assert_int_equal(audio_encode(enc, in, 320, packet, sizeof packet), 160);
        assert_int_equal(audio_codec_duration(find("G722"), (struct slice){(char *)packet, 160}),
                         160);
        assert_int_equal(audio_encode(enc, in, 320, packet, 159), -ENOBUFS);
        audio_encoder_free(enc);
        whole = through("G722", params, 20, 0, false, in, N);
        both = through("G722", params, 20, 10, true, in, N);
        past = through("G722", params, 20, 10, false, in, N);
        assert_true(fabs(sound_loudness(whole, N) / sound_loudness(in, N) - 1) < 0.03);
        assert_true(sound_loudness(both, N) < 1.05 * sound_loudness(in, N));
        assert_true(sound_loudness(past, N) < 1.05 * sound_loudness(in, N));
        free(whole);
        free(both);
        free(past);
    }
    free(in);
}

/* What a packet carries of the one before it, as likeness to that. */
static double carried(unsigned percent, const int16_t *in, size_t n)
{
    struct audio_encoder *enc = encoder("opus", (struct audio_codec_params){.fec = true});
    struct audio_decoder *dec = decoder("opus", (struct audio_codec_params){0});
    double likeness = 0;
    int16_t out[960], whole[960];

    audio_encoder_set_fec(enc, percent);
    for (size_t at = 0; at + 960 <= n; at += 960) {
        unsigned char packet[AUDIO_PAYLOAD_MAX];
        int bytes = audio_encode(enc, in + at, 960, packet, sizeof packet);
        struct slice payload = {(char *)packet, (size_t)bytes};

        audio_decode_fec(dec, payload, out, 960);
        audio_decode(dec, payload, whole, 960);
        if (at >= 960)
            likeness += sound_likeness(in + at - 960, out, 960, 480, NULL);
    }
    audio_encoder_free(enc);
    audio_decoder_free(dec);
    return likeness;
}

static void fec_is_as_much_as_was_weighed(void **state)
{
    size_t n = 48000;
    int16_t *in = calloc(n, sizeof *in);

    (void)state;
    speech_make(in, n, 48000, 3);
    assert_true(carried(30, in, n) > carried(0, in, n) + 2);
    free(in);
}

static void silence_is_not_sent_with_dtx(void **state)
{
    struct audio_encoder *enc = encoder("opus", (struct audio_codec_params){.dtx = true});
    static int16_t silence[960];
    unsigned char packet[AUDIO_PAYLOAD_MAX];
    int unsent = 0;

    (void)state;
    for (int i = 0; i < 100; i++)
        unsent += audio_encode(enc, silence, 960, packet, sizeof packet) == 0;
    assert_true(unsent > 50);
    audio_encoder_free(enc);
}

static void refuses_what_it_does_not_know(void **state)
{
    struct audio_codec_params rate = {.rate_hz = 44100}, stereo = {.channels = 2};
    struct audio_encoder *enc;
    struct audio_decoder *dec;

    (void)state;
    assert_int_equal(audio_encoder_new(find("opus"), &rate, &enc), -EINVAL);
    assert_int_equal(audio_decoder_new(find("opus"), &rate, &dec), -EINVAL);
    assert_int_equal(audio_encoder_new(find("PCMU"), &rate, &enc), -EINVAL);
    assert_int_equal(audio_decoder_new(find("PCMA"), &rate, &dec), -EINVAL);
    assert_int_equal(audio_encoder_new(find("PCMU"), &stereo, &enc), -EINVAL);
    assert_int_equal(audio_encoder_new(find("opus"), &stereo, &enc), 0);
    assert_int_equal(audio_encoder_channels(enc), 2);
    audio_encoder_free(enc);
}

static void garbage_costs_itself_only(void **state)
{
    struct rng rng = rng_seeded(9);
    int16_t out[AUDIO_PACKET_MAX_SAMPLES];

    (void)state;
    for (size_t c = 0; audio_codec_at(c); c++) {
        const struct audio_codec *codec = audio_codec_at(c);
        struct audio_decoder *dec;

        if (!is_there(codec->name))
            continue;
        assert_int_equal(audio_decoder_new(codec, &(struct audio_codec_params){0}, &dec), 0);
        for (int i = 0; i < 2000; i++) {
            char bytes[200];
            size_t n = rng_below(&rng, sizeof bytes + 1);
            struct slice payload;
            int got;

            rng_fill(&rng, bytes, n);
            payload = exact_bytes(bytes, n);
            got = audio_decode(dec, payload, out, AUDIO_PACKET_MAX_SAMPLES);
            assert_true(got == -EBADMSG || (got > 0 && got <= AUDIO_PACKET_MAX_SAMPLES));
            assert_int_equal(audio_decode_fec(dec, payload, out, 960), 960);
            exact_free(payload);
        }
        audio_decoder_free(dec);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_find_codecs),
        cmocka_unit_test(packet_times_fit),
        cmocka_unit_test(laws_are_the_itus),
        cmocka_unit_test(all_codes_survive),
        cmocka_unit_test(g711_is_within_half_a_step),
        cmocka_unit_test(opus_durations),
        cmocka_unit_test(speech_comes_through),
        cmocka_unit_test(what_packets_carry_is_seen),
        cmocka_unit_test(fec_recovers_speech),
        cmocka_unit_test(parameters_are_obeyed),
        cmocka_unit_test(l16_is_in_network_byte_order),
        cmocka_unit_test(g722_has_two_samples_in_a_byte),
        cmocka_unit_test(the_bit_rate_changes_in_mid_call),
        cmocka_unit_test(fec_is_as_much_as_was_weighed),
        cmocka_unit_test(silence_is_not_sent_with_dtx),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(garbage_costs_itself_only),
    };

    return cmocka_run_group_tests_name("audio/codec", tests, NULL, NULL);
}
