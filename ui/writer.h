/* ui/writer.h - bytes for a file of a disk, written by a thread of its own: poll(2) calls a file
 * writable whatever its disk does, and one that hangs would hang whoever writes.
 *
 * What is put is written in order and piece by piece. The thread starts with the first byte. Any
 * thread may put; all else is for the one that has made it. */
#ifndef UI_WRITER_H
#define UI_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

/* So much waits for its disk. A disk that works is behind by less, whatever is traced. */
#define WRITER_WAITING_MAX (8u << 20)

struct writer;

/* Writes to the file of fd, of which it has a copy. 0 or a negative errno; *out is NULL where fd is
 * none, or no regular file. */
int writer_new(int fd, struct writer **out);
/* Whether both are the same file: then one writer serves both, and their order stays. */
bool writer_is_for(const struct writer *writer, int fd);
/* One more owner, each of whom frees it. */
struct writer *writer_share(struct writer *writer);
/* All of bytes or nothing. 0; -ENOBUFS: no room, or no thread or memory now; else why writing has
 * ended for good. */
int writer_put(struct writer *writer, struct slice bytes);
/* Whether not even half of that waits. */
bool writer_has_room(struct writer *writer);
/* Waits for all that was put, until until_ms (net_now_ms) and no longer than patience_ms for any
 * piece of it. 0; why writing has ended; -ETIMEDOUT: the disk did not answer, and nothing else is
 * begun to be written. */
int writer_finish(struct writer *writer, uint64_t patience_ms, uint64_t until_ms);
/* The last owner's ends it; never waits. What is not written is lost. False: the thread is still at
 * a disk that hangs, and frees the rest when that lets it go. NULL is fine. */
bool writer_free(struct writer *writer);

#endif
