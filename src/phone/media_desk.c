#include "phone/media_desk.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/mixer.h"
#include "phone/media_thread.h"

#define LEVELS_US 100000u
#define TEST_TONE_MS 1000u
#define TEST_RECORD_MS 3000u
#define TEST_MOST_US 60000000u /* nobody leaves a microphone open by mistake */

/* --- levels --------------------------------------------------------------------------------- */

static void tell_levels(struct media_thread *t, double microphone, double speaker)
{
    struct media_event event = {.type = MEDIA_LEVELS};

    event.stats.level_in_db = microphone;
    event.stats.level_out_db = speaker;
    media_thread_tell(t, &event);
    t->desk.levels_told = !isnan(microphone);
}

void desk_levels(struct media_thread *t, bool on)
{
    t->desk.levels = on;
    t->desk.levels_told = false;
    if (t->device)
        media_device_measure(t->device, on);
}

static void levels_beat(struct media_thread *t, uint64_t due_us)
{
    double microphone, speaker;

    if (!t->desk.levels || due_us - t->desk.levels_us < LEVELS_US)
        return;
    t->desk.levels_us = due_us;
    media_device_levels(t->device, &microphone, &speaker);
    tell_levels(t, microphone, speaker);
}

void desk_settle(struct media_thread *t)
{
    if (t->desk.levels_told && !media_device_is_open(t->device))
        tell_levels(t, NAN, NAN);
}

/* --- the choice ----------------------------------------------------------------------------- */

void desk_chosen(struct media_thread *t, int err, const char *why)
{
    struct media_event event = {.type = MEDIA_DEVICE_CHOSEN, .err = err};

    snprintf(event.why, sizeof event.why, "%s", why);
    media_thread_tell(t, &event);
    media_thread_rhythm(t, false);
}

void desk_choose(struct media_thread *t, const char *name)
{
    struct media_device *device = media_thread_device(t);
    int err = device ? media_device_choose(device, name) : -ENOMEM;

    if (err == -EBUSY)
        desk_chosen(t, err, "another device is being chosen already");
    else if (err)
        desk_chosen(t, err, "there is no memory for another device");
}

/* --- the test ------------------------------------------------------------------------------- */

static void tell_test(struct media_thread *t, int err, const char *why)
{
    struct media_event event = {.type = MEDIA_TESTING, .serial = t->desk.test, .err = err};

    snprintf(event.why, sizeof event.why, "%s", why);
    media_thread_tell(t, &event);
}

static void set_test(struct media_thread *t, enum media_test what)
{
    struct media_desk *desk = &t->desk;

    if (what != MEDIA_TEST_PLAY) {
        free(desk->recorded);
        desk->recorded = NULL;
        desk->n_recorded = 0;
    }
    desk->n_played = 0;
    desk->rate_hz = 0;
    desk->test = what;
    media_thread_rhythm(t, false);
}

void desk_test(struct media_thread *t, enum media_test what)
{
    if (what == MEDIA_TEST_OFF && t->desk.test == MEDIA_TEST_OFF)
        return;
    t->desk.test_ends_us = 0;
    set_test(t, what);
    tell_test(t, 0, "");
}

bool desk_wants_device(const struct media_thread *t)
{
    return t->desk.test != MEDIA_TEST_OFF;
}

void desk_failed(struct media_thread *t, int err, const char *why)
{
    if (t->desk.test == MEDIA_TEST_OFF)
        return;
    set_test(t, MEDIA_TEST_OFF);
    tell_test(t, err, why);
}

static void go_on(struct media_thread *t, enum media_test what)
{
    uint32_t rate_hz = t->desk.rate_hz;

    set_test(t, what);
    if (what == MEDIA_TEST_PLAY)
        t->desk.rate_hz = rate_hz;
    tell_test(t, 0, "");
}

static size_t samples_in(const struct media_desk *desk, uint32_t ms)
{
    return (size_t)desk->rate_hz * ms / 1000;
}

static void tone_beat(struct media_thread *t, size_t n)
{
    struct media_desk *desk = &t->desk;
    int16_t samples[MIXER_SAMPLES];

    tone_read(&desk->tone, samples, n);
    media_device_say(t->device, samples, n);
    desk->n_played += n;
    if (desk->n_played >= samples_in(desk, TEST_TONE_MS))
        go_on(t, MEDIA_TEST_OPEN);
}

static void record_beat(struct media_thread *t, const int16_t *heard, size_t n)
{
    struct media_desk *desk = &t->desk;
    size_t most = samples_in(desk, TEST_RECORD_MS), left = most - desk->n_recorded;

    if (!desk->recorded)
        desk->recorded = malloc(most * sizeof *desk->recorded);
    if (!desk->recorded) {
        desk_failed(t, -ENOMEM, "there is no memory to record to");
        return;
    }
    n = n < left ? n : left;
    memcpy(desk->recorded + desk->n_recorded, heard, n * sizeof *heard);
    desk->n_recorded += n;
    if (desk->n_recorded == most)
        go_on(t, MEDIA_TEST_PLAY);
}

static void play_beat(struct media_thread *t, size_t n)
{
    struct media_desk *desk = &t->desk;
    size_t left = desk->n_recorded - desk->n_played;

    n = n < left ? n : left;
    media_device_say(t->device, desk->recorded + desk->n_played, n);
    desk->n_played += n;
    if (desk->n_played == desk->n_recorded)
        go_on(t, MEDIA_TEST_OPEN);
}

/* Where another device has another rate it begins anew, but for what is recorded already. */
static void settle_rate(struct media_thread *t)
{
    struct media_desk *desk = &t->desk;
    uint32_t rate_hz = media_device_rate_hz(t->device);

    if (desk->rate_hz == rate_hz)
        return;
    if (desk->rate_hz)
        set_test(t, desk->test == MEDIA_TEST_PLAY ? MEDIA_TEST_OPEN : desk->test);
    desk->rate_hz = rate_hz;
    tone_start(&desk->tone, TONE_RINGBACK, rate_hz);
}

static void test_beat(struct media_thread *t, uint64_t due_us)
{
    struct media_desk *desk = &t->desk;
    const int16_t *heard;
    size_t n;

    if (!desk->test_ends_us)
        desk->test_ends_us = due_us + TEST_MOST_US;
    if (due_us > desk->test_ends_us) {
        go_on(t, MEDIA_TEST_OFF);
        return;
    }
    if (!media_device_runs(t->device))
        return;
    settle_rate(t);
    heard = media_device_heard(t->device, &n);
    if (desk->test == MEDIA_TEST_TONE)
        tone_beat(t, n);
    else if (desk->test == MEDIA_TEST_RECORD)
        record_beat(t, heard, n);
    else if (desk->test == MEDIA_TEST_PLAY)
        play_beat(t, n);
}

void desk_beat(struct media_thread *t, uint64_t due_us)
{
    if (t->desk.test != MEDIA_TEST_OFF)
        test_beat(t, due_us);
    media_device_end_beat(t->device);
    levels_beat(t, due_us);
}

void desk_end(struct media_thread *t)
{
    t->desk.levels = t->desk.levels_told = false;
    t->desk.test = MEDIA_TEST_OFF;
    free(t->desk.recorded);
    t->desk.recorded = NULL;
}
