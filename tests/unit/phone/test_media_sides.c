/* Both sides on one time line: signals that are known, and a sink that keeps what it gets. */
#include "phone/media_sides.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/rows.h"

#define BEGIN_US UINT64_C(5000000123)
#define FRAMES_MAX (48000 * 12)
#define LOUD 12000

/* A sink that holds all of it. */
struct tape {
    struct media_sink sink;
    int16_t *frames;
    uint64_t n;
    uint64_t counted; /* silence that it was told of as a number */
};

static void tape_write(struct media_sink *sink, const int16_t *frames, size_t n)
{
    struct tape *t = (struct tape *)sink;

    assert_true(t->n + n <= FRAMES_MAX);
    memcpy(t->frames + t->n * sink->channels, frames, n * sink->channels * sizeof *frames);
    t->n += n;
}

static void tape_silence(struct media_sink *sink, uint64_t n)
{
    struct tape *t = (struct tape *)sink;

    assert_true(t->n + n <= FRAMES_MAX);
    t->n += n; /* zeroed already */
    t->counted += n;
}

static void nothing(struct media_sink *sink)
{
    (void)sink;
}

struct recorder {
    struct tape tape;
    struct media_sides *sides;
};

static void begin(struct recorder *r, enum phone_sides which, uint32_t rate_hz, uint8_t channels)
{
    static const struct media_sink_ops ops = {nothing, tape_write, tape_silence, nothing};

    *r = (struct recorder){.tape = {.sink = {&ops, rate_hz, channels}}};
    r->tape.frames = calloc((size_t)FRAMES_MAX * channels, sizeof *r->tape.frames);
    assert_non_null(r->tape.frames);
    assert_int_equal(media_sides_new(which, &r->tape.sink, BEGIN_US, &r->sides), 0);
}

/* What a side says at a moment of the call, whatever the rate: a second of its own with a click of
 * 5 ms at its beginning, and a tone behind it that tells the sides apart. */
static int16_t said(enum media_side side, double s)
{
    double in_second = s - floor(s);

    if (in_second < 0.005)
        return LOUD;
    return (int16_t)(LOUD / 8 * sin(2 * M_PI * (side ? 700 : 300) * s));
}

/* ms of a side, up to end_ms of the call. */
static void put(struct recorder *r, enum media_side side, uint32_t rate_hz, unsigned ms,
                unsigned end_ms)
{
    int16_t samples[48 * 120];
    size_t n = (size_t)rate_hz / 1000 * ms;

    for (size_t i = 0; i < n; i++)
        samples[i] = said(side, (end_ms - ms) / 1e3 + (double)i / rate_hz);
    media_sides_put(r->sides, side, samples, n, 1, rate_hz, BEGIN_US + end_ms * UINT64_C(1000));
}

static void end(struct recorder *r)
{
    media_sides_end(r->sides);
    r->sides = NULL;
}

static int16_t at(const struct recorder *r, unsigned channel, double s)
{
    uint64_t frame = (uint64_t)(s * r->tape.sink.rate_hz);

    return frame < r->tape.n ? r->tape.frames[frame * r->tape.sink.channels + channel] : 0;
}

/* Seconds from from_s to the next click of the channel: the middle of its rise. */
static double next_click(const struct recorder *r, unsigned channel, double from_s)
{
    uint32_t rate_hz = r->tape.sink.rate_hz;

    for (uint64_t i = (uint64_t)(from_s * rate_hz); i < r->tape.n; i++)
        if (r->tape.frames[i * r->tape.sink.channels + channel] > LOUD / 2)
            return (double)i / rate_hz;
    return -1;
}

static void assert_near(double got, double expected, double tolerance)
{
    if (fabs(got - expected) > tolerance)
        fail_msg("%f is not within %f of %f", got, tolerance, expected);
}

static bool is_silent(const struct recorder *r, unsigned channel, double from_s, double to_s)
{
    for (double s = from_s; s < to_s; s += 1.0 / r->tape.sink.rate_hz)
        if (at(r, channel, s) != 0)
            return false;
    return true;
}

/* --- alignment -------------------------------------------------------------------------------- */

/* Packets of ours, and what is heard on each beat, as a call brings them: ours first. */
static const struct row {
    const char *name;
    enum phone_sides which;
    uint32_t file_hz;
    uint8_t channels;
    uint32_t heard_hz, sent_hz;
    unsigned heard_ms, sent_ms;
    unsigned late_ms; /* our packets are not on the beats of what is heard */
} rows[] = {
    {"one rate for all", PHONE_SIDES_APART, 8000, 2, 8000, 8000, 20, 20, 0},
    {"microphone: beats are shorter", PHONE_SIDES_APART, 48000, 2, 48000, 48000, 10, 20, 0},
    {"long packets between the beats", PHONE_SIDES_APART, 16000, 2, 16000, 16000, 20, 60, 7},
    {"we send at another rate", PHONE_SIDES_APART, 48000, 2, 48000, 8000, 20, 20, 3},
    {"both are converted", PHONE_SIDES_APART, 16000, 2, 48000, 8000, 20, 20, 0},
    {"down to 8 kHz", PHONE_SIDES_APART, 8000, 2, 48000, 16000, 10, 40, 1},
    {"mixed", PHONE_SIDES_MIXED, 16000, 1, 16000, 8000, 20, 20, 0},
    {"apart in one channel is mixed", PHONE_SIDES_APART, 16000, 1, 16000, 16000, 20, 20, 0},
    {"mixed in two channels", PHONE_SIDES_MIXED, 8000, 2, 8000, 8000, 20, 20, 0},
    {"heard", PHONE_SIDES_HEARD, 8000, 1, 8000, 8000, 20, 20, 0},
    {"heard in two channels", PHONE_SIDES_HEARD, 16000, 2, 8000, 8000, 20, 20, 0},
};

static void talk(struct recorder *r, const struct row *row, unsigned from_ms, unsigned to_ms)
{
    unsigned sent_ms = from_ms + row->late_ms;

    for (unsigned heard_ms = from_ms; heard_ms < to_ms;) {
        heard_ms += row->heard_ms;
        for (; sent_ms + row->sent_ms <= heard_ms; sent_ms += row->sent_ms)
            put(r, MEDIA_SIDE_OURS, row->sent_hz, row->sent_ms, sent_ms + row->sent_ms);
        put(r, MEDIA_SIDE_THEIRS, row->heard_hz, row->heard_ms, heard_ms);
    }
}

/* Each click is where it was said, to the half of a millisecond; and the end is where it ended. */
static void check_alignment(void **state)
{
    const struct row *row = *state;
    struct recorder r;

    begin(&r, row->which, row->file_hz, row->channels);
    talk(&r, row, 0, 4500);
    end(&r);
    assert_near((double)r.tape.n / row->file_hz, 4.5, 0.0005);
    for (unsigned second = 1; second < 5; second++)
        for (unsigned channel = 0; channel < row->channels; channel++)
            assert_near(next_click(&r, channel, second - 0.5), second, 0.0005);
    free(r.tape.frames);
}

/* --- what does not come ----------------------------------------------------------------------- */

static void nothing_of_ours_is_silence(void **state)
{
    struct recorder r;

    (void)state;
    begin(&r, PHONE_SIDES_APART, 8000, 2);
    for (unsigned ms = 20; ms <= 3000; ms += 20) {
        if (ms <= 500 || ms > 1800)
            put(&r, MEDIA_SIDE_OURS, 8000, 20, ms);
        put(&r, MEDIA_SIDE_THEIRS, 8000, 20, ms);
        assert_true(r.tape.n + 8000 / 5 >= ms * 8); /* no more than 200 ms wait */
    }
    end(&r);
    assert_int_equal(r.tape.n, 24000);
    assert_true(is_silent(&r, 1, 0.5, 1.78));
    assert_false(is_silent(&r, 0, 0.5, 0.6));
    assert_near(next_click(&r, 1, 1.5), 2, 0.0002);
    assert_near(next_click(&r, 0, 0.5), 1, 0.0002);
    free(r.tape.frames);
}

/* However long a side was silent, about the time for which the other one waits. */
static void a_side_finds_its_place_again(void **state)
{
    (void)state;
    for (unsigned gap_ms = 60; gap_ms <= 420; gap_ms += 20) {
        struct recorder r;

        begin(&r, PHONE_SIDES_APART, 16000, 2);
        for (unsigned ms = 20; ms <= 2500; ms += 20) {
            if (ms <= 400 || ms >= 400 + gap_ms + 60)
                if ((ms - (ms <= 400 ? 0 : 400 + gap_ms)) % 60 == 0)
                    put(&r, MEDIA_SIDE_OURS, 8000, 60, ms);
            put(&r, MEDIA_SIDE_THEIRS, 48000, 20, ms);
        }
        end(&r);
        assert_near((double)r.tape.n / 16000, 2.5, 0.0005);
        for (unsigned second = 1; second < 3; second++)
            for (unsigned channel = 0; channel < 2; channel++)
                assert_near(next_click(&r, channel, second - 0.1), second, 0.0005);
        free(r.tape.frames);
    }
}

/* A process that stood still: the time line goes on, and nobody copies minutes of zeros. */
static void a_stall_is_counted(void **state)
{
    struct recorder r;

    (void)state;
    begin(&r, PHONE_SIDES_APART, 8000, 2);
    for (unsigned ms = 20; ms <= 8000; ms += 20) {
        if (ms > 1300 && ms <= 6700)
            continue;
        put(&r, MEDIA_SIDE_OURS, 8000, 20, ms);
        put(&r, MEDIA_SIDE_THEIRS, 8000, 20, ms);
    }
    end(&r);
    assert_int_equal(r.tape.n, 64000);
    assert_true(r.tape.counted > 5 * 8000);
    for (unsigned channel = 0; channel < 2; channel++) {
        assert_true(is_silent(&r, channel, 1.3, 6.68));
        assert_near(next_click(&r, channel, 0.5), 1, 0.0002);
        assert_near(next_click(&r, channel, 6.5), 7, 0.0002);
    }
    free(r.tape.frames);
}

static void another_codec_keeps_the_time(void **state)
{
    static const uint32_t rates[] = {8000, 48000, 16000, 8000, 48000};
    static const enum phone_sides all[] = {PHONE_SIDES_HEARD, PHONE_SIDES_APART};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        uint8_t channels = all[i] == PHONE_SIDES_APART ? 2 : 1;
        struct recorder r;

        begin(&r, all[i], 16000, channels);
        for (unsigned ms = 20; ms <= 7500; ms += 20) {
            put(&r, MEDIA_SIDE_OURS, rates[(ms + 700) / 1000 % 5], 20, ms);
            put(&r, MEDIA_SIDE_THEIRS, rates[ms / 300 % 5], 20, ms);
        }
        end(&r);
        assert_near((double)r.tape.n / 16000, 7.5, 0.0005);
        for (unsigned second = 1; second < 7; second++)
            for (unsigned channel = 0; channel < channels; channel++)
                assert_near(next_click(&r, channel, second - 0.5), second, 0.0005);
        free(r.tape.frames);
    }
}

/* Another packet time may begin within the packet before: nothing is there twice. */
static void what_overlaps_is_left_out(void **state)
{
    struct recorder r;

    (void)state;
    begin(&r, PHONE_SIDES_APART, 8000, 2);
    put(&r, MEDIA_SIDE_OURS, 8000, 20, 10); /* began before the recording */
    for (unsigned ms = 20; ms <= 2400; ms += 20)
        put(&r, MEDIA_SIDE_THEIRS, 8000, 20, ms);
    for (unsigned ms = 30; ms <= 990; ms += 20)
        put(&r, MEDIA_SIDE_OURS, 8000, 20, ms);
    put(&r, MEDIA_SIDE_OURS, 8000, 20, 985);
    end(&r);
    assert_int_equal(r.tape.n, 2400 * 8);
    free(r.tape.frames);

    begin(&r, PHONE_SIDES_APART, 8000, 2);
    for (unsigned ms = 20; ms <= 2400; ms += 20) {
        put(&r, MEDIA_SIDE_OURS, 8000, ms > 500 ? 40 : 20, ms);
        put(&r, MEDIA_SIDE_THEIRS, 8000, 20, ms);
    }
    end(&r);
    assert_int_equal(r.tape.n, 2400 * 8);
    for (unsigned second = 1; second < 3; second++)
        assert_near(next_click(&r, 1, second - 0.5), second, 0.0002);
    free(r.tape.frames);
}

static void the_sum_is_limited(void **state)
{
    struct recorder r;
    int16_t loud[160], low[160];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(loud); i++) {
        loud[i] = 30000;
        low[i] = -30000;
    }
    begin(&r, PHONE_SIDES_MIXED, 8000, 1);
    for (unsigned ms = 20; ms <= 60; ms += 20) {
        uint64_t us = BEGIN_US + ms * UINT64_C(1000);

        media_sides_put(r.sides, MEDIA_SIDE_OURS, ms == 40 ? low : loud, 160, 1, 8000, us);
        media_sides_put(r.sides, MEDIA_SIDE_THEIRS, ms == 20 ? loud : low, 160, 1, 8000, us);
    }
    end(&r);
    assert_int_equal(r.tape.n, 480);
    assert_int_equal(r.tape.frames[0], INT16_MAX);
    assert_int_equal(r.tape.frames[160], INT16_MIN);
    assert_int_equal(r.tape.frames[320], 0);
    free(r.tape.frames);
}

/* Heard: what we say is no part of it, and costs no memory. */
static void heard_is_theirs_alone(void **state)
{
    struct recorder r;

    (void)state;
    begin(&r, PHONE_SIDES_HEARD, 8000, 1);
    for (unsigned ms = 20; ms <= 1200; ms += 20)
        put(&r, MEDIA_SIDE_OURS, 8000, 20, ms);
    assert_int_equal(r.tape.n, 0);
    put(&r, MEDIA_SIDE_THEIRS, 8000, 20, 1200);
    end(&r);
    assert_int_equal(r.tape.n, 1200 * 8);
    assert_true(is_silent(&r, 0, 0, 1.18));
    assert_false(is_silent(&r, 0, 1.18, 1.2));
    free(r.tape.frames);
}

/* ms of theirs in two channels, the right one softer by half, up to end_ms. */
static void put_stereo(struct recorder *r, uint32_t rate_hz, unsigned ms, unsigned end_ms)
{
    int16_t frames[2 * 48 * 120];
    size_t n = (size_t)rate_hz / 1000 * ms;

    for (size_t i = 0; i < n; i++) {
        frames[2 * i] = 8000;
        frames[2 * i + 1] = 4000;
    }
    media_sides_put(r->sides, MEDIA_SIDE_THEIRS, frames, n, 2, rate_hz,
                    BEGIN_US + end_ms * UINT64_C(1000));
}

static void put_mono(struct recorder *r, uint32_t rate_hz, unsigned end_ms)
{
    int16_t samples[48 * 20];
    size_t n = (size_t)rate_hz / 1000 * 20;

    for (size_t i = 0; i < n; i++)
        samples[i] = 1000;
    media_sides_put(r->sides, MEDIA_SIDE_THEIRS, samples, n, 1, rate_hz,
                    BEGIN_US + end_ms * UINT64_C(1000));
}

static void assert_at(const struct recorder *r, double s, int left, int right)
{
    assert_near(at(r, 0, s), left, 60);
    assert_near(at(r, r->tape.sink.channels - 1u, s), right, 60);
}

/* Two channels, a gap, one channel at another rate, and two again, which begin before that ends. */
static void stereo_in(enum phone_sides which, uint8_t channels, uint32_t file_hz, int left,
                      int right)
{
    struct recorder r;

    begin(&r, which, file_hz, channels);
    for (unsigned ms = 20; ms <= 400; ms += 20)
        put_stereo(&r, 48000, 20, ms);
    for (unsigned ms = 520; ms <= 800; ms += 20)
        put_mono(&r, 16000, ms);
    for (unsigned ms = 815; ms <= 1215; ms += 20)
        put_stereo(&r, 48000, 20, ms);
    end(&r);
    assert_near((double)r.tape.n / file_hz, 1.215, 0.0005);
    assert_at(&r, 0.1, left, right);
    assert_at(&r, 0.39, left, right);
    assert_at(&r, 0.45, 0, 0);
    assert_at(&r, 0.6, 1000, 1000);
    assert_at(&r, 0.9, left, right);
    assert_at(&r, 1.2, left, right);
    free(r.tape.frames);
}

static void stereo_is_kept_where_there_is_room_for_it(void **state)
{
    (void)state;
    stereo_in(PHONE_SIDES_HEARD, 2, 48000, 8000, 4000);
    stereo_in(PHONE_SIDES_HEARD, 2, 16000, 8000, 4000);
    stereo_in(PHONE_SIDES_HEARD, 1, 48000, 6000, 6000);
    stereo_in(PHONE_SIDES_HEARD, 1, 16000, 6000, 6000);
    stereo_in(PHONE_SIDES_MIXED, 2, 48000, 6000, 6000);
}

static void of_both_sides_each_has_one_channel(void **state)
{
    struct recorder r;

    (void)state;
    begin(&r, PHONE_SIDES_APART, 16000, 2);
    for (unsigned ms = 20; ms <= 400; ms += 20)
        put_stereo(&r, 48000, 20, ms);
    end(&r);
    assert_at(&r, 0.3, 6000, 0);
    free(r.tape.frames);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_ours_is_silence),
        cmocka_unit_test(a_stall_is_counted),
        cmocka_unit_test(a_side_finds_its_place_again),
        cmocka_unit_test(another_codec_keeps_the_time),
        cmocka_unit_test(what_overlaps_is_left_out),
        cmocka_unit_test(the_sum_is_limited),
        cmocka_unit_test(heard_is_theirs_alone),
        cmocka_unit_test(stereo_is_kept_where_there_is_room_for_it),
        cmocka_unit_test(of_both_sides_each_has_one_channel),
    };

    return RUN_ROWS("alignment", rows, check_alignment) +
           cmocka_run_group_tests_name("what does not come", tests, NULL, NULL);
}
