/* audio/jitter_private.h - a jitter buffer from the inside, for audio/jitter.c (packets in) and
 * audio/jitter_decide.c (decisions out). */
#ifndef AUDIO_JITTER_PRIVATE_H
#define AUDIO_JITTER_PRIVATE_H

#include "audio/jitter.h"
#include "audio/jitter_delay.h"
#include "audio/jitter_store.h"

#define JITTER_SEEN 64    /* sequence numbers of which it is known whether they came */
#define JITTER_AVERAGE 64 /* packets over which shares are averaged */
#define JITTER_COPIES 3   /* of one packet whose worth is told apart */

struct jitter {
    struct jitter_config config;
    struct jitter_stats stats;
    uint64_t played_us, concealed_us, held_us;
    uint64_t decoded, delayed_us; /* packets that were played, and their delays put together */

    /* The stream. */
    bool known; /* ssrc and the highest of all are */
    uint32_t ssrc;
    int64_t high_sequence, high_timestamp, high_arrival;
    uint64_t seen;             /* bit i: high_sequence - i has come */
    uint64_t copied;           /* bit i: a copy of it has, before itself */
    int64_t when[JITTER_SEEN]; /* timestamp of each that has, by sequence; INT64_MIN: no sound */
    struct {
        uint32_t share;    /* of all packets that this copy alone has brought, of 65536 */
        uint32_t units;    /* by so much it comes later, */
        uint32_t farthest; /* and by so much at most so far */
        bool worth;        /* which is waited for */
    } copies[JITTER_COPIES];
    int32_t suspect; /* sequence number that would confirm a jump; -1: none */
    bool odd;        /* the latest packet had a timestamp that does not fit its number: */
    uint32_t odd_timestamp;
    uint64_t epoch_us;
    uint32_t packet_units; /* duration of the latest packet */
    uint32_t disorder;     /* share of packets that others overtook, of 65536 */
    uint32_t missing;      /* share of those that were given up */
    uint32_t gone;    /* share of those that did not come themselves, not even late (2^24: all), */
    uint32_t gone_of; /* of so many */
    struct {
        bool some; /* what replaces one has to be waited for; */
        bool many; /* and may be lost as well */
    } loses;
    struct jitter_delay delays;

    struct jitter_store store;
    struct jitter_stored *given; /* the one given out last */
    uint16_t discarded[JITTER_TOLD];
    uint32_t n_discarded, n_told; /* in all; of these, those that the owner has asked for */

    /* Where we play. */
    bool paused; /* before the first packet and in pauses */
    bool fresh;  /* the next packet is a stream's first */
    int64_t next_sequence, next_timestamp;
    int64_t delayed;       /* how late the latest packet was played */
    int64_t rest_sequence; /* of the latest packet behind which the sender rests */
    uint32_t held, drawn;  /* played while the place in the stream stood still; held of it */
    uint32_t ahead[2];     /* the most that was queued when sound was asked for: lately, before */
    uint32_t asked;        /* how often it was */
    uint32_t skipped;      /* held, and then it was lost: for the decision about the next packet */
};

static inline int64_t units(const struct jitter *j, int64_t ms)
{
    return ms * j->config.clock_hz / 1000;
}

static inline int64_t ms_of(const struct jitter *j, int64_t clock_units)
{
    return clock_units * 1000 / j->config.clock_hz;
}

static inline int64_t units_of_us(const struct jitter *j, int64_t us)
{
    return us / 1000000 * j->config.clock_hz + us % 1000000 * j->config.clock_hz / 1000000;
}

static inline int64_t us_of(const struct jitter *j, int64_t clock_units)
{
    return clock_units / j->config.clock_hz * 1000000 +
           clock_units % j->config.clock_hz * 1000000 / j->config.clock_hz;
}

/* Clock units since the first packet of the stream; before it, all is 0. */
static inline int64_t time_of(const struct jitter *j, uint64_t now_us)
{
    return units_of_us(j, now_us > j->epoch_us ? (int64_t)(now_us - j->epoch_us) : 0);
}

/* A share of the latest packets, of 65536, after one more. */
static inline uint32_t average(uint32_t share, bool one)
{
    return share - share / JITTER_AVERAGE + (one ? 65536 / JITTER_AVERAGE : 0);
}

static inline bool is_noted(const struct jitter *j, uint64_t bits, int64_t sequence)
{
    int64_t behind = j->high_sequence - sequence;

    return behind >= 0 && behind < JITTER_SEEN && (bits >> behind & 1);
}

/* Itself, or a copy of it. */
static inline bool has_come(const struct jitter *j, int64_t sequence)
{
    return is_noted(j, j->seen | j->copied, sequence);
}

/* The payload that the latest decision gave out is no longer good. */
static inline void release_given(struct jitter *j)
{
    jitter_store_give_back(&j->store, j->given);
    j->given = NULL;
}

static inline void discard_first(struct jitter *j)
{
    struct jitter_stored *first = jitter_store_take(&j->store);

    j->discarded[j->n_discarded++ % JITTER_TOLD] = (uint16_t)first->sequence;
    jitter_store_give_back(&j->store, first);
    j->stats.discarded++;
}

#endif
