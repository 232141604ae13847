/* ui/hooks.h - commands that events start: on-event of the configuration.
 *
 * A command is started without a shell (phone/program.h), in the order of the events. It gets the
 * event as one line of JSON (ui/json.h) on standard input and, member by member, as TPHONE_…
 * variables of its environment; what a stranger says stands only in their values. What it writes to
 * standard output goes to the log; where it fails, that is told with the first lines of its
 * standard error.
 *
 * It is bounded in each way: HOOKS_RUNNING_MAX commands at once, HOOKS_WAITING_MAX behind them, of
 * which the oldest is dropped when one more comes, HOOKS_MS_MAX of time. What a command starts in
 * turn is ended with it, unless it leaves its session (setsid(1)). A tphone that a hook runs has no
 * hooks itself, else one call might go on making others. */
#ifndef UI_HOOKS_H
#define UI_HOOKS_H

#include "phone/config.h"
#include "phone/event.h"

#define HOOKS_RUNNING_MAX 8u
#define HOOKS_WAITING_MAX 256u
#define HOOKS_MS_MAX 10000u       /* then SIGTERM … */
#define HOOKS_GRACE_MS 1000u      /* … and SIGKILL so long behind it */
#define HOOKS_TOLD_MAX 10u        /* failures a minute that are told; all of them are in the log */
#define HOOKS_OUT_BYTES_MAX 4096u /* of what one writes, for the log */

struct hooks;
struct net_loop;

/* A command has failed, or was dropped, in one sentence; runs from the loop. */
typedef void hooks_failed_fn(void *arg, const char *sentence);

/* For the on-event lines of config, which must outlive it; NULL in out where there are none. 0 or a
 * negative errno. */
int hooks_new(struct net_loop *loop, const struct phone_config *config, hooks_failed_fn *on_failed,
              void *arg, struct hooks **out);
/* Ends what still runs, at once. NULL is fine. */
void hooks_free(struct hooks *hooks);

/* Every event of the phone passes here. NULL is fine, for both. */
void hooks_event(struct hooks *hooks, const struct phone_event *event);
/* Whether a command is started by PHONE_QUALITY, which the phone tells only when asked. */
bool hooks_want_quality(const struct hooks *hooks);

/* The phone has told its last event: on_idle(arg) runs from the loop as soon as no command is left,
 * at the latest at until_ms, after what then still runs was ended and told. */
void hooks_finish(struct hooks *hooks, uint64_t until_ms, void (*on_idle)(void *arg));

#endif
