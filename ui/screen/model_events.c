/* What the phone tells, put into the model. Replies are in model_replies.c. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "ui/screen/model_private.h"
#include "ui/status.h"

#define DIGITS_KEPT 64u

/* --- events of calls ------------------------------------------------------------------------ */

typedef void call_fn(struct model_call *call, const struct ctl_line *line, uint64_t now_ms);

static void on_incoming(struct model_call *c, const struct ctl_line *line, uint64_t now_ms)
{
    (void)now_ms;
    c->incoming = true;
    c->phase = PHONE_PHASE_INCOMING;
    model_set(&c->peer_name, line->event.peer_name);
    model_set(&c->target, line->event.target);
    model_set(&c->safe, line->event.signalling_encryption);
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
        model_take_text(&c->remote, line->tree, "remote");
    if (*ctl_text(line->tree, "local"))
        model_take_text(&c->local, line->tree, "local");
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
        .loss = model_number(tree, "loss_percent"),
        .their_loss = model_number(tree, "their_loss_percent"),
        .jitter = model_number(tree, "jitter_ms"),
        .round_trip = model_number(tree, "round_trip_ms"),
        .delay = model_number(tree, "delay_ms"),
        .level_in = model_number(tree, "level_in_db"),
        .level_out = model_number(tree, "level_out_db"),
        .mos = model_number(tree, "mos"),
        .their_mos = model_number(tree, "their_mos"),
        .ear = model_number(tree, "mouth_to_ear_ms"),
    };
    c->sent = model_big(tree, "sent");
    c->received = model_big(tree, "received");
    c->lost = model_big(tree, "lost");
    c->late = model_big(tree, "late");
    c->concealed = model_big(tree, "concealed");
    c->refused = model_big(tree, "refused");
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
    if (!c)
        return MODEL_CHANGED;
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

void model_take_binding(struct model_account *a, const void *tree)
{
    a->expires_s = model_unsigned(tree, "expires");
    model_take_text(&a->server, tree, "server");
    model_take_text(&a->transport, tree, "transport");
    model_take_text(&a->our_contact, tree, "our_contact");
    model_take_text(&a->seen_at, tree, "seen_at");
    model_take_text(&a->safe, tree, "signalling_encryption");
}

static unsigned take_account(struct model *m, const struct ctl_line *line)
{
    const struct phone_event *e = &line->event;
    struct model_account *a = model_add_account(m, e->account);

    a->registered = e->kind == PHONE_REGISTERED;
    a->registers |= e->kind != PHONE_UNREGISTERED;
    a->wants_password = e->kind == PHONE_PASSWORD_WANTED;
    model_set(&a->uri, e->peer);
    model_set(&a->text, e->kind == PHONE_REGISTER_FAILED ? e->text : "");
    if (e->kind == PHONE_REGISTERED)
        model_take_binding(a, line->tree);
    return MODEL_CHANGED;
}

static unsigned take_message(struct model *m, const json_t *tree)
{
    const struct traced_source source = {.time = model_time(tree),
                                         .sent = strcmp(ctl_text(tree, "direction"), "out") == 0,
                                         .transport = ctl_text(tree, "transport"),
                                         .local = ctl_text(tree, "local"),
                                         .remote = ctl_text(tree, "remote"),
                                         .message = ctl_text(tree, "message")};

    if (traced_add(&m->traced, &source) != 0)
        model_is_short(m);
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
            model_note_at(m, model_time(line->tree), bad, copy);
        free(copy);
    }
    buf_free(&text);
    buf_free(&said);
}

unsigned model_event(struct model *m, const struct ctl_line *line, uint64_t now_ms)
{
    const struct phone_event *e = &line->event;

    if (line->kind == CTL_OWN) {
        model_note_at(m, model_time(line->tree), true, line->text);
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
    case PHONE_TRANSFER_ASKED:
    case PHONE_TRANSFER_FOLLOWED:
    case PHONE_TRANSFER_REFUSED:
        return model_take_wish(m, e);
    case PHONE_DND_SET:
        m->dnd = e->on;
        return MODEL_CHANGED;
    case PHONE_VOICE_SET:
        m->sound.echo = e->echo;
        m->sound.noise = e->noise;
        m->sound.level = e->level;
        return MODEL_CHANGED;
    case PHONE_VOLUMES:
        m->microphone_db = e->microphone_db;
        m->speaker_db = e->speaker_db;
        return MODEL_CHANGED;
    default:
        return e->call ? take_call(m, line, now_ms) : MODEL_CHANGED;
    }
}
