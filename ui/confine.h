/* ui/confine.h - the helper and the sandbox of a phone, before it has a thread, and of who asks
 * one. */
#ifndef UI_CONFINE_H
#define UI_CONFINE_H

#include "net/loop.h"
#include "phone/config.h"
#include "phone/helper.h"
#include "ui/cli.h"
#include "ui/terminal.h"

/* Forks the helper, makes the loop, which knows it, and closes the sandbox, unless the settings
 * want none: then helper is NULL. terminal is told what is missing of a sandbox that is wanted.
 * What there is of these is the caller's in either case. 0 or a negative errno, perhaps with a
 * sentence in why. */
int confine(const struct cli *cli, const struct phone_config *config, struct terminal *terminal,
            struct net_spawner **helper, struct net_loop **loop, struct buf *why);

/* The sandbox of a client that is connected: it opens no file any more but those of the system. */
void confine_client(const struct cli *cli);

#endif
