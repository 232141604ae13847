/* When a stream sends, and what: digits, holds, ports. */
#include <errno.h>
#include <string.h>

#include "net/address.h"
#include "net/loop.h"
#include "tests/unit/phone/streams.h"

static void test_digits_arrive_once_each(void **state)
{
    struct streams *w = streams_new(NULL);

    (void)state;
    streams_start(w, "PCMU");
    assert_int_equal(media_stream_dtmf(w->a.stream, SLICE("1x")), -EINVAL);
    assert_int_equal(media_stream_dtmf(w->a.stream, SLICE("12#")), 0);
    assert_int_equal(media_stream_dtmf(w->a.stream, SLICE("2*D")), 0);
    streams_wait(w, &w->a.told[MEDIA_DIGITS_SENT], 1);
    loop_run_ms(&w->loop, 60);
    assert_string_equal(w->b.digits, "12#2*D");
    streams_stop(w);
    streams_free(w);
}

static void test_digits_at_the_clock_of_opus(void **state)
{
    struct streams *w = streams_new(NULL);

    (void)state;
    streams_start(w, "opus");
    assert_int_equal(media_stream_dtmf(w->a.stream, SLICE("07")), 0);
    streams_wait(w, &w->a.told[MEDIA_DIGITS_SENT], 1);
    loop_run_ms(&w->loop, 60);
    assert_string_equal(w->b.digits, "07");
    streams_stop(w);
    streams_free(w);
}

/* The sequence numbers of their packets are no holes to be filled with invented sound. */
static void test_digits_leave_no_holes(void **state)
{
    struct streams *w = streams_new(NULL);

    (void)state;
    streams_start(w, "opus");
    media_stream_record(w->b.stream, w->b.record, PHONE_SIDES_HEARD);
    loop_run_ms(&w->loop, 200);
    assert_int_equal(media_stream_dtmf(w->a.stream, SLICE("07")), 0);
    streams_wait(w, &w->a.told[MEDIA_DIGITS_SENT], 1);
    loop_run_ms(&w->loop, 200);
    /* each digit is eight packets and more */
    assert_in_range(streams_stats(w, &w->b).concealed, 0, 3);
    streams_stop(w);
    streams_free(w);
}

static void test_digits_that_were_not_agreed(void **state)
{
    struct streams *w = streams_new(NULL);
    struct media_params p = streams_params(media_stream_port(w->b.stream), "PCMU");

    (void)state;
    assert_int_equal(media_stream_dtmf(w->a.stream, SLICE("1")), -ENOTSUP);
    p.event_send = MEDIA_NO_EVENTS;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    assert_int_equal(media_stream_dtmf(w->a.stream, SLICE("1")), -ENOTSUP);
    streams_stop(w);
    streams_free(w);
}

/* On hold they wait; without events behind it they are left out, and told of. */
static void test_digits_that_nobody_takes_are_left_out(void **state)
{
    struct streams *w = streams_new(NULL);
    struct media_params p = streams_params(media_stream_port(w->b.stream), "PCMU");

    (void)state;
    p.send = false;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    assert_int_equal(media_stream_dtmf(w->a.stream, SLICE("1,p2P")), 0);
    p.event_send = MEDIA_NO_EVENTS;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    streams_stats(w, &w->a);
    assert_int_equal(w->a.told[MEDIA_DIGITS_LEFT_OUT], 0);
    p.send = true;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    streams_wait(w, &w->a.told[MEDIA_DIGITS_LEFT_OUT], 1);
    streams_wait_sent(w, &w->a, 3);
    assert_int_equal(w->a.told[MEDIA_DIGITS_SENT], 0);
    assert_int_equal(w->a.left_out, 2);
    assert_int_equal(w->a.left_out_err, -ENOTSUP);
    streams_stop(w);
    streams_free(w);
}

/* As some hold a call: keys wait for the same way on which they went before. */
static void test_digits_while_the_stream_is_taken_out(void **state)
{
    struct streams *w = streams_new(NULL);
    struct media_params p = streams_params(media_stream_port(w->b.stream), "PCMU");
    uint16_t port = p.remote_rtp.port;
    uint8_t events = p.event_send;

    (void)state;
    streams_start(w, "PCMU");
    p.remote_rtp.port = 0;
    p.send = p.receive = false;
    p.event_send = MEDIA_NO_EVENTS;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    assert_int_equal(media_stream_dtmf(w->a.stream, SLICE("7")), 0);
    streams_stats(w, &w->a);
    assert_int_equal(w->a.told[MEDIA_DIGITS_LEFT_OUT], 0);
    p.remote_rtp.port = port;
    p.send = p.receive = true;
    p.event_send = events;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    streams_wait(w, &w->a.told[MEDIA_DIGITS_SENT], 1);
    streams_wait(w, &w->b.told[MEDIA_DIGIT], 1);
    loop_run_ms(&w->loop, 60); /* the last packets of it tell no more */
    assert_string_equal(w->b.digits, "7");
    streams_stop(w);
    streams_free(w);
}

static void test_digits_that_do_not_fit_are_told(void **state)
{
    struct streams *w = streams_new(NULL);
    struct media_params p = streams_params(media_stream_port(w->b.stream), "PCMU");
    char many[MEDIA_MAX_DIGITS];

    (void)state;
    memset(many, '7', sizeof many);
    many[0] = 'P';
    p.send = false;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    for (unsigned tones = 0; tones < 2; tones++) {
        for (int i = 0; i < 5; i++) {
            struct slice digits = {many, sizeof many};

            assert_int_equal(tones ? media_stream_tones(w->a.stream, digits)
                                   : media_stream_dtmf(w->a.stream, digits),
                             0);
        }
        streams_wait(w, &w->a.told[MEDIA_DIGITS_LEFT_OUT], tones + 1);
        assert_int_equal(w->a.left_out, sizeof many - 1);
        assert_int_equal(w->a.left_out_err, -ENOBUFS);
    }
    assert_int_equal(w->a.told[MEDIA_DIGITS_SENT], 0);
    streams_stop(w);
    streams_free(w);
}

static void test_hold_stops_sending_and_resume_goes_on(void **state)
{
    struct streams *w = streams_new(NULL);
    struct media_params p = streams_params(media_stream_port(w->b.stream), "PCMU");
    uint64_t held;

    (void)state;
    streams_start(w, "PCMU");
    streams_wait_sent(w, &w->a, 5);
    p.send = false;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    held = streams_stats(w, &w->a).packets_sent;
    loop_run_ms(&w->loop, 200);
    assert_int_equal(streams_stats(w, &w->a).packets_sent, held);
    p.send = true;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    streams_wait_sent(w, &w->a, held + 6);
    assert_int_equal(streams_stats(w, &w->b).lost, 0); /* sequence numbers went on without a gap */
    streams_stop(w);
    streams_free(w);
}

static void test_nothing_leaves_before_it_may(void **state)
{
    struct streams *w = streams_new(NULL);
    struct media_params p = streams_params(media_stream_port(w->b.stream), "PCMU");

    (void)state;
    p.may_send = false;
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    loop_run_ms(&w->loop, 150);
    assert_int_equal(streams_stats(w, &w->a).packets_sent, 0);
    media_stream_may_send(w->a.stream, true);
    streams_wait_sent(w, &w->a, 4);
    streams_stop(w);
    streams_free(w);
}

static void test_a_hold_of_rfc_2543_sends_nothing(void **state)
{
    struct streams *w = streams_new(NULL);
    struct media_params p = streams_params(4000, "PCMU");

    (void)state;
    p.remote_rtp = net_any(4, 4000);
    assert_int_equal(media_stream_start(w->a.stream, &p), 0);
    loop_run_ms(&w->loop, 100);
    assert_int_equal(streams_stats(w, &w->a).packets_sent, 0);
    streams_stop(w);
    streams_free(w);
}

static void test_unknown_codecs_change_nothing(void **state)
{
    struct streams *w = streams_new(NULL);
    struct media_params p = streams_params(media_stream_port(w->b.stream), "PCMU");

    (void)state;
    p.receive_formats[1] = streams_format(18, "G729");
    assert_int_equal(media_stream_start(w->a.stream, &p), -ENOTSUP);
    streams_stop(w);
    streams_free(w);
}

static void test_ports_run_out(void **state)
{
    struct streams *w = streams_new(NULL);
    struct media_stream *streams[2] = {NULL};
    struct streams_side side = {.stream = NULL};
    uint16_t port = media_stream_port(w->a.stream);
    struct media_open how = {streams_loopback(), port, (uint16_t)(port + 1), &side, false};

    (void)state;
    assert_int_equal(media_stream_open(w->media, &how, &streams[0]), -EADDRINUSE);
    streams_stop(w); /* gives the ports back */
    assert_int_equal(media_stream_open(w->media, &how, &streams[0]), 0);
    assert_int_equal(media_stream_port(streams[0]), port);
    streams_free(w); /* ends streams that nobody stopped */
}

static void test_a_null_device_hears_silence(void **state)
{
    struct streams *w = streams_new("null");
    uint64_t begun, sent = 0;

    (void)state;
    media_stream_play_device(w->a.stream);
    media_stream_listen(w->a.stream, true);
    media_stream_tone(w->a.stream, MEDIA_TONE_RINGBACK);
    loop_run_ms(&w->loop, 50);
    media_stream_tone(w->a.stream, MEDIA_TONE_NONE);
    begun = net_now_ms();
    streams_start(w, "PCMU");
    for (unsigned i = 0; i < 100 && sent < 15; i++) {
        loop_run_ms(&w->loop, 100);
        sent = streams_stats(w, &w->a).packets_sent;
    }
    assert_in_range(sent, 15, (net_now_ms() - begun) / 20 + 5); /* one each 20 ms */
    assert_int_equal(w->a.told[MEDIA_DEVICE_FAILED], 0);
    streams_stop(w);
    streams_free(w);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_digits_arrive_once_each),
        cmocka_unit_test(test_digits_at_the_clock_of_opus),
        cmocka_unit_test(test_digits_leave_no_holes),
        cmocka_unit_test(test_digits_that_were_not_agreed),
        cmocka_unit_test(test_digits_that_nobody_takes_are_left_out),
        cmocka_unit_test(test_digits_while_the_stream_is_taken_out),
        cmocka_unit_test(test_digits_that_do_not_fit_are_told),
        cmocka_unit_test(test_hold_stops_sending_and_resume_goes_on),
        cmocka_unit_test(test_nothing_leaves_before_it_may),
        cmocka_unit_test(test_a_hold_of_rfc_2543_sends_nothing),
        cmocka_unit_test(test_unknown_codecs_change_nothing),
        cmocka_unit_test(test_ports_run_out),
        cmocka_unit_test(test_a_null_device_hears_silence),
    };

    return cmocka_run_group_tests_name("phone/media_stream", tests, NULL, NULL);
}
