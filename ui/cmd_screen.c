/* tphone alone: the telephone on the screen, a client of the daemon. */
#include <stdlib.h>

#include "base/mem.h"
#include "net/loop.h"
#include "net/spawner.h"
#include "ui/cmd.h"
#include "ui/exit.h"
#include "ui/screen/connection.h"
#include "ui/screen/screen_helper.h"
#include "ui/screen/setup_run.h"
#include "ui/screen/term.h"
#include "ui/screen/width.h"
#include "ui/signals.h"

#define FRAME_MS 16u        /* between two pictures, at least: of the phone, and of keys */
#define FIRST_MS 50u        /* the first one waits so long for what the phone knows, */
#define START_MS 500u       /* and so long for a phone that has to be started */
#define BELL_MS 3000u       /* while somebody calls */
#define BELL_LEAST_MS 1000u /* between two, however many call */
#define NAME_COLS 60        /* of the title */

struct app {
    const struct cli *cli;
    struct net_loop *loop;
    struct connection *connection;
    struct term *term;
    struct signals *signals;
    struct net_deadline *frame;
    struct model model;
    struct keymap keys;
    struct screen screen;
    struct setup setup;
    struct setup_run *setup_run;
    struct buf title;  /* that the terminal has */
    uint64_t shown_ms; /* when it was drawn last, */
    uint64_t typed_ms; /* and when for a key */
    bool typed;        /* a key's picture is still to come */
    uint64_t bell_ms;  /* when it rings next; NEVER_MS: it does not */
    uint64_t rang_ms;  /* when it rang last */
    bool began;        /* there was a phone */
};

/* --- pictures ------------------------------------------------------------------------------- */

/* A key waits for no picture but that of another key: meters that moved just before it would make
 * whoever types wait. */
static void draw_by(struct app *a, uint64_t when_ms)
{
    uint64_t soonest = (a->typed ? a->typed_ms : a->shown_ms) + FRAME_MS;

    net_deadline_set(a->frame, when_ms > soonest ? when_ms : soonest);
}

/* Not long, and with both of the quotes of a stranger's name. */
static void put_caller(const struct model_call *c, struct buf *out)
{
    char *name = slice_dup(width_head(slice_of(c->peer_name), NAME_COLS));
    struct buf who = buf_new(16384);

    model_put_called(&who, c->contact, name ? name : "", c->peer);
    buf_put(out, width_head(buf_slice(&who), NAME_COLS + 2));
    buf_free(&who);
    free(name);
}

/* Terminals that show no UTF-8 take some of its bytes for commands. */
static void put_title(const struct app *a, struct buf *out)
{
    const struct model_call *rings = model_call_in(&a->model, PHONE_PHASE_INCOMING);
    const struct model_call *c = rings ? rings : model_call_in(&a->model, PHONE_PHASE_UP);

    if (c) {
        put_caller(c, out);
        buf_puts(out, rings ? " calls - " : " - ");
    } else if (screen_missed(&a->screen) > 0) {
        buf_printf(out, "%zu missed - ", screen_missed(&a->screen));
    }
    buf_puts(out, "tphone");
    for (size_t i = 0; a->screen.cells.ascii && i < out->n; i++)
        if ((unsigned char)out->p[i] >= 0x80)
            out->p[i] = '?';
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

/* At once where somebody calls, and from then on now and then. */
static void ring(struct app *a, uint64_t now_ms)
{
    bool rings = model_call_in(&a->model, PHONE_PHASE_INCOMING) != NULL;

    if (!rings) {
        a->bell_ms = NEVER_MS;
        return;
    }
    if (a->bell_ms == NEVER_MS)
        a->bell_ms = a->rang_ms ? a->rang_ms + BELL_LEAST_MS : now_ms;
    if (now_ms >= a->bell_ms) {
        term_bell(a->term);
        a->rang_ms = now_ms;
        a->bell_ms = now_ms + BELL_MS;
    }
}

static void on_frame(void *arg)
{
    struct app *a = arg;
    uint64_t next;

    a->screen.now_ms = a->shown_ms = net_now_ms();
    if (a->typed)
        a->typed_ms = a->shown_ms;
    a->typed = false;
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

static unsigned on_line(void *arg, const struct ctl_line *line)
{
    struct app *a = arg;
    unsigned news = screen_line(&a->screen, line);

    a->began = true;
    if (news && (a->shown_ms > 0 || screen_is_answered(&a->screen)))
        draw_by(a, 0);
    return news;
}

static void on_changed(void *arg)
{
    struct app *a = arg;

    if (!a->screen.send && a->screen.trouble.n > 0)
        screen_open(&a->screen, &view_trouble);
    draw_by(a, a->screen.send && !a->shown_ms ? net_now_ms() + FIRST_MS : 0);
}

/* What is wrong with the settings, of which the phone that answers may know nothing. */
static void start(struct app *a)
{
    if (connection_start(a->connection) != 0)
        on_changed(a);
    else if (a->screen.send && a->cli->refused.n > 0)
        screen_say(&a->screen, STYLE_BAD, "%" PRI_SLICE, ARG_SLICE(buf_slice(&a->cli->refused)));
}

/* --- the person ----------------------------------------------------------------------------- */

static void grant(struct app *a)
{
    struct screen_wish wish = a->screen.wish;

    a->screen.wish = (struct screen_wish){0};
    if (wish.start)
        start(a);
    term_mouse(a->term, a->screen.mouse);
    if (wish.redraw)
        term_redraw(a->term);
    if (wish.suspend)
        term_suspend(a->term);
    if (wish.quit || wish.detach)
        connection_leave(a->connection, a->loop, wish.detach);
}

static void on_setup(void *arg)
{
    struct app *a = arg;

    view_setup_changed(&a->screen);
    grant(a);
    draw_by(a, 0);
}

static void on_key(void *arg, const struct key *key)
{
    struct app *a = arg;

    a->screen.now_ms = net_now_ms();
    screen_key(&a->screen, key);
    grant(a);
    a->typed = true;
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

/* What the file says outweighs the environment; what the terminal has limits both. */
static int colours_of(const struct screen_config *config)
{
    const char *no_colour = getenv("NO_COLOR");

    if (config->colours_said)
        return config->colours;
    return no_colour && *no_colour ? 0 : 256;
}

/* A binding that means nothing is told; the others hold. */
static void bind_keys(struct app *a)
{
    struct buf why = buf_new(2048);

    keymap_configure(&a->keys, &a->cli->config.screen, &why);
    if (why.n > 0)
        screen_say(&a->screen, STYLE_BAD, "%s", buf_cstr(&why));
    buf_free(&why);
}

static int open_term(struct app *a, struct buf *why)
{
    static const struct term_events events = {on_key, on_resized, on_gone};
    const struct screen_config *config = &a->cli->config.screen;
    struct term_options options = {.theme = theme_find(config->theme ? config->theme : "dark"),
                                   .colours = colours_of(config),
                                   .mouse = a->screen.mouse};
    int rows, cols;
    int err = term_open(a->loop, &options, &events, a, &a->term, why);

    if (err)
        return err;
    term_size(a->term, &rows, &cols);
    a->screen.cells.ascii = config->lines == CONFIG_LINES_ASCII ||
                            (config->lines == CONFIG_LINES_AUTO && !term_is_utf8());
    cells_resize(&a->screen.cells, rows, cols);
    return 0;
}

/* The last thing that is opened is the terminal: then the door is closed. */
static int prepare(struct app *a, struct buf *why)
{
    static const struct connection_events events = {on_line, on_changed};
    int err = screen_helper_new(a->cli, a->setup.path, a->screen.settings, &a->screen.helper, why);

    if (!err)
        err = net_loop_new(&a->loop);
    if (!err)
        err = net_deadline_new(a->loop, on_frame, a, &a->frame);
    if (!err)
        err = setup_run_new(a->loop, a->screen.helper, &a->setup, on_setup, a, &a->setup_run);
    if (!err)
        err = connection_new(a->loop, a->cli, &a->screen, &events, a, &a->connection);
    if (!err)
        err = signals_new(a->loop, on_gone, NULL, a, &a->signals);
    if (!err)
        err = open_term(a, why);
    if (err && why->n == 0)
        buf_puts(why, strerror(-err));
    if (!err)
        screen_helper_confine(a->cli, &a->model);
    return err;
}

/* Also tells whom it leaves behind. */
static void finish(struct app *a, struct terminal *terminal)
{
    const char *farewell = connection_farewell(a->connection);

    term_close(a->term);
    if (farewell) {
        output_put(&terminal->out, slice_of(farewell));
        output_put(&terminal->out, SLICE("\n"));
    }
    connection_free(a->connection);
    setup_run_free(a->setup_run);
    signals_free(a->signals);
    net_deadline_free(a->frame);
    net_loop_free(a->loop);
    net_spawner_free(a->screen.helper);
    setup_free(&a->setup);
    screen_free(&a->screen);
    keymap_free(&a->keys);
    model_free(&a->model);
    buf_free(&a->title);
}

/* For those who have the screen read to them, and terminals where nothing can be drawn. */
static bool wants_lines(const struct cli *cli)
{
    const char *accessible = getenv("ACCESSIBLE"), *type = getenv("TERM");

    return cli->plain || (accessible && *accessible && strcmp(accessible, "0") != 0) || !type ||
           !*type || strcmp(type, "dumb") == 0;
}

static int show(const struct cli *cli, struct terminal *terminal)
{
    struct app *a = xzalloc(sizeof *a);
    struct buf why = buf_new(8192);
    enum exit_status exit = EXIT_OK;
    bool first_start;

    *a = (struct app){.cli = cli, .title = buf_new(1024), .bell_ms = NEVER_MS};
    model_init(&a->model);
    keymap_init(&a->keys);
    screen_init(&a->screen, &a->model, &a->keys);
    a->screen.watches = true;
    a->screen.bare = cli->bare;
    a->screen.mouse = cli->config.screen.mouse;
    first_start = setup_prepare(cli, &a->setup, &a->screen);
    a->screen.now_ms = net_now_ms();
    bind_keys(a);
    if (prepare(a, &why) != 0) {
        exit = EXIT_OTHER;
        if (cli->refused.n > 0) {
            exit = EXIT_USAGE;
            buf_clear(&why);
            buf_put(&why, buf_slice(&cli->refused));
        }
    } else {
        if (first_start)
            screen_open(&a->screen, &view_setup);
        else
            start(a);
        draw_by(a, first_start ? 0 : net_now_ms() + (a->screen.send ? FIRST_MS : START_MS));
        net_loop_run(a->loop);
    }
    if (!exit && !a->began && a->screen.trouble.n > 0) {
        exit = EXIT_OTHER;
        connection_put_why(a->connection, &why);
    }
    finish(a, terminal);
    if (exit)
        terminal_error(terminal, buf_cstr(&why));
    buf_free(&why);
    free(a);
    return (int)exit;
}

int cmd_screen(const struct cli *cli, struct terminal *terminal)
{
    return wants_lines(cli) ? cmd_plain(cli, terminal) : show(cli, terminal);
}
