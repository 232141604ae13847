/* Keys of a call by INFO, and one press that comes two ways: on a clock of our own, with a stream
 * and a call of SIP that only note what they are asked for. */
#include <stdio.h>
#include <string.h>

#include "net/sip_link.h"
#include "phone/account.h"
#include "phone/call.h"
#include "phone/phone_private.h"
#include "tests/lib/rows.h"
#include "tests/lib/wrap.h"

static uint64_t now_ms, due_ms;
static void (*when_due)(void *arg);
static int digit_err;
static char told[256], infos[512], tones[512];
static size_t pieces;

WRAP(uint64_t, net_now_ms, void)
{
    return now_ms;
}

WRAP(int, net_deadline_new, struct net_loop *loop, void (*on_due)(void *arg), void *arg,
     struct net_deadline **out)
{
    (void)loop;
    (void)arg;
    when_due = on_due;
    *out = (struct net_deadline *)(void *)&when_due;
    return 0;
}

WRAP(void, net_deadline_free, struct net_deadline *deadline)
{
    (void)deadline;
}

WRAP(void, net_deadline_set, struct net_deadline *deadline, uint64_t when_ms)
{
    (void)deadline;
    due_ms = when_ms < now_ms ? now_ms : when_ms;
}

WRAP(void, net_sip_link_pump, struct net_sip_link *link)
{
    (void)link;
}

WRAP(void, phone_deliver, struct phone *phone)
{
    (void)phone;
}

WRAP(int, sip_call_digit, struct sip_call *call, char digit, unsigned ms, uint64_t at_ms)
{
    (void)call;
    (void)ms;
    (void)at_ms;
    infos[strlen(infos)] = digit;
    return digit_err;
}

WRAP(bool, media_stream_takes_digits, const struct media_stream *stream)
{
    (void)stream;
    return false;
}

WRAP(int, media_stream_tones, struct media_stream *stream, struct slice digits)
{
    (void)stream;
    if (digits.n > MEDIA_MAX_DIGITS)
        return -E2BIG;
    memcpy(tones + strlen(tones), digits.p, digits.n);
    pieces++;
    return 0;
}

/* "sent" with the way, a digit, or the text of a notice. */
WRAP(void, call_tell, struct call *call, struct phone_event *event)
{
    size_t n = strlen(told);

    (void)call;
    if (event->kind == PHONE_DIGITS_SENT)
        snprintf(told + n, sizeof told - n, "sent %s;", event->way);
    else
        snprintf(told + n, sizeof told - n, "%s;", event->text);
}

/* --- a call ---------------------------------------------------------------------------------- */

struct world {
    struct phone_config config;
    struct phone phone;
    struct call call;
};

static int set_up(void **state)
{
    static struct world w;

    memset(&w, 0, sizeof w);
    memset(told, 0, sizeof told);
    memset(infos, 0, sizeof infos);
    memset(tones, 0, sizeof tones);
    pieces = 0;
    digit_err = 0;
    now_ms = 100000;
    due_ms = NEVER_MS;
    w.phone.config = &w.config;
    w.call.phone = &w.phone;
    w.call.state = CALL_UP;
    w.call.keys.takes_info = true;
    w.call.sip = (struct sip_call *)(void *)&w;
    w.call.stream = (struct media_stream *)(void *)&w;
    *state = &w;
    return 0;
}

static void run(struct world *w, uint64_t ms)
{
    uint64_t end_ms = now_ms + ms;

    while (due_ms <= end_ms) {
        now_ms = due_ms;
        due_ms = NEVER_MS;
        when_due(&w->call);
    }
    now_ms = end_ms;
}

static int push(struct world *w, const char *digits)
{
    return call_digits_send(&w->call, slice_of(digits));
}

static void answer(struct world *w, unsigned status)
{
    struct sip_call_event event = {.kind = SIP_CALL_DIGIT_SENT, .status = status};

    call_digits_sip(&w->call, &event);
}

static void info(struct world *w, char digit, unsigned ms)
{
    struct sip_call_event event = {.kind = SIP_CALL_DIGIT, .digit = digit, .digit_ms = ms};

    call_digits_sip(&w->call, &event);
}

/* --- ours ------------------------------------------------------------------------------------ */

static void without_an_answer_the_rest_goes_as_tones(void **state)
{
    struct world *w = *state;

    assert_int_equal(push(w, "12p3!"), 0);
    run(w, 10);
    answer(w, 408);
    assert_string_equal(infos, "1");
    assert_string_equal(tones, "2p3");
    assert_string_equal(told, "the other side takes no digits by INFO (408): 2 digits left out;");
    call_digits_sent(&w->call);
    assert_non_null(strstr(told, ";sent inband;"));
}

static void refused_all_go_as_tones_in_pieces(void **state)
{
    struct world *w = *state;
    char digits[151] = "";

    memset(digits, '7', 150);
    assert_int_equal(push(w, digits), 0);
    run(w, 10);
    answer(w, 415);
    assert_int_equal(strlen(tones), 150);
    assert_int_equal(pieces, 3);
    assert_string_equal(told, "");
}

static void what_cannot_be_sent_is_told(void **state)
{
    struct world *w = *state;

    digit_err = -ENOMEM;
    assert_int_equal(push(w, "1,2"), 0);
    run(w, 10);
    assert_string_equal(told, "no INFO could be sent: 2 digits left out;");
    assert_int_equal(w->call.keys.n_waiting, 0);
}

static void what_the_stream_left_out_is_told(void **state)
{
    struct world *w = *state;
    struct media_event event = {.type = MEDIA_DIGITS_LEFT_OUT, .n_digits = 2, .err = -ENOBUFS};

    call_media_event(&w->call, &event);
    assert_string_equal(told, "too many digits wait: 2 digits left out;");
    memset(told, 0, sizeof told);
    event.n_digits = 1;
    event.err = -ENOTSUP;
    call_media_event(&w->call, &event);
    assert_string_equal(told, "the other side takes no digits by RTP any more: 1 digit left out;");
}

/* Its sound has ended by itself: SIP goes on. */
static void keys_go_on_without_a_stream(void **state)
{
    struct world *w = *state;

    assert_int_equal(push(w, "12p3"), 0);
    run(w, 10);
    w->call.stream = NULL;
    answer(w, 200);
    run(w, 300);
    assert_string_equal(infos, "12");
    answer(w, 415);
    assert_string_equal(tones, "");
    assert_string_equal(told, "the other side takes no digits by INFO (415): 2 digits left out;");
    assert_int_equal(w->call.keys.under_way, '\0');
}

static void a_pause_at_the_end_is_kept(void **state)
{
    struct world *w = *state;

    assert_int_equal(push(w, "1,"), 0);
    run(w, 10);
    answer(w, 200);
    run(w, 300); /* in the middle of the pause */
    assert_int_equal(push(w, "2"), 0);
    run(w, 600);
    assert_string_equal(infos, "1");
    run(w, 400);
    assert_string_equal(infos, "12");
}

static void the_way_stays_while_keys_wait(void **state)
{
    struct world *w = *state;

    assert_int_equal(push(w, "12"), 0);
    run(w, 10);
    w->call.keys.takes_info = false;
    assert_int_equal(push(w, "3"), 0);
    assert_string_equal(tones, "");
    for (int i = 0; i < 3; i++) {
        answer(w, 200);
        run(w, 300);
    }
    assert_string_equal(infos, "123");
    assert_int_equal(push(w, "4"), 0);
    assert_string_equal(tones, "4");
}

/* The stream keeps them. */
static void who_holds_hears_tones_later(void **state)
{
    struct world *w = *state;

    w->call.keys.takes_info = false;
    w->call.held = true;
    assert_int_equal(push(w, "1"), 0);
    assert_string_equal(tones, "1");
    assert_string_equal(told, "");
}

/* --- theirs ---------------------------------------------------------------------------------- */

static void a_press_that_comes_two_ways(void **state)
{
    struct world *w = *state;

    call_digits_came(&w->call, '7', DIGIT_BY_RTP, 0);
    now_ms += 1000;
    info(w, '7', 100);
    call_digits_came(&w->call, '7', DIGIT_BY_RTP, 0);
    assert_string_equal(told, "7;7;");
    now_ms += 10000;
    info(w, '7', 100);
    assert_string_equal(told, "7;7;7;");
}

static void a_long_press_that_comes_two_ways(void **state)
{
    struct world *w = *state;

    call_digits_came(&w->call, '7', DIGIT_BY_RTP, 0);
    now_ms += 4000;
    call_digits_ended(&w->call, '7', DIGIT_BY_RTP);
    now_ms += 1000;
    info(w, '7', 100);
    call_digits_came(&w->call, '8', DIGIT_BY_TONE, 0);
    now_ms += 4000;
    info(w, '8', 3000);
    assert_string_equal(told, "7;8;");
}

#define ROW(test) {#test, test, set_up, NULL, NULL}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ROW(without_an_answer_the_rest_goes_as_tones),
        ROW(refused_all_go_as_tones_in_pieces),
        ROW(keys_go_on_without_a_stream),
        ROW(what_cannot_be_sent_is_told),
        ROW(what_the_stream_left_out_is_told),
        ROW(a_pause_at_the_end_is_kept),
        ROW(the_way_stays_while_keys_wait),
        ROW(who_holds_hears_tones_later),
        ROW(a_press_that_comes_two_ways),
        ROW(a_long_press_that_comes_two_ways),
    };

    return cmocka_run_group_tests_name("phone/call_digits", tests, NULL, NULL);
}
