/* ui/ctl_show.h - what a daemon says, for people: tables for lists, name=value for the rest. */
#ifndef UI_CTL_SHOW_H
#define UI_CTL_SHOW_H

#include "base/buf.h"
#include "ui/ctl_line.h"

#define CTL_SHOW_MAX (16u << 20) /* bytes of all that one line may become */

/* A reply that is good. Its lists of accounts and calls are a line for each; other members follow
 * in one line; a reply that says nothing but yes is nothing. Where it listens is told by -v. */
void ctl_show_reply(struct buf *out, const struct ctl_line *line, int verbosity);
/* The event devices. */
void ctl_show_devices(struct buf *out, const struct ctl_line *line);
/* Any other event, as tphone tells those of its own phone (ui/status.h), each with the number of
 * its call. */
void ctl_show_event(struct buf *out, const struct ctl_line *line, int verbosity);

#endif
