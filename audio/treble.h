/* audio/treble.h - whether a sound reaches above 8 kHz. Many do not, though their samples could:
 * those of a headset without a wire, of an old file, of somebody who came by G.722. An encoder that
 * does not know spends bits on what nobody hears.
 *
 * Pure, at 48 kHz only. It is enough to look at a part of the sound: 600,000 products a second. */
#ifndef AUDIO_TREBLE_H
#define AUDIO_TREBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREBLE_HZ 48000
#define TREBLE_TAPS 87

struct treble {
    float tap[TREBLE_TAPS]; /* of a filter that lets pass what is above 10 kHz, nothing below 8 */
    size_t without;         /* samples of sound since there was any */
};

void treble_init(struct treble *t);
/* n more samples a channel. Whether nothing above 8 kHz has been heard for a second of sound, these
 * included; pauses do not count. */
bool treble_is_missing(struct treble *t, const int16_t *samples, size_t n, unsigned channels);

#endif
