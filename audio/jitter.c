#include "audio/jitter.h"

#include "audio/jitter_delay.h"
#include "audio/jitter_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    PACKET_MAX_MS = 120,
    FIRST_MS = 10,      /* over one packet, before anything is known */
    STEP_MS = 10,       /* how much is played at a time while nothing is there */
    DRAWN_MS = 40,      /* held without a packet, before sound is invented */
    HOLD_MS = 100,      /* both together, before it counts as a pause */
    EXCESS_MS = 300,    /* delay over the target that is thrown away, not played faster */
    SLOW_MS = 5,        /* delay over the target from which on to play faster */
    FAST_MS = 4,        /* delay under the target from which on to play slower */
    JUMP_MS = 2000,     /* timestamps ahead of the time by more are another stream's */
    MAX_DROPOUT = 3000, /* RFC 3550 A.1 */
    MAX_MISORDER = 100,
    ASKED = 64,
    SEEN = 64,          /* sequence numbers of which it is known whether they came */
    DISORDER_STEP = 64, /* packets over which it is averaged whether they come in order */
};

struct jitter {
    struct jitter_config config;
    struct jitter_stats stats;
    uint64_t played_us, concealed_us, held_us;

    /* The stream. */
    bool known; /* ssrc and the highest of all are */
    uint32_t ssrc;
    int64_t high_sequence, high_timestamp, high_arrival;
    uint64_t seen;   /* bit i: high_sequence - i has come */
    int32_t suspect; /* sequence number that would confirm a jump; -1: none */
    uint64_t epoch_us;
    uint32_t packet_units; /* duration of the latest packet */
    uint32_t disorder;     /* share of packets that others overtook, of 65536 */
    uint32_t missing;      /* share of those that were given up */
    struct jitter_delay delays;

    struct jitter_store store;
    struct jitter_stored *given; /* the one given out last */

    /* Where we play. */
    bool paused; /* before the first packet and in pauses */
    bool fresh;  /* the next packet is a stream's first */
    int64_t next_sequence, next_timestamp;
    uint32_t held, drawn; /* played while the place in the stream stood still; held of it */
    uint32_t ahead[2];    /* the most that was queued when sound was asked for: lately, before */
    uint32_t asked;       /* how often it was */
    uint32_t skipped;     /* held, and then it was lost: for the decision about the next packet */
};

static int64_t units(const struct jitter *j, int64_t ms)
{
    return ms * j->config.clock_hz / 1000;
}

static int64_t ms_of(const struct jitter *j, int64_t clock_units)
{
    return clock_units * 1000 / j->config.clock_hz;
}

static int64_t units_of_us(const struct jitter *j, int64_t us)
{
    return us / 1000000 * j->config.clock_hz + us % 1000000 * j->config.clock_hz / 1000000;
}

static int64_t us_of(const struct jitter *j, int64_t clock_units)
{
    return clock_units / j->config.clock_hz * 1000000 +
           clock_units % j->config.clock_hz * 1000000 / j->config.clock_hz;
}

/* Clock units since the first packet of the stream; before it, all is 0. */
static int64_t time_of(const struct jitter *j, uint64_t now_us)
{
    return units_of_us(j, now_us > j->epoch_us ? (int64_t)(now_us - j->epoch_us) : 0);
}

/* ---- delays ---- */

static void learn_delay(struct jitter *j, int64_t timestamp, uint64_t now_us)
{
    int64_t offset_us =
        (now_us > j->epoch_us ? (int64_t)(now_us - j->epoch_us) : 0) - us_of(j, timestamp);

    jitter_delay_note(&j->delays, offset_us, now_us, (uint32_t)us_of(j, j->packet_units));
}

/* By how much a timestamp would be behind the quickest packet, if it were played at play. */
static int64_t delay(const struct jitter *j, int64_t timestamp, int64_t play)
{
    return play - timestamp - units_of_us(j, jitter_delay_base_us(&j->delays));
}

/* The delay to aim at for what is asked for when so much is queued, as it is decided upon so much
 * before it is heard. */
static int64_t target(const struct jitter *j, uint32_t queued)
{
    int64_t least = units(j, j->config.min_ms), most = units(j, j->config.max_ms);
    int64_t wanted = units(j, jitter_delay_wanted_ms(&j->delays)) + queued;

    if (wanted < j->packet_units)
        wanted = j->packet_units;
    wanted = wanted > least ? wanted : least;
    wanted = wanted < most ? wanted : most;
    return wanted + units_of_us(j, jitter_delay_risen_us(&j->delays));
}

/* ---- life ---- */

static void release_given(struct jitter *j)
{
    jitter_store_give_back(&j->store, j->given);
    j->given = NULL;
}

static void discard_first(struct jitter *j)
{
    jitter_store_give_back(&j->store, jitter_store_take(&j->store));
    j->stats.discarded++;
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

/* A share of the latest packets, of 65536, after one more. */
static uint32_t average(uint32_t share, bool one)
{
    return share - share / DISORDER_STEP + (one ? 65536 / DISORDER_STEP : 0);
}

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

/* ---- decisions out ---- */

static void decide(struct jitter *j, struct jitter_decision *out, enum jitter_action action,
                   int64_t duration)
{
    uint64_t us = (uint64_t)us_of(j, duration);

    *out = (struct jitter_decision){.action = action, .duration = (uint32_t)duration};
    if (action != JITTER_WAIT)
        j->played_us += us;
    if (action == JITTER_CONCEAL)
        j->concealed_us += us;
    if (action == JITTER_HOLD)
        j->held_us += us;
}

/* Something to play while the place in the stream stands still: what was played last, drawn out as
 * long as that does for it, else something invented. */
static void stand_still(struct jitter *j, struct jitter_decision *out, int64_t duration)
{
    bool draws = j->held < units(j, DRAWN_MS);

    j->held += (uint32_t)duration;
    j->drawn += draws ? (uint32_t)duration : 0;
    decide(j, out, draws ? JITTER_HOLD : JITTER_CONCEAL, duration);
}

/* Ends a time of standing still, of which so much stood in for what never came: that was invented,
 * and so is what went on for longer than sound can be held. */
static void go_on(struct jitter *j, int64_t replaced)
{
    int64_t waited = j->held - replaced, most = units(j, DRAWN_MS);
    int64_t invented = replaced + (waited > most ? waited - most : 0);
    uint64_t us = (uint64_t)us_of(j, invented) - (uint64_t)us_of(j, j->held - j->drawn);

    j->concealed_us += us; /* less than 0 wraps as it should */
    j->held_us -= us;
    j->held = j->drawn = 0;
}

static void nothing_waits(struct jitter *j, struct jitter_decision *out)
{
    if (!j->paused && j->held >= units(j, HOLD_MS)) {
        j->paused = true;
        go_on(j, j->held);
    }
    if (j->paused)
        decide(j, out, JITTER_WAIT, units(j, STEP_MS));
    else
        stand_still(j, out, units(j, STEP_MS));
}

/* Leaves behind every sequence number below sequence; those that never came are lost. */
static void pass_over(struct jitter *j, int64_t sequence)
{
    if (j->fresh)
        j->next_sequence = sequence;
    for (; j->next_sequence < sequence; j->next_sequence++) {
        if (has_come(j, j->next_sequence))
            continue;
        j->stats.lost++;
        j->missing = average(j->missing, true);
    }
}

/* A stream or a spurt of talk begins: its first packet waits until it is as old as the target, so
 * that those behind it may be as late. False: it has to wait longer, as out says. */
static bool resume(struct jitter *j, const struct jitter_stored *first, int64_t play,
                   uint32_t queued, struct jitter_decision *out)
{
    int64_t short_of = target(j, queued) - delay(j, first->timestamp, play);
    int64_t ms = ms_of(j, short_of + units(j, 1) - 1);

    if (ms > 0) {
        decide(j, out, JITTER_WAIT, units(j, ms < STEP_MS ? ms : STEP_MS));
        return false;
    }
    pass_over(j, first->sequence);
    j->next_timestamp = first->timestamp;
    j->paused = false;
    return true;
}

static bool is_excessive(const struct jitter *j, int64_t late, int64_t wanted)
{
    int64_t ceiling = units(j, j->config.max_ms) + 2 * (int64_t)j->packet_units;

    return late > wanted + units(j, EXCESS_MS) || late > ceiling;
}

/* For how long the next packet that nothing is known of has been due, beyond what is usual; the
 * longer, the more is gained by playing slowly what there is. */
static int64_t overdue(const struct jitter *j, int64_t play, uint32_t queued)
{
    int64_t due = j->high_timestamp + j->packet_units;
    int64_t usual = units(j, jitter_delay_wanted_ms(&j->delays)) / 2;
    int64_t late = delay(j, due, play - queued) - units_of_us(j, jitter_delay_risen_us(&j->delays));

    return late > j->packet_units && late > usual ? late : 0;
}

/* How far ahead of the hearing sound is asked for: one beat may ask several times, and the delay
 * that does for the first has to do for the last. */
static uint32_t most_ahead(const struct jitter *j)
{
    return j->ahead[0] > j->ahead[1] ? j->ahead[0] : j->ahead[1];
}

static void note_ahead(struct jitter *j, uint32_t queued)
{
    if (j->paused)
        return;
    if (j->asked++ % ASKED == 0) {
        j->ahead[1] = j->ahead[0];
        j->ahead[0] = 0;
    }
    j->ahead[0] = j->ahead[0] > queued ? j->ahead[0] : queued;
}

static void choose_speed(const struct jitter *j, int64_t late, uint32_t queued, int64_t waited,
                         struct jitter_decision *out)
{
    int64_t wanted = target(j, queued), enough = target(j, most_ahead(j));

    if (waited > 0 && late < wanted + waited) {
        out->stretch = JITTER_EXPAND;
        out->amount = out->duration;
    } else if (late > enough + units(j, SLOW_MS)) {
        out->stretch = JITTER_ACCELERATE;
        out->amount = (uint32_t)(late - enough);
    } else if (late < wanted - units(j, FAST_MS)) {
        out->stretch = JITTER_EXPAND;
        out->amount = (uint32_t)(wanted - late);
    }
}

static void decode_first(struct jitter *j, int64_t play, uint32_t queued,
                         struct jitter_decision *out)
{
    struct jitter_stored *p = jitter_store_take(&j->store);
    int64_t late = delay(j, p->timestamp, play);

    decide(j, out, JITTER_DECODE, p->duration);
    out->payload = (struct slice){p->bytes, p->n};
    out->payload_type = p->payload_type;
    out->first = j->fresh;
    out->skipped = j->skipped;
    choose_speed(j, late, queued, overdue(j, play, queued), out);
    j->fresh = false;
    j->given = p;
    j->skipped = 0;
    go_on(j, 0);
    j->next_sequence = p->sequence + 1;
    j->next_timestamp = p->timestamp + p->duration;
    j->stats.delay_ms = late > 0 ? (uint32_t)ms_of(j, late) : 0;
}

static bool can_recover(const struct jitter *j, const struct jitter_stored *next, int64_t gap)
{
    return next->fec && next->sequence == j->next_sequence + 1 && gap == j->packet_units;
}

/* The packet whose turn it is did not come, but next, behind it, has: gap of sound is missing. */
static void replace_lost(struct jitter *j, const struct jitter_stored *next, int64_t gap,
                         struct jitter_decision *out)
{
    int64_t duration = gap < j->packet_units ? gap : j->packet_units;
    bool from_next = can_recover(j, next, gap);

    decide(j, out, from_next ? JITTER_FEC : JITTER_CONCEAL, duration);
    if (from_next) {
        go_on(j, 0);
        out->payload = (struct slice){next->bytes, next->n};
        out->payload_type = next->payload_type;
        j->stats.recovered++;
    }
    pass_over(j, j->next_sequence + 1);
    j->next_timestamp += duration;
}

/* Takes what was played already, while nothing had come, off what is missing before next: so the
 * sound that was held then has stood in for what was lost. What next brings along of it is played
 * all the same. */
static int64_t missing_before(struct jitter *j, const struct jitter_stored *next)
{
    int64_t gap = next->timestamp - j->next_timestamp;
    int64_t held = j->held < gap ? j->held : gap;
    int64_t drawn = j->drawn < held ? j->drawn : held;

    if (held > 0 && !can_recover(j, next, gap)) {
        int64_t played_over = j->next_sequence + held / j->packet_units;

        pass_over(j, played_over < next->sequence ? played_over : next->sequence - 1);
        j->next_timestamp += held;
        j->skipped += (uint32_t)drawn;
        go_on(j, held);
        gap -= held;
    }
    return gap;
}

/* Whether the missing packet before next is still waited for: in its own time, as drawing out what
 * was before it will do for it; and for longer where many are overtaken. */
static bool may_be_overtaken(const struct jitter *j, const struct jitter_stored *next)
{
    bool some = j->disorder > 65536 / DISORDER_STEP, many = some && j->disorder > j->missing;
    int64_t most = many ? units(j, DRAWN_MS) : j->packet_units;

    return !next->fec && (some || next->sequence == j->next_sequence + 1) && j->held < most;
}

/* The first that waits is not the one whose turn it is. */
static bool look_beyond_gap(struct jitter *j, const struct jitter_stored *first, int64_t late,
                            int64_t wanted, struct jitter_decision *out)
{
    int64_t gap;

    if (may_be_overtaken(j, first)) {
        stand_still(j, out, units(j, STEP_MS));
        return true;
    }
    gap = missing_before(j, first);
    if (gap <= 0 || is_excessive(j, late, wanted)) {
        pass_over(j, first->sequence);
        j->next_timestamp = first->timestamp;
        return false;
    }
    replace_lost(j, first, gap, out);
    return true;
}

/* What becomes of the first packet that waits: true with a decision, false when things have moved
 * on and there is another look to take. */
static bool look_at_first(struct jitter *j, int64_t play, uint32_t queued,
                          struct jitter_decision *out)
{
    const struct jitter_stored *first = j->store.waiting[0];
    int64_t gap, late = delay(j, first->timestamp, play), wanted = target(j, queued);

    if (j->paused && !resume(j, first, play, queued, out))
        return true;
    while (j->next_sequence < first->sequence && has_come(j, j->next_sequence))
        j->next_sequence++;
    if (first->sequence != j->next_sequence)
        return look_beyond_gap(j, first, late, wanted, out);
    gap = first->timestamp - j->next_timestamp;
    if (gap >= (int64_t)j->packet_units && gap > j->held) {
        j->paused = true; /* nothing was lost: the sender had nothing to say */
        return false;
    }
    if (is_excessive(j, late, wanted) && j->store.n > 1) {
        j->next_sequence++;
        j->next_timestamp = first->timestamp + first->duration;
        discard_first(j);
        return false;
    }
    decode_first(j, play, queued, out);
    return true;
}

void jitter_get(struct jitter *j, uint64_t now_us, uint32_t queued, struct jitter_decision *out)
{
    int64_t play = time_of(j, now_us) + queued;

    release_given(j);
    note_ahead(j, queued);
    while (j->store.n)
        if (look_at_first(j, play, queued, out))
            return;
    nothing_waits(j, out);
}

void jitter_stats(const struct jitter *j, struct jitter_stats *out)
{
    *out = j->stats;
    out->target_ms = (uint32_t)ms_of(j, target(j, 0));
    out->played_ms = j->played_us / 1000;
    out->concealed_ms = j->concealed_us / 1000;
    out->held_ms = j->held_us / 1000;
    out->waiting = (uint32_t)j->store.n;
}
