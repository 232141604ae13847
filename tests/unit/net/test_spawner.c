/* The helper that starts programs, those that it was told of at its birth and no others, and
 * answers questions. */
#include "net/spawner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/loop.h"
#include "tests/lib/rows.h"

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
    {"others are not", NULL, "PATH=/nowhere", 0, {1, 0, 3, 0}},
    {"a signal gets there", NULL, "TPHONE_SLEEP=60", SIGTERM, {1, 0, 0, SIGTERM}},
};

static char known[] = "[ \"$TPHONE_SLEEP\" ] && exec sleep $TPHONE_SLEEP; exit ${TPHONE_X:-3}";

static void check_row(void **state)
{
    const struct row *row = *state;
    char sh[] = "sh", c[] = "-c", variable[64] = "";
    char *words[] = {sh, c, known, NULL}, *environment[] = {variable, NULL};
    const struct net_spawner_command command = {words};
    const struct net_spawner_spec spec = {.commands = &command, .n = 1};
    uint64_t until_ms = net_now_ms() + LIMIT_MS;
    int null = open("/dev/null", O_RDWR), streams[] = {null, null, null};
    struct net_spawner *spawner;
    struct net_spawned *spawned;
    struct end end = {0};
    struct net_loop *loop;

    if (row->variable)
        strncpy(variable, row->variable, sizeof variable - 1);
    assert_int_equal(net_spawner_new(&spec, &spawner), 0);
    assert_int_equal(net_loop_new(&loop), 0);
    assert_int_equal(net_spawner_on(spawner, loop), 0);
    words[2] = row->script ? (char *)(uintptr_t)row->script : known; /* the helper has its copy */
    assert_int_equal(net_spawn(spawner, words, row->variable ? environment : NULL, true, streams,
                               on_end, &end, &spawned),
                     0);
    if (row->signal)
        assert_int_equal(net_spawned_signal(spawned, row->signal), 0);
    while (end.times == 0 && net_now_ms() < until_ms)
        net_loop_turn(loop, true);
    assert_memory_equal(&end, &row->end, sizeof end);
    net_spawner_off(spawner);
    net_loop_free(loop);
    net_spawner_free(spawner);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD); /* no helper is left */
    close(null);
}

/* --- questions ------------------------------------------------------------------------------ */

enum question { ASK_ECHO, ASK_HAND_OVER, ASK_REFUSE, ASK_DIE };

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
    {"the end of who answers", ASK_DIE, "", "", false, -EPIPE},
};

static int answer(const void *arg, unsigned what, struct slice text, int *fd, struct buf *out)
{
    int ends[2];

    switch ((enum question)what) {
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
    assert_int_equal(net_spawner_ask(spawner, row->what, slice_of(row->asked), &fd, &text),
                     row->err);
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
    assert_int_equal(net_spawner_ask(spawner, ASK_ECHO, SLICE("a"), &fd, &text), -EPIPE);
    net_spawner_free(spawner);
    assert_int_equal(net_spawner_new(&spec, &spawner), 0);
    assert_int_equal(
        net_spawner_ask(spawner, ASK_ECHO, (struct slice){much, sizeof much}, &fd, &text), -E2BIG);
    net_spawner_free(spawner);
    buf_free(&text);
}

int main(void)
{
    static const struct row refusals[] = {{.name = "what cannot be asked"}};
    int failed = RUN_ROWS("net/spawner", rows, check_row);

    failed += RUN_ROWS("net/spawner, questions", asked, check_asked);
    return failed + RUN_ROWS("net/spawner, refusals", refusals, check_refusals);
}
