/* tphone alone: the telephone on the screen, a client of the daemon. */
#include <stdlib.h>

#include "base/mem.h"
#include "net/loop.h"
#include "ui/cmd.h"
#include "ui/exit.h"
#include "ui/screen/front.h"
#include "ui/screen/screen_helper.h"
#include "ui/screen/term.h"
#include "ui/screen/width.h"

#define FRAME_MS 16u        /* between two pictures, at least: of the phone, and of keys */
#define FIRST_MS 50u        /* the first one waits so long for what the phone knows, */
#define START_MS 500u       /* and so long for a phone that has to be started */
#define BELL_MS 3000u       /* while somebody calls */
#define BELL_LEAST_MS 1000u /* between two, however many call */
#define NAME_COLS 60        /* of the title */

struct app {
    struct front front;
    struct term *term;
    struct net_deadline *frame;
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
    const struct model_call *rings = model_call_in(&a->front.model, PHONE_PHASE_INCOMING);
    const struct model_call *c = rings ? rings : model_call_in(&a->front.model, PHONE_PHASE_UP);

    if (c) {
        put_caller(c, out);
        buf_puts(out, rings ? " calls - " : " - ");
    } else if (screen_missed(&a->front.screen) > 0) {
        buf_printf(out, "%zu missed - ", screen_missed(&a->front.screen));
    }
    buf_puts(out, "tphone");
    for (size_t i = 0; a->front.screen.cells.ascii && i < out->n; i++)
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
    bool rings = model_call_in(&a->front.model, PHONE_PHASE_INCOMING) != NULL;

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

    a->front.screen.now_ms = a->shown_ms = net_now_ms();
    if (a->typed)
        a->typed_ms = a->shown_ms;
    a->typed = false;
    ring(a, a->shown_ms);
    show_title(a);
    screen_draw(&a->front.screen);
    term_show(a->term, &a->front.screen.cells);
    next = screen_deadline_ms(&a->front.screen);
    next = a->bell_ms < next ? a->bell_ms : next;
    if (next != NEVER_MS)
        draw_by(a, next);
}

/* --- the phone ------------------------------------------------------------------------------ */

static unsigned on_line(void *arg, const struct ctl_line *line)
{
    struct app *a = arg;
    unsigned news = screen_line(&a->front.screen, line);

    a->began = true;
    if (news && (a->shown_ms > 0 || screen_is_answered(&a->front.screen)))
        draw_by(a, 0);
    return news;
}

static void on_changed(void *arg)
{
    struct app *a = arg;

    if (!a->front.screen.send && a->front.screen.trouble.n > 0 &&
        !connection_is_starting(a->front.connection))
        screen_open(&a->front.screen, &view_trouble);
    draw_by(a, a->front.screen.send && !a->shown_ms ? net_now_ms() + FIRST_MS : 0);
}

/* What is wrong with the settings, of which the phone that answers may know nothing. */
static void start(struct app *a)
{
    if (connection_start(a->front.connection) != 0)
        on_changed(a);
    else if (a->front.screen.send && a->front.cli->refused.n > 0)
        screen_say(&a->front.screen, STYLE_BAD, "%" PRI_SLICE,
                   ARG_SLICE(buf_slice(&a->front.cli->refused)));
}

/* --- the person ----------------------------------------------------------------------------- */

static void grant(struct app *a)
{
    struct screen_wish wish = a->front.screen.wish;

    a->front.screen.wish = (struct screen_wish){0};
    if (wish.start)
        start(a);
    term_mouse(a->term, a->front.screen.mouse);
    if (wish.redraw)
        term_redraw(a->term);
    if (wish.suspend)
        term_suspend(a->term);
    if (wish.quit || wish.detach)
        connection_leave(a->front.connection, a->front.loop, wish.detach);
}

static void on_setup(void *arg)
{
    struct app *a = arg;

    view_setup_changed(&a->front.screen);
    grant(a);
    draw_by(a, 0);
}

static void on_saved(void *arg)
{
    draw_by(arg, 0);
}

static void on_key(void *arg, const struct key *key)
{
    struct app *a = arg;

    a->front.screen.now_ms = net_now_ms();
    screen_key(&a->front.screen, key);
    grant(a);
    a->typed = true;
    draw_by(a, 0);
}

static void on_resized(void *arg, int rows, int cols)
{
    struct app *a = arg;

    cells_resize(&a->front.screen.cells, rows, cols);
    draw_by(a, 0);
}

/* A connection that broke, a signal: nobody said that calls are to end. */
static void on_gone(void *arg)
{
    struct app *a = arg;

    net_loop_stop(a->front.loop);
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

    keymap_configure(&a->front.keys, &a->front.cli->config.screen, &why);
    if (why.n > 0)
        screen_say(&a->front.screen, STYLE_BAD, "%s", buf_cstr(&why));
    buf_free(&why);
}

static int open_term(struct app *a, struct buf *why)
{
    static const struct term_events events = {on_key, on_resized, on_gone};
    const struct screen_config *config = &a->front.cli->config.screen;
    struct term_options options = {.theme = theme_find(config->theme ? config->theme : "dark"),
                                   .colours = colours_of(config),
                                   .mouse = a->front.screen.mouse};
    int rows, cols;
    int err = term_open(a->front.loop, &options, &events, a, &a->term, why);

    if (err)
        return err;
    term_size(a->term, &rows, &cols);
    a->front.screen.cells.ascii = config->lines == CONFIG_LINES_ASCII ||
                                  (config->lines == CONFIG_LINES_AUTO && !term_is_utf8());
    cells_resize(&a->front.screen.cells, rows, cols);
    return 0;
}

/* The last thing that is opened is the terminal: then the door is closed. */
static int prepare(struct app *a, struct buf *why)
{
    static const struct front_events events = {
        {on_line, on_changed}, on_setup, on_saved, on_gone, NULL};
    int err = front_open(&a->front, &events, a, why);

    if (!err)
        err = net_deadline_new(a->front.loop, on_frame, a, &a->frame);
    if (!err)
        err = open_term(a, why);
    if (err && why->n == 0)
        buf_puts(why, strerror(-err));
    if (!err)
        screen_helper_confine(a->front.cli, &a->front.model);
    return err;
}

/* Also tells whom and what it leaves behind; whether that is no file. */
static bool finish(struct app *a, struct terminal *terminal)
{
    const char *farewell = connection_farewell(a->front.connection);

    term_close(a->term);
    if (farewell) {
        output_put(&terminal->out, slice_of(farewell));
        output_put(&terminal->out, SLICE("\n"));
    }
    net_deadline_free(a->frame);
    buf_free(&a->title);
    return front_free(&a->front, terminal);
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

    *a = (struct app){.title = buf_new(1024), .bell_ms = NEVER_MS};
    front_init(&a->front, cli);
    a->front.screen.watches = true;
    a->front.screen.bare = cli->bare;
    a->front.screen.mouse = cli->config.screen.mouse;
    a->front.screen.now_ms = net_now_ms();
    bind_keys(a);
    if (prepare(a, &why) != 0) {
        exit = EXIT_OTHER;
        if (cli->refused.n > 0) {
            exit = EXIT_USAGE;
            buf_clear(&why);
            buf_put(&why, buf_slice(&cli->refused));
        }
    } else {
        if (a->front.first_start)
            screen_open(&a->front.screen, &view_setup);
        else
            start(a);
        draw_by(a, a->front.first_start
                       ? 0
                       : net_now_ms() + (a->front.screen.send ? FIRST_MS : START_MS));
        net_loop_run(a->front.loop);
    }
    if (!exit && !a->began && a->front.screen.trouble.n > 0) {
        exit = EXIT_OTHER;
        connection_put_why(a->front.connection, &why);
    }
    if (!finish(a, terminal) && !exit)
        exit = EXIT_OTHER;
    if (why.n > 0)
        terminal_error(terminal, buf_cstr(&why));
    buf_free(&why);
    free(a);
    return (int)exit;
}

int cmd_screen(const struct cli *cli, struct terminal *terminal)
{
    return wants_lines(cli) ? cmd_plain(cli, terminal) : show(cli, terminal);
}
