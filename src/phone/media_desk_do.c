/* The sound device beside calls, seen from the signalling thread: what it asks the media thread
 * for. */
#include <errno.h>
#include <stdlib.h>

#include "phone/media_private.h"
#include "phone/media_ring.h"

/* Takes over what the command carries. */
static int post(struct media *media, const struct media_command *what)
{
    int err = media->thread ? 0 : media_start_thread(media);
    struct media_command *command = err ? NULL : calloc(1, sizeof *command);

    if (!command) {
        media_command_drop(what);
        return err ? err : -ENOMEM;
    }
    *command = *what;
    media_link_post(&media->thread->inbox, &command->link);
    return 0;
}

void media_levels(struct media *media, bool on)
{
    media->levels = on;
    if (media->thread) /* else when it starts */
        (void)post(media, &(struct media_command){.what = MEDIA_DO_LEVELS, .number = on});
}

void media_voice(struct media *media, const struct media_voice_modes *modes)
{
    media->modes = *modes;
    if (media->thread) /* else when it starts */
        (void)post(media, &(struct media_command){.what = MEDIA_DO_VOICE, .modes = *modes});
}

int media_device_use(struct media *media, const char *name)
{
    char *text = name ? strdup(name) : NULL;

    if (name && !text)
        return -ENOMEM;
    return post(media, &(struct media_command){.what = MEDIA_DO_DEVICE, .text = text});
}

int media_test(struct media *media, enum media_test what)
{
    if (what == MEDIA_TEST_OFF && !media->thread)
        return 0;
    return post(media, &(struct media_command){.what = MEDIA_DO_TEST, .number = (int)what});
}

int media_ring(struct media *media, const char *const *devices, size_t n, const char *tone)
{
    struct media_ring *ring = media_ring_new(devices, n, tone);

    if (!ring)
        return -ENOMEM;
    return post(media, &(struct media_command){.what = MEDIA_DO_RING, .ring = ring});
}

void media_ring_stop(struct media *media)
{
    if (media->thread)
        (void)post(media, &(struct media_command){.what = MEDIA_DO_RING});
}
