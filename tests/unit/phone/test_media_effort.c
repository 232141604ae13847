/* A machine that has no time for its sound, and has it again: what Opus is encoded with. The media
 * thread is the real one, on its own clock but for what a beat costs: that is what each encoding is
 * said to take, and for the rest of the beat time stands. */
#include <opus.h>
#include <stdatomic.h>

#include "phone/media_stream.h"
#include "tests/lib/wrap.h"
#include "tests/unit/phone/streams.h"

/* Ten seconds of calm have to pass twice. */
enum { BEST = 9, QUICKER = 10, SIDES = 2 };

static atomic_bool busy;
static atomic_uint complexity, seen; /* seen: a bit for each */
static _Thread_local uint64_t beat_us, cost_us;

WRAP(uint64_t, net_now_us, void)
{
    return beat_us ? beat_us + cost_us : __real_net_now_us();
}

WRAP(void, stream_beat, struct media_stream *s, uint64_t due_us)
{
    if (!beat_us)
        beat_us = __real_net_now_us();
    __real_stream_beat(s, due_us);
}

WRAP(bool, effort_note, struct effort *e, uint64_t late_us, uint64_t busy_us, uint64_t span_us)
{
    (void)late_us; /* is this machine's */
    beat_us = cost_us = 0;
    return __real_effort_note(e, 0, busy_us * QUICKER, span_us * QUICKER);
}

/* Of a beat of 20 ms, in which two calls encode: four fifths, three, and one. */
static uint64_t cost_of(unsigned level)
{
    if (!atomic_load(&busy))
        return 100;
    return level > 5 ? 8000 : level > 2 ? 6000 : 2000;
}

WRAP(opus_int32, opus_encode, OpusEncoder *opus, const opus_int16 *pcm, int n, unsigned char *out,
     opus_int32 room)
{
    opus_int32 level = 0;

    opus_encoder_ctl(opus, OPUS_GET_COMPLEXITY(&level));
    atomic_store(&complexity, (unsigned)level);
    atomic_fetch_or(&seen, 1u << level);
    cost_us += cost_of((unsigned)level);
    return __real_opus_encode(opus, pcm, n, out, room);
}

struct world {
    uv_loop_t loop;
    struct media *media;
    struct media_stream *streams[SIDES];
    unsigned closed;
};

static void on_event(void *arg, const struct media_event *event)
{
    struct world *w = arg;

    w->closed += event->type == MEDIA_CLOSED;
}

/* Two calls, each with the other. */
static void begin(struct world *w)
{
    struct media_config config = {
        .on_event = on_event, .arg = w, .loop = &w->loop, .opus_complexity = BEST};
    struct media_open how = {.local = streams_loopback()};

    assert_int_equal(uv_loop_init(&w->loop), 0);
    assert_int_equal(media_new(&config, &w->media), 0);
    for (int i = 0; i < SIDES; i++)
        assert_int_equal(media_stream_open(w->media, &how, &w->streams[i]), 0);
    for (int i = 0; i < SIDES; i++) {
        struct media_params p =
            streams_params(media_stream_port(w->streams[(i + 1) % SIDES]), "opus");

        assert_int_equal(media_stream_start(w->streams[i], &p), 0);
    }
}

static void end(struct world *w)
{
    for (int i = 0; i < SIDES; i++)
        media_stream_stop(w->streams[i]);
    for (unsigned i = 0; i < 1000 && w->closed < SIDES; i++)
        loop_run_ms(&w->loop, 10);
    assert_int_equal(w->closed, SIDES);
    media_free(w->media, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
}

/* Until sound is encoded like that, for 30 s at most. */
static void wait_for(struct world *w, unsigned level)
{
    for (unsigned i = 0; i < 3000 && atomic_load(&complexity) != level; i++)
        loop_run_ms(&w->loop, 10);
    assert_int_equal(atomic_load(&complexity), level);
}

static void test_less_while_the_machine_is_busy(void **state)
{
    struct world w = {.closed = 0};

    (void)state;
    begin(&w);
    wait_for(&w, BEST);
    loop_run_ms(&w.loop, 500);
    assert_int_equal(atomic_load(&seen), 1u << BEST);
    atomic_store(&busy, true);
    wait_for(&w, 2);
    assert_int_equal(atomic_load(&seen), 1u << BEST | 1u << 5 | 1u << 2);
    atomic_store(&busy, false);
    wait_for(&w, BEST);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_less_while_the_machine_is_busy),
    };

    return cmocka_run_group_tests_name("phone/media_effort", tests, NULL, NULL);
}
