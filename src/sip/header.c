#include "sip/header.h"

#include "base/scan.h"

enum { LIST = 1, SINGLE = 2 };

struct row {
    struct slice name;
    uint8_t flags;
};

/* clang-format off */
static const struct row rows[SIP_HDRS] = {
    [SIP_HDR_ACCEPT] = {SLICE_INIT("Accept"), LIST},
    [SIP_HDR_ACCEPT_ENCODING] = {SLICE_INIT("Accept-Encoding"), LIST},
    [SIP_HDR_ACCEPT_LANGUAGE] = {SLICE_INIT("Accept-Language"), LIST},
    [SIP_HDR_ALERT_INFO] = {SLICE_INIT("Alert-Info"), LIST},
    [SIP_HDR_ALLOW] = {SLICE_INIT("Allow"), LIST},
    [SIP_HDR_ALLOW_EVENTS] = {SLICE_INIT("Allow-Events"), LIST},
    [SIP_HDR_AUTHENTICATION_INFO] = {SLICE_INIT("Authentication-Info"), 0},
    [SIP_HDR_AUTHORIZATION] = {SLICE_INIT("Authorization"), 0},
    [SIP_HDR_CALL_ID] = {SLICE_INIT("Call-ID"), SINGLE},
    [SIP_HDR_CALL_INFO] = {SLICE_INIT("Call-Info"), LIST},
    [SIP_HDR_CONTACT] = {SLICE_INIT("Contact"), LIST},
    [SIP_HDR_CONTENT_DISPOSITION] = {SLICE_INIT("Content-Disposition"), SINGLE},
    [SIP_HDR_CONTENT_ENCODING] = {SLICE_INIT("Content-Encoding"), LIST},
    [SIP_HDR_CONTENT_LANGUAGE] = {SLICE_INIT("Content-Language"), LIST},
    [SIP_HDR_CONTENT_LENGTH] = {SLICE_INIT("Content-Length"), SINGLE},
    [SIP_HDR_CONTENT_TYPE] = {SLICE_INIT("Content-Type"), SINGLE},
    [SIP_HDR_CSEQ] = {SLICE_INIT("CSeq"), SINGLE},
    [SIP_HDR_DATE] = {SLICE_INIT("Date"), 0},
    [SIP_HDR_ERROR_INFO] = {SLICE_INIT("Error-Info"), LIST},
    [SIP_HDR_EVENT] = {SLICE_INIT("Event"), SINGLE},
    [SIP_HDR_EXPIRES] = {SLICE_INIT("Expires"), SINGLE},
    [SIP_HDR_FROM] = {SLICE_INIT("From"), SINGLE},
    [SIP_HDR_IN_REPLY_TO] = {SLICE_INIT("In-Reply-To"), LIST},
    [SIP_HDR_MAX_FORWARDS] = {SLICE_INIT("Max-Forwards"), SINGLE},
    [SIP_HDR_MIME_VERSION] = {SLICE_INIT("MIME-Version"), 0},
    [SIP_HDR_MIN_EXPIRES] = {SLICE_INIT("Min-Expires"), SINGLE},
    [SIP_HDR_MIN_SE] = {SLICE_INIT("Min-SE"), SINGLE},
    [SIP_HDR_ORGANIZATION] = {SLICE_INIT("Organization"), 0},
    [SIP_HDR_P_ASSERTED_IDENTITY] = {SLICE_INIT("P-Asserted-Identity"), LIST},
    [SIP_HDR_P_PREFERRED_IDENTITY] = {SLICE_INIT("P-Preferred-Identity"), LIST},
    [SIP_HDR_PATH] = {SLICE_INIT("Path"), LIST},
    [SIP_HDR_PRIORITY] = {SLICE_INIT("Priority"), 0},
    [SIP_HDR_PRIVACY] = {SLICE_INIT("Privacy"), 0},
    [SIP_HDR_PROXY_AUTHENTICATE] = {SLICE_INIT("Proxy-Authenticate"), 0},
    [SIP_HDR_PROXY_AUTHORIZATION] = {SLICE_INIT("Proxy-Authorization"), 0},
    [SIP_HDR_PROXY_REQUIRE] = {SLICE_INIT("Proxy-Require"), LIST},
    [SIP_HDR_RACK] = {SLICE_INIT("RAck"), SINGLE},
    [SIP_HDR_REASON] = {SLICE_INIT("Reason"), LIST},
    [SIP_HDR_RECORD_ROUTE] = {SLICE_INIT("Record-Route"), LIST},
    [SIP_HDR_REFER_TO] = {SLICE_INIT("Refer-To"), SINGLE},
    [SIP_HDR_REFERRED_BY] = {SLICE_INIT("Referred-By"), SINGLE},
    [SIP_HDR_REPLACES] = {SLICE_INIT("Replaces"), SINGLE},
    [SIP_HDR_REPLY_TO] = {SLICE_INIT("Reply-To"), 0},
    [SIP_HDR_REQUIRE] = {SLICE_INIT("Require"), LIST},
    [SIP_HDR_RETRY_AFTER] = {SLICE_INIT("Retry-After"), SINGLE},
    [SIP_HDR_ROUTE] = {SLICE_INIT("Route"), LIST},
    [SIP_HDR_RSEQ] = {SLICE_INIT("RSeq"), SINGLE},
    [SIP_HDR_SERVER] = {SLICE_INIT("Server"), 0},
    [SIP_HDR_SERVICE_ROUTE] = {SLICE_INIT("Service-Route"), LIST},
    [SIP_HDR_SESSION_EXPIRES] = {SLICE_INIT("Session-Expires"), SINGLE},
    [SIP_HDR_SIP_ETAG] = {SLICE_INIT("SIP-ETag"), SINGLE},
    [SIP_HDR_SIP_IF_MATCH] = {SLICE_INIT("SIP-If-Match"), SINGLE},
    [SIP_HDR_SUBJECT] = {SLICE_INIT("Subject"), 0},
    [SIP_HDR_SUBSCRIPTION_STATE] = {SLICE_INIT("Subscription-State"), SINGLE},
    [SIP_HDR_SUPPORTED] = {SLICE_INIT("Supported"), LIST},
    [SIP_HDR_TIMESTAMP] = {SLICE_INIT("Timestamp"), SINGLE},
    [SIP_HDR_TO] = {SLICE_INIT("To"), SINGLE},
    [SIP_HDR_UNSUPPORTED] = {SLICE_INIT("Unsupported"), LIST},
    [SIP_HDR_USER_AGENT] = {SLICE_INIT("User-Agent"), 0},
    [SIP_HDR_VIA] = {SLICE_INIT("Via"), LIST},
    [SIP_HDR_WARNING] = {SLICE_INIT("Warning"), LIST},
    [SIP_HDR_WWW_AUTHENTICATE] = {SLICE_INIT("WWW-Authenticate"), 0},
};

/* RFC 3261 7.3.3 and 20, and the registry that IANA keeps of later ones. */
static const uint8_t compact[26] = {
    ['b' - 'a'] = SIP_HDR_REFERRED_BY,   ['c' - 'a'] = SIP_HDR_CONTENT_TYPE,
    ['e' - 'a'] = SIP_HDR_CONTENT_ENCODING, ['f' - 'a'] = SIP_HDR_FROM,
    ['i' - 'a'] = SIP_HDR_CALL_ID,       ['k' - 'a'] = SIP_HDR_SUPPORTED,
    ['l' - 'a'] = SIP_HDR_CONTENT_LENGTH, ['m' - 'a'] = SIP_HDR_CONTACT,
    ['o' - 'a'] = SIP_HDR_EVENT,         ['r' - 'a'] = SIP_HDR_REFER_TO,
    ['s' - 'a'] = SIP_HDR_SUBJECT,       ['t' - 'a'] = SIP_HDR_TO,
    ['u' - 'a'] = SIP_HDR_ALLOW_EVENTS,  ['v' - 'a'] = SIP_HDR_VIA,
    ['x' - 'a'] = SIP_HDR_SESSION_EXPIRES,
};

/* Where place() puts each name. Its factors were searched for, so that no two names meet. A name
 * added to rows may meet another: test_header says so, and other factors are to be found. */
static const uint8_t places[256] = {
    [0] = SIP_HDR_SIP_ETAG, [3] = SIP_HDR_WARNING, [5] = SIP_HDR_CONTACT, [6] = SIP_HDR_REPLACES,
    [13] = SIP_HDR_SUBJECT, [14] = SIP_HDR_ALERT_INFO, [17] = SIP_HDR_CALL_INFO,
    [22] = SIP_HDR_ERROR_INFO, [24] = SIP_HDR_USER_AGENT, [26] = SIP_HDR_PRIORITY,
    [29] = SIP_HDR_UNSUPPORTED, [33] = SIP_HDR_REFERRED_BY, [53] = SIP_HDR_VIA,
    [54] = SIP_HDR_FROM, [61] = SIP_HDR_ALLOW, [62] = SIP_HDR_MIME_VERSION, [64] = SIP_HDR_CSEQ,
    [68] = SIP_HDR_PROXY_AUTHENTICATE, [72] = SIP_HDR_SERVER, [79] = SIP_HDR_RETRY_AFTER,
    [87] = SIP_HDR_PROXY_REQUIRE, [88] = SIP_HDR_ALLOW_EVENTS, [92] = SIP_HDR_ACCEPT,
    [94] = SIP_HDR_RSEQ, [95] = SIP_HDR_SESSION_EXPIRES, [99] = SIP_HDR_EVENT, [100] = SIP_HDR_TO,
    [102] = SIP_HDR_SUBSCRIPTION_STATE, [110] = SIP_HDR_DATE, [115] = SIP_HDR_IN_REPLY_TO,
    [116] = SIP_HDR_CONTENT_TYPE, [126] = SIP_HDR_REPLY_TO, [131] = SIP_HDR_MIN_EXPIRES,
    [133] = SIP_HDR_CALL_ID, [137] = SIP_HDR_PRIVACY, [142] = SIP_HDR_ORGANIZATION,
    [147] = SIP_HDR_ACCEPT_LANGUAGE, [151] = SIP_HDR_AUTHORIZATION,
    [152] = SIP_HDR_CONTENT_LANGUAGE, [157] = SIP_HDR_P_ASSERTED_IDENTITY,
    [158] = SIP_HDR_P_PREFERRED_IDENTITY, [159] = SIP_HDR_PROXY_AUTHORIZATION,
    [161] = SIP_HDR_CONTENT_DISPOSITION, [164] = SIP_HDR_PATH, [167] = SIP_HDR_ROUTE,
    [169] = SIP_HDR_REQUIRE, [186] = SIP_HDR_REFER_TO, [190] = SIP_HDR_MIN_SE,
    [199] = SIP_HDR_AUTHENTICATION_INFO, [202] = SIP_HDR_REASON, [203] = SIP_HDR_EXPIRES,
    [206] = SIP_HDR_RECORD_ROUTE, [208] = SIP_HDR_CONTENT_LENGTH, [220] = SIP_HDR_MAX_FORWARDS,
    [227] = SIP_HDR_ACCEPT_ENCODING, [229] = SIP_HDR_TIMESTAMP, [232] = SIP_HDR_CONTENT_ENCODING,
    [234] = SIP_HDR_RACK, [238] = SIP_HDR_SIP_IF_MATCH, [241] = SIP_HDR_SERVICE_ROUTE,
    [251] = SIP_HDR_SUPPORTED, [252] = SIP_HDR_WWW_AUTHENTICATE,
};
/* clang-format on */

static unsigned lower(char c)
{
    return (unsigned char)c | 0x20u;
}

static unsigned place(struct slice name)
{
    return (unsigned)(name.n + lower(name.p[0]) * 2 + lower(name.p[name.n / 2]) * 28 +
                      lower(name.p[name.n - 1]) * 10) %
           256;
}

enum sip_hdr sip_header_of(struct slice name)
{
    enum sip_hdr id;

    if (name.n == 0)
        return SIP_HDR_OTHER;
    if (name.n == 1) {
        unsigned letter = lower(name.p[0]) - 'a';
        return is_alpha(name.p[0]) ? (enum sip_hdr)compact[letter] : SIP_HDR_OTHER;
    }
    id = (enum sip_hdr)places[place(name)];
    /* Nearly all write names as the RFCs do: try that, which is quicker, first. */
    if (slice_eq(name, rows[id].name) || slice_ieq(name, rows[id].name))
        return id;
    return SIP_HDR_OTHER;
}

struct slice sip_header_name(enum sip_hdr id)
{
    return (unsigned)id < SIP_HDRS ? rows[id].name : (struct slice){0};
}

bool sip_header_is_list(enum sip_hdr id)
{
    return (unsigned)id < SIP_HDRS && rows[id].flags == LIST;
}

bool sip_header_is_single(enum sip_hdr id)
{
    return (unsigned)id < SIP_HDRS && rows[id].flags == SINGLE;
}
