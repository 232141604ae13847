/* ui/screen/theme.h - what things mean, and how that looks: styles, themes, colours.
 *
 * Views name a style. A table for each theme says what it looks like with 256, 16 and 8 colours;
 * without colours only the attributes are left. No style is told apart from others by colour where
 * the difference matters: words or signs stand beside it. */
#ifndef UI_SCREEN_THEME_H
#define UI_SCREEN_THEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum style {
    STYLE_NORMAL,
    STYLE_TITLE,  /* of a pane */
    STYLE_FOCUS,  /* of the pane that keys go to */
    STYLE_BORDER, /* lines between */
    STYLE_DIM,    /* what is read last */
    STYLE_STRONG, /* what is read first */
    STYLE_GOOD,
    STYLE_WARN,
    STYLE_BAD,
    STYLE_ALERT, /* a call comes in */
    STYLE_KEY,   /* a key in the key line or in the help */
    STYLE_INPUT, /* what is typed */
    STYLE_MATCH, /* what a search found */
    STYLE_METER,
    STYLE_METER_HIGH,
    N_STYLES
};

enum look_bit { LOOK_BOLD = 1, LOOK_DIM = 2, LOOK_REVERSE = 4, LOOK_UNDERLINE = 8 };

#define COLOUR_NONE (-1) /* that of the terminal */

struct look {
    int16_t front, back; /* numbers of the terminal's palette */
    uint8_t bits;        /* enum look_bit */
};

struct theme;

/* "dark", "light", "contrast"; NULL: there is none of that name. */
const struct theme *theme_find(const char *name);
/* The i-th name, NULL behind the last. */
const char *theme_name_at(size_t i);

/* colours: 0, 8, 16 or 256, as the terminal has. */
struct look theme_look(const struct theme *theme, int colours, enum style style, bool selected);

#endif
