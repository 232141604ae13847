/* tphone --plain: the telephone in lines, a client of the daemon like the screen. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/loop.h"
#include "net/watch.h"
#include "ui/cmd.h"
#include "ui/exit.h"
#include "ui/flush.h"
#include "ui/screen/front.h"
#include "ui/screen/plain.h"
#include "ui/screen/plain_echo.h"
#include "ui/screen/plain_line.h"
#include "ui/screen/plain_term.h"
#include "ui/screen/saver.h"
#include "ui/screen/screen_helper.h"
#include "ui/signals.h"

#define LINE_MAX_BYTES 8192u
#define REPLY_MS 5000u  /* that a line waits for the answer to the one before */
#define LATE_MS 1000u   /* that something is waited for without a word */
#define SETUP_MS 60000u /* that it waits for a test of a set-up, which has a limit of its own */
#define CTRL_C '\003'
#define CTRL_Z '\032'

struct app {
    struct front front;
    struct terminal *terminal;
    struct flush *flush;
    struct plain plain;

    struct net_watch *watch;   /* of standard input; NULL: it is a file */
    struct net_deadline *turn; /* when the next line is looked at */
    struct net_deadline *late; /* when it is told what is waited for */
    char in[LINE_MAX_BYTES];   /* lines that are not whole, or have to wait */
    size_t n_in;               /* bytes of it */
    bool ended;                /* nothing more comes */
    uint64_t not_before_ms;    /* of the next line: an answer is expected, or one said wait */
    bool began;                /* what the phone is like was told, so commands make sense */
    bool starting;             /* a phone was asked for, and nothing has come of it yet */
    bool failed;               /* there is no phone to be had */
    bool silent;               /* it was said that the phone does not answer */
    bool owes_prompt;          /* behind the answer to the line before */
    bool leaves;               /* that is on its way, so nothing more is asked */

    struct plain_term *term; /* NULL: lines come whole, from a pipe or whoever shows them */
    struct plain_line line;  /* what is typed there */
    struct net_deadline *escape;
    struct buf echo;
    struct plain_echo typed; /* of a terminal that is not taken over */
};

/* --- out ------------------------------------------------------------------------------------ */

static void put_echo(struct app *a)
{
    flush_put(a->flush, &a->terminal->out, buf_slice(&a->echo));
    mem_wipe(a->echo.p, a->echo.n);
    buf_clear(&a->echo);
}

/* Not drawn again behind what has happened meanwhile: that would be heard every time. What is
 * typed so far is, as it would be torn else. */
static void put_prompt(struct app *a)
{
    if (!a->typed.is_tty || plain_is_secret(&a->plain) || a->front.setup.working)
        return;
    plain_line_show(&a->line, &a->echo);
    put_echo(a);
}

/* typed: what is said answers a line, whose newline has left the prompt behind. */
static void print(struct app *a, bool typed)
{
    struct buf *out = &a->plain.out;
    bool begun = a->term && plain_line_text(&a->line).n > 0;

    if (typed)
        a->line.prompted = false;
    if (out->n > 0)
        plain_line_leave(&a->line, &a->echo);
    put_echo(a);
    flush_put(a->flush, &a->terminal->out, buf_slice(out));
    if (out->n > 0 && begun)
        put_prompt(a);
    buf_clear(out);
    if (a->terminal->out.fd < 0)
        net_loop_stop(a->front.loop); /* nobody listens any more */
}

static void set_echo(struct app *a, bool on)
{
    a->line.hidden = !on;
    if (!a->term)
        plain_echo_show(&a->typed, on);
}

/* --- the phone ------------------------------------------------------------------------------ */

/* For what the line before was to do. */
static bool waits(const struct app *a)
{
    const struct screen *s = &a->front.screen;

    return a->starting || saver_writes(s) || !screen_is_answered(s);
}

static unsigned on_line(void *arg, const struct ctl_line *line)
{
    struct app *a = arg;
    unsigned news = plain_line(&a->plain, line);
    bool asks = a->plain.out.n > 0 && a->front.screen.prompt == PROMPT_CONFIRM;

    print(a, false);
    a->silent = false;
    if (asks && !a->line.prompted)
        put_prompt(a);
    if (line->kind == CTL_REPLY && !waits(a)) {
        if ((!a->began || a->owes_prompt) && !a->line.prompted)
            put_prompt(a);
        a->began = true;
        a->owes_prompt = false;
        a->not_before_ms = a->plain.rest_until_ms;
        net_deadline_set(a->turn, a->not_before_ms);
    }
    return news;
}

/* Of a start: there is a phone, or it is said why not. One that was there may be found again. */
static void settle(struct app *a)
{
    struct buf why = buf_new(8192);
    bool is_there = a->front.screen.send;

    a->starting = false;
    /* Until it has said how it is; one that was there before was not asked. */
    a->not_before_ms = is_there && waits(a) ? net_now_ms() + REPLY_MS : 0;
    if (!is_there) {
        connection_put_why(a->front.connection, &why);
        terminal_error(a->terminal, buf_cstr(&why));
        a->failed = !a->began;
        if (a->owes_prompt)
            put_prompt(a);
        a->owes_prompt = false;
    }
    if (a->failed)
        net_loop_stop(a->front.loop);
    net_deadline_set(a->turn, a->not_before_ms);
    buf_free(&why);
}

/* No line is looked at before it is known what came of a start. */
static void await(struct app *a)
{
    if (!a->starting)
        net_deadline_set(a->late, net_now_ms() + LATE_MS);
    a->starting = true;
}

static void on_late(void *arg)
{
    struct app *a = arg;
    const char *path = saver_writes(&a->front.screen);

    if (a->starting)
        buf_puts(&a->plain.out, "telephone: it is being started\n");
    if (path) {
        text_safe(&a->plain.out, slice_of(path));
        buf_puts(&a->plain.out, ": being written\n");
    }
    print(a, false);
}

static void on_changed(void *arg)
{
    struct app *a = arg;

    plain_flush(&a->plain);
    print(a, false);
    if (connection_is_starting(a->front.connection))
        await(a); /* once more: the one that was there was leaving */
    else if (a->starting)
        settle(a);
}

static void start(struct app *a)
{
    await(a);
    if (connection_start(a->front.connection) != 0 || a->front.screen.send)
        settle(a);
}

static void grant(struct app *a)
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
    struct app *a = arg;

    view_setup_changed(&a->front.screen);
    plain_flush(&a->plain);
    if (screen_view(&a->front.screen) == &view_setup)
        plain_ask_setup(&a->plain);
    print(a, false);
    set_echo(a, !plain_is_secret(&a->plain));
    a->not_before_ms = 0;
    grant(a);
    a->owes_prompt = a->starting;
    if (!a->owes_prompt)
        put_prompt(a);
    net_deadline_set(a->turn, net_now_ms());
}

static void on_saved(void *arg)
{
    struct app *a = arg;

    plain_answer(&a->plain);
    print(a, false);
    if (!waits(a)) {
        if (a->owes_prompt)
            put_prompt(a);
        a->owes_prompt = false;
        a->not_before_ms = a->plain.rest_until_ms;
    }
    net_deadline_set(a->turn, a->not_before_ms);
}

/* --- what is typed -------------------------------------------------------------------------- */

static void do_line(struct app *a, struct slice line)
{
    uint64_t now_ms = net_now_ms();
    bool stops;

    a->front.screen.now_ms = now_ms;
    plain_typed(&a->plain, line);
    a->not_before_ms = a->plain.rest_until_ms;
    if (waits(a) && a->not_before_ms < now_ms + REPLY_MS)
        a->not_before_ms = now_ms + REPLY_MS;
    if (a->front.setup.working)
        a->not_before_ms = now_ms + SETUP_MS;
    if (saver_writes(&a->front.screen))
        net_deadline_set(a->late, now_ms + LATE_MS);
    print(a, true);
    set_echo(a, !plain_is_secret(&a->plain));
    stops = a->front.screen.wish.suspend && a->term; /* on_back has the prompt */
    grant(a);
    a->owes_prompt = !stops && !a->leaves && waits(a);
    if (!stops && !a->leaves && !a->owes_prompt)
        put_prompt(a);
}

/* The next line, where one is whole. What was taken is wiped: it may have been a password. */
static bool take_line(struct app *a)
{
    char *end = memchr(a->in, '\n', a->n_in);
    size_t n = end ? (size_t)(end - a->in) : a->n_in, taken = n + (end != NULL);

    if (!end && a->n_in < sizeof a->in && !(a->ended && n > 0))
        return false;
    do_line(a, (struct slice){a->in, n > 0 && a->in[n - 1] == '\r' ? n - 1 : n});
    memmove(a->in, a->in + taken, a->n_in - taken);
    mem_wipe(a->in + a->n_in - taken, taken);
    a->n_in -= taken;
    return true;
}

/* Ctrl-C: what is typed is forgotten; else the question is left; else one leaves, which is asked
 * about during a call. Twice is an answer. */
static void interrupt(struct app *a)
{
    bool typed = plain_line_text(&a->line).n > 0;
    enum screen_prompt prompt = a->front.screen.prompt;
    bool asks = prompt != PROMPT_NONE || screen_view(&a->front.screen)->key;

    a->n_in = 0;
    a->plain.rest_until_ms = a->not_before_ms = 0;
    plain_line_drop(&a->line);
    plain_line_leave(&a->line, &a->echo);
    print(a, true);
    if (typed)
        put_prompt(a);
    else if (screen_view(&a->front.screen) == &view_setup)
        connection_leave(a->front.connection, a->front.loop, false);
    else
        do_line(a, !asks ? SLICE("quit") : prompt == PROMPT_CONFIRM ? SLICE("yes") : SLICE("."));
}

/* What Tab makes of the line. */
static void complete(struct app *a)
{
    struct buf now = buf_new(LINE_BYTES_MAX);

    plain_tab(&a->plain, plain_line_text(&a->line), &now);
    print(a, false);
    plain_line_set(&a->line, buf_slice(&now), &a->echo);
    buf_free(&now);
}

/* Keys are taken up to the end of a line, and further ones when that has been carried out: only
 * then it is known whether they may be seen. */
static void take_keys(struct app *a, bool late)
{
    enum plain_line_result result = PLAIN_LINE_TYPED;
    struct buf line = buf_new(LINE_BYTES_MAX + 1);

    while (a->n_in == 0 && result != PLAIN_LINE_NONE) {
        result = plain_line_next(&a->line, late, &a->echo);
        if (result == PLAIN_LINE_ENTERED) {
            buf_clear(&line);
            plain_line_take(&a->line, &line);
            buf_putc(&line, '\n');
            memcpy(a->in, line.p, line.n);
            a->n_in = line.n;
            mem_wipe(line.p, line.n);
        } else if (result == PLAIN_LINE_COMPLETE) {
            complete(a);
        } else if (result == PLAIN_LINE_END) {
            interrupt(a);
        }
    }
    put_echo(a);
    net_deadline_set(a->escape,
                     key_reader_waits(&a->line.keys) ? net_now_ms() + KEY_ESCAPE_MS : NEVER_MS);
    buf_free(&line);
}

static void suspend(struct app *a)
{
    plain_line_leave(&a->line, &a->echo);
    put_echo(a);
    plain_term_suspend(a->term);
}

/* These two wait for nothing; Ctrl-C also takes back what was typed before it. */
static void type(struct app *a, struct slice typed)
{
    for (size_t i = 0; i < typed.n; i++) {
        bool waits = typed.p[i] != CTRL_C && typed.p[i] != CTRL_Z;

        if (waits)
            plain_line_add(&a->line, (struct slice){&typed.p[i], 1});
        else
            take_keys(a, false);
        if (typed.p[i] == CTRL_C)
            interrupt(a);
        else if (typed.p[i] == CTRL_Z)
            suspend(a);
    }
}

static void on_escape(void *arg)
{
    take_keys(arg, true);
}

/* In the foreground again: the shell has written what it liked. */
static void on_back(void *arg)
{
    struct app *a = arg;

    put_prompt(a);
}

static void read_some(struct app *a)
{
    char keys[512], *to = a->term ? keys : a->in + a->n_in;
    size_t room = a->term ? sizeof keys : sizeof a->in - a->n_in;
    ssize_t n;

    if (a->ended || room == 0)
        return;
    n = read(STDIN_FILENO, to, room);
    if (n > 0 && a->term)
        type(a, (struct slice){keys, (size_t)n});
    else if (n > 0)
        a->n_in += (size_t)n;
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        a->ended = true;
    mem_wipe(keys, sizeof keys);
}

/* An end, or a full room, would be told for ever. */
static void watch_again(struct app *a)
{
    if (a->watch)
        net_watch_set(a->watch,
                      a->ended || (!a->term && a->n_in == sizeof a->in) ? 0 : NET_READABLE);
}

/* A terminal that was hung up ends like a file, but nobody has said that calls are to end. */
static void end_of_input(struct app *a)
{
    if (plain_echo_has_hung_up(&a->typed))
        net_loop_stop(a->front.loop);
    else
        connection_leave(a->front.connection, a->front.loop, false);
}

static void tell_silence(struct app *a)
{
    if (a->silent || !screen_is_stuck(&a->front.screen))
        return;
    a->silent = true;
    buf_puts(&a->plain.out, "telephone: it does not answer\n");
    print(a, false);
}

/* A line is carried out when the one before has been answered, so that a script need not wait. A
 * start and a file take as long as they take, for the end too: settle and on_saved always come. */
static void on_turn(void *arg)
{
    struct app *a = arg;
    uint64_t now_ms = net_now_ms();

    if (a->starting || saver_writes(&a->front.screen))
        return;
    if (now_ms < a->not_before_ms) {
        net_deadline_set(a->turn, a->not_before_ms);
        return;
    }
    a->front.screen.now_ms = now_ms;
    tell_silence(a);
    if (!a->watch)
        read_some(a);
    if (a->term)
        take_keys(a, false);
    if (take_line(a))
        net_deadline_set(a->turn, now_ms);
    else if (a->ended)
        end_of_input(a);
    else if (!a->watch)
        net_deadline_set(a->turn, now_ms);
    watch_again(a);
}

static void on_readable(void *arg, int events)
{
    struct app *a = arg;

    (void)events;
    read_some(a);
    watch_again(a);
    on_turn(a);
}

/* Ctrl-C is a person's word, so calls of a phone that is ours end. Other signals say that somebody
 * has been lost, and nobody that calls are to end. */
static void on_signal(void *arg)
{
    struct app *a = arg;

    if (signals_first(a->front.signals) == SIGINT)
        connection_leave(a->front.connection, a->front.loop, false);
    else
        net_loop_stop(a->front.loop);
}

static void on_second_signal(void *arg)
{
    set_echo(arg, true);
}

/* --- begin and end -------------------------------------------------------------------------- */

static int watch_input(struct app *a)
{
    int err = net_watch_new(a->front.loop, STDIN_FILENO, on_readable, a, &a->watch);

    return err == -EPERM ? 0 : err; /* epoll takes no files, which never let one wait */
}

static int prepare(struct app *a)
{
    static const struct front_events events = {
        {on_line, on_changed}, on_setup, on_saved, on_signal, on_second_signal};
    struct buf why = buf_new(8192);
    int err = front_open(&a->front, &events, a, &why);

    if (!err)
        err = flush_new(a->front.loop, a->terminal, &a->flush);
    if (!err)
        err = net_deadline_new(a->front.loop, on_turn, a, &a->turn);
    if (!err)
        err = net_deadline_new(a->front.loop, on_late, a, &a->late);
    if (!err)
        err = net_deadline_new(a->front.loop, on_escape, a, &a->escape);
    if (!err)
        err = plain_echo_init(&a->typed, a->front.loop);
    if (!err)
        err = watch_input(a);
    if (!err)
        err = plain_term_new(a->front.loop, on_back, a, &a->term);
    if (!err)
        screen_helper_confine(a->front.cli, &a->front.model);
    else
        terminal_error(a->terminal, why.n > 0 ? buf_cstr(&why) : strerror(-err));
    buf_free(&why);
    return err;
}

static void begin_setup(struct app *a)
{
    screen_open(&a->front.screen, &view_setup);
    buf_puts(&a->plain.out,
             "There are no settings yet, so here are some questions. An empty answer "
             "passes one over, a dot all of them.\n");
    plain_ask_setup(&a->plain);
    print(a, false);
    put_prompt(a);
}

static void bind_keys(struct app *a)
{
    keymap_configure(&a->front.keys, &a->front.cli->config.screen, &a->plain.out);
    if (a->plain.out.n > 0)
        buf_putc(&a->plain.out, '\n');
}

/* Whether nothing was left undone. */
static bool finish(struct app *a)
{
    const char *farewell = connection_farewell(a->front.connection);

    set_echo(a, true);
    if (farewell)
        buf_printf(&a->plain.out, "%s\n", farewell);
    plain_line_drop(&a->line);
    plain_line_leave(&a->line, &a->echo);
    print(a, false);
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
    struct app *a = xzalloc(sizeof *a);
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
        watch_again(a); /* Ctrl-C waits for no start */
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
