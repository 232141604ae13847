#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "ui/cmd.h"
#include "ui/control.h"
#include "ui/daemon_other.h"
#include "ui/registering.h"
#include "ui/runtime_dir.h"
#include "ui/service.h"

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
        exit = daemon_other_refuse(buf_cstr(&d->path), cli->verbosity >= 0 && !cli->json, terminal);
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
    if (err) {
        terminal_error_at(s->terminal, path, buf_cstr(&why));
        exit = EXIT_OTHER;
    }
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
            daemon_other_tell(buf_cstr(&d.path), terminal);
    }
    if (!exit) {
        exit = run(&d);
        registering_free(&d.accounts);
        session_close(&d.session);
    }
    buf_free(&d.path);
    return (int)exit;
}
