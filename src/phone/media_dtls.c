/* A stream's keys by DTLS (rtp/dtls.h): the handshake on its own sockets, one for RTP, and one for
 * RTCP where that has a socket of its own. Nothing else goes or comes until they are done.
 *
 * A step of it takes 0.7 ms, 1.4 ms at worst, so it runs on the beat like the rest. */
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "phone/media_stream.h"
#include "rtp/demux.h"

static bool is_same(const struct media_dtls *a, const struct media_dtls *b)
{
    if (a->identity != b->identity || a->active != b->active ||
        a->n_fingerprints != b->n_fingerprints)
        return false;
    for (size_t i = 0; i < a->n_fingerprints; i++)
        if (!fingerprint_eq(&a->fingerprints[i], &b->fingerprints[i]))
            return false;
    return true;
}

static size_t n_ends(const struct media_stream *s)
{
    return s->agreed->params.rtcp_mux ? 1 : 2;
}

void stream_forget_dtls(struct media_stream *s)
{
    for (size_t i = 0; i < ARRAY_LEN(s->dtls); i++) {
        rtp_dtls_free(s->dtls[i]);
        s->dtls[i] = NULL;
    }
    rtp_srtp_free(s->srtcp);
    s->srtcp = NULL;
    s->dtls_told = false;
}

void stream_prepare_dtls(struct media_stream *s, const struct media_agreement *before)
{
    const struct media_params *now = &s->agreed->params;

    if (before && now->dtls.identity && is_same(&before->params.dtls, &now->dtls) &&
        before->params.rtcp_mux == now->rtcp_mux)
        return; /* the association goes on (RFC 8842 5.1) */
    stream_forget_dtls(s);
    if (now->dtls.identity)
        stream_forget_keys(s);
}

static void put_out(struct media_stream *s, size_t i)
{
    struct slice datagram;

    while (rtp_dtls_output(s->dtls[i], &datagram))
        (void)net_rtp_send(i ? s->pair.rtcp_fd : s->pair.rtp_fd, i ? &s->rtcp_to : &s->rtp_to,
                           datagram);
}

/* --- the end of it --------------------------------------------------------------------------- */

static const char *const troubles[] = {
    [RTP_DTLS_SILENCE] = "the other side takes no part in it",
    [RTP_DTLS_WRONG_CERTIFICATE] = "who took part is not whom SIP named: is somebody in between?",
    [RTP_DTLS_SAME_ROLE] = "both sides wanted to begin",
    [RTP_DTLS_REFUSED] = "the other side refused",
    [RTP_DTLS_NO_SUITE] = "there is no cipher that both sides can",
    [RTP_DTLS_BROKEN] = "what the other side sent makes no sense",
};

static void tell_failure(struct media_stream *s, enum rtp_dtls_trouble trouble)
{
    char why[MEDIA_WHY_MAX];

    snprintf(why, sizeof why, "no keys for the sound could be agreed on: %s", troubles[trouble]);
    stream_tell_failure(s, MEDIA_KEYS, -ENOKEY, why);
    s->dtls_told = true;
}

static void use_keys(struct media_stream *s, size_t i)
{
    struct rtp_srtp **srtp = i ? &s->srtcp : &s->srtp;
    struct media_keys keys;

    if (*srtp || rtp_dtls_keys(s->dtls[i], &keys.send, &keys.receive) != 0)
        return;
    if (stream_srtp_works())
        (void)rtp_srtp_new(&keys.send, &keys.receive, srtp);
    s->dtls_suite = keys.send.suite;
    mem_wipe(&keys, sizeof keys);
}

static void look(struct media_stream *s)
{
    size_t ready = 0;

    for (size_t i = 0; i < n_ends(s); i++) {
        enum rtp_dtls_state state = rtp_dtls_state(s->dtls[i]);

        put_out(s, i);
        if (state == RTP_DTLS_READY)
            use_keys(s, i);
        if (state == RTP_DTLS_FAILED && !s->dtls_told)
            tell_failure(s, rtp_dtls_trouble(s->dtls[i]));
        ready += state == RTP_DTLS_READY;
    }
    if (ready < n_ends(s) || s->dtls_told)
        return;
    s->dtls_told = true;
    media_thread_tell(s->thread,
                      &(struct media_event){
                          .type = MEDIA_KEYS, .stream = s, .arg = s->arg, .suite = s->dtls_suite});
}

/* --- going on -------------------------------------------------------------------------------- */

bool stream_dtls_waits(const struct media_stream *s)
{
    return s->dtls[0] && !s->dtls_told;
}

static bool open_ends(struct media_stream *s, uint64_t now_ms)
{
    const struct media_dtls *how = &s->agreed->params.dtls;

    for (size_t i = 0; i < n_ends(s); i++)
        if (!s->dtls[i] &&
            rtp_dtls_new(how->identity, how->active ? RTP_DTLS_ACTIVE : RTP_DTLS_PASSIVE,
                         how->fingerprints, how->n_fingerprints, now_ms, &s->dtls[i]) != 0)
            return false;
    return true;
}

void stream_dtls_beat(struct media_stream *s, uint64_t now_us)
{
    uint64_t now_ms = now_us / 1000;

    if (!s->agreed || !s->agreed->params.dtls.identity || !s->may_send || !s->latch.rtp.family ||
        !s->latch.rtp.port)
        return;
    if (!s->dtls[0] && !open_ends(s, now_ms)) {
        if (!s->dtls_told)
            tell_failure(s, RTP_DTLS_BROKEN);
        return;
    }
    for (size_t i = 0; i < n_ends(s); i++)
        if (s->dtls[i] && now_ms >= rtp_dtls_deadline_ms(s->dtls[i]))
            rtp_dtls_tick(s->dtls[i], now_ms);
    if (stream_dtls_waits(s))
        look(s);
}

/* Only from where media is sent to: what others send is not looked at. */
bool stream_dtls_take(struct media_stream *s, bool rtcp, struct slice datagram,
                      const struct ip *from, uint64_t arrived_us)
{
    size_t i = rtcp ? 1 : 0;

    if (rtp_demux(datagram) != RTP_KIND_DTLS || !s->dtls[i] ||
        !ip_same(from, rtcp ? &s->latch.rtcp : &s->latch.rtp))
        return false;
    rtp_dtls_input(s->dtls[i], datagram, arrived_us / 1000);
    put_out(s, i);
    if (!s->dtls_told)
        look(s);
    return true;
}
