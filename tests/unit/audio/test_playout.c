/* A received stream from packets to sound: what was spoken is heard, whatever the network did. */
#include "audio/playout.h"

#include "tests/lib/rows.h"
#include "tests/lib/speech.h"

#include "base/rand.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS = 6, PACKET_MS = 20, BEAT_MS = 10 };

static const struct row {
    const char *name, *codec;
    uint32_t rate_hz;
    unsigned loss, jitter_ms;
    double likeness; /* mean over windows of 200 ms, each moved by up to 15 ms */
    bool fec;        /* that is how some of what is lost is got back; else nothing is */
} rows[] = {
    {"PCMU, even network", "PCMU", 8000, 0, 0, 0.97, false},
    {"PCMA, jitter of 50 ms", "PCMA", 8000, 0, 50, 0.95, false},
    {"PCMA, 5 % loss", "PCMA", 8000, 5, 0, 0.90, false},
    {"PCMU, 20 % loss", "PCMU", 8000, 20, 0, 0.70, false},
    {"Opus, even network", "opus", 48000, 0, 0, 0.85, false},
    {"Opus decoded to 8 kHz, 10 % loss", "opus", 8000, 10, 0, 0.80, true},
    {"Opus without FEC, 5 % loss", "opus", 16000, 5, 0, 0.80, false},
    {"Opus at 16 kHz, 5 % loss and jitter of 50 ms", "opus", 16000, 5, 50, 0.80, true},
};

static double mean_likeness(const int16_t *spoken, const int16_t *heard, size_t n, uint32_t rate_hz)
{
    size_t window = rate_hz / 5, delay_max = rate_hz / 5, margin = rate_hz / 60;
    double sum = 0, count = 0;
    long delay = 0;

    sound_likeness(spoken + rate_hz, heard + rate_hz, rate_hz, delay_max / 2, &delay);
    for (size_t at = rate_hz; at + window + delay_max + margin < n; at += window, count++) {
        size_t moved = (size_t)((long)at + delay);

        sum += sound_likeness(spoken + at, heard + moved, window, margin, NULL);
    }
    return sum / count;
}

struct sender {
    struct audio_encoder *enc;
    const struct audio_codec *codec;
    unsigned char packet[SECONDS * 1000 / PACKET_MS][AUDIO_PAYLOAD_MAX];
    int bytes[SECONDS * 1000 / PACKET_MS];
    uint64_t arrival_us[SECONDS * 1000 / PACKET_MS]; /* UINT64_MAX: lost, or given over */
};

static void encode_all(struct sender *s, const struct row *row, const int16_t *spoken)
{
    struct audio_codec_params params = {.rate_hz = row->rate_hz, .fec = row->fec, .bitrate = 40000};
    size_t n = row->rate_hz / 1000 * PACKET_MS;
    struct rng rng = rng_seeded(11);

    s->codec = audio_codec_find(slice_of(row->codec), 0, 0);
    assert_int_equal(audio_encoder_new(s->codec, &params, &s->enc), 0);
    audio_encoder_set_fec(s->enc, row->loss);
    for (size_t i = 0; i < ARRAY_LEN(s->bytes); i++) {
        s->bytes[i] = audio_encode(s->enc, spoken + i * n, n, s->packet[i], AUDIO_PAYLOAD_MAX);
        assert_true(s->bytes[i] > 0);
        s->arrival_us[i] = (i * PACKET_MS + 5) * 1000;
        if (row->jitter_ms)
            s->arrival_us[i] += rng_below(&rng, row->jitter_ms) * 1000;
        if (rng_below(&rng, 100) < row->loss)
            s->arrival_us[i] = UINT64_MAX;
    }
    audio_encoder_free(s->enc);
}

static void deliver(struct sender *s, struct playout *p, uint64_t now_us)
{
    for (size_t i = 0; i < ARRAY_LEN(s->bytes); i++)
        if (s->arrival_us[i] <= now_us) {
            playout_put(p, s->codec, 1, (uint16_t)(65000 + i),
                        (uint32_t)(i * s->codec->clock_hz / 1000 * PACKET_MS), i == 0,
                        (struct slice){(char *)s->packet[i], (size_t)s->bytes[i]},
                        s->arrival_us[i]);
            s->arrival_us[i] = UINT64_MAX;
        }
}

static void check_row(void **state)
{
    const struct row *row = *state;
    size_t n = row->rate_hz * SECONDS, beat = row->rate_hz / 1000 * BEAT_MS;
    int16_t *spoken = calloc(n, sizeof *spoken), *heard = calloc(n, sizeof *heard);
    struct sender *s = calloc(1, sizeof *s);
    struct playout_config config = {.rate_hz = row->rate_hz};
    struct jitter_stats stats;
    struct playout *p;
    double likeness;

    speech_make(spoken, n, row->rate_hz, 8);
    encode_all(s, row, spoken);
    config.codec = s->codec;
    assert_int_equal(playout_new(&config, &p), 0);
    assert_int_equal(playout_rate_hz(p), row->rate_hz);
    for (size_t at = 0; at < n; at += beat) {
        uint64_t now_us = (uint64_t)at * 1000000 / row->rate_hz;

        deliver(s, p, now_us);
        playout_get(p, now_us, heard + at, beat);
    }
    playout_stats(p, &stats);
    likeness = mean_likeness(spoken, heard, n, row->rate_hz);
    print_message("# likeness %.3f, delay %u ms, lost %u, recovered %u\n", likeness, stats.delay_ms,
                  (unsigned)stats.lost, (unsigned)stats.recovered);
    assert_true(likeness >= row->likeness);
    assert_int_equal(stats.recovered > 0, row->fec);
    playout_free(p);
    free(s);
    free(spoken);
    free(heard);
}

static struct playout *new_playout(const char *codec)
{
    struct playout_config config = {.codec = audio_codec_find(slice_of(codec), 0, 0)};
    struct playout *p;

    assert_int_equal(playout_new(&config, &p), 0);
    return p;
}

static void is_silent_before_the_first(void **state)
{
    struct playout *p = new_playout("PCMU");
    int16_t out[80] = {1};

    (void)state;
    assert_false(playout_get(p, 0, out, 80));
    for (size_t i = 0; i < 80; i++)
        assert_int_equal(out[i], 0);
    playout_flush(p);
    playout_free(p);
}

static void follows_a_change_of_codec(void **state)
{
    struct playout *p = new_playout("opus");
    const struct audio_codec *pcmu = audio_codec_static(0), *pcma = audio_codec_static(8);
    static char payload[160];
    int16_t out[960];

    (void)state;
    assert_int_equal(playout_rate_hz(p), 48000);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(playout_put(p, i < 3 ? pcmu : pcma, 1, (uint16_t)i, i * 160, false,
                                     (struct slice){payload, 160}, i * 20000),
                         0);
    assert_int_equal(playout_rate_hz(p), 8000);
    for (unsigned i = 0; i < 4; i++)
        assert_true(playout_get(p, 80000 + i * 20000, out, 160));
    /* mu-law's 0 is -32124, A-law's -5504. */
    assert_int_equal(out[100], -5504);
    playout_free(p);
}

/* --- codecs of one clock and two rates -------------------------------------------------------- */

enum { CHANGE_AT = 25, CHANGE_PACKETS = 50, TONE_HZ = 400, TONE_LEVEL = 8000 };

static const struct change_row {
    const char *name, *from, *to;
    unsigned overtaken; /* by so many packets the last one of the old codec is */
} change_rows[] = {
    {"PCMU becomes G.722", "PCMU", "G722", 0},
    {"G.722 becomes PCMA", "G722", "PCMA", 0},
    {"G.722 becomes PCMU, the last packet before it is overtaken", "G722", "PCMU", 2},
    {"PCMA becomes G.722, the last packet before it is overtaken", "PCMA", "G722", 2},
};

/* The share of the tone in the sound. */
static double tone_in(const int16_t *samples, size_t n, uint32_t rate_hz)
{
    double cosine = 0, sine = 0, energy = 0;

    for (size_t i = 0; i < n; i++) {
        double phase = 2 * M_PI * TONE_HZ * (double)i / rate_hz;

        cosine += samples[i] * cos(phase);
        sine += samples[i] * sin(phase);
        energy += (double)samples[i] * samples[i];
    }
    return energy > 0 ? 2 * (cosine * cosine + sine * sine) / (energy * (double)n) : 0;
}

static size_t encode_tone(struct audio_encoder *enc, unsigned i, unsigned char *out)
{
    uint32_t rate_hz = audio_encoder_rate_hz(enc);
    size_t n = rate_hz / 1000 * PACKET_MS;
    int16_t samples[320];
    int bytes;

    for (size_t at = 0; at < n; at++)
        samples[at] =
            (int16_t)(TONE_LEVEL * sin(2 * M_PI * TONE_HZ * (double)(i * n + at) / rate_hz));
    bytes = audio_encode(enc, samples, n, out, AUDIO_PAYLOAD_MAX);
    assert_true(bytes > 0);
    return (size_t)bytes;
}

/* The encoder of each packet keeps to the order of speaking. */
static void encode_change(const struct change_row *row, unsigned char packets[][AUDIO_PAYLOAD_MAX],
                          size_t *bytes)
{
    const char *names[] = {row->from, row->to};
    struct audio_encoder *enc;

    for (unsigned half = 0; half < 2; half++) {
        struct audio_codec_params params = {0};
        const struct audio_codec *codec = audio_codec_find(slice_of(names[half]), 0, 0);

        assert_int_equal(audio_encoder_new(codec, &params, &enc), 0);
        for (unsigned i = half * CHANGE_AT; i < CHANGE_PACKETS - CHANGE_AT * (1 - half); i++)
            bytes[i] = encode_tone(enc, i, packets[i]);
        audio_encoder_free(enc);
    }
}

/* What waits when the first packet of the other codec comes is heard as it was spoken. */
static void a_tone_goes_on(void **state)
{
    const struct change_row *row = *state;
    const struct audio_codec *from = audio_codec_find(slice_of(row->from), 0, 0);
    const struct audio_codec *to = audio_codec_find(slice_of(row->to), 0, 0);
    struct playout_config config = {.codec = from, .start_ms = 60, .min_ms = 60};
    static unsigned char packets[CHANGE_PACKETS][AUDIO_PAYLOAD_MAX];
    size_t bytes[CHANGE_PACKETS];
    unsigned changes = 0, off = 0;
    struct jitter_stats stats;
    struct playout *p;

    encode_change(row, packets, bytes);
    assert_int_equal(playout_new(&config, &p), 0);
    for (unsigned beat = 0; beat < 2 * CHANGE_PACKETS; beat++) {
        uint32_t rate_hz = playout_rate_hz(p);
        int16_t out[160];

        for (unsigned i = 0; i < CHANGE_PACKETS; i++)
            if (beat == 2 * (i + (i == CHANGE_AT - 1 ? row->overtaken : 0)))
                assert_int_equal(playout_put(p, i < CHANGE_AT ? from : to, 1, (uint16_t)i, i * 160,
                                             i == 0, (struct slice){(char *)packets[i], bytes[i]},
                                             beat * UINT64_C(10000)),
                                 0);
        changes += playout_rate_hz(p) != rate_hz;
        rate_hz = playout_rate_hz(p);
        playout_get(p, beat * UINT64_C(10000), out, rate_hz / 100);
        off += beat > 8 && tone_in(out, rate_hz / 100, rate_hz) < 0.8;
    }
    playout_stats(p, &stats);
    assert_int_equal(changes, 1);
    assert_in_range(off, 0, 1); /* another encoder, another phase */
    assert_int_equal(playout_rate_hz(p), to->rate_hz);
    assert_int_equal(stats.lost + stats.discarded + stats.late + stats.concealed_ms, 0);
    playout_free(p);
}

/* A whole clock apart, what was overtaken has no place. */
static void what_another_clock_overtook_is_too_late(void **state)
{
    struct playout *p = new_playout("PCMU");
    const struct audio_codec *pcmu = audio_codec_static(0);
    const struct audio_codec *opus = audio_codec_find(SLICE("opus"), 0, 0);
    struct jitter_stats stats;
    static char payload[160];

    (void)state;
    assert_int_equal(playout_put(p, pcmu, 1, 7, 1120, false, (struct slice){payload, 160}, 0), 0);
    assert_int_equal(playout_put(p, opus, 1, 9, 8640, false, SLICE("\x08\0"), 40000), 0);
    assert_int_equal(playout_put(p, pcmu, 1, 8, 1280, false, (struct slice){payload, 160}, 41000),
                     -ETIME);
    playout_stats(p, &stats);
    assert_int_equal(stats.waiting, 1);
    assert_int_equal(playout_rate_hz(p), 48000);
    playout_free(p);
}

static double loudness(const int16_t *samples, size_t n)
{
    double energy = 0;

    for (size_t i = 0; i < n; i++)
        energy += (double)samples[i] * samples[i];
    return sqrt(energy / (double)n);
}

/* RFC 3389: behind the last packet of speech comes one that says what silence is like, half a
 * second later speech goes on, which no noise follows any more. */
static void comfort_noise_fills_a_pause(void **state)
{
    struct playout *p = new_playout("PCMU");
    const struct audio_codec *pcmu = audio_codec_static(0);
    struct jitter_stats stats;
    char silence[160];
    int16_t out[160];
    unsigned sequence = 0, noisy = 0;

    (void)state;
    memset(silence, 0xff, sizeof silence);
    for (unsigned i = 0; i < 60; i++) {
        uint64_t now_us = i * 20000;

        if (i < 10 || i >= 35)
            playout_put(p, pcmu, 1, (uint16_t)sequence++, i * 160, i == 35,
                        (struct slice){silence, 160}, now_us);
        if (i == 10)
            assert_int_equal(
                playout_put_noise(p, 1, (uint16_t)sequence++, i * 160, SLICE("\x28\x50"), now_us),
                0);
        playout_get(p, now_us, out, 160);
        if (i >= 14 && i < 34) { /* -40 dB, from the end of speech on */
            assert_in_range(loudness(out, 160), 150, 600);
            noisy++;
        }
    }
    assert_int_equal(noisy, 20);
    assert_int_equal(loudness(out, 160), 0);
    playout_stats(p, &stats);
    assert_int_equal(stats.lost, 0);
    assert_int_equal(stats.concealed_ms, 0);
    assert_true(stats.held_ms <= 20);
    assert_true(stats.delay_ms <= 45);
    for (unsigned i = 60; i < 80; i++) { /* the line is dead, and sounds so */
        playout_get(p, i * 20000, out, 160);
        assert_int_equal(loudness(out, 160), 0);
    }
    assert_int_equal(playout_put_noise(p, 1, (uint16_t)sequence, 0, SLICE(""), 2000000), -EBADMSG);
    playout_flush(p);
    playout_get(p, 3000000, out, 160);
    assert_int_equal(loudness(out, 160), 0);
    playout_free(p);
}

/* Opus with DTX: a second of speech, then a room that is not quite silent. What is not sent is not
 * silence either, and nothing of it counts as lost. */
static void opus_fills_its_pauses_itself(void **state)
{
    enum { TALK = 50, PACKETS = 250 };
    struct audio_codec_params params = {.dtx = true};
    const struct audio_codec *opus = audio_codec_find(SLICE("opus"), 0, 0);
    struct playout *p = new_playout("opus");
    int16_t *spoken = calloc(PACKETS * 960, sizeof *spoken), out[960];
    struct rng rng = rng_seeded(4);
    struct audio_encoder *enc;
    struct jitter_stats stats;
    unsigned sent = 0, silent = 0;

    (void)state;
    assert_int_equal(audio_encoder_new(opus, &params, &enc), 0);
    speech_make(spoken, TALK * 960, 48000, 1);
    for (size_t i = TALK * 960; i < PACKETS * 960; i++)
        spoken[i] = (int16_t)((int)rng_below(&rng, 41) - 20);
    for (unsigned i = 0; i < PACKETS; i++) {
        unsigned char packet[AUDIO_PAYLOAD_MAX];
        int bytes = audio_encode(enc, spoken + i * 960, 960, packet, sizeof packet);

        if (bytes > 0)
            playout_put(p, opus, 1, (uint16_t)sent++, i * 960, false,
                        (struct slice){(char *)packet, (size_t)bytes}, i * 20000);
        playout_get(p, i * 20000, out, 960);
        silent += i > TALK && loudness(out, 960) < 0.5;
    }
    print_message("# %u of %u sent, %u silent\n", sent, PACKETS, silent);
    assert_in_range(sent, TALK + 5, TALK + 120);
    assert_true(silent < 20);
    playout_stats(p, &stats);
    assert_int_equal(stats.lost, 0);
    assert_true(stats.concealed_ms < 40);
    audio_encoder_free(enc);
    playout_free(p);
    free(spoken);
}

/* --- FEC behind sound that was held ---------------------------------------------------------- */

enum { HELD_HZ = 16000, HELD_N = HELD_HZ / 50, HELD_LOST = 55, HELD_END = 67 };

/* What a decoder makes of the second of two that are lost from the packet behind them, if it has
 * heard of the first. */
static void get_back(struct sender *s, int16_t out[HELD_N])
{
    struct audio_codec_params params = {.rate_hz = HELD_HZ};
    struct slice next = {(char *)s->packet[HELD_LOST + 2], (size_t)s->bytes[HELD_LOST + 2]};
    struct audio_decoder *dec;

    assert_true(audio_codec_carries_before(s->codec, next));
    assert_int_equal(audio_decoder_new(s->codec, &params, &dec), 0);
    for (size_t i = 0; i < HELD_LOST; i++)
        audio_decode(dec, (struct slice){(char *)s->packet[i], (size_t)s->bytes[i]}, out, HELD_N);
    audio_decode_lost(dec, out, HELD_N);
    assert_int_equal(audio_decode_fec(dec, next, out, HELD_N), HELD_N);
    audio_decoder_free(dec);
}

static bool has_piece(const int16_t *heard, size_t n, const int16_t *piece, size_t n_piece)
{
    for (size_t at = 0; at + n_piece <= n; at++)
        if (memcmp(heard + at, piece, n_piece * sizeof *piece) == 0)
            return true;
    return false;
}

/* The packet behind two that are lost comes when all that waited has been played, and 30 ms more
 * were held. */
static void the_decoder_hears_in_order_of_what_was_lost(void **state)
{
    static const struct row row = {"", "opus", HELD_HZ, 20, 0, 0, true};
    static int16_t spoken[SECONDS * HELD_HZ], heard[HELD_END * HELD_N];
    struct playout_config config = {.rate_hz = HELD_HZ};
    struct sender *s = calloc(1, sizeof *s);
    int16_t back[HELD_N];
    struct playout *p;
    unsigned held = 0;

    (void)state;
    speech_make(spoken, ARRAY_LEN(spoken), HELD_HZ, 8);
    encode_all(s, &row, spoken);
    get_back(s, back);
    for (size_t i = 0; i < ARRAY_LEN(s->bytes); i++)
        s->arrival_us[i] = i < HELD_LOST ? i * 20000 : UINT64_MAX;
    config.codec = s->codec;
    assert_int_equal(playout_new(&config, &p), 0);
    for (size_t at = 0; at < ARRAY_LEN(heard); at += HELD_N / 2) {
        uint64_t now_us = at * UINT64_C(1000000) / HELD_HZ;
        struct jitter_stats stats;

        playout_stats(p, &stats);
        if (held < 30 && stats.held_ms == 30)
            s->arrival_us[HELD_LOST + 2] = now_us;
        held = held > stats.held_ms ? held : (unsigned)stats.held_ms;
        deliver(s, p, now_us);
        playout_get(p, now_us, heard + at, HELD_N / 2);
    }
    assert_true(held >= 30);
    assert_true(loudness(back, HELD_N) > 300);
    /* But for its first 4 ms, which join what was held. */
    assert_true(has_piece(heard, ARRAY_LEN(heard), back + HELD_HZ / 200, HELD_N / 4));
    playout_free(p);
    free(s);
}

/* --- a line that breaks ----------------------------------------------------------------------- */

enum { BROKEN_S = 5, BROKEN_FROM = 60, BROKEN_STEP = 13, BROKEN_TO = 140, BREAK = 25, CLICK = 60 };

/* Plays what is spoken but for half a second from packet number from on. */
static void hear_broken(const struct audio_codec *codec, const int16_t *spoken, unsigned from,
                        int16_t *heard)
{
    struct audio_codec_params params = {0};
    struct playout *p = new_playout(codec->name);
    struct audio_encoder *enc;
    size_t n, beat = playout_rate_hz(p) / 100;

    assert_int_equal(audio_encoder_new(codec, &params, &enc), 0);
    n = audio_encoder_rate_hz(enc) / 50;
    for (unsigned i = 0; i < BROKEN_S * 50; i++) {
        unsigned char packet[AUDIO_PAYLOAD_MAX];
        int bytes = audio_encode(enc, spoken + i * n, n, packet, sizeof packet);

        assert_true(bytes > 0);
        if (i < from || i >= from + BREAK)
            playout_put(p, codec, 1, (uint16_t)i, i * codec->clock_hz / 50, false,
                        (struct slice){(char *)packet, (size_t)bytes}, i * UINT64_C(20000));
        for (unsigned half = 0; half < 2; half++, heard += beat)
            playout_get(p, i * UINT64_C(20000) + half * 10000, heard, beat);
    }
    audio_encoder_free(enc);
    playout_free(p);
}

/* Where the first 50 ms of silence behind at begin. */
static size_t silence_from(const int16_t *heard, size_t at, size_t n, uint32_t rate_hz)
{
    size_t silent = 0;

    for (; at < n && silent < rate_hz / 20; at++)
        silent = heard[at] == 0 ? silent + 1 : 0;
    assert_true(at < n);
    return at - silent;
}

static void a_line_that_breaks_does_not_click(void **state)
{
    static const char *const names[] = {"opus", "PCMU", "G722"};

    (void)state;
    for (size_t c = 0; c < ARRAY_LEN(names); c++) {
        const struct audio_codec *codec = audio_codec_find(slice_of(names[c]), 0, 0);
        uint32_t rate_hz = codec->rate_hz;
        size_t n = (size_t)BROKEN_S * rate_hz;
        int16_t *spoken = calloc(n, sizeof *spoken), *heard = calloc(n, sizeof *heard);

        speech_make(spoken, n, rate_hz, 8);
        for (unsigned from = BROKEN_FROM; from < BROKEN_TO; from += BROKEN_STEP) {
            size_t at;

            hear_broken(codec, spoken, from, heard);
            at = silence_from(heard, from * rate_hz / 50, n, rate_hz);
            assert_in_range(abs(heard[at - 1]), 0, CLICK);
            assert_true(at < (from + 8) * rate_hz / 50);
            while (at < n && heard[at] == 0)
                at++;
            assert_in_range(abs(heard[at]), 0, CLICK);
        }
        free(spoken);
        free(heard);
    }
}

static void refuses_garbage(void **state)
{
    struct playout *p = new_playout("opus");
    const struct audio_codec *opus = audio_codec_find(SLICE("opus"), 0, 0);

    (void)state;
    assert_int_equal(playout_put(p, opus, 1, 1, 0, false, SLICE(""), 0), -EBADMSG);
    assert_int_equal(playout_put(p, opus, 1, 1, 0, false, SLICE("\xff\xff"), 0), -EBADMSG);
    playout_put_silent(p, 1, 2, 0, 0);
    playout_free(p);
    playout_free(NULL);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LEN(rows) + 8] = {
        cmocka_unit_test(is_silent_before_the_first),
        cmocka_unit_test(follows_a_change_of_codec),
        cmocka_unit_test(what_another_clock_overtook_is_too_late),
        cmocka_unit_test(comfort_noise_fills_a_pause),
        cmocka_unit_test(opus_fills_its_pauses_itself),
        cmocka_unit_test(a_line_that_breaks_does_not_click),
        cmocka_unit_test(the_decoder_hears_in_order_of_what_was_lost),
        cmocka_unit_test(refuses_garbage),
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        tests[i + 8] =
            (struct CMUnitTest){rows[i].name, check_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    return RUN_ROWS("audio/playout", change_rows, a_tone_goes_on) +
           cmocka_run_group_tests_name("audio/playout", tests, NULL, NULL);
}
