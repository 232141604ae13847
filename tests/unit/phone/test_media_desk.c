/* The sound device without a call: levels, a test, another device, a ring; and an end in the middle
 * of each. */
#include <math.h>
#include <stdlib.h>

#include "audio/device.h"
#include "phone/media.h"
#include "phone/media_voice.h"
#include "tests/lib/loop_time.h"
#include "tests/lib/rows.h"

#define NO_CARD "no sound card has this name"

struct world {
    uv_loop_t loop;
    struct media *media;
    unsigned told[MEDIA_CLOSED + 1]; /* events of each type */
    unsigned tests[MEDIA_TEST_PLAY + 1];
    int err;
    double loudest;
    bool closed; /* the last levels were none */
};

static void on_event(void *arg, const struct media_event *event)
{
    struct world *w = arg;

    assert_null(event->stream);
    w->told[event->type]++;
    w->err = event->err;
    assert_true(!event->err == !event->why[0]);
    if (event->type == MEDIA_TESTING)
        w->tests[event->serial]++;
    if (event->type != MEDIA_LEVELS)
        return;
    w->closed = isnan(event->stats.level_out_db);
    if (event->stats.level_out_db > w->loudest)
        w->loudest = event->stats.level_out_db;
}

/* Turns the loop until *count is n at least, for 20 s at most. */
static void run_until(struct world *w, const unsigned *count, unsigned n)
{
    for (unsigned i = 0; i < 2000 && *count < n; i++)
        loop_run_ms(&w->loop, 10);
    assert_true(*count >= n);
}

static struct world *world_new(const char *device)
{
    struct world *w = calloc(1, sizeof *w);
    struct media_config config = {.on_event = on_event, .arg = w, .device = device};

    assert_non_null(w);
    w->loudest = -96;
    assert_int_equal(uv_loop_init(&w->loop), 0);
    config.loop = &w->loop;
    assert_int_equal(media_new(&config, &w->media), 0);
    return w;
}

static void world_free(struct world *w)
{
    media_free(w->media, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0); /* nothing is left on it */
    free(w);
}

static void levels_come_while_it_is_open(void **state)
{
    struct world *w = world_new("null");

    (void)state;
    media_levels(w->media, true);
    loop_run_ms(&w->loop, 200);
    assert_int_equal(w->told[MEDIA_LEVELS], 0);
    assert_int_equal(media_test(w->media, MEDIA_TEST_OPEN), 0);
    run_until(w, &w->told[MEDIA_LEVELS], 3);
    assert_false(w->closed);
    assert_int_equal(media_test(w->media, MEDIA_TEST_OFF), 0);
    run_until(w, &w->tests[MEDIA_TEST_OFF], 1);
    for (unsigned i = 0; i < 1000 && !w->closed; i++)
        loop_run_ms(&w->loop, 10);
    assert_true(w->closed);
    world_free(w);
}

static void a_test_does_one_after_the_other(void **state)
{
    struct world *w = world_new("null");

    (void)state;
    media_levels(w->media, true);
    assert_int_equal(media_test(w->media, MEDIA_TEST_TONE), 0);
    run_until(w, &w->tests[MEDIA_TEST_OPEN], 1);
    assert_true(w->loudest > -20 && w->loudest < -5);
    assert_int_equal(w->tests[MEDIA_TEST_TONE], 1);
    assert_int_equal(media_test(w->media, MEDIA_TEST_RECORD), 0);
    run_until(w, &w->tests[MEDIA_TEST_PLAY], 1);
    run_until(w, &w->tests[MEDIA_TEST_OPEN], 2);
    assert_int_equal(w->tests[MEDIA_TEST_RECORD], 1);
    assert_int_equal(media_test(w->media, MEDIA_TEST_OFF), 0);
    assert_int_equal(media_test(w->media, MEDIA_TEST_OFF), 0);
    run_until(w, &w->tests[MEDIA_TEST_OFF], 1);
    loop_run_ms(&w->loop, 50);
    assert_int_equal(w->tests[MEDIA_TEST_OFF], 1);
    world_free(w);
}

static void a_test_of_no_card_fails(void **state)
{
    struct world *w = world_new(NO_CARD);

    (void)state;
    assert_int_equal(media_test(w->media, MEDIA_TEST_TONE), 0);
    run_until(w, &w->tests[MEDIA_TEST_OFF], 1);
    assert_true(w->err < 0);
    world_free(w);
}

static void another_device_or_the_one_before(void **state)
{
    struct world *w = world_new(NULL);

    (void)state;
    assert_int_equal(media_device_use(w->media, "null"), 0);
    run_until(w, &w->told[MEDIA_DEVICE_CHOSEN], 1);
    assert_int_equal(w->err, 0);
    media_levels(w->media, true);
    assert_int_equal(media_test(w->media, MEDIA_TEST_OPEN), 0);
    run_until(w, &w->told[MEDIA_LEVELS], 1);
    assert_int_equal(media_device_use(w->media, NO_CARD), 0);
    run_until(w, &w->told[MEDIA_DEVICE_CHOSEN], 2);
    run_until(w, &w->told[MEDIA_LEVELS], w->told[MEDIA_LEVELS] + 3);
    assert_false(w->closed);
    assert_int_equal(media_device_use(w->media, NULL), 0);
    run_until(w, &w->told[MEDIA_DEVICE_CHOSEN], 3);
    assert_int_equal(w->err, 0);
    world_free(w);
}

static void of_two_choices_at_once_one_is_refused(void **state)
{
    struct world *w = world_new("null");

    (void)state;
    assert_int_equal(media_device_use(w->media, NO_CARD), 0);
    assert_int_equal(media_device_use(w->media, "null"), 0);
    run_until(w, &w->told[MEDIA_DEVICE_CHOSEN], 2);
    world_free(w);
}

static void a_ring_tells_once_what_it_cannot(void **state)
{
    static const char *const devices[] = {"null", NO_CARD, NO_CARD " either"};
    struct world *w = world_new(NULL);

    (void)state;
    assert_int_equal(media_ring(w->media, devices, 3, "/nonexistent/ring.wav"), 0);
    run_until(w, &w->told[MEDIA_RING_FAILED], 1);
    loop_run_ms(&w->loop, 300);
    media_ring_stop(w->media);
    loop_run_ms(&w->loop, 100);
    assert_int_equal(w->told[MEDIA_RING_FAILED], 1);
    assert_int_equal(media_ring(w->media, devices, 1, NULL), 0);
    loop_run_ms(&w->loop, 100);
    assert_int_equal(media_ring(w->media, devices, 1, NULL), 0); /* in place of the other */
    loop_run_ms(&w->loop, 100);
    assert_int_equal(w->told[MEDIA_RING_FAILED], 1);
    world_free(w);
}

/* What is under way when all ends, after so many ms. */
static const struct end_row {
    const char *name;
    bool ring, test, choice;
    uint64_t ms;
} end_rows[] = {
    {"a ring at once", .ring = true},
    {"a ring", .ring = true, .ms = 60},
    {"a test at once", .test = true},
    {"a test", .test = true, .ms = 60},
    {"a choice at once", .choice = true},
    {"a choice", .choice = true, .ms = 5},
    {"all of it at once", .ring = true, .test = true, .choice = true},
    {"all of it", .ring = true, .test = true, .choice = true, .ms = 30},
};

static void check_end(void **state)
{
    static const char *const devices[] = {"null", "null", NO_CARD, "null"};
    const struct end_row *row = *state;
    struct world *w = world_new("null");

    media_levels(w->media, true);
    if (row->ring)
        assert_int_equal(media_ring(w->media, devices, 4, "/nonexistent/ring.wav"), 0);
    if (row->test)
        assert_int_equal(media_test(w->media, MEDIA_TEST_RECORD), 0);
    if (row->choice)
        assert_int_equal(media_device_use(w->media, "null"), 0);
    if (row->ms)
        loop_run_ms(&w->loop, row->ms);
    world_free(w);
}

/* Of a device without a card, too, that was opened while nothing was on. */
static void a_part_is_switched_on_later(void **state)
{
    const struct audio_device_config config = {.name = "none"};
    struct media_voice_modes modes = {0};
    struct audio_device *device;
    struct media_voice *voice;
    int16_t samples[960];

    (void)state;
    assert_int_equal(audio_device_open(&config, &device, NULL), 0);
    voice = media_voice_new(device, &modes);
    assert_false(media_voice_works(voice));
    assert_int_equal(media_voice_read(voice, device, samples, 960), 960);
    modes.of[VOICE_LEVEL] = VOICE_ON;
    media_voice_set(voice, &modes);
    assert_true(media_voice_works(voice));
    assert_int_equal(media_voice_read(voice, device, samples, 960), 960);
    modes.of[VOICE_LEVEL] = VOICE_OFF;
    media_voice_set(voice, &modes);
    assert_false(media_voice_works(voice));
    media_voice_free(voice);
    audio_device_close(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_come_while_it_is_open),
        cmocka_unit_test(a_test_does_one_after_the_other),
        cmocka_unit_test(a_test_of_no_card_fails),
        cmocka_unit_test(another_device_or_the_one_before),
        cmocka_unit_test(of_two_choices_at_once_one_is_refused),
        cmocka_unit_test(a_ring_tells_once_what_it_cannot),
        cmocka_unit_test(a_part_is_switched_on_later),
    };

    return RUN_ROWS("phone/media_desk: an end in the middle", end_rows, check_end) +
           cmocka_run_group_tests_name("phone/media_desk", tests, NULL, NULL);
}
