/* ui/output.h - lines to a terminal, pipe or file that never make the program wait.
 *
 * A line goes out at once where the descriptor takes it. A terminal that is stopped or a pipe that
 * nobody reads makes lines wait here instead, up to a ceiling, beyond which they are lost and
 * counted; a reader that has gone away loses them silently. Any thread may write. */
#ifndef UI_OUTPUT_H
#define UI_OUTPUT_H

#include <pthread.h>

#include "base/buf.h"

#define OUTPUT_WAITING_MAX 262144u

struct output {
    int fd; /* -1: nobody reads, everything is dropped */
    struct buf waiting;
    uint64_t lost; /* lines for which there was no room */
    int err;       /* why writing ended, a negative errno; 0: it goes on */
    pthread_mutex_t lock;
};

/* Writes to fd, which stays the caller's. SIGPIPE must be ignored. */
void output_init(struct output *out, int fd);
/* Whole lines with their newlines; ours, or made safe before. */
void output_put(struct output *out, struct slice lines);
/* The same, but waits for the reader, however long that takes: for lists that a person pages
 * through, while no call depends on us. */
void output_put_all(struct output *out, struct slice lines);
/* Tries to write what waits; whether nothing waits any more. */
bool output_flush(struct output *out);
/* Waits for at most limit_ms for what waits to leave, then frees the rest. */
void output_close(struct output *out, int limit_ms);

#endif
