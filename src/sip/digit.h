/* sip/digit.h - keys in the body of INFO, as gateways and telephones have long sent them: no RFC
 * says how (RFC 6086 4 calls it legacy use), so we read what is written and write what is read.
 *
 *     Content-Type: application/dtmf-relay      Content-Type: application/dtmf
 *
 *     Signal=5                                  5
 *     Duration=160
 */
#ifndef SIP_DIGIT_H
#define SIP_DIGIT_H

#include "base/buf.h"
#include "sip/message.h"

#define SIP_DIGIT_TYPE "application/dtmf-relay"
#define SIP_DIGIT_MS 100       /* where no duration is said */
#define SIP_DIGIT_MOST_MS 5000 /* a longer one counts as this */

struct sip_digit {
    char digit; /* 0-9 * # A-D, ! for flash */
    unsigned ms;
};

/* What the body of an INFO says. 0; -ENODATA: it has none; -ENOTSUP: it is of another type, or
 * packed; -EBADMSG: it has no key. */
int sip_digit_read(const struct sip_msg *info, struct sip_digit *out);
/* The body of type SIP_DIGIT_TYPE. */
void sip_digit_put(struct buf *out, const struct sip_digit *digit);

#endif
