/* What is typed into the telephone in lines: keys become lines, and each is carried out in its
 * turn. */
#include "ui/cmd_plain.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "ui/screen/saver.h"

#define SETUP_MS 60000u /* that a line waits for a test of a set-up, which has its own limit */
#define CTRL_C '\003'
#define CTRL_Z '\032'

static void do_line(struct plain_app *a, struct slice line)
{
    uint64_t now_ms = net_now_ms();
    bool stops;

    a->front.screen.now_ms = now_ms;
    plain_typed(&a->plain, line);
    a->not_before_ms = a->plain.rest_until_ms;
    if (plain_app_waits(a) && a->not_before_ms < now_ms + PLAIN_REPLY_MS)
        a->not_before_ms = now_ms + PLAIN_REPLY_MS;
    if (a->front.setup.working)
        a->not_before_ms = now_ms + SETUP_MS;
    if (saver_writes(&a->front.screen))
        net_deadline_set(a->late, now_ms + PLAIN_LATE_MS);
    plain_app_print(a, true);
    plain_app_set_echo(a, !plain_is_secret(&a->plain));
    stops = a->front.screen.wish.suspend && a->term; /* plain_app_back has the prompt */
    plain_app_grant(a);
    a->owes_prompt = !stops && !a->leaves && plain_app_waits(a);
    if (!stops && !a->leaves && !a->owes_prompt)
        plain_app_prompt(a);
}

/* The next line, where one is whole. What was taken is wiped: it may have been a password. */
static bool take_line(struct plain_app *a)
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
static void interrupt(struct plain_app *a)
{
    bool typed = plain_line_text(&a->line).n > 0;
    enum screen_prompt prompt = a->front.screen.prompt;
    bool asks = prompt != PROMPT_NONE || screen_view(&a->front.screen)->key;

    a->n_in = 0;
    a->plain.rest_until_ms = a->not_before_ms = 0;
    plain_line_drop(&a->line);
    plain_line_leave(&a->line, &a->echo);
    plain_app_print(a, true);
    if (typed)
        plain_app_prompt(a);
    else if (screen_view(&a->front.screen) == &view_setup)
        connection_leave(a->front.connection, a->front.loop, false);
    else
        do_line(a, !asks ? SLICE("quit") : prompt == PROMPT_CONFIRM ? SLICE("yes") : SLICE("."));
}

/* What Tab makes of the line. */
static void complete(struct plain_app *a)
{
    struct buf now = buf_new(LINE_BYTES_MAX);

    plain_tab(&a->plain, plain_line_text(&a->line), &now);
    plain_app_print(a, false);
    plain_line_set(&a->line, buf_slice(&now), &a->echo);
    buf_free(&now);
}

/* Keys are taken up to the end of a line, and further ones when that has been carried out: only
 * then it is known whether they may be seen. */
static void take_keys(struct plain_app *a, bool late)
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
    plain_app_put_echo(a);
    net_deadline_set(a->escape,
                     key_reader_waits(&a->line.keys) ? net_now_ms() + KEY_ESCAPE_MS : NEVER_MS);
    buf_free(&line);
}

static void suspend(struct plain_app *a)
{
    plain_line_leave(&a->line, &a->echo);
    plain_app_put_echo(a);
    plain_term_suspend(a->term);
}

/* These two wait for nothing; Ctrl-C also takes back what was typed before it. */
static void type(struct plain_app *a, struct slice typed)
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

void plain_app_escape(void *arg)
{
    take_keys(arg, true);
}

void plain_app_back(void *arg)
{
    struct plain_app *a = arg;

    plain_app_prompt(a);
}

static void read_some(struct plain_app *a)
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

void plain_app_watch(struct plain_app *a)
{
    if (a->watch)
        net_watch_set(a->watch,
                      a->ended || (!a->term && a->n_in == sizeof a->in) ? 0 : NET_READABLE);
}

/* A terminal that was hung up ends like a file, but nobody has said that calls are to end. */
static void end_of_input(struct plain_app *a)
{
    if (plain_echo_has_hung_up(&a->typed))
        net_loop_stop(a->front.loop);
    else
        connection_leave(a->front.connection, a->front.loop, false);
}

static void tell_silence(struct plain_app *a)
{
    if (a->silent || !screen_is_stuck(&a->front.screen))
        return;
    a->silent = true;
    buf_puts(&a->plain.out, "telephone: it does not answer\n");
    plain_app_print(a, false);
}

void plain_app_turn(void *arg)
{
    struct plain_app *a = arg;
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
    plain_app_watch(a);
}

void plain_app_readable(void *arg, int events)
{
    struct plain_app *a = arg;

    (void)events;
    read_some(a);
    plain_app_watch(a);
    plain_app_turn(a);
}
