#include "audio/jitter_private.h"

#include <errno.h>
#include <stdlib.h>

enum {
    PACKET_MAX_MS = 120,
    FIRST_MS = 10,      /* over one packet, before anything is known */
    JUMP_MS = 2000,     /* timestamps ahead of the time by more are another stream's */
    MAX_DROPOUT = 3000, /* RFC 3550 A.1 */
    MAX_MISORDER = 100,
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
    j->ssrc = packet->ssrc;
    /* Far from 0, so that what was sent before this packet has a place, too. */
    j->high_sequence = (int64_t)1 << 32 | packet->sequence;
    j->high_timestamp = (int64_t)1 << 40 | packet->timestamp;
    j->next_sequence = j->high_sequence - MAX_MISORDER;
    j->epoch_us = now_us;
    j->high_arrival = 0;
    j->seen = 0;
    jitter_delay_restart(&j->delays);
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

/* Notes that sequence came, which is less than JITTER_SEEN behind; false where it had come before.
 */
static bool note_sequence(struct jitter *j, int64_t sequence)
{
    int64_t behind = j->high_sequence - sequence;
    uint64_t bit;

    if (behind < 0) {
        j->seen = behind > -JITTER_SEEN ? j->seen << -behind : 0;
        behind = 0;
    }
    bit = (uint64_t)1 << behind;
    if (j->seen & bit)
        return false;
    j->seen |= bit;
    return true;
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
    if (j->high_sequence - sequence >= JITTER_SEEN) { /* whether it came before is forgotten */
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
    j->disorder = average(j->disorder, sequence < j->high_sequence);
    j->missing = average(j->missing, false);
    learn_delay(j, timestamp, now_us);
    if (sequence < j->next_sequence) {
        j->stats.late++;
        return -ETIME;
    }
    if (j->store.n == JITTER_PACKETS)
        discard_first(j);
    if (jitter_store_put(&j->store, packet, sequence, timestamp))
        return 0;
    j->stats.discarded++;
    return -ENOMEM;
}
