#include "rtp/red.h"

#include <errno.h>
#include <string.h>

#include "rtp/bytes.h"

#define MORE 0x80       /* F: another header follows */
#define EARLIER_BYTES 4 /* RFC 2198 3: the header of an earlier frame, */
#define OWN_BYTES 1     /* and of the packet's own */

/* --- taking apart ---------------------------------------------------------------------------- */

/* Takes the next header off rest; the payload is as long as it claims, and points nowhere yet.
 * False where it is cut off. */
static bool take_header(struct slice *rest, struct rtp_red_block *out, bool *own)
{
    const uint8_t *p = (const uint8_t *)rest->p;
    uint32_t word;

    *own = rest->n > 0 && !(p[0] & MORE);
    if (rest->n < (*own ? OWN_BYTES : EARLIER_BYTES))
        return false;
    *out = (struct rtp_red_block){.payload_type = p[0] & 0x7f};
    if (!*own) {
        word = rtp_get32(p);
        out->offset = (uint16_t)(word >> 10 & RTP_RED_OFFSET_MAX);
        out->payload.n = word & RTP_RED_LENGTH_MAX;
    }
    *rest = slice_skip(*rest, *own ? OWN_BYTES : EARLIER_BYTES);
    return true;
}

/* How many headers there are, taken off payload; 0: the last is missing. */
static size_t count_headers(struct slice *payload)
{
    struct rtp_red_block block;
    bool own = false;
    size_t n = 0;

    for (; !own; n++)
        if (!take_header(payload, &block, &own))
            return 0;
    return n;
}

int rtp_red_parse(struct slice payload, struct rtp_red_block out[RTP_RED_BLOCKS], unsigned *ignored)
{
    struct slice headers = payload, rest = payload;
    size_t n = count_headers(&rest), kept = 0;
    struct rtp_red_block block;
    bool own;

    *ignored = 0;
    if (n == 0)
        return -EBADMSG;
    for (size_t i = 0; i < n; i++) {
        (void)take_header(&headers, &block, &own);
        if (!own && block.payload.n > rest.n)
            return -EBADMSG;
        block.payload = own ? rest : slice_head(rest, block.payload.n);
        rest = slice_skip(rest, block.payload.n);
        if (n - i <= RTP_RED_BLOCKS && (own || (block.payload.n && block.offset)))
            out[kept++] = block;
        else
            ++*ignored;
    }
    return (int)kept;
}

/* --- printing -------------------------------------------------------------------------------- */

static size_t printed_bytes(const struct rtp_red_block *blocks, size_t n)
{
    size_t sum = OWN_BYTES + blocks[n - 1].payload.n;

    for (size_t i = 0; i + 1 < n; i++)
        sum += EARLIER_BYTES + blocks[i].payload.n;
    return sum;
}

size_t rtp_red_bytes(unsigned depth, size_t each)
{
    return OWN_BYTES + each + depth * (EARLIER_BYTES + each);
}

size_t rtp_red_print(const struct rtp_red_block *blocks, size_t n, uint8_t *out, size_t room)
{
    uint8_t *p = out;

    if (printed_bytes(blocks, n) > room)
        return 0;
    for (size_t i = 0; i + 1 < n; i++, p += EARLIER_BYTES) {
        const struct rtp_red_block *b = &blocks[i];

        if (b->offset > RTP_RED_OFFSET_MAX || b->payload.n > RTP_RED_LENGTH_MAX)
            return 0;
        rtp_put32(p, (uint32_t)(MORE | (b->payload_type & 0x7f)) << 24 | (uint32_t)b->offset << 10 |
                         (uint32_t)b->payload.n);
    }
    *p++ = blocks[n - 1].payload_type & 0x7f;
    for (size_t i = 0; i < n; p += blocks[i++].payload.n)
        if (blocks[i].payload.n)
            memcpy(p, blocks[i].payload.p, blocks[i].payload.n);
    return (size_t)(p - out);
}

/* --- what was sent --------------------------------------------------------------------------- */

void rtp_red_keep(struct rtp_red_sender *s, uint8_t payload_type, uint32_t timestamp,
                  struct slice payload)
{
    if (payload.n == 0 || payload.n > RTP_RED_KEPT_BYTES)
        return;
    s->kept[s->next].timestamp = timestamp;
    s->kept[s->next].payload_type = payload_type;
    s->kept[s->next].n = (uint16_t)payload.n;
    memcpy(s->kept[s->next].bytes, payload.p, payload.n);
    s->next = (s->next + 1) % RTP_RED_KEPT;
    s->n += s->n < RTP_RED_KEPT;
}

/* What was sent at timestamp; false: nothing that is kept. */
static bool find_kept(const struct rtp_red_sender *s, uint32_t timestamp, struct rtp_red_block *out)
{
    for (unsigned i = 0; i < s->n; i++)
        if (s->kept[i].timestamp == timestamp) {
            out->payload_type = s->kept[i].payload_type;
            out->payload = (struct slice){(const char *)s->kept[i].bytes, s->kept[i].n};
            return true;
        }
    return false;
}

size_t rtp_red_wrap(struct rtp_red_sender *s, const struct rtp_red_block *own, uint32_t timestamp,
                    unsigned depth, uint32_t distance, uint8_t *out, size_t room)
{
    /* Filled from the end, so that the earliest stands first. */
    struct rtp_red_block blocks[RTP_RED_BLOCKS];
    size_t first = RTP_RED_BLOCKS - 1, bytes = OWN_BYTES + own->payload.n;

    blocks[first] = *own;
    for (unsigned i = 1; i <= depth && first > 0 && distance; i++) {
        struct rtp_red_block *b = &blocks[first - 1];

        if (i > RTP_RED_OFFSET_MAX / distance)
            break;
        if (!find_kept(s, timestamp - i * distance, b))
            continue;
        b->offset = (uint16_t)(i * distance);
        bytes += EARLIER_BYTES + b->payload.n;
        if (bytes > room)
            break;
        first--;
    }
    s->copies = RTP_RED_BLOCKS - 1 - (unsigned)first;
    s->reach = blocks[first].offset;
    return s->copies ? rtp_red_print(blocks + first, s->copies + 1, out, room) : 0;
}
