/* audio/device.h - a sound card in full duplex (PortAudio), or a null device in its place.
 *
 * Behind the device are two rings of 16-bit samples at its rate, each of one channel or of two,
 * interleaved: what it captured and what it is to play. All counts are per channel. PortAudio's
 * thread only copies between rings and card. audio_device_read, _write and the questions never wait
 * and belong to one thread, the media thread. Listing, opening and closing may take up to two
 * seconds: do them in a worker. In the whole process one waits for the other, and where the driver
 * of a card hangs all do: PortAudio has to be called by one at a time. */
#ifndef AUDIO_DEVICE_H
#define AUDIO_DEVICE_H

#include "audio/file.h" /* AUDIO_WHY_MAX */
#include "base/slice.h"

#include <stdbool.h>

struct audio_device;

struct audio_device_info {
    char *name;               /* as the system calls it: foreign text */
    char *host_api;           /* "ALSA", "JACK" … */
    unsigned inputs, outputs; /* channels */
    uint32_t rate_hz;         /* the one it prefers */
    bool default_input, default_output;
};

struct audio_device_list {
    size_t n;
    struct audio_device_info *at;
};

/* 0 or -errno with a sentence in why (may be NULL). No device at all is an empty list, not an
 * error. The caller frees the list. */
int audio_device_list(struct audio_device_list *out, char why[AUDIO_WHY_MAX]);
void audio_device_list_free(struct audio_device_list *list);

#define AUDIO_DEVICE_CARDS 32 /* ALSA knows no more */

/* What is there and free also while a device is open, when audio_device_list keeps to what was as
 * that was opened. It asks the system, as opening does. */
struct audio_device_cards {
    uint32_t there;                    /* a bit for each card that is plugged in, */
    uint32_t free[AUDIO_DEVICE_CARDS]; /* and of each for each direction of each of its devices that
                                          nobody uses */
};
void audio_device_cards(struct audio_device_cards *out);
/* Whether a list of now may have what one of then had not. */
bool audio_device_cards_came(const struct audio_device_cards *then,
                             const struct audio_device_cards *now);

struct audio_device_config {
    const char *name;  /* NULL or "default": the system's; "none": the null device; "file:PATH": the
                          same at the rate of a sound file, which it captures over and over, up to
                          two minutes of it; else the name of one as listed, in any case, or a part
                          of it: an exact match goes first, then the first that has the channels
                          wanted. For a direction that this one does not have another that
                          the part fits is taken, else the system's. "MICROPHONE | LOUDSPEAKER" are
                          two names, either may be "default" or "none" */
    uint32_t rate_hz;  /* wished for; 0: 48000 */
    unsigned channels; /* wished for, each way, 1 or 2; 0: 1 */
    unsigned frame_ms; /* per callback; 0: 5, 10 on a busy machine (audio/device_pace.h) */
    bool no_capture;       /* it only plays */
    bool named_microphone; /* none is opened in place of one that name does not have */
};

/* Opens and starts. The first samples may be 0.3 to 1.9 s away: see audio_device_running. Returns 0
 * or -errno (-ENODEV: none by that name, or none at all) with a sentence in why (may be NULL). */
int audio_device_open(const struct audio_device_config *config, struct audio_device **out,
                      char why[AUDIO_WHY_MAX]);
/* Stops and frees; takes NULL. Nobody may be in any other call on it. */
void audio_device_close(struct audio_device *d);

/* The path in "file:PATH"; NULL: the name is another. */
const char *audio_device_file(const char *name);
/* The two in "MICROPHONE | LOUDSPEAKER"; false: the name is another, and they are left alone. */
bool audio_device_halves(const char *name, struct slice *microphone, struct slice *loudspeaker);

/* The real rate: the one wished for, or the device's own where it does not know that one. */
uint32_t audio_device_rate_hz(const struct audio_device *d);
/* What it captures, and plays: as many as were wished for, or one where the card has no more. */
unsigned audio_device_inputs(const struct audio_device *d);
unsigned audio_device_outputs(const struct audio_device *d);
/* Of the card, or of both with " | " between. */
const char *audio_device_name(const struct audio_device *d);
/* A sentence where a direction is not that of the one that was named, which has none; else "". */
const char *audio_device_note(const struct audio_device *d);
/* How many samples its card takes and gives at once; the null device: 0. */
size_t audio_device_frame(const struct audio_device *d);
bool audio_device_is_null(const struct audio_device *d);
/* Whether what is written goes to a card: not where that has a microphone alone, nor to the null
 * device. */
bool audio_device_plays(const struct audio_device *d);
/* Whether the card has called for samples yet. The null device always runs. */
bool audio_device_running(const struct audio_device *d);
/* Whether the card has stopped by itself (unplugged, its server gone): close it, try again
 * later. */
bool audio_device_failed(const struct audio_device *d);

/* Up to n captured samples; returns how many there were. When nobody has read for 150 ms the older
 * ones are dropped. The null device has n of silence, or of its file. */
size_t audio_device_read(struct audio_device *d, int16_t *out, size_t n);
/* Queues n samples for playing; returns how many were taken: none when more than about 100 ms wait
 * already, so a writer whose clock is quicker than the card's does not build up delay; and all, to
 * no effect, before the card runs. samples NULL: n that the writer has left out, so that a card
 * that hangs is noticed all the same. The null device swallows all. */
size_t audio_device_write(struct audio_device *d, const int16_t *samples, size_t n);
/* Up to n samples of what the card has played, in as many channels, gaps included: what a
 * microphone beside it hears, as long before as the card and the air take. Whoever wants it reads
 * as much as is captured; what nobody reads is lost. The null device, and one that does not
 * capture, have nothing. */
size_t audio_device_played(struct audio_device *d, int16_t *out, size_t n);
/* How much of it waits. */
size_t audio_device_unread(const struct audio_device *d);
/* Samples waiting: captured and not yet read; written and not yet played. 0 for the null device. */
size_t audio_device_captured(const struct audio_device *d);
size_t audio_device_queued(const struct audio_device *d);

struct audio_device_counts {
    uint64_t callbacks;
    uint64_t played, captured; /* samples */
    uint64_t underruns;        /* callbacks that found too little to play */
    uint64_t overruns;         /* callbacks that found no room for what was captured */
    uint64_t card_errors;      /* under- and overflows that the card itself reported */
};

void audio_device_counts(const struct audio_device *d, struct audio_device_counts *out);

#endif
