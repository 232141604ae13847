#include "tests/lib/loop_time.h"

#include <stdbool.h>

/* One that was due before the loop has looked at the clock would not keep it from waiting. */
static void on_time(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
    uv_stop(timer->loop);
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
