/* ui/screen/saver.h - writes files for a screen: by a worker of the loop, as a disk may be slow and
 * whoever looks at the screen should not have to wait for it. */
#ifndef UI_SCREEN_SAVER_H
#define UI_SCREEN_SAVER_H

#include "ui/screen/screen.h"

struct net_loop;
struct saver;

/* Becomes the one who saves for screen, which must have its helper by now; saved(arg) runs from the
 * loop when the screen has said what came of a file. 0 or a negative errno. */
int saver_new(struct net_loop *loop, struct screen *screen, void (*saved)(void *arg), void *arg,
              struct saver **out);
/* Nothing is said to the screen any more. What is under way has so long to be written: 0. Else
 * -ETIMEDOUT with a sentence in why; then the worker goes on with the loop and the helper of the
 * screen, which must not be freed, and the program has to end by _exit, as libuv would wait for the
 * worker. NULL is fine. */
int saver_free(struct saver *saver, unsigned limit_ms, struct buf *why);

/* What a screen has done: its file is made, with content, by whoever saves for it, or else at once;
 * then good is said, or what is wrong. Content is taken where that is begun: not while another file
 * is being written, nor without memory, both of which are said. */
void saver_save(struct screen *screen, const char *path, struct buf *content, const char *good);
/* The file of this screen that is being written; NULL: none is. */
const char *saver_writes(const struct screen *screen);

#endif
