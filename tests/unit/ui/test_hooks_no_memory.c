/* Commands of events, each allocation of which fails once: the command gets all of its event, in
 * its input and in its environment, or is not started, and that is told; the next one is started.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/loop.h"
#include "tests/lib/memory.h"
#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"
#include "ui/hooks.h"

#define LIMIT_MS 20000

struct fixture {
    char folder[64], script[96], out[96];
    struct phone_config config;
    struct net_loop *loop;
    struct hooks *hooks;
    unsigned told;
    bool idle;
};

/* What it was told, but for the time. */
static const char script[] =
    "#!/bin/sh\n"
    "{ env | grep '^TPHONE' | grep -v '^TPHONE_TIME=' | sort; sed 's/\"time\":[0-9.]*,//'; } "
    ">\"$0.part\"\nmv \"$0.part\" \"$0.out\"\n";
static const char wanted[] =
    "TPHONE_CALL=7\nTPHONE_EVENT=incoming\nTPHONE_PEER=sip:p@h\nTPHONE_PEER_NAME=P\n"
    "TPHONE_TARGET=sip:t@h\nTPHONE_V=1\n"
    "{\"v\":1,\"event\":\"incoming\",\"call\":7,\"peer\":\"sip:p@h\",\"peer_name\":\"P\","
    "\"target\":\"sip:t@h\"}\n";

static void on_failed(void *arg, const char *sentence)
{
    struct fixture *f = arg;

    assert_true(*sentence);
    f->told++;
}

static void on_idle(void *arg)
{
    struct fixture *f = arg;

    f->idle = true;
}

static void set_hook(struct fixture *f)
{
    struct config_fault fault = {.text = buf_new(1024)};
    char value[128];

    snprintf(value, sizeof value, "incoming %s", f->script);
    config_init(&f->config);
    assert_int_equal(config_set(&f->config, SLICE("on-event"), slice_of(value), &fault), 0);
    buf_free(&fault.text);
}

static int set_up(void **state)
{
    static struct fixture f;
    FILE *file;

    f = (struct fixture){.folder = "/tmp/tphone-hooks-XXXXXX"};
    assert_non_null(temporary_folder(f.folder));
    snprintf(f.script, sizeof f.script, "%s/hook", f.folder);
    snprintf(f.out, sizeof f.out, "%s/hook.out", f.folder);
    file = fopen(f.script, "w");
    assert_non_null(file);
    assert_true(fputs(script, file) >= 0);
    assert_int_equal(fchmod(fileno(file), 0700), 0);
    assert_int_equal(fclose(file), 0);
    set_hook(&f);
    assert_int_equal(net_loop_new(&f.loop), 0);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    config_free(&f->config);
    net_loop_free(f->loop);
    unlink(f->script);
    rmdir(f->folder);
    return 0;
}

/* Whether the command has run; what it was told is all or nothing. */
static bool has_run(struct fixture *f)
{
    char text[1024] = "";
    FILE *file = fopen(f->out, "r");

    if (!file)
        return false;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    unlink(f->out);
    assert_string_equal(text, wanted);
    return true;
}

/* The event, until its command has ended. */
static bool happens(struct fixture *f)
{
    static const struct phone_event event = {.kind = PHONE_INCOMING,
                                             .call = 7,
                                             .peer = "sip:p@h",
                                             .peer_name = "P",
                                             .target = "sip:t@h"};
    uint64_t until_ms = net_now_ms() + LIMIT_MS;

    f->idle = false;
    f->told = 0;
    hooks_event(f->hooks, &event);
    hooks_finish(f->hooks, until_ms, on_idle);
    while (!f->idle) {
        assert_true(net_now_ms() < until_ms);
        net_loop_turn(f->loop, true);
    }
    return has_run(f);
}

static void each_fails(void **state)
{
    struct fixture *f = *state;
    unsigned n = 1, ran = 0;
    bool failed = true;

    for (; failed; n++) {
        bool runs;

        /* Anew, as only some failures a minute are told. */
        assert_int_equal(hooks_new(f->loop, &f->config, on_failed, f, &f->hooks), 0);
        memory_fail_at(n);
        runs = happens(f);
        failed = memory_has_failed();
        memory_fail_at(0);
        assert_true(runs || f->told > 0);
        assert_true(runs || failed);
        ran += runs;
        assert_true(happens(f));
        hooks_free(f->hooks);
    }
    print_message("%u allocations: %u commands all the same\n", n - 2, ran);
    assert_true(n > 20);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        {"a command for an event", each_fails, set_up, tear_down, NULL},
    };

    if (getenv("CMOCKA_MESSAGE_OUTPUT"))
        cmocka_set_message_output(CM_OUTPUT_TAP); /* as the runner wants it */
    if (clearenv() != 0 || setenv("PATH", "/usr/bin:/bin", 1) != 0)
        return 1;
    json_set_alloc_funcs(malloc, free); /* those of the library of JSON fail, too */
    return cmocka_run_group_tests_name("ui/hooks: no memory", tests, NULL, NULL);
}
