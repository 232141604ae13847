/* What a call plays and records, from its beginning or by command at any time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "phone/call.h"
#include "phone/calls.h"
#include "phone/phone_private.h"

static int set(char **text, const char *value)
{
    char *copy = value ? strdup(value) : NULL;

    if (value && !copy)
        return -ENOMEM;
    free(*text);
    *text = copy;
    return 0;
}

int call_set_sound(struct call *call, const struct phone_command *command)
{
    const struct phone_sound *sound = &command->sound;
    int err = sound->play ? set(&call->play, sound->play) : 0;

    if (!err && sound->record)
        err = set(&call->record, sound->record);
    if (!err && sound->record)
        call->sides = sound->sides;
    if (!err)
        err = set(&call->digits, command->digits);
    call->device = sound->device && !call->phone->config->no_device;
    call->microphone = !sound->play;
    return err;
}

static void tell_file(struct call *call, enum phone_event_kind kind, bool on, const char *path,
                      const char *why)
{
    char *file = phone_safe_dup(slice_of(path)), *text = phone_safe_dup(slice_of(why));

    call_tell(call, &(struct phone_event){.kind = kind, .file = file, .text = text, .on = on});
    free(file);
    free(text);
}

/* --- playing --------------------------------------------------------------------------------- */

static void start_playing(struct call *call)
{
    media_stream_play(call->stream, call->play);
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
        go_back(call);
        tell_file(call, PHONE_PLAY_ENDED, false, path, why);
    }
    free(path);
}

void call_sound_ended(struct call *call, const char *why)
{
    if (*why)
        tell_file(call, PHONE_SOUND_FAILED, false, call->play ? call->play : "", why);
    stop_playing(call, why);
}

static int play(struct call *call, const struct phone_command *command, struct buf *why)
{
    const char *path = command->sound.play;

    if (!path || !*path)
        return phone_refuse(why, -EINVAL, "no file is named that is to be played");
    if (set(&call->play, path) != 0)
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
    stop_playing(call, "stopped before its end");
    return 0;
}

/* --- recording ------------------------------------------------------------------------------- */

static void start_recording(struct call *call)
{
    media_stream_record(call->stream, call->record, call->sides);
    free(call->recorded);
    call->recorded = phone_safe_dup(slice_of(call->record));
    tell_file(call, PHONE_RECORDING, true, call->record, "");
}

void call_sound_recorded(struct call *call, const char *path, bool newest, const char *why)
{
    if (newest)
        (void)set(&call->record, NULL);
    tell_file(call, PHONE_RECORDING, false, path, why);
}

static int stop_recording(struct call *call, struct buf *why)
{
    if (!call->record)
        return phone_refuse(why, -EBUSY, "nothing is being recorded");
    (void)set(&call->record, NULL);
    if (call->connected)
        media_stream_record(call->stream, NULL, call->sides);
    return 0;
}

static int record(struct call *call, const struct phone_command *command, struct buf *why)
{
    const struct phone_sound *sound = &command->sound;
    char sentence[MEDIA_WHY_MAX];
    int err;

    if (!sound->record)
        return stop_recording(call, why);
    err = media_check_record_name(sound->record, sentence);
    if (err)
        return phone_refuse_file(err, sentence, why);
    if (set(&call->record, sound->record) != 0)
        return phone_refuse(why, -ENOMEM, "no memory is left to record");
    call->sides = sound->sides;
    if (call->connected)
        start_recording(call);
    return 0;
}

/* --- both ------------------------------------------------------------------------------------ */

void call_sound_connect(struct call *call)
{
    if (call->play)
        start_playing(call);
    if (call->record)
        start_recording(call);
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
