#include "audio/sniff.h"

#include <stdlib.h>

#include "tests/lib/rows.h"

#define RIFF "RIFF\x24\xf0\xff\x7fWAVE"
#define FMT(tag, channels, rate, frame, bits)                                                      \
    "fmt \x10\0\0\0" tag "\0" channels "\0" rate "\0\0\0\0" frame "\0" bits "\0"
#define HZ_8000 "\x40\x1f\0\0"
#define HZ_22050 "\x22\x56\0\0"
#define PLAIN FMT("\1", "\1", HZ_22050, "\2", "\x10")
#define LIST "LIST\x3\0\0\0abc\0"
#define ESPEAK "data\0\xf0\xff\x7f"

/* clang-format off */
static const struct row {
    const char *name;
    struct slice in;
    enum sniff_kind kind;
    size_t at; /* WAV: of the first sample; MORE: bytes wanted */
    uint32_t rate_hz;
    uint8_t channels;
    uint64_t bytes;
} rows[] = {
    {"nothing yet", SLICE_INIT(""), SNIFF_MORE, 4, 0, 0, 0},
    {"one letter that may begin a name", SLICE_INIT("R"), SNIFF_MORE, 4, 0, 0, 0},
    {"one byte that begins none", SLICE_INIT("\1"), SNIFF_RAW, 0, 0, 0, 0},
    {"samples", SLICE_INIT("\1\2\3\4\5\6"), SNIFF_RAW, 0, 0, 0, 0},
    {"the name alone", SLICE_INIT("RIFF"), SNIFF_MORE, 12, 0, 0, 0},
    {"RIFF of another kind", SLICE_INIT("RIFF\x24\0\0\0AVI "), SNIFF_RAW, 0, 0, 0, 0},
    {"Ogg", SLICE_INIT("OggS"), SNIFF_OTHER, 0, 0, 0, 0},
    {"nearly Ogg", SLICE_INIT("OggT"), SNIFF_RAW, 0, 0, 0, 0},
    {"WAV without a chunk", SLICE_INIT(RIFF), SNIFF_MORE, 20, 0, 0, 0},
    {"a format begins", SLICE_INIT(RIFF "fmt \x10\0\0\0"), SNIFF_MORE, 36, 0, 0, 0},
    {"a format alone", SLICE_INIT(RIFF PLAIN), SNIFF_MORE, 44, 0, 0, 0},
    {"as espeak-ng writes it", SLICE_INIT(RIFF PLAIN ESPEAK), SNIFF_WAV, 44, 22050, 1, SNIFF_WITHOUT_END},
    {"length 0", SLICE_INIT(RIFF PLAIN "data\0\0\0\0"), SNIFF_WAV, 44, 22050, 1, SNIFF_WITHOUT_END},
    {"length of all ones", SLICE_INIT(RIFF PLAIN "data\xff\xff\xff\xff"), SNIFF_WAV, 44, 22050, 1, SNIFF_WITHOUT_END},
    {"a true length", SLICE_INIT(RIFF PLAIN "data\x06\0\0\0"), SNIFF_WAV, 44, 22050, 1, 6},
    {"a long, true length", SLICE_INIT(RIFF PLAIN "data\0\0\xfe\x7f"), SNIFF_WAV, 44, 22050, 1, 0x7ffe0000},
    {"stereo", SLICE_INIT(RIFF FMT("\1", "\2", HZ_8000, "\4", "\x10") "data\x06\0\0\0"), SNIFF_WAV, 44, 8000, 2, 6},
    {"a chunk of odd length between", SLICE_INIT(RIFF LIST PLAIN ESPEAK), SNIFF_WAV, 56, 22050, 1, SNIFF_WITHOUT_END},
    {"a longer format", SLICE_INIT(RIFF "fmt \x12\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0\0\0" "data\x4\0\0\0"), SNIFF_WAV, 46, 8000, 1, 4},
    {"floats", SLICE_INIT(RIFF FMT("\3", "\1", HZ_8000, "\4", "\x20")), SNIFF_OTHER, 0, 0, 0, 0},
    {"8 bits", SLICE_INIT(RIFF FMT("\1", "\1", HZ_8000, "\1", "\x8")), SNIFF_OTHER, 0, 0, 0, 0},
    {"three channels", SLICE_INIT(RIFF FMT("\1", "\3", HZ_8000, "\6", "\x10")), SNIFF_OTHER, 0, 0, 0, 0},
    {"no samples in a second", SLICE_INIT(RIFF FMT("\1", "\1", "\0\0\0\0", "\2", "\x10")), SNIFF_OTHER, 0, 0, 0, 0},
    {"a format that is too short", SLICE_INIT(RIFF "fmt \x8\0\0\0\1\0\1\0\x40\x1f\0\0"), SNIFF_OTHER, 0, 0, 0, 0},
    {"samples before the format", SLICE_INIT(RIFF ESPEAK), SNIFF_OTHER, 0, 0, 0, 0},
    {"a chunk that is too long for us", SLICE_INIT(RIFF "LIST\0\x10\0\0"), SNIFF_OTHER, 0, 0, 0, 0},
    {"a chunk as long as numbers go", SLICE_INIT(RIFF "LIST\xff\xff\xff\xff"), SNIFF_OTHER, 0, 0, 0, 0},
};
/* clang-format on */

static void check_row(void **state)
{
    const struct row *row = *state;
    unsigned char *in = malloc(row->in.n ? row->in.n : 1);
    struct sniffed got;

    assert_non_null(in);
    for (size_t i = 0; i < row->in.n; i++)
        in[i] = (unsigned char)row->in.p[i];
    got = sniff(in, row->in.n);
    free(in);
    assert_int_equal(got.kind, row->kind);
    assert_int_equal(got.kind == SNIFF_MORE ? got.wants : got.kind == SNIFF_WAV ? got.at : 0,
                     row->at);
    if (got.kind != SNIFF_WAV)
        return;
    assert_int_equal(got.rate_hz, row->rate_hz);
    assert_int_equal(got.channels, row->channels);
    assert_int_equal(got.bytes, row->bytes);
}

int main(void)
{
    return RUN_ROWS("audio/sniff", rows, check_row);
}
