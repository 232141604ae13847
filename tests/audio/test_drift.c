/* Two clocks that are not ours: that of the far end, whose packets come too often or too seldom,
 * and that of the card, which plays and captures too fast or too slow. What was said at either end
 * is heard at the other as late at last as at first, and nothing of it clicks. All of it on a
 * virtual clock: a minute each, and with TPHONE_LONG half an hour where they differ by 200 ppm. */
#include "phone/media_device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audio/playout.h"
#include "audio/resample.h"
#include "base/rand.h"
#include "phone/media_voice.h"
#include "tests/lib/air.h"
#include "tests/lib/drift.h"
#include "tests/lib/loop_time.h"
#include "tests/lib/rows.h"

enum {
    RATE = HEARING_HZ,
    PACKET_MS = 20,
    PACKET = RATE / 1000 * PACKET_MS,
    BEAT_MS = 10,
    BEAT = RATE / 1000 * BEAT_MS,
    TIMES = AIR_HZ / RATE,
    MINUTE_S = 62,
    LONG_S = 1802,
    JITTER_US = 3000,
    MOST_MS = 10, /* about the middle */
};

#define PI 3.14159265358979323846

static const struct row {
    const char *name;
    int far_ppm, card_ppm; /* faster than ours */
    size_t frame_ms;       /* of the card */
    bool tone;             /* without any pause */
} rows[] = {
    /* clang-format off */
    {"a far end 2000 ppm quick", 2000, 0, 5, false},
    {"a far end 2000 ppm slow", -2000, 0, 5, false},
    {"a far end 200 ppm quick, card slow", 200, -200, 5, false},
    {"a far end 200 ppm slow, card quick", -200, 200, 5, false},
    {"a far end 200 ppm quick, card slow, in longer steps", 200, -200, 10, false},
    {"a far end 200 ppm slow, card quick, in longer steps", -200, 200, 10, false},
    {"a tone of a far end 200 ppm quick", 200, 0, 5, true},
    {"a tone of a far end 200 ppm slow", -200, 0, 5, true},
    /* clang-format on */
};

struct way {
    int16_t *heard;
    size_t n;
};

struct line {
    const struct row *row;
    uv_loop_t loop;
    struct media_device *device;
    bool closed;
    struct playout *playout;
    struct resample *resample;
    const struct audio_codec *codec;
    struct audio_encoder *encoder;
    struct rng rng;
    uint32_t sent;   /* packets */
    double card_due; /* samples that the card has still to play */
    size_t captured; /* by the card, at RATE */
    int16_t *said;
    struct way there, back; /* from the far end to the card; from the card to us */
    size_t room;
};

static void say_tone(int16_t *out)
{
    for (size_t i = 0; i < DRIFT_TALK; i++)
        out[i] = (int16_t)lrint(4000 * sin(2 * PI * 440 * (double)i / RATE));
}

/* ---- the line ---- */

static void on_ready(void *arg)
{
    (void)arg;
}

static void on_failed(void *arg, int err, const char *why)
{
    (void)arg;
    fail_msg("%d: %s", err, why);
}

static void on_closed(void *arg)
{
    ((struct line *)arg)->closed = true;
}

static void open_card(struct line *l)
{
    static const struct media_device_events events = {on_ready, on_failed, NULL, NULL, on_closed};
    static const struct media_voice_modes untouched = {{VOICE_OFF, VOICE_OFF, VOICE_OFF}};

    air_plug("air");
    assert_int_equal(uv_loop_init(&l->loop), 0);
    assert_int_equal(media_device_new(&l->loop, "air", &events, l, &l->device), 0);
    media_device_set_voice(l->device, &untouched);
    media_device_want(l->device, true);
    while (!media_device_is_open(l->device))
        loop_run_ms(&l->loop, 1);
    air_run("air", NULL, NULL, false);
}

static unsigned seconds_of(const struct row *row)
{
    return getenv("TPHONE_LONG") && abs(row->far_ppm) <= 200 ? LONG_S : MINUTE_S;
}

static struct line *line_new(const struct row *row)
{
    struct line *l = calloc(1, sizeof *l);
    struct playout_config config = {0};

    assert_non_null(l);
    l->row = row;
    l->rng = rng_seeded(3);
    l->codec = audio_codec_find(SLICE("L16"), RATE, 1);
    config.codec = l->codec;
    assert_int_equal(playout_new(&config, &l->playout), 0);
    assert_int_equal(resample_new(RATE, AIR_HZ, RESAMPLE_CALL, &l->resample), 0);
    assert_int_equal(audio_encoder_new(l->codec, &(struct audio_codec_params){0}, &l->encoder), 0);
    l->room = (size_t)(seconds_of(row) + 2) * RATE;
    l->said = calloc(DRIFT_TALK, sizeof *l->said);
    l->there.heard = calloc(l->room, sizeof *l->there.heard);
    l->back.heard = calloc(l->room, sizeof *l->back.heard);
    assert_true(l->said && l->there.heard && l->back.heard);
    if (row->tone)
        say_tone(l->said);
    else
        drift_talk(l->said);
    air_set_frame(AIR_HZ / 1000 * row->frame_ms);
    open_card(l);
    return l;
}

static void line_free(struct line *l)
{
    media_device_close(l->device);
    while (!l->closed)
        loop_run_ms(&l->loop, 1);
    assert_int_equal(uv_loop_close(&l->loop), 0);
    air_clear();
    audio_encoder_free(l->encoder);
    playout_free(l->playout);
    resample_free(l->resample);
    free(l->said);
    free(l->there.heard);
    free(l->back.heard);
    free(l);
}

static void send_until(struct line *l, uint64_t now_us)
{
    unsigned char bytes[AUDIO_PAYLOAD_MAX];

    for (;; l->sent++) {
        double left_us = l->sent * (PACKET_MS * 1000.0) / (1 + l->row->far_ppm * 1e-6);
        int n;

        if (left_us + JITTER_US > (double)now_us)
            return;
        n = audio_encode(l->encoder, l->said + l->sent * PACKET % (DRIFT_TALK), PACKET, bytes,
                         sizeof bytes);
        assert_true(n > 0);
        playout_put(l->playout, l->codec, 1, (uint16_t)l->sent, l->sent * PACKET, l->sent == 0,
                    (struct slice){(char *)bytes, (size_t)n},
                    (uint64_t)left_us + rng_below(&l->rng, JITTER_US));
    }
}

static void hear(struct line *l, struct way *way, const int16_t *samples, size_t n)
{
    for (size_t i = 0; i < n && way->n < l->room; i += TIMES)
        way->heard[way->n++] = (int16_t)((samples[i] + samples[i + 1] + samples[i + 2]) / TIMES);
}

/* Who is at the card says the same. */
static void card_runs(struct line *l)
{
    size_t frame = AIR_HZ / 1000 * l->row->frame_ms;
    int16_t in[AIR_FRAME], out[AIR_FRAME];

    l->card_due += AIR_FRAME * (1 + l->row->card_ppm * 1e-6);
    for (; l->card_due >= (double)frame; l->card_due -= (double)frame) {
        for (size_t i = 0; i < frame; i++)
            in[i] = l->said[(l->captured + i / TIMES) % DRIFT_TALK];
        l->captured += frame / TIMES;
        air_run("air", in, out, false);
        hear(l, &l->there, out, frame);
    }
}

static void beat(struct line *l, uint64_t now_us)
{
    int16_t samples[BEAT], loud[2 * AIR_FRAME];
    const int16_t *captured;
    size_t n;

    send_until(l, now_us);
    assert_true(media_device_begin_beat(l->device, now_us, BEAT_MS * 1000));
    captured = media_device_heard(l->device, &n);
    hear(l, &l->back, captured, n);
    playout_get(l->playout, now_us, samples, BEAT);
    n = resample_run(l->resample, samples, BEAT, loud, ARRAY_LEN(loud));
    media_device_say(l->device, loud, n);
    media_device_end_beat(l->device);
    card_runs(l);
}

static void check_way(const struct line *l, const struct way *way, const char *name, double ratio)
{
    struct drift_found f;

    drift_find(l->row->tone ? NULL : l->said, way->heard, way->n, 0, ratio, &f);
    print_message("# %s, %zu seconds: %.1f to %.1f ms, first %.1f, last %.1f, %u jumps; %u clicks, "
                  "the loudest %.0f\n",
                  name, f.seconds, f.least_ms, f.most_ms, f.first_ms, f.last_ms, f.jumps, f.clicks,
                  f.loudest);
    assert_int_equal(f.clicks, 0);
    if (l->row->tone)
        return; /* which is the same a period later */
    assert_true(f.seconds >= (seconds_of(l->row) - DRIFT_TALK_S) * 3 / 4);
    assert_true(f.most_ms - f.least_ms <= 2 * MOST_MS);
    assert_int_equal(f.jumps, 0);
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct line *l = line_new(row);
    double far = 1 + row->far_ppm * 1e-6, card = 1 + row->card_ppm * 1e-6;
    struct jitter_stats stats;

    for (uint64_t now_us = 1000; now_us < seconds_of(row) * UINT64_C(1000000); now_us += 10000)
        beat(l, now_us);
    check_way(l, &l->there, "there", card / far);
    check_way(l, &l->back, "back", 1 / card);
    playout_stats(l->playout, &stats);
    assert_int_equal(stats.concealed_ms + stats.held_ms + stats.discarded, 0);
    line_free(l);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LEN(rows)];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        tests[i] =
            (struct CMUnitTest){rows[i].name, check_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    return cmocka_run_group_tests_name("phone/drift", tests, NULL, NULL);
}
