#include "rtp/rtcp.h"

#include <errno.h>
#include <string.h>

#include "rtp/bytes.h"

#define REPORT_BYTES 24
#define BYE_BYTES 8
#define SDES_END 0
#define SDES_CNAME 1

static const uint8_t *bytes_of(struct slice s)
{
    return (const uint8_t *)s.p;
}

/* --- reading --------------------------------------------------------------------------------- */

/* Sender's SSRC, sender info where there is one, report blocks; what follows is the profile's. */
static int read_reports(struct slice body, struct rtcp_packet *out)
{
    size_t head = out->type == RTCP_SR ? 24 : 4;
    const uint8_t *p = bytes_of(body);

    if (body.n < head + (size_t)out->count * REPORT_BYTES)
        return -EBADMSG;
    out->ssrc = rtp_get32(p);
    if (out->type == RTCP_SR)
        out->sender = (struct rtcp_sender){
            .ntp = (uint64_t)rtp_get32(p + 4) << 32 | rtp_get32(p + 8),
            .timestamp = rtp_get32(p + 12),
            .packets = rtp_get32(p + 16),
            .bytes = rtp_get32(p + 20),
        };
    out->reports = slice_head(slice_skip(body, head), (size_t)out->count * REPORT_BYTES);
    return 0;
}

/* RFC 3550 6.5: items of type, length and text until a zero byte, then zeros up to a full word.
 * Takes one chunk off rest. */
static int read_chunk(struct slice *rest, uint32_t *ssrc, struct slice *cname)
{
    const uint8_t *p = bytes_of(*rest);
    size_t at = 4;

    if (rest->n < 8)
        return -EBADMSG;
    *ssrc = rtp_get32(p);
    while (at < rest->n && p[at] != SDES_END) {
        if (rest->n - at < 2 || rest->n - at - 2 < p[at + 1])
            return -EBADMSG;
        if (p[at] == SDES_CNAME)
            *cname = (struct slice){rest->p + at + 2, p[at + 1]};
        at += 2 + (size_t)p[at + 1];
    }
    if (at >= rest->n)
        return -EBADMSG;
    *rest = slice_skip(*rest, (at + 4) & ~(size_t)3);
    return 0;
}

static int read_sdes(struct slice body, struct rtcp_packet *out)
{
    for (unsigned i = 0; i < out->count; i++) {
        struct slice cname = {0};
        uint32_t ssrc;

        if (read_chunk(&body, &ssrc, &cname) != 0)
            return -EBADMSG;
        if (i == 0) {
            out->ssrc = ssrc;
            out->cname = cname;
        }
    }
    return 0;
}

static int read_bye(struct slice body, struct rtcp_packet *out)
{
    size_t n = 4 * (size_t)out->count;
    struct slice rest;

    if (body.n < n)
        return -EBADMSG;
    out->ssrcs = slice_head(body, n);
    if (n)
        out->ssrc = rtp_get32(bytes_of(body));
    rest = slice_skip(body, n);
    if (rest.n == 0)
        return 0;
    if (bytes_of(rest)[0] > rest.n - 1)
        return -EBADMSG;
    out->reason = slice_head(slice_skip(rest, 1), bytes_of(rest)[0]);
    return 0;
}

/* RFC 3611 2. */
static int read_extended(struct slice body, struct rtcp_packet *out)
{
    if (body.n < 4)
        return -EBADMSG;
    out->ssrc = rtp_get32(bytes_of(body));
    out->blocks = slice_skip(body, 4);
    return 0;
}

static int read_body(struct slice body, struct rtcp_packet *out)
{
    switch (out->type) {
    case RTCP_SR:
    case RTCP_RR:
        return read_reports(body, out);
    case RTCP_SDES:
        return read_sdes(body, out);
    case RTCP_BYE:
        return read_bye(body, out);
    case RTCP_XR:
        return read_extended(body, out);
    default:
        return 0;
    }
}

int rtcp_next(struct slice *rest, struct rtcp_packet *out)
{
    const uint8_t *p = bytes_of(*rest);
    struct slice body;
    size_t n;

    if (rest->n == 0)
        return -ENODATA;
    if (rest->n < 4 || p[0] >> 6 != 2)
        return -EBADMSG;
    n = 4 * ((size_t)rtp_get16(p + 2) + 1);
    if (n > rest->n)
        return -EBADMSG;
    body = slice_skip(slice_head(*rest, n), 4);
    if (p[0] & 0x20) {
        uint8_t padding = p[n - 1];

        /* RFC 3550 6.4.1: only the last packet of a compound is padded, by whole words. */
        if (n != rest->n || padding == 0 || padding % 4 || padding > body.n)
            return -EBADMSG;
        body.n -= padding;
    }
    *out = (struct rtcp_packet){.type = p[1], .count = p[0] & 31};
    *rest = slice_skip(*rest, n);
    return read_body(body, out);
}

int rtcp_check(struct slice bytes)
{
    struct slice rest = bytes;
    struct rtcp_packet packet;
    int err = rtcp_next(&rest, &packet);

    if (err || (packet.type != RTCP_SR && packet.type != RTCP_RR))
        return -EBADMSG;
    do
        err = rtcp_next(&rest, &packet);
    while (!err);
    return err == -ENODATA ? 0 : err;
}

struct rtcp_report rtcp_report_at(const struct rtcp_packet *packet, unsigned i)
{
    const uint8_t *p = bytes_of(packet->reports) + (size_t)i * REPORT_BYTES;
    uint32_t lost = rtp_get24(p + 5);

    return (struct rtcp_report){
        .ssrc = rtp_get32(p),
        .fraction_lost = p[4],
        .lost = lost & 0x800000 ? (int32_t)lost - 0x1000000 : (int32_t)lost,
        .extended_sequence = rtp_get32(p + 8),
        .jitter = rtp_get32(p + 12),
        .last_sr = rtp_get32(p + 16),
        .delay_since_sr = rtp_get32(p + 20),
    };
}

bool rtcp_bye_names(const struct rtcp_packet *packet, uint32_t ssrc)
{
    for (size_t at = 0; at + 4 <= packet->ssrcs.n; at += 4)
        if (rtp_get32(bytes_of(packet->ssrcs) + at) == ssrc)
            return true;
    return false;
}

/* --- writing --------------------------------------------------------------------------------- */

/* Header of a packet of n bytes in all. */
static void put_header(uint8_t *p, enum rtcp_type type, size_t count, size_t n)
{
    p[0] = (uint8_t)(0x80 | count);
    p[1] = (uint8_t)type;
    rtp_put16(p + 2, (uint32_t)(n / 4 - 1));
}

static void put_report(uint8_t *p, const struct rtcp_report *r)
{
    int32_t lost = r->lost > 0x7fffff ? 0x7fffff : r->lost < -0x800000 ? -0x800000 : r->lost;

    rtp_put32(p, r->ssrc);
    p[4] = r->fraction_lost;
    rtp_put24(p + 5, (uint32_t)lost & 0xffffff);
    rtp_put32(p + 8, r->extended_sequence);
    rtp_put32(p + 12, r->jitter);
    rtp_put32(p + 16, r->last_sr);
    rtp_put32(p + 20, r->delay_since_sr);
}

static size_t print_reports(const struct rtcp_compound *what, uint8_t *p)
{
    size_t count = what->n_reports < RTCP_MAX_REPORTS ? what->n_reports : RTCP_MAX_REPORTS;
    size_t head = what->sender ? 28 : 8;
    size_t n = head + count * REPORT_BYTES;

    put_header(p, what->sender ? RTCP_SR : RTCP_RR, count, n);
    rtp_put32(p + 4, what->ssrc);
    if (what->sender) {
        rtp_put32(p + 8, (uint32_t)(what->sender->ntp >> 32));
        rtp_put32(p + 12, (uint32_t)what->sender->ntp);
        rtp_put32(p + 16, what->sender->timestamp);
        rtp_put32(p + 20, what->sender->packets);
        rtp_put32(p + 24, what->sender->bytes);
    }
    for (size_t i = 0; i < count; i++)
        put_report(p + head + i * REPORT_BYTES, &what->reports[i]);
    return n;
}

static size_t print_sdes(const struct rtcp_compound *what, uint8_t *p)
{
    struct slice cname = slice_head(what->cname, RTCP_CNAME_MAX);
    size_t used = 10 + cname.n;
    size_t n = (used + 4) & ~(size_t)3; /* one zero ends the chunk, up to three fill the word */

    put_header(p, RTCP_SDES, 1, n);
    rtp_put32(p + 4, what->ssrc);
    p[8] = SDES_CNAME;
    p[9] = (uint8_t)cname.n;
    if (cname.n)
        memcpy(p + 10, cname.p, cname.n);
    memset(p + used, 0, n - used);
    return n;
}

size_t rtcp_print(const struct rtcp_compound *what, uint8_t out[RTCP_PRINT_MAX])
{
    size_t n = print_reports(what, out);

    n += print_sdes(what, out + n);
    if (what->xr.n && n + what->xr.n + BYE_BYTES <= RTCP_PRINT_MAX) {
        memcpy(out + n, what->xr.p, what->xr.n);
        n += what->xr.n;
    }
    if (what->bye) {
        put_header(out + n, RTCP_BYE, 1, BYE_BYTES);
        rtp_put32(out + n + 4, what->ssrc);
        n += BYE_BYTES;
    }
    return n;
}

/* --- time ------------------------------------------------------------------------------------ */

uint64_t rtcp_ntp(uint64_t us)
{
    return (us / 1000000) << 32 | ((us % 1000000) << 32) / 1000000;
}

uint32_t rtcp_ntp_middle(uint64_t ntp)
{
    return (uint32_t)(ntp >> 16);
}

/* Who says longer lies, or means another clock; and *us would not hold an hour and a half. */
#define ROUND_TRIP_MOST (60u << 16)

int rtcp_round_trip(const struct rtcp_report *report, uint64_t now_ntp, uint32_t *us)
{
    uint32_t since = rtcp_ntp_middle(now_ntp) - report->last_sr;

    if (report->last_sr == 0 || since > INT32_MAX || report->delay_since_sr > since)
        return -ENODATA;
    if (since - report->delay_since_sr > ROUND_TRIP_MOST)
        return -ENODATA;
    *us = (uint32_t)((uint64_t)(since - report->delay_since_sr) * 1000000 / 65536);
    return 0;
}
