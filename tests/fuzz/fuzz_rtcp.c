/* RTCP as it comes from the network: a compound that was checked can be read to its end, and what it
 * says about us yields a round trip or none. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "rtp/rtcp.h"

static void must(bool truth)
{
    if (!truth)
        abort();
}

static void check_inside(struct slice part, struct slice whole)
{
    must(part.n == 0 || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct slice in = {(const char *)bytes, n}, rest = in;
    bool whole = rtcp_check(in) == 0;
    struct rtcp_packet p;
    uint32_t us;
    int err;

    while ((err = rtcp_next(&rest, &p)) == 0) {
        check_inside(p.cname, in);
        check_inside(p.reports, in);
        check_inside(p.ssrcs, in);
        check_inside(p.reason, in);
        if (p.type == RTCP_SR || p.type == RTCP_RR)
            for (unsigned i = 0; i < p.count; i++) {
                struct rtcp_report report = rtcp_report_at(&p, i);

                must(report.lost >= -0x800000 && report.lost <= 0x7fffff);
                (void)rtcp_round_trip(&report, p.sender.ntp, &us);
            }
        (void)rtcp_bye_names(&p, p.ssrc);
    }
    must(!whole || err == -ENODATA);
    return 0;
}
