/* tests/lib/loop_time.h - lets a loop of libuv run for a while. */
#ifndef TESTS_LIB_LOOP_TIME_H
#define TESTS_LIB_LOOP_TIME_H

#include <stdint.h>
#include <uv.h>

/* Runs the loop for ms of real time; nothing of it is left on the loop. */
void loop_run_ms(uv_loop_t *loop, uint64_t ms);

#endif
