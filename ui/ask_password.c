#include "ui/ask_password.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "net/loop.h"
#include "ui/prompt.h"
#include "ui/signals.h"

struct asking {
    struct net_loop *loop;
    struct prompt *prompt;
    struct buf *password;
    enum exit_status exit;
};

static void on_answer(void *arg, struct slice answer)
{
    struct asking *a = arg;

    buf_put(a->password, answer);
    if (answer.n > 0 && buf_ok(a->password))
        a->exit = EXIT_OK;
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

enum exit_status ask_password(const char *whose, struct buf *password, struct buf *why)
{
    struct asking a = {.password = password, .exit = EXIT_OTHER};
    struct buf question = buf_new(8192);
    int err;

    buf_puts(&question, "Password for ");
    text_safe(&question, slice_of(whose));
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
