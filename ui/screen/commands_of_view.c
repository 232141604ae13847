/* What is done with the screen itself. */
#include "ui/screen/commands.h"
#include "ui/screen/layout.h"
#include "ui/screen/view_trace.h"
#include "ui/screen/width.h"

/* --- lists ---------------------------------------------------------------------------------- */

#define PAGE_ROWS 10u

static size_t rows_of(const struct screen *s)
{
    const struct view *view = screen_view(s);

    return view->rows ? view->rows(s) : 0;
}

static bool has_rows(const struct screen *s)
{
    return rows_of(s) > 0;
}

/* Stays at the ends. */
static void move(struct screen *s, bool up, size_t by)
{
    const struct view *view = screen_view(s);
    size_t n = rows_of(s), at = screen_chosen(s, view);

    if (up)
        at = at > by ? at - by : 0;
    else
        at = at + by < n ? at + by : n - 1;
    screen_choose(s, view, at);
}

static void go_up(struct screen *s, struct slice argument)
{
    (void)argument;
    move(s, true, 1);
}

static void go_down(struct screen *s, struct slice argument)
{
    (void)argument;
    move(s, false, 1);
}

static void page_up(struct screen *s, struct slice argument)
{
    (void)argument;
    move(s, true, PAGE_ROWS);
}

static void page_down(struct screen *s, struct slice argument)
{
    (void)argument;
    move(s, false, PAGE_ROWS);
}

static void first(struct screen *s, struct slice argument)
{
    (void)argument;
    screen_choose(s, screen_view(s), 0);
}

static void last(struct screen *s, struct slice argument)
{
    (void)argument;
    screen_choose(s, screen_view(s), rows_of(s) - 1);
}

static bool may_choose(const struct screen *s)
{
    return has_rows(s) && screen_view(s)->enter;
}

/* The chosen row, or the one of that number, from 1. */
static void choose(struct screen *s, struct slice argument)
{
    const struct view *view = screen_view(s);
    uint64_t row = 0;

    if (argument.n > 0 &&
        (slice_number(argument, UINT32_MAX, &row) != 0 || row == 0 || row > rows_of(s))) {
        screen_say(s, STYLE_BAD, "choose: a number from 1 to %zu", rows_of(s));
        return;
    }
    if (row > 0)
        screen_choose(s, view, (size_t)row - 1);
    view->enter(s, screen_chosen(s, view));
}

/* --- search --------------------------------------------------------------------------------- */

/* Where one looks: in the list on top, but of the panes for people, whose lists are long. */
static const struct view *searched(const struct screen *s)
{
    const struct view *view = screen_view(s);

    if (view->kind != VIEW_PANE || view == &view_history)
        return view;
    return s->model->n_contacts > 0 || s->model->n_past == 0 ? &view_contacts : &view_history;
}

static bool may_search(const struct screen *s)
{
    const struct view *view = searched(s);

    return view->rows && view->text && view->rows(s) > 0;
}

static void go_there(struct screen *s)
{
    if (screen_view(s)->kind == VIEW_PANE)
        s->focus = searched(s);
}

static void search(struct screen *s, struct slice argument)
{
    go_there(s);
    if (argument.n == 0) {
        screen_begin_prompt(s, PROMPT_SEARCH, SLICE(""));
        return;
    }
    screen_search_for(s, argument);
}

static bool has_search(const struct screen *s)
{
    return may_search(s) && s->search.n > 0;
}

static void search_on(struct screen *s, bool back)
{
    size_t at, n;

    go_there(s);
    if (!screen_search(s, back, false)) {
        screen_say_not_found(s);
    } else if (screen_is_drawn(s)) { /* else the row is read out */
        n = screen_matches(s, &at);
        screen_say(s, STYLE_DIM, "\"%" PRI_SLICE "\": %zu of %zu",
                   ARG_SLICE(width_head(buf_slice(&s->search), 100)), at, n);
    }
}

static void search_next(struct screen *s, struct slice argument)
{
    (void)argument;
    search_on(s, false);
}

static void search_previous(struct screen *s, struct slice argument)
{
    (void)argument;
    search_on(s, true);
}

/* --- views ---------------------------------------------------------------------------------- */

static void say_views(struct screen *s, struct slice name)
{
    struct buf names = buf_new(1024);

    for (size_t i = 0; view_at(i); i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", view_at(i)->name);
    screen_say(s, STYLE_BAD, "there is no view %" PRI_SLICE ", but %s",
               ARG_SLICE(width_head(name, 40)), buf_cstr(&names));
    buf_free(&names);
}

static void open_view(struct screen *s, struct slice argument)
{
    const struct view *view = view_find(argument);

    if (view)
        screen_open(s, view);
    else
        say_views(s, argument);
}

static void dial(struct screen *s, struct slice argument)
{
    (void)argument;
    screen_open(s, &view_dial);
}

static void help(struct screen *s, struct slice argument)
{
    (void)argument;
    if (screen_view(s) != &view_help)
        screen_open(s, &view_help);
}

static void show_log(struct screen *s, struct slice argument)
{
    (void)argument;
    screen_open(s, &view_log);
}

static void show_devices(struct screen *s, struct slice argument)
{
    (void)argument;
    screen_open(s, &view_devices);
}

static void show_accounts(struct screen *s, struct slice argument)
{
    (void)argument;
    screen_open(s, &view_accounts);
}

static void show_details(struct screen *s, struct slice argument)
{
    (void)argument;
    screen_open(s, &view_details);
}

static void show_trace(struct screen *s, struct slice argument)
{
    const struct model_call *c = screen_call(s);

    (void)argument;
    screen_open(s, &view_trace);
    trace_show_all(s);
    if (c && s->send && s->watches) /* in lines all of them are being read out already */
        screen_ask(s, ASK_TRACE, "status", ",\"call\":%u", (unsigned)c->call);
}

static bool may_close(const struct screen *s)
{
    return s->n_open > 0;
}

/* Where one types, Esc may have something to ask first. */
static void close_view(struct screen *s, struct slice argument)
{
    static const struct key escape = {.code = KEY_ESCAPE};
    const struct view *view = screen_view(s);

    (void)argument;
    if (!view->key || !view->key(s, &escape))
        screen_close(s);
}

static void focus(struct screen *s, struct slice argument)
{
    const struct view *view = view_find(argument);

    if (slice_eq(argument, SLICE("next")))
        s->focus = layout_neighbour(s->focus, 1);
    else if (slice_eq(argument, SLICE("previous")))
        s->focus = layout_neighbour(s->focus, -1);
    else if (view && view->kind == VIEW_PANE)
        s->focus = view;
    else
        screen_say(s, STYLE_BAD, "focus: next, previous, calls, contacts, call or history");
}

static bool may_set_up(const struct screen *s)
{
    return s->setup && s->setup->changed;
}

static void set_up(struct screen *s, struct slice argument)
{
    (void)argument;
    setup_restart(s->setup);
    screen_open(s, &view_setup);
}

static void command_line(struct screen *s, struct slice argument)
{
    (void)argument;
    screen_begin_prompt(s, PROMPT_COMMAND, SLICE(""));
}

static bool may_start(const struct screen *s)
{
    return !s->send;
}

static void start(struct screen *s, struct slice argument)
{
    (void)argument;
    s->wish.start = true;
}

/* --- the program ---------------------------------------------------------------------------- */

static void bare(struct screen *s, struct slice argument)
{
    (void)argument;
    s->bare = !s->bare;
}

static void mouse(struct screen *s, struct slice argument)
{
    (void)argument;
    s->mouse = !s->mouse;
    screen_say(s, STYLE_DIM,
               s->mouse ? "the mouse clicks; with Shift it selects text"
                        : "the mouse selects text");
}

static void redraw(struct screen *s, struct slice argument)
{
    (void)argument;
    s->wish.redraw = true;
}

static void suspend(struct screen *s, struct slice argument)
{
    (void)argument;
    s->wish.suspend = true;
}

static void detach(struct screen *s, struct slice argument)
{
    (void)argument;
    s->wish.detach = true;
}

static void quit_now(struct screen *s)
{
    s->wish.quit = true;
}

static void ask_to_quit(struct screen *s)
{
    const struct model *m = s->model;

    screen_confirm(s,
                   !m->leaves       ? "quit? the telephone goes on with its calls"
                   : m->screens > 1 ? "quit? calls go on, as another screen is open"
                                    : "hang up and quit? (d detaches)",
                   quit_now);
}

/* Another screen may have come or gone since the state was told last. */
void command_quit_by(struct screen *s, const void *tree)
{
    model_status(s->model, tree, s->now_ms);
    if (s->prompt == PROMPT_CONFIRM && s->confirmed == quit_now)
        ask_to_quit(s);
}

static void quit(struct screen *s, struct slice argument)
{
    (void)argument;
    if (s->model->n_calls == 0) {
        quit_now(s);
    } else {
        ask_to_quit(s);
        screen_ask(s, ASK_QUIT, "status", "%s", "");
    }
}

/* clang-format off */
const struct command commands_of_view[] = {
    {.name = "dial", .label = "call", .run = dial, .help = "call somebody: asks whom"},
    {.name = "trace", .label = "trace", .run = show_trace,
     .help = "show the messages of SIP that go by"},
    {.name = "devices", .run = show_devices,
     .help = "show the sound devices: choose and try them"},
    {.name = "accounts", .run = show_accounts,
     .help = "show the accounts: how each is registered, and why one is not"},
    {.name = "details", .run = show_details,
     .help = "show the call closely: graphs, addresses, figures"},
    {.name = "choose", .argument = ARGUMENT_TEXT, .value = "ROW",
     .can = may_choose, .needs = "a list with something in it", .run = choose,
     .help = "do what suits the row: call, look closer"},
    {.name = "search", .argument = ARGUMENT_TEXT, .value = "TEXT",
     .can = may_search, .needs = "a list with something in it",
     .run = search, .help = "look for text in the list"},
    {.name = "search-next", .can = has_search, .needs = "a search before, with /",
     .run = search_next,
     .help = "go to the next row with that text"},
    {.name = "search-previous", .can = has_search, .needs = "a search before, with /",
     .run = search_previous,
     .help = "go to the row before with that text"},
    {.name = "focus", .argument = ARGUMENT_VIEW, .must = true, .value = "PANE", .run = focus,
     .help = "go to a pane: next, previous or its name"},
    {.name = "up", .can = has_rows, .needs = "a list with something in it",
     .run = go_up, .help = "go up one row"},
    {.name = "down", .can = has_rows, .needs = "a list with something in it",
     .run = go_down, .help = "go down one row"},
    {.name = "page-up", .can = has_rows, .needs = "a list with something in it",
     .run = page_up, .help = "go up ten rows"},
    {.name = "page-down", .can = has_rows, .needs = "a list with something in it",
     .run = page_down, .help = "go down ten rows"},
    {.name = "first", .can = has_rows, .needs = "a list with something in it",
     .run = first, .help = "go to the first row"},
    {.name = "last", .can = has_rows, .needs = "a list with something in it",
     .run = last, .help = "go to the last row"},
    {.name = "view", .argument = ARGUMENT_VIEW, .must = true, .value = "NAME", .run = open_view,
     .help = "open a view by its name"},
    {.name = "log", .run = show_log, .help = "show what has happened"},
    {.name = "start", .label = "try again", .can = may_start, .run = start,
     .help = "start the telephone, where there is none"},
    {.name = "set-up", .label = "set up", .can = may_set_up, .run = set_up,
     .help = "ask the questions of the first start, and write the settings"},
    {.name = "command", .run = command_line, .help = "type a command by its name"},
    {.name = "close", .label = "close", .can = may_close, .needs = "a view that is open",
     .run = close_view,
     .help = "close this view"},
    {.name = "help", .label = "help", .run = help, .help = "show the keys of this view"},
    {.name = "bare", .run = bare,
     .help = "show one thing at a time with nothing around it, for copying; once more: all again"},
    {.name = "mouse", .run = mouse,
     .help = "let the mouse click, where selecting text needs Shift; once more: select again"},
    {.name = "redraw", .run = redraw, .help = "draw the screen anew"},
    {.name = "suspend", .run = suspend, .help = "go back to the shell for a while; fg returns"},
    {.name = "detach", .run = detach, .help = "leave the screen, and let the telephone go on"},
    {.name = "quit", .label = "quit", .run = quit, .help = "leave the screen"},
    {0},
};
/* clang-format on */
