/* phone/media_pipe.h - sound through descriptors: a program says what the far end hears, another
 * one gets what is heard.
 *
 * The media thread looks on each beat at what there is and takes or gives what fits; it never
 * waits. What is not needed yet stays in the pipe, so that whoever writes is held back by the pace
 * of the call. What may wait has a thread of its own behind a pipe of ours: disks, and libsndfile,
 * which makes samples of Ogg and of WAV with other encodings as they come.
 *
 * The flag O_NONBLOCK of a descriptor belongs to all who share it, our parent too, and is never
 * touched: a pipe is opened once more for ourselves where the system can do that (Linux), and asked
 * by poll(2) before each piece elsewhere; sockets take MSG_DONTWAIT. */
#ifndef PHONE_MEDIA_PIPE_H
#define PHONE_MEDIA_PIPE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "phone/media.h"
#include "phone/media_file.h"

/* --- descriptors, from any thread ------------------------------------------------------------ */

/* What a descriptor is, as far as waiting goes. */
enum pipe_kind {
    PIPE_NEVER_WAITS, /* O_NONBLOCK is set */
    PIPE_ASK_FIRST,   /* poll(2) before each piece of PIPE_BUF bytes at most */
    PIPE_SOCKET,
    PIPE_DISK, /* for threads that may wait */
};

enum pipe_kind pipe_kind(int fd);
/* Reads what there is, n bytes at most. 0: the end; -EAGAIN: nothing now; else -errno. */
int pipe_read(int fd, enum pipe_kind kind, void *out, size_t n);
/* Writes what fits. -EAGAIN: nothing now; else -errno (-EPIPE: nobody reads any more). */
int pipe_write(int fd, enum pipe_kind kind, const void *bytes, size_t n);
/* Bytes that wait to be read from here; and those that we have written and that wait there, about
 * so many of a socket. 0 where the system cannot tell. */
size_t pipe_unread(int fd);
size_t pipe_unread_there(int fd, enum pipe_kind kind);

/* At the end nobody waits longer for a disk: closed is told (of a sink failed as well), and the
 * rest happens when the disk comes back, or never. */
#define PIPE_LAST_MS 1000

/* --- helpers: threads that may wait ---------------------------------------------------------- */

/* What the samples are that it makes. */
struct pipe_form {
    uint32_t rate_hz, channels; /* 1 or 2 */
};

/* Carries bytes or makes samples of them until the end of what it reads, or until nobody reads
 * what it writes. */
struct pipe_helper {
    uv_thread_t thread;
    int from, to; /* its own */
    bool decodes; /* with libsndfile: a struct pipe_form, then its samples, as we have them */
    bool runs;
    uv_async_t *done;  /* is sent when it has ended */
    atomic_bool ended; /* the thread is about to end */
    int err;           /* then: what was wrong */
    char why[MEDIA_WHY_MAX];
};

/* Starts to carry from one descriptor to the other, which are the helper's from now on, also where
 * it cannot be started. 0 or a negative errno. */
int pipe_helper_start(struct pipe_helper *h, int from, int to, bool decodes, uv_async_t *done);
/* Whether it has ended, after which err and why are true; waits for nothing but its last breath. */
bool pipe_helper_over(struct pipe_helper *h);
/* A pipe whose end for `ours` (0: we read, 1: we write) never waits. 0 or a negative errno. */
int pipe_pair(int ours, int out[2]);

/* --- on the media thread --------------------------------------------------------------------- */

struct media_pipe_in;

/* Takes pipe.fd, also where it fails. events is copied. 0 or a negative errno. */
int media_pipe_in_open(uv_loop_t *loop, const struct media_pipe *pipe,
                       const struct media_file_events *events, void *arg,
                       struct media_pipe_in **out);
/* The next n samples a channel at rate_hz; fewer where the writer is slow, or at the end. *channels
 * is how many channels are wanted at most, 1 or 2, then how many there are. With other numbers than
 * before what was read already is lost. */
size_t media_pipe_in_read(struct media_pipe_in *p, int16_t *out, size_t n, uint32_t rate_hz,
                          unsigned *channels);
/* A packet time goes by in which nothing may be sent: who listens as well would else be late from
 * then on. */
void media_pipe_in_skip(struct media_pipe_in *p, size_t n, uint32_t rate_hz, unsigned channels);
/* The last sample has been given out. */
bool media_pipe_in_ended(const struct media_pipe_in *p);
void media_pipe_in_close(struct media_pipe_in *p); /* NULL is fine */

struct media_pipe_events {
    struct media_file_events file;
    /* Once: the reader is so slow that sound was lost. */
    void (*slow)(void *arg, const char *why);
};

/* A sink that waits for nobody: a fifth of a second is kept for a slow reader, then the oldest is
 * lost; what the reader has no room for at the end is lost as well. Takes pipe.fd, also where it
 * fails. events is copied. 0 or a negative errno. */
int media_pipe_out_open(uv_loop_t *loop, const struct media_pipe *pipe,
                        const struct media_pipe_events *events, void *arg, struct media_sink **out);

#endif
