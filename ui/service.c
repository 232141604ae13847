#include "ui/service.h"

#include <fcntl.h>
#include <stdlib.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/slice.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */
#define FDS_MAX 256

/* The number in a variable, 0 where there is none. */
static uint64_t number_in(const char *variable, uint64_t max)
{
    uint64_t n = 0;

    if (slice_number(slice_of(getenv(variable)), max, &n) != 0)
        return 0;
    return n;
}

int service_take_socket(void)
{
    bool is_for_us = number_in("LISTEN_PID", INT32_MAX) == (uint64_t)getpid();
    int n = is_for_us ? (int)number_in("LISTEN_FDS", FDS_MAX) : 0;

    for (int fd = FIRST_FD; fd < FIRST_FD + n; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    return n > 0 ? FIRST_FD : -1;
}

/* A name with @ in front is abstract: a NUL there, and none behind. */
static bool address_of(const char *name, struct sockaddr_un *out, socklen_t *n)
{
    size_t bytes = strlen(name);

    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if ((name[0] != '/' && name[0] != '@') || bytes < 2 || bytes >= sizeof out->sun_path)
        return false;
    memcpy(out->sun_path, name, bytes);
    if (name[0] == '@')
        out->sun_path[0] = '\0';
    *n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes + (name[0] == '/'));
    return true;
}

void service_tell(const char *lines)
{
    const char *name = getenv("NOTIFY_SOCKET");
    struct sockaddr_un at;
    socklen_t n;
    int fd;

    if (!name || !address_of(name, &at, &n))
        return;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    /* Who is not listening gets nothing. */
    (void)!sendto(fd, lines, strlen(lines), MSG_DONTWAIT | MSG_NOSIGNAL,
                  (const struct sockaddr *)&at, n);
    close(fd);
}
