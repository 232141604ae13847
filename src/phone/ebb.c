#include "phone/ebb.h"

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define EARLIER 10 /* that part of the rest passes before the first look */
#define FLOOD 16   /* calls at once; what fewer leave behind is not worth the trouble */

static void give_back(uv_work_t *work)
{
    (void)work;
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}

static void on_given_back(uv_work_t *work, int status)
{
    (void)status;
    free(work);
}

static bool is_low(const struct ebb *ebb)
{
    return ebb->most >= FLOOD && ebb->calls <= ebb->most / 2;
}

static bool give_back_now(struct ebb *ebb)
{
    uv_work_t *work = malloc(sizeof *work);

    if (work && uv_queue_work(net_loop_uv(ebb->loop), work, give_back, on_given_back) == 0)
        return true;
    free(work);
    return false;
}

/* Where the tide has come in again, the next ebb is waited for. */
static void on_due(void *arg)
{
    struct ebb *ebb = arg;
    bool gave = is_low(ebb) && give_back_now(ebb);

    if (gave && !ebb->gave_early) {
        ebb->gave_early = true;
        net_deadline_set(ebb->due, net_now_ms() + ebb->rest_ms);
        return;
    }
    ebb->is_set = ebb->gave_early = false;
    if (gave)
        ebb->most = ebb->calls;
}

void ebb_calls(struct ebb *ebb, size_t calls)
{
    ebb->calls = calls;
    if (calls > ebb->most)
        ebb->most = calls;
    if (!is_low(ebb) || (!ebb->due && net_deadline_new(ebb->loop, on_due, ebb, &ebb->due) != 0))
        return;
    if (!ebb->is_set)
        net_deadline_set(ebb->due, net_now_ms() + ebb->rest_ms / EARLIER);
    ebb->is_set = true;
}

void ebb_free(struct ebb *ebb)
{
    net_deadline_free(ebb->due);
}
