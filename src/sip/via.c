#include "sip/via.h"

#include <errno.h>

#include "base/scan.h"
#include "sip/lex.h"
#include "sip/limits.h"
#include "sip/print.h"

static const struct slice transports[] = {
    [SIP_UDP] = SLICE_INIT("UDP"),
    [SIP_TCP] = SLICE_INIT("TCP"),
    [SIP_TLS] = SLICE_INIT("TLS"),
};

enum sip_transport sip_transport_of(struct slice name)
{
    for (unsigned i = SIP_UDP; i <= SIP_TLS; i++)
        if (slice_ieq(name, transports[i]))
            return (enum sip_transport)i;
    return 0;
}

struct slice sip_transport_name(enum sip_transport transport)
{
    return transport >= SIP_UDP && transport <= SIP_TLS ? transports[transport] : (struct slice){0};
}

static struct slice without_brackets(struct slice host)
{
    if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        return (struct slice){host.p + 1, host.n - 2};
    return host;
}

/* A parameter that must be a number; none, or one that is too large, makes the Via bad. */
static uint64_t number_of(struct scan *s, struct slice value, uint64_t max)
{
    uint64_t number = 0;

    if (slice_number(value, max, &number) != 0)
        scan_fail(s);
    return number;
}

static void keep_param(struct scan *s, struct sip_via *via, struct slice name, struct slice value)
{
    if (slice_ieq(name, SLICE("branch"))) {
        via->branch = value;
    } else if (slice_ieq(name, SLICE("rport"))) {
        via->rport = true;
        via->rport_port = value.p ? (uint16_t)number_of(s, value, 65535) : 0;
    } else if (slice_ieq(name, SLICE("received"))) {
        via->received = without_brackets(value);
    } else if (slice_ieq(name, SLICE("maddr"))) {
        via->maddr = without_brackets(value);
    } else if (slice_ieq(name, SLICE("ttl"))) {
        via->ttl = (uint8_t)number_of(s, value, 255);
    }
}

/* "SIP" SLASH token SLASH, nearly always 2.0 without the blanks that may stand in it. Who speaks
 * another version is to be told so (505), by its own Via. */
static void scan_sip_version(struct scan *s)
{
    if (slice_starts(s->rest, SLICE("SIP/2.0/")))
        s->rest = slice_skip(s->rest, 8);
    else if (!scan_itry(s, SLICE("SIP")) || !sip_scan_sep(s, '/') ||
             !sip_scan_span(s, SIP_TOKEN).n || !sip_scan_sep(s, '/'))
        scan_fail(s);
}

/* via-parm = "SIP" SLASH token SLASH transport LWS sent-by *( SEMI via-params )   RFC 3261 25.1 */
int sip_via_parse(struct slice text, struct sip_via *via)
{
    struct scan s = {slice_trim(text), false};
    const char *from = s.rest.p;
    struct slice name, value;
    unsigned n = 0;

    *via = (struct sip_via){0};
    scan_sip_version(&s);
    via->transport = sip_scan_span(&s, SIP_TOKEN);
    sip_scan_span(&s, SIP_BLANK);
    via->host = sip_scan_host(&s, &via->host_is_ipv6);
    if (sip_scan_sep(&s, ':'))
        via->port = sip_scan_port(&s);
    if (s.bad)
        return -EBADMSG;

    via->sent_protocol_by = slice_trim((struct slice){from, (size_t)(s.rest.p - from)});
    sip_scan_blanks(&s);
    via->params = s.rest;
    while (sip_scan_param(&s, &name, &value)) {
        keep_param(&s, via, name, value);
        if (++n > SIP_MAX_PARAMS)
            scan_fail(&s);
    }
    return scan_ok_at_end(&s) ? 0 : -EBADMSG;
}

bool sip_via_has_cookie(const struct sip_via *via)
{
    return slice_istarts(via->branch, SLICE(SIP_BRANCH_COOKIE));
}

/* received is due where sent-by is a name or another address, and always with rport. */
static bool wants_received(const struct sip_via *via, const struct ip *source)
{
    struct ip sent_by;

    return via->rport || ip_parse(via->host, &sent_by) != 0 || !ip_same_host(&sent_by, source);
}

void sip_via_put_received(struct buf *b, const struct sip_via *via, const struct ip *source)
{
    struct scan s = {via->params, false};
    const char *from = s.rest.p;
    struct slice name, value;

    sip_put_copied_text(b, via->sent_protocol_by);
    for (; sip_scan_param(&s, &name, &value); from = s.rest.p)
        if (!slice_ieq(name, SLICE("received")) && !slice_ieq(name, SLICE("rport")))
            sip_put_copied_text(b, (struct slice){from, (size_t)(s.rest.p - from)});
    if (wants_received(via, source)) {
        buf_puts(b, ";received=");
        ip_put(b, source);
    }
    if (via->rport) {
        buf_puts(b, ";rport=");
        buf_putu(b, source->port);
    }
}

struct ip sip_via_reply_to(const struct sip_via *via, const struct ip *source, bool reliable)
{
    struct ip to = *source, maddr;
    bool own = via->maddr.n && !ip_parse(via->maddr, &maddr) && ip_same_host(&maddr, source);

    if (!reliable && via->rport && !own)
        return to;
    to.port = via->port ? via->port : slice_ieq(via->transport, SLICE("TLS")) ? 5061 : 5060;
    return to;
}
