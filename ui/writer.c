#include "ui/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/thread.h"
#include "net/loop.h"

/* Small enough to show that a slow disk is none that hangs. */
#define PIECE_BYTES 65536u

struct writer {
    int fd; /* the thread's, once that runs */
    unsigned owners;
    pthread_t thread;

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake, moved;
    struct buf waiting;
    size_t n_taken;    /* bytes that the thread has taken and not written */
    uint64_t n_pieces; /* written */
    int err;           /* why writing has ended, a negative errno; 0: it goes on */
    bool running, stop;
    bool abandoned; /* the rest is the thread's to free */
};

int writer_new(int fd, struct writer **out)
{
    struct writer *w;
    struct stat st;

    *out = NULL;
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return 0;
    w = calloc(1, sizeof *w);
    if (!w)
        return -ENOMEM;
    w->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (w->fd < 0) {
        int err = -errno; /* free may change it */

        free(w);
        return err;
    }
    w->owners = 1;
    w->waiting = buf_new(WRITER_WAITING_MAX);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    thread_cond_init(&w->moved);
    *out = w;
    return 0;
}

bool writer_is_for(const struct writer *w, int fd)
{
    struct stat ours, theirs;

    return w && fd >= 0 && fstat(w->fd, &ours) == 0 && fstat(fd, &theirs) == 0 &&
           ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

struct writer *writer_share(struct writer *w)
{
    w->owners++;
    return w;
}

static void free_writer(struct writer *w)
{
    close(w->fd);
    buf_free(&w->waiting);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->wake);
    pthread_cond_destroy(&w->moved);
    free(w);
}

/* --- the thread ----------------------------------------------------------------------------- */

/* Takes all that waits. False: nothing will. */
static bool take(struct writer *w, struct buf *taken)
{
    struct buf empty = *taken;
    bool more;

    buf_clear(&empty);
    pthread_mutex_lock(&w->lock);
    while (!w->stop && w->waiting.n == 0)
        pthread_cond_wait(&w->wake, &w->lock);
    more = !w->stop;
    if (more) {
        *taken = w->waiting;
        w->waiting = empty;
        w->n_taken = taken->n;
    }
    pthread_mutex_unlock(&w->lock);
    return more;
}

/* One piece has been written, n bytes or a negative errno. False: no more shall be. */
static bool note(struct writer *w, ptrdiff_t n)
{
    bool goes_on;

    pthread_mutex_lock(&w->lock);
    if (n < 0)
        w->err = (int)n;
    w->n_taken -= n < 0 ? w->n_taken : (size_t)n;
    w->n_pieces++;
    goes_on = !w->err && !w->stop;
    pthread_cond_broadcast(&w->moved);
    pthread_mutex_unlock(&w->lock);
    return goes_on;
}

static ptrdiff_t write_piece(int fd, struct slice rest)
{
    ssize_t n = write(fd, rest.p, rest.n < PIECE_BYTES ? rest.n : PIECE_BYTES);

    if (n > 0)
        return n;
    return n < 0 ? -errno : -EIO;
}

static bool write_all(struct writer *w, struct slice rest)
{
    bool goes_on = true;

    while (goes_on && rest.n > 0) {
        ptrdiff_t n = write_piece(w->fd, rest);

        goes_on = note(w, n);
        rest = slice_skip(rest, n > 0 ? (size_t)n : 0);
    }
    return goes_on;
}

static void *write_until_stopped(void *arg)
{
    struct writer *w = arg;
    struct buf taken = buf_new(WRITER_WAITING_MAX);
    bool abandoned;

    while (take(w, &taken) && write_all(w, buf_slice(&taken)))
        if (taken.cap > PIECE_BYTES)
            buf_free(&taken);
    buf_free(&taken);
    pthread_mutex_lock(&w->lock);
    w->n_taken = 0; /* it is no longer at the disk */
    abandoned = w->abandoned;
    pthread_mutex_unlock(&w->lock);
    if (abandoned)
        free_writer(w);
    return NULL;
}

/* --- the owners' side ------------------------------------------------------------------------ */

static int start(struct writer *w)
{
    int err = thread_start(write_until_stopped, w, &w->thread);

    w->running = err == 0;
    return err;
}

static int put(struct writer *w, struct slice bytes)
{
    if (w->err)
        return w->err;
    if (w->waiting.n + w->n_taken + bytes.n > WRITER_WAITING_MAX)
        return -ENOBUFS;
    if (!w->running && start(w) != 0)
        return -ENOBUFS;
    buf_put(&w->waiting, bytes);
    if (!buf_ok(&w->waiting)) {
        w->waiting.failed = false;
        return -ENOBUFS;
    }
    pthread_cond_signal(&w->wake);
    return 0;
}

int writer_put(struct writer *w, struct slice bytes)
{
    int err;

    pthread_mutex_lock(&w->lock);
    err = put(w, bytes);
    pthread_mutex_unlock(&w->lock);
    return err;
}

bool writer_has_room(struct writer *w)
{
    bool has_room;

    pthread_mutex_lock(&w->lock);
    has_room = w->waiting.n + w->n_taken <= WRITER_WAITING_MAX / 2;
    pthread_mutex_unlock(&w->lock);
    return has_room;
}

/* False: no piece was written in time. */
static bool wait_for_piece(struct writer *w, uint64_t limit_ms)
{
    const struct timespec until = thread_after_ms(limit_ms);
    uint64_t before = w->n_pieces;

    while (w->n_pieces == before)
        if (pthread_cond_timedwait(&w->moved, &w->lock, &until) != 0)
            return w->n_pieces != before;
    return true;
}

int writer_finish(struct writer *w, uint64_t patience_ms, uint64_t until_ms)
{
    int err;

    pthread_mutex_lock(&w->lock);
    while (!w->err && !w->stop && w->waiting.n + w->n_taken > 0) {
        uint64_t left = net_left_ms(until_ms);

        if (!wait_for_piece(w, left < patience_ms ? left : patience_ms))
            w->stop = true;
    }
    err = w->err ? w->err : w->stop ? -ETIMEDOUT : 0;
    w->err = err;
    pthread_mutex_unlock(&w->lock);
    return err;
}

bool writer_free(struct writer *w)
{
    pthread_t thread;
    bool abandoned;

    if (!w || --w->owners > 0)
        return true;
    pthread_mutex_lock(&w->lock);
    w->stop = true;
    pthread_cond_signal(&w->wake);
    abandoned = w->abandoned = w->running && w->n_taken > 0;
    thread = w->thread;
    pthread_mutex_unlock(&w->lock);
    if (abandoned) {
        pthread_detach(thread); /* which may have freed w by now */
        return false;
    }
    if (w->running)
        pthread_join(w->thread, NULL);
    free_writer(w);
    return true;
}
