/* RFC 6716 by libopus, sent as RFC 7587 says. Where the peer wants FEC it is switched on from the
 * start, and libopus decides by bit rate and reported loss whether a packet has room for it. */
#include "audio/codec_ops.h"

#include <errno.h>
#include <opus.h>
#include <stdlib.h>

#include "audio/treble.h"

enum {
    /* With more libopus spends bits on what lies above the highest sound that there is. */
    BITRATE = 30000,
    BITRATE_LEAST = 6000,
    BITRATE_MOST = 64000,
    COMPLEXITY = 9,
    REST_BYTES = 2
};

struct encoder {
    OpusEncoder *opus;
    opus_int32 bandwidth; /* the widest that will be heard */
    struct treble treble;
    bool low; /* nothing is said above 8 kHz, and nothing is spent on it */
};

static OpusEncoder *opus_of(const struct audio_encoder *enc)
{
    return ((struct encoder *)enc->state)->opus;
}

static int error_of(int opus)
{
    switch (opus) {
    case OPUS_ALLOC_FAIL:
        return -ENOMEM;
    case OPUS_BUFFER_TOO_SMALL:
        return -ENOBUFS;
    case OPUS_BAD_ARG:
    case OPUS_UNIMPLEMENTED:
        return -EINVAL;
    default:
        return -EBADMSG;
    }
}

/* Always at the clock of RFC 7587 4.1, whatever rate the decoder has. The packet's frames are
 * parsed too, so that what is answered here is what opus_decode will find. */
static int duration(struct slice payload)
{
    unsigned char toc;
    const unsigned char *frames[48];
    opus_int16 sizes[48];
    int offset;
    const unsigned char *bytes = (const unsigned char *)payload.p;
    int n;

    if (payload.n > INT32_MAX)
        return -EBADMSG;
    n = opus_packet_parse(bytes, (opus_int32)payload.n, &toc, frames, sizes, &offset);
    return n > 0 ? n * opus_packet_get_samples_per_frame(bytes, 48000) : -EBADMSG;
}

/* RFC 6716 4.2.3, 4.2.4: a frame of SILK begins with flags of equal chance, so that each is a bit
 * of its first byte: for each 20 ms whether there is speech, then whether it has the frame before.
 * Behind these, those of the second channel. */
static bool carries_before(struct slice payload)
{
    const unsigned char *bytes = (const unsigned char *)payload.p, *frames[48];
    unsigned char toc;
    opus_int16 sizes[48];
    int offset, flags, n = 0;

    if (payload.n <= INT32_MAX && payload.n > 0 && bytes[0] >> 7 == 0) /* else it is all CELT */
        n = opus_packet_parse(bytes, (opus_int32)payload.n, &toc, frames, sizes, &offset);
    if (n <= 0 || sizes[0] == 0)
        return false;
    flags = opus_packet_get_samples_per_frame(bytes, 48000) / 960;
    flags = flags > 0 ? flags : 1;
    if (frames[0][0] >> (7 - flags) & 1)
        return true;
    return opus_packet_get_nb_channels(bytes) == 2 && (frames[0][0] >> (6 - 2 * flags) & 1);
}

static bool knows(uint32_t rate_hz, unsigned channels)
{
    return channels >= 1 && channels <= 2 &&
           (rate_hz == 8000 || rate_hz == 12000 || rate_hz == 16000 || rate_hz == 24000 ||
            rate_hz == 48000);
}

/* RFC 7587 6.1 maxplaybackrate: nothing above half of it will be heard. */
static opus_int32 bandwidth_of(uint32_t rate_hz)
{
    if (rate_hz == 0 || rate_hz >= 48000)
        return OPUS_BANDWIDTH_FULLBAND;
    if (rate_hz >= 24000)
        return OPUS_BANDWIDTH_SUPERWIDEBAND;
    if (rate_hz >= 16000)
        return OPUS_BANDWIDTH_WIDEBAND;
    return rate_hz >= 12000 ? OPUS_BANDWIDTH_MEDIUMBAND : OPUS_BANDWIDTH_NARROWBAND;
}

/* Less than 6,000 bit/s RFC 7587 6.1 does not know. */
static void set_bitrate(struct audio_encoder *enc, uint32_t bitrate)
{
    bitrate = bitrate ? bitrate : enc->asked;
    bitrate = bitrate < BITRATE_LEAST ? BITRATE_LEAST : bitrate;
    enc->bitrate = bitrate < enc->most ? bitrate : enc->most;
    opus_encoder_ctl(opus_of(enc), OPUS_SET_BITRATE((opus_int32)enc->bitrate));
}

/* The peer's maxaveragebitrate is a bound that is gone up to: who names it wants it. More than
 * 64,000 a channel is of no use to speech. So much of one channel fits AUDIO_PAYLOAD_MAX at all
 * packet times; of two libopus spends what fits on long packets. */
static void set_bitrates(struct audio_encoder *enc)
{
    uint32_t asked = enc->wished;

    enc->most = BITRATE_MOST * enc->sent_channels;
    if (asked && asked < enc->most)
        enc->most = asked < BITRATE_LEAST ? BITRATE_LEAST : asked;
    enc->asked = asked ? asked : BITRATE * enc->sent_channels;
    set_bitrate(enc, 0);
}

/* Where there are too few bits for two, libopus sends one by itself. */
static void send_channels(struct audio_encoder *enc, unsigned channels)
{
    enc->sent_channels = channels > 1 ? 2 : 1;
    opus_encoder_ctl(opus_of(enc), OPUS_SET_FORCE_CHANNELS(channels > 1 ? OPUS_AUTO : 1));
    set_bitrates(enc);
}

static int encoder_new(struct audio_encoder *enc, const struct audio_codec_params *params)
{
    OpusEncoder *opus;
    struct encoder *e;
    int err;

    if (!knows(enc->rate_hz, enc->channels))
        return -EINVAL;
    e = calloc(1, sizeof *e);
    if (!e)
        return -ENOMEM;
    opus =
        opus_encoder_create((opus_int32)enc->rate_hz, enc->channels, OPUS_APPLICATION_VOIP, &err);
    if (!opus) {
        free(e);
        return error_of(err);
    }
    e->opus = opus;
    e->bandwidth = bandwidth_of(params->max_rate_hz);
    treble_init(&e->treble);
    opus_encoder_ctl(opus, OPUS_SET_MAX_BANDWIDTH(e->bandwidth));
    opus_encoder_ctl(opus,
                     OPUS_SET_COMPLEXITY(params->complexity ? params->complexity : COMPLEXITY));
    opus_encoder_ctl(opus, OPUS_SET_VBR(!params->cbr));
    opus_encoder_ctl(opus, OPUS_SET_DTX(params->dtx));
    opus_encoder_ctl(opus, OPUS_SET_INBAND_FEC(params->fec));
    opus_encoder_ctl(opus, OPUS_SET_PACKET_LOSS_PERC(params->fec ? AUDIO_LOSS_AT_FIRST : 0));
    enc->state = e;
    enc->wished = params->bitrate;
    set_bitrates(enc);
    return 0;
}

static void encoder_free(struct audio_encoder *enc)
{
    opus_encoder_destroy(opus_of(enc));
    free(enc->state);
}

/* Above 30,000 bit/s libopus spends bits on all frequencies there may be, whether or not there is
 * anything: a fifth of them, of which what is there has more use. */
static void follow_treble(struct audio_encoder *enc, const int16_t *samples, size_t n)
{
    struct encoder *e = enc->state;
    bool low = e->bandwidth > OPUS_BANDWIDTH_WIDEBAND && enc->rate_hz == TREBLE_HZ &&
               treble_is_missing(&e->treble, samples, n, enc->channels);

    if (low != e->low)
        opus_encoder_ctl(e->opus,
                         OPUS_SET_MAX_BANDWIDTH(low ? OPUS_BANDWIDTH_WIDEBAND : e->bandwidth));
    e->low = low;
}

static int encode(struct audio_encoder *enc, const int16_t *samples, size_t n, unsigned char *out,
                  size_t max)
{
    opus_int32 bytes, dtx = 0;

    if (max > AUDIO_PAYLOAD_MAX)
        max = AUDIO_PAYLOAD_MAX;
    follow_treble(enc, samples, n);
    bytes = opus_encode(opus_of(enc), samples, (int)n, out, (opus_int32)max);
    if (bytes < 0)
        return error_of(bytes);
    opus_encoder_ctl(opus_of(enc), OPUS_GET_DTX(&dtx));
    /* opus_encode: up to two bytes need not be sent. The first are all the same, as they tell the
     * other side that there is silence and no loss. */
    dtx = dtx && bytes <= REST_BYTES;
    if (dtx && enc->resting)
        return 0;
    enc->resting = dtx;
    return bytes;
}

static bool rests(struct slice payload)
{
    return payload.n <= REST_BYTES;
}

/* libopus knows no other measure of FEC than the loss that it is told of. */
static void set_fec(struct audio_encoder *enc, unsigned percent)
{
    opus_encoder_ctl(opus_of(enc), OPUS_SET_PACKET_LOSS_PERC((opus_int32)percent));
}

static void set_complexity(struct audio_encoder *enc, unsigned complexity)
{
    opus_encoder_ctl(opus_of(enc), OPUS_SET_COMPLEXITY((opus_int32)complexity));
}

static int decoder_new(struct audio_decoder *dec)
{
    int err = 0;

    if (!knows(dec->rate_hz, dec->channels))
        return -EINVAL;
    dec->state = opus_decoder_create((opus_int32)dec->rate_hz, dec->channels, &err);
    return dec->state ? 0 : error_of(err);
}

static void decoder_free(struct audio_decoder *dec)
{
    opus_decoder_destroy(dec->state);
}

static int decode(struct audio_decoder *dec, struct slice payload, int16_t *out, size_t max)
{
    int n = opus_decode(dec->state, (const unsigned char *)payload.p, (opus_int32)payload.n, out,
                        max > AUDIO_PACKET_MAX_SAMPLES ? AUDIO_PACKET_MAX_SAMPLES : (int)max, 0);

    return n < 0 ? error_of(n) : n;
}

static int decode_lost(struct audio_decoder *dec, int16_t *out, size_t n)
{
    int got = opus_decode(dec->state, NULL, 0, out, (int)n, 0);

    for (size_t i = (size_t)(got < 0 ? 0 : got) * dec->channels; i < n * dec->channels; i++)
        out[i] = 0;
    return (int)n;
}

static int decode_fec(struct audio_decoder *dec, struct slice next, int16_t *out, size_t n)
{
    int got =
        opus_decode(dec->state, (const unsigned char *)next.p, (opus_int32)next.n, out, (int)n, 1);

    return got == (int)n ? got : decode_lost(dec, out, n);
}

const struct audio_codec_ops audio_codec_opus = {
    .rests = rests,
    .duration = duration,
    .carries_before = carries_before,
    .encoder_new = encoder_new,
    .encoder_free = encoder_free,
    .encode = encode,
    .set_fec = set_fec,
    .set_bitrate = set_bitrate,
    .set_complexity = set_complexity,
    .send_channels = send_channels,
    .decoder_new = decoder_new,
    .decoder_free = decoder_free,
    .decode = decode,
    .decode_fec = decode_fec,
    .decode_lost = decode_lost,
};
