/* ui/status.h - events as lines for a person, results as lines for a script. */
#ifndef UI_STATUS_H
#define UI_STATUS_H

#include "phone/event.h"
#include "ui/exit.h"

/* Appends the line that tells event, with its newline; nothing for events that are not worth one at
 * this verbosity (ui/cli.h). */
void status_line(struct buf *out, const struct phone_event *event, int verbosity);

/* Appends what that line says, without call and newline; false: nothing. */
bool status_words(struct buf *out, const struct phone_event *event);

/* Appends the line of a PHONE_ENDED, PHONE_REGISTERED or PHONE_REGISTER_FAILED for standard output:
 * the word of the outcome, then name=value pairs. */
void result_line(struct buf *out, const struct phone_event *event);

/* Appends who it is: a contact stands bare, what a peer calls itself in quotes and with none of its
 * own, so that none can be taken for the other. "": unknown. */
void status_put_name(struct buf *out, const char *contact, const char *name);
/* What a stranger calls himself, in quotes and with none of his own. */
void status_put_quoted(struct buf *out, const char *name);

/* Appends "2:03" or, from an hour on, "1:02:03". */
void status_put_duration(struct buf *out, uint64_t seconds);

/* An encryption of phone/event.h in words: "not encrypted"; "": nothing is known. */
const char *status_encryption(const char *encryption);
/* What its keys came by, "SDES" or "DTLS"; "": there are none. */
const char *status_keys(const char *encryption);
/* Those of its messages, in full: who was verified comes first. safe: signalling_encryption, ""
 * without TLS, or where it is not known yet. */
void status_put_messages(struct buf *out, const char *safe, bool known);

/* The exit status for a call that ended so. */
enum exit_status exit_of(enum phone_outcome outcome);

#endif
