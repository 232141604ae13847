/* What packets cost the media thread once it is running: no memory. Three calls at once, which are
 * a conference, with all that is done to sound: Opus with redundancy over a network that loses
 * bursts, G.722, G.711, one of them recorded. */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/address.h"
#include "net/rtp_pair.h"
#include "phone/media.h"
#include "rtp/packet.h"
#include "tests/lib/memory.h"
#include "tests/lib/rows.h"
#include "tests/lib/speech.h"
#include "tests/lib/temporary.h"
#include "tests/unit/phone/streams.h"

enum {
    RED = 63,
    ROOM = 2048, /* for a packet */
    OPUS = 111,
    CALLS = 3,
    CYCLE = 120, /* packets of Opus, of both sides; of which … */
    LOST = 4,    /* … there are lost */
    HELD = 24,   /* … and there come late, all at once */
    ROUND_MS = 500,
    ROUNDS = 60,
    CLEAN = 4, /* in a row, in which nothing was allocated: at first buffers grow */
    RATE = 16000,
    SPEECH_S = 40,
};

struct end {
    struct media_stream *stream; /* NULL once it has told its end */
    struct media_stats stats;
    bool told;
};

struct world {
    uv_loop_t loop;
    struct media *media;
    struct end at[2 * CALLS]; /* ours, and the far one of the same call */
    char dir[TEMPORARY_MAX], play[96];
};

/* --- the network, and who allocates ----------------------------------------------------------- */

static _Thread_local bool sends;
static atomic_uint n_sent, allocated;

int __real_net_rtp_send(int fd, const struct net_sockaddr *to, struct slice packet);
int __wrap_net_rtp_send(int fd, const struct net_sockaddr *to, struct slice packet);

/* Bursts are lost, and what comes behind some of them is delayed: all that waited has been played
 * by then. */
static int disturb(int fd, const struct net_sockaddr *to, struct slice packet, unsigned at)
{
    static struct {
        int fd;
        struct net_sockaddr to;
        size_t n;
        char bytes[ROOM];
    } held[HELD];

    if (at % (CYCLE / 4) < LOST)
        return 0;
    if (at < CYCLE - HELD)
        return __real_net_rtp_send(fd, to, packet);
    at -= CYCLE - HELD;
    held[at].fd = fd;
    held[at].to = *to;
    held[at].n = packet.n;
    memcpy(held[at].bytes, packet.p, packet.n);
    for (size_t i = 0; at == HELD - 1 && i < HELD; i++) {
        if (held[i].n)
            __real_net_rtp_send(held[i].fd, &held[i].to, (struct slice){held[i].bytes, held[i].n});
        held[i].n = 0;
    }
    return 0;
}

int __wrap_net_rtp_send(int fd, const struct net_sockaddr *to, struct slice packet)
{
    unsigned type = packet.n >= RTP_HEADER_BYTES ? packet.p[1] & 0x7f : 0;

    sends = true; /* so this is the media thread */
    if (type == RED || type == OPUS)
        return disturb(fd, to, packet, atomic_fetch_add(&n_sent, 1) % CYCLE);
    return __real_net_rtp_send(fd, to, packet);
}

static bool count(void *arg)
{
    (void)arg;
    if (sends)
        atomic_fetch_add(&allocated, 1);
    return false;
}

/* --- life ------------------------------------------------------------------------------------- */

static void on_event(void *arg, const struct media_event *event)
{
    struct end *end = event->arg;

    (void)arg;
    if (event->type == MEDIA_STATS || event->type == MEDIA_CLOSED) {
        end->stats = event->stats;
        end->told = true;
    }
    if (event->type == MEDIA_CLOSED)
        end->stream = NULL;
}

static void write_speech(const char *path)
{
    static int16_t samples[RATE * SPEECH_S];
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    speech_make(samples, ARRAY_LEN(samples), RATE, 3);
    assert_int_equal(fwrite(samples, sizeof samples, 1, f), 1);
    assert_int_equal(fclose(f), 0);
}

/* Files come in pieces of a fifth of a second, for each of which there is memory; pipes have theirs
 * from the beginning. */
static struct media_pipe open_pipe(const char *path, bool reads)
{
    struct media_pipe pipe = {.rate_hz = RATE, .channels = reads ? 1 : 2};
    char why[MEDIA_WHY_MAX];
    int fd = open(path, reads ? O_RDONLY : O_WRONLY);

    assert_true(fd >= 0);
    pipe.fd = media_pipe_own(fd, reads, why);
    assert_true(pipe.fd >= 0);
    assert_int_equal(close(fd), 0);
    return pipe;
}

static void start(struct world *w, unsigned from, unsigned to, const char *codec)
{
    struct media_params p = streams_params(media_stream_port(w->at[to].stream), codec);
    struct media_pipe pipe;

    if (!strcmp(codec, "opus")) {
        p.red_send = p.red_receive[0] = RED;
        p.red_always = true;
    } else if (!strcmp(codec, "G722")) {
        p.send_format.payload_type = p.receive_formats[0].payload_type = 9;
    }
    pipe = open_pipe(w->play, true);
    media_stream_play_pipe(w->at[from].stream, &pipe);
    assert_int_equal(media_stream_start(w->at[from].stream, &p), 0);
}

static void world_init(struct world *w)
{
    static const char *const codecs[CALLS] = {"opus", "G722", "PCMU"};
    struct media_config config = {
        .on_event = on_event, .loop = &w->loop, .device = "null", .opus_complexity = 1};
    struct media_pipe pipe;

    signal(SIGPIPE, SIG_IGN); /* of pipes that end */
    *w = (struct world){.dir = "/tmp/test_media_cost.XXXXXX"};
    assert_non_null(temporary_folder(w->dir));
    snprintf(w->play, sizeof w->play, "%s/spoken.raw", w->dir);
    write_speech(w->play);
    assert_int_equal(uv_loop_init(&w->loop), 0);
    assert_int_equal(media_new(&config, &w->media), 0);
    for (unsigned i = 0; i < 2 * CALLS; i++) {
        struct media_open how = {.local = streams_loopback(), .arg = &w->at[i]};

        assert_int_equal(media_stream_open(w->media, &how, &w->at[i].stream), 0);
    }
    for (unsigned i = 0; i < CALLS; i++) {
        start(w, 2 * i, 2 * i + 1, codecs[i]);
        start(w, 2 * i + 1, 2 * i, codecs[i]);
        media_stream_mix(w->at[2 * i].stream, 1);
        media_stream_listen(w->at[2 * i + 1].stream, true);
    }
    pipe = open_pipe("/dev/null", false);
    media_stream_record_pipe(w->at[0].stream, &pipe, PHONE_SIDES_APART);
}

static bool all_told(const struct world *w)
{
    for (unsigned i = 0; i < 2 * CALLS; i++)
        if (!w->at[i].told)
            return false;
    return true;
}

static void wait_told(struct world *w)
{
    for (unsigned i = 0; i < 1000 && !all_told(w); i++)
        loop_run_ms(&w->loop, 10);
    assert_true(all_told(w));
    for (unsigned i = 0; i < 2 * CALLS; i++)
        w->at[i].told = false;
}

static void world_free(struct world *w)
{
    char command[64];

    for (unsigned i = 0; i < 2 * CALLS; i++)
        media_stream_stop(w->at[i].stream);
    wait_told(w);
    media_free(w->media, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    snprintf(command, sizeof command, "rm -r %s", w->dir);
    assert_int_equal(system(command), 0);
}

static void a_conference_allocates_nothing(void **state)
{
    static struct world w;
    unsigned clean = 0;

    (void)state;
    world_init(&w);
    for (unsigned i = 0; i < ROUNDS && clean < CLEAN; i++) {
        atomic_store(&allocated, 0);
        memory_fail_by(count, NULL);
        loop_run_ms(&w.loop, ROUND_MS);
        memory_fail_by(NULL, NULL);
        clean = atomic_load(&allocated) == 0 ? clean + 1 : 0;
        print_message("# %u\n", atomic_load(&allocated));
    }
    memory_fail_by(count, NULL);
    for (unsigned i = 0; i < 2 * CALLS; i++)
        media_stream_stats(w.at[i].stream);
    wait_told(&w);
    memory_fail_by(NULL, NULL);
    assert_true(atomic_load(&allocated) > 0); /* it counts */
    print_message("# %llu lost of %u, %llu from copies\n", (unsigned long long)w.at[0].stats.lost,
                  atomic_load(&n_sent), (unsigned long long)w.at[0].stats.redundant);
    assert_true(w.at[0].stats.redundant > 0 && w.at[0].stats.lost > 3);
    for (unsigned i = 0; i < 2 * CALLS; i++)
        assert_true(w.at[i].stats.packets_received > 25 * CLEAN / 2);
    assert_int_equal(clean, CLEAN);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_conference_allocates_nothing),
    };

    return cmocka_run_group_tests_name("phone/media, what packets cost", tests, NULL, NULL);
}
