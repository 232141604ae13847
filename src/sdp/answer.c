#include <errno.h>

#include "sdp/agree.h"
#include "sdp/parse.h"

/* RFC 3264 6.1: in the order of the offer, as whoever offers likes the first best. */
static int choose_codec(struct sdp_stream *stream, const struct sdp_media *media,
                        const struct sdp_local *local)
{
    struct slice formats = media->formats, format;
    struct sdp_rtpmap map;
    uint64_t type;

    while (sdp_format_next(&formats, &format)) {
        int codec = -1;

        if (slice_number(format, 127, &type) == 0 &&
            sdp_media_rtpmap(media, (uint8_t)type, &map) == 0)
            codec = sdp_codec_find(local, &map);
        if (codec < 0)
            continue;
        sdp_stream_set_codec(stream, media, local, (size_t)codec, (uint8_t)type);
        return 0;
    }
    return -EPROTONOSUPPORT;
}

/* Our answer has one codec, so one number arrives: the offer's (RFC 3264 5.1 asks for the same
 * numbers both ways). */
static int accept(struct sdp_stream *stream, const struct sdp_model *offer,
                  const struct sdp_media *media, struct sdp_local *local, bool secured)
{
    int err =
        sdp_media_usable(media, local) ? choose_codec(stream, media, local) : -EPROTONOSUPPORT;

    if (!err)
        err = sdp_secure_take_offer(&local->keying, offer, media, secured, &stream->secured);
    if (err)
        return err;
    stream->event_send = (struct sdp_event){SDP_NO_TYPE, 0};
    if (local->telephone_event)
        stream->event_send = sdp_media_event(media, stream->codec.rate_hz);
    stream->event_receive = stream->event_send;
    sdp_stream_begin_events(stream);
    stream->red_send = SDP_NO_TYPE;
    if (local->redundancy && sdp_red_carries(&stream->codec))
        stream->red_send = sdp_red_find(media, stream->codec.rate_hz, stream->send_type);
    stream->red_receive = stream->red_send;
    sdp_noise_choose(stream, local, media);
    stream->n_receive = 0;
    sdp_stream_add_receive(stream, stream->send_type, stream->codec_index);
    sdp_stream_read(stream, offer, media, local, local->direction);
    return 0;
}

/* RFC 3264 8.2: the other side takes the stream out of a session that goes on. */
static void remove_stream(struct sdp_agreement *a)
{
    a->audio = SDP_NO_SLOT;
    a->stream.direction = SDP_INACTIVE;
    a->stream.held = true;
    a->stream.remote_rtp.port = 0;
    a->stream.remote_rtcp.port = 0;
    a->stream.n_receive = 0;
    a->stream.event_send.type = a->stream.event_receive.type = SDP_NO_TYPE;
    a->stream.n_events = 0;
    a->stream.red_send = a->stream.red_receive = SDP_NO_TYPE;
    a->stream.noise_send = a->stream.noise_receive = SDP_NO_TYPE;
}

static bool all_ports_are_zero(const struct sdp_model *offer)
{
    for (size_t i = 0; i < offer->n_media; i++)
        if (offer->media[i].port)
            return false;
    return true;
}

/* must: only where it is encrypted. 0; or -ENOKEY, -EPROTONOSUPPORT, and nothing has changed. */
static int accept_line(struct sdp_agreement *a, const struct sdp_model *offer, size_t i, bool must)
{
    struct sdp_stream stream = a->stream;
    int err = accept(&stream, offer, &offer->media[i], &a->local, must);

    if (err)
        return err;
    a->stream = stream;
    sdp_numbers_adopt(&a->numbers, &a->local, &offer->media[i]);
    a->audio = i;
    a->agreed = true;
    return 0;
}

/* Whoever offers the same sound encrypted and in the clear, on two lines, gets the first. */
static int accept_one(struct sdp_agreement *a, const struct sdp_model *offer)
{
    bool was_secured = sdp_is_secured(a);
    int err = -EPROTONOSUPPORT;

    for (int secured = a->local.keying.encryption != SDP_ENCRYPT_OFF; secured >= 0; secured--)
        for (size_t i = 0; i < offer->n_media; i++) {
            int refused = accept_line(a, offer, i, secured || was_secured);

            if (!refused)
                return 0;
            if (refused == -ENOKEY)
                err = refused;
        }
    return err;
}

int sdp_answer_take(struct sdp_agreement *a, const struct sdp_model *offer)
{
    int err;

    a->n_slots = offer->n_media;
    a->time = offer->time;
    for (size_t i = 0; i < offer->n_media; i++) {
        const struct sdp_media *m = &offer->media[i];

        a->slots[i] = (struct sdp_slot){m->type, m->proto, m->formats};
    }
    err = accept_one(a, offer);
    if (err && a->agreed && all_ports_are_zero(offer)) {
        remove_stream(a);
        return 0;
    }
    return err;
}

/* RFC 7587 6.1 sprop-stereo: to who wants one channel we do not say that we send two. */
static struct sdp_codec codec_of_answer(const struct sdp_stream *stream)
{
    struct sdp_codec codec = stream->codec;

    if (codec.fmtp_mono && !stream->opus.stereo)
        codec.fmtp = codec.fmtp_mono;
    return codec;
}

static void put_audio(const struct sdp_agreement *a, const struct sdp_slot *slot, struct buf *out)
{
    const struct sdp_stream *stream = &a->stream;
    const struct sdp_codec codec = codec_of_answer(stream);
    const struct sdp_event *event = &stream->event_receive;

    buf_puts(out, "m=audio ");
    buf_putu(out, a->local.address.port);
    buf_putc(out, ' ');
    buf_put(out, slot->proto);
    buf_putc(out, ' ');
    buf_putu(out, stream->send_type);
    if (event->type != SDP_NO_TYPE) {
        buf_putc(out, ' ');
        buf_putu(out, event->type);
    }
    if (stream->red_receive != SDP_NO_TYPE) {
        buf_putc(out, ' ');
        buf_putu(out, stream->red_receive);
    }
    if (stream->noise_receive != SDP_NO_TYPE) {
        buf_putc(out, ' ');
        buf_putu(out, stream->noise_receive);
    }
    buf_puts(out, "\r\n");
    sdp_put_codec(out, &codec, stream->send_type);
    if (event->type != SDP_NO_TYPE)
        sdp_put_event(out, event->type, event->rate_hz);
    sdp_red_put_answer(stream, out);
    sdp_noise_put(out, stream->noise_receive);
    sdp_secure_put_answer(&a->local.keying, &stream->secured, out);
    sdp_put_rest(out, &a->local, stream->rtcp_mux, stream->xr);
    sdp_put_direction(out, stream->direction);
}

void sdp_answer_put(const struct sdp_agreement *a, const struct sdp_origin *origin, struct buf *out)
{
    sdp_put_description(a, origin, put_audio, out);
}
