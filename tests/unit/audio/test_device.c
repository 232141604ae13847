/* The null device; the card is tried by tests/audio/test_device.py. */
#include "audio/device.h"
#include "audio/device_pace.h"

#include "tests/lib/rows.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void the_null_device_runs_at_its_callers_pace(void **state)
{
    struct audio_device_config config = {.name = "none", .rate_hz = 16000};
    struct audio_device_counts counts;
    struct audio_device *d;
    int16_t samples[160];

    (void)state;
    assert_int_equal(audio_device_open(&config, &d, NULL), 0);
    assert_true(audio_device_is_null(d));
    assert_true(audio_device_running(d));
    assert_false(audio_device_failed(d));
    assert_string_equal(audio_device_name(d), "none");
    assert_int_equal(audio_device_rate_hz(d), 16000);
    for (int i = 0; i < 10; i++) {
        memset(samples, 1, sizeof samples);
        assert_int_equal(audio_device_write(d, samples, 160), 160);
        assert_int_equal(audio_device_read(d, samples, 160), 160);
        assert_int_equal(samples[0] | samples[159], 0);
    }
    assert_int_equal(audio_device_captured(d) + audio_device_queued(d), 0);
    audio_device_counts(d, &counts);
    assert_int_equal(counts.played, 1600);
    assert_int_equal(counts.captured, 1600);
    audio_device_close(d);
    audio_device_close(NULL);
}

static void a_file_is_spoken_over_and_over(void **state)
{
    struct audio_device_config config = {.name = "file:test_device_spoken.wav", .rate_hz = 48000};
    int16_t samples[7] = {1, 2, 3}, wanted[7] = {1, 2, 3, 1, 2, 3, 1};
    struct audio_writer *w;
    struct audio_device *d;
    char why[AUDIO_WHY_MAX];

    (void)state;
    assert_int_equal(audio_writer_open("test_device_spoken.wav", 16000, 1, &w, NULL), 0);
    assert_int_equal(audio_writer_write(w, samples, 3), 0);
    assert_int_equal(audio_writer_close(w), 0);
    assert_int_equal(audio_device_open(&config, &d, NULL), 0);
    assert_int_equal(audio_device_rate_hz(d), 16000);
    assert_string_equal(audio_device_name(d), config.name);
    assert_int_equal(audio_device_read(d, samples, 7), 7);
    assert_memory_equal(samples, wanted, sizeof wanted);
    assert_int_equal(audio_device_read(d, samples, 1), 1);
    assert_int_equal(samples[0], 2);
    audio_device_close(d);
    assert_int_equal(audio_writer_open("test_device_spoken.wav", 16000, 1, &w, NULL), 0);
    assert_int_equal(audio_writer_close(w), 0);
    assert_true(audio_device_open(&config, &d, why) < 0);
    assert_non_null(strstr(why, "no sound to speak with"));
    unlink("test_device_spoken.wav");
    assert_int_equal(audio_device_open(&config, &d, why), -ENOENT);
    assert_non_null(strstr(why, "test_device_spoken.wav"));
}

static void a_busy_machine_is_called_less_often(void **state)
{
    (void)state;
    assert_int_equal(device_pace_for(0.3, 2).frame_ms, 5);
    assert_int_equal(device_pace_for(1.1, 2).frame_ms, 10);
    assert_int_equal(device_pace_for(2.5, 8).frame_ms, 5);
    assert_in_range(device_pace_now().frame_ms, 5, 10);
}

/* A sound server makes three frames of two, and four of three. */
static void a_calm_card_holds_back_two_frames(void **state)
{
    struct device_pace pace = device_pace_for(0, 1);

    (void)state;
    assert_in_range(pace.latency_s * 1000000, 5000, pace.frame_ms * 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_null_device_runs_at_its_callers_pace),
        cmocka_unit_test(a_file_is_spoken_over_and_over),
        cmocka_unit_test(a_busy_machine_is_called_less_often),
        cmocka_unit_test(a_calm_card_holds_back_two_frames),
    };

    return cmocka_run_group_tests_name("audio/device", tests, NULL, NULL);
}
