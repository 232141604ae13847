#include "ui/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "base/timers.h"
#include "net/loop.h"
#include "ui/pipes.h"

/* How long a reader, and a disk, may take at the end for a piece. */
#define LAST_WORDS_MS 500
#define LAST_DISK_MS 2000
#define LEAST_WORDS_MS 20 /* where a signal's time is up */

/* What is behind a link, only where that is ours or the system's, as /dev/stderr is: another one
 * was put there to have something overwritten. */
static int open_link(const char *path, int how)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return -errno;
    if (st.st_uid != 0 && st.st_uid != geteuid())
        return -ELOOP;
    how = open(path, how, 0600);
    return how < 0 ? -errno : how;
}

/* A file may have been there for all to read; one of somebody else stays theirs to read. What is
 * none, a pipe or a device, stays as it is. */
static int make_private(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return 0;
    if (st.st_uid != geteuid())
        return -EPERM;
    if ((st.st_mode & 077) && fchmod(fd, 0600) != 0)
        return -errno;
    return ftruncate(fd, 0) != 0 ? -errno : 0;
}

static int open_private(const char *path)
{
    int how = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY;
    int fd = open(path, how | O_NOFOLLOW, 0600), err;

    if (fd < 0)
        fd = errno == ELOOP ? open_link(path, how) : -errno;
    err = fd < 0 ? fd : make_private(fd);
    if (err && fd >= 0)
        close(fd);
    return err ? err : fd;
}

static const char *why_not(int err)
{
    if (err == -ELOOP)
        return "it is a symbolic link that somebody else has made";
    return err == -EPERM ? "it is the file of somebody else, who could read it" : strerror(-err);
}

static int open_trace(struct terminal *t, const struct cli *cli, struct buf *why)
{
    int fd;

    if (!cli->trace)
        return 0;
    t->trace = &t->err;
    if (!cli->trace_file)
        return 0;
    fd = open_private(cli->trace_file);
    if (fd < 0) {
        buf_puts(why, "--trace ");
        text_safe(why, slice_of(cli->trace_file));
        buf_printf(why, ": cannot be written: %s", why_not(fd));
        return fd;
    }
    output_init(&t->trace_file, fd);
    t->trace = &t->trace_file;
    return 0;
}

static void never_wait(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* Both ends never wait, so a library that says much is cut short instead of stopping us. */
static int catch_libraries(struct terminal *t)
{
    int ends[2], err = 0;

    if (pipe(ends) != 0)
        return -errno;
    never_wait(ends[0]);
    never_wait(ends[1]);
    if (dup2(ends[1], STDERR_FILENO) < 0)
        err = -errno;
    close(ends[1]);
    if (err)
        close(ends[0]);
    else
        t->library_fd = ends[0];
    return err;
}

int terminal_open(struct terminal *t, const struct cli *cli, bool quiet_libraries, struct buf *why)
{
    int own = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    int err;

    *t = (struct terminal){.library_fd = -1};
    output_init(&t->out,
                pipes_have_output(cli) ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3) : STDOUT_FILENO);
    output_init(&t->err, own); /* -1 where standard error is closed: then nobody wants to hear */
    output_init(&t->trace_file, -1);
    outcome_init(&t->outcome);
    err = open_trace(t, cli, why);
    if (!err && quiet_libraries)
        err = catch_libraries(t);
    return err;
}

int terminal_write_behind(struct terminal *t)
{
    struct output *const all[] = {&t->out, &t->err, &t->trace_file};
    int err = 0;

    for (size_t i = 0; i < ARRAY_LEN(all) && !err; i++)
        err = output_write_behind(all[i], all, i);
    return err;
}

static void close_file(struct terminal *t, struct output *out)
{
    uint64_t until_ms = t->gone_by_ms ? net_at_least_ms(t->gone_by_ms, LEAST_WORDS_MS) : NEVER_MS;
    int fd = out->fd;

    if (!output_close(out, LAST_WORDS_MS, LAST_DISK_MS, until_ms))
        t->left = true; /* close() may wait for the same disk */
    else if (fd > STDERR_FILENO)
        close(fd);
}

static const char *why_not_written(int err)
{
    return err == -ETIMEDOUT ? "its disk does not answer" : strerror(-err);
}

static int close_and_tell(struct terminal *t, struct output *out, const char *what)
{
    struct buf sentence = buf_new(256);
    int err;

    close_file(t, out);
    err = out->err == -EPIPE ? 0 : out->err;
    if (err)
        buf_printf(&sentence, "%s could not be written: %s", what, why_not_written(err));
    else if (out->lost > 0 && out == &t->trace_file)
        buf_printf(&sentence,
                   "messages that the trace lacks, as it was not taken in time: %" PRIu64,
                   out->lost);
    if (sentence.n > 0)
        terminal_error(t, buf_cstr(&sentence));
    buf_free(&sentence);
    return err;
}

int terminal_close(struct terminal *t)
{
    int err = close_and_tell(t, &t->out, "the results");
    int trace_err = close_and_tell(t, &t->trace_file, "the trace");

    terminal_drain_libraries(t);
    if (t->library_fd >= 0) {
        if (t->err.fd >= 0)
            dup2(t->err.fd, STDERR_FILENO); /* a sanitizer's report at the end is for people */
        close(t->library_fd);
    }
    close_file(t, &t->err);
    outcome_free(&t->outcome);
    return err ? err : trace_err;
}

void terminal_error(struct terminal *t, const char *sentence)
{
    struct buf line = buf_new(8192);

    outcome_note_error(&t->outcome, sentence);
    buf_printf(&line, "tphone: %s\n", sentence);
    output_put(&t->err, buf_slice(&line));
    buf_free(&line);
}

void terminal_error_at(struct terminal *t, const char *path, const char *sentence)
{
    struct buf line = buf_new(8192);

    text_safe(&line, slice_of(path));
    buf_printf(&line, ": %s", sentence);
    terminal_error(t, buf_cstr(&line));
    buf_free(&line);
}

static void log_lines(struct slice rest)
{
    struct buf safe = buf_new(4096);

    while (rest.n > 0) {
        struct slice line = slice_trim(slice_cut(&rest, '\n'));

        if (line.n == 0)
            continue;
        buf_clear(&safe);
        text_safe(&safe, slice_head(line, 512));
        log_debug("library", "%s", buf_cstr(&safe));
    }
    buf_free(&safe);
}

void terminal_drain_libraries(struct terminal *t)
{
    char chunk[4096];
    ssize_t n;

    while (t->library_fd >= 0 && (n = read(t->library_fd, chunk, sizeof chunk)) > 0)
        log_lines((struct slice){chunk, (size_t)n});
}
