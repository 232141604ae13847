/* A handshake from behind a NAT: where the description names an address that nobody answers from,
 * whoever shakes hands from another one, with the certificate that was named, is the far end.
 *
 * Until that is proven he shares nothing with the handshake that was agreed on (media_dtls.c). Who
 * only writes gets a cookie, and nothing is kept of him; who repeats it has the place to himself,
 * and makes room for another one after a second. */
#include "phone/media_stream.h"

#define ELSEWHERE_MS 1000

void stream_dtls_forget_elsewhere(struct media_stream *s)
{
    rtp_dtls_free(s->elsewhere.dtls);
    s->elsewhere.dtls = NULL;
}

/* Not before the call is answered: it may be one whom only the answer names, and who would take the
 * refusal of his certificate for the end of it. */
static bool may_be_elsewhere(const struct media_stream *s)
{
    const struct media_dtls *how = &s->agreed->params.dtls;
    bool heard = s->dtls_heard.family && ip_same(&s->dtls_heard, &s->latch.rtp);

    return stream_dtls_waits(s) && !s->dtls_told && !heard && s->dtls[0] && !how->active &&
           !how->early;
}

static bool is_taken(const struct media_stream *s)
{
    return s->elsewhere.dtls && rtp_dtls_cookies(s->elsewhere.dtls) > 0;
}

static bool gives_way(const struct media_stream *s, const struct ip *from, uint64_t now_ms)
{
    if (!s->elsewhere.dtls)
        return false;
    if (rtp_dtls_state(s->elsewhere.dtls) == RTP_DTLS_FAILED)
        return true;
    return is_taken(s) && !ip_same(from, &s->elsewhere.from) &&
           now_ms >= s->elsewhere.since_ms + ELSEWHERE_MS;
}

/* Room for whoever is at from. */
static void open_elsewhere(struct media_stream *s, const struct ip *from, uint64_t now_ms)
{
    const struct media_dtls *how = &s->agreed->params.dtls;
    const struct rtp_dtls_identity *identity;

    if (gives_way(s, from, now_ms))
        stream_dtls_forget_elsewhere(s);
    if (!s->elsewhere.dtls && identity_get(how->identity, &identity) == 0)
        (void)rtp_dtls_new(identity, RTP_DTLS_PASSIVE, how->fingerprints, how->n_fingerprints,
                           now_ms, &s->elsewhere.dtls);
    if (!s->elsewhere.dtls || is_taken(s))
        return;
    s->elsewhere.from = *from;
    s->elsewhere.since_ms = now_ms;
    rtp_dtls_listen_to(s->elsewhere.dtls, from);
}

static void look_elsewhere(struct media_stream *s)
{
    struct net_sockaddr to = net_sockaddr_of(&s->elsewhere.from);
    struct slice datagram;

    while (rtp_dtls_output(s->elsewhere.dtls, &datagram))
        (void)net_rtp_send(s->pair.rtp_fd, &to, datagram);
    if (rtp_dtls_state(s->elsewhere.dtls) != RTP_DTLS_READY ||
        !rtp_latch_proven(&s->latch, &s->elsewhere.from))
        return;
    rtp_dtls_free(s->dtls[0]);
    s->dtls[0] = s->elsewhere.dtls;
    s->elsewhere.dtls = NULL;
    s->dtls_heard = s->latch.rtp;
    stream_set_remote(s);
}

void stream_dtls_tick_elsewhere(struct media_stream *s, uint64_t now_ms)
{
    if (!s->elsewhere.dtls || now_ms < rtp_dtls_deadline_ms(s->elsewhere.dtls))
        return;
    rtp_dtls_tick(s->elsewhere.dtls, now_ms);
    look_elsewhere(s);
}

bool stream_dtls_take_elsewhere(struct media_stream *s, struct slice datagram,
                                const struct ip *from, uint64_t now_ms)
{
    if (!may_be_elsewhere(s))
        return false;
    open_elsewhere(s, from, now_ms);
    if (!s->elsewhere.dtls || !ip_same(from, &s->elsewhere.from))
        return false;
    rtp_dtls_input(s->elsewhere.dtls, datagram, now_ms);
    look_elsewhere(s);
    return true;
}
