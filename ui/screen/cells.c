#include "ui/screen/cells.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistr.h>

#include "base/mem.h"
#include "ui/screen/width.h"

#define PRINT_BYTES_MAX 512

/* --- the grid ------------------------------------------------------------------------------- */

static const struct cell blank = {.text = " ", .n = 1, .width = 1, .style = STYLE_NORMAL};

void cells_clear(struct cells *cells)
{
    for (int i = 0; i < cells->rows * cells->cols; i++)
        cells->at[i] = blank;
    cells->cursor_row = cells->cursor_col = -1;
}

void cells_init(struct cells *cells, int rows, int cols)
{
    bool ascii = cells->ascii, silent = cells->silent;

    *cells = (struct cells){.rows = rows, .cols = cols, .ascii = ascii, .silent = silent};
    cells->at = xcalloc((size_t)(rows * cols) + 1, sizeof *cells->at);
    cells_clear(cells);
}

void cells_free(struct cells *cells)
{
    free(cells->at);
    cells->at = NULL;
    cells->rows = cells->cols = 0;
}

void cells_resize(struct cells *cells, int rows, int cols)
{
    free(cells->at);
    cells_init(cells, rows, cols);
}

struct rect cells_all(const struct cells *cells)
{
    return (struct rect){0, 0, cells->rows, cells->cols};
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* How much of so many from at on there is room for. */
static int room(int at, int wanted, int there)
{
    int n = least(wanted, there - at);

    return n > 0 ? n : 0;
}

struct rect cells_part(struct rect within, int row, int col, int rows, int cols)
{
    return (struct rect){within.row + row, within.col + col, room(row, rows, within.rows),
                         room(col, cols, within.cols)};
}

struct cell *cells_at(const struct cells *cells, int row, int col)
{
    if (row < 0 || col < 0 || row >= cells->rows || col >= cells->cols)
        return NULL;
    return &cells->at[row * cells->cols + col];
}

/* --- writing -------------------------------------------------------------------------------- */

/* A wide cluster that loses one half loses the other. */
static void blank_halves(struct cells *cells, int row, int col)
{
    struct cell *cell = cells_at(cells, row, col);
    struct cell *other = NULL;

    if (cell->width == 0)
        other = cells_at(cells, row, col - 1);
    else if (cell->width == 2)
        other = cells_at(cells, row, col + 1);
    if (other) {
        uint8_t style = other->style;

        *other = blank;
        other->style = style;
    }
}

/* The longest beginning of a cluster that a cell holds, whole characters only. */
static struct slice fit_in_cell(struct slice cluster)
{
    size_t n = cluster.n < CELL_BYTES_MAX ? cluster.n : CELL_BYTES_MAX;

    while (n > 0 && n < cluster.n && ((unsigned char)cluster.p[n] & 0xc0) == 0x80)
        n--;
    return slice_head(cluster, n);
}

static void set_cell(struct cells *cells, int row, int col, enum style style, struct slice cluster,
                     int width)
{
    struct cell *cell = cells_at(cells, row, col);

    cluster = fit_in_cell(cluster);
    for (int i = 0; i < width; i++)
        blank_halves(cells, row, col + i);
    *cell =
        (struct cell){.n = (uint8_t)cluster.n, .width = (uint8_t)width, .style = (uint8_t)style};
    memcpy(cell->text, cluster.p, cluster.n);
    if (width == 2)
        cell[1] = (struct cell){.style = (uint8_t)style};
}

static struct rect clip(const struct cells *cells, struct rect r)
{
    int last_row = r.row + r.rows, last_col = r.col + r.cols;

    r.row = r.row > 0 ? r.row : 0;
    r.col = r.col > 0 ? r.col : 0;
    r.rows = (last_row < cells->rows ? last_row : cells->rows) - r.row;
    r.cols = (last_col < cells->cols ? last_col : cells->cols) - r.col;
    return r;
}

/* Text is safe when it comes here, but half a character that was left by a cut is not. */
static bool is_whole(struct slice cluster)
{
    return u8_check((const uint8_t *)cluster.p, cluster.n) == NULL;
}

/* What has no form in ASCII, or is none, is shown as so many question marks as it has columns. */
static void put_cluster(struct cells *cells, int row, int col, enum style style,
                        struct slice cluster, int width)
{
    bool is_ascii = cluster.n == 1 && (unsigned char)cluster.p[0] < 0x80;

    if (is_ascii || (!cells->ascii && is_whole(cluster)))
        set_cell(cells, row, col, style, cluster, width);
    else
        for (int i = 0; i < width; i++)
            set_cell(cells, row, col + i, style, SLICE("?"), 1);
}

int cells_put(struct cells *cells, struct rect within, int row, int col, enum style style,
              struct slice text)
{
    struct rect r = clip(cells, within);
    int at = within.col + col, began = at;

    row += within.row;
    if (row < r.row || row >= r.row + r.rows)
        return 0;
    while (text.n > 0) {
        int width;
        struct slice cluster = width_next(text, &width);

        if (at + width > r.col + r.cols)
            break;
        if (width > 0 && at >= r.col)
            put_cluster(cells, row, at, style, cluster, width);
        text = slice_skip(text, cluster.n);
        at += width;
    }
    return at - began;
}

int cells_put_cut(struct cells *cells, struct rect within, int row, int col, int cols,
                  enum style style, struct slice text)
{
    struct slice head = text;
    int n;

    if (cols > within.cols - col)
        cols = within.cols - col;
    if (cols <= 0)
        return 0;
    if (width_of(text) <= cols)
        return cells_put(cells, within, row, col, style, text);
    head = width_head(text, cols - 1);
    n = cells_put(cells, within, row, col, style, head);
    return n + cells_draw(cells, within, row, col + n, style, GLYPH_ELLIPSIS);
}

int cells_put_right(struct cells *cells, struct rect within, int row, int end, enum style style,
                    struct slice text)
{
    int n = width_of(text);
    int col = end - n > 0 ? end - n : 0;

    return cells_put_cut(cells, within, row, col, end - col, style, text);
}

int cells_print(struct cells *cells, struct rect within, int row, int col, enum style style,
                const char *format, ...)
{
    char text[PRINT_BYTES_MAX];
    va_list values;

    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    return cells_put(cells, within, row, col, style, slice_of(text));
}

void cells_fill(struct cells *cells, struct rect rect, enum style style)
{
    struct rect r = clip(cells, rect);

    for (int row = r.row; row < r.row + r.rows; row++)
        for (int col = r.col; col < r.col + r.cols; col++)
            set_cell(cells, row, col, style, SLICE(" "), 1);
}

void cells_select(struct cells *cells, struct rect rect)
{
    struct rect r = clip(cells, rect);

    for (int row = r.row; row < r.row + r.rows; row++)
        for (int col = r.col; col < r.col + r.cols; col++)
            cells_at(cells, row, col)->selected = true;
}

/* --- lines and signs ------------------------------------------------------------------------ */

/* clang-format off */
static const struct { const char *utf8, *ascii; } glyphs[N_GLYPHS] = {
    [GLYPH_HORIZONTAL]   = {"─", "-"}, [GLYPH_VERTICAL]     = {"│", "|"},
    [GLYPH_CROSS]        = {"┼", "+"}, [GLYPH_DOWN]         = {"┬", "+"},
    [GLYPH_UP]           = {"┴", "+"}, [GLYPH_RIGHT]        = {"├", "+"},
    [GLYPH_LEFT]         = {"┤", "+"}, [GLYPH_TOP_LEFT]     = {"┌", "+"},
    [GLYPH_TOP_RIGHT]    = {"┐", "+"}, [GLYPH_BOTTOM_LEFT]  = {"└", "+"},
    [GLYPH_BOTTOM_RIGHT] = {"┘", "+"}, [GLYPH_ELLIPSIS]     = {"…", "~"},
    [GLYPH_ON]           = {"●", "*"}, [GLYPH_OFF]          = {"○", "o"},
    [GLYPH_TALKING]      = {"▶", ">"}, [GLYPH_HELD]         = {"‖", "="},
    [GLYPH_COMING]       = {"◀", "<"}, [GLYPH_GOING]        = {"▷", "."},
    [GLYPH_OUT]          = {"↗", ">"}, [GLYPH_IN]           = {"↙", "<"},
    [GLYPH_MISSED]       = {"↙", "!"}, [GLYPH_MUTED]        = {"×", "!"},
    [GLYPH_RECORDING]    = {"◉", "*"}, [GLYPH_SECRET]       = {"🔒", "E"},
    [GLYPH_DOT]          = {"·", "-"}, [GLYPH_FULL]         = {"█", "#"},
    [GLYPH_EMPTY]        = {"░", "."}, [GLYPH_MORE_UP]      = {"↑", "^"},
    [GLYPH_MORE_DOWN]    = {"↓", "v"},
    [GLYPH_ARROW_LEFT]   = {"◀", "<"}, [GLYPH_ARROW_RIGHT]  = {"▶", ">"},
    [GLYPH_LEVEL_0]      = {"▁", "_"}, [GLYPH_LEVEL_1]      = {"▂", "."},
    [GLYPH_LEVEL_2]      = {"▃", "."}, [GLYPH_LEVEL_3]      = {"▄", "-"},
    [GLYPH_LEVEL_4]      = {"▅", "-"}, [GLYPH_LEVEL_5]      = {"▆", "="},
    [GLYPH_LEVEL_6]      = {"▇", "="}, [GLYPH_LEVEL_7]      = {"█", "#"},
};
/* clang-format on */

struct slice cells_glyph(const struct cells *cells, enum glyph glyph)
{
    if (cells->silent)
        return SLICE(" ");
    return slice_of(cells->ascii ? glyphs[glyph].ascii : glyphs[glyph].utf8);
}

int cells_draw(struct cells *cells, struct rect within, int row, int col, enum style style,
               enum glyph glyph)
{
    return cells_put(cells, within, row, col, style, cells_glyph(cells, glyph));
}

void cells_line(struct cells *cells, struct rect within, int row, enum style style)
{
    for (int col = 0; col < within.cols; col++)
        cells_draw(cells, within, row, col, style, GLYPH_HORIZONTAL);
}

void cells_column(struct cells *cells, struct rect within, int col, enum style style)
{
    for (int row = 0; row < within.rows; row++)
        cells_draw(cells, within, row, col, style, GLYPH_VERTICAL);
}

struct rect cells_frame(struct cells *cells, struct rect r, struct slice title)
{
    cells_fill(cells, r, STYLE_NORMAL);
    cells_line(cells, r, 0, STYLE_BORDER);
    cells_line(cells, r, r.rows - 1, STYLE_BORDER);
    cells_column(cells, r, 0, STYLE_BORDER);
    cells_column(cells, r, r.cols - 1, STYLE_BORDER);
    cells_draw(cells, r, 0, 0, STYLE_BORDER, GLYPH_TOP_LEFT);
    cells_draw(cells, r, 0, r.cols - 1, STYLE_BORDER, GLYPH_TOP_RIGHT);
    cells_draw(cells, r, r.rows - 1, 0, STYLE_BORDER, GLYPH_BOTTOM_LEFT);
    cells_draw(cells, r, r.rows - 1, r.cols - 1, STYLE_BORDER, GLYPH_BOTTOM_RIGHT);
    if (title.n > 0) {
        int n = cells_put(cells, r, 0, 1, STYLE_FOCUS, SLICE(" "));

        n += cells_put_cut(cells, r, 0, 1 + n, r.cols - 4, STYLE_FOCUS, title);
        cells_put(cells, r, 0, 1 + n, STYLE_FOCUS, SLICE(" "));
    }
    return (struct rect){r.row + 1, r.col + 2, r.rows - 2, r.cols - 4};
}
