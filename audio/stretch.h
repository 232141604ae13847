/* audio/stretch.h - playing a stretch of speech faster or slower at the same pitch, by leaving out
 * or repeating whole periods where they match their neighbours (WSOLA). In place.
 *
 * Of two channels, interleaved, both are compared together and cut at the same frame. Every count
 * of samples is per channel.
 *
 * In a pause anything matches, so any length can go or come there; in speech only whole periods of
 * 2.5 to 12 ms do. */
#ifndef AUDIO_STRETCH_H
#define AUDIO_STRETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STRETCH_PERIOD_MAX_MS 12
#define STRETCH_LEAST_MS 20 /* the least length that speech is worked on in */
#define STRETCH_ALIKE 0.85  /* a change that few would hear */
#define STRETCH_DRAW_MS 24  /* of sound before it that drawing out needs */

struct stretch_how {
    uint32_t rate_hz;
    uint8_t channels; /* 1 or 2; 0: 1 */
    size_t most;      /* samples to come or go, never more */
    double alike;     /* correlation of periods, up to 1; STRETCH_ALIKE as a rule; more: speech
                         stays as it is */
    double pause;     /* root mean square under which all is a pause; what is under 30 always is */
};

/* Both return the new number of samples: n as it was where nothing could go or come without being
 * heard. Not more than half of it goes, and stretch_expand does no more than double it: it needs
 * room for n and the less of how->most and n. */
size_t stretch_accelerate(int16_t *samples, size_t n, const struct stretch_how *how);
size_t stretch_expand(int16_t *samples, size_t n, const struct stretch_how *how);

/* The period of what ends at end, STRETCH_DRAW_MS of it: what comes closest. */
size_t stretch_period(const int16_t *end, unsigned channels, uint32_t rate_hz);
/* Draws it out: n samples at end that repeat the last period. */
void stretch_draw_out(int16_t *end, unsigned channels, size_t n, size_t period);
/* n samples become louder from nothing, or softer until they are. */
void stretch_fade(int16_t *samples, unsigned channels, size_t n, bool in);
/* Joins what comes behind it, n samples at next that stand in the place of end, without a click. */
void stretch_join(const int16_t *end, int16_t *next, unsigned channels, size_t n, size_t period,
                  uint32_t rate_hz);

#endif
