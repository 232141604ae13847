/* Redundant audio (RFC 2198) in offers and answers: "a=rtpmap:103 red/48000/2" and "a=fmtp:103
 * 96/96", which names the payload types that may stand in such packets. */
#include "sdp/agree.h"
#include "sdp/parse.h"

/* Frames of these are whole each for itself, and short enough. */
bool sdp_red_carries(const struct sdp_codec *codec)
{
    static const char *const names[] = {"opus", "PCMU", "PCMA", "G722"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (slice_ieq(slice_of(codec->name), slice_of(names[i])))
            return true;
    return false;
}

bool sdp_red_is(const struct sdp_rtpmap *map)
{
    return slice_ieq(map->name, SLICE("red"));
}

/* Whether fmtp, "96/96", has type among its numbers; without one there is no restriction. */
static bool allows(struct slice fmtp, uint8_t type)
{
    uint64_t number;

    if (!fmtp.n)
        return true;
    while (fmtp.n)
        if (slice_number(slice_trim(slice_cut(&fmtp, '/')), 127, &number) == 0 && number == type)
            return true;
    return false;
}

uint8_t sdp_red_find(const struct sdp_media *media, uint32_t rate_hz, uint8_t type)
{
    struct slice formats = media->formats, format;
    struct sdp_rtpmap map;
    uint64_t number;

    while (sdp_format_next(&formats, &format))
        if (slice_number(format, 127, &number) == 0 && number != type &&
            sdp_media_rtpmap(media, (uint8_t)number, &map) == 0 && sdp_red_is(&map) &&
            map.rate_hz == rate_hz && allows(sdp_media_fmtp(media, map.type), type))
            return map.type;
    return SDP_NO_TYPE;
}

void sdp_red_put(struct buf *out, const struct sdp_codec *codec, uint8_t red, uint8_t first,
                 uint8_t second)
{
    struct sdp_codec as_red = {.name = "red", .rate_hz = codec->rate_hz};

    as_red.channels = codec->channels;
    sdp_put_codec(out, &as_red, red);
    buf_printf(out, "a=fmtp:%u %u/%u\r\n", red, first, second);
}

bool sdp_red_offered(const struct sdp_local *local, size_t i)
{
    if (!local->redundancy || !sdp_red_carries(&local->codecs[i]))
        return false;
    for (size_t j = 0; j < i; j++)
        if (local->codecs[j].rate_hz == local->codecs[i].rate_hz &&
            sdp_red_carries(&local->codecs[j]))
            return false;
    return true;
}

void sdp_red_put_offer(const struct sdp_agreement *a, size_t i, struct buf *out)
{
    const struct sdp_local *local = &a->local;
    uint8_t first = a->numbers.codec[i], second = first;

    for (size_t j = local->n_codecs; j-- > i + 1;)
        if (local->codecs[j].rate_hz == local->codecs[i].rate_hz &&
            sdp_red_carries(&local->codecs[j]))
            second = a->numbers.codec[j];
    sdp_red_put(out, &local->codecs[i], a->numbers.red[i], first, second);
}
