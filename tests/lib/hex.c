#include "tests/lib/hex.h"

#include <stdlib.h>
#include <string.h>

struct slice hex_bytes(const char *digits)
{
    static const char known[] = "0123456789abcdef";
    char *out = malloc(strlen(digits) / 2 + 1), *exact;
    size_t nibbles = 0;

    for (; out && *digits; digits++) {
        const char *at = strchr(known, *digits);
        unsigned v = at ? (unsigned)(at - known) : 0;

        if (!at)
            continue;
        if (nibbles % 2)
            out[nibbles / 2] = (char)((unsigned char)out[nibbles / 2] | v);
        else
            out[nibbles / 2] = (char)(v << 4);
        nibbles++;
    }
    exact = out ? malloc(nibbles / 2 ? nibbles / 2 : 1) : NULL;
    if (!exact)
        abort();
    memcpy(exact, out, nibbles / 2);
    free(out);
    return (struct slice){exact, nibbles / 2};
}
