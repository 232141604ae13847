/* What calls cost the media thread once they run, the libraries that it calls included: this
 * program has a malloc of its own, which all of them use. test_media_cost has the conference, with
 * what networks do to it; here each kind of call has a row. */
#define _GNU_SOURCE 1 /* dladdr */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/rtp_pair.h"
#include "phone/media.h"
#include "phone/media_voice.h"
#include "tests/lib/air.h"
#include "tests/lib/rows.h"
#include "tests/lib/speech.h"
#include "tests/unit/phone/streams.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define COUNTS 0 /* they have a malloc already */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COUNTS 0
#endif
#endif
#ifndef COUNTS
#define COUNTS 1
#endif

enum {
    RATE = 16000,
    SPEECH_S = 60,
    NOISE = 13, /* payload type */
    ROUND_MS = 500,
    ROUNDS = 40,
    CLEAN = 4, /* in which nothing was allocated: at first buffers grow, and a machine that stands
                * still begins decoders anew */
    CALLERS = 8,
    /* Debian's libsrtp2 lets NSS make and free what a cipher needs anew for each packet, some 14
     * pieces (5 for AES in GCM); none of them is ours. */
    MOST_KEYS = 3000,
    MOST_FILES = 8, /* two are read in pieces of a fifth of a second, each of which is allocated */
};

/* --- who allocates ------------------------------------------------------------------------ */

static _Thread_local bool is_media;
static atomic_uint allocated;
static void *_Atomic callers[CALLERS]; /* the first of them */

int __real_net_rtp_send(int fd, const struct net_sockaddr *to, struct slice packet);
int __wrap_net_rtp_send(int fd, const struct net_sockaddr *to, struct slice packet);
int __wrap_net_rtp_send(int fd, const struct net_sockaddr *to, struct slice packet)
{
    is_media = true; /* nobody else sends */
    return __real_net_rtp_send(fd, to, packet);
}

#if COUNTS
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t to, size_t n);

static void note(void *caller)
{
    unsigned i;

    if (!is_media)
        return;
    i = atomic_fetch_add(&allocated, 1);
    if (i < CALLERS)
        atomic_store(&callers[i], caller);
}

void *malloc(size_t n)
{
    note(__builtin_return_address(0));
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    note(__builtin_return_address(0));
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    note(__builtin_return_address(0));
    return __libc_realloc(p, n);
}

int posix_memalign(void **out, size_t to, size_t n)
{
    note(__builtin_return_address(0));
    *out = __libc_memalign(to, n);
    return *out ? 0 : ENOMEM;
}
#endif

/* So many in the round; and the object files that the first of them are in. */
static unsigned end_round(void)
{
    unsigned n = atomic_exchange(&allocated, 0);
    Dl_info info;

    for (unsigned i = 0; i < n && i < CALLERS; i++)
        if (dladdr(atomic_load(&callers[i]), &info) && info.dli_fname)
            print_message("#   %s %s+%#zx\n", info.dli_fname, info.dli_sname ? info.dli_sname : "",
                          (size_t)((char *)atomic_load(&callers[i]) - (char *)info.dli_fbase));
    print_message("# %u\n", n);
    return n;
}

/* --- a card ------------------------------------------------------------------------------- */

static atomic_bool runs;

/* Its microphone hears what its loudspeaker has played, and somebody who speaks now and then. */
static void *run_card(void *arg)
{
    static int16_t speech[AIR_HZ * 4];
    int16_t said[AIR_FRAME], heard[AIR_FRAME] = {0};
    size_t at = 0;

    (void)arg;
    speech_make(speech, ARRAY_LEN(speech), AIR_HZ, 7);
    while (atomic_load(&runs)) {
        for (size_t i = 0; i < AIR_FRAME; i++)
            said[i] =
                (int16_t)(heard[i] / 2 + (at < ARRAY_LEN(speech) / 2 ? speech[at + i] / 4 : 0));
        at = (at + AIR_FRAME) % ARRAY_LEN(speech);
        air_run("desk", said, heard, false);
        usleep(10000);
    }
    return NULL;
}

/* --- the calls ---------------------------------------------------------------------------- */

static const struct row {
    const char *name, *codec;
    enum suite suite;
    bool card;  /* and both talk by it, with all that makes a microphone fit to be sent */
    bool file;  /* a sound file is sent, else raw sound */
    bool pause; /* nothing is sent in silence, or comfort noise where the codec has no such mode */
    unsigned most; /* in half a second */
} rows[] = {
    /* clang-format off */
    {"PCMU", "PCMU", SUITE_NONE, false, false, false, 0},
    {"Opus", "opus", SUITE_NONE, false, false, false, 0},
    {"G.722", "G722", SUITE_NONE, false, false, false, 0},
    {"PCMU with comfort noise", "PCMU", SUITE_NONE, false, false, true, 0},
    {"Opus with pauses", "opus", SUITE_NONE, false, false, true, 0},
    {"Opus with keys", "opus", SUITE_AES_CM_128_HMAC_SHA1_80, false, false, false, MOST_KEYS},
    {"PCMU with other keys", "PCMU", SUITE_AEAD_AES_256_GCM, false, false, false, MOST_KEYS},
    {"a sound file", "PCMU", SUITE_NONE, false, true, false, MOST_FILES},
    {"a card", "opus", SUITE_NONE, true, false, false, 0},
    /* clang-format on */
};

static struct rtp_srtp_key key_of(enum suite suite, uint8_t first)
{
    struct rtp_srtp_key key = {.suite = suite};

    for (size_t i = 0; i < sizeof key.key; i++)
        key.key[i] = (uint8_t)(first + i);
    return key;
}

/* Two seconds of speech, two of silence. */
static void write_speech(const char *path, bool wav)
{
    static int16_t samples[RATE * SPEECH_S];
    static const uint8_t head[44] = "RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0"
                                    "\0\x7d\0\0\2\0\x10\0data\xdb\xff\xff\x7f";
    static bool made; /* which takes longer than a call */
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    if (!made)
        speech_make(samples, ARRAY_LEN(samples), RATE, 3);
    made = true;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        if (i / (2 * RATE) % 2)
            samples[i] = 0;
    if (wav)
        assert_int_equal(fwrite(head, sizeof head, 1, f), 1);
    assert_int_equal(fwrite(samples, sizeof samples, 1, f), 1);
    assert_int_equal(fclose(f), 0);
}

static void speak(struct streams *w, struct streams_side *side, const struct row *row)
{
    struct media_pipe pipe = {.rate_hz = RATE, .channels = 1};
    char why[MEDIA_WHY_MAX];
    FILE *f;

    write_speech(side->play, row->file);
    if (row->card && side == &w->a) {
        media_stream_play_device(side->stream);
        media_stream_listen(side->stream, true);
    } else if (row->file) {
        media_stream_play(side->stream, side->play);
    } else {
        f = fopen(side->play, "rb");
        assert_non_null(f);
        pipe.fd = media_pipe_own(fileno(f), true, why);
        assert_true(pipe.fd >= 0);
        fclose(f);
        media_stream_play_pipe(side->stream, &pipe);
    }
}

static void start(struct streams *w, struct streams_side *side, const struct row *row)
{
    struct streams_side *other = side == &w->a ? &w->b : &w->a;
    struct media_params p = streams_params(media_stream_port(other->stream), row->codec);
    struct rtp_srtp_key a = key_of(row->suite, 1), b = key_of(row->suite, 101);

    if (!strcmp(row->codec, "G722"))
        p.send_format.payload_type = p.receive_formats[0].payload_type = 9;
    if (row->suite != SUITE_NONE)
        p.keys = side == &w->a ? (struct media_keys){a, b} : (struct media_keys){b, a};
    p.opus.dtx = row->pause;
    if (row->pause && strcmp(row->codec, "opus") != 0)
        p.noise_send = p.noise_receive = NOISE;
    p.find_tones = true;
    assert_int_equal(media_stream_start(side->stream, &p), 0);
    speak(w, side, row);
}

static void nothing_is_allocated(void **state)
{
    static const struct media_voice_modes all_on = {{VOICE_ON, VOICE_ON, VOICE_ON}};
    const struct row *row = *state;
    struct streams *w;
    pthread_t card;
    unsigned clean = 0;

    if (row->card)
        air_plug("desk");
    w = streams_new(row->card ? "default" : "null");
    media_voice(w->media, &all_on);
    if (row->suite != SUITE_NONE)
        media_expect_keys(w->media);
    start(w, &w->a, row);
    start(w, &w->b, row);
    atomic_store(&runs, row->card);
    if (row->card)
        assert_int_equal(pthread_create(&card, NULL, run_card, NULL), 0);
    for (unsigned i = 0; i < ROUNDS && clean < CLEAN; i++) {
        loop_run_ms(&w->loop, ROUND_MS);
        clean += end_round() <= row->most;
    }
    assert_int_equal(clean, CLEAN);
    assert_int_equal(row->card, row->card && air_captures("desk") && air_plays("desk"));
    assert_true(streams_stats(w, &w->a).packets_received > 20);
    assert_true(streams_stats(w, &w->b).packets_received > 20);
    if (COUNTS)
        assert_true(end_round() > 0); /* it counts: the figures were allocated */
    streams_free(w);
    atomic_store(&runs, false);
    if (row->card) {
        assert_int_equal(pthread_join(card, NULL), 0);
        air_clear();
    }
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN); /* of pipes that end */
    return RUN_ROWS("phone/media, what is allocated", rows, nothing_is_allocated);
}
