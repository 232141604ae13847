#include "phone/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "phone/config_private.h"
#include "phone/spelling.h"

/* Of a name that is refused: a file that is none of ours may have long lines. */
#define SHOWN_BYTES_MAX 40

static const char *const default_codecs[] = {"opus", "pcmu", "pcma"};

void config_init(struct phone_config *config)
{
    *config =
        (struct phone_config){.listen = {true, true, {0}}, .rtp_first = 16384, .rtp_last = 32767};
    memcpy(config->codecs, default_codecs, sizeof default_codecs);
    config->n_codecs = ARRAY_LEN(default_codecs);
    list_init(&config->accounts);
}

void config_free(struct phone_config *config)
{
    free(config->device);
    free(config->user);
    free(config->name);
    *config = (struct phone_config){0};
}

const char *config_name(size_t i)
{
    return i < N_CONFIG_OPTIONS ? config_options[i].name : NULL;
}

static int refuse_name(struct slice name, struct config_fault *fault)
{
    const char *names[N_CONFIG_OPTIONS], *near;

    for (size_t i = 0; i < N_CONFIG_OPTIONS; i++)
        names[i] = config_options[i].name;
    near = spelling_nearest(name, names, N_CONFIG_OPTIONS);
    fault->at = 0;
    buf_puts(&fault->text, "there is no setting \"");
    text_safe(&fault->text, slice_head(name, SHOWN_BYTES_MAX));
    buf_putc(&fault->text, '"');
    if (near) {
        buf_printf(&fault->text, "; is \"%s\" meant?", near);
        return -ENOENT;
    }
    for (size_t i = 0; i < N_CONFIG_OPTIONS; i++)
        buf_printf(&fault->text, "%s%s", i > 0 ? ", " : "; there are ", names[i]);
    return -ENOENT;
}

/* The place of a setting in the table, or N_CONFIG_OPTIONS. */
static size_t find(struct slice name)
{
    size_t i = 0;

    while (i < N_CONFIG_OPTIONS && !slice_eq(name, slice_of(config_options[i].name)))
        i++;
    return i;
}

static int set(struct phone_config *config, size_t i, struct slice value,
               struct config_fault *fault)
{
    for (size_t at = 0; at < value.n; at++) {
        if ((unsigned char)value.p[at] >= ' ' && value.p[at] != 127)
            continue;
        fault->at = at;
        buf_puts(&fault->text, "a control character cannot stand in a setting");
        return -EINVAL;
    }
    fault->at = 0;
    return config_options[i].set(config, value, fault);
}

int config_set(struct phone_config *config, struct slice name, struct slice value,
               struct config_fault *fault)
{
    size_t i = find(name);

    return i == N_CONFIG_OPTIONS ? refuse_name(name, fault) : set(config, i, value, fault);
}

/* --- files ---------------------------------------------------------------------------------- */

struct reader {
    struct phone_config *config;
    size_t line_number;
    size_t seen_on[N_CONFIG_OPTIONS]; /* line of each setting, 0: not yet */
    struct config_fault fault;        /* at: within the line */
};

static int fail(struct reader *r, struct slice line, const char *where, const char *sentence)
{
    r->fault.at = (size_t)(where - line.p);
    buf_puts(&r->fault.text, sentence);
    return -EINVAL;
}

static int read_setting(struct reader *r, struct slice line, struct slice name, struct slice value)
{
    size_t i = find(name);
    int err;

    if (i == N_CONFIG_OPTIONS) {
        refuse_name(name, &r->fault);
        r->fault.at = (size_t)(name.p - line.p);
        return -EINVAL;
    }
    if (r->seen_on[i] > 0) {
        r->fault.at = (size_t)(name.p - line.p);
        buf_printf(&r->fault.text, "\"%s\" stands on line %zu already", config_options[i].name,
                   r->seen_on[i]);
        return -EINVAL;
    }
    r->seen_on[i] = r->line_number;
    err = set(r->config, i, value, &r->fault);
    r->fault.at += (size_t)(value.p - line.p);
    return err;
}

static int read_line(struct reader *r, struct slice line)
{
    struct slice rest = slice_trim(line), value, name;

    if (rest.n == 0 || rest.p[0] == '#' || rest.p[0] == ';')
        return 0;
    if (rest.p[0] == '[')
        return fail(r, line, rest.p,
                    "there are no sections in this file; settings stand alone, "
                    "as \"name = value\"");
    value = rest;
    name = slice_trim(slice_cut(&value, '='));
    if (!value.p)
        return fail(r, line, rest.p + rest.n,
                    "an equals sign is missing: a line is "
                    "\"name = value\"");
    if (name.n == 0)
        return fail(r, line, rest.p, "the name of a setting is missing before the equals sign");
    return read_setting(r, line, name, slice_trim(value));
}

/* Columns count characters as an editor does: a byte that continues one in UTF-8 is not counted. */
static size_t column(struct slice line, size_t at)
{
    size_t n = 1;

    for (size_t i = 0; i < at && i < line.n; i++)
        n += ((unsigned char)line.p[i] & 0xc0) != 0x80;
    return n;
}

int config_read_text(struct phone_config *config, struct slice text, const char *path,
                     struct buf *why)
{
    struct reader r = {.config = config, .fault = {.text = buf_new(1024)}};
    int err = 0;

    if (slice_starts(text, SLICE("\xef\xbb\xbf")))
        text = slice_skip(text, 3); /* the mark that some editors begin UTF-8 with */
    while (!err && text.p) {
        struct slice line = slice_cut(&text, '\n');

        r.line_number++;
        err = read_line(&r, line);
        if (err)
            buf_printf(why, "%s:%zu:%zu: %s", path, r.line_number, column(line, r.fault.at),
                       buf_cstr(&r.fault.text));
    }
    buf_free(&r.fault.text);
    return err;
}

/* At most one byte more than may be there, so that the caller sees it. */
static int read_all(FILE *file, struct buf *text)
{
    char chunk[4096];
    size_t n;

    do {
        n = fread(chunk, 1, sizeof chunk, file);
        buf_put(text, (struct slice){chunk, n});
    } while (n > 0 && buf_ok(text));
    if (ferror(file))
        return errno ? -errno : -EIO;
    return buf_ok(text) ? 0 : -EFBIG;
}

int config_read_file(struct phone_config *config, const char *path, struct buf *why)
{
    struct buf text = buf_new(CONFIG_FILE_BYTES_MAX);
    FILE *file;
    int err;

    errno = 0;
    file = fopen(path, "re");
    err = file ? read_all(file, &text) : -errno;
    if (file)
        fclose(file);
    if (err)
        buf_printf(why, "%s: cannot be read: %s", path, strerror(-err));
    else
        err = config_read_text(config, buf_slice(&text), path, why);
    buf_free(&text);
    return err;
}
