/* phone/media_jobs: each job is done by a worker once and comes back to the loop; those that never
 * come back hold nobody else. */
#include "phone/media_jobs.h"

#include <poll.h>

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
    assert_int_equal(media_jobs_init(&jobs, &loop), 0);
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
    assert_int_equal(media_jobs_init(&jobs, &loop), 0);
    media_jobs_put(&jobs, &quick);
    media_jobs_put(&jobs, &slow);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_false(waited_in_vain);
    media_jobs_close(&jobs);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    uv_sem_destroy(&other_is_done);
}

static void post(struct media_job *job)
{
    (void)job;
    uv_sem_post(&other_is_done);
}

static void count(struct media_job *job)
{
    LIST_ITEM(job, struct errand, job)->done++;
}

static bool is_woken(uv_loop_t *loop, int within_ms)
{
    return poll(&(struct pollfd){uv_backend_fd(loop), POLLIN, 0}, 1, within_ms) > 0;
}

static void who_looks_is_not_woken(void **state)
{
    struct errand errand = {.job = {.work = post, .done = count}};
    struct media_jobs jobs;
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_sem_init(&other_is_done, 0), 0);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(media_jobs_init(&jobs, &loop), 0);
    media_jobs_attend(&jobs, true);
    for (int i = 1; i <= 2; i++) {
        media_jobs_put(&jobs, &errand.job);
        uv_run(&loop, UV_RUN_NOWAIT); /* goes out */
        uv_sem_wait(&other_is_done);
        uv_sleep(10); /* a wrong wake-up would be there */
        assert_false(is_woken(&loop, 0));
        while (i == 1 && errand.done < i)
            media_jobs_deliver(&jobs);
    }
    media_jobs_attend(&jobs, false);
    assert_true(is_woken(&loop, 1000)); /* who only waits, for as long as it may take */
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(errand.done, 2);
    media_jobs_close(&jobs);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    uv_sem_destroy(&other_is_done);
}

/* --- a disk that does not answer -------------------------------------------------------------- */

#define STUCK 6 /* more than there are workers */
#define WELL 100

struct stuck {
    struct media_job job;
    uv_sem_t *gate; /* what it waits for */
    int late, done;
};

static void wait_at_gate(struct media_job *job)
{
    uv_sem_wait(LIST_ITEM(job, struct stuck, job)->gate);
}

static void note_late(struct media_job *job)
{
    LIST_ITEM(job, struct stuck, job)->late++;
}

static void note_done(struct media_job *job)
{
    LIST_ITEM(job, struct stuck, job)->done++;
}

static void put_stuck(struct media_jobs *jobs, struct stuck *stuck, uv_sem_t *gate)
{
    assert_int_equal(uv_sem_init(gate, 0), 0);
    for (int i = 0; i < STUCK; i++) {
        stuck[i] = (struct stuck){.job = {.work = wait_at_gate, .done = note_done}, .gate = gate};
        media_jobs_put(jobs, &stuck[i].job);
    }
}

static void put_well(struct media_jobs *jobs, struct errand *errands)
{
    for (int i = 0; i < WELL; i++) {
        errands[i] = (struct errand){
            .job = {.work = work, .done = done, .alone = i % 7 == 0}, .jobs = jobs, .times = 3};
        media_jobs_put(jobs, &errands[i].job);
    }
}

static int count_well(const struct errand *errands)
{
    int n = 0;

    for (int i = 0; i < WELL; i++)
        n += errands[i].done == errands[i].times;
    return n;
}

static void open_gate(uv_sem_t *gate)
{
    for (int i = 0; i < STUCK; i++)
        uv_sem_post(gate);
}

static void others_go_on(void **state)
{
    static struct errand errands[WELL];
    struct stuck stuck[STUCK];
    struct media_jobs jobs;
    uv_sem_t gate;
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(media_jobs_init(&jobs, &loop), 0);
    put_stuck(&jobs, stuck, &gate);
    put_well(&jobs, errands);
    media_jobs_hurry(&jobs, &stuck[0].job, 1, note_late);
    media_jobs_hurry(&jobs, &stuck[1].job, 3600000, note_late);
    while (count_well(errands) < WELL || !stuck[0].late) /* for ever where they do not */
        uv_run(&loop, UV_RUN_ONCE);
    open_gate(&gate);
    uv_run(&loop, UV_RUN_DEFAULT);
    for (int i = 0; i < STUCK; i++) {
        assert_int_equal(stuck[i].late, i == 0); /* told once */
        assert_int_equal(stuck[i].done, 1);
    }
    media_jobs_close(&jobs);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    uv_sem_destroy(&gate);
}

/* It would be a thread of ours that ends behind the program; so it is waited for, elsewhere. */
static void the_end_waits_for_nobody(void **state)
{
    static struct stuck stuck[STUCK];
    static struct media_jobs jobs;
    static uv_sem_t gate;
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(media_jobs_init(&jobs, &loop), 0);
    put_stuck(&jobs, stuck, &gate);
    media_jobs_hurry(&jobs, &stuck[0].job, 1, note_late);
    while (!stuck[0].late)
        uv_run(&loop, UV_RUN_ONCE);
    media_jobs_close(&jobs);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    open_gate(&gate);
    for (int i = 0; i < STUCK; i++)
        assert_int_equal(stuck[i].done, 0); /* never heard of again */
}

int main(void)
{
    static int once = 1, thrice = 3;
    const struct CMUnitTest tests[] = {
        {"more jobs than a bundle holds", check, NULL, NULL, &once},
        {"jobs that are put again when they are done", check, NULL, NULL, &thrice},
        cmocka_unit_test(what_takes_long_goes_alone),
        cmocka_unit_test(who_looks_is_not_woken),
        cmocka_unit_test(others_go_on),
        cmocka_unit_test(the_end_waits_for_nobody),
    };

    return cmocka_run_group_tests_name("phone/media_jobs", tests, NULL, NULL);
}
