/* audio/wav.h - where the samples of the commonest sound file are: WAV, mono, 16 bit.
 *
 * Its 44 bytes of header are quickly read and written, and libsndfile holds 10 KiB for each file,
 * which a thousand calls that play or record feel. */
#ifndef AUDIO_WAV_H
#define AUDIO_WAV_H

#include <stdbool.h>
#include <stdint.h>

/* Samples of 16 bit, little-endian, one channel. */
struct wav {
    uint32_t rate_hz;
    uint64_t at; /* offset of the first sample in the file */
    uint64_t samples;
};

/* Reads what the file says of itself, without moving its position. False: it is of another kind,
 * or is damaged; libsndfile may know more about it. */
bool wav_find(int fd, struct wav *out);

#endif
