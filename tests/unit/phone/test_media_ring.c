/* What rings, with cards that come and go (tests/lib/air.h): where none that was named can, the
 * system's default does. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "phone/media.h"
#include "phone/media_device.h"
#include "tests/lib/air.h"
#include "tests/lib/loop_time.h"
#include "tests/lib/rows.h"

#define FORGOTTEN "memory" /* a device that there is no memory for */

static unsigned n_devices; /* that were made */

int __real_media_device_new(uv_loop_t *loop, const char *name,
                            const struct media_device_events *events, void *arg,
                            struct media_device **out);
int __wrap_media_device_new(uv_loop_t *loop, const char *name,
                            const struct media_device_events *events, void *arg,
                            struct media_device **out);
int __wrap_media_device_new(uv_loop_t *loop, const char *name,
                            const struct media_device_events *events, void *arg,
                            struct media_device **out)
{
    if (name && strcmp(name, FORGOTTEN) == 0)
        return -ENOMEM;
    n_devices++;
    return __real_media_device_new(loop, name, events, arg, out);
}

struct room {
    uv_loop_t loop;
    struct media *media;
    unsigned told[MEDIA_CLOSED + 1];
};

static void on_event(void *arg, const struct media_event *event)
{
    ((struct room *)arg)->told[event->type]++;
}

static struct room *room_new(void)
{
    struct room *r = calloc(1, sizeof *r);
    struct media_config config = {.on_event = on_event, .arg = r};

    assert_non_null(r);
    n_devices = 0;
    air_plug("desk"); /* the default */
    air_plug("headset");
    assert_int_equal(uv_loop_init(&r->loop), 0);
    config.loop = &r->loop;
    assert_int_equal(media_new(&config, &r->media), 0);
    return r;
}

/* It comes to that of these two cards these ring. */
static void expect_rings(struct room *r, bool desk, bool headset)
{
    for (unsigned i = 0; i < 2000; i++) {
        if (air_is_open("desk") == desk && air_is_open("headset") == headset)
            return;
        air_run("desk", NULL, NULL, false);
        air_run("headset", NULL, NULL, false);
        loop_run_ms(&r->loop, 10);
    }
    fail_msg("the cards that ring are others: desk %d, headset %d", air_is_open("desk"),
             air_is_open("headset"));
}

static void room_free(struct room *r)
{
    media_ring_stop(r->media);
    expect_rings(r, false, false);
    media_free(r->media, NULL);
    uv_run(&r->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&r->loop), 0);
    air_clear();
    free(r);
}

static void another_rings_only_while_the_named_one_cannot(void **state)
{
    static const char *const names[] = {"headset"};
    struct room *r = room_new();

    (void)state;
    air_refuse("headset", true);
    assert_int_equal(media_ring(r->media, names, 1, NULL), 0);
    expect_rings(r, true, false);
    air_refuse("headset", false);
    expect_rings(r, false, true);
    air_unplug("headset");
    expect_rings(r, true, false);
    room_free(r);
}

static void another_rings_where_there_is_no_memory_for_the_named_one(void **state)
{
    static const char *const names[] = {FORGOTTEN, FORGOTTEN};
    struct room *r = room_new();

    (void)state;
    assert_int_equal(media_ring(r->media, names, 2, NULL), 0);
    expect_rings(r, true, false);
    room_free(r);
}

/* The other one fails after that. */
static void another_rings_once_none_can(void **state)
{
    static const char *const names[] = {FORGOTTEN, "headset"};
    struct room *r = room_new();

    (void)state;
    assert_int_equal(media_ring(r->media, names, 2, NULL), 0);
    expect_rings(r, false, true);
    air_unplug("headset");
    expect_rings(r, true, false);
    assert_int_equal(r->told[MEDIA_RING_FAILED], 1);
    room_free(r);
}

/* The system's has its place already, and rings once. */
static void one_that_only_hears_is_no_other_that_rings(void **state)
{
    static const char *const names[] = {"headset"};
    struct room *r = room_new();

    (void)state;
    air_set_directions("headset", true, false);
    assert_int_equal(media_ring(r->media, names, 1, NULL), 0);
    expect_rings(r, true, false);
    for (unsigned i = 0; i < 1000 && !r->told[MEDIA_RING_FAILED]; i++)
        loop_run_ms(&r->loop, 10);
    assert_int_equal(r->told[MEDIA_RING_FAILED], 1);
    assert_int_equal(n_devices, 1);
    expect_rings(r, true, false);
    room_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_rings_only_while_the_named_one_cannot),
        cmocka_unit_test(another_rings_where_there_is_no_memory_for_the_named_one),
        cmocka_unit_test(another_rings_once_none_can),
        cmocka_unit_test(one_that_only_hears_is_no_other_that_rings),
    };

    return cmocka_run_group_tests_name("phone/media_ring", tests, NULL, NULL);
}
