/* Comfort noise (RFC 3389) in offers and answers: payload type 13, for the codecs at 8000 Hz that
 * have no noise of their own. */
#include "sdp/agree.h"
#include "sdp/parse.h"

enum { CN_TYPE = 13, CN_RATE_HZ = 8000 };

static bool fits(const struct sdp_codec *codec)
{
    static const char *const names[] = {"PCMU", "PCMA", "G722"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (slice_ieq(slice_of(codec->name), slice_of(names[i])))
            return true;
    return false;
}

static uint8_t find(const struct sdp_media *media)
{
    struct slice formats = media->formats, format;
    struct sdp_rtpmap map;
    uint64_t number;

    while (sdp_format_next(&formats, &format))
        if (slice_number(format, 127, &number) == 0 &&
            sdp_media_rtpmap(media, (uint8_t)number, &map) == 0 &&
            slice_ieq(map.name, SLICE("CN")) && map.rate_hz == CN_RATE_HZ)
            return map.type;
    return SDP_NO_TYPE;
}

uint8_t sdp_noise_offered(const struct sdp_local *local)
{
    for (size_t i = 0; i < local->n_codecs && local->comfort_noise; i++)
        if (fits(&local->codecs[i]))
            return CN_TYPE;
    return SDP_NO_TYPE;
}

void sdp_noise_choose(struct sdp_stream *stream, const struct sdp_local *local,
                      const struct sdp_media *media)
{
    bool can = local->comfort_noise && fits(&stream->codec);

    stream->noise_send = stream->noise_receive = can ? find(media) : SDP_NO_TYPE;
}

void sdp_noise_put(struct buf *out, uint8_t type)
{
    if (type == SDP_NO_TYPE)
        return;
    sdp_put_codec(out, &(struct sdp_codec){.name = "CN", .rate_hz = CN_RATE_HZ}, type);
}
