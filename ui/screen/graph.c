#include "ui/screen/graph.h"

#include <math.h>

#define EIGHTHS 8         /* heights of a cell */
#define QUIET_DB (-54.0f) /* below that a level has the lowest of them */

/* From 1 to most. */
static int height_of(float value, float low, float high, int most)
{
    float part = high > low ? (value - low) / (high - low) : 0;

    part = part > 0 ? (part < 1 ? part : 1) : 0;
    return 1 + (int)lroundf(part * (float)(most - 1));
}

enum glyph graph_level(float db)
{
    if (isnan(db))
        return GLYPH_LEVEL_0;
    return (enum glyph)(GLYPH_LEVEL_0 + height_of(db, QUIET_DB, 0, EIGHTHS) - 1);
}

static void draw_bar(struct cells *cells, struct rect r, int col, int height, enum style style)
{
    for (int row = r.rows - 1; row >= 0 && height > 0; row--) {
        int part = height < EIGHTHS ? height : EIGHTHS;

        cells_draw(cells, r, row, col, style, (enum glyph)(GLYPH_LEVEL_0 + part - 1));
        height -= part;
    }
}

void graph_draw(const struct graph *g, struct cells *cells, struct rect r)
{
    size_t n = g->n, room = r.cols > 0 ? (size_t)r.cols : 0;
    size_t shown = n < room ? n : room;

    if (r.rows <= 0)
        return;
    for (size_t i = 0; i < shown; i++) {
        float value = g->values[n - shown + i];

        if (!isnan(value))
            draw_bar(cells, r, (int)(room - shown + i),
                     height_of(value, g->low, g->high, r.rows * EIGHTHS),
                     value > g->warn ? STYLE_METER_HIGH : STYLE_METER);
    }
}

float graph_top(const float *values, size_t n, float least)
{
    static const float steps[] = {1, 2, 5, 10};
    float most = least, power;

    for (size_t i = 0; i < n; i++)
        if (values[i] > most) /* NAN is not */
            most = values[i];
    if (!(most > least) || !isfinite(most))
        return least;
    power = powf(10, floorf(log10f(most)));
    for (size_t i = 0; i < 3; i++)
        if (steps[i] * power >= most)
            return steps[i] * power;
    return steps[3] * power;
}
