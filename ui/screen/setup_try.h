/* ui/screen/setup_try.h - a tphone of its own that tries what a set-up has been told. */
#ifndef UI_SCREEN_SETUP_TRY_H
#define UI_SCREEN_SETUP_TRY_H

#include <sys/types.h>

#include "ui/screen/setup.h"

/* Starts it for SETUP_TEST_ACCOUNT, which reads the configuration from a pipe, so that what is on
 * trial is on no disk; SETUP_LIST_DEVICES or SETUP_TEST_DEVICE. fd is a socket, its standard input,
 * for commands, and output, lines of JSON; pid is its process, our child. It ends in a few seconds
 * when nothing more can come from there, and in a minute whatever happens. Not from a process that
 * has threads or has confined itself. 0 or a negative errno. */
int setup_try(enum setup_work work, struct slice config, int *fd, pid_t *pid);

#endif
