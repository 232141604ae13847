/* What a client sends: the first byte says in which pieces it comes, then lines are taken out and
 * read as commands. Nothing is understood that was not said whole, every line gets an id to be
 * replied to, and the words of a command line make lines that can be read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ui/json_command.h"
#include "ui/lines.h"

#define LINE_MAX_BYTES 512
#define WORDS_MAX 8

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_taken(const struct json_command *c)
{
    must(c->verb && c->verb->action != JSON_NOT_BUILT);
    must((c->verb->must & ~c->said) == 0);
    must((c->said & ~(c->verb->must | c->verb->may)) == 0);
    must(!(c->said & JSON_CALLS) || (c->n_calls >= 2 && c->n_calls <= JSON_CALLS_MAX));
    must(!(c->said & JSON_CALL) || c->phone.call > 0);
    must(!(c->said & JSON_TARGET) || *c->phone.target);
    must(!(c->said & JSON_STATUS) || (c->phone.status >= 300 && c->phone.status <= 699));
    must(!(c->said & JSON_AUDIO) || c->audio_in || c->audio_out);
}

/* The word of the error, NULL: it was taken. */
static const char *read_line(struct slice line)
{
    struct buf why = buf_new(8192);
    struct json_command command;
    const char *error = NULL;
    int err = json_command_read(line, &command, &error, &why);

    must((err == 0) == (error == NULL));
    must((err == 0) == (why.n == 0));
    must(buf_ok(&command.id) && command.id.n > 0);
    must(slice_index(buf_slice(&command.id), '\n') < 0);
    must(slice_index(buf_slice(&why), '\n') < 0);
    if (!err)
        check_taken(&command);
    json_command_free(&command);
    buf_free(&why);
    return error;
}

/* The line again, as what somebody types. */
static void read_words(struct slice line)
{
    struct buf out = buf_new(65536), why = buf_new(8192);
    struct json_sound sound = {0};
    const char *words[WORDS_MAX];
    char *copies[WORDS_MAX];
    size_t n = 0;

    while (line.n > 0 && n < WORDS_MAX) {
        copies[n] = slice_dup(slice_cut(&line, ' '));
        must(copies[n] != NULL);
        words[n] = copies[n];
        n++;
    }
    if (json_command_of_words(words, n, &sound, &out, &why) == 0) {
        const char *error = read_line(slice_head(buf_slice(&out), out.n - 1));

        must(!error || strcmp(error, "bad-member") == 0); /* such as a number out of range */
    } else {
        must(why.n > 0);
    }
    while (n > 0)
        free(copies[--n]);
    buf_free(&out);
    buf_free(&why);
}

static void take_lines(struct lines *lines, bool ended)
{
    struct slice line;
    enum lines_got got;

    while ((got = lines_take(lines, ended, &line)) != LINES_NONE) {
        if (got == LINES_TOO_LONG)
            continue;
        must(line.n > 0 && line.n <= LINE_MAX_BYTES && slice_index(line, '\n') < 0);
        read_line(line);
        read_words(line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice rest = slice_skip((struct slice){(const char *)bytes, n}, 1);
    size_t piece = n > 0 ? bytes[0] + 1u : 1;
    struct lines lines;

    must(lines_init(&lines, LINE_MAX_BYTES) == 0);
    while (rest.n > 0) {
        struct slice now = slice_head(rest, piece);
        char *at;
        size_t room = lines_room(&lines, &at);

        must(room > 0);
        now = slice_head(now, room);
        memcpy(at, now.p, now.n);
        lines_add(&lines, now.n);
        rest = slice_skip(rest, now.n);
        take_lines(&lines, false);
    }
    take_lines(&lines, true);
    must(lines_empty(&lines) || lines.skipping);
    lines_free(&lines);
    return 0;
}
