#include "audio/jitter_private.h"

#include <errno.h>
#include <stdlib.h>

enum {
    PACKET_MAX_MS = 120,
    FIRST_MS = 10,      /* over one packet, before anything is known */
    JUMP_MS = 2000,     /* timestamps ahead of the time by more are another stream's */
    EARLY_MS = 40,      /* by so much sooner than the quickest one of late no packet comes */
    MAX_DROPOUT = 3000, /* RFC 3550 A.1 */
    MAX_MISORDER = 100,
    COPIES_AVERAGE = 256, /* packets over which the worth of copies is averaged */
    GONE_LEAST = 32,      /* packets that losses are known from, at first … */
    GONE_MOST = 256,      /* … and later */
    GONE_AT_ONCE = 512,   /* as much as makes a difference */
    /* Shares of 65536. What has begun ends later than it began, as to go to and fro is heard. */
    WORTH_IT = 655,      /* 1 % of the packets come as copies alone: these are waited for */
    WORTH_NOTHING = 328, /* 0.5 % */
    TRUSTED = 1311,      /* 2 %: for seven seconds without any use */
    /* And of GONE_ALL, so fine that the last one is forgotten, too. */
    GONE_ALL = 1 << 24,
    SOME = GONE_ALL / 1000 * 3, /* 0.3 % are lost: one of five seconds, */
    SOME_NO_LONGER = SOME / 3,  /* until there was none for seven */
    MANY = GONE_ALL / 20,       /* 5 % */
    MANY_NO_LONGER = MANY / 2,
};

static void learn_delay(struct jitter *j, int64_t timestamp, uint64_t now_us)
{
    int64_t offset_us =
        (now_us > j->epoch_us ? (int64_t)(now_us - j->epoch_us) : 0) - us_of(j, timestamp);

    jitter_delay_note(&j->delays, offset_us, now_us, (uint32_t)us_of(j, j->packet_units));
}

/* ---- life ---- */

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
        j->config.start_ms = (uint16_t)(j->config.packet_ms + FIRST_MS);
    if (j->config.max_ms == 0 || j->config.max_ms > JITTER_MAX_MS)
        j->config.max_ms = JITTER_MAX_MS;
    j->suspect = -1;
    j->paused = j->fresh = true;
    j->packet_units = (uint32_t)units(j, j->config.packet_ms);
    j->disorder = 65536 / 16; /* believed until the first seconds are over */
    jitter_delay_init(&j->delays, j->config.start_ms);
    *out = j;
    return 0;
}

void jitter_free(struct jitter *j)
{
    if (!j)
        return;
    jitter_flush(j);
    jitter_store_end(&j->store);
    free(j);
}

void jitter_flush(struct jitter *j)
{
    release_given(j);
    while (j->store.n)
        jitter_store_give_back(&j->store, jitter_store_take(&j->store));
    j->known = false;
    j->suspect = -1;
    j->paused = j->fresh = true;
    j->held = j->drawn = j->skipped = 0;
    j->rest_sequence = INT64_MIN;
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
        j->stats.discarded += j->store.n;
    }
    jitter_flush(j);
    j->known = true;
    j->odd = false;
    j->ssrc = packet->ssrc;
    /* Far from 0, so that what was sent before this packet has a place, too. */
    j->high_sequence = (int64_t)1 << 32 | packet->sequence;
    j->high_timestamp = (int64_t)1 << 40 | packet->timestamp;
    j->next_sequence = j->high_sequence - MAX_MISORDER;
    j->epoch_us = now_us;
    j->high_arrival = 0;
    j->seen = j->copied = 0;
    for (size_t i = 0; i < JITTER_COPIES; i++)
        j->copies[i].farthest = 0;
    jitter_delay_restart(&j->delays);
}

/* Whether sequence number and timestamp go on from what came before. RFC 3550 A.1: a jump is
 * believed when a second packet goes on from it. So is a timestamp that jumps under good sequence
 * numbers (music on hold likes that): of the first such packet the number alone is believed, which
 * does no harm where there is no second. Not behind a pause: there is no sound that it could harm,
 * and how long the pause was nobody else says. */
enum continuity { GOES_ON, JUMPED, SUSPECT, LIES };

/* How much sooner than the quickest one of late it came, if it was sent when it says. */
static int64_t early_us(const struct jitter *j, int64_t later, int64_t arrival)
{
    int64_t offset_us = us_of(j, arrival) - us_of(j, j->high_timestamp + later);

    return jitter_delay_base_us(&j->delays) - offset_us;
}

static enum continuity continuity_of_time(struct jitter *j, uint32_t sent, int ahead,
                                          int64_t arrival)
{
    int64_t later = (int32_t)(sent - (uint32_t)j->high_timestamp);
    int64_t more = later - ahead * (int64_t)j->packet_units; /* a pause, where it is honest */
    bool early = more >= j->packet_units && early_us(j, later, arrival) > EARLY_MS * INT64_C(1000);
    bool jumped = later - (arrival - j->high_arrival) > units(j, JUMP_MS) ||
                  (ahead > 0 && later < -units(j, PACKET_MAX_MS));
    bool paused = arrival - j->high_arrival > (ahead + 2) * (int64_t)j->packet_units;
    bool odd = jumped || (ahead > 0 && (later <= 0 || early));
    int32_t since = (int32_t)(sent - j->odd_timestamp);
    bool second = j->odd && ahead > 0 && since >= 0 && since < units(j, JUMP_MS);

    j->odd = odd && !second && !(paused && ahead > 0);
    j->odd_timestamp = sent;
    if (j->odd)
        return LIES;
    return jumped ? JUMPED : GOES_ON;
}

static enum continuity continuity_of(struct jitter *j, const struct jitter_packet *packet,
                                     int64_t arrival)
{
    int ahead = (int16_t)(packet->sequence - (uint16_t)j->high_sequence);

    if (packet->ssrc != j->ssrc)
        return JUMPED;
    if (ahead > MAX_DROPOUT || ahead < -MAX_MISORDER) {
        if (packet->sequence == j->suspect)
            return JUMPED;
        j->suspect = (uint16_t)(packet->sequence + 1);
        return SUSPECT;
    }
    j->suspect = -1;
    if (!packet->duration)
        return GOES_ON; /* a digit's timestamp stands still: RFC 4733 2.5.1.2 */
    return continuity_of_time(j, packet->timestamp, ahead, arrival);
}

/* Notes that sequence came, which is less than JITTER_SEEN behind; false where it had come
 * before. */
static bool note_sequence(struct jitter *j, int64_t sequence)
{
    int64_t behind = j->high_sequence - sequence;
    uint64_t bit;

    if (behind < 0) {
        j->seen = behind > -JITTER_SEEN ? j->seen << -behind : 0;
        j->copied = behind > -JITTER_SEEN ? j->copied << -behind : 0;
        behind = 0;
    }
    bit = (uint64_t)1 << behind;
    if (j->seen & bit)
        return false;
    j->seen |= bit;
    return true;
}

/* What did not come before its successor is lost, until it comes. */
static void note_losses(struct jitter *j, int64_t sequence)
{
    int64_t lost = sequence - j->high_sequence - 1;
    uint32_t most = j->gone_of > GONE_LEAST ? j->gone_of : GONE_LEAST, one = GONE_ALL / most;

    if (j->gone_of == 0) /* the first of all */
        lost = 0;
    j->gone_of += j->gone_of < GONE_MOST;
    if (sequence < j->high_sequence) {
        j->gone -= j->gone < one ? j->gone : one;
        return;
    }
    for (lost = lost < GONE_AT_ONCE ? lost : GONE_AT_ONCE; lost > 0; lost--)
        j->gone += one - j->gone / most;
    j->gone -= j->gone / most;
    j->loses.some = j->gone > (j->loses.some ? SOME_NO_LONGER : SOME);
    j->loses.many = j->gone > (j->loses.many ? MANY_NO_LONGER : MANY);
}

static void note_worth_of_copies(struct jitter *j)
{
    for (size_t i = 0; i < JITTER_COPIES; i++) {
        j->copies[i].worth = j->copies[i].share > (j->copies[i].worth ? WORTH_NOTHING : WORTH_IT);
        j->copies[i].share -= j->copies[i].share / COPIES_AVERAGE;
    }
}

/* Too late to be played: nothing was lost by that where a copy has been. */
static int came_too_late(struct jitter *j, int64_t sequence)
{
    bool copied = is_noted(j, j->copied, sequence);

    j->stats.duplicates += copied;
    j->stats.late += !copied;
    return copied ? -EEXIST : -ETIME;
}

static int store(struct jitter *j, const struct jitter_packet *packet, int64_t sequence,
                 int64_t timestamp, bool copy)
{
    struct jitter_stored *p;

    if (j->store.n == JITTER_PACKETS)
        discard_first(j);
    p = jitter_store_put(&j->store, packet, sequence, timestamp);
    if (!p) {
        j->stats.discarded++;
        return -ENOMEM;
    }
    p->copy = copy;
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
    if (continuity == LIES)
        timestamp = j->high_timestamp + (sequence - j->high_sequence) * j->packet_units;
    if (j->high_sequence - sequence >= JITTER_SEEN) { /* whether it came before is forgotten */
        j->stats.late++;
        return -ETIME;
    }
    if (!note_sequence(j, sequence)) {
        j->stats.duplicates++;
        return -EEXIST;
    }
    note_losses(j, sequence);
    ahead = sequence > j->high_sequence;
    j->high_sequence = ahead ? sequence : j->high_sequence;
    j->when[sequence % JITTER_SEEN] = packet->duration ? timestamp : INT64_MIN;
    if (packet->rest && sequence > j->rest_sequence)
        j->rest_sequence = sequence;
    if (packet->duration == 0)
        return 0;
    if (ahead) {
        j->high_timestamp = timestamp;
        j->high_arrival = arrival;
        note_worth_of_copies(j);
    }
    j->packet_units = packet->duration;
    j->disorder = average(j->disorder, sequence < j->high_sequence);
    j->missing = average(j->missing, false);
    learn_delay(j, timestamp, now_us);
    if (sequence < j->next_sequence)
        return came_too_late(j, sequence);
    jitter_store_drop_copy(&j->store, sequence); /* itself is the better of the two */
    return store(j, packet, sequence, timestamp, false);
}

/* ---- copies ---- */

/* The neighbours of a moment among the packets that came, by their sequence numbers. */
struct neighbours {
    int64_t below, above; /* INT64_MIN: there is none */
    bool there;           /* one has that very timestamp */
};

static struct neighbours neighbours_of(const struct jitter *j, int64_t timestamp)
{
    struct neighbours out = {INT64_MIN, INT64_MIN, false};

    for (int64_t i = 0; i < JITTER_SEEN && out.below == INT64_MIN; i++) {
        int64_t sequence = j->high_sequence - i, at = j->when[sequence % JITTER_SEEN];

        if (!is_noted(j, j->seen, sequence) || at == INT64_MIN)
            continue;
        out.there |= at == timestamp;
        *(at > timestamp ? &out.above : &out.below) = sequence;
    }
    return out;
}

/* The sequence number of what was sent at timestamp: counted back from the packet behind it, else
 * on from the one before, as the sender may have paused on one of the two ways. -1: none that is
 * missing between these. */
static int64_t place_of(const struct jitter *j, const struct neighbours *by, int64_t timestamp,
                        uint32_t duration)
{
    int64_t back = (j->when[by->above % JITTER_SEEN] - timestamp) / duration;
    int64_t on = (timestamp - j->when[by->below % JITTER_SEEN]) / duration;

    if (by->above - back > by->below && back > 0 && !is_noted(j, j->seen, by->above - back))
        return by->above - back;
    if (by->below + on < by->above && on > 0 && !is_noted(j, j->seen, by->below + on))
        return by->below + on;
    return -1;
}

/* How much later than itself a copy of timestamp comes, which its carrier says, unless it is a
 * digit or the like, whose timestamp stands still, or not behind it: 0. */
static uint32_t reach_of(const struct jitter *j, int64_t carrier, int64_t timestamp)
{
    int64_t at = j->when[carrier % JITTER_SEEN];
    bool behind = at > timestamp && at - timestamp <= units(j, JITTER_MAX_MS);

    return behind ? (uint32_t)(at - timestamp) : 0;
}

/* Copies that begin to come, or to come later than ever, once something was lost: the sender was
 * told of it, and what it sends them for is going to be lost as well. Whoever waits until some have
 * been of use loses these. */
static void note_copy(struct jitter *j, size_t i, uint32_t reach)
{
    if (reach <= j->copies[i].farthest)
        return;
    j->copies[i].farthest = reach;
    if (!j->gone || j->copies[i].share > TRUSTED)
        return;
    j->copies[i].share = TRUSTED;
    j->copies[i].units = reach;
}

/* That a copy is wanted. */
static void note_worth(struct jitter *j, size_t i, uint32_t reach)
{
    if (!reach)
        return;
    j->copies[i].share += 65536 / COPIES_AVERAGE;
    j->copies[i].units = reach;
}

int jitter_put_copy(struct jitter *j, const struct jitter_packet *copy, unsigned nth,
                    uint16_t *sequence)
{
    int64_t carrier = j->high_sequence + (int16_t)(copy->sequence - (uint16_t)j->high_sequence);
    int64_t timestamp =
        j->high_timestamp + (int32_t)(copy->timestamp - (uint32_t)j->high_timestamp);
    size_t i = nth < JITTER_COPIES ? nth - 1 : JITTER_COPIES - 1;
    struct neighbours by;
    uint32_t reach;
    int64_t place;

    release_given(j);
    if (!j->known || !nth || !copy->duration || copy->duration > units(j, PACKET_MAX_MS) ||
        copy->payload.n > JITTER_PAYLOAD_MAX || !is_noted(j, j->seen, carrier))
        return -EINVAL;
    reach = reach_of(j, carrier, timestamp);
    note_copy(j, i, reach);
    by = neighbours_of(j, timestamp);
    if (by.there)
        return -EEXIST;
    if (by.below == INT64_MIN || by.above == INT64_MIN)
        return -EINVAL; /* of before the first that came, or of the future */
    place = place_of(j, &by, timestamp, copy->duration);
    if (place < 0 || is_noted(j, j->copied, place))
        return -EEXIST;
    j->copied |= (uint64_t)1 << (j->high_sequence - place);
    note_worth(j, i, reach);
    *sequence = (uint16_t)place;
    if (place < j->next_sequence)
        return -ETIME;
    return store(j, copy, place, timestamp, true);
}
