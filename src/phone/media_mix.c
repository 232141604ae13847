#include "phone/media_mix.h"

#include <stdlib.h>
#include <string.h>

#include "audio/mixer.h"
#include "base/log.h"
#include "phone/media_stream.h"

#define LANE_MOST_MS 240 /* two of the longest packets; nobody can make more of it wait */
#define LANE_SLACK_MS 5  /* what waits beyond that for nobody's packet is dropped: delay */
#define BUSES_MAX 6      /* rates that codecs encode at: 8, 12, 16, 24, 48 kHz, and one to come */
#define STALL_US 200000  /* the process stood still: what waited is old */

/* Samples on their way from one rate to another. */
struct lane {
    uint32_t from_hz, to_hz;
    struct resample *resample; /* NULL: the rates are the same */
    int16_t *samples;          /* NULL: not open */
    size_t n, cap;
};

/* All who hear at one rate, and what they say. */
struct bus {
    uint32_t rate_hz;
    bool used;
    int16_t said[MIXER_SAMPLES]; /* by those of this rate */
    struct mixer sum;            /* the same, and what all others say */
    struct lane from[BUSES_MAX]; /* of each other bus */
};

struct media_mix {
    struct list link;    /* in thread->mixes */
    struct list members; /* of struct mix_member */
    uint32_t number;
    uint64_t mixed_us;            /* up to here */
    struct bus *buses[BUSES_MAX]; /* NULL: a free place */
};

struct mix_member {
    struct list link;
    struct media_mix *mix;
    struct media_stream *stream;
    struct bus *bus;     /* of this beat; NULL: it has no encoder yet */
    struct lane in, out; /* from what it plays to its bus, and from there to its encoder */
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
    return s->agreed && s->agreed->params.receive && s->agreed->params.send && s->encoder;
}

/* --- buses ----------------------------------------------------------------------------------- */

static void bus_free(struct bus *b)
{
    for (size_t i = 0; b && i < BUSES_MAX; i++)
        lane_close(&b->from[i]);
    free(b);
}

/* NULL: no memory; then its members hear nobody. */
static struct bus *find_bus(struct media_mix *m, uint32_t rate_hz)
{
    struct bus **place = NULL;

    for (size_t i = 0; i < BUSES_MAX; i++) {
        if (m->buses[i] && m->buses[i]->rate_hz == rate_hz)
            return m->buses[i];
        if (!m->buses[i] && !place)
            place = &m->buses[i];
    }
    if (!place || !(*place = calloc(1, sizeof **place)))
        return NULL;
    (*place)->rate_hz = rate_hz;
    return *place;
}

/* Codecs change, and members come and go. */
static void seat_members(struct media_mix *m)
{
    for (size_t i = 0; i < BUSES_MAX; i++)
        if (m->buses[i])
            m->buses[i]->used = false;
    LIST_EACH (&m->members, at) {
        struct mix_member *member = LIST_ITEM(at, struct mix_member, link);
        const struct audio_encoder *encoder = member->stream->encoder;

        member->bus = encoder ? find_bus(m, audio_encoder_rate_hz(encoder)) : NULL;
        if (member->bus)
            member->bus->used = true;
    }
    for (size_t i = 0; i < BUSES_MAX; i++)
        if (m->buses[i] && !m->buses[i]->used) {
            bus_free(m->buses[i]);
            m->buses[i] = NULL;
        }
}

/* What is said at one rate, for those who hear at the other. */
static void lead_over(struct bus *from, struct lane *lane, struct bus *to)
{
    if (!lane_open(lane, from->rate_hz, to->rate_hz))
        return;
    lane_put(lane, from->said, from->sum.n);
    lane_fill(lane, to->sum.n);
    mixer_add(&to->sum, lane->samples, to->sum.n);
    lane_drop(lane, to->sum.n);
}

static void connect_buses(struct media_mix *m)
{
    for (size_t i = 0; i < BUSES_MAX; i++)
        if (m->buses[i])
            mixer_get(&m->buses[i]->sum, NULL, m->buses[i]->said);
    for (size_t to = 0; to < BUSES_MAX; to++)
        for (size_t from = 0; from < BUSES_MAX; from++)
            if (m->buses[to] && m->buses[from] && from != to)
                lead_over(m->buses[from], &m->buses[to]->from[from], m->buses[to]);
}

/* --- in and out ------------------------------------------------------------------------------ */

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
    for (size_t i = 0; i < BUSES_MAX; i++)
        bus_free(m->buses[i]);
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
}

/* --- sound ----------------------------------------------------------------------------------- */

void stream_mix_put(struct media_stream *s, const int16_t *samples, size_t n, uint32_t rate_hz)
{
    struct lane *l = &s->mix->in;

    if (speaks(s) && lane_open(l, rate_hz, audio_encoder_rate_hz(s->encoder)))
        lane_put(l, samples, n);
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

/* What the member says in this part of the beat; NULL: nothing. */
static const int16_t *own_voice(struct mix_member *member)
{
    if (!member->bus || !member->in.samples || member->in.to_hz != member->bus->rate_hz)
        return NULL; /* it has not spoken since the rate changed */
    lane_fill(&member->in, member->bus->sum.n);
    return member->in.samples;
}

static void add_voice(struct mix_member *member)
{
    const int16_t *own = own_voice(member);

    if (own)
        mixer_add(&member->bus->sum, own, member->bus->sum.n);
}

/* To each member what is not its own. */
static void hand_out(struct mix_member *member)
{
    struct media_stream *s = member->stream;
    struct bus *b = member->bus;

    if (!b)
        return;
    if (hears(s) && lane_open(&member->out, b->rate_hz, b->rate_hz)) {
        mixer_get(&b->sum, own_voice(member), s->thread->samples);
        lane_put(&member->out, s->thread->samples, b->sum.n);
    }
    lane_drop(&member->in, b->sum.n);
    lane_limit(&member->in, 0);
}

static void sum_up(struct media_mix *m, uint64_t ms)
{
    for (size_t i = 0; i < BUSES_MAX; i++)
        if (m->buses[i])
            mixer_clear(&m->buses[i]->sum, (size_t)(ms * m->buses[i]->rate_hz / 1000));
    LIST_EACH (&m->members, at)
        add_voice(LIST_ITEM(at, struct mix_member, link));
    connect_buses(m);
    LIST_EACH (&m->members, at)
        hand_out(LIST_ITEM(at, struct mix_member, link));
}

/* In whole milliseconds, as streams play, so that no fraction of a sample is lost at any rate. */
static void mix(struct media_mix *m, uint64_t due_us)
{
    seat_members(m);
    if (due_us > m->mixed_us + STALL_US)
        m->mixed_us = due_us;
    while (due_us >= m->mixed_us + 1000) {
        uint64_t ms = (due_us - m->mixed_us) / 1000;

        ms = ms < AUDIO_PACKET_MAX_MS ? ms : AUDIO_PACKET_MAX_MS;
        sum_up(m, ms);
        m->mixed_us += ms * 1000;
    }
}

/* How much of the next packet's time is over: that much may wait for it. */
static uint64_t gathered_ms(const struct media_stream *s, uint64_t due_us)
{
    uint64_t left_ms = s->next_send_us > due_us ? (s->next_send_us - due_us) / 1000 : 0;

    return left_ms < stream_ptime_ms(s) ? stream_ptime_ms(s) - left_ms : 0;
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
    }
}
