/* The file of a set-up: it is there whole or not at all, and never in place of another one. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "phone/folders.h"
#include "ui/screen/setup.h"

static int write_all(int fd, struct slice text)
{
    while (text.n > 0) {
        ssize_t n = write(fd, text.p, text.n);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            text = slice_skip(text, (size_t)n);
    }
    return fsync(fd) == 0 ? 0 : -errno;
}

/* A name beside it that nobody has. */
static int open_beside(const char *path, struct buf *name)
{
    int fd;

    buf_printf(name, "%s.new-%ld", path, (long)getpid());
    fd = open(buf_cstr(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : fd;
}

/* link(2) takes no name that is there already, as O_EXCL does. */
int setup_write_file(const char *path, struct slice text)
{
    struct buf name = buf_new(8192);
    int err = folders_make_for(path), fd = err;

    if (!err)
        fd = open_beside(path, &name);
    if (fd >= 0 && !err) {
        err = fchmod(fd, 0600) == 0 ? write_all(fd, text) : -errno;
        close(fd);
        if (!err && link(buf_cstr(&name), path) != 0)
            err = -errno;
        unlink(buf_cstr(&name));
    } else {
        err = fd;
    }
    buf_free(&name);
    return err;
}
