#include "audio/playout.h"

#include "audio/stretch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_MS = AUDIO_PACKET_MAX_MS + STRETCH_PERIOD_MAX_MS, FIRST_ROOM_MS = 30 };

struct playout {
    struct jitter *jitter;
    const struct audio_codec *codec; /* of the latest packet that came */
    uint32_t wished_hz, rate_hz;
    struct audio_decoder *decoder; /* NULL until the first packet, or without memory */
    const struct audio_codec *decoder_codec;

    int16_t *store; /* decoded and not yet played: from at to n, of cap */
    size_t at, n, cap;
};

/* The rate at which codec is decoded: the wished one where it can be, else its own. */
static uint32_t rate_of(const struct playout *p, const struct audio_codec *codec)
{
    bool can = strcmp(codec->name, "opus") == 0;

    return can && p->wished_hz ? p->wished_hz : codec->rate_hz;
}

int playout_new(const struct playout_config *config, struct playout **out)
{
    struct jitter_config jitter = {.clock_hz = config->codec->clock_hz,
                                   .packet_ms = config->packet_ms,
                                   .start_ms = config->start_ms,
                                   .min_ms = config->min_ms,
                                   .max_ms = config->max_ms};
    struct playout *p = calloc(1, sizeof *p);
    int err = p ? jitter_new(&jitter, &p->jitter) : -ENOMEM;

    if (err) {
        free(p);
        return err;
    }
    p->codec = config->codec;
    p->wished_hz = config->rate_hz;
    p->rate_hz = rate_of(p, config->codec);
    *out = p;
    return 0;
}

void playout_free(struct playout *p)
{
    if (!p)
        return;
    jitter_free(p->jitter);
    audio_decoder_free(p->decoder);
    free(p->store);
    free(p);
}

/* Position in the table of codecs: it travels through the jitter buffer as payload type. */
static uint8_t index_of(const struct audio_codec *codec)
{
    uint8_t i = 0;

    while (audio_codec_at(i) != codec)
        i++;
    return i;
}

static void change_codec(struct playout *p, const struct audio_codec *codec)
{
    uint32_t rate_hz = rate_of(p, codec);

    if (codec->clock_hz != p->codec->clock_hz)
        jitter_set_clock(p->jitter, codec->clock_hz);
    if (rate_hz != p->rate_hz)
        p->at = p->n = 0;
    p->codec = codec;
    p->rate_hz = rate_hz;
}

int playout_put(struct playout *p, const struct audio_codec *codec, uint32_t ssrc,
                uint16_t sequence, uint32_t timestamp, bool marker, struct slice payload,
                uint64_t now_us)
{
    int duration = audio_codec_duration(codec, payload);
    struct jitter_packet packet = {.ssrc = ssrc,
                                   .timestamp = timestamp,
                                   .sequence = sequence,
                                   .marker = marker,
                                   .fec = codec->has_fec,
                                   .payload = payload};

    if (duration <= 0)
        return -EBADMSG;
    if (codec != p->codec)
        change_codec(p, codec);
    packet.duration = (uint32_t)duration;
    packet.payload_type = index_of(codec);
    return jitter_put(p->jitter, &packet, now_us);
}

void playout_put_silent(struct playout *p, uint32_t ssrc, uint16_t sequence, uint32_t timestamp,
                        uint64_t now_us)
{
    struct jitter_packet packet = {.ssrc = ssrc, .timestamp = timestamp, .sequence = sequence};

    jitter_put(p->jitter, &packet, now_us);
}

/* The decoder for codec; NULL without memory. Another codec of the same clock may begin in mid-
 * stream, and the packets before it that wait are still the old one's. */
static struct audio_decoder *decoder_for(struct playout *p, const struct audio_codec *codec)
{
    struct audio_codec_params params = {.rate_hz = rate_of(p, codec)};

    if (p->decoder && p->decoder_codec == codec)
        return p->decoder;
    audio_decoder_free(p->decoder);
    p->decoder = NULL;
    if (audio_decoder_new(codec, &params, &p->decoder) == 0)
        p->decoder_codec = codec;
    return p->decoder;
}

/* Empties the store and makes room in it: for a short packet at first, for the longest there is
 * once a longer one comes. */
static bool make_room(struct playout *p, size_t samples)
{
    size_t with_stretch = samples + p->rate_hz / 1000 * STRETCH_PERIOD_MAX_MS;
    size_t cap = p->rate_hz / 1000 * FIRST_ROOM_MS;
    int16_t *store;

    p->at = p->n = 0;
    if (with_stretch <= p->cap)
        return true;
    if (with_stretch > cap)
        cap = p->rate_hz / 1000 * ROOM_MS;
    store = realloc(p->store, cap * sizeof *store);
    if (!store)
        return false;
    p->store = store;
    p->cap = cap;
    return true;
}

static void decode(struct playout *p, const struct jitter_decision *what, size_t samples)
{
    const struct audio_codec *codec = audio_codec_at(what->payload_type);
    struct audio_decoder *decoder = decoder_for(p, codec);
    int got = decoder ? audio_decode(decoder, what->payload, p->store, p->cap) : -ENOMEM;

    if (got < 0 && decoder)
        got = audio_decode_lost(decoder, p->store, samples);
    if (got < 0) {
        memset(p->store, 0, samples * sizeof *p->store);
        got = (int)samples;
    }
    p->n = (size_t)got;
    if (what->stretch == JITTER_ACCELERATE)
        p->n = stretch_accelerate(p->store, p->n, p->rate_hz);
    else if (what->stretch == JITTER_EXPAND)
        p->n = stretch_expand(p->store, p->n, p->rate_hz);
}

/* Puts the next piece of sound into the empty store; false: there is none, nor will there be one
 * for *silent samples. */
static bool fill(struct playout *p, uint64_t now_us, size_t done, size_t *silent)
{
    uint32_t clock_hz = p->codec->clock_hz;
    struct jitter_decision what;
    size_t samples;

    jitter_get(p->jitter, now_us, (uint32_t)((uint64_t)done * clock_hz / p->rate_hz), &what);
    samples = (size_t)((uint64_t)what.duration * p->rate_hz / clock_hz);
    *silent = samples;
    if (what.action == JITTER_WAIT || !make_room(p, samples))
        return false;
    if (what.first && p->decoder) { /* another stream: nothing of the old one may sound in it */
        audio_decoder_free(p->decoder);
        p->decoder = NULL;
    }
    if (what.action == JITTER_DECODE) {
        decode(p, &what, samples);
        return true;
    }
    p->n = samples;
    if (!p->decoder)
        memset(p->store, 0, samples * sizeof *p->store);
    else if (what.action == JITTER_FEC)
        audio_decode_fec(p->decoder, what.payload, p->store, samples);
    else
        audio_decode_lost(p->decoder, p->store, samples);
    return true;
}

bool playout_get(struct playout *p, uint64_t now_us, int16_t *out, size_t n)
{
    bool any = false;
    size_t done = 0, part;

    while (done < n) {
        if (p->at < p->n) {
            part = p->n - p->at < n - done ? p->n - p->at : n - done;
            memcpy(out + done, p->store + p->at, part * sizeof *out);
            p->at += part;
            done += part;
            any = true;
        } else if (!fill(p, now_us, done, &part)) {
            part = part < n - done ? part : n - done;
            memset(out + done, 0, part * sizeof *out);
            done += part;
        }
    }
    return any;
}

void playout_flush(struct playout *p)
{
    jitter_flush(p->jitter);
    p->at = p->n = 0;
}

uint32_t playout_rate_hz(const struct playout *p)
{
    return p->rate_hz;
}

void playout_stats(const struct playout *p, struct jitter_stats *out)
{
    jitter_stats(p->jitter, out);
}
