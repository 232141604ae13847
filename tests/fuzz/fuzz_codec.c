/* Garbage as payload: a decoder yields samples or an error, and serves the next packet. The first
 * byte says which codec and how; the rest is cut into packets, each behind its length and what is
 * asked for besides. */
#include <stdint.h>
#include <stdlib.h>

#include "audio/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* Bits of a packet's second byte. */
enum { BY_NEXT = 1, INVENTED = 2, LONG = 4, LOST_SHIFT = 3 };

static void must(bool truth)
{
    if (!truth)
        abort();
}

static size_t n_codecs(void)
{
    size_t n = 0;

    while (audio_codec_at(n))
        n++;
    return n;
}

static void try_one(struct audio_decoder *dec, const struct audio_codec *codec,
                    struct slice payload, unsigned how)
{
    static const uint8_t lost_ms[] = {20, 10, 60, 120};
    static int16_t out[2 * AUDIO_PACKET_MAX_SAMPLES];
    int duration = audio_codec_duration(codec, payload), got;
    size_t lost = audio_decoder_rate_hz(dec) / 1000 * lost_ms[(how >> LOST_SHIFT) & 3];

    must(duration < 0 || duration <= (int)codec->clock_hz * AUDIO_PACKET_MAX_MS / 1000);
    if (how & BY_NEXT)
        must(audio_decode_fec(dec, payload, out, lost) == (int)lost);
    if (how & INVENTED)
        must(audio_decode_lost(dec, out, lost) == (int)lost);
    got = audio_decode(dec, payload, out, AUDIO_PACKET_MAX_SAMPLES);
    must(got < 0 || (got > 0 && got <= AUDIO_PACKET_MAX_SAMPLES && duration > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    const struct audio_codec *codec;
    struct audio_codec_params params = {0};
    struct audio_decoder *dec;
    uint8_t first;

    if (n < 1)
        return 0;
    first = *p++;
    n--;
    codec = audio_codec_at((first & 0x3f) % n_codecs());
    if (codec->has_fec && first & 0x80)
        params.rate_hz = 16000;
    if (codec->has_fec && first & 0x40)
        params.channels = 2;
    if (audio_decoder_new(codec, &params, &dec) != 0)
        return 0;
    while (n > 2) {
        size_t length = p[1] & LONG ? p[0] * (size_t)16 : p[0];

        length = length < n - 2 ? length : n - 2;
        try_one(dec, codec, (struct slice){(const char *)p + 2, length}, p[1]);
        p += 2 + length;
        n -= 2 + length;
    }
    audio_decoder_free(dec);
    return 0;
}
