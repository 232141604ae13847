/* ITU-T G.722 at 64 kbit/s, by spandsp. RFC 3551 4.5.2: its RTP clock counts 8,000 in a second, by
 * a mistake that was kept, while it has 16,000 samples; a byte is two of them. */
#include "audio/codec_ops.h"
#include "audio/conceal.h"
#include "audio/spandsp.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE = 16000,
    BITRATE = 64000,
    BYTES_MAX = 8 * AUDIO_PACKET_MAX_MS,
    LEAD_IN = 40 * RATE / 1000, /* from which an encoder learns what the decoder knows, about */
    DELAY = 22,                 /* samples, of encoder and decoder */
};

/* What a packet means depends on those before it. So a decoder is told what was invented, by an
 * encoder of ours. And a packet that was looked at before its time, for the loss before it, has
 * been decoded for good, and is kept until it comes. */
struct decoder {
    void *g722, *encoder;
    size_t n_ahead; /* its bytes; 0: none is kept */
    char bytes[BYTES_MAX];
    int16_t ahead[2 * BYTES_MAX];
    struct conceal conceal; /* as much of it as RATE needs */
};

static bool usable(void)
{
    return spandsp_is_there();
}

static int duration(struct slice payload)
{
    return payload.n > BYTES_MAX ? -EBADMSG : (int)payload.n;
}

static int encoder_new(struct audio_encoder *enc, const struct audio_codec_params *params)
{
    const struct spandsp *lib = spandsp_load();

    (void)params;
    if (!lib)
        return -ENOENT;
    if (enc->rate_hz != RATE || enc->channels != 1)
        return -EINVAL;
    enc->bitrate = BITRATE;
    enc->state = lib->g722_encode_init(NULL, BITRATE, 0);
    return enc->state ? 0 : -ENOMEM;
}

static void encoder_free(struct audio_encoder *enc)
{
    spandsp_load()->g722_encode_free(enc->state);
}

static int encode(struct audio_encoder *enc, const int16_t *samples, size_t n, unsigned char *out,
                  size_t max)
{
    if (n / 2 > max)
        return -ENOBUFS;
    return spandsp_load()->g722_encode(enc->state, out, samples, (int)n);
}

static void decoder_free(struct audio_decoder *dec)
{
    const struct spandsp *lib = spandsp_load();
    struct decoder *d = dec->state;

    if (d->encoder)
        lib->g722_encode_free(d->encoder);
    if (d->g722)
        lib->g722_decode_free(d->g722);
    free(d);
}

static int decoder_new(struct audio_decoder *dec)
{
    const struct spandsp *lib = spandsp_load();
    struct decoder *d;

    if (!lib)
        return -ENOENT;
    if (dec->rate_hz != RATE || dec->channels != 1)
        return -EINVAL;
    dec->state = d = calloc(1, offsetof(struct decoder, conceal) + conceal_size(RATE));
    if (!d)
        return -ENOMEM;
    d->g722 = lib->g722_decode_init(NULL, BITRATE, 0);
    d->encoder = lib->g722_encode_init(NULL, BITRATE, 0);
    conceal_init(&d->conceal, RATE);
    if (d->g722 && d->encoder)
        return 0;
    decoder_free(dec);
    return -ENOMEM;
}

static size_t decode_bytes(struct decoder *d, struct slice payload, int16_t *out)
{
    int n = spandsp_load()->g722_decode(d->g722, out, (const uint8_t *)payload.p, (int)payload.n);

    return n > 0 ? (size_t)n : 0;
}

static bool is_ahead(const struct decoder *d, struct slice payload)
{
    return d->n_ahead == payload.n && memcmp(d->bytes, payload.p, payload.n) == 0;
}

static void look_ahead(struct decoder *d, struct slice next)
{
    if (is_ahead(d, next))
        return;
    decode_bytes(d, next, d->ahead);
    memcpy(d->bytes, next.p, next.n);
    d->n_ahead = next.n;
}

static int decode(struct audio_decoder *dec, struct slice payload, int16_t *out, size_t max)
{
    struct decoder *d = dec->state;
    size_t n = 2 * payload.n;

    (void)max;
    if (is_ahead(d, payload))
        memcpy(out, d->ahead, n * sizeof *out);
    else
        n = decode_bytes(d, payload, out);
    d->n_ahead = 0;
    conceal_good(&d->conceal, out, n);
    return (int)n;
}

/* Has the decoder go through what was invented, n samples of it and DELAY beyond. */
static void tell_invented(struct decoder *d, const int16_t *invented, size_t n)
{
    const int16_t *lead_in = conceal_heard(&d->conceal) - LEAD_IN;
    const struct spandsp *lib = spandsp_load();
    int16_t samples[LEAD_IN + 2 * BYTES_MAX], unheard[2 * BYTES_MAX];
    uint8_t bytes[LEAD_IN / 2 + BYTES_MAX];

    lib->g722_encode_init(d->encoder, BITRATE, 0);
    memcpy(samples, lead_in + DELAY, (LEAD_IN - DELAY) * sizeof *samples);
    memcpy(samples + LEAD_IN - DELAY, invented, (n + DELAY) * sizeof *samples);
    lib->g722_encode(d->encoder, bytes, samples, (int)(LEAD_IN + n));
    lib->g722_decode(d->g722, unheard, bytes + LEAD_IN / 2, (int)(n / 2));
}

/* As the past goes on, for the decoder alone. */
static void go_through(struct decoder *d, size_t n)
{
    int16_t invented[2 * BYTES_MAX + DELAY];
    struct conceal conceal;

    n = n < 2 * BYTES_MAX ? n : 2 * BYTES_MAX;
    conceal_copy(&conceal, &d->conceal);
    conceal_lost(&conceal, invented, n + DELAY);
    tell_invented(d, invented, n);
}

static int decode_lost(struct audio_decoder *dec, int16_t *out, size_t n)
{
    struct decoder *d = dec->state;

    go_through(d, n);
    conceal_lost(&d->conceal, out, n);
    return (int)n;
}

static int decode_fec(struct audio_decoder *dec, struct slice next, int16_t *out, size_t n)
{
    struct decoder *d = dec->state;

    go_through(d, n);
    look_ahead(d, next);
    conceal_between(&d->conceal, out, n, d->ahead, 2 * next.n);
    return (int)n;
}

const struct audio_codec_ops audio_codec_g722 = {
    .usable = usable,
    .duration = duration,
    .encoder_new = encoder_new,
    .encoder_free = encoder_free,
    .encode = encode,
    .decoder_new = decoder_new,
    .decoder_free = decoder_free,
    .decode = decode,
    .decode_fec = decode_fec,
    .decode_lost = decode_lost,
};
