/* phone/media_jobs: each job is done by a worker once and comes back to the loop, in bundles. */
#include "phone/media_jobs.h"

#include "tests/lib/rows.h"

#define MANY 200

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

int main(void)
{
    static int once = 1, thrice = 3;
    const struct CMUnitTest tests[] = {
        {"more jobs than a bundle holds", check, NULL, NULL, &once},
        {"jobs that are put again when they are done", check, NULL, NULL, &thrice},
    };

    return cmocka_run_group_tests_name("phone/media_jobs", tests, NULL, NULL);
}
