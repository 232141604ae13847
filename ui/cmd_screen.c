/* tphone alone: the telephone on the screen, a client of the daemon. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/loop.h"
#include "ui/cmd.h"
#include "ui/ctl_client.h"
#include "ui/exit.h"
#include "ui/screen/screen.h"
#include "ui/screen/start.h"
#include "ui/screen/term.h"
#include "ui/signals.h"

#define FRAME_MS 16u   /* between two pictures, at least */
#define AGAIN_MS 1000u /* between two attempts to find the daemon again */
#define PAST_MAX 500   /* calls of the history that are asked for */
#define BELL_MS 3000u  /* while somebody calls */

struct app {
    const struct cli *cli;
    struct net_loop *loop;
    struct buf path; /* of the socket */
    struct ctl_client *client;
    struct term *term;
    struct signals *signals;
    struct net_deadline *frame, *again;
    struct model model;
    struct keymap keys;
    struct screen screen;
    struct buf title;  /* that the terminal has */
    uint64_t shown_ms; /* when it was drawn last */
    uint64_t bell_ms;  /* when it rings next; NEVER_MS: it does not */
};

/* --- pictures ------------------------------------------------------------------------------- */

static void draw_by(struct app *a, uint64_t when_ms)
{
    uint64_t soonest = a->shown_ms + FRAME_MS;

    net_deadline_set(a->frame, when_ms > soonest ? when_ms : soonest);
}

static void put_title(const struct app *a, struct buf *out)
{
    const struct model_call *rings = model_call_in(&a->model, PHONE_PHASE_INCOMING);
    const struct model_call *up = model_call_in(&a->model, PHONE_PHASE_UP);

    if (rings)
        buf_printf(out, "%" PRI_SLICE " calls - tphone", ARG_SLICE(model_call_name(rings)));
    else if (up)
        buf_printf(out, "%" PRI_SLICE " - tphone", ARG_SLICE(model_call_name(up)));
    else
        buf_puts(out, "tphone");
}

static void show_title(struct app *a)
{
    struct buf title = buf_new(1024);

    put_title(a, &title);
    if (!slice_eq(buf_slice(&title), buf_slice(&a->title))) {
        term_title(a->term, buf_cstr(&title));
        buf_clear(&a->title);
        buf_put(&a->title, buf_slice(&title));
    }
    buf_free(&title);
}

static void ring(struct app *a, uint64_t now_ms)
{
    bool rings = model_call_in(&a->model, PHONE_PHASE_INCOMING) != NULL;

    if (!rings) {
        a->bell_ms = NEVER_MS;
    } else if (a->bell_ms == NEVER_MS || now_ms >= a->bell_ms) {
        term_bell(a->term);
        a->bell_ms = now_ms + BELL_MS;
    }
}

static void on_frame(void *arg)
{
    struct app *a = arg;
    uint64_t next;

    a->screen.now_ms = a->shown_ms = net_now_ms();
    ring(a, a->shown_ms);
    show_title(a);
    screen_draw(&a->screen);
    term_show(a->term, &a->screen.cells);
    next = screen_deadline_ms(&a->screen);
    next = a->bell_ms < next ? a->bell_ms : next;
    if (next != NEVER_MS)
        draw_by(a, next);
}

/* --- the phone ------------------------------------------------------------------------------ */

static void on_line(void *arg, struct slice text)
{
    struct app *a = arg;
    struct ctl_line line;
    unsigned news;

    if (ctl_line_read(text, &line) != 0)
        return;
    a->screen.now_ms = net_now_ms();
    news = screen_line(&a->screen, &line);
    ctl_line_free(&line);
    if (news & MODEL_PEOPLE) {
        screen_ask(&a->screen, ASK_HISTORY, "history", ",\"limit\":%d", PAST_MAX);
        screen_ask(&a->screen, ASK_CONTACTS, "contacts", "%s", "");
    }
    if (news)
        draw_by(a, 0);
}

static void lost(struct app *a)
{
    a->screen.send = NULL;
    model_disconnected(&a->model);
    net_deadline_set(a->again, net_now_ms() + AGAIN_MS);
    draw_by(a, 0);
}

/* The client must not be freed in here; that is done when it is looked for again. */
static void on_lost(void *arg, int err)
{
    struct app *a = arg;
    struct buf why = buf_new(4096);

    ctl_client_explain(err, buf_cstr(&a->path), &why);
    model_note(&a->model, true, buf_cstr(&why));
    screen_say(&a->screen, STYLE_BAD, "%s", buf_cstr(&why));
    lost(a);
    buf_free(&why);
}

static void send_line(void *arg, struct slice line)
{
    struct app *a = arg;

    ctl_client_send(a->client, line, NULL, 0);
}

static void ask_all(struct app *a)
{
    struct screen *s = &a->screen;

    screen_ask(s, ASK_DO, "screen", "%s", "");
    screen_ask(s, ASK_STATUS, "status", "%s", "");
    screen_ask(s, ASK_CONTACTS, "contacts", "%s", "");
    screen_ask(s, ASK_HISTORY, "history", ",\"limit\":%d", PAST_MAX);
}

static int connect_to_phone(struct app *a)
{
    static const struct ctl_client_events events = {on_line, on_lost};
    int err = ctl_client_new(a->loop, buf_cstr(&a->path), &events, a, &a->client);

    if (err)
        return err;
    a->screen.send = send_line;
    a->screen.arg = a;
    ask_all(a);
    return 0;
}

static void on_again(void *arg)
{
    struct app *a = arg;

    ctl_client_free(a->client);
    a->client = NULL;
    if (connect_to_phone(a) != 0)
        net_deadline_set(a->again, net_now_ms() + AGAIN_MS);
    draw_by(a, 0);
}

/* --- the person ----------------------------------------------------------------------------- */

/* Says good-bye: a phone that is ours ends with the last screen, unless it is to stay. What is said
 * has left when the connection is closed, as it fits into the socket. */
static void leave(struct app *a, bool stays)
{
    screen_ask(&a->screen, ASK_DO, "screen", ",\"on\":false%s", stays ? ",\"stay\":true" : "");
    net_loop_stop(a->loop);
}

static void grant(struct app *a)
{
    struct screen_wish wish = a->screen.wish;

    a->screen.wish = (struct screen_wish){0};
    if (wish.redraw)
        term_redraw(a->term);
    if (wish.suspend)
        term_suspend(a->term);
    if (wish.quit || wish.detach)
        leave(a, wish.detach);
}

static void on_key(void *arg, const struct key *key)
{
    struct app *a = arg;

    a->screen.now_ms = net_now_ms();
    screen_key(&a->screen, key);
    grant(a);
    draw_by(a, 0);
}

static void on_resized(void *arg, int rows, int cols)
{
    struct app *a = arg;

    cells_resize(&a->screen.cells, rows, cols);
    draw_by(a, 0);
}

/* A connection that broke, a signal: nobody said that calls are to end. */
static void on_gone(void *arg)
{
    struct app *a = arg;

    net_loop_stop(a->loop);
}

/* --- begin and end -------------------------------------------------------------------------- */

static int open_term(struct app *a, struct buf *why)
{
    static const struct term_events events = {on_key, on_resized, on_gone};
    const char *no_colour = getenv("NO_COLOR");
    struct term_options options = {.theme = theme_find("dark"), .colours = 256};
    int rows, cols, err;

    if (no_colour && *no_colour)
        options.colours = 0;
    err = term_open(a->loop, &options, &events, a, &a->term, why);
    if (err)
        return err;
    term_size(a->term, &rows, &cols);
    a->screen.cells.ascii = !term_is_utf8();
    cells_resize(&a->screen.cells, rows, cols);
    return 0;
}

static int prepare(struct app *a, struct buf *why)
{
    int err = start_phone(a->cli, &a->path, why);

    if (err)
        return err;
    err = net_loop_new(&a->loop);
    if (!err)
        err = net_deadline_new(a->loop, on_frame, a, &a->frame);
    if (!err)
        err = net_deadline_new(a->loop, on_again, a, &a->again);
    if (!err)
        err = signals_new(a->loop, on_gone, NULL, a, &a->signals);
    if (!err) {
        err = connect_to_phone(a);
        if (err)
            ctl_client_explain(err, buf_cstr(&a->path), why);
    }
    if (!err)
        err = open_term(a, why);
    if (err && why->n == 0)
        buf_puts(why, strerror(-err));
    return err;
}

static void finish(struct app *a)
{
    term_close(a->term);
    ctl_client_free(a->client);
    signals_free(a->signals);
    net_deadline_free(a->frame);
    net_deadline_free(a->again);
    net_loop_free(a->loop);
    screen_free(&a->screen);
    keymap_free(&a->keys);
    model_free(&a->model);
    buf_free(&a->path);
    buf_free(&a->title);
}

int cmd_screen(const struct cli *cli, struct terminal *terminal)
{
    struct app *a = xzalloc(sizeof *a);
    struct buf why = buf_new(8192);
    enum exit_status exit = EXIT_OK;

    *a = (struct app){
        .cli = cli, .path = buf_new(4096), .title = buf_new(1024), .bell_ms = NEVER_MS};
    model_init(&a->model);
    keymap_init(&a->keys);
    screen_init(&a->screen, &a->model, &a->keys);
    if (prepare(a, &why) != 0) {
        exit = EXIT_OTHER;
    } else {
        draw_by(a, 0);
        net_loop_run(a->loop);
    }
    finish(a);
    if (exit)
        terminal_error(terminal, buf_cstr(&why));
    buf_free(&why);
    free(a);
    return (int)exit;
}
