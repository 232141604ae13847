#include "phone/config_keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "phone/config.h"
#include "phone/file_read.h"
#include "phone/file_replace.h"
#include "phone/folders.h"

#define FILE_BYTES_MAX (1u << 20)
#define TRIES 4 /* where others write to it at the same time */

/* --- the text ------------------------------------------------------------------------------- */

static struct slice next_line(struct slice *text)
{
    ptrdiff_t end = slice_index(*text, '\n');
    struct slice line = slice_head(*text, end < 0 ? text->n : (size_t)end + 1);

    *text = slice_skip(*text, line.n);
    return line;
}

static struct slice bare(struct slice line)
{
    if (slice_starts(line, SLICE("\xef\xbb\xbf")))
        line = slice_skip(line, 3);
    return slice_trim(line);
}

static bool begins_account(struct slice line)
{
    return slice_starts(bare(line), SLICE("["));
}

/* "" where it is no setting; that of a comment behind its sign. */
static struct slice name_of(struct slice line, bool comment)
{
    struct slice rest = bare(line);

    if (slice_starts(rest, SLICE("#")) || slice_starts(rest, SLICE(";"))) {
        if (!comment)
            return SLICE("");
        rest = slice_skip(rest, 1);
    } else if (comment) {
        return SLICE("");
    }
    return slice_index(rest, '=') < 0 ? SLICE("") : slice_trim(slice_cut(&rest, '='));
}

static void put_lines(const struct config_kept *kept, struct buf *out)
{
    for (size_t i = 0; i < kept->n; i++)
        buf_printf(out, "%s = %s\n", kept->name, kept->values[i]);
}

/* The head of the file, before its accounts. */
static struct slice head_of(struct slice text)
{
    struct slice rest = text;

    while (rest.n > 0) {
        struct slice before = rest;

        if (begins_account(next_line(&rest)))
            return slice_head(text, text.n - before.n);
    }
    return text;
}

/* How many lines of the head are the setting, or, commented out, show it. */
static size_t count(struct slice head, const char *name, bool comment)
{
    size_t n = 0;

    while (head.n > 0)
        n += slice_ieq(name_of(next_line(&head), comment), slice_of(name));
    return n;
}

/* Where the first of its lines is, else behind the last comment that shows it, else before all. */
static void change(struct slice text, const struct config_kept *kept, struct buf *out)
{
    struct slice head = head_of(text), rest = head;
    bool said = count(head, kept->name, false) > 0, done = false;
    size_t shown = said ? 0 : count(head, kept->name, true);

    if (!said && shown == 0) {
        put_lines(kept, out);
        done = true;
    }
    while (rest.n > 0) {
        struct slice line = next_line(&rest);
        bool ours = slice_ieq(name_of(line, !said), slice_of(kept->name));

        if (!said || !ours)
            buf_put(out, line);
        if (!said && ours && line.p[line.n - 1] != '\n')
            buf_putc(out, '\n');
        if (!done && ours && (said || --shown == 0)) {
            put_lines(kept, out);
            done = true;
        }
    }
    buf_put(out, slice_skip(text, head.n));
}

/* --- the file ------------------------------------------------------------------------------- */

static int check(struct slice text, const char *path, struct buf *why)
{
    struct phone_config config;
    int err;

    config_init(&config);
    err = config_read_text(&config, text, path, why);
    config_free(&config);
    return err;
}

static void swap(struct buf *a, struct buf *b)
{
    struct buf was = *a;

    *a = *b;
    *b = was;
}

/* There may be passwords in what was read: the two buffers never move, and are wiped. */
static int keep_once(const char *path, const struct config_kept *kept, size_t n, struct buf *text,
                     struct buf *out, struct buf *why)
{
    struct stat seen = {0};
    char *before;
    int err;

    buf_clear(text);
    err = file_read(path, 0, &seen, text);
    if (err == -ENOENT)
        err = folders_make_for(path);
    if (err)
        return err;
    before = slice_dup(buf_slice(text));
    for (size_t i = 0; i < n; i++) {
        buf_clear(out);
        change(buf_slice(text), &kept[i], out);
        swap(text, out);
    }
    if (!before || !buf_ok(text))
        err = -EFBIG;
    else if (!slice_eq(buf_slice(text), slice_of(before)))
        err = check(buf_slice(text), path, why);
    if (!err && !slice_eq(buf_slice(text), slice_of(before)))
        err = file_replace(path, &seen, buf_slice(text));
    if (before)
        mem_wipe(before, strlen(before));
    free(before);
    return err;
}

int config_keep(const char *path, const struct config_kept *kept, size_t n, struct buf *why)
{
    struct buf text = buf_new(FILE_BYTES_MAX), out = buf_new(FILE_BYTES_MAX);
    char *real = realpath(path, NULL);
    int err = -EAGAIN;

    buf_room(&text, text.max);
    buf_room(&out, out.max);
    buf_clear(&text);
    buf_clear(&out);
    for (unsigned i = 0; err == -EAGAIN && i < TRIES; i++)
        err = keep_once(real ? real : path, kept, n, &text, &out, why);
    if (err && why->n == 0) {
        text_safe(why, slice_of(path));
        buf_printf(why, ": cannot be written: %s", strerror(-err));
    }
    buf_free(&text);
    buf_free(&out);
    free(real);
    return err;
}
