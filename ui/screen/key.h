/* ui/screen/key.h - a key that was pressed, and its name.
 *
 * Names are those of the configuration and of the help: "c", "?", "space", "C-l", "M-x", "F1",
 * "up", "page-down", "S-tab". A capital letter is itself. */
#ifndef UI_SCREEN_KEY_H
#define UI_SCREEN_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Behind the last character of Unicode. */
enum key_code {
    KEY_TAB = 9,
    KEY_ENTER = 13,
    KEY_ESCAPE = 27,
    KEY_BACKSPACE = 127,
    KEY_UP = 0x110000,
    KEY_DOWN,
    KEY_LEFT,
    KEY_RIGHT,
    KEY_HOME,
    KEY_END,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_INSERT,
    KEY_DELETE,
    KEY_F1, /* and 11 more */
    KEY_F12 = KEY_F1 + 11,
    KEY_PASTE, /* text */
    KEY_MOUSE, /* mouse, row, col */
};

enum key_mods { KEY_CTRL = 1, KEY_ALT = 2, KEY_SHIFT = 4 };

enum key_mouse { MOUSE_PRESS = 1, MOUSE_RELEASE, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };

struct key {
    uint32_t code; /* a character, or one of enum key_code; with KEY_CTRL a lower-case letter */
    unsigned mods; /* enum key_mods; not KEY_SHIFT for characters */
    enum key_mouse mouse;
    int row, col;      /* of the mouse, from 0 */
    struct slice text; /* of a paste, raw; lives until the callee returns */
};

bool key_same(const struct key *a, const struct key *b);
/* A character to be typed into a text, and not a command key. */
bool key_is_text(const struct key *key);
/* Its UTF-8, 4 bytes at most; how many. */
size_t key_utf8(const struct key *key, char out[4]);

/* 0, or -EINVAL: no key has this name. */
int key_parse(struct slice name, struct key *out);
void key_name(const struct key *key, struct buf *out);

#endif
