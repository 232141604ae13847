#include "phone/media_jobs.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"

#define STACK_BYTES (1u << 20) /* for libsndfile; what nobody touches costs nothing */
#define TOLD_JOBS 16           /* that are done before the loop is woken for them */

/* Shared with the workers, and gone with the last that uses it. */
struct media_pool {
    uv_async_t done;
    uv_timer_t watch; /* while jobs are out */
    struct list late; /* the loop's: of jobs that hurry */
    unsigned n_out;   /* the loop's: jobs between put and done */
    unsigned seen;    /* the loop's: begun, when it was looked at last */

    uv_mutex_t lock; /* of all that follows */
    uv_cond_t more;
    struct list queue, finished;
    unsigned n_finished, begun;
    unsigned n_threads, n_idle;
    unsigned users; /* threads and handles */
    bool attended;  /* the loop looks by itself */
    bool stop;
};

/* Under the lock, which it gives up. */
static void leave(struct media_pool *pool)
{
    bool last = --pool->users == 0;

    uv_mutex_unlock(&pool->lock);
    if (!last)
        return;
    uv_cond_destroy(&pool->more);
    uv_mutex_destroy(&pool->lock);
    free(pool);
}

/* --- workers --------------------------------------------------------------------------------- */

/* Under the lock. The next job, or NULL: this worker is not needed any more. */
static struct media_job *next_job(struct media_pool *pool)
{
    struct list *first;

    while (!pool->stop && !(first = list_first(&pool->queue))) {
        if (pool->n_threads > MEDIA_JOBS_WORKERS)
            return NULL;
        pool->n_idle++;
        uv_cond_wait(&pool->more, &pool->lock);
        pool->n_idle--;
    }
    if (pool->stop)
        return NULL;
    list_remove(first);
    pool->begun++;
    return LIST_ITEM(first, struct media_job, link);
}

/* Under the lock. Whether what comes next may take long; then what is done is told at once. */
static bool is_pause(const struct media_pool *pool)
{
    const struct list *next = list_first(&pool->queue);

    return !next || LIST_ITEM(next, struct media_job, link)->alone;
}

/* Under the lock. */
static void finish(struct media_pool *pool, struct media_job *job)
{
    bool due = job->alone || is_pause(pool);

    list_append(&pool->finished, &job->link);
    pool->n_finished++;
    if (!pool->attended && (due || pool->n_finished >= TOLD_JOBS))
        uv_async_send(&pool->done);
}

static void run(void *arg)
{
    struct media_pool *pool = arg;
    struct media_job *job;

    uv_mutex_lock(&pool->lock);
    while ((job = next_job(pool))) {
        uv_mutex_unlock(&pool->lock);
        job->work(job);
        uv_mutex_lock(&pool->lock);
        if (!pool->stop)
            finish(pool, job);
    }
    pool->n_threads--;
    leave(pool);
}

/* Under the lock. Without a thread the jobs wait, and it is tried again. */
static void start_worker(struct media_pool *pool)
{
    const uv_thread_options_t options = {UV_THREAD_HAS_STACK_SIZE, STACK_BYTES};
    uv_thread_t thread;

    if (uv_thread_create_ex(&thread, &options, run, pool) != 0)
        return;
    pthread_detach(thread); /* nobody can wait for one that is stuck */
    pool->n_threads++;
    pool->users++;
}

/* --- on the loop ----------------------------------------------------------------------------- */

static struct list *take_finished(struct media_pool *pool)
{
    struct list *first;

    uv_mutex_lock(&pool->lock);
    first = list_first(&pool->finished);
    if (first) {
        list_remove(first);
        pool->n_finished--;
    }
    uv_mutex_unlock(&pool->lock);
    return first;
}

/* Takes each out of the list first: done may put the job again, or free it. */
static void deliver(struct media_pool *pool)
{
    struct list *first;

    while ((first = take_finished(pool))) {
        struct media_job *job = LIST_ITEM(first, struct media_job, link);

        if (job->late_ms)
            list_remove(&job->late_link);
        job->late_ms = 0;
        pool->n_out--;
        job->done(job);
    }
    if (pool->n_out == 0)
        uv_timer_stop(&pool->watch);
}

static void on_done(uv_async_t *done)
{
    deliver(done->data);
}

static void tell_late(struct media_pool *pool, uint64_t now_ms)
{
    LIST_EACH (&pool->late, at) {
        struct media_job *job = LIST_ITEM(at, struct media_job, late_link);

        if (now_ms < job->late_ms)
            continue;
        list_remove(at);
        job->late_ms = 0;
        job->late(job);
    }
}

static void look_for_stuck(struct media_pool *pool)
{
    bool more;

    uv_mutex_lock(&pool->lock);
    more = !pool->stop && !list_empty(&pool->queue) && pool->begun == pool->seen &&
           pool->n_threads < MEDIA_JOBS_WORKERS_MAX;
    pool->seen = pool->begun;
    if (more)
        start_worker(pool);
    uv_mutex_unlock(&pool->lock);
    if (more)
        log_info("media", "files wait for a disk that does not answer: one worker more");
}

static void on_watch(uv_timer_t *watch)
{
    struct media_pool *pool = watch->data;

    deliver(pool);
    tell_late(pool, uv_now(watch->loop));
    look_for_stuck(pool);
}

/* Under the lock. How many workers it takes to do them in time. */
static unsigned move_jobs(struct media_pool *pool, struct list *waiting)
{
    unsigned alone = 0, others = 0;
    struct list *first;

    while ((first = list_first(waiting))) {
        if (LIST_ITEM(first, struct media_job, link)->alone)
            alone++;
        else
            others++;
        list_remove(first);
        list_append(&pool->queue, first);
    }
    pool->n_out += alone + others;
    return alone + (others + MEDIA_JOBS_BUNDLE - 1) / MEDIA_JOBS_BUNDLE;
}

/* Under the lock. */
static void wake_workers(struct media_pool *pool, unsigned wanted)
{
    for (unsigned idle = pool->n_idle; wanted > 0; wanted--) {
        if (idle > 0) {
            idle--;
            uv_cond_signal(&pool->more);
        } else if (pool->n_threads < MEDIA_JOBS_WORKERS) {
            start_worker(pool);
        }
    }
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct media_jobs *jobs = prepare->data;
    struct media_pool *pool = jobs->pool;

    uv_prepare_stop(prepare);
    uv_mutex_lock(&pool->lock);
    wake_workers(pool, move_jobs(pool, &jobs->waiting));
    uv_mutex_unlock(&pool->lock);
    if (!uv_is_active((uv_handle_t *)&pool->watch))
        (void)uv_timer_start(&pool->watch, on_watch, MEDIA_JOBS_STUCK_MS, MEDIA_JOBS_STUCK_MS);
}

void media_jobs_put(struct media_jobs *jobs, struct media_job *job)
{
    list_append(&jobs->waiting, &job->link);
    (void)uv_prepare_start(&jobs->prepare, on_prepare); /* fails only without a callback */
}

void media_jobs_attend(struct media_jobs *jobs, bool on)
{
    struct media_pool *pool = jobs->pool;

    uv_mutex_lock(&pool->lock);
    pool->attended = on;
    if (!on && pool->n_finished > 0)
        uv_async_send(&pool->done);
    uv_mutex_unlock(&pool->lock);
}

void media_jobs_deliver(struct media_jobs *jobs)
{
    if (jobs->pool->n_out > 0)
        deliver(jobs->pool);
}

void media_jobs_hurry(struct media_jobs *jobs, struct media_job *job, unsigned ms,
                      void (*late)(struct media_job *job))
{
    if (job->late_ms)
        return;
    job->late = late;
    job->late_ms = uv_now(jobs->prepare.loop) + ms;
    list_append(&jobs->pool->late, &job->late_link);
}

/* --- life ------------------------------------------------------------------------------------ */

static int new_pool(uv_loop_t *loop, struct media_pool **out)
{
    struct media_pool *pool = calloc(1, sizeof *pool);
    int err = pool ? uv_mutex_init(&pool->lock) : -ENOMEM;

    if (err)
        goto no_lock;
    err = uv_cond_init(&pool->more);
    if (err)
        goto no_cond;
    err = uv_async_init(loop, &pool->done, on_done);
    if (err)
        goto no_async;
    (void)uv_timer_init(loop, &pool->watch); /* never fails */
    uv_unref((uv_handle_t *)&pool->done);    /* watch keeps the loop while jobs are out */
    pool->done.data = pool->watch.data = pool;
    pool->users = 2;
    list_init(&pool->late);
    list_init(&pool->queue);
    list_init(&pool->finished);
    *out = pool;
    return 0;

no_async:
    uv_cond_destroy(&pool->more);
no_cond:
    uv_mutex_destroy(&pool->lock);
no_lock:
    free(pool);
    return err;
}

int media_jobs_init(struct media_jobs *jobs, uv_loop_t *loop)
{
    int err = new_pool(loop, &jobs->pool);

    if (err)
        return err;
    list_init(&jobs->waiting);
    (void)uv_prepare_init(loop, &jobs->prepare); /* never fails */
    jobs->prepare.data = jobs;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct media_pool *pool = handle->data;

    uv_mutex_lock(&pool->lock);
    leave(pool);
}

void media_jobs_close(struct media_jobs *jobs)
{
    struct media_pool *pool = jobs->pool;

    uv_close((uv_handle_t *)&jobs->prepare, NULL);
    uv_timer_stop(&pool->watch);
    uv_mutex_lock(&pool->lock);
    pool->stop = true;
    uv_cond_broadcast(&pool->more);
    uv_mutex_unlock(&pool->lock);
    uv_close((uv_handle_t *)&pool->done, on_closed);
    uv_close((uv_handle_t *)&pool->watch, on_closed);
}
