/* The telephone in lines: a phone that says anything, and a person or script that types anything;
 * bytes up to 0x1e are lines of the phone. Whatever is said is UTF-8 that moves no cursor. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ui/screen/plain.h"
#include "ui/screen/plain_line.h"

#define INPUT_MAX 16384u

static void ignore(void *arg, struct slice line)
{
    (void)arg;
    (void)line;
}

static void no_work(void *arg)
{
    (void)arg;
}

/* Each line is as it would be if it were made safe once more. */
static void check(struct plain *p)
{
    struct slice rest = buf_slice(&p->out);
    struct buf safe = buf_new(1u << 20);

    while (rest.n > 0) {
        struct slice line = slice_cut(&rest, '\n');

        buf_clear(&safe);
        text_safe(&safe, line);
        if (buf_ok(&safe) && !slice_eq(buf_slice(&safe), line))
            abort();
    }
    buf_clear(&p->out);
    buf_free(&safe);
}

static void hear(struct plain *p, struct slice lines)
{
    while (lines.n > 0) {
        struct ctl_line line;

        if (ctl_line_read(slice_cut(&lines, '\n'), &line) != 0)
            continue;
        plain_line(p, &line);
        ctl_line_free(&line);
        check(p);
    }
}

/* The one command that makes files may stand behind a prompt, too. */
static bool would_write(struct slice line)
{
    for (; line.n > 0; line = slice_skip(line, 1))
        if (slice_starts(line, SLICE("save")))
            return true;
    return false;
}

static void type(struct plain *p, struct slice lines)
{
    while (lines.n > 0) {
        struct slice line = slice_cut(&lines, '\n');

        if (would_write(line))
            continue;
        plain_typed(p, line);
        check(p);
    }
}

/* Nothing that a terminal obeys, besides steps back over what is taken away. */
static void check_echo(struct buf *echo)
{
    struct buf safe = buf_new(1u << 20);

    for (size_t i = 0; i < echo->n; i++)
        if (echo->p[i] == '\b' || echo->p[i] == '\n')
            echo->p[i] = ' ';
    text_safe_own(&safe, buf_slice(echo));
    if (!slice_eq(buf_slice(&safe), buf_slice(echo)))
        abort();
    buf_free(&safe);
    buf_clear(echo);
}

/* The same as keys: what is echoed moves the cursor no further, and a line is entered as a whole.
 */
static void type_keys(struct slice bytes)
{
    struct buf echo = buf_new(1u << 20), entered = buf_new(LINE_BYTES_MAX);
    enum plain_line_result result;
    struct plain_line line;

    plain_line_init(&line);
    plain_line_add(&line, bytes);
    while ((result = plain_line_next(&line, true, &echo)) != PLAIN_LINE_NONE) {
        check_echo(&echo);
        if (result == PLAIN_LINE_ENTERED) {
            plain_line_take(&line, &entered);
            if (!buf_ok(&entered) || memchr(entered.p ? entered.p : "", '\n', entered.n))
                abort();
            buf_clear(&entered);
        } else if (result == PLAIN_LINE_COMPLETE) {
            line.hidden = !line.hidden;
            plain_line_set(&line, SLICE("contacts add "), &echo);
            check_echo(&echo);
        }
    }
    plain_line_free(&line);
    buf_free(&entered);
    buf_free(&echo);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice typed = {(const char *)bytes, n < INPUT_MAX ? n : INPUT_MAX}, lines;
    struct model model;
    struct keymap keys;
    struct setup setup;
    struct screen s;
    struct plain p;

    lines = slice_cut(&typed, '\x1e');
    model_init(&model);
    keymap_init(&keys);
    screen_init(&s, &model, &keys);
    setup_init(&setup, "/nowhere/tphone.conf");
    setup.changed = no_work;
    s.setup = &setup;
    plain_init(&p, &s, 0);
    s.now_ms = 1000;
    s.send = ignore;
    hear(&p, lines);
    type(&p, typed);
    type_keys(typed);
    plain_free(&p);
    screen_free(&s);
    setup_free(&setup);
    keymap_free(&keys);
    model_free(&model);
    return 0;
}
