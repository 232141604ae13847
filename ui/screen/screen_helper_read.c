/* What a screen asks its helper, read and judged. Nothing here trusts who asks, or acts. */
#include <errno.h>
#include <string.h>

#include "ui/screen/screen_helper_private.h"

static int refuse(const char *sentence, struct buf *text)
{
    buf_puts(text, sentence);
    return -EACCES;
}

static bool is_trusted(const struct screen_side *side)
{
    return side->cli->config.no_sandbox || (side->shared && !side->shared->knows_phone);
}

/* --- settings ------------------------------------------------------------------------------- */

static int read_draft(const struct screen_side *side, struct slice draft, struct screen_asked *out,
                      struct buf *text)
{
    out->draft = draft;
    return setup_is_draft(draft, is_trusted(side))
               ? 0
               : refuse("the sandbox lets settings name no program and no file once a telephone "
                        "was there: write them with an editor",
                        text);
}

static int read_try(const struct screen_side *side, struct slice asked, struct screen_asked *out,
                    struct buf *text)
{
    switch (asked.n > 0 ? asked.p[0] - '0' : SETUP_NOTHING) {
    case SETUP_TEST_ACCOUNT:
        out->work = SETUP_TEST_ACCOUNT;
        break;
    case SETUP_LIST_DEVICES:
        out->work = SETUP_LIST_DEVICES;
        break;
    case SETUP_TEST_DEVICE:
        out->work = SETUP_TEST_DEVICE;
        break;
    default:
        return -EINVAL;
    }
    return read_draft(side, slice_skip(asked, 1), out, text);
}

/* A line end would begin another setting. */
static bool is_value(const struct screen_side *side, const char *value)
{
    bool is_file = slice_istarts(slice_trim(slice_of(value)), SLICE("file:"));

    for (const char *at = value; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 127)
            return false;
    return is_trusted(side) || !is_file;
}

/* The next text behind its NUL; NULL: there is none. */
static const char *take_text(struct slice *rest)
{
    const char *text = rest->p, *end = rest->n > 0 ? memchr(rest->p, '\0', rest->n) : NULL;

    if (!end)
        return NULL;
    *rest = slice_skip(*rest, (size_t)(end - text) + 1);
    return text;
}

/* false: there is no whole one, or one that is not kept by a screen. */
static bool take_kept(const struct screen_side *side, struct slice *rest, const char **values,
                      struct config_kept *out)
{
    const char *name = take_text(rest), *value;

    *out = (struct config_kept){name, values, 0};
    if (!name || (strcmp(name, "device") != 0 && strcmp(name, "ring-device") != 0))
        return false;
    while ((value = take_text(rest)) && *value) {
        if (out->n == SCREEN_VALUES_MAX || !is_value(side, value))
            return false;
        values[out->n++] = value;
    }
    return value != NULL;
}

static int read_kept(const struct screen_side *side, struct slice rest, struct screen_asked *out,
                     struct buf *text)
{
    while (rest.n > 0 && out->n_kept < SCREEN_KEPT_MAX) {
        if (!take_kept(side, &rest, out->values[out->n_kept], &out->kept[out->n_kept]))
            return refuse("the sandbox keeps no such device", text);
        out->n_kept++;
    }
    return 0;
}

/* --- traces --------------------------------------------------------------------------------- */

static bool is_called_trace(const char *path)
{
    static const char *const endings[] = {".txt", ".log", ".pcap", ".cap"};
    struct slice whole = slice_of(path);

    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        struct slice ending = slice_of(endings[i]);

        if (whole.n > ending.n && slice_ieq(slice_skip(whole, whole.n - ending.n), ending))
            return true;
    }
    return false;
}

static int read_path(const struct screen_side *side, const char *path, struct screen_asked *out,
                     struct buf *text)
{
    out->path = path;
    return side->cli->config.no_sandbox || is_called_trace(path)
               ? 0
               : refuse("the sandbox lets a trace be called .txt, .log, .pcap or .cap only", text);
}

/* --- all of them ---------------------------------------------------------------------------- */

int screen_helper_read(const struct screen_side *side, unsigned what, const char *asked, size_t n,
                       struct screen_asked *out, struct buf *text)
{
    struct slice rest = {asked, n};

    out->what = (enum screen_question)what;
    out->n_kept = 0;
    switch (out->what) {
    case SCREEN_START:
    case SCREEN_KNOWS_PHONE:
        return 0;
    case SCREEN_LAST_WORDS:
        out->always = n > 0;
        return 0;
    case SCREEN_TRY:
        return read_try(side, rest, out, text);
    case SCREEN_WRITE:
        return read_draft(side, rest, out, text);
    case SCREEN_TRACE:
        return read_path(side, asked, out, text);
    case SCREEN_KEEP:
        return read_kept(side, rest, out, text);
    }
    return -EINVAL;
}
