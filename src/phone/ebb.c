#include "phone/ebb.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#define EARLIER 10 /* that part of the rest passes before the first look */
#define FLOOD 16   /* calls at once; what fewer leave behind is not worth the trouble */
#define STACK_BYTES (256u << 10)

static void give_back(void *arg)
{
    (void)arg;
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}

static bool is_low(const struct ebb *ebb)
{
    return ebb->most >= FLOOD && ebb->calls <= ebb->most / 2;
}

/* It has ended long ago, but for its last words. */
static void end_giver(struct ebb *ebb)
{
    if (ebb->gives)
        uv_thread_join(&ebb->giver);
    ebb->gives = false;
}

/* A thread of its own: libuv ends the process where it has no memory for its workers. */
static bool give_back_now(struct ebb *ebb)
{
    const uv_thread_options_t options = {.flags = UV_THREAD_HAS_STACK_SIZE,
                                         .stack_size = STACK_BYTES};

    end_giver(ebb);
    ebb->gives = uv_thread_create_ex(&ebb->giver, &options, give_back, NULL) == 0;
    return ebb->gives;
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
    end_giver(ebb);
}
