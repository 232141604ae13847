#include "phone/file_replace.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/rand.h"

static int write_all(int fd, struct slice text)
{
    while (text.n > 0) {
        ssize_t n = write(fd, text.p, text.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        text = slice_skip(text, (size_t)n);
    }
    return fsync(fd) == 0 ? 0 : -errno;
}

/* So that the new name of the file survives, too. Where a file system cannot, it need not. */
static void sync_folder(const char *path)
{
    char *copy = strdup(path);
    int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(copy);
}

static bool has_changed(const char *path, const struct stat *seen)
{
    struct stat now;

    if (stat(path, &now) != 0)
        return seen->st_nlink > 0;
    return seen->st_nlink == 0 || now.st_ino != seen->st_ino || now.st_size != seen->st_size ||
           now.st_mtim.tv_sec != seen->st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != seen->st_mtim.tv_nsec;
}

/* A link takes no name that is there, so of two who make the file at once one hears of it. Some
 * file systems have none; and one that leads nowhere is no file. */
static int put_there(const char *name, const char *path, const struct stat *seen)
{
    if (has_changed(path, seen))
        return -EAGAIN;
    if (seen->st_nlink == 0 && link(name, path) == 0) {
        unlink(name);
        return 0;
    }
    if (seen->st_nlink == 0 && errno == EEXIST && has_changed(path, seen))
        return -EAGAIN;
    return rename(name, path) == 0 ? 0 : -errno;
}

int file_replace(const char *path, const struct stat *seen, struct slice text)
{
    struct buf other = buf_new(PATH_MAX);
    struct rng rng = rng_system();
    char *name, letters[9];
    int fd, err = -ENAMETOOLONG;

    rng_token(&rng, letters, sizeof letters - 1);
    buf_printf(&other, "%s.%s", path, letters);
    name = buf_take(&other);
    if (!name)
        return err;
    fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    err = fd < 0 ? -errno : 0;
    if (!err && seen->st_nlink > 0 && fchmod(fd, seen->st_mode & 0777) != 0)
        err = -errno;
    if (!err)
        err = write_all(fd, text);
    if (!err)
        err = put_there(name, path, seen);
    if (fd >= 0) {
        close(fd);
        if (err)
            unlink(name);
    }
    if (!err)
        sync_folder(path);
    free(name);
    return err;
}
