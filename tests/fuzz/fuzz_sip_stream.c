/* However a connection's bytes are cut into segments, the same messages come out. The first byte
 * of the input is the length of the segments. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sip/limits.h"
#include "sip/parse.h"
#include "sip/stream.h"

/* What came out: how often each, and the bytes of messages summed up in order. */
struct found {
    unsigned n[4];
    uint64_t sum;
};

static void drain(struct sip_stream *stream, struct found *found)
{
    enum sip_stream_found what;
    struct slice message;
    struct sip_msg msg;

    while ((what = sip_stream_next(stream, &message)) != SIP_STREAM_MORE) {
        found->n[what]++;
        for (size_t i = 0; i < message.n; i++)
            found->sum = found->sum * 31 + (unsigned char)message.p[i];
        if (what == SIP_STREAM_MESSAGE)
            sip_parse(message, false, &msg);
        else if (what == SIP_STREAM_BROKEN && message.n > 0 && sip_parse(message, false, &msg) == 0)
            abort();
    }
}

static struct found run(struct slice all, size_t step)
{
    struct sip_stream *stream = sip_stream_new();
    struct found found = {0};

    if (!stream)
        return found;
    for (size_t at = 0; at < all.n; at += step) {
        if (sip_stream_feed(stream, slice_head(slice_skip(all, at), step)) != 0)
            abort();
        drain(stream, &found);
    }
    sip_stream_free(stream);
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct found whole, cut;
    struct slice all;

    /* The limit of a header section is looked at when bytes come: there, segments matter. */
    if (n < 2 || n > SIP_MAX_HEADER_SECTION)
        return 0;
    all = (struct slice){(const char *)bytes + 1, n - 1};
    whole = run(all, all.n);
    cut = run(all, (size_t)bytes[0] + 1);
    if (memcmp(&whole, &cut, sizeof whole) != 0)
        abort();
    return 0;
}
