#include "phone/spelling.h"

#define WORD_MAX 32

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: the rows of the table are letters of a, three of them are kept. */
unsigned spelling_distance(struct slice a, struct slice b)
{
    unsigned rows[3][WORD_MAX + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];

    a = slice_head(a, WORD_MAX);
    b = slice_head(b, WORD_MAX);
    for (size_t j = 0; j <= b.n; j++)
        above[j] = before[j] = (unsigned)j;
    for (size_t i = 1; i <= a.n; i++) {
        unsigned *spare = before;

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.n; j++) {
            char p = lower(a.p[i - 1]), q = lower(b.p[j - 1]);

            row[j] = least(above[j - 1] + (p != q), least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && p == lower(b.p[j - 2]) && lower(a.p[i - 2]) == q)
                row[j] = least(row[j], before[j - 2] + 1);
        }
        before = above;
        above = row;
        row = spare;
    }
    return above[b.n];
}

/* A third of the letters may be wrong, and never more than three; one is always allowed where two
 * letters are right. */
bool spelling_near(struct slice wrong, struct slice right)
{
    unsigned allowed = least((unsigned)right.n / 3, 3);

    if (allowed == 0 && right.n > 2)
        allowed = 1;
    if (wrong.n >= 3 && slice_istarts(right, wrong))
        return true; /* a word that was not finished */
    return spelling_distance(wrong, right) <= allowed;
}

const char *spelling_nearest(struct slice wrong, const char *const *words, size_t n)
{
    const char *best = NULL;
    unsigned best_distance = 0;

    for (size_t i = 0; i < n; i++) {
        struct slice word = slice_of(words[i]);
        unsigned distance = spelling_distance(wrong, word);

        if (!spelling_near(wrong, word) || (best && distance >= best_distance))
            continue;
        best = words[i];
        best_distance = distance;
    }
    return best;
}

void spelling_put_habit(struct slice value, struct buf *sentence)
{
    char first = value.n > 1 ? value.p[0] : '\0';

    if ((first == '"' || first == '\'') && value.p[value.n - 1] == first) {
        buf_puts(sentence, "; quotes belong to the value here: leave them out");
        return;
    }
    for (size_t i = 1; i < value.n; i++) {
        bool blank = value.p[i - 1] == ' ' || value.p[i - 1] == '\t';

        if (!blank || (value.p[i] != '#' && value.p[i] != ';'))
            continue;
        buf_puts(sentence, "; a comment needs a line of its own");
        return;
    }
}
