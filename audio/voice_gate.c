#include "audio/voice_gate.h"

#include <math.h>

#define HEARD 100.0      /* power of a sample that can be heard at all, */
#define LOUD 900.0       /* and of what was played where it has an echo to be learnt from */
#define EMPHASIS 0.9     /* of what is high: it is softer, and says more */
#define MATCH_KEEPS 0.7  /* a frame, of what matched: 30 ms count */
#define FADES 0.8        /* a frame, of the power of an echo that is over: a room; */
#define FADES_SLOWLY 0.9 /* that of what came, before it is said that nothing does */
#define LEARNS 0.995     /* of what returned: two seconds count */
#define SPOILT_MIN 0.3   /* Of what was taken so much came: else the filter does not fit, */
#define SPOILT_MAX 1.5
#define WELL_MIN 0.7  /* nor again, unless it is so much, */
#define WELL_FRAMES 5 /* for longer than that; */
#define RIGHT_MIN 0.8 /* and only from this is something learnt */
#define RIGHT_MAX 1.25
#define SPOILT_SHARE 0.25 /* nor where it takes less of what is due */
#define WELL_SHARE 0.4
#define GONE_SHARE 0.05  /* Where less of what is due comes the echo has become softer: */
#define GONE_KEEPS 0.98  /* 20 dB within some two seconds */
#define DOUBT 1.25       /* What is not louder than so much of the echo may be it, */
#define DOUBT_MORE 3.0   /* and that much more, where what was taken did not come; */
#define DOUBT_SPOILT 2.0 /* and of all that was played, where the filter does not fit. */
#define GATE 0.1         /* It becomes so much softer */
#define GATE_SPOILT 0.03

void voice_gate_start(struct voice_gate *g, size_t frame)
{
    *g = (struct voice_gate){.frame = frame, .gain = 1};
}

static double energy_of(const int16_t *samples, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (double)samples[i] * samples[i];
    return sum;
}

static double most_of(const double *energies, size_t n)
{
    double most = 0;

    for (size_t i = 0; i < n; i++)
        most = fmax(most, energies[i]);
    return most;
}

static double played_before(const struct voice_gate *g, unsigned frames)
{
    return g->played[(g->played_at + VOICE_GATE_PLAYED - frames) % VOICE_GATE_PLAYED];
}

/* Energy that came back of what was played, as a share of it. */
static double back(const struct voice_gate *g)
{
    return g->sent > 0 ? g->returned / g->sent : 0;
}

/* How much of what was taken has come: about 1 where the filter fits, whether we speak or not, for
 * that has nothing in common with us. */
static double matching(const struct voice_gate *g)
{
    return g->match / (g->own + 1);
}

/* Compares what was taken with what came; returns its energy. */
static double compare(struct voice_gate *g, const int16_t *captured, const int16_t *left)
{
    double energy = 0, match = 0, own = 0;

    for (size_t i = 0; i < g->frame; i++) {
        double came = captured[i], taken = came - left[i];
        double high_came = came - EMPHASIS * g->last[0];
        double high_taken = taken - EMPHASIS * g->last[1];

        g->last[0] = came;
        g->last[1] = taken;
        energy += taken * taken;
        match += high_came * high_taken;
        own += high_taken * high_taken;
    }
    g->match = g->match * MATCH_KEEPS + match;
    g->own = g->own * MATCH_KEEPS + own;
    return energy;
}

/* What was played whose echo is heard now, if it is as late as it was. */
static void note_due(struct voice_gate *g)
{
    double now = fmax(played_before(g, g->late), played_before(g, g->late + 1));

    if (g->late > 0)
        now = fmax(now, played_before(g, g->late - 1));
    g->due = fmax(now, g->due * FADES);
}

static void judge(struct voice_gate *g)
{
    double match = matching(g), share = g->lasting / (back(g) * g->due + 1), n = (double)g->frame;

    if (fmax(g->lasting, back(g) * g->due) <= HEARD * n)
        return; /* it remains as it was */
    if (g->fits) {
        g->well = 0;
        g->fits = match > SPOILT_MIN && match < SPOILT_MAX && share > SPOILT_SHARE;
        return;
    }
    g->well = match > WELL_MIN && match < SPOILT_MAX && share > WELL_SHARE ? g->well + 1 : 0;
    g->fits = g->well > WELL_FRAMES;
}

/* How late the echo comes, and how loud. */
static void learn(struct voice_gate *g, double taken)
{
    for (unsigned i = 0; i < VOICE_GATE_LATE; i++) {
        g->like[i] = g->like[i] * LEARNS + sqrt(played_before(g, i) * taken);
        if (g->like[i] > g->like[g->late])
            g->late = i;
    }
    if (g->due <= LOUD * (double)g->frame)
        return;
    g->returned = g->returned * LEARNS + g->lasting;
    g->sent = g->sent * LEARNS + g->due;
}

void voice_gate_note(struct voice_gate *g, const int16_t *played, const int16_t *captured,
                     const int16_t *left)
{
    double taken = compare(g, captured, left);

    g->played_at = (g->played_at + 1) % VOICE_GATE_PLAYED;
    g->played[g->played_at] = energy_of(played, g->frame);
    g->taken_at = (g->taken_at + 1) % VOICE_GATE_TAKEN;
    g->taken[g->taken_at] = taken;
    g->lasting = fmax(most_of(g->taken, VOICE_GATE_TAKEN), g->lasting * FADES);
    g->came = fmax(energy_of(captured, g->frame), g->came * FADES_SLOWLY);
    note_due(g);
    judge(g);
    if (g->fits && g->lasting > HEARD * (double)g->frame && matching(g) > RIGHT_MIN &&
        matching(g) < RIGHT_MAX)
        learn(g, taken);
    if (g->due > LOUD * (double)g->frame && g->came < back(g) * g->due * GONE_SHARE)
        g->returned *= GONE_KEEPS;
}

/* Of what is left the energy that may be an echo; what cannot be heard changes nothing. */
static double possible(const struct voice_gate *g)
{
    double off = fmin(1, fabs(1 - matching(g))), most = (DOUBT + DOUBT_MORE * off) * g->lasting;

    if (!g->fits)
        most = fmax(most, DOUBT_SPOILT * back(g) * most_of(g->played, VOICE_GATE_PLAYED));
    return most > HEARD * (double)g->frame ? most : 0;
}

void voice_gate_run(struct voice_gate *g, int16_t *out)
{
    double from = g->gain, to = 1, n = (double)g->frame, rest = energy_of(out, g->frame);
    double least = g->fits ? GATE : GATE_SPOILT;

    if (rest > HEARD * n)
        to = sqrt(fmax(least * least, 1 - possible(g) / rest));
    g->gain = to;
    if (from >= 1 && to >= 1)
        return;
    for (size_t i = 0; i < g->frame; i++)
        out[i] = (int16_t)lrint(out[i] * (from + (to - from) * (double)(i + 1) / n));
}
