/* What is done with calls and with the telephone. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ui/json.h"
#include "ui/screen/commands.h"
#include "ui/screen/width.h"

/* --- which call ----------------------------------------------------------------------------- */

static bool is_in(const struct screen *s, enum phone_call_phase phase)
{
    const struct model_call *c = screen_call(s);

    return c && c->phase == phase;
}

static bool rings(const struct screen *s)
{
    return model_call_in(s->model, PHONE_PHASE_INCOMING) != NULL;
}

static bool is_up(const struct screen *s)
{
    return is_in(s, PHONE_PHASE_UP);
}

static bool rings_chosen(const struct screen *s)
{
    return is_in(s, PHONE_PHASE_INCOMING);
}

static bool is_ours(const struct screen *s)
{
    return screen_call(s) && !rings_chosen(s);
}

/* There is somebody on hold, and somebody else who is heard. */
static bool may_swap(const struct screen *s)
{
    const struct model *m = s->model;
    size_t up = 0, held = 0;

    for (size_t i = 0; i < m->n_calls; i++) {
        up += m->calls[i]->phase == PHONE_PHASE_UP;
        held += m->calls[i]->phase == PHONE_PHASE_UP && m->calls[i]->on_hold;
    }
    return up > 1 && held > 0;
}

static bool may_confer(const struct screen *s)
{
    const struct model *m = s->model;
    size_t up = 0, alone = 0;

    for (size_t i = 0; i < m->n_calls; i++) {
        up += m->calls[i]->phase == PHONE_PHASE_UP;
        alone += m->calls[i]->phase == PHONE_PHASE_UP && !m->calls[i]->conference;
    }
    return up > 1 && alone > 0;
}

static bool is_conference(const struct screen *s)
{
    return screen_call(s) && screen_call(s)->conference;
}

static bool plays(const struct screen *s)
{
    return screen_call(s) && *screen_call(s)->play;
}

/* --- what is done --------------------------------------------------------------------------- */

static void ask_of(struct screen *s, const struct model_call *c, const char *command)
{
    screen_ask(s, ASK_DO, command, ",\"call\":%u", (unsigned)c->call);
}

static void call_person(struct screen *s, struct slice target)
{
    const struct model_account *as = screen_calls_as(s);
    struct buf json = buf_new(32768);
    char *copy = slice_dup(target);

    if (!screen_is_drawn(s)) /* else a row of the calls says so at once */
        screen_say(s, STYLE_DIM, "calling %" PRI_SLICE, ARG_SLICE(width_head(target, 200)));
    json_put_string(&json, copy ? copy : "");
    if (as) {
        buf_puts(&json, ",\"account\":");
        json_put_string(&json, as->account);
    }
    screen_ask(s, ASK_CALL, "call", ",\"target\":%s", buf_cstr(&json));
    free(copy);
    buf_free(&json);
}

/* The one that is chosen where it rings, else the first that does. */
static const struct model_call *ringing(const struct screen *s)
{
    return rings_chosen(s) ? screen_call(s) : model_call_in(s->model, PHONE_PHASE_INCOMING);
}

static void answer(struct screen *s, struct slice argument)
{
    const struct model_call *c = ringing(s);

    (void)argument;
    s->call = c->call;
    ask_of(s, c, "answer");
}

static void decline(struct screen *s, struct slice argument)
{
    const struct model_call *c = ringing(s);

    (void)argument;
    s->hung_up = c->call;
    ask_of(s, c, "decline");
}

static void hang_up(struct screen *s, struct slice argument)
{
    (void)argument;
    s->hung_up = screen_call(s)->call;
    ask_of(s, screen_call(s), "hangup");
}

static bool is_asked(const struct screen *s)
{
    return s->model->n_wishes > 0;
}

static void follow(struct screen *s, struct slice argument)
{
    (void)argument;
    screen_ask(s, ASK_DO, "follow", ",\"call\":%u", (unsigned)model_wish(s->model, s->call)->call);
}

static void stay(struct screen *s, struct slice argument)
{
    (void)argument;
    screen_ask(s, ASK_DO, "stay", ",\"call\":%u", (unsigned)model_wish(s->model, s->call)->call);
}

static void mute(struct screen *s, struct slice argument)
{
    const struct model_call *c = screen_call(s);

    (void)argument;
    ask_of(s, c, c->muted ? "unmute" : "mute");
}

static void hold(struct screen *s, struct slice argument)
{
    const struct model_call *c = screen_call(s);

    (void)argument;
    s->call = c->call; /* once more is about the same one */
    ask_of(s, c, c->on_hold ? "resume" : "hold");
}

/* To the chosen call where that is on hold, else to the first that is. */
static void swap(struct screen *s, struct slice argument)
{
    const struct model_call *c = screen_call(s);

    (void)argument;
    for (size_t i = 0; i < s->model->n_calls && !(c && c->on_hold); i++)
        c = s->model->calls[i];
    s->call = c->call;
    ask_of(s, c, "swap");
}

/* One sees what one types, for a moment. */
static void show_digits(struct screen *s, const struct model_call *c, struct slice more)
{
    struct buf who = buf_new(8192);

    if (s->digits_call != c->call || s->digits_until_ms <= s->now_ms ||
        s->digits.n + more.n >= s->digits.max)
        buf_clear(&s->digits);
    buf_put(&s->digits, slice_head(more, s->digits.max));
    model_put_called(&who, c->contact, c->peer_name, c->peer);
    screen_say(s, STYLE_NORMAL, "digits to %" PRI_SLICE ": %" PRI_SLICE,
               ARG_SLICE(width_head(buf_slice(&who), 40)), ARG_SLICE(buf_slice(&s->digits)));
    s->digits_call = c->call;
    s->digits_until_ms = s->message_until_ms;
    buf_free(&who);
}

static void send_digits(struct screen *s, struct slice argument)
{
    if (screen_is_drawn(s)) /* else the line that was typed still stands there */
        show_digits(s, screen_call(s), argument);
    screen_ask_text(s, "dtmf", "digits", argument, screen_call(s)->call);
}

static void conference(struct screen *s, struct slice argument)
{
    (void)argument;
    screen_ask(s, ASK_DO, "conference", "%s", "");
}

static void part(struct screen *s, struct slice argument)
{
    (void)argument;
    ask_of(s, screen_call(s), "part");
}

static void record(struct screen *s, struct slice argument)
{
    const struct model_call *c = screen_call(s);
    struct buf name = buf_new(4096);

    if (c->recording && argument.n == 0) {
        screen_ask(s, ASK_DO, "record", ",\"call\":%u,\"on\":false", (unsigned)c->call);
        return;
    }
    if (argument.n > 0)
        buf_put(&name, argument);
    else
        command_put_file_name(&name, "tphone", "wav");
    screen_ask_text(s, "record", "file", buf_slice(&name), c->call);
    buf_free(&name);
}

static void play(struct screen *s, struct slice argument)
{
    screen_ask_text(s, "play", "file", argument, screen_call(s)->call);
}

static void stop(struct screen *s, struct slice argument)
{
    (void)argument;
    ask_of(s, screen_call(s), "stop");
}

/* "+3" and "-3" change it, other numbers set it. */
static void volume(struct screen *s, struct slice argument)
{
    char *text = slice_dup(argument), *end = text;
    double db = text ? strtod(text, &end) : 0;

    if (!text || end == text || *end || !isfinite(db)) {
        screen_say(s, STYLE_BAD, "volume: a number of dB from -96 to 18, or +3 and -3");
    } else {
        if (*text == '+' || *text == '-')
            db += s->model->speaker_db;
        db = db < -96 ? -96 : db > 18 ? 18 : db;
        screen_say(s, STYLE_DIM, "loudspeaker at %+.1f dB", db);
        screen_ask(s, ASK_DO, "volume", ",\"speaker_db\":%.1f", db);
    }
    free(text);
}

static void dnd(struct screen *s, struct slice argument)
{
    (void)argument;
    screen_ask(s, ASK_DO, "dnd", ",\"on\":%s", s->model->dnd ? "false" : "true");
}

/* The account that is named, or the chosen row where they are listed; NULL: all. */
static char *which_account(const struct screen *s, struct slice argument)
{
    size_t at = screen_view(s) == &view_accounts ? screen_chosen(s, &view_accounts) : SIZE_MAX;

    if (argument.n > 0)
        return slice_dup(argument);
    return at == SIZE_MAX ? NULL : xstrdup(s->model->accounts[at].account);
}

void screen_register(struct screen *s, const char *account, bool on)
{
    const char *command = on ? "register" : "unregister";

    if (account)
        screen_ask_text(s, command, "account", slice_of(account), 0);
    else
        screen_ask(s, ASK_DO, command, "%s", "");
}

static void do_register(struct screen *s, struct slice argument)
{
    char *account = which_account(s, argument);

    screen_register(s, account, true);
    free(account);
}

static void unregister(struct screen *s, struct slice argument)
{
    char *account = which_account(s, argument);

    screen_register(s, account, false);
    free(account);
}

static bool has_accounts(const struct screen *s)
{
    return s->model->n_accounts > 0;
}

static bool has_choice(const struct screen *s)
{
    return s->model->n_accounts > 1;
}

/* Behind the last one the phone chooses again. */
static const struct model_account *next_account(const struct screen *s)
{
    const struct model_account *now = screen_calls_as(s), *all = s->model->accounts;
    size_t next = now ? (size_t)(now - all) + 1 : 0;

    return next < s->model->n_accounts ? &all[next] : NULL;
}

static const struct model_account *account_named(const struct screen *s, struct slice name)
{
    const struct model *m = s->model;

    for (size_t i = 0; i < m->n_accounts; i++)
        if (slice_eq(name, slice_of(m->accounts[i].account)) ||
            slice_ieq(name, model_short_uri(m->accounts[i].uri)))
            return &m->accounts[i];
    return NULL;
}

static void account(struct screen *s, struct slice argument)
{
    const struct model_account *a = argument.n > 0 ? account_named(s, argument) : next_account(s);

    if (argument.n > 0 && !a && !slice_eq(argument, SLICE("any"))) {
        screen_say(s, STYLE_BAD, "there is no account %" PRI_SLICE "; Tab completes their names",
                   ARG_SLICE(width_head(argument, 60)));
        return;
    }
    free(s->calls_as);
    s->calls_as = a ? xstrdup(a->account) : NULL;
    if (!a)
        screen_say(s, STYLE_NORMAL, "calls go out by the account that suits the address");
    else
        screen_say(s, STYLE_NORMAL, "calls go out as %" PRI_SLICE,
                   ARG_SLICE(width_head(model_short_uri(a->uri), 100)));
}

/* Of the account that waits for one, where none is named. */
static void password(struct screen *s, struct slice argument)
{
    const struct model *m = s->model;
    const struct model_account *a = NULL;
    char *chosen = which_account(s, argument);

    argument = chosen ? slice_of(chosen) : argument;
    for (size_t i = 0; i < m->n_accounts; i++) {
        const struct model_account *it = &m->accounts[i];

        if (argument.n > 0 ? slice_eq(argument, slice_of(it->account))
                           : !a || (it->wants_password && !a->wants_password))
            a = it;
    }
    if (a)
        screen_ask_password(s, a->account);
    else
        screen_say(s, STYLE_BAD, "there is no account of that name");
    free(chosen);
}

/* clang-format off */
const struct command commands_of_calls[] = {
    {.name = "call", .argument = ARGUMENT_PERSON, .must = true, .value = "ADDRESS",
     .help = "call a contact, a number or an address", .run = call_person},
    {.name = "answer", .of_call = true, .label = "answer",
     .can = rings, .needs = "a call that rings", .run = answer,
     .help = "take the call that rings"},
    {.name = "decline", .of_call = true, .label = "decline",
     .can = rings, .needs = "a call that rings", .run = decline,
     .help = "refuse the call that rings"},
    {.name = "hang-up", .of_call = true, .label = "hang up", .can = is_ours, .needs = "a call",
     .run = hang_up,
     .help = "end the call"},
    {.name = "follow", .of_call = true, .label = "follow",
     .can = is_asked, .needs = "a call in which that is asked", .run = follow,
     .help = "call whom the other side names instead of itself"},
    {.name = "stay", .of_call = true, .label = "stay",
     .can = is_asked, .needs = "a call in which that is asked", .run = stay,
     .help = "do not call whom the other side names"},
    {.name = "mute", .of_call = true, .label = "mute", .can = is_up, .needs = "a call that is up",
     .run = mute,
     .help = "send silence in place of what is said; once more: no longer"},
    {.name = "hold", .of_call = true, .label = "hold",
     .can = is_up, .needs = "a call that is up", .run = hold,
     .help = "put the call on hold; once more: go on"},
    {.name = "swap", .of_call = true, .label = "swap",
     .can = may_swap, .needs = "two calls, and one of them on hold", .run = swap,
     .help = "go on with the call on hold, and put the other one on hold"},
    {.name = "record", .of_call = true, .argument = ARGUMENT_FILE, .value = "FILE",
     .label = "record", .can = is_up, .needs = "a call that is up",
     .run = record, .help = "record the call; once more: no longer"},
    {.name = "conference", .label = "conference",
     .can = may_confer, .needs = "two calls that are up", .run = conference,
     .help = "let all calls hear each other"},
    {.name = "part", .of_call = true, .label = "part",
     .can = is_conference, .needs = "a call in a conference", .run = part,
     .help = "take the call out of its conference"},
    {.name = "dtmf", .of_call = true, .argument = ARGUMENT_TEXT, .must = true, .value = "DIGITS",
     .can = is_up, .needs = "a call that is up",
     .run = send_digits, .help = "send digits; the keys 0-9 * # do so during a call"},
    {.name = "play", .of_call = true, .argument = ARGUMENT_FILE, .must = true, .value = "FILE",
     .can = is_up, .needs = "a call that is up",
     .run = play, .help = "let the other side hear a sound file"},
    {.name = "stop", .of_call = true, .can = plays, .needs = "a call to which something is played",
     .run = stop, .help = "stop what is played"},
    {.name = "volume", .argument = ARGUMENT_TEXT, .must = true, .value = "DB", .run = volume,
     .help = "loudness of the loudspeaker; +3 and -3 change it"},
    {.name = "dnd",
     .run = dnd,
     .help = "do not disturb: turn calls away; once more: no longer"},
    {.name = "register", .label = "register", .argument = ARGUMENT_ACCOUNT, .value = "ACCOUNT", .run = do_register,
     .help = "register an account, also again after a refusal"},
    {.name = "unregister", .label = "unregister", .argument = ARGUMENT_ACCOUNT, .value = "ACCOUNT", .run = unregister,
     .help = "take the registration of an account back"},
    {.name = "account", .argument = ARGUMENT_ACCOUNT, .value = "ACCOUNT",
     .can = has_choice, .needs = "two accounts",
     .run = account, .help = "call as this account, or the next one; any: the one that suits"},
    {.name = "password", .label = "password", .argument = ARGUMENT_ACCOUNT, .value = "ACCOUNT",
     .can = has_accounts, .needs = "an account",
     .run = password, .help = "give the password of an account, for as long as the phone runs"},
    {0},
};
/* clang-format on */
