/* ui/registering.h - the accounts that a command wants registered, and how that stands. */
#ifndef UI_REGISTERING_H
#define UI_REGISTERING_H

#include "ui/session.h"

struct registering {
    struct registering_row {
        const char *label;          /* of the configuration */
        enum phone_outcome outcome; /* of the last answer; 0: there was none */
        bool hopeless;              /* it is not tried again */
    } * rows;                       /* owned */
    size_t n;
};

/* Registers every account of the configuration that is to be. EXIT_OK, or the status to leave with,
 * the reason already told. n is 0 where there is none. */
enum exit_status registering_begin(struct registering *r, struct session *session);
void registering_free(struct registering *r);
/* Takes note of an event; true: it is the answer of an account's server. */
bool registering_note(struct registering *r, const struct phone_event *event);
/* Whether each account has its answer. */
bool registering_is_settled(const struct registering *r);
/* Whether no account is registered, nor will be. */
bool registering_is_hopeless(const struct registering *r);
/* EXIT_OK where all are registered; else the status of the first that is not. */
enum exit_status registering_exit(const struct registering *r);

#endif
