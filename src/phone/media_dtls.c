/* A stream's keys by DTLS (rtp/dtls.h): the handshake on its own sockets, one for RTP, and one for
 * RTCP where that has a socket of its own. Nothing else goes or comes until they are done.
 *
 * A step of it takes 0.7 ms, 1.4 ms at worst, so it runs on the beat like the rest. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "phone/media_stream.h"
#include "rtp/demux.h"
#include "sdp/fingerprint.h"

/* Whether the association goes on (RFC 8842 5.1). */
static bool is_same(const struct media_dtls *a, const struct media_dtls *b)
{
    return a->identity == b->identity && a->active == b->active &&
           sdp_tls_id_goes_on(a->tls_id, b->tls_id) &&
           fingerprints_eq(a->fingerprints, a->n_fingerprints, b->fingerprints, b->n_fingerprints);
}

static size_t n_ends(const struct media_stream *s)
{
    return s->agreed->params.rtcp_mux ? 1 : 2;
}

static void forget_rtcp(struct media_stream *s)
{
    rtp_dtls_free(s->dtls[1]);
    s->dtls[1] = NULL;
    rtp_srtp_free(s->srtcp);
    s->srtcp = NULL;
}

void stream_forget_dtls(struct media_stream *s)
{
    rtp_dtls_free(s->dtls[0]);
    s->dtls[0] = NULL;
    forget_rtcp(s);
    stream_dtls_forget_elsewhere(s);
    s->dtls_told = false;
    s->dtls_heard = (struct ip){0};
}

bool stream_dtls_goes_on(const struct media_dtls *before, const struct media_params *now)
{
    return now->dtls.identity && is_same(before, &now->dtls);
}

bool stream_dtls_waits(const struct media_stream *s)
{
    if (!s->agreed || !s->agreed->params.dtls.identity)
        return false;
    if (!s->dtls_told)
        return true;
    return s->dtls[1] && !s->srtcp && rtp_dtls_state(s->dtls[1]) != RTP_DTLS_FAILED;
}

bool stream_dtls_sleeps(const struct media_stream *s)
{
    if (!stream_dtls_waits(s) || s->dtls_told)
        return false;
    return !s->dtls[0] ||
           (rtp_dtls_state(s->dtls[0]) == RTP_DTLS_READY && stream_srtp_prepared() == -EAGAIN);
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
    [RTP_DTLS_BROKEN] = "what the other side sent could not be understood",
    [RTP_DTLS_OWN_FAULT] = "it failed on this side, probably for want of memory",
};

/* Where there is no memory to tell it, it is told with a later beat. */
static void end_it(struct media_stream *s, const char *why)
{
    s->dtls_told = stream_tell_failure(s, MEDIA_KEYS, -ENOKEY, why);
    if (s->dtls_told)
        media_thread_rhythm(s->thread, false);
}

static void tell_trouble(struct media_stream *s, enum rtp_dtls_trouble trouble)
{
    char why[MEDIA_WHY_MAX];

    snprintf(why, sizeof why, "no keys for its sound could be agreed on: %s", troubles[trouble]);
    end_it(s, why);
}

static void use_keys(struct media_stream *s, size_t i)
{
    struct rtp_srtp **srtp = i ? &s->srtcp : &s->srtp;
    bool is_over = i == 0 && s->dtls_told; /* that there are none */
    struct media_keys keys;
    int err;

    if (*srtp || is_over || rtp_dtls_keys(s->dtls[i], &keys.send, &keys.receive) != 0)
        return;
    err = i ? rtp_srtp_new(&keys.send, &keys.receive, srtp) : stream_use_keys(s, &keys);
    s->dtls_suite = keys.send.suite;
    mem_wipe(&keys, sizeof keys);
    if (err && !s->dtls_told)
        end_it(s, "its sound cannot be encrypted: no memory is left");
}

static void tell_keys(struct media_stream *s)
{
    struct media_event event = {.type = MEDIA_KEYS,
                                .stream = s,
                                .arg = s->arg,
                                .serial = s->agreed->keying,
                                .suite = s->dtls_suite};

    s->dtls_told = media_thread_tell(s->thread, &event);
    if (s->dtls_told)
        media_thread_rhythm(s->thread, true);
}

/* What has become of it. Keys that come early wait for the library that uses them; sound does not
 * wait for those of RTCP, without which it can do. */
static void look(struct media_stream *s)
{
    int prepared = stream_srtp_prepared();

    for (size_t i = 0; i < n_ends(s); i++)
        put_out(s, i);
    for (size_t i = 0; i < n_ends(s) && prepared == 0; i++)
        use_keys(s, i);
    if (s->dtls_told)
        return;
    if (s->srtp)
        tell_keys(s);
    else if (rtp_dtls_state(s->dtls[0]) == RTP_DTLS_FAILED)
        tell_trouble(s, rtp_dtls_trouble(s->dtls[0]));
    else if (prepared != 0 && prepared != -EAGAIN)
        end_it(s, STREAM_NO_SRTP);
}

/* --- beginning ------------------------------------------------------------------------------- */

/* False: not now. */
static bool open_ends(struct media_stream *s, uint64_t now_ms)
{
    const struct media_dtls *how = &s->agreed->params.dtls;
    const struct rtp_dtls_identity *identity;
    int err = identity_get(how->identity, &identity);

    for (size_t i = 0; i < n_ends(s) && !err; i++)
        if (!s->dtls[i])
            err = rtp_dtls_new(identity, how->active ? RTP_DTLS_ACTIVE : RTP_DTLS_PASSIVE,
                               how->fingerprints, how->n_fingerprints, now_ms, &s->dtls[i]);
    if (err && err != -EAGAIN)
        end_it(s, "its sound cannot be encrypted: the certificate of this phone cannot be used, or "
                  "no memory is left");
    return !err;
}

/* RTCP has come beside RTP, whose association it then uses, or has left it for one of its own. That
 * of RTP goes on. */
static void change_mux(struct media_stream *s)
{
    forget_rtcp(s);
    if (s->dtls[0])
        (void)open_ends(s, net_now_ms());
}

void stream_prepare_dtls(struct media_stream *s, const struct media_agreement *before)
{
    const struct media_params *now = &s->agreed->params;

    if (before && stream_dtls_goes_on(&before->params.dtls, now)) {
        if (before->params.rtcp_mux != now->rtcp_mux)
            change_mux(s);
        return;
    }
    stream_forget_dtls(s);
    if (now->dtls.identity)
        stream_rest_keys(s);
}

/* --- going on -------------------------------------------------------------------------------- */

static bool has_partner(const struct media_stream *s)
{
    return s->may_send && s->latch.rtp.family && s->latch.rtp.port;
}

void stream_dtls_beat(struct media_stream *s, uint64_t now_us)
{
    uint64_t now_ms = now_us / 1000;
    bool partner = has_partner(s);

    if (!stream_dtls_waits(s) || (!s->dtls[0] && !partner) || !open_ends(s, now_ms))
        return;
    for (size_t i = 0; i < n_ends(s); i++) {
        if (!partner || s->agreed->params.dtls.early)
            rtp_dtls_wait(s->dtls[i], now_ms);
        if (partner && now_ms >= rtp_dtls_deadline_ms(s->dtls[i]))
            rtp_dtls_tick(s->dtls[i], now_ms);
    }
    stream_dtls_tick_elsewhere(s, now_ms);
    look(s);
}

/* From where it was agreed. A cookie that came back came from there; anything else may be written
 * by anybody. */
static void take_here(struct media_stream *s, size_t i, struct slice datagram,
                      const struct ip *from, uint64_t now_ms)
{
    unsigned cookies = rtp_dtls_cookies(s->dtls[i]);

    rtp_dtls_input(s->dtls[i], datagram, now_ms);
    put_out(s, i);
    if (i > 0 || rtp_dtls_cookies(s->dtls[i]) == cookies)
        return;
    s->dtls_heard = *from;
    stream_dtls_forget_elsewhere(s);
}

/* Only from where media is sent to, or from who has proven that he is the far end. */
bool stream_dtls_take(struct media_stream *s, bool rtcp, struct slice datagram,
                      const struct ip *from, uint64_t arrived_us)
{
    size_t i = rtcp ? 1 : 0;

    if (rtp_demux(datagram) != RTP_KIND_DTLS || !s->dtls[i])
        return false;
    if (!ip_same(from, rtcp ? &s->latch.rtcp : &s->latch.rtp)) {
        if (rtcp || !stream_dtls_take_elsewhere(s, datagram, from, arrived_us / 1000))
            return false;
    } else {
        take_here(s, i, datagram, from, arrived_us / 1000);
    }
    if (stream_dtls_waits(s))
        look(s);
    return true;
}
