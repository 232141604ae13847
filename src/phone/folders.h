/* phone/folders.h - where the files of a person are: the XDG Base Directory Specification. */
#ifndef PHONE_FOLDERS_H
#define PHONE_FOLDERS_H

#include "phone/config.h"

/* Append the path of a file: $XDG_CONFIG_HOME/tphone/NAME or, where that is not set,
 * ~/.config/tphone/NAME; $XDG_STATE_HOME or ~/.local/state likewise. A variable that holds no
 * absolute path counts as not set. Nothing is opened or made. 0; -ENOENT: there is no $HOME
 * either, and nothing is appended. */
int folders_config_file(const char *name, struct buf *out);
int folders_state_file(const char *name, struct buf *out);
/* Those of a phone: what the configuration says, else "contacts" and "history.db" there. */
int folders_contacts(const struct phone_config *config, struct buf *out);
int folders_history(const struct phone_config *config, struct buf *out);

/* Appends the name of a file as one that means the same from any folder. */
void folders_absolute(const char *file, struct buf *out);

/* The folder that path lies in, by no links; NULL: there is none. The caller's to free. */
char *folders_real(const char *path);
/* Whether path is that folder or below it, both by no links. */
bool folders_is_below(const char *path, const char *folder);
/* The folder that path lies in, opened for openat() alone, and the name in it: what is found out
 * about the folder holds for what is opened there, whoever moves or links names meanwhile. A
 * descriptor, the caller's to close, or a negative errno. */
int folders_open(const char *path, const char **name);
/* Where that one is by now, by no links, however long; NULL: nobody can tell. The caller's to free.
 * For a process of one thread, as the working directory is another one meanwhile. */
char *folders_of(int folder);
/* Whether this folder, by no links, has a name that begins with a dot, or one above it has, but
 * for the home folder and $XDG_DATA_HOME, $XDG_STATE_HOME and $XDG_CACHE_HOME themselves. Programs
 * read what lies in folders like ~/.bashrc.d, whatever its name. NULL, one that nobody knows: so it
 * counts as one. */
bool folders_is_hidden(const char *real);

/* Makes the folder that path lies in, and those above it, with mode 0700, where they are missing.
 * 0 or a negative errno. */
int folders_make_for(const char *path);

#endif
