/* What is done with the trace of SIP messages. */
#include <stdlib.h>

#include "base/mem.h"
#include "ui/screen/commands.h"
#include "ui/screen/saver.h"
#include "ui/screen/trace_file.h"
#include "ui/screen/view_trace.h"

#define FILE_BYTES_MAX 33554432u

/* --- when ----------------------------------------------------------------------------------- */

static bool is_trace(const struct screen *s)
{
    return screen_view(s) == &view_trace;
}

static bool is_shown(const struct screen *s)
{
    return is_trace(s) || screen_view(s) == &view_trace_message;
}

static bool has_message(const struct screen *s)
{
    return is_shown(s) && trace_message(s);
}

static bool has_call(const struct screen *s)
{
    return is_shown(s) && (trace_state(s)->call || has_message(s));
}

static bool may_save(const struct screen *s)
{
    return trace_state(s)->n > 0;
}

static bool is_message(const struct screen *s)
{
    return screen_view(s) == &view_trace_message;
}

/* --- what is shown -------------------------------------------------------------------------- */

/* Without words the line is typed; "off" takes the filter away. */
static void filter(struct screen *s, struct slice argument)
{
    struct trace_state *st = trace_state(s);
    struct buf line = buf_new(2 * LINE_BYTES_MAX);

    if (argument.n == 0) {
        buf_puts(&line, "trace-filter ");
        buf_put(&line, buf_slice(&st->filter));
        screen_begin_prompt(s, PROMPT_COMMAND, buf_slice(&line));
    } else {
        buf_clear(&st->filter);
        if (!slice_eq(argument, SLICE("off")))
            buf_put(&st->filter, argument);
        trace_changed(s);
    }
    buf_free(&line);
}

void trace_show_all(struct screen *s)
{
    struct trace_state *st = trace_state(s);

    if (!st->call)
        return;
    free(st->call);
    st->call = NULL;
    trace_changed(s);
}

void trace_show_call(struct screen *s, const char *call_id)
{
    struct trace_state *st = trace_state(s);

    if (!is_trace(s) || !*call_id)
        return;
    trace_show_all(s);
    st->call = xstrdup(call_id);
    trace_changed(s);
    if (trace_state(s)->n == 0)
        trace_show_all(s);
    else
        screen_say(s, STYLE_DIM, "these are the messages of the call; \"trace-call\" shows all");
}

static void one_call(struct screen *s, struct slice argument)
{
    struct trace_state *st = trace_state(s);
    const struct traced *t = trace_message(s);
    char *call = st->call || !t ? NULL : slice_dup(t->call_id);

    (void)argument;
    free(st->call);
    st->call = call;
    trace_changed(s);
}

static void only_sdp(struct screen *s, struct slice argument)
{
    struct trace_state *st = trace_state(s);

    (void)argument;
    st->only_sdp = !st->only_sdp;
    trace_changed(s);
}

/* The message before or behind the one that is open, of those that are shown. */
static void step(struct screen *s, struct slice argument)
{
    struct trace_state *st = trace_state(s);
    bool back = slice_eq(argument, SLICE("previous"));
    size_t at = 0;

    while (at < st->n && st->rows[at] < st->opened)
        at++;
    if (at < st->n && st->rows[at] == st->opened)
        at += !back;
    at -= back;
    if (at >= st->n)
        return;
    screen_choose(s, &view_trace, at);
    trace_open_message(s, traced_find(&s->model->traced, st->rows[at]));
}

/* --- two messages --------------------------------------------------------------------------- */

static void mark(struct screen *s, struct slice argument)
{
    struct trace_state *st = trace_state(s);
    uint64_t number = trace_message(s)->number;

    (void)argument;
    st->marked = st->marked == number ? 0 : number;
}

/* The last one before t that is of its kind: what one mostly wants to compare it with. */
static const struct traced *before(const struct screen *s, const struct traced *t)
{
    for (uint64_t number = t->number - 1; number > 0; number--) {
        const struct traced *other = traced_find(&s->model->traced, number);

        if (!other)
            break;
        if (other->sent == t->sent && !other->status == !t->status &&
            slice_eq(other->method, t->method))
            return other;
    }
    return NULL;
}

static void compare(struct screen *s, struct slice argument)
{
    const struct traced *t = trace_message(s);
    const struct traced *other = traced_find(&s->model->traced, trace_state(s)->marked);

    (void)argument;
    if (!other || other == t)
        other = before(s, t);
    if (!other)
        screen_say(s, STYLE_WARN, "there is none like it before; m marks one to compare with");
    else if (other->number < t->number)
        trace_compare(s, other, t);
    else
        trace_compare(s, t, other);
}

/* --- files ---------------------------------------------------------------------------------- */

/* What is shown, in its order. */
static void put_content(const struct screen *s, bool pcap, struct buf *out)
{
    const struct trace_state *st = trace_state(s);

    if (pcap)
        trace_put_pcap_head(out);
    for (size_t i = 0; i < st->n; i++) {
        const struct traced *t = traced_find(&s->model->traced, st->rows[i]);

        if (pcap)
            trace_put_pcap(out, t);
        else
            trace_put_text(out, t);
    }
}

static void save(struct screen *s, struct slice argument)
{
    struct slice form = slice_cut(&argument, ' ');
    bool pcap = slice_eq(form, SLICE("pcap"));
    struct buf name = buf_new(4096), content = buf_new(FILE_BYTES_MAX), good = buf_new(8192);

    if (!pcap && !slice_eq(form, SLICE("text"))) {
        screen_say(s, STYLE_BAD, "trace-save: text or pcap, and a file");
        return;
    }
    if (slice_trim(argument).n > 0)
        buf_put(&name, slice_trim(argument));
    else
        command_put_file_name(&name, "tphone-trace", pcap ? "pcap" : "txt");
    put_content(s, pcap, &content);
    buf_printf(&good, "%zu messages saved in %s", trace_state(s)->n, buf_cstr(&name));
    saver_save(s, buf_cstr(&name), &content, buf_cstr(&good));
    buf_free(&good);
    buf_free(&name);
    buf_free(&content);
}

/* clang-format off */
const struct command commands_of_trace[] = {
    {.name = "trace-filter", .argument = ARGUMENT_TEXT, .value = "WORDS", .label = "filter",
     .can = is_shown, .needs = "the trace (T)", .run = filter,
     .help = "only messages with these words, and none behind a !; off: all"},
    {.name = "trace-call", .label = "one call",
     .can = has_call, .needs = "the trace (T), and a message of a call in it", .run = one_call,
     .help = "only the call of this message; once more: all"},
    {.name = "trace-sdp", .label = "SDP", .can = is_shown, .needs = "the trace (T)",
     .run = only_sdp,
     .help = "only descriptions of sessions; once more: all"},
    {.name = "trace-mark", .label = "mark",
     .can = has_message, .needs = "the trace (T), and a message in it", .run = mark,
     .help = "mark a message to compare another one with"},
    {.name = "trace-compare", .label = "compare",
     .can = has_message, .needs = "the trace (T), and a message in it", .run = compare,
     .help = "what differs from the marked message, or the last of its kind"},
    {.name = "trace-step", .argument = ARGUMENT_TEXT, .must = true, .value = "WHICH",
     .can = is_message, .needs = "a message of the trace that is open",
     .run = step, .help = "show the next or the previous message"},
    {.name = "trace-save", .argument = ARGUMENT_TEXT, .must = true, .value = "FORM FILE",
     .label = "save", .can = may_save, .needs = "messages in the trace", .run = save,
     .help = "save what the trace shows as text or pcap, credentials masked"},
    {0},
};
/* clang-format on */
