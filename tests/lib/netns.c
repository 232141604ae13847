#include "config.h" /* _GNU_SOURCE, for unshare */

#include "tests/lib/netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/rows.h"

static void interface_ioctl(unsigned long what, struct ifreq *request)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(ioctl(fd, what, request), 0);
    close(fd);
}

static void set_up(const char *name, bool up)
{
    struct ifreq request = {0};

    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    request.ifr_flags = up ? IFF_UP : 0;
    interface_ioctl(SIOCSIFFLAGS, &request);
}

void netns_enter(void)
{
    if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
        fail_msg("no network namespace can be made here: %s", strerror(errno));
    set_up("lo", true);
}

void netns_address(const char *label, const char *address)
{
    struct ifreq request = {0};
    struct sockaddr_in *at = (struct sockaddr_in *)(void *)&request.ifr_addr;

    snprintf(request.ifr_name, sizeof request.ifr_name, "lo:%s", label);
    if (!address) {
        set_up(request.ifr_name, false);
        return;
    }
    at->sin_family = AF_INET;
    assert_int_equal(inet_pton(AF_INET, address, &at->sin_addr), 1);
    interface_ioctl(SIOCSIFADDR, &request);
}

void netns_address_6(const char *address)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6};
    struct in6_ifreq request = {.ifr6_prefixlen = 128, .ifr6_ifindex = (int)if_nametoindex("lo")};
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(inet_pton(AF_INET6, address, &request.ifr6_addr), 1);
    assert_int_equal(ioctl(fd, SIOCSIFADDR, &request), 0);
    at.sin6_addr = request.ifr6_addr;
    /* The kernel lets it be used a moment later. */
    for (unsigned i = 0; bind(fd, (struct sockaddr *)&at, sizeof at) != 0; i++) {
        assert_true(errno == EADDRNOTAVAIL && i < 1000);
        usleep(1000);
    }
    close(fd);
}

void netns_route(const char *network)
{
    struct rtentry route = {.rt_flags = RTF_UP, .rt_dev = (char[]){"lo"}};
    struct sockaddr_in *to = (struct sockaddr_in *)(void *)&route.rt_dst;
    struct sockaddr_in *mask = (struct sockaddr_in *)(void *)&route.rt_genmask;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    to->sin_family = mask->sin_family = AF_INET;
    mask->sin_addr.s_addr = htonl(0xffffff00);
    assert_int_equal(inet_pton(AF_INET, network, &to->sin_addr), 1);
    assert_int_equal(ioctl(fd, SIOCADDRT, &route), 0);
    close(fd);
}
