#include "base/list.h"

#include <stdlib.h>

#include "tests/lib/rows.h"

struct item {
    int number;
    struct list link;
};

static struct item *add(struct list *head, int number)
{
    struct item *item = malloc(sizeof *item);

    assert_non_null(item);
    item->number = number;
    list_append(head, &item->link);
    return item;
}

static int digits(const struct list *head)
{
    int out = 0;

    LIST_EACH (head, at)
        out = out * 10 + LIST_ITEM(at, struct item, link)->number;
    return out;
}

static void free_all(struct list *head)
{
    LIST_EACH (head, at) {
        list_remove(at);
        free(LIST_ITEM(at, struct item, link));
    }
    assert_true(list_empty(head));
}

static void keeps_the_order(void **state)
{
    struct list head = LIST_INIT(head);
    struct item *two;

    (void)state;
    assert_true(list_empty(&head));
    assert_null(list_first(&head));
    add(&head, 1);
    two = add(&head, 2);
    add(&head, 3);
    assert_int_equal(digits(&head), 123);
    assert_int_equal(LIST_ITEM(list_first(&head), struct item, link)->number, 1);
    list_remove(&two->link);
    assert_int_equal(digits(&head), 13);
    list_remove(&two->link); /* twice does no harm */
    assert_int_equal(digits(&head), 13);
    list_append(&head, &two->link);
    assert_int_equal(digits(&head), 132);
    free_all(&head);
}

static void the_element_in_hand_may_go(void **state)
{
    struct list head;

    (void)state;
    list_init(&head);
    for (int i = 1; i <= 5; i++)
        add(&head, i);
    LIST_EACH (&head, at) {
        struct item *item = LIST_ITEM(at, struct item, link);

        if (item->number % 2 == 0)
            continue;
        list_remove(at);
        free(item);
    }
    assert_int_equal(digits(&head), 24);
    free_all(&head);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_order),
        cmocka_unit_test(the_element_in_hand_may_go),
    };

    return cmocka_run_group_tests_name("base/list", tests, NULL, NULL);
}
