/* base/list.h - a doubly linked list through a member of its elements; it owns nothing.
 *
 *     struct call { struct list link; … };
 *     struct list calls = LIST_INIT(calls);
 *     list_append(&calls, &call->link);
 *     LIST_EACH (&calls, at) { struct call *call = LIST_ITEM(at, struct call, link); … }
 *
 * The element that LIST_EACH stands on may be removed and freed in its body, no other. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

/* clang-format off */
#define LIST_INIT(name) {&(name), &(name)}
/* clang-format on */
#define LIST_ITEM(at, type, member) ((type *)(void *)((char *)(at)-offsetof(type, member)))
#define LIST_EACH(head, at)                                                                        \
    for (struct list *at = (head)->next, *at##_next = at->next; at != (head);                      \
         at = at##_next, at##_next = at->next)

static inline void list_init(struct list *head)
{
    head->next = head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_append(struct list *head, struct list *item)
{
    item->prev = head->prev;
    item->next = head;
    head->prev->next = item;
    head->prev = item;
}

/* Takes item out of its list and leaves it a list of its own, so removing twice does no harm. */
static inline void list_remove(struct list *item)
{
    item->prev->next = item->next;
    item->next->prev = item->prev;
    list_init(item);
}

/* The first element, or NULL. */
static inline struct list *list_first(const struct list *head)
{
    return list_empty(head) ? NULL : head->next;
}

#endif
