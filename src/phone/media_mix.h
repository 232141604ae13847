/* phone/media_mix.h - conferences on the media thread: what each stream of one has received goes to
 * all others of it, never back to itself.
 *
 * A beat has two halves: all streams receive and play, then those of a mix send. So a conference
 * adds no more than the wait for the next packet. What a stream sends is its own source and the sum
 * of all without itself: n members cost n additions and n subtractions, not n * n. Who sends at the
 * same rate shares a sum, and a rate is converted by sums, not by members: with two rates that is
 * twice a beat, however many there are, and not at all where all have the same one.
 *
 * Whoever holds us is not heard by the others meanwhile: music is meant for one who waits. */
#ifndef PHONE_MEDIA_MIX_H
#define PHONE_MEDIA_MIX_H

#include <stddef.h>
#include <stdint.h>

struct media_stream;
struct media_thread;

/* The stream belongs to the mix of that number from now on, which begins with its first member and
 * ends with its last; 0: to none. */
void stream_set_mix(struct media_stream *s, uint32_t number);
/* Of a stream in a mix: what it plays in this beat. */
void stream_mix_put(struct media_stream *s, const int16_t *samples, size_t n, uint32_t rate_hz);
/* Likewise: adds what the others said to n samples of its source, at the encoder's rate. */
void stream_mix_onto(struct media_stream *s, int16_t *out, size_t n);
/* The second half of the beat. */
void media_mix_beat(struct media_thread *t, uint64_t due_us);

#endif
