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

/* One type alone is named twice: as a frame of its own and as one that is repeated. */
static void put_red(struct buf *out, const struct sdp_codec *codec, uint8_t red,
                    const uint8_t *types, size_t n)
{
    struct sdp_codec as_red = {.name = "red", .rate_hz = codec->rate_hz};

    as_red.channels = codec->channels;
    sdp_put_codec(out, &as_red, red);
    buf_printf(out, "a=fmtp:%u %u/%u", red, types[0], types[n > 1]);
    for (size_t i = 2; i < n; i++)
        buf_printf(out, "/%u", types[i]);
    buf_puts(out, "\r\n");
}

void sdp_red_put_answer(const struct sdp_stream *stream, struct buf *out)
{
    if (stream->red_receive != SDP_NO_TYPE)
        put_red(out, &stream->codec, stream->red_receive, &stream->send_type, 1);
}

/* Of the codec that is spoken, else of the one that we like best. */
static uint32_t best_clock(const struct sdp_agreement *a)
{
    const struct sdp_local *local = &a->local;

    if (a->agreed && sdp_red_carries(&a->stream.codec))
        return a->stream.codec.rate_hz;
    for (size_t i = 0; i < local->n_codecs; i++)
        if (sdp_red_carries(&local->codecs[i]))
            return local->codecs[i].rate_hz;
    return 0;
}

bool sdp_red_offered(const struct sdp_agreement *a, size_t i)
{
    const struct sdp_codec *codecs = a->local.codecs;

    if (!a->local.redundancy || !sdp_red_carries(&codecs[i]))
        return false;
    if (a->brevity >= SDP_ONE_RED && codecs[i].rate_hz != best_clock(a))
        return false;
    for (size_t j = 0; j < i; j++)
        if (codecs[j].rate_hz == codecs[i].rate_hz && sdp_red_carries(&codecs[j]))
            return false;
    return true;
}

void sdp_red_put_offer(const struct sdp_agreement *a, size_t i, struct buf *out)
{
    const struct sdp_codec *codecs = a->local.codecs;
    uint8_t types[SDP_MAX_CODECS] = {0};
    size_t n = 0;

    for (size_t j = i; j < a->local.n_codecs; j++)
        if (codecs[j].rate_hz == codecs[i].rate_hz && sdp_red_carries(&codecs[j]))
            types[n++] = a->numbers.codec[j];
    put_red(out, &codecs[i], a->numbers.red[i], types, n);
}
