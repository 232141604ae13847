#include "sdp/stream.h"

#include <string.h>

#include "base/scan.h"
#include "sdp/agree.h"
#include "sdp/parse.h"

/* RTP/AVPF differs in when RTCP may be sent (RFC 4585 3); who sends none of its feedback fits. */
static bool is_rtp(struct slice proto)
{
    return slice_ieq(proto, SLICE("RTP/AVP")) || slice_ieq(proto, SLICE("RTP/AVPF")) ||
           sdp_is_secure_profile(proto);
}

static bool is_host_name(struct slice host)
{
    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];

        if (!is_alpha(c) && !is_digit(c) && c != '.' && c != '-' && c != '_')
            return false;
    }
    return host.n > 0 && host.n <= SDP_MAX_HOST;
}

/* To send to 255.255.255.255 would be to shout at everybody on the wire. */
static bool is_one_host(const struct ip *ip)
{
    return !ip_is_any(ip) && !ip_is_multicast(ip) &&
           !(ip->family == 4 && memcmp(ip->bytes, "\xff\xff\xff\xff", 4) == 0);
}

const struct ip *sdp_stream_pick(const struct sdp_local *local, const struct ip *ips, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ips[i].family == local->address.family && is_one_host(&ips[i]))
            return &ips[i];
    return NULL;
}

bool sdp_is_opus(const struct sdp_codec *codec)
{
    return slice_ieq(slice_of(codec->name), SLICE("opus"));
}

bool sdp_media_usable(const struct sdp_media *media, const struct sdp_local *local)
{
    const struct sdp_connection *c = &media->connection;
    struct ip ip;

    if (!slice_eq(media->type, SLICE("audio")) || !is_rtp(media->proto) || media->port == 0)
        return false;
    if (c->multicast || c->host.n == 0)
        return false;
    if (ip_parse(c->host, &ip) != 0)
        return is_host_name(c->host);
    if (ip_is_any(&ip))
        return true; /* an old hold, whatever the family: nothing is ever sent there */
    return sdp_stream_pick(local, &ip, 1) != NULL;
}

/* RFC 3605: a=rtcp, else the next port. An address in it that is not of our family, or nobody's,
 * counts as not said. */
static struct ip rtcp_address(const struct sdp_stream *stream, const struct sdp_media *media)
{
    struct ip out = stream->remote_rtp, said;

    if (stream->rtcp_mux)
        return out;
    out.port = (uint16_t)(out.port + 1); /* 0 after 65535: there is none */
    if (sdp_media_rtcp(media, &said) != 0)
        return out;
    out.port = said.port;
    return said.family != 0 && said.family == out.family && is_one_host(&said) ? said : out;
}

static void read_address(struct sdp_stream *stream, const struct sdp_media *media)
{
    struct slice host = media->connection.host;

    stream->remote_host[0] = '\0';
    stream->remote_rtp = (struct ip){0};
    if (ip_parse(host, &stream->remote_rtp) != 0) {
        host = slice_head(host, SDP_MAX_HOST);
        memcpy(stream->remote_host, host.p, host.n);
        stream->remote_host[host.n] = '\0';
    }
    stream->remote_rtp.port = media->port;
}

static void read_ptime(struct sdp_stream *stream, const struct sdp_media *media,
                       const struct sdp_local *local)
{
    uint8_t asked = sdp_media_ptime_ms(media, SLICE("ptime"));
    uint8_t max = sdp_media_ptime_ms(media, SLICE("maxptime"));

    if (!asked)
        asked = local->ptime_ms ? local->ptime_ms : SDP_DEFAULT_PTIME_MS;
    stream->said_maxptime = max != 0;
    stream->maxptime_ms = max ? max : SDP_MAX_PTIME_MS;
    stream->ptime_ms = asked < stream->maxptime_ms ? asked : stream->maxptime_ms;
}

void sdp_stream_read(struct sdp_stream *stream, const struct sdp_model *model,
                     const struct sdp_media *media, const struct sdp_local *local,
                     enum sdp_direction wanted)
{
    enum sdp_direction theirs = sdp_media_direction(model, media);

    read_address(stream, media);
    stream->rtcp_mux = local->rtcp_mux && sdp_attribute_find(media->lines, SLICE("rtcp-mux"), NULL);
    stream->remote_rtcp = rtcp_address(stream, media);
    stream->xr = sdp_xr_both(local->xr, sdp_media_xr(model, media));
    read_ptime(stream, media, local);
    if (ip_is_any(&stream->remote_rtp))
        theirs &= SDP_SENDONLY; /* RFC 3264 8.4: hold as RFC 2543 had it */
    stream->held = !(theirs & SDP_RECVONLY);
    stream->direction = sdp_direction_answer(theirs, wanted);
}

void sdp_stream_set_codec(struct sdp_stream *stream, const struct sdp_media *media,
                          const struct sdp_local *local, size_t codec, uint8_t type)
{
    stream->codec = local->codecs[codec];
    stream->codec_index = codec;
    stream->send_type = type;
    stream->opus = (struct sdp_opus){0};
    if (sdp_is_opus(&stream->codec))
        stream->opus = sdp_opus_parse(sdp_media_fmtp(media, type));
}

static bool may_arrive(const struct sdp_stream *stream, uint8_t type)
{
    for (size_t i = 0; i < stream->n_receive; i++)
        if (stream->receive[i].type == type)
            return true;
    return false;
}

void sdp_stream_add_receive(struct sdp_stream *stream, uint8_t type, size_t codec)
{
    if (may_arrive(stream, type) || type == stream->event_receive.type ||
        type == stream->red_receive || stream->n_receive == ARRAY_LEN(stream->receive))
        return;
    stream->receive[stream->n_receive++] = (struct sdp_payload){type, (uint8_t)codec};
}

void sdp_stream_begin_events(struct sdp_stream *stream)
{
    stream->n_events = stream->event_receive.type != SDP_NO_TYPE;
    stream->events[0] = stream->event_receive.type;
}

void sdp_stream_add_event(struct sdp_stream *stream, uint8_t type)
{
    if (may_arrive(stream, type) || type == stream->red_receive || type == stream->red_send ||
        memchr(stream->events, type, stream->n_events) || stream->n_events == SDP_MAX_EVENTS)
        return;
    stream->events[stream->n_events++] = type;
}

struct sdp_event sdp_media_event(const struct sdp_media *media, uint32_t rate_hz)
{
    struct sdp_event out = {SDP_NO_TYPE, 0};
    struct slice formats = media->formats, format;
    struct sdp_rtpmap map;
    uint64_t type;

    while (sdp_format_next(&formats, &format)) {
        if (slice_number(format, 127, &type) != 0 ||
            sdp_media_rtpmap(media, (uint8_t)type, &map) != 0 || !sdp_is_event(&map))
            continue;
        if (map.rate_hz == rate_hz)
            return (struct sdp_event){map.type, map.rate_hz};
        if (out.type == SDP_NO_TYPE && map.rate_hz)
            out = (struct sdp_event){map.type, map.rate_hz};
    }
    return out;
}
