/* phone/media_desk.h - what the media thread does with the sound device beside calls: levels, a
 * test without a call, and the choice of another one. Media thread only. */
#ifndef PHONE_MEDIA_DESK_H
#define PHONE_MEDIA_DESK_H

#include "audio/tone.h"
#include "phone/media.h"

struct media_thread;

struct media_desk {
    bool levels;        /* are told */
    bool levels_told;   /* of a device that was open */
    uint64_t levels_us; /* when */
    enum media_test test;
    uint64_t test_ends_us; /* 0: its first beat will say */
    uint32_t rate_hz;      /* of what follows */
    struct tone tone;
    int16_t *recorded; /* n_recorded of them, of which the first n_played were heard */
    size_t n_recorded, n_played;
};

void desk_levels(struct media_thread *t, bool on);
void desk_test(struct media_thread *t, enum media_test what);
/* NULL: none. */
void desk_choose(struct media_thread *t, const char *name);
void desk_chosen(struct media_thread *t, int err, const char *why);
bool desk_wants_device(const struct media_thread *t);
/* A beat of the device, which is open, behind all streams. */
void desk_beat(struct media_thread *t, uint64_t due_us);
/* Who wants the device may have changed. */
void desk_settle(struct media_thread *t);
void desk_failed(struct media_thread *t, int err, const char *why);
/* The thread ends. */
void desk_end(struct media_thread *t);

#endif
