/* ui/screen/screen_helper.h - what a screen that has confined itself has done for it, by a process
 * that was forked before (net/spawner.h).
 *
 * A screen that somebody has taken over can have this done, and no more: the telephone started as
 * it would be anyhow; up to four at a time of a tphone that tries an account or a device; a first
 * file of settings, where there is none; sound devices in settings; new files called like a trace
 * (.txt, .log, .pcap, .cap), in no hidden folder. No settings name a program once the screen has
 * had to do with a telephone, by which strangers could reach it, nor a file as a device. Until then
 * they may, also while an account is tried: what its server says reaches the screen as text that
 * was made safe, in lines of JSON, and whoever breaks a screen by that can still name a program.
 *
 * All of these wait for the answer, a few seconds at most. */
#ifndef UI_SCREEN_SCREEN_HELPER_H
#define UI_SCREEN_SCREEN_HELPER_H

#include "phone/config_keep.h"
#include "ui/cli.h"
#include "ui/screen/model.h"
#include "ui/screen/setup.h"

struct net_spawner;

/* Forks it, which copies all of these. draft: the file that a set-up writes, "": none; settings:
 * the one that devices are kept in, NULL: none. 0 or a negative errno with a sentence in why. */
int screen_helper_new(const struct cli *cli, const char *draft, const char *settings,
                      struct net_spawner **out, struct buf *why);

/* Closes the sandbox of the screen, which has its terminal by now, unless the settings want none.
 * What is missing of it is noted in the log. */
void screen_helper_confine(const struct cli *cli, struct model *model);

/* start_phone(), on its side. */
int screen_helper_start(const struct net_spawner *helper, struct buf *path, int *life,
                        struct buf *why);
/* start_put_last_words(), of the telephone that is or would be started. */
void screen_helper_put_last_words(const struct net_spawner *helper, bool always, struct buf *out);
/* From now on strangers may be heard of: no setting names a program any more. 0, also where there
 * is no helper left that one could be named to; or a negative errno with why: it does not know so,
 * and nobody may be heard of. */
int screen_helper_knows_phone(const struct net_spawner *helper, struct buf *why);
/* setup_try(), with a configuration as a set-up makes it. */
int screen_helper_try(const struct net_spawner *helper, enum setup_work work, struct slice config,
                      int *fd, struct buf *why);
/* setup_write_file(), in the file of the beginning. */
int screen_helper_write_settings(const struct net_spawner *helper, struct slice config,
                                 struct buf *why);
/* trace_file_open(). helper NULL: done here, likewise the next one. */
int screen_helper_open_trace(const struct net_spawner *helper, const char *path, int *fd,
                             struct buf *why);
/* config_keep(), in the file of the beginning; path: the same, for who has no helper. */
int screen_helper_keep(const struct net_spawner *helper, const char *path,
                       const struct config_kept *kept, size_t n, struct buf *why);

#endif
