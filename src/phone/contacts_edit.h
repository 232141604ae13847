/* phone/contacts_edit.h - one contact of the file (phone/contacts.h) set, renamed or removed.
 *
 * All other lines stay as they are, with comments, blanks and order, and also those that are wrong;
 * but lines of the same name further down, which it hid, go with one that is removed.
 * The file is replaced as a whole: whoever reads it sees the old one or the new one, also where the
 * machine stops. A link is followed, and the mode of the file kept. Blocks for as long as the file
 * system does: for a worker. */
#ifndef PHONE_CONTACTS_EDIT_H
#define PHONE_CONTACTS_EDIT_H

#include <stdbool.h>

#include "base/buf.h"

struct contacts_edit {
    const char *name;
    const char *address; /* NULL: it stays */
    const char *rename;  /* the new name, or NULL */
    const char *was;     /* the address that it has; NULL: any */
    bool fresh;          /* there is none of that name yet */
    bool remove;         /* but for was, the rest does not matter */
};

/* A contact that is new goes to the end of the file, which is made where it is missing. 0; with a
 * sentence in why -EINVAL: a name or address that cannot be one; -ENOENT: there is no such contact;
 * -EEXIST: there is one of the new name; -ESTALE: it has another address than it was said to have;
 * another negative errno. */
int contacts_edit(const char *path, const struct contacts_edit *edit, struct buf *why);
/* The same for who asks on behalf of somebody not trusted: path itself, and not where a link leads
 * that somebody has put there. */
int contacts_edit_no_link(const char *path, const struct contacts_edit *edit, struct buf *why);

#endif
