#include "tests/unit/phone/mixes.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/address.h"
#include "rtp/packet.h"

static struct media_agreement *agreement(const char *codec, unsigned ptime_ms, const struct ip *far)
{
    struct media_agreement *a = calloc(1, sizeof *a);

    assert_non_null(a);
    a->send = a->receive[0] = audio_codec_find(slice_of(codec), 0, 0);
    a->ptime_ms = ptime_ms;
    a->params = (struct media_params){.remote_rtp = *far,
                                      .signalling = *far,
                                      .send = true,
                                      .receive = true,
                                      .may_send = true,
                                      .n_receive_formats = 1,
                                      .event_send = MEDIA_NO_EVENTS};
    return a;
}

/* Only what the stream sends is heard: whoever had the port before may still be sent to there. */
static void hear_nobody_else(struct mixes_member *m)
{
    struct net_sockaddr from = net_sockaddr_of(&m->stream->pair.local);
    unsigned char bytes[1];

    assert_int_equal(connect(m->far.rtp_fd, &from.u.any, from.n), 0);
    while (recv(m->far.rtp_fd, bytes, sizeof bytes, MSG_DONTWAIT) >= 0)
        ;
}

struct mixes_member *mixes_add(struct mixes *w, const char *codec, unsigned ptime_ms, double hz)
{
    const struct audio_codec_params plain = {.channels = 1};
    struct mixes_member *m = &w->at[w->n++];
    struct media_stream *s = m->stream = calloc(1, sizeof *s);
    struct ip any;

    assert_true(w->n <= MIXES_MEMBERS_MAX && s);
    assert_int_equal(ip_parse(SLICE("127.0.0.1"), &any), 0);
    assert_int_equal(net_rtp_pair_open(&any, 20000, 40000, &w->rng, &m->far), 0);
    assert_int_equal(net_rtp_pair_open(&any, 20000, 40000, &w->rng, &s->pair), 0);
    hear_nobody_else(m);
    m->hz = hz;
    m->room = 48000 * 20;
    m->heard = malloc(m->room * sizeof *m->heard);
    s->thread = &w->thread;
    s->agreed = agreement(codec, ptime_ms, &m->far.local);
    s->may_send = true;
    assert_int_equal(audio_decoder_new(s->agreed->send, &plain, &m->decoder), 0);
    rtp_latch_signalled(&s->latch, &m->far.local, &m->far.local, &m->far.local);
    s->latch.heard = true; /* else it would get but a few packets */
    stream_set_remote(s);
    rtp_session_init(&s->session, &w->rng);
    rtp_event_sender_init(&s->keys);
    stream_prepare_sending(s, NULL);
    stream_prepare_receiving(s, NULL);
    return m;
}

static void remove_member(struct mixes_member *m)
{
    stream_set_mix(m->stream, 0);
    stream_stop_sending(m->stream);
    stream_stop_receiving(m->stream);
    net_rtp_pair_close(&m->far);
    net_rtp_pair_close(&m->stream->pair);
    audio_decoder_free(m->decoder);
    free(m->stream->agreed);
    free(m->stream);
    free(m->heard);
}

int mixes_set_up(void **state)
{
    struct mixes *w = calloc(1, sizeof *w);

    assert_non_null(w);
    list_init(&w->thread.streams);
    list_init(&w->thread.mixes);
    effort_init(&w->thread.effort, 9); /* a lower one bends tones */
    w->rng = rng_system();
    w->beat_ms = 20;
    w->now_us = w->thread.last_beat_us = 1000000000;
    *state = w;
    return 0;
}

int mixes_tear_down(void **state)
{
    struct mixes *w = *state;

    for (size_t i = 0; i < w->n; i++)
        remove_member(&w->at[i]);
    assert_true(list_empty(&w->thread.mixes)); /* the last one has closed it */
    free(w);
    return 0;
}

static void speak(struct mixes_member *m, unsigned ms)
{
    uint32_t rate_hz = playout_rate_hz(m->stream->playout);
    int16_t samples[AUDIO_PACKET_MAX_SAMPLES];
    size_t n = rate_hz / 1000 * ms;

    for (size_t i = 0; i < n; i++, m->said++)
        samples[i] =
            (int16_t)lrint(MIXES_LOUD * sin(2 * MIXES_PI * m->hz * (double)m->said / rate_hz));
    if (m->stream->mix)
        stream_mix_put(m->stream, samples, n, rate_hz);
}

void mixes_listen(struct mixes_member *m)
{
    unsigned char bytes[2048];
    struct rtp_packet packet;

    /* All that was sent comes, on a busy machine a little later. */
    for (; m->taken < m->stream->count.packets_sent; m->taken++) {
        struct pollfd wait = {.fd = m->far.rtp_fd, .events = POLLIN};
        struct slice all = {.p = (const char *)bytes};
        ssize_t n;
        int got;

        assert_int_equal(poll(&wait, 1, 10000), 1);
        n = recv(m->far.rtp_fd, bytes, sizeof bytes, MSG_DONTWAIT);
        assert_true(n > 0);
        all.n = (size_t)n;
        assert_int_equal(rtp_packet_parse(all, &packet), 0);
        got = audio_decode(m->decoder, packet.payload, m->heard + m->n_heard, m->room - m->n_heard);
        assert_true(got > 0);
        m->n_heard += (size_t)got;
        m->packets++;
    }
}

void mixes_run(struct mixes *w, unsigned ms)
{
    for (unsigned done = 0; done < ms; done += w->beat_ms) {
        w->now_us += w->beat_ms * UINT64_C(1000);
        w->thread.last_beat_us = w->now_us;
        for (size_t i = 0; i < w->n; i++)
            speak(&w->at[i], w->beat_ms);
        media_mix_beat(&w->thread, w->now_us);
        for (size_t i = 0; i < w->n; i++)
            mixes_listen(&w->at[i]);
    }
}

void mixes_forget(struct mixes *w)
{
    for (size_t i = 0; i < w->n; i++)
        w->at[i].n_heard = w->at[i].packets = 0;
}

/* --- what is heard ---------------------------------------------------------------------------- */

static double amplitude(const struct mixes_member *m, double hz)
{
    double rate_hz = audio_decoder_rate_hz(m->decoder), re = 0, im = 0;

    for (size_t i = 0; i < m->n_heard; i++) {
        re += m->heard[i] * cos(2 * MIXES_PI * hz * (double)i / rate_hz);
        im += m->heard[i] * sin(2 * MIXES_PI * hz * (double)i / rate_hz);
    }
    return m->n_heard ? 2 * sqrt(re * re + im * im) / (double)m->n_heard : 0;
}

bool mixes_is_heard(const struct mixes_member *m, const struct mixes_member *other)
{
    double a = amplitude(m, other->hz);

    if (a < MIXES_LOUD / 30)
        return false;
    if (a < MIXES_LOUD * 0.8 || a > MIXES_LOUD * 1.2)
        fail_msg("%.0f Hz is heard at %.0f by %.0f", other->hz, a, m->hz);
    return true;
}

void mixes_check(const struct mixes *w, const unsigned mix[])
{
    for (size_t i = 0; i < w->n; i++)
        for (size_t k = 0; k < w->n; k++)
            if (mixes_is_heard(&w->at[i], &w->at[k]) != (i != k && mix[i] && mix[i] == mix[k]))
                fail_msg("%zu of %u and %zu of %u", i, mix[i], k, mix[k]);
}

double mixes_purity(const struct mixes *w, const struct mixes_member *m)
{
    double all = 0, voices = 0;

    for (size_t i = 0; i < m->n_heard; i++)
        all += (double)m->heard[i] * m->heard[i];
    for (size_t i = 0; i < w->n; i++)
        if (&w->at[i] != m) {
            double a = amplitude(m, w->at[i].hz);

            voices += a * a / 2 * (double)m->n_heard;
        }
    return all > 0 ? voices / all : 0;
}

void mixes_connect(struct mixes *w, size_t members)
{
    for (size_t i = 0; i < members; i++)
        stream_set_mix(mixes_add(w, "PCMU", 20, 350 + 450 * (double)i)->stream, 1);
}

void mixes_settle(struct mixes *w)
{
    mixes_run(w, 200);
    mixes_forget(w);
    mixes_run(w, 400);
}
