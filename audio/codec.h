/* audio/codec.h - the table of codecs, and one encoder or decoder of each.
 *
 * Samples are signed 16 bit, interleaved where there are two channels; every count of samples is
 * per channel. Encoders and decoders belong to one thread at a time, allocate only in _new and do
 * no I/O. A payload may be any bytes at all: it costs itself, nothing else. */
#ifndef AUDIO_CODEC_H
#define AUDIO_CODEC_H

#include "base/slice.h"

/* The longest packet that is decoded, in ms and in samples per channel (120 ms at 48 kHz). */
#define AUDIO_PACKET_MAX_MS 120
#define AUDIO_PACKET_MAX_SAMPLES 5760
/* Room that is enough for one packet of any encoder: 120 ms of G.711, and Opus at 64 kbit/s; of
 * more long packets have what fits. */
#define AUDIO_PAYLOAD_MAX 1024
/* The loss, in percent, that an encoder guards against before anything is known. */
#define AUDIO_LOSS_AT_FIRST 5

struct audio_codec_ops;

struct audio_codec {
    const char *name;         /* encoding name of the rtpmap: "opus", "G722", "PCMU" */
    uint32_t clock_hz;        /* of RTP timestamps */
    uint32_t rate_hz;         /* of samples, unless the parameters ask for another */
    uint8_t rtpmap_channels;  /* in the rtpmap: 2 for Opus whatever is sent (RFC 7587 7) */
    int8_t payload_type;      /* static one of RFC 3551 6, or -1 */
    bool has_fec;             /* a packet may carry the one before it: audio_decode_fec */
    bool bridges;             /* a packet helps to invent the one before it: audio_decode_fec */
    const uint8_t *packet_ms; /* packet times that can be encoded, rising, ends in 0 */
    const struct audio_codec_ops *ops;
};

/* What an encoder or decoder is asked for; all zero is right for most. The fields after rate_hz
 * concern Opus (RFC 7587 6.1) and encoders only. */
struct audio_codec_params {
    uint8_t channels; /* 1 or 2; 0: 1. Only Opus knows 2 */
    uint32_t rate_hz; /* of our samples: 8000, 12000, 16000, 24000, 48000 for Opus; 0: default */
    uint32_t bitrate; /* bit/s, the peer's maxaveragebitrate; 0: 30,000 a channel */
    uint32_t max_rate_hz; /* the peer's maxplaybackrate; 0: 48000 */
    bool fec;             /* the peer's useinbandfec: spend bits on it once there is loss */
    bool cbr;
    bool dtx;
    uint8_t complexity; /* 1 to 10; 0: 9 */
};

/* The codecs in our order of preference; NULL behind the last. */
const struct audio_codec *audio_codec_at(size_t i);
/* Where codec stands among them. */
uint8_t audio_codec_index(const struct audio_codec *codec);
/* By rtpmap: name in any case; clock_hz 0 and channels 0 match all. NULL: not known. */
const struct audio_codec *audio_codec_find(struct slice name, uint32_t clock_hz, unsigned channels);
/* By static payload type (RFC 3551 6), or NULL. */
const struct audio_codec *audio_codec_static(unsigned payload_type);
/* Whether its library is installed, which mostly a look into a folder tells. Where it is not,
 * encoders and decoders are refused by -ENOENT. */
bool audio_codec_usable(const struct audio_codec *codec);
/* Whether packets of packet_ms can be encoded; and the longest that can and is not above it (the
 * shortest there is where none is). */
bool audio_codec_can_packet(const struct audio_codec *codec, unsigned packet_ms);
unsigned audio_codec_fit_packet(const struct audio_codec *codec, unsigned packet_ms);

/* How long payload lasts, in units of the RTP clock: for Opus by its TOC (RFC 6716 3.1, 3.2).
 * -EBADMSG where it is empty, malformed or above 120 ms. */
int audio_codec_duration(const struct audio_codec *codec, struct slice payload);

/* Whether payload carries the packet before it as well, for audio_decode_fec. */
bool audio_codec_carries_before(const struct audio_codec *codec, struct slice payload);

/* Whether behind payload nothing may come for a while: Opus in silence (params.dtx). Until then
 * audio_decode_lost is what that sounds like. */
bool audio_codec_rests(const struct audio_codec *codec, struct slice payload);

struct audio_encoder;
struct audio_decoder;

/* 0, -ENOMEM, -EINVAL for parameters that the codec does not know, or -ENOENT: not usable. */
int audio_encoder_new(const struct audio_codec *codec, const struct audio_codec_params *params,
                      struct audio_encoder **out);
void audio_encoder_free(struct audio_encoder *enc);
/* One packet from n samples a channel, n being one of the codec's packet times at rate_hz. Returns
 * the bytes written to out, which has room for max (AUDIO_PAYLOAD_MAX is always enough); 0: nothing
 * needs to be sent (dtx); -EINVAL: no such packet time; -ENOBUFS: max is too small. */
int audio_encode(struct audio_encoder *enc, const int16_t *samples, size_t n, unsigned char *out,
                 size_t max);
/* While it runs, between any two packets; no effect on codecs without. Packets of another time need
 * no call at all: audio_encode takes any of the codec's. */
/* The share of our packets that is guarded against by in-band FEC, 0 to 100, with 0 against
 * nothing. Without params.fec there is never any. */
void audio_encoder_set_fec(struct audio_encoder *enc, unsigned percent);
/* In bit/s on average, FEC included; never above what params.bitrate allows. 0: as at first. */
void audio_encoder_set_bitrate(struct audio_encoder *enc, uint32_t bitrate);
/* What it is now; of a codec that has but one, that. */
uint32_t audio_encoder_bitrate(const struct audio_encoder *enc);
/* 1 to 10, lowered when the machine is busy. */
void audio_encoder_set_complexity(struct audio_encoder *enc, unsigned complexity);
/* An encoder of two channels sends one as well: of what is the same in both that takes half of the
 * bits. 1 or 2; the bit rate is then as at first for so many. */
void audio_encoder_send_channels(struct audio_encoder *enc, unsigned channels);
uint32_t audio_encoder_rate_hz(const struct audio_encoder *enc);
unsigned audio_encoder_channels(const struct audio_encoder *enc);

int audio_decoder_new(const struct audio_codec *codec, const struct audio_codec_params *params,
                      struct audio_decoder **out);
void audio_decoder_free(struct audio_decoder *dec);
/* One packet to samples; out has room for max a channel (AUDIO_PACKET_MAX_SAMPLES is always
 * enough). Returns the samples a channel; -EBADMSG: not a packet of this codec, conceal it;
 * -ENOBUFS: max is too small. */
int audio_decode(struct audio_decoder *dec, struct slice payload, int16_t *out, size_t max);
/* The lost packet before next, of n samples, from what next carries of it, or so that it leads up
 * to next; next itself is decoded afterwards as usual. Where it carries nothing this is
 * audio_decode_lost. Returns n. */
int audio_decode_fec(struct audio_decoder *dec, struct slice next, int16_t *out, size_t n);
/* n samples in place of what did not come, n a multiple of 2.5 ms and at most 120 ms. Returns n. */
int audio_decode_lost(struct audio_decoder *dec, int16_t *out, size_t n);
uint32_t audio_decoder_rate_hz(const struct audio_decoder *dec);
unsigned audio_decoder_channels(const struct audio_decoder *dec);

#endif
