/* phone/media_sink.h - where recorded sound goes, whatever it is: a file (phone/media_file.h) or a
 * descriptor. All of it belongs to the media thread; nothing here ever waits.
 *
 * A frame is one sample of each channel, the left one first. What is recorded of a call is made
 * into frames of a sink's rate and channels by phone/media_sides.h. */
#ifndef PHONE_MEDIA_SINK_H
#define PHONE_MEDIA_SINK_H

#include <stddef.h>
#include <stdint.h>

struct media_sink;

struct media_sink_ops {
    /* Whoever wrote to the same place before has closed it: from now on it may be opened. Sinks
     * are made before that, so that no sound is lost; what is written meanwhile is kept as far as
     * there is room. */
    void (*begin)(struct media_sink *sink);
    /* Appends n frames. Where there is no room, what happens to them is the sink's matter. */
    void (*write)(struct media_sink *sink, const int16_t *frames, size_t n);
    /* Appends n frames of silence, which may be hours. */
    void (*silence)(struct media_sink *sink, uint64_t n);
    /* Nothing is written any more; events.closed follows, never at once and not before _begin.
     * Twice does no harm. */
    void (*close)(struct media_sink *sink);
};

/* The first member of every sink. */
struct media_sink {
    const struct media_sink_ops *ops;
    uint32_t rate_hz;
    uint8_t channels; /* 1 or 2 */
};

/* What a sink, or a file that is played, tells its owner. */
struct media_file_events {
    /* A whole sentence; nothing is read or written any more, the file must still be closed. It may
     * come between _close and closed, once. A sink tells it from the loop, never while it is
     * written to. */
    void (*failed)(void *arg, int err, const char *why);
    /* The end of _close; the file is gone. */
    void (*closed)(void *arg);
};

#endif
