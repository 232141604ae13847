/* Several calls at once, hold, resume and swap: what commands do and events tell of it. */
#include "phone/phone.h"

#include <errno.h>

#include "base/rand.h"
#include "phone/phone_private.h"
#include "tests/unit/phone/phones.h"

static int set_up(void **state)
{
    return phones_set_up(state, 3);
}

#define A (&p->at[0])
#define B (&p->at[1])
#define C (&p->at[2])

/* Waits for it, and for what it says. */
static void on_hold(struct phones_end *end, uint32_t call, bool on)
{
    const struct phones_seen *s = phones_wait(end, PHONE_ON_HOLD, call);

    assert_int_equal(s->on, on);
    assert_int_equal(s->status, 0);
}

static void hold_is_told_when_it_is_agreed(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, true);
    struct phone_command key = {.kind = PHONE_DIGITS, .call = call, .digits = "7"};

    assert_int_equal(phones_do(A, PHONE_HOLD, call), 0);
    assert_null(phones_find(A, PHONE_ON_HOLD, call));
    on_hold(A, call, true);
    phones_wait(B, PHONE_HELD, 0);
    assert_string_equal(A->offered, "sendonly");
    assert_string_equal(B->offered, "recvonly");
    assert_int_equal(phone_do(A->phone, &key, NULL, NULL), 0); /* it waits */
    phones_run(p, 300);
    assert_null(phones_find(A, PHONE_DIGITS_SENT, call));
    phones_forget(p);
    assert_int_equal(phones_do(A, PHONE_RESUME, call), 0);
    on_hold(A, call, false);
    phones_wait(B, PHONE_RESUMED, 0);
    assert_string_equal(A->offered, "sendrecv");
    phones_wait(A, PHONE_DIGITS_SENT, call);
    assert_string_equal(phones_wait(B, PHONE_DIGIT, 0)->text, "7");
}

/* RFC 3264 8.4. */
static void both_hold_one_after_the_other(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, true);

    phones_do(A, PHONE_HOLD, call);
    phones_wait(B, PHONE_HELD, 0);
    phones_do(B, PHONE_HOLD, B->incoming);
    on_hold(B, B->incoming, true);
    assert_string_equal(B->offered, "inactive");
    phones_wait(A, PHONE_HELD, 0);
    phones_forget(p);
    phones_do(A, PHONE_RESUME, call);
    on_hold(A, call, false);
    assert_string_equal(A->offered, "recvonly");
    assert_string_equal(B->offered, "sendonly");
    phones_wait(B, PHONE_RESUMED, 0);
    phones_do(B, PHONE_RESUME, B->incoming);
    on_hold(B, B->incoming, false);
    phones_wait(A, PHONE_RESUMED, 0);
    assert_string_equal(B->offered, "sendrecv");
    assert_string_equal(A->offered, "sendrecv");
}

/* RFC 3261 14.1: both say 491, and both come to it. */
static void both_hold_at_once(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, true);

    phones_run(p, 50);
    phones_do(A, PHONE_HOLD, call);
    phones_do(B, PHONE_HOLD, B->incoming);
    on_hold(A, call, true);
    on_hold(B, B->incoming, true);
    assert_int_equal(A->n_491 + B->n_491, 2);
    phones_wait(A, PHONE_HELD, 0);
    phones_wait(B, PHONE_HELD, 0);
    phones_run(p, 4200); /* the other one's turn comes, too */
    phones_forget(p);
    phones_do(A, PHONE_RESUME, call);
    on_hold(A, call, false);
    phones_do(B, PHONE_RESUME, B->incoming);
    on_hold(B, B->incoming, false);
    phones_wait(A, PHONE_RESUMED, 0);
    phones_wait(B, PHONE_RESUMED, 0);
    assert_string_equal(B->offered, "sendrecv");
}

static void commands_faster_than_answers(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, true);

    phones_do(A, PHONE_HOLD, call);
    phones_do(A, PHONE_RESUME, call);
    phones_do(A, PHONE_HOLD, call);
    on_hold(A, call, true);
    phones_run(p, 200);
    phones_forget(p);
    phones_do(A, PHONE_RESUME, call);
    phones_do(A, PHONE_HOLD, call);
    phones_do(A, PHONE_RESUME, call);
    on_hold(A, call, false);
    phones_run(p, 200);
    assert_string_equal(A->offered, "sendrecv");
}

/* Offers of both sides in the same moments, again and again: no dead end. */
static void both_press_keys_at_random(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, true);
    struct rng rng = rng_seeded(3);

    for (unsigned i = 0; i < 60; i++) {
        bool mine = rng_below(&rng, 2);

        phones_do(mine ? A : B, rng_below(&rng, 2) ? PHONE_HOLD : PHONE_RESUME,
                  mine ? call : B->incoming);
        phones_run(p, rng_below(&rng, 10));
    }
    phones_do(A, PHONE_RESUME, call);
    phones_do(B, PHONE_RESUME, B->incoming);
    for (unsigned quiet = 0; quiet < 45; quiet++) {
        size_t before = A->n + B->n;

        phones_run(p, 100);
        quiet = A->n + B->n == before ? quiet : 0;
    }
    phones_forget(p);
    phones_do(A, PHONE_HOLD, call);
    on_hold(A, call, true);
    phones_wait(B, PHONE_HELD, 0);
    assert_string_equal(A->offered, "sendonly");
}

static void a_second_call_puts_the_first_on_hold(void **state)
{
    struct phones *p = *state;
    uint32_t first = phones_connect(A, B, true), second;

    second = phones_connect(A, C, true);
    on_hold(A, first, true);
    phones_wait(B, PHONE_HELD, 0);
    assert_null(phones_find(C, PHONE_HELD, 0));
    assert_int_equal(phones_do(A, PHONE_SWAP, second), -EBUSY); /* it is the one that is heard */

    phones_forget(p);
    assert_int_equal(phones_do(A, PHONE_SWAP, first), 0);
    on_hold(A, first, false);
    on_hold(A, second, true);
    phones_wait(B, PHONE_RESUMED, 0);
    phones_wait(C, PHONE_HELD, 0);

    phones_forget(p);
    phones_do(A, PHONE_HANG_UP, first);
    phones_wait(A, PHONE_ENDED, first);
    phones_run(p, 300);
    assert_null(phones_find(C, PHONE_RESUMED, 0)); /* nobody takes its place by itself */
    phones_do(A, PHONE_RESUME, second);
    on_hold(A, second, false);
    phones_wait(C, PHONE_RESUMED, 0);
}

static void a_call_comes_while_one_is_up(void **state)
{
    struct phones *p = *state;
    uint32_t first = phones_connect(A, B, true), second;
    const struct call *waiting;

    phones_dial(C, &A->where, true);
    second = phones_wait(A, PHONE_INCOMING, 0)->call;
    assert_int_equal(phones_do(A, PHONE_RING, second), 0);
    phones_wait(C, PHONE_RINGING, 0);
    phones_run(p, 200);
    assert_null(phones_find(A, PHONE_ON_HOLD, first)); /* the first goes on */
    assert_int_equal(A->phone->heard->tone, MEDIA_TONE_WAITING);
    A->device = true;
    waiting = A->phone->heard;
    assert_int_equal(phones_do(A, PHONE_ANSWER, second), 0);
    assert_int_equal(waiting->tone, MEDIA_TONE_NONE); /* nor does it go on beside the other */
    on_hold(A, first, true);
    phones_wait(C, PHONE_ANSWERED, 0);
    phones_wait(B, PHONE_HELD, 0);
    assert_int_equal(phone_calls(A->phone), 2);
    assert_int_equal(A->phone->heard->number, second);
    assert_int_equal(A->phone->heard->tone, MEDIA_TONE_NONE);
}

static void a_call_that_waits_is_refused_or_left(void **state)
{
    struct phones *p = *state;
    uint32_t first = phones_connect(A, B, true), second;

    phones_dial(C, &A->where, true);
    second = phones_wait(A, PHONE_INCOMING, 0)->call;
    phones_do(A, PHONE_RING, second);
    assert_int_equal(phones_do(A, PHONE_SWAP, second), -EBUSY);
    assert_int_equal(phones_do(A, PHONE_REJECT, second), 0);
    assert_int_equal(A->phone->heard->tone, MEDIA_TONE_NONE);
    phones_wait(C, PHONE_ENDED, 0);
    phones_forget(p);
    phones_dial(C, &A->where, true);
    second = phones_wait(A, PHONE_INCOMING, 0)->call;
    phones_do(A, PHONE_RING, second);
    phones_do(A, PHONE_HANG_UP, first);
    phones_wait(B, PHONE_ENDED, 0);
    assert_null(phones_find(A, PHONE_ENDED, second));
    phones_do(A, PHONE_HANG_UP, second);
    phones_wait(C, PHONE_ENDED, 0);
}

/* Only ears are one pair. */
static void calls_with_files_go_on_side_by_side(void **state)
{
    struct phones *p = *state;
    uint32_t first = phones_connect(A, B, false), second = phones_connect(A, C, false);

    phones_run(p, 200);
    assert_null(phones_find(A, PHONE_ON_HOLD, 0));
    assert_int_equal(phones_do(A, PHONE_SWAP, first), -EBUSY);
    phones_do(A, PHONE_HOLD, second);
    on_hold(A, second, true);
    assert_null(phones_find(A, PHONE_ON_HOLD, first));
}

/* The call that was dialled later is heard, whoever answers first. */
static void two_calls_ring_and_the_older_one_is_taken(void **state)
{
    struct phones *p = *state;
    uint32_t first = phones_dial(A, &B->where, true), second;

    phones_wait(B, PHONE_INCOMING, 0);
    second = phones_connect(A, C, true);
    phones_do(B, PHONE_ANSWER, B->incoming);
    phones_wait(A, PHONE_ANSWERED, first);
    on_hold(A, first, true);
    phones_wait(B, PHONE_HELD, 0);
    phones_forget(p);
    assert_int_equal(phones_do(A, PHONE_SWAP, first), 0);
    on_hold(A, first, false);
    on_hold(A, second, true);
}

/* --- a far end that is not of our kind -------------------------------------------------------- */

/* direction: what the far end answers. */
static uint32_t far_call_in(struct phones *p, struct far_end *far, const char *direction)
{
    struct ip where;
    uint32_t call;

    far_open(p, far);
    far->direction = direction;
    where = far_where(far);
    call = phones_dial(A, &where, true);
    far_say(far, "200 OK", 0, true);
    phones_wait(A, PHONE_ANSWERED, call);
    return call;
}

static uint32_t far_call(struct phones *p, struct far_end *far)
{
    uint32_t call = far_call_in(p, far, "sendrecv");

    PHONES_UNTIL(p, far->heard[0].rtp > 5);
    return call;
}

static void held_calls_send_nothing(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far);
    unsigned before;

    far.reinvite_status = 200;
    far.direction = "recvonly";
    phones_do(A, PHONE_HOLD, call);
    phones_run(p, 60); /* the beat that is under way */
    before = far.heard[0].rtp;
    on_hold(A, call, true);
    phones_run(p, 300);
    assert_int_equal(far.heard[0].rtp, before);
    far.direction = "sendrecv";
    phones_do(A, PHONE_RESUME, call);
    PHONES_UNTIL(p, far.heard[0].rtp > before + 5);
    phones_do(A, PHONE_HANG_UP, call);
    PHONES_UNTIL(p, far.n_byes);
}

static void a_refused_hold_holds_on_our_side(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far);
    const struct phones_seen *s;
    unsigned before;

    far.reinvite_status = 488;
    phones_do(A, PHONE_HOLD, call);
    s = phones_wait(A, PHONE_ON_HOLD, call);
    assert_true(s->on);
    assert_int_equal(s->status, 488);
    assert_non_null(phones_find(A, PHONE_NOTICE, call));
    phones_run(p, 60);
    before = far.heard[0].rtp;
    phones_run(p, 300);
    assert_int_equal(far.heard[0].rtp, before);
    phones_forget(p);
    phones_do(A, PHONE_RESUME, call); /* which needs no consent */
    on_hold(A, call, false);
    assert_int_equal(far.n_invites, 2);
    PHONES_UNTIL(p, far.heard[0].rtp > before + 5);
    phones_do(A, PHONE_HANG_UP, call);
    PHONES_UNTIL(p, far.n_byes);
}

/* RFC 6337 5.3: what they ask for is ours from the start, as it may go to somebody who does not
 * hold us; also where an offer of ours waits for its turn, which would have less. */
static void they_ask_for_an_offer_while_ours_waits(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call_in(p, &far, "sendonly");
    unsigned before;

    far.reinvite_status = 491;
    phones_do(A, PHONE_HOLD, call);
    PHONES_UNTIL(p, far.n_invites > 1 && far.n_acks > 1);
    assert_string_equal(A->offered, "inactive"); /* both hold */
    before = far.n_answers;
    far_request(&far, "INVITE", 1, "");
    PHONES_UNTIL(p, far.n_answers > before && strstr(far.answer, "m=audio"));
    assert_string_equal(A->offered, "sendonly");
    far_request(&far, "ACK", 1, ""); /* which does not answer it, so the call is over */
    PHONES_UNTIL(p, far.n_byes);
}

static void a_refused_resume_stays_on_hold(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far);

    far.reinvite_status = 200;
    far.direction = "inactive"; /* as some answer */
    phones_do(A, PHONE_HOLD, call);
    on_hold(A, call, true);
    phones_forget(p);
    far.reinvite_status = 500;
    phones_do(A, PHONE_RESUME, call);
    assert_int_equal(phones_wait(A, PHONE_ON_HOLD, call)->status, 500);
    assert_true(phones_find(A, PHONE_ON_HOLD, call)->on);
    phones_forget(p);
    far.reinvite_status = 200;
    far.direction = "sendrecv";
    phones_do(A, PHONE_RESUME, call);
    on_hold(A, call, false);
    assert_string_equal(A->offered, "sendrecv");
    assert_null(phones_find(A, PHONE_HELD, call));
    phones_do(A, PHONE_HANG_UP, call);
    PHONES_UNTIL(p, far.n_byes);
}

static void a_hold_to_a_call_that_is_no_more(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far);

    far.reinvite_status = 481;
    phones_do(A, PHONE_HOLD, call);
    phones_wait(A, PHONE_ENDED, call);
}

/* --- another address -------------------------------------------------------------------------- */

/* As the core tells it; all of 127.0.0.0/8 is ours. */
static void move_to(struct phones *p, uint32_t number, uint8_t host)
{
    LIST_EACH (&A->phone->calls, at) {
        struct call *call = LIST_ITEM(at, struct call, link);
        struct sip_call_event event = {.kind = SIP_CALL_MOVED, .flow = call->flow};

        event.flow.local.bytes[3] = host;
        if (call->number == number)
            call_input(call, CALL_MOVED, &event, NULL);
    }
    net_sip_link_pump(A->phone->link);
}

static void sound_moves_with_the_call(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far);

    far.reinvite_status = 200;
    assert_int_equal(far.heard[0].from.bytes[3], 1);
    move_to(p, call, 2);
    assert_int_equal(phones_wait(A, PHONE_MOVED, call)->where.bytes[3], 2);
    PHONES_UNTIL(p, far.heard[0].from.bytes[3] == 2);
    assert_int_equal(far.n_invites, 2);
    phones_do(A, PHONE_HANG_UP, call);
    PHONES_UNTIL(p, far.n_byes);
}

static void a_move_that_is_refused_is_told(void **state)
{
    struct phones *p = *state;
    static struct far_end far;
    uint32_t call = far_call(p, &far);

    far.reinvite_status = 488;
    move_to(p, call, 2);
    assert_int_equal(phones_wait(A, PHONE_NOTICE, call)->status, 488);
    far.reinvite_status = 200;
    move_to(p, call, 3);
    assert_int_equal(phones_wait(A, PHONE_MOVED, call)->where.bytes[3], 3);
    phones_do(A, PHONE_HANG_UP, call);
    PHONES_UNTIL(p, far.n_byes);
}

static void a_call_on_hold_moves_too(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, true);

    phones_do(A, PHONE_HOLD, call);
    on_hold(A, call, true);
    phones_wait(B, PHONE_HELD, 0);
    phones_forget(p);
    move_to(p, call, 2);
    phones_wait(A, PHONE_MOVED, call);
    assert_string_equal(A->offered, "sendonly");
    assert_int_equal(phones_wait(B, PHONE_MEDIA_MOVED, 0)->where.bytes[3], 2);
    assert_null(phones_find(B, PHONE_RESUMED, 0));
    assert_null(phones_find(A, PHONE_ON_HOLD, 0));
    phones_do(A, PHONE_RESUME, call);
    on_hold(A, call, false);
    phones_wait(B, PHONE_RESUMED, 0);
}

/* The move waits for what is under way, and takes along what is due. */
static void keys_pressed_while_the_call_moves(void **state)
{
    struct phones *p = *state;
    uint32_t call = phones_connect(A, B, true);

    phones_do(A, PHONE_HOLD, call);
    move_to(p, call, 2);
    phones_do(A, PHONE_RESUME, call);
    move_to(p, call, 3);
    phones_do(A, PHONE_HOLD, call);
    PHONES_UNTIL(p, phones_find(A, PHONE_MOVED, call) && phones_find(B, PHONE_MEDIA_MOVED, 0));
    phones_run(p, 200);
    on_hold(A, call, true);
    assert_string_equal(A->offered, "sendonly");
    assert_int_equal(LIST_ITEM(list_first(&A->phone->calls), struct call, link)->agreed_at.bytes[3],
                     3);
}

static void the_soonest_end_counts(void **state)
{
    struct phones *p = *state;
    struct phone_command quit = {.kind = PHONE_QUIT, .on = true};
    uint64_t by_ms = net_now_ms() + 30000;

    phones_connect(A, B, true);
    assert_int_equal(phone_do(A->phone, &quit, NULL, NULL), 0);
    quit = (struct phone_command){.kind = PHONE_QUIT, .on = true, .until_ms = by_ms};
    assert_int_equal(phone_do(A->phone, &quit, NULL, NULL),
                     0); /* later than what it gives itself */
    assert_int_equal(A->phone->gone_by_ms, by_ms);
    assert_int_equal(phones_do(A, PHONE_QUIT, 0), 0); /* soon, and by no time */
    assert_int_equal(A->phone->gone_by_ms, by_ms);
    phones_wait(A, PHONE_CLOSED, 0);
    quit.until_ms = by_ms - 1;
    assert_int_equal(phone_do(A->phone, &quit, NULL, NULL), 0);
    assert_int_equal(A->phone->gone_by_ms, by_ms - 1);
    assert_int_equal(A->phone->quit_by_ms, NEVER_MS); /* there is nothing to wait for */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, phones_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(hold_is_told_when_it_is_agreed),
        TEST(both_hold_one_after_the_other),
        TEST(both_hold_at_once),
        TEST(commands_faster_than_answers),
        TEST(both_press_keys_at_random),
        TEST(a_second_call_puts_the_first_on_hold),
        TEST(a_call_comes_while_one_is_up),
        TEST(a_call_that_waits_is_refused_or_left),
        TEST(calls_with_files_go_on_side_by_side),
        TEST(two_calls_ring_and_the_older_one_is_taken),
        TEST(held_calls_send_nothing),
        TEST(a_refused_hold_holds_on_our_side),
        TEST(they_ask_for_an_offer_while_ours_waits),
        TEST(a_refused_resume_stays_on_hold),
        TEST(a_hold_to_a_call_that_is_no_more),
        TEST(sound_moves_with_the_call),
        TEST(a_move_that_is_refused_is_told),
        TEST(a_call_on_hold_moves_too),
        TEST(keys_pressed_while_the_call_moves),
        TEST(the_soonest_end_counts),
    };

    return cmocka_run_group_tests_name("phone/calls", tests, NULL, NULL);
}
