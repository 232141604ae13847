/* sip/method.h - the methods that we know by name; method names are case-sensitive (RFC 3261
 * 7.1). */
#ifndef SIP_METHOD_H
#define SIP_METHOD_H

#include "base/slice.h"

enum sip_method {
    SIP_METHOD_OTHER, /* a token that is none of these: 501, or 405 in a dialog */
    SIP_INVITE,
    SIP_ACK,
    SIP_BYE,
    SIP_CANCEL,
    SIP_OPTIONS,
    SIP_REGISTER,
    SIP_PRACK,
    SIP_UPDATE,
    SIP_INFO,
    SIP_REFER,
    SIP_SUBSCRIBE,
    SIP_NOTIFY,
    SIP_PUBLISH,
    SIP_MESSAGE,
    SIP_METHODS /* how many there are */
};

enum sip_method sip_method_of(struct slice name);
/* Static text; empty for SIP_METHOD_OTHER. */
struct slice sip_method_name(enum sip_method method);

#endif
