/* phone/conference.h - calls that hear each other. Seen by src/phone only. Signalling thread only.
 *
 * A conference is a group of answered calls; the media thread does the rest (phone/media_mix.h).
 * Its number is never used again. To join calls of two makes one of both; whoever parts, or ends,
 * leaves it, and the last one is never left in it alone. A call that is on hold stays a member and
 * is neither heard nor hears. Where one of the members uses the sound device all of them do: see
 * phone/calls.h for who has the ear. */
#ifndef PHONE_CONFERENCE_H
#define PHONE_CONFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct buf;
struct call;
struct phone;

struct conference {
    struct list members; /* of struct call, by member; two at least */
    uint32_t number;
};

/* PHONE_JOIN and PHONE_PART, as phone_do. */
int conference_join(struct phone *phone, struct call *call, struct call *other, struct buf *why);
int conference_part(struct call *call, struct buf *why);
/* The call ends: PHONE_PARTED, where it was in one. */
void conference_leave(struct call *call);
/* Whether a member, or the call alone, is meant for the sound device. */
bool conference_wants_device(const struct call *call);
/* 0: it is in none. */
uint32_t conference_number(const struct call *call);

#endif
