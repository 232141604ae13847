/* phone/history.h - which calls there were and how they ended, in SQLite.
 *
 * Writing never waits: rows go to a thread of their own, in order, and each is on the disk as soon
 * as the thread has written it. A process that is killed loses what happened in the last moment;
 * its calls that never ended are shown as such. Several phones may write at the same time. */
#ifndef PHONE_HISTORY_H
#define PHONE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* What a person wants to know of a call that is over. */
enum history_outcome {
    HISTORY_OPEN, /* under way, or its process was killed */
    HISTORY_ANSWERED,
    HISTORY_MISSED,   /* came in, and the caller gave up or nobody answered */
    HISTORY_DECLINED, /* refused by whoever was called: 603, or our own refusal */
    HISTORY_BUSY,
    HISTORY_FAILED,    /* not found, not allowed, unreachable, no answer from the network */
    HISTORY_CANCELLED, /* we gave up before the answer */
    HISTORY_NO_ANSWER, /* it rang there, and nobody answered */
};

/* One call. Strings are UTF-8 and safe to show; "" where unknown. */
struct history_row {
    int64_t id;
    int64_t began_us; /* of Unix time, UTC */
    bool outgoing;
    const char *account; /* address of record, or "" */
    const char *peer, *peer_name;
    enum history_outcome outcome;
    unsigned status;  /* of SIP, or 0 */
    const char *text; /* cause in words */
    uint64_t talk_ms;
    const char *file; /* that was recorded to */
};

struct history;

/* Nothing is opened before the first row. path is copied; its folders are made, private. 0 or
 * -ENOMEM. on_trouble: told once, from history_begin or history_end, when rows cannot be written.
 */
int history_new(const char *path, void (*on_trouble)(void *arg, const char *sentence), void *arg,
                struct history **out);
/* Writes what is still to be written, for two seconds at most. NULL is fine. */
void history_free(struct history *history);
/* A call begins: row.id is handed out. */
int64_t history_begin(struct history *history, const struct history_row *row);
/* It is over: outcome, status, text, talk_ms and file of row are noted under its id. */
void history_end(struct history *history, const struct history_row *row);

/* Newest first, at most limit (0: all), of a closed or open database; blocks. each returns false to
 * stop. 0; -ENOENT: there is none yet; a negative errno with a sentence in why. */
int history_read(const char *path, size_t limit,
                 bool (*each)(void *arg, const struct history_row *row), void *arg,
                 struct buf *why);

#endif
