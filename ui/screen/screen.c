#include "ui/screen/screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timers.h"
#include "ui/json.h"
#include "ui/screen/commands.h"
#include "ui/screen/contacts.h"
#include "ui/screen/mouse.h"
#include "ui/screen/screen_prompt.h"
#include "ui/screen/view_trace.h"
#include "ui/screen/width.h"

#define MESSAGE_MS 6000u
#define ANSWER_MS 5000u      /* that a phone has, before it is said that it does not answer */
#define ROW_BYTES_MAX 65536u /* of what a row says */
#define ID_STEP 64u          /* an id is a number times this, and the kind of question */

_Static_assert(N_ASKS <= ID_STEP, "each kind of question fits in an id");

void screen_init(struct screen *s, struct model *model, struct keymap *keys)
{
    const struct view *view;

    *s = (struct screen){.model = model,
                         .keys = keys,
                         .focus = &view_calls,
                         .search = buf_new(LINE_BYTES_MAX),
                         .typed = buf_new(LINE_BYTES_MAX),
                         .message = buf_new(8192),
                         .digits = buf_new(64),
                         .trouble = buf_new(32768)};
    line_init(&s->line, NULL);
    for (size_t i = 0; (view = view_at(i)); i++)
        if (view->state_size > 0)
            s->states[i] = xzalloc(view->state_size);
}

void screen_free(struct screen *s)
{
    const struct view *view;

    while (s->n_open > 0)
        screen_close(s);
    for (size_t i = 0; (view = view_at(i)); i++) {
        if (view->end)
            view->end(s);
        free(s->states[i]);
    }
    free(s->account);
    free(s->calls_as);
    line_free(&s->line);
    line_history_free(&s->commands);
    line_history_free(&s->searches);
    buf_free(&s->search);
    buf_free(&s->typed);
    buf_free(&s->message);
    buf_free(&s->digits);
    buf_free(&s->trouble);
    cells_free(&s->cells);
}

bool screen_is_drawn(const struct screen *s)
{
    return !s->cells.silent;
}

/* --- views ---------------------------------------------------------------------------------- */

const struct view *screen_view(const struct screen *s)
{
    return s->n_open > 0 ? s->open[s->n_open - 1] : s->focus;
}

void *screen_state(const struct screen *s, const struct view *view)
{
    return s->states[view_place(view)];
}

void screen_open(struct screen *s, const struct view *view)
{
    if (view->kind == VIEW_PANE) {
        while (s->n_open > 0)
            screen_close(s);
        s->focus = view;
        return;
    }
    for (size_t i = 0; i < s->n_open; i++)
        if (s->open[i] == view)
            return;
    if (s->n_open == SCREEN_OPEN_MAX)
        return;
    s->open[s->n_open++] = view;
    s->chosen[view_place(view)] = 0;
    if (view->open)
        view->open(s);
}

void screen_close(struct screen *s)
{
    const struct view *view;

    if (s->n_open == 0)
        return;
    view = s->open[--s->n_open];
    if (view->close)
        view->close(s);
}

size_t screen_chosen(const struct screen *s, const struct view *view)
{
    size_t n = view->rows ? view->rows(s) : 0;
    size_t at = s->chosen[view_place(view)];

    if (n == 0)
        return SIZE_MAX;
    if (view == &view_calls) /* by its number: the list grows and shrinks */
        for (size_t i = 0; i < n; i++)
            if (s->model->calls[i] == screen_call(s))
                return i;
    return at < n ? at : n - 1;
}

void screen_choose(struct screen *s, const struct view *view, size_t row)
{
    bool at_end = view->follows && row + 1 >= view->rows(s);

    s->chosen[view_place(view)] = at_end ? SIZE_MAX : row;
    if (view == &view_calls && row < s->model->n_calls)
        s->call = s->model->calls[row]->call;
}

const struct model_call *screen_call(const struct screen *s)
{
    static const enum phone_call_phase first[] = {PHONE_PHASE_UP, PHONE_PHASE_INCOMING};
    const struct model_call *c = s->call ? model_call(s->model, s->call) : NULL;

    for (size_t i = 0; i < s->model->n_calls && !c; i++)
        if (s->model->calls[i]->phase == PHONE_PHASE_UP && !s->model->calls[i]->on_hold)
            c = s->model->calls[i];
    for (size_t i = 0; i < ARRAY_LEN(first) && !c; i++)
        c = model_call_in(s->model, first[i]);
    if (!c && s->model->n_calls > 0)
        c = s->model->calls[s->model->n_calls - 1];
    return c;
}

const struct model_account *screen_calls_as(const struct screen *s)
{
    const struct model *m = s->model;

    for (size_t i = 0; s->calls_as && i < m->n_accounts; i++)
        if (strcmp(m->accounts[i].account, s->calls_as) == 0)
            return &m->accounts[i];
    return NULL;
}

/* --- search --------------------------------------------------------------------------------- */

bool screen_row_has(const struct screen *s, const struct view *view, size_t row, struct slice text)
{
    struct buf words = buf_new(ROW_BYTES_MAX);
    bool has;

    view->text(s, row, &words);
    has = slice_ihas(buf_slice(&words), text);
    buf_free(&words);
    return has;
}

bool screen_search(struct screen *s, bool back, bool from_here)
{
    const struct view *view = screen_view(s);
    size_t n = view->rows && view->text ? view->rows(s) : 0, at;

    if (n == 0 || s->search.n == 0)
        return false;
    at = screen_chosen(s, view);
    for (size_t i = from_here ? 0 : 1; i <= n; i++) {
        size_t row = (back ? at + n - i % n : at + i) % n;

        if (screen_row_has(s, view, row, buf_slice(&s->search))) {
            screen_choose(s, view, row);
            return true;
        }
    }
    return false;
}

void screen_say_not_found(struct screen *s)
{
    screen_say(s, STYLE_WARN, "\"%" PRI_SLICE "\" is in no row of this list",
               ARG_SLICE(width_head(buf_slice(&s->search), 100)));
}

void screen_search_for(struct screen *s, struct slice text)
{
    buf_clear(&s->search);
    buf_put(&s->search, text);
    if (s->search.n > 0 && !screen_search(s, false, true))
        screen_say_not_found(s);
}

size_t screen_matches(const struct screen *s, size_t *at)
{
    const struct view *view = screen_view(s);
    size_t n = view->rows && view->text ? view->rows(s) : 0, found = 0;

    *at = 0;
    for (size_t row = 0; s->search.n > 0 && row < n; row++) {
        if (!screen_row_has(s, view, row, buf_slice(&s->search)))
            continue;
        found++;
        if (row == screen_chosen(s, view))
            *at = found;
    }
    return found;
}

/* --- missed calls --------------------------------------------------------------------------- */

static bool is_missed(const struct model_past *p)
{
    return strcmp(p->outcome, "missed") == 0;
}

size_t screen_missed(const struct screen *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->model->n_past; i++)
        n += is_missed(&s->model->past[i]) && s->model->past[i].time > s->seen_time;
    return n;
}

/* Who has called or taken a call since has been at the telephone. */
static void begin_missed(struct screen *s)
{
    if (s->has_seen)
        return;
    s->has_seen = true;
    for (size_t i = 0; i < s->model->n_past; i++) {
        const struct model_past *p = &s->model->past[i];

        if (!is_missed(p) && p->time > s->seen_time)
            s->seen_time = p->time;
    }
}

void screen_see_missed(struct screen *s)
{
    for (size_t i = 0; i < s->model->n_past; i++)
        if (s->model->past[i].time > s->seen_time)
            s->seen_time = s->model->past[i].time;
}

/* --- what is said and asked ----------------------------------------------------------------- */

void screen_say(struct screen *s, enum style style, const char *format, ...)
{
    char text[2048];
    va_list values;

    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    buf_clear(&s->message);
    text_safe_own(&s->message, slice_of(text)); /* which may have been cut in a character */
    s->message_style = style;
    s->message_until_ms = s->now_ms + MESSAGE_MS;
}

void screen_ask(struct screen *s, enum screen_ask ask, const char *command, const char *members,
                ...)
{
    char text[32768];
    struct buf line = buf_new(65536);
    va_list values;

    va_start(values, members);
    vsnprintf(text, sizeof text, members, values);
    va_end(values);
    buf_room(&line, line.max); /* so that it never moves */
    buf_clear(&line);
    if (screen_is_answered(s))
        s->asked_ms = s->now_ms;
    buf_printf(&line, "{\"command\":\"%s\",\"id\":%llu%s}\n", command,
               (unsigned long long)(++s->asked * ID_STEP + ask), text);
    if (s->send)
        s->send(s->arg, buf_slice(&line));
    else
        screen_say(s, STYLE_BAD, "there is no connection to the telephone");
    mem_wipe(text, sizeof text); /* there may have been a password in it */
    buf_free(&line);
}

void screen_ask_text(struct screen *s, const char *command, const char *member, struct slice text,
                     uint32_t call)
{
    struct buf json = buf_new(16384);
    char *copy = slice_dup(text);

    json_put_string(&json, copy ? copy : "");
    if (call)
        buf_printf(&json, ",\"call\":%u", (unsigned)call);
    screen_ask(s, ASK_DO, command, ",\"%s\":%s", member, buf_cstr(&json));
    free(copy);
    buf_free(&json);
}

bool screen_is_answered(const struct screen *s)
{
    return s->answered >= s->asked;
}

bool screen_is_stuck(const struct screen *s)
{
    return s->send && !screen_is_answered(s) && s->now_ms >= s->asked_ms + ANSWER_MS;
}

void screen_forget_asked(struct screen *s)
{
    s->answered = s->asked;
}

void screen_confirm(struct screen *s, const char *question, void (*confirmed)(struct screen *s))
{
    s->prompt = PROMPT_CONFIRM;
    s->question = question;
    s->confirmed = confirmed;
}

void screen_begin_prompt(struct screen *s, enum screen_prompt prompt, struct slice text)
{
    s->prompt = prompt;
    s->completes = false;
    s->search_from = screen_chosen(s, screen_view(s));
    s->line.history = prompt == PROMPT_COMMAND  ? &s->commands
                      : prompt == PROMPT_SEARCH ? &s->searches
                                                : NULL;
    line_set(&s->line, text);
}

void screen_ask_password(struct screen *s, const char *account)
{
    free(s->account);
    s->account = xstrdup(account);
    s->question = "Password:";
    screen_begin_prompt(s, PROMPT_PASSWORD, SLICE(""));
}

/* --- lines of the phone --------------------------------------------------------------------- */

/* Its view goes, wherever it lies. */
static void end_trouble(struct screen *s)
{
    size_t n = 0;

    buf_clear(&s->trouble);
    for (size_t i = 0; i < s->n_open; i++)
        if (s->open[i] != &view_trouble)
            s->open[n++] = s->open[i];
    s->n_open = n;
}

static void take_reply(struct screen *s, const struct ctl_line *line)
{
    enum screen_ask ask = (enum screen_ask)(line->id % ID_STEP);

    if (line->id / ID_STEP > s->answered)
        s->answered = line->id / ID_STEP;
    s->asked_ms = s->now_ms;
    if (!line->ok)
        model_note(s->model, true, line->text);
    if (!line->ok && ask != ASK_CONTACT)
        screen_say(s, STYLE_BAD, "%s", line->text);
    if (ask == ASK_CONTACT)
        contacts_replied(s, line->id / ID_STEP, line);
    else if (ask == ASK_CONTACTS)
        contacts_heard(s, line);
    if (!line->ok)
        return;
    if (ask == ASK_CALL)
        s->call = line->call;
    else if (ask == ASK_STATUS) {
        model_status(s->model, line->tree, s->now_ms);
        end_trouble(s);
    } else if (ask == ASK_HISTORY)
        model_history(s->model, line->tree);
    else if (ask == ASK_VOLUME)
        model_volume(s->model, line->tree);
    else if (ask == ASK_VOICE)
        model_voice(s->model, line->tree);
    else if (ask == ASK_SCREEN)
        model_screens(s->model, line->tree);
    else if (ask == ASK_TRACE)
        trace_show_call(s, model_call_id_of(line->tree));
    else if (ask == ASK_QUIT)
        command_quit_by(s, line->tree);
    if (ask == ASK_HISTORY)
        begin_missed(s);
}

/* The end of a call is shown, as it leaves the list at once, but for one that was ended here; so is
 * what the phone wants known. */
static void show_note(struct screen *s, const struct ctl_line *line, uint64_t noted)
{
    const struct phone_event *e = &line->event;
    bool shown = line->kind == CTL_OWN || e->kind == PHONE_ENDED || e->kind == PHONE_NOTICE ||
                 e->kind == PHONE_SOUND_FAILED || e->kind == PHONE_HOOK_FAILED ||
                 e->kind == PHONE_RECORDING || e->kind == PHONE_REGISTER_FAILED;
    const struct model *m = s->model;

    if (e->kind == PHONE_ENDED && e->call == s->hung_up)
        return;
    if (shown && m->noted > noted)
        screen_say(s, m->notes[m->n_notes - 1].bad ? STYLE_BAD : STYLE_NORMAL, "%s",
                   m->notes[m->n_notes - 1].text);
}

/* What was chosen counts until the telephone ends. */
static void offer_to_keep(struct screen *s, const struct ctl_line *line)
{
    if (line->kind == CTL_EVENT && line->event.kind == PHONE_DEVICE_IN_USE && !*line->event.text &&
        s->settings && screen_view(s) == &view_devices)
        screen_say(s, STYLE_GOOD, "%s is used now; \"keep\" writes that into tphone.conf",
                   line->event.device);
}

unsigned screen_line(struct screen *s, const struct ctl_line *line)
{
    uint64_t noted = s->model->noted;
    unsigned news;

    if (line->kind == CTL_REPLY) {
        take_reply(s, line);
        return MODEL_CHANGED;
    }
    news = model_event(s->model, line, s->now_ms);
    show_note(s, line, noted);
    offer_to_keep(s, line);
    /* Keys mean what rings, unless one is about to say something. */
    if ((news & MODEL_INCOMING) && !model_call_in(s->model, PHONE_PHASE_UP))
        s->call = line->event.call;
    if (line->kind == CTL_EVENT && line->event.kind == PHONE_TRANSFER_FOLLOWED)
        s->call = line->event.other;
    return news;
}

/* --- keys ----------------------------------------------------------------------------------- */

/* What begins a number, and what is pasted, is dialled where it can mean nothing else. */
static void key_of_nobody(struct screen *s, const struct key *key)
{
    bool begins = key->code == KEY_PASTE ||
                  (!key->mods && s->model->n_calls == 0 && key->code >= '0' && key->code <= '9');

    if (screen_view(s)->kind != VIEW_PANE || !begins)
        return;
    screen_open(s, &view_dial);
    view_dial.key(s, key);
}

static void press(struct screen *s, const struct key *key)
{
    const struct view *view = screen_view(s);
    const struct binding *b;

    if (s->prompt != PROMPT_NONE) {
        prompt_key(s, key);
        return;
    }
    if (view->key && view->key(s, key))
        return;
    b = command_binding(s, key);
    if (b)
        command_run(s, slice_of(b->command));
    else
        key_of_nobody(s, key);
}

void screen_key(struct screen *s, const struct key *key)
{
    bool is_bare = s->n_open == 0 && s->prompt == PROMPT_NONE;

    if (key->code == KEY_MOUSE) {
        mouse_key(s, key);
    } else {
        s->clicked = NULL;
        s->message_until_ms = 0;
        press(s, key);
    }
    if (screen_view(s) == &view_history || (is_bare && key->code == KEY_ESCAPE))
        screen_see_missed(s);
}

/* When the dates of the history are those of another day. */
static uint64_t midnight_ms(const struct screen *s)
{
    double now = s->unix_time > 0 ? s->unix_time : (double)json_now_ms() / 1000;
    time_t seconds = (time_t)now, midnight;
    struct tm tm;

    if (!localtime_r(&seconds, &tm))
        return NEVER_MS;
    tm.tm_mday++;
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_isdst = -1;
    midnight = mktime(&tm);
    return midnight > seconds ? s->now_ms + (uint64_t)(((double)midnight - now) * 1000) + 1
                              : NEVER_MS;
}

uint64_t screen_deadline_ms(const struct screen *s)
{
    const struct model_call *c = screen_call(s);
    uint64_t when = midnight_ms(s);

    if (s->message_until_ms > s->now_ms && s->message_until_ms < when)
        when = s->message_until_ms;
    if (s->send && !screen_is_answered(s) && !screen_is_stuck(s) && s->asked_ms + ANSWER_MS < when)
        when = s->asked_ms + ANSWER_MS;
    /* All durations move on together, with that of the chosen call. */
    if (c) {
        uint64_t began = c->up_ms ? c->up_ms : c->began_ms;
        uint64_t next = s->now_ms + 1000 - (s->now_ms - began) % 1000;

        when = next < when ? next : when;
    }
    return when;
}
