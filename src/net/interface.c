/* net/interface.c - from hints to changes. */
#include "net/interface.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "net/address.h"
#include "net/interface_source.h"

/* More addresses than fit are not looked at. */
#define MAX_SNAPSHOT_BYTES 65536

/* We look for the first time when the first REGISTER or INVITE is out and may be answered: looking
 * takes longer than these. What is heard until then, and this soon after, may have happened before
 * we looked. */
#define FIRST_LOOK_MS 20
#define FIRST_HINTS_MS 100

struct net_interface_watch {
    struct net_interface_source *source;
    struct net_deadline *quiet, *sleep_look;
    uint64_t slept_ms;  /* by this machine, in all */
    uint64_t looked_ms; /* for the first time; 0: not yet */
    uint64_t first_ms;  /* when the burst began; 0: none */
    bool certain;
    struct buf known; /* the addresses when we last looked */
    void (*on_change)(void *arg);
    void *arg;
};

/* Of interfaces that are up. */
static void put_address(struct buf *b, const struct ifaddrs *at)
{
    const unsigned up = IFF_UP | IFF_RUNNING;
    struct ip ip = at->ifa_addr ? net_ip_of(at->ifa_addr) : (struct ip){0};
    char text[IP_TEXT_MAX];

    if (ip.family && (at->ifa_flags & up) == up)
        buf_printf(b, "%s %s\n", at->ifa_name, ip_text(&ip, text));
}

/* All addresses, as text. uv_interface_addresses is not for us: without memory it crashes. */
static bool look(struct buf *out)
{
    struct ifaddrs *all;

    if (getifaddrs(&all) != 0)
        return false;
    for (const struct ifaddrs *at = all; at; at = at->ifa_next)
        put_address(out, at);
    freeifaddrs(all);
    return true;
}

/* Whether the addresses differ from those that were known, or perhaps do; remembers the new
 * ones. */
static bool differs(struct net_interface_watch *watch)
{
    struct buf now = buf_new(MAX_SNAPSHOT_BYTES);
    bool same;

    if (!look(&now)) {
        buf_free(&now);
        return true;
    }
    same = slice_eq(buf_slice(&now), buf_slice(&watch->known));
    buf_free(&watch->known);
    watch->known = now;
    return !same;
}

static void on_quiet(void *arg)
{
    struct net_interface_watch *watch = arg;
    bool changed = (differs(watch) && watch->looked_ms) || watch->certain;

    if (!watch->looked_ms)
        watch->looked_ms = net_now_ms();
    watch->first_ms = 0;
    watch->certain = false;
    if (changed)
        watch->on_change(watch->arg);
}

static void on_hint(void *arg, bool certain)
{
    struct net_interface_watch *watch = arg;
    uint64_t now_ms = net_now_ms(), quiet_ms = now_ms + NET_INTERFACE_QUIET_MS;

    if (!watch->first_ms)
        watch->first_ms = now_ms;
    watch->certain |= certain || !watch->looked_ms || now_ms < watch->looked_ms + FIRST_HINTS_MS;
    if (quiet_ms > watch->first_ms + NET_INTERFACE_BURST_MS)
        quiet_ms = watch->first_ms + NET_INTERFACE_BURST_MS;
    net_deadline_set(watch->quiet, quiet_ms);
}

static uint64_t clock_ms(clockid_t clock)
{
    struct timespec t = {0};

    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* For how long the monotonic clock has stood still since the machine was started. */
static uint64_t slept_ms(void)
{
#ifdef CLOCK_BOOTTIME
    uint64_t awake_ms = clock_ms(CLOCK_MONOTONIC), all_ms = clock_ms(CLOCK_BOOTTIME);

    return all_ms > awake_ms ? all_ms - awake_ms : 0;
#else
    return 0;
#endif
}

static void on_sleep_look(void *arg)
{
    struct net_interface_watch *watch = arg;
    uint64_t before_ms = watch->slept_ms;

    watch->slept_ms = slept_ms();
    net_deadline_set(watch->sleep_look, net_now_ms() + NET_INTERFACE_SLEEP_LOOK_MS);
    if (watch->slept_ms >= before_ms + NET_INTERFACE_SLEEP_MS)
        on_hint(watch, true);
}

int net_interface_watch_new(struct net_loop *loop, void (*on_change)(void *arg), void *arg,
                            struct net_interface_watch **out)
{
    struct net_interface_watch *watch = calloc(1, sizeof *watch);
    int err;

    if (!watch)
        return -ENOMEM;
    watch->on_change = on_change;
    watch->arg = arg;
    err = net_deadline_new(loop, on_quiet, watch, &watch->quiet);
    if (!err)
        err = net_deadline_new(loop, on_sleep_look, watch, &watch->sleep_look);
    if (!err)
        err = net_interface_source_new(loop, on_hint, watch, &watch->source);
    if (err) {
        net_interface_watch_free(watch);
        return err;
    }
    net_deadline_set(watch->quiet, net_now_ms() + FIRST_LOOK_MS);
    watch->slept_ms = slept_ms();
    net_deadline_set(watch->sleep_look, net_now_ms() + NET_INTERFACE_SLEEP_LOOK_MS);
    *out = watch;
    return 0;
}

void net_interface_watch_free(struct net_interface_watch *watch)
{
    if (!watch)
        return;
    net_interface_source_free(watch->source);
    net_deadline_free(watch->quiet);
    net_deadline_free(watch->sleep_look);
    buf_free(&watch->known);
    free(watch);
}
