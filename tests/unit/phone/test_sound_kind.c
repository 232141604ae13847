/* What begins like a sound file, and what must never be taken for one. */
#include "phone/sound_kind.h"

#include "tests/lib/rows.h"

/* clang-format off */
static const struct row {
    const char *name;
    struct slice beginning;
    bool known;
} rows[] = {
    {"WAV", SLICE_INIT("RIFF\x24\x08\0\0WAVEfmt "), true},
    {"AIFF", SLICE_INIT("FORM\0\0\0\x24""AIFFCOMM"), true},
    {"AU", SLICE_INIT(".snd\0\0\0\x18"), true},
    {"FLAC", SLICE_INIT("fLaC\0\0\0\x22"), true},
    {"Ogg", SLICE_INIT("OggS\0\2\0\0\0\0"), true},
    {"MP3 behind a title", SLICE_INIT("ID3\4\0\0\0\0\0\x23"), true},
    {"MP3, 128 kbit/s, 44.1 kHz", SLICE_INIT("\xff\xfb\x90\x64"), true},
    {"MP3 of 16 kHz", SLICE_INIT("\xff\xf3\x48\xc4"), true},
    {"nothing", SLICE_INIT(""), false},
    {"half a WAV", SLICE_INIT("RIFF\x24\x08\0\0WAV"), false},
    {"a picture in the same box", SLICE_INIT("RIFF\x24\x08\0\0WEBPVP8 "), false},
    {"PNG", SLICE_INIT("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), false},
    {"JPEG", SLICE_INIT("\xff\xd8\xff\xe0\0\x10JFIF"), false},
    {"a key of ssh", SLICE_INIT("-----BEGIN OPENSSH PRIVATE KEY-----\n"), false},
    {"a database", SLICE_INIT("SQLite format 3\0"), false},
    {"text in UTF-16", SLICE_INIT("\xff\xfeh\0i\0"), false},
    {"AAC, which libsndfile cannot", SLICE_INIT("\xff\xf1\x50\x80"), false},
    {"an MP3 that cannot be", SLICE_INIT("\xff\xfb\xfc\x64"), false},
    {"settings", SLICE_INIT("[account alice]\n"), false},
};
/* clang-format on */

static void check_row(void **state)
{
    const struct row *row = *state;

    assert_int_equal(sound_kind_known(row->beginning), row->known);
}

int main(void)
{
    return RUN_ROWS("phone/sound_kind", rows, check_row);
}
