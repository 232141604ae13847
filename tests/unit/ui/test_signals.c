#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/loop.h"
#include "tests/lib/rows.h"
#include "ui/signals.h"

static uint64_t now_ms;

uint64_t __wrap_net_now_ms(void);

uint64_t __wrap_net_now_ms(void)
{
    return now_ms;
}

/* What becomes of a process that two signals come to. */
static const struct row {
    const char *name;
    int first, second;
    unsigned later_ms;
    bool leaves; /* by the second */
} rows[] = {
    /* clang-format off */
    {"the same at once counts once",        SIGTERM, SIGTERM, 0,    false},
    {"and so it does in a tenth of a second", SIGINT, SIGINT, 99,   false},
    {"another at once counts no more",      SIGHUP,  SIGTERM, 0,    false},
    {"a second one a tenth later leaves",   SIGTERM, SIGTERM, 100,  true},
    {"of whatever kind it is",              SIGTERM, SIGINT,  1000, true},
    {"a terminal that goes afterwards",     SIGINT,  SIGHUP,  5000, true},
    /* clang-format on */
};

static struct process {
    struct net_loop *loop;
    struct signals *signals;
    unsigned ends; /* how often it was asked to end */
    int told;      /* here it says that it leaves */
} process;

static void end(void *arg)
{
    ((struct process *)arg)->ends++;
}

static void leave(void *arg)
{
    if (write(((struct process *)arg)->told, "l", 1) != 1)
        _exit(1);
}

static void come(int number)
{
    raise(number);
    for (int i = 0; i < 3; i++)
        net_loop_turn(process.loop, false);
}

/* In a process of its own; 0: it is asked to end once, and goes on. */
static int live(const struct row *row, int told)
{
    signal(SIGHUP, SIG_DFL); /* else nohup(1) would keep it from us */
    process = (struct process){.told = told};
    now_ms = 5000;
    if (net_loop_new(&process.loop) != 0 ||
        signals_new(process.loop, end, leave, &process, &process.signals) != 0)
        return 2;
    come(row->first);
    if (process.ends != 1 || signals_first(process.signals) != row->first)
        return 3;
    now_ms += row->later_ms;
    come(row->second);
    return process.ends == 1 && signals_first(process.signals) == row->first ? 0 : 4;
}

static void check_row(void **state)
{
    const struct row *row = *state;
    int hose[2], status;
    char byte;
    pid_t child;

    assert_int_equal(pipe(hose), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(live(row, hose[1]));
    close(hose[1]);
    assert_int_equal(read(hose[0], &byte, 1), row->leaves);
    close(hose[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), row->leaves ? 128 + row->second : 0);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LEN(rows)];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, check_row, NULL, NULL, (void *)&rows[i]};
    return cmocka_run_group_tests_name("ui/signals", tests, NULL, NULL);
}
