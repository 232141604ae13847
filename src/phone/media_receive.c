/* What a stream receives: packets in, sound out to the recording and the loudspeaker. */
#include <errno.h>
#include <string.h>

#include "audio/level.h"
#include "audio/stereo.h"
#include "base/log.h"
#include "net/loop.h"
#include "phone/media_mix.h"
#include "phone/media_stream.h"
#include "rtp/demux.h"
#include "rtp/packet.h"

/* Of each socket so much is taken on a beat, whatever there is to do beside it; what a flood brings
 * beyond that while the thread has time for it. What is left then waits, and the kernel drops what
 * has no room. */
#define BATCHES_ALWAYS 8
#define CROWDED_US 10000000 /* so long after a flood each beat looks: it may go on */
/* A full batch is of a flood if it came within this. What came in longer has only waited for us; to
 * look more often for that would hold up further who is behind already. */
#define FLOOD_US 80000       /* 200 packets a second */
#define FLOOD_RTCP_US 800000 /* and 20 reports */
/* How often packets are taken that nobody hears: for keys, also as tones, and for the count. A key
 * is told so much later, and four packets at once cost half of what they do one by one. */
#define UNHEARD_US 79000
#define PASSING_MS 20       /* and so much of them is played at a time, as on beats of their own */
#define WAITING_IS_SOFTER 4 /* 12 dB: a hint beside somebody who speaks */
#define CONFLICT_MS 50000   /* RFC 3550 8.2: an address is remembered for ten intervals of RTCP */
#define STALL_US 200000     /* after one the jitter buffer starts anew, and silence is recorded */

/* --- packets --------------------------------------------------------------------------------- */

const struct audio_codec *stream_codec_of(const struct media_stream *s, uint8_t payload_type)
{
    const struct media_params *p = &s->agreed->params;

    for (unsigned i = 0; i < p->n_receive_formats; i++)
        if (p->receive_formats[i].payload_type == payload_type)
            return s->agreed->receive[i];
    return NULL;
}

bool stream_is_event(const struct media_stream *s, uint8_t payload_type)
{
    const struct media_params *p = &s->agreed->params;

    for (size_t i = 0; i < ARRAY_LEN(p->event_receive); i++)
        if (p->event_receive[i] == payload_type)
            return true;
    return false;
}

/* RFC 3550 8.2: a packet with our own SSRC is our own, sent back to us, or a collision. Only the
 * far end can collide. Who has done so has met another SSRC of ours since: if that comes from there
 * as well, it is our own sound that comes back. */
static bool is_our_ssrc(struct media_stream *s, uint32_t ssrc, const struct ip *from,
                        uint64_t now_ms)
{
    if (ssrc != s->session.ssrc)
        return false;
    if (!ip_same(from, &s->latch.rtp) || ip_same(from, &s->pair.local))
        return true;
    if (!ip_same(from, &s->conflict) || now_ms >= s->conflict_ms + CONFLICT_MS)
        stream_collide(s);
    s->conflict = *from;
    s->conflict_ms = now_ms;
    return true;
}

/* A.1 for the packet's source. Its counts begin anew with another SSRC and after a restart; what
 * was lost until then stays lost. */
static bool is_in_sequence(struct media_stream *s, const struct rtp_packet *packet, bool another)
{
    int64_t lost = s->has_heard ? rtp_source_lost(&s->heard) : 0;
    enum rtp_source_verdict verdict;

    if (another) {
        rtp_source_init(&s->heard, packet->ssrc, packet->sequence);
        s->has_heard = true;
    }
    verdict = rtp_source_packet(&s->heard, packet->sequence);
    if (another || s->heard.restarted) {
        s->pressed = (struct rtp_event_receiver){0};
        s->sound_timestamp = packet->timestamp;
    }
    if (another)
        rtp_loss_restart(&s->xr.heard);
    if (another || s->heard.restarted)
        s->lost_before += lost;
    return verdict != RTP_SOURCE_REFUSE;
}

/* Whether the packet is of the far end and of its stream. */
static bool accept_packet(struct media_stream *s, const struct rtp_packet *packet,
                          const struct net_rtp_datagram *d)
{
    enum rtp_latch_verdict verdict =
        rtp_latch_rtp(&s->latch, &d->from, packet->ssrc, packet->sequence, d->arrived_us / 1000);

    if (verdict == RTP_LATCH_REFUSE)
        return false;
    if (verdict == RTP_LATCH_MOVED)
        stream_set_remote(s);
    return is_in_sequence(
        s, packet, verdict == RTP_LATCH_MOVED || !s->has_heard || s->heard.ssrc != packet->ssrc);
}

static bool has_ear(const struct media_stream *s)
{
    return s->thread->device && media_device_is_open(s->thread->device);
}

static bool is_heard(const struct media_stream *s)
{
    return s->recording || s->mix || (s->listen && has_ear(s));
}

static bool anybody_listens(const struct media_stream *s)
{
    return is_heard(s) || (s->agreed && s->agreed->params.find_tones);
}

bool stream_is_played(const struct media_stream *s)
{
    return s->playout && s->agreed->params.receive && anybody_listens(s);
}

void stream_press(struct media_stream *s, struct slice payload, uint32_t timestamp)
{
    bool had_ended = s->pressed.ended;
    char key = rtp_event_receive(&s->pressed, payload, timestamp);
    struct media_event event = {.type = MEDIA_DIGIT, .stream = s, .arg = s->arg, .digit = key};

    if (key)
        media_thread_tell(s->thread, &event);
    event.type = MEDIA_DIGIT_ENDED;
    event.digit = rtp_event_digit(s->pressed.code);
    if (s->pressed.ended && (key || !had_ended) && event.digit)
        media_thread_tell(s->thread, &event);
}

/* It came, and holds nothing that is heard; else its number would count as lost. */
static void take_silent(struct media_stream *s, const struct rtp_packet *packet,
                        uint64_t arrived_us)
{
    stream_xr_note(s, packet, NULL, false);
    if (stream_is_played(s))
        playout_put_silent(s->playout, packet->ssrc, packet->sequence, packet->timestamp,
                           arrived_us);
}

static void take_key(struct media_stream *s, const struct rtp_packet *packet, uint64_t arrived_us)
{
    stream_press(s, packet->payload, packet->timestamp);
    take_silent(s, packet, arrived_us);
}

static bool is_noise(const struct media_stream *s, uint8_t payload_type)
{
    return payload_type == s->agreed->params.noise_receive && payload_type != 0;
}

static void take_noise(struct media_stream *s, const struct rtp_packet *packet, uint64_t arrived_us)
{
    stream_xr_note(s, packet, NULL, false);
    if (stream_is_played(s))
        (void)playout_put_noise(s->playout, packet->ssrc, packet->sequence, packet->timestamp,
                                packet->payload, arrived_us);
}

/* Where the numbers go on and the clock has gone back, as behind an exchange that has put somebody
 * else through, it began anew: keys of it are not late ones of the clock before. */
static void follow_clock(struct media_stream *s, const struct rtp_packet *packet)
{
    if (packet->sequence != s->heard.max_sequence)
        return; /* it was overtaken */
    if (packet->timestamp - s->sound_timestamp > INT32_MAX)
        s->pressed = (struct rtp_event_receiver){0};
    s->sound_timestamp = packet->timestamp;
}

static void take_sound(struct media_stream *s, const struct rtp_packet *packet,
                       const struct audio_codec *codec, uint64_t arrived_us)
{
    int err = 0;

    follow_clock(s, packet);
    if (s->heard_clock_hz != codec->clock_hz)
        rtp_source_clock_changed(&s->heard);
    s->heard_clock_hz = codec->clock_hz;
    rtp_source_jitter(&s->heard, packet->timestamp,
                      (uint32_t)(arrived_us / 1000 * codec->clock_hz / 1000 +
                                 arrived_us % 1000 * codec->clock_hz / 1000000));
    if (!s->told_first)
        stream_tell(s, MEDIA_FIRST_PACKET);
    s->told_first = true;
    if (stream_is_played(s))
        err = playout_put(s->playout, codec, packet->ssrc, packet->sequence, packet->timestamp,
                          packet->marker, packet->payload, arrived_us);
    stream_xr_note(s, packet, codec, err == -ETIME);
}

/* A packet that says nothing to us, as its payload type was not agreed on (RFC 3551 3). It shows
 * nobody to be the far end and begins no stream; in the one that is heard it has come. */
static void take_unknown(struct media_stream *s, const struct rtp_packet *packet,
                         const struct net_rtp_datagram *d)
{
    s->count.packets_refused++;
    if (!s->has_heard || packet->ssrc != s->heard.ssrc || !ip_same(&d->from, &s->latch.rtp) ||
        !is_in_sequence(s, packet, false))
        return;
    stream_red_note(s, packet->sequence);
    s->heard_ms = d->arrived_us / 1000;
    take_silent(s, packet, d->arrived_us);
}

static void take_rtp(struct media_stream *s, const struct net_rtp_datagram *d)
{
    const struct audio_codec *codec;
    struct slice bytes = d->bytes;
    struct red_frames earlier;
    struct rtp_packet packet;
    size_t payload_bytes;
    bool known, event, noise;

    if (rtp_latch_refuses(&s->latch, &d->from)) { /* before keys are tried, which costs most */
        s->count.packets_refused++;
        return;
    }
    if (!stream_open_rtp(s, &bytes))
        return;
    if (rtp_packet_parse(bytes, &packet) != 0 ||
        is_our_ssrc(s, packet.ssrc, &d->from, d->arrived_us / 1000)) {
        s->count.packets_refused++;
        return;
    }
    payload_bytes = packet.payload.n;
    known = stream_red_open(s, &packet, &earlier);
    codec = stream_codec_of(s, packet.payload_type);
    event = !codec && stream_is_event(s, packet.payload_type);
    noise = !codec && !event && is_noise(s, packet.payload_type);
    if (!known || (!codec && !event && !noise)) {
        take_unknown(s, &packet, d);
        return;
    }
    if (!accept_packet(s, &packet, d)) {
        s->count.packets_refused++;
        return;
    }
    s->count.packets_received++;
    s->count.bytes_received += payload_bytes;
    stream_red_note(s, packet.sequence);
    s->heard_ms = d->arrived_us / 1000;
    stream_red_press(s, &packet, &earlier);
    if (event)
        take_key(s, &packet, d->arrived_us);
    else if (noise)
        take_noise(s, &packet, d->arrived_us);
    else
        take_sound(s, &packet, codec, d->arrived_us);
    stream_red_take(s, &packet, &earlier);
}

/* There is no ICE, so nobody is answered: that it came is all that counts. */
static void take_stun(struct media_stream *s, const struct net_rtp_datagram *d)
{
    if (!rtp_is_stun(d->bytes) || !rtp_latch_stun(&s->latch, &d->from))
        s->count.packets_refused++;
}

void stream_receive_due(struct media_stream *s, uint64_t due_us)
{
    if (s->told_first && !is_heard(s) && !stream_is_crowded(s, false, due_us) &&
        due_us < s->received_us + UNHEARD_US)
        return;
    s->received_us = due_us;
    stream_receive(s);
}

bool stream_is_crowded(const struct media_stream *s, bool rtcp, uint64_t now_us)
{
    uint64_t since_us = s->crowded_us[rtcp];

    return since_us && now_us < since_us + CROWDED_US;
}

static bool is_flood(const struct net_rtp_datagram *batch, bool rtcp)
{
    return batch[NET_RTP_BATCH - 1].arrived_us <
           batch[0].arrived_us + (rtcp ? FLOOD_RTCP_US : FLOOD_US);
}

void stream_take_waiting(struct media_stream *s, bool rtcp, stream_take *take)
{
    const struct net_rtp_datagram *d;
    struct media_thread *t = s->thread;
    size_t n = NET_RTP_BATCH;

    if (stream_dtls_sleeps(s))
        return;
    for (unsigned i = 0; n == NET_RTP_BATCH; i++) {
        if (i >= BATCHES_ALWAYS && net_now_us() >= t->take_until_us)
            return;
        n = net_rtp_batch_recv(t->batch, rtcp ? s->pair.rtcp_fd : s->pair.rtp_fd, &d);
        if (n == NET_RTP_BATCH && is_flood(d, rtcp))
            s->crowded_us[rtcp] = net_now_us();
        for (size_t at = 0; at < n; at++)
            take(s, &d[at]);
    }
}

static void take_any(struct media_stream *s, const struct net_rtp_datagram *d)
{
    switch (rtp_demux(d->bytes)) {
    case RTP_KIND_RTP:
        take_rtp(s, d);
        break;
    case RTP_KIND_RTCP:
        stream_rtcp_receive(s, d);
        break;
    case RTP_KIND_STUN:
        take_stun(s, d);
        break;
    default:
        if (!stream_dtls_take(s, false, d->bytes, &d->from, d->arrived_us))
            s->count.packets_refused++;
    }
}

void stream_receive(struct media_stream *s)
{
    stream_take_waiting(s, false, take_any);
}

void stream_prepare_receiving(struct media_stream *s, const struct media_agreement *before)
{
    const struct media_agreement *now = s->agreed;
    struct playout_config config = {
        .codec = now->params.n_receive_formats ? now->receive[0] : now->send,
        .channels = now->params.hears_stereo ? 2 : 1,
        .packet_ms = (uint16_t)now->ptime_ms,
        .max_ms = now->params.jitter_max_ms,
    };

    if (!s->playout && playout_new(&config, &s->playout) != 0)
        log_error("media", "no memory to receive sound");
    if (before && !before->params.receive && now->params.receive && s->playout)
        playout_flush(s->playout); /* what came before the hold is not heard after it */
}

/* --- sound ----------------------------------------------------------------------------------- */

/* Makes what leads to the device anew, where that or a rate has changed. */
static bool prepare_listening(struct media_stream *s, uint32_t rate_hz, struct media_form device)
{
    if (s->listen_resample && s->listen_from_hz == rate_hz &&
        s->listen_to.rate_hz == device.rate_hz && s->listen_to.channels == device.channels)
        return true;
    resample_free(s->listen_resample);
    s->listen_resample = NULL;
    s->listen_from_hz = rate_hz;
    s->listen_to = device;
    return resample_new_of(device.channels, rate_hz, device.rate_hz, RESAMPLE_CALL,
                           &s->listen_resample) == 0;
}

/* What is said may have other channels at any moment: they become the device's first, so that the
 * resampler stays. */
static void say(struct media_stream *s, const int16_t *samples, size_t n, struct media_form form)
{
    int16_t frames[2 * AUDIO_PACKET_MAX_SAMPLES], other[2 * (AUDIO_PACKET_MAX_SAMPLES + 64)];
    struct media_device *device = s->thread->device;
    struct media_form to = {media_device_rate_hz(device), media_device_outputs(device)};

    if (form.rate_hz == to.rate_hz) {
        media_device_say_in(device, samples, n, form.channels);
        return;
    }
    if (!prepare_listening(s, form.rate_hz, to) ||
        resample_room(s->listen_resample, n) > AUDIO_PACKET_MAX_SAMPLES + 64)
        return;
    stereo_convert(samples, n, form.channels, frames, to.channels);
    n = resample_run(s->listen_resample, frames, n, other, AUDIO_PACKET_MAX_SAMPLES + 64);
    media_device_say_in(device, other, n, to.channels);
}

static void play_tone(struct media_stream *s)
{
    size_t n;

    if (s->tone_kind == TONE_NONE || !has_ear(s))
        return;
    (void)media_device_heard(s->thread->device, &n);
    if (s->tone.rate_hz != media_device_rate_hz(s->thread->device))
        tone_start(&s->tone, s->tone_kind, media_device_rate_hz(s->thread->device));
    n = n < AUDIO_PACKET_MAX_SAMPLES ? n : AUDIO_PACKET_MAX_SAMPLES;
    if (n > 0 && !tone_read(&s->tone, s->thread->samples, n))
        s->tone_kind = TONE_NONE; /* one that comes once */
    for (size_t i = 0; i < n && s->tone_kind == TONE_WAITING; i++)
        s->thread->samples[i] /= WAITING_IS_SOFTER;
    media_device_say(s->thread->device, s->thread->samples, n);
}

/* The process stood still: what waited is old. A recording keeps its time line. */
static void skip_stall(struct media_stream *s, uint64_t due_us)
{
    playout_flush(s->playout);
    s->played_us += (due_us - s->played_us) / 1000 * 1000;
}

/* The next n samples, which are so many ms, to be heard from now_us on, into the thread's room.
 * Returns them in one channel. */
static const int16_t *play_some(struct media_stream *s, uint64_t now_us, uint64_t ms, size_t n)
{
    int16_t *samples = s->thread->samples, *mono = samples;
    size_t channels = playout_channels(s->playout);

    (void)playout_get(s->playout, now_us, samples, n);
    stream_xr_dropped(s);
    if (!s->agreed->params.receive)
        memset(samples, 0, n * channels * sizeof *samples);
    s->played_us += ms * 1000;
    if (s->metered)
        level_meter_add(&s->heard_level, samples, n * channels);
    if (channels == 2) {
        mono = s->thread->mono;
        stereo_mix(samples, n, mono);
    }
    stream_find_tones(s, mono, n, playout_rate_hz(s->playout));
    return mono;
}

/* What nobody hears is only looked through, behind the time at which it would have been heard. */
static void pass(struct media_stream *s, uint64_t until_us)
{
    while (until_us >= s->played_us + 1000) {
        uint64_t ms = (until_us - s->played_us) / 1000;

        ms = ms < PASSING_MS ? ms : PASSING_MS;
        (void)play_some(s, s->played_us + ms * 1000, ms,
                        (size_t)(ms * playout_rate_hz(s->playout) / 1000));
    }
}

static void play_aloud(struct media_stream *s, uint64_t due_us)
{
    bool aloud = s->listen && has_ear(s);
    const int16_t *mono;

    /* In whole milliseconds, so that no fraction of a sample is lost at any rate. */
    while (due_us >= s->played_us + 1000) {
        uint64_t ms = (due_us - s->played_us) / 1000;
        uint32_t rate_hz = playout_rate_hz(s->playout);
        size_t n;

        ms = ms < AUDIO_PACKET_MAX_MS ? ms : AUDIO_PACKET_MAX_MS;
        n = (size_t)(ms * rate_hz / 1000);
        mono = play_some(s, due_us, ms, n);
        stream_record_heard(s, s->thread->samples, n, playout_channels(s->playout), rate_hz,
                            s->played_us);
        if (s->mix)
            stream_mix_put(s, mono, n, rate_hz);
        if (aloud)
            say(s, s->thread->samples, n,
                (struct media_form){rate_hz, playout_channels(s->playout)});
    }
}

void stream_play(struct media_stream *s, uint64_t due_us)
{
    uint64_t before_us = s->beat_us;

    s->beat_us = due_us;
    play_tone(s);
    if (!s->agreed || !s->playout)
        return;
    stream_begin_recording(s);
    if (!anybody_listens(s)) {
        s->played_us = due_us;
        return;
    }
    if (due_us > s->played_us + STALL_US + (is_heard(s) ? 0 : UNHEARD_US))
        skip_stall(s, due_us);
    if (is_heard(s)) {
        pass(s, before_us); /* where it was not heard until now */
        play_aloud(s, due_us);
    } else if (s->received_us == due_us) {
        pass(s, due_us);
    }
}

void stream_stop_receiving(struct media_stream *s)
{
    stream_end_recording(s);
    playout_free(s->playout);
    s->playout = NULL;
    resample_free(s->listen_resample);
    s->listen_resample = NULL;
}
