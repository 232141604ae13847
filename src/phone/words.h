/* phone/words.h - a command as words, without a shell.
 *
 * Blanks part words. '…' and "…" hold blanks; a backslash takes the next character as it is, within
 * "…" only a quote or another backslash, within '…' nothing. "~/" at the beginning of a word is the
 * home folder. Everything else stands for itself: no variables, no patterns, no pipes. */
#ifndef PHONE_WORDS_H
#define PHONE_WORDS_H

#include "base/slice.h"

#define WORDS_MAX 64

struct words {
    char *v[WORDS_MAX + 1]; /* owned; NULL behind the last */
    size_t n;               /* at least one */
};

/* 0; -EINVAL: at says at which byte, sentence why; -ENOMEM. */
int words_split(struct slice line, struct words *out, size_t *at, const char **sentence);
void words_free(struct words *words);

#endif
