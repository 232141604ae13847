/* A file that is said to be WAV: where its samples are found they lie within it, and a reader of
 * pipes finds the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "audio/sniff.h"
#include "audio/wav.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    FILE *file = tmpfile();
    int fd = file ? fileno(file) : -1;
    struct sniffed sniffed = sniff(bytes, n);
    struct wav wav;

    must(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    must(lseek(fd, 0, SEEK_SET) == 0);
    if (wav_find(fd, &wav)) {
        must(wav.at <= n && wav.samples <= (n - wav.at) / 2 && wav.rate_hz > 0);
        must(sniffed.kind != SNIFF_RAW);
        if (sniffed.kind == SNIFF_WAV)
            must(sniffed.at == wav.at && sniffed.rate_hz == wav.rate_hz);
    }
    must(lseek(fd, 0, SEEK_CUR) == 0);
    fclose(file);
    return 0;
}
