#include "ui/screen/width.h"

#include <unigbrk.h>
#include <unistr.h>
#include <uniwidth.h>

#define WIDEST 2

static const uint8_t *bytes(struct slice text)
{
    return (const uint8_t *)text.p;
}

/* Its characters together; a terminal draws no cluster wider than two columns. */
static int cluster_width(struct slice cluster)
{
    int sum = 0;

    while (cluster.n > 0) {
        ucs4_t code;
        int n = u8_mbtouc(&code, bytes(cluster), cluster.n);
        int width = uc_width(code, "UTF-8");

        sum += width > 0 ? width : 0;
        cluster = slice_skip(cluster, (size_t)n);
    }
    return sum < WIDEST ? sum : WIDEST;
}

struct slice width_next(struct slice text, int *width)
{
    const uint8_t *end;

    *width = 0;
    if (text.n == 0)
        return text;
    /* Most text is this; what may follow is a combining character, which is not ASCII. */
    if ((unsigned char)text.p[0] < 0x7f && (text.n == 1 || (unsigned char)text.p[1] < 0x80)) {
        *width = (unsigned char)text.p[0] >= 0x20;
        return slice_head(text, 1);
    }
    end = u8_grapheme_next(bytes(text), bytes(text) + text.n);
    text = slice_head(text, (size_t)(end - bytes(text)));
    *width = cluster_width(text);
    return text;
}

/* From the front, as u8_grapheme_prev reads before a character that is cut off; lines are short. */
struct slice width_last(struct slice text)
{
    struct slice last = text, rest = text;
    int width;

    while (rest.n > 0) {
        last = width_next(rest, &width);
        rest = slice_skip(rest, last.n);
    }
    return last;
}

int width_of(struct slice text)
{
    int sum = 0, width;

    while (text.n > 0) {
        text = slice_skip(text, width_next(text, &width).n);
        sum += width;
    }
    return sum;
}

struct slice width_head(struct slice text, int columns)
{
    struct slice rest = text;
    int width;

    while (rest.n > 0) {
        struct slice cluster = width_next(rest, &width);

        if (width > columns)
            break;
        columns -= width;
        rest = slice_skip(rest, cluster.n);
    }
    return slice_head(text, text.n - rest.n);
}
