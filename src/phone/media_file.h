/* phone/media_file.h - sound files on the media thread without waiting for the disk: libuv's
 * workers read ahead and write behind, in two halves that change places.
 *
 * All functions belong to the media thread, callbacks run on its loop. What a worker uses is the
 * worker's alone until its callback. */
#ifndef PHONE_MEDIA_FILE_H
#define PHONE_MEDIA_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "phone/media_jobs.h"
#include "phone/media_sink.h"

/* A disk that takes longer to end its work when all is said is not waited for: closed is told (of a
 * recording failed as well), and the rest happens when the disk comes back. */
#define MEDIA_FILE_LAST_MS 1000

struct media_player;

/* Starts to open path and to read ahead, as samples at rate_hz of that many channels at most, 1 or
 * 2. 0 or -ENOMEM; what is wrong with the file is told by failed. events is copied. */
int media_player_open(struct media_jobs *jobs, const char *path, uint32_t rate_hz, uint8_t channels,
                      const struct media_file_events *events, void *arg, struct media_player **out);
/* Another rate from now on, for which what was read ahead is converted; and other channels for what
 * is read next. */
void media_player_set_form(struct media_player *p, uint32_t rate_hz, uint8_t channels);
/* The next n samples a channel; fewer where the disk is slow, or at the end. *channels is how many
 * channels are wanted at most, then how many there are. */
size_t media_player_read(struct media_player *p, int16_t *out, size_t n, unsigned *channels);
/* The last sample has been given out. */
bool media_player_ended(const struct media_player *p);
void media_player_close(struct media_player *p); /* NULL is fine; closed follows, never at once */

/* A file to record to, of the kind that path ends in (audio/file.h), at rate_hz or, where that kind
 * of file has no such rate, the next above it. The file is made or opened with the first sound
 * after _begin. Where the disk is so slow that there is no room, silence stands for what found
 * none. 0 or -ENOMEM; what is wrong with the file is told by failed. events is copied. */
int media_recorder_open(struct media_jobs *jobs, const char *path, uint32_t rate_hz,
                        uint8_t channels, const struct media_file_events *events, void *arg,
                        struct media_sink **out);

#endif
