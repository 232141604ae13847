/* phone/contacts.h - names for addresses, in a text file that a person edits.
 *
 *   # friends
 *   alice     = sip:alice@example.org
 *   Bob Baker = bob@192.0.2.7
 *
 * A line is "name = address" (phone/target.h); # and ; begin a comment line. Names are UTF-8, are
 * compared without regard to ASCII case, and hold nothing that would make an address of them. The
 * file is read again when it has changed; that blocks for as long as the file system does, and a
 * file is a regular file of CONTACTS_FILE_BYTES_MAX at most. */
#ifndef PHONE_CONTACTS_H
#define PHONE_CONTACTS_H

#include "base/buf.h"
#include "base/slice.h"

#define CONTACTS_FILE_BYTES_MAX 1048576

struct contacts;
struct contacts_fetch;
struct net_spawner;

/* path is copied. A file that is missing is empty. 0 or -ENOMEM. */
int contacts_new(const char *path, struct contacts **out);
void contacts_free(struct contacts *contacts);
/* Who opens the file where we may not ourselves (phone/helper.h); it outlives the contacts. It has
 * 2 s to answer; then refresh lets half a minute pass before it asks again. */
void contacts_use_helper(struct contacts *contacts, const struct net_spawner *helper);
/* Reads the file where it has changed. 0; -EBADMSG: lines are wrong, of which why has the first,
 * "FILE:LINE:COLUMN: sentence", and how many more; the contacts are those of the others; another
 * negative errno with a sentence in why, and the contacts are as before. The same fault is told
 * once, so also 0 where it stays as the file changes. why is empty before. */
int contacts_refresh(struct contacts *contacts, struct buf *why);
/* The same in three steps, as file systems may hang. NULL: without memory, or it is too early to
 * ask the helper again. */
struct contacts_fetch *contacts_fetch_new(const struct contacts *contacts);
/* On any thread: looks at the file, and reads it where it has changed. */
void contacts_fetch_run(struct contacts_fetch *fetch);
/* On that of the contacts: returns what contacts_refresh does. What was read meanwhile stays. */
int contacts_fetch_take(struct contacts *contacts, struct contacts_fetch *fetch, struct buf *why);
void contacts_fetch_free(struct contacts_fetch *fetch);
/* From when on the helper is asked again; 0: it has always answered. */
uint64_t contacts_not_before_ms(const struct contacts *contacts);
/* The same for text in memory, which replaces what was there; path only names it. */
int contacts_read_text(struct contacts *contacts, struct slice text, const char *path,
                       struct buf *why);
/* Whether a line of this name and address can stand in the file; the address may be NULL. 0, or
 * -EINVAL with a sentence, or -ENOMEM. */
int contacts_check(const char *name, const char *address, struct buf *why);
/* Another number whenever other names have been read. */
unsigned contacts_version(const struct contacts *contacts);
/* Two names that are one. */
bool contacts_same_name(struct slice a, struct slice b);
/* The address of a name, as it stands in the file; NULL: no such contact. Lives until refresh. */
const char *contacts_address(const struct contacts *contacts, struct slice name);
/* In which line of the file it stands, from 1; 0: no such contact. */
size_t contacts_line(const struct contacts *contacts, struct slice name);
/* The name as it stands in the file. */
const char *contacts_spelling(const struct contacts *contacts, struct slice name);
/* The name whose address is this URI (user and host compared as RFC 3261 19.1.4 says; port and
 * parameters left out), or NULL. Of several the first. Lives until refresh. An address that only an
 * account makes whole, like 4711, has no name. */
const char *contacts_name(const struct contacts *contacts, struct slice uri);
/* The i-th, in the order of the file; false behind the last. */
bool contacts_at(const struct contacts *contacts, size_t i, const char **name,
                 const char **address);

#endif
