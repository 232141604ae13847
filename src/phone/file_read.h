/* phone/file_read.h - a small file that a person edits, too, read as a whole. */
#ifndef PHONE_FILE_READ_H
#define PHONE_FILE_READ_H

#include <sys/stat.h>

#include "base/buf.h"

/* Appends to text, whose ceiling is that of the file (-EFBIG). flags: O_NOFOLLOW, which makes
 * -ELOOP of a link, or 0. Only a regular file: -EISDIR, -EINVAL; a pipe is not waited for. seen:
 * what it is now (phone/file_replace.h). 0 or another negative errno. Leaves nothing of it
 * elsewhere. */
int file_read(const char *path, int flags, struct stat *seen, struct buf *text);
/* The same of fd, which it closes. */
int file_read_opened(int fd, struct stat *seen, struct buf *text);

#endif
