#include "phone/history.h"

#include <errno.h>
#include <stdlib.h>

#include "base/list.h"
#include "base/rand.h"
#include "base/thread.h"
#include "phone/history_db.h"

/* Rows that come within this time are one transaction; and the writer stays out of the way of the
 * answer that is sent at the same moment. */
#define GATHER_MS 10
/* How far back the beginning of a call is looked for that ends. */
#define LOOK_BACK 64

#define N_TEXTS 6

struct waiting_row {
    struct list link;
    struct history_row row;
    char texts[]; /* all strings of it, one behind the other */
};

struct history {
    char *path;
    void (*on_trouble)(void *arg, const char *sentence);
    void *arg;
    int64_t run, last_id;
    bool running, told;        /* the thread was started; on_trouble was called */
    struct waiting_row *spare; /* NULL: it was needed, and there was no memory for another one */
    pthread_t thread;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake, finished_too;
    struct list rows; /* of struct waiting_row, oldest first */
    size_t n_waiting; /* of them and of those that the writer has taken and not written */
    bool stop, finished, abandoned;
    const char *trouble; /* a sentence, which stays; NULL: none */
};

/* The writer's own. */
struct writer {
    struct history *history;
    struct history_db *db; /* NULL: not open */
    struct list rows;      /* taken, oldest first; kept where they could not be written */
};

const char *history_word(enum history_outcome outcome)
{
    static const char *const words[N_HISTORY_OUTCOMES] = {
        [HISTORY_OPEN] = "open",           [HISTORY_ANSWERED] = "answered",
        [HISTORY_MISSED] = "missed",       [HISTORY_ELSEWHERE] = "elsewhere",
        [HISTORY_DECLINED] = "declined",   [HISTORY_BUSY] = "busy",
        [HISTORY_FAILED] = "failed",       [HISTORY_CANCELLED] = "cancelled",
        [HISTORY_NO_ANSWER] = "no-answer", [HISTORY_CUT_OFF] = "cut-off",
    };

    return outcome < N_HISTORY_OUTCOMES ? words[outcome] : "failed";
}

/* --- rows ----------------------------------------------------------------------------------- */

static const size_t text_places[N_TEXTS] = {
    offsetof(struct history_row, account), offsetof(struct history_row, peer),
    offsetof(struct history_row, name),    offsetof(struct history_row, contact),
    offsetof(struct history_row, text),    offsetof(struct history_row, file),
};

static const char **text_of(struct history_row *row, size_t i)
{
    return (const char **)(void *)((char *)row + text_places[i]);
}

static struct waiting_row *copy(struct history_row row)
{
    struct waiting_row *w;
    size_t need = 0, at = 0;

    for (size_t i = 0; i < N_TEXTS; i++)
        need += slice_of(*text_of(&row, i)).n + 1;
    w = malloc(sizeof *w + need);
    if (!w)
        return NULL;
    w->row = row;
    list_init(&w->link);
    for (size_t i = 0; i < N_TEXTS; i++) {
        struct slice text = slice_of(*text_of(&row, i));

        if (text.n > 0)
            memcpy(w->texts + at, text.p, text.n);
        w->texts[at + text.n] = '\0';
        *text_of(&w->row, i) = w->texts + at;
        at += text.n + 1;
    }
    return w;
}

/* How a call ended, without texts, for which there is no memory: those of its beginning stay. A row
 * that is lost would leave a call that goes on for ever, so one is in reserve. */
static struct waiting_row *bare(struct history *history, struct history_row row)
{
    struct waiting_row *w = history->spare;

    if (!w)
        return NULL;
    history->spare = NULL;
    w->row = row;
    for (size_t i = 0; i < N_TEXTS; i++)
        *text_of(&w->row, i) = NULL;
    list_init(&w->link);
    return w;
}

static size_t free_rows(struct list *rows)
{
    size_t n = 0;

    LIST_EACH (rows, at) {
        list_remove(at);
        free(LIST_ITEM(at, struct waiting_row, link));
        n++;
    }
    return n;
}

/* --- the writer ----------------------------------------------------------------------------- */

static const char no_words[] = "no memory is left";

static void note_trouble(struct history *history, struct buf *why)
{
    pthread_mutex_lock(&history->lock);
    if (!history->trouble)
        history->trouble = buf_ok(why) ? slice_dup(buf_slice(why)) : NULL;
    if (!history->trouble)
        history->trouble = no_words;
    pthread_mutex_unlock(&history->lock);
}

static int write_rows(struct writer *w, struct buf *why)
{
    int err = 0;

    if (w->db && history_db_has_moved(w->db)) {
        history_db_close(w->db); /* somebody wants a new one */
        w->db = NULL;
    }
    if (!w->db)
        err = history_db_open(w->history->path, w->history->run, &w->db, why);
    if (!err)
        err = history_db_begin(w->db, why);
    if (err)
        return err;
    LIST_EACH (&w->rows, at) {
        err = history_db_put(w->db, &LIST_ITEM(at, struct waiting_row, link)->row, why);
        if (err)
            return err;
    }
    return history_db_commit(w->db, why);
}

/* What cannot be written stays for the next time. */
static void write_batch(struct writer *w)
{
    struct history *history = w->history;
    struct buf why = buf_new(16384);
    size_t n;

    if (list_empty(&w->rows))
        return;
    if (write_rows(w, &why) != 0) {
        note_trouble(history, &why);
        history_db_close(w->db); /* to look again at what stands under the path */
        w->db = NULL;
    } else {
        n = free_rows(&w->rows);
        pthread_mutex_lock(&history->lock);
        history->n_waiting -= n;
        pthread_mutex_unlock(&history->lock);
    }
    buf_free(&why);
}

/* Waits for rows, and a moment more for those that come with them. False: no more will come. */
static bool take_rows(struct writer *w)
{
    struct history *h = w->history;
    bool more;

    pthread_mutex_lock(&h->lock);
    while (!h->stop && list_empty(&h->rows))
        pthread_cond_wait(&h->wake, &h->lock);
    if (!h->stop) {
        struct timespec until = thread_after_ms(GATHER_MS);

        while (!h->stop && pthread_cond_timedwait(&h->wake, &h->lock, &until) == 0)
            continue;
    }
    LIST_EACH (&h->rows, at) {
        list_remove(at);
        list_append(&w->rows, at);
    }
    more = !h->stop;
    pthread_mutex_unlock(&h->lock);
    return more;
}

static void free_history(struct history *history)
{
    free_rows(&history->rows);
    pthread_mutex_destroy(&history->lock);
    pthread_cond_destroy(&history->wake);
    pthread_cond_destroy(&history->finished_too);
    if (history->trouble != no_words)
        free((void *)history->trouble);
    free(history->spare);
    free(history->path);
    free(history);
}

static void *write_until_stopped(void *arg)
{
    struct history *history = arg;
    struct writer w = {.history = history};
    bool more, abandoned;

    list_init(&w.rows);
    do {
        more = take_rows(&w);
        write_batch(&w);
    } while (more);
    history_db_close(w.db);
    free_rows(&w.rows);
    pthread_mutex_lock(&history->lock);
    history->finished = true;
    abandoned = history->abandoned;
    pthread_cond_signal(&history->finished_too);
    pthread_mutex_unlock(&history->lock);
    if (abandoned)
        free_history(history);
    return NULL;
}

/* --- the phone's side ----------------------------------------------------------------------- */

static int start(struct history *history)
{
    int err = thread_start(write_until_stopped, history, &history->thread);

    history->running = err == 0;
    return err;
}

static void tell_trouble(struct history *history)
{
    const char *trouble;

    pthread_mutex_lock(&history->lock);
    trouble = history->trouble;
    pthread_mutex_unlock(&history->lock);
    if (!trouble)
        return;
    history->told = true;
    history->on_trouble(history->arg, trouble);
}

/* A call that is over before its beginning was written needs one row and no two: in a flood that is
 * every call. */
static void drop_beginning(struct history *history, int64_t id)
{
    struct list *at = history->rows.prev;

    for (unsigned i = 0; i < LOOK_BACK && at != &history->rows; i++, at = at->prev) {
        struct waiting_row *w = LIST_ITEM(at, struct waiting_row, link);

        if (w->row.id != id)
            continue;
        list_remove(&w->link);
        free(w);
        history->n_waiting--;
        return;
    }
}

static struct waiting_row *row_to_wait(struct history *history, const struct history_row *row)
{
    struct waiting_row *w = copy(*row);

    if (!w)
        return row->outcome == HISTORY_OPEN ? NULL : bare(history, *row);
    if (!history->spare)
        history->spare = malloc(sizeof *history->spare);
    return w;
}

/* Takes w over; -ENOBUFS: too many wait for a disk, which on_trouble is told of. */
static int put(struct history *history, struct waiting_row *w)
{
    bool room;

    pthread_mutex_lock(&history->lock);
    if (w->row.outcome != HISTORY_OPEN && w->row.peer)
        drop_beginning(history, w->row.id);
    room = history->n_waiting < HISTORY_WAITING_MAX;
    if (room) {
        bool first = list_empty(&history->rows);

        history->n_waiting++;
        list_append(&history->rows, &w->link);
        if (first)
            pthread_cond_signal(&history->wake);
    }
    pthread_mutex_unlock(&history->lock);
    if (!room)
        free(w);
    return room ? 0 : -ENOBUFS;
}

static int push(struct history *history, const struct history_row *row)
{
    int err = history->running ? 0 : start(history);
    struct waiting_row *w = err ? NULL : row_to_wait(history, row);

    if (!history->told)
        tell_trouble(history);
    if (err)
        return err;
    return w ? put(history, w) : -ENOMEM;
}

int64_t history_begin(struct history *history, const struct history_row *row)
{
    struct history_row begun = *row;
    int err;

    begun.id = history->last_id + 1;
    begun.outcome = HISTORY_OPEN;
    err = push(history, &begun);
    return err ? err : ++history->last_id;
}

int history_end(struct history *history, const struct history_row *row)
{
    return push(history, row);
}

bool history_waits(struct history *history)
{
    bool waits;

    pthread_mutex_lock(&history->lock);
    waits = history->n_waiting > 0 && !history->trouble;
    pthread_mutex_unlock(&history->lock);
    return waits;
}

int history_new(const char *path, void (*on_trouble)(void *arg, const char *sentence), void *arg,
                struct history **out)
{
    struct history *history = calloc(1, sizeof *history);
    struct rng rng = rng_system();

    if (!history)
        return -ENOMEM;
    history->path = slice_dup(slice_of(path));
    history->spare = malloc(sizeof *history->spare);
    if (!history->path || !history->spare) {
        free(history->spare);
        free(history->path);
        free(history);
        return -ENOMEM;
    }
    history->on_trouble = on_trouble;
    history->arg = arg;
    rng_fill(&rng, &history->run, sizeof history->run);
    history->run &= INT64_MAX >> 1; /* a place in a file */
    list_init(&history->rows);
    pthread_mutex_init(&history->lock, NULL);
    thread_cond_init(&history->wake);
    thread_cond_init(&history->finished_too);
    *out = history;
    return 0;
}

void history_free(struct history *history, uint64_t limit_ms)
{
    struct timespec until = thread_after_ms(limit_ms);
    pthread_t thread;
    bool finished;

    if (!history)
        return;
    pthread_mutex_lock(&history->lock);
    history->stop = true;
    pthread_cond_signal(&history->wake);
    while (history->running && !history->finished)
        if (pthread_cond_timedwait(&history->finished_too, &history->lock, &until) != 0)
            break;
    finished = history->finished || !history->running;
    history->abandoned = !finished;
    thread = history->thread;
    pthread_mutex_unlock(&history->lock);
    if (!finished) {
        pthread_detach(thread); /* a disk that hangs: the rest is the thread's, or gone by now */
        return;
    }
    if (history->running)
        pthread_join(history->thread, NULL);
    if (!history->told)
        tell_trouble(history);
    free_history(history);
}

int history_read(const char *path, bool (*each)(void *arg, const struct history_row *row),
                 void *arg, struct buf *why)
{
    struct history_db *db;
    int err = history_db_open_to_read(path, &db, why);

    if (!err) {
        err = history_db_each(db, each, arg, why);
        history_db_close(db);
    }
    return err;
}
