#include "rtp/xr.h"

#include <errno.h>
#include <string.h>

#include "rtp/bytes.h"
#include "rtp/rtcp.h"

#define BLOCK_HEAD 4
#define VOIP_BODY 32
#define TIME_BODY 8
#define DLRR_EACH 12
#define RLE_HEAD 8
#define VECTOR_BITS 15

static const uint8_t *bytes_of(struct slice s)
{
    return (const uint8_t *)s.p;
}

int xr_next(struct slice *blocks, struct xr_block *out)
{
    const uint8_t *p = bytes_of(*blocks);
    size_t n;

    if (blocks->n == 0)
        return -ENODATA;
    if (blocks->n < BLOCK_HEAD)
        return -EBADMSG;
    n = 4 * (size_t)rtp_get16(p + 2);
    if (n > blocks->n - BLOCK_HEAD)
        return -EBADMSG;
    *out = (struct xr_block){p[0], p[1], slice_head(slice_skip(*blocks, BLOCK_HEAD), n)};
    *blocks = slice_skip(*blocks, BLOCK_HEAD + n);
    return 0;
}

/* --- VoIP metrics ---------------------------------------------------------------------------- */

/* 4.7.5: values out of range are to be ignored. */
static uint8_t within(uint8_t value, uint8_t least, uint8_t most)
{
    return value >= least && value <= most ? value : XR_UNKNOWN;
}

int xr_voip_read(const struct xr_block *block, struct xr_voip *out)
{
    const uint8_t *p = bytes_of(block->body);

    if (block->type != XR_VOIP || block->body.n != VOIP_BODY)
        return -EBADMSG;
    *out = (struct xr_voip){
        .ssrc = rtp_get32(p),
        .loss = p[4],
        .discard = p[5],
        .burst_density = p[6],
        .gap_density = p[7],
        .burst_ms = rtp_get16(p + 8),
        .gap_ms = rtp_get16(p + 10),
        .round_trip_ms = rtp_get16(p + 12),
        .end_system_ms = rtp_get16(p + 14),
        .signal_dbm = (int8_t)p[16],
        .noise_dbm = (int8_t)p[17],
        .rerl_db = within(p[18], 0, XR_UNKNOWN),
        .gmin = p[19],
        .r_factor = within(p[20], 0, 100),
        .r_external = within(p[21], 0, 100),
        .mos_lq_10 = within(p[22], 10, 50),
        .mos_cq_10 = within(p[23], 10, 50),
        .concealment = p[24] >> 6,
        .adaptive = (p[24] >> 4 & 3) == 3,
        .rate = p[24] & 15,
        .nominal_ms = rtp_get16(p + 26),
        .most_ms = rtp_get16(p + 28),
        .ceiling_ms = rtp_get16(p + 30),
    };
    return 0;
}

static size_t put_head(uint8_t *p, enum xr_type type, size_t body)
{
    p[0] = (uint8_t)type;
    p[1] = 0;
    rtp_put16(p + 2, (uint32_t)(body / 4));
    return BLOCK_HEAD;
}

static size_t put_voip(uint8_t *p, const struct xr_voip *v)
{
    p += put_head(p, XR_VOIP, VOIP_BODY);
    rtp_put32(p, v->ssrc);
    p[4] = v->loss;
    p[5] = v->discard;
    p[6] = v->burst_density;
    p[7] = v->gap_density;
    rtp_put16(p + 8, v->burst_ms);
    rtp_put16(p + 10, v->gap_ms);
    rtp_put16(p + 12, v->round_trip_ms);
    rtp_put16(p + 14, v->end_system_ms);
    p[16] = (uint8_t)v->signal_dbm;
    p[17] = (uint8_t)v->noise_dbm;
    p[18] = v->rerl_db;
    p[19] = v->gmin;
    p[20] = v->r_factor;
    p[21] = v->r_external;
    p[22] = v->mos_lq_10;
    p[23] = v->mos_cq_10;
    p[24] = (uint8_t)(v->concealment << 6 | (v->adaptive ? 3 : 2) << 4 | (v->rate & 15));
    p[25] = 0;
    rtp_put16(p + 26, v->nominal_ms);
    rtp_put16(p + 28, v->most_ms);
    rtp_put16(p + 30, v->ceiling_ms);
    return BLOCK_HEAD + VOIP_BODY;
}

/* Where all of a burst was lost it is one run. Else, were loss in a burst at random, a run would be
 * 1 / (1 - density) packets long: too short a guess, but not one of a hundred packets for ten per
 * cent of loss at random, all of which is one burst to Gmin. */
uint32_t xr_voip_run_100(const struct xr_voip *voip, unsigned packet_ms)
{
    uint32_t lost_100, run_100 = UINT32_MAX;

    if (voip->burst_ms == 0 || voip->burst_density == 0 || packet_ms == 0)
        return 0;
    lost_100 = 100 * (uint32_t)voip->burst_ms / packet_ms * voip->burst_density / 255;
    if (voip->burst_density < 255)
        run_100 = 25600u / (256u - voip->burst_density);
    run_100 = run_100 < lost_100 ? run_100 : lost_100;
    return run_100 > 100 ? run_100 : 100;
}

/* --- round trips ----------------------------------------------------------------------------- */

int xr_time_read(const struct xr_block *block, uint64_t *ntp)
{
    const uint8_t *p = bytes_of(block->body);

    if (block->type != XR_RECEIVER_TIME || block->body.n != TIME_BODY)
        return -EBADMSG;
    *ntp = (uint64_t)rtp_get32(p) << 32 | rtp_get32(p + 4);
    return 0;
}

int xr_dlrr_read(const struct xr_block *block, uint32_t ssrc, struct xr_dlrr *out)
{
    const uint8_t *p = bytes_of(block->body);

    if (block->type != XR_DLRR || block->body.n % DLRR_EACH)
        return -EBADMSG;
    for (size_t at = 0; at < block->body.n; at += DLRR_EACH)
        if (rtp_get32(p + at) == ssrc) {
            *out = (struct xr_dlrr){ssrc, rtp_get32(p + at + 4), rtp_get32(p + at + 8)};
            return 0;
        }
    return -ENOENT;
}

/* --- run lengths ----------------------------------------------------------------------------- */

/* The packets of a block in their order; the run of lost ones that is under way. */
struct counting {
    struct xr_loss *out;
    uint32_t left, run;
};

/* n packets of which all came or none. What a last bit vector has beyond the end is no packet. */
static bool count(struct counting *c, bool came, uint32_t n, bool may_surpass)
{
    if (n > c->left && !may_surpass)
        return false;
    n = n < c->left ? n : c->left;
    c->left -= n;
    c->out->expected += n;
    if (n == 0)
        return true;
    if (came) {
        c->run = 0;
        return true;
    }
    c->out->runs += c->run == 0;
    c->run += n;
    c->out->lost += n;
    if (c->out->longest < c->run)
        c->out->longest = c->run;
    return true;
}

/* 4.1.1 to 4.1.3: a bit vector, a run, or the null chunk behind the last one. */
static bool count_chunk(struct counting *c, uint16_t chunk)
{
    if (chunk >> 15 == 0)
        return count(c, chunk >> 14 & 1, chunk & 0x3fff, false);
    for (int bit = VECTOR_BITS - 1; bit >= 0; bit--)
        (void)count(c, chunk >> bit & 1, 1, true);
    return true;
}

int xr_rle_read(const struct xr_block *block, uint32_t ssrc, struct xr_loss *out)
{
    const uint8_t *p = bytes_of(block->body);
    struct counting c = {.out = out};

    *out = (struct xr_loss){0};
    if (block->type != XR_LOSS_RLE || block->body.n < RLE_HEAD)
        return -EBADMSG;
    if (rtp_get32(p) != ssrc || block->specific & 15)
        return -ENOENT;
    c.left = (uint16_t)(rtp_get16(p + 6) - rtp_get16(p + 4));
    for (size_t at = RLE_HEAD; at + 2 <= block->body.n; at += 2)
        if (!count_chunk(&c, rtp_get16(p + at))) {
            *out = (struct xr_loss){0};
            return -EBADMSG;
        }
    return 0;
}

static bool has_come(const struct xr_runs *runs, unsigned i)
{
    return runs->came[i / 64] >> i % 64 & 1;
}

/* The chunk for what stands at i, and how many packets it is for: a run where that is longer than
 * a bit vector. */
static unsigned next_chunk(const struct xr_runs *runs, unsigned i, uint16_t *chunk)
{
    bool came = has_come(runs, i);
    unsigned run = 1;

    while (i + run < runs->n && has_come(runs, i + run) == came)
        run++;
    if (run >= VECTOR_BITS) {
        *chunk = (uint16_t)((unsigned)came << 14 | run);
        return run;
    }
    *chunk = 0x8000;
    for (unsigned bit = 0; bit < VECTOR_BITS && i + bit < runs->n; bit++)
        *chunk |= (uint16_t)((unsigned)has_come(runs, i + bit) << (VECTOR_BITS - 1 - bit));
    return VECTOR_BITS;
}

static size_t put_runs(uint8_t *p, const struct xr_runs *runs)
{
    uint8_t *head = p;
    size_t n = BLOCK_HEAD + RLE_HEAD;
    uint16_t chunk;

    rtp_put32(p + BLOCK_HEAD, runs->ssrc);
    rtp_put16(p + BLOCK_HEAD + 4, runs->first);
    rtp_put16(p + BLOCK_HEAD + 6, (uint16_t)(runs->first + runs->n));
    for (unsigned i = 0; i < runs->n; n += 2) {
        i += next_chunk(runs, i, &chunk);
        rtp_put16(p + n, chunk);
    }
    if (n % 4) { /* 4.1.3: a null chunk fills the word */
        rtp_put16(p + n, 0);
        n += 2;
    }
    put_head(head, XR_LOSS_RLE, n - BLOCK_HEAD);
    return n;
}

/* --- writing --------------------------------------------------------------------------------- */

static size_t put_time(uint8_t *p, uint64_t ntp)
{
    p += put_head(p, XR_RECEIVER_TIME, TIME_BODY);
    rtp_put32(p, (uint32_t)(ntp >> 32));
    rtp_put32(p + 4, (uint32_t)ntp);
    return BLOCK_HEAD + TIME_BODY;
}

static size_t put_dlrr(uint8_t *p, const struct xr_dlrr *dlrr)
{
    p += put_head(p, XR_DLRR, DLRR_EACH);
    rtp_put32(p, dlrr->ssrc);
    rtp_put32(p + 4, dlrr->last_rr);
    rtp_put32(p + 8, dlrr->delay_since);
    return BLOCK_HEAD + DLRR_EACH;
}

size_t xr_print(const struct xr_packet *what, uint8_t out[XR_PRINT_MAX])
{
    size_t n = 8;

    if (what->time_ntp)
        n += put_time(out + n, what->time_ntp);
    if (what->dlrr)
        n += put_dlrr(out + n, what->dlrr);
    if (what->voip)
        n += put_voip(out + n, what->voip);
    if (what->runs && what->runs->n)
        n += put_runs(out + n, what->runs);
    if (n == 8)
        return 0;
    out[0] = 0x80;
    out[1] = RTCP_XR;
    rtp_put16(out + 2, (uint32_t)(n / 4 - 1));
    rtp_put32(out + 4, what->ssrc);
    return n;
}
