/* tests/bench/bench_speech.h - speech from a file as packets of 20 ms, as bench_sip says it; and
 * what libopus alone takes for that. */
#ifndef TESTS_BENCH_BENCH_SPEECH_H
#define TESTS_BENCH_BENCH_SPEECH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TICK_US 20000

/* Of bench_sip. */
void die(const char *what);
int64_t now_us(void);

struct speech {
    int16_t *samples;
    size_t n, at, frame;
    struct OpusEncoder *opus; /* NULL: PCMU */
};

/* path: raw samples. Not is_opus: PCMU. */
struct speech speech_open(const char *path, bool is_opus);
/* The next 20 ms of it, from the start again at the end. */
size_t speech_encode(struct speech *s, uint8_t *out, size_t cap);
void speech_close(struct speech *s);

/* What libopus takes for a minute of speech like the first seconds of it, those that a phone says
 * in a call as long: all at once, which no phone can do with less than; and packet by packet, when
 * others have used caches and core meanwhile. Other speech is of no use here: what libopus takes
 * for music costs it half. */
int opus_alone(const char *path, int seconds);

#endif
