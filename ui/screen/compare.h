/* ui/screen/compare.h - two texts line by line, and what differs between them.
 *
 * Pure. Lines that both have are found as their longest common subsequence; between those, lines
 * are paired with each other in their order, and of a pair the part that differs is known. */
#ifndef UI_SCREEN_COMPARE_H
#define UI_SCREEN_COMPARE_H

#include "base/slice.h"

#define COMPARE_LINES_MAX 400u /* of each text; what follows is not compared */

struct compare_row {
    enum { COMPARE_SAME = 1, COMPARE_CHANGED, COMPARE_LEFT, COMPARE_RIGHT } kind;
    struct slice left, right; /* lines, without their ends */
    size_t before, behind;    /* bytes at both ends that a changed pair shares */
};

struct compare {
    struct compare_row rows[2 * COMPARE_LINES_MAX];
    size_t n, differ; /* rows, and those that are not the same */
    bool cut;         /* a text has more lines */
};

/* Rows point into the texts. */
void compare_texts(struct slice left, struct slice right, struct compare *out);

#endif
