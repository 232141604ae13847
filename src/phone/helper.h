/* phone/helper.h - the helper of a phone (net/spawner.h): it starts the commands of the
 * configuration, and hands over files that the phone may not open itself any more.
 *
 * A phone that somebody has taken over can have sound files read and overwritten by it, new ones
 * made, and contacts changed; no other file is read or written, wherever it lies:
 *
 * - What is to be played must begin like a sound file (phone/sound_kind.h). Raw sound begins
 *   like nothing, so it goes by its name: it ends in .raw and is no link.
 * - What is recorded to has a name that ends like one of a recording and is no link. It is new,
 *   or empty, or begins like a sound file. It is not new in a hidden folder, nor below one,
 *   where programs look for what they carry out (folders_is_hidden), unless it lies beside one
 *   that was named at the start. */
#ifndef PHONE_HELPER_H
#define PHONE_HELPER_H

#include "net/spawner.h"
#include "phone/config.h"

struct contacts_edit;

/* record: a recording that the command line names, NULL: none. 0 or a negative errno. */
int helper_new(const struct phone_config *config, const char *record, struct net_spawner **out);

/* Waits for a disk, for 10 s: for workers. fd, to be read from or written to, is the caller's. 0,
 * or a negative errno with what is wrong in why: "it is not a sound file"; -ETIMEDOUT. */
int helper_open_sound(const struct net_spawner *helper, const char *path, bool writes, int *fd,
                      struct buf *why);
/* The file of contacts of the configuration; path: what the caller thinks that it is. Waits 2 s at
 * most, as the signalling thread asks. */
int helper_open_contacts(const struct net_spawner *helper, const char *path, int *fd,
                         struct buf *why);
/* contacts_edit(), on the helper's side; on a worker, for 10 s. After -ETIMEDOUT it may still be
 * done. */
int helper_edit_contacts(const struct net_spawner *helper, const struct contacts_edit *edit,
                         struct buf *why);

#endif
