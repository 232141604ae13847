/* phone/config_keep.h - settings that were chosen while the phone runs, written to its file.
 *
 * All other lines stay as they are, with comments and order. Blocks for as long as the file system
 * does. */
#ifndef PHONE_CONFIG_KEEP_H
#define PHONE_CONFIG_KEEP_H

#include "base/buf.h"

/* A setting of the phone with all its lines; n 0: it is not said any more. */
struct config_kept {
    const char *name;
    const char *const *values;
    size_t n;
};

/* The file is made where it is missing; a link is followed. Nothing is written where nothing
 * changes, or what comes out could not be read. 0, or a negative errno with a sentence in why. */
int config_keep(const char *path, const struct config_kept *kept, size_t n, struct buf *why);

#endif
