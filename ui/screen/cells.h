/* ui/screen/cells.h - the screen as a grid of cells, each one cluster of characters.
 *
 * Views write here and know no terminal. What does not fit is cut off and never split: a wide
 * cluster of which one column would be outside is left out. A wide cluster takes two cells, the
 * second of which is empty with a width of 0; writing over one half blanks the other. */
#ifndef UI_SCREEN_CELLS_H
#define UI_SCREEN_CELLS_H

#include "base/slice.h"
#include "ui/screen/theme.h"

/* Clusters that are longer lose their tail of combining characters. */
#define CELL_BYTES_MAX 24

struct cell {
    char text[CELL_BYTES_MAX];
    uint8_t n;     /* bytes of text */
    uint8_t width; /* 1, 2, or 0: the second half of the one before */
    uint8_t style; /* enum style */
    bool selected; /* lies on the background of what is chosen */
};

/* A part of the screen; rows and columns count from 0, and none may be negative in size. */
struct rect {
    int row, col, rows, cols;
};

struct cells {
    int rows, cols;
    struct cell *at; /* rows * cols */
    bool silent;     /* lines and signs are blank, as in text that is read out */
    bool ascii;      /* what is drawn has an ASCII form, and text of others is replaced by ? */
    int cursor_row, cursor_col; /* the cursor is shown there; row below 0: nowhere */
};

/* Blank. Ends the program without memory, as it is made at the start and for a new size. */
void cells_init(struct cells *cells, int rows, int cols);
void cells_free(struct cells *cells);
/* The same object with another size, blank. */
void cells_resize(struct cells *cells, int rows, int cols);
/* All blank, without a cursor. */
void cells_clear(struct cells *cells);

struct rect cells_all(const struct cells *cells);
/* What of within lies in so many rows and columns from row, col of it on; it may be nothing. */
struct rect cells_part(struct rect within, int row, int col, int rows, int cols);
/* NULL outside. */
struct cell *cells_at(const struct cells *cells, int row, int col);

/* Writes text from row, col of within on, as far as it fits there. How many columns it took. */
int cells_put(struct cells *cells, struct rect within, int row, int col, enum style style,
              struct slice text);
/* The same with what does not fit replaced by an ellipsis, in cols columns at most. */
int cells_put_cut(struct cells *cells, struct rect within, int row, int col, int cols,
                  enum style style, struct slice text);
/* So that it ends before column end of within; cut off on its right where it is too long. */
int cells_put_right(struct cells *cells, struct rect within, int row, int end, enum style style,
                    struct slice text);
/* A formatted text of ours, up to 512 bytes. */
int cells_print(struct cells *cells, struct rect within, int row, int col, enum style style,
                const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Blanks with a style. */
void cells_fill(struct cells *cells, struct rect rect, enum style style);
/* Lays the background of what is chosen below rect, whatever stands there. */
void cells_select(struct cells *cells, struct rect rect);

/* Lines and signs, each with a form in ASCII. */
enum glyph {
    GLYPH_HORIZONTAL,
    GLYPH_VERTICAL,
    GLYPH_CROSS,
    GLYPH_DOWN, /* horizontal, with one that goes down */
    GLYPH_UP,
    GLYPH_RIGHT, /* vertical, with one that goes to the right */
    GLYPH_LEFT,
    GLYPH_TOP_LEFT,
    GLYPH_TOP_RIGHT,
    GLYPH_BOTTOM_LEFT,
    GLYPH_BOTTOM_RIGHT,
    GLYPH_ELLIPSIS,
    GLYPH_ON,      /* a full dot */
    GLYPH_OFF,     /* an empty one */
    GLYPH_TALKING, /* states of calls */
    GLYPH_HELD,
    GLYPH_COMING, /* rings here */
    GLYPH_GOING,  /* rings there */
    GLYPH_OUT,    /* directions in the history */
    GLYPH_IN,
    GLYPH_MISSED,
    GLYPH_MUTED,
    GLYPH_RECORDING,
    GLYPH_SECRET, /* encrypted */
    GLYPH_DOT,    /* between pieces of text */
    GLYPH_FULL,   /* of a bar */
    GLYPH_EMPTY,
    GLYPH_ARROW_LEFT, /* ends of lines */
    GLYPH_ARROW_RIGHT,
    GLYPH_MORE_UP, /* a list goes on there */
    GLYPH_MORE_DOWN,
    GLYPH_LEVEL_0, /* eight heights, from the lowest on */
    GLYPH_LEVEL_1,
    GLYPH_LEVEL_2,
    GLYPH_LEVEL_3,
    GLYPH_LEVEL_4,
    GLYPH_LEVEL_5,
    GLYPH_LEVEL_6,
    GLYPH_LEVEL_7,
    N_GLYPHS
};

struct slice cells_glyph(const struct cells *cells, enum glyph glyph);
int cells_draw(struct cells *cells, struct rect within, int row, int col, enum style style,
               enum glyph glyph);
/* Lines over the whole of a row or column of within. */
void cells_line(struct cells *cells, struct rect within, int row, enum style style);
void cells_column(struct cells *cells, struct rect within, int col, enum style style);
/* A frame around rect, whose inside is blanked and returned; title in its upper line. */
struct rect cells_frame(struct cells *cells, struct rect rect, struct slice title);

#endif
