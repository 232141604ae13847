#define _GNU_SOURCE 1 /* mkstemps */
#include "tests/lib/temporary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void move(char *path)
{
    const char *folder = getenv("TMPDIR"), *name = strrchr(path, '/');
    char there[TEMPORARY_MAX];
    int n = folder ? snprintf(there, sizeof there, "%s%s", folder, name) : 0;

    if (n > 0 && n < TEMPORARY_MAX)
        memcpy(path, there, (size_t)n + 1);
}

char *temporary_folder(char *path)
{
    move(path);
    return mkdtemp(path);
}

int temporary_file(char *path)
{
    const char *marks = strstr(path, "XXXXXX");
    int ending = marks ? (int)strlen(marks) - 6 : 0;

    move(path);
    return mkstemps(path, ending);
}
