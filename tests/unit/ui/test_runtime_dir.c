/* Whose folder it is decides who speaks for the daemon. */
#include "ui/runtime_dir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"

static uid_t more; /* what geteuid says above the truth */

uid_t __real_geteuid(void);
uid_t __wrap_geteuid(void);

uid_t __wrap_geteuid(void)
{
    return __real_geteuid() + more;
}

struct fixture {
    char run[TEMPORARY_MAX], folder[96], control[112];
    struct buf out, why;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    *f =
        (struct fixture){.run = "/tmp/test-run-XXXXXX", .out = buf_new(4096), .why = buf_new(4096)};
    more = 0;
    assert_non_null(temporary_folder(f->run));
    snprintf(f->folder, sizeof f->folder, "%s/tphone", f->run);
    snprintf(f->control, sizeof f->control, "%s/control", f->folder);
    setenv("XDG_RUNTIME_DIR", f->run, 1);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    unlink(f->folder);
    rmdir(f->folder);
    assert_int_equal(rmdir(f->run), 0);
    buf_free(&f->out);
    buf_free(&f->why);
    free(f);
    return 0;
}

static void the_folder_is_made_for_us_alone(void **state)
{
    struct fixture *f = *state;
    struct stat there;
    mode_t before = umask(0);

    assert_int_equal(runtime_dir_socket(NULL, true, &f->out, &f->why), 0);
    umask(before);
    assert_string_equal(buf_cstr(&f->out), f->control);
    assert_int_equal(stat(f->folder, &there), 0);
    assert_int_equal(there.st_mode & 07777, 0700);
    buf_clear(&f->out);
    assert_int_equal(runtime_dir_socket(NULL, false, &f->out, &f->why), 0);
    assert_string_equal(buf_cstr(&f->out), f->control);
}

static void who_only_looks_makes_nothing(void **state)
{
    struct fixture *f = *state;
    struct stat there;

    assert_int_equal(runtime_dir_socket(NULL, false, &f->out, &f->why), -ENOENT);
    assert_int_equal(stat(f->folder, &there), -1);
    assert_int_equal(f->why.n, 0);
    setenv("XDG_RUNTIME_DIR", "/nowhere/at/all", 1);
    assert_int_equal(runtime_dir_socket(NULL, false, &f->out, &f->why), -ENOENT);
    assert_int_equal(f->why.n, 0);
    assert_int_equal(f->out.n, 0);
}

static void a_session_that_has_no_folder_is_told(void **state)
{
    struct fixture *f = *state;

    setenv("XDG_RUNTIME_DIR", "/nowhere/at/all", 1);
    assert_int_equal(runtime_dir_socket(NULL, true, &f->out, &f->why), -ENOENT);
    assert_string_equal(buf_cstr(&f->why), "/nowhere/at/all: No such file or directory");
}

static void check_refused(struct fixture *f, const char *path, const char *sentence)
{
    for (int make = 0; make < 2; make++) {
        buf_clear(&f->why);
        assert_int_equal(runtime_dir_socket(NULL, make, &f->out, &f->why), -EPERM);
        assert_int_equal(f->out.n, 0);
        assert_non_null(strstr(buf_cstr(&f->why), path));
        assert_non_null(strstr(buf_cstr(&f->why), sentence));
    }
}

static void a_folder_open_to_others_is_refused(void **state)
{
    struct fixture *f = *state;

    for (mode_t mode = 0701; mode != 0; mode = mode == 0701 ? 0710 : mode == 0710 ? 0777 : 0) {
        assert_int_equal(mkdir(f->folder, 0700), 0);
        assert_int_equal(chmod(f->folder, mode), 0);
        check_refused(f, f->folder, "others may enter it");
        rmdir(f->folder);
    }
}

static void a_link_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(symlink("/tmp", f->folder), 0);
    check_refused(f, f->folder, "not a folder of its own");
    unlink(f->folder);
    assert_int_equal(symlink("/nowhere/at/all", f->folder), 0);
    check_refused(f, f->folder, "not a folder of its own");
}

static void a_folder_that_others_may_swap_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(mkdir(f->folder, 0700), 0);
    assert_int_equal(chmod(f->run, 0777), 0);
    check_refused(f, f->run, "others may write there");
    assert_int_equal(chmod(f->run, 01777), 0); /* as /tmp is */
    assert_int_equal(runtime_dir_socket(NULL, true, &f->out, &f->why), 0);
}

static void the_folder_of_another_user_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(mkdir(f->folder, 0700), 0);
    if (__real_geteuid() == 0)
        assert_int_equal(chown(f->run, 4711, 4711), 0);
    more = 42;
    check_refused(f, f->run, "belongs to another user");
    more = 0;
    if (__real_geteuid() == 0)
        assert_int_equal(chown(f->run, 0, 0), 0);
}

/* Ours is the folder above, as /tmp is root's, but not the one in it. */
static void what_another_user_has_made_in_tmp_is_refused(void **state)
{
    struct fixture *f = *state;
    char mine[64];

    unsetenv("XDG_RUNTIME_DIR");
    more = (uid_t)(getpid() + 100000); /* of nobody, and so of this test alone */
    snprintf(mine, sizeof mine, "/tmp/tphone-%lu", (unsigned long)(__real_geteuid() + more));
    assert_int_equal(mkdir(mine, 0700), 0);
    check_refused(f, mine, "belongs to another user");
    assert_int_equal(rmdir(mine), 0);
    assert_int_equal(runtime_dir_socket(NULL, false, &f->out, &f->why), -ENOENT);
    setenv("XDG_RUNTIME_DIR", "not/absolute", 1);
    assert_int_equal(mkdir(mine, 0700), 0);
    check_refused(f, mine, "belongs to another user");
    assert_int_equal(rmdir(mine), 0);
}

static void what_a_person_says_stands_as_it_is(void **state)
{
    struct fixture *f = *state;
    char much[200];

    assert_int_equal(runtime_dir_socket("here/sock", true, &f->out, &f->why), 0);
    assert_string_equal(buf_cstr(&f->out), "here/sock");
    memset(much, 'x', sizeof much);
    much[sizeof much - 1] = '\0';
    assert_int_equal(runtime_dir_socket(much, true, &f->out, &f->why), -ENAMETOOLONG);
    assert_non_null(strstr(buf_cstr(&f->why), "longer than the 107 bytes"));
    assert_string_equal(buf_cstr(&f->out), "here/sock");
}

static void a_long_name_of_the_session_is_told(void **state)
{
    struct fixture *f = *state;
    char folder[160];
    int n = snprintf(folder, sizeof folder, "%s/", f->run);

    memset(folder + n, 'x', 100);
    folder[n + 100] = '\0';
    assert_int_equal(mkdir(folder, 0700), 0);
    setenv("XDG_RUNTIME_DIR", folder, 1);
    assert_int_equal(runtime_dir_socket(NULL, true, &f->out, &f->why), -ENAMETOOLONG);
    assert_non_null(strstr(buf_cstr(&f->why), "--socket"));
    snprintf(f->folder, sizeof f->folder, "%s", "");
    strncat(folder, "/tphone", sizeof folder - strlen(folder) - 1);
    rmdir(folder);
    *strrchr(folder, '/') = '\0';
    rmdir(folder);
}

/* clang-format off */
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
static const struct CMUnitTest tests[] = {
    TEST(the_folder_is_made_for_us_alone),
    TEST(who_only_looks_makes_nothing),
    TEST(a_session_that_has_no_folder_is_told),
    TEST(a_folder_open_to_others_is_refused),
    TEST(a_link_is_refused),
    TEST(a_folder_that_others_may_swap_is_refused),
    TEST(the_folder_of_another_user_is_refused),
    TEST(what_another_user_has_made_in_tmp_is_refused),
    TEST(what_a_person_says_stands_as_it_is),
    TEST(a_long_name_of_the_session_is_told),
};
/* clang-format on */

int main(void)
{
    return cmocka_run_group_tests_name("ui/runtime_dir", tests, NULL, NULL);
}
