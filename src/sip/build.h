/* sip/build.h - whole messages, with the headers that RFC 3261 demands of them.
 *
 * Each appends one message to b. 0; -EINVAL: something mandatory is missing, a value has CR, LF or
 * NUL in it, or there is no room under the ceiling of b or in memory. b is left as it was then. */
#ifndef SIP_BUILD_H
#define SIP_BUILD_H

#include "base/buf.h"
#include "base/ip.h"
#include "sip/message.h"

/* What we understand; the values of Allow, Supported and Accept. */
#define SIP_OUR_METHODS "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, REFER"
#define SIP_OUR_EXTENSIONS "norefersub"
#define SIP_OUR_TYPES "application/sdp"

/* Headers that tell what we understand, to be or-ed together. */
enum sip_with {
    SIP_WITH_ALLOW = 1,
    SIP_WITH_SUPPORTED = 2,
    SIP_WITH_ACCEPT = 4,
};

struct sip_extra {
    struct slice name, value;
};

struct sip_response {
    unsigned status;         /* 100 to 699 */
    struct slice reason;     /* empty: the usual phrase */
    struct slice to_tag;     /* added where the request's To has none; never to a 100 */
    const struct ip *source; /* where the request came from, for received and rport; or NULL */
    bool dialog;             /* copy Record-Route: 101 to 299 that make a dialog (12.1.1) */
    struct slice contact;    /* the whole value: <sip:…>; or empty */
    struct slice user_agent; /* for Server; or empty */
    unsigned with;           /* of enum sip_with */
    const struct sip_extra *extra; /* further headers, in order */
    size_t n_extra;
    struct slice content_type; /* where there is a body */
    struct slice body;
};

/* RFC 3261 8.2.6: Via, From, To, Call-ID, CSeq of request, which sip_parse has accepted or which
 * can_answer and may lack some of them; Timestamp too in a 100. */
int sip_build_response(struct buf *b, const struct sip_msg *request,
                       const struct sip_response *response);

struct sip_request {
    enum sip_method method;
    struct slice method_name; /* where method is SIP_METHOD_OTHER */
    struct slice uri;         /* Request-URI as it shall stand there */
    enum sip_transport transport;
    struct ip sent_by;          /* for Via; port 0: left out */
    struct slice branch;        /* with its cookie */
    bool rport;                 /* ask for RFC 3581 */
    unsigned max_forwards;      /* 0: 70 */
    const struct slice *routes; /* Route values in order: <sip:…;lr> */
    size_t n_routes;
    struct slice from, from_tag; /* from: name-addr without tag; tag empty: from has it already */
    struct slice to, to_tag;     /* likewise; to_tag empty: none */
    struct slice call_id;
    uint32_t cseq;
    struct slice contact;    /* the whole value; or empty */
    struct slice user_agent; /* or empty */
    unsigned with;           /* of enum sip_with */
    const struct sip_extra *extra;
    size_t n_extra;
    struct slice content_type;
    struct slice body;
};

/* RFC 3261 8.1.1. */
int sip_build_request(struct buf *b, const struct sip_request *request);

/* ACK to a non-2xx final response (17.1.1.3): from the bytes of our INVITE, To from response. */
int sip_build_ack(struct buf *b, struct slice invite, const struct sip_msg *response);
/* CANCEL (9.1) for the request with these bytes. */
int sip_build_cancel(struct buf *b, struct slice request);

#endif
