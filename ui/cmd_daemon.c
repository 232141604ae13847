#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "base/text.h"
#include "net/loop.h"
#include "net/unix.h"
#include "ui/cmd.h"
#include "ui/control.h"
#include "ui/registering.h"
#include "ui/runtime_dir.h"
#include "ui/service.h"

#define ANSWER_MS 10000 /* that another daemon has for answering, or for closing us out; */
#define END_MS 10000u   /* where it does that it is ending, and has so long for being gone; */
#define TELL_MS 1000    /* either is told when it takes that long */
#define AGAIN_US 10000

struct daemon {
    struct session session;
    struct registering accounts;
    struct buf path; /* of the socket; empty: it was handed to us */
    int socket;      /* that was handed to us, or -1 */
};

static void on_stop(void *arg)
{
    (void)arg;
    service_tell("STOPPING=1");
}

/* It rings until a client takes it, or the caller has had enough. */
static void ring(struct daemon *d, uint32_t call)
{
    phone_do(d->session.phone, &(struct phone_command){.kind = PHONE_RING, .call = call}, NULL,
             NULL);
}

/* Nobody may be there to be asked, now or ever. */
static void tell_password_wanted(struct daemon *d, const struct phone_event *event)
{
    struct buf line = buf_new(8192);

    buf_printf(&line,
               "%s needs a password: tphone ctl password %s asks for it; password-command in the "
               "configuration names a program that prints it",
               event->peer, event->account);
    session_error(&d->session, buf_cstr(&line));
    buf_free(&line);
}

static void on_event(void *arg, const struct phone_event *event)
{
    struct daemon *d = arg;

    if (event->kind == PHONE_INCOMING)
        ring(d, event->call);
    else if (event->kind == PHONE_PASSWORD_WANTED)
        tell_password_wanted(d, event);
    else
        registering_note(&d->accounts, event);
}

/* --- the socket ----------------------------------------------------------------------------- */

static enum exit_status refuse(struct terminal *terminal, const char *path, const char *sentence)
{
    struct buf line = buf_new(8192);

    text_safe(&line, slice_of(path));
    buf_printf(&line, ": %s", sentence);
    terminal_error(terminal, buf_cstr(&line));
    buf_free(&line);
    return EXIT_OTHER;
}

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

static enum exit_status refuse_beside(const struct search *s, enum other other)
{
    struct buf who = buf_new(256);
    enum exit_status exit;

    if (other == ANSWERS)
        buf_puts(&who, "another daemon answers there already, ");
    put_process(&who, s->process);
    if (other == SILENT)
        buf_puts(&who, " has the socket and does not answer: end it, or give another --socket");
    else if (other == ENDING)
        buf_puts(&who, " is ending, and does not leave it: end it, or give another --socket");
    exit = refuse(s->terminal, s->path, buf_cstr(&who));
    buf_free(&who);
    return exit;
}

/* Asked before anything else is begun: a second daemon would fail at the ports of the first, and
 * say so instead. */
static enum exit_status check_nobody_is_there(const char *path, bool tells,
                                              struct terminal *terminal)
{
    struct search s = {path, terminal, tells, tells, 0};
    enum other other = wait_for_other(&s);

    return other == NOBODY ? EXIT_OK : refuse_beside(&s, other);
}

/* We have failed: another one may have our ports, as it was quicker. */
static void tell_who_was_quicker(const char *path, struct terminal *terminal)
{
    struct search s = {path, terminal, false, false, 0};

    if (look(&s) == ANSWERS)
        refuse_beside(&s, ANSWERS);
}

static enum exit_status find_socket(struct daemon *d, const struct cli *cli,
                                    struct terminal *terminal)
{
    struct buf why = buf_new(8192);
    enum exit_status exit = EXIT_OK;

    d->socket = service_take_socket();
    if (cli->socket && d->socket >= 0) {
        close(d->socket); /* a person's word counts more */
        d->socket = -1;
    }
    if (d->socket >= 0)
        return EXIT_OK;
    if (runtime_dir_socket(cli->socket, true, &d->path, &why) == 0) {
        exit =
            check_nobody_is_there(buf_cstr(&d->path), cli->verbosity >= 0 && !cli->json, terminal);
    } else {
        terminal_error(terminal, buf_cstr(&why));
        exit = EXIT_OTHER;
    }
    buf_free(&why);
    return exit;
}

static enum exit_status listen_there(struct daemon *d)
{
    struct session *s = &d->session;
    struct buf why = buf_new(8192);
    enum exit_status exit = EXIT_OK;
    const char *path = d->socket >= 0 ? "the socket of LISTEN_FDS" : buf_cstr(&d->path);
    int err = session_open_control(s);

    if (!err && s->cli->leave_with_screens)
        err = control_leave_with_screens(s->control);
    if (err)
        buf_puts(&why, strerror(-err));
    else if (d->socket >= 0)
        err = control_adopt(s->control, d->socket, &why);
    else
        err = control_listen(s->control, path, &why);
    if (err)
        exit = refuse(s->terminal, path, buf_cstr(&why));
    buf_free(&why);
    return exit;
}

static void tell_where(struct daemon *d)
{
    struct buf line = buf_new(8192);

    if (d->session.cli->verbosity >= 0 && !d->session.cli->json && d->socket < 0) {
        buf_puts(&line, "clients are heard at ");
        text_safe(&line, buf_slice(&d->path));
        buf_putc(&line, '\n');
        output_put(&d->session.terminal->err, buf_slice(&line));
    }
    buf_free(&line);
}

/* --- the command ---------------------------------------------------------------------------- */

static enum exit_status run(struct daemon *d)
{
    enum exit_status refused = listen_there(d);

    if (!refused)
        refused = registering_begin(&d->accounts, &d->session);
    if (refused)
        return refused;
    d->session.on_stop = on_stop;
    tell_where(d);
    service_tell("READY=1");
    session_run(&d->session);
    return EXIT_OK;
}

int cmd_daemon(const struct cli *cli, struct terminal *terminal)
{
    struct daemon d = {.path = buf_new(4096)};
    enum exit_status exit = find_socket(&d, cli, terminal);

    if (!exit) {
        exit = session_open(&d.session, cli, terminal, &cli->config, on_event, &d);
        if (exit && d.path.n > 0)
            tell_who_was_quicker(buf_cstr(&d.path), terminal);
    }
    if (!exit) {
        exit = run(&d);
        registering_free(&d.accounts);
        session_close(&d.session);
    }
    buf_free(&d.path);
    return (int)exit;
}
