/* base/thread.h - a thread that does for others what may block, a disk above all, and the ways to
 * wait for it no longer than one likes. What is behind the lock is its owner's affair. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* With a stack of 256 KiB, and no signal comes to it: those are the main thread's. 0 or a negative
 * errno. */
int thread_start(void *(*run)(void *arg), void *arg, pthread_t *out);

/* A condition that pthread_cond_timedwait waits for by the monotonic clock, as thread_after_ms has
 * it. Destroyed as any other. */
void thread_cond_init(pthread_cond_t *cond);
struct timespec thread_after_ms(uint64_t ms); /* from now */

#endif
