/* phone/media_file: a disk that does not answer holds no call. */
#include "phone/media_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/rows.h"

struct stuck {
    struct media_job job;
    uv_sem_t *gate;
};

static void wait_at_gate(struct media_job *job)
{
    uv_sem_wait(LIST_ITEM(job, struct stuck, job)->gate);
}

static void forget(struct media_job *job)
{
    (void)job;
}

struct told {
    int failed, closed, err;
    char why[256];
};

static void on_failed(void *arg, int err, const char *why)
{
    struct told *told = arg;

    told->failed++;
    told->err = err;
    snprintf(told->why, sizeof told->why, "%s", why);
}

static void on_closed(void *arg)
{
    ((struct told *)arg)->closed++;
}

static const struct media_file_events events = {on_failed, on_closed};

struct rig {
    uv_loop_t loop;
    struct media_jobs jobs;
    uv_sem_t gate;
    struct stuck stuck[MEDIA_JOBS_WORKERS_MAX];
};

/* All workers there may be are held before a file has its turn. */
static void begin(struct rig *rig)
{
    assert_int_equal(uv_loop_init(&rig->loop), 0);
    assert_int_equal(media_jobs_init(&rig->jobs, &rig->loop), 0);
    assert_int_equal(uv_sem_init(&rig->gate, 0), 0);
    for (int i = 0; i < MEDIA_JOBS_WORKERS_MAX; i++) {
        rig->stuck[i] = (struct stuck){{.work = wait_at_gate, .done = forget}, &rig->gate};
        media_jobs_put(&rig->jobs, &rig->stuck[i].job);
    }
}

/* The disk is back. */
static void end(struct rig *rig)
{
    for (int i = 0; i < MEDIA_JOBS_WORKERS_MAX; i++)
        uv_sem_post(&rig->gate);
    uv_run(&rig->loop, UV_RUN_DEFAULT);
    media_jobs_close(&rig->jobs);
    uv_run(&rig->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&rig->loop), 0);
    uv_sem_destroy(&rig->gate);
}

static void a_player_is_not_waited_for(void **state)
{
    static struct rig rig;
    struct told told = {0};
    struct media_player *player;

    (void)state;
    begin(&rig);
    assert_int_equal(media_player_open(&rig.jobs, "/dev/null", 8000, 1, &events, &told, &player),
                     0);
    media_player_close(player);
    assert_int_equal(told.closed, 0); /* never at once */
    while (!told.closed)
        uv_run(&rig.loop, UV_RUN_ONCE);
    end(&rig);
    assert_int_equal(told.closed, 1);
    assert_int_equal(told.failed, 0);
}

static void a_recording_has_failed(void **state)
{
    static const int16_t sound[800];
    char folder[] = "/tmp/test_media_file_XXXXXX", path[64];
    FILE *made;
    static struct rig rig;
    struct told told = {0};
    struct media_sink *sink;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/late.wav", folder);
    begin(&rig);
    assert_int_equal(media_recorder_open(&rig.jobs, path, 8000, 1, &events, &told, &sink), 0);
    sink->ops->begin(sink);
    sink->ops->write(sink, sound, 800);
    sink->ops->close(sink);
    while (!told.closed)
        uv_run(&rig.loop, UV_RUN_ONCE);
    end(&rig);
    assert_int_equal(told.closed, 1);
    assert_int_equal(told.failed, 1);
    assert_non_null(strstr(told.why, "does not answer"));
    made = fopen(path, "r"); /* written all the same, at last */
    assert_non_null(made);
    assert_int_equal(fseek(made, 0, SEEK_END), 0);
    assert_int_equal(ftell(made), 44 + 1600);
    fclose(made);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_player_is_not_waited_for),
        cmocka_unit_test(a_recording_has_failed),
    };

    return cmocka_run_group_tests_name("phone/media_file", tests, NULL, NULL);
}
