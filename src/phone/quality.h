/* phone/quality.h - how well a call is heard, as one number: the E-model, and the figures of a
 * second that it is fed with.
 *
 * The E-model is ITU-T G.107 (06/2015) with its default values for all that a telephone cannot
 * know: everything but the delay, and packets that were lost. It was made for planning and for the
 * sound of old telephones, so it is an estimate, and says nothing of what is better than those. */
#ifndef PHONE_QUALITY_H
#define PHONE_QUALITY_H

#include "phone/event.h"
#include "phone/media.h"

/* The rating R, 0 to 93.2. delay_ms: from mouth to ear; loss_percent: packets that were not there
 * when they were to be played, at random places (BurstR = 1). */
double quality_rating(double delay_ms, double loss_percent);
/* The mean opinion score of a rating: 1 to 4.5 (G.107 annex B). */
double quality_mos(double rating);

/* What was known a second ago. */
struct quality_before {
    bool known;
    uint64_t received, concealed;
    int64_t lost;
};

/* The figures since before, which becomes now. false: nothing was known then. */
bool quality_since(struct quality_before *before, const struct media_stats *now,
                   struct phone_quality *out);

#endif
