/* Somebody's files of contacts and settings, changed by us: what comes out can be read and says
 * what was asked for, and where we refuse the file stays as it was.
 *
 * Three lines, name, address and new name, and then the file. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "phone/config.h"
#include "phone/config_keep.h"
#include "phone/contacts.h"
#include "phone/contacts_edit.h"
#include "tests/fuzz/place.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static struct buf read_file(void)
{
    struct buf b = buf_new(1 << 20);
    FILE *file = fopen(fuzz_place(), "r");
    int c;

    must(file != NULL);
    while ((c = fgetc(file)) != EOF)
        buf_putc(&b, (char)c);
    fclose(file);
    return b;
}

static void check_contacts(const struct contacts_edit *edit, struct slice text)
{
    struct buf why = buf_new(16384), after;
    struct contacts *contacts;
    const char *name = edit->rename ? edit->rename : edit->name;
    int err;

    fuzz_place_write(text.p, text.n);
    err = contacts_edit(fuzz_place(), edit, &why);
    after = read_file();
    must((err != 0) == (why.n > 0));
    if (err) {
        must(slice_eq(buf_slice(&after), text));
    } else {
        must(contacts_new("file", &contacts) == 0);
        (void)contacts_read_text(contacts, buf_slice(&after), "file",
                                 &why); /* as wrong as before */
        must((contacts_address(contacts, slice_of(name)) != NULL) == !edit->remove);
        contacts_free(contacts);
    }
    buf_free(&after);
    buf_free(&why);
}

static bool is_config(struct slice text)
{
    struct phone_config config;
    struct buf why = buf_new(16384);
    int err;

    config_init(&config);
    err = config_read_text(&config, text, "file", &why);
    config_free(&config);
    buf_free(&why);
    return err == 0;
}

/* A file is what its text is; what is noticed beside that (a password that others can read) is told
 * apart from it. */
static void check_reading(struct slice text)
{
    struct phone_config config;
    struct buf why = buf_new(16384), notice = buf_new(16384);
    int err;

    config_init(&config);
    err = config_read_file(&config, fuzz_place(), &notice, &why);
    must((err == 0) == is_config(text) || err == -EFBIG);
    must((err != 0) == (why.n > 0));
    config_free(&config);
    buf_free(&notice);
    buf_free(&why);
}

static void check_config(const char *value, struct slice text)
{
    struct config_kept kept[] = {{.name = "ring-device", .values = &value, .n = value[0] != '\0'},
                                 {.name = "device", .values = &value, .n = 1}};
    struct buf why = buf_new(16384), after;
    int err;

    fuzz_place_write(text.p, text.n);
    check_reading(text);
    err = config_keep(fuzz_place(), kept, ARRAY_LEN(kept), &why);
    after = read_file();
    must((err != 0) == (why.n > 0));
    if (err)
        must(slice_eq(buf_slice(&after), text));
    else
        must(is_config(buf_slice(&after)) ||
             (slice_eq(buf_slice(&after), text) && !is_config(text)));
    buf_free(&after);
    buf_free(&why);
}

static char *line_of(struct slice *rest)
{
    struct slice line = slice_cut(rest, '\n');
    char *text = slice_dup(line);

    must(text != NULL);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice rest = {(const char *)bytes, n};
    char *name = line_of(&rest), *address = line_of(&rest), *rename = line_of(&rest);
    struct contacts_edit edit = {.name = name,
                                 .address = address[0] ? address : NULL,
                                 .rename = rename[0] ? rename : NULL,
                                 .fresh = rename[0] == '!',
                                 .remove = rename[0] == '-'};

    if (edit.fresh || edit.remove)
        edit.rename = NULL;
    if (edit.address || edit.rename || edit.remove)
        check_contacts(&edit, rest.p ? rest : SLICE(""));
    check_config(address, rest.p ? rest : SLICE(""));
    free(name);
    free(address);
    free(rename);
    return 0;
}
