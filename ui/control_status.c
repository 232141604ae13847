/* How the telephone is, for who asks: its calls, accounts, devices and screens. */
#include <config.h> /* of configure */

#include "base/text.h"
#include "ui/control_private.h"
#include "ui/json.h"

static void put_address(struct buf *out, const char *name, const struct ip *ip)
{
    char text[IP_TEXT_MAX];

    json_put_text(out, name, ip->family ? ip_text(ip, text) : "");
}

static void put_flag(struct buf *out, const char *name, bool on)
{
    buf_printf(out, ",\"%s\":%s", name, on ? "true" : "false");
}

static const char *phase_word(enum phone_call_phase phase)
{
    static const char *const words[] = {
        [PHONE_PHASE_WAITING] = "waiting", [PHONE_PHASE_CALLING] = "calling",
        [PHONE_PHASE_RINGING] = "ringing", [PHONE_PHASE_INCOMING] = "incoming",
        [PHONE_PHASE_UP] = "up",           [PHONE_PHASE_ENDING] = "ending",
    };

    return words[phase];
}

/* A list is begun by "[" and goes on with commas. */
static void put_comma(struct buf *out)
{
    if (out->n > 0 && out->p[out->n - 1] == '}')
        buf_putc(out, ',');
}

static void put_call_id(struct buf *out, struct slice id)
{
    struct buf safe = buf_new(4096);

    text_safe(&safe, id);
    json_put_text(out, "call_id", buf_cstr(&safe));
    buf_free(&safe);
}

static void put_call_state(void *arg, const struct phone_call_state *s)
{
    struct buf *out = arg;

    put_comma(out);
    buf_printf(out, "{\"call\":%u,\"phase\":\"%s\"", (unsigned)s->call, phase_word(s->phase));
    json_put_text(out, "peer", s->peer);
    json_put_text(out, "peer_name", s->peer_name);
    json_put_text(out, "contact", s->contact);
    json_put_text(out, "account", s->account);
    put_call_id(out, s->call_id);
    put_flag(out, "incoming", s->incoming);
    put_flag(out, "answered", s->answered);
    put_flag(out, "on_hold", s->on_hold);
    put_flag(out, "held", s->held);
    put_flag(out, "muted", s->muted);
    put_flag(out, "device", s->device);
    json_put_text(out, "codec", s->codec);
    json_put_text(out, "encryption", s->encryption);
    json_put_text(out, "suite", s->suite);
    json_put_text(out, "signalling_encryption", s->signalling_encryption);
    put_address(out, "local", &s->local);
    put_address(out, "remote", &s->remote);
    json_put_text(out, "play", s->play);
    json_put_text(out, "record", s->record);
    json_put_text(out, "asks_to_call", s->asks_to_call);
    if (s->conference)
        buf_printf(out, ",\"conference\":%u", (unsigned)s->conference);
    if (s->answered)
        buf_printf(out, ",\"duration\":%.3f", (double)s->up_ms / 1000);
    buf_putc(out, '}');
}

static void put_question(void *arg, const struct phone_question *q)
{
    struct buf *out = arg;

    put_comma(out);
    buf_printf(out, "{\"call\":%u", (unsigned)q->call);
    json_put_text(out, "peer", q->peer);
    json_put_text(out, "peer_name", q->peer_name);
    json_put_text(out, "contact", q->contact);
    json_put_text(out, "account", q->account);
    json_put_text(out, "to", q->to);
    buf_printf(out, ",\"expires\":%.3f}", (double)q->left_ms / 1000);
}

static void put_account_state(void *arg, const struct phone_account_state *s)
{
    struct buf *out = arg;

    put_comma(out);
    buf_puts(out, "{\"account\":");
    json_put_string(out, s->account);
    json_put_text(out, "uri", s->peer);
    put_flag(out, "registers", s->registers);
    put_flag(out, "registered", s->registered);
    if (s->registered)
        buf_printf(out, ",\"expires\":%u,\"bindings\":%u", s->expires_s, s->bindings);
    put_address(out, "server", &s->server);
    json_put_text(out, "transport", s->transport);
    json_put_text(out, "our_contact", s->our_contact);
    json_put_text(out, "seen_at", s->seen_at);
    json_put_text(out, "signalling_encryption", s->signalling_encryption);
    json_put_text(out, "text", s->text);
    buf_putc(out, '}');
}

static void put_desk(struct buf *out, const struct phone *phone)
{
    const char *name;

    json_put_text(out, "device", phone_device_name(phone));
    buf_puts(out, ",\"ring_devices\":[");
    for (size_t i = 0; (name = phone_ring_device(phone, i)); i++) {
        if (i > 0)
            buf_putc(out, ',');
        json_put_string(out, name);
    }
    buf_putc(out, ']');
}

static void put_listening(void *arg, const char *transport, const struct ip *where)
{
    struct buf *out = arg;

    put_comma(out);
    buf_printf(out, "{\"transport\":\"%s\",\"local\":\"", transport);
    ip_put_with_port(out, where);
    buf_puts(out, "\"}");
}

static void put_all_listening(const struct phone *phone, struct buf *out)
{
    buf_puts(out, ",\"listening\":[");
    phone_each_listening(phone, put_listening, out);
    buf_putc(out, ']');
}

void control_put_accounts(const struct phone *phone, struct buf *out)
{
    buf_puts(out, ",\"accounts\":[");
    phone_each_account(phone, put_account_state, out);
    buf_putc(out, ']');
}

void control_put_screens(const struct control *control, struct buf *out)
{
    buf_printf(out, "%s,\"screens\":%zu", control->leaves ? ",\"leaves\":true" : "",
               control->n_screens);
}

bool control_put_status(const struct control *control, uint32_t call, struct buf *out)
{
    struct phone *phone = control->session->phone;
    size_t n;

    buf_printf(out, ",\"version\":\"%s\"", PACKAGE_VERSION);
    put_desk(out, phone);
    put_flag(out, "dnd", phone_is_dnd(phone));
    control_put_screens(control, out);
    buf_puts(out, ",\"calls\":[");
    n = phone_each_call(phone, call, put_call_state, out);
    buf_putc(out, ']');
    if (call)
        return n > 0;
    buf_puts(out, ",\"questions\":[");
    phone_each_question(phone, put_question, out);
    buf_putc(out, ']');
    control_put_accounts(phone, out);
    put_all_listening(phone, out);
    return true;
}
