#include "audio/file_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/slice.h"

int audio_file_because(int err, char why[AUDIO_WHY_MAX], const char *verb, const char *path,
                       const char *what)
{
    if (why)
        snprintf(why, AUDIO_WHY_MAX, "cannot %s %s: %s", verb, path, what);
    return err;
}

static int because_errno(char why[AUDIO_WHY_MAX], const char *verb, const char *path)
{
    int err = errno;

    return audio_file_because(-err, why, verb, path, strerror(err));
}

/* O_NONBLOCK is for the opening alone, which would wait for a pipe's other end. */
int audio_file_open(const char *path, int flags, const char *verb, int *out,
                    char why[AUDIO_WHY_MAX])
{
    struct stat st;
    int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);

    if (fd < 0 && errno == ELOOP)
        return audio_file_because(-ELOOP, why, verb, path, "it is a symbolic link");
    if (fd < 0)
        return because_errno(why, verb, path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return audio_file_because(-EINVAL, why, verb, path, "it is not a regular file");
    }
    *out = fd;
    return 0;
}

bool audio_file_ends_in(const char *path, const char *ending)
{
    size_t n = strlen(path), m = strlen(ending);

    return n > m && slice_ieq((struct slice){path + n - m, m}, slice_of(ending));
}
