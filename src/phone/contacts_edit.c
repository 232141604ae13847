#include "phone/contacts_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "phone/contacts.h"
#include "phone/file_read.h"
#include "phone/file_replace.h"
#include "phone/folders.h"

#define TRIES 4 /* where others write to it at the same time */

/* --- the text ------------------------------------------------------------------------------- */

/* A line of the file, with its end; name and value lie in it. */
struct line {
    struct slice whole, name, value;
};

static struct line next_line(struct slice *text)
{
    ptrdiff_t end = slice_index(*text, '\n');
    struct line line = {.whole = slice_head(*text, end < 0 ? text->n : (size_t)end + 1)};
    struct slice rest = line.whole;

    *text = slice_skip(*text, line.whole.n);
    if (slice_starts(rest, SLICE("\xef\xbb\xbf")))
        rest = slice_skip(rest, 3);
    rest = slice_trim(rest);
    if (rest.n == 0 || rest.p[0] == '#' || rest.p[0] == ';')
        return line;
    line.name = slice_trim(slice_cut(&rest, '='));
    line.value = slice_trim(rest);
    return line;
}

/* From one place of the line to another. */
static struct slice between(const char *from, const char *to)
{
    return (struct slice){from, (size_t)(to - from)};
}

/* Blanks around name and value stay. */
static void put_changed(struct buf *out, const struct line *line, const struct contacts_edit *edit)
{
    struct slice name = edit->rename ? slice_trim(slice_of(edit->rename)) : line->name;
    struct slice value = edit->address ? slice_trim(slice_of(edit->address)) : line->value;
    const char *name_end = line->name.p + line->name.n, *value_end = line->value.p + line->value.n;

    buf_put(out, between(line->whole.p, line->name.p));
    buf_put(out, name);
    buf_put(out, between(name_end, line->value.p));
    buf_put(out, value);
    buf_put(out, between(value_end, line->whole.p + line->whole.n));
}

static void put_new(struct buf *out, const struct contacts_edit *edit)
{
    struct slice name = slice_trim(slice_of(edit->name));
    struct slice address = slice_trim(slice_of(edit->address));

    if (out->n > 0 && out->p[out->n - 1] != '\n')
        buf_putc(out, '\n');
    buf_put(out, name);
    buf_puts(out, " = ");
    buf_put(out, address);
    buf_putc(out, '\n');
}

static int refuse(struct buf *why, int err, const char *sentence)
{
    buf_puts(why, sentence);
    return err;
}

/* As they are shown: whoever says what an address was has seen it, and not its bytes. */
static bool is_shown_as(struct slice value, const char *was)
{
    struct buf a = buf_new(CONTACTS_FILE_BYTES_MAX), b = buf_new(CONTACTS_FILE_BYTES_MAX);
    bool same;

    text_safe(&a, value);
    text_safe(&b, slice_trim(slice_of(was)));
    same = slice_eq(buf_slice(&a), buf_slice(&b));
    buf_free(&a);
    buf_free(&b);
    return same;
}

/* Whether the file is still as who edits it believes. */
static int check_before(const struct contacts *contacts, const struct contacts_edit *edit,
                        struct buf *why)
{
    const char *renamed = edit->remove ? NULL : edit->rename;
    const char *address = contacts_address(contacts, slice_of(edit->name));

    if (!address && (edit->remove || renamed || edit->was || !edit->address))
        return refuse(why, -ENOENT, "there is no contact of that name");
    if ((address && edit->fresh && !edit->remove) ||
        (renamed && !contacts_same_name(slice_of(renamed), slice_of(edit->name)) &&
         contacts_address(contacts, slice_of(renamed))))
        return refuse(why, -EEXIST, "there is a contact of that name already");
    if (!address || !edit->was || is_shown_as(slice_of(address), edit->was))
        return 0;
    buf_printf(why, "somebody else has changed it: its address is now %s", address);
    return -ESTALE;
}

/* A line that counts hides those of its name behind it, and what is removed is not to come back
 * with the address of one of them. */
static bool goes_with(const struct line *line, const struct contacts_edit *edit)
{
    return edit->remove && contacts_same_name(line->name, slice_of(edit->name));
}

/* contacts: what is read in text, of which wrong lines are not the business of an edit. */
static int change(struct slice text, const struct contacts *contacts,
                  const struct contacts_edit *edit, struct buf *out, struct buf *why)
{
    size_t at = contacts_line(contacts, slice_of(edit->name)), n = 0;
    int err = check_before(contacts, edit, why);

    if (err)
        return err;
    while (text.n > 0) {
        struct line line = next_line(&text);

        if (++n == at && !edit->remove)
            put_changed(out, &line, edit);
        else if (n < at || !goes_with(&line, edit))
            buf_put(out, line.whole);
    }
    if (at == 0)
        put_new(out, edit);
    return buf_ok(out) ? 0 : refuse(why, -EFBIG, "the file of contacts would become too long");
}

static int change_text(const char *path, struct slice text, const struct contacts_edit *edit,
                       struct buf *out, struct buf *why)
{
    struct buf faults = buf_new(4096); /* of others, which are told where the file is read */
    struct contacts *contacts;
    int err = contacts_new(path, &contacts);

    if (err)
        return err;
    err = contacts_read_text(contacts, text, path, &faults);
    if (!err || err == -EBADMSG)
        err = change(text, contacts, edit, out, why);
    contacts_free(contacts);
    buf_free(&faults);
    return err;
}

static int check(const struct contacts_edit *edit, struct buf *why)
{
    int err = edit->remove ? 0 : contacts_check(edit->name, edit->address, why);

    return err || !edit->rename || edit->remove ? err : contacts_check(edit->rename, NULL, why);
}

/* --- the file ------------------------------------------------------------------------------- */

/* flags: of file_read. */
static int edit_once(const char *path, int flags, const struct contacts_edit *edit, struct buf *why)
{
    struct buf text = buf_new(CONTACTS_FILE_BYTES_MAX), out = buf_new(CONTACTS_FILE_BYTES_MAX);
    struct stat seen = {0};
    int err = file_read(path, flags, &seen, &text);

    if (err == -ENOENT)
        err = folders_make_for(path);
    if (!err)
        err = change_text(path, buf_slice(&text), edit, &out, why);
    if (!err)
        err = file_replace(path, &seen, buf_slice(&out));
    buf_free(&text);
    buf_free(&out);
    return err;
}

static int edit_file(const char *path, int flags, const struct contacts_edit *edit, struct buf *why)
{
    int err = check(edit, why);

    if (!err)
        err = -EAGAIN;
    for (unsigned i = 0; err == -EAGAIN && i < TRIES; i++)
        err = edit_once(path, flags, edit, why);
    if (err && why->n == 0) {
        buf_printf(why, "%s: cannot be written: %s", path, strerror(-err));
        err = err == -ENOMEM ? err : -EIO;
    }
    return err;
}

int contacts_edit(const char *path, const struct contacts_edit *edit, struct buf *why)
{
    char *real = realpath(path, NULL);
    int err = edit_file(real ? real : path, 0, edit, why);

    free(real);
    return err;
}

int contacts_edit_no_link(const char *path, const struct contacts_edit *edit, struct buf *why)
{
    return edit_file(path, O_NOFOLLOW, edit, why);
}
