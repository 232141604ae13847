/* tests/unit/phone/piped.h - a reader of sound out of a descriptor, beat by beat, and who writes
 * into its pipe. */
#ifndef TESTS_UNIT_PHONE_PIPED_H
#define TESTS_UNIT_PHONE_PIPED_H

#include "phone/media_pipe.h"
#include "tests/lib/rows.h"

struct piped {
    uv_loop_t loop;
    struct media_pipe_in *in;
    int failures, closed;
    char why[MEDIA_WHY_MAX];
};

/* A copy of fd, as the media thread has it. */
int piped_own(int fd, bool reads);
/* Opens a copy of fd. */
struct piped *piped_open(int fd, uint32_t rate_hz, uint8_t channels, bool live);
/* Waits until it is closed, which it tells once. */
void piped_close(struct piped *r);
/* The next n samples, of one channel; fewer where the writer is slow. */
size_t piped_take(struct piped *r, int16_t *out, size_t n, uint32_t rate_hz);
/* Waits for helpers until the end: all samples, at most room. */
size_t piped_take_all(struct piped *r, int16_t *out, size_t room, uint32_t rate_hz);

void piped_make(int out[2]);
void piped_put(int fd, const void *bytes, size_t n);
/* Samples first, first + 1 … */
void piped_put_count(int fd, int first, size_t n);

#endif
