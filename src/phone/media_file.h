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

struct media_file_events {
    /* A whole sentence; nothing is read or written any more, the file must still be closed. */
    void (*failed)(void *arg, int err, const char *why);
    /* The end of _close; the file is gone. */
    void (*closed)(void *arg);
};

struct media_player;

/* Starts to open path and to read ahead, as samples at rate_hz. 0 or -ENOMEM; what is wrong with
 * the file is told by failed. events is copied. */
int media_player_open(uv_loop_t *loop, const char *path, uint32_t rate_hz,
                      const struct media_file_events *events, void *arg, struct media_player **out);
/* Another rate from now on; what was read ahead is lost. */
void media_player_set_rate(struct media_player *p, uint32_t rate_hz);
/* The next n samples; fewer where the disk is slow, or at the end. */
size_t media_player_read(struct media_player *p, int16_t *out, size_t n);
/* Something has been read, or will never be: before that a call may wait with sending. */
bool media_player_ready(const struct media_player *p);
/* The last sample has been given out. */
bool media_player_ended(const struct media_player *p);
void media_player_close(struct media_player *p); /* NULL is fine; closed follows, never at once */

struct media_recorder;

int media_recorder_open(uv_loop_t *loop, const char *path, uint32_t rate_hz,
                        const struct media_file_events *events, void *arg,
                        struct media_recorder **out);
uint32_t media_recorder_rate_hz(const struct media_recorder *r);
/* Appends samples; where the disk is so slow that there is no room, silence of the same length. */
void media_recorder_write(struct media_recorder *r, const int16_t *samples, size_t n);
void media_recorder_silence(struct media_recorder *r, uint64_t n);
/* Writes what is left and completes the file. NULL is fine; closed follows, never at once. */
void media_recorder_close(struct media_recorder *r);

#endif
