#include "audio/playout.h"

#include "audio/comfort.h"
#include "audio/resample.h"
#include "audio/stereo.h"
#include "audio/stretch.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BEFORE_MS = STRETCH_DRAW_MS,           /* kept of what was played last */
    ROOM_MS = 3 * AUDIO_PACKET_MAX_MS / 2, /* a packet played as slowly as may be */
    FIRST_ROOM_MS = 30,
    FADE_IN_MS = 4,
    LATE_MS = 40, /* behind or ahead of the target: the worse that is, the more is stretched */
    VERY_LATE_MS = 120,
    MISORDER = 100, /* packets by which one may be overtaken: RFC 3550 A.1 */
};

/* The alikeness of periods that will do then, and in good time. */
static const double LATE_ALIKE = 0.7, VERY_LATE_ALIKE = 0.5;
static const double PAUSES_ALONE = 2;     /* no two periods are */
static const double PAUSE = 0.06;         /* of the loudness of speech, -24 dB: a pause */
static const double LOUDNESS_STEP = 0.02; /* of one packet in it */

/* What is heard while the sender says nothing. */
enum pause { PAUSE_SILENT, PAUSE_NOISE, PAUSE_DECODER };

struct playout {
    struct jitter *jitter;
    const struct audio_codec *codec; /* of the latest packet that came, */
    bool any;                        /* if one did, */
    uint32_t ssrc;                   /* and which it was */
    uint16_t sequence;
    uint32_t wished_hz, rate_hz;
    uint8_t wished_channels, channels;
    struct audio_decoder *decoder; /* NULL until the first packet, or without memory */
    const struct audio_codec *decoder_codec;

    /* Decoded and not yet played: from at to n, of cap; behind what was played last. All counts are
     * per channel. */
    int16_t *store;
    size_t at, n, cap;
    enum pause in_pause;
    struct comfort_noise noise;
    uint32_t noise_timestamp; /* of the packet that told of it */
    size_t period;            /* of what is drawn out; 0: nothing is */
    bool sounds, faded;       /* what was played last could go on; or was made to end */
    double loudness;          /* root mean square of speech */
};

static bool has_choice(const struct audio_codec *codec)
{
    return strcmp(codec->name, "opus") == 0;
}

/* The rate at which codec is decoded: the wished one where it can be, else its own. */
static uint32_t rate_of(const struct playout *p, const struct audio_codec *codec)
{
    return has_choice(codec) && p->wished_hz ? p->wished_hz : codec->rate_hz;
}

/* Likewise. What was sent in one channel is the same in both then. */
static uint8_t channels_of(const struct playout *p, const struct audio_codec *codec)
{
    return has_choice(codec) && p->wished_channels == 2 ? 2 : 1;
}

/* Of the store. */
static int16_t *frame_at(const struct playout *p, size_t at)
{
    return p->store + at * p->channels;
}

static size_t bytes_of(const struct playout *p, size_t n)
{
    return n * p->channels * sizeof *p->store;
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
    p->wished_channels = config->channels;
    p->channels = channels_of(p, config->codec);
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

static void drop_store(struct playout *p)
{
    free(p->store);
    p->store = NULL;
    p->at = p->n = p->cap = p->period = 0;
    p->sounds = p->faded = false;
}

static void drop_decoder(struct playout *p)
{
    audio_decoder_free(p->decoder);
    p->decoder = NULL;
}

/* What was decoded, and what was played last, goes on at another rate. */
static void change_rate(struct playout *p, uint32_t rate_hz)
{
    size_t cap = p->cap * rate_hz / p->rate_hz;
    int16_t *store = p->store ? malloc(cap * p->channels * sizeof *store) : NULL;

    if (!store) {
        drop_store(p);
        return;
    }
    resample_piece(p->channels, p->rate_hz, rate_hz, p->store, p->n, store);
    free(p->store);
    p->store = store;
    p->cap = cap;
    p->n = p->n * rate_hz / p->rate_hz;
    p->at = p->at * rate_hz / p->rate_hz;
    p->period = p->period * rate_hz / p->rate_hz;
}

static void change_codec(struct playout *p, const struct audio_codec *codec)
{
    uint32_t rate_hz = rate_of(p, codec);
    uint8_t channels = channels_of(p, codec);

    if (codec->clock_hz != p->codec->clock_hz)
        jitter_set_clock(p->jitter, codec->clock_hz);
    if (codec->clock_hz != p->codec->clock_hz || channels != p->channels)
        drop_store(p);
    else if (rate_hz != p->rate_hz)
        change_rate(p, rate_hz);
    if (channels != p->channels)
        drop_decoder(p);
    p->codec = codec;
    p->rate_hz = rate_hz;
    p->channels = channels;
    p->in_pause = PAUSE_SILENT;
}

/* Whether the packet was sent before the latest one that came: then it changes no codec. */
static bool is_overtaken(const struct playout *p, uint32_t ssrc, uint16_t sequence)
{
    uint16_t behind = (uint16_t)(p->sequence - sequence);

    return p->any && ssrc == p->ssrc && behind > 0 && behind <= MISORDER;
}

static void follow_codec(struct playout *p, const struct audio_codec *codec, uint32_t ssrc,
                         uint16_t sequence)
{
    if (codec != p->codec)
        change_codec(p, codec);
    p->any = true;
    p->ssrc = ssrc;
    p->sequence = sequence;
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
                                   .carries = audio_codec_carries_before(codec, payload),
                                   .bridge = codec->bridges,
                                   .payload = payload};

    if (duration <= 0)
        return -EBADMSG;
    if (!is_overtaken(p, ssrc, sequence))
        follow_codec(p, codec, ssrc, sequence);
    else if (codec->clock_hz != p->codec->clock_hz)
        return -ETIME; /* what it was sent among is gone */
    packet.duration = (uint32_t)duration;
    packet.payload_type = audio_codec_index(codec); /* through the jitter buffer */
    packet.rest = audio_codec_rests(codec, payload);
    return jitter_put(p->jitter, &packet, now_us);
}

int playout_put_copy(struct playout *p, const struct audio_codec *codec, uint16_t sequence,
                     uint32_t timestamp, unsigned nth, struct slice payload, uint16_t *missing)
{
    int duration = audio_codec_duration(codec, payload);
    struct jitter_packet copy = {.timestamp = timestamp,
                                 .duration = (uint32_t)duration,
                                 .sequence = sequence,
                                 .payload_type = audio_codec_index(codec),
                                 .fec = codec->has_fec,
                                 .carries = audio_codec_carries_before(codec, payload),
                                 .bridge = codec->bridges,
                                 .payload = payload};

    if (duration <= 0 || codec->clock_hz != p->codec->clock_hz)
        return -EBADMSG;
    return jitter_put_copy(p->jitter, &copy, nth, missing);
}

void playout_put_silent(struct playout *p, uint32_t ssrc, uint16_t sequence, uint32_t timestamp,
                        uint64_t now_us)
{
    struct jitter_packet packet = {.ssrc = ssrc, .timestamp = timestamp, .sequence = sequence};

    jitter_put(p->jitter, &packet, now_us);
}

int playout_put_noise(struct playout *p, uint32_t ssrc, uint16_t sequence, uint32_t timestamp,
                      struct slice payload, uint64_t now_us)
{
    struct jitter_packet packet = {
        .ssrc = ssrc, .timestamp = timestamp, .sequence = sequence, .rest = true};
    struct comfort like;
    int err = comfort_parse(payload, &like);

    jitter_put(p->jitter, &packet, now_us);
    if (err)
        return err;
    comfort_noise_set(&p->noise, &like);
    p->noise_timestamp = timestamp;
    p->in_pause = PAUSE_NOISE;
    return 0;
}

/* The decoder for codec; NULL without memory. Another codec of the same clock may begin in mid-
 * stream, and the packets before it that wait are still the old one's. */
static struct audio_decoder *decoder_for(struct playout *p, const struct audio_codec *codec)
{
    struct audio_codec_params params = {.rate_hz = rate_of(p, codec),
                                        .channels = has_choice(codec) ? p->channels : 1};

    if (p->decoder && p->decoder_codec == codec)
        return p->decoder;
    drop_decoder(p);
    if (audio_decoder_new(codec, &params, &p->decoder) == 0)
        p->decoder_codec = codec;
    return p->decoder;
}

/* What waits from before a change of codec may be of another rate than what came since: that is
 * changed to ours behind the decoder. room is at our rate, and so is what is returned. */
static int decode_payload(const struct playout *p, struct audio_decoder *decoder,
                          struct slice payload, int16_t *out, size_t room)
{
    uint32_t rate_hz = audio_decoder_rate_hz(decoder);
    int16_t made[2 * AUDIO_PACKET_MAX_SAMPLES];
    int n;

    if (rate_hz == p->rate_hz)
        return audio_decode(decoder, payload, out, room);
    room = room * rate_hz / p->rate_hz;
    n = audio_decode(decoder, payload, made,
                     room < AUDIO_PACKET_MAX_SAMPLES ? room : AUDIO_PACKET_MAX_SAMPLES);
    if (n <= 0)
        return n;
    return (int)resample_piece(audio_decoder_channels(decoder), rate_hz, p->rate_hz, made,
                               (size_t)n, out);
}

/* The same of n samples that are lost, with next, the packet behind them, where that is there. */
static int decode_lost(const struct playout *p, struct audio_decoder *decoder, struct slice next,
                       int16_t *out, size_t n)
{
    uint32_t rate_hz = audio_decoder_rate_hz(decoder);
    int16_t made[2 * AUDIO_PACKET_MAX_SAMPLES];
    int got;

    if (rate_hz == p->rate_hz)
        return audio_decode_fec(decoder, next, out, n);
    got = audio_decode_fec(decoder, next, made, n * rate_hz / p->rate_hz);
    if (got <= 0)
        return got;
    return (int)resample_piece(audio_decoder_channels(decoder), rate_hz, p->rate_hz, made,
                               (size_t)got, out);
}

/* n samples that the decoder has made, in as many channels as we have: it never has more. */
static void widen(const struct playout *p, int16_t *samples, size_t n)
{
    if (p->channels > audio_decoder_channels(p->decoder))
        stereo_spread(samples, n, samples);
}

/* Empties the store, which is played, and makes room behind what was played last: for a short
 * packet at first, for the longest there is once a longer one comes. */
static bool make_room(struct playout *p, size_t samples)
{
    size_t per_ms = p->rate_hz / 1000, before = BEFORE_MS * per_ms;
    size_t wanted = before + samples + samples / 2, cap = before + per_ms * FIRST_ROOM_MS;
    int16_t *store = p->store;

    if (p->n > before)
        memmove(store, frame_at(p, p->n - before), bytes_of(p, before));
    if (wanted > p->cap) {
        cap = wanted > cap ? before + per_ms * ROOM_MS : cap;
        store = realloc(p->store, bytes_of(p, cap));
        if (!store)
            return false;
        if (!p->store)
            memset(store, 0, bytes_of(p, before));
        p->store = store;
        p->cap = cap;
    }
    p->at = p->n = before;
    return true;
}

static struct stretch_how how_to_stretch(const struct playout *p,
                                         const struct jitter_decision *what)
{
    uint32_t clock_hz = p->codec->clock_hz;
    size_t most = (size_t)((uint64_t)what->amount * p->rate_hz / clock_hz);
    uint32_t ms = what->amount / (clock_hz / 1000);

    return (struct stretch_how){
        .rate_hz = p->rate_hz,
        .channels = p->channels,
        .most = most,
        .alike = what->in_pauses     ? PAUSES_ALONE
                 : ms > VERY_LATE_MS ? VERY_LATE_ALIKE
                 : ms > LATE_MS      ? LATE_ALIKE
                                     : STRETCH_ALIKE,
        .pause = PAUSE * p->loudness,
    };
}

/* What speech is loud like: its loud parts count in full, pauses hardly. */
static void measure_loudness(struct playout *p, const int16_t *samples, size_t n)
{
    double energy = 0, loudness;

    n *= p->channels;
    for (size_t i = 0; i < n; i++)
        energy += (double)samples[i] * samples[i];
    loudness = n ? sqrt(energy / (double)n) : 0;
    if (loudness > p->loudness * PAUSE)
        p->loudness += (loudness > p->loudness ? 5 : 1) * LOUDNESS_STEP * (loudness - p->loudness);
}

/* Sound that was held and then lost: the decoder hears of it now, for what it knows of the past. */
static void tell_lost(struct playout *p, struct audio_decoder *decoder, uint32_t skipped)
{
    size_t step = p->rate_hz / 100, room = (p->cap - p->n) / step;
    size_t steps = (size_t)((uint64_t)skipped * 100 / p->codec->clock_hz);

    steps = steps < room ? steps : room;
    if (steps > 0 && decoder)
        decode_lost(p, decoder, (struct slice){0}, frame_at(p, p->n), steps * step);
}

/* Whether sound of that moment was sent before the noise, and only waited when that came. What is
 * older than anything that waits is no such sound, but of a clock that began anew. */
static bool is_before_noise(const struct playout *p, uint32_t timestamp)
{
    uint32_t before = p->noise_timestamp - timestamp;

    return before > 0 && before < p->codec->clock_hz / 1000 * JITTER_MAX_MS * 2;
}

/* Sound ends the pause, unless it says itself that one follows. */
static void end_pause(struct playout *p, const struct jitter_decision *what)
{
    if (audio_codec_rests(audio_codec_at(what->payload_type), what->payload))
        p->in_pause = PAUSE_DECODER;
    else if (p->in_pause != PAUSE_NOISE || !is_before_noise(p, what->timestamp))
        p->in_pause = PAUSE_SILENT;
}

/* Returns how many samples there are now behind what was played last. */
static size_t decode(struct playout *p, const struct jitter_decision *what, size_t samples)
{
    const struct audio_codec *codec = audio_codec_at(what->payload_type);
    struct audio_decoder *decoder = decoder_for(p, codec);
    int16_t *store = frame_at(p, p->n);
    int got = -ENOMEM;

    tell_lost(p, decoder, what->skipped);
    end_pause(p, what);
    if (decoder)
        got = decode_payload(p, decoder, what->payload, store, p->cap - p->n);
    if (got < 0 && decoder)
        got = decode_lost(p, decoder, (struct slice){0}, store, samples);
    if (got < 0) {
        memset(store, 0, bytes_of(p, samples));
        return samples;
    }
    widen(p, store, (size_t)got);
    return (size_t)got;
}

static size_t stretch(struct playout *p, const struct jitter_decision *what, size_t n)
{
    struct stretch_how how = how_to_stretch(p, what);
    int16_t *store = frame_at(p, p->n);
    size_t room = p->cap - p->n - n;

    measure_loudness(p, store, n);
    if (what->stretch == JITTER_ACCELERATE)
        return stretch_accelerate(store, n, &how);
    how.most = how.most < room ? how.most : room;
    return what->stretch == JITTER_EXPAND ? stretch_expand(store, n, &how) : n;
}

static void draw_out(struct playout *p, size_t samples)
{
    int16_t *end = frame_at(p, p->n);

    if (!p->period)
        p->period = stretch_period(end, p->channels, p->rate_hz);
    stretch_draw_out(end, p->channels, samples, p->period);
    p->n += samples;
}

/* What stands in for a lost packet, or the packet itself. */
static size_t make_sound(struct playout *p, const struct jitter_decision *what, size_t samples)
{
    int16_t *store = frame_at(p, p->n);
    struct slice next = {0};

    if (what->action == JITTER_DECODE)
        return decode(p, what, samples);
    if (!p->decoder) {
        memset(store, 0, bytes_of(p, samples));
        return samples;
    }
    tell_lost(p, p->decoder, what->skipped);
    if (what->payload.n && audio_codec_at(what->payload_type) == p->decoder_codec)
        next = what->payload;
    decode_lost(p, p->decoder, next, store, samples);
    widen(p, store, samples);
    return samples;
}

/* Sound that stops is drawn out while it fades: no decoder's concealment is at an end by itself. */
static bool fade_out(struct playout *p, size_t samples)
{
    bool fades = p->sounds && make_room(p, samples);

    if (fades) {
        draw_out(p, samples);
        stretch_fade(frame_at(p, p->n - samples), p->channels, samples, false);
    }
    p->faded |= fades;
    p->sounds = false;
    p->period = 0;
    return fades;
}

static void fade_in(struct playout *p, size_t n)
{
    size_t most = p->rate_hz / 1000 * FADE_IN_MS;

    if (p->faded)
        stretch_fade(frame_at(p, p->n), p->channels, n < most ? n : most, true);
    p->faded = false;
    p->sounds = true;
}

/* What silence sounds like, samples of it in the empty store; false: like nothing. A decoder makes
 * it in pieces of 10 ms, the rest of one is not heard. */
static bool rest(struct playout *p, size_t samples)
{
    int16_t piece[2 * AUDIO_PACKET_MAX_SAMPLES / 12], *store;
    size_t whole = p->rate_hz / 100;

    if (p->in_pause == PAUSE_SILENT)
        return fade_out(p, samples);
    p->period = 0;
    if (samples > whole || !make_room(p, samples))
        return false;
    store = frame_at(p, p->n);
    if (p->in_pause == PAUSE_NOISE) {
        comfort_noise_make(&p->noise, store, samples);
        if (p->channels == 2)
            stereo_spread(store, samples, store);
    } else {
        if (!p->decoder)
            return false;
        decode_lost(p, p->decoder, (struct slice){0}, piece, whole);
        widen(p, piece, whole);
        memcpy(store, piece, bytes_of(p, samples));
    }
    p->n += samples;
    return true;
}

/* Puts the next piece of sound into the empty store; false: there is none, nor will there be one
 * for *silent samples. */
static bool fill(struct playout *p, uint64_t now_us, size_t done, size_t *silent)
{
    uint32_t clock_hz = p->codec->clock_hz;
    struct jitter_decision what;
    size_t samples, n;

    jitter_get(p->jitter, now_us, (uint32_t)((uint64_t)done * clock_hz / p->rate_hz), &what);
    samples = (size_t)((uint64_t)what.duration * p->rate_hz / clock_hz);
    *silent = samples;
    if (what.action == JITTER_WAIT)
        return rest(p, samples);
    if (!make_room(p, samples)) {
        p->period = 0;
        return false;
    }
    if (what.first) /* another stream: nothing of the old one may sound in it */
        drop_decoder(p);
    if (what.action == JITTER_HOLD) {
        draw_out(p, samples);
        return true;
    }
    n = make_sound(p, &what, samples);
    if (p->period)
        stretch_join(frame_at(p, p->n), frame_at(p, p->n), p->channels, n, p->period, p->rate_hz);
    p->period = 0;
    fade_in(p, n);
    if (what.action == JITTER_DECODE)
        n = stretch(p, &what, n);
    p->n += n;
    return true;
}

bool playout_get(struct playout *p, uint64_t now_us, int16_t *out, size_t n)
{
    bool any = false;
    size_t done = 0, part;

    while (done < n) {
        if (p->at < p->n) {
            part = p->n - p->at < n - done ? p->n - p->at : n - done;
            memcpy(out + done * p->channels, frame_at(p, p->at), bytes_of(p, part));
            p->at += part;
            done += part;
            any = true;
        } else if (!fill(p, now_us, done, &part)) {
            part = part < n - done ? part : n - done;
            memset(out + done * p->channels, 0, bytes_of(p, part));
            done += part;
        }
    }
    return any;
}

bool playout_discarded(struct playout *p, uint16_t *sequence)
{
    return jitter_discarded(p->jitter, sequence);
}

void playout_flush(struct playout *p)
{
    jitter_flush(p->jitter);
    drop_store(p);
    p->in_pause = PAUSE_SILENT;
}

uint32_t playout_rate_hz(const struct playout *p)
{
    return p->rate_hz;
}

unsigned playout_channels(const struct playout *p)
{
    return p->channels;
}

void playout_stats(const struct playout *p, struct jitter_stats *out)
{
    jitter_stats(p->jitter, out);
}
