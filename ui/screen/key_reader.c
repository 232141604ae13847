#include "ui/screen/key_reader.h"

#include <unistr.h>

#include "base/mem.h"

#define IN_MAX 262144u
#define SEQUENCE_MAX 32u /* bytes; what goes on beyond is rubbish */
#define PARAMETERS_MAX 4
#define STRING_TURNS_MAX (KEY_REST_MS / KEY_ESCAPE_MS)
#define PASTE_TURNS_MAX (KEY_PASTE_MS / KEY_ESCAPE_MS)

static const struct slice paste_end = SLICE_INIT("\033[201~");

void key_reader_init(struct key_reader *reader, const struct key_sequence *own)
{
    *reader =
        (struct key_reader){.in = buf_new(IN_MAX), .paste = buf_new(KEY_PASTE_MAX), .own = own};
}

/* It may have been a password. */
static void wipe(struct buf *bytes)
{
    if (bytes->p)
        mem_wipe(bytes->p, bytes->cap);
}

void key_reader_free(struct key_reader *reader)
{
    wipe(&reader->in);
    wipe(&reader->paste);
    buf_free(&reader->in);
    buf_free(&reader->paste);
}

void key_reader_add(struct key_reader *reader, struct slice bytes)
{
    reader->turns = 0;
    buf_put(&reader->in, bytes);
    if (!buf_ok(&reader->in))
        buf_clear(&reader->in);
}

/* What was understood does not stay behind what is not. */
static void drop(struct key_reader *reader, size_t n)
{
    buf_drop(&reader->in, n);
    if (n > 0)
        mem_wipe(reader->in.p + reader->in.n, n);
}

/* What the front of the bytes is. */
enum found {
    FOUND_KEY,
    FOUND_NOTHING, /* n bytes to be passed over */
    FOUND_PART     /* more is needed */
};

/* --- sequences ------------------------------------------------------------------------------ */

/* CSI 1;5A: the last letter, or the number before "~", says which key; the second number which
 * modifiers. */
static const struct {
    char final;
    unsigned number; /* with final '~' */
    uint32_t code;
} sequences[] = {
    /* clang-format off */
    {'A', 0, KEY_UP},   {'B', 0, KEY_DOWN}, {'C', 0, KEY_RIGHT}, {'D', 0, KEY_LEFT},
    {'H', 0, KEY_HOME}, {'F', 0, KEY_END},  {'Z', 0, KEY_TAB},   {'M', 0, KEY_ENTER},
    {'P', 0, KEY_F1}, {'Q', 0, KEY_F1 + 1}, {'R', 0, KEY_F1 + 2}, {'S', 0, KEY_F1 + 3},
    {'~', 1, KEY_HOME},   {'~', 2, KEY_INSERT},  {'~', 3, KEY_DELETE},    {'~', 4, KEY_END},
    {'~', 5, KEY_PAGE_UP}, {'~', 6, KEY_PAGE_DOWN}, {'~', 7, KEY_HOME},   {'~', 8, KEY_END},
    {'~', 11, KEY_F1},     {'~', 12, KEY_F1 + 1}, {'~', 13, KEY_F1 + 2},  {'~', 14, KEY_F1 + 3},
    {'~', 15, KEY_F1 + 4}, {'~', 17, KEY_F1 + 5}, {'~', 18, KEY_F1 + 6},  {'~', 19, KEY_F1 + 7},
    {'~', 20, KEY_F1 + 8}, {'~', 21, KEY_F1 + 9}, {'~', 23, KEY_F1 + 10}, {'~', 24, KEY_F12},
    /* clang-format on */
};

static unsigned mods_of(unsigned parameter)
{
    unsigned bits = parameter > 0 ? parameter - 1 : 0;

    return (bits & 1 ? KEY_SHIFT : 0) | (bits & 2 ? KEY_ALT : 0) | (bits & 4 ? KEY_CTRL : 0);
}

static bool find_sequence(char final, const unsigned *parameters, struct key *out)
{
    for (size_t i = 0; i < ARRAY_LEN(sequences); i++) {
        if (sequences[i].final != final || (final == '~' && sequences[i].number != parameters[0]))
            continue;
        *out = (struct key){.code = sequences[i].code, .mods = mods_of(parameters[1])};
        if (final == 'Z')
            out->mods = KEY_SHIFT;
        return true;
    }
    return false;
}

/* SGR: CSI < button ; column ; row M, or m where it was let go. */
static bool read_mouse(const unsigned *parameters, char final, struct key *out)
{
    unsigned button = parameters[0];

    *out = (struct key){.code = KEY_MOUSE,
                        .row = (int)parameters[2] - 1,
                        .col = (int)parameters[1] - 1,
                        .mouse = final == 'm' ? MOUSE_RELEASE : MOUSE_PRESS};
    if (button == 64 || button == 65)
        out->mouse = button == 64 ? MOUSE_WHEEL_UP : MOUSE_WHEEL_DOWN;
    else if (button != 0)
        return false;
    return out->row >= 0 && out->col >= 0;
}

static size_t read_parameters(struct slice text, unsigned *out)
{
    size_t n = 0, i = 0;

    for (; i < text.n && ((text.p[i] >= '0' && text.p[i] <= '9') || text.p[i] == ';'); i++) {
        if (text.p[i] == ';')
            n++;
        else if (n < PARAMETERS_MAX && out[n] < 100000)
            out[n] = out[n] * 10 + (unsigned)(text.p[i] - '0');
    }
    return i;
}

static bool is_parameter(char c)
{
    return c >= 0x20 && c < 0x40;
}

static bool is_final(char c)
{
    return c >= 0x40 && c < 0x7f;
}

/* What terminals send that do not know SGR: CSI M and a byte each for button, column and row. */
static enum found read_old_mouse(struct slice in, size_t *n, struct key *out)
{
    unsigned parameters[3];

    if (in.n < 6)
        return FOUND_PART;
    *n = 6;
    for (size_t i = 0; i < 3; i++)
        parameters[i] = (unsigned char)in.p[3 + i] - 32u;
    if (parameters[0] == 3) /* let go */
        return read_mouse((unsigned[]){0, parameters[1], parameters[2]}, 'm', out) ? FOUND_KEY
                                                                                   : FOUND_NOTHING;
    return read_mouse(parameters, 'M', out) ? FOUND_KEY : FOUND_NOTHING;
}

/* Behind ESC [ . ECMA-48 5.4: parameters 0x30 to 0x3f, intermediates 0x20 to 0x2f, a final byte. */
static enum found read_csi(struct key_reader *reader, struct slice in, size_t *n, struct key *out)
{
    unsigned parameters[PARAMETERS_MAX] = {0};
    bool mouse = in.n > 2 && in.p[2] == '<';
    size_t at = 2 + (size_t)mouse, end = 2;
    char final;

    while (end < in.n && end < SEQUENCE_MAX && is_parameter(in.p[end]))
        end++;
    if (end == in.n && end < SEQUENCE_MAX)
        return FOUND_PART;
    *n = end;
    reader->skipping = end == SEQUENCE_MAX;
    if (reader->skipping)
        return FOUND_NOTHING;
    final = in.p[end];
    if (!is_final(final)) /* another key, or the beginning of another sequence, breaks it off */
        return FOUND_NOTHING;
    ++*n;
    if (final == 'M' && !mouse)
        return end == 2 ? read_old_mouse(in, n, out) : FOUND_NOTHING;
    at += read_parameters(slice_skip(slice_head(in, end), at), parameters);
    if (at != end)
        return FOUND_NOTHING;
    if (mouse)
        return (final == 'M' || final == 'm') && read_mouse(parameters, final, out) ? FOUND_KEY
                                                                                    : FOUND_NOTHING;
    if (final == '~' && parameters[0] == 200) {
        reader->pasting = true;
        buf_clear(&reader->paste);
        return FOUND_NOTHING;
    }
    return find_sequence(final, parameters, out) ? FOUND_KEY : FOUND_NOTHING;
}

static enum found read_ss3(struct slice in, size_t *n, struct key *out)
{
    static const unsigned none[PARAMETERS_MAX];

    if (in.n < 3)
        return FOUND_PART;
    *n = 3;
    return find_sequence(in.p[2], none, out) ? FOUND_KEY : FOUND_NOTHING;
}

/* --- plain keys ----------------------------------------------------------------------------- */

static enum found read_plain(struct slice in, size_t *n, struct key *out)
{
    unsigned char c = (unsigned char)in.p[0];
    ucs4_t code;
    int took;

    *n = 1;
    *out = (struct key){.code = c};
    if (c == KEY_TAB || c == KEY_ENTER || c == KEY_BACKSPACE)
        return FOUND_KEY;
    if (c == '\n')
        out->code = KEY_ENTER;
    else if (c == '\b')
        out->code = KEY_BACKSPACE;
    else if (c == 0)
        *out = (struct key){.code = ' ', .mods = KEY_CTRL};
    else if (c < ' ')
        *out = (struct key){.code = c < 27 ? c + 0x60u : c + 0x40u, .mods = KEY_CTRL};
    if (c < 0x80)
        return FOUND_KEY;
    took = u8_mbtoucr(&code, (const uint8_t *)in.p, in.n);
    if (took == -2)
        return FOUND_PART;
    *n = took > 0 ? (size_t)took : 1;
    out->code = code;
    return took > 0 ? FOUND_KEY : FOUND_NOTHING;
}

/* OSC, DCS, APC, PM and SOS (ECMA-48 5.6): a terminal tells what an earlier program has asked. */
static bool begins_string(char c)
{
    return c == ']' || c == 'P' || c == '_' || c == '^' || c == 'X';
}

/* The rest of a sequence that has begun does not come, or comes later: it is no text. */
static enum found give_up(struct key_reader *reader, struct slice in, size_t *n)
{
    *n = in.n;
    reader->skipping = true;
    return FOUND_NOTHING;
}

/* ESC and one more key at once is that key with Alt. */
static enum found read_escape(struct key_reader *reader, struct slice in, bool late, size_t *n,
                              struct key *out)
{
    enum found found = FOUND_PART;

    if (in.n > 1 && in.p[1] == '[')
        found = read_csi(reader, in, n, out);
    else if (in.n > 1 && in.p[1] == 'O')
        found = read_ss3(in, n, out);
    else if (in.n > 1 && begins_string(in.p[1]) && (in.n > 2 || !late)) {
        *n = 2;
        reader->in_string = in.n > 2;
        return reader->in_string ? FOUND_NOTHING : FOUND_PART;
    } else if (in.n > 1 && in.p[1] != '\033') {
        found = read_plain(slice_skip(in, 1), n, out);
        out->mods |= KEY_ALT;
        *n += 1;
    }
    if (in.n > 1 && in.p[1] == '\033')
        late = true; /* the first one stands alone */
    if (found != FOUND_PART || !late)
        return found;
    if (in.n > 2 && in.p[1] == '[')
        return give_up(reader, in, n);
    *n = 1;
    *out = (struct key){.code = KEY_ESCAPE};
    return FOUND_KEY;
}

/* What could still become one of them is waited for: on a Linux console F1 is ESC [ [ A. */
static enum found read_own(const struct key_sequence *own, struct slice in, size_t *n,
                           struct key *out)
{
    enum found found = FOUND_NOTHING;

    for (; own && own->bytes; own++) {
        struct slice bytes = slice_of(own->bytes);

        if (bytes.n > 1 && slice_starts(in, bytes)) {
            *n = bytes.n;
            *out = (struct key){.code = own->code};
            return FOUND_KEY;
        }
        if (bytes.n > 1 && slice_starts(bytes, in))
            found = FOUND_PART;
    }
    return found;
}

static enum found read_front(struct key_reader *reader, bool late, size_t *n, struct key *out)
{
    struct slice in = buf_slice(&reader->in);
    enum found found = read_own(reader->own, in, n, out);

    if (found == FOUND_KEY || (found == FOUND_PART && !late))
        return found;
    if (in.p[0] == '\033')
        return read_escape(reader, in, late, n, out);
    found = read_plain(in, n, out);
    return found == FOUND_PART && late ? FOUND_NOTHING : found;
}

/* --- pastes --------------------------------------------------------------------------------- */

static void end_paste(struct key_reader *reader, struct key *out)
{
    reader->pasting = false;
    *out = (struct key){.code = KEY_PASTE, .text = buf_slice(&reader->paste)};
}

/* All but what may be the beginning of the end is kept. */
static bool read_paste(struct key_reader *reader, struct key *out)
{
    struct slice in = buf_slice(&reader->in);
    size_t n = 0;

    while (n < in.n && !slice_starts(slice_skip(in, n), paste_end) &&
           !slice_starts(paste_end, slice_skip(in, n)))
        n++;
    buf_put(&reader->paste, slice_head(slice_head(in, n), KEY_PASTE_MAX - reader->paste.n));
    if (!slice_starts(slice_skip(in, n), paste_end)) {
        drop(reader, n);
        return false;
    }
    drop(reader, n + paste_end.n);
    end_paste(reader, out);
    return true;
}

/* --- what is passed over -------------------------------------------------------------------- */

/* The rest of a sequence that is longer than any, or was given up. */
static void skip(struct key_reader *reader)
{
    struct slice in = buf_slice(&reader->in);
    size_t n = 0;

    while (n < in.n && is_parameter(in.p[n]))
        n++;
    reader->skipping = n == in.n;
    drop(reader, n + (n < in.n && is_final(in.p[n])));
}

static bool ends_string(char c)
{
    return c == '\a' || c == '\033' || c == 0x18 || c == 0x1a;
}

/* Up to BEL or ST; another escape, CAN and SUB break it off. False: the end has not come. */
static bool skip_string(struct key_reader *reader)
{
    struct slice in = buf_slice(&reader->in);
    size_t n = 0;

    while (n < in.n && !ends_string(in.p[n]))
        n++;
    if (n + 1 >= in.n && (n == in.n || in.p[n] == '\033')) {
        drop(reader, n);
        return false;
    }
    reader->in_string = false;
    drop(reader, in.p[n] != '\033' ? n + 1 : in.p[n + 1] == '\\' ? n + 2 : n);
    return true;
}

static bool is_within(const struct key_reader *reader)
{
    return reader->pasting || reader->in_string || reader->skipping;
}

/* Nothing has come for a turn more. Whether that was one too many for what has begun. */
static bool is_over(struct key_reader *reader)
{
    return ++reader->turns > (reader->pasting ? PASTE_TURNS_MAX : STRING_TURNS_MAX);
}

/* A terminal that was lost in the middle of something must not swallow all that follows. */
static bool end_late(struct key_reader *reader, struct key *out)
{
    if (!is_over(reader))
        return false;
    reader->skipping = reader->in_string = false;
    drop(reader, reader->in.n);
    if (!reader->pasting)
        return false;
    end_paste(reader, out);
    return true;
}

bool key_reader_next(struct key_reader *reader, bool late, struct key *out)
{
    if (!reader->pasting && reader->paste.n > 0) {
        wipe(&reader->paste);
        buf_clear(&reader->paste);
    }
    if (late && is_within(reader) && end_late(reader, out))
        return true;
    while (reader->in.n > 0) {
        size_t n = 1;
        enum found found;

        if (reader->skipping) {
            skip(reader);
            continue;
        }
        if (reader->in_string) {
            if (!skip_string(reader))
                return false;
            continue;
        }
        if (reader->pasting)
            return read_paste(reader, out);
        found = read_front(reader, late, &n, out);
        if (found == FOUND_PART)
            return false;
        drop(reader, n);
        if (found == FOUND_KEY)
            return true;
    }
    return false;
}

bool key_reader_waits(const struct key_reader *reader)
{
    return reader->in.n > 0 || is_within(reader);
}
