#include "phone/media_mix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audio/mixer.h"
#include "base/log.h"
#include "phone/media_stream.h"

#define LANE_MOST_MS 240 /* two of the longest packets; nobody can make more of it wait */
#define LANE_SLACK_MS 5  /* what waits beyond that for nobody's packet is dropped: delay */
#define STALL_US 200000  /* the process stood still: what waited is old */

/* Samples on their way from one rate to another. */
struct lane {
    uint32_t from_hz, to_hz;
    struct resample *resample; /* NULL: the rates are the same */
    int16_t *samples;          /* NULL: not open */
    size_t n, cap;
};

struct media_mix {
    struct list link;    /* in thread->mixes */
    struct list members; /* of struct mix_member */
    uint32_t number;
    uint32_t rate_hz;  /* the highest of the members; 0: none of them has one yet */
    uint64_t mixed_us; /* up to here */
    struct mixer sum;
};

struct mix_member {
    struct list link;
    struct media_mix *mix;
    struct media_stream *stream;
    struct lane in, out; /* from what it plays to the sum, and from the sum to its encoder */
};

/* --- lanes ----------------------------------------------------------------------------------- */

static void lane_close(struct lane *l)
{
    resample_free(l->resample);
    free(l->samples);
    *l = (struct lane){.from_hz = 0};
}

/* Makes it anew where a rate has changed. False: no memory, or no rate. */
static bool lane_open(struct lane *l, uint32_t from_hz, uint32_t to_hz)
{
    int err = 0;

    if (l->samples && l->from_hz == from_hz && l->to_hz == to_hz)
        return true;
    lane_close(l);
    if (!from_hz || !to_hz)
        return false;
    *l = (struct lane){.from_hz = from_hz, .to_hz = to_hz, .cap = to_hz / 1000 * LANE_MOST_MS};
    l->samples = malloc(l->cap * sizeof *l->samples);
    if (from_hz != to_hz)
        err = resample_new(from_hz, to_hz, RESAMPLE_CALL, &l->resample);
    if (!l->samples || err) {
        lane_close(l);
        return false;
    }
    return true;
}

static void lane_drop(struct lane *l, size_t n)
{
    n = n < l->n ? n : l->n;
    l->n -= n;
    if (n && l->n)
        memmove(l->samples, l->samples + n, l->n * sizeof *l->samples);
}

/* Where it is full, the oldest goes. */
static void lane_put(struct lane *l, const int16_t *samples, size_t n)
{
    size_t room = l->resample ? resample_room(l->resample, n) : n;

    if (room > l->cap)
        return;
    if (l->n + room > l->cap)
        lane_drop(l, l->n + room - l->cap);
    if (l->resample) {
        l->n += resample_run(l->resample, samples, n, l->samples + l->n, l->cap - l->n);
        return;
    }
    memcpy(l->samples + l->n, samples, n * sizeof *samples);
    l->n += n;
}

/* Makes sure of n samples; what is missing is silent. */
static void lane_fill(struct lane *l, size_t n)
{
    if (l->n >= n || n > l->cap)
        return;
    memset(l->samples + l->n, 0, (n - l->n) * sizeof *l->samples);
    l->n = n;
}

/* No more than ms and a little wait: else they would come that much later for ever. */
static void lane_limit(struct lane *l, uint64_t ms)
{
    size_t most = (size_t)(l->to_hz / 1000 * ms);

    if (l->n > most + l->to_hz / 1000 * LANE_SLACK_MS)
        lane_drop(l, l->n - most);
}

/* --- members --------------------------------------------------------------------------------- */

static bool hears(const struct media_stream *s)
{
    return s->agreed && s->may_send && s->agreed->params.send && s->encoder;
}

static bool speaks(const struct media_stream *s)
{
    return s->agreed && s->agreed->params.receive && s->agreed->params.send;
}

static uint32_t rate_of(const struct media_stream *s)
{
    uint32_t in_hz = s->playout ? playout_rate_hz(s->playout) : 0;
    uint32_t out_hz = s->encoder ? audio_encoder_rate_hz(s->encoder) : 0;

    return in_hz > out_hz ? in_hz : out_hz;
}

static void choose_rate(struct media_mix *m)
{
    m->rate_hz = 0;
    LIST_EACH (&m->members, at) {
        uint32_t rate_hz = rate_of(LIST_ITEM(at, struct mix_member, link)->stream);

        m->rate_hz = rate_hz > m->rate_hz ? rate_hz : m->rate_hz;
    }
}

static struct media_mix *find_mix(struct media_thread *t, uint32_t number)
{
    struct media_mix *m;

    LIST_EACH (&t->mixes, at) {
        m = LIST_ITEM(at, struct media_mix, link);
        if (m->number == number)
            return m;
    }
    m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->number = number;
    m->mixed_us = t->last_beat_us;
    list_init(&m->members);
    list_append(&t->mixes, &m->link);
    return m;
}

static void drop_if_empty(struct media_mix *m)
{
    if (!m || !list_empty(&m->members))
        return;
    list_remove(&m->link);
    free(m);
}

static void leave(struct media_stream *s)
{
    struct mix_member *member = s->mix;

    if (!member)
        return;
    s->mix = NULL;
    list_remove(&member->link);
    lane_close(&member->in);
    lane_close(&member->out);
    drop_if_empty(member->mix);
    free(member);
}

void stream_set_mix(struct media_stream *s, uint32_t number)
{
    struct mix_member *member;
    struct media_mix *m;

    leave(s);
    if (!number)
        return;
    m = find_mix(s->thread, number);
    member = m ? calloc(1, sizeof *member) : NULL;
    if (!member) {
        drop_if_empty(m);
        log_error("media", "out of memory: a call is not heard in its conference");
        return;
    }
    member->mix = m;
    member->stream = s;
    s->mix = member;
    list_append(&m->members, &member->link);
    choose_rate(m);
}

/* --- sound ----------------------------------------------------------------------------------- */

void stream_mix_put(struct media_stream *s, const int16_t *samples, size_t n, uint32_t rate_hz)
{
    struct mix_member *member = s->mix;

    if (speaks(s) && lane_open(&member->in, rate_hz, member->mix->rate_hz))
        lane_put(&member->in, samples, n);
}

void stream_mix_onto(struct media_stream *s, int16_t *out, size_t n)
{
    struct lane *l = &s->mix->out;
    size_t some = n < l->n ? n : l->n;

    if (l->to_hz != audio_encoder_rate_hz(s->encoder))
        return;
    mixer_onto(out, l->samples, some);
    lane_drop(l, some);
}

/* What the member says in the next n samples; NULL: nothing. */
static const int16_t *own_voice(struct mix_member *member, size_t n)
{
    if (!member->in.samples || member->in.to_hz != member->mix->rate_hz)
        return NULL; /* it has not spoken since the rate changed */
    lane_fill(&member->in, n);
    return member->in.samples;
}

/* n samples of everybody, and to each member what is not its own. */
static void sum_up(struct media_mix *m, size_t n)
{
    mixer_clear(&m->sum, n);
    LIST_EACH (&m->members, at) {
        struct mix_member *member = LIST_ITEM(at, struct mix_member, link);
        const int16_t *own = own_voice(member, n);

        if (own)
            mixer_add(&m->sum, own, n);
    }
    LIST_EACH (&m->members, at) {
        struct mix_member *member = LIST_ITEM(at, struct mix_member, link);
        struct media_stream *s = member->stream;

        if (hears(s) && lane_open(&member->out, m->rate_hz, audio_encoder_rate_hz(s->encoder))) {
            mixer_get(&m->sum, own_voice(member, n), s->thread->samples);
            lane_put(&member->out, s->thread->samples, n);
        }
        lane_drop(&member->in, n);
        lane_limit(&member->in, 0);
    }
}

/* In whole milliseconds, as streams play, so that no fraction of a sample is lost at any rate. */
static void mix(struct media_mix *m, uint64_t due_us)
{
    if (!m->rate_hz || due_us > m->mixed_us + STALL_US)
        m->mixed_us = due_us;
    while (due_us >= m->mixed_us + 1000) {
        uint64_t ms = (due_us - m->mixed_us) / 1000;

        ms = ms < AUDIO_PACKET_MAX_MS ? ms : AUDIO_PACKET_MAX_MS;
        sum_up(m, (size_t)(ms * m->rate_hz / 1000));
        m->mixed_us += ms * 1000;
    }
}

/* How much of the next packet's time is over: that much may wait for it. */
static uint64_t gathered_ms(const struct media_stream *s, uint64_t due_us)
{
    uint64_t left_ms = s->next_send_us > due_us ? (s->next_send_us - due_us) / 1000 : 0;

    return left_ms < s->agreed->ptime_ms ? s->agreed->ptime_ms - left_ms : 0;
}

static void send_due(struct mix_member *member, uint64_t due_us)
{
    struct media_stream *s = member->stream;

    stream_send_due(s, due_us);
    if (!member->out.samples)
        return;
    if (hears(s))
        lane_limit(&member->out, gathered_ms(s, due_us));
    else
        member->out.n = 0; /* what is said meanwhile is not for it */
}

void media_mix_beat(struct media_thread *t, uint64_t due_us)
{
    LIST_EACH (&t->mixes, at) {
        struct media_mix *m = LIST_ITEM(at, struct media_mix, link);

        mix(m, due_us);
        LIST_EACH (&m->members, each)
            send_due(LIST_ITEM(each, struct mix_member, link), due_us);
        choose_rate(m); /* a codec may have changed */
    }
}
