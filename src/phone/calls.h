/* phone/calls.h - several calls at once: which of them has the sound device, and what they all do
 * when the network changes. Seen by src/phone only. Signalling thread only.
 *
 * One conversation at a time is heard: whichever call was dialled, answered or resumed last with
 * the sound device, and all of its conference, which share ear and microphone. The one before is
 * put on hold, a conference as a whole. Calls with files alone go on side by side. When the call
 * that is heard ends, or is held, nobody but the rest of its conference takes its place by itself.
 *
 * phone->heard is one call of the conversation that has the ear: the one that plays its tones. */
#ifndef PHONE_CALLS_H
#define PHONE_CALLS_H

#include <stdbool.h>

struct account;
struct buf;
struct call;
struct phone_command;
struct phone;

/* The sound device becomes the call's, where it wants one; who had it is put on hold, or once it
 * has been answered. */
void calls_hear(struct call *call);
/* The call no longer has the device: it is held, or over. */
void calls_unhear(struct call *call);
bool calls_is_heard(const struct call *call);
/* A conference is another than it was: it keeps the ear only where somebody in it wants it. */
void calls_settle_ear(struct phone *phone);
/* PHONE_RESUME: the call, and all of its conference that waited with it. */
void calls_resume(struct call *call);
/* PHONE_VOLUME, as phone_do. */
int calls_set_volume(struct phone *phone, const struct phone_command *command, struct buf *why);
/* PHONE_DND. */
void calls_set_dnd(struct phone *phone, bool on);
/* What is heard of calls that ring here: a ring, or call waiting in the ear of who talks. */
void calls_set_tones(struct phone *phone);
/* The addresses of this machine have changed: calls find out whether they have to move. */
void calls_network_changed(struct phone *phone);
/* An account has: its server may know us by another Contact, of which its calls tell. */
void calls_registered(struct account *account);

#endif
