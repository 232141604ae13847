/* ui/control.h - clients that steer the phone by lines of JSON: standard input and output, and
 * connections of the Unix socket. The protocol is tphone-control(7).
 *
 * Each client may send commands at any time; it gets one reply to each, in order, with the "id" it
 * gave, and every event of the phone from its first moment on, unless it says {"command":"events",
 * "on":false}. A client that does not read is dropped when CONTROL_WAITING_MAX bytes wait for it;
 * one that sends a line above CONTROL_LINE_MAX, or rubbish, gets an error for that line and is
 * dropped after CONTROL_FAULTS_MAX of them in a row. Nobody waits for a client, and no client sees
 * another's replies. */
#ifndef UI_CONTROL_H
#define UI_CONTROL_H

#include "net/unix.h"
#include "phone/event.h"
#include "ui/session.h"

#define CONTROL_LINE_MAX 65536u
#define CONTROL_WAITING_MAX 1048576u
/* Of messages of SIP, as lines, that are kept for who asks for them later: keep-trace. */
#define CONTROL_KEPT_MAX 262144u
#define CONTROL_FAULTS_MAX 32u /* lines in a row that are no JSON, or too long */
#define CONTROL_CLIENTS_MAX 64u
#define CONTROL_TURN_MAX 32u /* commands of one client before others have their turn */

struct control;

/* session must outlive it. 0 or -ENOMEM. */
int control_new(struct session *session, struct control **out);
/* Gives clients a moment to take what waits for them. NULL is fine. */
void control_free(struct control *control);
/* The session ends: whoever comes to a socket that was adopted is left to the next one there, which
 * its manager starts; others hear that this one goes. NULL is fine. */
void control_stop(struct control *control);
/* What it listens with, paused, which is the caller's from now on; NULL: it does not listen. As
 * long as that is there no other phone begins in its place. */
struct net_unix_listener *control_take_listener(struct control *control);

/* Standard input and output, or any pair. When in has ended the commands before are carried out and
 * on_end(arg) runs from the loop; also when nobody reads what goes out. The descriptors stay the
 * caller's. What goes to standard output may be written by terminal_close yet. 0 or a negative
 * errno. */
int control_add_pair(struct control *control, int in, int out, void (*on_end)(void *arg),
                     void *arg);
/* A connected socket, which becomes control's. May bring descriptors for the sound of a call
 * along. */
int control_add_socket(struct control *control, int fd);
/* Listens at path, or with a socket that listens already (net/unix.h). The reason in why. */
int control_listen(struct control *control, const char *path, struct buf *why);
int control_adopt(struct control *control, int fd, struct buf *why);
/* The session ends when the last client that is a screen has gone (man tphone-control: screen). 0
 * or a negative errno. */
int control_leave_with_screens(struct control *control);
/* How many clients there are. */
size_t control_clients(const struct control *control);

/* Every event of the phone passes here, in order. */
void control_event(struct control *control, const struct phone_event *event);
/* The same for PHONE_MESSAGE, at whose time no commands may be given. */
void control_message(struct control *control, const struct phone_event *event);

#endif
