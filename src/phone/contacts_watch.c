/* The file of contacts is looked at when something happens in its folder: phone_watch_contacts. */
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "phone/folders.h"
#include "phone/phone_private.h"

/* Editors write in several steps. */
#define SETTLE_MS 100
/* Until memory for a reading is asked for once more. */
#define AGAIN_MS 1000

struct contacts_watch {
    struct phone *phone;
    uv_fs_event_t event;
    bool is_open; /* event */
    char *name;   /* of the file in its folder, owned */
    char *folder; /* the last part of its name, owned: whose own changes are told by that */
    struct net_deadline *settled;
    struct reading *reading; /* under way, or NULL */
    bool again;              /* something has changed meanwhile */
    bool due;                /* it is set: what changes without end is looked at all the same */
    unsigned told;           /* the version of the contacts that was told last */
};

/* One reading of the file, by a worker: its disk may hang. */
struct reading {
    uv_work_t work;
    struct contacts_watch *watch; /* NULL: it is gone */
    struct contacts_fetch *fetch;
};

static void start_reading(struct contacts_watch *watch);

static void read_in_worker(uv_work_t *work)
{
    struct reading *r = work->data;

    contacts_fetch_run(r->fetch);
}

/* What was not noticed may be a link that leads to another folder by now. */
static void take(struct contacts_watch *watch, struct contacts_fetch *fetch)
{
    unsigned before = contacts_version(watch->phone->contacts);

    phone_take_contacts(watch->phone, fetch);
    if (contacts_version(watch->phone->contacts) == before)
        return;
    (void)uv_fs_event_stop(&watch->event);
    contacts_watch_again(watch);
}

static void on_read(uv_work_t *work, int status)
{
    struct reading *r = work->data;
    struct contacts_watch *watch = r->watch;

    if (watch)
        watch->reading = NULL;
    if (watch && status == 0)
        take(watch, r->fetch);
    contacts_fetch_free(r->fetch);
    free(r);
    if (watch && watch->again)
        start_reading(watch);
}

/* What cannot be read now, without memory or as the helper did not answer, is read later. */
static void read_later(struct contacts_watch *watch)
{
    uint64_t at_ms = net_now_ms() + AGAIN_MS;
    uint64_t not_before_ms = contacts_not_before_ms(watch->phone->contacts);

    if (watch->due)
        return;
    watch->due = true;
    net_deadline_set(watch->settled, not_before_ms > at_ms ? not_before_ms : at_ms);
}

static void start_reading(struct contacts_watch *watch)
{
    struct phone *phone = watch->phone;
    struct contacts_fetch *fetch;
    struct reading *r;

    watch->again = watch->reading != NULL;
    if (watch->reading)
        return;
    fetch = contacts_fetch_new(phone->contacts);
    r = fetch ? calloc(1, sizeof *r) : NULL;
    if (!r) {
        contacts_fetch_free(fetch);
        read_later(watch);
        return;
    }
    *r = (struct reading){.work = {.data = r}, .watch = watch, .fetch = fetch};
    if (uv_queue_work(net_loop_uv(phone->loop), &r->work, read_in_worker, on_read) == 0) {
        watch->reading = r;
        return;
    }
    contacts_fetch_free(fetch);
    free(r);
    read_later(watch);
}

static void on_settled(void *arg)
{
    struct contacts_watch *watch = arg;

    watch->due = false;
    contacts_watch_again(watch);
    start_reading(watch);
}

static void on_change(uv_fs_event_t *event, const char *file, int events, int status)
{
    struct contacts_watch *watch = event->data;
    bool is_folder = file && watch->folder && strcmp(file, watch->folder) == 0;
    bool is_other = file && watch->name && strcmp(file, watch->name) != 0;

    (void)events;
    (void)status;
    if (is_folder) /* gone or moved: what stands in its place is watched from on_settled on */
        (void)uv_fs_event_stop(event);
    if (watch->due || (is_other && !is_folder))
        return;
    watch->due = true;
    net_deadline_set(watch->settled, net_now_ms() + SETTLE_MS);
}

static void on_closed(uv_handle_t *handle)
{
    struct contacts_watch *watch = handle->data;

    free(watch->name);
    free(watch->folder);
    free(watch);
}

void contacts_watch_free(struct contacts_watch *watch)
{
    if (!watch)
        return;
    if (watch->reading)
        watch->reading->watch = NULL;
    net_deadline_free(watch->settled);
    if (watch->is_open)
        uv_close((uv_handle_t *)&watch->event, on_closed);
    else
        free(watch);
}

bool contacts_watch_look(struct contacts_watch *watch)
{
    if (!watch || !watch->is_open || !uv_is_active((uv_handle_t *)&watch->event))
        return false;
    start_reading(watch);
    return true;
}

bool contacts_watch_is_news(struct contacts_watch *watch, unsigned version)
{
    if (!watch || watch->told == version)
        return false;
    watch->told = version;
    return true;
}

/* The folder of the file itself, where its name is a link to it. */
static int watch_folder(struct contacts_watch *watch, const char *path)
{
    char *real = realpath(path, NULL), *copy = real ? real : strdup(path);
    const char *slash = copy ? strrchr(copy, '/') : NULL, *folder;
    int err;

    if (!copy)
        return -ENOMEM;
    free(watch->name);
    free(watch->folder);
    watch->name = strdup(slash ? slash + 1 : copy); /* NULL: every file of the folder counts */
    folder = dirname(copy);
    slash = strrchr(folder, '/');
    watch->folder = strdup(slash ? slash + 1 : folder); /* NULL: it is looked at with each call */
    err = uv_fs_event_start(&watch->event, on_change, folder, 0);
    free(copy);
    return err;
}

/* Where the folder is missing there is nothing to watch yet. */
static int start(struct contacts_watch *watch)
{
    struct buf path = buf_new(8192);
    int err = folders_contacts(watch->phone->config, &path);

    if (!err)
        err = watch_folder(watch, buf_cstr(&path));
    buf_free(&path);
    return err == -ENOENT ? 0 : err;
}

void contacts_watch_again(struct contacts_watch *watch)
{
    if (watch && watch->is_open && !uv_is_active((uv_handle_t *)&watch->event))
        (void)start(watch);
}

static int open_watch(struct contacts_watch *watch)
{
    struct phone *phone = watch->phone;
    int err = net_deadline_new(phone->loop, on_settled, watch, &watch->settled);

    if (!err)
        err = uv_fs_event_init(net_loop_uv(phone->loop), &watch->event);
    if (err)
        return err;
    watch->is_open = true;
    watch->event.data = watch;
    uv_unref((uv_handle_t *)&watch->event);
    return start(watch);
}

int phone_watch_contacts(struct phone *phone)
{
    struct contacts_watch *watch;
    int err;

    if (phone->contacts_watch || !phone->contacts)
        return 0;
    watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    watch->phone = phone;
    err = open_watch(watch);
    phone_look_at_contacts(phone); /* so that only what changes from now on is told */
    watch->told = contacts_version(phone->contacts);
    phone->contacts_watch = watch;
    return err;
}
