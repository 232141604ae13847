/* ui/pipes.h - --play -, --record - and --audio-fd: what goes through the descriptors that we were
 * started with. */
#ifndef UI_PIPES_H
#define UI_PIPES_H

#include "phone/command.h"
#include "ui/cli.h"

/* The sound of a call as the options have it. pipes must live as long as the sound. */
struct pipes {
    struct phone_pipe in, out;
};
struct phone_sound pipes_sound(const struct cli *cli, struct pipes *pipes);

/* Whether the call or calls go through a descriptor at all. */
bool pipes_any(const struct cli *cli);
/* Standard output is for sound: results, and lines of JSON, go to standard error. */
bool pipes_have_output(const struct cli *cli);
/* Reads "IN,OUT": descriptors that are open. 0, or -EINVAL with a sentence in why. */
int pipes_read_fds(struct slice text, struct cli *cli, struct buf *why);
/* What options say together. Likewise. */
int pipes_check(const struct cli *cli, struct buf *why);

#endif
