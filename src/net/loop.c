#include "net/loop.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

/* Descriptors that a loop has room for from the start: of 2,000 calls, and 32 KiB. */
#define ROOM_FOR_DESCRIPTORS 4094
#define LEAST_BYTES (256u * 1024) /* for that and for the loop; libuv ends the program without */

struct net_loop {
    uv_loop_t uv;
    uv_poll_t highest; /* watched for a moment, see make_room */
    uv_timer_t limit;  /* of net_loop_free_by */
    struct net_spawner *spawner;
};

struct net_deadline {
    uv_timer_t timer;
    uint64_t when_ms; /* NEVER_MS: clear */
    void (*on_due)(void *arg);
    void *arg;
};

/* A descriptor with as high a number as may be, or -1. */
static int open_high(void)
{
    struct rlimit limit = {0};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), high = -1;
    rlim_t most = ROOM_FOR_DESCRIPTORS;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < most)
        most = limit.rlim_cur;
    if (fd >= 0 && most > 0)
        high = fcntl(fd, F_DUPFD_CLOEXEC, (int)most - 1);
    if (fd >= 0)
        close(fd);
    return high;
}

/* libuv has a table of descriptors by their numbers, and ends the program where that cannot grow:
 * in the middle of a call for which memory is short. So it grows now. */
static void make_room(struct net_loop *loop)
{
    int fd = open_high();

    if (fd < 0)
        return;
    if (uv_poll_init(&loop->uv, &loop->highest, fd) == 0) {
        uv_poll_start(&loop->highest, UV_READABLE, NULL);
        uv_close((uv_handle_t *)&loop->highest, NULL); /* stops it, too */
    }
    close(fd);
}

int net_loop_new(struct net_loop **out)
{
    struct net_loop *loop = mem_is_there(LEAST_BYTES) ? calloc(1, sizeof *loop) : NULL;
    int err = loop ? uv_loop_init(&loop->uv) : -ENOMEM;

    if (err) {
        free(loop);
        return err;
    }
    make_room(loop);
    *out = loop;
    return 0;
}

void net_loop_free(struct net_loop *loop)
{
    bool more = true;
    int err;

    if (!loop)
        return;
    /* What was closed in the last callback still has to run its close callback, which frees it. */
    while ((err = uv_loop_close(&loop->uv)) && more)
        more = uv_run(&loop->uv, UV_RUN_ONCE);
    if (!err)
        free(loop); /* else somebody still has a handle on it, and will use it */
}

static void wake_up(uv_timer_t *timer)
{
    (void)timer; /* it is for the turn that waits to end */
}

bool net_loop_free_by(struct net_loop *loop, uint64_t until_ms)
{
    uint64_t now_ms;

    if (!loop)
        return true;
    uv_run(&loop->uv, UV_RUN_NOWAIT);             /* for most loops that is all */
    (void)uv_timer_init(&loop->uv, &loop->limit); /* never fails */
    uv_unref((uv_handle_t *)&loop->limit);
    while (uv_loop_alive(&loop->uv) && (now_ms = net_now_ms()) < until_ms) {
        uv_update_time(&loop->uv);
        (void)uv_timer_start(&loop->limit, wake_up, until_ms - now_ms, 0);
        uv_run(&loop->uv, UV_RUN_ONCE);
    }
    uv_close((uv_handle_t *)&loop->limit, NULL);
    if (uv_run(&loop->uv, UV_RUN_NOWAIT) != 0)
        return false;
    net_loop_free(loop);
    return true;
}

uv_loop_t *net_loop_uv(struct net_loop *loop)
{
    return &loop->uv;
}

static void do_nothing(uv_work_t *work)
{
    (void)work;
}

static void forget(uv_work_t *work, int status)
{
    (void)status;
    free(work);
}

void net_loop_start_workers(struct net_loop *loop)
{
    uv_work_t *work = calloc(1, sizeof *work);

    if (work && uv_queue_work(&loop->uv, work, do_nothing, forget) != 0)
        free(work);
}

void net_loop_set_spawner(struct net_loop *loop, struct net_spawner *spawner)
{
    loop->spawner = spawner;
}

struct net_spawner *net_loop_spawner(const struct net_loop *loop)
{
    return loop->spawner;
}

void net_loop_run(struct net_loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void net_loop_stop(struct net_loop *loop)
{
    uv_stop(&loop->uv);
}

void net_loop_turn(struct net_loop *loop, bool wait)
{
    uv_run(&loop->uv, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

uint64_t net_now_ms(void)
{
    return uv_hrtime() / 1000000;
}

uint64_t net_at_least_ms(uint64_t until_ms, uint64_t least_ms)
{
    uint64_t moment_ms = net_now_ms() + least_ms;

    return until_ms > moment_ms ? until_ms : moment_ms;
}

uint64_t net_left_ms(uint64_t until_ms)
{
    uint64_t now_ms = net_now_ms();

    return until_ms > now_ms ? until_ms - now_ms : 0;
}

uint64_t net_now_us(void)
{
    return uv_hrtime() / 1000;
}

static void on_timer(uv_timer_t *timer)
{
    struct net_deadline *deadline = timer->data;

    deadline->when_ms = NEVER_MS;
    deadline->on_due(deadline->arg);
}

static void on_deadline_closed(uv_handle_t *handle)
{
    free(handle->data);
}

int net_deadline_new(struct net_loop *loop, void (*on_due)(void *arg), void *arg,
                     struct net_deadline **out)
{
    struct net_deadline *deadline = calloc(1, sizeof *deadline);
    int err = deadline ? uv_timer_init(&loop->uv, &deadline->timer) : -ENOMEM;

    if (err) {
        free(deadline);
        return err;
    }
    deadline->timer.data = deadline;
    deadline->when_ms = NEVER_MS;
    deadline->on_due = on_due;
    deadline->arg = arg;
    *out = deadline;
    return 0;
}

void net_deadline_free(struct net_deadline *deadline)
{
    if (deadline)
        uv_close((uv_handle_t *)&deadline->timer, on_deadline_closed);
}

void net_deadline_set(struct net_deadline *deadline, uint64_t when_ms)
{
    uint64_t now_ms;

    if (when_ms == deadline->when_ms)
        return; /* owners set it after everything they do; mostly it stays */
    deadline->when_ms = when_ms;
    if (when_ms == NEVER_MS) {
        uv_timer_stop(&deadline->timer);
        return;
    }
    /* libuv counts from the time at which its turn began, the same clock as net_now_ms. */
    now_ms = uv_now(deadline->timer.loop);
    uv_timer_start(&deadline->timer, on_timer, when_ms > now_ms ? when_ms - now_ms : 0, 0);
}
