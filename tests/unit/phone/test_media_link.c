/* phone/media_link: messages arrive in order, and who attends to them is not woken. */
#include "phone/media_link.h"

#include <stdlib.h>

#include "tests/lib/rows.h"

#define MESSAGES 3

struct message {
    struct list link;
    int number;
};

struct desk {
    uv_loop_t loop;
    struct media_link link;
    struct message messages[MESSAGES];
    int posted, taken;
    bool in_order;
};

static void on_message(void *arg, struct list *item)
{
    struct desk *desk = arg;

    desk->in_order &= LIST_ITEM(item, struct message, link)->number == desk->taken++;
}

static struct list *next(struct desk *desk)
{
    struct message *message = &desk->messages[desk->posted];

    message->number = desk->posted++;
    return &message->link;
}

static void turn(struct desk *desk)
{
    uv_run(&desk->loop, UV_RUN_NOWAIT);
}

static int open_desk(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);

    desk->in_order = true;
    *state = desk;
    return uv_loop_init(&desk->loop) || media_link_init(&desk->link, &desk->loop, on_message, desk);
}

static int close_desk(void **state)
{
    struct desk *desk = *state;
    int err;

    media_link_close(&desk->link, NULL);
    uv_run(&desk->loop, UV_RUN_DEFAULT);
    err = uv_loop_close(&desk->loop) || !desk->in_order;
    free(desk);
    return err;
}

static void who_sleeps_is_woken(void **state)
{
    struct desk *desk = *state;

    media_link_post(&desk->link, next(desk));
    media_link_post(&desk->link, next(desk));
    assert_int_equal(desk->taken, 0);
    turn(desk);
    assert_int_equal(desk->taken, 2);
}

static void what_is_queued_goes_with_the_next(void **state)
{
    struct desk *desk = *state;

    media_link_queue(&desk->link, next(desk));
    turn(desk);
    assert_int_equal(desk->taken, 0);
    media_link_post(&desk->link, next(desk));
    turn(desk);
    assert_int_equal(desk->taken, 2);
}

static void who_attends_is_not_woken(void **state)
{
    struct desk *desk = *state;

    media_link_attend(&desk->link, true);
    media_link_post(&desk->link, next(desk));
    turn(desk);
    assert_int_equal(desk->taken, 0);
    media_link_deliver(&desk->link);
    assert_int_equal(desk->taken, 1);
}

static void nothing_waits_for_who_has_gone(void **state)
{
    struct desk *desk = *state;

    media_link_attend(&desk->link, true);
    media_link_post(&desk->link, next(desk));
    media_link_attend(&desk->link, false);
    turn(desk);
    assert_int_equal(desk->taken, 1);
}

static void the_last_one_wakes(void **state)
{
    struct desk *desk = *state;

    media_link_attend(&desk->link, true);
    media_link_post_last(&desk->link, next(desk));
    turn(desk);
    assert_int_equal(desk->taken, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_sleeps_is_woken, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(what_is_queued_goes_with_the_next, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(who_attends_is_not_woken, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(nothing_waits_for_who_has_gone, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(the_last_one_wakes, open_desk, close_desk),
    };

    return cmocka_run_group_tests_name("phone/media_link", tests, NULL, NULL);
}
