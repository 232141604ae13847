#include "ui/screen/plain_line.h"

#include "base/text.h"
#include "ui/screen/width.h"

void plain_line_init(struct plain_line *l)
{
    *l = (struct plain_line){0};
    key_reader_init(&l->keys, NULL);
    line_init(&l->line, &l->history);
}

void plain_line_free(struct plain_line *l)
{
    plain_line_drop(l);
    key_reader_free(&l->keys);
    line_free(&l->line);
    line_history_free(&l->history);
}

void plain_line_add(struct plain_line *l, struct slice bytes)
{
    key_reader_add(&l->keys, bytes);
}

struct slice plain_line_text(const struct plain_line *l)
{
    return line_text(&l->line);
}

/* --- what is shown -------------------------------------------------------------------------- */

void plain_line_leave(struct plain_line *l, struct buf *echo)
{
    if (l->prompted)
        buf_putc(echo, '\n');
    l->prompted = false;
}

void plain_line_show(struct plain_line *l, struct buf *echo)
{
    if (l->hidden)
        return;
    buf_puts(echo, PLAIN_PROMPT);
    text_safe_own(echo, line_text(&l->line));
    l->prompted = true;
}

/* Each cluster that was taken from the end takes its columns away. */
static void put_erased(struct slice gone, struct buf *echo)
{
    int width = width_of(gone);

    for (int i = 0; i < width; i++)
        buf_puts(echo, "\b \b");
}

static void put_change(struct plain_line *l, struct slice before, struct buf *echo)
{
    struct slice now = line_text(&l->line);

    if (l->hidden || slice_eq(before, now))
        return;
    l->prompted = true;
    if (slice_starts(now, before)) {
        text_safe(echo, slice_skip(now, before.n));
    } else if (slice_starts(before, now)) {
        put_erased(slice_skip(before, now.n), echo);
    } else {
        plain_line_leave(l, echo);
        plain_line_show(l, echo);
    }
}

/* --- keys ----------------------------------------------------------------------------------- */

static bool is_ctrl(const struct key *key, char letter)
{
    return key->code == (uint32_t)letter && key->mods == KEY_CTRL;
}

/* All that keeps the cursor at the end. */
static bool is_for_line(const struct key *key, bool hidden)
{
    bool back =
        key->code == KEY_UP || key->code == KEY_DOWN || is_ctrl(key, 'p') || is_ctrl(key, 'n');

    return key_is_text(key) || key->code == KEY_PASTE || key->code == KEY_BACKSPACE ||
           is_ctrl(key, 'h') || is_ctrl(key, 'u') || is_ctrl(key, 'w') || (back && !hidden);
}

static void edit(struct plain_line *l, const struct key *key, struct buf *echo)
{
    struct buf before = buf_new(LINE_BYTES_MAX);

    buf_put(&before, line_text(&l->line));
    line_key(&l->line, is_ctrl(key, 'h') ? &(struct key){.code = KEY_BACKSPACE} : key);
    put_change(l, buf_slice(&before), echo);
    buf_free(&before);
}

enum plain_line_result plain_line_next(struct plain_line *l, bool late, struct buf *echo)
{
    struct key key;

    if (!key_reader_next(&l->keys, late, &key))
        return PLAIN_LINE_NONE;
    if (key.code == KEY_ENTER) {
        buf_putc(echo, '\n');
        l->prompted = false;
        return PLAIN_LINE_ENTERED;
    }
    if (key.code == KEY_TAB && !l->hidden)
        return PLAIN_LINE_COMPLETE;
    if (is_ctrl(&key, 'd') && line_text(&l->line).n == 0)
        return PLAIN_LINE_END;
    if (is_ctrl(&key, 'l') || is_ctrl(&key, 'r')) {
        plain_line_leave(l, echo);
        plain_line_show(l, echo);
    } else if (is_for_line(&key, l->hidden)) {
        edit(l, &key, echo);
    }
    return PLAIN_LINE_TYPED;
}

/* --- the text ------------------------------------------------------------------------------- */

void plain_line_take(struct plain_line *l, struct buf *out)
{
    buf_put(out, line_text(&l->line));
    if (!l->hidden)
        line_remember(&l->line);
    plain_line_drop(l);
}

void plain_line_drop(struct plain_line *l)
{
    line_set(&l->line, SLICE(""));
}

void plain_line_set(struct plain_line *l, struct slice text, struct buf *echo)
{
    struct buf before = buf_new(LINE_BYTES_MAX);

    buf_put(&before, line_text(&l->line));
    line_set(&l->line, text);
    put_change(l, buf_slice(&before), echo);
    buf_free(&before);
}
