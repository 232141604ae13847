/* Conferences: who is in them, who has the ear, and what is told of both. */
#include "phone/conference.h"

#include <errno.h>
#include <math.h>

#include "base/rand.h"
#include "phone/calls.h"
#include "phone/phone_private.h"
#include "tests/unit/phone/phones.h"

#define N_OTHERS 4

static int set_up(void **state)
{
    return phones_set_up(state, N_OTHERS + 1);
}

#define A (&p->at[0])

/* A with each of the n first others, one after the other. */
static void connect_all(struct phones *p, size_t n, bool device, uint32_t calls[])
{
    for (size_t i = 0; i < n; i++)
        calls[i] = phones_connect(A, &p->at[1 + i], device);
}

/* All of them in one conference. */
static void join_all(struct phones *p, size_t n, const uint32_t calls[])
{
    for (size_t i = 1; i < n; i++)
        assert_int_equal(phones_join(A, calls[0], calls[i]), 0);
    for (size_t i = 0; i < n; i++)
        phones_wait(A, PHONE_JOINED, calls[i]);
    phones_run(p, 200);
}

static const struct call *call_of(const struct phones *p, uint32_t number)
{
    LIST_EACH (&A->phone->calls, at) {
        const struct call *call = LIST_ITEM(at, struct call, link);

        if (call->number == number)
            return call;
    }
    fail_msg("there is no call %u", number);
    return NULL;
}

static bool is_heard(const struct phones *p, uint32_t call)
{
    return calls_is_heard(call_of(p, call)) && call_of(p, call)->at_device;
}

static void on_hold(struct phones *p, uint32_t call, bool on)
{
    assert_int_equal(phones_wait(A, PHONE_ON_HOLD, call)->on, on);
    assert_int_equal(call_of(p, call)->holds, on);
}

static void was_joined(struct phones *p, uint32_t call, uint32_t conference)
{
    assert_int_equal(phones_wait(A, PHONE_JOINED, call)->conference, conference);
    assert_int_equal(conference_number(call_of(p, call)), conference);
}

static void was_parted(struct phones *p, uint32_t call, uint32_t conference)
{
    assert_int_equal(phones_wait(A, PHONE_PARTED, call)->conference, conference);
}

/* --- who is in it ----------------------------------------------------------------------------- */

static void a_held_call_is_joined_and_resumed(void **state)
{
    struct phones *p = *state;
    uint32_t calls[2];

    connect_all(p, 2, true, calls);
    on_hold(p, calls[0], true);
    phones_wait(&p->at[1], PHONE_HELD, 0);
    phones_forget(p);
    assert_int_equal(phones_join(A, calls[1], calls[0]), 0);
    was_joined(p, calls[0], 1);
    was_joined(p, calls[1], 1);
    on_hold(p, calls[0], false);
    phones_wait(&p->at[1], PHONE_RESUMED, 0);
    phones_run(p, 200);
    assert_null(phones_find(A, PHONE_ON_HOLD, calls[1]));
    assert_true(is_heard(p, calls[0]) && is_heard(p, calls[1]));
    phones_forget(p);
    assert_int_equal(phones_join(A, calls[0], calls[1]), 0); /* once more changes nothing */
    phones_run(p, 100);
    assert_null(phones_find(A, PHONE_JOINED, 0));
    assert_null(phones_find(A, PHONE_PARTED, 0));
}

static void who_parts_is_put_on_hold(void **state)
{
    struct phones *p = *state;
    uint32_t calls[3];

    connect_all(p, 3, true, calls);
    join_all(p, 3, calls);
    phones_forget(p);
    assert_int_equal(phones_do(A, PHONE_PART, calls[2]), 0);
    was_parted(p, calls[2], 1);
    on_hold(p, calls[2], true);
    phones_wait(&p->at[3], PHONE_HELD, 0);
    assert_true(is_heard(p, calls[0]) && is_heard(p, calls[1]) && !is_heard(p, calls[2]));
    assert_null(phones_find(A, PHONE_PARTED, calls[0]));

    phones_forget(p);
    assert_int_equal(phones_join(A, calls[2], calls[1]), 0);
    was_joined(p, calls[2], 1);
    on_hold(p, calls[2], false);
    assert_true(is_heard(p, calls[0]) && is_heard(p, calls[1]) && is_heard(p, calls[2]));
}

/* The rest is no conference any more, and has the ear. */
static void nobody_is_left_alone(void **state)
{
    struct phones *p = *state;
    uint32_t calls[2];

    connect_all(p, 2, true, calls);
    join_all(p, 2, calls);
    phones_forget(p);
    assert_int_equal(phones_do(A, PHONE_PART, calls[1]), 0);
    was_parted(p, calls[0], 1);
    was_parted(p, calls[1], 1);
    on_hold(p, calls[1], true);
    assert_true(is_heard(p, calls[0]));
    assert_int_equal(conference_number(call_of(p, calls[0])), 0);
    assert_int_equal(phones_do(A, PHONE_PART, calls[0]), -EBUSY);
    assert_int_equal(phones_join(A, calls[0], calls[1]), 0);
    phones_forget(p);
    was_joined(p, calls[0], 2); /* a number is not used again */
}

static void who_ends_leaves(void **state)
{
    struct phones *p = *state;
    uint32_t calls[3];

    connect_all(p, 3, true, calls);
    join_all(p, 3, calls);
    phones_forget(p);
    phones_do(&p->at[1], PHONE_HANG_UP, p->at[1].incoming);
    phones_wait(A, PHONE_ENDED, calls[0]);
    was_parted(p, calls[0], 1);
    assert_true(phones_find(A, PHONE_PARTED, calls[0]) < phones_find(A, PHONE_ENDED, calls[0]));
    assert_true(is_heard(p, calls[1]) && is_heard(p, calls[2]));
    assert_null(phones_find(A, PHONE_ON_HOLD, 0));
    assert_null(phones_find(A, PHONE_PARTED, calls[1]));
    assert_int_equal(phones_do(A, PHONE_HANG_UP, calls[1]), 0);
    phones_wait(A, PHONE_ENDED, calls[1]);
    was_parted(p, calls[2], 1);
    assert_true(is_heard(p, calls[2]));
}

static void two_conferences_become_one(void **state)
{
    struct phones *p = *state;
    uint32_t calls[4];

    connect_all(p, 4, true, calls);
    join_all(p, 2, calls);
    assert_int_equal(phones_join(A, calls[2], calls[3]), 0);
    was_joined(p, calls[3], 2);
    phones_run(p, 300);
    assert_false(is_heard(p, calls[0]) || is_heard(p, calls[1]));
    phones_forget(p);
    assert_int_equal(phones_join(A, calls[3], calls[0]), 0);
    was_parted(p, calls[2], 2);
    was_parted(p, calls[3], 2);
    was_joined(p, calls[2], 1);
    was_joined(p, calls[3], 1);
    on_hold(p, calls[0], false);
    on_hold(p, calls[1], false); /* which waited together with the other */
    phones_run(p, 200);
    assert_null(phones_find(A, PHONE_PARTED, calls[0]));
    assert_null(phones_find(A, PHONE_ON_HOLD, calls[3]));
    for (size_t i = 0; i < 4; i++)
        assert_true(is_heard(p, calls[i]));
}

static void what_makes_no_sense(void **state)
{
    struct phones *p = *state;
    uint32_t up = phones_connect(A, &p->at[1], true), ringing;

    p->at[2].answers = false;
    ringing = phones_dial(A, &p->at[2].where, false);
    phones_wait(&p->at[2], PHONE_INCOMING, 0);
    assert_int_equal(phones_join(A, up, up), -EINVAL);
    assert_int_equal(phones_join(A, up, 99), -ENOENT);
    assert_int_equal(phones_join(A, 99, up), -ENOENT);
    assert_int_equal(phones_join(A, up, ringing), -EBUSY);
    assert_int_equal(phones_join(A, ringing, up), -EBUSY);
    assert_int_equal(phones_do(A, PHONE_PART, up), -EBUSY);
    assert_int_equal(phones_do(A, PHONE_PART, 99), -ENOENT);
    assert_null(phones_find(A, PHONE_JOINED, 0));
}

/* --- who has the ear -------------------------------------------------------------------------- */

static void another_call_holds_all_of_it(void **state)
{
    struct phones *p = *state;
    uint32_t calls[3];

    connect_all(p, 2, true, calls);
    join_all(p, 2, calls);
    phones_forget(p);
    calls[2] = phones_connect(A, &p->at[3], true);
    on_hold(p, calls[0], true);
    on_hold(p, calls[1], true);
    assert_true(is_heard(p, calls[2]));
    assert_null(phones_find(A, PHONE_PARTED, 0));

    phones_forget(p);
    assert_int_equal(phones_do(A, PHONE_SWAP, calls[1]), 0);
    on_hold(p, calls[0], false);
    on_hold(p, calls[1], false);
    on_hold(p, calls[2], true);
    assert_true(is_heard(p, calls[0]) && is_heard(p, calls[1]) && !is_heard(p, calls[2]));
    assert_int_equal(phones_do(A, PHONE_SWAP, calls[0]), -EBUSY);

    phones_forget(p);
    assert_int_equal(phones_do(A, PHONE_SWAP, calls[2]), 0);
    on_hold(p, calls[0], true);
    on_hold(p, calls[1], true);
    on_hold(p, calls[2], false);
}

/* By its own PHONE_HOLD: the others go on, and it does not come back with them. */
static void one_alone_is_held(void **state)
{
    struct phones *p = *state;
    uint32_t calls[4];

    connect_all(p, 3, true, calls);
    join_all(p, 3, calls);
    phones_forget(p);
    phones_do(A, PHONE_HOLD, calls[2]);
    on_hold(p, calls[2], true);
    phones_run(p, 200);
    assert_null(phones_find(A, PHONE_ON_HOLD, calls[0]));
    assert_null(phones_find(A, PHONE_PARTED, 0));
    assert_true(is_heard(p, calls[0]) && is_heard(p, calls[1]) && !is_heard(p, calls[2]));

    phones_forget(p);
    calls[3] = phones_connect(A, &p->at[4], true);
    on_hold(p, calls[0], true);
    on_hold(p, calls[1], true);
    phones_forget(p);
    phones_do(A, PHONE_RESUME, calls[0]);
    on_hold(p, calls[1], false);
    phones_run(p, 200);
    assert_null(phones_find(A, PHONE_ON_HOLD, calls[2]));
    phones_do(A, PHONE_RESUME, calls[2]);
    on_hold(p, calls[2], false);
    assert_true(is_heard(p, calls[0]) && is_heard(p, calls[1]) && is_heard(p, calls[2]));
}

static void the_tone_of_a_call_that_waits_is_heard_once(void **state)
{
    struct phones *p = *state;
    uint32_t calls[2], third;

    connect_all(p, 2, true, calls);
    join_all(p, 2, calls);
    phones_dial(&p->at[3], &A->where, true);
    phones_forget(p);
    third = phones_wait(A, PHONE_INCOMING, 0)->call;
    assert_int_equal(phones_do(A, PHONE_RING, third), 0);
    assert_int_equal(call_of(p, calls[0])->tone + call_of(p, calls[1])->tone, MEDIA_TONE_WAITING);
    phones_do(A, PHONE_HOLD, A->phone->heard->number); /* and goes on at the other */
    assert_int_equal(call_of(p, calls[0])->tone + call_of(p, calls[1])->tone, MEDIA_TONE_WAITING);
    assert_int_equal(A->phone->heard->tone, MEDIA_TONE_WAITING);
    phones_do(A, PHONE_REJECT, third);
    assert_int_equal(call_of(p, calls[0])->tone + call_of(p, calls[1])->tone, MEDIA_TONE_NONE);
}

/* --- calls with files ------------------------------------------------------------------------- */

static void files_need_no_ear(void **state)
{
    struct phones *p = *state;
    uint32_t calls[3], device;

    connect_all(p, 3, false, calls);
    join_all(p, 3, calls);
    device = phones_connect(A, &p->at[4], true);
    phones_run(p, 300);
    assert_null(phones_find(A, PHONE_ON_HOLD, 0));
    assert_true(is_heard(p, device) && !is_heard(p, calls[0]));
    phones_do(A, PHONE_PART, calls[0]);
    was_parted(p, calls[0], 1);
    phones_run(p, 200);
    assert_null(phones_find(A, PHONE_ON_HOLD, 0));
}

/* As long as they are together. */
static void who_has_the_device_shares_it(void **state)
{
    struct phones *p = *state;
    uint32_t file, device;

    p->at[2].answers = true;
    file = phones_connect(A, &p->at[1], false);
    device = phones_connect(A, &p->at[2], true);
    assert_false(is_heard(p, file));
    assert_int_equal(phones_join(A, file, device), 0);
    assert_true(is_heard(p, file) && is_heard(p, device));
    phones_do(A, PHONE_PART, file);
    assert_true(is_heard(p, device));
    assert_false(call_of(p, file)->at_device || call_of(p, file)->holds);
    assert_int_equal(phones_join(A, file, device), 0);
    phones_do(A, PHONE_PART, device); /* nobody else wants the ear */
    assert_true(is_heard(p, device));
    assert_int_equal(phones_join(A, file, device), 0);
    phones_do(A, PHONE_HANG_UP, device);
    phones_wait(A, PHONE_ENDED, device);
    assert_null(A->phone->heard);
    assert_false(call_of(p, file)->at_device || call_of(p, file)->holds);
}

/* --- keys in any order ------------------------------------------------------------------------ */

static void check_conference(const struct phones *p, const struct call *call)
{
    size_t n = 0;

    if (!call->conference)
        return;
    LIST_EACH (&call->conference->members, at) {
        assert_ptr_equal(LIST_ITEM(at, struct call, member)->conference, call->conference);
        n++;
    }
    assert_true(n >= 2 && n <= A->phone->n_calls);
}

/* Each call that wants the device either has it or is on hold, and who has it is one
 * conversation. */
static void check(const struct phones *p)
{
    const struct call *heard = A->phone->heard;

    LIST_EACH (&A->phone->calls, at) {
        const struct call *call = LIST_ITEM(at, struct call, link);

        check_conference(p, call);
        assert_int_equal(calls_is_heard(call), conference_wants_device(call) && !call->holds);
        assert_int_equal(call->at_device, calls_is_heard(call));
        if (call != heard && calls_is_heard(call))
            assert_ptr_equal(call->conference, heard->conference);
    }
}

static void keys_at_random(void **state)
{
    static const enum phone_command_kind kinds[] = {PHONE_HOLD, PHONE_RESUME, PHONE_SWAP,
                                                    PHONE_PART, PHONE_JOIN,   PHONE_JOIN};
    struct phones *p = *state;
    struct rng rng = rng_seeded(7);
    uint32_t calls[6];

    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        calls[i] = phones_connect(A, &p->at[1 + i % N_OTHERS], i % 3 != 0);
    for (unsigned i = 0; i < 400; i++) {
        enum phone_command_kind kind = kinds[rng_below(&rng, ARRAY_LEN(kinds))];
        uint32_t call = calls[rng_below(&rng, ARRAY_LEN(calls))];

        phones_forget(p);
        if (kind == PHONE_JOIN)
            phones_join(A, call, calls[rng_below(&rng, ARRAY_LEN(calls))]);
        else
            phones_do(A, kind, call);
        check(p);
        if (i % 8 == 0)
            phones_run(p, 5);
        for (size_t k = 0; k <= N_OTHERS; k++)
            p->at[k].n = p->at[k].from = 0; /* there is no end of them */
    }
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        phones_do(A, PHONE_HANG_UP, calls[i]);
        phones_wait(A, PHONE_ENDED, calls[i]);
        check(p);
    }
}

/* --- volume ----------------------------------------------------------------------------------- */

static int set_volume(struct phones *p, double microphone_db, double speaker_db)
{
    struct phone_command command = {
        .kind = PHONE_VOLUME, .microphone_db = microphone_db, .speaker_db = speaker_db};

    phones_forget(p);
    return phone_do(A->phone, &command, NULL, NULL);
}

static void volume_is_told(void **state)
{
    struct phones *p = *state;
    const struct phones_seen *s;

    assert_int_equal(set_volume(p, -6, 18), 0); /* before the first call, too */
    s = phones_wait(A, PHONE_VOLUMES, 0);
    assert_true(s->microphone_db == -6 && s->speaker_db == 18);
    phones_connect(A, &p->at[1], true);
    assert_int_equal(set_volume(p, NAN, -96), 0);
    s = phones_wait(A, PHONE_VOLUMES, 0);
    assert_true(s->microphone_db == -6 && s->speaker_db == -96);
    assert_int_equal(set_volume(p, 18.5, 0), -EINVAL);
    assert_int_equal(set_volume(p, 0, -97), -EINVAL);
    assert_int_equal(set_volume(p, 0, INFINITY), -EINVAL);
    assert_null(phones_find(A, PHONE_VOLUMES, 0));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, phones_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_held_call_is_joined_and_resumed),
        TEST(who_parts_is_put_on_hold),
        TEST(nobody_is_left_alone),
        TEST(who_ends_leaves),
        TEST(two_conferences_become_one),
        TEST(what_makes_no_sense),
        TEST(another_call_holds_all_of_it),
        TEST(one_alone_is_held),
        TEST(the_tone_of_a_call_that_waits_is_heard_once),
        TEST(files_need_no_ear),
        TEST(who_has_the_device_shares_it),
        TEST(keys_at_random),
        TEST(volume_is_told),
    };

    return cmocka_run_group_tests_name("phone/conference", tests, NULL, NULL);
}
