/* ui/screen/setup_run.h - does what a set-up wants done: tests the account, lists devices, writes.
 *
 * The account is tested by a tphone of its own, which reads the draft from a pipe: what is on trial
 * is on no disk, and a server that does not answer keeps nobody from going back. */
#ifndef UI_SCREEN_SETUP_RUN_H
#define UI_SCREEN_SETUP_RUN_H

#include "ui/cli.h"
#include "ui/screen/setup.h"

struct net_loop;
struct setup_run;

/* Becomes the one who works for setup; changed(arg) runs from the loop when something was done. 0
 * or a negative errno. */
int setup_run_new(struct net_loop *loop, struct setup *setup, void (*changed)(void *arg), void *arg,
                  struct setup_run **out);
/* Ends a test that still runs. NULL is fine. */
void setup_run_free(struct setup_run *run);

/* Whether this is a first start: no settings are named, there is no file of them, and no phone is
 * there already. path: of the file, or nothing where there can be none. */
bool setup_is_due(const struct cli *cli, struct buf *path);

#endif
