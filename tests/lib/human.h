/* tests/lib/human.h - what people have said, of the recordings that scripts/install-deps brings. */
#ifndef TESTS_LIB_HUMAN_H
#define TESTS_LIB_HUMAN_H

#include <stddef.h>
#include <stdint.h>

enum human { HUMAN_WOMAN, HUMAN_MAN };

/* n samples at rate_hz, over and over where there are less, of sound up to 8 kHz; as loud as what
 * speech_make makes. -ENOENT: they are not installed. */
int human_speech(int16_t *out, size_t n, uint32_t rate_hz, enum human who);

#endif
