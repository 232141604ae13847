/* What clients ask for: each line is carried out at once and replied to. */
#include <errno.h>

#include "base/text.h"
#include "ui/control_private.h"
#include "ui/json.h"

#define STANDARD_REFUSAL 603
#define SHOWN_MAX 8 /* calls of which one is to be chosen */

static void fail(struct control_reply *r, const char *error, const char *sentence)
{
    r->error = error;
    if (sentence)
        buf_puts(&r->why, sentence);
}

static const char *word_of(const struct json_verb *verb, int err)
{
    switch (err) {
    case -EINVAL:
        return "bad-value";
    case -ENOENT:
        return (verb->must | verb->may) & JSON_ACCOUNT ? "no-such-account" : "no-such-call";
    case -EBUSY:
        return "wrong-state";
    case -EDESTADDRREQ:
        return "needs-account";
    case -ENOTSUP:
        return "not-supported";
    case -ENOMEM:
        return "no-memory";
    case -EIO:
        return "sound";
    default:
        return "failed";
    }
}

static struct phone *phone_of(const struct client *c)
{
    return c->control->session->phone;
}

/* Whether the phone takes it; the sentence is the phone's. */
static bool phone_takes(struct client *c, const struct json_command *command, uint32_t *call,
                        struct control_reply *r)
{
    int err = phone_do(phone_of(c), &command->phone, call, &r->why);

    if (err)
        fail(r, word_of(command->verb, err), NULL);
    return !err;
}

/* --- which call ------------------------------------------------------------------------------ */

/* Which calls a command can mean. */
static bool rings_here(const struct phone_call_state *state)
{
    return state->phase == PHONE_PHASE_INCOMING;
}

static bool is_up(const struct phone_call_state *state)
{
    return state->phase == PHONE_PHASE_UP;
}

static bool is_heard(const struct phone_call_state *state)
{
    return is_up(state) && !state->on_hold;
}

static bool is_on_hold(const struct phone_call_state *state)
{
    return is_up(state) && state->on_hold;
}

static bool is_there(const struct phone_call_state *state)
{
    return state->phase != PHONE_PHASE_ENDING;
}

typedef bool meant_fn(const struct phone_call_state *state);

static const struct {
    enum phone_command_kind kind;
    meant_fn *means; /* NULL: one in which something is asked, which may have ended */
    const char *none;
} meanings[] = {
    {PHONE_ANSWER, rings_here, "no call rings here"},
    {PHONE_REJECT, rings_here, "no call rings here"},
    {PHONE_HOLD, is_heard, "no call is up that could be put on hold"},
    {PHONE_RESUME, is_on_hold, "no call is on hold"},
    {PHONE_SWAP, is_on_hold, "no call is on hold"},
    {PHONE_FOLLOW, NULL, "in no call somebody asks to call somebody else"},
    {PHONE_STAY, NULL, "in no call somebody asks to call somebody else"},
    {0, is_there, "there is no call"},
};

struct choice {
    meant_fn *means;
    uint32_t calls[JSON_CALLS_MAX];
    size_t n;
};

static void add_choice(struct choice *choice, uint32_t call)
{
    if (choice->n < JSON_CALLS_MAX)
        choice->calls[choice->n] = call;
    choice->n++;
}

static void choose(void *arg, const struct phone_call_state *state)
{
    struct choice *choice = arg;

    if (choice->means(state))
        add_choice(choice, state->call);
}

static void choose_question(void *arg, const struct phone_question *question)
{
    add_choice(arg, question->call);
}

static void put_choice(const struct choice *choice, struct control_reply *r)
{
    size_t most = choice->n < SHOWN_MAX ? choice->n : SHOWN_MAX;

    fail(r, "which-call", "several calls could be meant, ");
    for (size_t i = 0; i < most; i++)
        buf_printf(&r->why, "%s%u",
                   i == 0              ? ""
                   : i + 1 < choice->n ? ", "
                                       : " and ",
                   (unsigned)choice->calls[i]);
    buf_puts(&r->why, choice->n > most ? " ...; say which" : "; say which");
}

/* Where there is only one it need not be said. */
static bool find_call(struct client *c, struct json_command *command, struct control_reply *r)
{
    struct choice choice = {0};
    size_t i = 0;

    if (command->said & JSON_CALL)
        return true;
    while (meanings[i].kind && meanings[i].kind != command->verb->kind)
        i++;
    choice.means = meanings[i].means;
    if (choice.means)
        phone_each_call(phone_of(c), 0, choose, &choice);
    else
        phone_each_question(phone_of(c), choose_question, &choice);
    if (choice.n == 1) {
        command->phone.call = choice.calls[0];
        return true;
    }
    if (choice.n == 0)
        fail(r, "no-such-call", meanings[i].none);
    else
        put_choice(&choice, r);
    return false;
}

/* --- sound ----------------------------------------------------------------------------------- */

static bool is_far(const struct client *c, const char *file)
{
    return c->is_socket && file && file[0] != '/';
}

/* A relative name means the folder of who says it, which is not ours. */
static bool check_files(const struct client *c, const struct phone_sound *sound,
                        struct control_reply *r)
{
    if (!is_far(c, sound->play) && !is_far(c, sound->record))
        return true;
    fail(r, "bad-value", "the name of a file begins with / here: this phone runs elsewhere");
    return false;
}

/* The first descriptor is read, the next one written; one may do for both. */
static bool take_descriptors(struct client *c, struct json_command *command,
                             struct control_reply *r)
{
    struct phone_sound *sound = &command->phone.sound;
    size_t wanted = (size_t)command->audio_in + command->audio_out;

    if (wanted == 0)
        return true;
    if (c->n_fds == 0 || c->n_fds > wanted) {
        fail(r, "no-descriptor", "\"audio\" is for descriptors that come with the line");
        return false;
    }
    command->in.fd = c->fds[0];
    command->out.fd = c->fds[c->n_fds - 1];
    if (command->audio_in)
        sound->in = &command->in;
    if (command->audio_out)
        sound->out = &command->out;
    return true;
}

static bool prepare_sound(struct client *c, struct json_command *command, struct control_reply *r)
{
    struct phone_sound *sound = &command->phone.sound;
    bool none = strcmp(phone_device_name(phone_of(c)), "none") == 0;

    if (!(command->said & JSON_DEVICE))
        sound->device = !(command->said & JSON_AUDIO);
    sound->device = sound->device && !none;
    return check_files(c, sound, r) && take_descriptors(c, command, r);
}

/* --- commands -------------------------------------------------------------------------------- */

static void put_call(uint32_t call, struct control_reply *r)
{
    buf_printf(&r->body, ",\"call\":%u", (unsigned)call);
}

static void do_it(struct client *c, struct json_command *command, struct control_reply *r)
{
    uint32_t call = command->phone.call;

    if (!prepare_sound(c, command, r) || !phone_takes(c, command, &call, r))
        return;
    if (command->verb->kind == PHONE_DIAL || command->said & JSON_CALL || command->phone.call)
        put_call(call, r);
    if (command->verb->kind == PHONE_TEST)
        control_set_tester(c, command->phone.test != PHONE_TEST_OFF);
    if (command->tied && control_tie(c, call) != 0) {
        phone_do(phone_of(c), &(struct phone_command){.kind = PHONE_HANG_UP, .call = call}, NULL,
                 NULL);
        fail(r, "no-memory", "there is no memory to tie the call to its client");
    }
}

static void do_to_call(struct client *c, struct json_command *command, struct control_reply *r)
{
    if (!find_call(c, command, r))
        return;
    if (command->verb->kind == PHONE_REJECT && !(command->said & JSON_STATUS))
        command->phone.status = STANDARD_REFUSAL;
    do_it(c, command, r);
}

static void put_conference(void *arg, const struct phone_call_state *state)
{
    buf_printf(arg, ",\"conference\":%u", (unsigned)state->conference);
}

static void do_conference(struct client *c, struct json_command *command, struct control_reply *r)
{
    struct choice all = {.means = is_up};

    if (!(command->said & JSON_CALLS)) {
        phone_each_call(phone_of(c), 0, choose, &all);
        command->n_calls = all.n < JSON_CALLS_MAX ? all.n : JSON_CALLS_MAX;
        memcpy(command->calls, all.calls, command->n_calls * sizeof *all.calls);
    }
    if (command->n_calls < 2) {
        fail(r, "wrong-state", "a conference needs two calls that are answered");
        return;
    }
    command->phone.call = command->calls[0]; /* and phone.other each of those behind it */
    for (size_t i = 1; i < command->n_calls; i++) {
        command->phone.other = command->calls[i];
        if (!phone_takes(c, command, NULL, r))
            return;
    }
    phone_each_call(phone_of(c), command->calls[0], put_conference, &r->body);
}

static void do_volume(struct client *c, struct json_command *command, struct control_reply *r)
{
    struct phone_command *volume = &command->phone;

    if (!(command->said & JSON_MICROPHONE_DB))
        volume->microphone_db = c->control->microphone_db;
    if (!(command->said & JSON_SPEAKER_DB))
        volume->speaker_db = c->control->speaker_db;
    if (command->said && !phone_takes(c, command, NULL, r))
        return;
    c->control->microphone_db = volume->microphone_db;
    c->control->speaker_db = volume->speaker_db;
    buf_printf(&r->body, ",\"microphone_db\":%.2f,\"speaker_db\":%.2f", volume->microphone_db,
               volume->speaker_db);
}

static void do_voice(struct client *c, struct json_command *command, struct control_reply *r)
{
    enum phone_voice echo, noise, level;

    if (command->said && !phone_takes(c, command, NULL, r))
        return;
    phone_voice(phone_of(c), &echo, &noise, &level);
    json_put_text(&r->body, "echo", json_voice(echo));
    json_put_text(&r->body, "noise", json_voice(noise));
    json_put_text(&r->body, "level", json_voice(level));
}

static void do_devices(struct client *c, struct json_command *command, struct control_reply *r)
{
    c->wants_devices = phone_takes(c, command, NULL, r);
}

static void set_events(struct client *c, struct json_command *command, struct control_reply *r)
{
    (void)r;
    c->hears = command->phone.on;
    if (command->said & JSON_QUALITY)
        c->quality = command->quality;
    control_set_quality(c->control);
    control_let_ask(c->control);
}

static void set_screen(struct client *c, struct json_command *command, struct control_reply *r)
{
    control_set_screen(c, command->phone.on, command->stay);
    control_put_screens(c->control, &r->body);
}

static void set_trace(struct client *c, struct json_command *command, struct control_reply *r)
{
    (void)r;
    c->trace = command->phone.on;
    control_set_trace(c->control);
}

static void set_levels(struct client *c, struct json_command *command, struct control_reply *r)
{
    (void)r;
    c->levels = command->phone.on;
    control_set_levels(c->control);
}

static void quit(struct client *c, struct json_command *command, struct control_reply *r)
{
    (void)command;
    (void)r;
    session_stop(c->control->session);
}

/* --- what is listed -------------------------------------------------------------------------- */

static void tell_accounts(struct client *c, struct json_command *command, struct control_reply *r)
{
    (void)command;
    control_put_accounts(phone_of(c), &r->body);
}

static void tell_status(struct client *c, struct json_command *command, struct control_reply *r)
{
    if (!control_put_status(c->control, command->phone.call, &r->body))
        fail(r, "no-such-call", "there is no such call");
}

static void ask_disk(struct client *c, struct json_command *command, struct control_reply *r)
{
    int err;

    if (command->verb->action == JSON_SET_CONTACT && command->phone.on &&
        !(command->said & (JSON_ADDRESS | JSON_RENAME))) {
        fail(r, "bad-member", "contact needs \"address\", \"rename\", or \"on\": false");
        return;
    }
    err = control_ask_disk(c, command);
    r->later = !err;
    if (err)
        fail(r, word_of(command->verb, err), strerror(-err));
}

/* --- the line -------------------------------------------------------------------------------- */

typedef void do_fn(struct client *c, struct json_command *command, struct control_reply *r);

static do_fn *const actions[] = {
    [JSON_DO] = do_it,
    [JSON_DO_CALL] = do_to_call,
    [JSON_DO_CONFERENCE] = do_conference,
    [JSON_DO_VOLUME] = do_volume,
    [JSON_DO_VOICE] = do_voice,
    [JSON_DO_DEVICES] = do_devices,
    [JSON_TELL_STATUS] = tell_status,
    [JSON_TELL_ACCOUNTS] = tell_accounts,
    [JSON_TELL_HISTORY] = ask_disk,
    [JSON_TELL_CONTACTS] = ask_disk,
    [JSON_SET_CONTACT] = ask_disk,
    [JSON_SET_EVENTS] = set_events,
    [JSON_SET_SCREEN] = set_screen,
    [JSON_SET_TRACE] = set_trace,
    [JSON_SET_LEVELS] = set_levels,
    [JSON_QUIT] = quit,
};

static bool put_reply(struct buf *line, struct slice id, struct control_reply *r)
{
    if (!buf_ok(&r->body))
        return false;
    buf_printf(line, "{\"v\":%d,\"reply\":%" PRI_SLICE ",\"ok\":%s", JSON_VERSION, ARG_SLICE(id),
               r->error ? "false" : "true");
    if (r->error) {
        json_put_text(line, "error", r->error);
        json_put_text(line, "text", buf_cstr(&r->why));
    } else {
        buf_put(line, buf_slice(&r->body));
    }
    buf_puts(line, "}\n");
    return buf_ok(line);
}

/* A command gets its reply, be it that there is no memory for one; or the client is let go. */
void control_reply(struct client *c, struct slice id, struct control_reply *r)
{
    struct buf line = buf_new(CONTROL_REPLY_MAX);

    if (!put_reply(&line, id, r)) {
        buf_clear(&line);
        buf_clear(&r->body);
        buf_clear(&r->why);
        fail(r, "no-memory", "there is no memory for the reply");
        put_reply(&line, id, r);
    }
    if (buf_ok(&line))
        client_reply(c, buf_slice(&line));
    else
        client_drop(c, "there is no memory for a reply");
    buf_free(&line);
    buf_free(&r->body);
    buf_free(&r->why);
}

struct control_reply control_reply_new(void)
{
    return (struct control_reply){.body = buf_new(CONTROL_REPLY_MAX), .why = buf_new(8192)};
}

bool control_do(struct client *c, struct slice line)
{
    struct control_reply r = control_reply_new();
    struct json_command command;
    bool rubbish, begins;

    control_tell_messages(c->control); /* which are older than what is replied */
    if (json_command_read(line, &command, &r.error, &r.why) == 0)
        actions[command.verb->action](c, &command, &r);
    begins = !r.error && command.verb->action == JSON_SET_TRACE && c->trace;
    rubbish = r.error && strcmp(r.error, "bad-json") == 0;
    if (command.said & JSON_AUDIO)
        client_close_fds(c);
    if (!r.later)
        control_reply(c, buf_ok(&command.id) ? buf_slice(&command.id) : SLICE("null"), &r);
    if (begins)
        client_put(c, buf_slice(&c->control->kept));
    json_command_free(&command);
    return !rubbish;
}

void control_refuse_long(struct client *c)
{
    struct control_reply r = control_reply_new();

    r.error = "too-long";
    buf_printf(&r.why, "a line has at most %u bytes", CONTROL_LINE_MAX);
    control_reply(c, SLICE("null"), &r);
}
