/* tests/lib/air.h - a PortAudio made of nothing, for programs that are linked with $(air_ldflags):
 * cards that a test plugs in, unplugs and lets run.
 *
 * It has no thread and no clock: a card runs while the test says so, a frame at a time.
 * As with the real one the list of cards is that of the moment at which the first has initialized
 * it, until the last has terminated it. Cards may run on one thread and be opened on another; they
 * are plugged and unplugged by the one that runs them. */
#ifndef TESTS_LIB_AIR_H
#define TESTS_LIB_AIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AIR_HZ 48000
#define AIR_FRAME 480 /* ten milliseconds */

/* Cards that are opened from now on call for n samples at a time, AIR_FRAME at most and at
 * first. */
void air_set_frame(size_t n);

/* A card with a microphone and a loudspeaker of one channel; the first that is listed is the
 * default. */
void air_plug(const char *name);
/* What was opened on it ends by itself, as if its server had gone. */
void air_unplug(const char *name);
/* It has so many channels to capture and to play, and says that it has so many each way. */
void air_set_channels(const char *name, unsigned said, unsigned inputs, unsigned outputs);
/* It has a microphone alone, or a loudspeaker; with both again. */
void air_set_directions(const char *name, bool captures, bool plays);
/* While it is refused it is listed and cannot be opened. */
void air_refuse(const char *name, bool refused);
/* While another program uses it it is plugged in, but neither listed nor free. */
void air_take(const char *name, bool taken);
/* It has so many devices beside, which are free and not listed. */
void air_add(const char *name, unsigned devices);
/* None is there any more. Nothing may be open. */
void air_clear(void);

/* Whether one of its directions is. */
bool air_is_open(const char *name);
bool air_captures(const char *name);
bool air_plays(const char *name);
/* With how many channels it was opened last, to capture and to play. */
unsigned air_inputs(const char *name);
unsigned air_outputs(const char *name);
/* The card takes a frame, said (NULL: silence), and gives one, heard (NULL: nobody listens),
 * silence where it is not open; trouble: and complains about both. They have the channels that it
 * was opened with. */
void air_run(const char *name, const int16_t *said, int16_t *heard, bool trouble);

#endif
