/* ui/screen/screen_prompt.h - what is typed in the last row: commands, searches, a password, yes or
 * no. */
#ifndef UI_SCREEN_SCREEN_PROMPT_H
#define UI_SCREEN_SCREEN_PROMPT_H

#include "ui/screen/screen.h"

/* A key while screen->prompt is not PROMPT_NONE. */
void prompt_key(struct screen *screen, const struct key *key);
/* The last row, and the one above it: what a command could become, and what it does. */
void prompt_draw(const struct screen *screen, struct cells *cells, struct rect within);

#endif
