/* ui/screen/devices.h - what the view of the sound devices and its commands share. */
#ifndef UI_SCREEN_DEVICES_H
#define UI_SCREEN_DEVICES_H

#include "ui/screen/screen.h"

/* The name of a row, "none" in the last one. */
const char *devices_name(const struct screen *screen, size_t row);
/* Opens the device for its levels, where they are watched and no call has it open anyway. */
void devices_listen(struct screen *screen);

#endif
