/* Offer, answer and sound of a call: from what SDP agreed to what the stream does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/address.h"
#include "phone/account.h"
#include "phone/call.h"
#include "phone/calls.h"
#include "phone/phone_private.h"
#include "phone/phone_tls.h"

/* --- offer and answer ----------------------------------------------------------------------- */

/* Where packets to the other side leave from, when SIP's socket listens on every address. */
static int find_local(struct call *call, struct ip *out)
{
    *out = call->flow.local;
    if (out->family == 0 || ip_is_any(out)) {
        int err = net_local_towards(&call->flow.remote, out);

        if (err)
            return err;
    }
    out->port = 0;
    return 0;
}

static enum config_redundancy redundancy_of(const struct call *call)
{
    enum config_redundancy said = CONFIG_REDUNDANCY_UNSAID;

    if (call->account)
        said = call->account->config->redundancy;
    return said ? said : call->phone->config->redundancy;
}

static struct sdp_local describe_us(struct call *call, const struct ip *local)
{
    struct sdp_local us = {
        .address = *local,
        .telephone_event = call_digits_takes_events(call),
        .redundancy = redundancy_of(call) != CONFIG_REDUNDANCY_OFF,
        .rtcp_mux = true,
        .direction = SDP_SENDRECV,
        .xr = {true, true, true},
    };

    us.address.port = media_stream_port(call->stream);
    call_codecs_put(call, &us);
    return us;
}

int call_media_open(struct call *call)
{
    const struct phone_config *config = call->phone->config;
    struct media_open how = {
        .port_first = config->rtp_first,
        .port_last = config->rtp_last,
        .arg = call,
        .stereo = call_codecs_may_be_stereo(call),
    };
    struct sdp_local us;
    int err = find_local(call, &how.local);

    if (!err)
        err = media_stream_open(call->phone->media, &how, &call->stream);
    if (err)
        return err;
    us = describe_us(call, &how.local);
    call->media_at = us.address;
    if (us.n_codecs == 0)
        return -ENOTSUP;
    err = call_keys_choose(call, &us.keying);
    us.keying.reachable = !ip_is_private(&us.address);
    if (!err)
        err = sdp_exchange_new(&us, &call->phone->rng, &call->sdp);
    mem_wipe(&us.keying, sizeof us.keying);
    return err;
}

void call_media_forget(struct call *call)
{
    net_lookup_cancel(call->lookup);
    call->lookup = NULL;
    call->resolved_host[0] = '\0';
    if (call->stream)
        media_stream_discard(call->stream);
    call->stream = NULL;
    call->started = false;
    call->told_status = 0;
    call->tone = MEDIA_TONE_NONE;
    call_early_forget(call);
    sdp_exchange_free(call->sdp);
    call->sdp = NULL;
}

unsigned call_media_take_offer(struct call *call, struct slice sdp)
{
    int err = sdp_exchange_take_offer(call->sdp, sdp);

    call->no_key = err == -ENOKEY;
    switch (err) {
    case 0:
        call_keys_expect(call);
        return 0;
    case -EBADMSG:
        return 400;
    case -EPROTONOSUPPORT:
    case -ENOKEY:
        return 488;
    case -EBUSY:
        return sdp_exchange_state(call->sdp) == SDP_WE_OFFERED ? 491 : 500;
    default:
        return 503;
    }
}

int call_media_describe(struct call *call, struct buf *out)
{
    call_codecs_say(call);
    sdp_exchange_set_room(call->sdp, call->sip ? sip_call_room(call->sip) : SIZE_MAX);
    if (sdp_exchange_state(call->sdp) == SDP_THEY_OFFERED)
        return sdp_exchange_answer(call->sdp, out);
    if (call->sip && sip_call_is_asked(call->sip))
        return sdp_exchange_offer_asked(call->sdp, out); /* also while ours waits for its turn */
    return sdp_exchange_offer(call->sdp, out);
}

int call_media_draft_answer(struct call *call, struct buf *out)
{
    call_codecs_say(call);
    return sdp_exchange_draft_answer(call->sdp, out);
}

int call_media_take_answer(struct call *call, struct slice sdp)
{
    int err = sdp_exchange_take_answer(call->sdp, sdp);

    if (!err)
        call_keys_expect(call);
    return err;
}

void call_media_codec(const struct sdp_stream *agreed, char *out, size_t room)
{
    snprintf(out, room, "%s/%u", agreed->codec.name, (unsigned)agreed->codec.rate_hz);
}

/* --- a host name in c= ---------------------------------------------------------------------- */

/* A name is held to what an address in c= is: it may lead to a group, or to us as "nobody". */
static void take_resolved(struct call *call, const struct ip *ips, size_t n)
{
    const struct ip *found = sdp_stream_pick(sdp_exchange_local(call->sdp), ips, n);
    struct phone_event event = {.kind = PHONE_NOTICE,
                                .text = "the other side wants our sound at a host that has no "
                                        "address for it: it will hear nothing"};

    if (found)
        call->resolved = *found;
    else
        call_tell(call, &event);
}

/* Which of the ways a name can fail helps nobody here. */
static void on_resolved(void *arg, const struct dns_answer *answer)
{
    struct call *call = arg;

    call->lookup = NULL;
    take_resolved(call, answer->ips, answer->n);
    if (call->resolved.family)
        call_media_update(call);
    phone_deliver(call->phone);
}

/* The address of stream's host name; family 0 while it is being looked up. */
static struct ip resolve(struct call *call, const struct sdp_stream *stream)
{
    struct slice host = slice_of(stream->remote_host);
    struct ip found[NET_RESOLVE_MAX_IPS];
    size_t n;

    if (strcmp(call->resolved_host, stream->remote_host) != 0) {
        memcpy(call->resolved_host, stream->remote_host, sizeof call->resolved_host);
        call->resolved = (struct ip){0};
        net_lookup_cancel(call->lookup);
        call->lookup = NULL;
        n = net_resolve_now(host, stream->remote_rtp.port, found);
        if (n > 0)
            take_resolved(call, found, n);
        else
            net_lookup_start(call->phone->resolver, DNS_ADDRESS, host, on_resolved, call,
                             &call->lookup);
    }
    call->resolved.port = stream->remote_rtp.port;
    return call->resolved;
}

/* --- from SDP to the stream ----------------------------------------------------------------- */

static struct media_format format_of(const struct sdp_codec *codec, uint8_t payload_type)
{
    struct media_format f = {
        .payload_type = payload_type, .rate_hz = codec->rate_hz, .channels = codec->channels};

    snprintf(f.codec, sizeof f.codec, "%s", codec->name);
    return f;
}

static void set_formats(const struct call *call, const struct sdp_stream *stream,
                        struct media_params *p)
{
    const struct sdp_local *us = sdp_exchange_local(call->sdp);

    p->send_format = format_of(&stream->codec, stream->send_type);
    for (size_t i = 0; i < stream->n_receive && p->n_receive_formats < MEDIA_MAX_FORMATS; i++)
        p->receive_formats[p->n_receive_formats++] =
            format_of(&us->codecs[stream->receive[i].codec], stream->receive[i].type);
    memset(p->event_receive, MEDIA_NO_EVENTS, sizeof p->event_receive);
    memcpy(p->event_receive, stream->events, stream->n_events);
    p->event_send = stream->event_send.type;
    p->event_rate_hz = stream->event_send.rate_hz;
    p->find_tones = call_digits_listens(call, stream->event_receive.type != SDP_NO_TYPE);
}

/* Some send under the number that they have told us, and not under ours. */
static void set_red(const struct call *call, const struct sdp_stream *stream,
                    struct media_params *p)
{
    if (stream->red_send == SDP_NO_TYPE)
        return;
    p->red_send = p->red_receive[1] = stream->red_send;
    p->red_receive[0] = stream->red_receive;
    p->red_always = redundancy_of(call) == CONFIG_REDUNDANCY_ALWAYS;
}

static struct media_params params_of(struct call *call, const struct sdp_stream *stream)
{
    struct media_params p = {
        .remote_rtp = stream->remote_rtp,
        .remote_rtcp = stream->remote_rtcp,
        .rtcp_mux = stream->rtcp_mux,
        .xr = stream->xr,
        .signalling = call->flow.remote,
        .send = (stream->direction & SDP_SENDONLY) && !stream->held && !call->holds,
        .receive = (stream->direction & SDP_RECVONLY) && !call->holds,
        .may_send = call->may_send,
        .ptime_ms = stream->ptime_ms,
        .maxptime_ms = stream->said_maxptime ? stream->maxptime_ms : 0,
    };

    if (stream->remote_host[0]) {
        p.remote_rtp = resolve(call, stream);
        if (p.remote_rtcp.family == 0 && p.remote_rtcp.port != 0 && p.remote_rtp.family != 0) {
            uint16_t port = p.remote_rtcp.port;

            p.remote_rtcp = p.remote_rtp;
            p.remote_rtcp.port = port;
        }
    }
    set_formats(call, stream, &p);
    call_codecs_limit(call, stream, &p);
    set_red(call, stream, &p);
    call_keys_put(call, &stream->secured, &p);
    return p;
}

static void tell_changes(struct call *call, const struct sdp_stream *stream, const struct ip *where)
{
    char codec[sizeof call->told_codec];

    call_media_codec(stream, codec, sizeof codec);
    if (call->answered && stream->held != call->held)
        call_tell(call, &(struct phone_event){.kind = stream->held ? PHONE_HELD : PHONE_RESUMED});
    /* The 0.0.0.0 of an old-style hold is not a place that sound moves to, nor is port 0. */
    if (call->answered && !ip_is_any(where) && where->family != 0 && where->port != 0 &&
        (!ip_same(where, &call->told_where) || strcmp(codec, call->told_codec) != 0))
        call_tell(call, &(struct phone_event){.kind = PHONE_MEDIA_MOVED,
                                              .codec = codec,
                                              .where = *where,
                                              .encryption = call_encryption_name(call)});
    call->held = stream->held;
    if (!ip_is_any(where) && where->port != 0)
        call->told_where = *where;
    memcpy(call->told_codec, codec, sizeof codec);
}

/* Behind tell_changes, which knows where and with which codec. What came in and is not answered yet
 * is not early sound: it waits for the ACK. */
static void tell_media(struct call *call, enum suite suite, bool sends)
{
    bool answered = call->answered, told = call->told_media.codec[0] != '\0';
    const char *encryption = call_encryption_name(call);
    bool redundancy = sdp_exchange_stream(call->sdp)->red_send != SDP_NO_TYPE;

    if ((!call->outgoing && !answered) || !call->told_where.family)
        return;
    if (told && call->told_media.suite == suite && call->told_media.sends == sends &&
        call->told_media.answered == answered &&
        strcmp(call->told_media.encryption, encryption) == 0 &&
        call->told_media.redundancy == redundancy &&
        ip_same(&call->told_media.where, &call->told_where) &&
        ip_same(&call->told_media.local, &call->media_at) &&
        strcmp(call->told_media.codec, call->told_codec) == 0)
        return;
    call->told_media.suite = suite;
    call->told_media.encryption = encryption;
    call->told_media.redundancy = redundancy;
    call->told_media.sends = sends;
    call->told_media.answered = answered;
    call->told_media.where = call->told_where;
    call->told_media.local = call->media_at;
    memcpy(call->told_media.codec, call->told_codec, sizeof call->told_media.codec);
    call_tell(call, &(struct phone_event){.kind = PHONE_MEDIA,
                                          .codec = call->told_codec,
                                          .where = call->told_where,
                                          .local = call->media_at,
                                          .encryption = encryption,
                                          .suite = suite_name(suite),
                                          .signalling_encryption = phone_tls_of_call(call),
                                          .on = sends,
                                          .redundancy = redundancy,
                                          .result.answered = answered});
}

/* With keys by DTLS it is told when they are there. */
static void tell_sound(struct call *call)
{
    const struct sdp_stream *stream = sdp_exchange_stream(call->sdp);

    if (stream && call->started && (stream->secured.by != SDP_DTLS || call->dtls_suite))
        tell_media(call, call_suite(call, stream),
                   (stream->direction & SDP_SENDONLY) && !stream->held && !call->holds);
}

/* A handshake that begins anew has come to nothing yet. */
static int start_stream(struct call *call, const struct sdp_stream *stream, struct ip *where)
{
    struct media_params params = params_of(call, stream);
    unsigned keying = media_stream_keying(call->stream);
    int err = media_stream_start(call->stream, &params);

    mem_wipe(&params.keys, sizeof params.keys);
    *where = params.remote_rtp;
    if (media_stream_keying(call->stream) != keying)
        call->dtls_suite = SUITE_NONE;
    return err;
}

static void give_up_sound(struct call *call, int err)
{
    call_give_up(call, err == -ENOMEM ? "there is no memory for its sound"
                                      : "the codec that was agreed cannot be used");
}

void call_media_update(struct call *call)
{
    const struct sdp_stream *stream = sdp_exchange_stream(call->sdp);
    struct ip where;
    int err;

    if (!stream || !call->stream)
        return;
    err = start_stream(call, stream, &where);
    if (err) {
        give_up_sound(call, err);
        return;
    }
    call->started = true;
    tell_changes(call, stream, &where);
    tell_sound(call);
}

static void take_keys(struct call *call, const struct media_event *e)
{
    call->dtls_suite = e->suite;
    if (e->err)
        call_keys_failed(call, e);
    else
        tell_sound(call);
}

static void send_digits(struct call *call)
{
    if (call_digits_send(call, slice_of(call->digits)) == 0)
        return;
    call_tell(call, &(struct phone_event){.kind = PHONE_NOTICE,
                                          .text = "the other side takes no digits "
                                                  "(telephone-event was not agreed)"});
}

void call_media_device(struct call *call)
{
    bool heard = calls_is_heard(call);

    if (!call->stream || !(call->device || call->at_device || heard))
        return;
    call->at_device = heard;
    media_stream_listen(call->stream, heard);
    if (!call->connected || call->play || call->leaves)
        return;
    if (call->microphone && heard)
        media_stream_play_device(call->stream);
    else
        media_stream_play_silence(call->stream);
}

int call_media_move(struct call *call)
{
    const struct phone_config *config = call->phone->config;
    struct media_open how = {.port_first = config->rtp_first, .port_last = config->rtp_last};
    int err = find_local(call, &how.local);

    if (!err && !call->stream)
        err = -ENOTCONN;
    if (!err)
        err = media_stream_move(call->stream, &how);
    if (err)
        return err;
    call->media_at = how.local;
    call->media_at.port = media_stream_port(call->stream);
    return 0;
}

void call_media_connect(struct call *call)
{
    if (call->connected || !call->stream)
        return;
    call->connected = true;
    if (call->mutes)
        call_media_mute(call, true);
    call_sound_connect(call);
    call_media_device(call);
    if (call->digits)
        send_digits(call);
    call_quality_begin(call);
}

void call_media_mute(struct call *call, bool on)
{
    media_stream_mute(call->stream, on);
    if (call->muted != on)
        call_tell(call, &(struct phone_event){.kind = PHONE_MUTED, .on = on});
    call->muted = on;
}

bool call_media_close(struct call *call)
{
    net_lookup_cancel(call->lookup);
    call->lookup = NULL;
    if (!call->stream)
        return false;
    media_stream_stop(call->stream);
    return true;
}

/* --- what the stream tells ------------------------------------------------------------------ */

static void tell_device_failed(struct call *call, const struct media_event *e)
{
    struct phone *phone = call->phone;

    if (!phone->device_fails) {
        char *why = phone_safe_dup(slice_of(e->why));
        struct buf text = buf_new(2048);

        buf_printf(&text, "%s; calls go on with files and silence",
                   why && *why ? why : "the sound device cannot be used");
        phone_tell(phone, &(struct phone_event){.kind = PHONE_NOTICE, .text = buf_cstr(&text)});
        buf_free(&text);
        free(why);
    }
    phone->device_fails = true;
    call_input(call, CALL_DEVICE_FAILED, NULL, NULL);
}

/* clang-format off */
void call_media_event(struct call *call, const struct media_event *e)
{
    switch (e->type) {
    case MEDIA_DIGIT:
        call_digits_came(call, e->digit, e->tone ? DIGIT_BY_TONE : DIGIT_BY_RTP, 0);
        break;
    case MEDIA_DIGIT_ENDED: call_digits_ended(call, e->digit, DIGIT_BY_RTP); break;
    case MEDIA_DIGITS_SENT: call_digits_sent(call); break;
    case MEDIA_DIGITS_LEFT_OUT: call_digits_left_out(call, e->err, e->n_digits); break;
    case MEDIA_FILE_ENDED: call_sound_ended(call, ""); break;
    case MEDIA_SOURCE_FAILED: call_sound_ended(call, e->why); break;
    case MEDIA_RECORD_SLOW:
        call_tell(call, &(struct phone_event){.kind = PHONE_NOTICE, .text = e->why});
        break;
    case MEDIA_RECORDED: call_sound_recorded(call, e->file, e->newest, e->why); break;
    case MEDIA_DEVICE_FAILED: tell_device_failed(call, e); break;
    case MEDIA_CLOSED:
        call->stats = e->stats;
        call->stream = NULL;
        call_input(call, CALL_MEDIA_CLOSED, NULL, NULL);
        break;
    case MEDIA_FIRST_PACKET:
        call->early_heard = true;
        call_set_tone(call);
        break;
    case MEDIA_KEYS: take_keys(call, e); break;
    case MEDIA_CODEC_FAILED: give_up_sound(call, e->err); break;
    case MEDIA_STATS: call_quality_take(call, &e->stats); break;
    case MEDIA_FILE_HEARD: call_sound_heard(call); break;
    case MEDIA_DEVICE_REPLACED:
    case MEDIA_DEVICE_BACK:
    case MEDIA_LEVELS:
    case MEDIA_DEVICE_CHOSEN:
    case MEDIA_TESTING:
    case MEDIA_RING_FAILED: /* of no call */
    case MEDIA_REMOTE_BYE: break;
    }
}
/* clang-format on */
