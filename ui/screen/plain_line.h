/* ui/screen/plain_line.h - a line that is typed at a terminal which is read aloud.
 *
 * Knows no terminal: bytes go in, what is to be written in answer comes out. Nothing is ever
 * written but the text itself, newlines, and for a character that is taken away what the terminal's
 * own driver writes: one step back, a blank, one step back. So the line is edited at its end; what
 * changes it elsewhere (the history, a completion in other letters) shows it again as a whole, on a
 * line of its own. */
#ifndef UI_SCREEN_PLAIN_LINE_H
#define UI_SCREEN_PLAIN_LINE_H

#include "ui/screen/key_reader.h"
#include "ui/screen/line_edit.h"

#define PLAIN_PROMPT "> "

struct plain_line {
    struct key_reader keys;
    struct line_edit line;
    struct line_history history;
    bool hidden;   /* what is typed is not shown and not remembered */
    bool prompted; /* the row has a prompt and nothing behind it, or the text */
};

enum plain_line_result {
    PLAIN_LINE_NONE = 1, /* no key is complete */
    PLAIN_LINE_TYPED,    /* the text may have changed, echo says how */
    PLAIN_LINE_ENTERED,  /* plain_line_take has it */
    PLAIN_LINE_COMPLETE, /* Tab */
    PLAIN_LINE_END,      /* Ctrl-D where nothing is typed */
};

void plain_line_init(struct plain_line *line);
void plain_line_free(struct plain_line *line);

void plain_line_add(struct plain_line *line, struct slice bytes);
/* The next key is done; what is to be written goes to echo. late: see key_reader_next. */
enum plain_line_result plain_line_next(struct plain_line *line, bool late, struct buf *echo);
struct slice plain_line_text(const struct plain_line *line);
/* Hands out what was entered, and begins anew; the newline that leaves it has been written. */
void plain_line_take(struct plain_line *line, struct buf *out);
/* Nothing is typed any more; wiped. */
void plain_line_drop(struct plain_line *line);
/* The text becomes another one. */
void plain_line_set(struct plain_line *line, struct slice text, struct buf *echo);
/* Leaves the row where something stands in it, for other lines to be written. */
void plain_line_leave(struct plain_line *line, struct buf *echo);
/* The prompt, and what is typed so far, in a row that is empty. */
void plain_line_show(struct plain_line *line, struct buf *echo);

#endif
