/* phone/history.h - which calls there were and how they ended, in SQLite.
 *
 * Writing never waits: rows go to a thread of their own, in order, and each is with the kernel as
 * soon as the thread has written it, so that a process that is killed loses what happened in the
 * last hundredth of a second. Calls that its death cut off are shown as such. Several phones may
 * write at the same time. What cannot be written for a while (a full disk) is kept and tried again
 * with the next row, up to HISTORY_WAITING_MAX rows.
 *
 * Files: the database, its -wal and -shm, and an empty one, -open, in which every process that
 * writes keeps a lock; all 0600, their folders 0700. */
#ifndef PHONE_HISTORY_H
#define PHONE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define HISTORY_WAITING_MAX 4096u
/* Older ones are forgotten, so that whoever calls all day long cannot fill the disk. */
#define HISTORY_CALLS_MAX 100000

/* What a person wants to know of a call that is over. */
enum history_outcome {
    HISTORY_OPEN, /* under way */
    HISTORY_ANSWERED,
    HISTORY_MISSED,    /* came in, and the caller gave up or nobody answered */
    HISTORY_ELSEWHERE, /* came in, and was answered at another phone */
    HISTORY_DECLINED,  /* refused by whoever was called: 603, or our own refusal */
    HISTORY_BUSY,
    HISTORY_FAILED,    /* not found, not allowed, unreachable, no answer from the network */
    HISTORY_CANCELLED, /* we gave up before the answer */
    HISTORY_NO_ANSWER, /* it rang there, and nobody answered */
    HISTORY_CUT_OFF,   /* its process was killed */
    N_HISTORY_OUTCOMES
};

/* One call. Strings are UTF-8 and safe to show; "" where unknown, and NULL counts as "" where a row
 * is written. */
struct history_row {
    int64_t id;       /* of history_begin; where it is read, of the row in the database */
    int64_t began_us; /* of Unix time, UTC */
    bool outgoing;
    const char *account; /* address of record, or "" */
    const char *peer;    /* URI */
    const char *name;    /* what the peer calls itself */
    const char *contact; /* what our file of contacts calls it, where it is surely this one */
    enum history_outcome outcome;
    unsigned status;  /* of SIP, or 0 */
    const char *text; /* cause in words */
    uint64_t talk_ms;
    const char *file; /* that was recorded to */
};

struct history;

/* Nothing is opened before the first row. path is copied; its folders are made, private. 0 or
 * -ENOMEM. on_trouble: told once, from history_begin, _end or _free, when rows cannot be
 * written. */
int history_new(const char *path, void (*on_trouble)(void *arg, const char *sentence), void *arg,
                struct history **out);
/* Writes what is still to be written, for limit_ms at most; what was not written by then is, where
 * the process lives on. NULL is fine. */
void history_free(struct history *history, uint64_t limit_ms);
/* A call begins: row.id is handed out, above 0 and never given twice. Or -ENOMEM; -ENOBUFS: too many
 * rows wait; another negative errno: the thread cannot be started. It may be tried again. */
int64_t history_begin(struct history *history, const struct history_row *row);
/* It is over: the whole row is noted under its id; without memory its numbers and its outcome, and
 * the texts of its beginning stay. 0, or as history_begin where that was not possible either. */
int history_end(struct history *history, const struct history_row *row);

/* Whether rows are about to be written. */
bool history_waits(struct history *history);

/* The word that stands for an outcome in the database and for scripts: "answered", "cut-off". */
const char *history_word(enum history_outcome outcome);

/* Newest first, of a closed or open database; blocks. each returns false to stop. 0; -ENOENT: there
 * is none yet; another negative errno with a sentence in why. */
int history_read(const char *path, bool (*each)(void *arg, const struct history_row *row),
                 void *arg, struct buf *why);

#endif
