#include "audio/resample.h"

#include "tests/lib/rows.h"
#include "tests/lib/speech.h"

#include <errno.h>
#include <stdlib.h>

static const struct row {
    const char *name;
    uint32_t in_hz, out_hz;
    double likeness;
} rows[] = {
    {"8 to 48 kHz and back", 8000, 48000, 0.98},
    {"48 to 8 kHz and back", 48000, 8000, 0.90},
    {"44.1 to 48 kHz and back", 44100, 48000, 0.98},
    {"11.025 to 8 kHz and back", 11025, 8000, 0.90},
    {"16 to 16 kHz", 16000, 16000, 1.0},
};

/* All of in, 10 ms at a time, to the end. Returns how many samples; *out is the caller's. */
static size_t convert(uint32_t in_hz, uint32_t out_hz, const int16_t *in, size_t n, int16_t **out)
{
    struct resample *r;
    size_t cap = (size_t)((uint64_t)n * out_hz / in_hz) + 10000, got = 0, part;

    *out = calloc(cap, sizeof **out);
    assert_int_equal(resample_new(in_hz, out_hz, RESAMPLE_FILE, &r), 0);
    for (size_t at = 0; at < n; at += part) {
        size_t out_n;

        part = in_hz / 100 < n - at ? in_hz / 100 : n - at;
        out_n = resample_run(r, in + at, part, *out + got, resample_room(r, part));
        assert_true(out_n <= resample_room(r, part));
        got += out_n;
    }
    while ((part = resample_flush(r, *out + got, 100)) > 0)
        got += part;
    resample_free(r);
    return got;
}

static void check_row(void **state)
{
    const struct row *row = *state;
    size_t n = row->in_hz * 2, there_n, back_n;
    int16_t *in = calloc(n, sizeof *in), *there, *back;

    speech_make(in, n, row->in_hz, 5);
    there_n = convert(row->in_hz, row->out_hz, in, n, &there);
    assert_in_range(there_n, row->out_hz * 2 - 3, row->out_hz * 2 + 3);
    back_n = convert(row->out_hz, row->in_hz, there, there_n, &back);
    assert_in_range(back_n, n - 8, n + 8);
    /* Nothing is delayed: the best match needs no shift. */
    assert_true(sound_likeness(in, back, n - 8, 1, NULL) >= row->likeness - 1e-9);
    free(in);
    free(there);
    free(back);
}

static void refuses_absurd_rates(void **state)
{
    struct resample *r;

    (void)state;
    assert_int_equal(resample_new(0, 8000, RESAMPLE_CALL, &r), -EINVAL);
    assert_int_equal(resample_new(8000, 400000, RESAMPLE_CALL, &r), -EINVAL);
    resample_free(NULL);
}

/* Up in steps, down by the mean; each channel for itself. */
static void a_piece_by_itself(void **state)
{
    static const int16_t left_right[] = {0, 32767, 100, -32768, -100, -32768};
    static const int16_t up[] = {0, 32767,  50,   0,      100,  -32768,
                                 0, -32768, -100, -32768, -100, -32768};
    static const int16_t mono[] = {1, 3, -2, -4, 32767, 32767, 9};
    int16_t out[ARRAY_LEN(up)];

    (void)state;
    assert_int_equal(resample_piece(2, 8000, 16000, left_right, 3, out), 6);
    assert_memory_equal(out, up, sizeof up);
    assert_int_equal(resample_piece(1, 16000, 8000, mono, 7, out), 3);
    assert_int_equal(out[0], 2);
    assert_int_equal(out[1], -3);
    assert_int_equal(out[2], 32767);
    assert_int_equal(resample_piece(1, 8000, 8000, mono, 7, out), 7);
    assert_memory_equal(out, mono, sizeof mono);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_absurd_rates),
        cmocka_unit_test(a_piece_by_itself),
    };

    return RUN_ROWS("audio/resample", rows, check_row) +
           cmocka_run_group_tests_name("audio/resample", tests, NULL, NULL);
}
