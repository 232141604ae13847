#include "config.h" /* _GNU_SOURCE, for unshare */

#include "tests/lib/ipv6.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_there(void)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    bool bound = fd >= 0 && !bind(fd, (struct sockaddr *)&at, sizeof at);

    if (fd >= 0)
        close(fd);
    return bound;
}

#ifdef __linux__
/* As root a network is enough; others become root of their own first. Its lo is down at first. */
static bool move(void)
{
    struct ifreq lo = {.ifr_flags = IFF_UP};
    int fd;
    bool up;

    if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
        return false;
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    memcpy(lo.ifr_name, "lo", sizeof "lo");
    up = fd >= 0 && !ioctl(fd, SIOCSIFFLAGS, &lo);
    if (fd >= 0)
        close(fd);
    return up;
}
#else
static bool move(void)
{
    return false;
}
#endif

void ipv6_needed(void)
{
    if (is_there() || (move() && is_there()))
        return;
    printf("Bail out! this machine has no ::1 and lets nobody make a network namespace\n");
    exit(1);
}
