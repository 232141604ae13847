#include "audio/wav.h"

#include <stdio.h>

#include "base/slice.h"
#include "tests/lib/rows.h"

/* The pieces of a WAV file; numbers are little-endian. */
#define RIFF "RIFF\x40\0\0\0WAVE"
#define FMT(tag, channels, frame, bits)                                                            \
    "fmt \x10\0\0\0" tag "\0" channels "\0\x40\x1f\0\0\x80\x3e\0\0" frame "\0" bits "\0"
#define PLAIN FMT("\1", "\1", "\2", "\x10")
#define ODD "LIST\x3\0\0\0abc\0"
#define DATA "data\x4\0\0\0wxyz"

/* clang-format off */
static const struct row {
    const char *name;
    struct slice file;
    uint64_t at; /* 0: not ours to read */
} rows[] = {
    {"the usual 44 bytes", SLICE_INIT(RIFF PLAIN DATA), 44},
    {"chunks behind the samples", SLICE_INIT(RIFF PLAIN DATA ODD), 44},
    {"a chunk of odd length is padded", SLICE_INIT(RIFF ODD PLAIN DATA), 56},
    {"a chunk between", SLICE_INIT(RIFF PLAIN ODD DATA), 56},
    {"a longer format", SLICE_INIT(RIFF "fmt \x12\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0\0\0" DATA), 46},
    {"half a sample at the end", SLICE_INIT(RIFF PLAIN "data\5\0\0\0vwxyz"), 44},
    {"stereo", SLICE_INIT(RIFF FMT("\1", "\2", "\4", "\x10") DATA), 0},
    {"8 bits", SLICE_INIT(RIFF FMT("\1", "\1", "\1", "\x8") DATA), 0},
    {"24 bits in a frame that says 2 bytes", SLICE_INIT(RIFF FMT("\1", "\1", "\2", "\x18") DATA), 0},
    {"floats", SLICE_INIT(RIFF FMT("\3", "\1", "\4", "\x20") DATA), 0},
    {"A-law", SLICE_INIT(RIFF FMT("\6", "\1", "\1", "\x8") DATA), 0},
    {"samples before the format", SLICE_INIT(RIFF DATA PLAIN), 0},
    {"no samples", SLICE_INIT(RIFF PLAIN), 0},
    {"samples that are cut off", SLICE_INIT(RIFF PLAIN "data\6\0\0\0wxyz"), 0},
    {"a length that nobody knew", SLICE_INIT(RIFF PLAIN "data\xff\xff\xff\xffwxyz"), 0},
    {"a chunk as long as numbers go", SLICE_INIT(RIFF "LIST\xff\xff\xff\xff" PLAIN DATA), 0},
    {"a format that is cut off", SLICE_INIT(RIFF "fmt \x10\0\0\0\1\0\1"), 0},
    {"a format that is too short", SLICE_INIT(RIFF "fmt \x8\0\0\0\1\0\1\0\x40\x1f\0\0" DATA), 0},
    {"big-endian", SLICE_INIT("RIFX\0\0\0\x40WAVE" PLAIN DATA), 0},
    {"another kind of RIFF", SLICE_INIT("RIFF\x40\0\0\0AVI " PLAIN DATA), 0},
    {"an empty file", SLICE_INIT(""), 0},
};
/* clang-format on */

static void check_row(void **state)
{
    const struct row *row = *state;
    FILE *file = tmpfile();
    struct wav wav;

    assert_non_null(file);
    assert_int_equal(fwrite(row->file.p, 1, row->file.n, file), row->file.n);
    assert_int_equal(fflush(file), 0);
    assert_int_equal(wav_find(fileno(file), &wav), row->at != 0);
    if (row->at) {
        assert_int_equal(wav.rate_hz, 8000);
        assert_int_equal(wav.at, row->at);
        assert_int_equal(wav.samples, 2);
    }
    fclose(file);
}

int main(void)
{
    return RUN_ROWS("audio/wav", rows, check_row);
}
