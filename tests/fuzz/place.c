#include "tests/fuzz/place.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[200], path[210];

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void clear(void)
{
    DIR *all = opendir(folder);
    struct dirent *one;

    while (all && (one = readdir(all)))
        unlinkat(dirfd(all), one->d_name, 0); /* which . and .. refuse */
    if (all)
        closedir(all);
}

static void leave(void)
{
    clear();
    rmdir(folder);
}

const char *fuzz_place(void)
{
    const char *base = getenv("TMPDIR");

    if (path[0])
        return path;
    snprintf(folder, sizeof folder, "%s/tphone-fuzz-XXXXXX", base ? base : "/tmp");
    must(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/file", folder);
    atexit(leave);
    return path;
}

void fuzz_place_write(const void *bytes, size_t n)
{
    int fd;

    (void)fuzz_place();
    clear();
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    must(fd >= 0 && write(fd, bytes, n) == (ssize_t)n && close(fd) == 0);
}
