/* Offers and answers in any order, theirs from the input: nothing is agreed that was refused, what
 * we print parses, keeps its lines and counts its version up, and nothing is sent where nothing may
 * be.
 *
 * The input is cut at each 0xff; the first byte of a piece is what is done: O and A take it as an
 * offer or answer, o and q offer, a answers, r rolls back, d, l and k change what we want. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sdp/exchange.h"
#include "sdp/limits.h"
#include "sdp/parse.h"
#include "tests/lib/sdp_text.h"

struct play {
    struct sdp_exchange *x;
    struct rng rng;
    uint64_t version; /* of our last description */
    size_t n_media;   /* of it */
    bool keyed;       /* we have wanted encryption or nothing from the beginning */
};

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* "o=- ID VERSION IN IP4 ADDRESS" */
static uint64_t version_of(struct slice sdp)
{
    struct slice line;
    uint64_t version = 0;

    slice_cut(&sdp, '\n');
    line = slice_cut(&sdp, '\n');
    must(slice_starts(line, SLICE("o=")));
    slice_cut(&line, ' ');
    slice_cut(&line, ' ');
    must(slice_number(slice_cut(&line, ' '), UINT64_MAX, &version) == 0);
    return version;
}

static void check_ours(struct play *play, struct slice sdp)
{
    struct sdp_model model;

    must(sdp_parse(sdp, &model) == 0 && model.n_media <= SDP_MAX_MEDIA);
    must(version_of(sdp) >= play->version);
    play->version = version_of(sdp);
    must(model.n_media >= play->n_media); /* RFC 3264 8: lines never go */
    must(slice_eq(sdp, sdp_exchange_ours(play->x)));
}

static void check_stream(const struct sdp_stream *s)
{
    must(s->ptime_ms >= SDP_MIN_PTIME_MS && s->ptime_ms <= s->maxptime_ms);
    must(!ip_is_multicast(&s->remote_rtp) && !ip_is_multicast(&s->remote_rtcp));
    must(s->n_receive <= ARRAY_LEN(s->receive));
    if (s->direction & SDP_SENDONLY)
        must(!ip_is_any(&s->remote_rtp) && s->remote_rtp.port && !s->held);
}

static void take(struct play *play, struct slice piece, bool offer)
{
    const struct sdp_stream *now = sdp_exchange_stream(play->x);
    struct sdp_stream before = now ? *now : (struct sdp_stream){0};
    int err =
        offer ? sdp_exchange_take_offer(play->x, piece) : sdp_exchange_take_answer(play->x, piece);

    /* An offer agrees nothing yet, and what is refused changes nothing. */
    if (now && (err || offer))
        must(memcmp(sdp_exchange_stream(play->x), &before, sizeof before) == 0);
    if (!now && (err || offer))
        must(!sdp_exchange_stream(play->x));
    if (!err)
        must(sdp_exchange_state(play->x) == (offer ? SDP_THEY_OFFERED : SDP_STABLE));
}

static void say(struct play *play, char what)
{
    enum sdp_exchange_state state = sdp_exchange_state(play->x);
    struct buf out = buf_new(200000);
    int err = what == 'a'   ? sdp_exchange_answer(play->x, &out)
              : what == 'q' ? sdp_exchange_offer_asked(play->x, &out)
                            : sdp_exchange_offer(play->x, &out);

    if (what == 'a')
        must((err == 0) == (state == SDP_THEY_OFFERED));
    else if (state != SDP_STABLE)
        must(err == -EBUSY);
    if (err == 0)
        check_ours(play, buf_slice(&out));
    else
        must(sdp_exchange_state(play->x) == state);
    buf_free(&out);
}

static void wants(struct play *play, struct slice piece, bool direction)
{
    static const enum sdp_direction all[] = {SDP_SENDRECV, SDP_SENDONLY, SDP_INACTIVE};
    struct sdp_local local = *sdp_exchange_local(play->x);
    unsigned n = piece.n ? (unsigned char)piece.p[0] : 0;
    int err;

    local.address.bytes[3] = (uint8_t)n;
    local.n_codecs = 1 + n % 3;
    err = direction ? sdp_exchange_set_direction(play->x, all[n % 3])
                    : sdp_exchange_set_local(play->x, &local);
    must(sdp_exchange_state(play->x) == SDP_STABLE || err == -EBUSY);
}

/* Keys and comfort noise as the bits of a byte say. */
static void can(struct play *play, struct slice piece)
{
    static const enum sdp_encryption all[] = {SDP_ENCRYPT_OFF, SDP_ENCRYPT_PREFER,
                                              SDP_ENCRYPT_REQUIRE};
    struct sdp_local local = *sdp_exchange_local(play->x);
    unsigned n = piece.n ? (unsigned char)piece.p[0] : 0;

    sdp_keying_new(&play->rng, all[n % 4 % 3], (n & 4) != 0, &local.keying);
    local.keying.certificate.hash = n & 8 ? FINGERPRINT_SHA256 : FINGERPRINT_NONE;
    local.keying.reachable = (n & 16) != 0;
    local.comfort_noise = (n & 32) != 0;
    if (sdp_exchange_set_local(play->x, &local) != 0)
        return;
    play->keyed = !sdp_exchange_stream(play->x) && all[n % 4 % 3] == SDP_ENCRYPT_REQUIRE;
}

/* Before anything was agreed a rollback takes back what we want, too. */
static void check_keyed(struct play *play)
{
    const struct sdp_stream *stream = sdp_exchange_stream(play->x);

    if (sdp_exchange_local(play->x)->keying.encryption != SDP_ENCRYPT_REQUIRE)
        play->keyed = false;
    must(!play->keyed || !stream || stream->secured.by != SDP_CLEAR);
}

static void step(struct play *play, char what, struct slice piece)
{
    if (what == 'O' || what == 'A')
        take(play, piece, what == 'O');
    else if (what == 'o' || what == 'q' || what == 'a')
        say(play, what);
    else if (what == 'd' || what == 'l')
        wants(play, piece, what == 'd');
    else if (what == 'k')
        can(play, piece);
    else if (what == 'r') {
        sdp_exchange_rollback(play->x);
        must(sdp_exchange_state(play->x) == SDP_STABLE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice rest = {(const char *)bytes, n};
    struct sdp_local local = sdp_test_local();
    struct play play = {.rng = rng_seeded(1)};

    local.redundancy = true;
    must(sdp_exchange_new(&local, &play.rng, &play.x) == 0);
    while (rest.n) {
        struct slice piece = slice_cut(&rest, (char)0xff);

        if (piece.n)
            step(&play, piece.p[0], slice_skip(piece, 1));
        if (sdp_exchange_stream(play.x))
            check_stream(sdp_exchange_stream(play.x));
        check_keyed(&play);
    }
    sdp_exchange_free(play.x);
    return 0;
}
