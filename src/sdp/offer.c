#include <errno.h>

#include "sdp/agree.h"
#include "sdp/parse.h"

/* RFC 3264 8.4: whoever is held offers no sound of its own: to hold in turn is inactive, and to
 * take that back recvonly. */
static enum sdp_direction direction_to_offer(const struct sdp_agreement *a)
{
    bool is_held = a->agreed && a->stream.held && a->audio != SDP_NO_SLOT;

    return is_held ? a->local.direction & SDP_RECVONLY : a->local.direction;
}

static int choose_slot(struct sdp_agreement *a)
{
    struct sdp_slot audio = {SLICE("audio"), sdp_secure_profile(&a->local.keying), SLICE("0")};

    if (a->audio != SDP_NO_SLOT)
        return 0;
    for (size_t i = 0; i < a->n_slots; i++)
        if (slice_eq(a->slots[i].type, audio.type) && slice_eq(a->slots[i].proto, audio.proto)) {
            a->audio = i;
            return 0;
        }
    if (a->n_slots == SDP_MAX_MEDIA)
        return -EPROTONOSUPPORT;
    a->audio = a->n_slots;
    a->slots[a->n_slots++] = audio;
    return 0;
}

int sdp_offer_begin(struct sdp_agreement *a, bool asked)
{
    a->offered = asked ? a->local.direction : direction_to_offer(a);
    a->was_secured = sdp_is_secured(a);
    sdp_secure_begin_offer(&a->local.keying, asked, a->agreed && a->stream.secured.by == SDP_SDES);
    return choose_slot(a);
}

/* Whether codec i is the first with its rate: telephone-event is offered once for each rate. */
static bool first_of_rate(const struct sdp_local *local, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (local->codecs[j].rate_hz == local->codecs[i].rate_hz)
            return false;
    return true;
}

static void put_number(struct buf *out, uint8_t type)
{
    if (type == SDP_NO_TYPE)
        return;
    buf_putc(out, ' ');
    buf_putu(out, type);
}

#define STATIC_TYPES 35 /* RFC 3551 6 says what those below mean */

/* Not where the number is one of theirs, who may have given it another meaning. */
static bool goes_without_saying(const struct sdp_agreement *a, size_t i)
{
    return a->brevity >= SDP_TERSE && a->numbers.codec[i] < STATIC_TYPES &&
           a->numbers.codec[i] == a->local.codecs[i].payload_type && !a->local.codecs[i].fmtp;
}

static struct sdp_xr reports_to_offer(const struct sdp_agreement *a)
{
    struct sdp_xr xr = a->local.xr;

    if (a->brevity >= SDP_NO_FIGURES)
        xr.voip = xr.times = false;
    if (a->brevity >= SDP_NO_REPORTS)
        xr.runs = false;
    return xr;
}

static bool has_room_for_id(const struct sdp_agreement *a)
{
    return a->brevity < SDP_NO_FIGURES;
}

static void put_audio(const struct sdp_agreement *a, const struct sdp_slot *slot, struct buf *out)
{
    const struct sdp_local *local = &a->local;

    buf_puts(out, "m=audio ");
    buf_putu(out, local->address.port);
    buf_putc(out, ' ');
    buf_put(out, slot->proto);
    for (size_t i = 0; i < local->n_codecs; i++) {
        buf_putc(out, ' ');
        buf_putu(out, a->numbers.codec[i]);
    }
    for (size_t i = 0; i < local->n_codecs && local->telephone_event; i++)
        if (first_of_rate(local, i)) {
            buf_putc(out, ' ');
            buf_putu(out, a->numbers.event[i]);
        }
    for (size_t i = 0; i < local->n_codecs; i++)
        if (sdp_red_offered(a, i)) {
            buf_putc(out, ' ');
            buf_putu(out, a->numbers.red[i]);
        }
    put_number(out, sdp_noise_offered(local));
    buf_puts(out, "\r\n");
    for (size_t i = 0; i < local->n_codecs; i++)
        if (!goes_without_saying(a, i))
            sdp_put_codec(out, &local->codecs[i], a->numbers.codec[i]);
    for (size_t i = 0; i < local->n_codecs && local->telephone_event; i++)
        if (first_of_rate(local, i))
            sdp_put_event(out, a->numbers.event[i], local->codecs[i].rate_hz);
    for (size_t i = 0; i < local->n_codecs; i++)
        if (sdp_red_offered(a, i))
            sdp_red_put_offer(a, i, out);
    if (a->brevity < SDP_TERSE) /* its type is a static one */
        sdp_noise_put(out, sdp_noise_offered(local));
    sdp_secure_put_offer(&local->keying, has_room_for_id(a), out);
    sdp_put_rest(out, local, local->rtcp_mux, reports_to_offer(a));
    if (a->brevity < SDP_TERSE || a->offered != SDP_SENDRECV) /* RFC 8866 6.7 */
        sdp_put_direction(out, a->offered);
}

void sdp_offer_put(const struct sdp_agreement *a, const struct sdp_origin *origin, struct buf *out)
{
    sdp_put_description(a, origin, put_audio, out);
}

/* The codec that a format means in an answer, or -1. Where a dynamic type has no rtpmap, the number
 * itself counts if it is one that we had offered. */
static int answered_codec(const struct sdp_agreement *a, const struct sdp_media *media,
                          struct slice format, uint8_t *type)
{
    struct sdp_rtpmap map;
    uint64_t number;

    if (slice_number(format, 127, &number) != 0)
        return -1;
    *type = (uint8_t)number;
    if (sdp_media_rtpmap(media, *type, &map) == 0)
        return sdp_codec_find(&a->local, &map);
    for (size_t i = 0; i < a->local.n_codecs; i++)
        if (a->numbers.codec[i] == *type)
            return (int)i;
    return -1;
}

/* RFC 3264 7: the first format that we know is the one to send. */
static int choose_codec(struct sdp_agreement *a, const struct sdp_media *media)
{
    struct slice formats = media->formats, format;

    while (sdp_format_next(&formats, &format)) {
        uint8_t type = 0;
        int codec = answered_codec(a, media, format, &type);

        if (codec < 0)
            continue;
        sdp_stream_set_codec(&a->stream, media, &a->local, (size_t)codec, type);
        return 0;
    }
    return -EPROTONOSUPPORT;
}

/* Digits go to them under their number, and come under ours at the same rate. */
static void choose_event(struct sdp_agreement *a, const struct sdp_media *media)
{
    struct sdp_event theirs = {SDP_NO_TYPE, 0}, ours;

    if (a->local.telephone_event)
        theirs = sdp_media_event(media, a->stream.codec.rate_hz);
    ours = theirs;
    for (size_t i = 0; i < a->local.n_codecs && theirs.type != SDP_NO_TYPE; i++)
        if (a->local.codecs[i].rate_hz == theirs.rate_hz)
            ours.type = a->numbers.event[i];
    a->stream.event_send = theirs;
    a->stream.event_receive = ours;
}

/* Likewise. */
static void choose_red(struct sdp_agreement *a, const struct sdp_media *media)
{
    struct sdp_stream *stream = &a->stream;

    stream->red_send = stream->red_receive = SDP_NO_TYPE;
    if (a->local.redundancy && sdp_red_carries(&stream->codec))
        stream->red_send = sdp_red_find(media, stream->codec.rate_hz, stream->send_type);
    if (stream->red_send != SDP_NO_TYPE)
        stream->red_receive = a->numbers.red[stream->codec_index];
}

/* We receive whatever we offered, under our numbers; and, as some phones use their own in both
 * directions, under theirs where that can be told apart. */
static void list_receive(struct sdp_agreement *a, const struct sdp_media *media)
{
    struct slice formats = media->formats, format;

    a->stream.n_receive = 0;
    for (size_t i = 0; i < a->local.n_codecs; i++)
        sdp_stream_add_receive(&a->stream, a->numbers.codec[i], i);
    while (sdp_format_next(&formats, &format)) {
        uint8_t type = 0;
        int codec = answered_codec(a, media, format, &type);

        if (codec >= 0)
            sdp_stream_add_receive(&a->stream, type, (size_t)codec);
    }
}

/* Likewise for keys, where any are agreed on: those of whoever sends another codec than we do come
 * at its clock. */
static void list_events(struct sdp_agreement *a)
{
    struct sdp_stream *stream = &a->stream;

    sdp_stream_begin_events(stream);
    if (stream->n_events == 0)
        return;
    for (size_t i = 0; i < a->local.n_codecs; i++)
        sdp_stream_add_event(stream, a->numbers.event[i]);
    sdp_stream_add_event(stream, stream->event_send.type);
}

/* Only an answer to sendrecv says whether the other side holds us. To sendonly some say inactive
 * though they only follow; and what was offered because they hold is no news. */
static void read_answer(struct sdp_agreement *a, const struct sdp_model *answer,
                        const struct sdp_media *media)
{
    bool held = a->stream.held;

    sdp_stream_read(&a->stream, answer, media, &a->local, a->local.direction);
    if (a->agreed && a->offered != SDP_SENDRECV)
        a->stream.held = a->stream.held && held;
}

int sdp_offer_answered(struct sdp_agreement *a, const struct sdp_model *answer)
{
    const struct sdp_media *media;
    int err;

    if (a->audio >= answer->n_media)
        return -EBADMSG;
    media = &answer->media[a->audio];
    if (!slice_eq(media->type, SLICE("audio")))
        return -EBADMSG; /* RFC 3264 6: the lines of an answer stand in the offer's order */
    if (!sdp_media_usable(media, &a->local))
        return -EPROTONOSUPPORT;
    err =
        sdp_secure_take_answer(&a->local.keying, answer, media, a->was_secured, &a->stream.secured);
    if (!err)
        err = choose_codec(a, media);
    if (err)
        return err;
    choose_event(a, media);
    choose_red(a, media);
    sdp_noise_choose(&a->stream, &a->local, media);
    a->stream.noise_receive = sdp_noise_offered(&a->local);
    list_receive(a, media);
    list_events(a);
    read_answer(a, answer, media);
    a->local.keying.id_said = a->local.keying.id_said || has_room_for_id(a);
    a->agreed = true;
    return 0;
}
