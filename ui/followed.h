/* ui/followed.h - one call of a command, and the one that it was transferred to (PHONE_FOLLOW, or
 * by the setting transfers): for commands that wait for the end of a conversation.
 *
 * The new call counts from the end of the first one on. One that fails was none: the first is still
 * there. One that went well needs the first one no more. */
#ifndef UI_FOLLOWED_H
#define UI_FOLLOWED_H

#include "phone/event.h"

struct followed {
    uint32_t call;
    uint32_t other; /* that it was transferred to, while call is there itself; 0: none */
};

/* Whether it is one of both. */
bool followed_has(const struct followed *f, uint32_t call);
/* An event of any call. Whether the conversation is over by it, whose end it is then. */
bool followed_event(struct followed *f, const struct phone_event *event);

#endif
