/* ui/screen/graph.h - values of the last seconds as a row of bars, the newest on the right. */
#ifndef UI_SCREEN_GRAPH_H
#define UI_SCREEN_GRAPH_H

#include "ui/screen/cells.h"

/* One column for each value; those that are NAN leave it empty, and of more values than there are
 * columns the oldest are left out. low stands at the bottom, where there is always something to be
 * seen of a value that is known. What is above high is cut off, what is above warn is marked: by
 * colour, and by its height. */
struct graph {
    const float *values; /* the oldest first */
    size_t n;
    float low, high, warn;
};

void graph_draw(const struct graph *graph, struct cells *cells, struct rect within);
/* A round number that is not below the highest value, nor below least. */
float graph_top(const float *values, size_t n, float least);
/* One level in one cell, in dB of full scale. */
enum glyph graph_level(float db);

#endif
