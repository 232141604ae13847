/* The codecs of a call: those of its account, else those of the phone, as far as they can be used;
 * and what both sides want of them. */
#include "phone/account.h"
#include "phone/call.h"
#include "phone/calls.h"
#include "phone/phone_private.h"

#define PTIME_MS 20

static bool is_opus(const struct sdp_codec *codec)
{
    return slice_ieq(slice_of(codec->name), SLICE("opus"));
}

void call_codecs_put(const struct call *call, struct sdp_local *us)
{
    const struct phone *phone = call->phone;
    bool own = call->account && call->account->n_codecs > 0;
    const struct sdp_codec *codecs = own ? call->account->codecs : phone->codecs;
    size_t n = own ? call->account->n_codecs : phone->n_codecs;

    us->comfort_noise = true;
    us->ptime_ms = phone->config->sound.ptime_ms ? phone->config->sound.ptime_ms : PTIME_MS;
    for (size_t i = 0; i < n; i++) {
        if (!media_can_codec(codecs[i].name, codecs[i].rate_hz))
            continue;
        us->codecs[us->n_codecs] = codecs[i];
        if (is_opus(&codecs[i]))
            us->codecs[us->n_codecs].fmtp = phone->opus_fmtp;
        us->n_codecs++;
    }
}

void phone_describe_opus(const struct config_sound *sound, char out[PHONE_OPUS_FMTP_MAX])
{
    struct buf text = buf_new(PHONE_OPUS_FMTP_MAX);

    buf_puts(&text, "useinbandfec=1");
    if (sound->opus_rate_hz)
        buf_printf(&text, ";maxplaybackrate=%u;sprop-maxcapturerate=%u",
                   (unsigned)sound->opus_rate_hz, (unsigned)sound->opus_rate_hz);
    if (sound->opus_bitrate)
        buf_printf(&text, ";maxaveragebitrate=%u", (unsigned)sound->opus_bitrate);
    if (sound->opus_cbr)
        buf_puts(&text, ";cbr=1");
    if (sound->dtx == CONFIG_DTX_YES)
        buf_puts(&text, ";usedtx=1");
    snprintf(out, PHONE_OPUS_FMTP_MAX, "%s", buf_cstr(&text));
    buf_free(&text);
}

/* 0: nothing was said. */
static uint32_t lower_of(uint32_t a, uint32_t b)
{
    return !a || (b && b < a) ? b : a;
}

void call_codecs_limit(const struct call *call, const struct sdp_stream *stream,
                       struct media_params *p)
{
    const struct config_sound *ours = &call->phone->config->sound;
    const struct sdp_opus *theirs = &stream->opus;

    p->noise_receive = stream->noise_receive;
    p->noise_send = ours->dtx == CONFIG_DTX_YES ? stream->noise_send : MEDIA_NO_EVENTS;
    if (!is_opus(&stream->codec))
        return;
    p->opus.fec = theirs->useinbandfec;
    p->opus.cbr = theirs->cbr || ours->opus_cbr;
    p->opus.dtx = ours->dtx == CONFIG_DTX_YES || (ours->dtx == CONFIG_DTX_ASKED && theirs->usedtx);
    p->opus.max_bitrate = lower_of(theirs->maxaveragebitrate_bps, ours->opus_bitrate);
    p->opus.max_playback_hz = lower_of(theirs->maxplaybackrate_hz, ours->opus_rate_hz);
}
