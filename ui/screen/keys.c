#include "ui/screen/keys.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "ui/screen/commands.h"

/* clang-format off */
static const struct { const char *view, *key, *command; } table[] = {
    /* the main screen */
    {"main", "c",         "dial"},
    {"main", "a",         "answer"},
    {"main", "x",         "hang-up"}, /* whichever of these can be done */
    {"main", "x",         "decline"},
    {"main", "X",         "decline"},
    {"main", "F",         "follow"},
    {"main", "S",         "stay"},
    {"main", "space",     "mute"},
    {"main", "H",         "hold"},
    {"main", "s",         "swap"},
    {"main", "r",         "record"},
    {"main", "C",         "conference"},
    {"main", "P",         "part"},
    {"main", "o",         "account"},
    {"dial", "C-o",       "account"},
    {"main", "L",         "log"},
    {"main", "Z",         "dnd"},
    {"main", "T",         "trace"},
    {"main", "i",         "details"},
    {"main", "D",         "devices"},
    {"main", "R",         "accounts"},
    {"main", "e",         "contacts"},
    {"main", "A",         "contact-keep"},
    {"main", "d",         "detach"},
    {"main", "q",         "quit"},
    {"main", "/",         "search"},
    {"main", "n",         "search-next"},
    {"main", "N",         "search-previous"},
    {"main", "tab",       "focus next"},
    {"main", "S-tab",     "focus previous"},
    {"main", "l",         "focus next"},
    {"main", "right",     "focus next"},
    {"main", "h",         "focus previous"},
    {"main", "left",      "focus previous"},
    {"main", "0",         "dtmf 0"}, {"main", "1", "dtmf 1"}, {"main", "2", "dtmf 2"},
    {"main", "3",         "dtmf 3"}, {"main", "4", "dtmf 4"}, {"main", "5", "dtmf 5"},
    {"main", "6",         "dtmf 6"}, {"main", "7", "dtmf 7"}, {"main", "8", "dtmf 8"},
    {"main", "9",         "dtmf 9"}, {"main", "*", "dtmf *"}, {"main", "#", "dtmf #"},
    {"main", "+",         "volume +3"},
    {"main", "-",         "volume -3"},
    /* the call closely */
    {"details", "x",      "hang-up"},
    {"details", "space",  "mute"},
    {"details", "H",      "hold"},
    {"details", "s",      "swap"},
    {"details", "r",      "record"},
    {"details", "F",      "follow"},
    {"details", "S",      "stay"},
    {"details", "T",      "trace"},
    {"details", "A",      "contact-keep"},
    /* the contacts */
    {"contacts", "A",          "contact-add"},
    {"contact-list", "A",      "contact-add"},
    {"contact-list", "e",      "contact-change"},
    {"contact-list", "x",      "contact-delete"},
    {"contact-list", "delete", "contact-delete"},
    /* the sound devices */
    {"devices", "t",      "test tone"},
    {"devices", "p",      "test record"},
    {"devices", "o",      "test open"},
    {"devices", "r",      "ring"},
    {"devices", "w",      "keep"},
    {"devices", "e",      "voice echo"},
    {"devices", "b",      "voice noise"},
    {"devices", "v",      "voice level"},
    /* the accounts */
    {"accounts", "r",     "register"},
    {"accounts", "u",     "unregister"},
    {"accounts", "p",     "password"},
    /* where there is no telephone */
    {"trouble", "r",      "start"},
    {"trouble", "enter",  "start"},
    {"trouble", "S",      "set-up"},
    {"trouble", "L",      "log"},
    {"trouble", "q",      "quit"},
    /* the messages of SIP */
    {"trace", "f",        "trace-filter"},
    {"trace", "o",        "trace-call"},
    {"trace", "s",        "trace-sdp"},
    {"trace", "m",        "trace-mark"},
    {"trace", "=",        "trace-compare"},
    {"trace", "w",        "trace-save text"},
    {"trace", "W",        "trace-save pcap"},
    {"trace-message", "s",     "trace-sdp"},
    {"trace-message", "m",     "trace-mark"},
    {"trace-message", "=",     "trace-compare"},
    {"trace-message", "right", "trace-step next"},
    {"trace-message", "l",     "trace-step next"},
    {"trace-message", "left",  "trace-step previous"},
    {"trace-message", "h",     "trace-step previous"},
    /* wherever there is a list */
    {"list", "j",         "down"},
    {"list", "down",      "down"},
    {"list", "k",         "up"},
    {"list", "up",        "up"},
    {"list", "page-down", "page-down"},
    {"list", "C-f",       "page-down"},
    {"list", "page-up",   "page-up"},
    {"list", "C-b",       "page-up"},
    {"list", "g",         "first"},
    {"list", "home",      "first"},
    {"list", "G",         "last"},
    {"list", "end",       "last"},
    {"list", "enter",     "choose"},
    {"list", "/",         "search"},
    {"list", "n",         "search-next"},
    {"list", "N",         "search-previous"},
    /* everywhere */
    {"",     "?",         "help"},
    {"",     "F1",        "help"},
    {"",     ":",         "command"},
    {"",     "B",         "bare"},
    {"",     "C-l",       "redraw"},
    {"",     "C-z",       "suspend"},
    {"",     "esc",       "close"},
    {"",     "q",         "close"},
    {"",     "C-c",       "quit"},
};
/* clang-format on */

void keymap_init(struct keymap *keys)
{
    *keys = (struct keymap){.at = xcalloc(KEYS_MAX, sizeof *keys->at)};
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct binding *b = &keys->at[keys->n++];

        b->view = table[i].view;
        b->command = table[i].command;
        if (key_parse(slice_of(table[i].key), &b->key) != 0)
            abort(); /* a test looks at the whole table */
    }
}

void keymap_free(struct keymap *keys)
{
    for (size_t i = 0; i < keys->own; i++) {
        free((void *)(uintptr_t)keys->at[i].view);
        free((void *)(uintptr_t)keys->at[i].command);
    }
    free(keys->at);
    *keys = (struct keymap){0};
}

/* What a person has bound comes before the table. */
static int add_own(struct keymap *keys, struct slice view, const struct key *key,
                   struct slice command, struct buf *why)
{
    struct binding own = {.view = slice_dup(view), .key = *key, .command = slice_dup(command)};

    if (keys->n == KEYS_MAX || !own.view || !own.command) {
        buf_puts(why, "there are too many bindings");
        free((void *)(uintptr_t)own.view);
        free((void *)(uintptr_t)own.command);
        return -EINVAL;
    }
    memmove(keys->at + 1, keys->at, keys->n * sizeof *keys->at);
    keys->at[0] = own;
    keys->n++;
    keys->own++;
    return 0;
}

static int refuse(struct slice word, const char *sentence, struct buf *why)
{
    buf_putc(why, '"');
    text_safe(why, slice_head(word, 64));
    buf_printf(why, "\" %s", sentence);
    return -EINVAL;
}

/* "calls:x": the colon is a key itself where nothing stands before it. */
static struct slice cut_view(struct slice *key)
{
    ptrdiff_t colon = slice_index(*key, ':');
    struct slice view = {"", 0};

    if (colon > 0 && (size_t)colon + 1 < key->n) {
        view = slice_head(*key, (size_t)colon);
        *key = slice_skip(*key, (size_t)colon + 1);
    }
    return view;
}

static bool is_place(struct slice view)
{
    return view.n == 0 || slice_eq(view, SLICE("main")) || slice_eq(view, SLICE("list")) ||
           view_find(view);
}

int keymap_bind(struct keymap *keys, struct slice text, struct buf *why)
{
    struct slice command = slice_trim(text), name = slice_cut(&command, ' ');
    struct slice view = cut_view(&name);
    struct key key;

    command = slice_trim(command);
    if (!is_place(view))
        return refuse(view, "is no view; :help lists them", why);
    if (key_parse(name, &key) != 0)
        return refuse(name, "is no key; names are like c, C-l, F5, space, page-up", why);
    if (!slice_eq(command, SLICE("none")) && !command_of_line(command))
        return refuse(command, "is no command; :help lists them", why);
    return add_own(keys, view, &key, command, why);
}

void keymap_configure(struct keymap *keys, const struct screen_config *config, struct buf *why)
{
    LIST_EACH (&config->binds, at) {
        const struct bind_config *bind = LIST_ITEM(at, struct bind_config, link);
        struct buf sentence = buf_new(1024);

        if (keymap_bind(keys, slice_of(bind->text), &sentence) != 0) {
            buf_clear(why);
            buf_printf(why, "bind: %s", buf_cstr(&sentence));
        }
        buf_free(&sentence);
    }
}
