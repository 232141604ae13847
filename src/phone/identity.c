/* The file is a private key and its certificate in PEM. The line before them says the fingerprint,
 * which would take a crypto library else. */
#include "phone/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "base/mem.h"
#include "phone/file_replace.h"
#include "phone/folders.h"

#define HEAD "fingerprint: "

struct identity {
    struct fingerprint fingerprint;
    struct buf text; /* of the file; empty once it has been read */
    struct rtp_dtls_identity *dtls;
    atomic_int err; /* of dtls; -EAGAIN before */
    bool waking, making;
    uv_thread_t waker, maker;
    char *path; /* of the file, for maker; NULL: there is no place for one */
    int why;    /* it is made */

    uv_mutex_t lock; /* of what follows, and of who changes what is above */
    uv_cond_t changed;
    bool made;      /* all of the above is maker's until then */
    bool promised;  /* from then on it stays the same, whatever becomes of the file */
    bool over;      /* maker, which may wait for a disk, needs nothing any more */
    bool abandoned; /* it is the one that frees it */
};

/* Key and certificate, which take a few milliseconds, and not the disk that they are kept on. */
static void await_made(struct identity *identity)
{
    uv_mutex_lock(&identity->lock);
    while (identity->making && !identity->made)
        uv_cond_wait(&identity->changed, &identity->lock);
    identity->promised = true;
    uv_mutex_unlock(&identity->lock);
}

static void set(struct identity *identity, bool *what)
{
    uv_mutex_lock(&identity->lock);
    *what = true;
    uv_cond_broadcast(&identity->changed);
    uv_mutex_unlock(&identity->lock);
}

static void give_back(struct identity *identity)
{
    rtp_dtls_identity_free(identity->dtls);
    buf_free(&identity->text);
    uv_cond_destroy(&identity->changed);
    uv_mutex_destroy(&identity->lock);
    free(identity->path);
    free(identity);
}

/* false: maker does not come to its end in time, and frees everything when it does. */
static bool await_over(struct identity *identity, uint64_t limit_ms)
{
    uint64_t until = uv_hrtime() + limit_ms * 1000000, now;

    uv_mutex_lock(&identity->lock);
    while (!identity->over && (now = uv_hrtime()) < until)
        (void)uv_cond_timedwait(&identity->changed, &identity->lock, until - now);
    identity->abandoned = !identity->over;
    uv_mutex_unlock(&identity->lock);
    return !identity->abandoned;
}

bool identity_free(struct identity *identity, uint64_t limit_ms)
{
    if (!identity)
        return true;
    if (identity->waking)
        uv_thread_join(&identity->waker);
    if (identity->making) {
        uv_thread_t maker = identity->maker;

        if (!await_over(identity, limit_ms)) {
            pthread_detach(maker);
            return false;
        }
        uv_thread_join(&maker);
    }
    give_back(identity);
    return true;
}

const struct fingerprint *identity_fingerprint(const struct identity *identity)
{
    return &identity->fingerprint;
}

/* --- key and certificate --------------------------------------------------------------------- */

static int parse(struct identity *identity)
{
    int err = rtp_dtls_identity_parse(buf_slice(&identity->text), &identity->dtls);

    if (!err &&
        !fingerprint_eq(rtp_dtls_identity_fingerprint(identity->dtls), &identity->fingerprint))
        err = -EBADMSG;
    if (err)
        log_error("phone",
                  "the certificate of this installation cannot be used, and calls from now "
                  "on have another one; without its file, dtls.pem, a new one is kept");
    buf_free(&identity->text);
    return err;
}

static void wake(void *arg)
{
    struct identity *identity = arg;

    atomic_store(&identity->err, parse(identity));
}

void identity_wake(struct identity *identity)
{
    await_made(identity);
    if (identity->waking || atomic_load(&identity->err) != -EAGAIN)
        return;
    identity->waking = uv_thread_create(&identity->waker, wake, identity) == 0;
    if (!identity->waking)
        wake(identity);
}

int identity_get(const struct identity *identity, const struct rtp_dtls_identity **out)
{
    int err = atomic_load(&identity->err);

    if (!err)
        *out = identity->dtls;
    return err;
}

/* --- the file -------------------------------------------------------------------------------- */

/* A key that others may read is nobody's in particular. */
static int check_owner(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || st.st_size > RTP_DTLS_MAX_PEM)
        return -EBADMSG;
    return st.st_uid == geteuid() && (st.st_mode & 077) == 0 ? 0 : -EACCES;
}

static int read_all(int fd, struct buf *out)
{
    char some[1024];
    ssize_t n;

    while ((n = read(fd, some, sizeof some)) > 0)
        buf_put(out, (struct slice){some, (size_t)n});
    mem_wipe(some, sizeof some);
    return n < 0 ? -errno : buf_ok(out) ? 0 : -EBADMSG;
}

static int read_head(struct identity *identity)
{
    struct slice text = buf_slice(&identity->text), head = SLICE(HEAD);
    ptrdiff_t end = slice_index(text, '\n');

    if (end < (ptrdiff_t)head.n || !slice_eq(slice_head(text, head.n), head))
        return -EBADMSG;
    return fingerprint_parse(slice_skip(slice_head(text, (size_t)end), head.n),
                             &identity->fingerprint);
}

static int read_file(const char *path, struct identity *identity)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    int err = fd < 0 ? -errno : check_owner(fd);

    if (!err)
        err = read_all(fd, &identity->text);
    if (!err && read_head(identity) != 0)
        err = -EBADMSG;
    if (fd >= 0)
        close(fd);
    if (err)
        buf_free(&identity->text);
    return err;
}

static int write_file(const char *path, const struct identity *identity)
{
    static const struct stat none;
    struct buf text = buf_new(RTP_DTLS_MAX_PEM);
    int err;

    buf_puts(&text, HEAD);
    fingerprint_print(&identity->fingerprint, &text);
    buf_putc(&text, '\n');
    err = rtp_dtls_identity_print(identity->dtls, &text);
    if (!err)
        err = folders_make_for(path);
    if (!err)
        err = file_replace(path, &none, buf_slice(&text));
    buf_free(&text);
    return err;
}

/* --- opening --------------------------------------------------------------------------------- */

static const char *words(int err)
{
    return err == -EBADMSG  ? "it holds no key with its certificate"
           : err == -EAGAIN ? "another phone has made it meanwhile"
           : err == -EACCES ? "it may not be used, or others may read it"
                            : "it cannot be kept";
}

static int make(struct identity *identity)
{
    int err = rtp_dtls_identity_new(&identity->dtls);

    if (!err)
        identity->fingerprint = *rtp_dtls_identity_fingerprint(identity->dtls);
    atomic_store(&identity->err, err);
    return err;
}

static void forget(struct identity *identity)
{
    rtp_dtls_identity_free(identity->dtls);
    identity->dtls = NULL;
    atomic_store(&identity->err, -EAGAIN);
}

int identity_mend(struct identity *identity)
{
    int err;

    await_made(identity);
    err = atomic_load(&identity->err);
    if (err == 0 || err == -EAGAIN)
        return 0;
    if (identity->waking)
        uv_thread_join(&identity->waker);
    identity->waking = false;
    forget(identity);
    return make(identity);
}

/* Another phone was quicker: that is the one of this installation, if nobody was promised ours. */
static int take_theirs(struct identity *identity, const struct identity *theirs)
{
    int err = -EAGAIN;

    uv_mutex_lock(&identity->lock);
    if (!identity->promised) {
        forget(identity);
        identity->fingerprint = theirs->fingerprint;
        buf_put(&identity->text, buf_slice(&theirs->text));
        err = 0;
    }
    uv_mutex_unlock(&identity->lock);
    return err;
}

static int read_theirs(const char *path, struct identity *identity)
{
    struct identity theirs = {.text = buf_new(RTP_DTLS_MAX_PEM)};
    int err = read_file(path, &theirs);

    if (!err)
        err = take_theirs(identity, &theirs);
    buf_free(&theirs.text);
    return err;
}

static int make_and_keep(struct identity *identity)
{
    const char *path = identity->path;
    int err = make(identity), why = identity->why;

    set(identity, &identity->made);
    if (err)
        return err;
    if (path && why == -ENOENT)
        why = write_file(path, identity);
    if (why == -EAGAIN)
        why = read_theirs(path, identity);
    if (why && path)
        log_warn("phone", "%s: %s; another certificate is used until the end", path, words(why));
    return err;
}

static void make_on_thread(void *arg)
{
    struct identity *identity = arg;
    bool abandoned;

    (void)make_and_keep(identity); /* identity->err has what came of it */
    uv_mutex_lock(&identity->lock);
    identity->over = true;
    abandoned = identity->abandoned;
    uv_cond_broadcast(&identity->changed);
    uv_mutex_unlock(&identity->lock);
    if (abandoned)
        give_back(identity);
}

static void make_later(struct identity *identity)
{
    identity->making = uv_thread_create(&identity->maker, make_on_thread, identity) == 0;
    if (!identity->making)
        make_on_thread(identity);
}

static struct identity *new_one(void)
{
    struct identity *identity = calloc(1, sizeof *identity);
    bool has_lock = identity && uv_mutex_init(&identity->lock) == 0;

    if (has_lock && uv_cond_init(&identity->changed) == 0)
        return identity;
    if (has_lock)
        uv_mutex_destroy(&identity->lock);
    free(identity);
    return NULL;
}

/* Read, or to be made. 0 or -ENOMEM. */
static int find(const char *path, struct identity **out)
{
    struct identity *identity = new_one();

    if (!identity)
        return -ENOMEM;
    identity->text = buf_new(RTP_DTLS_MAX_PEM);
    identity->path = path ? slice_dup(slice_of(path)) : NULL;
    atomic_init(&identity->err, -EAGAIN);
    if (path && !identity->path) {
        give_back(identity);
        return -ENOMEM;
    }
    identity->why = path ? read_file(path, identity) : -ENOENT;
    *out = identity;
    return 0;
}

int identity_open(const char *path, struct identity **out)
{
    struct identity *identity;
    int err = find(path, &identity);

    if (err)
        return err;
    if (identity->why)
        err = make_and_keep(identity);
    if (err)
        give_back(identity);
    else
        *out = identity;
    return err;
}

int identity_prepare(const char *path, struct identity **out)
{
    int err = find(path, out);

    if (!err && (*out)->why)
        make_later(*out);
    return err;
}
