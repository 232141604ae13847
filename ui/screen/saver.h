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
/* Nothing is said any more. What is under way is written before the loop has been freed, and the
 * helper of the screen must not be before that. NULL is fine. */
void saver_free(struct saver *saver);

/* What a screen has done: its file is made, with content, by whoever saves for it, or else at once;
 * then good is said, or what is wrong. Content is taken, and is empty afterwards. */
void saver_save(struct screen *screen, const char *path, struct buf *content, const char *good);
/* Whether a file of this screen is being written. */
bool saver_is_busy(const struct screen *screen);

#endif
