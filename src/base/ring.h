/* base/ring.h - samples on their way from one thread to another, without a lock.
 *
 * One thread writes, one thread reads; neither ever waits, allocates or calls the system, so the
 * sound card's callback may be either of them. A sample is one int16_t: whoever uses more than one
 * channel writes and reads whole frames. */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stddef.h>
#include <stdint.h>

struct ring;

/* A ring for at least that many samples (rounded up to a power of two), empty; NULL without
 * memory. */
struct ring *ring_new(size_t samples);
/* Only when neither thread uses it any more. */
void ring_free(struct ring *r);

/* The writer's. Writes as many of the n samples as there is room for; returns how many. */
size_t ring_write(struct ring *r, const int16_t *samples, size_t n);
/* How many samples can be written; the reader may meanwhile make it more, never less. */
size_t ring_writable(const struct ring *r);

/* The reader's. Reads at most n samples; returns how many. */
size_t ring_read(struct ring *r, int16_t *samples, size_t n);
/* How many samples can be read; the writer may meanwhile make it more, never less. */
size_t ring_readable(const struct ring *r);
/* The reader's too: throws away the oldest n samples, or all there are; returns how many. */
size_t ring_drop(struct ring *r, size_t n);

#endif
