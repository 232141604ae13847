/* phone/history_db.h - the database of phone/history.h: opening, schema, rows. Seen by history.c.
 *
 * Used by one thread at a time; each function may block for as long as the file system does, and
 * for HISTORY_DB_BUSY_MS where other phones are writing. */
#ifndef PHONE_HISTORY_DB_H
#define PHONE_HISTORY_DB_H

#include "base/buf.h"
#include "phone/history.h"

#define HISTORY_DB_BUSY_MS 5000

struct history_db;

/* Opens for writing, makes what is missing, and brings an older schema up to date. run: number of
 * this run of the program, a random one, in which rows have their ids; it is locked in the file
 * -open until the database is closed. 0; a negative errno with a sentence in why. */
int history_db_open(const char *path, int64_t run, struct history_db **out, struct buf *why);
/* For reading alone. -ENOENT, with nothing in why: there is none. */
int history_db_open_to_read(const char *path, struct history_db **out, struct buf *why);
void history_db_close(struct history_db *db); /* NULL is fine */

/* Whether the file is no longer the one that was opened: somebody has moved or deleted it. */
bool history_db_has_moved(struct history_db *db);

/* A transaction: begin, rows, commit; on an error everything since begin is undone. put notes a
 * whole row under its id, which may stand there already; a text that is NULL stays as it stood. */
int history_db_begin(struct history_db *db, struct buf *why);
int history_db_put(struct history_db *db, const struct history_row *row, struct buf *why);
int history_db_commit(struct history_db *db, struct buf *why);

/* Newest first; see history_read. */
int history_db_each(struct history_db *db, bool (*each)(void *arg, const struct history_row *row),
                    void *arg, struct buf *why);

#endif
