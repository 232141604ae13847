/* phone/media_link.h - messages from one thread to another: a queue that wakes the other's loop.
 *
 * The lock covers the queue and nothing else, and is held for the time of hanging in one element.
 * Messages arrive in the order in which they were posted. */
#ifndef PHONE_MEDIA_LINK_H
#define PHONE_MEDIA_LINK_H

#include <uv.h>

#include "base/list.h"
#include "net/wake.h"

struct media_link {
    struct net_wake wake;
    uv_mutex_t lock;
    struct list queue; /* under the lock, as is attended */
    bool attended;
    void (*on_message)(void *arg, struct list *message);
    void (*on_closed)(void *arg);
    void *arg;
    bool closing;
};

/* on_message runs on the thread of loop, once for each message, which is then its own. 0 or what
 * libuv said. */
int media_link_init(struct media_link *link, uv_loop_t *loop,
                    void (*on_message)(void *arg, struct list *message), void *arg);
/* From any thread; the link owns the message until it is delivered. */
void media_link_post(struct media_link *link, struct list *message);
/* The same for a message upon which the other thread closes the link: it is not delivered before we
 * are done with the link. */
void media_link_post_last(struct media_link *link, struct list *message);
/* The same as media_link_post without waking the other thread: it takes the message with the next
 * one posted. */
void media_link_queue(struct media_link *link, struct list *message);
/* On the loop's thread: on says that it calls media_link_deliver of its own accord within a few
 * milliseconds, until further notice, so that nobody needs to wake it. */
void media_link_attend(struct media_link *link, bool on);
void media_link_deliver(struct media_link *link);
/* The next undelivered message, or NULL: for whoever closes the link and must free them. */
struct list *media_link_take(struct media_link *link);
/* On the loop's thread, when nobody posts any more; nothing is delivered from now on. on_closed
 * (may be NULL) comes on a later turn, and then the link's memory is free. */
void media_link_close(struct media_link *link, void (*on_closed)(void *arg));

#endif
