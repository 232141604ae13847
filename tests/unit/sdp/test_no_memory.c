/* Each allocation of an exchange fails once: the step is refused with -ENOMEM, what was agreed
 * stays, and the same step works the next time. */
#include <errno.h>
#include <string.h>

#include "sdp/exchange.h"
#include "tests/lib/memory.h"
#include "tests/lib/rows.h"
#include "tests/lib/sdp_text.h"

#define KEY                                                                                        \
    "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\n"
#define OFFER "v=0\no=- 1 1 IN IP4 192.0.2.7\nc=IN IP4 192.0.2.7\nm=audio 5004 RTP/AVP 0\n" KEY
#define OTHER "v=0\no=- 1 2 IN IP4 192.0.2.7\nc=IN IP4 192.0.2.9\nm=audio 5004 RTP/AVP 8\n" KEY

typedef int do_it(struct sdp_exchange *x, struct buf *out);

static int offer(struct sdp_exchange *x, struct buf *out)
{
    return sdp_exchange_offer(x, out);
}

static int take_answer(struct sdp_exchange *x, struct buf *out)
{
    (void)out;
    return sdp_exchange_take_answer(x, SLICE(OTHER));
}

static int take_offer(struct sdp_exchange *x, struct buf *out)
{
    (void)out;
    return sdp_exchange_take_offer(x, SLICE(OTHER));
}

static int answer(struct sdp_exchange *x, struct buf *out)
{
    return sdp_exchange_answer(x, out);
}

static int hold(struct sdp_exchange *x, struct buf *out)
{
    (void)out;
    return sdp_exchange_set_direction(x, SDP_SENDONLY);
}

/* Does one step until no allocation in it is left to fail. */
static void do_step(struct sdp_exchange *x, do_it *step)
{
    enum sdp_exchange_state before = sdp_exchange_state(x);
    struct sdp_stream stream = *sdp_exchange_stream(x);
    size_t said = sdp_exchange_ours(x).n;

    for (unsigned n = 1;; n++) {
        struct buf out = buf_new(4000);
        int err;

        memory_fail_at(n);
        err = step(x, &out);
        buf_free(&out);
        if (!memory_has_failed()) {
            memory_fail_at(0);
            assert_int_equal(err, 0);
            return;
        }
        assert_int_equal(err, -ENOMEM);
        assert_int_equal(sdp_exchange_state(x), before);
        assert_memory_equal(sdp_exchange_stream(x), &stream, sizeof stream);
        assert_int_equal(sdp_exchange_ours(x).n, said);
    }
}

static void each_step_may_be_refused_once(void **state)
{
    struct sdp_local local = sdp_test_local();
    struct rng rng = rng_seeded(1);
    struct buf out = buf_new(4000);
    struct sdp_exchange *x;

    (void)state;
    sdp_keying_new(&rng, SDP_ENCRYPT_REQUIRE, true, &local.keying);
    memory_fail_at(1);
    assert_int_equal(sdp_exchange_new(&local, &rng, &x), -ENOMEM);
    memory_fail_at(0);
    assert_int_equal(sdp_exchange_new(&local, &rng, &x), 0);
    assert_int_equal(sdp_exchange_take_offer(x, SLICE(OFFER)), 0);
    assert_int_equal(sdp_exchange_answer(x, &out), 0);
    buf_free(&out);
    do_step(x, offer);
    do_step(x, take_answer);
    do_step(x, take_offer);
    do_step(x, answer);
    do_step(x, hold);
    assert_int_equal(sdp_exchange_local(x)->direction, SDP_SENDONLY);
    sdp_exchange_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_step_may_be_refused_once)};

    return cmocka_run_group_tests_name("sdp without memory", tests, NULL, NULL);
}
