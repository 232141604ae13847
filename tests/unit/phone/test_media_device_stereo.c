/* The sound device of the media thread with cards of one channel and of two (tests/lib/air.h). The
 * clock is the test's; only workers take real time. */
#include <stdlib.h>

#include "phone/media.h"
#include "phone/media_device.h"
#include "phone/media_voice.h"
#include "tests/lib/air.h"
#include "tests/lib/rows.h"

enum { BEAT_US = 10000 };

struct desk {
    uv_loop_t loop;
    struct media_device *device;
    uint64_t now_us;
    unsigned ready, closed;
};

static void on_ready(void *arg)
{
    ((struct desk *)arg)->ready++;
}

static void on_failed(void *arg, int err, const char *why)
{
    (void)arg;
    (void)err;
    fail_msg("%s", why);
}

static void on_closed(void *arg)
{
    ((struct desk *)arg)->closed++;
}

/* Opens a card with so many channels to capture and to play; mode is that of all that may be done
 * to what it captures. */
static struct desk *desk_new(unsigned inputs, unsigned outputs, bool stereo, enum voice_mode mode)
{
    static const struct media_device_events events = {on_ready, on_failed, NULL, NULL, on_closed};
    const struct media_voice_modes modes = {{mode, mode, mode}};
    struct desk *d = calloc(1, sizeof *d);

    assert_non_null(d);
    assert_int_equal(uv_loop_init(&d->loop), 0);
    air_plug("desk");
    air_set_channels("desk", 2, inputs, outputs);
    assert_int_equal(media_device_new(&d->loop, "default", &events, d, &d->device), 0);
    media_device_set_stereo(d->device, stereo);
    media_device_set_voice(d->device, &modes);
    media_device_want(d->device, true);
    while (!d->ready)
        uv_run(&d->loop, UV_RUN_ONCE);
    return d;
}

static void desk_free(struct desk *d)
{
    media_device_close(d->device);
    uv_run(&d->loop, UV_RUN_DEFAULT);
    assert_int_equal(d->closed, 1);
    assert_int_equal(uv_loop_close(&d->loop), 0);
    air_clear();
    free(d);
}

/* A tone for a side, as loud as level says. */
static int16_t wave(size_t i, int level)
{
    return (int16_t)(i / 40 % 2 ? level : -level);
}

struct beats {
    int said[2];                 /* levels, left and right */
    unsigned said_in;            /* channels */
    int captured[2];             /* what the microphone gets, likewise */
    int heard[2], microphone[2]; /* what has come in the end: from the card, of the microphone */
    unsigned microphone_in;
};

static int loudest(const int16_t *samples, size_t n, unsigned channels, unsigned channel)
{
    int most = 0;

    for (size_t i = 0; i < n; i++)
        most = abs(samples[i * channels + channel]) > most ? abs(samples[i * channels + channel])
                                                           : most;
    return most;
}

static void stereo_beat(struct desk *d, struct beats *b)
{
    int16_t said[2 * AIR_FRAME], in[2 * AIR_FRAME], heard[2 * AIR_FRAME];
    unsigned inputs = air_inputs("desk"), outputs = air_outputs("desk");
    const int16_t *microphone;
    size_t n;

    d->now_us += BEAT_US;
    for (size_t i = 0; i < AIR_FRAME; i++) {
        for (unsigned c = 0; c < b->said_in; c++)
            said[i * b->said_in + c] = wave(i, b->said[c]);
        for (unsigned c = 0; c < inputs; c++)
            in[i * inputs + c] = wave(i, b->captured[c]);
    }
    air_run("desk", in, heard, false);
    assert_true(media_device_begin_beat(d->device, d->now_us, BEAT_US));
    microphone = media_device_heard_in(d->device, &n, &b->microphone_in);
    for (unsigned c = 0; c < 2; c++) {
        b->heard[c] = loudest(heard, AIR_FRAME, outputs, c % outputs);
        b->microphone[c] = loudest(microphone, n, b->microphone_in, c % b->microphone_in);
    }
    media_device_say_in(d->device, said, AIR_FRAME, b->said_in);
    media_device_end_beat(d->device);
    uv_run(&d->loop, UV_RUN_NOWAIT);
}

static void stereo_beats(struct desk *d, struct beats *b, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        stereo_beat(d, b);
}

static void expect_about(const int got[2], int left, int right)
{
    assert_in_range(got[0] + 100, left + 50, left + 150);
    assert_in_range(got[1] + 100, right + 50, right + 150);
}

/* said and captured are 1000 on the left and 3000 on the right, or 1000 in one channel. */
static const struct stereo_row {
    const char *name;
    unsigned inputs, outputs;
    bool stereo;
    enum voice_mode mode;
    unsigned said_in;
    int heard[2];
    unsigned microphone_in;
    int microphone[2];
} stereo_rows[] = {
    {"each side by itself, both ways", 2, 2, true, VOICE_OFF, 2, {1000, 3000}, 2, {1000, 3000}},
    {"one channel is heard on both sides", 2, 2, true, VOICE_OFF, 1, {1000, 1000}, 2, {1000, 3000}},
    {"the loudspeaker has one", 2, 1, true, VOICE_OFF, 2, {2000, 2000}, 2, {1000, 3000}},
    {"the microphone has one", 1, 2, true, VOICE_OFF, 2, {1000, 3000}, 1, {1000, 1000}},
    {"the microphone is one where its echo is looked for",
     2,
     2,
     true,
     VOICE_AUTO,
     2,
     {1000, 3000},
     1,
     {2000, 2000}},
    {"nobody wants two", 2, 2, false, VOICE_OFF, 2, {2000, 2000}, 1, {1000, 1000}},
};

static void check_stereo(void **state)
{
    const struct stereo_row *row = *state;
    struct desk *d = desk_new(row->inputs, row->outputs, row->stereo, row->mode);
    struct beats b = {.said = {1000, 3000}, .said_in = row->said_in, .captured = {1000, 3000}};

    stereo_beats(d, &b, 30);
    expect_about(b.heard, row->heard[0], row->heard[1]);
    assert_int_equal(b.microphone_in, row->microphone_in);
    expect_about(b.microphone, row->microphone[0], row->microphone[1]);
    desk_free(d);
}

/* As a call does by re-INVITE, or somebody who switches echo cancelling: the card stays open. */
static void what_is_said_may_change_its_channels(void **state)
{
    const struct media_voice_modes on = {{VOICE_AUTO, VOICE_AUTO, VOICE_AUTO}};
    const struct media_voice_modes off = {{VOICE_OFF, VOICE_OFF, VOICE_OFF}};
    struct desk *d = desk_new(2, 2, true, VOICE_OFF);
    struct beats b = {.said = {1000, 3000}, .said_in = 2, .captured = {1000, 3000}};

    (void)state;
    for (unsigned times = 0; times < 3; times++) {
        b.said_in = 1;
        media_device_set_stereo(d->device, false);
        media_device_set_voice(d->device, &on);
        stereo_beats(d, &b, 230);
        expect_about(b.heard, 1000, 1000);
        assert_int_equal(b.microphone_in, 1);
        b.said_in = 2;
        media_device_set_stereo(d->device, true);
        media_device_set_voice(d->device, &off);
        stereo_beats(d, &b, 30);
        expect_about(b.heard, 1000, 3000);
        assert_int_equal(b.microphone_in, 2);
        expect_about(b.microphone, 1000, 3000);
    }
    assert_int_equal(d->ready, 1); /* the card was opened once */
    desk_free(d);
}

/* As a sound server does with a microphone of one channel; but a pause changes nothing. */
static void two_that_are_the_same_are_one(void **state)
{
    struct desk *d = desk_new(2, 2, true, VOICE_OFF);
    struct beats b = {.said_in = 1, .captured = {1000, 1000}};

    (void)state;
    stereo_beats(d, &b, 30);
    assert_int_equal(b.microphone_in, 1);
    expect_about(b.microphone, 1000, 1000);
    b.captured[1] = 3000;
    stereo_beats(d, &b, 20);
    assert_int_equal(b.microphone_in, 2);
    b.captured[0] = b.captured[1] = 0;
    stereo_beats(d, &b, 150);
    assert_int_equal(b.microphone_in, 2);
    stereo_beats(d, &b, 80);
    assert_int_equal(b.microphone_in, 1);
    desk_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_may_change_its_channels),
        cmocka_unit_test(two_that_are_the_same_are_one),
    };

    return RUN_ROWS("phone/media_device stereo", stereo_rows, check_stereo) +
           cmocka_run_group_tests_name("phone/media_device stereo", tests, NULL, NULL);
}
