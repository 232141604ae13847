/* tests/lib/decode - a sound file of any kind as WAV with 16 bits, for tests in Python.
 *
 * usage: decode IN OUT.wav */
#include <sndfile.h>
#include <stdio.h>

#define PIECE 1024

int main(int argc, char **argv)
{
    SF_INFO info = {.format = 0};
    short frames[2 * PIECE];
    SNDFILE *in, *out;
    sf_count_t n;

    if (argc != 3)
        return 2;
    in = sf_open(argv[1], SFM_READ, &info);
    if (!in || info.channels > 2) {
        fprintf(stderr, "%s: %s\n", argv[1], sf_strerror(in));
        return 1;
    }
    info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    out = sf_open(argv[2], SFM_WRITE, &info);
    if (!out) {
        fprintf(stderr, "%s: %s\n", argv[2], sf_strerror(NULL));
        return 1;
    }
    while ((n = sf_readf_short(in, frames, PIECE)) > 0)
        sf_writef_short(out, frames, n);
    sf_close(in);
    return sf_close(out);
}
