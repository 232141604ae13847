/* The helper's side of what a screen asks: it is done, once it was read and judged
 * (screen_helper_read.c). */
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

static int try(const struct screen_side *side, const struct screen_asked *asked, int *fd,
               struct buf *text)
{
    atomic_int *place = take_place(side);
    pid_t pid;
    int err;

    if (!side->shared)
        return -ENOMEM;
    if (!place) {
        buf_printf(text,
                   "%d accounts or devices are being tried already: wait until one of them is "
                   "over, a minute at most",
                   SCREEN_TRIES_MAX);
        return -EAGAIN;
    }
    err = setup_try(asked->work, asked->draft, fd, &pid);
    if (!err)
        *place = pid;
    return err;
}

static int keep(const struct screen_side *side, const struct screen_asked *asked, struct buf *text)
{
    struct buf why = buf_new(8192);
    int err;

    if (!side->settings)
        return -ENOENT;
    err = config_keep(side->settings, asked->kept, asked->n_kept, &why);
    buf_put(text, slice_head(buf_slice(&why), why.n < WHY_BYTES ? why.n : WHY_BYTES));
    buf_free(&why);
    return err;
}

/* --- traces --------------------------------------------------------------------------------- */

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
    folder = folders_open(path, &name);
    if (folder < 0)
        return folder;
    if (is_hidden(folder)) {
        buf_puts(text, "the sandbox makes no new file in a hidden folder");
        err = -EACCES;
    } else {
        err = trace_file_open_in(folder, name, fd);
    }
    close(folder);
    return err;
}

/* --- all of them ---------------------------------------------------------------------------- */

static int act(const struct screen_side *side, const struct screen_asked *asked, int *fd,
               struct buf *text)
{
    switch (asked->what) {
    case SCREEN_START:
        return start(side, fd, text);
    case SCREEN_LAST_WORDS:
        return last_words(side, asked->always, text);
    case SCREEN_KNOWS_PHONE:
        if (side->shared)
            side->shared->knows_phone = true;
        return 0;
    case SCREEN_TRY:
        return try(side, asked, fd, text);
    case SCREEN_WRITE:
        return *side->draft ? setup_write_file(side->draft, asked->draft) : -ENOENT;
    case SCREEN_TRACE:
        return open_trace(side, asked->path, fd, text);
    case SCREEN_KEEP:
        return keep(side, asked, text);
    }
    return -EINVAL;
}

int screen_helper_answer(const void *arg, unsigned what, struct slice asked, int *fd,
                         struct buf *text)
{
    const struct screen_side *side = arg;
    char *copy = slice_dup(asked); /* with a NUL behind */
    struct screen_asked read;
    int err = copy ? screen_helper_read(side, what, copy, asked.n, &read, text) : -ENOMEM;

    if (!err)
        err = act(side, &read, fd, text);
    if (copy)
        mem_wipe(copy, asked.n);
    free(copy);
    return err;
}
