#include "ui/ctl_password.h"

#include <errno.h>

#include "base/text.h"
#include "net/loop.h"
#include "ui/prompt.h"
#include "ui/signals.h"

struct asking {
    struct net_loop *loop;
    struct prompt *prompt;
    struct buf *line;
    enum exit_status exit;
};

/* RFC 8259 7. Only what must not stand there as it is: a password is not made safe for a terminal.
 */
static void put_exact(struct buf *out, struct slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];

        if (c < ' ')
            buf_printf(out, "\\u%04x", (unsigned)c);
        else if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else
            buf_putc(out, (char)c);
    }
}

static void on_answer(void *arg, struct slice answer)
{
    struct asking *a = arg;

    if (answer.n > 0) {
        a->line->n -= strlen("}\n");
        buf_puts(a->line, ",\"password\":\"");
        put_exact(a->line, answer);
        buf_puts(a->line, "\"}\n");
        a->exit = EXIT_OK;
    }
    net_loop_stop(a->loop);
}

static void on_signal(void *arg)
{
    struct asking *a = arg;

    a->exit = EXIT_INTERRUPTED;
    net_loop_stop(a->loop);
}

static int ask(struct asking *a, const char *question)
{
    struct signals *signals = NULL;
    int err = net_loop_new(&a->loop);

    if (!err)
        err = signals_new(a->loop, on_signal, NULL, a, &signals);
    if (!err)
        err = prompt_open(a->loop, question, on_answer, a, &a->prompt);
    if (!err)
        net_loop_run(a->loop);
    prompt_free(a->prompt);
    signals_free(signals);
    net_loop_free(a->loop);
    return err;
}

enum exit_status ctl_password_ask(const char *account, struct buf *line, struct buf *why)
{
    struct asking a = {.line = line, .exit = EXIT_OTHER};
    struct buf question = buf_new(1024);
    int err;

    buf_puts(&question, "Password for ");
    text_safe(&question, slice_of(account ? account : "the first account"));
    buf_puts(&question, ": ");
    err = ask(&a, buf_cstr(&question));
    if (err == -ENOTTY)
        buf_puts(why, "a password is asked for on a terminal, and there is none; password-command "
                      "in the configuration names a program that prints it");
    else if (err)
        buf_puts(why, strerror(-err));
    else if (a.exit == EXIT_OTHER)
        buf_puts(why, "no password was given");
    buf_free(&question);
    return a.exit;
}
