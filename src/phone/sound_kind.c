#include "phone/sound_kind.h"

#include <string.h>

static const struct kind {
    const char *name;
    struct slice letters;
    size_t at;           /* of more letters, … */
    struct slice second; /* … of which there are none where at is 0 */
} kinds[] = {
    {"WAV", SLICE_INIT("RIFF"), 8, SLICE_INIT("WAVE")},
    {"WAV, the other byte order", SLICE_INIT("RIFX"), 8, SLICE_INIT("WAVE")},
    {"WAV beyond 4 GiB", SLICE_INIT("RF64"), 8, SLICE_INIT("WAVE")},
    {"Wave64", SLICE_INIT("riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb"), 0, {0}},
    {"AIFF", SLICE_INIT("FORM"), 8, SLICE_INIT("AIFF")},
    {"AIFF-C", SLICE_INIT("FORM"), 8, SLICE_INIT("AIFC")},
    {"Amiga, 8 bits", SLICE_INIT("FORM"), 8, SLICE_INIT("8SVX")},
    {"Amiga, 16 bits", SLICE_INIT("FORM"), 8, SLICE_INIT("16SV")},
    {"Sun and NeXT", SLICE_INIT(".snd"), 0, {0}},
    {"CAF", SLICE_INIT("caff\0\1"), 0, {0}},
    {"FLAC", SLICE_INIT("fLaC"), 0, {0}},
    {"Ogg: Opus, Vorbis", SLICE_INIT("OggS\0"), 0, {0}},
    {"MP3 behind its title", SLICE_INIT("ID3"), 0, {0}},
    {"Creative", SLICE_INIT("Creative Voice F"), 0, {0}},
    {"Sphere", SLICE_INIT("NIST_1A"), 0, {0}},
    {"PVF", SLICE_INIT("PVF1\n"), 0, {0}},
};

static bool has(struct slice text, size_t at, struct slice letters)
{
    return text.n >= at + letters.n && memcmp(text.p + at, letters.p, letters.n) == 0;
}

/* A frame of layer III: eleven bits, a version and a rate that exist. Text is never like that. */
static bool is_mp3(struct slice text)
{
    unsigned char b[3];

    if (text.n < sizeof b)
        return false;
    memcpy(b, text.p, sizeof b);
    return b[0] == 0xff && (b[1] & 0xe6) == 0xe2 && (b[1] & 0x18) != 0x08 && b[2] >> 4 != 15 &&
           (b[2] & 0x0c) != 0x0c;
}

bool sound_kind_known(struct slice beginning)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (has(beginning, 0, kinds[i].letters) &&
            (kinds[i].at == 0 || has(beginning, kinds[i].at, kinds[i].second)))
            return true;
    return is_mp3(beginning);
}
