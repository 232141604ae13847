#include "tests/unit/phone/lone.h"

static void on_event(void *arg, const struct media_event *event)
{
    struct lone *lone = event->arg;

    (void)arg;
    lone->told[event->type]++;
    if (event->type == MEDIA_KEYS)
        lone->err = event->err;
    if (event->type == MEDIA_STATS)
        lone->stats = event->stats;
    if (event->type == MEDIA_CLOSED)
        lone->stream = NULL;
}

struct ip lone_address(uint16_t port)
{
    return (struct ip){.family = 4, .bytes = {127, 0, 0, 1}, .port = port};
}

void lone_init(struct lone *lone, const char *device)
{
    struct media_config config = {.on_event = on_event, .device = device, .opus_complexity = 1};
    struct media_open how = {.local = lone_address(0), .arg = lone};
    struct rng rng = rng_system();

    *lone = (struct lone){.sequence = 100};
    assert_int_equal(uv_loop_init(&lone->loop), 0);
    config.loop = &lone->loop;
    assert_int_equal(media_new(&config, &lone->media), 0);
    assert_int_equal(media_stream_open(lone->media, &how, &lone->stream), 0);
    assert_int_equal(net_rtp_pair_open(&how.local, 40000, 60000, &rng, &lone->pair), 0);
    for (uint16_t i = 0; i < 2; i++) {
        struct ip to = lone_address((uint16_t)(media_stream_port(lone->stream) + i));

        lone->to[i] = net_sockaddr_of(&to);
    }
    lone->params = (struct media_params){
        .remote_rtp = lone_address(lone->pair.local.port),
        .signalling = lone_address(0),
        .send = true,
        .receive = true,
        .may_send = true,
        .send_format = {.codec = "PCMU", .rate_hz = 8000, .channels = 1},
        .receive_formats = {{.codec = "PCMU", .rate_hz = 8000, .channels = 1}},
        .n_receive_formats = 1,
        .event_send = MEDIA_NO_EVENTS,
        .event_receive = {MEDIA_NO_EVENTS, MEDIA_NO_EVENTS, MEDIA_NO_EVENTS, MEDIA_NO_EVENTS},
    };
}

void lone_stop(struct lone *lone)
{
    media_stream_stop(lone->stream);
    for (unsigned i = 0; i < 1000 && lone->stream; i++)
        loop_run_ms(&lone->loop, 10);
    assert_int_equal(lone->told[MEDIA_CLOSED], 1);
}

void lone_free(struct lone *lone)
{
    if (lone->stream)
        lone_stop(lone);
    media_free(lone->media, NULL);
    uv_run(&lone->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&lone->loop), 0);
    net_rtp_pair_close(&lone->pair);
}

struct media_stats lone_stats(struct lone *lone)
{
    unsigned before = lone->told[MEDIA_STATS];

    media_stream_stats(lone->stream);
    for (unsigned i = 0; i < 1000 && lone->told[MEDIA_STATS] == before; i++)
        loop_run_ms(&lone->loop, 5);
    assert_int_equal(lone->told[MEDIA_STATS], before + 1);
    return lone->stats;
}
