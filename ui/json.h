/* ui/json.h - events as JSON lines, in the words of tphone-control(7).
 *
 * One table (json_event.c) says which members an event has; the printer walks it, and the tests
 * hold the schema in doc/control.schema.json and the manual to it. Every line is one object whose
 * first members are "v", "event" and "time". What is not known is left out. */
#ifndef UI_JSON_H
#define UI_JSON_H

#include "base/buf.h"
#include "phone/event.h"

#define JSON_VERSION 1
#define JSON_MEMBERS_MAX 40

/* Appends the line that tells event, with its newline; nothing for kinds without a name
 * (phone/event_names.h). unix_ms: when it happened. */
void json_event(struct buf *out, const struct phone_event *event, uint64_t unix_ms);

/* What is told among the events without coming from the phone. Strings may be foreign; "" and NULL
 * are left out. */
enum json_own_kind {
    JSON_OUTCOME = 1, /* word, exit, text: the last line of a program that ends */
    JSON_DROPPED,     /* text: why this client gets nothing more */
};

struct json_own {
    enum json_own_kind kind;
    const char *word;
    int exit;
    const char *text;
};

void json_own(struct buf *out, const struct json_own *own, uint64_t unix_ms);

/* Unix time in milliseconds, for unix_ms. */
uint64_t json_now_ms(void);

/* Appends a string with its quotes and escapes; it is made safe for a terminal (base/text.h), so
 * what is not UTF-8, too, becomes so. */
void json_put_string(struct buf *out, const char *text);

/* Appends a member with its comma in front; nothing where text is NULL or "". */
void json_put_text(struct buf *out, const char *name, const char *text);

/* The members of a device, without what stands around an object. */
void json_put_device(struct buf *out, const struct phone_device *device);

/* Words that JSON lines and result lines share: "no-answer". */
const char *json_outcome(enum phone_outcome outcome);
/* "auto", which what is not said is, "on", "off"; and back: PHONE_VOICE_UNSAID for other words and
 * NULL. */
const char *json_voice(enum phone_voice voice);
enum phone_voice json_voice_of(const char *word);

/* An event as the table has it: its name and the names of its members, NULL behind the last. */
struct json_shape {
    const char *name;
    const char *members[JSON_MEMBERS_MAX + 1];
};

/* The i-th event that can be told; false: there is none. */
bool json_shape_at(size_t i, struct json_shape *out);

#endif
