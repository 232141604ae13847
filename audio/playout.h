/* audio/playout.h - one received stream from RTP payloads to samples: jitter buffer, decoder,
 * concealment and time-stretch behind two calls. Pure like its parts; one thread at a time.
 *
 * The decoder is made when the first packet of a codec comes, and changed when the payload type
 * changes to another codec; the rate of the samples and their channels may change with it, inside
 * playout_put only: with the first packet that comes of the new one, though some of the old one may
 * wait. They are played at the new rate, if their clock is the same, else they are gone. */
#ifndef AUDIO_PLAYOUT_H
#define AUDIO_PLAYOUT_H

#include "audio/codec.h"
#include "audio/jitter.h"

struct playout;

struct playout_config {
    const struct audio_codec *codec; /* the one that is expected; decides the first rate */
    uint32_t rate_hz;   /* wished for, where the codec decodes to several (Opus); 0: the codec's */
    uint8_t channels;   /* likewise: 1 or 2; 0: 1 */
    uint16_t packet_ms; /* as in struct jitter_config; 0: default */
    uint16_t start_ms, min_ms, max_ms;
};

/* 0, -EINVAL or -ENOMEM. */
int playout_new(const struct playout_config *config, struct playout **out);
void playout_free(struct playout *p);

/* A packet of codec that arrived at now_us. The payload is copied. Returns 0, or why it was not
 * taken: as jitter_put, and -EBADMSG where the payload is not one of codec. One that was overtaken
 * by another codec changes nothing; where that has another clock it is too late (-ETIME). */
int playout_put(struct playout *p, const struct audio_codec *codec, uint32_t ssrc,
                uint16_t sequence, uint32_t timestamp, bool marker, struct slice payload,
                uint64_t now_us);

/* A copy of an earlier packet of the stream, which was sent at timestamp and came along with packet
 * sequence, put before (RFC 2198): the nth that it brought, 1 the latest. The payload is copied.
 * 0, and in *missing which one it stands in for; or why it was not taken: as jitter_put_copy, and
 * -EBADMSG where it is not one of codec. */
int playout_put_copy(struct playout *p, const struct audio_codec *codec, uint16_t sequence,
                     uint32_t timestamp, unsigned nth, struct slice payload, uint16_t *missing);

/* A packet without sound of the same stream (telephone-event): noted, so that its
 * sequence number does not count as lost. */
void playout_put_silent(struct playout *p, uint32_t ssrc, uint16_t sequence, uint32_t timestamp,
                        uint64_t now_us);

/* Comfort noise (RFC 3389) of the same stream: heard from the end of what waits until sound comes
 * again. 0, or -EBADMSG. */
int playout_put_noise(struct playout *p, uint32_t ssrc, uint16_t sequence, uint32_t timestamp,
                      struct slice payload, uint64_t now_us);

/* The next n samples a channel at playout_rate_hz, interleaved where there are two, to be heard
 * from now_us on; always n, silence where there is nothing. Returns whether any of them came from
 * the stream or stands in for it: false before the first packet is due and in pauses. */
bool playout_get(struct playout *p, uint64_t now_us, int16_t *out, size_t n);

/* As jitter_discarded. */
bool playout_discarded(struct playout *p, uint16_t *sequence);

/* The stream was held, or its sender changes: drop what waits. */
void playout_flush(struct playout *p);

uint32_t playout_rate_hz(const struct playout *p);
unsigned playout_channels(const struct playout *p);
void playout_stats(const struct playout *p, struct jitter_stats *out);

#endif
