#include "ui/screen/key.h"

#include <errno.h>
#include <unistr.h>

static const struct {
    const char *name;
    uint32_t code;
} names[] = {
    /* clang-format off */
    {"space",     ' '},           {"tab",       KEY_TAB},      {"enter",  KEY_ENTER},
    {"esc",       KEY_ESCAPE},    {"backspace", KEY_BACKSPACE},
    {"up",        KEY_UP},        {"down",      KEY_DOWN},
    {"left",      KEY_LEFT},      {"right",     KEY_RIGHT},
    {"home",      KEY_HOME},      {"end",       KEY_END},
    {"page-up",   KEY_PAGE_UP},   {"page-down", KEY_PAGE_DOWN},
    {"insert",    KEY_INSERT},    {"delete",    KEY_DELETE},
    {"F1",  KEY_F1},     {"F2",  KEY_F1 + 1}, {"F3",  KEY_F1 + 2},  {"F4",  KEY_F1 + 3},
    {"F5",  KEY_F1 + 4}, {"F6",  KEY_F1 + 5}, {"F7",  KEY_F1 + 6},  {"F8",  KEY_F1 + 7},
    {"F9",  KEY_F1 + 8}, {"F10", KEY_F1 + 9}, {"F11", KEY_F1 + 10}, {"F12", KEY_F12},
    /* clang-format on */
};

static const struct {
    const char *prefix;
    unsigned mod;
} prefixes[] = {{"C-", KEY_CTRL}, {"M-", KEY_ALT}, {"S-", KEY_SHIFT}};

bool key_same(const struct key *a, const struct key *b)
{
    return a->code == b->code && a->mods == b->mods;
}

bool key_is_text(const struct key *key)
{
    return key->code >= ' ' && key->code < KEY_UP && key->code != KEY_BACKSPACE && key->mods == 0;
}

size_t key_utf8(const struct key *key, char out[4])
{
    int n = key->code < KEY_UP ? u8_uctomb((uint8_t *)out, key->code, 4) : -1;

    return n > 0 ? (size_t)n : 0;
}

/* One character and nothing behind it. */
static bool take_character(struct slice name, uint32_t *code)
{
    ucs4_t c;
    int n = u8_mbtoucr(&c, (const uint8_t *)name.p, name.n);

    if (n <= 0 || (size_t)n != name.n || c <= ' ' || c == KEY_BACKSPACE)
        return false;
    *code = c;
    return true;
}

int key_parse(struct slice name, struct key *out)
{
    *out = (struct key){0};
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        if (name.n > 2 && slice_starts(name, slice_of(prefixes[i].prefix))) {
            out->mods |= prefixes[i].mod;
            name = slice_skip(name, 2);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (slice_ieq(name, slice_of(names[i].name))) {
            out->code = names[i].code;
            return 0;
        }
    }
    if (name.n == 0 || !take_character(name, &out->code))
        return -EINVAL;
    if ((out->mods & KEY_CTRL) && out->code >= 'A' && out->code <= 'Z')
        out->code += 'a' - 'A';
    return 0;
}

void key_name(const struct key *key, struct buf *out)
{
    char utf8[4];

    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (key->mods & prefixes[i].mod)
            buf_puts(out, prefixes[i].prefix);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (names[i].code == key->code) {
            buf_puts(out, names[i].name);
            return;
        }
    }
    buf_put(out, (struct slice){utf8, key_utf8(key, utf8)});
}
