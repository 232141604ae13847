/* net/wake.h - one thread wakes the loop of another.
 *
 * libuv has uv_async_t for this, but lets the woken thread turn in circles until the one that wakes
 * has come back from its system call. A thread of higher priority, as that of media is, takes the
 * core from it in just that moment, and so at a thousand calls a second a sixth of all CPU went
 * into waiting for oneself. On Linux it is an eventfd here, elsewhere a uv_async_t. */
#ifndef NET_WAKE_H
#define NET_WAKE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

struct net_wake {
#ifdef __linux__
    uv_poll_t handle;
    int fd;
#else
    uv_async_t handle;
#endif
    atomic_bool due;
    void (*on_wake)(void *arg);
    void (*on_closed)(void *arg); /* or NULL */
    void *arg;
};

/* on_wake runs on the thread of loop, once at least after each net_wake_up; of several before it
 * runs it need not run again. The handle keeps the loop running, unless uv_unref says otherwise. 0
 * or what libuv or the system said. */
int net_wake_init(struct net_wake *wake, uv_loop_t *loop, void (*on_wake)(void *arg), void *arg);
/* From any thread, until net_wake_close. */
void net_wake_up(struct net_wake *wake);
/* On the loop's thread. on_closed (or NULL) comes on a later turn; then the memory is free. */
void net_wake_close(struct net_wake *wake, void (*on_closed)(void *arg));

#endif
