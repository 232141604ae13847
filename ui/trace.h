/* ui/trace.h - SIP messages for a person: --trace.
 *
 * Each message is a heading with time, direction, transport and address, then its lines, each
 * behind a mark, so that nothing in a message can look like a heading. What is secret in it is left
 * out (phone/mask.h). */
#ifndef UI_TRACE_H
#define UI_TRACE_H

#include "phone/event.h"

#define TRACE_MESSAGE_MAX 1048576u /* bytes of one message, masked; SIP takes far shorter ones */

/* Appends a PHONE_MESSAGE event; ms: since the program began. */
void trace_put(struct buf *out, const struct phone_event *event, uint64_t ms);

#endif
