/* What the helper of a phone opens, and what it does not, whoever asks. */
#include "phone/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "phone/contacts_edit.h"
#include "phone/folders.h"
#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"

#define WAV "RIFF\x24\x08\1\1WAVEfmt "
#define KEY "-----BEGIN OPENSSH PRIVATE KEY-----\n"

/* clang-format off */
static const struct row {
    const char *name;
    const char *file, *text; /* NULL: there is none */
    const char *link;        /* what leads to it and is asked for; NULL: itself */
    bool writes;
    int err;
    const char *why;
    const char *named; /* a recording, when it began; NULL: none */
} rows[] = {
    {"sound is played", "a.wav", WAV, NULL, false, 0, "", NULL},
    {"whatever its name", "a.txt", WAV, NULL, false, 0, "", NULL},
    {"through a link", "a.wav", WAV, "b.wav", false, 0, "", NULL},
    {"a key is not, though it is called sound", "a.wav", KEY, NULL, false, -EBADMSG, "not a sound file", NULL},
    {"nor through a link", "id_rsa", KEY, "a.wav", false, -EBADMSG, "not a sound file", NULL},
    {"nor what is empty", "a.wav", "", NULL, false, -EBADMSG, "not a sound file", NULL},
    {"nor a folder", ".", NULL, NULL, false, -EINVAL, "not a regular file", NULL},
    {"nor what is not there", "a.wav", NULL, NULL, false, -ENOENT, "No such file", NULL},
    {"raw sound is played by its name", "a.raw", KEY, NULL, false, 0, "", NULL},
    {"of the file itself", "id_rsa", KEY, "a.raw", false, -ELOOP, "symbolic link", NULL},
    {"a recording is made", "a.wav", NULL, NULL, true, 0, "", NULL},
    {"over another", "a.flac", WAV, NULL, true, 0, "", NULL},
    {"over what is empty", "a.opus", "", NULL, true, 0, "", NULL},
    {"not over a key", "a.wav", KEY, NULL, true, -EEXIST, "it exists and is not a sound file", NULL},
    {"nor through a link", "a.wav", WAV, "b.wav", true, -ELOOP, "symbolic link", NULL},
    {"nor where no file is", "none", NULL, "a.wav", true, -ELOOP, "symbolic link", NULL},
    {"nor new in a hidden folder", ".rc.d/a.wav", NULL, NULL, true, -EACCES, "hidden folder", NULL},
    {"nor in one of settings", ".data/.config/a.wav", NULL, NULL, true, -EACCES, "hidden folder", NULL},
    {"in that of data it is", ".data/a.wav", NULL, NULL, true, 0, "", NULL},
    {"and beside one that was named at the start", ".rc.d/b.wav", NULL, NULL, true, 0, "", ".rc.d/a.wav"},
    {"but not elsewhere", ".data/.config/a.wav", NULL, NULL, true, -EACCES, "hidden folder", ".rc.d/a.wav"},
    {"over another it is", ".rc.d/a.wav", WAV, NULL, true, 0, "", NULL},
    {"nor with another name", ".bashrc", NULL, NULL, true, -EINVAL, "ends like none of a recording", NULL},
    {"nor with one that a phone reads raw", "a.raw", NULL, NULL, true, -EINVAL, "ends like none", NULL},
};
/* clang-format on */

static char folder[64], file[128], other[128];

static void put_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    fclose(f);
}

static const char *const hidden[] = {".rc.d", ".data", ".data/.config"};

/* A helper, and what it has said. */
struct asked {
    struct phone_config config;
    struct net_spawner *helper;
    struct buf why;
};

static void begin(struct asked *a, const char *contacts, const char *record)
{
    config_init(&a->config);
    a->config.contacts_file = strdup(contacts);
    assert_int_equal(helper_new(&a->config, record, &a->helper), 0);
    a->why = buf_new(SPAWNER_ANSWER_MAX);
}

static void end(struct asked *a)
{
    net_spawner_free(a->helper);
    config_free(&a->config);
    buf_free(&a->why);
    unlink(file);
    unlink(other);
}

static void check_row(void **state)
{
    const struct row *row = *state;
    char named[128];
    struct asked a;
    int fd;

    if (row->named)
        snprintf(named, sizeof named, "%s/%s", folder, row->named);
    begin(&a, "/nonexistent", row->named ? named : NULL);
    snprintf(file, sizeof file, "%s/%s", folder, row->file);
    snprintf(other, sizeof other, "%s/%s", folder, row->link ? row->link : row->file);
    if (row->text)
        put_file(file, row->text);
    if (row->link)
        assert_int_equal(symlink(file, other), 0);
    assert_int_equal(helper_open_sound(a.helper, other, row->writes, &fd, &a.why), row->err);
    if (row->err)
        assert_non_null(strstr(buf_cstr(&a.why), row->why));
    else
        assert_int_equal(close(fd), 0);
    end(&a);
}

/* --- the way to a hidden folder ------------------------------------------------------------- */

#define STEPS 21 /* longer together than a path may be, each way to its half is not */
#define HALF 10

static void put_steps(struct buf *out, int n)
{
    for (int i = 0; i < n; i++)
        buf_printf(out, "%s%0200d", i > 0 ? "/" : "", 0);
}

/* Folders in folders, those of the second half with "back" in the last, which leads to target, and
 * links to half of the way each: a way that open() goes and realpath() does not. */
static void make_long_way(const char *target)
{
    struct buf first = buf_new(4096), second = buf_new(4096);
    int here = open(".", O_RDONLY | O_DIRECTORY), at = open(folder, O_RDONLY | O_DIRECTORY);
    int half = -1;

    put_steps(&first, HALF);
    put_steps(&second, STEPS - HALF);
    assert_int_equal(symlinkat(buf_cstr(&first), at, "first"), 0);
    for (int i = 0; i < STEPS; i++) {
        char name[201];

        snprintf(name, sizeof name, "%0200d", 0);
        assert_int_equal(mkdirat(at, name, 0700), 0);
        assert_int_equal(fchdir(at), 0);
        close(at);
        at = open(name, O_RDONLY | O_DIRECTORY);
        if (i + 1 == HALF)
            half = dup(at);
    }
    assert_int_equal(symlinkat(buf_cstr(&second), half, "second"), 0);
    assert_int_equal(symlinkat(target, at, "back"), 0);
    assert_int_equal(fchdir(here), 0);
    close(half);
    close(at);
    close(here);
    buf_free(&first);
    buf_free(&second);
}

static void remove_long_way(void)
{
    char command[256];

    snprintf(command, sizeof command, "rm -r %s/0* %s/first", folder, folder);
    assert_int_equal(system(command), 0);
}

static void a_way_too_long(void **state)
{
    struct asked a;
    int fd;

    (void)state;
    snprintf(file, sizeof file, "%s/.rc.d", folder);
    make_long_way(file);
    begin(&a, "/nonexistent", NULL);
    snprintf(file, sizeof file, "%s/first/second/back/a.wav", folder);
    assert_int_equal(helper_open_sound(a.helper, file, true, &fd, &a.why), -EACCES);
    assert_non_null(strstr(buf_cstr(&a.why), "hidden folder"));
    put_file(file, WAV); /* what is there is written over, as anywhere */
    assert_int_equal(helper_open_sound(a.helper, file, true, &fd, &a.why), 0);
    close(fd);
    remove_long_way();
    snprintf(file, sizeof file, "%s/.rc.d/a.wav", folder);
    end(&a);
}

/* It is a file system's first folder that one in it is hidden in. */
static void home_is_the_root(void **state)
{
    char *before = strdup(getenv("HOME") ? getenv("HOME") : "");

    (void)state;
    setenv("HOME", "/", 1);
    assert_true(folders_is_hidden("/.rc.d"));
    assert_false(folders_is_hidden("/"));
    assert_false(folders_is_hidden("/rc.d"));
    setenv("HOME", "/tmp//", 1);
    assert_true(folders_is_hidden("/tmp/.rc.d"));
    assert_false(folders_is_hidden("/tmp"));
    assert_true(folders_is_hidden(NULL)); /* nobody knows it */
    setenv("HOME", before, 1);
    free(before);
}

/* What was judged is what is opened, whatever takes its name meanwhile. */
static void another_takes_its_name(void **state)
{
    char moved[128];
    const char *name;
    char *real;
    int fd;

    (void)state;
    snprintf(file, sizeof file, "%s/one", folder);
    snprintf(moved, sizeof moved, "%s/two", folder);
    snprintf(other, sizeof other, "%s/one/a.wav", folder);
    assert_int_equal(mkdir(file, 0700), 0);
    fd = folders_open(other, &name);
    assert_true(fd >= 0);
    assert_string_equal(name, "a.wav");
    assert_int_equal(rename(file, moved), 0);
    real = folders_of(fd);
    assert_non_null(real);
    assert_string_equal(real, moved);
    free(real);
    assert_int_equal(folders_open(other, &name), -ENOENT);
    assert_int_equal(rmdir(moved), 0);
    close(fd);
}

/* --- contacts ------------------------------------------------------------------------------- */

static const struct contacts_edit bob = {.name = "bob", .address = "sip:b@h", .fresh = true};

static void name_files(const char *second)
{
    snprintf(file, sizeof file, "%s/contacts", folder);
    snprintf(other, sizeof other, "%s/%s", folder, second);
}

static void those_of_the_configuration(void **state)
{
    struct asked a;
    char text[64] = "";
    int fd;

    (void)state;
    name_files("others");
    put_file(other, "carol = sip:c@h\n");
    begin(&a, file, NULL);
    assert_int_equal(helper_edit_contacts(a.helper, &bob, &a.why), 0);
    assert_int_equal(helper_open_contacts(a.helper, file, &fd, &a.why), 0);
    assert_int_equal(read(fd, text, sizeof text), 14);
    assert_string_equal(text, "bob = sip:b@h\n");
    close(fd);
    assert_int_equal(helper_open_contacts(a.helper, other, &fd, &a.why), -EACCES);
    buf_clear(&a.why);
    assert_int_equal(helper_edit_contacts(a.helper, &bob, &a.why), -EEXIST);
    assert_non_null(strstr(buf_cstr(&a.why), "already"));
    end(&a);
}

/* A phone that may write beside its contacts puts a link to a key in their place. */
static void a_link_made_later(void **state)
{
    struct asked a;
    int fd;

    (void)state;
    name_files("id_rsa");
    put_file(file, "carol = sip:c@h\n");
    put_file(other, KEY);
    begin(&a, file, NULL);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(symlink(other, file), 0);
    assert_int_equal(helper_open_contacts(a.helper, file, &fd, &a.why), -ELOOP);
    assert_int_not_equal(helper_edit_contacts(a.helper, &bob, &a.why), 0);
    end(&a);
}

/* A link that the person made before is another matter. */
static void a_link_of_before(void **state)
{
    struct asked a;
    int fd;

    (void)state;
    name_files("friends");
    put_file(other, "carol = sip:c@h\n");
    assert_int_equal(symlink(other, file), 0);
    begin(&a, file, NULL);
    assert_int_equal(helper_edit_contacts(a.helper, &bob, &a.why), 0);
    assert_int_equal(helper_open_contacts(a.helper, file, &fd, &a.why), 0);
    close(fd);
    end(&a);
}

int main(void)
{
    static const struct CMUnitTest contacts[] = {
        {"those of the configuration and no others", those_of_the_configuration, NULL, NULL, NULL},
        {"nor what a link made later leads to", a_link_made_later, NULL, NULL, NULL},
        {"one that was a link before is read and written", a_link_of_before, NULL, NULL, NULL},
    };
    static const struct CMUnitTest ways[] = {
        {"by a way that is too long to tell", a_way_too_long, NULL, NULL, NULL},
        {"where the root is the home folder", home_is_the_root, NULL, NULL, NULL},
        {"a folder moved meanwhile", another_takes_its_name, NULL, NULL, NULL},
    };
    int failed;

    snprintf(folder, sizeof folder, "/tmp/t_helper_XXXXXX");
    if (!temporary_folder(folder))
        return 1;
    for (size_t i = 0; i < ARRAY_LEN(hidden); i++) {
        snprintf(file, sizeof file, "%s/%s", folder, hidden[i]);
        if (mkdir(file, 0700) != 0)
            return 1;
    }
    snprintf(file, sizeof file, "%s/.data", folder);
    setenv("XDG_DATA_HOME", file, 1);
    failed = RUN_ROWS("phone/helper", rows, check_row);
    failed += cmocka_run_group_tests_name("phone/helper, hidden folders", ways, NULL, NULL);
    failed += cmocka_run_group_tests_name("phone/helper, contacts", contacts, NULL, NULL);
    for (size_t i = ARRAY_LEN(hidden); i-- > 0;) {
        snprintf(file, sizeof file, "%s/%s", folder, hidden[i]);
        rmdir(file);
    }
    rmdir(folder);
    return failed;
}
