/* tests/lib/decode - a sound file of any kind as WAV with 16 bits, or as another kind, for tests in
 * Python.
 *
 * usage: decode IN OUT [float|opus|vorbis] */
#include <sndfile.h>
#include <stdio.h>
#include <string.h>

#define PIECE 1024

static int format_of(const char *name)
{
    if (strcmp(name, "float") == 0)
        return SF_FORMAT_WAV | SF_FORMAT_FLOAT;
    if (strcmp(name, "opus") == 0)
        return SF_FORMAT_OGG | SF_FORMAT_OPUS;
    return SF_FORMAT_OGG | SF_FORMAT_VORBIS;
}

int main(int argc, char **argv)
{
    SF_INFO info = {.format = 0};
    float frames[2 * PIECE];
    SNDFILE *in, *out;
    sf_count_t n;

    if (argc != 3 && argc != 4)
        return 2;
    in = sf_open(argv[1], SFM_READ, &info);
    if (!in || info.channels > 2) {
        fprintf(stderr, "%s: %s\n", argv[1], sf_strerror(in));
        return 1;
    }
    info.format = argc == 4 ? format_of(argv[3]) : SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    out = sf_open(argv[2], SFM_WRITE, &info);
    if (!out) {
        fprintf(stderr, "%s: %s\n", argv[2], sf_strerror(NULL));
        return 1;
    }
    sf_command(out, SFC_SET_CLIPPING, NULL, SF_TRUE);
    while ((n = sf_readf_float(in, frames, PIECE)) > 0)
        sf_writef_float(out, frames, n);
    sf_close(in);
    return sf_close(out);
}
