/* tests/lib/echo_room.h - a room with a loudspeaker and a microphone in it, made of numbers: what
 * is played comes back late, from many walls, softer and softer. */
#ifndef TESTS_LIB_ECHO_ROOM_H
#define TESTS_LIB_ECHO_ROOM_H

#include <stddef.h>
#include <stdint.h>

struct echo_room {
    uint32_t rate_hz, seed;
    double delay_ms;  /* of the devices: to the first wall */
    double loss_db;   /* of the whole echo, against what is played */
    double jump_at_s; /* from then on the delay is jump_ms longer; 0: never */
    double jump_ms;
    double drift_ppm; /* by which the microphone's clock is slower than the loudspeaker's */
    double reverb_ms; /* until what the walls give back is 60 dB softer; 0: 250, up to 1000 */
};

/* The echo of n samples that were played. */
void echo_room_hear(const struct echo_room *room, const int16_t *played, float *echo, size_t n);

#endif
