/* Preloaded into a program by tests/faults/test_faults.py: who writes to the file of
 * TPHONE_TEST_DISK, which is there when the program starts, waits for as long as its owner may
 * execute it. */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static struct stat hanging;
static ssize_t (*real_write)(int fd, const void *bytes, size_t n);

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("TPHONE_TEST_DISK");

    real_write = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    if (!path || stat(path, &hanging) != 0)
        hanging.st_ino = 0;
}

static int hangs(int fd)
{
    struct stat st;

    return hanging.st_ino && fstat(fd, &st) == 0 && st.st_dev == hanging.st_dev &&
           st.st_ino == hanging.st_ino && (st.st_mode & S_IXUSR);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    while (hangs(fd))
        usleep(5000);
    return real_write(fd, bytes, n);
}
