/* phone/media_jobs.h - what the media thread gives workers to do, as disks may wait and it may not.
 *
 * To wake a worker and be woken by it takes longer than to read a piece of a file, and a thousand
 * calls that play one read 4,000 pieces a second. So jobs wait until the loop has nothing else to
 * do, which is the end of a beat, and go out together: one worker is woken for MEDIA_JOBS_BUNDLE of
 * them; and the beat looks by itself for those that are done.
 *
 * A file on a disk that does not answer holds a worker for ever, and nobody can free it. It must
 * hold nobody else: each worker takes one job at a time, and when jobs wait and none was begun for
 * MEDIA_JOBS_STUCK_MS, one worker more is made. */
#ifndef PHONE_MEDIA_JOBS_H
#define PHONE_MEDIA_JOBS_H

#include <stdbool.h>
#include <uv.h>

#include "base/list.h"

#define MEDIA_JOBS_BUNDLE 64
#define MEDIA_JOBS_WORKERS 4      /* while none is stuck */
#define MEDIA_JOBS_WORKERS_MAX 64 /* as many files may be stuck but one; then all are */
#define MEDIA_JOBS_STUCK_MS 100

struct media_job {
    struct list link;
    void (*work)(struct media_job *job); /* in a worker */
    void (*done)(struct media_job *job); /* on the loop, afterwards; the job may be put again */
    bool alone; /* takes milliseconds, as an encoder does: has a worker of its own woken */

    struct list late_link; /* of the jobs that media_jobs_hurry has named */
    void (*late)(struct media_job *job);
    uint64_t late_ms; /* when; 0: it may take its time */
};

struct media_pool;
struct net_spawner;

struct media_jobs {
    uv_prepare_t prepare;
    struct list waiting; /* of struct media_job */
    struct media_pool *pool;
    const struct net_spawner *helper; /* of who opens files in jobs; NULL: there is none */
};

/* 0, or a negative errno; then there is nothing to close. */
int media_jobs_init(struct media_jobs *jobs, uv_loop_t *loop);
/* Once no job waits; the loop must run once more afterwards. Jobs that are late may still be out:
 * they are never heard of again, and what they use stays where it is until the process ends. */
void media_jobs_close(struct media_jobs *jobs);
/* The job is the owner's and stays where it is until done was called, which always happens, but for
 * the end above. */
void media_jobs_put(struct media_jobs *jobs, struct media_job *job);
/* From now on the owner calls media_jobs_deliver soon and often, which calls done of all that are:
 * then nobody wakes the loop for that; or no more, as at first. What is delivered may end it all.
 */
void media_jobs_attend(struct media_jobs *jobs, bool on);
void media_jobs_deliver(struct media_jobs *jobs);
/* Of a job that is out: late is called on the loop when it was not done after so long. done comes
 * as ever, perhaps much later. */
void media_jobs_hurry(struct media_jobs *jobs, struct media_job *job, unsigned ms,
                      void (*late)(struct media_job *job));

#endif
