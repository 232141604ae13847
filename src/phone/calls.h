/* phone/calls.h - several calls at once: which of them has the sound device, and what they all do
 * when the network changes. Seen by src/phone only. Signalling thread only.
 *
 * One conversation at a time is heard: whichever call was dialled, answered or resumed last with
 * the sound device. The one before is put on hold. Calls with files alone go on side by side. When
 * the call that is heard ends, or is held, nobody takes its place by itself. */
#ifndef PHONE_CALLS_H
#define PHONE_CALLS_H

#include <stdbool.h>

struct call;
struct phone;

/* The sound device becomes the call's, where it wants one; who had it is put on hold, or once it
 * has been answered. */
void calls_hear(struct call *call);
/* The call no longer has the device: it is held, or over. */
void calls_unhear(struct call *call);
bool calls_is_heard(const struct call *call);
/* The tones in the ear: call waiting, while another one rings here. */
void calls_set_tones(struct phone *phone);
/* The addresses of this machine have changed: calls find out whether they have to move. */
void calls_network_changed(struct phone *phone);

#endif
