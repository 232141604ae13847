/* ui/screen/view_trace.h - what the views and the commands of the trace share. */
#ifndef UI_SCREEN_VIEW_TRACE_H
#define UI_SCREEN_VIEW_TRACE_H

#include "ui/screen/screen.h"

struct trace_state {
    struct buf filter; /* as it was typed; empty: none */
    char *call;        /* the Call-ID of the only call that is shown; NULL: all */
    bool only_sdp;
    uint64_t marked; /* message to compare with; 0: none */
    uint64_t opened; /* message of the view for one */
    /* Messages that fit, by their numbers, of those up to seen. */
    uint64_t rows[TRACED_MAX];
    size_t n;
    uint64_t seen;
};

/* With rows that are up to date. */
struct trace_state *trace_state(const struct screen *screen);
/* Shows the messages of all calls; or of this Call-ID alone, where the view is open and there are
 * some. */
void trace_show_all(struct screen *screen);
void trace_show_call(struct screen *screen, const char *call_id);
/* What fits has changed: the chosen message stays so where it fits still. */
void trace_changed(struct screen *screen);
/* The message that is chosen or opened, whichever is on top; NULL: none. */
const struct traced *trace_message(const struct screen *screen);
/* Shows this one in its own view. */
void trace_open_message(struct screen *screen, const struct traced *t);
/* Shows what differs. */
void trace_compare(struct screen *screen, const struct traced *left, const struct traced *right);
/* In words: how many messages are shown and why not others; which message is open; how much
 * differs. */
void trace_put_summary(const struct screen *screen, struct buf *out);
void trace_put_message(const struct screen *screen, struct buf *out);
void trace_put_compared(const struct screen *screen, struct buf *out);
/* One row of a message that is laid out. */
void trace_draw_row(struct cells *cells, struct rect row, const struct traced_row *it);

#endif
