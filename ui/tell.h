/* ui/tell.h - what is told of calls and registrations on the terminal, whosever phone it is. */
#ifndef UI_TELL_H
#define UI_TELL_H

#include "phone/event.h"
#include "ui/cli.h"
#include "ui/flush.h"

/* A script that reads events (--json) is shown what a person needs only where it asks for that. */
int tell_verbosity(const struct cli *cli);

/* A PHONE_ENDED, PHONE_REGISTERED or PHONE_REGISTER_FAILED as a result on standard output, where
 * events do not tell it, and for the last line of --json. */
void tell_result(const struct cli *cli, struct terminal *terminal, struct flush *flush,
                 const struct phone_event *event);

/* Whether a file or stream gave up in the middle of a call, which is noted for the last line. */
bool tell_sound_failed(struct terminal *terminal, const struct phone_event *event);

#endif
