/* The helper's side of what a phone asks. Nothing here trusts who asks. */
#include "phone/helper_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audio/file.h"
#include "phone/contacts_edit.h"
#include "phone/folders.h"
#include "phone/sound_kind.h"

#define RAW ".raw"

static int refuse(int err, const char *because, struct buf *text)
{
    buf_puts(text, because);
    return err;
}

static int refuse_errno(struct buf *text)
{
    int err = errno;

    return refuse(-err, strerror(err), text);
}

static bool is_raw(const char *path)
{
    size_t n = strlen(path);

    return n > strlen(RAW) && slice_ieq(slice_of(path + n - strlen(RAW)), SLICE(RAW));
}

/* 1: nothing is in it. */
static int look_at_beginning(int fd, struct buf *text)
{
    char bytes[SOUND_KIND_BYTES];
    ssize_t n = pread(fd, bytes, sizeof bytes, 0);

    if (n < 0)
        return refuse_errno(text);
    if (n == 0)
        return 1;
    return sound_kind_known((struct slice){bytes, (size_t)n}) ? 0 : -EBADMSG;
}

/* O_NONBLOCK is for the opening alone, which would wait for a pipe's other end. */
static int open_file(int folder, const char *name, int flags, int *fd, struct buf *text)
{
    struct stat st;

    *fd = openat(folder, name, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0)
        return errno == ELOOP ? refuse(-ELOOP, "it is a symbolic link", text) : refuse_errno(text);
    if (fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode))
        return refuse(-EINVAL, "it is not a regular file", text);
    return 0;
}

static int open_to_play(const char *path, int *fd, struct buf *text)
{
    bool raw = is_raw(path);
    int err = open_file(AT_FDCWD, path, O_RDONLY | (raw ? O_NOFOLLOW : 0), fd, text);

    if (!err && !raw)
        err = look_at_beginning(*fd, text);
    if ((err == -EBADMSG || err > 0) && text->n == 0)
        err = refuse(-EBADMSG, "not a sound file of a kind that the sandbox lets through", text);
    return err;
}

/* Where a person has named one at the start, further ones may be made. */
static bool may_make(const struct helper_side *side, int folder)
{
    char *real = folders_of(folder);
    bool may = !folders_is_hidden(real) ||
               (real && side->recordings && strcmp(real, side->recordings) == 0);

    free(real);
    return may;
}

static int take_recording(int folder, const char *name, int *fd, struct buf *text)
{
    int err = open_file(folder, name, O_RDWR | O_NOFOLLOW, fd, text);

    if (!err)
        err = look_at_beginning(*fd, text);
    if (err == -EBADMSG && text->n == 0)
        err = refuse(-EEXIST, "it exists and is not a sound file", text);
    return err > 0 ? 0 : err;
}

static int record_in(const struct helper_side *side, int folder, const char *name, int *fd,
                     struct buf *text)
{
    static const int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY;

    if (may_make(side, folder)) {
        *fd = openat(folder, name, flags, 0600);
        if (*fd >= 0)
            return 0;
        if (errno != EEXIST)
            return refuse_errno(text);
    } else if (faccessat(folder, name, F_OK, 0) != 0) {
        return refuse(-EACCES, "no new file is made in a hidden folder", text);
    }
    return take_recording(folder, name, fd, text);
}

static int open_to_record(const struct helper_side *side, const char *path, int *fd,
                          struct buf *text)
{
    char why[AUDIO_WHY_MAX];
    const char *name;
    int folder, err;

    if (audio_writer_check_name(path, why) != 0)
        return refuse(-EINVAL, "its name ends like none of a recording", text);
    folder = folders_open(path, &name);
    if (folder < 0)
        return refuse(folder, strerror(-folder), text);
    err = record_in(side, folder, name, fd, text);
    close(folder);
    return err;
}

/* --- contacts ------------------------------------------------------------------------------- */

/* Who asks may be able to write where the file lies, so neither follows a link put there. */
static int edit(const char *real, char *asked, size_t n, struct buf *text)
{
    struct contacts_edit edit;

    return real && helper_take_edit(asked, n, &edit) ? contacts_edit_no_link(real, &edit, text)
                                                     : -EINVAL;
}

static int read_contacts(const struct helper_side *side, const char *asked, int *fd,
                         struct buf *text)
{
    if (!side->contacts || strcmp(side->contacts, asked) != 0)
        return -EACCES;
    return open_file(AT_FDCWD, side->real, O_RDONLY | O_NOFOLLOW, fd, text);
}

int helper_answer(const void *arg, unsigned what, struct slice asked, int *fd, struct buf *text)
{
    const struct helper_side *side = arg;
    char *copy = slice_dup(asked);
    int err = -EINVAL;

    if (!copy)
        return -ENOMEM;
    switch (what) {
    case HELPER_PLAY:
        err = open_to_play(copy, fd, text);
        break;
    case HELPER_RECORD:
        err = open_to_record(side, copy, fd, text);
        break;
    case HELPER_READ_CONTACTS:
        err = read_contacts(side, copy, fd, text);
        break;
    case HELPER_EDIT_CONTACTS:
        err = edit(side->real, copy, asked.n, text);
        break;
    }
    if (err && *fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    free(copy);
    return err;
}
