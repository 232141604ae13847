#include "audio/jitter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    PACKET_MAX_MS = 120,
    STEP_MS = 10,       /* how much is played at a time while nothing is there */
    HOLD_MS = 100,      /* concealed without a packet, before it counts as a pause */
    EXCESS_MS = 200,    /* delay over the target that is thrown away, not played faster */
    SLOW_MS = 10,       /* delay over the target from which on to play faster */
    FAST_MS = 5,        /* delay under the target from which on to play slower */
    JUMP_MS = 2000,     /* timestamps ahead of the time by more are another stream's */
    MAX_DROPOUT = 3000, /* RFC 3550 A.1 */
    MAX_MISORDER = 100,
    BUCKET_MS = 5,
    BUCKETS = JITTER_MAX_MS / BUCKET_MS,
    SEEN = 64,   /* sequence numbers of which it is known whether they came */
    WINDOWS = 4, /* of a second each: in these the quickest packet is looked for */
    SPARES = 4,
    PAYLOAD_STEP = 128, /* packets are allocated in such steps, to fit the next one as well */
};

static const double QUANTILE = 0.98;
static const double FORGET = 1.002; /* weight of a packet against the one before: half in 7 s */

struct packet {
    int64_t sequence, timestamp; /* extended: they never wrap */
    uint32_t duration;
    uint8_t payload_type;
    bool fec;
    size_t n, cap;
    char bytes[];
};

struct jitter {
    struct jitter_config config;
    struct jitter_stats stats;
    uint64_t played_us, concealed_us;

    /* The stream. */
    bool known; /* ssrc and the highest of all are */
    uint32_t ssrc;
    int64_t high_sequence, high_timestamp, high_arrival;
    uint64_t seen;   /* bit i: high_sequence - i has come */
    int32_t suspect; /* sequence number that would confirm a jump; -1: none */
    uint64_t epoch_us;
    uint32_t packet_units; /* duration of the latest packet */

    /* What waits, in order of sequence numbers; the one given out last; memory for others. */
    struct packet *waiting[JITTER_PACKETS];
    struct packet *given;
    struct packet *spare[SPARES];

    /* Where we play. */
    bool paused; /* before the first packet and in pauses */
    bool fresh;  /* the next packet is a stream's first */
    int64_t next_sequence, next_timestamp;
    uint32_t held; /* concealed while nothing waited; the place in the stream stood still */

    /* What delays were: arrival time less timestamp, the least of each second. */
    int64_t quickest[WINDOWS];
    int64_t window; /* number of the current second */
    double bucket[BUCKETS], weight, total;
    uint32_t target_ms;
};

static int64_t units(const struct jitter *j, int64_t ms)
{
    return ms * j->config.clock_hz / 1000;
}

static int64_t ms_of(const struct jitter *j, int64_t clock_units)
{
    return clock_units * 1000 / j->config.clock_hz;
}

/* Clock units since the first packet of the stream; before it, all is 0. */
static int64_t time_of(const struct jitter *j, uint64_t now_us)
{
    uint64_t us = now_us > j->epoch_us ? now_us - j->epoch_us : 0;

    return (int64_t)(us / 1000000 * j->config.clock_hz +
                     us % 1000000 * j->config.clock_hz / 1000000);
}

/* ---- delays ---- */

static void set_target(struct jitter *j)
{
    double below = 0;
    int64_t least = ms_of(j, j->packet_units), target = 0;

    while (target < BUCKETS && below < QUANTILE * j->total)
        below += j->bucket[target++];
    target *= BUCKET_MS;
    if (least < j->config.min_ms)
        least = j->config.min_ms;
    if (target < least)
        target = least;
    if (target > j->config.max_ms)
        target = j->config.max_ms;
    j->target_ms = (uint32_t)target;
}

/* One packet's worth of belief in the first target, which a second of experience outweighs. */
static void start_histogram(struct jitter *j)
{
    size_t bucket = (j->config.start_ms - 1u) / BUCKET_MS;

    j->weight = 1;
    j->total = 1;
    j->bucket[bucket < BUCKETS ? bucket : BUCKETS - 1] = 1;
    set_target(j);
}

static int64_t quickest(const struct jitter *j)
{
    int64_t least = j->quickest[0];

    for (size_t i = 1; i < WINDOWS; i++)
        if (j->quickest[i] < least)
            least = j->quickest[i];
    return least;
}

static void note_quickest(struct jitter *j, int64_t offset, int64_t arrival)
{
    int64_t window = arrival / j->config.clock_hz;

    /* Seconds without a packet know nothing, so they take over what was known before. */
    if (window > j->window + WINDOWS) {
        j->quickest[(window - WINDOWS) % WINDOWS] = j->quickest[j->window % WINDOWS];
        j->window = window - WINDOWS;
    }
    while (j->window < window) {
        int64_t before = j->quickest[j->window % WINDOWS];

        j->window++;
        j->quickest[j->window % WINDOWS] = j->window < window ? before : offset;
    }
    if (offset < j->quickest[window % WINDOWS])
        j->quickest[window % WINDOWS] = offset;
}

static void learn_delay(struct jitter *j, int64_t timestamp, int64_t arrival)
{
    int64_t offset = arrival - timestamp, bucket;

    note_quickest(j, offset, arrival);
    bucket = ms_of(j, offset - quickest(j)) / BUCKET_MS;
    if (bucket >= BUCKETS)
        bucket = BUCKETS - 1;
    j->weight *= FORGET;
    j->bucket[bucket] += j->weight;
    j->total += j->weight;
    if (j->weight > 1e9) {
        for (size_t i = 0; i < BUCKETS; i++)
            j->bucket[i] /= j->weight;
        j->total /= j->weight;
        j->weight = 1;
    }
    set_target(j);
}

/* By how much a timestamp would be behind the quickest packet, if it were played at play. */
static int64_t delay(const struct jitter *j, int64_t timestamp, int64_t play)
{
    return play - timestamp - quickest(j);
}

/* ---- memory ---- */

static struct packet *packet_new(struct jitter *j, size_t n)
{
    struct packet *p;
    size_t cap;

    for (size_t i = 0; i < SPARES; i++)
        if (j->spare[i] && j->spare[i]->cap >= n) {
            p = j->spare[i];
            j->spare[i] = NULL;
            return p;
        }
    cap = (n + PAYLOAD_STEP - 1) / PAYLOAD_STEP * PAYLOAD_STEP;
    p = malloc(sizeof *p + cap);
    if (p)
        p->cap = cap;
    return p;
}

static void packet_free(struct jitter *j, struct packet *p)
{
    for (size_t i = 0; p && i < SPARES; i++)
        if (!j->spare[i]) {
            j->spare[i] = p;
            return;
        }
    free(p);
}

static struct packet *take_first(struct jitter *j)
{
    struct packet *p = j->waiting[0];

    j->stats.waiting--;
    memmove(j->waiting, j->waiting + 1, j->stats.waiting * sizeof(struct packet *));
    return p;
}

static void discard_first(struct jitter *j)
{
    packet_free(j, take_first(j));
    j->stats.discarded++;
}

static void release_given(struct jitter *j)
{
    packet_free(j, j->given);
    j->given = NULL;
}

int jitter_new(const struct jitter_config *config, struct jitter **out)
{
    struct jitter *j;

    if (config->clock_hz < 1000)
        return -EINVAL;
    j = calloc(1, sizeof *j);
    if (!j)
        return -ENOMEM;
    j->config = *config;
    if (j->config.packet_ms == 0 || j->config.packet_ms > PACKET_MAX_MS)
        j->config.packet_ms = 20;
    if (j->config.start_ms == 0)
        j->config.start_ms = (uint16_t)(2 * j->config.packet_ms);
    if (j->config.max_ms == 0 || j->config.max_ms > JITTER_MAX_MS)
        j->config.max_ms = JITTER_MAX_MS;
    j->suspect = -1;
    j->paused = j->fresh = true;
    j->packet_units = (uint32_t)units(j, j->config.packet_ms);
    start_histogram(j);
    *out = j;
    return 0;
}

void jitter_free(struct jitter *j)
{
    if (!j)
        return;
    jitter_flush(j);
    for (size_t i = 0; i < SPARES; i++)
        free(j->spare[i]);
    free(j);
}

void jitter_flush(struct jitter *j)
{
    release_given(j);
    while (j->stats.waiting)
        packet_free(j, take_first(j));
    j->known = false;
    j->suspect = -1;
    j->paused = j->fresh = true;
    j->held = 0;
}

void jitter_set_clock(struct jitter *j, uint32_t clock_hz)
{
    int64_t packet_ms = ms_of(j, j->packet_units);

    jitter_flush(j);
    j->config.clock_hz = clock_hz;
    j->packet_units = (uint32_t)units(j, packet_ms);
}

/* ---- packets in ---- */

static void begin_stream(struct jitter *j, const struct jitter_packet *packet, uint64_t now_us)
{
    if (j->known) {
        j->stats.restarts++;
        j->stats.discarded += j->stats.waiting;
    }
    jitter_flush(j);
    j->known = true;
    j->ssrc = packet->ssrc;
    /* Far from 0, so that what was sent before this packet has a place, too. */
    j->high_sequence = (int64_t)1 << 32 | packet->sequence;
    j->high_timestamp = (int64_t)1 << 40 | packet->timestamp;
    j->next_sequence = j->high_sequence - MAX_MISORDER;
    j->epoch_us = now_us;
    j->high_arrival = 0;
    j->seen = 0;
    j->window = 0;
    for (size_t i = 0; i < WINDOWS; i++)
        j->quickest[i] = -j->high_timestamp;
}

/* Whether sequence number and timestamp go on from what came before. RFC 3550 A.1: a jump is
 * believed when a second packet goes on from it. A timestamp that jumps under good sequence numbers
 * (music on hold likes that) is believed at once. */
enum continuity { GOES_ON, JUMPED, SUSPECT };

static enum continuity continuity_of(struct jitter *j, const struct jitter_packet *packet,
                                     int64_t arrival)
{
    int ahead = (int16_t)(packet->sequence - (uint16_t)j->high_sequence);
    int64_t later = (int32_t)(packet->timestamp - (uint32_t)j->high_timestamp);

    if (packet->ssrc != j->ssrc)
        return JUMPED;
    if (ahead > MAX_DROPOUT || ahead < -MAX_MISORDER) {
        if (packet->sequence == j->suspect)
            return JUMPED;
        j->suspect = (uint16_t)(packet->sequence + 1);
        return SUSPECT;
    }
    j->suspect = -1;
    if (later - (arrival - j->high_arrival) > units(j, JUMP_MS))
        return JUMPED;
    if (ahead > 0 && later < -units(j, PACKET_MAX_MS))
        return JUMPED;
    return GOES_ON;
}

/* Notes that sequence came, which is less than SEEN behind; false where it had come before. */
static bool note_sequence(struct jitter *j, int64_t sequence)
{
    int64_t behind = j->high_sequence - sequence;
    uint64_t bit;

    if (behind < 0) {
        j->seen = behind > -SEEN ? j->seen << -behind : 0;
        behind = 0;
    }
    bit = (uint64_t)1 << behind;
    if (j->seen & bit)
        return false;
    j->seen |= bit;
    return true;
}

static bool has_come(const struct jitter *j, int64_t sequence)
{
    int64_t behind = j->high_sequence - sequence;

    return behind >= 0 && behind < SEEN && (j->seen >> behind & 1);
}

static int store(struct jitter *j, const struct jitter_packet *packet, int64_t sequence,
                 int64_t timestamp)
{
    struct packet *p = packet_new(j, packet->payload.n);
    size_t at;

    if (!p) {
        j->stats.discarded++;
        return -ENOMEM;
    }
    if (j->stats.waiting == JITTER_PACKETS)
        discard_first(j);
    p->sequence = sequence;
    p->timestamp = timestamp;
    p->duration = packet->duration;
    p->payload_type = packet->payload_type;
    p->fec = packet->fec;
    p->n = packet->payload.n;
    if (p->n)
        memcpy(p->bytes, packet->payload.p, p->n);
    for (at = j->stats.waiting; at > 0 && j->waiting[at - 1]->sequence > sequence; at--)
        j->waiting[at] = j->waiting[at - 1];
    j->waiting[at] = p;
    j->stats.waiting++;
    return 0;
}

int jitter_put(struct jitter *j, const struct jitter_packet *packet, uint64_t now_us)
{
    int64_t arrival, sequence, timestamp;
    enum continuity continuity;
    bool ahead;

    release_given(j);
    if (packet->duration > units(j, PACKET_MAX_MS) || packet->payload.n > JITTER_PAYLOAD_MAX)
        return -EINVAL;
    j->stats.received++;
    continuity = j->known ? continuity_of(j, packet, time_of(j, now_us)) : JUMPED;
    if (continuity == SUSPECT) {
        j->stats.discarded++;
        return -EAGAIN;
    }
    if (continuity == JUMPED)
        begin_stream(j, packet, now_us);
    arrival = time_of(j, now_us);
    sequence = j->high_sequence + (int16_t)(packet->sequence - (uint16_t)j->high_sequence);
    timestamp = j->high_timestamp + (int32_t)(packet->timestamp - (uint32_t)j->high_timestamp);
    if (j->high_sequence - sequence >= SEEN) { /* whether it came before is forgotten */
        j->stats.late++;
        return -ETIME;
    }
    if (!note_sequence(j, sequence)) {
        j->stats.duplicates++;
        return -EEXIST;
    }
    ahead = sequence > j->high_sequence;
    j->high_sequence = ahead ? sequence : j->high_sequence;
    if (packet->duration == 0)
        return 0; /* a digit's timestamp stands still: RFC 4733 2.5.1.2 */
    if (ahead) {
        j->high_timestamp = timestamp;
        j->high_arrival = arrival;
    }
    j->packet_units = packet->duration;
    learn_delay(j, timestamp, arrival);
    if (sequence < j->next_sequence) {
        j->stats.late++;
        return -ETIME;
    }
    return store(j, packet, sequence, timestamp);
}

/* ---- decisions out ---- */

static void decide(struct jitter *j, struct jitter_decision *out, enum jitter_action action,
                   int64_t duration)
{
    uint64_t us = (uint64_t)duration * 1000000 / j->config.clock_hz;

    *out = (struct jitter_decision){.action = action, .duration = (uint32_t)duration};
    if (action != JITTER_WAIT)
        j->played_us += us;
    if (action == JITTER_CONCEAL)
        j->concealed_us += us;
}

static void nothing_waits(struct jitter *j, struct jitter_decision *out)
{
    if (j->held >= units(j, HOLD_MS))
        j->paused = true;
    if (j->paused) {
        decide(j, out, JITTER_WAIT, units(j, STEP_MS));
        return;
    }
    j->held += (uint32_t)units(j, STEP_MS);
    decide(j, out, JITTER_CONCEAL, units(j, STEP_MS));
}

/* Leaves behind every sequence number below sequence; those that never came are lost. */
static void pass_over(struct jitter *j, int64_t sequence)
{
    if (j->fresh)
        j->next_sequence = sequence;
    for (; j->next_sequence < sequence; j->next_sequence++)
        if (!has_come(j, j->next_sequence))
            j->stats.lost++;
}

/* A stream or a spurt of talk begins: its first packet waits until it is as old as the target, so
 * that those behind it may be as late. False: it has to wait longer, as out says. */
static bool resume(struct jitter *j, const struct packet *first, int64_t play,
                   struct jitter_decision *out)
{
    int64_t short_of = units(j, j->target_ms) - delay(j, first->timestamp, play);
    int64_t ms = ms_of(j, short_of + units(j, 1) - 1);

    if (ms > 0) {
        decide(j, out, JITTER_WAIT, units(j, ms < STEP_MS ? ms : STEP_MS));
        return false;
    }
    pass_over(j, first->sequence);
    j->next_timestamp = first->timestamp;
    j->paused = false;
    j->held = 0;
    return true;
}

static bool is_excessive(const struct jitter *j, int64_t late)
{
    int64_t ceiling = units(j, j->config.max_ms) + 2 * (int64_t)j->packet_units;

    return late > units(j, j->target_ms + EXCESS_MS) || late > ceiling;
}

static void decode_first(struct jitter *j, int64_t late, struct jitter_decision *out)
{
    struct packet *p = take_first(j);

    decide(j, out, JITTER_DECODE, p->duration);
    out->payload = (struct slice){p->bytes, p->n};
    out->payload_type = p->payload_type;
    out->first = j->fresh;
    if (late > units(j, j->target_ms + SLOW_MS))
        out->stretch = JITTER_ACCELERATE;
    else if (late < units(j, (int64_t)j->target_ms - FAST_MS))
        out->stretch = JITTER_EXPAND;
    j->fresh = false;
    j->given = p;
    j->held = 0;
    j->next_sequence = p->sequence + 1;
    j->next_timestamp = p->timestamp + p->duration;
    j->stats.delay_ms = late > 0 ? (uint32_t)ms_of(j, late) : 0;
}

/* The packet whose turn it is did not come, but next, behind it, has: gap of sound is missing. */
static void replace_lost(struct jitter *j, const struct packet *next, int64_t gap,
                         struct jitter_decision *out)
{
    int64_t duration = gap < j->packet_units ? gap : j->packet_units;
    bool from_next = next->fec && next->sequence == j->next_sequence + 1 && gap == duration;

    decide(j, out, from_next ? JITTER_FEC : JITTER_CONCEAL, duration);
    if (from_next) {
        out->payload = (struct slice){next->bytes, next->n};
        out->payload_type = next->payload_type;
        j->stats.recovered++;
    }
    pass_over(j, j->next_sequence + 1);
    j->next_timestamp += duration;
}

/* Takes what was concealed already, while nothing had come, off what is missing before next. */
static int64_t missing_before(struct jitter *j, const struct packet *next)
{
    int64_t gap = next->timestamp - j->next_timestamp;
    int64_t held = j->held < gap ? j->held : gap;

    if (held > 0) {
        int64_t played_over = j->next_sequence + held / j->packet_units;

        pass_over(j, played_over < next->sequence ? played_over : next->sequence - 1);
        j->next_timestamp += held;
        j->held = 0;
        gap -= held;
    }
    return gap;
}

/* What becomes of the first packet that waits: true with a decision, false when things have moved
 * on and there is another look to take. */
static bool look_at_first(struct jitter *j, int64_t play, struct jitter_decision *out)
{
    const struct packet *first = j->waiting[0];
    int64_t gap, late = delay(j, first->timestamp, play);

    if (j->paused && !resume(j, first, play, out))
        return true;
    while (j->next_sequence < first->sequence && has_come(j, j->next_sequence))
        j->next_sequence++;
    if (first->sequence == j->next_sequence) {
        gap = first->timestamp - j->next_timestamp;
        if (gap >= (int64_t)j->packet_units && gap > j->held) {
            j->paused = true; /* nothing was lost: the sender had nothing to say */
            return false;
        }
        if (is_excessive(j, late) && j->stats.waiting > 1) {
            j->next_sequence++;
            j->next_timestamp = first->timestamp + first->duration;
            discard_first(j);
            return false;
        }
        decode_first(j, late, out);
        return true;
    }
    gap = missing_before(j, first);
    if (gap <= 0 || is_excessive(j, late)) {
        pass_over(j, first->sequence);
        j->next_timestamp = first->timestamp;
        return false;
    }
    replace_lost(j, first, gap, out);
    return true;
}

void jitter_get(struct jitter *j, uint64_t now_us, uint32_t queued, struct jitter_decision *out)
{
    int64_t play = time_of(j, now_us) + queued;

    release_given(j);
    while (j->stats.waiting)
        if (look_at_first(j, play, out))
            return;
    nothing_waits(j, out);
}

void jitter_stats(const struct jitter *j, struct jitter_stats *out)
{
    *out = j->stats;
    out->target_ms = j->target_ms;
    out->played_ms = j->played_us / 1000;
    out->concealed_ms = j->concealed_us / 1000;
}
