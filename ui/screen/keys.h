/* ui/screen/keys.h - which key does what where: a table, and what a person has changed of it.
 *
 * A binding is a view's name, or "" for all of them, a key and a command line
 * (ui/screen/commands.h) such as "dtmf 5". The view on top is asked first, then "main" where it is
 * a pane, then "list" where it has rows, then "". A binding whose command cannot be done now is
 * passed over. */
#ifndef UI_SCREEN_KEYS_H
#define UI_SCREEN_KEYS_H

#include "phone/config.h"
#include "ui/screen/key.h"

#define KEYS_MAX 512u

struct binding {
    const char *view;
    struct key key;
    const char *command;
};

struct keymap {
    struct binding *at; /* what was bound last comes first */
    size_t n, own;      /* all, and how many of them a person has made */
};

/* With the bindings of the table. */
void keymap_init(struct keymap *keys);
void keymap_free(struct keymap *keys);
/* "KEY COMMAND…" or "VIEW:KEY COMMAND…"; the command "none" takes a binding away. 0, or -EINVAL
 * with a sentence in why. */
int keymap_bind(struct keymap *keys, struct slice text, struct buf *why);
/* All that are configured. Of those that mean nothing, which the others outlive, a sentence is in
 * why about the last. */
void keymap_configure(struct keymap *keys, const struct screen_config *config, struct buf *why);

#endif
