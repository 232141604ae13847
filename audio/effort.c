#include "audio/effort.h"

#include <stddef.h>

#include "base/slice.h"

enum {
    LOOK_US = 1000000,
    LATE_US = 10000,   /* a packet that leaves later than that is felt by jitter buffers */
    LATE_PERCENT = 5,  /* of the beats: too many */
    BUSY_PERCENT = 50, /* of the time: too much */
    CALM_PERCENT = 25, /* at most, for more to be dared */
    WAIT_S = 10,       /* of calm */
    WAIT_MOST_S = 160,
};

/* From 5 on Opus costs about half of 9, at 2 a third. */
static const uint8_t levels[] = {1, 2, 5};

static uint8_t below(uint8_t level)
{
    uint8_t found = levels[0];

    for (size_t i = 0; i < ARRAY_LEN(levels); i++)
        if (levels[i] < level)
            found = levels[i];
    return found < level ? found : level;
}

static uint8_t above(uint8_t level, uint8_t most)
{
    for (size_t i = 0; i < ARRAY_LEN(levels); i++)
        if (levels[i] > level && levels[i] < most)
            return levels[i];
    return most;
}

void effort_init(struct effort *e, uint8_t most)
{
    *e = (struct effort){.most = most, .level = most, .wait_s = WAIT_S};
}

/* Trouble before it has been shown that what was dared goes well: next time it takes twice as long
 * until more is dared. */
static void lower(struct effort *e)
{
    if (e->dared)
        e->wait_s = 2 * e->wait_s < WAIT_MOST_S ? 2 * e->wait_s : WAIT_MOST_S;
    e->level = below(e->level);
    e->calm_s = 0;
    e->dared = false;
}

static void judge(struct effort *e)
{
    bool busy = e->busy_us * 100 > e->span_us * BUSY_PERCENT;
    bool calm = e->busy_us * 100 < e->span_us * CALM_PERCENT && e->late == 0;

    if (busy || e->late * 100 > e->beats * LATE_PERCENT)
        lower(e);
    else
        e->calm_s = calm ? e->calm_s + 1 : 0;
    if (e->calm_s < e->wait_s)
        return;
    if (e->level == e->most) { /* it has gone well for long enough */
        e->wait_s = WAIT_S;
        e->dared = false;
    } else {
        e->level = above(e->level, e->most);
        e->dared = true;
    }
    e->calm_s = 0;
}

bool effort_note(struct effort *e, uint64_t late_us, uint64_t busy_us, uint64_t span_us)
{
    uint8_t before = e->level;

    e->beats++;
    e->late += late_us > LATE_US;
    e->busy_us += busy_us;
    e->span_us += span_us;
    if (e->span_us < LOOK_US)
        return false;
    judge(e);
    e->beats = e->late = 0;
    e->busy_us = e->span_us = 0;
    return e->level != before;
}
