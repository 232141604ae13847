/* phone/file_replace.h - a file that a person edits, too, put in place of itself: whoever reads it
 * sees the old one or the new one, also where the machine stops. */
#ifndef PHONE_FILE_REPLACE_H
#define PHONE_FILE_REPLACE_H

#include <sys/stat.h>

#include "base/slice.h"

/* seen: what it was when it was read, whose mode it keeps; st_nlink 0: there was none, and the new
 * one has 0600. Follows no link at its end. 0; -EAGAIN: somebody else has written to it since;
 * another negative errno. */
int file_replace(const char *path, const struct stat *seen, struct slice text);

#endif
