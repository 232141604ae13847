/* ui/output.h - lines to a terminal, pipe or file that never make the program wait.
 *
 * A line goes out at once where the descriptor takes it. A terminal that is stopped or a pipe that
 * nobody reads makes lines wait here instead, up to a ceiling, beyond which they are lost and
 * counted; a reader that has gone away loses them silently. While a loop runs lines for a file of a
 * disk are a thread's to write (ui/writer.h), with a ceiling of its own. Any thread may write. */
#ifndef UI_OUTPUT_H
#define UI_OUTPUT_H

#include <pthread.h>

#include "base/buf.h"
#include "ui/writer.h"

#define OUTPUT_WAITING_MAX 262144u

struct output {
    int fd; /* -1: nobody reads, everything is dropped */
    struct buf waiting;
    struct writer *writer; /* NULL: not for now, or fd is no file */
    uint64_t lost;         /* lines for which there was no room */
    int err;               /* why writing ended, a negative errno; 0: it goes on */
    pthread_mutex_t lock;
};

/* Writes to fd, which stays the caller's. SIGPIPE must be ignored. */
void output_init(struct output *out, int fd);
/* From now on no disk is waited for: a writer writes where fd is a file, that of the others where
 * it is the same file. 0 or a negative errno. */
int output_write_behind(struct output *out, struct output *const others[], size_t n_others);
/* Whole lines with their newlines; ours, or made safe before. */
void output_put(struct output *out, struct slice lines);
/* The same, but waits for the reader, however long that takes: for lists that a person pages
 * through, while no call depends on us. */
void output_put_all(struct output *out, struct slice lines);
/* Tries to write what waits; whether nothing waits any more that wants another try. */
bool output_flush(struct output *out);
/* Whether so little waits that something may be said about what was lost. */
bool output_has_room(struct output *out);
/* Waits for what waits to leave, until until_ms (net_now_ms), and for a reader no longer than
 * reader_ms, for a disk no longer than disk_ms, to take a piece of it; then frees the rest. False:
 * a thread hangs at the disk (writer_free). */
bool output_close(struct output *out, int reader_ms, int disk_ms, uint64_t until_ms);

#endif
