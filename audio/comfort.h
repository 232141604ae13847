/* audio/comfort.h - comfort noise (RFC 3389): what silence sounds like, in a few bytes, and when
 * there is silence. Pure; the same noise for everybody who begins alike. */
#ifndef AUDIO_COMFORT_H
#define AUDIO_COMFORT_H

#include "base/slice.h"

#define COMFORT_ORDER 10 /* coefficients that are heard; those beyond are finer than noise needs   \
                          */
#define COMFORT_SENT 6   /* that are sent */

struct comfort {
    uint8_t level; /* 0 to 127, -dBov: below the loudest that there can be */
    uint8_t order;
    double reflection[COMFORT_ORDER]; /* of the spectrum, within -1 and 1 */
};

/* 0, or -EBADMSG for an empty payload. */
int comfort_parse(struct slice payload, struct comfort *out);
/* Returns the bytes written, COMFORT_ORDER + 1 at most. */
size_t comfort_print(const struct comfort *c, unsigned char out[COMFORT_ORDER + 1]);
/* What these samples would sound like as noise; their level and COMFORT_SENT coefficients. */
void comfort_measure(const int16_t *samples, size_t n, struct comfort *out);

/* --- noise out ------------------------------------------------------------------------------- */

/* All zero at first: silent. */
struct comfort_noise {
    struct comfort like;
    bool known;
    double gain; /* follows like.level */
    double memory[COMFORT_ORDER];
    uint32_t seed;
};

void comfort_noise_set(struct comfort_noise *noise, const struct comfort *like);
void comfort_noise_make(struct comfort_noise *noise, int16_t *out, size_t n);

/* --- silence in ------------------------------------------------------------------------------ */

enum comfort_verdict {
    COMFORT_SPEECH,   /* send it */
    COMFORT_DESCRIBE, /* send how silence sounds */
    COMFORT_NOTHING,  /* send nothing */
};

/* All zero at first. */
struct comfort_listener {
    bool known;
    double floor_db;       /* of the noise, slowly up and quickly down */
    unsigned quiet_ms;     /* since speech was heard last */
    unsigned described_ms; /* since silence was described */
    struct comfort told;
};

/* The next packet of what is to be sent, of 10 ms at least; with COMFORT_DESCRIBE, how it
 * sounds. */
enum comfort_verdict comfort_listen(struct comfort_listener *l, const int16_t *samples, size_t n,
                                    uint32_t rate_hz, struct comfort *out);

#endif
