/* tests/lib/envelope.h - is this recording that sound? Compared by loudness over time, which
 * survives codecs, rates and delays, and does not survive lost, doubled or foreign sound. */
#ifndef TESTS_LIB_ENVELOPE_H
#define TESTS_LIB_ENVELOPE_H

#include <stddef.h>
#include <stdint.h>

struct envelope {
    double *rms; /* one value per 10 ms */
    size_t n;
};

/* Of a sound file. Ends the program where it cannot be read. */
struct envelope envelope_of_file(const char *path);
void envelope_free(struct envelope *e);

struct envelope_match {
    double correlation; /* Pearson's, -1 to 1, at the best delay */
    int delay_ms;       /* of the recording behind the original */
};

/* The best match over delays of 0 to max_delay_ms, over the whole length of the original, as far as
 * the recording goes (which counts as silent behind its end). */
struct envelope_match envelope_match(const struct envelope *original,
                                     const struct envelope *recording, int max_delay_ms);

/* The same for a recording whose delay follows the network, and wanders by within_ms either way of
 * what it is in the whole: each second matches by its own delay, and the worst of them counts. */
struct envelope_match envelope_match_moving(const struct envelope *original,
                                            const struct envelope *recording, int max_delay_ms,
                                            int within_ms);

/* Writes a sound like speech, to the eye: syllables and pauses, of random length and loudness. */
void envelope_write_syllables(const char *path, uint32_t rate_hz, unsigned ms, uint64_t seed);

#endif
