/* A disk slower than what is waited for: a worker writes to a new file after six seconds. */
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t write(int fd, const void *bytes, size_t n)
{
    struct stat st;

    if (syscall(SYS_gettid) != getpid() && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
        st.st_size == 0)
        poll(NULL, 0, 6000);
    return syscall(SYS_write, fd, bytes, n);
}
