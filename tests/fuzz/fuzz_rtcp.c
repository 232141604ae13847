/* RTCP as it comes from the network: a compound that was checked can be read to its end, and what
 * it says about us yields a round trip or none. */
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

/* What we say of what they said: it can be read, by the same rules. */
static void check_ours(const struct rtcp_packet *p)
{
    struct rtcp_report reports[RTCP_MAX_REPORTS];
    struct rtcp_compound compound = {.ssrc = p->ssrc,
                                     .sender = p->type == RTCP_SR ? &p->sender : NULL,
                                     .reports = reports,
                                     .cname = p->cname,
                                     .bye = p->count & 1};
    uint8_t out[RTCP_PRINT_MAX];
    struct rtcp_packet again;
    struct slice printed;

    if (p->type == RTCP_SR || p->type == RTCP_RR)
        for (; compound.n_reports < p->count; compound.n_reports++)
            reports[compound.n_reports] = rtcp_report_at(p, (unsigned)compound.n_reports);
    printed = (struct slice){(const char *)out, rtcp_print(&compound, out)};
    must(printed.n % 4 == 0 && rtcp_check(printed) == 0 && rtcp_next(&printed, &again) == 0);
    must(again.ssrc == p->ssrc && again.count == compound.n_reports);
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
        check_ours(&p);
    }
    must(!whole || err == -ENODATA);
    return 0;
}
