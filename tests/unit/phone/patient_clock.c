#include "tests/unit/phone/patient_clock.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#define SECOND_NS 1000000000
#define READ_EVERY_MS 2
#define MOST_NS 5000000 /* from one reading to the next; the rest is left out */

static struct {
    atomic_flag busy;
    bool patient;
    int64_t seen_ns;     /* at the last reading, */
    int64_t left_out_ns; /* so far: all clocks are so much behind those of the machine */
    atomic_bool over;
    uv_thread_t reader;
} patience = {.busy = ATOMIC_FLAG_INIT};

static int ask_kernel(clockid_t clock, struct timespec *out)
{
#ifdef SYS_clock_gettime64
    if (sizeof out->tv_sec > sizeof(long))
        return (int)syscall(SYS_clock_gettime64, clock, out);
#endif
    return (int)syscall(SYS_clock_gettime, clock, out);
}

static int64_t ns_of(const struct timespec *t)
{
    return (int64_t)t->tv_sec * SECOND_NS + t->tv_nsec;
}

static bool goes_on_while_stopped(clockid_t clock)
{
    return clock != CLOCK_PROCESS_CPUTIME_ID && clock != CLOCK_THREAD_CPUTIME_ID;
}

/* Who is stopped between the two readings has them follow on each other, so it is one lock. */
static int read_clock(clockid_t clock, struct timespec *out)
{
    struct timespec now;
    int64_t ns;
    int err;

    (void)ask_kernel(CLOCK_MONOTONIC, &now);
    ns = ns_of(&now);
    if (patience.patient && ns - patience.seen_ns > MOST_NS)
        patience.left_out_ns += ns - patience.seen_ns - MOST_NS;
    patience.seen_ns = ns;
    err = ask_kernel(clock, out);
    if (err || !goes_on_while_stopped(clock))
        return err;
    ns = ns_of(out) - patience.left_out_ns;
    out->tv_sec = (time_t)(ns / SECOND_NS);
    out->tv_nsec = (long)(ns % SECOND_NS);
    return 0;
}

static void lock(void)
{
    while (atomic_flag_test_and_set(&patience.busy))
        sched_yield();
}

static void unlock(void)
{
    atomic_flag_clear(&patience.busy);
}

/* In the place of the C library's, for libuv, too. */
int clock_gettime(clockid_t clock, struct timespec *out)
{
    int err;

    lock();
    err = read_clock(clock, out);
    unlock();
    return err;
}

static void keep_reading(void *arg)
{
    (void)arg;
    while (!atomic_load(&patience.over)) {
        (void)uv_hrtime();
        uv_sleep(READ_EVERY_MS);
    }
}

static void be_patient(bool patient)
{
    (void)uv_hrtime();
    lock();
    patience.patient = patient;
    unlock();
}

void patient_clock_start(void)
{
    be_patient(true);
    if (uv_thread_create(&patience.reader, keep_reading, NULL) != 0)
        abort();
}

void patient_clock_stop(void)
{
    atomic_store(&patience.over, true);
    uv_thread_join(&patience.reader);
    be_patient(false);
}
