#include "phone/media_passage.h"

#include <string.h>

#include "audio/device.h"
#include "base/log.h"
#include "phone/media_voice.h"

#define QUEUE_LEAST_MS 20  /* of sound that waits in the card's ring, else the next beat is late */
#define QUEUE_MOST_MS 80   /* above: its clock is slower than ours, or it stood still */
#define CAPTURE_MOST_MS 60 /* above: we stood still */
/* What has to wait at the worst moment, in calm times, where the card calls every FRAME_MS; and
 * more after a gap. A microphone that was late once brings the rest of it later, so that as much
 * waits from then on as was missing: that is margin already. */
#define FRAME_MS 5
#define CAPTURE_NEEDS_MS 5
#define CAPTURE_GAP_MS 5
#define QUEUE_NEEDS_MS 12
#define QUEUE_GAP_MS 15

#define PASSAGE_MOST (2 * MIXER_SAMPLES)

/* By how much more a card takes or gives at once than one in calm times: so much, some day, comes
 * between a beat and its callback, as their clocks differ. */
static unsigned coarse_ms(const struct audio_device *device)
{
    size_t ms = audio_device_frame(device) * 1000 / audio_device_rate_hz(device);

    return ms > FRAME_MS ? (unsigned)ms - FRAME_MS : 0;
}

void media_passage_begin(struct media_passage *p, const struct audio_device *device)
{
    unsigned coarse = coarse_ms(device);

    p->in.n = p->out.n = 0;
    p->in.began = p->out.began = false;
    p->gap = (struct gap){.channels = audio_device_inputs(device)};
    p->in.standing = (struct standing){.channels = (uint8_t)audio_device_inputs(device),
                                       .needs_ms = CAPTURE_NEEDS_MS + coarse,
                                       .gap_ms = CAPTURE_GAP_MS,
                                       .bold = true};
    p->out.standing = (struct standing){.channels = (uint8_t)audio_device_outputs(device),
                                        .needs_ms = QUEUE_NEEDS_MS + coarse,
                                        .gap_ms = QUEUE_GAP_MS};
}

void media_passage_log_stereo(const struct audio_device *device, bool wished)
{
    unsigned inputs = audio_device_inputs(device), outputs = audio_device_outputs(device);

    if (wished && !audio_device_is_null(device) && inputs + outputs < 4)
        log_info("media", "for stereo %s plays %u of two channels and captures %u",
                 audio_device_name(device), outputs, inputs);
}

static int16_t *frame_at(struct passage *p, size_t at)
{
    return p->samples + at * p->standing.channels;
}

static size_t bytes_of(const struct passage *p, size_t n)
{
    return n * p->standing.channels * sizeof p->samples[0];
}

/* n samples that the microphone has heard, as far as there are so many. */
static size_t hear(struct passage *in, struct audio_device *device, struct media_voice *voice,
                   int16_t *out, size_t n)
{
    uint32_t rate_hz = audio_device_rate_hz(device);
    size_t piece = (size_t)rate_hz / 1000 * STANDING_PIECE_MS, got = 1;

    while (in->n < n && got > 0) {
        size_t wanted = n - in->n, left;

        if (in->standing.surplus > 0 && wanted < piece)
            wanted = piece;
        got = media_voice_read(voice, device, frame_at(in, in->n), wanted);
        left = standing_shorten(&in->standing, frame_at(in, in->n), got, rate_hz);
        in->n += standing_lengthen(&in->standing, frame_at(in, in->n), left, PASSAGE_MOST - in->n,
                                   rate_hz);
    }
    if (in->n < n && in->began)
        standing_gap(&in->standing);
    in->began |= in->n > 0;
    n = n < in->n ? n : in->n;
    memcpy(out, in->samples, bytes_of(in, n));
    in->n -= n;
    memmove(in->samples, frame_at(in, n), bytes_of(in, in->n));
    if (in->began)
        standing_note(&in->standing, media_voice_captured(voice, device) + in->n, rate_hz);
    return n;
}

void media_passage_hear(struct media_passage *p, struct audio_device *device,
                        struct media_voice *voice, int16_t *out, size_t n)
{
    uint32_t rate_hz = audio_device_rate_hz(device);
    size_t got;

    while (media_voice_captured(voice, device) > n + rate_hz / 1000 * CAPTURE_MOST_MS)
        if (!media_voice_read(voice, device, out, n ? n : 1))
            break;
    got = hear(&p->in, device, voice, out, n);
    if (p->in.began)
        gap_fill(&p->gap, out, got, n, rate_hz);
    else
        memset(out + got * p->in.standing.channels, 0, bytes_of(&p->in, n - got));
}

static void pass_on(struct passage *out, struct audio_device *device, const int16_t *samples,
                    size_t n, size_t queued)
{
    uint32_t rate_hz = audio_device_rate_hz(device);

    if (out->began)
        standing_note(&out->standing, queued + out->n, rate_hz);
    memcpy(frame_at(out, out->n), samples, bytes_of(out, n));
    out->n += n;
    if (out->standing.surplus > 0 && out->n < (size_t)rate_hz / 1000 * STANDING_PIECE_MS)
        return;
    out->n = standing_shorten(&out->standing, out->samples, out->n, rate_hz);
    out->n = standing_lengthen(&out->standing, out->samples, out->n, PASSAGE_MOST, rate_hz);
    audio_device_write(device, out->samples, out->n);
    out->n = 0;
}

void media_passage_say(struct media_passage *p, struct audio_device *device, const int16_t *samples,
                       size_t n)
{
    size_t per_ms = audio_device_rate_hz(device) / 1000, queued = audio_device_queued(device);

    if (audio_device_is_null(device))
        return;
    /* Where nobody plays it, or else delay would grow for ever. */
    if (!audio_device_plays(device) || queued > QUEUE_MOST_MS * per_ms) {
        audio_device_write(device, NULL, n);
        return;
    }
    if (queued == 0 && audio_device_running(device)) {
        static const int16_t zeros[2 * MIXER_SAMPLES];

        audio_device_write(device, zeros, QUEUE_LEAST_MS * per_ms);
        if (p->out.began)
            standing_gap(&p->out.standing);
        p->out.began = true;
    }
    pass_on(&p->out, device, samples, n, queued);
}
