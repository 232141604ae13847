/* Descriptors and the threads behind them. */
#include "phone/media_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audio/file.h"

#define HELPER_STACK_BYTES (512u << 10)
#define PIECE_BYTES 4096
#define PIECE_SAMPLES 1024
/* A socket counts the memory of what it holds: twice what is in it, and some for each piece. */
#define SOCKET_OVERHEAD 16384

/* --- descriptors ----------------------------------------------------------------------------- */

static int refuse(int err, int fd, const char *what, char why[MEDIA_WHY_MAX])
{
    if (fd == STDIN_FILENO || fd == STDOUT_FILENO)
        snprintf(why, MEDIA_WHY_MAX, "sound through standard %s: %s", fd ? "output" : "input",
                 what);
    else
        snprintf(why, MEDIA_WHY_MAX, "sound through descriptor %d: %s", fd, what);
    return err;
}

/* Whether fd is open that way and of a kind that sound can come from or go to. */
static int check(int fd, bool reads, struct stat *st, char why[MEDIA_WHY_MAX])
{
    int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);

    if (flags < 0 || fstat(fd, st) != 0)
        return refuse(-EBADF, fd, "it is not open", why);
    if ((flags & O_ACCMODE) == (reads ? O_WRONLY : O_RDONLY))
        return refuse(-EBADF, fd, reads ? "it cannot be read from" : "it cannot be written to",
                      why);
    if (S_ISDIR(st->st_mode))
        return refuse(-EISDIR, fd, "it is a folder", why);
    /* An eventfd, say, whose count somebody else takes between our poll and our read: it waits. */
    if (!S_ISREG(st->st_mode) && !S_ISFIFO(st->st_mode) && !S_ISSOCK(st->st_mode) &&
        !S_ISCHR(st->st_mode) && !S_ISBLK(st->st_mode))
        return refuse(-EINVAL, fd, "no sound goes through things of its kind", why);
    /* What the other side says would be read as escape sequences. */
    if (isatty(fd))
        return refuse(-EINVAL, fd, "it is a terminal; connect it with a program or a file", why);
    return 0;
}

/* A file that is read gets a position of its own, so that each call begins where the first one did;
 * one that is written to goes on behind the call before. */
static int open_again(int fd, bool reads, const struct stat *st)
{
    bool disk = S_ISREG(st->st_mode);
    off_t at = disk ? lseek(fd, 0, SEEK_CUR) : 0;
    char path[32];
    int again;

    if (S_ISSOCK(st->st_mode) || (disk && !reads))
        return -ENOTSUP;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    again = open(path, (reads ? O_RDONLY : O_WRONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (again >= 0 && disk && (at < 0 || lseek(again, at, SEEK_SET) < 0)) {
        close(again);
        return -ESPIPE;
    }
    return again;
}

int media_pipe_own(int fd, bool reads, char why[MEDIA_WHY_MAX])
{
    struct stat st;
    int err = check(fd, reads, &st, why), own;

    if (err)
        return err;
    own = open_again(fd, reads, &st);
    if (own < 0)
        own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    err = own < 0 ? -errno : 0;
    return err ? refuse(err, fd, strerror(-err), why) : own;
}

enum pipe_kind pipe_kind(int fd)
{
    struct stat st = {.st_mode = 0};

    if (fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)))
        return PIPE_DISK;
    if (S_ISSOCK(st.st_mode))
        return PIPE_SOCKET;
    return fcntl(fd, F_GETFL) & O_NONBLOCK ? PIPE_NEVER_WAITS : PIPE_ASK_FIRST;
}

/* Errors and ends of the other side are ready, too: the call behind this tells them. */
static bool is_ready(int fd, enum pipe_kind kind, short what)
{
    struct pollfd p = {.fd = fd, .events = what};

    return kind != PIPE_ASK_FIRST || poll(&p, 1, 0) == 1;
}

static int result(ssize_t n)
{
    if (n >= 0)
        return (int)n;
    return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

int pipe_read(int fd, enum pipe_kind kind, void *out, size_t n)
{
    if (!is_ready(fd, kind, POLLIN))
        return -EAGAIN;
    return result(kind == PIPE_SOCKET ? recv(fd, out, n, MSG_DONTWAIT) : read(fd, out, n));
}

int pipe_write(int fd, enum pipe_kind kind, const void *bytes, size_t n)
{
    if (!is_ready(fd, kind, POLLOUT))
        return -EAGAIN;
    if (kind == PIPE_SOCKET)
        return result(send(fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL));
    /* A pipe that poll calls writable takes this much without waiting (pipe(7)). */
    return result(write(fd, bytes, kind == PIPE_ASK_FIRST && n > PIPE_BUF ? PIPE_BUF : n));
}

size_t pipe_unread(int fd)
{
    int n;

    return ioctl(fd, FIONREAD, &n) == 0 && n > 0 ? (size_t)n : 0;
}

size_t pipe_unread_there(int fd, enum pipe_kind kind)
{
    int n;

    if (kind != PIPE_SOCKET)
        return pipe_unread(fd); /* both ends of a pipe know it */
    return ioctl(fd, TIOCOUTQ, &n) == 0 && n > SOCKET_OVERHEAD ? (size_t)(n - SOCKET_OVERHEAD) / 2
                                                               : 0;
}

int pipe_pair(int ours, int out[2])
{
    int flags;

    if (pipe(out) != 0)
        return -errno;
    flags = fcntl(out[ours], F_GETFL);
    (void)fcntl(out[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(out[1], F_SETFD, FD_CLOEXEC);
    (void)fcntl(out[ours], F_SETFL, flags | O_NONBLOCK);
    return 0;
}

/* --- helpers --------------------------------------------------------------------------------- */

/* Waits where it must. 0 or -errno. */
static int write_all(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;

    while (n > 0) {
        ssize_t some = write(fd, p, n);

        if (some < 0 && errno == EINTR)
            continue;
        if (some <= 0)
            return some < 0 ? -errno : -EIO;
        p += some;
        n -= (size_t)some;
    }
    return 0;
}

static int carry(struct pipe_helper *h)
{
    char piece[PIECE_BYTES];
    ssize_t n = 1;
    int err = 0;

    while (!err && n != 0) {
        n = read(h->from, piece, sizeof piece);
        if (n > 0)
            err = write_all(h->to, piece, (size_t)n);
        else if (n < 0 && errno != EINTR)
            err = -errno;
    }
    if (err)
        snprintf(h->why, sizeof h->why, "%s", strerror(-err));
    close(h->from);
    return err;
}

static int decode(struct pipe_helper *h)
{
    int16_t piece[PIECE_SAMPLES];
    struct audio_reader *reader;
    struct pipe_form form;
    int n = 1, err = audio_reader_open_fd(h->from, "what is piped in", &reader, h->why);

    if (err)
        return err;
    form = (struct pipe_form){audio_reader_rate_hz(reader), audio_reader_channels(reader)};
    err = write_all(h->to, &form, sizeof form);
    while (!err && n > 0) {
        n = audio_reader_read_frames(reader, form.channels, piece, PIECE_SAMPLES / form.channels);
        err = n < 0 ? n : write_all(h->to, piece, (size_t)n * form.channels * sizeof piece[0]);
    }
    if (err)
        snprintf(h->why, sizeof h->why, "cannot play what is piped in: %s", strerror(-err));
    audio_reader_close(reader);
    return err;
}

static void run(void *arg)
{
    struct pipe_helper *h = arg;

    h->err = h->decodes ? decode(h) : carry(h);
    close(h->to);
    atomic_store(&h->ended, true);
    uv_async_send(h->done);
}

int pipe_helper_start(struct pipe_helper *h, int from, int to, bool decodes, uv_async_t *done)
{
    const uv_thread_options_t options = {UV_THREAD_HAS_STACK_SIZE, HELPER_STACK_BYTES};
    int err;

    *h = (struct pipe_helper){.from = from, .to = to, .decodes = decodes, .done = done};
    err = uv_thread_create_ex(&h->thread, &options, run, h);
    if (err) {
        close(from);
        close(to);
    }
    h->runs = !err;
    return err;
}

bool pipe_helper_over(struct pipe_helper *h)
{
    if (h->runs && atomic_load(&h->ended)) {
        uv_thread_join(&h->thread);
        h->runs = false;
    }
    return !h->runs;
}
