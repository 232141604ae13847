#include "phone/media_stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "phone/media_mix.h"

#define SESSION_BPS 80000 /* G.711 with its headers: RTCP's share is of that (RFC 3550 6.2) */

/* --- telling --------------------------------------------------------------------------------- */

void stream_tell(struct media_stream *s, enum media_event_type type)
{
    struct media_event event = {.type = type, .stream = s, .arg = s->arg, .serial = s->play_serial};

    if (type == MEDIA_STATS)
        stream_stats(s, &event.stats);
    media_thread_tell(s->thread, &event);
}

bool stream_tell_failure(struct media_stream *s, enum media_event_type type, int err,
                         const char *why)
{
    unsigned serial = type == MEDIA_KEYS ? s->agreed->keying : s->play_serial;
    struct media_event event = {
        .type = type, .stream = s, .arg = s->arg, .err = err, .serial = serial};

    snprintf(event.why, sizeof event.why, "%s", why);
    return media_thread_tell(s->thread, &event);
}

/* --- sockets --------------------------------------------------------------------------------- */

static void prepare_pair(const struct net_rtp_pair *pair)
{
    net_rtp_batch_prepare(pair->rtp_fd);
    net_rtp_batch_prepare(pair->rtcp_fd);
}

/* --- life ------------------------------------------------------------------------------------ */

static void on_open(struct media_stream *s)
{
    s->may_send = false;
    s->count.round_trip_ms = s->count.remote_lost_percent = -1;
    rtp_session_init(&s->session, &s->thread->rng);
    rtp_event_sender_init(&s->keys);
    list_init(&s->recordings);
    prepare_pair(&s->pair);
}

static void on_move(struct media_stream *s, const struct net_rtp_pair *pair)
{
    if (s->agreed)
        stream_receive(s); /* what has come already */
    net_rtp_pair_close(&s->pair);
    s->pair = *pair;
    prepare_pair(&s->pair);
}

void stream_set_remote(struct media_stream *s)
{
    s->rtp_to = net_sockaddr_of(&s->latch.rtp);
    s->rtcp_to = net_sockaddr_of(&s->latch.rtcp);
}

static void on_start(struct media_stream *s, struct media_agreement *agreement)
{
    struct media_agreement *before = s->agreed;
    const struct media_params *p = &agreement->params;
    uint64_t now_us = net_now_us();

    if (before && !ip_same(&before->params.remote_rtp, &p->remote_rtp))
        s->told_first = false;
    s->agreed = agreement;
    s->may_send = p->may_send;
    rtp_latch_signalled(&s->latch, &p->remote_rtp, p->rtcp_mux ? &p->remote_rtp : &p->remote_rtcp,
                        &p->signalling);
    stream_set_remote(s);
    if (!before) {
        s->played_us = now_us;
        rtcp_timing_init(&s->timing, SESSION_BPS, now_us / 1000, &s->thread->rng);
    }
    stream_prepare_dtls(s, before);
    stream_prepare_keys(s);
    stream_prepare_sending(s, before);
    stream_prepare_events(s);
    stream_prepare_receiving(s, before);
    if (before)
        stream_xr_agreed(s, before);
    media_agreement_free(before);
    media_thread_rhythm(s->thread, true);
}

static void on_may_send(struct media_stream *s, bool may_send)
{
    bool begins = may_send && !s->may_send;

    s->may_send = may_send;
    if (begins)
        media_thread_rhythm(s->thread, true);
}

static void on_play(struct media_stream *s, enum media_source source, char *path, unsigned serial)
{
    stream_drop_source(s);
    s->unheard_ms = 0;
    s->play_path = path;
    s->play_serial = serial;
    s->source = source;
    media_thread_rhythm(s->thread, false);
}

static void on_play_file(struct media_stream *s, char *path, unsigned serial)
{
    on_play(s, SOURCE_FILE, path, serial);
    if (!path)
        stream_source_failed(s, -ENOMEM, "no memory to play a file");
}

static void on_play_pipe(struct media_stream *s, struct media_pipe *pipe, unsigned serial)
{
    on_play(s, SOURCE_SILENCE, NULL, serial);
    if (pipe)
        stream_play_pipe(s, pipe);
    else
        stream_source_failed(s, -ENOMEM, "no memory to play what is piped in");
    free(pipe);
}

static void on_tone(struct media_stream *s, enum media_tone tone)
{
    s->tone_kind = tone == MEDIA_TONE_RINGBACK  ? TONE_RINGBACK
                   : tone == MEDIA_TONE_BUSY    ? TONE_BUSY
                   : tone == MEDIA_TONE_WAITING ? TONE_WAITING
                   : tone == MEDIA_TONE_BEEP    ? TONE_BEEP
                                                : TONE_NONE;
    s->tone.rate_hz = 0; /* from its beginning */
    media_thread_rhythm(s->thread, false);
}

static void do_simple(struct media_stream *s, const struct media_command *command)
{
    switch (command->what) {
    case MEDIA_DO_OPEN:
        on_open(s);
        break;
    case MEDIA_DO_MAY_SEND:
        on_may_send(s, command->number);
        break;
    case MEDIA_DO_LISTEN:
        s->listen = command->number;
        media_thread_rhythm(s->thread, false);
        break;
    case MEDIA_DO_TONE:
        on_tone(s, (enum media_tone)command->number);
        break;
    case MEDIA_DO_MUTE:
        s->muted = command->number;
        break;
    case MEDIA_DO_MIX:
        stream_set_mix(s, (uint32_t)command->number);
        break;
    case MEDIA_DO_STATS:
        stream_tell(s, MEDIA_STATS);
        s->metered = true;
        break;
    default:
        break;
    }
}

void stream_do(struct media_stream *s, struct media_command *command)
{
    char *text = command->text;

    command->text = NULL;
    switch (command->what) {
    case MEDIA_DO_START:
        on_start(s, command->agreement);
        command->agreement = NULL;
        break;
    case MEDIA_DO_MOVE:
        on_move(s, command->pair);
        free(command->pair);
        command->pair = NULL;
        break;
    case MEDIA_DO_PLAY:
        on_play_file(s, text, command->serial);
        break;
    case MEDIA_DO_PLAY_PIPE:
        on_play_pipe(s, command->pipe, command->serial);
        command->pipe = NULL;
        break;
    case MEDIA_DO_PLAY_DEVICE:
        on_play(s, SOURCE_DEVICE, NULL, command->serial);
        break;
    case MEDIA_DO_PLAY_SILENCE:
        on_play(s, SOURCE_SILENCE, NULL, command->serial);
        break;
    case MEDIA_DO_RECORD:
        stream_record(s, text, command->pipe, (enum phone_sides)command->number, command->serial);
        command->pipe = NULL;
        break;
    case MEDIA_DO_DTMF:
        stream_push_keys(s, text, command->number);
        free(text);
        break;
    case MEDIA_DO_STOP:
        stream_stop(s);
        break;
    default:
        do_simple(s, command);
    }
}

void stream_stop(struct media_stream *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    s->closed.event = (struct media_event){.type = MEDIA_CLOSED, .stream = s, .arg = s->arg};
    if (s->agreed) {
        /* What came since the last beat belongs to the recording, and to the totals. */
        s->received_us = net_now_us();
        stream_receive(s);
        stream_play(s, s->received_us);
        stream_rtcp_bye(s);
    }
    stream_stats(s, &s->closed.event.stats);
    stream_set_mix(s, 0);
    stream_stop_sending(s);
    stream_forget_red(s);
    stream_stop_receiving(s);
    net_rtp_pair_close(&s->pair);
    stream_forget_dtls(s);
    stream_forget_keys(s);
    rtp_latch_end(&s->latch);
    media_agreement_free(s->agreed);
    s->agreed = NULL;
    s->tone_kind = TONE_NONE;
    s->listen = false;
    media_thread_rhythm(s->thread, false);
    media_thread_stream_closed(s);
}

/* --- the beat -------------------------------------------------------------------------------- */

bool stream_is_running(const struct media_stream *s)
{
    return s->agreed && !s->stopping;
}

bool stream_wants_device(const struct media_stream *s)
{
    return !s->stopping &&
           (s->tone_kind != TONE_NONE || (s->agreed && (s->listen || s->source == SOURCE_DEVICE)));
}

void stream_beat(struct media_stream *s, uint64_t due_us)
{
    if (s->stopping)
        return;
    stream_dtls_beat(s, due_us);
    if (s->agreed)
        stream_receive_due(s, due_us);
    stream_play(s, due_us);
    if (!s->mix)
        stream_send_due(s, due_us);
    stream_red_beat(s, due_us);
    stream_rtcp_beat(s, due_us);
}
