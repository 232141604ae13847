/* What the settings that a set-up makes may say, as who writes them does not trust it. */
#include "ui/screen/setup.h"

static bool may_say(struct slice line, bool trusted)
{
    static const char *const names[] = {"device", "uri", "password", "proxy"};
    struct slice value = line, name = slice_trim(slice_cut(&value, '='));

    if (line.n == 0 || line.p[0] == '#' || line.p[0] == '[')
        return true;
    if (!trusted && slice_istarts(slice_trim(value), SLICE("file:")))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (slice_eq(name, slice_of(names[i])))
            return true;
    return trusted && slice_eq(name, SLICE("password-command"));
}

bool setup_is_draft(struct slice text, bool trusted)
{
    bool is = true;

    while (is && text.n > 0)
        is = may_say(slice_trim(slice_cut(&text, '\n')), trusted);
    return is;
}
