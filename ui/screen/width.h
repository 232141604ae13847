/* ui/screen/width.h - how wide text is on a terminal, in the clusters of characters that a person
 * takes for one (Unicode UAX 29).
 *
 * Text is UTF-8 that passed through base/text.h; bytes that are none count one column each. A
 * cluster takes one column or two, or none where nothing is to be seen. Characters of ambiguous
 * width take one, as terminals show them outside of East Asian locales. */
#ifndef UI_SCREEN_WIDTH_H
#define UI_SCREEN_WIDTH_H

#include "base/slice.h"

/* The first cluster of text, which is empty only where text is. width: its columns. */
struct slice width_next(struct slice text, int *width);
/* The last cluster of text. */
struct slice width_last(struct slice text);
/* Columns of the whole. */
int width_of(struct slice text);
/* The longest beginning of text that is not wider than columns. */
struct slice width_head(struct slice text, int columns);

#endif
