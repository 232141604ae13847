/* ui/screen/connection.h - between a screen and the telephone process that it shows: finds or
 * starts it, asks it for everything, puts its lines into the screen, and finds it again when it has
 * gone. */
#ifndef UI_SCREEN_CONNECTION_H
#define UI_SCREEN_CONNECTION_H

#include "ui/cli.h"
#include "ui/screen/screen.h"

struct connection;
struct net_loop;

struct connection_events {
    /* A line of the phone: to be given to the screen; what it was is returned. */
    unsigned (*line)(void *arg, const struct ctl_line *line);
    /* The connection is there, later than when it was started; or has gone, or the phone could not
     * be started: then screen->trouble says why, unless another one is being started. */
    void (*changed)(void *arg);
};

/* Connects nobody yet. cli and screen, with its helper, must outlive the connection. Callbacks come
 * from the loop and may not free it. 0 or a negative errno. */
int connection_new(struct net_loop *loop, const struct cli *cli, struct screen *screen,
                   const struct connection_events *events, void *arg, struct connection **out);
/* Connects to the phone, or starts it where nobody answers and connects as soon as it does, which
 * changed() tells; where either is done or under way, nothing happens. 0, or a negative errno: then
 * screen->trouble says why, and a phone that somebody else starts is found all the same. */
int connection_start(struct connection *connection);
/* Whether a phone was asked for, and it is not known yet what comes of it. */
bool connection_is_starting(const struct connection *connection);
/* Why it could not be started, in one sentence. */
void connection_put_why(const struct connection *connection, struct buf *out);
void connection_free(struct connection *connection); /* NULL is fine */
/* Once it has been left: that the phone goes on, in a sentence; NULL: it does not. */
const char *connection_farewell(const struct connection *connection); /* NULL is fine */
/* Says good-bye: a phone that is ours ends with the last screen, unless it is to stay. Stops the
 * loop when that was heard, or nobody is there: connection may be NULL. Freeing the connection
 * without this says nothing, as where a terminal was lost. */
void connection_leave(struct connection *connection, struct net_loop *loop, bool stays);

#endif
