/* ui/json.h - events as JSON lines, in the words of tphone-control(7).
 *
 * One table (json_event.c) says which members an event has; the printer, the schema in
 * doc/control.schema.json and the manual are held to it by the tests. Every line is one object
 * whose first members are "v", "event" and "time". */
#ifndef UI_JSON_H
#define UI_JSON_H

#include "base/buf.h"
#include "phone/event.h"

#define JSON_VERSION 1

/* Appends the line that tells event, with its newline; nothing for kinds that are not told
 * (PHONE_MESSAGE, PHONE_CLOSED). unix_ms: when it happened. */
void json_event(struct buf *out, const struct phone_event *event, uint64_t unix_ms);
/* Appends a string with its quotes and escapes; text that is not UTF-8 is made so. */
void json_string(struct buf *out, const char *text);

/* Words that JSON lines and result lines share: "no-answer". */
const char *json_outcome(enum phone_outcome outcome);

#endif
