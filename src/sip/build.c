#include "sip/build.h"

#include <errno.h>

#include "sip/lex.h"
#include "sip/parse.h"
#include "sip/print.h"

#define MAX_FORWARDS 70 /* RFC 3261 8.1.1.6 */

/* The end of each builder. A value that must not be printed fails the buffer as a lack of room
 * does; what was begun at start goes away then. */
static int finish(struct buf *b, size_t start)
{
    if (buf_ok(b))
        return 0;
    b->n = start;
    b->failed = false;
    return -EINVAL;
}

static void put_optional(struct buf *b, enum sip_hdr id, struct slice value)
{
    if (value.n > 0)
        sip_put_header(b, id, value);
}

/* Allow, Supported, Accept (RFC 3261 11.2, 13.2.1), and the owner's own. */
static void put_extras(struct buf *b, unsigned with, const struct sip_extra *extra, size_t n)
{
    if (with & SIP_WITH_ALLOW)
        sip_put_header(b, SIP_HDR_ALLOW, SLICE(SIP_OUR_METHODS));
    if (with & SIP_WITH_SUPPORTED)
        sip_put_header(b, SIP_HDR_SUPPORTED, SLICE(SIP_OUR_EXTENSIONS));
    if (with & SIP_WITH_ACCEPT)
        sip_put_header(b, SIP_HDR_ACCEPT, SLICE(SIP_OUR_TYPES));
    for (size_t i = 0; i < n; i++)
        sip_put_header_named(b, extra[i].name, extra[i].value);
}

/* From and To: a name-addr and a tag. */
static void put_party(struct buf *b, enum sip_hdr id, struct slice address, struct slice tag)
{
    buf_put(b, sip_header_name(id));
    buf_put(b, SLICE(": "));
    sip_put_text(b, address);
    if (tag.n > 0) {
        buf_put(b, SLICE(";tag="));
        sip_put_text(b, tag);
    }
    buf_put(b, SLICE("\r\n"));
}

static void put_cseq(struct buf *b, uint32_t number, struct slice method)
{
    buf_put(b, SLICE("CSeq: "));
    buf_putu(b, number);
    buf_putc(b, ' ');
    sip_put_text(b, method);
    buf_put(b, SLICE("\r\n"));
}

/* Every header line of one kind, in order, as it came. */
static void copy_all(struct buf *b, const struct sip_msg *from, enum sip_hdr id)
{
    for (size_t i = 0; i < from->n_headers; i++)
        if (from->headers[i].id == id)
            sip_put_copied(b, id, sip_msg_value_at(from, i));
}

static void copy_first(struct buf *b, const struct sip_msg *from, enum sip_hdr id)
{
    if (sip_msg_has(from, id))
        sip_put_copied(b, id, sip_msg_header(from, id));
}

/* RFC 3261 8.2.6.2: all Vias in their order; to the topmost, the transport adds where it saw the
 * request come from (18.2.1). Of a broken request what is none is left out. */
static void put_vias(struct buf *b, const struct sip_msg *request, const struct ip *source)
{
    struct sip_values vias = sip_msg_values(request, SIP_HDR_VIA);
    struct sip_via via;
    struct slice value;
    bool top = source != NULL;

    while (sip_values_next(&vias, &value)) {
        if (!top) {
            if (!request->error || !sip_via_parse(value, &via))
                sip_put_copied(b, SIP_HDR_VIA, value);
            continue;
        }
        buf_put(b, SLICE("Via: "));
        sip_via_put_received(b, &request->via, source);
        buf_put(b, SLICE("\r\n"));
        top = false;
    }
}

static void put_to(struct buf *b, const struct sip_msg *request, const struct sip_response *r)
{
    if (!sip_msg_has(request, SIP_HDR_TO))
        return;
    buf_put(b, SLICE("To: "));
    sip_put_copied_text(b, sip_msg_header(request, SIP_HDR_TO));
    if (!request->to.tag.p && r->to_tag.n > 0 && r->status != 100) {
        buf_put(b, SLICE(";tag="));
        sip_put_text(b, r->to_tag);
    }
    buf_put(b, SLICE("\r\n"));
}

/* RFC 3261 8.2.6.1: the time that it took us is not added, for no core knows the clock. */
static void put_timestamp(struct buf *b, const struct sip_msg *request)
{
    struct slice number;

    if (sip_timestamp_parse(sip_msg_header(request, SIP_HDR_TIMESTAMP), &number) == 0)
        sip_put_header(b, SIP_HDR_TIMESTAMP, number);
}

static bool response_is_complete(const struct sip_msg *request, const struct sip_response *r)
{
    return r->status >= 100 && r->status <= 699 && sip_msg_has(request, SIP_HDR_VIA) &&
           (r->body.n == 0 || r->content_type.n > 0);
}

int sip_build_response(struct buf *b, const struct sip_msg *request,
                       const struct sip_response *response)
{
    const struct sip_response *r = response;
    size_t start = b->n;

    if (!response_is_complete(request, r))
        return -EINVAL;
    sip_put_status_line(b, r->status, r->reason);
    put_vias(b, request, r->source);
    if (r->dialog)
        copy_all(b, request, SIP_HDR_RECORD_ROUTE);
    copy_first(b, request, SIP_HDR_FROM);
    put_to(b, request, r);
    copy_first(b, request, SIP_HDR_CALL_ID);
    copy_first(b, request, SIP_HDR_CSEQ);
    if (r->status == 100)
        put_timestamp(b, request);
    put_optional(b, SIP_HDR_CONTACT, r->contact);
    put_optional(b, SIP_HDR_SERVER, r->user_agent);
    put_extras(b, r->with, r->extra, r->n_extra);
    sip_put_body(b, r->content_type, r->body);
    return finish(b, start);
}

static void put_own_via(struct buf *b, const struct sip_request *r)
{
    buf_put(b, SLICE("Via: SIP/2.0/"));
    buf_put(b, sip_transport_name(r->transport));
    buf_putc(b, ' ');
    ip_put_with_port(b, &r->sent_by);
    if (r->rport)
        buf_put(b, SLICE(";rport"));
    buf_put(b, SLICE(";branch="));
    sip_put_text(b, r->branch);
    buf_put(b, SLICE("\r\n"));
}

/* What RFC 3261 8.1.1 demands is there. */
static bool request_is_complete(const struct sip_request *r, struct slice method)
{
    return method.n > 0 && r->uri.n > 0 && slice_index(r->uri, ' ') < 0 && r->branch.n > 0 &&
           r->from.n > 0 && r->to.n > 0 && r->call_id.n > 0 && r->cseq <= SIP_MAX_CSEQ &&
           r->sent_by.family != 0 && sip_transport_name(r->transport).n > 0 &&
           (r->body.n == 0 || r->content_type.n > 0);
}

int sip_build_request(struct buf *b, const struct sip_request *request)
{
    const struct sip_request *r = request;
    struct slice method =
        r->method == SIP_METHOD_OTHER ? r->method_name : sip_method_name(r->method);
    size_t start = b->n;

    if (!request_is_complete(r, method))
        return -EINVAL;
    sip_put_request_line(b, method, r->uri);
    put_own_via(b, r);
    sip_put_header_number(b, SIP_HDR_MAX_FORWARDS,
                          r->max_forwards ? r->max_forwards : MAX_FORWARDS);
    for (size_t i = 0; i < r->n_routes; i++)
        sip_put_header(b, SIP_HDR_ROUTE, r->routes[i]);
    put_party(b, SIP_HDR_FROM, r->from, r->from_tag);
    put_party(b, SIP_HDR_TO, r->to, r->to_tag);
    sip_put_header(b, SIP_HDR_CALL_ID, r->call_id);
    put_cseq(b, r->cseq, method);
    put_optional(b, SIP_HDR_CONTACT, r->contact);
    put_optional(b, SIP_HDR_USER_AGENT, r->user_agent);
    put_extras(b, r->with, r->extra, r->n_extra);
    sip_put_body(b, r->content_type, r->body);
    return finish(b, start);
}

/* ACK and CANCEL are made of the request they belong to: its Request-URI, topmost Via (with its
 * branch), From, Call-ID, CSeq number, Route and credentials. Their To is that of response, where
 * there is one. */
static int build_companion(struct buf *b, struct slice bytes, enum sip_method method,
                           const struct sip_msg *response)
{
    struct sip_msg request;
    struct sip_values vias;
    struct slice via;
    size_t start = b->n;

    if (sip_parse(bytes, true, &request) != 0 || !request.request)
        return -EINVAL;
    sip_put_request_line(b, sip_method_name(method), request.uri.text);
    vias = sip_msg_values(&request, SIP_HDR_VIA);
    sip_values_next(&vias, &via);
    sip_put_copied(b, SIP_HDR_VIA, via);
    sip_put_header_number(b, SIP_HDR_MAX_FORWARDS, MAX_FORWARDS);
    copy_all(b, &request, SIP_HDR_ROUTE);
    copy_all(b, &request, SIP_HDR_AUTHORIZATION); /* 22.1: neither can be challenged */
    copy_all(b, &request, SIP_HDR_PROXY_AUTHORIZATION);
    copy_first(b, &request, SIP_HDR_FROM);
    copy_first(b, response ? response : &request, SIP_HDR_TO);
    copy_first(b, &request, SIP_HDR_CALL_ID);
    put_cseq(b, request.cseq.number, sip_method_name(method));
    sip_put_body(b, SLICE(""), SLICE(""));
    return finish(b, start);
}

int sip_build_ack(struct buf *b, struct slice invite, const struct sip_msg *response)
{
    return build_companion(b, invite, SIP_ACK, response);
}

int sip_build_cancel(struct buf *b, struct slice request)
{
    return build_companion(b, request, SIP_CANCEL, NULL);
}
