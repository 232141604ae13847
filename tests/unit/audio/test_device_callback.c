/* What the sound card's callback must not do, as nobody may keep it waiting: take a lock, allocate,
 * call the system. PortAudio is made of nothing here; its callbacks run on a thread that gets
 * caught at any of these, while the media thread's side is at work. */
#include "audio/device.h"

#include "tests/lib/air.h"
#include "tests/lib/memory.h"
#include "tests/lib/rows.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

enum { FRAME = AIR_FRAME, ROUNDS = 2000 };

/* --- the trap -------------------------------------------------------------------------------- */

static _Thread_local bool watched;
static atomic_uint allocations, locks, calls;

/* Who is watched gets nothing: malloc itself would have to call the system. */
static bool allocates(void *arg)
{
    (void)arg;
    if (watched)
        atomic_fetch_add(&allocations, 1);
    return watched;
}

#define WATCH_LOCK(function, type)                                                                 \
    int __real_##function(type *lock);                                                             \
    int __wrap_##function(type *lock);                                                             \
    int __wrap_##function(type *lock)                                                              \
    {                                                                                              \
        if (watched)                                                                               \
            atomic_fetch_add(&locks, 1);                                                           \
        return __real_##function(lock);                                                            \
    }

WATCH_LOCK(pthread_mutex_lock, pthread_mutex_t)
WATCH_LOCK(pthread_mutex_trylock, pthread_mutex_t)
WATCH_LOCK(pthread_rwlock_rdlock, pthread_rwlock_t)
WATCH_LOCK(pthread_rwlock_wrlock, pthread_rwlock_t)

/* ThreadSanitizer calls the system by itself, and valgrind knows no filter of one thread. */
static bool can_filter(void)
{
#if !defined(__linux__) || defined(__SANITIZE_THREAD__)
    return false;
#else
#ifdef __has_feature
#if __has_feature(thread_sanitizer)
    return false;
#endif
#endif
    const char *preloaded = getenv("LD_PRELOAD");

    return !preloaded || !strstr(preloaded, "vgpreload");
#endif
}

#ifdef __linux__
static void on_call(int signal)
{
    (void)signal;
    if (watched)
        atomic_fetch_add(&calls, 1);
}

/* From now on this thread may end, and nothing else. */
static void filter(void)
{
#define LET(name)                                                                                  \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), BPF_STMT(BPF_RET, SECCOMP_RET_ALLOW)
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        LET(rt_sigreturn),
        LET(rt_sigprocmask),
        LET(sigaltstack),
        LET(madvise),
        LET(munmap),
        LET(exit),
        BPF_STMT(BPF_RET, SECCOMP_RET_TRAP),
    };
    struct sock_fprog program = {ARRAY_LEN(steps), steps};
    struct sigaction action = {.sa_handler = on_call};

    assert_int_equal(sigaction(SIGSYS, &action, NULL), 0);
    assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}
#else
static void filter(void)
{
}
#endif

struct caught {
    void (*run)(void);
    atomic_bool done;
};

static void *run_caught(void *arg)
{
    struct caught *caught = arg;

    if (can_filter())
        filter();
    watched = true;
    caught->run();
    watched = false;
    atomic_store(&caught->done, true);
    return NULL;
}

/* Meanwhile the caller does what the media thread does. */
static void catch_in(void (*run)(void), void (*meanwhile)(void))
{
    struct caught caught = {.run = run};
    pthread_t thread;

    atomic_store(&allocations, 0);
    atomic_store(&locks, 0);
    atomic_store(&calls, 0);
    memory_fail_by(allocates, NULL);
    assert_int_equal(pthread_create(&thread, NULL, run_caught, &caught), 0);
    while (!atomic_load(&caught.done))
        meanwhile();
    assert_int_equal(pthread_join(thread, NULL), 0);
    memory_fail_by(NULL, NULL);
}

/* --- what is caught -------------------------------------------------------------------------- */

enum { LEFT = 1, RIGHT = 2 };

static struct audio_device *device;
static size_t read_back;

static void fill(int16_t *samples, size_t n, unsigned channels)
{
    for (size_t i = 0; i < n * channels; i++)
        samples[i] = channels == 2 && i % 2 ? RIGHT : LEFT;
}

/* Both directions, with gaps and the card's complaints. */
static void card_runs(void)
{
    int16_t in[2 * FRAME], out[2 * FRAME];

    fill(in, FRAME, audio_device_inputs(device));
    for (unsigned i = 0; i < ROUNDS; i++)
        air_run("air", in, out, i % 5 == 0);
}

/* Whatever was dropped, left is left; gaps are silent in both. */
static void expect_sides(const int16_t *samples, size_t n, unsigned channels)
{
    for (size_t i = 0; i < n * channels; i++)
        assert_true(samples[i] == 0 || samples[i] == (channels == 2 && i % 2 ? RIGHT : LEFT));
}

static void media_works(void)
{
    int16_t samples[2 * FRAME];
    size_t n;

    fill(samples, FRAME, audio_device_outputs(device));
    audio_device_write(device, samples, FRAME - 1);
    n = audio_device_read(device, samples, FRAME - 1);
    expect_sides(samples, n, audio_device_inputs(device));
    read_back += n;
    n = audio_device_played(device, samples, FRAME - 3);
    expect_sides(samples, n, audio_device_outputs(device));
    read_back += n;
}

static void a_callback_is_never_caught(unsigned channels)
{
    struct audio_device_config config = {.channels = channels};
    struct audio_device_counts counts;

    air_set_channels("air", channels, channels, channels);
    assert_int_equal(audio_device_open(&config, &device, NULL), 0);
    assert_string_equal(audio_device_name(device), "air");
    assert_int_equal(audio_device_inputs(device), channels);
    assert_int_equal(audio_device_outputs(device), channels);
    read_back = 0;
    catch_in(card_runs, media_works);
    media_works();
    audio_device_counts(device, &counts);
    assert_int_equal(counts.callbacks, ROUNDS);
    assert_int_equal(counts.captured, ROUNDS * FRAME);
    assert_true(read_back > 0 && counts.card_errors > 0);
    assert_int_equal(allocations, 0);
    assert_int_equal(locks, 0);
    assert_int_equal(calls, 0);
    audio_device_close(device);
}

static void in_one_channel(void **state)
{
    (void)state;
    a_callback_is_never_caught(1);
}

static void in_two_channels(void **state)
{
    (void)state;
    a_callback_is_never_caught(2);
}

/* Else an echo would seem to be heard before its sound. */
static void what_is_dropped_is_dropped_of_both(void **state)
{
    int16_t samples[2 * FRAME] = {0};

    (void)state;
    for (unsigned inputs = 1; inputs <= 2; inputs++)
        for (unsigned outputs = 1; outputs <= 2; outputs++) {
            air_set_channels("air", 2, inputs, outputs);
            assert_int_equal(
                audio_device_open(&(struct audio_device_config){.channels = 2}, &device, NULL), 0);
            for (unsigned i = 0; i < 30; i++)
                air_run("air", samples, NULL, false);
            assert_int_equal(audio_device_read(device, samples, FRAME), FRAME);
            assert_int_equal(audio_device_played(device, samples, FRAME), FRAME);
            assert_true(audio_device_captured(device) < 29 * FRAME);
            assert_int_equal(audio_device_unread(device), audio_device_captured(device));
            audio_device_close(device);
        }
}

/* Wished for; what the card says and what it has, each way; what comes of it. */
static const struct row {
    const char *name;
    unsigned wished, said, has[2], got[2];
} rows[] = {
    {"two of two", 2, 2, {2, 2}, {2, 2}},
    {"a microphone of one", 2, 2, {1, 2}, {1, 2}},
    {"a loudspeaker of one", 2, 2, {2, 1}, {2, 1}},
    {"a card of one", 2, 1, {1, 1}, {1, 1}},
    {"two of a sound server's 32", 2, 32, {32, 32}, {2, 2}},
    {"one is wished for", 1, 2, {2, 2}, {1, 1}},
    {"nothing is said", 0, 2, {2, 2}, {1, 1}},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct audio_device_config config = {.channels = row->wished};

    air_set_channels("air", row->said, row->has[0], row->has[1]);
    assert_int_equal(audio_device_open(&config, &device, NULL), 0);
    assert_int_equal(air_inputs("air"), row->got[0]);
    assert_int_equal(air_outputs("air"), row->got[1]);
    assert_int_equal(audio_device_inputs(device), row->got[0]);
    assert_int_equal(audio_device_outputs(device), row->got[1]);
    audio_device_close(device);
}

/* --- that it would be ------------------------------------------------------------------------ */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void allocate(void)
{
    void *volatile p = malloc(10);

    free(p);
}

static void lock(void)
{
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

static void call(void)
{
    (void)getppid();
}

static void wait_idly(void)
{
}

static void the_trap_catches(void **state)
{
    (void)state;
    catch_in(allocate, wait_idly);
    assert_int_equal(allocations, 1);
    catch_in(lock, wait_idly);
    assert_int_equal(locks, 1);
    catch_in(call, wait_idly);
    assert_int_equal(calls, can_filter() ? 1 : 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_trap_catches),
        cmocka_unit_test(in_one_channel),
        cmocka_unit_test(in_two_channels),
        cmocka_unit_test(what_is_dropped_is_dropped_of_both),
    };

    air_plug("air");
    return RUN_ROWS("audio/device, its channels", rows, check_row) +
           cmocka_run_group_tests_name("audio/device, its callback", tests, NULL, NULL);
}
