/* The null device; the card is tried by tests/audio/test_device.py. */
#include "audio/device.h"

#include "tests/lib/rows.h"

#include <string.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_null_device_runs_at_its_callers_pace),
    };

    return cmocka_run_group_tests_name("audio/device", tests, NULL, NULL);
}
