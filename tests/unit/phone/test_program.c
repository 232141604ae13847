/* Programs beside us: what they read, what they write, and how they come to an end; what has
 * nothing to do with a password, which test_password.c looks at. */
#include "phone/program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "net/loop.h"
#include "tests/lib/rows.h"

#define LIMIT_MS 20000

struct answer {
    unsigned times;
    enum program_fault fault;
    struct buf out, sentence;
    const struct program_spec *spec;
};

static const struct row {
    const char *name, *script, *input;
    uint64_t ms, grace_ms;
    bool is_group;
    const char *out, *sentence;
} rows[] = {
    {"it reads its input to the end", "cat; echo .", "one\ntwo\n", 0, 0, true, "one\ntwo\n.\n", ""},
    {"what it does not read harms nobody", "echo done", "x", 0, 0, true, "done\n", ""},
    {"its environment is the one given", "echo $WORD$HOME", NULL, 0, 0, true, "given\n", ""},
    {"all of its output is kept", "echo a; echo b", NULL, 0, 0, false, "a\nb\n", ""},
    {"one that takes too long may tidy up",
     "exec 2>/dev/null; trap 'echo tidy; exit 0' TERM; while :; do "
     "sleep 0.05; done",
     NULL, 300, 10000, true, "tidy\n", " did not end within 0 seconds"},
    {"one that will not hear is killed", "trap '' TERM; while :; do sleep 0.05; done", NULL, 200,
     200, true, "", " did not end within 0 seconds"},
    {"with what it started", "sleep 60 & echo $!; sleep 60", NULL, 300, 300, true, NULL,
     " did not end within 0 seconds"},
    {"what it leaves behind is ended with it", "sleep 60 & echo $!", NULL, 0, 0, true, NULL, ""},
};

static void on_end(void *arg, const struct program_end *end)
{
    struct answer *a = arg;

    a->times++;
    a->fault = end->fault;
    buf_put(&a->out, end->out);
    program_put_fault(end, a->spec, &a->sentence);
    program_put_said(end, &a->sentence);
}

/* A zombie that init has not waited for yet is gone for us. */
static void assert_gone(int pid)
{
    uint64_t until_ms = net_now_ms() + LIMIT_MS;
    char path[64], state = 'Z';

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    do {
        FILE *file = fopen(path, "r");

        if (!file)
            return;
        if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
            state = 'Z';
        fclose(file);
    } while (state != 'Z' && net_now_ms() < until_ms);
    assert_int_equal(state, 'Z');
}

static void run_until_told(const struct program_spec *spec, struct answer *a)
{
    uint64_t until_ms = net_now_ms() + LIMIT_MS;
    struct net_loop *loop;
    struct program *program;

    assert_int_equal(net_loop_new(&loop), 0);
    assert_int_equal(program_start(loop, spec, on_end, a, &program), 0);
    while (a->times == 0 && net_now_ms() < until_ms)
        net_loop_turn(loop, true);
    program_free(program);
    net_loop_free(loop);
}

static void check_row(void **state)
{
    const struct row *row = *state;
    char shell[] = "/bin/sh", option[] = "-c", word[] = "WORD=given", path[] = "PATH=/usr/bin:/bin";
    char *script = slice_dup(slice_of(row->script));
    char *words[] = {shell, option, script, NULL}, *environment[] = {word, path, NULL};
    char kept[256];
    struct program_spec spec = {.words = words,
                                .environment = environment,
                                .input = slice_of(row->input),
                                .out = kept,
                                .out_max = sizeof kept,
                                .ms = row->ms ? row->ms : LIMIT_MS,
                                .grace_ms = row->grace_ms,
                                .is_group = row->is_group};
    struct answer a = {.out = buf_new(512), .sentence = buf_new(2048), .spec = &spec};

    run_until_told(&spec, &a);
    assert_int_equal(a.times, 1);
    if (row->out)
        assert_slice(buf_slice(&a.out), row->out);
    else
        assert_gone(atoi(buf_cstr(&a.out)));
    assert_slice(buf_slice(&a.sentence), row->sentence);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left, not even as a zombie */
    buf_free(&a.out);
    buf_free(&a.sentence);
    free(script);
}

/* Only a name that is wrong is worth a look. */
static const struct unstarted {
    const char *name;
    int err;
    const char *sentence;
} unstarted[] = {
    {"a name that is not there", -ENOENT,
     " cannot be started: No such file or directory; check its name"},
    {"a script that does not say what runs it", -ENOEXEC,
     " cannot be started: it is neither a program nor a script whose first line is #! and what "
     "runs it"},
    {"no memory", -ENOMEM, " cannot be started: Cannot allocate memory"},
    {"too many files", -EMFILE, " cannot be started: Too many open files"},
    {"too many programs", -EAGAIN, " cannot be started: too much is running already"},
    {"a dead helper", -EPIPE,
     " is lost: the helper of this phone, which starts programs, has died"},
};

static void check_unstarted(void **state)
{
    const struct unstarted *row = *state;
    const struct program_end end = {.fault = PROGRAM_NOT_STARTED, .number = row->err};
    const struct program_spec spec = {0};
    struct buf sentence = buf_new(256);

    program_put_fault(&end, &spec, &sentence);
    assert_string_equal(buf_cstr(&sentence), row->sentence);
    buf_free(&sentence);
}

int main(void)
{
    int failed;

    signal(SIGPIPE, SIG_IGN);
    failed = RUN_ROWS("phone/program", rows, check_row);
    return failed + RUN_ROWS("phone/program, not started", unstarted, check_unstarted);
}
