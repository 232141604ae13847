/* The value of password-command: words that hold no more than stood in it, or a sentence and the
 * byte that it is about. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "phone/words.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice line = {(const char *)bytes, n};
    const char *sentence = NULL;
    struct words words;
    size_t at = n + 1, sum = 0;
    int err;

    unsetenv("HOME");
    err = words_split(line, &words, &at, &sentence);
    if (err) {
        must(sentence && at <= n);
        return 0;
    }
    must(words.n > 0 && words.n <= WORDS_MAX && words.v[words.n] == NULL && words.v[0][0]);
    for (size_t i = 0; i < words.n; i++)
        sum += strlen(words.v[i]);
    must(sum <= n);
    words_free(&words);
    return 0;
}
