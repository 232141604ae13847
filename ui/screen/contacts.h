/* ui/screen/contacts.h - what the views of contacts and their commands share. */
#ifndef UI_SCREEN_CONTACTS_H
#define UI_SCREEN_CONTACTS_H

#include "phone/contacts.h"
#include "phone/contacts_edit.h"
#include "ui/screen/screen.h"

/* The memory of view_contact_list. */
struct contact_list {
    char *asked; /* the name that the last edit was about */
    bool removes;
    char *wanted;                /* the name to be chosen once it is there; or NULL */
    int name_cols, address_cols; /* of the longest ones, addresses for short */
    char *name, *address;        /* of the one that is to be deleted, as it was seen */
    struct buf question;
};

/* Asks the phone for an edit of the contacts; what becomes of it is said, and in the form where
 * that has asked. Its strings are copied. */
void contacts_ask(struct screen *screen, const struct contacts_edit *edit);
/* The reply to the so-manyth question, which was one of those. */
void contacts_replied(struct screen *screen, uint64_t asked, const struct ctl_line *line);
/* The reply to contacts: rows stay chosen by their names, as others come and go. */
void contacts_heard(struct screen *screen, const struct ctl_line *line);

/* Opens the form for a new contact, with what is known of it, or for one that is there. */
void contact_form_add(struct screen *screen, struct slice name, struct slice address);
void contact_form_change(struct screen *screen, const struct model_contact *contact);
/* Whether the form waits for the reply to the so-manyth question; then it takes it. */
bool contact_form_replied(struct screen *screen, uint64_t asked, const struct ctl_line *line);
/* Other contacts are there: the one in the form may have been changed by somebody else. */
void contact_form_heard(struct screen *screen);

#endif
