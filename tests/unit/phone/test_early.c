/* One INVITE, several phones: what is heard before the answer, and which of them is talked to after
 * it (RFC 3261 13.2.2.4, RFC 3960). */
#include "phone/phone.h"

#include <string.h>

#include "phone/phone_private.h"
#include "tests/unit/phone/phones.h"

struct fixture {
    struct phones phones;
    struct far_end far;
    uint32_t call;
};

static int set_up(void **state)
{
    static struct fixture f;
    struct ip where;

    phones_open(&f.phones, 1);
    far_open(&f.phones, &f.far);
    where = far_where(&f.far);
    f.call = phones_dial(&f.phones.at[0], &where, true);
    PHONES_UNTIL(&f.phones, f.far.n_invites);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    phones_close(&f->phones);
    return 0;
}

#define PHONE (&f->phones.at[0])

/* Where the phone thinks the other side to be, by the last event of the kind. */
static bool is_at(struct fixture *f, enum phone_event_kind kind, unsigned fork)
{
    const struct phones_seen *s = phones_wait(PHONE, kind, f->call);
    struct ip media = net_udp_local(f->far.media[fork]);

    return s->where.port == media.port;
}

static enum media_tone tone(struct fixture *f)
{
    struct list *first = list_first(&PHONE->phone->calls);

    return first ? LIST_ITEM(first, struct call, link)->tone : MEDIA_TONE_NONE;
}

static void the_last_that_sends_sdp_is_heard(void **state)
{
    struct fixture *f = *state;

    far_say(&f->far, "183 Session Progress", 0, true);
    assert_true(is_at(f, PHONE_EARLY, 0));
    phones_forget(&f->phones);
    far_say(&f->far, "183 Session Progress", 1, true);
    assert_true(is_at(f, PHONE_EARLY, 1));
    phones_forget(&f->phones);
    far_say(&f->far, "183 Session Progress", 0, true); /* says it once more */
    far_say(&f->far, "180 Ringing", 2, false);
    phones_wait(PHONE, PHONE_RINGING, f->call);
    phones_run(&f->phones, 100);
    assert_null(phones_find(PHONE, PHONE_EARLY, f->call));
    far_say(&f->far, "200 OK", 2, true);
    assert_true(is_at(f, PHONE_ANSWERED, 2));
    PHONES_UNTIL(&f->phones, f->far.heard[2].rtp > 3);
}

static void the_one_that_answers_is_talked_to(void **state)
{
    struct fixture *f = *state;
    unsigned before;

    far_say(&f->far, "183 Session Progress", 1, true);
    phones_wait(PHONE, PHONE_EARLY, f->call);
    far_say(&f->far, "183 Session Progress", 0, true);
    phones_run(&f->phones, 100);
    far_say(&f->far, "200 OK", 1, false); /* its 183 had the answer */
    assert_true(is_at(f, PHONE_ANSWERED, 1));
    PHONES_UNTIL(&f->phones, f->far.heard[1].rtp > 3);
    before = f->far.heard[0].rtp;
    phones_run(&f->phones, 200);
    assert_int_equal(f->far.heard[0].rtp, before);
    assert_int_equal(f->far.n_acks, 1);
}

static void an_answer_without_sdp_of_its_own_is_none(void **state)
{
    struct fixture *f = *state;

    far_say(&f->far, "183 Session Progress", 1, true);
    phones_wait(PHONE, PHONE_EARLY, f->call);
    far_say(&f->far, "200 OK", 2, false);
    assert_int_equal(phones_wait(PHONE, PHONE_ENDED, f->call)->outcome, PHONE_FAILED);
    PHONES_UNTIL(&f->phones, f->far.n_byes == 1);
    assert_non_null(strstr(f->far.bye_to, "tag=fork2"));
}

static void two_answer_and_the_first_wins(void **state)
{
    struct fixture *f = *state;

    far_say(&f->far, "180 Ringing", 0, false);
    far_say(&f->far, "180 Ringing", 1, false);
    far_say(&f->far, "200 OK", 0, true);
    far_say(&f->far, "200 OK", 1, true);
    PHONES_UNTIL(&f->phones, f->far.n_acks == 2 && f->far.n_byes == 1);
    assert_non_null(strstr(f->far.bye_to, "tag=fork1"));
    assert_true(is_at(f, PHONE_ANSWERED, 0));
    PHONES_UNTIL(&f->phones, f->far.heard[0].rtp > 3);
    assert_int_equal(f->far.heard[1].rtp, 0);
    assert_null(phones_find(PHONE, PHONE_ENDED, f->call));
}

/* RFC 3960 3.2: 180 and no sound: our tone; sound: no tone. */
static void it_rings_until_somebody_is_heard(void **state)
{
    struct fixture *f = *state;

    far_say(&f->far, "183 Session Progress", 0, true);
    phones_wait(PHONE, PHONE_EARLY, f->call);
    assert_int_equal(tone(f), MEDIA_TONE_NONE);
    far_say(&f->far, "180 Ringing", 1, false);
    PHONES_UNTIL(&f->phones, tone(f) == MEDIA_TONE_RINGBACK);
    far_speak(&f->far, 0, 1);
    far_speak(&f->far, 0, 2);
    PHONES_UNTIL(&f->phones, tone(f) == MEDIA_TONE_NONE);
    far_say(&f->far, "183 Session Progress", 1, true); /* another one, and silent so far */
    PHONES_UNTIL(&f->phones, tone(f) == MEDIA_TONE_RINGBACK);
    far_say(&f->far, "200 OK", 1, true);
    phones_wait(PHONE, PHONE_ANSWERED, f->call);
    PHONES_UNTIL(&f->phones, tone(f) == MEDIA_TONE_NONE);
}

static void useless_early_sdp_is_passed_over(void **state)
{
    struct fixture *f = *state;

    f->far.direction = "x\r\nm=audio 0 RTP/AVP 99"; /* two lines are no answer to one */
    far_say(&f->far, "183 Session Progress", 0, true);
    phones_wait(PHONE, PHONE_RINGING, f->call);
    f->far.direction = NULL;
    far_say(&f->far, "200 OK", 1, true);
    assert_true(is_at(f, PHONE_ANSWERED, 1));
    PHONES_UNTIL(&f->phones, f->far.heard[1].rtp > 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_that_sends_sdp_is_heard),         TEST(the_one_that_answers_is_talked_to),
        TEST(an_answer_without_sdp_of_its_own_is_none), TEST(two_answer_and_the_first_wins),
        TEST(it_rings_until_somebody_is_heard),         TEST(useless_early_sdp_is_passed_over),
    };

    return cmocka_run_group_tests_name("phone/early", tests, NULL, NULL);
}
