/* Events as lines: who first, then what. */
#include "ui/screen/plain.h"
#include "ui/screen/width.h"
#include "ui/status.h"

/* Nobody listens to more, and strangers choose these. */
#define NAME_COLS 60
#define NAME_BYTES 4096u
#define ADDRESS_COLS 200
#define WHAT_COLS 500

/* --- who ------------------------------------------------------------------------------------ */

/* Accents may be heaped on a letter, so bytes are limited, too. */
void plain_put_head(struct slice text, int cols, struct buf *out)
{
    struct slice head = width_head(text, cols);

    if (head.n > (size_t)cols * 4)
        head.n = (size_t)cols * 4;
    while (head.n < text.n && head.n > 0 && ((unsigned char)text.p[head.n] & 0xc0) == 0x80)
        head.n--; /* not within a character */
    buf_put(out, head);
    if (head.n < text.n)
        buf_puts(out, "...");
}

void plain_put_name(struct buf *out, const char *contact, const char *name, const char *peer,
                    uint32_t call)
{
    size_t from = out->n;
    struct buf short_name = buf_new(NAME_BYTES);

    plain_put_head(slice_of(name), NAME_COLS, &short_name);
    status_put_name(out, contact, buf_cstr(&short_name));
    buf_free(&short_name);
    if (out->n == from)
        plain_put_head(*peer ? model_short_uri(peer) : SLICE("somebody"), NAME_COLS, out);
    while (out->n > from && (out->p[out->n - 1] == ' ' || out->p[out->n - 1] == ','))
        out->n--;
    buf_printf(out, ", call %u", (unsigned)call);
}

static void put_caller(const struct screen *s, const struct phone_event *e, struct buf *out)
{
    const struct model_call *c = model_call(s->model, e->call);

    plain_put_name(out, *e->contact || !c ? e->contact : c->contact,
                   *e->peer_name || !c ? e->peer_name : c->peer_name,
                   *e->peer || !c ? e->peer : c->peer, e->call);
}

static bool is_of_account(const struct phone_event *e)
{
    return e->kind == PHONE_REGISTERED || e->kind == PHONE_REGISTER_FAILED ||
           e->kind == PHONE_UNREGISTERED || e->kind == PHONE_PASSWORD_WANTED;
}

static struct slice account_name(const struct phone_event *e)
{
    return *e->peer ? model_short_uri(e->peer) : slice_of(e->account);
}

static void put_who(const struct screen *s, const struct phone_event *e, struct buf *out)
{
    if (is_of_account(e))
        buf_put(out, account_name(e));
    else if (e->call)
        put_caller(s, e, out);
    else
        buf_puts(out, "telephone");
    buf_puts(out, ": ");
}

/* --- what ----------------------------------------------------------------------------------- */

static void put_incoming(struct buf *out, const struct phone_event *e)
{
    buf_puts(out, "calls you, ");
    plain_put_head(slice_of(*e->peer ? e->peer : "no address"), ADDRESS_COLS, out);
    if (*e->account)
        buf_printf(out, ", for %s", e->account);
    buf_puts(out, "; answer or decline");
}

/* RFC 3261 21.1, without its number. */
static void put_progress(struct buf *out, const struct phone_event *e)
{
    static const char *const words[] = {"rings", "is being forwarded", "waits in a queue"};
    unsigned i = e->status - 180;

    buf_puts(out, i < ARRAY_LEN(words) ? words[i] : "is being reached");
}

static void put_asked(struct buf *out, const char *to)
{
    buf_puts(out, "asks you to call ");
    plain_put_head(slice_of(to), ADDRESS_COLS, out);
    buf_puts(out, " instead; follow or stay");
}

static void put_ended(struct buf *out, const struct phone_event *e)
{
    buf_printf(out, "ended: %s", e->text);
    if (e->result.answered) {
        buf_puts(out, ", after ");
        view_say_duration(out, e->result.talk_ms);
    }
}

static void put_register_failed(struct buf *out, const struct phone_event *e)
{
    buf_put(out, model_cause(e->text, account_name(e)));
    if (e->retry_ms > 0) {
        buf_puts(out, "; tried again in ");
        view_say_duration(out, e->retry_ms);
    }
}

static void put_registered(struct buf *out, const struct phone_event *e)
{
    buf_puts(out, "registered for ");
    view_say_duration(out, e->expires_s * UINT64_C(1000));
    if (e->bindings > 1)
        buf_printf(out, ", one of %u devices", e->bindings);
}

/* Codec and address are for those who want much. */
static bool put_words(struct buf *out, const struct phone_event *e)
{
    switch (e->kind) {
    case PHONE_INCOMING:
        put_incoming(out, e);
        return true;
    case PHONE_TURNED_AWAY:
        buf_puts(out, "was turned away, ");
        plain_put_head(slice_of(e->peer), ADDRESS_COLS, out);
        buf_puts(out, ": do not disturb is on");
        return true;
    case PHONE_CALLING:
        buf_printf(out, "called, %s", e->peer);
        return true;
    case PHONE_RINGING:
        put_progress(out, e);
        return true;
    case PHONE_REGISTERED:
        put_registered(out, e);
        return true;
    case PHONE_REGISTER_FAILED:
        put_register_failed(out, e);
        return true;
    case PHONE_UNREGISTERED:
        buf_puts(out, "no longer registered");
        return true;
    case PHONE_PASSWORD_WANTED:
        buf_puts(out, "a password is needed; the command password asks for it");
        return true;
    case PHONE_TRANSFER_ASKED:
        put_asked(out, e->to);
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
    case PHONE_VOICE_SET:
        (void)status_words(out, e);
        return true;
    case PHONE_ENDED:
        put_ended(out, e);
        return true;
    default:
        return status_words(out, e);
    }
}

/* Where others want less said than ui/status.h has. */
static bool put_what(struct buf *out, const struct phone_event *e, enum plain_tell tell)
{
    if (e->kind == PHONE_ANSWERED && tell < PLAIN_MUCH) {
        buf_puts(out, "answered");
        if (tell >= PLAIN_NORMAL && *e->encryption)
            buf_printf(out, ", %s", status_encryption(e->encryption));
        return true;
    }
    return put_words(out, e);
}

/* From which measure on it is told. What has failed is told to all, and what asks for something. */
static enum plain_tell worth(const struct phone_event *e)
{
    switch (e->kind) {
    case PHONE_INCOMING:
    case PHONE_ANSWERED:
    case PHONE_ENDED:
    case PHONE_HELD:
    case PHONE_RESUMED:
    case PHONE_REGISTER_FAILED:
    case PHONE_PASSWORD_WANTED:
    case PHONE_TRANSFER_ASKED:
    case PHONE_TRANSFER_REFUSED:
    case PHONE_SOUND_FAILED:
    case PHONE_HOOK_FAILED:
    case PHONE_NOTICE:
        return PLAIN_LITTLE;
    case PHONE_RECORDING:
        return *e->text ? PLAIN_LITTLE : PLAIN_NORMAL;
    case PHONE_ON_HOLD:
        return e->status ? PLAIN_LITTLE : PLAIN_NORMAL;
    case PHONE_LISTENING:
    case PHONE_EARLY:
    case PHONE_MEDIA_MOVED:
    case PHONE_MOVED:
        return PLAIN_MUCH;
    default:
        return PLAIN_NORMAL;
    }
}

/* How a call is heard is told when it is asked: the command quality. */
static bool is_told(const struct phone_event *e, enum plain_tell tell)
{
    return e->kind != PHONE_QUALITY && e->kind != PHONE_MEDIA && tell >= worth(e);
}

void plain_put_wish(const struct model_wish *w, struct buf *out)
{
    plain_put_name(out, w->contact, w->peer_name, w->peer, w->call);
    buf_puts(out, ": ");
    put_asked(out, w->to);
    buf_putc(out, '\n');
}

void plain_put_event(const struct screen *s, const struct ctl_line *line, enum plain_tell tell,
                     struct buf *out)
{
    struct buf what = buf_new(65536);

    if (line->kind == CTL_OWN) {
        buf_printf(out, "telephone: %s\n", line->text);
    } else if (line->kind == CTL_EVENT && is_told(&line->event, tell) &&
               put_what(&what, &line->event, tell)) {
        put_who(s, &line->event, out);
        plain_put_head(buf_slice(&what), WHAT_COLS, out);
        buf_putc(out, '\n');
    }
    buf_free(&what);
}
