#include "phone/media.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audio/file.h"
#include "audio/level.h"
#include "base/log.h"
#include "phone/media_private.h"
#include "phone/media_stream.h"

#define CNAME_LETTERS 20 /* of 5 bits: more than the 96 bits that RFC 7022 4.2 asks for */

/* --- events ---------------------------------------------------------------------------------- */

static void free_stream(struct media_stream *s)
{
    net_rtp_pair_close(&s->pair);
    free(s->said_dtls);
    free(s->spare);
    free(s);
}

/* What the signalling thread has to hear of: not, say, that a file ended which it has replaced. */
static bool is_news(struct media_stream *s, struct media_event *event)
{
    bool end = event->type == MEDIA_RECORDED || event->type == MEDIA_CLOSED;
    bool play = event->type == MEDIA_FILE_ENDED || event->type == MEDIA_FILE_HEARD ||
                event->type == MEDIA_SOURCE_FAILED;

    event->newest = event->serial == s->n_records;
    if (play && event->serial != s->n_plays)
        return false;
    if (event->type == MEDIA_KEYS && event->serial != s->keying)
        return false; /* other keys have been agreed on meanwhile */
    return !s->discarded && (end || !s->stopped);
}

static void on_message(void *arg, struct list *item)
{
    struct media_message *message = LIST_ITEM(item, struct media_message, link);
    struct media *media = arg;
    bool closed = message->event.type == MEDIA_CLOSED;
    struct media_stream *s = message->event.stream;

    if (!s || is_news(s, &message->event))
        media->on_event(media->arg, &message->event);
    if (!closed) {
        media_message_free(message);
        return;
    }
    free_stream(s); /* the message is a part of it */
    if (--media->n_streams == 0)
        uv_unref((uv_handle_t *)&media->inbox.wake.handle);
}

static void free_messages(struct media *media)
{
    struct list *item;

    while ((item = media_link_take(&media->inbox))) {
        struct media_message *message = LIST_ITEM(item, struct media_message, link);

        if (message->event.type == MEDIA_CLOSED)
            free_stream(message->event.stream);
        else
            media_message_free(message);
    }
}

/* --- life ------------------------------------------------------------------------------------ */

static char *make_cname(struct media *media, const char *given)
{
    char random[CNAME_LETTERS + 1];

    if (given)
        return strdup(given);
    rng_token(&media->rng, random, CNAME_LETTERS);
    return strdup(random);
}

static void free_media(struct media *media)
{
    free(media->cname);
    free(media->device);
    free(media->thread);
    free(media);
}

int media_new(const struct media_config *config, struct media **out)
{
    struct media *media = calloc(1, sizeof *media);
    bool device = config->device && strcmp(config->device, "none") != 0;
    int err = -ENOMEM;

    if (!media)
        return err;
    media->rng = rng_system();
    media->on_event = config->on_event;
    media->arg = config->arg;
    media->opus_complexity = config->opus_complexity;
    media->helper = config->helper;
    media->unattended = config->unattended;
    media->gains = (struct media_gains){LEVEL_UNITY, LEVEL_UNITY};
    media->cname = make_cname(media, config->cname);
    media->device = device ? strdup(config->device) : NULL;
    if (media->cname && (media->device || !device))
        err = media_link_init(&media->inbox, config->loop, on_message, media);
    if (err) {
        free_media(media);
        return err;
    }
    /* An idle phone may end: only a stream keeps the loop turning. */
    uv_unref((uv_handle_t *)&media->inbox.wake.handle);
    *out = media;
    return 0;
}

static void on_link_closed(void *arg)
{
    struct media *media = arg;
    void (*on_closed)(void *) = media->on_closed;
    void *told = media->arg;

    free_media(media);
    if (on_closed)
        on_closed(told);
}

bool media_free(struct media *media, void (*on_closed)(void *arg))
{
    bool all_ended = true;

    if (!media || media->closing)
        return true;
    media->closing = true;
    media->on_closed = on_closed;
    if (media->thread)
        all_ended = media_thread_end(media->thread);
    media_keys_prepared(media);
    media_codecs_loaded(media);
    free_messages(media);
    media_link_close(&media->inbox, on_link_closed);
    return all_ended;
}

void media_leave(struct media *media, uint64_t until_ms)
{
    struct media_command *command = media->thread ? calloc(1, sizeof *command) : NULL;

    if (!command)
        return; /* no device is open, or it is closed in media_free */
    *command = (struct media_command){.what = MEDIA_DO_LEAVE, .until_ms = until_ms};
    media_link_post(&media->thread->inbox, &command->link);
}

static void post_gains(struct media *media)
{
    struct media_command *command = calloc(1, sizeof *command);

    if (!command)
        return; /* it stays as loud as it was */
    *command = (struct media_command){.what = MEDIA_DO_VOLUME, .gains = media->gains};
    media_link_post(&media->thread->inbox, &command->link);
}

int media_start_thread(struct media *media)
{
    struct media_thread *t = calloc(1, sizeof *t);
    int err;

    if (!t)
        return -ENOMEM;
    t->jobs.helper = media->helper;
    t->unattended = media->unattended;
    err = media_thread_start(t, &media->inbox, media->cname, media->device, media->opus_complexity);
    if (err) {
        free(t);
        return err;
    }
    media->thread = t;
    if (media->gains.microphone != LEVEL_UNITY || media->gains.speaker != LEVEL_UNITY)
        post_gains(media); /* else it stays asleep for the moment: see media_stream_open */
    if (media->levels)
        media_levels(media, true);
    for (size_t i = 0; i < VOICE_PARTS; i++)
        if (media->modes.of[i] != VOICE_AUTO) {
            media_voice(media, &media->modes);
            break;
        }
    return 0;
}

void media_volume(struct media *media, const struct media_gains *gains)
{
    media->gains = *gains;
    if (media->thread)
        post_gains(media);
}

/* --- files, before the call ------------------------------------------------------------------ */

int media_check_play(const char *path, char why[MEDIA_WHY_MAX])
{
    struct audio_reader *reader;
    int err = audio_reader_open(path, &reader, why);
    int16_t first;
    int n;

    if (err)
        return err;
    n = audio_reader_read(reader, &first, 1);
    if (n <= 0)
        err = n < 0 ? n : -ENODATA;
    audio_reader_close(reader);
    if (err)
        snprintf(why, MEDIA_WHY_MAX, "cannot play %.180s: %s", path,
                 n < 0 ? strerror(-n) : "there is no sound in it");
    return err;
}

static int say_why(int err, const char *path, const char *what, char why[MEDIA_WHY_MAX])
{
    snprintf(why, MEDIA_WHY_MAX, "cannot record to %.180s: %s", path, what);
    return err;
}

/* What exists is only opened, never written to: the call may not come about. */
static int check_existing(const char *path, const struct stat *st, char why[MEDIA_WHY_MAX])
{
    int fd;

    if (!S_ISREG(st->st_mode))
        return say_why(-EINVAL, path, "it is not a regular file", why);
    fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        int err = -errno;

        return say_why(err, path, strerror(-err), why);
    }
    close(fd);
    return 0;
}

int media_check_record_name(const char *path, char why[MEDIA_WHY_MAX])
{
    return audio_writer_check_name(path, why);
}

int media_check_record(const char *path, char why[MEDIA_WHY_MAX])
{
    struct audio_writer *writer;
    struct stat st;
    int err = audio_writer_check_name(path, why);

    if (err)
        return err;
    if (lstat(path, &st) == 0)
        return check_existing(path, &st, why);
    err = audio_writer_open(path, 8000, 1, &writer, why);
    if (err)
        return err;
    err = audio_writer_close(writer);
    unlink(path);
    return err ? say_why(err, path, strerror(-err), why) : 0;
}

/* --- streams --------------------------------------------------------------------------------- */

static int open_pair(struct media *media, const struct media_open *how, struct net_rtp_pair *out)
{
    uint16_t first = how->port_first ? how->port_first : MEDIA_PORT_FIRST;
    uint16_t last = how->port_last ? how->port_last : MEDIA_PORT_LAST;
    int err = net_rtp_pair_open(&how->local, first, last, &media->rng, out);

    if (!err)
        media->left = net_rtp_pairs_left(out, media->n_streams + 1, first, last);
    return err;
}

size_t media_streams_left(const struct media *media)
{
    return media->left;
}

/* One that is lost would leave a call without its sound, or a microphone on: each stream has one in
 * reserve. */
static struct media_command *command_new(struct media_stream *s)
{
    struct media_command *command = calloc(1, sizeof *command);

    if (!command) {
        command = s->spare;
        s->spare = NULL;
    } else if (!s->spare) {
        s->spare = calloc(1, sizeof *command);
    }
    return command;
}

/* 0, also where the stream is stopped and nothing matters any more; -ENOMEM: it is not done. */
static int post(struct media_stream *s, const struct media_command *what)
{
    struct media_command *command = s->stopped ? NULL : command_new(s);

    if (!command) {
        media_command_drop(what);
        if (!s->stopped)
            log_error("media", "out of memory: a command for the sound of a call is lost");
        return s->stopped ? 0 : -ENOMEM;
    }
    *command = *what;
    command->stream = s;
    media_link_post(&s->media->thread->inbox, &command->link);
    return 0;
}

int media_stream_open(struct media *media, const struct media_open *how, struct media_stream **out)
{
    struct media_stream *s = calloc(1, sizeof *s);
    int err = s ? 0 : -ENOMEM;

    if (!err) {
        s->pair = NET_RTP_PAIR_NONE;
        s->spare = calloc(1, sizeof *s->spare);
        err = s->spare ? open_pair(media, how, &s->pair) : -ENOMEM;
    }
    if (!err && !media->thread)
        err = media_start_thread(media);
    if (err) {
        if (s)
            free_stream(s);
        return err;
    }
    s->media = media;
    s->arg = how->arg;
    s->stereo = how->stereo;
    s->port = s->pair.local.port;
    s->closed.embedded = true;
    s->open = (struct media_command){.what = MEDIA_DO_OPEN, .embedded = true, .stream = s};
    s->stop = (struct media_command){.what = MEDIA_DO_STOP, .embedded = true, .stream = s};
    /* Nothing is to be done before the next command, and a thread that wakes now would delay the
     * 200 that is about to leave. */
    media_link_queue(&media->thread->inbox, &s->open.link);
    if (media->n_streams++ == 0)
        uv_ref((uv_handle_t *)&media->inbox.wake.handle);
    *out = s;
    return 0;
}

int media_stream_move(struct media_stream *stream, const struct media_open *how)
{
    struct net_rtp_pair *pair = calloc(1, sizeof *pair);
    int err = pair ? open_pair(stream->media, how, pair) : -ENOMEM;
    uint16_t port;

    if (err) {
        free(pair);
        return err;
    }
    port = pair->local.port;
    err = post(stream, &(struct media_command){.what = MEDIA_DO_MOVE, .pair = pair});
    if (!err)
        stream->port = port;
    return err;
}

uint16_t media_stream_port(const struct media_stream *stream)
{
    return stream->port;
}

static const struct audio_codec *find_codec(const struct media_format *format)
{
    return audio_codec_find(slice_of(format->codec), format->rate_hz, 0);
}

static unsigned ptime_ms(const struct audio_codec *codec, unsigned asked)
{
    unsigned ms = asked == 0 ? 20 : asked < 10 ? 10 : asked > 120 ? 120 : asked;

    ms = audio_codec_fit_packet(codec, ms);
    return ms < 10 ? 10 : ms;
}

unsigned media_stream_keying(const struct media_stream *stream)
{
    return stream->keying;
}

/* What is said of a handshake, into *out, which is NULL where there is none. */
static int copy_dtls(const struct media_dtls *dtls, struct media_dtls **out)
{
    *out = dtls->identity ? malloc(sizeof **out) : NULL;
    if (*out)
        **out = *dtls;
    return *out || !dtls->identity ? 0 : -ENOMEM;
}

static unsigned next_keying(const struct media_stream *stream, const struct media_params *params)
{
    bool goes_on = stream->said_dtls && stream_dtls_goes_on(stream->said_dtls, params);

    return stream->keying + !goes_on;
}

/* 0, -ENOTSUP or -ENOMEM. */
static int make_agreement(const struct media_params *params, struct media_agreement **out)
{
    struct media_agreement *a = calloc(1, sizeof *a);

    if (!a)
        return -ENOMEM;
    a->params = *params;
    if (a->params.n_receive_formats > MEDIA_MAX_FORMATS)
        a->params.n_receive_formats = MEDIA_MAX_FORMATS;
    a->send = find_codec(&params->send_format);
    for (unsigned i = 0; i < a->params.n_receive_formats; i++) {
        a->receive[i] = find_codec(&params->receive_formats[i]);
        if (!a->receive[i])
            a->send = NULL;
    }
    if (!a->send) {
        media_agreement_free(a);
        return -ENOTSUP;
    }
    a->ptime_ms = ptime_ms(a->send, params->ptime_ms);
    *out = a;
    return 0;
}

int media_stream_start(struct media_stream *stream, const struct media_params *params)
{
    unsigned keying = next_keying(stream, params);
    struct media_agreement *a;
    struct media_dtls *dtls;
    int err = copy_dtls(&params->dtls, &dtls);

    if (!err)
        err = make_agreement(params, &a);
    if (!err) {
        a->keying = keying;
        err = post(stream, &(struct media_command){.what = MEDIA_DO_START, .agreement = a});
    }
    if (err) {
        free(dtls);
        return err;
    }
    if (params->remote_rtp.port) /* a stream that was taken out says nothing of keys */
        stream->can_dtmf = params->event_send != MEDIA_NO_EVENTS;
    stream->keying = keying;
    free(stream->said_dtls);
    stream->said_dtls = dtls;
    return 0;
}

void media_stream_may_send(struct media_stream *stream, bool may_send)
{
    (void)post(stream, &(struct media_command){.what = MEDIA_DO_MAY_SEND, .number = may_send});
}

static void play(struct media_stream *stream, enum media_do what, char *path)
{
    (void)post(stream,
               &(struct media_command){.what = what, .text = path, .serial = ++stream->n_plays});
}

void media_stream_play(struct media_stream *stream, const char *path)
{
    play(stream, MEDIA_DO_PLAY, strdup(path));
}

static struct media_pipe *copy_pipe(const struct media_pipe *pipe)
{
    struct media_pipe *copy = malloc(sizeof *copy);

    if (copy)
        *copy = *pipe;
    else
        close(pipe->fd);
    return copy;
}

void media_stream_play_pipe(struct media_stream *stream, const struct media_pipe *pipe)
{
    (void)post(stream, &(struct media_command){.what = MEDIA_DO_PLAY_PIPE,
                                               .pipe = copy_pipe(pipe),
                                               .serial = ++stream->n_plays});
}

void media_stream_play_device(struct media_stream *stream)
{
    play(stream, MEDIA_DO_PLAY_DEVICE, NULL);
}

void media_stream_play_silence(struct media_stream *stream)
{
    play(stream, MEDIA_DO_PLAY_SILENCE, NULL);
}

static int record(struct media_stream *stream, struct media_command *command)
{
    int err;

    command->what = MEDIA_DO_RECORD;
    command->serial = stream->n_records + 1;
    err = post(stream, command);
    stream->n_records += !err;
    return err;
}

int media_stream_record(struct media_stream *stream, const char *path, enum phone_sides sides)
{
    struct media_command command = {.text = path ? strdup(path) : NULL, .number = (int)sides};

    if (path && !command.text)
        return -ENOMEM; /* which without a name would be an end */
    return record(stream, &command);
}

int media_stream_record_pipe(struct media_stream *stream, const struct media_pipe *pipe,
                             enum phone_sides sides)
{
    struct media_command command = {
        .text = strdup("-"), .pipe = copy_pipe(pipe), .number = (int)sides};

    if (command.text && command.pipe)
        return record(stream, &command);
    media_command_drop(&command);
    return -ENOMEM;
}

void media_stream_listen(struct media_stream *stream, bool on)
{
    (void)post(stream, &(struct media_command){.what = MEDIA_DO_LISTEN, .number = on});
}

void media_stream_tone(struct media_stream *stream, enum media_tone tone)
{
    (void)post(stream, &(struct media_command){.what = MEDIA_DO_TONE, .number = (int)tone});
}

static int send_keys(struct media_stream *stream, struct slice digits, bool tones)
{
    char *text;

    for (size_t i = 0; i < digits.n; i++)
        if (!rtp_event_is_pause(digits.p[i]) &&
            (rtp_event_code(digits.p[i]) < 0 || (tones && digits.p[i] == '!')))
            return -EINVAL;
    if (digits.n > MEDIA_MAX_DIGITS)
        return -E2BIG;
    text = slice_dup(digits);
    if (!text)
        return -ENOMEM;
    return post(stream,
                &(struct media_command){.what = MEDIA_DO_DTMF, .text = text, .number = tones});
}

bool media_stream_takes_digits(const struct media_stream *stream)
{
    return stream->can_dtmf;
}

int media_stream_dtmf(struct media_stream *stream, struct slice digits)
{
    return stream->can_dtmf ? send_keys(stream, digits, false) : -ENOTSUP;
}

int media_stream_tones(struct media_stream *stream, struct slice digits)
{
    return send_keys(stream, digits, true);
}

void media_stream_mute(struct media_stream *stream, bool on)
{
    (void)post(stream, &(struct media_command){.what = MEDIA_DO_MUTE, .number = on});
}

void media_stream_mix(struct media_stream *stream, uint32_t conference)
{
    (void)post(stream, &(struct media_command){.what = MEDIA_DO_MIX, .number = (int)conference});
}

void media_stream_stats(struct media_stream *stream)
{
    (void)post(stream, &(struct media_command){.what = MEDIA_DO_STATS});
}

void media_stream_stop(struct media_stream *stream)
{
    if (stream->stopped)
        return;
    stream->stopped = true;
    media_link_post(&stream->media->thread->inbox, &stream->stop.link);
}

void media_stream_discard(struct media_stream *stream)
{
    stream->discarded = true;
    media_stream_stop(stream);
}
