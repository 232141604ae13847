/* Each allocation on behalf of a call fails once: that is refused, and nothing else happens. */
#include "audio/device.h"
#include "audio/file.h"
#include "audio/playout.h"
#include "audio/resample.h"

#include "tests/lib/memory.h"
#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void codecs_are_refused(void **state)
{
    struct audio_codec_params params = {0};
    const struct audio_codec *codec;

    (void)state;
    for (size_t i = 0; (codec = audio_codec_at(i)); i++) {
        struct audio_encoder *enc = NULL;
        struct audio_decoder *dec = NULL;
        unsigned n;
        int err;

        for (n = 1; memory_fail_at(n), 1; n++) {
            err = audio_encoder_new(codec, &params, &enc);
            if (!err)
                err = audio_decoder_new(codec, &params, &dec);
            if (!memory_has_failed())
                break;
            assert_int_equal(err, -ENOMEM);
            audio_encoder_free(enc);
            enc = NULL;
        }
        memory_fail_at(0);
        assert_int_equal(err, 0);
        assert_true(n > 2); /* Opus and others allocate their state themselves */
        audio_encoder_free(enc);
        audio_decoder_free(dec);
    }
}

/* A second of a stream with an allocation failing somewhere: the samples come all the same, and
 * from the next packet on the stream is heard again. */
static void a_stream_goes_on(void **state)
{
    const struct audio_codec *pcmu = audio_codec_static(0);
    struct playout_config config = {.codec = pcmu};
    static char payload[160];
    int16_t out[160];
    unsigned n;

    (void)state;
    for (n = 1; memory_fail_at(n), 1; n++) {
        struct playout *p;
        int err = playout_new(&config, &p);
        bool any = false;

        if (err) {
            assert_int_equal(err, -ENOMEM);
            assert_true(memory_has_failed());
            continue;
        }
        for (unsigned i = 0; i < 50; i++) {
            playout_put(p, pcmu, 1, (uint16_t)i, i * 160, false, (struct slice){payload, 160},
                        i * 20000);
            any = playout_get(p, i * 20000, out, 160);
        }
        assert_true(any);
        assert_true(out[159] < -30000); /* mu-law's 0 */
        playout_free(p);
        if (!memory_has_failed())
            break;
    }
    memory_fail_at(0);
    assert_true(n > 5);
}

static void files_are_refused(void **state)
{
    char path[TEMPORARY_MAX] = "/tmp/tphone-test-memory-XXXXXX.wav", why[AUDIO_WHY_MAX];
    struct audio_writer *w;
    struct audio_reader *r;
    int fd = temporary_file(path);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    memory_fail_at(1);
    assert_int_equal(audio_writer_open(path, 8000, 1, &w, why), -ENOMEM);
    assert_int_equal(audio_writer_open(path, 8000, 1, &w, why), 0);
    assert_int_equal(audio_writer_close(w), 0);
    memory_fail_at(1);
    assert_int_equal(audio_reader_open(path, &r, why), -ENOMEM);
    assert_int_equal(audio_reader_open(path, &r, why), 0);
    audio_reader_close(r);
    unlink(path);
}

static void the_rest_is_refused(void **state)
{
    struct audio_device_config none = {.name = "none"};
    struct audio_device *d;
    struct resample *r;
    char why[AUDIO_WHY_MAX];

    (void)state;
    memory_fail_at(1);
    assert_int_equal(resample_new(8000, 48000, RESAMPLE_CALL, &r), -ENOMEM);
    memory_fail_at(1);
    assert_int_equal(audio_device_open(&none, &d, why), -ENOMEM);
    memory_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codecs_are_refused),
        cmocka_unit_test(a_stream_goes_on),
        cmocka_unit_test(files_are_refused),
        cmocka_unit_test(the_rest_is_refused),
    };

    return cmocka_run_group_tests_name("audio, memory gone", tests, NULL, NULL);
}
