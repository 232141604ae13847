#include "ui/screen/theme.h"

#include <string.h>

#include "base/slice.h"

/* A colour by the number of colours that there are. Of 8 colours numbers above 7 are none.
 *
 * Of 256 the numbers from 16 on are the same on every terminal, and test_theme.c computes that they
 * can be read. The first 16 are anyone's choice: so none of them is grey, which often is that of
 * the background, none is blue on a dark one, and of those on a light one none has green in it. */
struct tint {
    int16_t of_256, of_16, of_8;
};

/* clang-format off */
#define NONE   {COLOUR_NONE, COLOUR_NONE, COLOUR_NONE}
#define RED    {210, 9,  1}
#define GREEN  {114, 10, 2}
#define YELLOW {221, 11, 3}
#define BLUE   {111, 14, 6}
#define CYAN   {80,  14, 6}
#define PALE   {248, COLOUR_NONE, COLOUR_NONE}
#define GREY   {245, COLOUR_NONE, COLOUR_NONE}
#define WHITE  {255, 15, 7}
#define BLACK  {16,  0,  0}
#define DARK_RED    {124, 1, 1}
#define DARK_GREEN  {22,  4, 4}
#define DARK_YELLOW {94,  5, 5}
#define DARK_BLUE   {25,  4, 4}
#define DARK_CYAN   {23,  4, 4}
#define DARK_GREY   {241, COLOUR_NONE, COLOUR_NONE}

struct paint {
    struct tint front, back;
    uint8_t bits;     /* with colours */
    uint8_t bits_without;
};

struct theme {
    const char *name;
    struct tint chosen; /* background of what is chosen */
    struct paint paints[N_STYLES];
};

static const struct theme themes[] = {
    {"dark", {237, COLOUR_NONE, COLOUR_NONE}, {
        [STYLE_NORMAL]     = {NONE,   NONE, 0,              0},
        [STYLE_TITLE]      = {BLUE,   NONE, 0,              0},
        [STYLE_FOCUS]      = {BLUE,   NONE, LOOK_BOLD | LOOK_UNDERLINE, LOOK_BOLD | LOOK_UNDERLINE},
        [STYLE_BORDER]     = {GREY,   NONE, 0,              0},
        [STYLE_DIM]        = {PALE,   NONE, 0,              0},
        [STYLE_STRONG]     = {NONE,   NONE, LOOK_BOLD,      LOOK_BOLD},
        [STYLE_GOOD]       = {GREEN,  NONE, 0,              0},
        [STYLE_WARN]       = {YELLOW, NONE, 0,              LOOK_BOLD},
        [STYLE_BAD]        = {RED,    NONE, LOOK_BOLD,      LOOK_BOLD},
        [STYLE_ALERT]      = {BLACK,  YELLOW, LOOK_BOLD,    LOOK_BOLD | LOOK_REVERSE},
        [STYLE_KEY]        = {CYAN,   NONE, LOOK_BOLD,      LOOK_BOLD},
        [STYLE_INPUT]      = {NONE,   NONE, LOOK_BOLD,      LOOK_BOLD},
        [STYLE_MATCH]      = {YELLOW, NONE, LOOK_UNDERLINE, LOOK_UNDERLINE},
        [STYLE_METER]      = {GREEN,  NONE, 0,              0},
        [STYLE_METER_HIGH] = {RED,    NONE, 0,              LOOK_BOLD},
    }},
    {"light", {254, COLOUR_NONE, COLOUR_NONE}, {
        [STYLE_NORMAL]     = {NONE,        NONE, 0,              0},
        [STYLE_TITLE]      = {DARK_BLUE,   NONE, 0,              0},
        [STYLE_FOCUS]      = {DARK_BLUE,   NONE, LOOK_BOLD | LOOK_UNDERLINE, LOOK_BOLD | LOOK_UNDERLINE},
        [STYLE_BORDER]     = {DARK_GREY,   NONE, 0,              0},
        [STYLE_DIM]        = {DARK_GREY,   NONE, 0,              0},
        [STYLE_STRONG]     = {NONE,        NONE, LOOK_BOLD,      LOOK_BOLD},
        [STYLE_GOOD]       = {DARK_GREEN,  NONE, 0,              0},
        [STYLE_WARN]       = {DARK_YELLOW, NONE, LOOK_BOLD,      LOOK_BOLD},
        [STYLE_BAD]        = {DARK_RED,    NONE, LOOK_BOLD,      LOOK_BOLD},
        [STYLE_ALERT]      = {WHITE,       DARK_RED, LOOK_BOLD,  LOOK_BOLD | LOOK_REVERSE},
        [STYLE_KEY]        = {DARK_CYAN,   NONE, LOOK_BOLD,      LOOK_BOLD},
        [STYLE_INPUT]      = {NONE,        NONE, LOOK_BOLD,      LOOK_BOLD},
        [STYLE_MATCH]      = {DARK_BLUE,   NONE, LOOK_UNDERLINE, LOOK_UNDERLINE},
        [STYLE_METER]      = {DARK_GREEN,  NONE, 0,              0},
        [STYLE_METER_HIGH] = {DARK_RED,    NONE, 0,              LOOK_BOLD},
    }},
    {"contrast", NONE, {
        [STYLE_NORMAL]     = {NONE,   NONE,   0,              0},
        [STYLE_TITLE]      = {NONE,   NONE,   LOOK_BOLD,      LOOK_BOLD},
        [STYLE_FOCUS]      = {NONE,   NONE,   LOOK_BOLD | LOOK_REVERSE, LOOK_BOLD | LOOK_REVERSE},
        [STYLE_BORDER]     = {NONE,   NONE,   0,              0},
        [STYLE_DIM]        = {NONE,   NONE,   0,              0},
        [STYLE_STRONG]     = {NONE,   NONE,   LOOK_BOLD,      LOOK_BOLD},
        [STYLE_GOOD]       = {NONE,   NONE,   0,              0},
        [STYLE_WARN]       = {NONE,   NONE,   LOOK_BOLD | LOOK_UNDERLINE, LOOK_BOLD | LOOK_UNDERLINE},
        [STYLE_BAD]        = {NONE,   NONE,   LOOK_BOLD | LOOK_UNDERLINE, LOOK_BOLD | LOOK_UNDERLINE},
        [STYLE_ALERT]      = {BLACK,  YELLOW, LOOK_BOLD,      LOOK_BOLD | LOOK_REVERSE},
        [STYLE_KEY]        = {NONE,   NONE,   LOOK_BOLD | LOOK_UNDERLINE, LOOK_BOLD | LOOK_UNDERLINE},
        [STYLE_INPUT]      = {NONE,   NONE,   LOOK_BOLD,      LOOK_BOLD},
        [STYLE_MATCH]      = {NONE,   NONE,   LOOK_UNDERLINE, LOOK_UNDERLINE},
        [STYLE_METER]      = {NONE,   NONE,   0,              0},
        [STYLE_METER_HIGH] = {NONE,   NONE,   LOOK_BOLD,      LOOK_BOLD},
    }},
};
/* clang-format on */

const struct theme *theme_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(themes); i++)
        if (strcmp(themes[i].name, name) == 0)
            return &themes[i];
    return NULL;
}

const char *theme_name_at(size_t i)
{
    return i < ARRAY_LEN(themes) ? themes[i].name : NULL;
}

static int16_t colour_of(const struct tint *tint, int colours)
{
    return colours >= 256 ? tint->of_256 : colours >= 16 ? tint->of_16 : tint->of_8;
}

struct look theme_look(const struct theme *theme, int colours, enum style style, bool selected)
{
    const struct paint *p = &theme->paints[style];
    struct look look = {COLOUR_NONE, COLOUR_NONE, p->bits_without};

    if (colours > 0) {
        look = (struct look){colour_of(&p->front, colours), colour_of(&p->back, colours), p->bits};
        if (selected && look.back == COLOUR_NONE && !(look.bits & LOOK_REVERSE))
            look.back = colour_of(&theme->chosen, colours);
    }
    /* Where no background can be told from that of the terminal, front and back change places. */
    if (selected && look.back == COLOUR_NONE)
        look.bits ^= LOOK_REVERSE;
    return look;
}
