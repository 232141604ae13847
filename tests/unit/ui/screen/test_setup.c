/* The questions of the first start: what is asked, what becomes of answers, what is written. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "phone/config.h"
#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"
#include "ui/screen/setup.h"

#define ANSWERS_MAX 10u

static const struct row {
    const char *name;
    const char *answers[ANSWERS_MAX]; /* to each step; NULL: no more. "!": one step back */
    const char *at;                   /* the step that is asked then; NULL: it is over */
    const char *has, *lacks;          /* of the configuration; NULL: not looked at */
} rows[] = {
    /* clang-format off */
    {"an address is asked first", {NULL}, "address", NULL, NULL},
    {"without one only the device is asked", {"", NULL}, "device", "\n#[account alice]\n", "\nuri"},
    {"an address must be one", {"a b", NULL}, "address", NULL, "a b"},
    {"an address that wants TLS", {"sips:alice@h.example", NULL}, "password", "\nuri = sips:alice@h.example\n", NULL},
    {"its password is asked", {"alice@h.example", NULL}, "password", "\nuri = alice@h.example\n", NULL},
    {"blanks around an address go", {"  alice@h.example ", NULL}, "password", "\nuri = alice@h.example\n", NULL},
    {"the label is its user", {"sip:alice@h.example", NULL}, "password", "\n[account alice]\n", NULL},
    {"a user that is no label", {"sip:al.ice;x@h.example", NULL}, "password", "\n[account account]\n", NULL},
    {"a password keeps its blanks", {"alice@h.example", "two  words", NULL}, "server", "\npassword = two  words\n", NULL},
    {"but for those at its ends", {"alice@h.example", " x", NULL}, "password", NULL, "x\n"},
    {"a password leaves the command out", {"alice@h.example", "secret", NULL}, "server", "\npassword = secret\n", "password-command"},
    {"no password: which program prints it", {"alice@h.example", "", NULL}, "password-command", "\n#password = \n", NULL},
    {"a program", {"alice@h.example", "", "pass sip", NULL}, "server", "\npassword-command = pass sip\n", "password ="},
    {"quotes that do not close", {"alice@h.example", "", "pass 'sip", NULL}, "password-command", NULL, "'sip"},
    {"neither", {"alice@h.example", "", "", NULL}, "server", "\n#password-command = \n", NULL},
    {"a server", {"alice@h.example", "x", "sip:pbx.example", NULL}, "test", "\nproxy = sip:pbx.example\n", NULL},
    {"a server that is none", {"alice@h.example", "x", "pbx pbx", NULL}, "server", NULL, "pbx"},
    {"the test is passed over", {"alice@h.example", "x", "", "", NULL}, "device", "\n#proxy = \n", NULL},
    {"back from the test is the address", {"alice@h.example", "x", "", "back", NULL}, "address", NULL, NULL},
    {"what it does not know it says", {"alice@h.example", "x", "", "hm", NULL}, "test", NULL, NULL},
    {"one step back", {"alice@h.example", "x", "!", NULL}, "password", NULL, NULL},
    {"back passes over the test", {"alice@h.example", "x", "", "", "!", NULL}, "server", NULL, NULL},
    {"back passes over what was not asked", {"", "!", NULL}, "address", NULL, NULL},
    {"a device by its name", {"", "none", NULL}, "write", "\ndevice = none\n", NULL},
    {"a device by its number", {"", "2", NULL}, "write", "\ndevice = Head set\n", NULL},
    {"a number that no device has", {"", "3", NULL}, "device", "\n#device = \n", NULL},
    {"a device is tried", {"", "tone 2", NULL}, "device", "\n#device = \n", NULL},
    {"or one that is not there", {"", "record 3", NULL}, "device", NULL, NULL},
    {"no device named", {"", "", NULL}, "write", "\n#device = \n", NULL},
    {"no means that all is forgotten", {"alice@h.example", "x", "", "", "", "no", NULL}, NULL, NULL, "alice@h.example"},
    /* clang-format on */
};

/* The account is refused, two devices are found, and nothing is written. */
static void work(void *arg)
{
    struct setup *s = arg;

    if (s->work == SETUP_TEST_ACCOUNT) {
        setup_tested(s, false, "refused");
    } else if (s->work == SETUP_TEST_DEVICE) {
        assert_string_equal(s->device, "Head set");
        setup_tested(s, true, "played");
    } else if (s->work == SETUP_LIST_DEVICES) {
        setup_add_device(s, "Speakers");
        setup_add_device(s, "Head set");
        setup_listed(s);
    }
}

static void begin(struct setup *s)
{
    setup_init(s, "/nowhere/tphone.conf");
    s->changed = work;
    s->arg = s;
}

static bool contains(struct buf *text, const char *part)
{
    return strstr(buf_cstr(text), part) != NULL;
}

/* Whatever was answered is a configuration. */
static void check_config(struct buf *text)
{
    struct buf why = buf_new(4096);
    struct phone_config config;

    config_init(&config);
    if (config_read_text(&config, buf_slice(text), "draft", &why) != 0)
        fail_msg("%s", buf_cstr(&why));
    config_free(&config);
    buf_free(&why);
}

static void check_row(void **state)
{
    const struct row *row = *state;
    struct buf text = buf_new(65536);
    struct setup s;

    begin(&s);
    for (size_t i = 0; row->answers[i]; i++) {
        if (strcmp(row->answers[i], "!") == 0)
            setup_back(&s);
        else
            setup_answer(&s, slice_of(row->answers[i]));
    }
    assert_string_equal(setup_step(&s) ? setup_step(&s)->name : "", row->at ? row->at : "");
    setup_put_config(&s, &text);
    check_config(&text);
    if (row->has && !contains(&text, row->has))
        fail_msg("%s is not in %s", row->has, buf_cstr(&text));
    if (row->lacks && contains(&text, row->lacks))
        fail_msg("%s is in %s", row->lacks, buf_cstr(&text));
    setup_free(&s);
    buf_free(&text);
}

static void a_password_is_never_shown(void **state)
{
    struct buf shown = buf_new(1024);
    struct setup s;

    (void)state;
    begin(&s);
    setup_answer(&s, SLICE("alice@h.example"));
    setup_answer(&s, SLICE("two words"));
    for (size_t i = 0; setup_step_at(i); i++)
        setup_put_answer(&s, i, &shown);
    assert_false(contains(&shown, "words"));
    assert_true(contains(&shown, "not shown"));
    setup_free(&s);
    buf_free(&shown);
}

static void never_done(void *arg)
{
    (void)arg;
}

static void who_goes_back_does_not_wait(void **state)
{
    struct setup s;

    (void)state;
    begin(&s);
    s.changed = never_done;
    setup_answer(&s, SLICE("alice@h.example"));
    setup_answer(&s, SLICE("x"));
    setup_answer(&s, SLICE(""));
    assert_true(s.working);
    setup_answer(&s, SLICE("ignored meanwhile"));
    assert_string_equal(setup_step(&s)->name, "test");
    assert_true(setup_back(&s));
    assert_false(s.working);
    assert_string_equal(setup_step(&s)->name, "server");
    setup_tested(&s, true, "too late");
    assert_int_equal(s.outcome.n, 0);
    setup_free(&s);
}

/* --- the file ------------------------------------------------------------------------------- */

static void check_mode(const char *path, unsigned mode)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, mode);
}

static void a_file_is_for_its_owner_and_written_once(void **state)
{
    char folder[TEMPORARY_MAX] = "/tmp/tphone-setup-XXXXXX", path[128], above[128];

    (void)state;
    assert_non_null(temporary_folder(folder));
    snprintf(above, sizeof above, "%s/a", folder);
    snprintf(path, sizeof path, "%s/a/tphone.conf", folder);
    umask(0);
    assert_int_equal(setup_write_file(path, SLICE("one\n")), 0);
    check_mode(path, 0600);
    check_mode(above, 0700);
    assert_int_equal(setup_write_file(path, SLICE("two\n")), -EEXIST);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(setup_write_file(path, SLICE("two\n")), -EEXIST);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(above), 0); /* and nothing else lies there */
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(a_password_is_never_shown),
        cmocka_unit_test(who_goes_back_does_not_wait),
        cmocka_unit_test(a_file_is_for_its_owner_and_written_once),
    };

    return RUN_ROWS("ui/screen/setup", rows, check_row) +
           cmocka_run_group_tests_name("ui/screen/setup", others, NULL, NULL);
}
