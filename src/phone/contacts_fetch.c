/* The file of contacts: it is read on whatever thread, as its disk may hang, and what was read is
 * taken on that of the contacts. */
#include <errno.h>
#include <stdlib.h>

#include "net/loop.h"
#include "phone/contacts_private.h"
#include "phone/file_read.h"
#include "phone/helper.h"

#define AGAIN_MS 30000u /* until a helper that was waited for in vain is asked again */

/* What reading takes, on whatever thread, and what came of it. */
struct contacts_fetch {
    char *path;
    const struct net_spawner *helper;
    struct stat seen, now;
    unsigned taken; /* of the contacts when this one began */
    bool known_missing;
    bool changed; /* since it was seen; what follows is for that */
    int err;
    struct buf text, said; /* said: by the helper */
};

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_nlink > 0 && b->st_nlink > 0 && a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool is_missing(int err)
{
    return err == -ENOENT || err == -ENOTDIR;
}

/* 1: what the helper opened, or found missing, is not what the name leads to now. */
static int ask_helper(struct contacts_fetch *f)
{
    struct stat opened;
    int fd, err = helper_open_contacts(f->helper, f->path, &fd, &f->said);

    if (!err)
        err = file_read_opened(fd, &opened, &f->text);
    if (err && !is_missing(err))
        return err;
    if (stat(f->path, &f->now) != 0)
        return -errno;
    if (err || f->now.st_dev != opened.st_dev || f->now.st_ino != opened.st_ino)
        return 1;
    f->now = opened;
    return 0;
}

/* The helper opens what the name led to when it began. If that is not what it leads to now, another
 * file took its place in between, as editors do it, and is there for who asks again; or a link was
 * turned, and who was taken off the list must not stay on it without a word. */
static int read_by_helper(struct contacts_fetch *f)
{
    int err = ask_helper(f);

    if (err <= 0)
        return err;
    buf_clear(&f->text);
    buf_clear(&f->said);
    err = ask_helper(f);
    if (err <= 0)
        return err;
    buf_clear(&f->said);
    buf_puts(&f->said, "it leads to another file than when the phone began, which the sandbox "
                       "leaves closed: start it again");
    return -ESTALE;
}

static int read_file(struct contacts_fetch *f)
{
    int err = file_read(f->path, 0, &f->now, &f->text);

    return err == -EACCES && f->helper ? read_by_helper(f) : err;
}

void contacts_fetch_run(struct contacts_fetch *f)
{
    f->err = stat(f->path, &f->now) == 0 ? 0 : -errno;
    if (!f->err && same_file(&f->now, &f->seen))
        return;
    if (is_missing(f->err) && f->known_missing)
        return; /* there is still none */
    f->changed = true;
    if (!f->err)
        f->err = read_file(f);
}

void contacts_use_helper(struct contacts *contacts, const struct net_spawner *helper)
{
    contacts->helper = helper;
}

static void explain(const char *path, int err, struct buf *said, struct buf *why)
{
    const char *reason = err == -EINVAL ? "it is not a file" : strerror(-err);

    if (why->n == 0)
        buf_printf(why, "%s: cannot be read: %s", path, said->n > 0 ? buf_cstr(said) : reason);
}

/* Who changes one line has heard already what is wrong with another. */
static int tell_once(struct contacts *contacts, int err, struct buf *why)
{
    if (contacts->told && slice_eq(slice_of(contacts->told), buf_slice(why))) {
        buf_clear(why);
        return 0;
    }
    free(contacts->told);
    contacts->told = slice_dup(buf_slice(why));
    return err;
}

static void begin(const struct contacts *contacts, char *path, struct contacts_fetch *out)
{
    *out = (struct contacts_fetch){.path = path, .helper = contacts->helper};
    out->seen = contacts->seen;
    out->taken = contacts->taken;
    out->known_missing = contacts->seen.st_nlink == 0 && contacts->version > 0;
    out->text = buf_new(CONTACTS_FILE_BYTES_MAX);
    out->said = buf_new(1024);
}

/* A helper that does not answer keeps who asks waiting, but not each time. A file that is wrong is
 * remembered too, and read again when somebody has changed it. Another one that was taken since
 * this one began may be the later one. */
static int take(struct contacts *contacts, struct contacts_fetch *f, struct buf *why)
{
    int err = is_missing(f->err) ? 0 : f->err; /* nobody has written one */

    if (!f->changed || f->taken != contacts->taken)
        return 0;
    contacts->taken++;
    contacts->seen = f->now;
    if (err == -ETIMEDOUT) {
        contacts->not_before_ms = net_now_ms() + AGAIN_MS;
        contacts->seen = (struct stat){.st_nlink = 1};
    }
    if (!err)
        err = contacts_read_text(contacts, buf_slice(&f->text), contacts->path, why);
    if (err)
        explain(contacts->path, err, &f->said, why);
    return tell_once(contacts, err, why);
}

static void end(struct contacts_fetch *f)
{
    buf_free(&f->text);
    buf_free(&f->said);
}

int contacts_refresh(struct contacts *contacts, struct buf *why)
{
    struct contacts_fetch f;
    int err;

    if (net_now_ms() < contacts->not_before_ms)
        return 0;
    begin(contacts, contacts->path, &f);
    contacts_fetch_run(&f);
    err = take(contacts, &f, why);
    end(&f);
    return err;
}

uint64_t contacts_not_before_ms(const struct contacts *contacts)
{
    return contacts->not_before_ms;
}

struct contacts_fetch *contacts_fetch_new(const struct contacts *contacts)
{
    bool early = net_now_ms() < contacts->not_before_ms;
    struct contacts_fetch *f = early ? NULL : calloc(1, sizeof *f);
    char *path = f ? slice_dup(slice_of(contacts->path)) : NULL;

    if (!path) {
        free(f);
        return NULL;
    }
    begin(contacts, path, f);
    return f;
}

int contacts_fetch_take(struct contacts *contacts, struct contacts_fetch *fetch, struct buf *why)
{
    return take(contacts, fetch, why);
}

void contacts_fetch_free(struct contacts_fetch *fetch)
{
    if (!fetch)
        return;
    end(fetch);
    free(fetch->path);
    free(fetch);
}
