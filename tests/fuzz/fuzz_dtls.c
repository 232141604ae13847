/* Datagrams of strangers at both ends of a handshake: none gets keys out of them, or an answer of
 * more datagrams than the far end's flight has, and the two ends come to keys or to an end.
 *
 * The first byte says how many datagrams of the two are exchanged before; then each datagram is
 * behind its length in two bytes, the highest bit of which says to whom. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rtp/dtls.h"

static struct rtp_dtls_identity *identities[2];

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void make_identities(void)
{
    for (int i = 0; i < 2 && !identities[i]; i++)
        must(rtp_dtls_identity_new(&identities[i]) == 0);
}

static void open_end(struct rtp_dtls **ends, int i)
{
    must(rtp_dtls_new(identities[i], i ? RTP_DTLS_PASSIVE : RTP_DTLS_ACTIVE,
                      rtp_dtls_identity_fingerprint(identities[!i]), 1, 0, &ends[i]) == 0);
}

static bool pass_on(struct rtp_dtls **ends, uint64_t now_ms)
{
    struct slice d;

    for (int i = 0; i < 2; i++)
        if (rtp_dtls_output(ends[i], &d)) {
            must(d.n > 0 && d.n <= RTP_DTLS_MTU);
            rtp_dtls_input(ends[!i], d, now_ms);
            return true;
        }
    return false;
}

static void throw_in(struct rtp_dtls **ends, const uint8_t *data, size_t n)
{
    while (n >= 2) {
        size_t length = (size_t)(data[0] & 0x7f) << 8 | data[1];
        int to = data[0] >> 7;
        uint8_t *copy;

        data += 2;
        n -= 2;
        length = length < n ? length : n;
        copy = malloc(length ? length : 1);
        must(copy != NULL);
        memcpy(copy, data, length);
        rtp_dtls_input(ends[to], (struct slice){(const char *)copy, length}, 1);
        free(copy);
        data += length;
        n -= length;
    }
}

static void come_to_an_end(struct rtp_dtls **ends)
{
    uint64_t now_ms = 1;

    while (now_ms < UINT64_MAX) {
        uint64_t a = rtp_dtls_deadline_ms(ends[0]), b = rtp_dtls_deadline_ms(ends[1]);

        for (unsigned i = 0; pass_on(ends, now_ms); i++)
            must(i < 10000);
        now_ms = now_ms + 1 > (a < b ? a : b) ? now_ms + 1 : (a < b ? a : b);
        if (a == UINT64_MAX && b == UINT64_MAX)
            return;
        rtp_dtls_tick(ends[0], now_ms);
        rtp_dtls_tick(ends[1], now_ms);
        must(now_ms < 2 * RTP_DTLS_PATIENCE_MS);
    }
}

static void check_keys(struct rtp_dtls **ends)
{
    struct rtp_srtp_key send[2], receive[2];

    for (int i = 0; i < 2; i++)
        if (rtp_dtls_keys(ends[i], &send[i], &receive[i]) != 0)
            return;
    must(memcmp(&send[0], &receive[1], sizeof send[0]) == 0);
    must(memcmp(&send[1], &receive[0], sizeof send[0]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rtp_dtls *ends[2];

    if (n == 0)
        return 0;
    make_identities();
    open_end(ends, 0);
    open_end(ends, 1);
    for (unsigned i = 0; i < data[0] % 10u; i++)
        (void)pass_on(ends, 0);
    throw_in(ends, data + 1, n - 1);
    come_to_an_end(ends);
    check_keys(ends);
    rtp_dtls_free(ends[0]);
    rtp_dtls_free(ends[1]);
    return 0;
}
