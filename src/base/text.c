#include "base/text.h"

/* One character cut from the left of a slice. */
struct piece {
    uint32_t code;
    size_t n;   /* its bytes; at least 1 */
    bool valid; /* false: n bytes that are not UTF-8 */
};

/* clang-format off */
/* First and last of what is replaced, in ascending order. */
static const struct range { uint32_t first, last; } unsafe[] = {
    {0x0000,  0x001f},  /* C0: escape sequences, cursor movement, the bell */
    {0x007f,  0x009f},  /* DEL and C1, where a single byte may begin a sequence */
    {0x00ad,  0x00ad},  /* soft hyphen */
    {0x034f,  0x034f},  /* combining grapheme joiner */
    {0x0600,  0x0605},  /* Arabic number signs, format characters */
    {0x061c,  0x061c},  /* Arabic letter mark, bidirectional */
    {0x06dd,  0x06dd},
    {0x070f,  0x070f},
    {0x0890,  0x0891},
    {0x08e2,  0x08e2},
    {0x115f,  0x1160},  /* Hangul fillers: letters that nobody sees */
    {0x17b4,  0x17b5},
    {0x180b,  0x180f},
    {0x200b,  0x200f},  /* zero-width space and joiners, left-to-right and right-to-left marks */
    {0x2028,  0x202e},  /* line and paragraph separators, bidirectional embeddings, overrides */
    {0x2060,  0x206f},  /* word joiner, invisible operators, bidirectional isolates */
    {0x3164,  0x3164},
    {0xfdd0,  0xfdef},  /* noncharacters */
    {0xfeff,  0xfeff},  /* byte order mark */
    {0xffa0,  0xffa0},
    {0xfff0,  0xfffb},
    {0xfffe,  0xffff},
    {0x110bd, 0x110bd},
    {0x110cd, 0x110cd},
    {0x13430, 0x1343f},
    {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a},
    {0xe0000, 0xe0fff}, /* tags and further variation selectors */
};
/* clang-format on */

static bool is_in(const struct range *ranges, size_t n, uint32_t code)
{
    for (size_t i = 0; i < n && ranges[i].first <= code; i++)
        if (code <= ranges[i].last)
            return true;
    return false;
}

static bool is_unsafe(uint32_t code)
{
    return is_in(unsafe, ARRAY_LEN(unsafe), code) ||
           (code & 0xfffe) == 0xfffe; /* the noncharacters at the end of each plane */
}

/* --- joiners: RFC 5892 A.1, A.2; Unicode Technical Standard 51, 2.3 --------------------------- */

#define NON_JOINER 0x200c
#define JOINER 0x200d
#define NOBODY 0 /* before the first character, and for what is not safe */

/* clang-format off */
static const struct range joined_letters[] = {
    {0x0620,  0x08ff}, /* Arabic, Syriac, Thaana, N'Ko */
    {0x0900,  0x0dff}, /* from Devanagari to Sinhala */
};

static const struct range joined_pictures[] = {
    {0x2190,  0x21ff},
    {0x2600,  0x27bf},
    {0x2b00,  0x2bff},
    {0xfe0f,  0xfe0f}, /* what is before is a picture, in colours */
    {0x1f000, 0x1faff},
};
/* clang-format on */

static bool joins(uint32_t joiner, uint32_t before, uint32_t behind)
{
    bool letters = is_in(joined_letters, ARRAY_LEN(joined_letters), before) &&
                   is_in(joined_letters, ARRAY_LEN(joined_letters), behind);
    bool pictures = is_in(joined_pictures, ARRAY_LEN(joined_pictures), before) &&
                    is_in(joined_pictures, ARRAY_LEN(joined_pictures), behind);

    return (joiner == JOINER && (letters || pictures)) || (joiner == NON_JOINER && letters);
}

/* --- pieces --------------------------------------------------------------------------------- */

/* The range of a second byte, by the first: RFC 3629 4. So overlong forms, surrogates and what is
 * above U+10FFFF fail at the earliest byte. */
static bool fits_second(unsigned char first, unsigned char second)
{
    unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

    return second >= low && second <= high;
}

static struct piece cut_piece(struct slice s)
{
    unsigned char first = (unsigned char)s.p[0];
    size_t need = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    struct piece out = {first, 1, need == 1};

    if (need < 2 || first > 0xf4)
        return out;
    out.code = first & (0xffu >> (need + 1));
    for (; out.n < need && out.n < s.n; out.n++) {
        unsigned char c = (unsigned char)s.p[out.n];

        if (out.n == 1 ? !fits_second(first, c) : (c & 0xc0) != 0x80)
            return out;
        out.code = out.code << 6 | (c & 0x3f);
    }
    out.valid = out.n == need;
    return out;
}

/* How many bytes at the front need no look: printable ASCII. */
static size_t plain_run(struct slice s)
{
    size_t n = 0;

    while (n < s.n && s.p[n] >= 0x20 && s.p[n] < 0x7f)
        n++;
    return n;
}

/* The character that begins a slice; NOBODY: none that may stay. */
static uint32_t first_code(struct slice s)
{
    struct piece piece = s.n > 0 ? cut_piece(s) : (struct piece){0};

    return piece.valid && !is_unsafe(piece.code) ? piece.code : NOBODY;
}

/* Whose text it is, and whether it may have lines. */
enum kind { FOREIGN, OWN, LINES };

/* before: the character before it; behind: all that follows. */
static bool may_stay(const struct piece *piece, enum kind kind, uint32_t before,
                     struct slice behind)
{
    if (!piece->valid)
        return false;
    if (kind == LINES && (piece->code == '\n' || piece->code == '\t'))
        return true;
    return !is_unsafe(piece->code) ||
           (kind == OWN && joins(piece->code, before, first_code(behind)));
}

static void put_safe(struct buf *out, struct slice rest, enum kind kind)
{
    uint32_t before = NOBODY;

    while (rest.n) {
        size_t plain = plain_run(rest);
        struct piece piece;
        bool stays;

        if (plain > 0)
            before = NOBODY; /* ASCII, which is never joined */
        buf_put(out, slice_head(rest, plain));
        rest = slice_skip(rest, plain);
        if (rest.n == 0)
            return;
        if (kind == LINES && slice_starts(rest, SLICE("\r\n")))
            rest = slice_skip(rest, 1);
        piece = cut_piece(rest);
        stays = may_stay(&piece, kind, before, slice_skip(rest, piece.n));
        buf_put(out, stays ? slice_head(rest, piece.n) : SLICE("\xef\xbf\xbd"));
        before = first_code(rest);
        rest = slice_skip(rest, piece.n);
    }
}

void text_safe(struct buf *out, struct slice foreign)
{
    put_safe(out, foreign, FOREIGN);
}

void text_safe_own(struct buf *out, struct slice own)
{
    put_safe(out, own, OWN);
}

void text_safe_lines(struct buf *out, struct slice foreign)
{
    put_safe(out, foreign, LINES);
}

size_t text_column(struct slice line, size_t at)
{
    size_t n = 1;

    for (size_t i = 0; i < at && i < line.n; i++)
        n += ((unsigned char)line.p[i] & 0xc0) != 0x80;
    return n;
}
