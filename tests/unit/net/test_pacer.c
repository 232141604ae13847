/* Linked twice: with the pacer of this system, and with the portable one. */
#include <unistd.h>

#include "net/pacer.h"
#include "tests/lib/rows.h"

#define PERIOD_US 5000

struct fixture {
    struct net_loop *loop;
    struct net_pacer *pacer;
    unsigned beats, wanted, early;
    unsigned stall_at; /* sleep in this beat */
    uint64_t first_us, last_due_us, missed, steps_wrong;
    uint64_t slept_until_us, after_stall_us[3];
};

static void on_beat(void *arg, uint64_t due_us, uint64_t missed)
{
    struct fixture *f = arg;

    f->beats++;
    f->missed += missed;
    f->early += net_now_us() < due_us;
    if (due_us - f->first_us != (f->beats - 1 + f->missed) * PERIOD_US)
        f->steps_wrong++;
    f->last_due_us = due_us;
    if (f->stall_at && f->beats > f->stall_at && f->beats <= f->stall_at + 3)
        f->after_stall_us[f->beats - f->stall_at - 1] = due_us;
    if (f->beats == f->stall_at) {
        usleep(12 * PERIOD_US);
        f->slept_until_us = net_now_us();
    }
    if (f->beats == f->wanted)
        net_pacer_stop(f->pacer);
}

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){.wanted = 60};
    *state = &f;
    return net_loop_new(&f.loop) || net_pacer_new(f.loop, on_beat, &f, &f.pacer) ? -1 : 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    net_pacer_free(f->pacer);
    net_loop_free(f->loop);
    return 0;
}

static void start(struct fixture *f)
{
    f->first_us = net_now_us() + PERIOD_US;
    assert_int_equal(net_pacer_start(f->pacer, f->first_us, PERIOD_US), 0);
}

static void no_drift(void **state)
{
    struct fixture *f = *state;

    start(f);
    net_loop_run(f->loop);
    assert_int_equal(f->beats, f->wanted);
    assert_int_equal(f->steps_wrong, 0);
    assert_int_equal(f->early, 0);
    /* A busy machine may be late, even very late, but the moments stood for stay on the grid. */
    assert_int_equal(f->last_due_us, f->first_us + (f->wanted - 1 + f->missed) * PERIOD_US);
}

static void skips_after_a_stall(void **state)
{
    struct fixture *f = *state;

    f->stall_at = 10;
    f->wanted = 20;
    start(f);
    net_loop_run(f->loop);
    assert_int_equal(f->steps_wrong, 0);
    assert_true(f->missed >= 10);
    /* The one callback behind the stall stands for the newest beat; those after it for later ones,
     * so nothing is replayed. */
    assert_true(f->after_stall_us[0] + PERIOD_US > f->slept_until_us);
    assert_true(f->after_stall_us[1] > f->slept_until_us);
    assert_true(f->after_stall_us[2] >= f->after_stall_us[1] + PERIOD_US);
}

static void starts_again(void **state)
{
    struct fixture *f = *state;

    f->wanted = 3;
    start(f);
    net_loop_run(f->loop);
    assert_int_equal(f->beats, 3);
    f->beats = 0;
    f->missed = 0;
    start(f);
    net_loop_run(f->loop);
    assert_int_equal(f->beats, 3);
    assert_int_equal(f->steps_wrong, 0);
}

static void first_beat_in_the_past(void **state)
{
    struct fixture *f = *state;
    uint64_t now_us = net_now_us();

    f->wanted = 1;
    assert_int_equal(net_pacer_start(f->pacer, 1, PERIOD_US), 0);
    net_loop_run(f->loop);
    assert_true(f->last_due_us >= now_us);
    assert_int_equal(f->missed, 0);
}

#define PACER_TEST(name, f)                                                                        \
    {                                                                                              \
        name, f, set_up, tear_down, NULL                                                           \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        PACER_TEST("beats stay on the grid and are never early", no_drift),
        PACER_TEST("a stall skips ahead and counts what was missed", skips_after_a_stall),
        PACER_TEST("a stopped pacer starts again", starts_again),
        PACER_TEST("a first beat in the past is now", first_beat_in_the_past),
    };

    return cmocka_run_group_tests_name("net/pacer", tests, NULL, NULL);
}
