/* A stream's keys as tones in the sound (audio/dtmf.h), both ways. */
#include "base/log.h"
#include "phone/media_stream.h"

#define ECHO_MS 1200 /* so long after it began one of our own keys may come back to us */

void stream_push_keys(struct media_stream *s, const char *digits, bool tones)
{
    struct slice all = slice_of(digits);
    int err = tones ? dtmf_push(&s->tones, all) : rtp_event_push(&s->keys, all);

    if (!err)
        s->keys_pending = true;
    else
        log_warn("media", "too many digits wait to be sent; the last ones are left out");
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
