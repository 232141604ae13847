/* How long it takes to encrypt a packet of PCMU and to read it again, in each way that we offer:
 * medians of five rounds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "rtp/packet.h"
#include "rtp/srtp.h"

#define PAYLOAD 160
#define ROUNDS 5
#define BATCH 5000

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void must(bool truth)
{
    if (truth)
        return;
    printf("bench_srtp: a packet was not understood\n");
    exit(1);
}

/* One packet there and back. */
static void exchange(struct rtp_srtp *s, uint16_t sequence)
{
    uint8_t packet[RTP_HEADER_BYTES + PAYLOAD + RTP_SRTP_MAX_GROWTH] = {0}, out[sizeof packet];
    struct rtp_packet header = {.sequence = sequence, .ssrc = 7, .timestamp = sequence * 160u};
    size_t n = RTP_HEADER_BYTES + PAYLOAD;

    rtp_packet_print(&header, packet);
    must(rtp_srtp_protect(s, packet, &n, sizeof packet) == 0);
    must(rtp_srtp_unprotect(s, (struct slice){(const char *)packet, n}, out, sizeof out) ==
         RTP_HEADER_BYTES + PAYLOAD);
}

static double measure_ns(enum suite suite)
{
    struct rtp_srtp_key key = {.suite = suite};
    struct rtp_srtp *s;
    uint16_t sequence = 0;
    double ns[ROUNDS];

    for (size_t i = 0; i < sizeof key.key; i++)
        key.key[i] = (uint8_t)(i * 7);
    must(rtp_srtp_new(&key, &key, &s) == 0);
    for (size_t round = 0; round < ROUNDS; round++) {
        uint64_t start = now_ns();

        for (unsigned i = 0; i < BATCH; i++)
            exchange(s, sequence++);
        ns[round] = (double)(now_ns() - start) / BATCH;
    }
    rtp_srtp_free(s);
    qsort(ns, ROUNDS, sizeof ns[0], by_value);
    return ns[ROUNDS / 2];
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
