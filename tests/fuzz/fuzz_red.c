/* Redundant audio data as it comes from the network: what parses lies inside of what came, is
 * printed as it was, and what a sender makes of it is taken apart again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rtp/red.h"

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void check_blocks(struct slice in, const struct rtp_red_block *blocks, size_t n,
                         unsigned ignored)
{
    uint8_t out[4096];
    size_t printed;

    for (size_t i = 0; i < n; i++) {
        must(blocks[i].payload.n == 0 || blocks[i].payload.p >= in.p);
        must(blocks[i].payload.n == 0 || blocks[i].payload.p + blocks[i].payload.n <= in.p + in.n);
        must((blocks[i].offset == 0) == (i + 1 == n));
    }
    printed = rtp_red_print(blocks, n, out, sizeof out);
    must(in.n > sizeof out || printed > 0);
    must(ignored || !printed || (printed == in.n && memcmp(out, in.p, in.n) == 0));
}

/* Sends the frames that came, the last with all of them that fit. */
static void send_again(const struct rtp_red_block *blocks, size_t n)
{
    struct rtp_red_sender *s = calloc(1, sizeof *s);
    struct rtp_red_block again[RTP_RED_BLOCKS];
    uint32_t timestamp = 0;
    uint8_t out[1024];
    unsigned ignored;
    size_t bytes;

    if (!s)
        return;
    for (size_t i = 0; i < n; i++, timestamp += 160)
        rtp_red_keep(s, blocks[i].payload_type, timestamp, blocks[i].payload);
    bytes = rtp_red_wrap(s, &blocks[n - 1], timestamp, (unsigned)n, 160, out, sizeof out);
    must(bytes == 0 ||
         rtp_red_parse((struct slice){(const char *)out, bytes}, again, &ignored) >= 2);
    free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct rtp_red_block blocks[RTP_RED_BLOCKS];
    char *copy = malloc(n + !n);
    unsigned ignored;
    int got;

    if (!copy)
        return 0;
    if (n)
        memcpy(copy, bytes, n);
    got = rtp_red_parse((struct slice){copy, n}, blocks, &ignored);
    must(got < 0 || (got >= 1 && got <= RTP_RED_BLOCKS));
    must(got < 0 || 4 * ((size_t)got + ignored - 1) + 1 <= n); /* a header for each */
    if (got > 0) {
        check_blocks((struct slice){copy, n}, blocks, (size_t)got, ignored);
        send_again(blocks, (size_t)got);
    }
    free(copy);
    return 0;
}
