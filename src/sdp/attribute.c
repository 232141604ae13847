#include "sdp/attribute.h"

#include <errno.h>

#include "base/scan.h"
#include "sdp/parse.h"

static bool is_blank(char c)
{
    return c == ' ';
}

static bool is_name(char c)
{
    return c > ' ' && c < 0x7f && c != '/';
}

bool sdp_attribute_next(struct slice *lines, struct slice *name, struct slice *value)
{
    char letter;

    while (sdp_line_next(lines, &letter, value))
        if (letter == 'a') {
            *name = slice_cut(value, ':');
            return true;
        }
    return false;
}

bool sdp_attribute_find(struct slice lines, struct slice name, struct slice *value)
{
    struct slice at, found;

    while (sdp_attribute_next(&lines, &at, &found))
        if (slice_eq(slice_trim(at), name)) {
            if (value)
                *value = slice_trim(found);
            return true;
        }
    return false;
}

int sdp_rtpmap_parse(struct slice value, struct sdp_rtpmap *out)
{
    struct scan s = {slice_trim(value), false};
    struct sdp_rtpmap map = {.channels = 1};

    map.type = (uint8_t)scan_number(&s, 127);
    scan_span(&s, is_blank);
    map.name = scan_span(&s, is_name);
    scan_must(&s, '/');
    map.rate_hz = (uint32_t)scan_number(&s, UINT32_MAX);
    if (scan_try(&s, '/'))
        map.channels = (uint8_t)scan_number(&s, UINT8_MAX);
    if (!scan_ok_at_end(&s))
        return -EBADMSG;
    *out = map;
    return 0;
}

/* RFC 3551 table 4: the static types that phones still leave without rtpmap. */
static const struct sdp_rtpmap static_types[] = {
    {0, SLICE_INIT("PCMU"), 8000, 1},  {3, SLICE_INIT("GSM"), 8000, 1},
    {4, SLICE_INIT("G723"), 8000, 1},  {8, SLICE_INIT("PCMA"), 8000, 1},
    {9, SLICE_INIT("G722"), 8000, 1},  {10, SLICE_INIT("L16"), 44100, 2},
    {11, SLICE_INIT("L16"), 44100, 1}, {13, SLICE_INIT("CN"), 8000, 1},
    {15, SLICE_INIT("G728"), 8000, 1}, {18, SLICE_INIT("G729"), 8000, 1},
};

int sdp_media_rtpmap(const struct sdp_media *media, uint8_t type, struct sdp_rtpmap *out)
{
    struct slice lines = media->lines, name, value;

    while (sdp_attribute_next(&lines, &name, &value))
        if (slice_eq(name, SLICE("rtpmap")) && sdp_rtpmap_parse(value, out) == 0 &&
            out->type == type)
            return 0;
    for (size_t i = 0; i < ARRAY_LEN(static_types); i++)
        if (static_types[i].type == type) {
            *out = static_types[i];
            return 0;
        }
    return -ENOENT;
}

struct slice sdp_media_fmtp(const struct sdp_media *media, uint8_t type)
{
    struct slice lines = media->lines, name, value;
    uint64_t number;

    while (sdp_attribute_next(&lines, &name, &value)) {
        value = slice_trim(value);
        if (slice_eq(name, SLICE("fmtp")) &&
            slice_number(slice_cut(&value, ' '), 127, &number) == 0 && number == type)
            return slice_trim(value);
    }
    return (struct slice){0};
}

/* A number out of range counts as not said. */
static uint32_t number_between(struct slice text, uint32_t min, uint32_t max)
{
    uint64_t number;

    return slice_number(text, max, &number) == 0 && number >= min ? (uint32_t)number : 0;
}

struct sdp_opus sdp_opus_parse(struct slice fmtp)
{
    struct sdp_opus out = {0};

    while (fmtp.n) {
        struct slice value = slice_cut(&fmtp, ';');
        struct slice name = slice_trim(slice_cut(&value, '='));
        bool on;

        value = slice_trim(value);
        on = slice_eq(value, SLICE("1"));
        if (slice_ieq(name, SLICE("useinbandfec")))
            out.useinbandfec = on;
        else if (slice_ieq(name, SLICE("usedtx")))
            out.usedtx = on;
        else if (slice_ieq(name, SLICE("cbr")))
            out.cbr = on;
        else if (slice_ieq(name, SLICE("stereo")))
            out.stereo = on;
        else if (slice_ieq(name, SLICE("maxaveragebitrate")))
            out.maxaveragebitrate_bps = number_between(value, 6000, 510000);
        else if (slice_ieq(name, SLICE("maxplaybackrate")))
            out.maxplaybackrate_hz = number_between(value, 8000, 48000);
    }
    return out;
}

static bool find_direction(struct slice lines, enum sdp_direction *out)
{
    struct slice name, value;

    while (sdp_attribute_next(&lines, &name, &value))
        if (!value.p && sdp_direction_parse(slice_trim(name), out))
            return true;
    return false;
}

enum sdp_direction sdp_media_direction(const struct sdp_model *model, const struct sdp_media *media)
{
    enum sdp_direction out = SDP_SENDRECV;

    if (!find_direction(media->lines, &out))
        find_direction(model->lines, &out);
    return out;
}

uint8_t sdp_media_ptime_ms(const struct sdp_media *media, struct slice name)
{
    struct slice value;
    uint64_t ms;

    if (!sdp_attribute_find(media->lines, name, &value))
        return 0;
    switch (slice_number(value, SDP_MAX_PTIME_MS, &ms)) {
    case 0:
        return ms < SDP_MIN_PTIME_MS ? SDP_MIN_PTIME_MS : (uint8_t)(ms / 10 * 10);
    case -ERANGE:
        return SDP_MAX_PTIME_MS;
    default:
        return 0;
    }
}

int sdp_media_rtcp(const struct sdp_media *media, struct ip *out)
{
    struct slice value, word;
    uint64_t port;

    if (!sdp_attribute_find(media->lines, SLICE("rtcp"), &value))
        return -ENOENT;
    if (!sdp_format_next(&value, &word) || slice_number(word, UINT16_MAX, &port) != 0 || port == 0)
        return -ENOENT;
    *out = (struct ip){0};
    for (int i = 0; i < 3 && sdp_format_next(&value, &word); i++)
        if (i == 2 && ip_parse(word, out) != 0)
            break;
    out->port = (uint16_t)port;
    return 0;
}
