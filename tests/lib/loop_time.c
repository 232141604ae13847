#include "tests/lib/loop_time.h"

#include <stdbool.h>

static void on_time(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

void loop_run_ms(uv_loop_t *loop, uint64_t ms)
{
    uv_timer_t timer;
    bool over = false;

    uv_timer_init(loop, &timer);
    timer.data = &over;
    uv_timer_start(&timer, on_time, ms, 0);
    while (!over)
        uv_run(loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
}
