/* phone/choices.h - the words that stand for the values of an enum, which settings, options,
 * commands and lines of JSON have in common. */
#ifndef PHONE_CHOICES_H
#define PHONE_CHOICES_H

#include "base/buf.h"

struct choices {
    const char *const *words;
    size_t n;
    unsigned first; /* the value that the first word stands for; those of the others follow */
};

/* Initializes one: the first value, then the words. */
#define CHOICES(value, ...)                                                                        \
    {                                                                                              \
        (const char *const[]){__VA_ARGS__},                                                        \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), (value)             \
    }

/* Of the enums of phone/command.h. */
extern const struct choices choices_dtmf, choices_encryption, choices_sides, choices_test,
    choices_voice;

/* What word stands for, where it is written in just that case. False: for nothing, and NULL does
 * so too; then *value stays as it is. */
bool choices_find(const struct choices *choices, const char *word, unsigned *value);
/* NULL: no word stands for value. */
const char *choices_word(const struct choices *choices, unsigned value);
/* Appends all words, each with quote on either side: "auto, rtp or info". */
void choices_put(const struct choices *choices, const char *quote, struct buf *out);

#endif
