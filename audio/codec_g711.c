/* ITU-T G.711: a sign, a segment of three bits that doubles in step, and four bits within it. Both
 * laws take the magnitude of a negative sample as its one's complement, as the ITU's reference
 * (G.191) does.
 *
 * Segment and step are the exponent of a float and the first four bits behind its point, so each
 * word is computed without a branch or a table, and the compiler does AT_ONCE of them side by side.
 */
#include "audio/codec_apart.h"

#include <errno.h>
#include <string.h>

enum {
    MU_BIAS = 33, /* in 14-bit units: shifts the segments' borders to powers of two */
    MU_MAX = 8191,
    A_FLIP = 0x55, /* every other bit inverted, against long runs of zeros on the line */
    A_LINEAR = 16, /* words below are as they are: segment 0 has the step of segment 1 */
    AT_ONCE = 16,  /* a constant, else the compiler does one by one; packets are multiples of it */
};

#define FLOAT_ONE 127  /* IEEE 754 single precision: the exponent of 1.0 */
#define FLOAT_SHIFT 19 /* and what is behind the first four bits of a fraction */

/* All bits of what is below 0, none of others. */
static int minus(int16_t sample)
{
    return sample >> 15;
}

/* Of a number from 2 to the power of zero on: 16 times its exponent above that, and four bits. */
static int to_word(int number, int zero)
{
    float as_float = (float)number;
    int32_t bits;

    memcpy(&bits, &as_float, sizeof bits);
    return (bits >> FLOAT_SHIFT) - (FLOAT_ONE + zero) * 16;
}

/* The middle of what has that word. */
static int from_word(int word, int zero)
{
    int32_t bits = (word + (FLOAT_ONE + zero) * 16) << FLOAT_SHIFT | 1 << (FLOAT_SHIFT - 1);
    float number;

    memcpy(&number, &bits, sizeof number);
    return (int)number;
}

static unsigned char mu_encode(int16_t sample)
{
    int16_t magnitude = (int16_t)((sample ^ minus(sample)) >> 2);
    int16_t most = MU_MAX - MU_BIAS;
    int16_t number = magnitude < most ? magnitude : most;

    return (unsigned char)~(to_word(number + MU_BIAS, 5) | (minus(sample) & 0x80));
}

static int16_t mu_decode(unsigned char code)
{
    int magnitude = (from_word(~code & 0x7f, 5) - MU_BIAS) * 4;

    return (int16_t)(code & 0x80 ? magnitude : -magnitude);
}

static unsigned char a_encode(int16_t sample)
{
    int number = (sample ^ minus(sample)) >> 4;
    int linear = (number - A_LINEAR) >> 31; /* as minus: a choice would be a branch */
    int word = (number & linear) | (to_word(number, 3) & ~linear);

    return (unsigned char)((word | (~minus(sample) & 0x80)) ^ A_FLIP);
}

static int16_t a_decode(unsigned char code)
{
    int word = (code ^ A_FLIP) & 0x7f, number = from_word(word, 7);
    int magnitude = word < A_LINEAR ? word * 16 + 8 : number;

    return (int16_t)((code ^ A_FLIP) & 0x80 ? magnitude : -magnitude);
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

static inline void mu_encode_some(const int16_t *restrict in, size_t n, unsigned char *restrict out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = mu_encode(in[i]);
}

static inline void a_encode_some(const int16_t *restrict in, size_t n, unsigned char *restrict out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a_encode(in[i]);
}

static inline void mu_decode_some(const char *restrict in, size_t n, int16_t *restrict out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = mu_decode((unsigned char)in[i]);
}

static inline void a_decode_some(const char *restrict in, size_t n, int16_t *restrict out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a_decode((unsigned char)in[i]);
}

static int mu_encode_all(struct audio_encoder *enc, const int16_t *samples, size_t n,
                         unsigned char *out, size_t max)
{
    size_t i = 0;

    (void)enc;
    if (n > max)
        return -ENOBUFS;
    for (; n - i >= AT_ONCE; i += AT_ONCE)
        mu_encode_some(samples + i, AT_ONCE, out + i);
    mu_encode_some(samples + i, n - i, out + i);
    return (int)n;
}

static int a_encode_all(struct audio_encoder *enc, const int16_t *samples, size_t n,
                        unsigned char *out, size_t max)
{
    size_t i = 0;

    (void)enc;
    if (n > max)
        return -ENOBUFS;
    for (; n - i >= AT_ONCE; i += AT_ONCE)
        a_encode_some(samples + i, AT_ONCE, out + i);
    a_encode_some(samples + i, n - i, out + i);
    return (int)n;
}

static size_t mu_read(struct slice payload, int16_t *out)
{
    size_t i = 0;

    for (; payload.n - i >= AT_ONCE; i += AT_ONCE)
        mu_decode_some(payload.p + i, AT_ONCE, out + i);
    mu_decode_some(payload.p + i, payload.n - i, out + i);
    return payload.n;
}

static size_t a_read(struct slice payload, int16_t *out)
{
    size_t i = 0;

    for (; payload.n - i >= AT_ONCE; i += AT_ONCE)
        a_decode_some(payload.p + i, AT_ONCE, out + i);
    a_decode_some(payload.p + i, payload.n - i, out + i);
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
