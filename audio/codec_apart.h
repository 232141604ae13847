/* audio/codec_apart.h - decoders of codecs whose samples know nothing of each other (G.711, L16):
 * each packet is read for itself, and what is missing is concealed (audio/conceal.h). The state of
 * such a decoder is a struct conceal. For the ops of codecs; the codec has read_samples. */
#ifndef AUDIO_CODEC_APART_H
#define AUDIO_CODEC_APART_H

#include "audio/codec_ops.h"

/* Mono at the codec's own rate; -EINVAL otherwise. */
int codec_apart_decoder_new(struct audio_decoder *dec);
void codec_apart_decoder_free(struct audio_decoder *dec);
int codec_apart_decode(struct audio_decoder *dec, struct slice payload, int16_t *out, size_t max);
int codec_apart_decode_fec(struct audio_decoder *dec, struct slice next, int16_t *out, size_t n);
int codec_apart_decode_lost(struct audio_decoder *dec, int16_t *out, size_t n);

#endif
