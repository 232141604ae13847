#include "sdp/numbers.h"

#include "sdp/agree.h"
#include "sdp/parse.h"

#define EVENT_TYPE 101 /* at 8000 Hz: no rule, but some phones know no other */

/* The first of first … last that neither stands nor stood for anything, or 0. */
static uint8_t free_between(const bool taken[128], uint8_t first, uint8_t last)
{
    for (uint8_t type = first; type <= last; type++)
        if (!taken[type])
            return type;
    return 0;
}

/* RFC 3551 3 gives 96 to 127 to whoever wants them and, when they are used up, 35 to 63 (64 to 95
 * would look like RTCP: RFC 5761 4). */
static uint8_t free_dynamic(const bool taken[128], uint8_t first)
{
    uint8_t type = free_between(taken, first, 127);

    type = type ? type : free_between(taken, 96, 127);
    return type ? type : free_between(taken, 35, 63);
}

/* Where everything has had a meaning once, a number that has none now must do: there are more
 * numbers than we have codecs and events. */
static uint8_t free_type(const struct sdp_numbers *numbers, uint8_t first)
{
    uint8_t type = free_dynamic(numbers->taken, first);
    bool in_use[128] = {false};

    for (size_t i = 0; i < SDP_MAX_CODECS; i++)
        in_use[numbers->codec[i]] = in_use[numbers->event[i]] = in_use[numbers->red[i]] = true;
    return type ? type : free_dynamic(in_use, first);
}

/* types: numbers->event or numbers->red. */
static void set_beside(struct sdp_numbers *numbers, uint8_t types[SDP_MAX_CODECS],
                       const struct sdp_local *local, uint32_t rate_hz, uint8_t type)
{
    for (size_t i = 0; i < local->n_codecs; i++)
        if (local->codecs[i].rate_hz == rate_hz)
            types[i] = type;
    numbers->taken[type] = true;
}

static void number_events(struct sdp_numbers *out, const struct sdp_local *local)
{
    for (size_t i = 0; i < local->n_codecs; i++)
        if (out->event[i] == 0 && local->codecs[i].rate_hz == 8000)
            set_beside(out, out->event, local, 8000, free_type(out, EVENT_TYPE));
    for (size_t i = 0; i < local->n_codecs; i++)
        if (out->event[i] == 0)
            set_beside(out, out->event, local, local->codecs[i].rate_hz,
                       free_type(out, EVENT_TYPE));
}

struct sdp_numbers sdp_numbers_new(const struct sdp_local *local)
{
    struct sdp_numbers out = {0};

    for (size_t i = 0; i < local->n_codecs; i++) {
        out.codec[i] = local->codecs[i].payload_type & 127;
        out.taken[out.codec[i]] = true;
    }
    if (local->telephone_event)
        number_events(&out, local);
    for (size_t i = 0; i < local->n_codecs; i++)
        if (local->redundancy && out.red[i] == 0)
            set_beside(&out, out.red, local, local->codecs[i].rate_hz, free_type(&out, EVENT_TYPE));
    return out;
}

int sdp_codec_find(const struct sdp_local *local, const struct sdp_rtpmap *map)
{
    for (size_t i = 0; i < local->n_codecs; i++) {
        const struct sdp_codec *codec = &local->codecs[i];

        if (slice_ieq(map->name, slice_of(codec->name)) && map->rate_hz == codec->rate_hz &&
            map->channels == codec->channels)
            return (int)i;
    }
    return -1;
}

bool sdp_is_event(const struct sdp_rtpmap *map)
{
    return slice_ieq(map->name, SLICE("telephone-event"));
}

/* type now belongs to the other side; what of ours stood there moves. */
static void clear_type(struct sdp_numbers *numbers, const struct sdp_local *local, uint8_t type)
{
    numbers->taken[type] = true;
    for (size_t i = 0; i < local->n_codecs; i++) {
        if (numbers->codec[i] == type) {
            numbers->codec[i] = free_type(numbers, 96);
            numbers->taken[numbers->codec[i]] = true;
        }
        if (local->telephone_event && numbers->event[i] == type)
            set_beside(numbers, numbers->event, local, local->codecs[i].rate_hz,
                       free_type(numbers, EVENT_TYPE));
        if (local->redundancy && numbers->red[i] == type)
            set_beside(numbers, numbers->red, local, local->codecs[i].rate_hz,
                       free_type(numbers, EVENT_TYPE));
    }
}

/* What an offer says of one number: a codec of ours, an event, redundancy, or none of these. */
struct meaning {
    int codec;              /* an index; -1: none of ours */
    uint32_t event_rate_hz; /* 0: no telephone-event */
    uint32_t red_rate_hz;
};

static struct meaning meaning_of(const struct sdp_local *local, const struct sdp_media *media,
                                 uint8_t type)
{
    struct meaning out = {-1, 0, 0};
    struct sdp_rtpmap map;

    if (sdp_media_rtpmap(media, type, &map) != 0)
        return out;
    if (sdp_is_event(&map))
        out.event_rate_hz = map.rate_hz;
    else if (sdp_red_is(&map))
        out.red_rate_hz = map.rate_hz;
    else
        out.codec = sdp_codec_find(local, &map);
    return out;
}

/* Whether type has that meaning for us already. */
static bool stands_for(const struct sdp_numbers *numbers, const struct sdp_local *local,
                       const struct meaning *m, uint8_t type)
{
    if (m->codec >= 0)
        return numbers->codec[m->codec] == type;
    for (size_t i = 0; i < local->n_codecs; i++)
        if ((numbers->event[i] == type && m->event_rate_hz == local->codecs[i].rate_hz) ||
            (numbers->red[i] == type && m->red_rate_hz == local->codecs[i].rate_hz))
            return true;
    return false;
}

void sdp_numbers_adopt(struct sdp_numbers *numbers, const struct sdp_local *local,
                       const struct sdp_media *media)
{
    bool done[SDP_MAX_CODECS] = {false}; /* a codec that is offered twice keeps its first number */
    struct slice formats = media->formats, format;
    uint64_t type;

    while (sdp_format_next(&formats, &format)) {
        struct meaning m;

        if (slice_number(format, 127, &type) != 0)
            continue;
        m = meaning_of(local, media, (uint8_t)type);
        if (!stands_for(numbers, local, &m, (uint8_t)type)) {
            clear_type(numbers, local, (uint8_t)type);
            if (m.codec >= 0 && !done[m.codec])
                numbers->codec[m.codec] = (uint8_t)type;
            else if (m.event_rate_hz)
                set_beside(numbers, numbers->event, local, m.event_rate_hz, (uint8_t)type);
            else if (m.red_rate_hz)
                set_beside(numbers, numbers->red, local, m.red_rate_hz, (uint8_t)type);
        }
        if (m.codec >= 0)
            done[m.codec] = true;
    }
}
