/* The sound device of the media thread with cards that come and go (tests/lib/air.h): it stops, the
 * system's stands in for it, it is back. The clock is the test's; only workers take real time. */
#include "phone/media_device.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "audio/device.h"
#include "audio/mixer.h"
#include "phone/media.h"
#include "tests/lib/air.h"
#include "tests/lib/loop_time.h"
#include "tests/lib/rows.h"

enum { BEAT_US = 10000, LOUD = 3000, MOMENTS = 20000 };

struct desk {
    uv_loop_t loop;
    struct media_device *device;
    uint64_t now_us;
    unsigned ready, failed, replaced, back, closed;
    const char *cards[2];
    bool loud[2]; /* what the cards have played in the last beat */
};

/* How often a worker has waited for a card to run. */
static atomic_uint naps;

void __real_uv_sleep(unsigned ms);
void __wrap_uv_sleep(unsigned ms);
void __wrap_uv_sleep(unsigned ms)
{
    atomic_fetch_add(&naps, 1);
    __real_uv_sleep(ms);
}

static void on_ready(void *arg)
{
    ((struct desk *)arg)->ready++;
}

static void on_failed(void *arg, int err, const char *why)
{
    struct desk *d = arg;

    assert_true(why[0] != '\0');
    d->failed += err != 0;
    d->replaced += err == 0;
}

static void on_back(void *arg)
{
    ((struct desk *)arg)->back++;
}

static void on_closed(void *arg)
{
    struct desk *d = arg;

    d->closed++;
    d->device = NULL;
}

/* headset: whether that can be opened; rings: it plays only. */
static struct desk *desk_new(const char *name, bool headset, bool rings)
{
    static const struct media_device_events events = {on_ready, on_failed, on_back, NULL,
                                                      on_closed};
    struct desk *d = calloc(1, sizeof *d);

    assert_non_null(d);
    assert_int_equal(uv_loop_init(&d->loop), 0);
    d->cards[0] = "desk";
    d->cards[1] = "headset";
    air_plug("desk"); /* the default */
    air_plug("headset");
    air_refuse("headset", !headset);
    assert_int_equal(media_device_new(&d->loop, name, &events, d, &d->device), 0);
    if (rings)
        media_device_play_only(d->device);
    media_device_want(d->device, true);
    return d;
}

/* Somebody speaks, and both cards run. */
static void beat(struct desk *d)
{
    int16_t said[AIR_FRAME], heard[AIR_FRAME];

    d->now_us += BEAT_US;
    for (size_t i = 0; i < AIR_FRAME; i++)
        said[i] = i / 40 % 2 ? LOUD : -LOUD;
    if (d->device && media_device_begin_beat(d->device, d->now_us, BEAT_US)) {
        media_device_say(d->device, said, AIR_FRAME);
        media_device_end_beat(d->device);
    }
    for (size_t i = 0; i < ARRAY_LEN(d->cards); i++) {
        air_run(d->cards[i], NULL, heard, false);
        d->loud[i] = abs(heard[AIR_FRAME / 2]) > LOUD / 2;
    }
    uv_run(&d->loop, UV_RUN_NOWAIT);
}

/* A fifth of a second of ours, and a moment for workers. */
static void wait_a_moment(struct desk *d)
{
    for (unsigned i = 0; i < 20; i++)
        beat(d);
    usleep(1000);
}

static void pass(struct desk *d, unsigned seconds)
{
    for (unsigned i = 0; i < seconds * 5; i++)
        wait_a_moment(d);
}

static void until(struct desk *d, const unsigned *count, unsigned n)
{
    for (unsigned i = 0; i < MOMENTS && *count < n; i++)
        wait_a_moment(d);
    assert_int_equal(*count, n);
}

static void until_open(struct desk *d, const char *card, bool open)
{
    for (unsigned i = 0; i < MOMENTS && air_is_open(card) != open; i++)
        wait_a_moment(d);
    assert_true(air_is_open(card) == open);
}

/* It is this card alone that is heard, and open. */
static void expect_heard(struct desk *d, size_t which)
{
    const char *other = d->cards[!which];

    for (unsigned i = 0; i < MOMENTS && (!d->loud[which] || air_is_open(other)); i++)
        wait_a_moment(d);
    assert_true(d->loud[which]);
    assert_false(air_is_open(other));
}

/* That much is told, or more. */
static void until_at_least(struct desk *d, const unsigned *count, unsigned n)
{
    for (unsigned i = 0; i < MOMENTS && *count < n; i++)
        wait_a_moment(d);
    assert_true(*count >= n);
}

/* The card goes, and this is told for the n-th time. */
static void unplug(struct desk *d, const char *card, const unsigned *count, unsigned n)
{
    air_unplug(card);
    until(d, count, n);
}

/* It is back for the n-th time, and heard. */
static void until_back(struct desk *d, size_t which, unsigned n)
{
    until(d, &d->back, n);
    expect_heard(d, which);
}

static void desk_free(struct desk *d)
{
    if (d->device)
        media_device_close(d->device);
    until(d, &d->closed, 1);
    assert_false(air_is_open("desk") || air_is_open("headset"));
    uv_run(&d->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&d->loop), 0);
    air_clear();
    free(d);
}

static void one_that_stops_is_back_when_it_is_there_again(void **state)
{
    struct desk *d = desk_new("default", true, false);

    (void)state;
    expect_heard(d, 0);
    air_unplug("headset");
    for (unsigned times = 1; times <= 2; times++) {
        unplug(d, "desk", &d->failed, times);
        pass(d, 5);
        assert_int_equal(d->failed, times); /* told once */
        assert_int_equal(d->back, times - 1);
        air_plug("desk");
        until_back(d, 0, times);
    }
    assert_int_equal(d->replaced, 0);
    desk_free(d);
}

static void another_stands_in_for_a_named_one_until_it_is_back(void **state)
{
    struct desk *d = desk_new("headset", true, false);

    (void)state;
    expect_heard(d, 1);
    for (unsigned times = 1; times <= 2; times++) {
        unplug(d, "headset", &d->replaced, times);
        assert_int_equal(d->failed, times);
        expect_heard(d, 0);
        pass(d, 5);
        assert_true(d->loud[0]);
        assert_int_equal(d->replaced, times);
        air_plug("headset");
        until_back(d, 1, times);
    }
    desk_free(d);
}

/* It opens, and nothing ever asks for samples: however often it is tried, it does not work. */
static void one_that_opens_and_does_not_run_is_told_once(void **state)
{
    struct desk *d = desk_new("default", true, false);

    (void)state;
    expect_heard(d, 0);
    air_unplug("headset");
    unplug(d, "desk", &d->failed, 1);
    d->cards[0] = "headset"; /* so that the other one stands still */
    air_plug("desk");
    until_at_least(d, &d->ready, 4);
    assert_int_equal(d->failed, 1);
    assert_int_equal(d->back, 0);
    d->cards[0] = "desk";
    until_back(d, 0, 1);
    assert_int_equal(d->failed, 1);
    desk_free(d);
}

/* Also where all is opened anew, as cards come, and where it is wanted anew. */
static void that_another_stands_in_is_told_once(void **state)
{
    struct desk *d = desk_new("gone", true, false);

    (void)state;
    until(d, &d->replaced, 1);
    air_plug("spare");
    until(d, &d->ready, 2);
    expect_heard(d, 0);
    media_device_want(d->device, false);
    until_open(d, "desk", false);
    media_device_want(d->device, true);
    until(d, &d->ready, 3);
    expect_heard(d, 0);
    assert_int_equal(d->replaced, 1);
    assert_int_equal(d->failed + d->back, 0);
    desk_free(d);
}

/* What stands in opens, and nothing asks it for samples at first. */
static void another_stands_in_once_it_runs(void **state)
{
    struct desk *d = desk_new("headset", true, false);

    (void)state;
    expect_heard(d, 1);
    d->cards[0] = "headset";
    unplug(d, "headset", &d->failed, 1);
    until_at_least(d, &d->ready, 4);
    assert_int_equal(d->failed, 1);
    assert_int_equal(d->replaced, 0);
    d->cards[0] = "desk";
    until(d, &d->replaced, 1);
    expect_heard(d, 0);
    assert_int_equal(d->failed, 1);
    desk_free(d);
}

static void who_wants_it_anew_hears_that_it_fails(void **state)
{
    struct desk *d = desk_new("default", true, false);

    (void)state;
    expect_heard(d, 0);
    air_unplug("headset");
    unplug(d, "desk", &d->failed, 1);
    media_device_want(d->device, false);
    pass(d, 3);
    assert_int_equal(d->failed, 1);
    media_device_want(d->device, true);
    until(d, &d->failed, 2);
    pass(d, 3);
    assert_int_equal(d->failed, 2);
    air_plug("desk");
    until(d, &d->back, 1);
    desk_free(d);
}

static void another_that_is_chosen_is_not_the_one_that_is_back(void **state)
{
    struct desk *d = desk_new("desk", true, false);

    (void)state;
    expect_heard(d, 0);
    air_refuse("headset", true); /* nor does it stand in */
    unplug(d, "desk", &d->failed, 1);
    air_refuse("headset", false);
    assert_int_equal(media_device_choose(d->device, "headset"), 0);
    expect_heard(d, 1);
    pass(d, 1);
    assert_int_equal(d->back, 0);
    for (unsigned times = 2; times <= 3; times++) { /* which is told as ever */
        unplug(d, "headset", &d->failed, times);
        air_plug("headset");
        until_back(d, 1, times - 1);
    }
    desk_free(d);
}

/* It is used for the direction that it has; and where nobody is, no other microphone is open. */
static void what_a_card_lacks_is_told_once(void **state)
{
    struct desk *d;

    (void)state;
    air_plug("desk");
    air_plug("headset");
    air_set_directions("headset", false, true);
    d = desk_new("headset", true, false);
    until(d, &d->replaced, 1);
    until_open(d, "desk", true);
    assert_true(air_plays("headset") && air_captures("desk") && !air_plays("desk"));
    media_device_want(d->device, false);
    until_open(d, "desk", false);
    media_device_want(d->device, true);
    until_open(d, "desk", true);
    assert_int_equal(d->replaced, 1);
    media_device_want(d->device, false);
    until_open(d, "desk", false);
    media_device_unattended(d->device);
    media_device_want(d->device, true);
    until_open(d, "headset", true);
    pass(d, 1);
    assert_true(air_plays("headset") && !air_is_open("desk"));
    assert_int_equal(d->failed + d->back, 0);
    desk_free(d);
}

static void a_microphone_and_a_loudspeaker_are_chosen(void **state)
{
    struct desk *d = desk_new("default", true, false);

    (void)state;
    expect_heard(d, 0);
    assert_int_equal(media_device_choose(d->device, "desk | headset"), 0);
    until_open(d, "headset", true);
    pass(d, 1);
    assert_true(d->loud[1] && !d->loud[0]);
    assert_true(air_captures("desk") && !air_captures("headset") && !air_plays("desk"));
    air_unplug("headset");
    expect_heard(d, 0);
    assert_int_equal(d->replaced, 1);
    air_plug("headset");
    until(d, &d->back, 1);
    assert_true(air_captures("desk") && air_plays("headset"));
    desk_free(d);
}

/* As an ALSA name of a sound server does: it is listed whether its card is there or not. */
static void one_that_is_listed_comes_back_without_a_gap(void **state)
{
    struct desk *d = desk_new("headset", false, false);

    (void)state;
    until(d, &d->replaced, 1);
    expect_heard(d, 0);
    air_plug("spare"); /* which is not why it cannot be opened */
    pass(d, 5);
    assert_int_equal(d->ready, 1);
    air_refuse("headset", false);
    while (!d->back) {
        beat(d);
        assert_true(d->loud[0] || d->back);
        usleep(100);
    }
    expect_heard(d, 1);
    assert_int_equal(d->failed, 0);
    desk_free(d);
}

/* Nor is it listed: whoever lists a card opens it. */
static void one_that_another_program_used_comes_back(void **state)
{
    struct desk *d;

    (void)state;
    air_plug("desk");
    air_plug("headset");
    air_take("headset", true);
    d = desk_new("headset", true, false);
    until(d, &d->replaced, 1);
    expect_heard(d, 0);
    pass(d, 5);
    assert_int_equal(d->ready, 1); /* what stands in goes on */
    air_take("headset", false);
    until_back(d, 1, 1);
    assert_int_equal(d->failed, 0);
    desk_free(d);
}

/* Its stream opens, but nothing ever asks for samples. */
static void one_that_does_not_run_is_not_waited_for(void **state)
{
    struct desk *d = desk_new("headset", false, false);

    (void)state;
    expect_heard(d, 0);
    d->cards[1] = "desk"; /* so that it stands still */
    air_refuse("headset", false);
    until_open(d, "headset", true);
    until_open(d, "headset", false);
    assert_int_equal(d->back, 0);
    d->cards[1] = "headset";
    until_back(d, 1, 1);
    desk_free(d);
}

/* While it is looked for, and while the other plays. */
static void its_user_may_go_meanwhile(void **state)
{
    struct desk *d = desk_new("headset", false, false);

    (void)state;
    expect_heard(d, 0);
    air_refuse("headset", false);
    until_open(d, "headset", true);
    media_device_want(d->device, false);
    until_open(d, "headset", false);
    until_open(d, "desk", false);
    media_device_want(d->device, true);
    expect_heard(d, 1);
    desk_free(d);
}

static void want_no_more(struct desk *d)
{
    media_device_want(d->device, false);
}

static void choose_another(struct desk *d)
{
    assert_int_equal(media_device_choose(d->device, "null"), 0);
}

static void end_it(struct desk *d)
{
    media_device_close(d->device);
}

/* Its card opens and stands still, for which a worker waits: ten milliseconds more, at most. */
static void what_is_looked_for_is_given_up(void **state)
{
    static void (*const give_up[])(struct desk * d) = {want_no_more, choose_another, end_it};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(give_up); i++) {
        struct desk *d = desk_new("headset", false, false);
        unsigned before;

        expect_heard(d, 0);
        d->cards[1] = "desk";
        air_refuse("headset", false);
        until_open(d, "headset", true);
        give_up[i](d);
        before = atomic_load(&naps);
        until_open(d, "headset", false);
        until_open(d, "desk", false);
        assert_in_range(atomic_load(&naps) - before, 0, 1);
        assert_int_equal(d->back, 0);
        desk_free(d);
    }
}

static void what_rings_has_no_other_in_its_place(void **state)
{
    struct desk *d = desk_new("headset", false, true);

    (void)state;
    until(d, &d->failed, 1);
    pass(d, 3);
    assert_false(air_is_open("desk") || d->loud[0]);
    desk_free(d);
}

static void on_event(void *arg, const struct media_event *event)
{
    unsigned *told = arg;

    assert_null(event->stream);
    told[event->type]++;
}

/* Who had it when it failed need not be there any more. */
static void that_it_is_back_concerns_no_stream(void **state)
{
    unsigned told[MEDIA_CLOSED + 1] = {0};
    struct media_config config = {.on_event = on_event, .arg = told, .device = "default"};
    struct media *media;
    uv_loop_t loop;

    (void)state;
    air_plug("desk");
    air_refuse("desk", true);
    assert_int_equal(uv_loop_init(&loop), 0);
    config.loop = &loop;
    assert_int_equal(media_new(&config, &media), 0);
    assert_int_equal(media_test(media, MEDIA_TEST_OPEN), 0);
    for (unsigned i = 0; i < 2000 && told[MEDIA_TESTING] < 2; i++)
        loop_run_ms(&loop, 10);
    assert_int_equal(told[MEDIA_TESTING], 2); /* it has ended */
    air_refuse("desk", false);
    assert_int_equal(media_test(media, MEDIA_TEST_OPEN), 0);
    for (unsigned i = 0; i < 2000 && told[MEDIA_DEVICE_BACK] == 0; i++) {
        air_run("desk", NULL, NULL, false);
        loop_run_ms(&loop, 10);
    }
    assert_int_equal(told[MEDIA_DEVICE_BACK], 1);
    media_free(media, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    air_clear();
}

/* One has as many devices as sound by HDMI brings, which are free. */
static void each_card_is_seen_to_become_free(void **state)
{
    struct audio_device_cards then, now;

    (void)state;
    air_plug("screens");
    air_plug("desk");
    air_add("screens", 12);
    air_take("desk", true);
    audio_device_cards(&then);
    audio_device_cards(&now);
    assert_false(audio_device_cards_came(&then, &now));
    air_take("desk", false);
    audio_device_cards(&now);
    assert_true(audio_device_cards_came(&then, &now));
    assert_false(audio_device_cards_came(&now, &then));
    air_unplug("screens");
    audio_device_cards(&then);
    assert_true(audio_device_cards_came(&now, &then));
    air_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_stops_is_back_when_it_is_there_again),
        cmocka_unit_test(another_stands_in_for_a_named_one_until_it_is_back),
        cmocka_unit_test(one_that_opens_and_does_not_run_is_told_once),
        cmocka_unit_test(that_another_stands_in_is_told_once),
        cmocka_unit_test(another_stands_in_once_it_runs),
        cmocka_unit_test(who_wants_it_anew_hears_that_it_fails),
        cmocka_unit_test(what_a_card_lacks_is_told_once),
        cmocka_unit_test(a_microphone_and_a_loudspeaker_are_chosen),
        cmocka_unit_test(another_that_is_chosen_is_not_the_one_that_is_back),
        cmocka_unit_test(one_that_is_listed_comes_back_without_a_gap),
        cmocka_unit_test(one_that_another_program_used_comes_back),
        cmocka_unit_test(one_that_does_not_run_is_not_waited_for),
        cmocka_unit_test(its_user_may_go_meanwhile),
        cmocka_unit_test(what_is_looked_for_is_given_up),
        cmocka_unit_test(what_rings_has_no_other_in_its_place),
        cmocka_unit_test(that_it_is_back_concerns_no_stream),
        cmocka_unit_test(each_card_is_seen_to_become_free),
    };

    return cmocka_run_group_tests_name("phone/media_device", tests, NULL, NULL);
}
