#include "tests/unit/rtp/dtls_rig.h"

#include <errno.h>
#include <sys/time.h>

#include "tests/lib/rows.h"

#define TOO_LATE_MS (START_MS + 40000u)

uint64_t rig_now_ms;
int64_t rig_wall_shift_s;

/* In the place of the C library's. */
int gettimeofday(struct timeval *out, void *zone)
{
    (void)zone;
    out->tv_sec = (time_t)((int64_t)(rig_now_ms / 1000) + 1700000000 + rig_wall_shift_s);
    out->tv_usec = (suseconds_t)(rig_now_ms % 1000 * 1000);
    return 0;
}

/* --- two ends -------------------------------------------------------------------------------- */

const struct fingerprint *rig_fingerprint(const struct rig *r, int whose)
{
    return rtp_dtls_identity_fingerprint(r->identity[whose]);
}

void rig_open(struct rig *r)
{
    *r = (struct rig){0};
    rig_now_ms = START_MS;
    rig_wall_shift_s = 0;
    for (int i = 0; i < 2; i++)
        assert_int_equal(rtp_dtls_identity_new(&r->identity[i]), 0);
}

void rig_open_end(struct rig *r, int i, enum rtp_dtls_role role, bool known)
{
    assert_int_equal(
        rtp_dtls_new(r->identity[i], role, rig_fingerprint(r, !i), known, rig_now_ms, &r->end[i]),
        0);
}

void rig_open_both(struct rig *r)
{
    rig_open(r);
    rig_open_end(r, 0, RTP_DTLS_ACTIVE, true);
    rig_open_end(r, 1, RTP_DTLS_PASSIVE, true);
}

void rig_close(struct rig *r)
{
    for (int i = 0; i < 2; i++) {
        rtp_dtls_free(r->end[i]);
        rtp_dtls_identity_free(r->identity[i]);
    }
}

static void fly(struct rig *r, int to, const void *bytes, size_t n)
{
    struct flying *f = &r->flying[r->n_flying];

    if (r->n_flying == MAX_FLYING)
        return;
    *f = (struct flying){.to = to, .n = n};
    memcpy(f->bytes, bytes, n);
    r->n_flying++;
}

static void harm(struct rig *r, int to, struct slice d)
{
    uint8_t bytes[RTP_DTLS_MAX_DATAGRAM];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + r->sent);
    bytes[0] = (uint8_t)(20 + r->sent % 44);
    if (r->rubbish)
        fly(r, to, bytes, 1 + r->sent * 97 % 1400);
    memcpy(bytes, d.p, d.n);
    if (r->cut)
        fly(r, to, bytes, d.n / 2);
    bytes[r->sent * 31 % d.n] ^= 0x11;
    if (r->bent)
        fly(r, to, bytes, d.n);
}

#define RECORD 13  /* bytes before what is in a record */
#define MESSAGE 12 /* bytes before what is in a message of a handshake */

/* A record before the keys, with another number: there are more of them than their sender knows. */
static size_t put_record(uint8_t *to, const uint8_t *head, unsigned nth, const uint8_t *body,
                         size_t n)
{
    memcpy(to, head, RECORD);
    to[9] = (uint8_t)(head[10] >> 3);
    to[10] = (uint8_t)((unsigned)head[10] << 5 | nth);
    to[11] = (uint8_t)(n >> 8);
    to[12] = (uint8_t)n;
    memcpy(to + RECORD, body, n);
    return RECORD + n;
}

static void put24(uint8_t *to, size_t n)
{
    to[0] = (uint8_t)(n >> 16);
    to[1] = (uint8_t)(n >> 8);
    to[2] = (uint8_t)n;
}

/* RFC 6347 4.2.3. Flies all but what stays in out. */
static size_t put_pieces(struct rig *r, int to, const uint8_t *head, size_t n, uint8_t *out)
{
    const uint8_t *message = head + RECORD, *body = message + MESSAGE;
    size_t at = 0, put = 0;

    for (unsigned nth = 0; at < n - MESSAGE; nth++) {
        size_t left = n - MESSAGE - at, size = left < r->piece ? left : r->piece;
        uint8_t piece[RTP_DTLS_MTU];

        memcpy(piece, message, 6);
        put24(piece + 6, at);
        put24(piece + 9, size);
        memcpy(piece + MESSAGE, body + at, size);
        put += put_record(out + put, head, nth, piece, MESSAGE + size);
        at += size;
        if (r->together)
            continue;
        if (++r->pieces != r->lost_piece)
            fly(r, to, out, put);
        if (r->twice)
            fly(r, to, out, put);
        put = 0;
    }
    return put;
}

static bool fly_in_pieces(struct rig *r, int to, struct slice d)
{
    uint8_t out[RTP_DTLS_MAX_DATAGRAM];
    size_t n = 0;

    if (!r->piece || to == 0)
        return false;
    while (d.n > 0) {
        const uint8_t *head = (const uint8_t *)d.p;
        size_t body = (size_t)head[11] << 8 | head[12];
        bool hello = head[0] == 22 && head[4] == 0 && head[RECORD] == 1;

        if (hello) {
            n += put_pieces(r, to, head, body, out + n);
        } else if (head[4] == 0) {
            n += put_record(out + n, head, 0, head + RECORD, body);
        } else {
            memcpy(out + n, head, RECORD + body);
            n += RECORD + body;
        }
        d = slice_skip(d, RECORD + body);
    }
    if (n > 0)
        fly(r, to, out, n);
    return true;
}

void rig_collect(struct rig *r)
{
    struct slice d;

    for (int i = 0; i < 2; i++)
        while (r->end[i] && rtp_dtls_output(r->end[i], &d)) {
            unsigned n = r->sent++;

            assert_in_range(d.n, 1, RTP_DTLS_MTU);
            if (n < 32 && (r->lost_mask & 1u << n))
                continue;
            harm(r, !i, d);
            if (fly_in_pieces(r, !i, d))
                continue;
            fly(r, !i, d.p, d.n);
            if (r->twice)
                fly(r, !i, d.p, d.n);
        }
}

void rig_deliver(struct rig *r)
{
    struct flying f = r->flying[r->backwards ? r->n_flying - 1 : 0];

    r->n_flying--;
    if (!r->backwards)
        memmove(r->flying, r->flying + 1, r->n_flying * sizeof f);
    if (r->end[f.to])
        rtp_dtls_input(r->end[f.to], (struct slice){(const char *)f.bytes, f.n}, rig_now_ms);
}

uint64_t rig_next_deadline(const struct rig *r)
{
    uint64_t at = UINT64_MAX;

    for (int i = 0; i < 2; i++)
        if (r->end[i] && rtp_dtls_deadline_ms(r->end[i]) < at)
            at = rtp_dtls_deadline_ms(r->end[i]);
    return at;
}

void rig_run(struct rig *r)
{
    for (unsigned steps = 0; steps < 100000; steps++) {
        uint64_t at;

        rig_collect(r);
        if (r->n_flying) {
            rig_deliver(r);
            continue;
        }
        at = rig_next_deadline(r);
        if (at > TOO_LATE_MS)
            return;
        rig_now_ms = at > rig_now_ms ? at : rig_now_ms;
        for (int i = 0; i < 2; i++)
            if (r->end[i])
                rtp_dtls_tick(r->end[i], rig_now_ms);
    }
    fail_msg("they never come to an end");
}

void rig_assert_state(const struct rig *r, int i, enum rtp_dtls_state state)
{
    assert_int_equal(rtp_dtls_state(r->end[i]), state);
}

void rig_assert_failed(const struct rig *r, int i, enum rtp_dtls_trouble trouble)
{
    struct rtp_srtp_key keys[2];

    rig_assert_state(r, i, RTP_DTLS_FAILED);
    assert_int_equal(rtp_dtls_trouble(r->end[i]), trouble);
    assert_int_equal(rtp_dtls_keys(r->end[i], &keys[0], &keys[1]), -EAGAIN);
}

enum suite rig_assert_agreed(const struct rig *r)
{
    struct rtp_srtp_key send[2], receive[2];

    for (int i = 0; i < 2; i++) {
        rig_assert_state(r, i, RTP_DTLS_READY);
        assert_int_equal(rtp_dtls_keys(r->end[i], &send[i], &receive[i]), 0);
    }
    assert_int_not_equal(send[0].suite, SUITE_NONE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(send[i].suite, receive[!i].suite);
        assert_memory_equal(send[i].key, receive[!i].key, suite_key_bytes(send[i].suite));
    }
    assert_memory_not_equal(send[0].key, send[1].key, suite_key_bytes(send[0].suite));
    return send[0].suite;
}
