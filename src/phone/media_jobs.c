#include "phone/media_jobs.h"

#include <stdlib.h>

struct bundle {
    uv_work_t work;
    struct list jobs;
};

static void on_work(uv_work_t *work)
{
    struct bundle *bundle = work->data;

    LIST_EACH (&bundle->jobs, at) {
        struct media_job *job = LIST_ITEM(at, struct media_job, link);

        job->work(job);
    }
}

/* Takes each out of the list first: done may put the job again, or free it. */
static void finish(struct list *jobs)
{
    struct list *first;

    while ((first = list_first(jobs))) {
        struct media_job *job = LIST_ITEM(first, struct media_job, link);

        list_remove(first);
        job->done(job);
    }
}

static void on_done(uv_work_t *work, int status)
{
    struct bundle *bundle = work->data;

    (void)status; /* nobody cancels */
    finish(&bundle->jobs);
    free(bundle);
}

static void fill(struct bundle *bundle, struct list *waiting)
{
    struct list *first;

    for (int n = 0; n < MEDIA_JOBS_BUNDLE && (first = list_first(waiting)); n++) {
        bool alone = LIST_ITEM(first, struct media_job, link)->alone;

        if (alone && n > 0)
            return;
        list_remove(first);
        list_append(&bundle->jobs, first);
        if (alone)
            return;
    }
}

static void send_bundle(struct media_jobs *jobs, struct bundle *bundle)
{
    bundle->work.data = bundle;
    list_init(&bundle->jobs);
    fill(bundle, &jobs->waiting);
    if (uv_queue_work(jobs->prepare.loop, &bundle->work, on_work, on_done) != 0)
        abort(); /* only a NULL callback makes it fail */
}

/* Without memory for a bundle the jobs wait for the loop's next turn. */
static void on_prepare(uv_prepare_t *prepare)
{
    struct media_jobs *jobs = prepare->data;
    struct bundle *bundle;

    while (!list_empty(&jobs->waiting) && (bundle = malloc(sizeof *bundle)))
        send_bundle(jobs, bundle);
    if (list_empty(&jobs->waiting))
        uv_prepare_stop(prepare);
}

void media_jobs_init(struct media_jobs *jobs, uv_loop_t *loop)
{
    list_init(&jobs->waiting);
    (void)uv_prepare_init(loop, &jobs->prepare); /* never fails */
    jobs->prepare.data = jobs;
}

void media_jobs_close(struct media_jobs *jobs)
{
    uv_close((uv_handle_t *)&jobs->prepare, NULL);
}

void media_jobs_put(struct media_jobs *jobs, struct media_job *job)
{
    list_append(&jobs->waiting, &job->link);
    (void)uv_prepare_start(&jobs->prepare, on_prepare); /* fails only without a callback */
}
