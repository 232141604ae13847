/* Any sequence of packets and questions: the jitter buffer stays within its memory, and every
 * decision is one that can be carried out. Five bytes make a step; where some are left behind the
 * last, the last of all is half of the ceiling of the delay in ms. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audio/jitter.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { CLOCK = 8000 };

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void ask(struct jitter *j, uint64_t now_us, uint32_t queued)
{
    struct jitter_decision what;
    volatile char sum = 0;

    jitter_get(j, now_us, queued, &what);
    must(what.duration > 0 && what.duration <= CLOCK * 120 / 1000);
    if (what.action != JITTER_CONCEAL)
        must((what.action == JITTER_DECODE || what.action == JITTER_FEC) ==
             (what.payload.p != NULL));
    for (size_t i = 0; i < what.payload.n; i++)
        sum = (char)(sum + what.payload.p[i]);
}

/* The delay aimed at may be as long as the longest packet so far. */
static void must_keep_ceiling(const struct jitter *j, uint32_t longest_ms)
{
    struct jitter_stats stats;

    jitter_stats(j, &stats);
    must(stats.waiting <= JITTER_PACKETS && stats.ceiling_ms <= JITTER_MAX_MS);
    must(stats.target_ms <= stats.ceiling_ms || stats.target_ms <= longest_ms);
}

/* Returns how long the packet is. */
static uint32_t put(struct jitter *j, const uint8_t step[5], uint64_t now_us)
{
    static const char sound[256];
    struct jitter_packet packet = {
        .ssrc = step[0] & 0x08 ? 2 : 1,
        .sequence = (uint16_t)(step[1] << (step[0] & 0x10 ? 8 : 0)),
        .timestamp = (uint32_t)step[2] * 80 + (step[0] & 0x20 ? 0xfffff000u : 0),
        .duration = (step[3] & 0x7fu) * 8,
        .fec = step[0] & 0x40,
        .carries = step[0] & 0x40,
        .bridge = !(step[0] & 0x40),
        .payload = {sound, step[4]},
    };

    uint16_t missing;

    if (step[0] & 0x80)
        packet.timestamp <<= 16;
    if (step[3] & 0x80)
        jitter_put_copy(j, &packet, step[4] & 3, &missing);
    else
        jitter_put(j, &packet, now_us);
    return packet.duration * 1000 / CLOCK;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct jitter_config config = {.clock_hz = CLOCK,
                                   .max_ms = n % 5 ? (uint16_t)(2 * p[n - 1]) : 0};
    struct jitter *j;
    uint64_t now_us = 0;
    uint32_t longest_ms = 20, ms;

    if (jitter_new(&config, &j) != 0)
        return 0;
    for (; n >= 5; p += 5, n -= 5) {
        now_us += p[0] & 0x04 ? 0 : (uint64_t)p[4] * 1000;
        if ((p[0] & 0x03) == 0) {
            ms = put(j, p, now_us);
            longest_ms = ms > longest_ms ? ms : longest_ms;
        } else if ((p[0] & 0x03) == 1)
            ask(j, now_us, p[1]);
        else if ((p[0] & 0x03) == 2)
            now_us += (uint64_t)p[1] << (p[2] & 31); /* a sleep */
        else if (p[1] == 0)
            jitter_flush(j);
        must_keep_ceiling(j, longest_ms);
    }
    jitter_free(j);
    return 0;
}
