/* audio/sniff.h - what kind of sound a stream of bytes is, as its first bytes tell.
 *
 * For what comes through a pipe, where nothing can be read twice: it asks for as many bytes as it
 * needs and never for one of the samples. Pure. */
#ifndef AUDIO_SNIFF_H
#define AUDIO_SNIFF_H

#include <stddef.h>
#include <stdint.h>

#define SNIFF_MOST 4096              /* it never asks for more */
#define SNIFF_WITHOUT_END UINT64_MAX /* as a length: as long as bytes come */

enum sniff_kind {
    SNIFF_MORE,  /* ask again with so many bytes as `wants` says, in all */
    SNIFF_RAW,   /* no header that we know: samples from the first byte on */
    SNIFF_WAV,   /* samples of 16 bits, signed, little-endian, from byte `at` on */
    SNIFF_OTHER, /* a container that libsndfile may know: Ogg, or WAV of another encoding */
};

struct sniffed {
    enum sniff_kind kind;
    size_t wants; /* MORE */
    /* WAV: */
    size_t at;
    uint32_t rate_hz; /* 1,000 to 384,000 */
    uint8_t channels; /* 1 or 2 */
    uint64_t bytes;   /* of samples. Who writes to a pipe cannot know it in time: 0 and
                       * lengths from 0x7fff0000 on stand for SNIFF_WITHOUT_END */
};

/* The first n bytes of the stream, the number that the answer before asked for or more; begin
 * with 0. */
struct sniffed sniff(const unsigned char *p, size_t n);

#endif
