/* What the helper of a screen does, and what it does not, whoever asks. */
#include "ui/screen/screen_helper.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/spawner.h"
#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"
#include "ui/screen/screen_helper_private.h"

#define PROGRAM "[account a]\nuri = sip:a@localhost\npassword-command = true\n"
#define PLAIN                                                                                      \
    "# one\n\ndevice = none\n[account a]\nuri = sip:a@localhost\npassword = x\nproxy = sip:b\n"

static char folder[64], hidden[80], draft[128], settings[128];

struct stage {
    struct cli cli;
    struct net_spawner *helper;
    struct buf why;
};

static void begin(struct stage *t, bool no_sandbox, bool knows_phone)
{
    *t = (struct stage){.why = buf_new(8192)};
    config_init(&t->cli.config);
    t->cli.config.no_sandbox = no_sandbox;
    assert_int_equal(screen_helper_new(&t->cli, draft, settings, &t->helper, &t->why), 0);
    if (knows_phone)
        assert_int_equal(screen_helper_knows_phone(t->helper, &t->why), 0);
}

static void end(struct stage *t)
{
    net_spawner_free(t->helper);
    config_free(&t->cli.config);
    buf_free(&t->why);
}

static void put_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    fclose(f);
}

static void expect_text(const char *path, const char *wanted)
{
    char text[512] = "";
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    assert_true(fread(text, 1, sizeof text - 1, f) < sizeof text);
    fclose(f);
    assert_string_equal(text, wanted);
}

/* --- traces --------------------------------------------------------------------------------- */

/* clang-format off */
static const struct row {
    const char *name, *file;
    const char *text;      /* that is there already; NULL: nothing */
    bool no_sandbox;
    int err;
    const char *why;
} rows[] = {
    {"a trace is made", "a.pcap", NULL, false, 0, ""},
    {"whatever the case of its name", "A.TXT", NULL, false, 0, ""},
    {"over what is empty", "a.log", "", false, 0, ""},
    {"not over anything else", "a.txt", "x", false, -EEXIST, ""},
    {"nor under the name of a program", "make", NULL, false, -EACCES, ".txt, .log, .pcap or .cap"},
    {"nor of settings", ".bashrc", NULL, false, -EACCES, ".txt, .log, .pcap or .cap"},
    {"nor in a hidden folder", ".rc.d/a.txt", NULL, false, -EACCES, "hidden folder"},
    {"nor in none", "no/a.txt", NULL, false, -ENOENT, ""},
    {"without a sandbox under any name", "make", NULL, true, 0, ""},
    {"and in any folder", ".rc.d/a", NULL, true, 0, ""},
};
/* clang-format on */

static void check_trace(void **state)
{
    const struct row *row = *state;
    char path[160];
    struct stage t;
    struct stat st;
    int fd;

    begin(&t, row->no_sandbox, true);
    snprintf(path, sizeof path, "%s/%s", folder, row->file);
    if (row->text)
        put_file(path, row->text);
    assert_int_equal(screen_helper_open_trace(t.helper, path, &fd, &t.why), row->err);
    assert_non_null(strstr(buf_cstr(&t.why), row->why));
    assert_int_equal(fd >= 0, row->err == 0);
    if (row->err == 0) {
        assert_int_equal(fstat(fd, &st), 0);
        assert_true(row->text || (st.st_mode & 077) == 0);
        close(fd);
    }
    unlink(path);
    end(&t);
}

/* --- settings ------------------------------------------------------------------------------- */

/* clang-format off */
static const struct draft_row {
    const char *name, *text;
    bool knows_phone;
    int err;
} drafts[] = {
    {"what a set-up asks is written", PLAIN, true, 0},
    {"a program before there was a telephone", PROGRAM, false, 0},
    {"not afterwards", PROGRAM, true, -EACCES},
    {"nor a file as a device", "device = file:/etc/passwd\n", true, -EACCES},
    {"a hook never", "on-event = listening true\n", false, -EACCES},
    {"nor behind a mark of UTF-8", "\xef\xbb\xbf" "on-event = listening true\n", false, -EACCES},
    {"nor the end of the sandbox", "sandbox = no\n", false, -EACCES},
};
/* clang-format on */

static void check_draft(void **state)
{
    const struct draft_row *row = *state;
    struct slice text = slice_of(row->text);
    struct stage t;
    int fd;

    begin(&t, false, row->knows_phone);
    assert_int_equal(screen_helper_write_settings(t.helper, text, &t.why), row->err);
    if (row->err) {
        assert_non_null(strstr(buf_cstr(&t.why), "the sandbox"));
        assert_int_equal(screen_helper_try(t.helper, SETUP_TEST_ACCOUNT, text, &fd, &t.why),
                         row->err);
    } else {
        expect_text(draft, row->text);
        assert_int_equal(screen_helper_write_settings(t.helper, text, &t.why), -EEXIST);
    }
    unlink(draft);
    end(&t);
}

/* clang-format off */
static const struct keep_row {
    const char *name, *setting, *value;
    bool knows_phone, refused;
} keeps[] = {
    {"a device", "device", "Head set", true, false},
    {"several that ring", "ring-device", "Head set", true, false},
    {"a file before there was a telephone", "device", "file:a.wav", false, false},
    {"not afterwards", "device", " FILE:a.wav", true, true},
    {"no other setting", "on-event", "listening true", false, true},
    {"nor behind the end of a line", "device", "none\non-event = listening true", false, true},
};
/* clang-format on */

static void check_keep(void **state)
{
    const struct keep_row *row = *state;
    const char *const values[] = {row->value};
    const struct config_kept kept = {row->setting, values, 1};
    char wanted[256];
    struct stage t;

    put_file(settings, "# mine\n");
    begin(&t, false, row->knows_phone);
    assert_int_equal(screen_helper_keep(t.helper, settings, &kept, 1, &t.why),
                     row->refused ? -EACCES : 0);
    assert_int_equal(t.why.n > 0, row->refused);
    snprintf(wanted, sizeof wanted, "%s = %s\n# mine\n", row->setting, row->value);
    expect_text(settings, row->refused ? "# mine\n" : wanted);
    unlink(settings);
    end(&t);
}

/* --- who knows ------------------------------------------------------------------------------ */

/* Where no process can be had that would note it, nobody may believe that it is noted. */
static void it_cannot_be_told(void **state)
{
    struct rlimit few, before;
    struct stage t;
    int err;

    (void)state;
    begin(&t, false, false);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = (struct rlimit){3, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    err = screen_helper_knows_phone(t.helper, &t.why);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(err, -EMFILE);
    assert_non_null(strstr(buf_cstr(&t.why), "could not be told of the telephone"));
    assert_int_equal(screen_helper_write_settings(t.helper, SLICE(PROGRAM), &t.why), 0);
    unlink(draft);
    end(&t);
}

/* --- tries ---------------------------------------------------------------------------------- */

/* In the place of the tphone that tries: until nothing more can be said to it. */
static int tphone(void)
{
    char byte;

    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    return 0;
}

static void without_memory_for_them_nothing_is_tried(void **state)
{
    struct cli cli = {0};
    const struct screen_side side = {.cli = &cli, .draft = ""};
    char asked[] = {'0' + SETUP_LIST_DEVICES, '\0'};
    struct buf why = buf_new(1024);
    int fd;

    (void)state;
    assert_int_equal(screen_helper_answer(&side, SCREEN_TRY, slice_of(asked), &fd, &why), -ENOMEM);
    assert_int_equal(why.n, 0);
    buf_free(&why);
}

static void so_many_tries_and_no_more(void **state)
{
    int fds[SCREEN_TRIES_MAX], fd, err = -EAGAIN;
    struct stage t;

    (void)state;
    begin(&t, false, false);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        assert_int_equal(
            screen_helper_try(t.helper, SETUP_LIST_DEVICES, SLICE(""), &fds[i], &t.why), 0);
    assert_int_equal(screen_helper_try(t.helper, SETUP_LIST_DEVICES, SLICE(""), &fd, &t.why),
                     -EAGAIN);
    assert_string_equal(buf_cstr(&t.why), "4 accounts or devices are being tried already: wait "
                                          "until one of them is over, a minute at most");
    close(fds[2]);
    for (int i = 0; i < 2000 && err == -EAGAIN; i++, poll(NULL, 0, 5))
        err = screen_helper_try(t.helper, SETUP_LIST_DEVICES, SLICE(""), &fds[2], &t.why);
    assert_int_equal(err, 0);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
    end(&t);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest telling[] = {cmocka_unit_test(it_cannot_be_told)};
    static const struct CMUnitTest trying[] = {
        cmocka_unit_test(so_many_tries_and_no_more),
        cmocka_unit_test(without_memory_for_them_nothing_is_tried),
    };
    char made[TEMPORARY_MAX] = "/tmp/test_screen_helper.XXXXXX";
    int failed;

    (void)argv;
    if (argc > 1)
        return tphone();
    assert_non_null(temporary_folder(made));
    snprintf(folder, sizeof folder, "%s", made);
    snprintf(hidden, sizeof hidden, "%s/.rc.d", folder);
    snprintf(draft, sizeof draft, "%s/tphone.conf", folder);
    snprintf(settings, sizeof settings, "%s/settings", folder);
    assert_int_equal(mkdir(hidden, 0700), 0);
    failed = RUN_ROWS("ui/screen/screen_helper, traces", rows, check_trace);
    failed += RUN_ROWS("ui/screen/screen_helper, drafts", drafts, check_draft);
    failed += RUN_ROWS("ui/screen/screen_helper, devices", keeps, check_keep);
    failed += cmocka_run_group_tests_name("ui/screen/screen_helper, telling", telling, NULL, NULL);
    failed += cmocka_run_group_tests_name("ui/screen/screen_helper, trying", trying, NULL, NULL);
    rmdir(hidden);
    rmdir(folder);
    return failed;
}
