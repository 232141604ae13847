/* audio/codec_ops.h - what codec.c asks of the codecs behind it; nobody else includes this. */
#ifndef AUDIO_CODEC_OPS_H
#define AUDIO_CODEC_OPS_H

#include "audio/codec.h"

struct audio_encoder {
    const struct audio_codec *codec;
    uint32_t rate_hz;
    uint8_t channels, sent_channels;
    bool resting;     /* the packet before this one was the first of a silence, or behind it */
    uint32_t bitrate; /* set by encoder_new and set_bitrate */
    uint32_t most;    /* the highest that bitrate may be; set by encoder_new of codecs that have
                         set_bitrate, as is: */
    uint32_t asked;   /* params.bitrate, or what is chosen without it */
    uint32_t wished;  /* params.bitrate */
    void *state;      /* the codec's own */
};

struct audio_decoder {
    const struct audio_codec *codec;
    uint32_t rate_hz;
    uint8_t channels;
    void *state;
};

/* Each does what the function of its name in codec.h says; n and max have been checked there to be
 * packet times, and payloads not to be empty. encoder_new and decoder_new find codec, rate_hz and
 * channels filled in with what the parameters want, and refuse what they do not know. */
struct audio_codec_ops {
    bool (*usable)(void);                /* NULL: always */
    bool (*rests)(struct slice payload); /* NULL: never */
    int (*duration)(struct slice payload);
    bool (*carries_before)(struct slice payload); /* or NULL: never */
    int (*encoder_new)(struct audio_encoder *enc, const struct audio_codec_params *params);
    void (*encoder_free)(struct audio_encoder *enc);
    int (*encode)(struct audio_encoder *enc, const int16_t *samples, size_t n, unsigned char *out,
                  size_t max);
    /* Each may be NULL. */
    void (*set_fec)(struct audio_encoder *enc, unsigned percent);
    void (*set_bitrate)(struct audio_encoder *enc, uint32_t bitrate);
    void (*set_complexity)(struct audio_encoder *enc, unsigned complexity);
    void (*send_channels)(struct audio_encoder *enc, unsigned channels);
    int (*decoder_new)(struct audio_decoder *dec);
    void (*decoder_free)(struct audio_decoder *dec);
    int (*decode)(struct audio_decoder *dec, struct slice payload, int16_t *out, size_t max);
    int (*decode_fec)(struct audio_decoder *dec, struct slice next, int16_t *out, size_t n);
    int (*decode_lost)(struct audio_decoder *dec, int16_t *out, size_t n);
    /* For decoders of audio/codec_apart.h: the samples of a payload; returns how many. */
    size_t (*read_samples)(struct slice payload, int16_t *out);
};

extern const struct audio_codec_ops audio_codec_opus, audio_codec_g722, audio_codec_pcmu,
    audio_codec_pcma, audio_codec_l16;

#endif
