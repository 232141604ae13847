/* What a stream's packets are protected with (rtp/srtp.h), and the one way by which they leave.
 *
 * A stream that has keys sends and takes nothing without them: where they cannot be used, it is
 * silent and says why. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "phone/media_private.h"
#include "phone/media_stream.h"

/* libsrtp2 is one for the whole process, and so are these. */
static uv_once_t load_once = UV_ONCE_INIT, prepare_once = UV_ONCE_INIT;
static int loaded;
static atomic_int prepared = -EAGAIN;

static void load(void)
{
    loaded = rtp_srtp_load();
    if (loaded)
        log_warn("media", "no call can be encrypted: libsrtp2 is not installed");
}

bool media_can_encrypt(void)
{
    uv_once(&load_once, load);
    return loaded == 0;
}

static void prepare(void)
{
    int err = media_can_encrypt() ? rtp_srtp_prepare() : -ENOENT;

    if (err == -EIO)
        log_error("media", "libsrtp2, the library for encrypted sound, does not work here");
    atomic_store(&prepared, err);
}

static void prepare_early(void *arg)
{
    (void)arg;
    uv_once(&prepare_once, prepare);
}

void media_expect_keys(struct media *media)
{
    if (!media->preparing)
        media->preparing = uv_thread_create(&media->preparer, prepare_early, NULL) == 0;
}

void media_keys_prepared(struct media *media)
{
    if (media->preparing)
        uv_thread_join(&media->preparer);
    media->preparing = false;
}

/* Takes up again what rests. */
static int change_keys(struct media_stream *s, const struct media_keys *keys)
{
    bool rested = !s->srtp;
    int err;

    if (rested) {
        s->srtp = s->resting;
        s->resting = NULL;
    }
    if (!s->srtp)
        return rtp_srtp_new(&keys->send, &keys->receive, &s->srtp);
    err = rtp_srtp_rekey(s->srtp, &keys->send, &keys->receive);
    if (rested && !err)
        rtp_srtp_end_old(s->srtp);
    return err;
}

int stream_use_keys(struct media_stream *s, const struct media_keys *keys)
{
    int err = change_keys(s, keys);

    if (err)
        stream_rest_keys(s); /* who agrees on a key of before goes on with it where it was */
    return err;
}

int stream_srtp_prepared(void)
{
    return atomic_load(&prepared);
}

static bool srtp_works(struct media_stream *s)
{
    uv_once(&prepare_once, prepare); /* long done, or nearly so: media_expect_keys */
    if (stream_srtp_prepared() != 0)
        stream_tell_failure(s, MEDIA_KEYS, -ENOKEY, STREAM_NO_SRTP);
    return stream_srtp_prepared() == 0;
}

void stream_prepare_keys(struct media_stream *s)
{
    const struct media_keys *keys = &s->agreed->params.keys;
    int err;

    s->keyed = keys->send.suite != SUITE_NONE || s->agreed->params.dtls.identity;
    if (keys->send.suite == SUITE_NONE || !srtp_works(s))
        return;
    err = stream_use_keys(s, keys);
    if (err)
        stream_tell_failure(s, MEDIA_KEYS, err, "its sound cannot be encrypted: no memory is left");
}

bool stream_waits_for_keys(const struct media_stream *s)
{
    return s->keyed && !s->srtp;
}

void stream_rest_keys(struct media_stream *s)
{
    if (s->srtp)
        s->resting = s->srtp;
    s->srtp = NULL;
}

void stream_forget_keys(struct media_stream *s)
{
    rtp_srtp_free(s->srtp);
    rtp_srtp_free(s->resting);
    s->srtp = s->resting = NULL;
}

bool stream_put_rtp(struct media_stream *s, uint8_t *packet, size_t n, size_t cap)
{
    if (s->keyed && (!s->srtp || rtp_srtp_protect(s->srtp, packet, &n, cap) != 0))
        return false;
    (void)net_rtp_send(s->pair.rtp_fd, &s->rtp_to, (struct slice){(const char *)packet, n});
    return true;
}

/* Keys by SDES are the same for both; each association of DTLS has its own (RFC 5764 3). */
static struct rtp_srtp *srtp_of_rtcp(const struct media_stream *s)
{
    const struct media_params *p = &s->agreed->params;

    return p->dtls.identity && !p->rtcp_mux ? s->srtcp : s->srtp;
}

void stream_put_rtcp(struct media_stream *s, uint8_t *packet, size_t n, size_t cap)
{
    bool mux = s->agreed->params.rtcp_mux;
    struct rtp_srtp *srtp = srtp_of_rtcp(s);

    if (s->keyed && (!srtp || rtp_srtp_protect_rtcp(srtp, packet, &n, cap) != 0))
        return;
    (void)net_rtp_send(mux ? s->pair.rtp_fd : s->pair.rtcp_fd, mux ? &s->rtp_to : &s->rtcp_to,
                       (struct slice){(const char *)packet, n});
}

typedef ptrdiff_t unprotect(struct rtp_srtp *srtp, struct slice bytes, uint8_t *out, size_t cap);

static bool open_packet(struct media_stream *s, struct rtp_srtp *srtp, struct slice *bytes,
                        unprotect *how)
{
    ptrdiff_t n;

    if (!s->keyed)
        return true;
    n = srtp ? how(srtp, *bytes, s->thread->packet, sizeof s->thread->packet) : -1;
    if (n < 0) {
        s->count.packets_refused++;
        return false;
    }
    *bytes = (struct slice){(const char *)s->thread->packet, (size_t)n};
    return true;
}

bool stream_open_rtp(struct media_stream *s, struct slice *bytes)
{
    return open_packet(s, s->srtp, bytes, rtp_srtp_unprotect);
}

bool stream_open_rtcp(struct media_stream *s, struct slice *bytes)
{
    return open_packet(s, srtp_of_rtcp(s), bytes, rtp_srtp_unprotect_rtcp);
}

void media_agreement_free(struct media_agreement *agreement)
{
    if (agreement)
        mem_wipe(agreement, sizeof *agreement);
    free(agreement);
}
