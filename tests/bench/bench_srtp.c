/* How long it takes to encrypt a packet of PCMU and to read it again, in each way that we offer. */
#include <stdio.h>
#include <stdlib.h>

#include "rtp/packet.h"
#include "rtp/srtp.h"
#include "tests/bench/rounds.h"

#define PAYLOAD 160

static void must(bool truth)
{
    if (truth)
        return;
    printf("bench_srtp: a packet was not understood\n");
    exit(1);
}

struct flow {
    struct rtp_srtp *srtp;
    uint16_t sequence;
};

/* One packet there and back. */
static void exchange(void *arg)
{
    struct flow *f = arg;
    uint16_t sequence = f->sequence++;
    uint8_t packet[RTP_HEADER_BYTES + PAYLOAD + RTP_SRTP_MAX_GROWTH] = {0}, out[sizeof packet];
    struct rtp_packet header = {.sequence = sequence, .ssrc = 7, .timestamp = sequence * 160u};
    size_t n = RTP_HEADER_BYTES + PAYLOAD;

    rtp_packet_print(&header, packet);
    must(rtp_srtp_protect(f->srtp, packet, &n, sizeof packet) == 0);
    must(rtp_srtp_unprotect(f->srtp, (struct slice){(const char *)packet, n}, out, sizeof out) ==
         RTP_HEADER_BYTES + PAYLOAD);
}

static double measure_ns(enum suite suite)
{
    struct rtp_srtp_key key = {.suite = suite};
    struct flow f = {NULL, 0};
    double ns;

    for (size_t i = 0; i < sizeof key.key; i++)
        key.key[i] = (uint8_t)(i * 7);
    must(rtp_srtp_new(&key, &key, &f.srtp) == 0);
    ns = rounds_ns(exchange, &f);
    rtp_srtp_free(f.srtp);
    return ns;
}

int main(void)
{
    static const enum suite suites[] = {
        SUITE_AEAD_AES_256_GCM,
        SUITE_AEAD_AES_128_GCM,
        SUITE_AES_CM_128_HMAC_SHA1_80,
        SUITE_AES_CM_128_HMAC_SHA1_32,
    };

    if (rtp_srtp_prepare() != 0) {
        printf("sound cannot be encrypted here: libsrtp2 is not installed\n");
        return 0;
    }
    printf("a packet of 20 ms PCMU, encrypted and read\n");
    for (size_t i = 0; i < ARRAY_LEN(suites); i++) {
        double ns = measure_ns(suites[i]);

        printf("  %-32s %9.0f ns   %.3f CPU-s per call-minute\n", suite_name(suites[i]), ns,
               ns * 50 * 60 / 1e9);
    }
    return 0;
}
