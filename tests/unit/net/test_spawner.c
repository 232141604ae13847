/* The helper that starts programs, those that it was told of at its birth and no others, and
 * answers questions. */
#include "net/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/loop.h"
#include "net/spawner_private.h"
#include "tests/lib/rows.h"
#include "tests/lib/temporary.h"

#define LIMIT_MS 20000

struct end {
    unsigned times;
    int err, status, by_signal;
};

static void on_end(void *arg, int err, int status, int by_signal)
{
    struct end *e = arg;

    *e = (struct end){e->times + 1, err, status, by_signal};
}

static const struct row {
    const char *name;
    const char *script; /* of sh -c, where it is not one that the helper knows */
    const char *variable;
    int signal;
    struct end end;
} rows[] = {
    {"what it knows is started", NULL, NULL, 0, {1, 0, 3, 0}},
    {"what it does not know is not", "exit 4", NULL, 0, {1, -EPERM, 0, 0}},
    {"variables with our beginning are handed over", NULL, "TPHONE_X=5", 0, {1, 0, 5, 0}},
    {"a signal gets there", NULL, "TPHONE_SLEEP=60", SIGTERM, {1, 0, 0, SIGTERM}},
    {"the helper dies", NULL, "TPHONE_KILL=1", 0, {1, -EPIPE, 0, 0}},
};

static char known[] = "[ \"$TPHONE_SLEEP\" ] && exec sleep $TPHONE_SLEEP;"
                      "[ \"$TPHONE_KILL\" ] && kill -KILL $PPID;"
                      "exit ${TPHONE_X:-3}";

/* A helper that knows one command, and the loop that hears of its end. */
struct rig {
    struct net_spawner *spawner;
    struct net_loop *loop;
    int null; /* for streams */
    struct end end;
    uint64_t until_ms;
};

static struct rig rig_new(char *const *words)
{
    const struct net_spawner_command command = {words};
    const struct net_spawner_spec spec = {.commands = &command, .n = 1};
    struct rig rig = {.null = open("/dev/null", O_RDWR), .until_ms = net_now_ms() + LIMIT_MS};

    assert_int_equal(net_spawner_new(&spec, &rig.spawner), 0);
    assert_int_equal(net_loop_new(&rig.loop), 0);
    assert_int_equal(net_spawner_on(rig.spawner, rig.loop), 0);
    return rig;
}

static void rig_free(struct rig *rig)
{
    net_spawner_off(rig->spawner);
    net_loop_free(rig->loop);
    net_spawner_free(rig->spawner);
    close(rig->null);
}

static struct net_spawned *spawn(struct rig *rig, char *const *words, char *const *environment,
                                 int in, int out)
{
    const int streams[] = {in, out, rig->null};
    struct net_spawned *spawned;

    assert_int_equal(
        net_spawn(rig->spawner, words, environment, true, streams, on_end, &rig->end, &spawned), 0);
    return spawned;
}

static void wait_for_end(struct rig *rig)
{
    while (rig->end.times == 0 && net_now_ms() < rig->until_ms)
        net_loop_turn(rig->loop, true);
}

static void check_row(void **state)
{
    const struct row *row = *state;
    char sh[] = "sh", c[] = "-c", variable[64] = "";
    char *words[] = {sh, c, known, NULL}, *environment[] = {variable, NULL};
    struct rig rig = rig_new(words);
    struct net_spawned *spawned;

    if (row->variable)
        strncpy(variable, row->variable, sizeof variable - 1);
    words[2] = row->script ? (char *)(uintptr_t)row->script : known; /* the helper has its copy */
    spawned = spawn(&rig, words, row->variable ? environment : NULL, rig.null, rig.null);
    if (row->signal)
        assert_int_equal(net_spawned_signal(spawned, row->signal), 0);
    wait_for_end(&rig);
    assert_memory_equal(&rig.end, &row->end, sizeof rig.end);
    rig_free(&rig);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD); /* no helper is left */
}

static const struct kept {
    const char *name;
    bool is_forgotten; /* by who sent the signal */
} kept[] = {
    {"a signal waits for room", false},
    {"and is sent when nobody waits for its program any more", true},
};

static void no_end(void *arg, int err, int status, int by_signal)
{
    (void)arg, (void)err, (void)status, (void)by_signal;
}

/* Orders that the helper would refuse, until no more go in. */
static void fill(struct net_spawner *spawner, const int streams[3])
{
    static char much[SPAWNER_MESSAGE_MAX / 2];
    char *words[] = {much, NULL};
    struct net_spawned *one;
    int err = 0;

    memset(much, 'x', sizeof much - 1);
    while (!err) {
        err = net_spawn(spawner, words, NULL, false, streams, no_end, NULL, &one);
        if (!err)
            net_spawned_free(one);
    }
    assert_int_equal(err, -EAGAIN);
}

/* The program stops the helper, and lets it go on when it is told to. */
static void check_kept(void **state)
{
    static char script[] =
        "kill -STOP $PPID; echo; read x; (sleep .2; kill -CONT $PPID) & exec sleep 60";
    const struct kept *row = *state;
    char sh[] = "sh", c[] = "-c", byte, *words[] = {sh, c, script, NULL};
    struct rig rig = rig_new(words);
    struct net_spawned *spawned;
    struct pollfd p = {0};
    int in[2], out[2];

    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    spawned = spawn(&rig, words, NULL, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    assert_int_equal(read(out[0], &byte, 1), 1);
    fill(rig.spawner, (int[]){rig.null, rig.null, rig.null});
    assert_int_equal(net_spawned_signal(spawned, SIGKILL), 0);
    assert_int_equal(write(in[1], "\n", 1), 1);
    if (row->is_forgotten)
        net_spawned_free(spawned);
    p.fd = out[0]; /* ends with the program, long before its sleep would */
    while ((poll(&p, 1, 20) == 0 || (!row->is_forgotten && rig.end.times == 0)) &&
           net_now_ms() < rig.until_ms)
        net_loop_turn(rig.loop, false);
    assert_int_equal(rig.end.by_signal, row->is_forgotten ? 0 : SIGKILL);
    rig_free(&rig);
    assert_true(net_now_ms() < rig.until_ms);
    close(in[1]);
    close(out[0]);
}

/* A command whose exec fails says why. */
static int end_of(char *name)
{
    char *words[] = {name, NULL};
    struct rig rig = rig_new(words);

    spawn(&rig, words, NULL, rig.null, rig.null);
    wait_for_end(&rig);
    assert_int_equal(rig.end.times, 1);
    rig_free(&rig);
    return rig.end.err;
}

static void check_missing(void **state)
{
    char file[] = "/nonexistent/tphone", name[] = "tphone-is-not-there", folder[] = "/usr";

    (void)state;
    assert_int_equal(end_of(file), -ENOENT);
    assert_int_equal(end_of(name), -ENOENT);
    assert_int_equal(end_of(folder), -EACCES);
}

/* No shell gets what is no program. */
static void check_no_shell(void **state)
{
    char file[TEMPORARY_MAX] = "/tmp/tphone-no-program-XXXXXX";
    int fd = temporary_file(file);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "exit 0\n", 7), 7);
    fchmod(fd, 0700);
    close(fd);
    assert_int_equal(end_of(file), -ENOEXEC);
    unlink(file);
}

/* --- questions ------------------------------------------------------------------------------ */

enum question { ASK_PID, ASK_ECHO, ASK_HAND_OVER, ASK_REFUSE, ASK_DIE, ASK_KILL };

static const struct asked {
    const char *name;
    enum question what;
    const char *asked, *text;
    bool has_fd;
    int err;
} asked[] = {
    {"a text", ASK_ECHO, "who is there", "who is there, said", false, 0},
    {"no text", ASK_ECHO, "", ", said", false, 0},
    {"a descriptor", ASK_HAND_OVER, "through the pipe", "", true, 0},
    {"an error with its text", ASK_REFUSE, "", "no", false, -EACCES},
    {"the end of who answers", ASK_DIE, "", "the process that was to answer has died", false, -EIO},
    {"the end of the helper", ASK_KILL, "", "", false, -EPIPE},
};

static void outlive(pid_t helper)
{
    while (getppid() == helper)
        poll(NULL, 0, 5);
}

static int answer(const void *arg, unsigned what, struct slice text, int *fd, struct buf *out)
{
    pid_t helper = getppid();
    int ends[2];

    switch ((enum question)what) {
    case ASK_PID:
        buf_printf(out, "%ld", (long)helper);
        return 0;
    case ASK_ECHO:
        buf_printf(out, "%" PRI_SLICE ", %s", ARG_SLICE(text), (const char *)arg);
        return 0;
    case ASK_HAND_OVER:
        if (pipe(ends) != 0 || write(ends[1], text.p, text.n) != (ssize_t)text.n)
            return -EIO;
        *fd = ends[0];
        return 0;
    case ASK_REFUSE:
        buf_puts(out, "no");
        return -EACCES;
    case ASK_KILL:
        kill(helper, SIGKILL);
        outlive(helper);
        break;
    case ASK_DIE:
        break;
    }
    _exit(1);
}

static void check_asked(void **state)
{
    const struct asked *row = *state;
    const struct net_spawner_spec spec = {.answer = answer, .arg = "said"};
    struct buf text = buf_new(256);
    struct net_spawner *spawner;
    char through[64] = "";
    int fd;

    assert_int_equal(net_spawner_new(&spec, &spawner), 0);
    assert_int_equal(
        net_spawner_ask(spawner, row->what, slice_of(row->asked), LIMIT_MS, &fd, &text), row->err);
    assert_string_equal(buf_cstr(&text), row->text);
    assert_int_equal(fd >= 0, row->has_fd);
    if (fd >= 0) {
        assert_int_equal(read(fd, through, sizeof through), strlen(row->asked));
        assert_string_equal(through, row->asked);
        close(fd);
    }
    net_spawner_free(spawner);
    buf_free(&text);
}

/* One that answers nothing, and one that is asked more than fits. */
static void check_refusals(void **state)
{
    static const char much[SPAWNER_MESSAGE_MAX];
    const struct net_spawner_spec silent = {.answer = NULL}, spec = {.answer = answer};
    struct buf text = buf_new(256);
    struct net_spawner *spawner;
    int fd;

    (void)state;
    assert_int_equal(net_spawner_new(&silent, &spawner), 0);
    assert_int_equal(net_spawner_ask(spawner, ASK_ECHO, SLICE("a"), LIMIT_MS, &fd, &text), -ENOSYS);
    net_spawner_free(spawner);
    assert_int_equal(net_spawner_new(&spec, &spawner), 0);
    assert_int_equal(
        net_spawner_ask(spawner, ASK_ECHO, (struct slice){much, sizeof much}, LIMIT_MS, &fd, &text),
        -E2BIG);
    net_spawner_free(spawner);
    buf_free(&text);
}

/* Also where so much was asked before that no more goes in. */
static void check_stopped(void **state)
{
    const struct net_spawner_spec spec = {.answer = answer, .arg = "said"};
    static char much[SPAWNER_MESSAGE_MAX / 2];
    const struct slice all[] = {SLICE("a"), {much, sizeof much}, {much, sizeof much}, SLICE("b")};
    struct buf text = buf_new(256);
    struct net_spawner *spawner;
    pid_t helper;
    int fd;

    (void)state;
    memset(much, 'x', sizeof much);
    assert_int_equal(net_spawner_new(&spec, &spawner), 0);
    assert_int_equal(net_spawner_ask(spawner, ASK_PID, SLICE(""), LIMIT_MS, &fd, &text), 0);
    helper = (pid_t)strtol(buf_cstr(&text), NULL, 10);
    assert_int_equal(kill(helper, SIGTSTP), 0); /* Ctrl-Z, which is for its parent */
    buf_clear(&text);
    assert_int_equal(net_spawner_ask(spawner, ASK_ECHO, SLICE("z"), LIMIT_MS, &fd, &text), 0);
    assert_int_equal(kill(helper, SIGSTOP), 0);
    for (size_t i = 0; i < ARRAY_LEN(all) * 4; i++) {
        uint64_t from_ms = net_now_ms();

        buf_clear(&text);
        assert_int_equal(net_spawner_ask(spawner, ASK_ECHO, all[i % 4], i ? 10 : 1000, &fd, &text),
                         -ETIMEDOUT);
        assert_true(net_now_ms() >= from_ms + (i ? 10 : 1000));
        if (i == 0)
            assert_string_equal(buf_cstr(&text), "there was no answer within 1 s");
    }
    assert_int_equal(kill(helper, SIGCONT), 0);
    buf_clear(&text);
    assert_int_equal(net_spawner_ask(spawner, ASK_ECHO, SLICE("c"), LIMIT_MS, &fd, &text), 0);
    assert_string_equal(buf_cstr(&text), "c, said");
    net_spawner_free(spawner);
    buf_free(&text);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        {"a program that is not there", check_missing, NULL, NULL, NULL},
        {"a file that is no program", check_no_shell, NULL, NULL, NULL},
        {"what cannot be asked", check_refusals, NULL, NULL, NULL},
        {"an answer is waited for up to a limit", check_stopped, NULL, NULL, NULL},
    };
    int failed = RUN_ROWS("net/spawner", rows, check_row);

    failed += RUN_ROWS("net/spawner, full", kept, check_kept);
    failed += RUN_ROWS("net/spawner, questions", asked, check_asked);
    return failed + cmocka_run_group_tests_name("net/spawner, others", others, NULL, NULL);
}
