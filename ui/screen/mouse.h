/* ui/screen/mouse.h - clicks and the wheel: what a key does, done where one points.
 *
 * A click gives a pane the focus and chooses the row; a second one on that row does what Enter
 * does; a click on a key of the last row does what the key does. The wheel moves through the list
 * under it. Nothing needs a mouse. */
#ifndef UI_SCREEN_MOUSE_H
#define UI_SCREEN_MOUSE_H

#include "ui/screen/screen.h"

void mouse_key(struct screen *screen, const struct key *key);

#endif
