#include "ui/daemon_other.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/text.h"
#include "net/loop.h"
#include "net/unix.h"

#define ANSWER_MS 10000 /* that another daemon has for answering, or for closing us out; */
#define END_MS 10000u   /* where it does that it is ending, and has so long for being gone; */
#define TELL_MS 1000    /* either is told when it takes that long */
#define AGAIN_US 10000

/* How another daemon is. One that is ending closes us out without a word; where it says nothing at
 * all it has been stopped, or does not get on. */
enum other { NOBODY, ENDING, ANSWERS, SILENT };

/* A look for it. */
struct search {
    const char *path;
    struct terminal *terminal;
    bool tells_answer, tells_end; /* that it is waited for, once each */
    long process;                 /* that was found; 0: not known */
};

static void put_process(struct buf *out, long process)
{
    if (process > 0)
        buf_printf(out, "process %ld", process);
    else
        buf_puts(out, "a process that is not known");
}

static void tell_waiting(const struct search *s, bool *tells, const char *what_for)
{
    struct buf line = buf_new(8192);

    if (*tells) {
        buf_puts(&line, "waiting for ");
        put_process(&line, s->process);
        buf_puts(&line, what_for);
        text_safe(&line, slice_of(s->path));
        buf_putc(&line, '\n');
        output_put(&s->terminal->err, buf_slice(&line));
    }
    *tells = false;
    buf_free(&line);
}

static enum other ask(struct search *s, int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;
    int n;

    if (net_unix_write(fd, SLICE("{\"command\":\"status\"}\n"), NULL, 0) < 0)
        return ENDING;
    n = poll(&p, 1, TELL_MS);
    if (n == 0) {
        tell_waiting(s, &s->tells_answer, " to answer at ");
        n = poll(&p, 1, ANSWER_MS - TELL_MS);
    }
    if (n <= 0)
        return SILENT;
    return read(fd, &byte, 1) > 0 ? ANSWERS : ENDING;
}

static enum other look(struct search *s)
{
    int fd, err = net_unix_connect(s->path, &fd);
    enum other other;

    s->process = 0;
    if (err)
        return err == -EAGAIN ? SILENT : NOBODY; /* what is wrong there is told when we listen */
    s->process = net_unix_peer(fd);
    other = ask(s, fd);
    close(fd);
    return other;
}

/* One that is ending is waited for. */
static enum other wait_for_other(struct search *s)
{
    uint64_t begun_ms = net_now_ms(), waited_ms = 0;
    enum other other;

    while ((other = look(s)) == ENDING && waited_ms < END_MS) {
        if (waited_ms >= TELL_MS)
            tell_waiting(s, &s->tells_end, ", which is ending, to leave ");
        usleep(AGAIN_US);
        waited_ms = net_now_ms() - begun_ms;
    }
    return other;
}

static void tell_found(const struct search *s, enum other other)
{
    struct buf who = buf_new(256);

    if (other == ANSWERS)
        buf_puts(&who, "another daemon answers there already, ");
    put_process(&who, s->process);
    if (other == SILENT)
        buf_puts(&who, " has the socket and does not answer: end it, or give another --socket");
    else if (other == ENDING)
        buf_puts(&who, " is ending, and does not leave it: end it, or give another --socket");
    terminal_error_at(s->terminal, s->path, buf_cstr(&who));
    buf_free(&who);
}

enum exit_status daemon_other_refuse(const char *path, bool tells, struct terminal *terminal)
{
    struct search s = {path, terminal, tells, tells, 0};
    enum other other = wait_for_other(&s);

    if (other == NOBODY)
        return EXIT_OK;
    tell_found(&s, other);
    return EXIT_OTHER;
}

void daemon_other_tell(const char *path, struct terminal *terminal)
{
    struct search s = {path, terminal, false, false, 0};

    if (look(&s) == ANSWERS)
        tell_found(&s, ANSWERS);
}
