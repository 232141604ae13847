/* ui/lines.h - lines out of a stream of bytes that comes in pieces, in a room of a fixed size. What
 * has been taken is wiped: it may be a password. */
#ifndef UI_LINES_H
#define UI_LINES_H

#include "base/slice.h"

struct lines {
    char *room; /* owned */
    size_t max; /* of a line without its newline */
    size_t from, to;
    bool skipping; /* the rest of a line that was too long */
};

/* 0 or -ENOMEM. */
int lines_init(struct lines *lines, size_t max);
void lines_free(struct lines *lines);

/* Where the next bytes go, and how many at most; 0: lines must be taken first. */
size_t lines_room(struct lines *lines, char **at);
void lines_add(struct lines *lines, size_t n);

enum lines_got {
    LINES_NONE,     /* no whole line is there */
    LINES_LINE,     /* without newline and blanks around it; good until the next call */
    LINES_TOO_LONG, /* told once; the rest of it is passed over */
};

/* The next line that is not blank. ended: nothing follows, so what is there is the last one. */
enum lines_got lines_take(struct lines *lines, bool ended, struct slice *out);
/* Whether nothing is left, not even the beginning of a line. */
bool lines_empty(const struct lines *lines);

#endif
