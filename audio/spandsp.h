/* audio/spandsp.h - the little of spandsp that we use (G.722), loaded when a call speaks it, as
 * spandsp brings a dozen libraries for pictures of faxes along.
 *
 * Its header wants those of libtiff, and both to be there when tphone is built. So the functions
 * are declared here: they are the same in 0.0.6 (libspandsp.so.2) and in 3.0 (libspandsp.so.3). */
#ifndef AUDIO_SPANDSP_H
#define AUDIO_SPANDSP_H

#include <stdbool.h>
#include <stdint.h>

struct spandsp {
    /* state NULL: allocates one. rate: 64000 bit/s. options 0: samples at 16 kHz, a byte for
     * two. */
    void *(*g722_encode_init)(void *state, int rate, int options);
    int (*g722_encode_free)(void *state);
    /* Each returns how many it has put out. */
    int (*g722_encode)(void *state, uint8_t bytes[], const int16_t samples[], int n_samples);
    void *(*g722_decode_init)(void *state, int rate, int options);
    int (*g722_decode_free)(void *state);
    int (*g722_decode)(void *state, int16_t samples[], const uint8_t bytes[], int n_bytes);
};

/* From any thread; the first time it may read files, and whoever asks meanwhile waits. NULL: it is
 * not installed. */
const struct spandsp *spandsp_load(void);
/* Whether it is installed, so that G.722 may be offered. Mostly a look is enough; what could not be
 * loaded in spite of that is not there any more. */
bool spandsp_is_there(void);

#endif
