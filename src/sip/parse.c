#include "sip/parse.h"

#include <errno.h>
#include <string.h>

#include "base/scan.h"
#include "sip/lex.h"

/* The first thing that is wrong decides the answer; parsing goes on, because an answer needs the
 * headers that may still come. */
static void fail(struct sip_msg *msg, unsigned status, const char *error)
{
    if (msg->error)
        return;
    msg->error_status = status;
    msg->error = error;
}

static void bad(struct sip_msg *msg, const char *error)
{
    fail(msg, 400, error);
}

/* "SIP/" 1*DIGIT "." 1*DIGIT, of which we speak 2.0. */
static void check_version(struct sip_msg *msg, struct slice version)
{
    struct scan s = {version, false};

    if (slice_eq(version, SLICE("SIP/2.0")) || slice_ieq(version, SLICE("SIP/2.0")))
        return;
    if (!scan_itry(&s, SLICE("SIP/")))
        scan_fail(&s);
    scan_span(&s, is_digit);
    scan_must(&s, '.');
    scan_span(&s, is_digit);
    if (scan_ok_at_end(&s))
        fail(msg, 505, "Version Not Supported");
    else
        bad(msg, "Bad Request-Line");
}

/* Request-Line = Method SP Request-URI SP SIP-Version; single blanks, none elsewhere. */
static void parse_request_line(struct sip_msg *msg, struct slice line)
{
    struct slice uri, rest = line;

    msg->request = true;
    msg->method_name = slice_cut(&rest, ' ');
    msg->method = sip_method_of(msg->method_name);
    uri = slice_cut(&rest, ' ');
    if (!sip_is_all(msg->method_name, SIP_TOKEN))
        bad(msg, "Bad Method");
    check_version(msg, rest);
    if (sip_uri_parse(uri, &msg->uri) != 0)
        bad(msg, "Bad Request-URI");
}

/* Status-Line = SIP-Version SP Status-Code SP Reason-Phrase; a missing last blank is tolerated. */
static void parse_status_line(struct sip_msg *msg, struct slice line)
{
    struct slice rest = line, version = slice_cut(&rest, ' '), code = slice_cut(&rest, ' ');
    uint64_t status = 0;

    check_version(msg, version);
    if (code.n != 3 || slice_number(code, 699, &status) != 0 || status < 100)
        bad(msg, "Bad Status-Code");
    msg->status = (unsigned)status;
    msg->reason = slice_trim(rest);
}

/* Cuts the next line with its folds off the front of *rest, without its line end. False: there is
 * no whole line. A line without CR is tolerated. */
static bool next_line(struct slice *rest, struct slice *line)
{
    const char *from = rest->p, *end = from + rest->n, *at = from;

    do {
        at = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        if (!at)
            return false;
        at++;
        /* An empty line ends the headers, whatever the body begins with. */
    } while (at < end && (*at == ' ' || *at == '\t') && at - from > 2);
    *rest = (struct slice){at, (size_t)(end - at)};
    *line = (struct slice){from, (size_t)(at - from) - 1};
    if (line->n > 0 && line->p[line->n - 1] == '\r')
        line->n--;
    return true;
}

static void add_header(struct sip_msg *msg, enum sip_hdr id, struct slice name, struct slice value)
{
    if (msg->n_headers == SIP_MAX_HEADERS) {
        bad(msg, "Too Many Headers");
        return;
    }
    if (msg->first[id] == 0)
        msg->first[id] = (uint8_t)(msg->n_headers + 1);
    else if (sip_header_is_single(id))
        bad(msg, "Repeated Header");
    msg->headers[msg->n_headers++] = (struct sip_header){
        .id = (uint8_t)id,
        .name_n = (uint8_t)name.n,
        .name_at = (uint16_t)(name.p - msg->bytes.p),
        .value_at = (uint16_t)(value.p - msg->bytes.p),
        .value_n = (uint16_t)value.n,
    };
}

/* message-header = name HCOLON value; blanks may stand before the colon. */
static void parse_header(struct sip_msg *msg, struct slice line)
{
    struct slice value = line, name = slice_cut(&value, ':');
    enum sip_hdr id;

    if (line.n > SIP_MAX_HEADER_LINE)
        return bad(msg, "Header Too Long");
    while (name.n > 0 && (name.p[name.n - 1] == ' ' || name.p[name.n - 1] == '\t'))
        name.n--;
    id = sip_header_of(name);
    if (!value.p || name.n > UINT8_MAX || (id == SIP_HDR_OTHER && !sip_is_all(name, SIP_TOKEN)))
        return bad(msg, "Bad Header");
    add_header(msg, id, name, slice_trim(value));
}

/* The header section, up to the empty line; *rest is then the body. */
static void parse_headers(struct sip_msg *msg, struct slice *rest)
{
    struct slice line;

    while (next_line(rest, &line)) {
        if (line.n == 0)
            return;
        parse_header(msg, line);
    }
    bad(msg, "No End of Headers");
    *rest = slice_skip(*rest, rest->n);
}

static bool is_call_id(struct slice value)
{
    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.p[i] <= ' ')
            return false;
    return value.n > 0;
}

/* NUL may stand only as a quoted-pair (RFC 3261 25.1), which is seen in torture tests alone. */
static bool has_bare_nul(struct slice text)
{
    const char *at = text.p, *end = text.p + text.n;

    while ((at = memchr(at, '\0', (size_t)(end - at))) != NULL) {
        if (at == text.p || at[-1] != '\\')
            return true;
        at++;
    }
    return false;
}

/* Whether the five headers that identify the message are there, well formed or not. */
static bool has_identity(const struct sip_msg *msg)
{
    return sip_msg_header(msg, SIP_HDR_FROM).n > 0 && sip_msg_header(msg, SIP_HDR_TO).n > 0 &&
           sip_msg_header(msg, SIP_HDR_CALL_ID).n > 0 && sip_msg_header(msg, SIP_HDR_CSEQ).n > 0;
}

static void decode_cseq(struct sip_msg *msg)
{
    if (sip_cseq_parse(sip_msg_header(msg, SIP_HDR_CSEQ), &msg->cseq) != 0)
        return bad(msg, "Bad CSeq");
    if (!msg->request) {
        msg->method = msg->cseq.method;
        msg->method_name = msg->cseq.method_name;
    } else if (!slice_eq(msg->method_name, msg->cseq.method_name)) {
        bad(msg, "CSeq Names Another Method");
    }
}

static void decode_max_forwards(struct sip_msg *msg)
{
    struct slice value = sip_msg_header(msg, SIP_HDR_MAX_FORWARDS);

    msg->max_forwards = SIP_MAX_FORWARDS_NONE;
    if (value.p && sip_max_forwards_parse(value, &msg->max_forwards) != 0)
        bad(msg, "Bad Max-Forwards");
}

/* A From or To that is all wrong, or stands for all ("*"), is no identity. */
static bool decode_party(struct slice value, struct sip_address *out)
{
    return sip_address_parse(value, out) == 0 && !out->any;
}

/* Returns whether the topmost Via can carry an answer back; one whose parameters are broken can. */
static bool decode_via(struct sip_msg *msg)
{
    struct sip_values vias = sip_msg_values(msg, SIP_HDR_VIA);
    struct slice top;

    if (!sip_values_next(&vias, &top) || sip_via_parse(top, &msg->via) != 0)
        bad(msg, "Bad Via");
    return msg->via.sent_protocol_by.n > 0;
}

/* RFC 3261 18.3: a datagram ends its message where Content-Length is missing, a stream must have
 * one. */
static void decode_body(struct sip_msg *msg, struct slice rest, bool datagram)
{
    struct slice value = sip_msg_header(msg, SIP_HDR_CONTENT_LENGTH);
    size_t length = rest.n;

    if (!value.p && !datagram)
        return bad(msg, "No Content-Length");
    if (value.p && sip_content_length_parse(value, &length) != 0)
        return bad(msg, "Bad Content-Length");
    if (length > rest.n || (!datagram && length < rest.n))
        return bad(msg, "Wrong Content-Length");
    msg->body = slice_head(rest, length);
    msg->bytes.n = (size_t)(rest.p - msg->bytes.p) + length;
}

static void decode(struct sip_msg *msg, struct slice rest, bool datagram)
{
    bool via = decode_via(msg);

    if (!has_identity(msg)) {
        bad(msg, "Missing Header");
    } else {
        if (!decode_party(sip_msg_header(msg, SIP_HDR_FROM), &msg->from))
            bad(msg, "Bad From");
        if (!decode_party(sip_msg_header(msg, SIP_HDR_TO), &msg->to))
            bad(msg, "Bad To");
        msg->call_id = sip_msg_header(msg, SIP_HDR_CALL_ID);
        if (!is_call_id(msg->call_id))
            bad(msg, "Bad Call-ID");
        decode_cseq(msg);
    }
    msg->can_answer = via && msg->request && msg->method != SIP_ACK;
    decode_max_forwards(msg);
    decode_body(msg, rest, datagram);
}

/* Line ends before the start line are ignored (RFC 3261 7.5). */
static struct slice without_line_ends(struct slice bytes)
{
    while (bytes.n > 0 && (bytes.p[0] == '\r' || bytes.p[0] == '\n'))
        bytes = slice_skip(bytes, 1);
    return bytes;
}

int sip_parse(struct slice bytes, bool datagram, struct sip_msg *out)
{
    struct slice rest = without_line_ends(bytes), line;

    memset(out, 0, offsetof(struct sip_msg, headers)); /* headers count by n_headers alone */
    out->bytes = rest;
    if (bytes.n > SIP_MAX_MESSAGE)
        return -EMSGSIZE;
    if (rest.n == 0)
        return -ENODATA;
    if (!next_line(&rest, &line) || line.n > SIP_MAX_HEADER_LINE) {
        bad(out, "Bad Start Line");
        return -EBADMSG;
    }
    if (slice_istarts(line, SLICE("SIP/")))
        parse_status_line(out, line);
    else
        parse_request_line(out, line);
    parse_headers(out, &rest);
    if (has_bare_nul(slice_head(out->bytes, out->bytes.n - rest.n)))
        bad(out, "NUL in Header");
    decode(out, rest, datagram);
    return out->error ? -EBADMSG : 0;
}

int sip_parse_framing(struct slice header_section, size_t *out)
{
    struct slice rest = header_section, line;
    int err = -ENOENT;

    while (err != -EBADMSG && next_line(&rest, &line)) {
        struct slice value = line, name = slice_trim(slice_cut(&value, ':'));

        if (value.p && sip_header_of(name) == SIP_HDR_CONTENT_LENGTH)
            err = err == -ENOENT ? sip_content_length_parse(value, out) : -EBADMSG;
    }
    return err;
}
