/* The input as an offer and as an answer: what we print of it parses again and agrees with what
 * was agreed, and nothing is ever sent where nothing may be sent. */
#include <stdint.h>
#include <stdlib.h>

#include "sdp/attribute.h"
#include "sdp/agree.h"
#include "sdp/exchange.h"
#include "sdp/parse.h"
#include "tests/lib/sdp_text.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static struct sdp_exchange *exchange(enum sdp_encryption encryption)
{
    static struct rng rng; /* lives as long as its keys */
    struct sdp_local local = sdp_test_local();
    struct sdp_exchange *x;

    rng = rng_seeded(1);
    sdp_keying_new(&rng, encryption, true, &local.keying);
    must(sdp_exchange_new(&local, &rng, &x) == 0);
    return x;
}

static void check_stream(const struct sdp_stream *s, enum sdp_encryption wanted)
{
    struct ip any = s->remote_rtp;

    must(wanted != SDP_ENCRYPT_REQUIRE || s->secured.by == SDP_SDES);
    must(wanted != SDP_ENCRYPT_OFF || s->secured.by == SDP_CLEAR);
    must(s->secured.send.suite == s->secured.receive.suite);
    must(s->secured.send.tag == s->secured.receive.tag);
    must((s->secured.by == SDP_SDES) == (s->secured.send.suite != SUITE_NONE));
    must(s->ptime_ms >= SDP_MIN_PTIME_MS && s->ptime_ms <= s->maxptime_ms);
    must(s->maxptime_ms <= SDP_MAX_PTIME_MS && s->ptime_ms % 10 == 0);
    must(!ip_is_multicast(&any) && !ip_is_multicast(&s->remote_rtcp));
    must(s->send_type < 128 && s->codec_index < 3 && s->codec.name);
    must(s->n_receive <= ARRAY_LEN(s->receive));
    if (s->direction & SDP_SENDONLY)
        must(!ip_is_any(&any) && any.port && !s->held && (any.family || s->remote_host[0]));
}

static void same_lines(const struct sdp_model *theirs, const struct sdp_model *ours)
{
    must(theirs->n_media == ours->n_media);
    for (size_t i = 0; i < ours->n_media; i++) {
        must(slice_eq(theirs->media[i].type, ours->media[i].type));
        must(slice_eq(theirs->media[i].proto, ours->media[i].proto));
    }
}

/* The answer has one line that is not refused, and that says what the stream says. */
static void check_answer(const struct sdp_model *answer, const struct sdp_stream *stream)
{
    size_t accepted = 0;

    for (size_t i = 0; i < answer->n_media; i++) {
        const struct sdp_media *m = &answer->media[i];
        struct sdp_rtpmap map;

        if (m->port == 0)
            continue;
        accepted++;
        must(sdp_media_rtpmap(m, stream->send_type, &map) == 0);
        must(slice_eq(map.name, slice_of(stream->codec.name)));
        must(sdp_media_direction(answer, m) == stream->direction);
        must(sdp_media_event(m, stream->codec.rate_hz).type == stream->event_receive.type);
    }
    must(accepted == 1);
}

static void as_offer(struct slice in, enum sdp_encryption wanted)
{
    struct sdp_exchange *x = exchange(wanted);
    struct sdp_model theirs, ours;
    struct buf out = buf_new(200000);

    if (sdp_exchange_take_offer(x, in) == 0) {
        must(sdp_parse(in, &theirs) == 0 && sdp_exchange_answer(x, &out) == 0);
        must(sdp_parse(buf_slice(&out), &ours) == 0);
        same_lines(&theirs, &ours);
        check_stream(sdp_exchange_stream(x), wanted);
        check_answer(&ours, sdp_exchange_stream(x));
        buf_clear(&out);
        must(sdp_exchange_offer(x, &out) == 0 && sdp_parse(buf_slice(&out), &ours) == 0);
        same_lines(&theirs, &ours);
        if (sdp_exchange_take_answer(x, in) == 0)
            check_stream(sdp_exchange_stream(x), wanted);
    }
    buf_free(&out);
    sdp_exchange_free(x);
}

static void as_answer(struct slice in, enum sdp_encryption wanted)
{
    struct sdp_exchange *x = exchange(wanted);
    struct buf out = buf_new(200000);

    must(sdp_exchange_offer(x, &out) == 0);
    if (sdp_exchange_take_answer(x, in) == 0) {
        check_stream(sdp_exchange_stream(x), wanted);
        if (sdp_exchange_take_offer(x, in) == 0) {
            buf_clear(&out);
            must(sdp_exchange_answer(x, &out) == 0);
            check_stream(sdp_exchange_stream(x), wanted);
        }
    }
    buf_free(&out);
    sdp_exchange_free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice in = {(const char *)bytes, n};

    for (int wanted = SDP_ENCRYPT_PREFER; wanted <= SDP_ENCRYPT_REQUIRE; wanted++) {
        as_offer(in, (enum sdp_encryption)wanted);
        as_answer(in, (enum sdp_encryption)wanted);
    }
    return 0;
}
