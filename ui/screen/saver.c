#include "ui/screen/saver.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "base/text.h"
#include "net/loop.h"
#include "ui/screen/screen_helper.h"
#include "ui/screen/trace_file.h"

#define LOOK_US 5000 /* meanwhile, where one is waited for at the end */

/* One file, which belongs to the worker until it is done. */
struct job {
    uv_work_t work;
    struct saver *saver;
    const struct net_spawner *helper;
    char *path, *good; /* owned */
    struct buf content, why;
    int err;
};

struct saver {
    struct net_loop *loop;
    struct screen *screen; /* NULL: it is told nothing any more */
    void (*saved)(void *arg);
    void *arg;
    struct job *job; /* NULL: none is under way */
};

static void free_job(struct job *job)
{
    free(job->path);
    free(job->good);
    buf_free(&job->content);
    buf_free(&job->why);
    free(job);
}

static struct job *new_job(const struct screen *s, const char *path, struct buf *content,
                           const char *good)
{
    struct job *job = calloc(1, sizeof *job);

    if (!job)
        return NULL;
    *job = (struct job){.helper = s->helper,
                        .path = strdup(path),
                        .good = strdup(good),
                        .content = *content,
                        .why = buf_new(8192)};
    *content = buf_new(content->max);
    if (job->path && job->good)
        return job;
    free_job(job);
    return NULL;
}

static void carry_out(struct job *job)
{
    int fd;

    job->err = buf_ok(&job->content)
                   ? screen_helper_open_trace(job->helper, job->path, &fd, &job->why)
                   : -ENOMEM;
    if (!job->err)
        job->err = trace_file_write(fd, buf_slice(&job->content));
}

static void say(struct screen *s, struct job *job)
{
    if (!job->err)
        screen_say(s, STYLE_NORMAL, "%s", job->good);
    else
        screen_say(s, STYLE_BAD, "%s: %s", job->path,
                   job->why.n > 0 ? buf_cstr(&job->why) : strerror(-job->err));
}

static void work_in_worker(uv_work_t *work)
{
    carry_out(work->data);
}

static void on_done(uv_work_t *work, int status)
{
    struct job *job = work->data;
    struct saver *saver = job->saver;

    if (status != 0)
        job->err = status;
    saver->job = NULL;
    if (saver->screen) {
        saver->screen->now_ms = net_now_ms();
        say(saver->screen, job);
    }
    free_job(job);
    if (saver->screen)
        saver->saved(saver->arg);
}

void saver_save(struct screen *s, const char *path, struct buf *content, const char *good)
{
    struct saver *saver = s->saver;
    struct job *job;

    if (saver_writes(s)) {
        screen_say(s, STYLE_WARN, "%s: the file before is still being written", path);
        return;
    }
    job = new_job(s, path, content, good);
    if (!job) {
        screen_say(s, STYLE_BAD, "%s: %s", path, strerror(ENOMEM));
        return;
    }
    if (!saver) {
        carry_out(job);
        say(s, job);
        free_job(job);
        return;
    }
    if (screen_is_drawn(s)) /* else it is told when it takes a while */
        screen_say(s, STYLE_NORMAL, "%s: being written", path);
    saver->job = job;
    job->saver = saver;
    job->work.data = job;
    if (uv_queue_work(net_loop_uv(saver->loop), &job->work, work_in_worker, on_done) != 0)
        abort(); /* only a NULL callback makes it fail */
}

const char *saver_writes(const struct screen *s)
{
    return s->saver && s->saver->job ? s->saver->job->path : NULL;
}

int saver_new(struct net_loop *loop, struct screen *screen, void (*saved)(void *arg), void *arg,
              struct saver **out)
{
    struct saver *saver = calloc(1, sizeof *saver);

    if (!saver)
        return -ENOMEM;
    *saver = (struct saver){.loop = loop, .screen = screen, .saved = saved, .arg = arg};
    screen->saver = saver;
    *out = saver;
    return 0;
}

int saver_free(struct saver *saver, unsigned limit_ms, struct buf *why)
{
    uint64_t by_ms = net_now_ms() + limit_ms;

    if (!saver)
        return 0;
    saver->screen->saver = NULL;
    saver->screen = NULL;
    while (saver->job && net_now_ms() < by_ms) {
        net_loop_turn(saver->loop, false);
        if (saver->job)
            usleep(LOOK_US);
    }
    if (saver->job) {
        text_safe(why, slice_of(saver->job->path));
        buf_puts(why, ": still being written; given up");
        return -ETIMEDOUT;
    }
    free(saver);
    return 0;
}
