/* Closing whatever else is open: a process that holds a pipe keeps its reader from seeing the
 * end. */
#include "config.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net/spawner_private.h"

enum { FD_LIMIT = 65536 }; /* closed one by one where there is no better way */

static bool close_range_of_kernel(int first)
{
#ifdef SYS_close_range
    return syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0;
#else
    (void)first;
    return false;
#endif
}

/* The list changes while it is read, so it is read again until nothing of it was open. */
bool spawner_close_listed(int first)
{
    bool again = true;

    while (again) {
        DIR *list = opendir("/proc/self/fd");

        if (!list)
            return false;
        again = false;
        for (const struct dirent *at = readdir(list); at; at = readdir(list)) {
            int fd = (int)strtol(at->d_name, NULL, 10);

            if (fd >= first && fd != dirfd(list) && close(fd) == 0)
                again = true;
        }
        closedir(list);
    }
    return true;
}

/* Old kernels do not know close_range, and the filters of some containers refuse it. */
void spawner_close_from(int first)
{
    long limit = sysconf(_SC_OPEN_MAX);

    if (close_range_of_kernel(first) || spawner_close_listed(first))
        return;
    for (int fd = first; fd < (limit > 0 && limit < FD_LIMIT ? limit : FD_LIMIT); fd++)
        close(fd);
}
