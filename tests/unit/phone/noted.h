/* tests/unit/phone/noted.h - a file of calls in a folder of its own, what goes into it and what
 * lies there. */
#ifndef TESTS_UNIT_PHONE_NOTED_H
#define TESTS_UNIT_PHONE_NOTED_H

#include "phone/history.h"
#include "tests/lib/rows.h"

#define PATIENCE_MS 20000

struct noted {
    char folder[64], path[96];
    unsigned told;       /* troubles, */
    char sentence[1024]; /* of which this was the last */
};

extern struct noted noted_at; /* one for each process */

/* Before and after each test: there is no folder. */
int noted_clean(void **state);

struct history *noted_open(void);
int64_t noted_begin(struct history *h, int64_t began_us, const char *peer);
void noted_end(struct history *h, int64_t id, int64_t began_us, enum history_outcome outcome);

struct noted_seen {
    size_t n, of[N_HISTORY_OUTCOMES];
    int64_t last_us;
    bool in_order;
    size_t stop_after; /* 0: never */
};

/* For history_read: arg is a struct noted_seen. */
bool noted_see(void *arg, const struct history_row *row);
/* All there is, which must be in order. */
struct noted_seen noted_look(void);
void noted_wait(size_t n); /* until so many rows are there */
/* What a query of one row and column says, of the database as it lies there. */
void noted_ask(const char *sql, const char *wanted);
void noted_run_sql(const char *sql);

void noted_nap(long ms);

#endif
