/* What to play next: see audio/jitter.h. */
#include "audio/jitter_private.h"

enum {
    STEP_MS = 10,     /* how much is played at a time while nothing is there */
    DRAWN_MS = 40,    /* held without a packet, before sound is invented */
    HOLD_MS = 100,    /* both together, before it counts as a pause */
    EXCESS_MS = 300,  /* delay over the target that is thrown away, not played faster */
    SLOW_MS = 5,      /* delay over the target from which on to play faster */
    FAST_MS = 4,      /* delay under the target from which on to play slower */
    ASKED = 64,       /* questions, of which the farthest ahead counts */
    KNOWN = 8,        /* after so many first ones it is known how far ahead they are */
    OVERTAKEN = 8192, /* 12 % */
};

/* ---- delays ---- */

/* By how much a timestamp would be behind the quickest packet, if it were played at play. */
static int64_t delay(const struct jitter *j, int64_t timestamp, int64_t play)
{
    return play - timestamp - units_of_us(j, jitter_delay_base_us(&j->delays));
}

/* How long packets have to be held back so that what stands in for those that are lost comes in
 * time, be it a copy, the FEC of the next, or the next itself, up to which sound is invented: 0
 * where nothing is lost. Where many are, the packet that brings it often is, too: with another
 * packet of delay the next one does, and who is to conceal knows both ends of the gap. Without it
 * sound is held at each such loss and played faster behind it, which is heard more than the delay.
 * They may be late as well, though by more than a packet not both at once and at worst; and what is
 * played may be a little sooner than it is aimed at. */
static int64_t room_for_repair(const struct jitter *j)
{
    int64_t late = units(j, jitter_delay_wanted_ms(&j->delays));
    uint32_t room = j->loses.some ? j->packet_units : 0;

    for (size_t i = 0; i < JITTER_COPIES; i++)
        if (j->copies[i].worth && j->copies[i].units > room)
            room = j->copies[i].units;
    if (!room)
        return 0;
    room += j->loses.many ? j->packet_units : 0;
    if (late > j->packet_units)
        late = late / 2 > j->packet_units ? late / 2 : j->packet_units;
    return room + late + units(j, FAST_MS);
}

/* The delay to aim at, over the quickest of the latest packets, with room for what stands in for
 * lost ones. A ceiling below one packet could not be kept: what is in it has waited for its end
 * already. */
static int64_t aim(const struct jitter *j, uint32_t queued, int64_t room)
{
    int64_t least = units(j, j->config.min_ms), most = units(j, j->config.max_ms);
    int64_t wanted = units(j, jitter_delay_wanted_ms(&j->delays));

    wanted = (wanted > room ? wanted : room) + queued;
    wanted = wanted > least ? wanted : least;
    wanted = wanted < most ? wanted : most;
    return wanted > j->packet_units ? wanted : j->packet_units;
}

/* The same over the quickest of all, for what is asked for when so much is queued, as it is decided
 * upon so much before it is heard. */
static int64_t target_with(const struct jitter *j, uint32_t queued, int64_t room)
{
    return aim(j, queued, room) + units_of_us(j, jitter_delay_risen_us(&j->delays));
}

static int64_t target(const struct jitter *j, uint32_t queued)
{
    return target_with(j, queued, room_for_repair(j));
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
    if (!j->paused && j->rest_sequence >= j->next_sequence - 1) {
        j->paused = true; /* and says so, so there is nothing to wait for */
        go_on(j, 0);
    }
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

/* Whether there was a pause before first as all that should have been there is lost, and not for
 * what the sender did. */
static bool is_cut_off(const struct jitter *j, const struct jitter_stored *first)
{
    bool rested = j->rest_sequence >= j->next_sequence - 1;

    return !j->fresh && !rested && first->sequence > j->next_sequence;
}

/* How late first, with which sound begins, is to be played: as late as is wanted, so that those
 * behind it may be late, too. Behind losses no later than what was before them, as to wait then
 * conceals more than was lost. */
static int64_t begin_at(const struct jitter *j, const struct jitter_stored *first, uint32_t queued)
{
    int64_t wanted = target(j, queued);

    return is_cut_off(j, first) && j->delayed < wanted ? j->delayed : wanted;
}

/* A stream or a spurt of talk begins. False: its first packet has to wait longer, as out says. */
static bool resume(struct jitter *j, const struct jitter_stored *first, int64_t play,
                   uint32_t queued, struct jitter_decision *out)
{
    int64_t short_of = begin_at(j, first, queued) - delay(j, first->timestamp, play);
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
 * longer, the more is gained by playing slowly what there is. Where many are overtaken it is usual
 * that one is due, as the one behind it will come before; where many are lost, one that is missing
 * is no sign of a delay. */
static int64_t overdue(const struct jitter *j, int64_t play, uint32_t queued)
{
    int64_t due = j->high_timestamp + j->packet_units;
    int64_t wanted = units(j, jitter_delay_wanted_ms(&j->delays));
    int64_t usual = j->disorder > OVERTAKEN ? wanted : wanted / 2;
    int64_t late = delay(j, due, play - queued) - units_of_us(j, jitter_delay_risen_us(&j->delays));
    int64_t least = j->loses.many ? 3 * (int64_t)j->packet_units : j->packet_units;

    return late > least && late > usual ? late : 0;
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

/* Nothing is played faster while packets are later than ever: the next one will be, too. Nor slower
 * for one that is overdue where what is held back for copies is enough for it. What is not held
 * back for delays but for copies, for some losses that may come, is no reason to spoil what is
 * there: it is made in pauses, and where sound is missing (may_be_copied). */
static void choose_speed(const struct jitter *j, int64_t late, uint32_t queued, int64_t waited,
                         struct jitter_decision *out)
{
    int64_t wanted = target(j, queued), enough = target(j, most_ahead(j));
    bool may_hurry = j->asked > KNOWN && !jitter_delay_in_spike(&j->delays);

    if (waited > 0 && late < target_with(j, queued, 0) + waited) {
        out->stretch = JITTER_EXPAND;
        out->amount = out->duration;
    } else if (may_hurry && late > enough + units(j, SLOW_MS)) {
        out->stretch = JITTER_ACCELERATE;
        out->amount = (uint32_t)(late - enough);
    } else if (late < wanted - units(j, FAST_MS)) {
        out->stretch = JITTER_EXPAND;
        out->amount = (uint32_t)(wanted - late);
        out->in_pauses = late >= target_with(j, queued, 0) - units(j, FAST_MS);
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
    out->timestamp = (uint32_t)p->timestamp;
    out->first = j->fresh;
    out->skipped = j->skipped;
    choose_speed(j, late, queued, overdue(j, play, queued), out);
    j->fresh = false;
    j->given = p;
    j->skipped = 0;
    go_on(j, 0);
    j->next_sequence = p->sequence + 1;
    j->next_timestamp = p->timestamp + p->duration;
    j->stats.lost += p->copy;
    j->stats.redundant += p->copy;
    j->delayed = late;
    j->delayed_us += late > 0 ? (uint64_t)us_of(j, late) : 0;
    j->decoded++;
}

static bool can_recover(const struct jitter *j, const struct jitter_stored *next, int64_t gap)
{
    return next->fec && next->sequence == j->next_sequence + 1 && gap == j->packet_units;
}

/* Whether what is invented now leads up to next, from sound that the decoder knows of. */
static bool can_bridge(const struct jitter *j, const struct jitter_stored *next, int64_t gap)
{
    return next->bridge && gap <= j->packet_units && !j->skipped;
}

/* What is to be played for the first of those that are missing in gap: a packet, but what is left
 * of the first where sound was held in its place, so that the last one's place stays whole. */
static int64_t first_of_gap(const struct jitter *j, const struct jitter_stored *next, int64_t gap)
{
    int64_t behind = (next->sequence - j->next_sequence - 1) * j->packet_units;
    bool whole = !next->fec || gap <= behind || gap >= behind + j->packet_units;

    if (gap < j->packet_units)
        return gap;
    return whole ? j->packet_units : gap - behind;
}

/* The packet whose turn it is did not come, but next, behind it, has: gap of sound is missing. */
static void replace_lost(struct jitter *j, const struct jitter_stored *next, int64_t gap,
                         struct jitter_decision *out)
{
    int64_t duration = first_of_gap(j, next, gap);
    bool from_next = can_recover(j, next, gap);

    decide(j, out, from_next ? JITTER_FEC : JITTER_CONCEAL, duration);
    if (from_next || can_bridge(j, next, gap)) {
        out->payload = (struct slice){next->bytes, next->n};
        out->payload_type = next->payload_type;
    }
    if (from_next) {
        go_on(j, 0);
        out->skipped = j->skipped;
        j->skipped = 0;
        j->stats.recovered += next->carries;
        j->concealed_us += next->carries ? 0 : (uint64_t)us_of(j, duration);
    }
    pass_over(j, j->next_sequence + 1);
    j->next_timestamp += duration;
}

/* Takes what was played already, while nothing had come, off what is missing before next: so the
 * sound that was held then has stood in for what was lost. What next brings along of it is played
 * all the same, be it of the only one that is lost or of the last of several. */
static int64_t missing_before(struct jitter *j, const struct jitter_stored *next)
{
    int64_t gap = next->timestamp - j->next_timestamp;
    bool several = next->sequence > j->next_sequence + 1 && gap > j->packet_units;
    int64_t most = next->fec && several ? gap - j->packet_units : gap;
    int64_t held = j->held < most ? j->held : most;
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
 * was before it will do for it; and for longer where many are overtaken. Where none are, a bridge
 * to next is better. */
static bool may_be_overtaken(const struct jitter *j, const struct jitter_stored *next)
{
    bool some = j->disorder > 65536 / JITTER_AVERAGE, many = some && j->disorder > j->missing;
    int64_t most = many ? units(j, DRAWN_MS) : j->packet_units;

    if (next->fec || (next->bridge && !some))
        return false;
    return (some || next->sequence == j->next_sequence + 1) && j->held < most;
}

/* Whether a copy of the missing packet may come yet that is waited for, but for which not enough is
 * held back: what is invented until then is heard where sound would have been missing, and from
 * there on enough is. */
static bool may_be_copied(const struct jitter *j, int64_t play, int64_t wanted)
{
    bool worth = false;

    for (size_t i = 0; i < JITTER_COPIES; i++)
        worth |= j->copies[i].worth;
    return worth && j->held < units(j, HOLD_MS) &&
           delay(j, j->next_timestamp, play) < wanted - units(j, FAST_MS);
}

/* The first that waits is not the one whose turn it is. */
static bool look_beyond_gap(struct jitter *j, const struct jitter_stored *first, int64_t play,
                            int64_t wanted, struct jitter_decision *out)
{
    int64_t gap, late = delay(j, first->timestamp, play);

    if (may_be_overtaken(j, first) || may_be_copied(j, play, wanted)) {
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
        return look_beyond_gap(j, first, play, wanted, out);
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

bool jitter_discarded(struct jitter *j, uint16_t *sequence)
{
    if (j->n_told == j->n_discarded)
        return false;
    if (j->n_discarded - j->n_told > JITTER_TOLD)
        j->n_told = j->n_discarded - JITTER_TOLD;
    *sequence = j->discarded[j->n_told++ % JITTER_TOLD];
    return true;
}

void jitter_stats(const struct jitter *j, struct jitter_stats *out)
{
    *out = j->stats;
    out->target_ms = (uint32_t)ms_of(j, aim(j, 0, room_for_repair(j)));
    out->ceiling_ms = j->config.max_ms;
    out->delay_ms = j->delayed > 0 ? (uint32_t)ms_of(j, j->delayed) : 0;
    out->delay_mean_ms = j->decoded ? (uint32_t)(j->delayed_us / j->decoded / 1000) : 0;
    out->played_ms = j->played_us / 1000;
    out->concealed_ms = j->concealed_us / 1000;
    out->held_ms = j->held_us / 1000;
    out->waiting = (uint32_t)j->store.n;
}
