/* audio/jitter_delay.h - what the delays of one stream are like, and how long its packets are to be
 * held back in consequence. Pure: a plain value, and microseconds of any one steady clock.
 *
 * A packet's offset is its moment of arrival less its timestamp. What counts is by how much that is
 * over the least of the last two seconds; so a route that becomes longer for good, or a clock that
 * drifts, is followed, and what was learnt before moves along.
 *
 * These delays go into a histogram that forgets half in ten seconds, and in the first thirty in a
 * third of the time that it knows. A spike, far above all else, is kept out of it, else one would
 * hold back the next minute: only its height is noted, and when
 * spikes come again within a minute they are prepared for. What is far above for more than a tenth
 * of the packets is no spike but how the network is now. */
#ifndef AUDIO_JITTER_DELAY_H
#define AUDIO_JITTER_DELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JITTER_DELAY_WINDOWS 8 /* of a quarter of a second */
#define JITTER_DELAY_BUCKETS 250
#define JITTER_DELAY_PEAKS 8

struct jitter_delay {
    bool known; /* offsets of this time line have been noted */
    int64_t least_us[JITTER_DELAY_WINDOWS], base_us;
    uint64_t window, noted_us; /* number of the latest window; the latest packet's arrival */
    uint64_t settled;          /* number of the window from which on the base is trusted */
    double drift_us;           /* that the clocks may have run apart by since the base fell */
    int64_t shift_us;          /* of the histogram, less than a bucket */

    float bucket[JITTER_DELAY_BUCKETS], weight, total;
    size_t used;      /* from this bucket on they are empty */
    uint32_t counted; /* packets that are in it, */
    float age_s;      /* and how long they last */
    uint32_t start_ms, wanted_ms;

    bool in_spike;
    float spike_share; /* of the latest packets */
    struct {
        uint64_t at_us;
        uint32_t ms;
    } peak[JITTER_DELAY_PEAKS]; /* 0 ms: none */
    size_t peaks;               /* how many there were */
};

/* start_ms: what is wanted at least while little is known; 70 ms more as long as there is but one
 * packet, as the second tells most about the others. */
void jitter_delay_init(struct jitter_delay *d, uint32_t start_ms);
/* Offsets begin anew: another stream. What was learnt stays. */
void jitter_delay_restart(struct jitter_delay *d);
/* A packet of packet_us that arrived at now_us. */
void jitter_delay_note(struct jitter_delay *d, int64_t offset_us, uint64_t now_us,
                       uint32_t packet_us);

/* The offset of the quickest packet; delays are counted from there. */
int64_t jitter_delay_base_us(const struct jitter_delay *d);
/* For how long after that a packet should be waited for. */
uint32_t jitter_delay_wanted_ms(const struct jitter_delay *d);
/* By how much even the quickest of the latest half second was behind it, beyond chance: a route
 * that has become longer, if it stays so. */
int64_t jitter_delay_risen_us(const struct jitter_delay *d);
/* Whether the latest packet was far above all that is expected. */
bool jitter_delay_in_spike(const struct jitter_delay *d);

#endif
