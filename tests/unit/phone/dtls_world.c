#include "tests/unit/phone/dtls_world.h"

#include <stdlib.h>
#include <string.h>

#include "net/loop.h"
#include "rtp/demux.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"

struct world *world_new(bool mux)
{
    struct world *w = calloc(1, sizeof *w);

    assert_non_null(w);
    assert_int_equal(identity_open(NULL, &w->identity), 0);
    lone_init(&w->lone, NULL);
    media_expect_keys(w->lone.media);
    w->lone.params.rtcp_mux = mux;
    w->far.repeats = true;
    return w;
}

static void forget_far(struct far *far)
{
    for (int i = 0; i < 2; i++) {
        rtp_dtls_free(far->dtls[i]);
        rtp_srtp_free(far->srtp[i]);
        far->dtls[i] = NULL;
        far->srtp[i] = NULL;
    }
    rtp_dtls_identity_free(far->identity);
    far->identity = NULL;
}

void world_free(struct world *w)
{
    lone_free(&w->lone);
    identity_free(w->identity, 1000);
    forget_far(&w->far);
    free(w);
}

/* --- the far end ----------------------------------------------------------------------------- */

void world_open_far(struct world *w, bool active, int i)
{
    assert_int_equal(rtp_dtls_new(w->far.identity, active ? RTP_DTLS_PASSIVE : RTP_DTLS_ACTIVE,
                                  identity_fingerprint(w->identity), 1, net_now_ms(),
                                  &w->far.dtls[i]),
                     0);
}

/* With a certificate that nobody has seen yet, and what is agreed with it. */
void world_agree(struct world *w, bool active)
{
    struct far *far = &w->far;

    forget_far(far);
    assert_int_equal(rtp_dtls_identity_new(&far->identity), 0);
    for (int i = 0; i < (w->lone.params.rtcp_mux ? 1 : 2); i++)
        world_open_far(w, active, i);
    w->lone.params.dtls = (struct media_dtls){
        .identity = w->identity,
        .active = active,
        .fingerprints = {*rtp_dtls_identity_fingerprint(far->identity)},
        .n_fingerprints = 1,
    };
    assert_int_equal(media_stream_start(w->lone.stream, &w->lone.params), 0);
}

int world_socket(const struct world *w, int i)
{
    return i ? w->lone.pair.rtcp_fd : w->lone.pair.rtp_fd;
}

static void flush_out(struct world *w, int i)
{
    struct slice d;

    while (rtp_dtls_output(w->far.dtls[i], &d))
        (void)net_rtp_send(world_socket(w, i), &w->lone.to[i], d);
}

/* Before the far end has keys it can only see that somebody has used some. */
static bool is_clear(struct slice bytes, bool rtcp)
{
    return rtcp ? rtcp_check(bytes) == 0 : bytes.n <= RTP_HEADER_BYTES + WORLD_PAYLOAD;
}

static void take_protected(struct far *far, int i, struct slice bytes, bool rtcp)
{
    uint8_t out[WORLD_ROOM];
    ptrdiff_t n = -1;

    if (far->srtp[i])
        n = rtcp ? rtp_srtp_unprotect_rtcp(far->srtp[i], bytes, out, sizeof out)
                 : rtp_srtp_unprotect(far->srtp[i], bytes, out, sizeof out);
    far->clear += n < 0 && (far->srtp[i] || is_clear(bytes, rtcp));
    far->reports += n >= 0 && rtcp;
    far->sound += n >= 0 && !rtcp;
}

static void take_dtls(struct world *w, int i, struct slice bytes)
{
    struct far *far = &w->far;
    struct rtp_srtp_key keys[2];

    far->shakes++;
    rtp_dtls_input(far->dtls[i], bytes, net_now_ms());
    flush_out(w, i);
    if (!far->srtp[i] && rtp_dtls_keys(far->dtls[i], &keys[0], &keys[1]) == 0)
        assert_int_equal(rtp_srtp_new(&keys[0], &keys[1], &far->srtp[i]), 0);
}

static void take(struct world *w, int i, struct slice bytes)
{
    enum rtp_kind kind = rtp_demux(bytes);

    if (kind == RTP_KIND_DTLS)
        take_dtls(w, i, bytes);
    else
        take_protected(&w->far, i, bytes, kind == RTP_KIND_RTCP);
}

void world_step_far(struct world *w)
{
    char bytes[WORLD_ROOM];
    struct ip from;
    ptrdiff_t n;

    for (int i = 0; i < 2 && w->far.dtls[i] && !w->far.silent; i++) {
        while ((n = net_rtp_recv(world_socket(w, i), bytes, sizeof bytes, &from)) > 0)
            take(w, i, (struct slice){bytes, (size_t)n});
        if (w->far.repeats)
            rtp_dtls_tick(w->far.dtls[i], net_now_ms());
        flush_out(w, i);
    }
}

void world_step(struct world *w)
{
    loop_run_ms(&w->lone.loop, 5);
    world_step_far(w);
}

struct media_stats world_stats(struct world *w)
{
    return lone_stats(&w->lone);
}

size_t world_packet(struct world *w, uint8_t *out)
{
    struct rtp_packet packet = {
        .sequence = w->lone.sequence, .ssrc = 7, .timestamp = w->lone.sequence * 160u};

    w->lone.sequence++;
    memset(out, 0xff, RTP_HEADER_BYTES + WORLD_PAYLOAD);
    rtp_packet_print(&packet, out);
    return RTP_HEADER_BYTES + WORLD_PAYLOAD;
}

void world_speak(struct world *w, unsigned packets)
{
    uint8_t bytes[WORLD_ROOM];

    for (unsigned i = 0; i < packets; i++) {
        size_t n = world_packet(w, bytes);

        assert_int_equal(rtp_srtp_protect(w->far.srtp[0], bytes, &n, sizeof bytes), 0);
        (void)net_rtp_send(w->lone.pair.rtp_fd, &w->lone.to[0],
                           (struct slice){(const char *)bytes, n});
    }
}
