/* What a stream sends: source, encoder, packet; keys in place of sound. */
#include <stdlib.h>
#include <string.h>

#include "audio/level.h"
#include "audio/stereo.h"
#include "base/log.h"
#include "phone/media_mix.h"
#include "phone/media_pipe.h"
#include "phone/media_stream.h"

#define BEAT_TOLERANCE_US 500   /* beats and packet times come from one grid; rounding is less */
#define CATCH_UP_US 100000      /* what was missed longer ago is skipped, never sent in a burst */
#define MICROPHONE_LATE_US 2000 /* rounding is less */
#define HEARD_AFTER_MS 200      /* what jitter buffers hold back */

/* --- the encoder ----------------------------------------------------------------------------- */

/* On a machine that is busy nobody gets more than there is. */
static unsigned complexity_of(const struct media_stream *s)
{
    const struct effort *effort = &s->thread->effort;
    unsigned wished = s->agreed->params.opus.complexity;

    return wished && (effort->level == effort->most || wished < effort->level) ? wished
                                                                               : effort->level;
}

void stream_set_effort(struct media_stream *s)
{
    if (s->encoder)
        audio_encoder_set_complexity(s->encoder, complexity_of(s));
}

/* Two also while one is sent, as the far end wants: another encoder would begin with a gap. */
static uint8_t encoder_channels(const struct media_agreement *a)
{
    bool may_be_two = a->params.hears_stereo || a->params.opus.stereo;

    return may_be_two && a->send->rtpmap_channels == 2 ? 2 : 1;
}

static struct audio_codec_params encoder_params(const struct media_stream *s)
{
    const struct media_params *p = &s->agreed->params;

    return (struct audio_codec_params){
        .channels = encoder_channels(s->agreed),
        .bitrate = p->opus.max_bitrate,
        .max_rate_hz = p->opus.max_playback_hz,
        .fec = p->opus.fec,
        .cbr = p->opus.cbr,
        .dtx = p->opus.dtx,
        .complexity = (uint8_t)complexity_of(s),
    };
}

static void send_channels(struct media_stream *s, unsigned channels)
{
    s->sent_channels = channels;
    audio_encoder_send_channels(s->encoder, channels);
}

static void make_encoder(struct media_stream *s, const struct audio_codec_params *params)
{
    const struct audio_codec *codec = s->agreed->send;
    int err;

    audio_encoder_free(s->encoder);
    s->encoder = NULL;
    s->sent_channels = 0;
    err = audio_encoder_new(codec, params, &s->encoder);
    if (!err) {
        if (params->channels == 2 && !s->agreed->params.opus.stereo)
            send_channels(s, 1);
        return;
    }
    log_error("media", "no encoder for %s: nothing can be sent", codec->name);
    stream_tell_failure(s, MEDIA_CODEC_FAILED, err, "the codec that was agreed cannot be used");
}

/* But for the channels that are sent, of which an encoder of two is told while it runs. */
static bool is_encoded_alike(const struct media_agreement *a, const struct media_agreement *b)
{
    struct media_opus was = a->params.opus, now = b->params.opus;

    return a->send == b->send && encoder_channels(a) == encoder_channels(b) && was.fec == now.fec &&
           was.cbr == now.cbr && was.dtx == now.dtx && was.max_bitrate == now.max_bitrate &&
           was.max_playback_hz == now.max_playback_hz && was.complexity == now.complexity;
}

static bool is_sent_alike(const struct media_agreement *a, const struct media_agreement *b)
{
    return a->send == b->send &&
           a->params.send_format.payload_type == b->params.send_format.payload_type;
}

void stream_prepare_sending(struct media_stream *s, const struct media_agreement *before)
{
    const struct media_agreement *now = s->agreed;
    struct audio_codec_params params = encoder_params(s);

    if (!before || !is_encoded_alike(before, now) || !s->encoder)
        make_encoder(s, &params);
    if (!before)
        s->next_send_us = 0;
    else if (!is_sent_alike(before, now))
        stream_forget_red(s);
    stream_prepare_red(s);
    if (s->encoder && s->player)
        media_player_set_form(s->player, audio_encoder_rate_hz(s->encoder),
                              (uint8_t)audio_encoder_channels(s->encoder));
}

/* --- the source ------------------------------------------------------------------------------ */

void stream_push_microphone(struct media_stream *s, const int16_t *samples, size_t n,
                            struct media_form in)
{
    if (s->source != SOURCE_DEVICE || !s->encoder || !n)
        return;
    media_microphone_push(
        &s->microphone, samples, n, in,
        (struct media_form){audio_encoder_rate_hz(s->encoder), audio_encoder_channels(s->encoder)});
}

void stream_drop_source(struct media_stream *s)
{
    media_player_close(s->player);
    media_pipe_in_close(s->pipe_in);
    s->player = NULL;
    s->pipe_in = NULL;
    free(s->play_path);
    s->play_path = NULL;
    s->source = SOURCE_SILENCE;
}

void stream_source_failed(struct media_stream *s, int err, const char *why)
{
    stream_tell_failure(s, MEDIA_SOURCE_FAILED, err, why);
    stream_drop_source(s);
    s->unheard_ms = HEARD_AFTER_MS;
}

static void player_failed(void *arg, int err, const char *why)
{
    stream_source_failed(arg, err, why);
}

static void player_closed(void *arg)
{
    struct media_stream *s = arg;

    s->holds--;
    media_thread_stream_closed(s);
}

/* A file begins when it may be heard: it is opened behind the first packet, which is silent and
 * leaves at once, as that may take some milliseconds. */
static void open_player(struct media_stream *s)
{
    static const struct media_file_events events = {player_failed, player_closed};
    int err =
        media_player_open(&s->thread->jobs, s->play_path, audio_encoder_rate_hz(s->encoder),
                          (uint8_t)audio_encoder_channels(s->encoder), &events, s, &s->player);

    free(s->play_path);
    s->play_path = NULL;
    if (!err)
        s->holds++;
    else
        player_failed(s, err, "no memory to play a file");
}

void stream_play_pipe(struct media_stream *s, const struct media_pipe *pipe)
{
    static const struct media_file_events events = {player_failed, player_closed};
    int err;

    s->source = SOURCE_PIPE;
    err = media_pipe_in_open(net_loop_uv(s->thread->loop), pipe, &events, s, &s->pipe_in);
    if (!err)
        s->holds++;
    else
        player_failed(s, err, "no memory to play what is piped in");
}

/* n samples of the source, silence where it has none. *channels: as many as are wanted at most,
 * then what there are. */
static void read_source(struct media_stream *s, int16_t *out, size_t n, unsigned *channels)
{
    size_t got = 0;

    if (s->source == SOURCE_FILE && s->player)
        got = media_player_read(s->player, out, n, channels);
    else if (s->source == SOURCE_PIPE && s->pipe_in)
        got = media_pipe_in_read(s->pipe_in, out, n, audio_encoder_rate_hz(s->encoder), channels);
    else if (s->source == SOURCE_DEVICE)
        got = media_microphone_read(&s->microphone, out, n, channels);
    else
        *channels = 1;
    if (s->muted)
        got = 0;
    memset(out + got * *channels, 0, (n - got) * *channels * sizeof *out);
}

/* n samples of what is said, and the others of its conference, which are heard of a muted call too.
 * Keys sound in place of all that, but wait while nothing leaves. Both have one channel, and so has
 * all where the far end wants no more. Returns how many there are. */
static unsigned gather(struct media_stream *s, int16_t *out, size_t n, bool leaves)
{
    unsigned channels = audio_encoder_channels(s->encoder);

    read_source(s, out, n, &channels);
    if (channels == 2 && (s->mix || dtmf_busy(&s->tones) || !s->agreed->params.opus.stereo)) {
        stereo_mix(out, n, out);
        channels = 1;
    }
    if (s->mix)
        stream_mix_onto(s, out, n);
    if (leaves)
        dtmf_put(&s->tones, out, n, audio_encoder_rate_hz(s->encoder));
    else
        dtmf_interrupt(&s->tones, n, audio_encoder_rate_hz(s->encoder));
    if (s->metered)
        level_meter_add(&s->sent_level, out, n * channels);
    return channels;
}

static void end_file(struct media_stream *s)
{
    bool ended = (s->player && media_player_ended(s->player)) ||
                 (s->pipe_in && media_pipe_in_ended(s->pipe_in));

    if (!ended)
        return;
    stream_drop_source(s);
    s->unheard_ms = HEARD_AFTER_MS;
    stream_tell(s, MEDIA_FILE_ENDED);
}

/* A packet time behind the end of a file or pipe. */
static void let_hear(struct media_stream *s)
{
    if (!s->unheard_ms)
        return;
    s->unheard_ms -= s->unheard_ms < stream_ptime_ms(s) ? s->unheard_ms : stream_ptime_ms(s);
    if (!s->unheard_ms)
        stream_tell(s, MEDIA_FILE_HEARD);
}

/* --- packets --------------------------------------------------------------------------------- */

struct outgoing {
    unsigned char bytes[RTP_HEADER_BYTES + AUDIO_PAYLOAD_MAX + RTP_SRTP_MAX_GROWTH];
    size_t payload_bytes;
};

static void put_on_wire(struct media_stream *s, const struct rtp_packet *header,
                        struct outgoing *packet)
{
    uint64_t now_ms = net_now_ms();

    rtp_packet_print(header, packet->bytes);
    s->sent_ms = now_ms;
    if (!stream_put_rtp(s, packet->bytes, RTP_HEADER_BYTES + packet->payload_bytes,
                        sizeof packet->bytes))
        return;
    s->count.packets_sent++;
    s->count.bytes_sent += packet->payload_bytes;
}

static bool send_key(struct media_stream *s, uint32_t clock_hz, struct outgoing *packet)
{
    const struct media_params *p = &s->agreed->params;
    uint32_t rate_hz = p->event_rate_hz ? p->event_rate_hz : clock_hz;
    struct rtp_event_packet key;
    struct rtp_packet header;

    if (p->event_send == MEDIA_NO_EVENTS || !rtp_event_busy(&s->keys))
        return false;
    rtp_event_set_length(&s->keys, media_adapt_key_ms(&s->red.adapt, RTP_EVENT_DIGIT_MS));
    if (!rtp_event_next(&s->keys, s->session.timestamp, rate_hz / 1000 * stream_ptime_ms(s),
                        rate_hz, &key))
        return false;
    packet->payload_bytes = RTP_EVENT_BYTES;
    memcpy(packet->bytes + RTP_HEADER_BYTES, key.payload, RTP_EVENT_BYTES);
    header = rtp_session_next(&s->session, p->event_send, RTP_EVENT_BYTES);
    header.timestamp = key.timestamp;
    header.marker = key.marker;
    put_on_wire(s, &header, packet);
    return true;
}

/* In silence what it sounds like, now and then, and else nothing (RFC 3389); false: it is speech,
 * or silence is sent like that. */
static bool send_noise(struct media_stream *s, size_t n, struct outgoing *packet)
{
    uint8_t type = s->agreed->params.noise_send;
    struct rtp_packet header;
    struct comfort like;

    if (!type)
        return false;
    switch (comfort_listen(&s->listener, s->thread->samples, n, audio_encoder_rate_hz(s->encoder),
                           &like)) {
    case COMFORT_SPEECH:
        return false;
    case COMFORT_DESCRIBE:
        packet->payload_bytes = comfort_print(&like, packet->bytes + RTP_HEADER_BYTES);
        header = rtp_session_next(&s->session, type, packet->payload_bytes);
        header.marker = false; /* which is for the first packet of speech: RFC 3551 4.1 */
        put_on_wire(s, &header, packet);
        break;
    case COMFORT_NOTHING:
        break;
    }
    rtp_session_pause(&s->session);
    return true;
}

/* An encoder of two channels is given two, and told whether they are the same; what the bits are
 * enough for is planned anew then. */
static void fit_channels(struct media_stream *s, size_t n, unsigned channels)
{
    if (audio_encoder_channels(s->encoder) == 1)
        return;
    if (channels == 1)
        stereo_spread(s->thread->samples, n, s->thread->samples);
    if (channels == s->sent_channels)
        return;
    send_channels(s, channels);
    stream_follow_channels(s);
}

static void send_sound(struct media_stream *s, size_t n, unsigned channels, struct outgoing *packet)
{
    uint8_t type = s->agreed->params.send_format.payload_type;
    struct rtp_packet header;
    int bytes;

    stream_record_sent(s, s->thread->samples, n, channels, audio_encoder_rate_hz(s->encoder),
                       s->next_send_us);
    if (send_noise(s, n, packet))
        return;
    fit_channels(s, n, channels);
    bytes = audio_encode(s->encoder, s->thread->samples, n, packet->bytes + RTP_HEADER_BYTES,
                         AUDIO_PAYLOAD_MAX);

    if (bytes <= 0) {
        rtp_session_pause(&s->session);
        return;
    }
    packet->payload_bytes = stream_red_wrap(s, packet->bytes + RTP_HEADER_BYTES, (size_t)bytes,
                                            AUDIO_PAYLOAD_MAX, &type);
    header = rtp_session_next(&s->session, type, packet->payload_bytes);
    put_on_wire(s, &header, packet);
}

static size_t samples_of_packet(const struct media_stream *s)
{
    return audio_encoder_rate_hz(s->encoder) / 1000 * stream_ptime_ms(s);
}

/* One packet time, whether or not anything may leave in it. */
static void send_one(struct media_stream *s, uint64_t now_ms)
{
    const struct audio_codec *codec = s->agreed->send;
    unsigned ptime_ms = stream_ptime_ms(s);
    size_t n = samples_of_packet(s);
    unsigned channels;
    struct outgoing packet;

    let_hear(s);
    if (s->may_send && s->agreed->params.send && s->latch.rtp.family && !stream_waits_for_keys(s)) {
        bool leaves = rtp_latch_may_send(&s->latch, now_ms);

        channels = gather(s, s->thread->samples, n, leaves);
        if (!leaves)
            rtp_session_pause(&s->session);
        else if (!send_key(s, codec->clock_hz, &packet))
            send_sound(s, n, channels, &packet);
        end_file(s);
        if (s->play_path)
            open_player(s);
    } else {
        if (s->pipe_in)
            media_pipe_in_skip(s->pipe_in, n, audio_encoder_rate_hz(s->encoder),
                               audio_encoder_channels(s->encoder));
        dtmf_interrupt(&s->tones, n, audio_encoder_rate_hz(s->encoder));
        rtp_session_pause(&s->session);
    }
    rtp_session_advance(&s->session, codec->clock_hz / 1000 * ptime_ms);
    stream_tell_keys_sent(s);
}

void stream_send_due(struct media_stream *s, uint64_t due_us)
{
    uint64_t ptime_us, behind, keep_us;

    if (!s->agreed || !s->encoder)
        return;
    ptime_us = stream_ptime_ms(s) * UINT64_C(1000);
    if (!s->next_send_us)
        s->next_send_us = due_us;
    behind = due_us > s->next_send_us ? due_us - s->next_send_us : 0;
    if (behind > CATCH_UP_US) {
        uint64_t skipped = behind / ptime_us;

        s->next_send_us += skipped * ptime_us;
        dtmf_interrupt(&s->tones, skipped * samples_of_packet(s),
                       audio_encoder_rate_hz(s->encoder));
        rtp_session_advance(&s->session, (uint32_t)(skipped * stream_ptime_ms(s) *
                                                    (s->agreed->send->clock_hz / 1000)));
        rtp_session_pause(&s->session);
    }
    for (; s->next_send_us <= due_us + BEAT_TOLERANCE_US; s->next_send_us += ptime_us)
        send_one(s, due_us / 1000);
    /* What came while nothing could be sent, or while we stood still, would be heard so much later
     * for the rest of the call: no more waits than the next packet has grown by now. */
    keep_us = due_us + ptime_us + MICROPHONE_LATE_US;
    media_microphone_keep(&s->microphone,
                          keep_us > s->next_send_us ? keep_us - s->next_send_us : 0);
}

void stream_stop_sending(struct media_stream *s)
{
    stream_drop_source(s);
    audio_encoder_free(s->encoder);
    s->encoder = NULL;
    media_microphone_free(&s->microphone);
}
