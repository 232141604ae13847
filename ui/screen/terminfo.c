#include "ui/screen/terminfo.h"

#include <errno.h>
#include <unistd.h>

#define NCURSES_NOMACROS 1
#include <curses.h>
#include <term.h>

/* --- what ncurses knows --------------------------------------------------------------------- */

const char *terminfo_string(const char *name)
{
    char *text = tigetstr(name);

    return text && text != (char *)-1 && *text ? text : NULL;
}

/* Numbers that no table here has become the next lower one that it has. */
static int colours_of(void)
{
    int n = tigetnum("colors");

    return n >= 256 ? 256 : n >= 16 ? 16 : n >= 8 ? 8 : 0;
}

/* "dsl" and its like are status lines; titles are the same sequence on all that descend from xterm,
 * and terminfo has it for few of them. */
static void find_title(const char *name, struct terminfo *out)
{
    static const char *const families[] = {"xterm",   "tmux",    "screen", "rxvt", "alacritty",
                                           "foot",    "kitty",   "st",     "vte",  "gnome",
                                           "konsole", "wezterm", "iterm"};
    bool known = false;

    for (size_t i = 0; i < ARRAY_LEN(families); i++)
        known = known || slice_starts(slice_of(name), slice_of(families[i]));
    if (known) {
        out->title = "\033]2;";
        out->title_end = "\033\\";
    }
}

int terminfo_open(const char *name, struct terminfo *out)
{
    int err;

    *out = (struct terminfo){0};
    if (!name || setupterm((char *)(uintptr_t)name, STDOUT_FILENO, &err) != OK)
        return -ENOENT;
    *out = (struct terminfo){
        .move = terminfo_string("cup"),
        .clear = terminfo_string("clear"),
        .enter = terminfo_string("smcup"),
        .leave = terminfo_string("rmcup"),
        .keys_on = terminfo_string("smkx"),
        .keys_off = terminfo_string("rmkx"),
        .hide = terminfo_string("civis"),
        .show = terminfo_string("cnorm"),
        .wrap = terminfo_string("smam"),
        .no_wrap = terminfo_string("rmam"),
        .plain = terminfo_string("sgr0"),
        .bold = terminfo_string("bold"),
        .dim = terminfo_string("dim"),
        .reverse = terminfo_string("rev"),
        .underline = terminfo_string("smul"),
        .front = terminfo_string("setaf"),
        .back = terminfo_string("setab"),
        .colours = colours_of(),
    };
    find_title(name, out);
    return out->move && out->clear ? 0 : -ENOTSUP;
}

/* --- capabilities with values --------------------------------------------------------------- */

/* Without the times to wait that old terminals need: "$<5/>". */
static void put_without_delays(struct buf *out, const char *text)
{
    while (*text) {
        const char *end = text[0] == '$' && text[1] == '<' ? strchr(text, '>') : NULL;

        if (end)
            text = end + 1;
        else
            buf_putc(out, *text++);
    }
}

void terminfo_put(struct buf *out, const char *capability)
{
    if (capability)
        put_without_delays(out, capability);
}

void terminfo_put2(struct buf *out, const char *capability, int first, int second)
{
    char *text = capability ? tiparm(capability, first, second) : NULL;

    if (text)
        put_without_delays(out, text);
}
