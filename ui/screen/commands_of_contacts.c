/* What is done with the contacts: by commands, and what the phone replies to them. */
#include <stdlib.h>

#include "ui/json.h"
#include "ui/screen/commands.h"
#include "ui/screen/contacts.h"
#include "ui/screen/width.h"

#define QUESTION_COLS 16 /* of the question, beside the name */

/* --- asking the phone ----------------------------------------------------------------------- */

static void put_member(struct buf *out, const char *member, const char *text)
{
    if (!text)
        return;
    buf_printf(out, ",\"%s\":", member);
    json_put_string(out, text);
}

static struct contact_list *list_of(const struct screen *s)
{
    return screen_state(s, &view_contact_list);
}

static void set(char **at, const char *text)
{
    char *old = *at;

    *at = text ? slice_dup(slice_trim(slice_of(text))) : NULL;
    free(old);
}

void contacts_ask(struct screen *s, const struct contacts_edit *edit)
{
    struct contact_list *l = list_of(s);
    struct buf json = buf_new(32768);

    set(&l->asked, edit->rename ? edit->rename : edit->name);
    l->removes = edit->remove;
    put_member(&json, "name", edit->name);
    put_member(&json, "was", edit->was);
    if (edit->remove) {
        buf_puts(&json, ",\"on\":false");
    } else {
        put_member(&json, "address", edit->address);
        put_member(&json, "rename", edit->rename);
        buf_puts(&json, edit->fresh ? ",\"new\":true" : "");
    }
    screen_ask(s, ASK_CONTACT, "contact", "%s", buf_cstr(&json));
    buf_free(&json);
}

/* The list is asked for either way: who was refused has not seen the newest one. */
void contacts_replied(struct screen *s, uint64_t asked, const struct ctl_line *line)
{
    struct contact_list *l = list_of(s);
    bool told = contact_form_replied(s, asked, line);

    if (line->ok)
        screen_say(s, STYLE_GOOD, "%s is %s", l->asked ? l->asked : "the contact",
                   l->removes ? "deleted" : "saved");
    else if (!told)
        screen_say(s, STYLE_BAD, "%s", line->text);
    set(&l->wanted, line->ok && !l->removes ? l->asked : NULL);
    screen_ask(s, ASK_CONTACTS, "contacts", "%s", "");
}

static void choose_name(struct screen *s, const struct view *view, const char *name)
{
    for (size_t i = 0; name && i < s->model->n_contacts; i++)
        if (contacts_same_name(slice_of(s->model->contacts[i].name), slice_of(name)))
            screen_choose(s, view, i);
}

/* Once for all rows, as they share the columns. */
static void measure(const struct model *m, struct contact_list *l)
{
    l->name_cols = l->address_cols = 0;
    for (size_t i = 0; i < m->n_contacts; i++) {
        int name = width_of(slice_of(m->contacts[i].name));
        int address = width_of(model_short_uri(m->contacts[i].address));

        l->name_cols = name > l->name_cols ? name : l->name_cols;
        l->address_cols = address > l->address_cols ? address : l->address_cols;
    }
}

void contacts_heard(struct screen *s, const struct ctl_line *line)
{
    static const struct view *const lists[] = {&view_contacts, &view_contact_list};
    struct contact_list *l = list_of(s);
    char *names[ARRAY_LEN(lists)] = {NULL};

    if (!line->ok) {
        model_contacts_failed(s->model, line->text);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        size_t row = screen_chosen(s, lists[i]);

        if (row != SIZE_MAX)
            names[i] = slice_dup(slice_of(s->model->contacts[row].name));
    }
    model_contacts(s->model, line->tree);
    measure(s->model, l);
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        choose_name(s, lists[i], names[i]);
        choose_name(s, lists[i], l->wanted);
        free(names[i]);
    }
    set(&l->wanted, NULL);
    contact_form_heard(s);
}

/* --- which contact -------------------------------------------------------------------------- */

/* The row that is chosen where contacts are on top; NULL: none is. */
static const struct model_contact *chosen(const struct screen *s)
{
    const struct view *view = screen_view(s);
    bool lists = view == &view_contacts || view == &view_contact_list;
    size_t row = lists ? screen_chosen(s, view) : SIZE_MAX;

    return row == SIZE_MAX ? NULL : &s->model->contacts[row];
}

/* "NAME = REST": rest->p is NULL where there is no equals sign, which no name has. */
static struct slice cut_name(struct slice argument, struct slice *rest)
{
    struct slice name = slice_trim(slice_cut(&argument, '='));

    *rest = argument.p ? slice_trim(argument) : argument;
    return name;
}

/* The one that is named, or else the chosen one; NULL: there is none, which is said. */
static const struct model_contact *which(struct screen *s, struct slice name)
{
    const struct model_contact *c = name.n > 0 ? model_contact(s->model, name) : chosen(s);

    if (!c && name.n > 0)
        screen_say(s, STYLE_BAD, "there is no contact %" PRI_SLICE,
                   ARG_SLICE(width_head(name, 100)));
    else if (!c)
        screen_say(s, STYLE_BAD, "which contact? its name belongs behind the command");
    return c;
}

static bool has_contacts(const struct screen *s)
{
    return s->model->n_contacts > 0;
}

/* --- what is done --------------------------------------------------------------------------- */

static void show(struct screen *s, struct slice argument)
{
    (void)argument;
    screen_open(s, &view_contact_list);
}

static void add(struct screen *s, struct slice argument)
{
    struct slice address, name = cut_name(argument, &address);
    char *name_copy, *address_copy;

    if (!address.p) {
        contact_form_add(s, name, SLICE(""));
        return;
    }
    name_copy = slice_dup(name);
    address_copy = slice_dup(address);
    if (name_copy && address_copy)
        contacts_ask(
            s, &(struct contacts_edit){.name = name_copy, .address = address_copy, .fresh = true});
    free(name_copy);
    free(address_copy);
}

static void change(struct screen *s, struct slice argument)
{
    struct slice address, name = cut_name(argument, &address);
    const struct model_contact *c = which(s, name);
    char *copy;

    if (!c)
        return;
    if (!address.p) {
        contact_form_change(s, c);
        return;
    }
    copy = slice_dup(address);
    if (copy)
        contacts_ask(s,
                     &(struct contacts_edit){.name = c->name, .address = copy, .was = c->address});
    free(copy);
}

static void rename_it(struct screen *s, struct slice argument)
{
    struct slice renamed, name = cut_name(argument, &renamed);
    const struct model_contact *c = which(s, name);
    char *copy;

    if (!c)
        return;
    if (!renamed.p) {
        screen_say(s, STYLE_BAD, "contact-rename needs NAME = NEW NAME");
        return;
    }
    copy = slice_dup(renamed);
    if (copy)
        contacts_ask(s,
                     &(struct contacts_edit){.name = c->name, .rename = copy, .was = c->address});
    free(copy);
}

/* Only as it was when the question was asked. */
static void remove_asked(struct screen *s)
{
    const struct contact_list *l = list_of(s);

    contacts_ask(s, &(struct contacts_edit){.name = l->name, .was = l->address, .remove = true});
}

static void remove_it(struct screen *s, struct slice argument)
{
    const struct model_contact *c = which(s, argument);
    struct contact_list *l = list_of(s);

    if (!c)
        return;
    set(&l->name, c->name);
    set(&l->address, c->address);
    if (!l->question.max)
        l->question = buf_new(1024);
    buf_clear(&l->question);
    buf_printf(&l->question, "delete %" PRI_SLICE "?",
               ARG_SLICE(width_head(slice_of(c->name), s->cells.cols - QUESTION_COLS)));
    if (l->name && l->address)
        screen_confirm(s, buf_cstr(&l->question), remove_asked);
}

/* --- who is not among them yet -------------------------------------------------------------- */

struct person {
    const char *name, *uri;
    bool known;
};

static bool is_address_of_contact(const struct model *m, const char *uri)
{
    for (size_t i = 0; i < m->n_contacts; i++)
        if (slice_eq(model_short_uri(m->contacts[i].address), model_short_uri(uri)))
            return true;
    return false;
}

/* Of the chosen row of the history, or else of the call that keys mean. */
static bool find_person(const struct screen *s, struct person *out)
{
    size_t row = screen_view(s) == &view_history ? screen_chosen(s, &view_history) : SIZE_MAX;
    const struct model_past *p = row != SIZE_MAX ? &s->model->past[row] : NULL;
    const struct model_call *c = screen_view(s) == &view_history ? NULL : screen_call(s);

    if (p)
        *out = (struct person){p->peer_name, p->peer, *p->contact};
    else if (c)
        *out = (struct person){c->peer_name, c->peer, *c->contact};
    else
        return false;
    return *out->uri && !out->known && !is_address_of_contact(s->model, out->uri);
}

static bool may_keep(const struct screen *s)
{
    struct person person;

    return find_person(s, &person);
}

/* What a stranger calls itself is a beginning, where it can be a name at all. */
static void keep(struct screen *s, struct slice argument)
{
    struct buf why = buf_new(1024);
    struct person person;
    bool fits;

    if (!find_person(s, &person))
        return;
    fits = *person.name && contacts_check(person.name, NULL, &why) == 0;
    contact_form_add(s, argument.n > 0 ? argument : slice_of(fits ? person.name : ""),
                     slice_of(person.uri));
    buf_free(&why);
}

/* clang-format off */
const struct command commands_of_contacts[] = {
    {.name = "contact-add", .argument = ARGUMENT_TEXT, .value = "NAME = ADDRESS", .label = "add", .run = add,
     .help = "add a contact; without an address, a form asks for it"},
    {.name = "contact-change", .argument = ARGUMENT_CONTACT, .value = "NAME = ADDRESS", .label = "change",
     .can = has_contacts, .run = change,
     .help = "give a contact another address; without one, a form shows name and address"},
    {.name = "contact-rename", .argument = ARGUMENT_CONTACT, .must = true, .value = "NAME = NEW NAME",
     .can = has_contacts, .run = rename_it, .help = "give a contact another name"},
    {.name = "contact-delete", .argument = ARGUMENT_CONTACT, .value = "NAME", .label = "delete",
     .can = has_contacts, .run = remove_it, .help = "delete a contact"},
    {.name = "contact-keep", .argument = ARGUMENT_TEXT, .value = "NAME", .label = "add to contacts",
     .can = may_keep, .run = keep, .help = "add who is in the call, or in the row of the history, to the contacts"},
    {.name = "contacts", .run = show, .help = "show the contacts, to add, change and delete them"},
    {0},
};
/* clang-format on */
