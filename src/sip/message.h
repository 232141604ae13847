/* sip/message.h - a parsed message: what sip_parse found, and how to look things up in it.
 *
 * It owns nothing: every slice points into the bytes that were parsed, which must outlive it.
 * sip_msg_copy makes one that stands alone. Values are raw: trimmed, with folds and escapes as they
 * came; the scanners of sip/lex take a fold for white space. */
#ifndef SIP_MESSAGE_H
#define SIP_MESSAGE_H

#include "base/slice.h"
#include "sip/address.h"
#include "sip/fields.h"
#include "sip/header.h"
#include "sip/limits.h"
#include "sip/method.h"
#include "sip/uri.h"
#include "sip/via.h"

#define SIP_MAX_FORWARDS_NONE 256

/* Offsets from the first byte of the message. */
struct sip_header {
    uint8_t id; /* enum sip_hdr */
    uint8_t name_n;
    uint16_t name_at;
    uint16_t value_at;
    uint16_t value_n;
};

struct sip_msg {
    struct slice bytes; /* from the start line to the end of the body */

    /* Why sip_parse said -EBADMSG: the status to answer with, 400 or 505, and words for the log and
     * the Reason-Phrase, static text. can_answer: the topmost Via says where to, so that
     * sip_build_response works on this message; never true for ACK and responses. */
    unsigned error_status;
    const char *error;
    bool can_answer;

    bool request;
    enum sip_method method;   /* of a response: CSeq's */
    struct slice method_name; /* of a response: CSeq's */
    struct sip_uri uri;       /* the Request-URI; scheme SIP_SCHEME_OTHER: 416 */
    unsigned status;          /* 100 to 699; 0 in a request */
    struct slice reason;      /* may be empty */

    struct sip_via via; /* the topmost */
    struct sip_address from, to;
    struct slice call_id;
    struct sip_cseq cseq;
    unsigned max_forwards; /* SIP_MAX_FORWARDS_NONE: the header is missing, which is tolerated */
    struct slice body;

    uint16_t n_headers;
    uint8_t first[SIP_HDRS]; /* place of the first header of each kind, plus 1; 0: none */
    struct sip_header headers[SIP_MAX_HEADERS];
};

/* The whole value of the first header line of this kind; NULL pointer: there is none. A header that
 * is there but empty has a pointer and no length. */
struct slice sip_msg_header(const struct sip_msg *msg, enum sip_hdr id);
bool sip_msg_has(const struct sip_msg *msg, enum sip_hdr id);
/* Likewise for a header that the table does not know, by name in any case. */
struct slice sip_msg_header_named(const struct sip_msg *msg, struct slice name);
/* Each header line in order: i from 0 to n_headers - 1. */
struct slice sip_msg_name_at(const struct sip_msg *msg, size_t i);
struct slice sip_msg_value_at(const struct sip_msg *msg, size_t i);

/* All values of one kind in order, several lines and comma lists alike:
 *
 *     struct sip_values routes = sip_msg_values(msg, SIP_HDR_RECORD_ROUTE);
 *     struct slice value;
 *     while (sip_values_next(&routes, &value)) …
 *
 * A header that is no list yields one value a line. Empty elements are passed over. */
struct sip_values {
    const struct sip_msg *msg;
    enum sip_hdr id;
    size_t next;       /* line to look at when rest is empty */
    struct slice rest; /* of the line before */
};
struct sip_values sip_msg_values(const struct sip_msg *msg, enum sip_hdr id);
bool sip_values_next(struct sip_values *values, struct slice *out);

/* A request that came straight from who made it, or a response that is for us. */
bool sip_msg_has_one_via(const struct sip_msg *msg);
/* The first Contact; -ENOENT: there is none; -EBADMSG: it does not parse. */
int sip_msg_contact(const struct sip_msg *msg, struct sip_contact *out);
/* Content-Type is type/subtype. Without body or Content-Type: false. */
bool sip_msg_body_is(const struct sip_msg *msg, struct slice type, struct slice subtype);
/* Whether the body is compressed or the like (RFC 3261 20.12), which is nothing for us: what a few
 * bytes unfold to is only known behind it. */
bool sip_msg_body_is_packed(const struct sip_msg *msg);

/* A copy with bytes of its own in one piece of memory, given back by sip_msg_free. 0 or -ENOMEM. */
int sip_msg_copy(const struct sip_msg *msg, struct sip_msg **out);
/* Wipes the bytes, in which there may be keys. NULL is fine. */
void sip_msg_free(struct sip_msg *copy);

#endif
