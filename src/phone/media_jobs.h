/* phone/media_jobs.h - what the media thread gives libuv's workers to do, a bundle at a time.
 *
 * To wake a worker and be woken by it takes longer than to read a piece of a file, and a thousand
 * calls that play one read 4,000 pieces a second. So jobs wait until the loop has nothing else to
 * do, which is the end of a beat, and go out together. The jobs of a bundle are done one after the
 * other: a disk that is stuck holds up no more than MEDIA_JOBS_BUNDLE of them. */
#ifndef PHONE_MEDIA_JOBS_H
#define PHONE_MEDIA_JOBS_H

#include <stdbool.h>
#include <uv.h>

#include "base/list.h"

#define MEDIA_JOBS_BUNDLE 64

struct media_job {
    struct list link;
    void (*work)(struct media_job *job); /* in a worker */
    void (*done)(struct media_job *job); /* on the loop, afterwards; the job may be put again */
    bool alone; /* takes milliseconds, as an encoder does: in no bundle with others */
};

struct media_jobs {
    uv_prepare_t prepare;
    struct list waiting; /* of struct media_job */
};

void media_jobs_init(struct media_jobs *jobs, uv_loop_t *loop);
/* Once no job waits or is out any more; the loop must run once more afterwards. */
void media_jobs_close(struct media_jobs *jobs);
/* The job is the owner's and stays where it is until done was called, which always happens. */
void media_jobs_put(struct media_jobs *jobs, struct media_job *job);

#endif
