/* Whatever a terminal sends is the same keys, in whichever pieces it comes; and however it breaks
 * off, after some time of silence the next key is understood. */
#include <stdint.h>
#include <stdlib.h>

#include "ui/screen/key_reader.h"

#define INPUT_MAX 4096u
#define TURNS_MAX (KEY_PASTE_MS / KEY_ESCAPE_MS + 2)

static const struct key_sequence own[] = {{"\033[[A", KEY_F1}, {"\033k", KEY_UP}, {NULL, 0}};

static void put_key(const struct key *key, struct buf *out)
{
    if (key->code == KEY_PASTE)
        buf_printf(out, "%zu:%" PRI_SLICE, key->text.n, ARG_SLICE(key->text));
    else
        buf_printf(out, "%u/%u/%d,%d,%d ", (unsigned)key->code, key->mods, (int)key->mouse,
                   key->row, key->col);
}

static void read_all(struct key_reader *reader, struct slice in, size_t step, struct buf *out)
{
    struct key key;

    while (in.n > 0) {
        key_reader_add(reader, slice_head(in, step));
        in = slice_skip(in, step);
        while (key_reader_next(reader, false, &key))
            put_key(&key, out);
    }
}

/* Every key that is there takes one turn at least, the rest of something a limited number. */
static void fall_silent(struct key_reader *reader)
{
    struct key key;
    size_t turns = 0, keys = 0;

    for (; key_reader_waits(reader) && turns < TURNS_MAX + keys; turns++)
        while (key_reader_next(reader, true, &key))
            keys++;
    if (key_reader_waits(reader))
        abort();
    key_reader_add(reader, SLICE("q"));
    if (!key_reader_next(reader, false, &key) || key.code != 'q' ||
        key_reader_next(reader, false, &key))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice in = {(const char *)bytes, n < INPUT_MAX ? n : INPUT_MAX};
    struct buf whole = buf_new(1 << 20), parts = buf_new(1 << 20);
    struct key_reader at_once, by_bytes;

    key_reader_init(&at_once, n % 2 ? own : NULL);
    key_reader_init(&by_bytes, n % 2 ? own : NULL);
    read_all(&at_once, in, in.n, &whole);
    read_all(&by_bytes, in, 1, &parts);
    if (!slice_eq(buf_slice(&whole), buf_slice(&parts)))
        abort();
    fall_silent(&at_once);
    fall_silent(&by_bytes);
    key_reader_free(&at_once);
    key_reader_free(&by_bytes);
    buf_free(&whole);
    buf_free(&parts);
    return 0;
}
