/* tphone --plain: the telephone in lines, a client of the daemon like the screen. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "ui/cmd.h"
#include "ui/cmd_plain.h"
#include "ui/exit.h"
#include "ui/screen/saver.h"
#include "ui/screen/screen_helper.h"
#include "ui/signals.h"

/* --- out ------------------------------------------------------------------------------------ */

void plain_app_put_echo(struct plain_app *a)
{
    flush_put(a->flush, &a->terminal->out, buf_slice(&a->echo));
    mem_wipe(a->echo.p, a->echo.n);
    buf_clear(&a->echo);
}

void plain_app_prompt(struct plain_app *a)
{
    if (!a->typed.is_tty || plain_is_secret(&a->plain) || a->front.setup.working)
        return;
    plain_line_show(&a->line, &a->echo);
    plain_app_put_echo(a);
}

void plain_app_print(struct plain_app *a, bool typed)
{
    struct buf *out = &a->plain.out;
    bool begun = a->term && plain_line_text(&a->line).n > 0;

    if (typed)
        a->line.prompted = false;
    if (out->n > 0)
        plain_line_leave(&a->line, &a->echo);
    plain_app_put_echo(a);
    flush_put(a->flush, &a->terminal->out, buf_slice(out));
    if (out->n > 0 && begun)
        plain_app_prompt(a);
    buf_clear(out);
    if (a->terminal->out.fd < 0)
        net_loop_stop(a->front.loop); /* nobody listens any more */
}

void plain_app_set_echo(struct plain_app *a, bool on)
{
    a->line.hidden = !on;
    if (!a->term)
        plain_echo_show(&a->typed, on);
}

/* --- the phone ------------------------------------------------------------------------------ */

bool plain_app_waits(const struct plain_app *a)
{
    const struct screen *s = &a->front.screen;

    return a->starting || saver_writes(s) || !screen_is_answered(s);
}

static unsigned on_line(void *arg, const struct ctl_line *line)
{
    struct plain_app *a = arg;
    unsigned news = plain_line(&a->plain, line);
    bool asks = a->plain.out.n > 0 && a->front.screen.prompt == PROMPT_CONFIRM;

    plain_app_print(a, false);
    a->silent = false;
    if (asks && !a->line.prompted)
        plain_app_prompt(a);
    if (line->kind == CTL_REPLY && !plain_app_waits(a)) {
        if ((!a->began || a->owes_prompt) && !a->line.prompted)
            plain_app_prompt(a);
        a->began = true;
        a->owes_prompt = false;
        a->not_before_ms = a->plain.rest_until_ms;
        net_deadline_set(a->turn, a->not_before_ms);
    }
    return news;
}

/* Of a start: there is a phone, or it is said why not. One that was there may be found again. */
static void settle(struct plain_app *a)
{
    struct buf why = buf_new(8192);
    bool is_there = a->front.screen.send;

    a->starting = false;
    /* Until it has said how it is; one that was there before was not asked. */
    a->not_before_ms = is_there && plain_app_waits(a) ? net_now_ms() + PLAIN_REPLY_MS : 0;
    if (!is_there) {
        connection_put_why(a->front.connection, &why);
        terminal_error(a->terminal, buf_cstr(&why));
        a->failed = !a->began;
        if (a->owes_prompt)
            plain_app_prompt(a);
        a->owes_prompt = false;
    }
    if (a->failed)
        net_loop_stop(a->front.loop);
    net_deadline_set(a->turn, a->not_before_ms);
    buf_free(&why);
}

/* No line is looked at before it is known what came of a start. */
static void await(struct plain_app *a)
{
    if (!a->starting)
        net_deadline_set(a->late, net_now_ms() + PLAIN_LATE_MS);
    a->starting = true;
}

static void on_late(void *arg)
{
    struct plain_app *a = arg;
    const char *path = saver_writes(&a->front.screen);

    if (a->starting)
        buf_puts(&a->plain.out, "telephone: it is being started\n");
    if (path) {
        text_safe(&a->plain.out, slice_of(path));
        buf_puts(&a->plain.out, ": being written\n");
    }
    plain_app_print(a, false);
}

static void on_changed(void *arg)
{
    struct plain_app *a = arg;

    plain_flush(&a->plain);
    plain_app_print(a, false);
    if (connection_is_starting(a->front.connection))
        await(a); /* once more: the one that was there was leaving */
    else if (a->starting)
        settle(a);
}

static void start(struct plain_app *a)
{
    await(a);
    if (connection_start(a->front.connection) != 0 || a->front.screen.send)
        settle(a);
}

void plain_app_grant(struct plain_app *a)
{
    struct screen_wish wish = a->front.screen.wish;

    a->front.screen.wish = (struct screen_wish){0};
    if (wish.start)
        start(a);
    if (wish.suspend && a->term)
        plain_term_suspend(a->term);
    else if (wish.suspend)
        kill(0, SIGTSTP);
    a->leaves = a->leaves || wish.quit || wish.detach;
    if (wish.quit || wish.detach)
        connection_leave(a->front.connection, a->front.loop, wish.detach);
}

static void on_setup(void *arg)
{
    struct plain_app *a = arg;

    view_setup_changed(&a->front.screen);
    plain_flush(&a->plain);
    if (screen_view(&a->front.screen) == &view_setup)
        plain_ask_setup(&a->plain);
    plain_app_print(a, false);
    plain_app_set_echo(a, !plain_is_secret(&a->plain));
    a->not_before_ms = 0;
    plain_app_grant(a);
    a->owes_prompt = a->starting;
    if (!a->owes_prompt)
        plain_app_prompt(a);
    net_deadline_set(a->turn, net_now_ms());
}

static void on_saved(void *arg)
{
    struct plain_app *a = arg;

    plain_answer(&a->plain);
    plain_app_print(a, false);
    if (!plain_app_waits(a)) {
        if (a->owes_prompt)
            plain_app_prompt(a);
        a->owes_prompt = false;
        a->not_before_ms = a->plain.rest_until_ms;
    }
    net_deadline_set(a->turn, a->not_before_ms);
}

/* --- signals ---------------------------------------------------------------------------------- */

/* Ctrl-C is a person's word, so calls of a phone that is ours end. Other signals say that somebody
 * has been lost, and nobody that calls are to end. */
static void on_signal(void *arg)
{
    struct plain_app *a = arg;

    if (signals_first(a->front.signals) == SIGINT)
        connection_leave(a->front.connection, a->front.loop, false);
    else
        net_loop_stop(a->front.loop);
}

static void on_second_signal(void *arg)
{
    plain_app_set_echo(arg, true);
}

/* --- begin and end -------------------------------------------------------------------------- */

static int watch_input(struct plain_app *a)
{
    int err = net_watch_new(a->front.loop, STDIN_FILENO, plain_app_readable, a, &a->watch);

    return err == -EPERM ? 0 : err; /* epoll takes no files, which never let one wait */
}

static int prepare(struct plain_app *a)
{
    static const struct front_events events = {
        {on_line, on_changed}, on_setup, on_saved, on_signal, on_second_signal};
    struct buf why = buf_new(8192);
    int err = front_open(&a->front, &events, a, &why);

    if (!err)
        err = flush_new(a->front.loop, a->terminal, &a->flush);
    if (!err)
        err = net_deadline_new(a->front.loop, plain_app_turn, a, &a->turn);
    if (!err)
        err = net_deadline_new(a->front.loop, on_late, a, &a->late);
    if (!err)
        err = net_deadline_new(a->front.loop, plain_app_escape, a, &a->escape);
    if (!err)
        err = plain_echo_init(&a->typed, a->front.loop);
    if (!err)
        err = watch_input(a);
    if (!err)
        err = plain_term_new(a->front.loop, plain_app_back, a, &a->term);
    if (!err)
        screen_helper_confine(a->front.cli, &a->front.model);
    else
        terminal_error(a->terminal, why.n > 0 ? buf_cstr(&why) : strerror(-err));
    buf_free(&why);
    return err;
}

static void begin_setup(struct plain_app *a)
{
    screen_open(&a->front.screen, &view_setup);
    buf_puts(&a->plain.out,
             "There are no settings yet, so here are some questions. An empty answer "
             "passes one over, a dot all of them.\n");
    plain_ask_setup(&a->plain);
    plain_app_print(a, false);
    plain_app_prompt(a);
}

static void bind_keys(struct plain_app *a)
{
    keymap_configure(&a->front.keys, &a->front.cli->config.screen, &a->plain.out);
    if (a->plain.out.n > 0)
        buf_putc(&a->plain.out, '\n');
}

/* Whether nothing was left undone. */
static bool finish(struct plain_app *a)
{
    const char *farewell = connection_farewell(a->front.connection);

    plain_app_set_echo(a, true);
    if (farewell)
        buf_printf(&a->plain.out, "%s\n", farewell);
    plain_line_drop(&a->line);
    plain_line_leave(&a->line, &a->echo);
    plain_app_print(a, false);
    plain_echo_free(&a->typed);
    plain_term_free(a->term);
    net_watch_free(a->watch);
    net_deadline_free(a->turn);
    net_deadline_free(a->late);
    net_deadline_free(a->escape);
    flush_free(a->flush);
    plain_line_free(&a->line);
    buf_free(&a->echo);
    plain_free(&a->plain);
    mem_wipe(a->in, sizeof a->in);
    return front_free(&a->front, a->terminal);
}

static int run(const struct cli *cli, struct terminal *terminal)
{
    struct plain_app *a = xzalloc(sizeof *a);
    bool good = false;

    a->terminal = terminal;
    front_init(&a->front, cli);
    plain_init(&a->plain, &a->front.screen, cli->verbosity);
    bind_keys(a);
    plain_line_init(&a->line);
    a->echo = buf_new(65536);
    if (prepare(a) == 0) {
        if (a->front.first_start)
            begin_setup(a);
        else
            start(a);
        net_deadline_set(a->turn, a->not_before_ms);
        plain_app_watch(a); /* Ctrl-C waits for no start */
        if (!a->failed)
            net_loop_run(a->front.loop);
        good = !a->failed;
    }
    good = finish(a) && good;
    free(a);
    return good ? EXIT_OK : EXIT_OTHER;
}

int cmd_plain(const struct cli *cli, struct terminal *terminal)
{
    struct buf why = buf_new(8192);

    if (cli->refused.n == 0)
        return run(cli, terminal);
    buf_put(&why, buf_slice(&cli->refused));
    terminal_error(terminal, buf_cstr(&why));
    buf_free(&why);
    return EXIT_USAGE;
}
