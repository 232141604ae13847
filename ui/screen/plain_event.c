/* Events as lines: who first, then what. */
#include "ui/screen/plain.h"
#include "ui/status.h"

/* --- who ------------------------------------------------------------------------------------ */

/* A contact stands bare, what a stranger calls itself in quotes, as in ui/status.h; the number
 * tells calls with the same one apart, and is what commands take. */
static void put_caller(const struct screen *s, const struct phone_event *e, struct buf *out)
{
    const struct model_call *c = model_call(s->model, e->call);
    const char *contact = *e->contact || !c ? e->contact : c->contact;
    const char *name = *e->peer_name || !c ? e->peer_name : c->peer_name;
    const char *peer = *e->peer || !c ? e->peer : c->peer;
    size_t from = out->n;

    status_put_name(out, contact, name);
    if (out->n == from)
        buf_put(out, *peer ? model_short_uri(peer) : SLICE("somebody"));
    while (out->n > from && (out->p[out->n - 1] == ' ' || out->p[out->n - 1] == ','))
        out->n--;
    buf_printf(out, ", call %u: ", (unsigned)e->call);
}

static bool is_of_account(const struct phone_event *e)
{
    return e->kind == PHONE_REGISTERED || e->kind == PHONE_REGISTER_FAILED ||
           e->kind == PHONE_UNREGISTERED || e->kind == PHONE_PASSWORD_WANTED;
}

static void put_who(const struct screen *s, const struct phone_event *e, struct buf *out)
{
    if (is_of_account(e)) {
        buf_put(out, *e->peer ? model_short_uri(e->peer) : slice_of(e->account));
        buf_puts(out, ": ");
    } else if (e->call) {
        put_caller(s, e, out);
    } else {
        buf_puts(out, "telephone: ");
    }
}

/* --- what ----------------------------------------------------------------------------------- */

static void put_incoming(struct buf *out, const struct phone_event *e)
{
    buf_printf(out, "calls you, %s", *e->peer ? e->peer : "no address");
    if (*e->account)
        buf_printf(out, ", for %s", e->account);
    buf_puts(out, "; answer or decline");
}

/* Where there are other words than those of ui/status.h, which begin with what happens. */
static bool put_what(struct buf *out, const struct phone_event *e)
{
    switch (e->kind) {
    case PHONE_QUALITY: /* the view of the call tells it when it is asked */
        return false;
    case PHONE_INCOMING:
        put_incoming(out, e);
        return true;
    case PHONE_TURNED_AWAY:
        buf_printf(out, "was turned away, %s: do not disturb is on", e->peer);
        return true;
    case PHONE_CALLING:
        buf_printf(out, "called, %s", e->peer);
        return true;
    case PHONE_REGISTERED:
        buf_printf(out, "registered for %u s", (unsigned)e->expires_s);
        return true;
    case PHONE_UNREGISTERED:
        buf_puts(out, "no longer registered");
        return true;
    case PHONE_PASSWORD_WANTED:
        buf_puts(out, "a password is needed; the command password asks for it");
        return true;
    case PHONE_MUTED:
        buf_puts(out, e->on ? "does not hear you: muted" : "hears you: no longer muted");
        return true;
    case PHONE_JOINED:
        buf_printf(out, "in conference %u", (unsigned)e->conference);
        return true;
    case PHONE_PARTED:
        buf_printf(out, "no longer in conference %u", (unsigned)e->conference);
        return true;
    case PHONE_VOLUMES:
        buf_printf(out, "loudspeaker %+.1f dB, microphone %+.1f dB", e->speaker_db,
                   e->microphone_db);
        return true;
    default:
        return status_words(out, e);
    }
}

void plain_put_event(const struct screen *s, const struct ctl_line *line, struct buf *out)
{
    size_t from = out->n;

    if (line->kind == CTL_OWN) {
        buf_printf(out, "telephone: %s\n", line->text);
    } else if (line->kind == CTL_EVENT) {
        put_who(s, &line->event, out);
        if (put_what(out, &line->event))
            buf_putc(out, '\n');
        else
            out->n = from;
    }
}
