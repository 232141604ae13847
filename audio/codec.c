#include "audio/codec.h"

#include "audio/codec_ops.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t opus_packets[] = {10, 20, 40, 60, 80, 100, 120, 0};
static const uint8_t each_10_ms[] = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 0};

static const uint8_t to_60_ms[] = {10, 20, 30, 40, 50, 60, 0};
static const uint8_t to_30_ms[] = {10, 20, 30, 0};
static const uint8_t only_10_ms[] = {10, 0};

/* clang-format off */
static const struct audio_codec codecs[] = {
    /* name    clock  rate   channels type  fec    bridges packets       ops */
    {"opus",   48000, 48000, 2,       -1,   true,  false,  opus_packets, &audio_codec_opus},
    {"G722",    8000, 16000, 1,        9,   false, true,   each_10_ms, &audio_codec_g722},
    {"PCMU",    8000,  8000, 1,        0,   false, true,   each_10_ms, &audio_codec_pcmu},
    {"PCMA",    8000,  8000, 1,        8,   false, true,   each_10_ms, &audio_codec_pcma},
    {"L16",    16000, 16000, 1,       -1,   false, true,   to_30_ms, &audio_codec_l16},
    {"L16",     8000,  8000, 1,       -1,   false, true,   to_60_ms, &audio_codec_l16},
    {"L16",    48000, 48000, 1,       -1,   false, true,   only_10_ms, &audio_codec_l16},
};
/* clang-format on */

const struct audio_codec *audio_codec_at(size_t i)
{
    return i < ARRAY_LEN(codecs) ? &codecs[i] : NULL;
}

uint8_t audio_codec_index(const struct audio_codec *codec)
{
    return (uint8_t)(codec - codecs);
}

const struct audio_codec *audio_codec_find(struct slice name, uint32_t clock_hz, unsigned channels)
{
    for (size_t i = 0; i < ARRAY_LEN(codecs); i++)
        if (slice_ieq(name, slice_of(codecs[i].name)) &&
            (clock_hz == 0 || clock_hz == codecs[i].clock_hz) &&
            (channels == 0 || channels == codecs[i].rtpmap_channels))
            return &codecs[i];
    return NULL;
}

const struct audio_codec *audio_codec_static(unsigned payload_type)
{
    for (size_t i = 0; i < ARRAY_LEN(codecs); i++)
        if (codecs[i].payload_type >= 0 && (unsigned)codecs[i].payload_type == payload_type)
            return &codecs[i];
    return NULL;
}

bool audio_codec_usable(const struct audio_codec *codec)
{
    return !codec->ops->usable || codec->ops->usable();
}

bool audio_codec_can_packet(const struct audio_codec *codec, unsigned packet_ms)
{
    for (const uint8_t *ms = codec->packet_ms; *ms; ms++)
        if (*ms == packet_ms)
            return true;
    return false;
}

unsigned audio_codec_fit_packet(const struct audio_codec *codec, unsigned packet_ms)
{
    unsigned fit = codec->packet_ms[0];

    for (const uint8_t *ms = codec->packet_ms; *ms && *ms <= packet_ms; ms++)
        fit = *ms;
    return fit;
}

int audio_codec_duration(const struct audio_codec *codec, struct slice payload)
{
    int duration = payload.n ? codec->ops->duration(payload) : -EBADMSG;

    if (duration > (int)(codec->clock_hz / 1000 * AUDIO_PACKET_MAX_MS))
        return -EBADMSG;
    return duration;
}

bool audio_codec_carries_before(const struct audio_codec *codec, struct slice payload)
{
    return codec->ops->carries_before && payload.n && codec->ops->carries_before(payload);
}

bool audio_codec_rests(const struct audio_codec *codec, struct slice payload)
{
    return codec->ops->rests && codec->ops->rests(payload);
}

int audio_encoder_new(const struct audio_codec *codec, const struct audio_codec_params *params,
                      struct audio_encoder **out)
{
    struct audio_encoder *enc = calloc(1, sizeof *enc);
    int err;

    if (!enc)
        return -ENOMEM;
    enc->codec = codec;
    enc->rate_hz = params->rate_hz ? params->rate_hz : codec->rate_hz;
    enc->channels = enc->sent_channels = params->channels ? params->channels : 1;
    err = codec->ops->encoder_new(enc, params);
    if (err) {
        free(enc);
        return err;
    }
    *out = enc;
    return 0;
}

void audio_encoder_free(struct audio_encoder *enc)
{
    if (!enc)
        return;
    enc->codec->ops->encoder_free(enc);
    free(enc);
}

int audio_encode(struct audio_encoder *enc, const int16_t *samples, size_t n, unsigned char *out,
                 size_t max)
{
    size_t per_ms = enc->rate_hz / 1000;

    if (n % per_ms != 0 || n > per_ms * AUDIO_PACKET_MAX_MS ||
        !audio_codec_can_packet(enc->codec, (unsigned)(n / per_ms)))
        return -EINVAL;
    return enc->codec->ops->encode(enc, samples, n, out, max);
}

void audio_encoder_set_fec(struct audio_encoder *enc, unsigned percent)
{
    if (enc->codec->ops->set_fec)
        enc->codec->ops->set_fec(enc, percent < 100 ? percent : 100);
}

void audio_encoder_set_bitrate(struct audio_encoder *enc, uint32_t bitrate)
{
    if (enc->codec->ops->set_bitrate)
        enc->codec->ops->set_bitrate(enc, bitrate);
}

uint32_t audio_encoder_bitrate(const struct audio_encoder *enc)
{
    return enc->bitrate;
}

void audio_encoder_set_complexity(struct audio_encoder *enc, unsigned complexity)
{
    if (enc->codec->ops->set_complexity && complexity >= 1 && complexity <= 10)
        enc->codec->ops->set_complexity(enc, complexity);
}

void audio_encoder_send_channels(struct audio_encoder *enc, unsigned channels)
{
    if (enc->channels > 1 && channels != enc->sent_channels && enc->codec->ops->send_channels)
        enc->codec->ops->send_channels(enc, channels);
}

uint32_t audio_encoder_rate_hz(const struct audio_encoder *enc)
{
    return enc->rate_hz;
}

unsigned audio_encoder_channels(const struct audio_encoder *enc)
{
    return enc->channels;
}

int audio_decoder_new(const struct audio_codec *codec, const struct audio_codec_params *params,
                      struct audio_decoder **out)
{
    struct audio_decoder *dec = calloc(1, sizeof *dec);
    int err;

    if (!dec)
        return -ENOMEM;
    dec->codec = codec;
    dec->rate_hz = params->rate_hz ? params->rate_hz : codec->rate_hz;
    dec->channels = params->channels ? params->channels : 1;
    err = codec->ops->decoder_new(dec);
    if (err) {
        free(dec);
        return err;
    }
    *out = dec;
    return 0;
}

void audio_decoder_free(struct audio_decoder *dec)
{
    if (!dec)
        return;
    dec->codec->ops->decoder_free(dec);
    free(dec);
}

int audio_decode(struct audio_decoder *dec, struct slice payload, int16_t *out, size_t max)
{
    int duration = audio_codec_duration(dec->codec, payload);

    if (duration <= 0)
        return -EBADMSG;
    if ((uint64_t)duration * dec->rate_hz > (uint64_t)max * dec->codec->clock_hz)
        return -ENOBUFS;
    return dec->codec->ops->decode(dec, payload, out, max);
}

int audio_decode_fec(struct audio_decoder *dec, struct slice next, int16_t *out, size_t n)
{
    if (!dec->codec->ops->decode_fec || audio_codec_duration(dec->codec, next) <= 0)
        return audio_decode_lost(dec, out, n);
    return dec->codec->ops->decode_fec(dec, next, out, n);
}

int audio_decode_lost(struct audio_decoder *dec, int16_t *out, size_t n)
{
    return dec->codec->ops->decode_lost(dec, out, n);
}

uint32_t audio_decoder_rate_hz(const struct audio_decoder *dec)
{
    return dec->rate_hz;
}

unsigned audio_decoder_channels(const struct audio_decoder *dec)
{
    return dec->channels;
}
