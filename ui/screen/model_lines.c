/* What the phone says, put into the model: events, and replies to status, history and contacts. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "ui/screen/model_private.h"
#include "ui/status.h"

#define DIGITS_KEPT 64u

/* --- values --------------------------------------------------------------------------------- */

static void take_text(char **at, const json_t *tree, const char *member)
{
    model_set(at, ctl_text(tree, member));
}

static bool flag_of(const json_t *tree, const char *member)
{
    return json_is_true(json_object_get(tree, member));
}

static float number_of(const json_t *tree, const char *member)
{
    const json_t *value = json_object_get(tree, member);

    return json_is_number(value) ? (float)json_number_value(value) : NAN;
}

unsigned model_unsigned(const void *tree, const char *member)
{
    json_int_t n = json_integer_value(json_object_get(tree, member));

    return n > 0 && n <= UINT32_MAX ? (unsigned)n : 0;
}

/* Of Unix; 0 where no calendar has it. */
static double time_of(const json_t *tree)
{
    double time = json_number_value(json_object_get(tree, "time"));

    return time > 0 && time < 1e11 ? time : 0;
}

static uint64_t big_of(const json_t *tree, const char *member)
{
    json_int_t n = json_integer_value(json_object_get(tree, member));

    return n > 0 ? (uint64_t)n : 0;
}

static uint64_t ms_of(const json_t *tree, const char *member)
{
    double s = json_number_value(json_object_get(tree, member));

    return s > 0 && s < 1e9 ? (uint64_t)(s * 1000) : 0;
}

/* --- events of calls ------------------------------------------------------------------------ */

typedef void call_fn(struct model_call *call, const struct ctl_line *line, uint64_t now_ms);

static void on_incoming(struct model_call *c, const struct ctl_line *line, uint64_t now_ms)
{
    (void)now_ms;
    c->incoming = true;
    c->phase = PHONE_PHASE_INCOMING;
    model_set(&c->peer_name, line->event.peer_name);
    model_set(&c->target, line->event.target);
}

static void on_calling(struct model_call *c, const struct ctl_line *line, uint64_t now_ms)
{
    (void)line;
    (void)now_ms;
    c->phase = PHONE_PHASE_CALLING;
}

static void on_ringing(struct model_call *c, const struct ctl_line *line, uint64_t now_ms)
{
    (void)now_ms;
    if (line->event.status == 180)
        c->phase = PHONE_PHASE_RINGING;
    model_set(&c->text, line->event.reason);
}

static void on_sound(struct model_call *c, const struct ctl_line *line, uint64_t now_ms)
{
    (void)now_ms;
    if (*line->event.codec)
        model_set(&c->codec, line->event.codec);
    if (*ctl_text(line->tree, "remote"))
        take_text(&c->remote, line->tree, "remote");
    if (*ctl_text(line->tree, "local"))
        take_text(&c->local, line->tree, "local");
    if (*line->event.encryption)
        model_set(&c->encryption, line->event.encryption);
    if (line->event.kind == PHONE_MEDIA)
        model_set(&c->suite, line->event.suite);
    if (line->event.kind == PHONE_MEDIA || line->event.kind == PHONE_ANSWERED)
        model_set(&c->safe, line->event.signalling_encryption);
}

static void on_answered(struct model_call *c, const struct ctl_line *line, uint64_t now_ms)
{
    on_sound(c, line, now_ms);
    c->phase = PHONE_PHASE_UP;
    c->answered = true;
    c->up_ms = now_ms;
    model_set(&c->text, "");
}

static void on_held(struct model_call *c, const struct ctl_line *line, uint64_t now_ms)
{
    (void)now_ms;
    c->held = line->event.kind == PHONE_HELD;
}

static void on_hold(struct model_call *c, const struct ctl_line *line, uint64_t now_ms)
{
    (void)now_ms;
    if (!line->event.on && line->event.status >= 300)
        return; /* the other side would not go on */
    c->on_hold = line->event.on;
}

static void on_muted(struct model_call *c, const struct ctl_line *line, uint64_t now_ms)
{
    (void)now_ms;
    c->muted = line->event.on;
}

static void on_playing(struct model_call *c, const struct ctl_line *line, uint64_t now_ms)
{
    (void)now_ms;
    model_set(&c->play, line->event.kind == PHONE_PLAYING ? line->event.file : "");
}

static void on_recording(struct model_call *c, const struct ctl_line *line, uint64_t now_ms)
{
    (void)now_ms;
    /* Where another file takes its place the end of the old one comes later. */
    if (!line->event.on && strcmp(c->record, line->event.file) != 0)
        return;
    c->recording = line->event.on;
    model_set(&c->record, line->event.on ? line->event.file : "");
}

static void on_conference(struct model_call *c, const struct ctl_line *line, uint64_t now_ms)
{
    (void)now_ms;
    if (line->event.kind == PHONE_JOINED)
        c->conference = line->event.conference;
    else if (c->conference == line->event.conference)
        c->conference = 0;
}

/* The last ones, of which there may be any number. */
static void on_digit(struct model_call *c, const struct ctl_line *line, uint64_t now_ms)
{
    struct buf all = buf_new(16384);
    struct slice last;

    (void)now_ms;
    buf_printf(&all, "%s%s", c->digits, line->event.text);
    last = buf_slice(&all);
    if (last.n > DIGITS_KEPT)
        last = slice_skip(last, last.n - DIGITS_KEPT);
    while (last.n > 0 && ((unsigned char)last.p[0] & 0xc0) == 0x80)
        last = slice_skip(last, 1); /* of a character that was cut */
    model_set(&c->digits, buf_cstr(&all) + (all.n - last.n));
    buf_free(&all);
}

static void on_quality(struct model_call *c, const struct ctl_line *line, uint64_t now_ms)
{
    const json_t *tree = line->tree;

    (void)now_ms;
    c->seconds[c->n_seconds++ % MODEL_SECONDS_MAX] = (struct model_second){
        .loss = number_of(tree, "loss_percent"),
        .their_loss = number_of(tree, "their_loss_percent"),
        .jitter = number_of(tree, "jitter_ms"),
        .round_trip = number_of(tree, "round_trip_ms"),
        .delay = number_of(tree, "delay_ms"),
        .level_in = number_of(tree, "level_in_db"),
        .level_out = number_of(tree, "level_out_db"),
        .mos = number_of(tree, "mos"),
    };
    c->sent = big_of(tree, "sent");
    c->received = big_of(tree, "received");
    c->lost = big_of(tree, "lost");
    c->late = big_of(tree, "late");
    c->concealed = big_of(tree, "concealed");
}

static call_fn *const of_calls[] = {
    [PHONE_INCOMING] = on_incoming,   [PHONE_CALLING] = on_calling,
    [PHONE_RINGING] = on_ringing,     [PHONE_EARLY] = on_sound,
    [PHONE_MEDIA] = on_sound,         [PHONE_MEDIA_MOVED] = on_sound,
    [PHONE_MOVED] = on_sound,         [PHONE_ANSWERED] = on_answered,
    [PHONE_HELD] = on_held,           [PHONE_RESUMED] = on_held,
    [PHONE_ON_HOLD] = on_hold,        [PHONE_MUTED] = on_muted,
    [PHONE_PLAYING] = on_playing,     [PHONE_PLAY_ENDED] = on_playing,
    [PHONE_RECORDING] = on_recording, [PHONE_JOINED] = on_conference,
    [PHONE_PARTED] = on_conference,   [PHONE_DIGIT] = on_digit,
    [PHONE_QUALITY] = on_quality,
};

/* Others come behind one of these, or are about a call that is over. */
static bool begins_call(enum phone_event_kind kind)
{
    return kind == PHONE_INCOMING || kind == PHONE_CALLING || kind == PHONE_RINGING ||
           kind == PHONE_EARLY || kind == PHONE_ANSWERED;
}

static unsigned take_call(struct model *m, const struct ctl_line *line, uint64_t now_ms)
{
    const struct phone_event *e = &line->event;
    call_fn *fn = (size_t)e->kind < ARRAY_LEN(of_calls) ? of_calls[e->kind] : NULL;
    bool known = model_call(m, e->call) != NULL;
    struct model_call *c;

    if (e->kind == PHONE_ENDED) {
        model_remove_call(m, e->call);
        return MODEL_CHANGED | MODEL_ENDED | MODEL_PEOPLE;
    }
    if (!fn || (!known && !begins_call(e->kind)))
        return 0;
    c = model_add_call(m, e->call, now_ms);
    if (*e->peer)
        model_set(&c->peer, e->peer);
    if (*e->contact)
        model_set(&c->contact, e->contact);
    if (*e->account)
        model_set(&c->account, e->account);
    fn(c, line, now_ms);
    return MODEL_CHANGED | (e->kind == PHONE_INCOMING ? MODEL_INCOMING : 0) |
           (known ? 0 : MODEL_PEOPLE);
}

/* --- events of the phone -------------------------------------------------------------------- */

static struct model_account *find_account(struct model *m, const char *label)
{
    for (size_t i = 0; i < m->n_accounts; i++)
        if (strcmp(m->accounts[i].account, label) == 0)
            return &m->accounts[i];
    return NULL;
}

static struct model_account *add_account(struct model *m, const char *label)
{
    struct model_account *a = find_account(m, label);

    if (a)
        return a;
    m->accounts = model_grow(m->accounts, m->n_accounts, sizeof *m->accounts);
    a = &m->accounts[m->n_accounts++];
    model_set(&a->account, label);
    model_set(&a->uri, "");
    model_set(&a->text, "");
    model_set(&a->server, "");
    model_set(&a->transport, "");
    model_set(&a->our_contact, "");
    model_set(&a->seen_at, "");
    model_set(&a->safe, "");
    return a;
}

static void take_binding(struct model_account *a, const json_t *tree)
{
    a->expires_s = model_unsigned(tree, "expires");
    take_text(&a->server, tree, "server");
    take_text(&a->transport, tree, "transport");
    take_text(&a->our_contact, tree, "our_contact");
    take_text(&a->seen_at, tree, "seen_at");
    take_text(&a->safe, tree, "signalling_encryption");
}

static unsigned take_account(struct model *m, const struct ctl_line *line)
{
    const struct phone_event *e = &line->event;
    struct model_account *a = add_account(m, e->account);

    a->registered = e->kind == PHONE_REGISTERED;
    a->registers |= e->kind != PHONE_UNREGISTERED;
    a->wants_password = e->kind == PHONE_PASSWORD_WANTED;
    model_set(&a->uri, e->peer);
    model_set(&a->text, e->kind == PHONE_REGISTER_FAILED ? e->text : "");
    if (e->kind == PHONE_REGISTERED)
        take_binding(a, line->tree);
    return MODEL_CHANGED;
}

static unsigned take_message(struct model *m, const json_t *tree)
{
    traced_add(&m->traced,
               &(struct traced_source){.time = time_of(tree),
                                       .sent = strcmp(ctl_text(tree, "direction"), "out") == 0,
                                       .transport = ctl_text(tree, "transport"),
                                       .local = ctl_text(tree, "local"),
                                       .remote = ctl_text(tree, "remote"),
                                       .message = ctl_text(tree, "message")});
    return MODEL_CHANGED;
}

/* Whose call it is: people have names here, where the shell has numbers. The first events say it
 * themselves. */
static void put_whose(const struct model *m, const struct phone_event *e, struct buf *out)
{
    const struct model_call *c = model_call(m, e->call);

    if (!e->call || e->kind == PHONE_INCOMING || e->kind == PHONE_CALLING ||
        e->kind == PHONE_TURNED_AWAY)
        return;
    model_put_called(out, *e->contact || !c ? e->contact : c->contact,
                     *e->peer_name || !c ? e->peer_name : c->peer_name,
                     *e->peer || !c ? e->peer : c->peer);
    buf_puts(out, ": ");
}

/* Without "call 2: ", which stands before what happens to all but the first. */
static struct slice without_number(struct slice line, uint32_t call)
{
    char head[32];
    int n = snprintf(head, sizeof head, "call %u: ", (unsigned)call);

    return slice_starts(line, slice_of(head)) ? slice_skip(line, (size_t)n) : line;
}

/* The sentence that `tphone ctl events -v` would print, without its line end, and with whose call
 * it is. */
static void note(struct model *m, const struct ctl_line *line)
{
    struct buf text = buf_new(16384), said = buf_new(32768);
    bool bad = line->event.kind == PHONE_REGISTER_FAILED || line->event.kind == PHONE_NOTICE ||
               line->event.kind == PHONE_SOUND_FAILED || line->event.kind == PHONE_HOOK_FAILED;
    struct slice first;

    status_line(&text, &line->event, 1);
    first = slice_trim(buf_slice(&text));
    if (first.n > 0) {
        char *copy;

        put_whose(m, &line->event, &said);
        buf_put(&said, without_number(first, line->event.call));
        copy = slice_dup(buf_slice(&said));

        if (copy)
            model_note_at(m, time_of(line->tree), bad, copy);
        free(copy);
    }
    buf_free(&text);
    buf_free(&said);
}

unsigned model_event(struct model *m, const struct ctl_line *line, uint64_t now_ms)
{
    const struct phone_event *e = &line->event;

    if (line->kind == CTL_OWN) {
        model_note_at(m, time_of(line->tree), true, line->text);
        return MODEL_CHANGED;
    }
    if (line->kind != CTL_EVENT)
        return 0;
    if (e->kind != PHONE_QUALITY && e->kind != PHONE_MESSAGE && e->kind != PHONE_LEVELS)
        note(m, line);
    switch (e->kind) {
    case PHONE_REGISTERED:
    case PHONE_REGISTER_FAILED:
    case PHONE_UNREGISTERED:
    case PHONE_PASSWORD_WANTED:
        return take_account(m, line);
    case PHONE_MESSAGE:
        return take_message(m, line->tree);
    case PHONE_DEVICE_LIST:
    case PHONE_DEVICE_IN_USE:
    case PHONE_LEVELS:
    case PHONE_TESTED:
    case PHONE_TEST_ENDED:
        return model_take_sound(m, line);
    case PHONE_CONTACTS_CHANGED:
        return MODEL_CHANGED | MODEL_PEOPLE;
    case PHONE_DND_SET:
        m->dnd = e->on;
        return MODEL_CHANGED;
    case PHONE_VOLUMES:
        m->microphone_db = e->microphone_db;
        m->speaker_db = e->speaker_db;
        return MODEL_CHANGED;
    default:
        return e->call ? take_call(m, line, now_ms) : MODEL_CHANGED;
    }
}

/* --- replies -------------------------------------------------------------------------------- */

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
    uint64_t up_ms = ms_of(row, "duration");
    struct model_call *c;

    if (number == 0)
        return;
    c = model_add_call(m, number, now_ms);
    c->phase = phase_of(ctl_text(row, "phase"));
    take_text(&c->peer, row, "peer");
    take_text(&c->peer_name, row, "peer_name");
    take_text(&c->contact, row, "contact");
    take_text(&c->account, row, "account");
    take_text(&c->codec, row, "codec");
    take_text(&c->encryption, row, "encryption");
    take_text(&c->suite, row, "suite");
    take_text(&c->safe, row, "signalling_encryption");
    take_text(&c->local, row, "local");
    take_text(&c->remote, row, "remote");
    take_text(&c->play, row, "play");
    take_text(&c->record, row, "record");
    c->recording = *c->record != '\0';
    c->incoming = flag_of(row, "incoming");
    c->answered = flag_of(row, "answered");
    c->on_hold = flag_of(row, "on_hold");
    c->held = flag_of(row, "held");
    c->muted = flag_of(row, "muted");
    c->device = flag_of(row, "device");
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
    struct model_account *a = add_account(m, ctl_text(row, "account"));

    take_text(&a->uri, row, "uri");
    note_reason(m, a, ctl_text(row, "text"));
    take_text(&a->text, row, "text");
    a->registers = flag_of(row, "registers");
    a->registered = flag_of(row, "registered");
    take_binding(a, row);
}

const char *model_call_id_of(const void *tree)
{
    return ctl_text(json_array_get(json_object_get(tree, "calls"), 0), "call_id");
}

void model_screens(struct model *m, const void *tree)
{
    m->leaves = flag_of(tree, "leaves");
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
    m->dnd = flag_of(tree, "dnd");
    take_text(&m->version, tree, "version");
    take_listening(m, json_array_get(json_object_get(tree, "listening"), 0));
    model_take_sound_state(m, tree);
    take_calls(m, json_object_get(tree, "calls"), now_ms);
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

        p->time = time_of(row);
        p->outgoing = strcmp(ctl_text(row, "direction"), "out") == 0;
        p->talk_ms = ms_of(row, "duration");
        p->status = model_unsigned(row, "status");
        take_text(&p->outcome, row, "outcome");
        take_text(&p->peer, row, "peer");
        take_text(&p->peer_name, row, "peer_name");
        take_text(&p->contact, row, "contact");
        take_text(&p->account, row, "account");
        take_text(&p->file, row, "file");
        take_text(&p->text, row, "text");
    }
}

void model_contacts(struct model *m, const void *tree)
{
    const json_t *list = json_object_get(tree, "contacts");
    size_t n = json_array_size(list);

    take_text(&m->contacts_text, tree, "text");
    take_text(&m->contacts_file, tree, "file");
    model_clear_contacts(m);
    m->contacts = model_grow(NULL, 0, (n + 1) * sizeof *m->contacts);
    for (; m->n_contacts < n; m->n_contacts++) {
        const json_t *row = json_array_get(list, m->n_contacts);

        take_text(&m->contacts[m->n_contacts].name, row, "name");
        take_text(&m->contacts[m->n_contacts].address, row, "address");
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
