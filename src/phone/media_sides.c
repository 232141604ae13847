#include "phone/media_sides.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audio/resample.h"
#include "audio/stereo.h"

#define TOLERANCE_US 500    /* that two pieces may be apart, or overlap, and still be one sound */
#define MOST_BEHIND_PER_S 5 /* a fifth of a second: the longest packets and some beats */
#define PIECE 512           /* samples that are converted, or frames that are made, at a time */
#define PIECE_ROOM 4096     /* from 8 to 48 kHz, and what a filter adds */

/* One side, at the sink's rate. */
struct line {
    struct resample *resample; /* NULL: it has the sink's rate already */
    uint32_t from_hz;          /* 0: nothing has come, or nothing since a gap */
    uint64_t until_us;         /* its sound has come up to then */
    uint64_t frames;           /* since the beginning, those that wait included */
    int16_t *waiting;          /* for the other side */
    size_t n;
};

struct media_sides {
    enum phone_sides which;
    struct media_sink *sink;
    uint64_t begin_us;
    size_t most; /* that may wait */
    size_t n_lines;
    size_t channels; /* of a line: 1, and 2 once two have come that are kept apart */
    struct line lines[MEDIA_N_SIDES];
    int16_t waiting[];
};

int media_sides_new(enum phone_sides which, struct media_sink *sink, uint64_t begin_us,
                    struct media_sides **out)
{
    size_t n_lines = which == PHONE_SIDES_HEARD ? 1 : MEDIA_N_SIDES;
    size_t most = sink->rate_hz / MOST_BEHIND_PER_S;
    size_t waiting = n_lines > 1 ? n_lines * most : 0;
    struct media_sides *m = calloc(1, sizeof *m + waiting * sizeof m->waiting[0]);

    if (!m)
        return -ENOMEM;
    m->which = which == PHONE_SIDES_APART && sink->channels == 1 ? PHONE_SIDES_MIXED : which;
    m->sink = sink;
    m->begin_us = begin_us;
    m->most = most;
    m->n_lines = n_lines;
    m->channels = 1;
    for (size_t i = 0; i < n_lines; i++)
        m->lines[i] = (struct line){.until_us = begin_us,
                                    .waiting = n_lines > 1 ? m->waiting + i * most : NULL};
    *out = m;
    return 0;
}

/* --- frames ---------------------------------------------------------------------------------- */

static int16_t sum(int16_t a, int16_t b)
{
    int both = a + b;

    return (int16_t)(both > INT16_MAX ? INT16_MAX : both < INT16_MIN ? INT16_MIN : both);
}

/* n frames of both sides; NULL: that side is silent. */
static void write_frames(struct media_sides *m, const int16_t *theirs, const int16_t *ours,
                         size_t n)
{
    int16_t frames[2 * PIECE], *out = frames;

    for (size_t i = 0; i < n; i++) {
        int16_t a = theirs ? theirs[i] : 0, b = ours ? ours[i] : 0;

        *out++ = m->which == PHONE_SIDES_APART ? a : sum(a, b);
        if (m->sink->channels == 2)
            *out++ = m->which == PHONE_SIDES_APART ? b : sum(a, b);
    }
    m->sink->ops->write(m->sink, frames, n);
}

static void write_pieces(struct media_sides *m, const int16_t *theirs, const int16_t *ours,
                         size_t n)
{
    for (size_t part; n > 0; n -= part) {
        part = n < PIECE ? n : PIECE;
        write_frames(m, theirs, ours, part);
        theirs = theirs ? theirs + part : NULL;
        ours = ours ? ours + part : NULL;
    }
}

static void take(struct line *line, size_t n)
{
    line->n -= n;
    memmove(line->waiting, line->waiting + n, line->n * sizeof line->waiting[0]);
}

/* What both sides have. */
static void write_common(struct media_sides *m)
{
    struct line *a = &m->lines[MEDIA_SIDE_THEIRS], *b = &m->lines[MEDIA_SIDE_OURS];
    size_t n = a->n < b->n ? a->n : b->n;

    if (n == 0)
        return;
    write_pieces(m, a->waiting, b->waiting, n);
    take(a, n);
    take(b, n);
}

/* --- a side alone ---------------------------------------------------------------------------- */

static uint64_t frame_at(const struct media_sides *m, uint64_t us)
{
    uint64_t past = us - m->begin_us;

    return past / 1000000 * m->sink->rate_hz + past % 1000000 * m->sink->rate_hz / 1000000;
}

static uint64_t time_of(const struct media_sides *m, uint64_t frame)
{
    uint32_t rate_hz = m->sink->rate_hz;

    return m->begin_us + frame / rate_hz * 1000000 + frame % rate_hz * 1000000 / rate_hz;
}

static void forget_rate(struct line *line)
{
    resample_free(line->resample);
    line->resample = NULL;
    line->from_hz = 0;
}

/* The other side has missed its time: it is silent up to where this one is, and what comes late for
 * that will be left out. */
static void write_alone(struct media_sides *m, enum media_side side)
{
    struct line *line = &m->lines[side], *other = &m->lines[!side];
    size_t n = line->n;

    if (side == MEDIA_SIDE_THEIRS)
        write_pieces(m, line->waiting, NULL, n);
    else
        write_pieces(m, NULL, line->waiting, n);
    take(line, n);
    forget_rate(other);
    other->frames += n;
    if (other->until_us < time_of(m, other->frames))
        other->until_us = time_of(m, other->frames);
}

/* samples of this side; NULL: silence. */
static void add(struct media_sides *m, enum media_side side, const int16_t *samples, size_t n)
{
    struct line *line = &m->lines[side];

    line->frames += n;
    if (m->n_lines == 1 && samples && m->sink->channels == m->channels) {
        m->sink->ops->write(m->sink, samples, n);
        return;
    }
    if (m->n_lines == 1) {
        write_pieces(m, samples, NULL, n);
        return;
    }
    for (size_t some; n > 0; n -= some) {
        if (line->n == m->most)
            write_alone(m, side);
        some = m->most - line->n < n ? m->most - line->n : n;
        if (samples)
            memcpy(line->waiting + line->n, samples, some * sizeof *samples);
        else
            memset(line->waiting + line->n, 0, some * sizeof *samples);
        line->n += some;
        samples = samples ? samples + some : NULL;
        write_common(m);
    }
}

/* What the filter holds back of the sound before a gap, another rate or the end. */
static void flush(struct media_sides *m, enum media_side side)
{
    struct line *line = &m->lines[side];
    int16_t out[2 * PIECE_ROOM];
    size_t n;

    if (line->resample)
        while ((n = resample_flush(line->resample, out, PIECE_ROOM)) > 0)
            add(m, side, out, n);
    forget_rate(line);
}

/* Both sides have come to the same frame, and nothing waits. */
static void level(struct media_sides *m)
{
    for (size_t i = 0; i < m->n_lines; i++)
        if (m->lines[i].n > 0)
            write_alone(m, (enum media_side)i);
}

/* A long silence of everybody, which the sink can count instead of being told. */
static void add_long_silence(struct media_sides *m, uint64_t until_frame, uint64_t until_us)
{
    level(m);
    if (until_frame > m->lines[0].frames)
        m->sink->ops->silence(m->sink, until_frame - m->lines[0].frames);
    for (size_t i = 0; i < m->n_lines; i++) {
        struct line *line = &m->lines[i];

        forget_rate(line);
        line->frames = until_frame > line->frames ? until_frame : line->frames;
        line->until_us = until_us > line->until_us ? until_us : line->until_us;
    }
}

static void fill_gap(struct media_sides *m, enum media_side side, uint64_t start_us)
{
    struct line *line = &m->lines[side];
    uint64_t target = frame_at(m, start_us);

    flush(m, side);
    line->until_us = start_us;
    if (target > line->frames + m->most)
        add_long_silence(m, target, start_us);
    else if (target > line->frames)
        add(m, side, NULL, (size_t)(target - line->frames));
}

/* samples of as many channels as the line has. */
static void add_at_rate(struct media_sides *m, enum media_side side, const int16_t *samples,
                        size_t n, uint32_t rate_hz)
{
    struct line *line = &m->lines[side];
    int16_t out[2 * PIECE_ROOM];

    if (line->from_hz != rate_hz) {
        flush(m, side);
        line->from_hz = rate_hz;
        if (rate_hz != m->sink->rate_hz &&
            resample_new_of((unsigned)m->channels, rate_hz, m->sink->rate_hz, RESAMPLE_CALL,
                            &line->resample) != 0)
            line->from_hz = 0;
    }
    if (rate_hz == m->sink->rate_hz) {
        add(m, side, samples, n);
        return;
    }
    for (size_t part; n > 0 && line->resample; n -= part, samples += part * m->channels) {
        part = n < PIECE ? n : PIECE;
        add(m, side, out, resample_run(line->resample, samples, part, out, PIECE_ROOM));
    }
}

static void add_converted(struct media_sides *m, enum media_side side, const int16_t *samples,
                          size_t n, unsigned channels, uint32_t rate_hz)
{
    int16_t frames[2 * PIECE];

    if (channels > m->channels && m->n_lines == 1 && m->sink->channels == 2) {
        flush(m, side);
        m->channels = channels;
    }
    if (channels == m->channels) {
        add_at_rate(m, side, samples, n, rate_hz);
        return;
    }
    for (size_t part; n > 0; n -= part, samples += part * channels) {
        part = n < PIECE ? n : PIECE;
        stereo_convert(samples, part, channels, frames, (unsigned)m->channels);
        add_at_rate(m, side, frames, part, rate_hz);
    }
}

void media_sides_put(struct media_sides *m, enum media_side side, const int16_t *samples, size_t n,
                     unsigned channels, uint32_t rate_hz, uint64_t end_us)
{
    struct line *line = &m->lines[side];
    uint64_t start_us = end_us - n * UINT64_C(1000000) / rate_hz;

    if ((size_t)side >= m->n_lines || end_us <= line->until_us)
        return;
    if (start_us + TOLERANCE_US < line->until_us) {
        size_t past = (size_t)((line->until_us - start_us) * rate_hz / 1000000);

        past = past < n ? past : n;
        samples += past * channels;
        n -= past;
    } else if (start_us > line->until_us + TOLERANCE_US) {
        fill_gap(m, side, start_us);
    }
    line->until_us += n * UINT64_C(1000000) / rate_hz; /* so small differences do not add up */
    add_converted(m, side, samples, n, channels, rate_hz);
}

void media_sides_end(struct media_sides *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->n_lines; i++)
        flush(m, (enum media_side)i);
    level(m);
    free(m);
}
