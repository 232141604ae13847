/* The codecs of a call: those that whoever dialled asked for, else those of its account, else those
 * of the phone, as far as they can be used; and what both sides want of them. */
#include <errno.h>
#include <stdlib.h>

#include "net/rtp_batch.h"
#include "phone/account.h"
#include "phone/call.h"
#include "phone/calls.h"
#include "phone/config.h"
#include "phone/phone_private.h"

#define PTIME_MS 20
#define HEADERS_BYTES 128 /* of RTP, with extensions, and what encryption adds */

int call_codecs_read(const char *list, const char **names, size_t *n, struct buf *why)
{
    struct config_fault fault = {.text = buf_new(512)};
    int err = config_codecs(slice_of(list), names, n, &fault);

    if (err)
        buf_printf(why, "codecs: %s", buf_cstr(&fault.text));
    buf_free(&fault.text);
    return err;
}

int call_sound_read(const char *list, struct config_sound *out, struct buf *why)
{
    struct config_fault fault = {.text = buf_new(512)};
    int err = config_sound_read(slice_of(list), out, &fault);

    if (err)
        buf_printf(why, "settings: %s", buf_cstr(&fault.text));
    buf_free(&fault.text);
    return err;
}

int call_codecs_set(struct call *call, const char *const *names, size_t n)
{
    if (n == 0)
        return 0;
    call->codecs = calloc(n, sizeof *call->codecs);
    if (!call->codecs)
        return -ENOMEM;
    call->n_codecs = phone_list_codecs(names, n, call->codecs);
    return 0;
}

/* The list that holds for call. */
static const struct sdp_codec *list_of(const struct call *call, size_t *n)
{
    const struct account *account = call->account;

    if (call->codecs) {
        *n = call->n_codecs;
        return call->codecs;
    }
    if (account && account->n_codecs > 0) {
        *n = account->n_codecs;
        return account->codecs;
    }
    *n = call->phone->n_codecs;
    return call->phone->codecs;
}

/* What was said, by whom it matters most. */
static struct config_sound sound_of(const struct call *call)
{
    struct config_sound sound = call->phone->config->sound;

    if (call->account)
        config_sound_put_over(&sound, &call->account->config->sound);
    config_sound_put_over(&sound, &call->sound);
    return sound;
}

static uint8_t packet_ms(const struct config_sound *sound)
{
    uint8_t ms = sound->ptime_ms ? sound->ptime_ms : PTIME_MS;

    return sound->maxptime_ms && sound->maxptime_ms < ms ? sound->maxptime_ms : ms;
}

/* So much that packets of the length that we ask for, or allow, are not too long to be taken. */
static uint32_t most_bitrate(const struct config_sound *sound)
{
    uint8_t ms = packet_ms(sound);
    uint32_t fits;

    ms = sound->maxptime_ms > ms ? sound->maxptime_ms : ms;
    fits = (NET_RTP_MAX_BYTES - HEADERS_BYTES) * 8 * 1000 / ms;
    return sound->opus_bitrate < fits ? sound->opus_bitrate : fits;
}

/* sends_stereo: what has two channels is sent in two, as far as we know. */
static void describe_opus(const struct config_sound *sound, bool sends_stereo,
                          char out[CALL_OPUS_FMTP_MAX])
{
    struct buf text = buf_new(CALL_OPUS_FMTP_MAX);

    buf_puts(&text, "useinbandfec=1");
    if (sound->opus_rate_hz)
        buf_printf(&text, ";maxplaybackrate=%u;sprop-maxcapturerate=%u",
                   (unsigned)sound->opus_rate_hz, (unsigned)sound->opus_rate_hz);
    if (sound->opus_bitrate)
        buf_printf(&text, ";maxaveragebitrate=%u", (unsigned)most_bitrate(sound));
    if (sound->opus_cbr == CONFIG_CBR_YES)
        buf_puts(&text, ";cbr=1");
    if (sound->dtx == CONFIG_DTX_YES)
        buf_puts(&text, ";usedtx=1");
    if (sound->opus_stereo == CONFIG_STEREO_YES)
        buf_puts(&text, sends_stereo ? ";stereo=1;sprop-stereo=1" : ";stereo=1");
    snprintf(out, CALL_OPUS_FMTP_MAX, "%s", buf_cstr(&text));
    buf_free(&text);
}

/* Not by a microphone from which something is taken: what is left has one channel
 * (phone/media_voice.h). */
static bool sends_stereo(const struct call *call)
{
    bool raw = true;

    for (size_t i = 0; i < VOICE_PARTS; i++)
        raw &= call->phone->voice[i] == PHONE_VOICE_OFF;
    return raw || !call->device || !call->microphone;
}

void call_codecs_say(struct call *call)
{
    struct config_sound sound = sound_of(call);

    describe_opus(&sound, sends_stereo(call), call->opus_fmtp);
    describe_opus(&sound, false, call->opus_mono);
}

bool call_codecs_may_be_stereo(const struct call *call)
{
    size_t n;
    const struct sdp_codec *codecs = list_of(call, &n);
    bool opus = false;

    for (size_t i = 0; i < n; i++)
        opus |= sdp_is_opus(&codecs[i]);
    return opus && sound_of(call).opus_stereo == CONFIG_STEREO_YES;
}

_Static_assert(CONFIG_CODECS_MAX <= SDP_MAX_CODECS, "room for every codec");

void call_codecs_put(struct call *call, struct sdp_local *us)
{
    struct config_sound sound = sound_of(call);
    size_t n;
    const struct sdp_codec *codecs = list_of(call, &n);

    call_codecs_say(call);
    us->comfort_noise = true;
    us->ptime_ms = packet_ms(&sound);
    us->maxptime_ms = sound.maxptime_ms;
    for (size_t i = 0; i < n; i++) {
        if (!media_can_codec(call->phone->media, codecs[i].name, codecs[i].rate_hz))
            continue;
        us->codecs[us->n_codecs] = codecs[i];
        if (sdp_is_opus(&codecs[i])) {
            us->codecs[us->n_codecs].fmtp = call->opus_fmtp;
            us->codecs[us->n_codecs].fmtp_mono = call->opus_mono;
        }
        us->n_codecs++;
    }
}

/* 0: nothing was said. */
static uint32_t lower_of(uint32_t a, uint32_t b)
{
    return !a || (b && b < a) ? b : a;
}

/* Packets are as long as the other side asks for, and no longer than either side wants. Where it
 * said nothing of the longest, what we want makes none longer that would not be so without it. */
static void limit_packets(const struct config_sound *ours, bool opus, struct media_params *p)
{
    if (!ours->maxptime_ms)
        return;
    if (p->maxptime_ms || opus)
        p->maxptime_ms = (uint16_t)lower_of(p->maxptime_ms, ours->maxptime_ms);
    p->ptime_ms = (uint16_t)lower_of(p->ptime_ms, ours->maxptime_ms);
}

void call_codecs_limit(const struct call *call, const struct sdp_stream *stream,
                       struct media_params *p)
{
    const struct config_sound ours = sound_of(call);
    const struct sdp_opus *theirs = &stream->opus;

    media_expect_codec(call->phone->media, slice_of(stream->codec.name));
    limit_packets(&ours, sdp_is_opus(&stream->codec), p);
    if (stream->noise_receive != SDP_NO_TYPE)
        p->noise_receive = stream->noise_receive;
    if (stream->noise_send != SDP_NO_TYPE && ours.dtx == CONFIG_DTX_YES)
        p->noise_send = stream->noise_send;
    p->jitter_max_ms = ours.jitter_max_ms;
    p->hears_stereo = ours.opus_stereo == CONFIG_STEREO_YES;
    if (!sdp_is_opus(&stream->codec))
        return;
    p->opus.fec = theirs->useinbandfec;
    p->opus.cbr = theirs->cbr || ours.opus_cbr == CONFIG_CBR_YES;
    p->opus.stereo = theirs->stereo && ours.opus_stereo == CONFIG_STEREO_YES;
    p->opus.dtx = ours.dtx == CONFIG_DTX_YES || (ours.dtx != CONFIG_DTX_NO && theirs->usedtx);
    p->opus.max_bitrate = lower_of(theirs->maxaveragebitrate_bps, ours.opus_bitrate);
    p->opus.max_playback_hz = lower_of(theirs->maxplaybackrate_hz, ours.opus_rate_hz);
    p->opus.complexity = ours.opus_complexity;
}
