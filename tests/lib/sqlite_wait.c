/* Preloaded into Kamailio by tests/lib/kamailio.py: its databases are waited for while another
 * process has them. Its module asks SQLite for no patience (db_sqlite/dbase.c), so that of two
 * processes that write at once one fails, and the phone gets 500: as when a disk is slow, a
 * REGISTER is repeated, and another process takes up the copy. */
#include <dlfcn.h>
#include <stddef.h>

#define PATIENCE_MS 10000

struct sqlite3;

int sqlite3_open_v2(const char *name, struct sqlite3 **out, int flags, const char *vfs)
{
    /* It comes with a module, so it is in nobody's way but that one's: RTLD_NEXT has none. */
    void *library = dlopen("libsqlite3.so.0", RTLD_NOW);
    int (*open)(const char *, struct sqlite3 **, int, const char *) =
        library ? dlsym(library, "sqlite3_open_v2") : NULL;
    int (*wait)(struct sqlite3 *, int) = library ? dlsym(library, "sqlite3_busy_timeout") : NULL;
    int err = open && wait ? open(name, out, flags, vfs) : 1;

    if (err == 0)
        wait(*out, PATIENCE_MS);
    return err;
}
