#include "phone/file_read.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"

static int read_all(int fd, struct buf *text)
{
    char chunk[4096];
    ssize_t n = 0;

    while (buf_ok(text) && (n = read(fd, chunk, sizeof chunk)) > 0)
        buf_put(text, (struct slice){chunk, (size_t)n});
    mem_wipe(chunk, sizeof chunk);
    if (!buf_ok(text))
        return -EFBIG;
    return n < 0 ? -errno : 0;
}

int file_read_opened(int fd, struct stat *seen, struct buf *text)
{
    int err = 0;

    if (fstat(fd, seen) != 0)
        err = -errno;
    else if (!S_ISREG(seen->st_mode))
        err = S_ISDIR(seen->st_mode) ? -EISDIR : -EINVAL;
    else
        err = read_all(fd, text);
    close(fd);
    return err;
}

int file_read(const char *path, int flags, struct stat *seen, struct buf *text)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);

    return fd < 0 ? -errno : file_read_opened(fd, seen, text);
}
