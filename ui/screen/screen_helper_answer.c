/* The helper's side of what a screen asks. Nothing here trusts who asks. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <unistd.h>

#include "base/mem.h"
#include "phone/config_keep.h"
#include "phone/folders.h"
#include "ui/screen/screen_helper_private.h"
#include "ui/screen/setup.h"
#include "ui/screen/setup_try.h"
#include "ui/screen/start.h"
#include "ui/screen/trace_file.h"

#define PATH_BYTES 4096u
#define WHY_BYTES 1024u /* less than an answer may have, with a path before it */
#define VALUES_MAX 64u  /* of a setting */

/* The telephone is a child of a process that ends at once, so it becomes ours: else it would stay a
 * zombie where nobody else buries it. The memory is made here, so the screen has none of it. */
void screen_helper_begin(const void *arg)
{
    struct screen_side *side = (struct screen_side *)(uintptr_t)arg;
    void *shared =
        mmap(NULL, sizeof *side->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    side->shared = shared == MAP_FAILED ? NULL : shared; /* all zeros */
#ifdef PR_SET_CHILD_SUBREAPER
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
}

static bool is_trusted(const struct screen_side *side)
{
    return side->cli->config.no_sandbox || (side->shared && !side->shared->knows_phone);
}

/* --- the telephone -------------------------------------------------------------------------- */

static int start(const struct screen_side *side, int *fd, struct buf *text)
{
    struct buf path = buf_new(PATH_BYTES), why = buf_new(8192);
    int err = start_phone(side->cli, &path, fd, &why);

    if (path.n > WHY_BYTES) {
        buf_clear(&path);
        err = -ENAMETOOLONG;
    }
    buf_put(text, buf_slice(&path));
    buf_putc(text, '\0');
    buf_put(text, slice_head(buf_slice(&why), why.n < WHY_BYTES ? why.n : WHY_BYTES));
    buf_free(&path);
    buf_free(&why);
    return err;
}

static int last_words(const struct screen_side *side, bool always, struct buf *text)
{
    struct buf words = buf_new(8192);

    start_put_last_words(side->cli, always, &words);
    buf_put(text, slice_head(buf_slice(&words), words.n < WHY_BYTES ? words.n : WHY_BYTES));
    buf_free(&words);
    return 0;
}

/* --- settings ------------------------------------------------------------------------------- */

static int refuse(const char *sentence, struct buf *text)
{
    buf_puts(text, sentence);
    return -EACCES;
}

static int check_draft(const struct screen_side *side, struct slice draft, struct buf *text)
{
    return setup_is_draft(draft, is_trusted(side))
               ? 0
               : refuse("the sandbox lets settings name no program and no file once a telephone "
                        "was there: write them with an editor",
                        text);
}

/* Ours until the process in it has ended; first that is this one. NULL: there is none. */
static atomic_int *take_place(const struct screen_side *side)
{
    for (size_t i = 0; side->shared && i < SCREEN_TRIES_MAX; i++) {
        atomic_int *place = &side->shared->tries[i];
        int was = *place;

        if ((was == 0 || kill(was, 0) != 0) &&
            atomic_compare_exchange_strong(place, &was, getpid()))
            return place;
    }
    return NULL;
}

static int try(const struct screen_side *side, struct slice asked, int *fd, struct buf *text)
{
    enum setup_work work = asked.n > 0 ? (enum setup_work)(asked.p[0] - '0') : SETUP_NOTHING;
    struct slice draft = slice_skip(asked, 1);
    int err = check_draft(side, draft, text);
    atomic_int *place = err ? NULL : take_place(side);
    pid_t pid;

    if (err)
        return err;
    if (!side->shared)
        return -ENOMEM;
    if (!place) {
        buf_printf(text,
                   "%d accounts or devices are being tried already: wait until one of them is "
                   "over, a minute at most",
                   SCREEN_TRIES_MAX);
        return -EAGAIN;
    }
    err = setup_try(work, draft, fd, &pid);
    if (!err)
        *place = pid;
    return err;
}

static int write_settings(const struct screen_side *side, struct slice draft, struct buf *text)
{
    int err = check_draft(side, draft, text);

    if (!err && !*side->draft)
        err = -ENOENT;
    return err ? err : setup_write_file(side->draft, draft);
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
        if (out->n == VALUES_MAX || !is_value(side, value))
            return false;
        values[out->n++] = value;
    }
    return value != NULL;
}

static int keep(const struct screen_side *side, struct slice rest, struct buf *text)
{
    const char *values[2][VALUES_MAX];
    struct config_kept kept[2];
    struct buf why = buf_new(8192);
    size_t n = 0;
    int err;

    if (!side->settings)
        return -ENOENT;
    while (rest.n > 0 && n < ARRAY_LEN(kept)) {
        if (!take_kept(side, &rest, values[n], &kept[n]))
            return refuse("the sandbox keeps no such device", text);
        n++;
    }
    err = config_keep(side->settings, kept, n, &why);
    buf_put(text, slice_head(buf_slice(&why), why.n < WHY_BYTES ? why.n : WHY_BYTES));
    buf_free(&why);
    return err;
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

static bool is_hidden(int folder)
{
    char *real = folders_of(folder);
    bool hidden = folders_is_hidden(real);

    free(real);
    return hidden;
}

static int open_trace(const struct screen_side *side, const char *path, int *fd, struct buf *text)
{
    const char *name;
    int folder, err;

    if (side->cli->config.no_sandbox)
        return trace_file_open(path, fd);
    if (!is_called_trace(path))
        return refuse("the sandbox lets a trace be called .txt, .log, .pcap or .cap only", text);
    folder = folders_open(path, &name);
    if (folder < 0)
        return folder;
    err = is_hidden(folder) ? refuse("the sandbox makes no new file in a hidden folder", text)
                            : trace_file_open_in(folder, name, fd);
    close(folder);
    return err;
}

/* --- all of them ---------------------------------------------------------------------------- */

static int answer(const struct screen_side *side, enum screen_question what, struct slice asked,
                  int *fd, struct buf *text)
{
    switch (what) {
    case SCREEN_START:
        return start(side, fd, text);
    case SCREEN_LAST_WORDS:
        return last_words(side, asked.n > 0, text);
    case SCREEN_KNOWS_PHONE:
        if (side->shared)
            side->shared->knows_phone = true;
        return 0;
    case SCREEN_TRY:
        return try(side, asked, fd, text);
    case SCREEN_WRITE:
        return write_settings(side, asked, text);
    case SCREEN_TRACE:
        return open_trace(side, asked.p, fd, text);
    case SCREEN_KEEP:
        return keep(side, asked, text);
    }
    return -EINVAL;
}

int screen_helper_answer(const void *arg, unsigned what, struct slice asked, int *fd,
                         struct buf *text)
{
    char *copy = slice_dup(asked); /* with a NUL behind */
    int err = copy ? answer(arg, what, (struct slice){copy, asked.n}, fd, text) : -ENOMEM;

    if (copy)
        mem_wipe(copy, asked.n);
    free(copy);
    return err;
}
