/* The blocks of an extended report as they come from the network: what is read lies within its
 * range, and what we print of it says the same. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "rtp/rtcp.h"
#include "rtp/xr.h"

static void must(bool truth)
{
    if (!truth)
        abort();
}

static bool in_range(uint8_t value, uint8_t least, uint8_t most)
{
    return value == XR_UNKNOWN || (value >= least && value <= most);
}

static void check_voip(const struct xr_voip *v)
{
    uint32_t run = xr_voip_run_100(v, 20);

    must(in_range(v->r_factor, 0, 100) && in_range(v->r_external, 0, 100));
    must(in_range(v->mos_lq_10, 10, 50) && in_range(v->mos_cq_10, 10, 50));
    must(run == 0 || run >= 100);
}

static void check_report(const struct xr_loss *r)
{
    must(r->expected <= UINT16_MAX && r->lost <= r->expected && r->longest <= r->lost);
    must(r->runs <= r->lost && (r->runs > 0) == (r->lost > 0));
}

/* Ours of theirs, and back. */
static void check_ours(const struct xr_voip *voip, const struct xr_dlrr *dlrr, uint64_t ntp)
{
    struct xr_packet what = {.ssrc = 1, .time_ntp = ntp | 1, .dlrr = dlrr, .voip = voip};
    uint8_t out[XR_PRINT_MAX];
    struct slice printed = {(const char *)out, xr_print(&what, out)};
    struct rtcp_packet packet;
    struct xr_block block;
    struct xr_voip again = {0};

    must(rtcp_next(&printed, &packet) == 0 && packet.type == RTCP_XR && printed.n == 0);
    while (xr_next(&packet.blocks, &block) == 0)
        if (block.type == XR_VOIP)
            must(xr_voip_read(&block, &again) == 0 && again.ssrc == voip->ssrc &&
                 again.r_factor == voip->r_factor && again.ceiling_ms == voip->ceiling_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice rest = {(const char *)bytes, n};
    struct xr_voip voip = {0};
    struct xr_dlrr dlrr = {0};
    struct xr_loss report;
    struct xr_block block;
    uint64_t ntp = 0;

    while (xr_next(&rest, &block) == 0) {
        uint32_t ssrc = 0;

        if (block.body.n >= 4)
            memcpy(&ssrc, block.body.p,
                   4); /* in the order of bytes of this machine: seldom right */
        if (xr_voip_read(&block, &voip) == 0)
            check_voip(&voip);
        (void)xr_dlrr_read(&block, ssrc, &dlrr);
        (void)xr_time_read(&block, &ntp);
        (void)xr_rle_read(&block, 0x01010101, &report);
        check_report(&report);
    }
    check_ours(&voip, &dlrr, ntp);
    return 0;
}
