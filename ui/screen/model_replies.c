/* What the phone answers, put into the model: replies to status, history, contacts,
 * volume and voice. */
#include <jansson.h>

#include "ui/json.h"
#include "ui/screen/model_private.h"

static enum phone_call_phase phase_of(const char *word)
{
    static const char *const words[] = {
        [PHONE_PHASE_WAITING] = "waiting", [PHONE_PHASE_CALLING] = "calling",
        [PHONE_PHASE_RINGING] = "ringing", [PHONE_PHASE_INCOMING] = "incoming",
        [PHONE_PHASE_UP] = "up",           [PHONE_PHASE_ENDING] = "ending",
    };

    for (size_t i = PHONE_PHASE_WAITING; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i], word) == 0)
            return (enum phone_call_phase)i;
    return PHONE_PHASE_CALLING;
}

static void take_call_state(struct model *m, const json_t *row, uint64_t now_ms)
{
    uint32_t number = model_unsigned(row, "call");
    uint64_t up_ms = model_ms(row, "duration");
    struct model_call *c;

    if (number == 0)
        return;
    c = model_add_call(m, number, now_ms);
    if (!c)
        return;
    c->phase = phase_of(ctl_text(row, "phase"));
    model_take_text(&c->peer, row, "peer");
    model_take_text(&c->peer_name, row, "peer_name");
    model_take_text(&c->contact, row, "contact");
    model_take_text(&c->account, row, "account");
    model_take_text(&c->codec, row, "codec");
    model_take_text(&c->encryption, row, "encryption");
    model_take_text(&c->suite, row, "suite");
    model_take_text(&c->safe, row, "signalling_encryption");
    model_take_text(&c->local, row, "local");
    model_take_text(&c->remote, row, "remote");
    model_take_text(&c->play, row, "play");
    model_take_text(&c->record, row, "record");
    c->recording = *c->record != '\0';
    c->incoming = model_flag(row, "incoming");
    c->answered = model_flag(row, "answered");
    c->on_hold = model_flag(row, "on_hold");
    c->held = model_flag(row, "held");
    c->muted = model_flag(row, "muted");
    c->device = model_flag(row, "device");
    c->conference = model_unsigned(row, "conference");
    if (c->answered)
        c->up_ms = now_ms > up_ms ? now_ms - up_ms : 1;
}

static bool is_in(const json_t *list, uint32_t call)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (model_unsigned(json_array_get(list, i), "call") == call)
            return true;
    return false;
}

static void take_calls(struct model *m, const json_t *list, uint64_t now_ms)
{
    for (size_t i = m->n_calls; i-- > 0;)
        if (!is_in(list, m->calls[i]->call))
            model_remove_call(m, m->calls[i]->call);
    for (size_t i = 0; i < json_array_size(list); i++)
        take_call_state(m, json_array_get(list, i), now_ms);
}

/* What was asked before this screen was there, also in calls that are over. */
static void take_questions(struct model *m, const json_t *list)
{
    model_clear_wishes(m);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        struct model_wish w = {.call = model_unsigned(row, "call"),
                               .peer = (char *)ctl_text(row, "peer"),
                               .peer_name = (char *)ctl_text(row, "peer_name"),
                               .contact = (char *)ctl_text(row, "contact"),
                               .to = (char *)ctl_text(row, "to")};

        if (w.call)
            model_add_wish(m, &w);
    }
}

/* What was wrong before this screen was there is in its log as well: the first row has no room for
 * the whole of it. */
static void note_reason(struct model *m, const struct model_account *a, const char *reason)
{
    struct buf text = buf_new(16384);

    if (*reason && strcmp(a->text, reason) != 0) {
        buf_printf(&text, "%" PRI_SLICE ": %s", ARG_SLICE(model_short_uri(a->uri)), reason);
        model_note_at(m, 0, true, buf_cstr(&text));
    }
    buf_free(&text);
}

static void take_account_state(struct model *m, const json_t *row)
{
    struct model_account *a = model_add_account(m, ctl_text(row, "account"));

    model_take_text(&a->uri, row, "uri");
    note_reason(m, a, ctl_text(row, "text"));
    model_take_text(&a->text, row, "text");
    a->registers = model_flag(row, "registers");
    a->registered = model_flag(row, "registered");
    model_take_binding(a, row);
}

const char *model_call_id_of(const void *tree)
{
    return ctl_text(json_array_get(json_object_get(tree, "calls"), 0), "call_id");
}

void model_screens(struct model *m, const void *tree)
{
    m->leaves = model_flag(tree, "leaves");
    m->screens = model_unsigned(tree, "screens");
}

/* The first: the others differ by their transport only. An address that is all addresses says
 * nothing to those who want to call. */
static void take_listening(struct model *m, const json_t *first)
{
    struct slice local = slice_of(ctl_text(first, "local"));
    struct buf text = buf_new(1024);

    if (slice_starts(local, SLICE("0.0.0.0:")) || slice_starts(local, SLICE("[::]:")))
        buf_printf(&text, "port %" PRI_SLICE " of this machine",
                   ARG_SLICE(slice_skip(local, slice_starts(local, SLICE("[")) ? 5 : 8)));
    else
        buf_put(&text, local);
    if (text.n > 0)
        buf_printf(&text, " (%s)", ctl_text(first, "transport"));
    model_set(&m->listens, buf_cstr(&text));
    buf_free(&text);
}

void model_status(struct model *m, const void *tree, uint64_t now_ms)
{
    const json_t *accounts = json_object_get(tree, "accounts");

    m->connected = true;
    model_screens(m, tree);
    m->dnd = model_flag(tree, "dnd");
    model_take_text(&m->version, tree, "version");
    take_listening(m, json_array_get(json_object_get(tree, "listening"), 0));
    model_take_sound_state(m, tree);
    take_calls(m, json_object_get(tree, "calls"), now_ms);
    take_questions(m, json_object_get(tree, "questions"));
    for (size_t i = 0; i < json_array_size(accounts); i++)
        take_account_state(m, json_array_get(accounts, i));
}

void model_history(struct model *m, const void *tree)
{
    const json_t *list = json_object_get(tree, "history");
    size_t n = json_array_size(list);

    model_clear_past(m);
    m->past = model_grow(NULL, 0, (n + 1) * sizeof *m->past);
    for (; m->n_past < n; m->n_past++) {
        const json_t *row = json_array_get(list, m->n_past);
        struct model_past *p = &m->past[m->n_past];

        p->time = model_time(row);
        p->outgoing = strcmp(ctl_text(row, "direction"), "out") == 0;
        p->talk_ms = model_ms(row, "duration");
        p->status = model_unsigned(row, "status");
        model_take_text(&p->outcome, row, "outcome");
        model_take_text(&p->peer, row, "peer");
        model_take_text(&p->peer_name, row, "peer_name");
        model_take_text(&p->contact, row, "contact");
        model_take_text(&p->account, row, "account");
        model_take_text(&p->file, row, "file");
        model_take_text(&p->text, row, "text");
    }
}

void model_contacts(struct model *m, const void *tree)
{
    const json_t *list = json_object_get(tree, "contacts");
    size_t n = json_array_size(list);

    model_take_text(&m->contacts_text, tree, "text");
    model_take_text(&m->contacts_file, tree, "file");
    model_clear_contacts(m);
    m->contacts = model_grow(NULL, 0, (n + 1) * sizeof *m->contacts);
    for (; m->n_contacts < n; m->n_contacts++) {
        const json_t *row = json_array_get(list, m->n_contacts);

        model_take_text(&m->contacts[m->n_contacts].name, row, "name");
        model_take_text(&m->contacts[m->n_contacts].address, row, "address");
    }
}

void model_contacts_failed(struct model *m, const char *text)
{
    model_set(&m->contacts_text, text);
}

void model_volume(struct model *m, const void *tree)
{
    m->microphone_db = json_number_value(json_object_get(tree, "microphone_db"));
    m->speaker_db = json_number_value(json_object_get(tree, "speaker_db"));
}

void model_voice(struct model *m, const void *tree)
{
    m->sound.echo = json_voice_of(ctl_text(tree, "echo"));
    m->sound.noise = json_voice_of(ctl_text(tree, "noise"));
    m->sound.level = json_voice_of(ctl_text(tree, "level"));
}
