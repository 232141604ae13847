#include "phone/sound_file.h"

#include <errno.h>
#include <stdio.h>

#include "phone/helper.h"

/* Landlock refuses with EACCES, as do the modes of files, which the helper meets as well. */
static bool may_help(const struct net_spawner *helper, int err)
{
    return helper && err == -EACCES;
}

static int open_by_helper(const struct net_spawner *helper, const char *path, bool writes, int *fd,
                          char why[AUDIO_WHY_MAX])
{
    struct buf because = buf_new(AUDIO_WHY_MAX);
    int err = helper_open_sound(helper, path, writes, fd, &because);

    if (err && why)
        snprintf(why, AUDIO_WHY_MAX, "cannot %s %.180s: %s", writes ? "record to" : "play", path,
                 buf_cstr(&because));
    buf_free(&because);
    return err;
}

int sound_file_read(const struct net_spawner *helper, const char *path, struct audio_reader **out,
                    char why[AUDIO_WHY_MAX])
{
    int fd, err = audio_reader_open(path, out, why);

    if (!may_help(helper, err))
        return err;
    err = open_by_helper(helper, path, false, &fd, why);
    return err ? err : audio_reader_open_fd(fd, path, out, why);
}

int sound_file_write(const struct net_spawner *helper, const char *path, uint32_t rate_hz,
                     uint8_t channels, struct audio_writer **out, char why[AUDIO_WHY_MAX])
{
    int fd, err = audio_writer_open(path, rate_hz, channels, out, why);

    if (!may_help(helper, err))
        return err;
    err = open_by_helper(helper, path, true, &fd, why);
    return err ? err : audio_writer_open_fd(fd, path, rate_hz, channels, out, why);
}
