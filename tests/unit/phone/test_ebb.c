/* phone/ebb: after many calls, and only then, memory is given back twice. */
#include "phone/ebb.h"

#include "base/list.h"
#include "tests/lib/rows.h"

#define REST_MS 30

int __real_uv_thread_create_ex(uv_thread_t *thread, const uv_thread_options_t *options,
                               uv_thread_cb entry, void *arg);
int __wrap_uv_thread_create_ex(uv_thread_t *thread, const uv_thread_options_t *options,
                               uv_thread_cb entry, void *arg);

static bool no_memory;

int __wrap_uv_thread_create_ex(uv_thread_t *thread, const uv_thread_options_t *options,
                               uv_thread_cb entry, void *arg)
{
    return no_memory ? UV_EAGAIN : __real_uv_thread_create_ex(thread, options, entry, arg);
}

static const struct row {
    const char *name;
    size_t calls[4]; /* one after the other, then rest */
    bool looked;     /* whether there was anything to wait for */
    size_t most;     /* what is left of it */
    bool no_memory;
} rows[] = {
    {"a few calls are no flood", {1, 5, 2, 0}, false, 5, false},
    {"a flood that goes on", {1, 100, 90, 80}, false, 100, false},
    {"a flood that is over", {1, 100, 30, 0}, true, 0, false},
    {"down to a half", {10, 20, 11, 10}, true, 10, false},
    {"a flood that comes again", {1, 100, 0, 100}, true, 100, false},
    {"where no thread is to be had the next ebb is waited for", {1, 100, 30, 0}, true, 100, true},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct net_loop *loop;
    struct ebb ebb = {.rest_ms = REST_MS};

    assert_int_equal(net_loop_new(&loop), 0);
    no_memory = row->no_memory;
    ebb.loop = loop;
    for (size_t i = 0; i < ARRAY_LEN(row->calls); i++)
        ebb_calls(&ebb, row->calls[i]);
    assert_int_equal(ebb.due != NULL, row->looked);
    assert_int_equal(ebb.is_set, row->looked);
    net_loop_run(loop); /* returns when nothing waits */
    assert_int_equal(ebb.most, row->most);
    assert_false(ebb.is_set || ebb.gave_early);
    ebb_free(&ebb);
    net_loop_free(loop);
}

int main(void)
{
    return RUN_ROWS("phone/ebb", rows, check_row);
}
