/* phone/mask.h - SIP messages without what nobody else may see.
 *
 * Traces are shown, saved and sent to people who look for a fault. What a password could be guessed
 * from, or sound be decrypted with, becomes "...": of digest credentials (RFC 7616 3.4, 3.5) the
 * response and all that it was computed from but names, other credentials as a whole, and the keys
 * of SDP (RFC 4568, RFC 4566 5.12). A challenge stays as it is: it is no secret. */
#ifndef PHONE_MASK_H
#define PHONE_MASK_H

#include "phone/event.h"

/* Appends the message; all other bytes stay as they are, line ends too. */
void mask_message(struct buf *out, struct slice message);
/* The bytes of a PHONE_MESSAGE event, as they came where it says that they may be shown so. */
void mask_event(struct buf *out, const struct phone_event *event);

#endif
