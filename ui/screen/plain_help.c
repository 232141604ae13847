/* The line mode's own commands, what help says, and how what is typed goes on. */
#include "ui/screen/commands.h"
#include "ui/screen/plain.h"

#define NAMES_MAX 30u /* that a Tab lists */

/* --- help ----------------------------------------------------------------------------------- */

static void put_command(const char *name, const char *value, const char *help, struct buf *out)
{
    buf_printf(out, "%s%s%s: %s\n", name, value ? " " : "", value ? value : "", help);
}

/* What only moves things about on a screen. */
static bool is_for_eyes(const struct command *c)
{
    static const char *const names[] = {"focus", "redraw", "bare", "mouse", "command"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(names[i], c->name) == 0)
            return true;
    return false;
}

static void put_about(const struct command *c, struct buf *out)
{
    const struct plain_command *own = plain_command_find(slice_of(c->name));

    if (own && own->help)
        put_command(own->name, own->value, own->help, out);
    else
        put_command(c->name, c->value, c->help, out);
}

/* Not those where one types, and not those that only others open. */
static bool is_read_out(const struct view *view)
{
    return !view->key && view != &view_help && view != &view_trace_message &&
           view != &view_trace_compare && view != &view_trouble;
}

/* "call" is a command, too, and "view call" the way to the view. */
static void put_views(struct buf *out)
{
    buf_puts(out, "Views:");
    for (size_t i = 0; view_at(i); i++)
        if (is_read_out(view_at(i)))
            buf_printf(out, " %s%s", view_at(i) == &view_call ? "view " : "", view_at(i)->name);
    buf_putc(out, '\n');
}

static void help_all(struct buf *out)
{
    const struct plain_command *own;
    const struct command *c;

    buf_puts(out, "Commands; a call's number may stand behind those about a call. The name of a "
                  "view reads it out.\n");
    for (size_t i = 0; (c = command_at(i)); i++)
        if (!is_for_eyes(c))
            put_about(c, out);
    for (size_t i = 0; (own = plain_command_at(i)); i++)
        if (own->help && !command_find(slice_of(own->name)))
            put_command(own->name, own->value, own->help, out);
    put_views(out);
}

/* What one can do now and could not do at another time; the rest only by name. */
static void help_now(const struct screen *s, struct buf *out)
{
    const struct plain_command *own;
    const struct command *c;

    for (size_t i = 0; (c = command_at(i)); i++)
        if (c->can && c->can(s) && !is_for_eyes(c))
            put_about(c, out);
    buf_puts(out, "Always:");
    for (size_t i = 0; (c = command_at(i)); i++)
        if (!c->can && !is_for_eyes(c))
            buf_printf(out, " %s", c->name);
    for (size_t i = 0; (own = plain_command_at(i)); i++)
        if (own->help && !command_find(slice_of(own->name)))
            buf_printf(out, " %s", own->name);
    buf_putc(out, '\n');
    put_views(out);
    buf_puts(out, "help and a name says more of that; help all tells every command.\n");
}

void plain_help(struct plain *p, struct slice about)
{
    const struct plain_command *own = about.n > 0 ? plain_command_find(about) : NULL;
    const struct command *c = about.n > 0 ? command_find(about) : NULL;

    if (about.n == 0)
        help_now(p->screen, &p->out);
    else if (slice_eq(about, SLICE("all")))
        help_all(&p->out);
    else if (c)
        put_about(c, &p->out);
    else if (own && own->help)
        put_command(own->name, own->value, own->help, &p->out);
    else
        buf_puts(&p->out, "There is no such command.\n");
}

/* --- completion ----------------------------------------------------------------------------- */

/* Names of commands and views, each once. */
static const char *nth_name(size_t i)
{
    const struct plain_command *own;
    const struct command *c;

    for (size_t at = 0; (c = command_at(at)); at++)
        if (!is_for_eyes(c) && i-- == 0)
            return c->name;
    for (size_t at = 0; (own = plain_command_at(at)); at++)
        if (own->help && !command_find(slice_of(own->name)) && i-- == 0)
            return own->name;
    for (size_t at = 0; view_at(at); at++)
        if (is_read_out(view_at(at)) && !command_find(slice_of(view_at(at)->name)) && i-- == 0)
            return view_at(at)->name;
    return NULL;
}

static bool complete_name(struct slice before, struct slice begun, size_t i, struct buf *out)
{
    const char *name;

    for (size_t at = 0; (name = nth_name(at)); at++) {
        if (!slice_istarts(slice_of(name), begun) || i-- > 0)
            continue;
        buf_clear(out);
        buf_put(out, before);
        buf_puts(out, name);
        return true;
    }
    return false;
}

bool plain_complete(const struct plain *p, struct slice text, size_t i, struct buf *out)
{
    const struct slice help = SLICE("help ");

    if (slice_index(text, ' ') < 0)
        return complete_name(SLICE(""), text, i, out);
    if (slice_starts(text, help))
        return complete_name(help, slice_skip(text, help.n), i, out);
    return command_complete(p->screen, text, i, out);
}

/* Where a name is asked for, as if it stood behind the command that asks. False: what is asked is
 * nothing that we know. */
static bool asked_by(const struct screen *s, struct slice *before)
{
    bool dials = screen_view(s) == &view_dial && s->prompt == PROMPT_NONE;

    *before = dials ? SLICE("call ") : SLICE("");
    if (s->prompt == PROMPT_COMMAND)
        *before = line_text(&s->line);
    return s->prompt == PROMPT_COMMAND ||
           (s->prompt == PROMPT_NONE && screen_view(s) != &view_setup);
}

static size_t same_bytes(struct slice a, struct slice b)
{
    size_t n = 0;

    while (n < a.n && n < b.n && a.p[n] == b.p[n])
        n++;
    while (n > 0 && n < a.n && ((unsigned char)a.p[n] & 0xc0) == 0x80)
        n--; /* not within a character */
    return n;
}

/* The words that may come, in one line. */
static void put_choice(struct plain *p, struct slice text, size_t n)
{
    struct buf one = buf_new(LINE_BYTES_MAX);

    for (size_t i = 0; i < n && i < NAMES_MAX; i++) {
        struct slice rest;

        plain_complete(p, text, i, &one);
        rest = buf_slice(&one);
        if (slice_index(text, ' ') >= 0)
            slice_cut(&rest, ' ');
        buf_printf(&p->out, "%s%" PRI_SLICE, i > 0 ? ", " : "", ARG_SLICE(rest));
    }
    if (n > NAMES_MAX)
        buf_printf(&p->out, "; %zu more", n - NAMES_MAX);
    buf_putc(&p->out, '\n');
    buf_free(&one);
}

void plain_tab(struct plain *p, struct slice typed, struct buf *now)
{
    struct buf text = buf_new(2 * LINE_BYTES_MAX), one = buf_new(LINE_BYTES_MAX);
    struct buf common = buf_new(LINE_BYTES_MAX);
    struct slice before;
    size_t n = 0;

    buf_put(now, typed);
    if (!asked_by(p->screen, &before))
        return;
    buf_put(&text, before);
    buf_put(&text, typed);
    for (; plain_complete(p, buf_slice(&text), n, &one); n++) {
        if (n == 0)
            buf_put(&common, buf_slice(&one));
        else
            common.n = same_bytes(buf_slice(&common), buf_slice(&one));
    }
    if (n == 0) {
        buf_puts(&p->out, "Nothing begins like that.\n");
    } else if (n > 1 && common.n <= text.n) {
        put_choice(p, buf_slice(&text), n);
    } else {
        buf_clear(now);
        buf_put(now, slice_skip(buf_slice(&common), before.n));
    }
    buf_free(&text);
    buf_free(&one);
    buf_free(&common);
}
