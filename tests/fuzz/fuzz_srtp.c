/* Packets of SRTP and SRTCP: whatever comes is refused or opened within its room, what we protect
 * is opened as it was, once, and with a bit turned never. Who has a key costs no memory by using
 * it, and one that was replaced is of use for a while only. */
#include <stdint.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdlib.h>
#include <string.h>

#include "rtp/bytes.h"
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

/* --- keys ------------------------------------------------------------------------------------ */

struct play {
    struct rtp_srtp *s;
    struct rtp_srtp_key sent, received;
    unsigned late; /* packets under a key that was replaced, since then */
};

#define FLOOD 255 /* instead of a key */

/* Or the same again. An odd one is told by the far end, and not used. */
static void rekey(struct play *play, uint8_t how)
{
    bool unused = how % 2;

    play->received.key[0] = how;
    if (!unused)
        play->sent = play->received;
    must(rtp_srtp_rekey(play->s, unused ? NULL : &play->sent, &play->received) == 0);
    play->late = 0;
}

static bool is_late(const struct play *play)
{
    return play->sent.key[0] != play->received.key[0];
}

/* Of the heap; 0: nobody counts. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));
static size_t in_use(void)
{
    if (__sanitizer_get_current_allocated_bytes)
        return __sanitizer_get_current_allocated_bytes();
#ifdef __GLIBC__
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

/* Sixteen packets, each with an SSRC of its own, by a far end of the moment. */
static void pour(struct play *play, uint32_t ssrc)
{
    struct rtp_srtp *far;

    if (rtp_srtp_new(&play->sent, &play->received, &far) != 0)
        return;
    for (uint32_t i = 0; i < 16; i++) {
        uint8_t packet[ROOM] = {0x80}, out[ROOM];
        size_t n = 32;

        rtp_put32(packet + 8, ssrc + i);
        must(rtp_srtp_protect(far, packet, &n, sizeof packet) == 0);
        n = (size_t)rtp_srtp_unprotect(play->s, (struct slice){(const char *)packet, n}, out,
                                       sizeof out);
        play->late += n == 32 && is_late(play);
    }
    rtp_srtp_free(far);
}

static void flood(struct play *play)
{
    size_t before;

    pour(play, 1000);
    before = in_use();
    for (uint32_t i = 1; i <= 20; i++)
        pour(play, 1000 + 16 * i);
    must(in_use() <= before + 40000); /* allocators keep some for later */
    must(play->late <= RTP_SRTP_OLD_TRIES);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* The input is the number of a suite and datagrams of up to 255 bytes, each behind its length; 0
 * and a byte are new keys, or a flood. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice rest = slice_skip((struct slice){(const char *)bytes, n}, 1);
    struct play play = {.sent.key = {42}};
    struct rtp_packet parsed;

    if (n < 1 || rtp_srtp_prepare() != 0)
        return 0;
    play.sent.suite = (enum suite)(SUITE_AES_CM_128_HMAC_SHA1_80 + bytes[0] % 4);
    play.received = play.sent;
    if (rtp_srtp_new(&play.sent, &play.received, &play.s) != 0)
        return 0;
    while (rest.n) {
        size_t length = (uint8_t)rest.p[0];
        struct slice one = slice_head(slice_skip(rest, 1), length);

        if (!length && rest.n > 1) {
            if ((uint8_t)rest.p[1] == FLOOD)
                flood(&play);
            else
                rekey(&play, (uint8_t)rest.p[1]);
            rest = slice_skip(rest, 1);
        }
        check_foreign(play.s, &rtp, one);
        check_foreign(play.s, &rtcp, one);
        if (rtp_packet_parse(one, &parsed) == 0)
            check_own(play.s, &rtp, one);
        if (rtcp_check(one) == 0)
            check_own(play.s, &rtcp, one);
        rest = slice_skip(rest, 1 + one.n);
    }
    rtp_srtp_free(play.s);
    return 0;
}
