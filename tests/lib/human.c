#include "tests/lib/human.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/resample.h"
#include "base/slice.h"
#include "tests/lib/speech.h"

enum { RATE = 16000, WAV_HEAD = 44, SECONDS_MOST = 60, RATE_MOST = 48000 };

#define LIBRIVOX "/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-"

static const char *const files[][4] = {
    [HUMAN_WOMAN] = {LIBRIVOX "0870.wav", LIBRIVOX "0880.wav", LIBRIVOX "0930.wav", NULL},
    [HUMAN_MAN] = {"/usr/share/codec2/raw/speech_orig_16k.wav", NULL},
};

static const double LOUDNESS = 2000; /* about that of speech_make */

/* What they say one behind the other; 0: a file is missing. */
static size_t read_all(int16_t *out, size_t room, enum human who)
{
    size_t n = 0;

    for (size_t i = 0; files[who][i]; i++) {
        FILE *f = fopen(files[who][i], "rb");
        size_t got = 0;

        if (f && fseek(f, WAV_HEAD, SEEK_SET) == 0)
            got = fread(out + n, sizeof *out, room - n, f);
        if (f)
            fclose(f);
        if (!got)
            return 0;
        n += got;
    }
    return n;
}

static void make_loud(int16_t *samples, size_t n)
{
    double gain = LOUDNESS / sound_loudness(samples, n);

    for (size_t i = 0; i < n; i++)
        samples[i] = (int16_t)lrint(fmax(-32768, fmin(32767, gain * samples[i])));
}

int human_speech(int16_t *out, size_t n, uint32_t rate_hz, enum human who)
{
    int16_t *said = malloc(SECONDS_MOST * (RATE + RATE_MOST) * sizeof *said);
    int16_t *at_rate = said + SECONDS_MOST * RATE;
    struct resample *r = NULL;
    int err = said ? resample_new(RATE, rate_hz, RESAMPLE_FILE, &r) : -ENOMEM;
    size_t got = err ? 0 : read_all(said, SECONDS_MOST * RATE, who), here;

    if (!err && !got)
        err = -ENOENT;
    if (!err) {
        make_loud(said, got);
        here = resample_run(r, said, got, at_rate, SECONDS_MOST * RATE_MOST);
        for (size_t i = 0; i < n; i++)
            out[i] = at_rate[i % here];
    }
    resample_free(r);
    free(said);
    return err;
}
