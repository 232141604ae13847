#include "audio/codec_apart.h"

#include <errno.h>
#include <stdlib.h>

#include "audio/conceal.h"

int codec_apart_decoder_new(struct audio_decoder *dec)
{
    if (dec->rate_hz != dec->codec->rate_hz || dec->channels != 1)
        return -EINVAL;
    dec->state = malloc(conceal_size(dec->rate_hz));
    if (!dec->state)
        return -ENOMEM;
    conceal_init(dec->state, dec->rate_hz);
    return 0;
}

void codec_apart_decoder_free(struct audio_decoder *dec)
{
    free(dec->state);
}

int codec_apart_decode(struct audio_decoder *dec, struct slice payload, int16_t *out, size_t max)
{
    size_t n = dec->codec->ops->read_samples(payload, out);

    (void)max;
    conceal_good(dec->state, out, n);
    return (int)n;
}

/* So next can be looked at before its time. */
int codec_apart_decode_fec(struct audio_decoder *dec, struct slice next, int16_t *out, size_t n)
{
    int16_t ahead[AUDIO_PACKET_MAX_SAMPLES];

    conceal_between(dec->state, out, n, ahead, dec->codec->ops->read_samples(next, ahead));
    return (int)n;
}

int codec_apart_decode_lost(struct audio_decoder *dec, int16_t *out, size_t n)
{
    conceal_lost(dec->state, out, n);
    return (int)n;
}
