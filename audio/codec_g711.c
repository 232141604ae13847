/* ITU-T G.711: a sign, a segment of three bits that doubles in step, and four bits within it. The
 * words are short enough to compute; a table would only cost cache. Both laws take the magnitude
 * of a negative sample as its one's complement, as the ITU's reference (G.191) does. */
#include "audio/codec_apart.h"

#include <errno.h>
#include <string.h>

enum {
    MU_BIAS = 33, /* in 14-bit units: shifts the segments' borders to powers of two */
    MU_MAX = 8191,
    FLOAT_ONE_EXPONENT = 127, /* IEEE 754 single precision, of 1.0 */
    A_FLIP = 0x55,            /* every other bit inverted, against long runs of zeros on the line */
};

/* Position of the highest bit that is set; value is not 0. */
static unsigned top_bit(unsigned value)
{
    return 31u - (unsigned)__builtin_clz(value);
}

static unsigned magnitude(int16_t sample)
{
    return (unsigned)(sample < 0 ? ~sample : sample);
}

/* The exponent of a float and the first four bits behind its point are the segment and the step: a
 * third quicker than to look for the top bit. */
static unsigned char mu_encode(int16_t sample)
{
    unsigned value = (magnitude(sample) >> 2) + MU_BIAS;
    float number = (float)(value < MU_MAX ? value : MU_MAX);
    uint32_t bits;

    memcpy(&bits, &number, sizeof bits);
    value = (bits >> 19) - (FLOAT_ONE_EXPONENT + 5) * 16;
    return (unsigned char)(~(value | (sample < 0 ? 0x80u : 0)) & 0xff);
}

static int16_t mu_decode(unsigned char code)
{
    unsigned value = (unsigned char)~code;
    int magnitude16 = (int)(((((value & 0x0f) << 1) + MU_BIAS) << (value >> 4 & 7)) - MU_BIAS) * 4;

    return (int16_t)(value & 0x80 ? -magnitude16 : magnitude16);
}

static unsigned char a_encode(int16_t sample)
{
    unsigned value = magnitude(sample) >> 4;
    unsigned segment = value > 31 ? top_bit(value) - 4 : 0;

    /* Segments 0 and 1 have the same step: value is then the code already. */
    if (segment)
        value = (segment + 1) << 4 | (value >> segment & 0x0f);
    return (unsigned char)((value | (sample < 0 ? 0 : 0x80u)) ^ A_FLIP);
}

static int16_t a_decode(unsigned char code)
{
    unsigned value = code ^ A_FLIP;
    unsigned segment = value >> 4 & 7;
    unsigned step = (value & 0x0f) + (segment ? 16u : 0);
    int sample = (int)(((step << 4) + 8) << (segment > 1 ? segment - 1 : 0));

    return (int16_t)(value & 0x80 ? sample : -sample);
}

static int duration(struct slice payload)
{
    return payload.n > 8u * AUDIO_PACKET_MAX_MS ? -EBADMSG : (int)payload.n;
}

static int encoder_new(struct audio_encoder *enc, const struct audio_codec_params *params)
{
    (void)params;
    enc->bitrate = 64000;
    return enc->rate_hz == 8000 && enc->channels == 1 ? 0 : -EINVAL;
}

static void encoder_free(struct audio_encoder *enc)
{
    (void)enc;
}

static int mu_encode_all(struct audio_encoder *enc, const int16_t *samples, size_t n,
                         unsigned char *out, size_t max)
{
    (void)enc;
    if (n > max)
        return -ENOBUFS;
    for (size_t i = 0; i < n; i++)
        out[i] = mu_encode(samples[i]);
    return (int)n;
}

static int a_encode_all(struct audio_encoder *enc, const int16_t *samples, size_t n,
                        unsigned char *out, size_t max)
{
    (void)enc;
    if (n > max)
        return -ENOBUFS;
    for (size_t i = 0; i < n; i++)
        out[i] = a_encode(samples[i]);
    return (int)n;
}

static size_t mu_read(struct slice payload, int16_t *out)
{
    for (size_t i = 0; i < payload.n; i++)
        out[i] = mu_decode((unsigned char)payload.p[i]);
    return payload.n;
}

static size_t a_read(struct slice payload, int16_t *out)
{
    for (size_t i = 0; i < payload.n; i++)
        out[i] = a_decode((unsigned char)payload.p[i]);
    return payload.n;
}

const struct audio_codec_ops audio_codec_pcmu = {
    .duration = duration,
    .encoder_new = encoder_new,
    .encoder_free = encoder_free,
    .encode = mu_encode_all,
    .decoder_new = codec_apart_decoder_new,
    .decoder_free = codec_apart_decoder_free,
    .decode = codec_apart_decode,
    .decode_fec = codec_apart_decode_fec,
    .decode_lost = codec_apart_decode_lost,
    .read_samples = mu_read,
};

const struct audio_codec_ops audio_codec_pcma = {
    .duration = duration,
    .encoder_new = encoder_new,
    .encoder_free = encoder_free,
    .encode = a_encode_all,
    .decoder_new = codec_apart_decoder_new,
    .decoder_free = codec_apart_decoder_free,
    .decode = codec_apart_decode,
    .decode_fec = codec_apart_decode_fec,
    .decode_lost = codec_apart_decode_lost,
    .read_samples = a_read,
};
