/* For F_OFD_SETLK. */
#define _GNU_SOURCE 1
#include "phone/history_db.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "phone/folders.h"

/* "tpho": other people's databases are left alone. */
#define APPLICATION_ID 0x7470686f

/* Of a value in it, whoever has written that. */
#define VALUE_BYTES_MAX (1 << 20)

/* One step of the schema each, in order; PRAGMA user_version counts those that are done. A step
 * that was once released is never changed: what is to be different becomes a new one. */
static const char *const migrations[] = {
    /* outcome NULL: under way, or cut off with its run */
    "CREATE TABLE calls ("
    " id INTEGER PRIMARY KEY,"
    " run INTEGER NOT NULL, number INTEGER NOT NULL,"
    " began_us INTEGER NOT NULL, outgoing INTEGER NOT NULL,"
    " account TEXT NOT NULL, peer TEXT NOT NULL, name TEXT NOT NULL, contact TEXT NOT NULL,"
    " outcome TEXT, status INTEGER NOT NULL, text TEXT NOT NULL, talk_ms INTEGER NOT NULL,"
    " file TEXT NOT NULL,"
    " UNIQUE (run, number));"
    "CREATE INDEX calls_by_time ON calls (began_us);",
};

struct history_db {
    sqlite3 *sqlite;
    sqlite3_stmt *put; /* NULL: opened to read */
    char *path;
    int64_t run;
    int lock_fd; /* of the file -open, or -1 */
};

/* --- what SQLite says ----------------------------------------------------------------------- */

/* clang-format off */
static const struct fault {
    int code, err; /* of SQLite; what it is to us */
    const char *words;
} faults[] = {
    {SQLITE_FULL,     -ENOSPC,  "the disk is full"},
    {SQLITE_READONLY, -EROFS,   "it may not be written to"},
    {SQLITE_PERM,     -EACCES,  "it may not be opened"},
    {SQLITE_CANTOPEN, -EACCES,  "it cannot be opened, or its folder not be written to"},
    {SQLITE_BUSY,     -EBUSY,   "another program keeps it locked"},
    {SQLITE_LOCKED,   -EBUSY,   "another program keeps it locked"},
    {SQLITE_CORRUPT,  -EBADMSG, "it is damaged; move it away, and a new one is begun"},
    {SQLITE_NOTADB,   -EBADMSG, "it is no database; move it away, and a new one is begun"},
    {SQLITE_IOERR,    -EIO,     "reading or writing failed"},
    {SQLITE_NOMEM,    -ENOMEM,  "no memory is left"},
};
/* clang-format on */

static int fail(struct history_db *db, int err, const char *words, struct buf *why)
{
    if (why->n == 0) {
        text_safe(why, slice_of(db->path));
        buf_printf(why, ": %s", words);
    }
    return err;
}

static int explain(struct history_db *db, int code, struct buf *why)
{
    for (size_t i = 0; i < ARRAY_LEN(faults); i++)
        if (faults[i].code == (code & 0xff))
            return fail(db, faults[i].err, faults[i].words, why);
    return fail(db, -EIO, sqlite3_errstr(code), why);
}

static int run_sql(struct history_db *db, const char *sql, struct buf *why)
{
    int code = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? 0 : explain(db, code, why);
}

/* The number that a query of one row and column gives. */
static int ask_number(struct history_db *db, const char *sql, int64_t *out, struct buf *why)
{
    sqlite3_stmt *query = NULL;
    int code = sqlite3_prepare_v2(db->sqlite, sql, -1, &query, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(query);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(query, 0);
    sqlite3_finalize(query);
    return code == SQLITE_ROW ? 0 : explain(db, code, why);
}

/* --- which runs are alive ------------------------------------------------------------------- */

static int open_beside(const struct history_db *db, const char *suffix, int flags)
{
    struct buf path = buf_new(8192);
    int fd;

    buf_printf(&path, "%s%s", db->path, suffix);
    fd = open(buf_cstr(&path), flags | O_NOFOLLOW | O_CLOEXEC, 0600);
    buf_free(&path);
    return fd;
}

static struct flock byte_of(int64_t run)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = run, .l_len = 1};
}

/* A lock on one byte, at the number of the run, which the kernel takes back when the process ends
 * in whatever way: no guessing by process ids, which are used again. The lock belongs to the
 * descriptor, so that another of the same process can be told apart. Without it the calls of this
 * run look cut off until they end, which is no reason not to note them. */
static void lock_run(struct history_db *db)
{
    struct flock lock = byte_of(db->run);

    db->lock_fd = open_beside(db, "-open", O_RDWR | O_CREAT);
    if (db->lock_fd >= 0)
        fcntl(db->lock_fd, F_OFD_SETLK, &lock);
}

static bool run_lives(const struct history_db *db, int64_t run)
{
    struct flock lock = byte_of(run);

    return db->lock_fd >= 0 && fcntl(db->lock_fd, F_OFD_GETLK, &lock) == 0 &&
           lock.l_type != F_UNLCK;
}

/* --- the schema ----------------------------------------------------------------------------- */

static int check_version(struct history_db *db, int64_t *version, struct buf *why)
{
    int64_t tables = 0, application = 0;
    /* In this order, for another phone may be making them in between, with one commit for all:
     * where there are tables, their marks are there. */
    int err = ask_number(db, "SELECT count(*) FROM sqlite_master", &tables, why);

    if (!err)
        err = ask_number(db, "PRAGMA application_id", &application, why);
    if (!err)
        err = ask_number(db, "PRAGMA user_version", version, why);
    if (err)
        return err;
    if (tables > 0 && application != APPLICATION_ID)
        return fail(db, -EEXIST, "this is the database of another program; choose another file",
                    why);
    if (*version > (int64_t)ARRAY_LEN(migrations))
        return fail(db, -ENOTSUP, "a newer tphone has written it, and this one does not know how",
                    why);
    return 0;
}

static int run_migrations(struct history_db *db, struct buf *why)
{
    char pragmas[80];
    int64_t version;
    int err = check_version(db, &version, why);

    for (size_t i = (size_t)version; !err && i < ARRAY_LEN(migrations); i++)
        err = run_sql(db, migrations[i], why);
    if (err)
        return err;
    snprintf(pragmas, sizeof pragmas, "PRAGMA application_id=%d; PRAGMA user_version=%zu",
             APPLICATION_ID, ARRAY_LEN(migrations));
    return run_sql(db, pragmas, why);
}

static void undo(struct history_db *db)
{
    sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

/* Asked again within the transaction: another phone may be doing the same. */
static int migrate(struct history_db *db, struct buf *why)
{
    int64_t version;
    int err = check_version(db, &version, why);

    if (err || version == (int64_t)ARRAY_LEN(migrations))
        return err;
    err = run_sql(db, "BEGIN IMMEDIATE", why);
    if (!err)
        err = run_migrations(db, why);
    if (!err)
        err = run_sql(db, "COMMIT", why);
    if (err)
        undo(db);
    return err;
}

/* --- opening -------------------------------------------------------------------------------- */

/* SQLite refuses symbolic links anywhere in a path. One to a folder is somebody's own decision; one
 * in place of the file is not: so the folder is followed here and the file never. */
static char *resolve_folder(const char *path)
{
    const char *name = strrchr(path, '/');
    struct buf out = buf_new(16384);
    char *folder =
        slice_dup(name ? slice_head(slice_of(path), (size_t)(name - path) + 1) : SLICE("."));
    char *real = folder ? realpath(folder, NULL) : NULL;
    char *whole = NULL;

    if (real) {
        buf_printf(&out, "%s/%s", real, name ? name + 1 : path);
        whole = buf_ok(&out) ? slice_dup(buf_slice(&out)) : NULL;
    }
    free(real);
    free(folder);
    buf_free(&out);
    return whole;
}

/* SQLite gives -wal and -shm the mode of the database, which therefore is ours before its first
 * byte. An existing file is not opened: closing it would take SQLite's own locks away. */
static int make_file(struct history_db *db, struct buf *why)
{
    int fd = open(db->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    struct stat st;

    if (fd >= 0) {
        close(fd);
        return 0;
    }
    if (errno != EEXIST || lstat(db->path, &st) != 0)
        return fail(db, -errno, strerror(errno), why);
    if (!S_ISREG(st.st_mode))
        return fail(db, -EINVAL, "this is not a file of its own", why);
    return 0;
}

/* Two phones that begin at once: the switch to WAL does not wait for the other by itself. */
static int set_wal(struct history_db *db, struct buf *why)
{
    int code = SQLITE_BUSY;

    for (int tries = HISTORY_DB_BUSY_MS / 20; tries > 0; tries--) {
        code = sqlite3_exec(db->sqlite, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
        if ((code & 0xff) != SQLITE_BUSY)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    return code == SQLITE_OK ? 0 : explain(db, code, why);
}

static int open_sqlite(struct history_db *db, const char *name, int flags, struct buf *why)
{
    int code = sqlite3_open_v2(name, &db->sqlite, flags | SQLITE_OPEN_NOMUTEX, NULL);

    if (code != SQLITE_OK)
        return explain(db, code, why);
    sqlite3_busy_timeout(db->sqlite, HISTORY_DB_BUSY_MS);
    sqlite3_limit(db->sqlite, SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX);
    return run_sql(db, "PRAGMA cache_size=-256; PRAGMA trusted_schema=OFF", why);
}

static const char put_sql[] =
    "INSERT INTO calls (run, number, began_us, outgoing, account, peer, name, contact,"
    " outcome, status, text, talk_ms, file)"
    " VALUES (?1, ?2, ?3, ?4, ifnull(?5, ''), ifnull(?6, ''), ifnull(?7, ''), ifnull(?8, ''),"
    " ?9, ?10, ifnull(?11, ''), ?12, ifnull(?13, ''))"
    " ON CONFLICT (run, number) DO UPDATE SET account = ifnull(?5, account),"
    " peer = ifnull(?6, peer), name = ifnull(?7, name), contact = ifnull(?8, contact),"
    " outcome = ?9, status = ?10, text = ifnull(?11, text), talk_ms = ?12, file = ifnull(?13, "
    "file)";

/* In WAL, synchronous NORMAL asks the disk to keep its word once per checkpoint and not once per
 * row: a process that is killed loses nothing by it, a machine that loses power the last rows. */
static int open_to_write(struct history_db *db, struct buf *why)
{
    int err = make_file(db, why), code;

    if (!err)
        err = open_sqlite(db, db->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, why);
    if (!err)
        err = run_sql(db, "PRAGMA synchronous=NORMAL", why);
    if (!err)
        err = set_wal(db, why);
    if (!err)
        err = migrate(db, why);
    if (err)
        return err;
    code = sqlite3_prepare_v3(db->sqlite, put_sql, -1, SQLITE_PREPARE_PERSISTENT, &db->put, NULL);
    return code == SQLITE_OK ? 0 : explain(db, code, why);
}

static int new_db(const char *path, struct history_db **out, struct buf *why)
{
    struct history_db *db = calloc(1, sizeof *db);

    if (db) {
        db->lock_fd = -1;
        db->path = resolve_folder(path);
        if (!db->path)
            db->path = slice_dup(slice_of(path));
    }
    if (!db || !db->path) {
        free(db);
        buf_puts(why, "no memory is left");
        return -ENOMEM;
    }
    *out = db;
    return 0;
}

int history_db_open(const char *path, int64_t run, struct history_db **out, struct buf *why)
{
    int made = folders_make_for(path), err = new_db(path, out, why);

    if (err)
        return err;
    (*out)->run = run;
    if (made)
        err = fail(*out, made, strerror(-made), why);
    if (!err)
        err = open_to_write(*out, why);
    if (err) {
        history_db_close(*out);
        *out = NULL;
        return err;
    }
    lock_run(*out);
    return 0;
}

/* Where neither the database nor its folder can be written to, SQLite has no place for its index of
 * the WAL, and is told that nobody writes. */
static void put_immutable(struct buf *uri, const char *path)
{
    buf_puts(uri, "file:");
    for (const char *p = path; *p; p++) {
        if (strchr("%?#", *p))
            buf_printf(uri, "%%%02x", (unsigned)*p);
        else
            buf_putc(uri, *p);
    }
    buf_puts(uri, "?immutable=1");
}

static int open_to_read(struct history_db *db, struct buf *why)
{
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW;
    int64_t version;
    int err = open_sqlite(db, db->path, flags, why);

    if (!err)
        err = check_version(db, &version, why);
    if (err == -EACCES || err == -EROFS) {
        struct buf uri = buf_new(65536);

        buf_clear(why);
        sqlite3_close(db->sqlite);
        put_immutable(&uri, db->path);
        err = open_sqlite(db, buf_cstr(&uri), flags | SQLITE_OPEN_URI, why);
        if (!err)
            err = check_version(db, &version, why);
        buf_free(&uri);
    }
    return !err && version == 0 ? -ENOENT : err; /* made, and nothing written to it yet */
}

int history_db_open_to_read(const char *path, struct history_db **out, struct buf *why)
{
    struct stat st;
    int err = new_db(path, out, why);

    if (err)
        return err;
    if (lstat((*out)->path, &st) != 0)
        err = errno == ENOENT || errno == ENOTDIR ? -ENOENT
                                                  : fail(*out, -errno, strerror(errno), why);
    else if (!S_ISREG(st.st_mode))
        err = fail(*out, -EINVAL, "this is not a file of its own", why);
    if (!err)
        err = open_to_read(*out, why);
    if (err) {
        history_db_close(*out);
        *out = NULL;
        return err;
    }
    (*out)->lock_fd = open_beside(*out, "-open", O_RDONLY);
    return 0;
}

bool history_db_has_moved(struct history_db *db)
{
    int moved = 0;

    return sqlite3_file_control(db->sqlite, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
           moved;
}

/* The last one to close tidies the WAL up, by its name: which is no longer ours where the database
 * has moved. */
void history_db_close(struct history_db *db)
{
    if (!db)
        return;
    if (db->put && history_db_has_moved(db))
        sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_finalize(db->put);
    sqlite3_close(db->sqlite);
    if (db->lock_fd >= 0)
        close(db->lock_fd);
    free(db->path);
    free(db);
}

/* --- rows ----------------------------------------------------------------------------------- */

int history_db_begin(struct history_db *db, struct buf *why)
{
    return run_sql(db, "BEGIN IMMEDIATE", why);
}

static void bind_text(sqlite3_stmt *put, int at, const char *text)
{
    sqlite3_bind_text(put, at, text, -1, SQLITE_STATIC); /* NULL for NULL */
}

int history_db_put(struct history_db *db, const struct history_row *row, struct buf *why)
{
    sqlite3_stmt *put = db->put;
    int code;

    sqlite3_bind_int64(put, 1, db->run);
    sqlite3_bind_int64(put, 2, row->id);
    sqlite3_bind_int64(put, 3, row->began_us);
    sqlite3_bind_int(put, 4, row->outgoing);
    bind_text(put, 5, row->account);
    bind_text(put, 6, row->peer);
    bind_text(put, 7, row->name);
    bind_text(put, 8, row->contact);
    if (row->outcome == HISTORY_OPEN)
        sqlite3_bind_null(put, 9);
    else
        bind_text(put, 9, history_word(row->outcome));
    sqlite3_bind_int64(put, 10, row->status);
    bind_text(put, 11, row->text);
    sqlite3_bind_int64(put, 12, (int64_t)row->talk_ms);
    bind_text(put, 13, row->file);
    code = sqlite3_step(put);
    sqlite3_reset(put);
    sqlite3_clear_bindings(put);
    if (code == SQLITE_DONE)
        return 0;
    undo(db);
    return explain(db, code, why);
}

/* Numbers only grow, so the oldest are found without looking. */
static int forget_oldest(struct history_db *db, struct buf *why)
{
    char sql[120];

    snprintf(sql, sizeof sql, "DELETE FROM calls WHERE id <= (SELECT max(id) FROM calls) - %d",
             HISTORY_CALLS_MAX);
    return run_sql(db, sql, why);
}

int history_db_commit(struct history_db *db, struct buf *why)
{
    int err = forget_oldest(db, why);

    if (!err)
        err = run_sql(db, "COMMIT", why);

    if (err)
        undo(db);
    return err;
}

/* --- reading -------------------------------------------------------------------------------- */

static const char each_sql[] =
    "SELECT id, run, began_us, outgoing, account, peer, name, contact, outcome, status, text,"
    " talk_ms, file FROM calls ORDER BY began_us DESC, id DESC";

#define N_TEXTS 6

/* The database is a file that anybody with its owner's rights can have changed. */
static const char *safe_text(sqlite3_stmt *query, int column, struct buf *room)
{
    const char *text = (const char *)sqlite3_column_text(query, column);

    buf_clear(room);
    text_safe_own(room,
                  (struct slice){text, text ? (size_t)sqlite3_column_bytes(query, column) : 0});
    return buf_cstr(room);
}

static enum history_outcome outcome_of(const struct history_db *db, sqlite3_stmt *query)
{
    const char *word = (const char *)sqlite3_column_text(query, 8);

    if (!word)
        return run_lives(db, sqlite3_column_int64(query, 1)) ? HISTORY_OPEN : HISTORY_CUT_OFF;
    for (enum history_outcome i = 0; i < N_HISTORY_OUTCOMES; i++)
        if (strcmp(word, history_word(i)) == 0)
            return i;
    return HISTORY_FAILED;
}

static bool tell_row(const struct history_db *db, sqlite3_stmt *query, struct buf texts[N_TEXTS],
                     bool (*each)(void *arg, const struct history_row *row), void *arg)
{
    struct history_row row = {
        .id = sqlite3_column_int64(query, 0),
        .began_us = sqlite3_column_int64(query, 2),
        .outgoing = sqlite3_column_int(query, 3) != 0,
        .account = safe_text(query, 4, &texts[0]),
        .peer = safe_text(query, 5, &texts[1]),
        .name = safe_text(query, 6, &texts[2]),
        .contact = safe_text(query, 7, &texts[3]),
        .outcome = outcome_of(db, query),
        .status = (unsigned)sqlite3_column_int(query, 9),
        .text = safe_text(query, 10, &texts[4]),
        .talk_ms = (uint64_t)sqlite3_column_int64(query, 11),
        .file = safe_text(query, 12, &texts[5]),
    };

    return each(arg, &row);
}

int history_db_each(struct history_db *db, bool (*each)(void *arg, const struct history_row *row),
                    void *arg, struct buf *why)
{
    struct buf texts[N_TEXTS];
    sqlite3_stmt *query = NULL;
    int code = sqlite3_prepare_v2(db->sqlite, each_sql, -1, &query, NULL);

    for (size_t i = 0; i < N_TEXTS; i++)
        texts[i] = buf_new(65536);
    if (code == SQLITE_OK)
        while ((code = sqlite3_step(query)) == SQLITE_ROW)
            if (!tell_row(db, query, texts, each, arg)) {
                code = SQLITE_DONE;
                break;
            }
    sqlite3_finalize(query);
    for (size_t i = 0; i < N_TEXTS; i++)
        buf_free(&texts[i]);
    return code == SQLITE_DONE ? 0 : explain(db, code, why);
}
