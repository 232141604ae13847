/* Sound devices in a list. For PHONE_DEVICES a worker makes it, as PortAudio takes up to two
 * seconds. */
#include <errno.h>
#include <stdlib.h>

#include "audio/device.h"
#include "base/text.h"
#include "phone/phone_private.h"

struct phone_listing {
    struct phone *phone; /* NULL: it has gone */
    uv_work_t work;
    struct audio_device_list list;
    int err;
    char why[AUDIO_WHY_MAX];
};

static void list_in_worker(uv_work_t *work)
{
    struct phone_listing *l = work->data;

    l->err = audio_device_list(&l->list, l->why);
}

/* The strings of out are the caller's, to be freed by free_told. 0 or -ENOMEM. */
static int tell_of(const struct audio_device_info *d, struct phone_device *out)
{
    char *name = phone_safe_dup(slice_of(d->name)), *api = phone_safe_dup(slice_of(d->host_api));

    *out = (struct phone_device){.name = name,
                                 .host_api = api,
                                 .inputs = d->inputs,
                                 .outputs = d->outputs,
                                 .rate_hz = d->rate_hz,
                                 .is_default = d->default_output};
    return name && api ? 0 : -ENOMEM;
}

static void free_device(struct phone_device *device)
{
    free((void *)(uintptr_t)device->name);
    free((void *)(uintptr_t)device->host_api);
}

static void free_told(struct phone_device *devices, size_t n)
{
    for (size_t i = 0; devices && i < n; i++)
        free_device(&devices[i]);
    free(devices);
}

static void tell(struct phone_listing *l)
{
    size_t n = l->err ? 0 : l->list.n;
    struct phone_device *devices = calloc(n + 1, sizeof *devices);
    char *why = phone_safe_dup(slice_of(l->why));
    int err = devices ? 0 : -ENOMEM;

    for (size_t i = 0; i < n && !err; i++)
        err = tell_of(&l->list.at[i], &devices[i]);
    phone_tell(l->phone, &(struct phone_event){
                             .kind = PHONE_DEVICE_LIST,
                             .devices = devices,
                             .n_devices = err ? 0 : n,
                             .text = err      ? "there is no memory to list the sound devices"
                                     : l->err ? why
                                              : "",
                         });
    free_told(devices, n);
    free(why);
}

static void list_done(uv_work_t *work, int status)
{
    struct phone_listing *l = work->data;

    (void)status;
    if (l->phone) {
        l->phone->listing = NULL;
        tell(l);
    }
    audio_device_list_free(&l->list);
    free(l);
}

int phone_start_listing(struct phone *phone)
{
    struct phone_listing *l;
    int err;

    if (phone->listing)
        return 0; /* what it finds is for both */
    l = calloc(1, sizeof *l);
    if (!l)
        return -ENOMEM;
    l->phone = phone;
    l->work.data = l;
    err = uv_queue_work(net_loop_uv(phone->loop), &l->work, list_in_worker, list_done);
    if (err)
        free(l);
    else
        phone->listing = l;
    return err;
}

void phone_forget_listing(struct phone *phone)
{
    if (phone->listing)
        phone->listing->phone = NULL;
}

/* --- for the start of a program ------------------------------------------------------------- */

int phone_list_devices(void (*each)(void *arg, const struct phone_device *device), void *arg,
                       struct buf *why)
{
    struct audio_device_list list = {0};
    char sentence[AUDIO_WHY_MAX] = "";
    int err = audio_device_list(&list, sentence);

    if (err) {
        text_safe(why, slice_of(sentence));
        return err;
    }
    for (size_t i = 0; i < list.n && !err; i++) {
        struct phone_device device;

        err = tell_of(&list.at[i], &device);
        if (err)
            buf_puts(why, "there is no memory to list the sound devices");
        else
            each(arg, &device);
        free_device(&device);
    }
    audio_device_list_free(&list);
    return err;
}
