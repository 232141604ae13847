/* phone/media_ring.h - a bell, or a file over and over, on devices that are opened for that.
 *
 * On the media thread, but for media_ring_new and _drop. The devices are closed by workers, so that
 * a ring that has ended is there for a moment still. */
#ifndef PHONE_MEDIA_RING_H
#define PHONE_MEDIA_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct media_ring;
struct media_thread;

/* On any thread. Strings are copied; tone NULL: a bell. NULL without memory. */
struct media_ring *media_ring_new(const char *const *devices, size_t n, const char *tone);
/* Of one that has not begun; NULL is fine. */
void media_ring_drop(struct media_ring *ring);

/* The ring is the thread's from now on. */
void media_ring_begin(struct media_thread *t, struct media_ring *ring);
/* What rings ends. */
void media_ring_end(struct media_thread *t);
/* Whether a device for it is open. */
bool media_ring_is_heard(const struct media_thread *t);
void media_ring_beat(struct media_thread *t, uint64_t due_us, uint64_t elapsed_us);

#endif
