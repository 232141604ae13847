/* Settings that are kept: what becomes of the lines of the file. */
#include "phone/config_keep.h"

#include "tests/lib/rows.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "test_config_keep.conf"

static const struct row {
    const char *name, *before;
    const char *device, *rings[2]; /* NULL: none such */
    const char *after;             /* NULL: it is refused, and the file stays */
} rows[] = {
    {"a line is replaced where it is", "# mine\nuser = a\ndevice = old # x\n\nname = b\n", "new", {NULL},
     "# mine\nuser = a\ndevice = new\n\nname = b\n"},
    {"behind the comment that shows it", "# sound\n#device = x\n\nuser = a\n", "USB: Headset", {NULL},
     "# sound\n#device = x\ndevice = USB: Headset\n\nuser = a\n"},
    {"else before all", "user = a", "none", {NULL}, "device = none\nuser = a"},
    {"an account's lines are its own", "[account a]\nuri = sip:a@h\n#device = x\n", "none", {NULL},
     "device = none\n[account a]\nuri = sip:a@h\n#device = x\n"},
    {"several lines become several", "ring-device = a\nuser = u\nring-device = b\n", NULL, {"c", "d"},
     "ring-device = c\nring-device = d\nuser = u\n"},
    {"or none", "ring-device = a\nuser = u\nring-device = b\n", NULL, {NULL}, "user = u\n"},
    {"an empty file", "", "x", {NULL}, "device = x\n"},
    {"a comment at the end of all", "#device = a", "x", {NULL}, "#device = a\ndevice = x\n"},
    {"a file that is wrong stays", "nonsense\n", "x", {NULL}, NULL},
};

static void write_file(const char *text)
{
    FILE *f = fopen(FILE_NAME, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    fclose(f);
    assert_int_equal(chmod(FILE_NAME, 0640), 0);
}

static void expect_file(const char *text)
{
    char got[1024];
    struct stat st;
    FILE *f = fopen(FILE_NAME, "r");
    size_t n;

    assert_non_null(f);
    n = fread(got, 1, sizeof got - 1, f);
    fclose(f);
    got[n] = '\0';
    assert_string_equal(got, text);
    assert_int_equal(stat(FILE_NAME, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct config_kept kept[] = {{"device", &row->device, row->device ? 1 : 0},
                                 {"ring-device", row->rings, 0}};
    struct buf why = buf_new(4096);
    int err;

    while (kept[1].n < 2 && row->rings[kept[1].n])
        kept[1].n++;
    write_file(row->before);
    err = config_keep(FILE_NAME, kept, 2, &why);
    assert_int_equal(err != 0, !row->after);
    assert_int_equal(why.n > 0, !row->after);
    expect_file(row->after ? row->after : row->before);
    unlink(FILE_NAME);
    buf_free(&why);
}

int main(void)
{
    return RUN_ROWS("phone/config_keep", rows, check_row);
}
