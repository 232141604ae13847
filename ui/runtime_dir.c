/* For O_PATH. */
#define _GNU_SOURCE 1
#include "ui/runtime_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "net/unix.h"

#define OTHERS_MAY_WRITE (S_IWGRP | S_IWOTH)
#define OTHERS_MAY_ANYTHING (S_IRWXG | S_IRWXO)

static int refuse(const char *folder, const char *sentence, struct buf *why)
{
    text_safe(why, slice_of(folder));
    buf_printf(why, ": %s", sentence);
    return -EPERM;
}

/* follow: O_NOFOLLOW, or 0 where a link to a folder is as good as one. */
static int look_at(const char *path, int follow, struct stat *out)
{
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC | follow);
    int err = fd < 0 || fstat(fd, out) != 0 ? -errno : 0;

    if (fd >= 0)
        close(fd);
    return err;
}

static int tell_failure(const char *path, int err, struct buf *why)
{
    if (err == -ELOOP || err == -ENOTDIR)
        return refuse(path, "not a folder of its own, so no socket of ours goes there", why);
    text_safe(why, slice_of(path));
    buf_printf(why, ": %s", strerror(-err));
    return err;
}

/* The folder above: nobody else may be able to put another one in place of ours. */
static int check_above(const char *path, struct buf *why)
{
    struct stat there;
    int err = look_at(path, 0, &there);

    if (err)
        return tell_failure(path, err, why);
    if (there.st_uid != geteuid() && there.st_uid != 0)
        return refuse(path, "belongs to another user, so no socket of ours goes there", why);
    if ((there.st_mode & OTHERS_MAY_WRITE) && !(there.st_mode & S_ISVTX))
        return refuse(path, "others may write there, so no socket of ours goes there", why);
    return 0;
}

static int check_ours(const char *path, struct buf *why)
{
    struct stat there;
    int err = look_at(path, O_NOFOLLOW, &there);

    if (err == -ENOENT)
        return err;
    if (err)
        return tell_failure(path, err, why);
    if (there.st_uid != geteuid())
        return refuse(path, "belongs to another user, so nothing in it is believed", why);
    if (there.st_mode & OTHERS_MAY_ANYTHING)
        return refuse(path, "others may enter it, so nothing in it is believed; chmod 700 helps",
                      why);
    return 0;
}

/* Appends the folder, and returns the one that it lies in; NULL: /tmp. */
static const char *put_folder(struct buf *out)
{
    const char *run = getenv("XDG_RUNTIME_DIR");

    if (run && run[0] == '/') {
        buf_printf(out, "%s/tphone", run);
        return run;
    }
    buf_printf(out, "/tmp/tphone-%lu", (unsigned long)geteuid());
    return "/tmp";
}

/* The folder above is only made by who makes the session of a person, which may be nobody. */
static int find_folder(bool make, struct buf *out, struct buf *why)
{
    const char *above = put_folder(out);
    struct stat there;
    int err;

    if (!buf_ok(out))
        return -ENAMETOOLONG;
    if (!make && look_at(above, 0, &there) == -ENOENT)
        return -ENOENT;
    err = check_above(above, why);
    if (!err && make && mkdir(buf_cstr(out), S_IRWXU) != 0 && errno != EEXIST)
        err = tell_failure(buf_cstr(out), -errno, why);
    return err ? err : check_ours(buf_cstr(out), why);
}

int runtime_dir_socket(const char *said, bool make, struct buf *out, struct buf *why)
{
    struct buf path = buf_new(4096);
    int err = 0;

    if (said)
        buf_puts(&path, said);
    else
        err = find_folder(make, &path, why);
    if (!said)
        buf_puts(&path, "/control");
    if (!err && (path.n > NET_UNIX_PATH_MAX || !buf_ok(&path))) {
        text_safe(why, buf_slice(&path));
        buf_printf(why,
                   ": longer than the %d bytes that the path of a socket may have; --socket "
                   "names a shorter one",
                   NET_UNIX_PATH_MAX);
        err = -ENAMETOOLONG;
    }
    if (!err)
        buf_put(out, buf_slice(&path));
    buf_free(&path);
    return err;
}
