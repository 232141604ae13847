/* A microphone and a loudspeaker, each by a name, of which one is gone or both are: what opens in
 * their place, and that no microphone does where "none" was named. Cards are those of
 * tests/lib/air.h: "desk" is the system's default, "mic" only hears, "tv" only plays. The clock is
 * the test's; only workers take real time. */
#include "phone/media_device.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "phone/media_stand_in.h"
#include "tests/lib/air.h"
#include "tests/lib/rows.h"

enum { BEAT_US = 10000, MOMENTS = 20000 };

static const char *const cards[] = {"desk", "mic", "tv"};

static const struct row {
    const char *name, *wanted;
    bool unattended;
    bool no_mic, no_tv;        /* those are gone, */
    const char *hears, *plays; /* and these are open then; NULL: none */
    const char *told;          /* part of it; NULL: nothing is */
} rows[] = {
    /* clang-format off */
    {"a loudspeaker alone", "none | tv", false, false, true, NULL, "desk",
     "the loudspeaker tv cannot be used"},
    {"a microphone alone", "mic | none", false, true, false, "desk", NULL,
     "the microphone mic cannot be used"},
    {"a loudspeaker beside the system's", "default | tv", false, false, true, "desk", "desk",
     "the loudspeaker tv cannot be used"},
    {"a microphone beside the system's", "mic | default", false, true, false, "desk", "desk",
     "the microphone mic cannot be used"},
    {"the loudspeaker of two", "mic | tv", false, false, true, "mic", "desk",
     "the loudspeaker tv cannot be used"},
    {"the microphone of two", "mic | tv", false, true, false, "desk", "tv",
     "the microphone mic cannot be used"},
    {"both", "mic | tv", false, true, true, "desk", "desk", "the sound device mic | tv cannot"},
    {"nobody there, the loudspeaker", "mic | tv", true, false, true, "mic", "desk",
     "takes its place"},
    {"nobody there, the microphone", "mic | tv", true, true, false, NULL, "tv",
     "no other one is open"},
    {"nobody there, both", "mic | tv", true, true, true, NULL, "desk", "no microphone is open"},
    {"nobody there, one name", "tv", true, true, true, NULL, "desk", "no microphone is open"},
    {"neither", "none | none", false, true, true, NULL, NULL, NULL},
    /* clang-format on */
};

struct desk {
    uv_loop_t loop;
    struct media_device *device;
    uint64_t now_us;
    unsigned ready, failed, replaced, back, closed;
    char why[AUDIO_WHY_MAX];
    bool heard_desk; /* its microphone was open at some time */
};

static void on_ready(void *arg)
{
    ((struct desk *)arg)->ready++;
}

static void on_failed(void *arg, int err, const char *why)
{
    struct desk *d = arg;

    d->failed += err != 0;
    d->replaced += err == 0;
    snprintf(d->why, sizeof d->why, "%s", why);
}

static void on_back(void *arg)
{
    ((struct desk *)arg)->back++;
}

static void on_closed(void *arg)
{
    ((struct desk *)arg)->closed++;
}

/* A fifth of a second of ours, and a moment for workers. */
static void wait_a_moment(struct desk *d)
{
    for (unsigned i = 0; i < 20; i++) {
        d->now_us += BEAT_US;
        if (!d->closed && media_device_begin_beat(d->device, d->now_us, BEAT_US))
            media_device_end_beat(d->device);
        for (size_t k = 0; k < ARRAY_LEN(cards); k++)
            air_run(cards[k], NULL, NULL, false);
        d->heard_desk |= air_captures("desk");
        uv_run(&d->loop, UV_RUN_NOWAIT);
    }
    usleep(1000);
}

static bool is_open(const char *hears, const char *plays)
{
    for (size_t i = 0; i < ARRAY_LEN(cards); i++)
        if (air_captures(cards[i]) != (hears && strcmp(hears, cards[i]) == 0) ||
            air_plays(cards[i]) != (plays && strcmp(plays, cards[i]) == 0))
            return false;
    return true;
}

static void until_open(struct desk *d, const char *hears, const char *plays)
{
    for (unsigned i = 0; i < MOMENTS && !is_open(hears, plays); i++)
        wait_a_moment(d);
    assert_true(is_open(hears, plays));
}

static void until(struct desk *d, const unsigned *count, unsigned n)
{
    for (unsigned i = 0; i < MOMENTS && *count < n; i++)
        wait_a_moment(d);
    assert_int_equal(*count, n);
}

static void begin(struct desk *d, const struct row *row)
{
    static const struct media_device_events events = {on_ready, on_failed, on_back, NULL,
                                                      on_closed};

    *d = (struct desk){0};
    assert_int_equal(uv_loop_init(&d->loop), 0);
    assert_int_equal(media_device_new(&d->loop, row->wanted, &events, d, &d->device), 0);
    if (row->unattended)
        media_device_unattended(d->device);
    media_device_want(d->device, true);
}

static void end(struct desk *d)
{
    media_device_close(d->device);
    until(d, &d->closed, 1);
    assert_true(is_open(NULL, NULL));
    uv_run(&d->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&d->loop), 0);
    air_clear();
}

static void plug_all(void)
{
    air_plug("desk");
    air_plug("mic");
    air_set_directions("mic", true, false);
    air_plug("tv");
    air_set_directions("tv", false, true);
}

/* Unplugged, or listed and not to be opened. */
static void set_gone(const char *card, bool unplugs, bool gone)
{
    if (!unplugs)
        air_refuse(card, gone);
    else if (gone)
        air_unplug(card);
    else
        air_plug(card);
}

static void expect_back(struct desk *d, const struct row *row)
{
    bool mic = strncmp(row->wanted, "mic", 3) == 0, tv = strstr(row->wanted, "tv") != NULL;
    bool both = strstr(row->wanted, "default") != NULL;

    until(d, &d->back, 1); /* and a worker closes what stood in */
    until_open(d, mic ? "mic" : (both ? "desk" : NULL), tv ? "tv" : (both ? "desk" : NULL));
}

static void check(const struct row *row, bool unplugs)
{
    struct desk d;

    plug_all();
    set_gone("mic", unplugs, row->no_mic);
    set_gone("tv", unplugs, row->no_tv);
    begin(&d, row);
    until_open(&d, row->hears, row->plays);
    until(&d, &d.replaced, row->told != NULL); /* told of a moment after it is open */
    for (unsigned i = 0; i < 25; i++)
        wait_a_moment(&d);
    assert_true(is_open(row->hears, row->plays));
    assert_int_equal(d.replaced, row->told != NULL);
    assert_int_equal(d.failed + d.back, 0);
    if (row->told) {
        assert_non_null(strstr(d.why, row->told));
        assert_int_equal(d.ready, 1); /* nothing has interrupted what works */
        set_gone("mic", unplugs, false);
        set_gone("tv", unplugs, false);
        expect_back(&d, row);
    }
    if (!row->hears || strcmp(row->hears, "desk") != 0)
        assert_false(d.heard_desk);
    end(&d);
}

static void the_system_s_is_used_for_what_is_gone(void **state)
{
    check(*state, true);
    check(*state, false);
}

/* In the middle of a call. */
static void one_that_goes_takes_nothing_else_with_it(void **state)
{
    static const struct row row = {.wanted = "mic | tv"};
    struct desk d;

    (void)state;
    plug_all();
    begin(&d, &row);
    until_open(&d, "mic", "tv");
    air_unplug("tv");
    until_open(&d, "mic", "desk");
    until(&d, &d.replaced, 1);
    air_plug("tv");
    until_open(&d, "mic", "tv");
    until(&d, &d.back, 1);
    air_unplug("mic");
    until_open(&d, "desk", "tv");
    end(&d);
}

/* Nobody listens, and no other microphone takes its place. */
static void a_microphone_alone_fails_where_nobody_is(void **state)
{
    static const struct row row = {.wanted = "mic | none", .unattended = true};
    struct desk d;

    (void)state;
    plug_all();
    air_unplug("mic");
    begin(&d, &row);
    until(&d, &d.failed, 1);
    assert_true(is_open(NULL, NULL) && !d.heard_desk);
    air_plug("mic");
    until_open(&d, "mic", NULL);
    until(&d, &d.back, 1);
    end(&d);
}

/* So many beats in which no card calls for anything, nor has anything. */
static void stand_still(struct desk *d, unsigned beats)
{
    for (unsigned i = 0; i < beats; i++) {
        d->now_us += BEAT_US;
        if (media_device_begin_beat(d->device, d->now_us, BEAT_US))
            media_device_end_beat(d->device);
    }
}

/* Three seconds, as is one with a loudspeaker, though nothing of what is written waits. */
static void a_microphone_alone_is_waited_for(void **state)
{
    static const struct row row = {.wanted = "mic | none"};
    struct desk d;

    (void)state;
    plug_all();
    begin(&d, &row);
    until_open(&d, "mic", NULL);
    until(&d, &d.ready, 1); /* else nobody waits for it yet */
    wait_a_moment(&d);
    stand_still(&d, 290);
    wait_a_moment(&d);
    assert_true(is_open("mic", NULL));
    stand_still(&d, 310);
    until(&d, &d.failed, 1);
    end(&d);
}

static void until_told_what_it_lacks(struct desk *d, unsigned n)
{
    until_open(d, "desk", "tv");
    until(d, &d->replaced, n);
    assert_non_null(strstr(d->why, "tv has no microphone"));
}

/* Not what stood in for it, of which nothing was said. */
static void what_a_card_lacks_is_told_once_it_is_there(void **state)
{
    static const struct row row = {.wanted = "tv"};
    struct desk d;

    (void)state;
    plug_all();
    air_unplug("tv");
    begin(&d, &row);
    until(&d, &d.replaced, 1);
    until_open(&d, "desk", "desk");
    air_plug("tv");
    until_told_what_it_lacks(&d, 2);
    until(&d, &d.back, 1);
    end(&d);
}

/* As a headset does that is set to music; and once alone. */
static void what_a_card_has_no_more_is_told(void **state)
{
    static const struct row row = {.wanted = "tv"};
    struct desk d;

    (void)state;
    plug_all();
    air_set_directions("tv", true, true);
    begin(&d, &row);
    until_open(&d, "tv", "tv");
    for (unsigned times = 0; times < 2; times++) {
        air_unplug("tv");
        until(&d, &d.replaced, times == 0 ? 1 : 3);
        air_set_directions("tv", false, true);
        air_plug("tv");
        until(&d, &d.back, 1 + times);
        until_open(&d, "desk", "tv");
        assert_int_equal(d.replaced, 2 + times);
    }
    end(&d);
}

static void what_is_no_card_has_nothing_in_its_place(void **state)
{
    static const char *const names[] = {"default",        "null",           "file:a | b",
                                        "default | none", "None | Default", "none | none"};
    struct media_stand_in in;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        for (unsigned what = 0; what < STAND_INS; what++)
            assert_false(media_stand_in_get(names[i], i % 2 == 0, what, &in));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_goes_takes_nothing_else_with_it),
        cmocka_unit_test(a_microphone_alone_fails_where_nobody_is),
        cmocka_unit_test(a_microphone_alone_is_waited_for),
        cmocka_unit_test(what_a_card_lacks_is_told_once_it_is_there),
        cmocka_unit_test(what_a_card_has_no_more_is_told),
        cmocka_unit_test(what_is_no_card_has_nothing_in_its_place),
    };

    return RUN_ROWS("phone/media_device, two", rows, the_system_s_is_used_for_what_is_gone) +
           cmocka_run_group_tests_name("phone/media_device, halves", tests, NULL, NULL);
}
