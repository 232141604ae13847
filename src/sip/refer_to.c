#include "sip/refer_to.h"

#include "sip/lex.h"
#include "sip/limits.h"

/* --- Replaces --------------------------------------------------------------------------------- */

/* callid = word [ "@" word ] (RFC 3261 25.1): no blanks, no semicolon, nothing that ends lines. */
static bool is_call_id(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!sip_is(s.p[i], SIP_TOKEN) && !memchr("()<>:\\\"/[]?{}@", s.p[i], 14))
            return false;
    return s.n > 0;
}

/* RFC 3891 6.1: one Call-ID and exactly one of each tag. False: it is none. */
static bool put_replaces(struct buf *out, struct slice value)
{
    struct slice id = slice_trim(slice_cut(&value, ';')), to = {0}, from = {0};
    bool early = false;

    while (value.p) {
        struct slice param = slice_trim(slice_cut(&value, ';'));
        struct slice name = slice_trim(slice_cut(&param, '='));
        bool is_to = slice_ieq(name, SLICE("to-tag")), is_from = slice_ieq(name, SLICE("from-tag"));

        if ((is_to && to.p) || (is_from && from.p))
            return false;
        if (is_to)
            to = slice_trim(param);
        else if (is_from)
            from = slice_trim(param);
        early |= slice_ieq(name, SLICE("early-only"));
    }
    if (!is_call_id(id) || !sip_is_all(to, SIP_TOKEN) || !sip_is_all(from, SIP_TOKEN))
        return false;
    buf_put(out, id);
    buf_puts(out, ";to-tag=");
    buf_put(out, to);
    buf_puts(out, ";from-tag=");
    buf_put(out, from);
    buf_puts(out, early ? ";early-only" : "");
    return true;
}

/* 0, or the status. */
static unsigned take_replaces(struct slice escaped, struct buf *out)
{
    struct buf plain = buf_new(SIP_MAX_HEADER_LINE); /* which a whole header fits into */
    bool good;

    sip_uri_put_unescaped(&plain, escaped);
    good = plain.n <= SIP_MAX_REPLACES && put_replaces(out, buf_slice(&plain));
    if (!buf_ok(&plain) || !buf_ok(out)) {
        buf_free(&plain);
        return 503;
    }
    buf_free(&plain);
    return good ? 0 : 400;
}

static unsigned read_replaces(struct slice headers, struct buf *out)
{
    unsigned status = 0;
    bool found = false;

    while (headers.p && !status) {
        struct slice value = slice_cut(&headers, '&');
        struct slice name = slice_cut(&value, '=');

        if (!slice_ieq(name, SLICE("Replaces")))
            continue;
        status = found ? 400 : take_replaces(value, out);
        found = true;
    }
    return status;
}

/* --- Refer-To --------------------------------------------------------------------------------- */

static unsigned read_target(struct slice value, struct sip_refer_to *out)
{
    struct sip_address address;
    struct slice method;
    struct sip_uri uri;

    if (sip_address_parse(value, &address) || address.any || sip_uri_parse(address.uri, &uri))
        return 400;
    if (uri.scheme != SIP_SCHEME_SIP && uri.scheme != SIP_SCHEME_SIPS)
        return 416;
    if (sip_uri_param(&uri, SLICE("method"), &method) && !slice_eq(method, SLICE("INVITE")))
        return 603;
    sip_uri_put_request(&out->target, &uri);
    if (!buf_ok(&out->target))
        return 503;
    return read_replaces(uri.headers, &out->replaces);
}

/* RFC 3892 3: carried on as it came. What it may be signed by is not, as a body of the REFER that
 * would have to travel along: without it the header says as much as any other word of a stranger.
 * What is broken or long is left out and hinders nobody. 0, or the status. */
static unsigned read_by(struct slice value, struct buf *out)
{
    struct sip_address address;
    struct sip_uri uri;

    if (sip_address_parse(value, &address) || address.any || sip_uri_parse(address.uri, &uri) ||
        (uri.scheme != SIP_SCHEME_SIP && uri.scheme != SIP_SCHEME_SIPS) || uri.headers.n ||
        address.uri.n > SIP_MAX_REFERRED_BY)
        return 0;
    sip_address_put(out, SLICE(""), address.uri);
    return buf_ok(out) ? 0 : 503;
}

unsigned sip_refer_to_read(const struct sip_msg *refer, struct sip_refer_to *out)
{
    struct slice sub = sip_msg_header_named(refer, SLICE("Refer-Sub"));
    unsigned status;

    *out = (struct sip_refer_to){.target = buf_new(SIP_MAX_HEADER_LINE),
                                 .replaces = buf_new(SIP_MAX_HEADER_LINE),
                                 .by = buf_new(SIP_MAX_HEADER_LINE)};
    out->silent = slice_ieq(slice_trim(slice_cut(&sub, ';')), SLICE("false"));
    status = read_by(sip_msg_header(refer, SIP_HDR_REFERRED_BY), &out->by);
    if (status)
        return status;
    return read_target(sip_msg_header(refer, SIP_HDR_REFER_TO), out);
}

void sip_refer_to_free(struct sip_refer_to *out)
{
    buf_free(&out->target);
    buf_free(&out->replaces);
    buf_free(&out->by);
}
