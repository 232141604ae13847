/* ui/screen/screen_draw.h - the parts of the screen that are no view. */
#ifndef UI_SCREEN_SCREEN_DRAW_H
#define UI_SCREEN_SCREEN_DRAW_H

#include "ui/screen/screen.h"

struct command;

/* The first row: accounts, levels, what is wrong. */
void draw_status(const struct screen *screen, struct cells *cells, struct rect within);
/* The last row: what can be done now, or what is typed, asked or told. */
void draw_keys(const struct screen *screen, struct cells *cells, struct rect within);
/* The command whose key is shown there, NULL: none. */
const struct command *keys_command_at(const struct screen *screen, struct rect within, int col);

#endif
