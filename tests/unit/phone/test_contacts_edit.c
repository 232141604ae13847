/* One contact changed in its file: all other bytes stay. */
#include "phone/contacts_edit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"

/* clang-format off */
static const struct row {
    const char *name;
    const char *before; /* NULL: there is no file */
    struct contacts_edit edit;
    int err;
    const char *wanted; /* the file, or a part of the sentence */
} rows[] = {
    {"the first of a new file", NULL, {.name = "bob", .address = "sip:b@h"}, 0, "bob = sip:b@h\n"},
    {"a new one goes to the end", "# friends\n\nal = a@h\n", {.name = "bob", .address = "b@h"}, 0,
     "# friends\n\nal = a@h\nbob = b@h\n"},
    {"behind a line without end", "al = a@h", {.name = "bob", .address = "b@h"}, 0, "al = a@h\nbob = b@h\n"},
    {"another address, blanks and comments stay",
     "; x\n  Bob Baker   =  b@h  \r\n# y\nal = a@h\n", {.name = "bob baker", .address = "new@h"}, 0,
     "; x\n  Bob Baker   =  new@h  \r\n# y\nal = a@h\n"},
    {"another name", "al  = a@h\n", {.name = "al", .rename = "Alice"}, 0, "Alice  = a@h\n"},
    {"its name in capitals", "al  = a@h\n", {.name = "al", .rename = "AL"}, 0, "AL  = a@h\n"},
    {"both", "al = a@h\n", {.name = "al", .rename = "Zo\xc3\xab", .address = "z@h"}, 0, "Zo\xc3\xab = z@h\n"},
    {"gone", "# a\nal = a@h\n# b\nbob = b@h\n", {.name = "AL", .remove = true}, 0, "# a\n# b\nbob = b@h\n"},
    {"a commented name is none", "# al = a@h\n", {.name = "al", .remove = true}, -ENOENT, "no contact of that"},
    {"behind the mark of UTF-8", "\xef\xbb\xbf""al = a@h\n", {.name = "al", .address = "b@h"}, 0,
     "\xef\xbb\xbf""al = b@h\n"},
    {"nobody to rename", "al = a@h\n", {.name = "bob", .rename = "x"}, -ENOENT, "no contact of that"},
    {"a name that is there", "al = a@h\nbob = b@h\n", {.name = "bob", .rename = "Al"}, -EEXIST, "already"},
    {"as it was known", "al = a@h\n", {.name = "al", .address = "b@h", .was = " a@h "}, 0, "al = b@h\n"},
    {"changed meanwhile", "al = c@h\n", {.name = "al", .address = "b@h", .was = "a@h"}, -ESTALE, "is now c@h"},
    {"another name, changed meanwhile", "al = c@h\n", {.name = "al", .rename = "x", .was = "a@h"}, -ESTALE, "now c@h"},
    {"gone as it was known", "al = a@h\n", {.name = "al", .remove = true, .was = "a@h"}, 0, ""},
    {"changed before it was to go", "al = c@h\n", {.name = "al", .remove = true, .was = "a@h"}, -ESTALE, "now c@h"},
    {"removed meanwhile", "", {.name = "al", .address = "b@h", .was = "a@h"}, -ENOENT, "no contact of that"},
    {"new as it was believed", "", {.name = "al", .address = "b@h", .fresh = true}, 0, "al = b@h\n"},
    {"another was faster", "AL = a@h\n", {.name = "al", .address = "b@h", .fresh = true}, -EEXIST, "already"},
    {"a name like an address", "", {.name = "a@b", .address = "b@h"}, -EINVAL, "would look like an address"},
    {"a name like a comment", "", {.name = "#a", .address = "b@h"}, -EINVAL, "like a comment"},
    {"a name that would end early", "", {.name = "a=b", .address = "b@h"}, -EINVAL, "no equals sign"},
    {"a name of two lines", "", {.name = "a\nb", .address = "b@h"}, -EINVAL, "cannot be shown"},
    {"an address of two lines", "", {.name = "a", .address = "b@h\nc = d@h"}, -EINVAL, "cannot be shown"},
    {"no address", "", {.name = "a", .address = " "}, -EINVAL, "an address is missing"},
    {"an address that is none", "", {.name = "a", .address = "sip:"}, -EINVAL, ""},
    {"a new name that is none", "al = a@h\n", {.name = "al", .rename = ""}, -EINVAL, "is missing"},
    {"a file that is wrong elsewhere", "al\nb@b = x\n", {.name = "bob", .address = "b@h"}, 0, "al\nb@b = x\nbob = b@h\n"},
    {"the first of two of one name counts", "al = a@h\nAL = b@h\n", {.name = "al", .address = "c@h", .was = "a@h"}, 0,
     "al = c@h\nAL = b@h\n"},
    {"those it hid go with it", "al = a@h\nbob = b@h\n AL = c@h\n# al = a@h\nal = d@h", {.name = "al", .remove = true}, 0,
     "bob = b@h\n# al = a@h\n"},
    {"but not with one that gets another name", "al = a@h\nAL = b@h\n", {.name = "al", .rename = "x"}, 0,
     "x = a@h\nAL = b@h\n"},
    {"a line that is wrong has no name", "al = sip:@@\nal = a@h\n", {.name = "al", .remove = true, .was = "a@h"}, 0,
     "al = sip:@@\n"},
    {"nor takes it from another", "bob = sip:@@\nal = a@h\n", {.name = "al", .rename = "bob"}, 0,
     "bob = sip:@@\nbob = a@h\n"},
};
/* clang-format on */

static char folder[64], path[128];

static void put_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
}

static void expect_file(const char *name, const char *wanted)
{
    char text[4096] = "";
    FILE *file = fopen(name, "r");

    assert_non_null(file);
    (void)!fread(text, 1, sizeof text - 1, file);
    fclose(file);
    assert_string_equal(text, wanted);
}

static void begin(void)
{
    snprintf(folder, sizeof folder, "/tmp/tphone-contacts-XXXXXX");
    assert_non_null(temporary_folder(folder));
    snprintf(path, sizeof path, "%s/contacts", folder);
}

/* Nothing else is left in the folder. */
static void end(void)
{
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf why = buf_new(4096);

    begin();
    if (row->before)
        put_file(path, row->before);
    assert_int_equal(contacts_edit(path, &row->edit, &why), row->err);
    if (!row->err)
        expect_file(path, row->wanted);
    else if (!strstr(buf_cstr(&why), row->wanted))
        fail_msg("%s", buf_cstr(&why));
    if (row->err && row->before)
        expect_file(path, row->before);
    buf_free(&why);
    end();
}

static void a_link_is_followed_and_the_mode_kept(void **state)
{
    struct contacts_edit edit = {.name = "al", .address = "new@h"};
    struct buf why = buf_new(4096);
    char real[128];
    struct stat st;

    (void)state;
    begin();
    snprintf(real, sizeof real, "%s/real", folder);
    put_file(real, "al = a@h\n");
    chmod(real, 0640);
    assert_int_equal(symlink(real, path), 0);
    assert_int_equal(contacts_edit(path, &edit, &why), 0);
    expect_file(real, "al = new@h\n");
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    unlink(real);
    buf_free(&why);
    end();
}

static void where_it_cannot_be_written_it_stays(void **state)
{
    struct contacts_edit edit = {.name = "al", .address = "new@h"};
    struct buf why = buf_new(4096);

    (void)state;
    assert_true(contacts_edit("/proc/self/contacts", &edit, &why) < 0);
    assert_non_null(strstr(buf_cstr(&why), "/proc/self/contacts: cannot be written"));
    buf_free(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_is_followed_and_the_mode_kept),
        cmocka_unit_test(where_it_cannot_be_written_it_stays),
    };

    return RUN_ROWS("phone/contacts_edit", rows, check_row) +
           cmocka_run_group_tests_name("phone/contacts_edit: the file", tests, NULL, NULL);
}
