/* phone/sound_file.h - sound files (audio/file.h), which the helper opens where we may not.
 *
 * For workers: a disk and the helper may wait. */
#ifndef PHONE_SOUND_FILE_H
#define PHONE_SOUND_FILE_H

#include "audio/file.h"
#include "net/spawner.h"

/* As audio_reader_open and audio_writer_open; helper: NULL: nobody opens more than we do. */
int sound_file_read(const struct net_spawner *helper, const char *path, struct audio_reader **out,
                    char why[AUDIO_WHY_MAX]);
int sound_file_write(const struct net_spawner *helper, const char *path, uint32_t rate_hz,
                     uint8_t channels, struct audio_writer **out, char why[AUDIO_WHY_MAX]);

#endif
