/* tests/lib/temporary.h - files and folders of a test, where tests/run removes what is left of one
 * that failed or was killed. */
#ifndef TESTS_LIB_TEMPORARY_H
#define TESTS_LIB_TEMPORARY_H

/* Short enough for a socket in it. */
#define TEMPORARY_MAX 56

/* As mkdtemp and mkstemps: path is "/tmp/NAME", with XXXXXX at its end or before one that begins
 * with a dot, and has room for TEMPORARY_MAX. It is made in $TMPDIR instead, where that fits. */
char *temporary_folder(char *path);
int temporary_file(char *path);

#endif
