/* ui/screen/line_edit.h - a line of text that is typed: for addresses, searches and commands.
 *
 * Knows no phone and no terminal. The cursor stands between clusters of characters (UAX 29), so
 * that an accent goes with its letter. Pasted text becomes one safe line. */
#ifndef UI_SCREEN_LINE_EDIT_H
#define UI_SCREEN_LINE_EDIT_H

#include "ui/screen/cells.h"
#include "ui/screen/key.h"

#define LINE_BYTES_MAX 1024u
#define LINE_HISTORY_MAX 50u

/* What was entered before; the oldest is forgotten. */
struct line_history {
    char *lines[LINE_HISTORY_MAX];
    size_t n;
};

struct line_edit {
    struct buf text;
    size_t cursor;                /* bytes before it */
    struct line_history *history; /* NULL: none */
    size_t back;                  /* how far one has gone back in it; 0: not at all */
    struct buf kept;              /* what was typed before that */
};

enum line_result {
    LINE_PASSED,  /* not a key for a line: the caller's */
    LINE_MOVED,   /* the cursor, or nothing */
    LINE_CHANGED, /* the text */
    LINE_ENTERED,
    LINE_LEFT, /* escape, or backspace where nothing is left */
};

void line_init(struct line_edit *line, struct line_history *history);
void line_free(struct line_edit *line);
enum line_result line_key(struct line_edit *line, const struct key *key);
/* The whole text; the cursor goes behind it. */
void line_set(struct line_edit *line, struct slice text);
struct slice line_text(const struct line_edit *line);
const char *line_cstr(struct line_edit *line);
/* Notes the text, unless it is empty or what was noted last. */
void line_remember(struct line_edit *line);

/* Shows the part around the cursor in one row of within, from col on, and puts the cursor of the
 * screen there. */
void line_draw(const struct line_edit *line, struct cells *cells, struct rect within, int row,
               int col);

void line_history_free(struct line_history *history);

#endif
