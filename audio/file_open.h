/* audio/file_open.h - what reading and writing sound files have in common. For audio/file*.c. */
#ifndef AUDIO_FILE_OPEN_H
#define AUDIO_FILE_OPEN_H

#include <stdbool.h>

#include "audio/file.h"

/* "cannot VERB PATH: WHAT" into why, which may be NULL; returns err. */
int audio_file_because(int err, char why[AUDIO_WHY_MAX], const char *verb, const char *path,
                       const char *what);
/* open(2) for regular files only: a pipe would make the reader wait, a device has no end. */
int audio_file_open(const char *path, int flags, const char *verb, int *out,
                    char why[AUDIO_WHY_MAX]);
/* Whether the name has more than this ending, in letters of any size. */
bool audio_file_ends_in(const char *path, const char *ending);

#endif
