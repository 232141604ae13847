/* Reads the file of contacts, on whatever thread: its disk may hang. */
#include <errno.h>
#include <unistd.h>

#include "phone/contacts_private.h"
#include "phone/file_read.h"
#include "phone/helper.h"

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_nlink > 0 && b->st_nlink > 0 && a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool contacts_is_missing(int err)
{
    return err == -ENOENT || err == -ENOTDIR;
}

/* The helper opens what the name led to when it began. If that is not what it leads to now, a link
 * was turned, and who was taken off the list must not stay on it without a word. */
static int read_by_helper(struct contacts_fetch *f)
{
    struct stat opened;
    int fd, err = helper_open_contacts(f->helper, f->path, &fd, &f->said);

    if (!err)
        err = file_read_opened(fd, &opened, &f->text);
    if (err && !contacts_is_missing(err))
        return err;
    if (stat(f->path, &f->now) != 0)
        return -errno;
    if (!err && f->now.st_dev == opened.st_dev && f->now.st_ino == opened.st_ino) {
        f->now = opened;
        return 0;
    }
    buf_clear(&f->said);
    buf_puts(&f->said, "it leads to another file than when the phone began, which the sandbox "
                       "leaves closed: start it again");
    return -ESTALE;
}

static int read_file(struct contacts_fetch *f)
{
    int err = file_read(f->path, 0, &f->now, &f->text);

    return err == -EACCES && f->helper ? read_by_helper(f) : err;
}

void contacts_fetch_run(struct contacts_fetch *f)
{
    f->err = stat(f->path, &f->now) == 0 ? 0 : -errno;
    if (!f->err && same_file(&f->now, &f->seen))
        return;
    if (contacts_is_missing(f->err) && f->known_missing)
        return; /* there is still none */
    f->changed = true;
    if (!f->err)
        f->err = read_file(f);
}
