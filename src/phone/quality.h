/* phone/quality.h - how well a call is heard, as one number: the E-model, and the figures of a
 * second that it is fed with.
 *
 * The E-model is ITU-T G.107 (06/2015), R = Ro - Is - Id - Ie,eff, with its default values for all
 * that a telephone cannot know (Ro = 94.77, Is = 1.41, A = 0: R = 93.2 at best), and
 *
 *     Id      of the time from mouth to ear: echo at TELR = 65 dB and WEPL = 110 dB, and long delay
 *     Ie,eff  Ie + (95 - Ie) Ppl / (Ppl / BurstR + Bpl), by the codec and its concealment:
 *                                            Ie     Bpl
 *             PCMU, PCMA, concealed          0      25.1   G.113 (11/2007) appendix I
 *             opus, G722, L16                0      25.1   taken for that: G.113 has no values on
 *                                                          this scale, which ends where they begin
 *             any other                      0       4.3   G.113: G.711 where silence is put in
 *     Ppl     packets that were not there to be played after all repair by redundancy or FEC, or
 *             came too late, in per cent
 *     BurstR  how many of them are missing in a row, to how many would be by chance
 *
 * It was made for planning and for the sound of old telephones, so it is an estimate, and says
 * nothing of what is better than those. */
#ifndef PHONE_QUALITY_H
#define PHONE_QUALITY_H

#include "phone/event.h"
#include "phone/media.h"

/* What lies between a mouth and an ear. */
struct quality_path {
    const char *codec;   /* of its rtpmap */
    double delay_ms;     /* of all */
    double loss_percent; /* packets that were not there when they were to be played */
    double run;          /* of them in a row, on average; below 1: as many as by chance */
};

/* The rating R, 0 to 93.2. */
double quality_rating(const struct quality_path *path);
/* The mean opinion score of a rating: 1 to 4.5 (G.107 annex B). */
double quality_mos(double rating);

#define QUALITY_DEVICE_MS 20.0 /* taken for what a microphone or loudspeaker adds */

/* From mouth to ear: what a packet of packet_ms adds until it is full, the codec's looking ahead,
 * half of the round trip (below 0: not known, and none), the jitter buffer (likewise), two
 * devices. */
double quality_delay_ms(const char *codec, double packet_ms, double round_trip_ms,
                        double buffer_ms);

/* What was known a second ago. */
struct quality_before {
    bool known;
    uint64_t received, concealed;
    int64_t lost;
    struct xr_loss left;
};

/* The figures since before, which becomes now. false: nothing was known then. */
bool quality_since(struct quality_before *before, const struct media_stats *now,
                   struct phone_quality *out);
/* The sum of a call: what its figures come to from the beginning on. */
void quality_of_all(const struct media_stats *all, struct phone_result *out);

#endif
