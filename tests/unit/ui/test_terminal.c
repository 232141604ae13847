/* Where --trace writes: what is there already is made private, and no link of others leads it
 * elsewhere. */
#include "ui/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"

static char folder[TEMPORARY_MAX] = "/tmp/terminal.XXXXXX";
static uid_t pretended; /* added to our number */

uid_t __real_geteuid(void);
uid_t __wrap_geteuid(void);

uid_t __wrap_geteuid(void)
{
    return __real_geteuid() + pretended;
}

static const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static mode_t mode_of(const char *name)
{
    struct stat st;

    assert_int_equal(stat(path_of(name), &st), 0);
    return st.st_mode & 07777;
}

static void put_file(const char *name)
{
    FILE *f = fopen(path_of(name), "w");

    assert_non_null(f);
    fputs("of before, and longer\n", f);
    fclose(f);
    assert_int_equal(chmod(path_of(name), 0644), 0);
}

/* What terminal_open returned; a line was written then. */
static int trace_to(const char *path, struct buf *why)
{
    char *copy = strdup(path);
    struct cli cli = {.trace = true, .trace_file = copy};
    struct terminal t;
    int err = terminal_open(&t, &cli, false, why);

    if (!err)
        output_put(t.trace, SLICE("traced\n"));
    terminal_close(&t);
    free(copy);
    return err;
}

static void assert_traced(const char *name)
{
    char text[64] = "";
    FILE *f = fopen(path_of(name), "r");

    assert_non_null(f);
    assert_true(fread(text, 1, sizeof text - 1, f) > 0);
    fclose(f);
    assert_string_equal(text, "traced\n");
    assert_int_equal(mode_of(name), 0600);
}

static void a_file_is_for_its_owner_alone(void **state)
{
    struct buf why = buf_new(512);

    (void)state;
    assert_int_equal(trace_to(path_of("new"), &why), 0);
    assert_traced("new");
    put_file("old");
    assert_int_equal(trace_to(path_of("old"), &why), 0);
    assert_traced("old");
    buf_free(&why);
}

static void links(void **state)
{
    struct buf why = buf_new(512);

    (void)state;
    put_file("behind");
    assert_int_equal(symlink("behind", path_of("link")), 0);
    assert_int_equal(trace_to(path_of("link"), &why), 0);
    assert_traced("behind");
    put_file("behind");
    if (__real_geteuid() == 0)
        assert_int_equal(lchown(path_of("link"), 65534, 65534), 0);
    else
        pretended = 1;
    assert_int_equal(trace_to(path_of("link"), &why), -ELOOP);
    pretended = 0;
    assert_non_null(
        strstr(buf_cstr(&why), "/link: cannot be written: it is a symbolic link that "));
    assert_int_equal(mode_of("behind"), 0644);
    buf_free(&why);
}

static void a_file_of_somebody_else(void **state)
{
    struct buf why = buf_new(512);
    struct stat st;

    (void)state;
    put_file("theirs");
    pretended = 1;
    assert_int_equal(trace_to(path_of("theirs"), &why), -EPERM);
    pretended = 0;
    assert_non_null(strstr(buf_cstr(&why), "/theirs: cannot be written: it is the file of somebo"));
    assert_int_equal(stat(path_of("theirs"), &st), 0);
    assert_int_equal(st.st_size, strlen("of before, and longer\n"));
    buf_free(&why);
}

static void what_is_no_file_stays_as_it_is(void **state)
{
    struct buf why = buf_new(512);
    char text[16] = "", fd_name[64];
    struct stat before, after;
    int fd, ends[2];

    (void)state;
    assert_int_equal(mkfifo(path_of("fifo"), 0644), 0);
    fd = open(path_of("fifo"), O_RDONLY | O_NONBLOCK);
    assert_int_equal(trace_to(path_of("fifo"), &why), 0);
    assert_int_equal(read(fd, text, sizeof text), 7);
    assert_int_equal(mode_of("fifo"), 0644);
    close(fd);
    assert_int_equal(pipe(ends), 0); /* as /dev/stderr is one */
    snprintf(fd_name, sizeof fd_name, "/proc/self/fd/%d", ends[1]);
    assert_int_equal(trace_to(fd_name, &why), 0);
    assert_int_equal(read(ends[0], text, sizeof text), 7);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(stat("/dev/null", &before), 0);
    assert_int_equal(trace_to("/dev/null", &why), 0);
    assert_int_equal(stat("/dev/null", &after), 0);
    assert_int_equal(before.st_mode, after.st_mode);
    buf_free(&why);
}

static int make_folder(void **state)
{
    (void)state;
    return temporary_folder(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"new", "old", "behind", "link", "theirs", "fifo"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unlink(path_of(names[i]));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_for_its_owner_alone),
        cmocka_unit_test(links),
        cmocka_unit_test(a_file_of_somebody_else),
        cmocka_unit_test(what_is_no_file_stays_as_it_is),
    };

    return cmocka_run_group_tests_name("ui/terminal", tests, make_folder, remove_folder);
}
