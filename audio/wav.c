#include "audio/wav.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PCM = 1,
    FORMAT_BYTES = 16, /* of "fmt ", and there may be more */
    CHUNKS_MAX = 32,   /* in front of the samples */
};

static uint32_t get_le(const unsigned char *p, size_t bytes)
{
    uint32_t value = 0;

    for (size_t i = bytes; i-- > 0;)
        value = value << 8 | p[i];
    return value;
}

static bool read_at(int fd, void *out, size_t n, uint64_t at)
{
    return pread(fd, out, n, (off_t)at) == (ssize_t)n;
}

/* Format, channels, frames a second, bytes a second, bytes of a frame, bits of a sample. */
static bool read_format(int fd, uint64_t at, uint32_t n, struct wav *out)
{
    unsigned char f[FORMAT_BYTES];

    if (n < sizeof f || !read_at(fd, f, sizeof f, at))
        return false;
    out->rate_hz = get_le(f + 4, 4);
    return get_le(f, 2) == PCM && get_le(f + 2, 2) == 1 && get_le(f + 12, 2) == 2 &&
           get_le(f + 14, 2) == 16;
}

/* RIFF: chunks of a name, a length and what it says, each on an even offset. */
bool wav_find(int fd, struct wav *out)
{
    unsigned char head[12], chunk[8];
    struct stat st;
    uint64_t at = sizeof head;

    *out = (struct wav){0};
    if (fstat(fd, &st) != 0 || !read_at(fd, head, sizeof head, 0) || memcmp(head, "RIFF", 4) != 0 ||
        memcmp(head + 8, "WAVE", 4) != 0)
        return false;
    for (unsigned i = 0; i < CHUNKS_MAX && read_at(fd, chunk, sizeof chunk, at); i++) {
        uint32_t n = get_le(chunk + 4, 4);

        at += sizeof chunk;
        if (memcmp(chunk, "data", 4) == 0) {
            out->at = at;
            out->samples = n / 2;
            return out->rate_hz > 0 && at + n <= (uint64_t)st.st_size;
        }
        if (memcmp(chunk, "fmt ", 4) == 0 && !read_format(fd, at, n, out))
            return false;
        at += (uint64_t)n + (n & 1);
    }
    return false;
}
