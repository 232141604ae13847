#include "audio/sniff.h"

#include <stdbool.h>
#include <string.h>

enum {
    MAGIC_BYTES = 4,
    RIFF_BYTES = 12,  /* "RIFF", a length, "WAVE" */
    CHUNK_BYTES = 8,  /* a name and a length */
    FORMAT_BYTES = 16 /* of "fmt ", and there may be more */
};

#define PCM 1
#define RATE_MIN_HZ 1000
#define RATE_MAX_HZ 384000
#define LENGTH_IS_A_GUESS 0x7fff0000u

static uint32_t get_le(const unsigned char *p, size_t bytes)
{
    uint32_t value = 0;

    for (size_t i = bytes; i-- > 0;)
        value = value << 8 | p[i];
    return value;
}

/* Whether the stream, as far as it is known, begins with these four letters. */
static bool begins(const unsigned char *p, size_t n, const char *magic)
{
    return n == 0 || memcmp(p, magic, n < MAGIC_BYTES ? n : MAGIC_BYTES) == 0;
}

static struct sniffed more(size_t wants)
{
    /* So long a header is libsndfile's. */
    return wants <= SNIFF_MOST ? (struct sniffed){.kind = SNIFF_MORE, .wants = wants}
                               : (struct sniffed){.kind = SNIFF_OTHER};
}

/* Format, channels, frames a second, bytes a second, bytes of a frame, bits of a sample. */
static bool take_format(const unsigned char *f, uint32_t n, struct sniffed *wav)
{
    uint32_t channels;

    if (n < FORMAT_BYTES || get_le(f, 2) != PCM)
        return false;
    channels = get_le(f + 2, 2);
    wav->rate_hz = get_le(f + 4, 4);
    wav->channels = (uint8_t)channels;
    return (channels == 1 || channels == 2) && wav->rate_hz >= RATE_MIN_HZ &&
           wav->rate_hz <= RATE_MAX_HZ && get_le(f + 12, 2) == 2 * channels &&
           get_le(f + 14, 2) == 16;
}

/* The chunks of RIFF, each on an even offset, up to that of the samples. */
static struct sniffed sniff_wav(const unsigned char *p, size_t n)
{
    struct sniffed wav = {.kind = SNIFF_WAV, .at = RIFF_BYTES};

    for (;;) {
        const unsigned char *chunk = p + wav.at;
        uint32_t length;
        uint64_t behind;

        if (n < wav.at + CHUNK_BYTES)
            return more(wav.at + CHUNK_BYTES);
        length = get_le(chunk + 4, 4);
        if (memcmp(chunk, "data", 4) == 0) {
            wav.at += CHUNK_BYTES;
            wav.bytes = length == 0 || length >= LENGTH_IS_A_GUESS ? SNIFF_WITHOUT_END : length;
            return wav.rate_hz ? wav : (struct sniffed){.kind = SNIFF_OTHER};
        }
        behind = wav.at + CHUNK_BYTES + (uint64_t)length + (length & 1);
        if (n < behind)
            return more(behind <= SNIFF_MOST ? (size_t)behind : SNIFF_MOST + 1);
        if (memcmp(chunk, "fmt ", 4) == 0 && !take_format(chunk + CHUNK_BYTES, length, &wav))
            return (struct sniffed){.kind = SNIFF_OTHER};
        wav.at = (size_t)behind;
    }
}

struct sniffed sniff(const unsigned char *p, size_t n)
{
    bool riff = begins(p, n, "RIFF");

    if (!riff && !begins(p, n, "OggS"))
        return (struct sniffed){.kind = SNIFF_RAW};
    if (n < MAGIC_BYTES)
        return more(MAGIC_BYTES);
    if (!riff)
        return (struct sniffed){.kind = SNIFF_OTHER};
    if (n < RIFF_BYTES)
        return more(RIFF_BYTES);
    if (memcmp(p + 8, "WAVE", 4) != 0)
        return (struct sniffed){.kind = SNIFF_RAW};
    return sniff_wav(p, n);
}
