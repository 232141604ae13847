/* phone/media_jobs: each job is done by a worker once and comes back to the loop, in bundles. */
#include "phone/media_jobs.h"

#include "tests/lib/rows.h"

#define MANY 200
#define LIMIT_NS UINT64_C(10000000000)

struct errand {
    struct media_job job;
    struct media_jobs *jobs;
    uv_thread_t loop_thread;
    int times, worked, done;
    bool in_worker, on_loop;
};

static void work(struct media_job *job)
{
    struct errand *e = LIST_ITEM(job, struct errand, job);
    uv_thread_t self = uv_thread_self();

    e->worked++;
    e->in_worker = !uv_thread_equal(&self, &e->loop_thread);
}

static void done(struct media_job *job)
{
    struct errand *e = LIST_ITEM(job, struct errand, job);
    uv_thread_t self = uv_thread_self();

    e->on_loop = uv_thread_equal(&self, &e->loop_thread);
    if (++e->done < e->times)
        media_jobs_put(e->jobs, job);
}

static void check(void **state)
{
    static struct errand errands[MANY];
    const int *times = *state;
    struct media_jobs jobs;
    uv_loop_t loop;

    assert_int_equal(uv_loop_init(&loop), 0);
    media_jobs_init(&jobs, &loop);
    for (int i = 0; i < MANY; i++) {
        errands[i] = (struct errand){.job = {.work = work, .done = done, .alone = i % 7 == 0},
                                     .jobs = &jobs,
                                     .loop_thread = uv_thread_self(),
                                     .times = *times};
        media_jobs_put(&jobs, &errands[i].job);
        assert_int_equal(errands[i].worked, 0);
    }
    uv_run(&loop, UV_RUN_DEFAULT); /* returns, as nothing waits in the end */
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(errands[i].worked, *times);
        assert_int_equal(errands[i].done, *times);
        assert_true(errands[i].in_worker);
        assert_true(errands[i].on_loop);
    }
    media_jobs_close(&jobs);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static uv_sem_t other_is_done;
static bool waited_in_vain;

static void wait_for_other(struct media_job *job)
{
    uint64_t until_ns = uv_hrtime() + LIMIT_NS;

    (void)job;
    while (uv_sem_trywait(&other_is_done) != 0 && !waited_in_vain) {
        uv_sleep(1);
        waited_in_vain = uv_hrtime() > until_ns;
    }
}

static void nothing(struct media_job *job)
{
    (void)job;
}

static void tell_other(struct media_job *job)
{
    (void)job;
    uv_sem_post(&other_is_done);
}

/* The others of its bundle would come back only when it does. */
static void what_takes_long_goes_alone(void **state)
{
    struct media_job quick = {.work = nothing, .done = tell_other};
    struct media_job slow = {.work = wait_for_other, .done = nothing, .alone = true};
    struct media_jobs jobs;
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_sem_init(&other_is_done, 0), 0);
    assert_int_equal(uv_loop_init(&loop), 0);
    media_jobs_init(&jobs, &loop);
    media_jobs_put(&jobs, &quick);
    media_jobs_put(&jobs, &slow);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_false(waited_in_vain);
    media_jobs_close(&jobs);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    uv_sem_destroy(&other_is_done);
}

int main(void)
{
    static int once = 1, thrice = 3;
    const struct CMUnitTest tests[] = {
        {"more jobs than a bundle holds", check, NULL, NULL, &once},
        {"jobs that are put again when they are done", check, NULL, NULL, &thrice},
        cmocka_unit_test(what_takes_long_goes_alone),
    };

    return cmocka_run_group_tests_name("phone/media_jobs", tests, NULL, NULL);
}
