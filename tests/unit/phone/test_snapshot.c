/* What calls and accounts are like now, for whoever comes late. */

#include "phone/phone.h"
#include "tests/unit/phone/phones.h"

#define SEEN_MAX 4

struct seen {
    struct phone_call_state at[SEEN_MAX];
    size_t n;
};

static int set_up(void **state)
{
    return phones_set_up(state, 2);
}

static void keep(void *arg, const struct phone_call_state *state)
{
    struct seen *seen = arg;

    assert_in_range(seen->n, 0, SEEN_MAX - 1);
    seen->at[seen->n++] = *state;
}

/* The only call there is, as number 0 and by its own. */
static struct phone_call_state only_call(const struct phones_end *end)
{
    struct seen all = {0}, one = {0};

    assert_int_equal(phone_each_call(end->phone, 0, keep, &all), 1);
    assert_int_equal(all.n, 1);
    assert_int_equal(phone_each_call(end->phone, all.at[0].call, keep, &one), 1);
    assert_int_equal(one.at[0].call, all.at[0].call);
    assert_int_equal(phone_each_call(end->phone, all.at[0].call + 1, keep, &one), 0);
    return all.at[0];
}

static void a_call_from_its_beginning_to_its_end(void **state)
{
    struct phones *p = *state;
    struct phones_end *a = &p->at[0], *b = &p->at[1];
    uint32_t number = phones_dial(a, &b->where, true);
    struct phone_call_state call = only_call(a);

    assert_int_equal(call.call, number);
    assert_int_equal(call.phase, PHONE_PHASE_CALLING); /* a numeric address is found at once */
    assert_false(call.incoming || call.answered);
    assert_string_equal(call.account, "");
    phones_wait(b, PHONE_INCOMING, 0);
    call = only_call(b);
    assert_int_equal(call.phase, PHONE_PHASE_INCOMING);
    assert_true(call.incoming);
    assert_int_equal(only_call(a).phase, PHONE_PHASE_CALLING);
    phones_do(b, PHONE_RING, b->incoming);
    phones_wait(a, PHONE_RINGING, number);
    assert_int_equal(only_call(a).phase, PHONE_PHASE_RINGING);
    phones_do(b, PHONE_ANSWER, b->incoming);
    phones_wait(a, PHONE_ANSWERED, number);
    phones_run(p, 50);
    call = only_call(a);
    assert_int_equal(call.phase, PHONE_PHASE_UP);
    assert_true(call.answered && call.device && call.up_ms >= 40);
    assert_string_equal(call.codec, "opus/48000");
    assert_int_equal(call.conference, 0);
    phones_do(a, PHONE_HOLD, number);
    phones_wait(b, PHONE_HELD, 0);
    assert_true(only_call(a).on_hold && !only_call(a).held && !only_call(a).device);
    assert_true(only_call(b).held && !only_call(b).on_hold);
    phones_do(a, PHONE_HANG_UP, number);
    phones_wait(a, PHONE_ENDED, number);
    assert_int_equal(phone_each_call(a->phone, 0, keep, &(struct seen){0}), 0);
}

static void calls_come_oldest_first(void **state)
{
    struct phones *p = *state;
    struct seen seen = {0};

    for (uint32_t i = 1; i <= 3; i++)
        assert_int_equal(phones_dial(&p->at[0], &p->at[1].where, false), i);
    assert_int_equal(phone_each_call(p->at[0].phone, 0, keep, &seen), 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(seen.at[i].call, i + 1);
    assert_int_equal(phone_each_account(p->at[0].phone, NULL, NULL), 0);
}

static void devices_are_told_once_for_all_who_ask(void **state)
{
    struct phones *p = *state;
    struct phones_end *a = &p->at[0];
    size_t told = 0;

    assert_int_equal(phones_do(a, PHONE_DEVICES, 0), 0);
    assert_int_equal(phones_do(a, PHONE_DEVICES, 0), 0);
    phones_wait(a, PHONE_DEVICE_LIST, 0);
    phones_run(p, 100);
    for (size_t i = 0; i < a->n; i++)
        told += a->seen[i].kind == PHONE_DEVICE_LIST;
    assert_int_equal(told, 1);
    assert_int_equal(phones_do(a, PHONE_DEVICES, 0), 0); /* and the phone goes meanwhile */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, phones_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_from_its_beginning_to_its_end),
        TEST(calls_come_oldest_first),
        TEST(devices_are_told_once_for_all_who_ask),
    };

    return cmocka_run_group_tests_name("phone/snapshot", tests, NULL, NULL);
}
