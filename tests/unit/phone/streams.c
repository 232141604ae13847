#include "tests/unit/phone/streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/temporary.h"

static void on_event(void *arg, const struct media_event *event)
{
    struct streams_side *side = event->arg;

    (void)arg;
    if (!side)
        return; /* of the device */
    side->told[event->type]++;
    if (event->type == MEDIA_DIGIT) {
        size_t n = strlen(side->digits);

        if (n + 1 < sizeof side->digits)
            side->digits[n] = event->digit;
    }
    if (event->type == MEDIA_DIGITS_LEFT_OUT) {
        side->left_out = event->n_digits;
        side->left_out_err = event->err;
    }
    if (event->why[0])
        snprintf(side->why, sizeof side->why, "%s", event->why);
    if (event->type == MEDIA_STATS)
        side->stats = event->stats;
    if (event->type == MEDIA_CLOSED) {
        side->totals = event->stats;
        side->stream = NULL;
    }
}

void streams_wait(struct streams *w, const unsigned *count, unsigned n)
{
    for (unsigned i = 0; i < 1000 && *count < n; i++)
        loop_run_ms(&w->loop, 10);
    assert_int_equal(*count, n);
}

struct ip streams_loopback(void)
{
    struct ip ip;

    assert_int_equal(ip_parse(SLICE("127.0.0.1"), &ip), 0);
    return ip;
}

static void open_side(struct streams *w, struct streams_side *side, const char *name)
{
    struct media_open how = {.local = streams_loopback(), .arg = side};

    *side = (struct streams_side){.stream = NULL};
    snprintf(side->play, sizeof side->play, "%s/%s-spoken.wav", w->dir, name);
    snprintf(side->record, sizeof side->record, "%s/%s-heard.wav", w->dir, name);
    assert_int_equal(media_stream_open(w->media, &how, &side->stream), 0);
    assert_int_equal(media_stream_port(side->stream) % 2, 0);
    assert_in_range(media_stream_port(side->stream), MEDIA_PORT_FIRST, MEDIA_PORT_LAST);
}

struct streams *streams_new(const char *device)
{
    struct streams *w = calloc(1, sizeof *w);
    struct media_config config = {.on_event = on_event, .device = device, .opus_complexity = 1};

    assert_non_null(w);
    snprintf(w->dir, sizeof w->dir, "/tmp/test_media.XXXXXX");
    assert_non_null(temporary_folder(w->dir));
    assert_int_equal(uv_loop_init(&w->loop), 0);
    config.loop = &w->loop;
    assert_int_equal(media_new(&config, &w->media), 0);
    open_side(w, &w->a, "a");
    open_side(w, &w->b, "b");
    return w;
}

void streams_free(struct streams *w)
{
    char command[128];

    media_free(w->media, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0); /* nothing is left on it */
    snprintf(command, sizeof command, "rm -r %s", w->dir);
    assert_int_equal(system(command), 0);
    free(w);
}

struct media_format streams_format(uint8_t type, const char *codec)
{
    struct media_format f = {.payload_type = type, .rate_hz = 8000, .channels = 1};

    snprintf(f.codec, sizeof f.codec, "%s", codec);
    if (!strcmp(codec, "opus")) {
        f.rate_hz = 48000;
        f.channels = 2;
    }
    return f;
}

struct media_params streams_params(uint16_t port, const char *codec)
{
    struct media_params p = {
        .remote_rtp = streams_loopback(),
        .signalling = streams_loopback(),
        .send = true,
        .receive = true,
        .may_send = true,
        .n_receive_formats = 3,
        .event_send = 101,
        .event_receive = {101, MEDIA_NO_EVENTS, MEDIA_NO_EVENTS, MEDIA_NO_EVENTS},
        .opus = {.fec = true},
    };
    uint8_t type = !strcmp(codec, "PCMU") ? 0 : !strcmp(codec, "PCMA") ? 8 : 111;

    p.remote_rtp.port = port;
    p.send_format = streams_format(type, codec);
    p.receive_formats[0] = p.send_format;
    p.receive_formats[1] = streams_format(type == 0 ? 8 : 0, type == 0 ? "PCMA" : "PCMU");
    p.receive_formats[2] = streams_format(120, "opus");
    return p;
}

void streams_start(struct streams *w, const char *codec)
{
    struct media_params to_b = streams_params(media_stream_port(w->b.stream), codec);
    struct media_params to_a = streams_params(media_stream_port(w->a.stream), codec);

    assert_int_equal(media_stream_start(w->a.stream, &to_b), 0);
    assert_int_equal(media_stream_start(w->b.stream, &to_a), 0);
}

void streams_stop(struct streams *w)
{
    if (w->a.stream)
        media_stream_stop(w->a.stream);
    if (w->b.stream)
        media_stream_stop(w->b.stream);
    streams_wait(w, &w->a.told[MEDIA_CLOSED], 1);
    streams_wait(w, &w->b.told[MEDIA_CLOSED], 1);
}

struct media_stats streams_stats(struct streams *w, struct streams_side *side)
{
    unsigned before = side->told[MEDIA_STATS];

    media_stream_stats(side->stream);
    streams_wait(w, &side->told[MEDIA_STATS], before + 1);
    return side->stats;
}

uint64_t streams_wait_sent(struct streams *w, struct streams_side *side, uint64_t n)
{
    uint64_t sent = 0;

    for (unsigned i = 0; i < 500 && sent < n; i++) {
        loop_run_ms(&w->loop, 20);
        sent = streams_stats(w, side).packets_sent;
    }
    assert_true(sent >= n);
    return sent;
}
