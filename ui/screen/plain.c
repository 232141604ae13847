#include "ui/screen/plain.h"

#include "base/text.h"
#include "ui/screen/commands.h"

/* What views break lines by: hardly ever. */
#define SCREEN_ROWS 24
#define SCREEN_COLS 400

void plain_init(struct plain *p, struct screen *screen, int verbosity)
{
    *p = (struct plain){
        .screen = screen, .asked = buf_new(PLAIN_OUT_MAX), .out = buf_new(PLAIN_OUT_MAX)};
    p->tell = verbosity < 0 ? PLAIN_LITTLE : verbosity > 0 ? PLAIN_MUCH : PLAIN_NORMAL;
    screen->cells.silent = true;
    cells_resize(&screen->cells, SCREEN_ROWS, SCREEN_COLS);
}

void plain_free(struct plain *p)
{
    buf_free(&p->asked);
    buf_free(&p->out);
}

/* --- what is said unasked ------------------------------------------------------------------- */

static void drop_message(struct screen *s)
{
    buf_clear(&s->message);
    s->message_until_ms = 0;
}

/* What is said in passing is told by the phone again, when it has happened. */
static void put_message(struct plain *p, const char *label)
{
    struct screen *s = p->screen;

    if (s->message.n > 0 && s->message_style != STYLE_DIM)
        buf_printf(&p->out, "%s%s\n", label, buf_cstr(&s->message));
    drop_message(s);
}

void plain_flush(struct plain *p)
{
    put_message(p, "telephone: ");
}

void plain_answer(struct plain *p)
{
    put_message(p, "");
}

static void put_account(const struct model_account *a, struct buf *out)
{
    struct slice name = *a->uri ? model_short_uri(a->uri) : slice_of(a->account);
    struct slice cause = model_cause(a->text, name);

    buf_put(out, name);
    if (a->registered)
        buf_puts(out, ": registered\n");
    else if (!a->registers)
        buf_puts(out, ": for calls only, not registered\n");
    else
        buf_printf(out, ": not registered%s%" PRI_SLICE "\n", cause.n > 0 ? ", " : "",
                   ARG_SLICE(cause));
}

/* Until the history is read out. */
static void put_missed(struct plain *p)
{
    size_t n = screen_missed(p->screen);

    if (n > 0)
        buf_printf(&p->out, "Missed calls: %zu; the history tells them.\n", n);
}

void plain_put_status(struct plain *p)
{
    const struct model *m = p->screen->model;
    struct buf *out = &p->out;

    if (!m->connected)
        buf_puts(out, "There is no connection to the telephone.\n");
    for (size_t i = 0; i < m->n_accounts; i++)
        put_account(&m->accounts[i], out);
    if (m->connected && m->n_accounts == 0)
        buf_puts(out, "There is no account: addresses are called without a server.\n");
    if (m->dnd)
        buf_puts(out, "Do not disturb is on: calls are turned away.\n");
    put_missed(p);
    for (size_t i = 0; i < m->n_wishes; i++)
        plain_put_wish(&m->wishes[i], out);
    plain_read(p, &view_calls);
}

static void greet(struct plain *p)
{
    if (p->greeted)
        buf_puts(&p->out, "telephone: it answers again\n");
    plain_put_status(p);
    if (!p->greeted)
        buf_puts(&p->out, "Type a command; help tells what can be done.\n");
    p->greeted = true;
}

static void put_question(struct plain *p);

/* What a form asks, where that is another question than before, or was not heard yet. */
static void put_ask(struct plain *p, bool again)
{
    const struct screen *s = p->screen;
    struct buf question = buf_new(PLAIN_OUT_MAX);

    if (screen_view(s)->ask && s->prompt == PROMPT_NONE)
        screen_view(s)->ask(s, &question);
    if (again || !slice_eq(buf_slice(&question), buf_slice(&p->asked)))
        buf_put(&p->out, buf_slice(&question));
    buf_free(&p->asked);
    p->asked = question;
}

unsigned plain_line(struct plain *p, const struct ctl_line *line)
{
    struct screen *s = p->screen;
    bool known = s->model->connected, waits = !screen_is_answered(s);
    unsigned news;

    if (line->kind != CTL_REPLY)
        plain_put_event(s, line, p->tell, &p->out);
    news = screen_line(s, line);
    if (waits && screen_is_answered(s) && s->prompt == PROMPT_CONFIRM)
        put_question(p); /* the answer may have been another question */
    if (line->kind != CTL_REPLY)
        drop_message(s); /* the line has told it */
    if (!known && s->model->connected)
        greet(p);
    if (!p->knows_missed && s->has_seen)
        put_missed(p);
    p->knows_missed = s->has_seen;
    plain_flush(p);
    if (p->owes && screen_is_answered(s))
        plain_read(p, screen_view(s));
    put_ask(p, false);
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

static bool is_word(struct slice typed, const char *word)
{
    return typed.n > 0 && slice_istarts(slice_of(word), typed);
}

/* Anything but a yes is a no, and a command is one besides. */
static void answer_question(struct plain *p, struct slice typed)
{
    bool yes = is_word(typed, "yes");

    press(p->screen, yes ? 'y' : 'n');
    if (!yes && typed.n > 0 && !is_word(typed, "no") && !slice_eq(typed, SLICE(".")))
        plain_run(p, typed);
}

/* Behind what the prompt began with: ":call " of a help that was chosen from. */
static void answer_prompt(struct screen *s, struct slice typed)
{
    struct buf text = buf_new(LINE_BYTES_MAX);
    bool leave = slice_eq(typed, SLICE("."));

    if (leave) {
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
    if (view->typed) {
        view->typed(s, typed);
        return true;
    }
    if (typed.n > 0 && !view->key(s, &(struct key){.code = KEY_PASTE, .text = typed}))
        return false;
    press(s, KEY_ENTER);
    return true;
}

/* --- a line that was typed ------------------------------------------------------------------ */

/* What fills it may still have to come. */
void plain_read_when_known(struct plain *p, const struct view *view)
{
    if (screen_is_answered(p->screen))
        plain_read(p, view);
    else
        p->owes = true;
}

/* Whether something is said that the telephone does not tell by itself. */
bool plain_has_news(const struct screen *s)
{
    return s->message.n > 0 && s->message_style != STYLE_DIM;
}

/* Another view is on top: one that was opened is read out, one that is come back to is named. */
static void tell_change(struct plain *p, const struct view *view, size_t n_open)
{
    struct screen *s = p->screen;
    const struct view *now = screen_view(s);

    if (now == view || plain_has_news(s) || now == &view_setup || now->ask ||
        s->prompt != PROMPT_NONE)
        return;
    if (s->n_open < n_open)
        plain_read_title(p, now);
    else
        plain_read_when_known(p, now);
}

static void take(struct plain *p, struct slice line)
{
    struct screen *s = p->screen;
    const struct view *view = screen_view(s);

    if (sets_up(s))
        answer_setup(p, line);
    else if (s->prompt == PROMPT_CONFIRM)
        answer_question(p, line);
    else if (s->prompt == PROMPT_SEARCH && !slice_eq(line, SLICE(".")))
        plain_search_for(p, line);
    else if (s->prompt != PROMPT_NONE)
        answer_prompt(s, line);
    else if (slice_starts(line, SLICE(":")))
        plain_run(p, slice_trim(slice_skip(line, 1)));
    else if (!view->key || !type_into(s, view, line))
        plain_run(p, line);
}

void plain_typed(struct plain *p, struct slice typed)
{
    struct screen *s = p->screen;
    const struct view *view = screen_view(s);
    size_t n_open = s->n_open, said = p->out.n;
    bool tab = typed.n > 0 && typed.p[typed.n - 1] == '\t';
    struct slice line = slice_trim(typed);
    struct buf safe = buf_new(16384);

    if (!plain_is_secret(p))
        text_safe_own(&safe, slice_head(line, 4096));
    if (tab && s->prompt == PROMPT_NONE && !sets_up(s))
        plain_say_completions(p, buf_slice(&safe));
    else if (line.n > 0 || s->prompt != PROMPT_NONE || view->key)
        take(p, plain_is_secret(p) ? typed : buf_slice(&safe));
    if (p->out.n == said && !p->owes)
        tell_change(p, view, n_open);
    put_message(p, "");
    put_question(p);
    put_ask(p, true);
    buf_free(&safe);
}
