/* A person who types anything, and a phone that says anything: bytes up to 0x1e are lines of the
 * phone, those behind it come from the terminal. Whatever happens can be drawn at any size, each
 * wide cluster with both its halves, and nothing that a terminal obeys. */
#include <stdint.h>
#include <stdlib.h>
#include <unistr.h>

#include "ui/screen/key_reader.h"
#include "ui/screen/screen.h"

#define INPUT_MAX 16384u

static void ignore(void *arg, struct slice line)
{
    (void)arg;
    (void)line;
}

/* What gets to the terminal is whole characters, and none that it obeys. */
static bool is_text(const struct cell *c)
{
    bool good = u8_check((const uint8_t *)c->text, c->n) == NULL;

    for (size_t i = 0; i < c->n; i++)
        good = good && (unsigned char)c->text[i] >= ' ' && c->text[i] != 0x7f &&
               !(c->text[i] == '\xc2' && i + 1 < c->n && (unsigned char)c->text[i + 1] < 0xa0);
    return good;
}

static void check(const struct cells *cells)
{
    for (int row = 0; row < cells->rows; row++)
        for (int col = 0; col < cells->cols; col++) {
            const struct cell *c = cells_at(cells, row, col);

            if (c->n > CELL_BYTES_MAX || c->width > 2 || (c->width > 0 && c->n == 0) ||
                (c->width == 2 && (col + 1 == cells->cols || c[1].width != 0)) ||
                (c->width == 0 && (col == 0 || c[-1].width != 2)) || !is_text(c))
                abort();
        }
}

static void draw(struct screen *s, int rows, int cols)
{
    cells_resize(&s->cells, rows, cols);
    screen_draw(s);
    check(&s->cells);
}

static void hear(struct screen *s, struct slice lines)
{
    while (lines.p && lines.n > 0) {
        struct ctl_line line;

        if (ctl_line_read(slice_cut(&lines, '\n'), &line) != 0)
            continue;
        screen_line(s, &line);
        ctl_line_free(&line);
    }
}

/* The one command that makes files. */
static bool would_write(const struct screen *s, const struct key *key)
{
    return key->code == KEY_ENTER && s->prompt == PROMPT_COMMAND &&
           slice_starts(slice_trim(line_text(&s->line)), SLICE("trace-save"));
}

static void type(struct screen *s, struct slice bytes)
{
    struct key_reader reader;
    struct key key;

    key_reader_init(&reader, NULL);
    key_reader_add(&reader, bytes);
    while (key_reader_next(&reader, true, &key))
        if (!would_write(s, &key))
            screen_key(s, &key);
    key_reader_free(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice typed = {(const char *)bytes, n < INPUT_MAX ? n : INPUT_MAX}, lines;
    struct model model;
    struct keymap keys;
    struct screen s;
    uint8_t size = n > 0 ? bytes[n - 1] : 0;

    lines = slice_cut(&typed, '\x1e');
    model_init(&model);
    keymap_init(&keys);
    screen_init(&s, &model, &keys);
    cells_init(&s.cells, 24, 80);
    s.now_ms = 1000;
    s.send = ignore;
    hear(&s, lines);
    type(&s, typed);
    draw(&s, 1 + size % 30, 1 + size * 7 % 150);
    draw(&s, 24, 80);
    draw(&s, 50, 160);
    screen_free(&s);
    keymap_free(&keys);
    model_free(&model);
    return 0;
}
