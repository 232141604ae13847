#include "ui/screen/model.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "phone/contacts.h"
#include "ui/json.h"
#include "ui/screen/model_private.h"
#include "ui/status.h"

#define CALL_STRINGS 15u

/* --- strings and lists ---------------------------------------------------------------------- */

void model_set(char **at, const char *text)
{
    char *copy = slice_dup(slice_of(text ? text : ""));

    if (!copy && *at)
        return;
    free(*at);
    *at = copy ? copy : xstrdup("");
}

static void *move(void *list, size_t n, size_t size, void *moved)
{
    if (n > 0)
        memcpy(moved, list, n * size);
    free(list);
    return moved;
}

/* Lists grow by one; what is new is zero. The list moves, and its pointers with it. */
void *model_grow(void *list, size_t n, size_t size)
{
    return move(list, n, size, xcalloc(n + 1, size));
}

/* The same for what strangers begin: NULL without memory, and the list is as it was. */
static void *grow_if(void *list, size_t n, size_t size)
{
    void *moved = calloc(n + 1, size);

    return moved ? move(list, n, size, moved) : NULL;
}

/* Its strings one by one, as all of them are to be there. */
static char **call_string(struct model_call *c, size_t i)
{
    char **const strings[CALL_STRINGS] = {&c->peer,       &c->peer_name, &c->contact, &c->account,
                                          &c->target,     &c->codec,     &c->remote,  &c->local,
                                          &c->encryption, &c->suite,     &c->play,    &c->record,
                                          &c->text,       &c->digits,    &c->safe};

    return strings[i];
}

static void free_call(struct model_call *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < CALL_STRINGS; i++)
        free(*call_string(c, i));
    free(c);
}

static void free_account(struct model_account *a)
{
    char *strings[] = {a->account,   a->uri,         a->text,    a->server,
                       a->transport, a->our_contact, a->seen_at, a->safe};

    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(strings[i]);
}

static void free_past(struct model_past *p)
{
    char *strings[] = {p->outcome, p->peer, p->peer_name, p->contact, p->account, p->file, p->text};

    for (size_t i = 0; i < ARRAY_LEN(strings); i++)
        free(strings[i]);
}

static void clear_calls(struct model *m)
{
    for (size_t i = 0; i < m->n_calls; i++)
        free_call(m->calls[i]);
    free(m->calls);
    m->calls = NULL;
    m->n_calls = 0;
}

static void clear_accounts(struct model *m)
{
    for (size_t i = 0; i < m->n_accounts; i++)
        free_account(&m->accounts[i]);
    free(m->accounts);
    m->accounts = NULL;
    m->n_accounts = 0;
}

void model_clear_past(struct model *m)
{
    for (size_t i = 0; i < m->n_past; i++)
        free_past(&m->past[i]);
    free(m->past);
    m->past = NULL;
    m->n_past = 0;
}

void model_clear_contacts(struct model *m)
{
    for (size_t i = 0; i < m->n_contacts; i++) {
        free(m->contacts[i].name);
        free(m->contacts[i].address);
    }
    free(m->contacts);
    m->contacts = NULL;
    m->n_contacts = 0;
}

void model_init(struct model *m)
{
    *m = (struct model){0};
    model_set(&m->version, "");
    model_set(&m->listens, "");
    model_set(&m->contacts_file, "");
    model_set(&m->contacts_text, "");
    model_begin_sound(m);
}

void model_free(struct model *m)
{
    clear_calls(m);
    clear_accounts(m);
    model_clear_past(m);
    model_clear_contacts(m);
    model_clear_sound(m);
    for (size_t i = 0; i < m->n_notes; i++)
        free(m->notes[i].text);
    free(m->notes);
    traced_clear(&m->traced);
    model_clear_wishes(m);
    free(m->version);
    free(m->listens);
    free(m->contacts_file);
    free(m->contacts_text);
    *m = (struct model){0};
}

void model_disconnected(struct model *m)
{
    m->connected = m->sound.is_open = false;
    model_set(&m->sound.doing, "");
    clear_calls(m);
    clear_accounts(m);
    model_clear_wishes(m);
}

void model_note(struct model *m, bool bad, const char *text)
{
    model_note_at(m, (double)json_now_ms() / 1000, bad, text);
}

void model_note_at(struct model *m, double time, bool bad, const char *text)
{
    bool full = m->n_notes == MODEL_NOTES_MAX;
    char *copy = slice_dup(slice_of(text));
    struct model_note *notes =
        !copy || full ? m->notes : grow_if(m->notes, m->n_notes, sizeof *m->notes);

    if (!copy || !notes) {
        free(copy);
        return; /* strangers fill the log, too */
    }
    m->notes = notes;
    if (full) {
        free(notes[0].text);
        memmove(notes, notes + 1, --m->n_notes * sizeof *notes);
    }
    m->noted++;
    m->notes[m->n_notes++] = (struct model_note){.time = time, .bad = bad, .text = copy};
}

void model_is_short(struct model *m)
{
    uint64_t noted = m->noted;

    if (m->told_short)
        return;
    model_note(m, true, "there is no memory left: calls or messages are missing here");
    m->told_short = m->noted > noted;
}

/* --- calls ---------------------------------------------------------------------------------- */

struct model_call *model_call(const struct model *m, uint32_t call)
{
    for (size_t i = 0; i < m->n_calls; i++)
        if (m->calls[i]->call == call)
            return m->calls[i];
    return NULL;
}

/* Strangers begin calls: NULL without memory. */
static struct model_call *new_call(uint32_t call, uint64_t now_ms)
{
    struct model_call *c = calloc(1, sizeof *c);
    bool all = c != NULL;

    for (size_t i = 0; all && i < CALL_STRINGS; i++)
        all = (*call_string(c, i) = slice_dup(SLICE(""))) != NULL;
    if (!all) {
        free_call(c);
        return NULL;
    }
    c->call = call;
    c->began_ms = now_ms;
    c->phase = PHONE_PHASE_CALLING;
    return c;
}

struct model_call *model_add_call(struct model *m, uint32_t call, uint64_t now_ms)
{
    struct model_call *c = model_call(m, call), **calls;
    size_t at = m->n_calls;

    if (c)
        return c;
    c = new_call(call, now_ms);
    calls = c ? grow_if(m->calls, m->n_calls, sizeof *m->calls) : NULL;
    if (!calls) {
        free_call(c);
        model_is_short(m);
        return NULL;
    }
    m->calls = calls;
    for (; at > 0 && m->calls[at - 1]->call > call; at--)
        m->calls[at] = m->calls[at - 1];
    m->calls[at] = c;
    m->n_calls++;
    return c;
}

void model_remove_call(struct model *m, uint32_t call)
{
    for (size_t i = 0; i < m->n_calls; i++) {
        if (m->calls[i]->call != call)
            continue;
        free_call(m->calls[i]);
        m->n_calls--;
        memmove(&m->calls[i], &m->calls[i + 1], (m->n_calls - i) * sizeof *m->calls);
        return;
    }
}

/* --- accounts ------------------------------------------------------------------------------- */

static struct model_account *find_account(struct model *m, const char *label)
{
    for (size_t i = 0; i < m->n_accounts; i++)
        if (strcmp(m->accounts[i].account, label) == 0)
            return &m->accounts[i];
    return NULL;
}

struct model_account *model_add_account(struct model *m, const char *label)
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

/* --- questions ------------------------------------------------------------------------------ */

const struct model_call *model_call_in(const struct model *m, enum phone_call_phase phase)
{
    for (size_t i = 0; i < m->n_calls; i++)
        if (m->calls[i]->phase == phase)
            return m->calls[i];
    return NULL;
}

struct slice model_short_uri(const char *uri)
{
    struct slice rest = slice_of(uri);
    ptrdiff_t end;

    if (slice_istarts(rest, SLICE("sip:")) || slice_istarts(rest, SLICE("tel:")))
        rest = slice_skip(rest, 4);
    else if (slice_istarts(rest, SLICE("sips:")))
        rest = slice_skip(rest, 5);
    end = slice_index(rest, ';');
    return end > 0 ? slice_head(rest, (size_t)end) : rest;
}

struct slice model_cause(const char *text, struct slice name)
{
    struct slice cause = slice_of(text), rest = slice_skip(cause, name.n);

    return slice_starts(cause, name) && slice_starts(rest, SLICE(": ")) ? slice_skip(rest, 2)
                                                                        : cause;
}

void model_put_called(struct buf *out, const char *contact, const char *name, const char *uri)
{
    if (*contact)
        buf_puts(out, contact);
    else if (*name)
        status_put_quoted(out, name);
    else if (*uri)
        buf_put(out, model_short_uri(uri));
    else
        buf_puts(out, "somebody");
}

const struct model_contact *model_contact(const struct model *m, struct slice name)
{
    for (size_t i = 0; i < m->n_contacts; i++)
        if (contacts_same_name(slice_of(m->contacts[i].name), name))
            return &m->contacts[i];
    return NULL;
}

/* "opus/48000" as people say it. */
static void put_rate(struct buf *out, struct slice codec)
{
    struct slice rest = codec, name = slice_cut(&rest, '/');
    uint64_t hz = 0;

    if (slice_number(slice_cut(&rest, '/'), 1000000, &hz) == 0 && hz % 1000 == 0)
        buf_printf(out, "%" PRI_SLICE " %u kHz", ARG_SLICE(name), (unsigned)(hz / 1000));
    else
        buf_put(out, codec);
}

bool model_is_private(const struct model_call *c)
{
    return strcmp(c->encryption, "sdes") == 0 || strcmp(c->encryption, "dtls") == 0;
}

bool model_keys_are_known(const struct model_call *c)
{
    return strcmp(c->encryption, "sdes-in-the-clear") == 0;
}

void model_put_codec(struct buf *out, const struct model_call *c, const char *between,
                     const char *words)
{
    if (*c->codec)
        put_rate(out, slice_of(c->codec));
    else
        buf_puts(out, "no codec yet");
    if (*c->encryption)
        buf_printf(out, "%s%s", between, words);
}

void model_put_keys(struct buf *out, const struct model_call *c)
{
    const char *keys = status_keys(c->encryption);

    if (*keys)
        buf_printf(out, " (%s%s%s)", keys, *c->suite ? ", " : "", c->suite);
}

void model_put_messages(struct buf *out, const struct model_call *c)
{
    status_put_messages(out, c->safe, c->answered || c->incoming || *c->encryption);
}

struct model_second model_call_now(const struct model_call *c)
{
    if (c->n_seconds > 0)
        return c->seconds[(c->n_seconds - 1) % MODEL_SECONDS_MAX];
    return (struct model_second){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
}
