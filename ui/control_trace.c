/* SIP messages for the clients that asked for them by "trace".
 *
 * A message goes by in the middle of what the phone does, when nobody may give it commands, as to
 * drop a client and its calls would be one: so lines wait for the next turn, or for the next event
 * of the phone, and are told before that. */
#include "base/log.h"
#include "ui/control_private.h"
#include "ui/json.h"
#include "ui/trace.h"

/* Lines that go by within one turn; beyond that they are lost, and that is told. */
#define WAITING_MAX 8388608u

static bool is_kept(const struct control *control)
{
    return control->session->cli->config.keep_trace;
}

void control_set_trace(struct control *control)
{
    bool wanted = is_kept(control);

    LIST_EACH (&control->clients, at)
        wanted = wanted || LIST_ITEM(at, struct client, link)->trace;
    session_want_trace(control->session, wanted);
}

/* The oldest go, some at once, as what is behind them has to move. */
static void keep(struct control *control, struct slice line)
{
    struct buf *kept = &control->kept;

    if (line.n > CONTROL_KEPT_MAX)
        return;
    while (kept->n > 0 && kept->n + line.n > CONTROL_KEPT_MAX) {
        size_t some = kept->n < CONTROL_KEPT_MAX / 4 ? kept->n - 1 : CONTROL_KEPT_MAX / 4;
        ptrdiff_t end = slice_index(slice_skip(buf_slice(kept), some), '\n');

        buf_drop(kept, some + (size_t)end + 1);
    }
    buf_put(kept, line);
    kept->failed = false; /* without memory some are missing, and those that come are good */
}

void control_message(struct control *control, const struct phone_event *event)
{
    struct buf line = buf_new(2 * TRACE_MESSAGE_MAX);

    json_event(&line, event, json_now_ms());
    buf_put(&control->messages, buf_slice(&line));
    if (is_kept(control))
        keep(control, buf_slice(&line));
    buf_free(&line);
    control_turn_soon(control);
}

void control_tell_messages(struct control *control)
{
    struct buf lines = control->messages;

    if (lines.n == 0 && buf_ok(&lines))
        return;
    control->messages = buf_new(WAITING_MAX); /* what is told may make more of them */
    if (!buf_ok(&lines))
        log_warn("control", "messages of SIP are missing in the traces of clients");
    LIST_EACH (&control->clients, at) {
        struct client *c = LIST_ITEM(at, struct client, link);

        if (c->trace)
            client_put(c, buf_slice(&lines));
    }
    buf_free(&lines);
}

void control_begin_trace(struct control *control)
{
    control->messages = buf_new(WAITING_MAX);
    control->kept = buf_new(CONTROL_KEPT_MAX);
    control_set_trace(control);
}

void control_end_trace(struct control *control)
{
    control_tell_messages(control);
    buf_free(&control->messages);
    buf_free(&control->kept);
}
