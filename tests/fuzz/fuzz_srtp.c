/* Packets of SRTP and SRTCP: whatever comes is refused or opened within its room, what we protect
 * is opened as it was, once, and with a bit turned never. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "rtp/srtp.h"

#define ROOM 512

static void must(bool truth)
{
    if (!truth)
        abort();
}

/* The two directions of a path, for one kind of packets. */
struct way {
    int (*protect)(struct rtp_srtp *s, uint8_t *packet, size_t *n, size_t cap);
    ptrdiff_t (*unprotect)(struct rtp_srtp *s, struct slice bytes, uint8_t *out, size_t cap);
};

static const struct way rtp = {rtp_srtp_protect, rtp_srtp_unprotect};
static const struct way rtcp = {rtp_srtp_protect_rtcp, rtp_srtp_unprotect_rtcp};

/* What somebody without the key sends. */
static void check_foreign(struct rtp_srtp *s, const struct way *way, struct slice in)
{
    uint8_t *out = malloc(in.n + !in.n);

    if (!out)
        return;
    must(way->unprotect(s, in, out, in.n) < 0);
    if (in.n)
        must(way->unprotect(s, in, out, in.n - 1) < 0);
    free(out);
}

static void check_own(struct rtp_srtp *s, const struct way *way, struct slice plain)
{
    uint8_t packet[ROOM], out[ROOM];
    size_t n = plain.n;
    struct slice bytes;

    memcpy(packet, plain.p, n);
    if (way->protect(s, packet, &n, sizeof packet) != 0)
        return;
    bytes = (struct slice){(const char *)packet, n};
    must(n > plain.n && n <= plain.n + RTP_SRTP_MAX_GROWTH);
    packet[n / 2] ^= 1;
    must(way->unprotect(s, bytes, out, sizeof out) < 0);
    packet[n / 2] ^= 1;
    if (way->unprotect(s, bytes, out, sizeof out) < 0)
        return; /* a number that was there before, or is too old */
    must(memcmp(out, plain.p, plain.n) == 0);
    must(way->unprotect(s, bytes, out, sizeof out) < 0);
}

/* Or the same again. */
static void rekey(struct rtp_srtp *s, struct rtp_srtp_key *key, unsigned how)
{
    key->key[0] = (uint8_t)how;
    must(rtp_srtp_rekey(s, key, key) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* The input is the number of a suite and datagrams of up to 255 bytes, each behind its length; 0
 * and a byte are new keys. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice rest = slice_skip((struct slice){(const char *)bytes, n}, 1);
    struct rtp_srtp_key key = {.key = {42}};
    struct rtp_packet parsed;
    struct rtp_srtp *s;

    if (n < 1 || rtp_srtp_prepare() != 0)
        return 0;
    key.suite = (enum suite)(SUITE_AES_CM_128_HMAC_SHA1_80 + bytes[0] % 4);
    if (rtp_srtp_new(&key, &key, &s) != 0)
        return 0;
    while (rest.n) {
        size_t length = (uint8_t)rest.p[0];
        struct slice one = slice_head(slice_skip(rest, 1), length);

        if (!length && rest.n > 1) {
            rekey(s, &key, (uint8_t)rest.p[1]);
            rest = slice_skip(rest, 1);
        }
        check_foreign(s, &rtp, one);
        check_foreign(s, &rtcp, one);
        if (rtp_packet_parse(one, &parsed) == 0)
            check_own(s, &rtp, one);
        if (rtcp_check(one) == 0)
            check_own(s, &rtcp, one);
        rest = slice_skip(rest, 1 + one.n);
    }
    rtp_srtp_free(s);
    return 0;
}
