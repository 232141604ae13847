/* A stream's keys as tones in the sound (audio/dtmf.h), both ways. */
#include <errno.h>

#include "phone/media_stream.h"

#define ECHO_MS 1200 /* so long after it began one of our own keys may come back to us */

static void tell_left_out(struct media_stream *s, int err, size_t n)
{
    struct media_event event = {
        .type = MEDIA_DIGITS_LEFT_OUT, .stream = s, .arg = s->arg, .n_digits = n, .err = err};

    if (n > 0)
        media_thread_tell(s->thread, &event);
}

void stream_push_keys(struct media_stream *s, const char *digits, bool tones)
{
    struct slice all = slice_of(digits);
    int err = tones ? dtmf_push(&s->tones, all) : rtp_event_push(&s->keys, all);

    if (!err)
        s->keys_pending = true;
    else
        tell_left_out(s, err, rtp_event_keys(all));
}

void stream_prepare_events(struct media_stream *s)
{
    const struct media_params *p = &s->agreed->params;
    size_t n;

    if (!p->send || p->event_send != MEDIA_NO_EVENTS || !rtp_event_busy(&s->keys))
        return;
    n = rtp_event_drop(&s->keys);
    tell_left_out(s, -ENOTSUP, n);
    if (n > 0) /* else all that were asked for are out */
        s->keys_pending = dtmf_busy(&s->tones);
}

void stream_tell_keys_sent(struct media_stream *s)
{
    if (!s->keys_pending || rtp_event_busy(&s->keys) || dtmf_busy(&s->tones))
        return;
    s->keys_pending = false;
    stream_tell(s, MEDIA_DIGITS_SENT);
}

void stream_find_tones(struct media_stream *s, const int16_t *samples, size_t n, uint32_t rate_hz)
{
    struct media_event event = {.type = MEDIA_DIGIT, .stream = s, .arg = s->arg, .tone = true};
    char keys[8];
    size_t found;

    if (!s->agreed->params.find_tones || !s->agreed->params.receive)
        return;
    found = dtmf_take(&s->tones_heard, samples, n, rate_hz, keys, sizeof keys);
    for (size_t i = 0; i < found; i++) {
        if (dtmf_began(&s->tones, keys[i], ECHO_MS))
            continue;
        event.digit = keys[i];
        media_thread_tell(s->thread, &event);
    }
}
