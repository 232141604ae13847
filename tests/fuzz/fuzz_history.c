/* A file that is said to be our database of calls, or one that somebody has spoiled: it is refused
 * in one line, or its rows can be shown. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "phone/history.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static char folder[] = "/tmp/fuzz_history_XXXXXX", path[64];

/* Also what SQLite puts beside it. */
static void clear(void)
{
    static const char *const names[] = {"db", "db-wal", "db-shm", "db-journal"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
}

static void clear_all(void)
{
    clear();
    rmdir(folder);
}

static void make_folder(void)
{
    if (path[0])
        return;
    must(mkdtemp(folder) != NULL);
    atexit(clear_all);
}

static void check_text(const char *text)
{
    must(text != NULL);
    for (; *text; text++)
        must((unsigned char)*text >= ' ' && *text != 127);
}

static bool check(void *arg, const struct history_row *row)
{
    unsigned *left = arg;

    check_text(row->peer);
    check_text(row->name);
    check_text(row->text);
    must(history_word(row->outcome) != NULL);
    return --*left > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct buf why = buf_new(4096);
    unsigned left = 100;
    FILE *file;
    int err;

    make_folder();
    clear();
    snprintf(path, sizeof path, "%s/db", folder);
    file = fopen(path, "w");
    must(file && fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
    err = history_read(path, check, &left, &why);
    must(!err || err == -ENOENT || why.n > 0);
    must(!why.n || !memchr(why.p, '\n', why.n));
    buf_free(&why);
    return 0;
}
