#include "ui/screen/line_edit.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "ui/screen/width.h"

void line_init(struct line_edit *line, struct line_history *history)
{
    *line = (struct line_edit){
        .text = buf_new(LINE_BYTES_MAX), .kept = buf_new(LINE_BYTES_MAX), .history = history};
}

/* It may have been a password; also what was cut from it. */
static void wipe(struct line_edit *line)
{
    if (line->text.p)
        mem_wipe(line->text.p, line->text.cap);
}

void line_free(struct line_edit *line)
{
    buf_free(&line->text);
    buf_free(&line->kept);
}

struct slice line_text(const struct line_edit *line)
{
    return buf_slice(&line->text);
}

const char *line_cstr(struct line_edit *line)
{
    return buf_cstr(&line->text);
}

/* --- the text ------------------------------------------------------------------------------- */

static struct slice before(const struct line_edit *line)
{
    return slice_head(line_text(line), line->cursor);
}

static struct slice behind(const struct line_edit *line)
{
    return slice_skip(line_text(line), line->cursor);
}

/* Text is put in whole or not at all. */
static enum line_result insert(struct line_edit *line, struct slice text)
{
    struct buf whole = buf_new(LINE_BYTES_MAX);

    buf_room(&whole, line->text.n); /* so that no part of it stays where it grew */
    buf_room(&whole, text.n);
    whole.n = 0;
    buf_put(&whole, before(line));
    buf_put(&whole, text);
    buf_put(&whole, behind(line));
    if (!buf_ok(&whole) || text.n == 0) {
        buf_free(&whole);
        return LINE_MOVED;
    }
    wipe(line);
    buf_free(&line->text);
    line->text = whole;
    line->cursor += text.n;
    return LINE_CHANGED;
}

/* Takes out what lies between two places. */
static enum line_result cut(struct line_edit *line, size_t from, size_t to)
{
    if (from == to)
        return LINE_MOVED;
    memmove(line->text.p + from, line->text.p + to, line->text.n - to);
    line->text.n -= to - from;
    mem_wipe(line->text.p + line->text.n, to - from);
    line->cursor = from;
    return LINE_CHANGED;
}

static enum line_result paste(struct line_edit *line, struct slice foreign)
{
    struct buf safe = buf_new(3 * LINE_BYTES_MAX);
    struct slice first = slice_trim(foreign);
    enum line_result result;

    buf_room(&safe, safe.max);
    buf_clear(&safe);
    for (size_t i = 0; i < first.n; i++)
        if (first.p[i] == '\n' || first.p[i] == '\r')
            first = slice_head(first, i);
    text_safe_own(&safe, slice_trim(first));
    result = insert(line, buf_slice(&safe));
    buf_free(&safe);
    return result;
}

void line_set(struct line_edit *line, struct slice text)
{
    wipe(line);
    buf_clear(&line->text);
    buf_put(&line->text, slice_head(text, LINE_BYTES_MAX - 1));
    line->cursor = line->text.n;
    line->back = 0;
}

/* --- places --------------------------------------------------------------------------------- */

static size_t left(const struct line_edit *line)
{
    return line->cursor - width_last(before(line)).n;
}

static size_t right(const struct line_edit *line)
{
    int width;

    return line->cursor + width_next(behind(line), &width).n;
}

static size_t word_left(const struct line_edit *line)
{
    struct slice s = before(line);

    while (s.n > 0 && s.p[s.n - 1] == ' ')
        s.n--;
    while (s.n > 0 && s.p[s.n - 1] != ' ')
        s.n--;
    return s.n;
}

static size_t word_right(const struct line_edit *line)
{
    struct slice s = line_text(line);
    size_t at = line->cursor;

    while (at < s.n && s.p[at] == ' ')
        at++;
    while (at < s.n && s.p[at] != ' ')
        at++;
    return at;
}

/* --- history -------------------------------------------------------------------------------- */

static void show_history(struct line_edit *line, size_t back)
{
    const struct line_history *h = line->history;

    if (line->back == 0) {
        buf_clear(&line->kept);
        buf_put(&line->kept, line_text(line));
    }
    line_set(line, back == 0 ? buf_slice(&line->kept) : slice_of(h->lines[h->n - back]));
    line->back = back;
}

static enum line_result go_back(struct line_edit *line, bool further)
{
    size_t n = line->history ? line->history->n : 0;

    if (n == 0)
        return LINE_PASSED;
    if (further && line->back < n)
        show_history(line, line->back + 1);
    else if (!further && line->back > 0)
        show_history(line, line->back - 1);
    return LINE_CHANGED;
}

void line_remember(struct line_edit *line)
{
    struct line_history *h = line->history;
    struct slice text = slice_trim(line_text(line));
    char *copy;

    line->back = 0;
    if (!h || text.n == 0 || (h->n > 0 && slice_eq(slice_of(h->lines[h->n - 1]), text)))
        return;
    copy = slice_dup(text);
    if (!copy)
        return;
    if (h->n == LINE_HISTORY_MAX) {
        free(h->lines[0]);
        memmove(h->lines, h->lines + 1, (--h->n) * sizeof *h->lines);
    }
    h->lines[h->n++] = copy;
}

void line_history_free(struct line_history *history)
{
    while (history->n > 0)
        free(history->lines[--history->n]);
}

/* --- keys ----------------------------------------------------------------------------------- */

enum act {
    TO_LEFT = 1,
    TO_RIGHT,
    TO_BEGIN,
    TO_END,
    TO_WORD_LEFT,
    TO_WORD_RIGHT,
    CUT_LEFT,
    CUT_RIGHT,
    CUT_BEGIN,
    CUT_END,
    CUT_WORD,
    GO_BACK,
    GO_FORWARD,
    ENTER,
    LEAVE,
};

/* clang-format off */
static const struct { struct key key; enum act act; } acts[] = {
    {{.code = KEY_LEFT},                     TO_LEFT},
    {{.code = 'b', .mods = KEY_CTRL},        TO_LEFT},
    {{.code = KEY_RIGHT},                    TO_RIGHT},
    {{.code = 'f', .mods = KEY_CTRL},        TO_RIGHT},
    {{.code = KEY_HOME},                     TO_BEGIN},
    {{.code = 'a', .mods = KEY_CTRL},        TO_BEGIN},
    {{.code = KEY_END},                      TO_END},
    {{.code = 'e', .mods = KEY_CTRL},        TO_END},
    {{.code = KEY_LEFT, .mods = KEY_CTRL},   TO_WORD_LEFT},
    {{.code = 'b', .mods = KEY_ALT},         TO_WORD_LEFT},
    {{.code = KEY_RIGHT, .mods = KEY_CTRL},  TO_WORD_RIGHT},
    {{.code = 'f', .mods = KEY_ALT},         TO_WORD_RIGHT},
    {{.code = KEY_BACKSPACE},                CUT_LEFT},
    {{.code = KEY_DELETE},                   CUT_RIGHT},
    {{.code = 'd', .mods = KEY_CTRL},        CUT_RIGHT},
    {{.code = 'u', .mods = KEY_CTRL},        CUT_BEGIN},
    {{.code = 'k', .mods = KEY_CTRL},        CUT_END},
    {{.code = 'w', .mods = KEY_CTRL},        CUT_WORD},
    {{.code = KEY_BACKSPACE, .mods = KEY_ALT}, CUT_WORD},
    {{.code = KEY_UP},                       GO_BACK},
    {{.code = 'p', .mods = KEY_CTRL},        GO_BACK},
    {{.code = KEY_DOWN},                     GO_FORWARD},
    {{.code = 'n', .mods = KEY_CTRL},        GO_FORWARD},
    {{.code = KEY_ENTER},                    ENTER},
    {{.code = KEY_ESCAPE},                   LEAVE},
    {{.code = 'c', .mods = KEY_CTRL},        LEAVE},
};
/* clang-format on */

static enum line_result move(struct line_edit *line, size_t to)
{
    line->cursor = to;
    return LINE_MOVED;
}

static enum line_result carry_out(struct line_edit *line, enum act act)
{
    switch (act) {
    case TO_LEFT:
        return move(line, left(line));
    case TO_RIGHT:
        return move(line, right(line));
    case TO_BEGIN:
        return move(line, 0);
    case TO_END:
        return move(line, line->text.n);
    case TO_WORD_LEFT:
        return move(line, word_left(line));
    case TO_WORD_RIGHT:
        return move(line, word_right(line));
    case CUT_LEFT:
        return line->text.n == 0 ? LINE_LEFT : cut(line, left(line), line->cursor);
    case CUT_RIGHT:
        return cut(line, line->cursor, right(line));
    case CUT_BEGIN:
        return cut(line, 0, line->cursor);
    case CUT_END:
        return cut(line, line->cursor, line->text.n);
    case CUT_WORD:
        return cut(line, word_left(line), line->cursor);
    case GO_BACK:
    case GO_FORWARD:
        return go_back(line, act == GO_BACK);
    case ENTER:
        return LINE_ENTERED;
    case LEAVE:
        return LINE_LEFT;
    }
    return LINE_PASSED;
}

enum line_result line_key(struct line_edit *line, const struct key *key)
{
    char utf8[4];

    if (key->code == KEY_PASTE)
        return paste(line, key->text);
    if (key_is_text(key))
        return insert(line, (struct slice){utf8, key_utf8(key, utf8)});
    for (size_t i = 0; i < ARRAY_LEN(acts); i++)
        if (key_same(key, &acts[i].key))
            return carry_out(line, acts[i].act);
    return LINE_PASSED;
}

/* --- on the screen -------------------------------------------------------------------------- */

void line_draw(const struct line_edit *line, struct cells *cells, struct rect within, int row,
               int col)
{
    struct slice shown = line_text(line);
    int room = within.cols - col - 1, at = width_of(before(line)), skipped = 0, width;

    /* The cursor and what is before it count most. */
    while (at - skipped > room && shown.n > 0) {
        shown = slice_skip(shown, width_next(shown, &width).n);
        skipped += width;
    }
    cells_put(cells, within, row, col, STYLE_INPUT, shown);
    cells->cursor_row = within.row + row;
    cells->cursor_col = within.col + col + at - skipped;
}
