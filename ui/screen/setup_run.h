/* ui/screen/setup_run.h - has done what a set-up wants done, and listens to what comes of it: tests
 * the account, lists devices, writes.
 *
 * All that by the helper of the screen. A server that does not answer keeps nobody from going
 * back. */
#ifndef UI_SCREEN_SETUP_RUN_H
#define UI_SCREEN_SETUP_RUN_H

#include "ui/cli.h"
#include "ui/screen/screen.h"

struct net_loop;
struct net_spawner;
struct setup_run;

/* Becomes the one who works for setup; changed(arg) runs from the loop when something was done. 0
 * or a negative errno. */
int setup_run_new(struct net_loop *loop, const struct net_spawner *helper, struct setup *setup,
                  void (*changed)(void *arg), void *arg, struct setup_run **out);
/* Ends a test that still runs. NULL is fine. */
void setup_run_free(struct setup_run *run);

/* Makes the set-up of a screen, which then knows where settings can be kept as well. Whether this
 * is a first start: no settings are named, there is no file of them, and no phone is there
 * already. */
bool setup_prepare(const struct cli *cli, struct setup *setup, struct screen *screen);

#endif
