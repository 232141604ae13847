/* ui/flush.h - lines to readers that may be slow, while a loop runs: what does not leave at once is
 * tried again. */
#ifndef UI_FLUSH_H
#define UI_FLUSH_H

#include "ui/terminal.h"

struct flush;
struct net_loop;

/* terminal must outlive it. 0 or a negative errno. */
int flush_new(struct net_loop *loop, struct terminal *terminal, struct flush **out);
void flush_free(struct flush *flush); /* NULL is fine; what waits is terminal_close's */

/* output_put (ui/output.h) to one of the terminal's outputs; nothing where text is empty. flush may
 * be NULL: before a loop runs, or after. */
void flush_put(struct flush *flush, struct output *out, struct slice text);

#endif
