/* What a call plays and records, from its beginning or by command at any time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "phone/call.h"
#include "phone/calls.h"
#include "phone/phone_private.h"

#define PIPE_HZ 16000
#define PIPE_HZ_MIN 8000
#define PIPE_HZ_MAX 48000
#define NO_MEMORY "no memory is left to record"

static void drop_pipe(struct media_pipe **pipe)
{
    if (*pipe)
        close((*pipe)->fd);
    free(*pipe);
    *pipe = NULL;
}

/* A pipe with a descriptor of its own; none: nothing is made. */
static int make_pipe(const struct phone_pipe *pipe, bool reads, struct media_pipe **out)
{
    struct media_pipe *own = pipe ? malloc(sizeof *own) : NULL;
    char why[MEDIA_WHY_MAX];

    if (!pipe)
        return 0;
    if (!own)
        return -ENOMEM;
    *own = (struct media_pipe){
        .fd = media_pipe_own(pipe->fd, reads, why),
        .rate_hz = pipe->rate_hz ? pipe->rate_hz : PIPE_HZ,
        .channels = pipe->channels ? pipe->channels : 1,
        .live = pipe->live,
    };
    if (own->fd < 0) {
        int err = own->fd;

        free(own);
        return err;
    }
    *out = own;
    return 0;
}

/* A pipe or the name of a file in place of what was; on an error nothing has changed. */
static int choose(struct media_pipe **pipe, char **name, const struct phone_pipe *wanted,
                  const char *path, bool reads)
{
    struct media_pipe *own = NULL;
    int err = make_pipe(wanted, reads, &own);

    if (!err)
        err = phone_set_text(name, wanted ? "-" : path);
    if (err) {
        drop_pipe(&own);
        return err;
    }
    drop_pipe(pipe);
    *pipe = own;
    return 0;
}

static int set_play(struct call *call, const struct phone_sound *sound)
{
    int err = choose(&call->pipe_in, &call->play, sound->in, sound->play, true);

    if (err)
        return err;
    call->hangs_up = sound->in ? sound->in->hangs_up : sound->hangs_up;
    call->leaves = false;
    return 0;
}

static int set_record(struct call *call, const struct phone_sound *sound)
{
    int err = choose(&call->pipe_out, &call->record, sound->out, sound->record, false);

    if (!err)
        call->sides = sound->sides;
    return err;
}

int call_set_sound(struct call *call, const struct phone_command *command)
{
    const struct phone_sound *sound = &command->sound;
    bool plays = sound->play || sound->in;
    int err = plays ? set_play(call, sound) : 0;

    if (!err && (sound->record || sound->out))
        err = set_record(call, sound);
    if (!err)
        err = phone_set_text(&call->digits, command->digits);
    call->device = sound->device && call->phone->device;
    call->microphone = !plays;
    call->unattended = sound->unattended;
    return err;
}

void call_drop_pipes(struct call *call)
{
    drop_pipe(&call->pipe_in);
    drop_pipe(&call->pipe_out);
}

int phone_check_play(const char *path, struct buf *why)
{
    char sentence[MEDIA_WHY_MAX];

    return phone_refuse_file(media_check_play(path, sentence), sentence, why);
}

int phone_check_record(const char *path, struct buf *why)
{
    char sentence[MEDIA_WHY_MAX];

    return phone_refuse_file(media_check_record(path, sentence), sentence, why);
}

int phone_check_pipe(const struct phone_pipe *pipe, bool reads, struct buf *why)
{
    char sentence[MEDIA_WHY_MAX];
    int fd;

    if (pipe->rate_hz && (pipe->rate_hz < PIPE_HZ_MIN || pipe->rate_hz > PIPE_HZ_MAX))
        return phone_refuse(why, -EINVAL, "raw sound has 8000 to 48000 samples a second");
    if (pipe->channels > 2)
        return phone_refuse(why, -EINVAL, "raw sound has one or two channels");
    fd = media_pipe_own(pipe->fd, reads, sentence);
    if (fd < 0)
        return phone_refuse(why, -EINVAL, sentence);
    close(fd);
    return 0;
}

static int check_record(const char *path, struct buf *why)
{
    char sentence[MEDIA_WHY_MAX];
    int err = path ? media_check_record_name(path, sentence) : 0;

    return phone_refuse_file(err, sentence, why);
}

int call_check_sound(const struct phone_sound *sound, struct buf *why)
{
    int err = sound->in ? phone_check_pipe(sound->in, true, why) : 0;

    if (!err && sound->out)
        err = phone_check_pipe(sound->out, false, why);
    else if (!err)
        err = check_record(sound->record, why);
    return err;
}

static void tell_file(struct call *call, enum phone_event_kind kind, bool on, const char *path,
                      const char *why)
{
    char *file = phone_safe_dup(slice_of(path)), *text = phone_safe_dup(slice_of(why));
    const char *words = text ? text : *why ? "no memory is left to say why" : "";

    call_tell(call, &(struct phone_event){.kind = kind, .file = file, .text = words, .on = on});
    free(file);
    free(text);
}

/* --- playing --------------------------------------------------------------------------------- */

static void start_playing(struct call *call)
{
    if (call->pipe_in)
        media_stream_play_pipe(call->stream, call->pipe_in);
    else
        media_stream_play(call->stream, call->play);
    free(call->pipe_in); /* whose descriptor is the stream's now */
    call->pipe_in = NULL;
    tell_file(call, PHONE_PLAYING, true, call->play, "");
}

/* What is said when nothing is played: by the microphone, or nothing. */
static void go_back(struct call *call)
{
    if (calls_is_heard(call) && call->microphone)
        media_stream_play_device(call->stream);
    else
        media_stream_play_silence(call->stream);
}

static void stop_playing(struct call *call, const char *why)
{
    char *path = call->play;

    if (!path)
        return;
    call->play = NULL;
    if (call->connected && call->stream) {
        if (!call->leaves)
            go_back(call);
        tell_file(call, PHONE_PLAY_ENDED, false, path, why);
    }
    free(path);
}

void call_sound_ended(struct call *call, const char *why)
{
    if (*why)
        tell_file(call, PHONE_SOUND_FAILED, false, call->play ? call->play : "", why);
    call->leaves = call->hangs_up;
    stop_playing(call, why);
}

void call_sound_heard(struct call *call)
{
    if (call->leaves)
        call_input(call, CALL_DO_HANG_UP, NULL, NULL);
}

static int play(struct call *call, const struct phone_command *command, struct buf *why)
{
    const char *path = command->sound.play;

    if (!command->sound.in && (!path || !*path))
        return phone_refuse(why, -EINVAL, "no file is named that is to be played");
    if (set_play(call, &command->sound) != 0)
        return phone_refuse(why, -ENOMEM, "no memory is left to play a file");
    if (call->connected)
        start_playing(call);
    return 0;
}

static int stop(struct call *call, const struct phone_command *command, struct buf *why)
{
    (void)command;
    if (!call->play)
        return phone_refuse(why, -EBUSY, "nothing is being played");
    call->microphone = true;
    drop_pipe(&call->pipe_in);
    stop_playing(call, "stopped before its end");
    return 0;
}

/* --- recording ------------------------------------------------------------------------------- */

static int start_recording(struct call *call)
{
    int err = call->pipe_out ? media_stream_record_pipe(call->stream, call->pipe_out, call->sides)
                             : media_stream_record(call->stream, call->record, call->sides);

    free(call->pipe_out); /* whose descriptor is the stream's now, or closed */
    call->pipe_out = NULL;
    if (err)
        return err;
    free(call->recorded);
    call->recorded = phone_safe_dup(slice_of(call->record));
    tell_file(call, PHONE_RECORDING, true, call->record, "");
    return 0;
}

void call_sound_recorded(struct call *call, const char *path, bool newest, const char *why)
{
    if (newest)
        (void)phone_set_text(&call->record, NULL);
    tell_file(call, PHONE_RECORDING, false, path, why);
}

static int stop_recording(struct call *call, struct buf *why)
{
    if (!call->record)
        return phone_refuse(why, -EBUSY, "nothing is being recorded");
    if (call->connected && media_stream_record(call->stream, NULL, call->sides) != 0)
        return phone_refuse(why, -ENOMEM, "no memory is left to end what is recorded");
    (void)phone_set_text(&call->record, NULL);
    drop_pipe(&call->pipe_out);
    return 0;
}

/* Where that fails, what was recorded goes on. */
static int record_instead(struct call *call, const struct phone_sound *sound)
{
    enum phone_sides sides = call->sides;
    char *before = call->record;
    int err;

    call->record = NULL;
    err = set_record(call, sound);
    if (!err && call->connected)
        err = start_recording(call);
    if (err) {
        free(call->record);
        call->record = before;
        call->sides = sides;
        return err;
    }
    free(before);
    return 0;
}

static int record(struct call *call, const struct phone_command *command, struct buf *why)
{
    const struct phone_sound *sound = &command->sound;

    if (!sound->record && !sound->out)
        return stop_recording(call, why);
    if (record_instead(call, sound) != 0)
        return phone_refuse(why, -ENOMEM, NO_MEMORY);
    return 0;
}

static void record_at_once(struct call *call)
{
    char *path = call->record;

    if (start_recording(call) == 0)
        return;
    call->record = NULL;
    tell_file(call, PHONE_RECORDING, false, path, NO_MEMORY);
    free(path);
}

/* --- both ------------------------------------------------------------------------------------ */

void call_sound_connect(struct call *call)
{
    if (call->play)
        start_playing(call);
    if (call->record)
        record_at_once(call);
}

/* Until it begins to end. */
static bool has_sound(const struct call *call)
{
    return call->state != CALL_REFUSED && call->state < CALL_TONE &&
           (!call->connected || call->stream);
}

int call_sound_do(struct call *call, const struct phone_command *command, struct buf *why)
{
    if (!has_sound(call))
        return phone_refuse(why, -EBUSY, "the call is about to end");
    switch (command->kind) {
    case PHONE_PLAY:
        return play(call, command, why);
    case PHONE_STOP:
        return stop(call, command, why);
    default:
        return record(call, command, why);
    }
}
