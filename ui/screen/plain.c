#include "ui/screen/plain.h"

#include "base/text.h"
#include "ui/screen/commands.h"
#include "ui/screen/width.h"

#define ROWS_SHOWN 20u /* of a list; page-down goes on */
#define PAGE_ROWS 10u
#define DRAWN_ROWS 60 /* of a view that is no list */
#define DRAWN_COLS 100
/* What views break lines by: hardly ever. */
#define SCREEN_ROWS 24
#define SCREEN_COLS 400

void plain_init(struct plain *p, struct screen *screen)
{
    *p = (struct plain){.screen = screen, .out = buf_new(PLAIN_OUT_MAX)};
    screen->cells.silent = true;
    cells_resize(&screen->cells, SCREEN_ROWS, SCREEN_COLS);
}

void plain_free(struct plain *p)
{
    buf_free(&p->out);
}

/* --- views ---------------------------------------------------------------------------------- */

/* Calls go by their own numbers, which commands take; the rows of others are counted. */
static unsigned number_of(const struct screen *s, const struct view *view, size_t row)
{
    return view == &view_calls ? (unsigned)s->model->calls[row]->call : (unsigned)row + 1;
}

static void put_row(const struct screen *s, const struct view *view, size_t row, struct buf *out)
{
    buf_printf(out, "%u. ", number_of(s, view, row));
    view->text(s, row, out);
    buf_putc(out, '\n');
}

static void put_rows(const struct screen *s, const struct view *view, size_t first, size_t n,
                     struct buf *out)
{
    size_t all = view->rows(s);

    for (size_t i = first; i < all && i < first + n; i++)
        put_row(s, view, i, out);
}

/* As many as one listens to, with the chosen one among them. */
static void put_list(const struct screen *s, const struct view *view, struct buf *out)
{
    size_t n = view->rows(s), at = screen_chosen(s, view), first = 0;

    if (n == 0) {
        buf_printf(out, "%s: none\n", view->title);
        return;
    }
    if (at >= ROWS_SHOWN)
        first = at + 1 - ROWS_SHOWN;
    buf_printf(out, "%s: %zu\n", view->title, n);
    put_rows(s, view, first, ROWS_SHOWN, out);
    if (first > 0 || first + ROWS_SHOWN < n)
        buf_printf(out, "These were %zu to %zu; page-up and page-down tell others.\n", first + 1,
                   first + ROWS_SHOWN < n ? first + ROWS_SHOWN : n);
}

/* Blanks that made columns become two, and those at the ends none. Whether anything is left. */
static bool put_cells(const struct cells *cells, int row, struct buf *out)
{
    size_t from = out->n;
    unsigned blanks = 0;

    for (int col = 0; col < cells->cols; col++) {
        const struct cell *cell = cells_at(cells, row, col);

        if (cell->width == 0)
            continue;
        if (cell->n == 1 && cell->text[0] == ' ') {
            blanks++;
            continue;
        }
        if (out->n > from)
            buf_puts(out, blanks > 1 ? "  " : blanks == 1 ? " " : "");
        blanks = 0;
        buf_put(out, (struct slice){cell->text, cell->n});
    }
    if (out->n > from)
        buf_putc(out, '\n');
    return out->n > from;
}

static void put_drawn(const struct screen *s, const struct view *view, struct buf *out)
{
    struct cells cells = {.silent = true};

    cells_init(&cells, DRAWN_ROWS, DRAWN_COLS);
    buf_printf(out, "%s:\n", view->title);
    view->draw(s, &cells, cells_all(&cells));
    for (int row = 0; row < cells.rows; row++)
        put_cells(&cells, row, out);
    cells_free(&cells);
}

void plain_put_view(const struct screen *s, const struct view *view, struct buf *out)
{
    if (view->rows && view->text)
        put_list(s, view, out);
    else
        put_drawn(s, view, out);
}

/* --- what is said unasked ------------------------------------------------------------------- */

void plain_flush(struct plain *p)
{
    struct screen *s = p->screen;

    if (s->message.n > 0)
        buf_printf(&p->out, "%s\n", buf_cstr(&s->message));
    buf_clear(&s->message);
    s->message_until_ms = 0;
}

static void drop_message(struct screen *s)
{
    buf_clear(&s->message);
    s->message_until_ms = 0;
}

static void put_account(const struct model_account *a, struct buf *out)
{
    buf_put(out, *a->uri ? model_short_uri(a->uri) : slice_of(a->account));
    if (a->registered)
        buf_puts(out, ": registered\n");
    else if (!a->registers)
        buf_puts(out, ": for calls only, not registered\n");
    else
        buf_printf(out, ": not registered%s%s\n", *a->text ? ", " : "", a->text);
}

static void put_status(const struct screen *s, struct buf *out)
{
    const struct model *m = s->model;

    if (!m->connected)
        buf_puts(out, "There is no connection to the telephone.\n");
    for (size_t i = 0; i < m->n_accounts; i++)
        put_account(&m->accounts[i], out);
    if (m->connected && m->n_accounts == 0)
        buf_puts(out, "There is no account: addresses are called without a server.\n");
    put_list(s, &view_calls, out);
}

static void greet(struct plain *p)
{
    if (p->greeted)
        buf_puts(&p->out, "The telephone answers again.\n");
    put_status(p->screen, &p->out);
    if (!p->greeted)
        buf_puts(&p->out, "Type a command; help lists them.\n");
    p->greeted = true;
}

static void put_question(struct plain *p);

unsigned plain_line(struct plain *p, const struct ctl_line *line)
{
    struct screen *s = p->screen;
    bool known = s->model->connected, waits = !screen_is_answered(s);
    unsigned news;

    if (line->kind != CTL_REPLY)
        plain_put_event(s, line, &p->out);
    news = screen_line(s, line);
    if (waits && screen_is_answered(s) && s->prompt == PROMPT_CONFIRM)
        put_question(p); /* the answer may have been another question */
    if (line->kind != CTL_REPLY)
        drop_message(s); /* the line has told it */
    if (!known && s->model->connected)
        greet(p);
    plain_flush(p);
    return news;
}

/* --- what is asked -------------------------------------------------------------------------- */

static bool sets_up(const struct screen *s)
{
    return s->prompt == PROMPT_NONE && screen_view(s) == &view_setup;
}

bool plain_is_secret(const struct plain *p)
{
    const struct screen *s = p->screen;
    const struct setup_step *step = sets_up(s) ? setup_step(s->setup) : NULL;

    return s->prompt == PROMPT_PASSWORD || (step && step->kind == SETUP_SECRET);
}

static void put_devices(const struct setup *setup, struct buf *out)
{
    for (size_t i = 0; i < setup->n_devices; i++)
        buf_printf(out, "%zu. %s\n", i + 1, setup->devices[i]);
}

void plain_ask_setup(struct plain *p)
{
    const struct setup *setup = p->screen->setup;
    const struct setup_step *step = setup_step(setup);
    struct buf *out = &p->out;

    if (setup->why.n > 0)
        buf_printf(out, "%" PRI_SLICE "\n", ARG_SLICE(buf_slice(&setup->why)));
    else if (setup->outcome.n > 0)
        buf_printf(out, "%" PRI_SLICE "\n", ARG_SLICE(buf_slice(&setup->outcome)));
    if (setup->working && setup->work != SETUP_LIST_DEVICES && setup->work != SETUP_WRITE_FILE)
        buf_printf(out, "%s\n", setup_doing(setup));
    if (!step || setup->working)
        return;
    if (step->kind == SETUP_DEVICE)
        put_devices(setup, out);
    if (step->kind == SETUP_WRITE)
        buf_printf(out, "The file will be %s\n", setup->path);
    buf_printf(out, "%s %s\n", step->question, step->help);
}

static void answer_setup(struct plain *p, struct slice typed)
{
    struct screen *s = p->screen;

    if (!plain_is_secret(p) && slice_eq(typed, SLICE(".")))
        setup_cancel(s->setup);
    else
        setup_answer(s->setup, typed);
    view_setup_changed(s);
}

/* A question that has come up with what was typed. */
static void put_question(struct plain *p)
{
    const struct screen *s = p->screen;
    struct buf *out = &p->out;

    if (sets_up(s))
        plain_ask_setup(p);
    else if (s->prompt == PROMPT_CONFIRM && screen_is_answered(s))
        buf_printf(out, "%s yes or no\n", s->question);
    else if (s->prompt == PROMPT_SEARCH)
        buf_puts(out, "What is looked for? A dot for nothing.\n");
    else if (s->prompt == PROMPT_COMMAND)
        buf_printf(out, "Command? %" PRI_SLICE "\n", ARG_SLICE(line_text(&s->line)));
    else if (s->prompt == PROMPT_PASSWORD)
        buf_printf(out, "Password for %s? It is not shown.\n", s->account);
}

static void press(struct screen *s, uint32_t code)
{
    screen_key(s, &(struct key){.code = code});
}

/* Behind what the prompt began with: ":call " of a help that was chosen from. */
static void answer_prompt(struct screen *s, struct slice typed)
{
    struct buf text = buf_new(LINE_BYTES_MAX);
    bool leave = slice_eq(typed, SLICE("."));

    if (s->prompt == PROMPT_CONFIRM) {
        press(s, slice_istarts(typed, SLICE("y")) ? 'y' : 'n');
    } else if (leave) {
        press(s, KEY_ESCAPE);
    } else if (s->prompt == PROMPT_PASSWORD) {
        line_set(&s->line, typed);
        press(s, KEY_ENTER);
    } else {
        buf_put(&text, line_text(&s->line));
        buf_put(&text, typed);
        line_set(&s->line, buf_slice(&text));
        press(s, KEY_ENTER);
    }
    buf_free(&text);
}

/* Into a view where one types. False: it has no place for text. */
static bool type_into(struct screen *s, const struct view *view, struct slice typed)
{
    if (slice_eq(typed, SLICE("."))) {
        press(s, KEY_ESCAPE);
        return true;
    }
    if (typed.n > 0 && !view->key(s, &(struct key){.code = KEY_PASTE, .text = typed}))
        return false;
    press(s, KEY_ENTER);
    return true;
}

/* --- commands ------------------------------------------------------------------------------- */

static void say_status(struct plain *p, struct slice argument)
{
    (void)argument;
    put_status(p->screen, &p->out);
}

static void say_completions(struct plain *p, struct slice begun)
{
    struct buf line = buf_new(LINE_BYTES_MAX);
    size_t n = 0;

    for (; command_complete(p->screen, begun, n, &line); n++)
        buf_printf(&p->out, "%s\n", buf_cstr(&line));
    if (n == 0)
        buf_puts(&p->out, "Nothing begins like that.\n");
    buf_free(&line);
}

static void say_wait(struct plain *p, struct slice argument)
{
    uint64_t s;

    if (slice_number(argument, 3600, &s) != 0)
        buf_puts(&p->out, "wait: a number of seconds\n");
    else
        p->rest_until_ms = p->screen->now_ms + s * 1000;
}

static void say_help(struct plain *p, struct slice argument)
{
    const struct command *c = argument.n > 0 ? command_find(argument) : NULL;

    if (argument.n > 0 && !c) {
        buf_puts(&p->out, "There is no such command.\n");
    } else if (c) {
        buf_printf(&p->out, "%s%s%s: %s\n", c->name, c->value ? " " : "", c->value ? c->value : "",
                   c->help);
    } else {
        buf_puts(&p->out, "Commands; a call's number may stand behind those about a call. The name "
                          "of a view reads it out.\n");
        for (size_t i = 0; (c = command_at(i)); i++)
            say_help(p, slice_of(c->name));
        buf_puts(&p->out, "status: say how the telephone is\n"
                          "complete TEXT: list what TEXT can become; so does a tab behind it\n"
                          "wait SECONDS: take the next line only then, for scripts\n"
                          "Views:");
        for (size_t i = 0; view_at(i); i++)
            buf_printf(&p->out, " %s", view_at(i)->name);
        buf_putc(&p->out, '\n');
    }
}

/* What only makes sense in lines, or is told in other words here. */
static const struct {
    const char *name;
    void (*say)(struct plain *p, struct slice argument);
} own[] = {
    {"status", say_status}, {"redraw", say_status}, {"complete", say_completions},
    {"help", say_help},     {"?", say_help},        {"wait", say_wait},
};

static bool run_own(struct plain *p, struct slice line)
{
    struct slice argument = line, name = slice_cut(&argument, ' ');

    for (size_t i = 0; i < ARRAY_LEN(own); i++) {
        if (!slice_eq(name, slice_of(own[i].name)))
            continue;
        own[i].say(p, slice_trim(argument));
        return true;
    }
    return false;
}

/* Also "view NAME", and also where it was open already: it is read out again. */
static bool open_named(struct plain *p, struct slice line)
{
    bool said = slice_starts(line, SLICE("view ")) || slice_starts(line, SLICE("focus "));
    struct slice name = said ? slice_trim(slice_skip(line, (size_t)slice_index(line, ' '))) : line;
    const struct view *view = !said && command_find(line) ? NULL : view_find(name);

    if (!view || view->key)
        return false;
    screen_open(p->screen, view);
    plain_put_view(p->screen, view, &p->out);
    return true;
}

/* "a" is answer, as on the screen; whether it is a key that does something now. */
static bool run_key(struct screen *s, struct slice line)
{
    const struct binding *b;
    struct key key;

    if (key_parse(line, &key) != 0)
        return false;
    b = command_binding(s, &key);
    if (b)
        command_run(s, slice_of(b->command));
    return b != NULL;
}

static void run(struct plain *p, struct slice line)
{
    if (run_own(p, line) || open_named(p, line))
        return;
    if (command_of_line(line) || !run_key(p->screen, line))
        command_run(p->screen, line);
}

/* --- a line that was typed ------------------------------------------------------------------ */

/* What lists show is told where it has changed. */
static void tell_change(struct plain *p, const struct view *view, size_t row, bool was_shown)
{
    struct screen *s = p->screen;
    const struct view *now = screen_view(s);
    size_t at = screen_chosen(s, now);

    if (was_shown || s->message.n > 0)
        return;
    if (now == &view_setup)
        return; /* its question follows */
    if (now != view) {
        plain_put_view(s, now, &p->out);
    } else if (now->rows && now->text && at != row && at != SIZE_MAX && now != &view_calls) {
        size_t by = at > row ? at - row : row - at;

        put_rows(s, now, at, by == PAGE_ROWS ? PAGE_ROWS : 1, &p->out);
    }
}

static void take(struct plain *p, struct slice line)
{
    struct screen *s = p->screen;
    const struct view *view = screen_view(s);

    if (sets_up(s))
        answer_setup(p, line);
    else if (s->prompt != PROMPT_NONE)
        answer_prompt(s, line);
    else if (slice_starts(line, SLICE(":")))
        run(p, slice_trim(slice_skip(line, 1)));
    else if (!view->key || !type_into(s, view, line))
        run(p, line);
}

void plain_typed(struct plain *p, struct slice typed)
{
    struct screen *s = p->screen;
    const struct view *view = screen_view(s);
    size_t row = screen_chosen(s, view), said = p->out.n;
    bool tab = typed.n > 0 && typed.p[typed.n - 1] == '\t';
    struct slice line = slice_trim(typed);
    struct buf safe = buf_new(16384);

    if (!plain_is_secret(p))
        text_safe(&safe, slice_head(line, 4096));
    if (tab && s->prompt == PROMPT_NONE && !sets_up(s))
        say_completions(p, buf_slice(&safe));
    else if (line.n > 0 || s->prompt != PROMPT_NONE || view->key)
        take(p, plain_is_secret(p) ? typed : buf_slice(&safe));
    tell_change(p, view, row, p->out.n > said);
    plain_flush(p);
    put_question(p);
    buf_free(&safe);
}
