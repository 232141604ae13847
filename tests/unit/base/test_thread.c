/* base/thread: it runs, no signal comes to it, and who waits for it does so by the monotonic
 * clock. */
#include "base/thread.h"

#include <errno.h>
#include <signal.h>

#include "tests/lib/rows.h"

static void *ask_for_signals(void *arg)
{
    sigset_t *blocked = arg;

    pthread_sigmask(SIG_SETMASK, NULL, blocked);
    return arg;
}

static void signals_are_the_main_threads(void **state)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGCHLD, SIGPIPE, SIGWINCH};
    sigset_t before, here, there;
    pthread_t thread;
    void *result;

    (void)state;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_int_equal(thread_start(ask_for_signals, &there, &thread), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &there);
    pthread_sigmask(SIG_SETMASK, NULL, &here);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        assert_true(sigismember(&there, numbers[i]));
        assert_int_equal(sigismember(&here, numbers[i]), sigismember(&before, numbers[i]));
    }
}

static double seconds(struct timespec t)
{
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void a_moment_from_now(void **state)
{
    static const uint64_t waits_ms[] = {0, 1, 999, 1000, 2500};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(waits_ms); i++) {
        double before = seconds(thread_after_ms(0));
        struct timespec then = thread_after_ms(waits_ms[i]);
        double after = seconds(thread_after_ms(0)), wait = (double)waits_ms[i] / 1000;

        assert_in_range(then.tv_nsec, 0, 999999999);
        assert_true(seconds(then) >= before + wait - 1e-6);
        assert_true(seconds(then) <= after + wait + 1e-6);
    }
}

static void who_waits_in_vain(void **state)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct timespec until = thread_after_ms(50);
    pthread_cond_t cond;
    int err = 0;

    (void)state;
    thread_cond_init(&cond);
    pthread_mutex_lock(&lock);
    while (err == 0)
        err = pthread_cond_timedwait(&cond, &lock, &until);
    pthread_mutex_unlock(&lock);
    assert_int_equal(err, ETIMEDOUT);
    assert_true(seconds(thread_after_ms(0)) >= seconds(until));
    pthread_cond_destroy(&cond);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_are_the_main_threads),
        cmocka_unit_test(a_moment_from_now),
        cmocka_unit_test(who_waits_in_vain),
    };

    return cmocka_run_group_tests_name("base/thread", tests, NULL, NULL);
}
