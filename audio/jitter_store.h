/* audio/jitter_store.h - the packets of a jitter buffer that wait, in order, and the memory of
 * those that do not. audio/jitter alone uses it. */
#ifndef AUDIO_JITTER_STORE_H
#define AUDIO_JITTER_STORE_H

#include "audio/jitter.h"

/* About as many as wait where copies come a fifth of a second later: behind a gap in which all of
 * them were played as many may come at once, and nothing is allocated for them. */
#define JITTER_SPARES 16

struct jitter_stored {
    int64_t sequence, timestamp; /* extended: they never wrap */
    uint32_t duration;
    uint8_t payload_type;
    bool fec, carries, bridge, copy;
    size_t n, cap;
    char bytes[];
};

/* All zero at first. */
struct jitter_store {
    struct jitter_stored *waiting[JITTER_PACKETS];
    size_t n;
    struct jitter_stored *spare[JITTER_SPARES];
};

/* A copy of the packet in its place; NULL without memory. There is room for one. */
struct jitter_stored *jitter_store_put(struct jitter_store *s, const struct jitter_packet *packet,
                                       int64_t sequence, int64_t timestamp);
/* The first, which is its taker's until given back; there is one. */
struct jitter_stored *jitter_store_take(struct jitter_store *s);
/* The copy that waits for that place goes, where there is one. */
void jitter_store_drop_copy(struct jitter_store *s, int64_t sequence);
void jitter_store_give_back(struct jitter_store *s, struct jitter_stored *p); /* NULL is fine */
void jitter_store_end(struct jitter_store *s);

#endif
