#include "audio/standing.h"

#include "audio/stretch.h"

#include <stdbool.h>

enum {
    BEATS = 50, /* of ten milliseconds each */
    MORE_MOST_MS = 60,
    CALM = 2, /* half seconds after which a millisecond is risked again */
    MUCH_MS = 30,
};

static const double PAUSE = 100; /* -50 dB of full scale */
static const double MUCH_ALIKE = 0.7;

void standing_note(struct standing *s, size_t waiting, uint32_t rate_hz)
{
    size_t needed = (size_t)rate_hz / 1000 * (s->needs_ms + s->more_ms);

    s->since++;
    s->least = s->beats == 0 || waiting < s->least ? waiting : s->least;
    if (++s->beats < BEATS)
        return;
    s->beats = 0;
    s->surplus = s->least > needed ? s->least - needed : 0;
    s->wanting = 0;
    if (!s->dry && (s->gaps > 0 || !s->bold) && s->least < needed * 2 / 3)
        s->wanting = needed - s->least;
    s->dry = false;
    /* Who is bold has risked it already, and clocks that differ will go on to. */
    if (++s->calm % CALM == 0 && s->more_ms > (s->bold ? s->gap_ms : 0))
        s->more_ms--;
}

void standing_gap(struct standing *s)
{
    bool same = s->since < (s->gaps ? BEATS : 2 * BEATS);

    s->gaps++;
    s->since = 0;
    s->dry = true;
    s->wanting = 0;
    if (same)
        return;
    s->more_ms = s->more_ms + s->gap_ms < MORE_MOST_MS ? s->more_ms + s->gap_ms : MORE_MOST_MS;
    s->beats = s->calm = 0;
    s->surplus = 0;
}

size_t standing_shorten(struct standing *s, int16_t *samples, size_t n, uint32_t rate_hz)
{
    struct stretch_how how = {.rate_hz = rate_hz,
                              .channels = s->channels,
                              .most = s->surplus,
                              .alike = STRETCH_ALIKE,
                              .pause = PAUSE};
    size_t left;

    if (s->surplus > (size_t)rate_hz / 1000 * MUCH_MS)
        how.alike = MUCH_ALIKE;
    left = s->surplus ? stretch_accelerate(samples, n, &how) : n;
    s->surplus -= n - left;
    return left;
}

size_t standing_lengthen(struct standing *s, int16_t *samples, size_t n, size_t room,
                         uint32_t rate_hz)
{
    struct stretch_how how = {.rate_hz = rate_hz,
                              .channels = s->channels,
                              .most = s->wanting,
                              .alike = 1,
                              .pause = PAUSE};
    size_t more;

    if (how.most > room - n)
        how.most = room - n;
    more = how.most > 0 ? stretch_expand(samples, n, &how) : n;
    s->wanting -= more - n;
    if (more > n)
        s->beats = 0; /* what waited before says nothing of what is wanting now */
    return more;
}
