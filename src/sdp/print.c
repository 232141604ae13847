#include "sdp/print.h"

#include "sdp/agree.h"
#include "sdp/parse.h"

static void put_address(struct buf *out, const struct ip *address)
{
    buf_puts(out, address->family == 6 ? "IN IP6 " : "IN IP4 ");
    ip_put(out, address);
    buf_puts(out, "\r\n");
}

/* v= to t=. time is the value of t=; an answer repeats the offer's (RFC 3264 6). */
static void put_session(struct buf *out, const struct sdp_origin *origin, const struct ip *address,
                        struct slice time)
{
    buf_puts(out, "v=0\r\no=- ");
    buf_putu(out, origin->id);
    buf_putc(out, ' ');
    buf_putu(out, origin->version);
    buf_putc(out, ' ');
    put_address(out, &origin->address);
    buf_puts(out, "s=-\r\nc=");
    put_address(out, address);
    buf_puts(out, "t=");
    buf_put(out, time.n ? time : SLICE("0 0"));
    buf_puts(out, "\r\n");
}

/* m= with port 0: refused. Of the formats only the first is repeated; they mean nothing here. */
static void put_refused(struct buf *out, struct slice type, struct slice proto,
                        struct slice formats)
{
    struct slice first = {0};

    sdp_format_next(&formats, &first);
    buf_puts(out, "m=");
    buf_put(out, type);
    buf_puts(out, " 0 ");
    buf_put(out, proto);
    buf_putc(out, ' ');
    buf_put(out, first);
    buf_puts(out, "\r\n");
}

/* "a=NAME:TYPE " */
static void put_attribute(struct buf *out, const char *name, uint8_t type)
{
    buf_puts(out, name);
    buf_putu(out, type);
    buf_putc(out, ' ');
}

void sdp_put_codec(struct buf *out, const struct sdp_codec *codec, uint8_t type)
{
    put_attribute(out, "a=rtpmap:", type);
    buf_puts(out, codec->name);
    buf_putc(out, '/');
    buf_putu(out, codec->rate_hz);
    if (codec->channels > 1) {
        buf_putc(out, '/');
        buf_putu(out, codec->channels);
    }
    buf_puts(out, "\r\n");
    if (!codec->fmtp)
        return;
    put_attribute(out, "a=fmtp:", type);
    buf_puts(out, codec->fmtp);
    buf_puts(out, "\r\n");
}

void sdp_put_event(struct buf *out, uint8_t type, uint32_t rate_hz)
{
    put_attribute(out, "a=rtpmap:", type);
    buf_puts(out, "telephone-event/");
    buf_putu(out, rate_hz);
    buf_puts(out, "\r\n");
    put_attribute(out, "a=fmtp:", type);
    buf_puts(out, "0-16\r\n");
}

static void put_number(struct buf *out, const char *name, uint64_t number)
{
    buf_puts(out, name);
    buf_putu(out, number);
    buf_puts(out, "\r\n");
}

void sdp_put_rest(struct buf *out, const struct sdp_local *local, bool mux, struct sdp_xr xr)
{
    if (local->ptime_ms)
        put_number(out, "a=ptime:", local->ptime_ms);
    if (local->maxptime_ms)
        put_number(out, "a=maxptime:", local->maxptime_ms);
    if (local->rtcp_port && local->rtcp_port != local->address.port + 1)
        put_number(out, "a=rtcp:", local->rtcp_port);
    if (mux)
        buf_puts(out, "a=rtcp-mux\r\n");
    sdp_xr_put(out, xr);
}

void sdp_put_direction(struct buf *out, enum sdp_direction direction)
{
    buf_puts(out, "a=");
    buf_puts(out, sdp_direction_name(direction));
    buf_puts(out, "\r\n");
}

void sdp_put_description(const struct sdp_agreement *a, const struct sdp_origin *origin,
                         sdp_put_audio *put_audio, struct buf *out)
{
    put_session(out, origin, &a->local.address, a->time);
    for (size_t i = 0; i < a->n_slots; i++) {
        const struct sdp_slot *slot = &a->slots[i];

        if (i == a->audio)
            put_audio(a, slot, out);
        else
            put_refused(out, slot->type, slot->proto, slot->formats);
    }
}
