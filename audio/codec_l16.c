/* Samples as they are, 16 bit in network byte order (RFC 3551 4.5.11): for networks that lose
 * nothing and have room, and for test benches. Mono, at rates of which each has its row in the
 * table; as packets are to fit into AUDIO_PAYLOAD_MAX, the higher ones have the shorter packets. */
#include "audio/codec_apart.h"

#include <errno.h>

enum { BYTES_MAX = 2 * AUDIO_PACKET_MAX_SAMPLES };

static int duration(struct slice payload)
{
    return payload.n % 2 || payload.n > BYTES_MAX ? -EBADMSG : (int)payload.n / 2;
}

static int encoder_new(struct audio_encoder *enc, const struct audio_codec_params *params)
{
    (void)params;
    enc->bitrate = 16 * enc->rate_hz;
    return enc->rate_hz == enc->codec->rate_hz && enc->channels == 1 ? 0 : -EINVAL;
}

static void encoder_free(struct audio_encoder *enc)
{
    (void)enc;
}

static int encode(struct audio_encoder *enc, const int16_t *samples, size_t n, unsigned char *out,
                  size_t max)
{
    (void)enc;
    if (2 * n > max)
        return -ENOBUFS;
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = (unsigned char)((uint16_t)samples[i] >> 8);
        out[2 * i + 1] = (unsigned char)samples[i];
    }
    return (int)(2 * n);
}

static size_t read_samples(struct slice payload, int16_t *out)
{
    const unsigned char *bytes = (const unsigned char *)payload.p;

    for (size_t i = 0; i < payload.n / 2; i++)
        out[i] = (int16_t)(uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
    return payload.n / 2;
}

const struct audio_codec_ops audio_codec_l16 = {
    .duration = duration,
    .encoder_new = encoder_new,
    .encoder_free = encoder_free,
    .encode = encode,
    .decoder_new = codec_apart_decoder_new,
    .decoder_free = codec_apart_decoder_free,
    .decode = codec_apart_decode,
    .decode_fec = codec_apart_decode_fec,
    .decode_lost = codec_apart_decode_lost,
    .read_samples = read_samples,
};
