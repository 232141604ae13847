/* Events of the sound of a call, and that an event owns all that it points at. */
#include "phone/event.h"

#include <string.h>

#include "phone/call.h"
#include "phone/phone_private.h"
#include "tests/unit/phone/phones.h"

static int set_up(void **state)
{
    return phones_set_up(state, 2);
}

#define A (&p->at[0])
#define B (&p->at[1])

static void media(struct phones_end *end, uint32_t call, bool sends)
{
    assert_int_equal(phones_wait(end, PHONE_MEDIA, call)->on, sends);
}

static void media_is_told_whenever_it_changes(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, true);

    media(A, call, true);
    media(B, B->incoming, true);
    phones_forget(p);
    phones_do(A, PHONE_HOLD, call);
    phones_wait(A, PHONE_ON_HOLD, call);
    media(A, call, false);
    media(B, B->incoming, false);
    phones_forget(p);
    phones_do(A, PHONE_RESUME, call);
    phones_wait(B, PHONE_RESUMED, 0);
    media(A, call, true);
    media(B, B->incoming, true);
    phones_forget(p);
    phones_run(p, 100);
    assert_null(phones_find(A, PHONE_MEDIA, 0));
}

/* The same suite, place and codec, but by other means: whoever shows a lock has to hear of it. */
static void another_encryption_is_told(void **state)
{
    struct phones *p = *state;
    uint32_t number = phones_connect(A, B, true);
    struct call *call = LIST_ITEM(A->phone->calls.next, struct call, link);

    media(A, number, true);
    phones_run(p, 50);
    phones_forget(p);
    call->flow.transport = SIP_TLS;
    call->verified = true;
    call->by_anybody = false;
    call_media_update(call);
    phone_deliver(A->phone);
    media(A, number, true);
    phones_forget(p);
    call_media_update(call);
    phone_deliver(A->phone);
    phones_run(p, 50);
    assert_null(phones_find(A, PHONE_MEDIA, 0));
    call->flow.transport = SIP_UDP;
}

static void do_mute(struct phones_end *end, uint32_t call, bool on)
{
    struct phone_command command = {.kind = PHONE_MUTE, .call = call, .on = on};

    assert_int_equal(phone_do(end->phone, &command, NULL, NULL), 0);
}

static void mute_is_told_when_it_changes(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, true);

    do_mute(A, call, true);
    assert_true(phones_wait(A, PHONE_MUTED, call)->on);
    phones_forget(p);
    do_mute(A, call, true);
    phones_run(p, 50);
    assert_null(phones_find(A, PHONE_MUTED, 0));
    do_mute(A, call, false);
    assert_false(phones_wait(A, PHONE_MUTED, call)->on);
}

static void quality_is_told_while_it_is_wanted(void **state)
{
    struct phones *p = *state;
    uint32_t call;

    phone_quality(A->phone, true);
    phones_run(p, 20);
    call = phones_connect(A, B, true);
    phones_wait(A, PHONE_QUALITY, call);
    phones_forget(p);
    phones_wait(A, PHONE_QUALITY, call);
    phone_quality(A->phone, false);
    phones_run(p, 100); /* one may be on its way */
    phones_forget(p);
    phones_run(p, 1200);
    assert_null(phones_find(A, PHONE_QUALITY, 0));
    assert_null(phones_find(B, PHONE_QUALITY, 0)); /* who never asked */
    phone_quality(A->phone, true);                 /* with the call up */
    phones_wait(A, PHONE_QUALITY, call);
    phones_do(A, PHONE_HANG_UP, call);
    phones_wait(A, PHONE_ENDED, call);
    PHONES_UNTIL(p, !A->phone->quality_due); /* without a call nothing wakes us */
}

/* What a listener of our own saw. */
struct heard {
    bool quality, devices;
};

static void on_event(void *arg, const struct phone_event *event)
{
    struct heard *heard = arg;

    if (event->kind == PHONE_QUALITY)
        heard->quality = event->quality->mos == 4;
    if (event->kind == PHONE_DEVICE_LIST)
        heard->devices = event->n_devices == 2 && event->devices[0].inputs == 1 &&
                         strcmp(event->devices[0].name, "one") == 0 &&
                         strcmp(event->devices[1].host_api, "two") == 0;
}

static void an_event_owns_what_it_points_at(void **state)
{
    struct phones *p = *state;
    char one[] = "one", two[] = "two";
    struct phone_quality quality = {.mos = 4};
    struct phone_device devices[] = {{.name = one, .host_api = "", .inputs = 1},
                                     {.name = "", .host_api = two}};
    phone_listener *before = A->phone->listener;
    void *arg = A->phone->arg;
    struct heard heard = {0};

    phones_run(p, 50);
    A->phone->listener = on_event;
    A->phone->arg = &heard;
    phone_tell(A->phone, &(struct phone_event){.kind = PHONE_QUALITY, .quality = &quality});
    phone_tell(A->phone, &(struct phone_event){
                             .kind = PHONE_DEVICE_LIST, .devices = devices, .n_devices = 2});
    quality.mos = 0;
    memset(one, 'x', 3);
    memset(two, 'x', 3);
    memset(devices, 0xff, sizeof devices);
    phones_run(p, 50);
    A->phone->listener = before;
    A->phone->arg = arg;
    assert_true(heard.quality && heard.devices);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, phones_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(media_is_told_whenever_it_changes), TEST(another_encryption_is_told),
        TEST(mute_is_told_when_it_changes),      TEST(quality_is_told_while_it_is_wanted),
        TEST(an_event_owns_what_it_points_at),
    };

    return cmocka_run_group_tests_name("phone/events", tests, NULL, NULL);
}
