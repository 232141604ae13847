/* phone/spelling.h - what somebody meant. */
#ifndef PHONE_SPELLING_H
#define PHONE_SPELLING_H

#include "base/buf.h"
#include "base/slice.h"

/* How many letters must be added, dropped, changed or swapped with their neighbour to make a of b;
 * words are compared up to 32 letters, in any case. */
unsigned spelling_distance(struct slice a, struct slice b);
/* Whether right is near enough to wrong to be offered. */
bool spelling_near(struct slice wrong, struct slice right);
/* The nearest of n words that is near enough, or NULL. */
const char *spelling_nearest(struct slice wrong, const char *const *words, size_t n);

/* Other formats take quotes and comments behind a value away. Appends to the sentence that refuses
 * this value that ours does not, where that may be what somebody is used to. */
void spelling_put_habit(struct slice value, struct buf *sentence);

#endif
