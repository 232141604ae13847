/* sip/fields.h - the values of the small headers. Each takes one whole value and returns 0 or
 * -EBADMSG; out is set only on 0, its slices point into text. */
#ifndef SIP_FIELDS_H
#define SIP_FIELDS_H

#include "base/slice.h"
#include "sip/address.h"
#include "sip/method.h"

/* CSeq: 1 INVITE (RFC 3261 20.16). Numbers up to SIP_MAX_CSEQ. */
struct sip_cseq {
    uint32_t number;
    enum sip_method method;
    struct slice method_name;
};
int sip_cseq_parse(struct slice text, struct sip_cseq *out);

/* Max-Forwards: 0 to 255 (20.22). */
int sip_max_forwards_parse(struct slice text, unsigned *out);
/* Content-Length: digits; anything above SIP_MAX_MESSAGE is given as SIP_MAX_MESSAGE + 1. */
int sip_content_length_parse(struct slice text, size_t *out);
/* Expires, Min-Expires and the expires parameter: larger numbers count as the largest (20.19). */
int sip_delta_seconds_parse(struct slice text, uint32_t *out);

/* One value of Contact. expires_s: SIP_EXPIRES_NONE without the parameter; q in thousandths, 1000
 * without. A malformed expires or q counts as absent (RFC 3261 10.3 step 6 and 20.10). */
#define SIP_EXPIRES_NONE UINT64_MAX
struct sip_contact {
    struct sip_address address;
    uint64_t expires_s;
    unsigned q;
};
int sip_contact_parse(struct slice text, struct sip_contact *out);

/* Retry-After: 18000 (in a meeting);duration=3600 (20.33). duration_s 0: none. */
struct sip_retry_after {
    uint32_t seconds, duration_s;
};
int sip_retry_after_parse(struct slice text, struct sip_retry_after *out);

/* A value of Reason: SIP;cause=200;text="Call completed elsewhere" (RFC 3326 2). cause 0: none. */
struct sip_reason {
    struct slice protocol;
    unsigned cause;
};
int sip_reason_parse(struct slice text, struct sip_reason *out);

/* Content-Type, and one value of Accept: application/sdp;charset=utf-8 (20.15, 20.1). */
struct sip_media_type {
    struct slice type, subtype, params;
};
int sip_media_type_parse(struct slice text, struct sip_media_type *out);
bool sip_media_type_is(const struct sip_media_type *media, struct slice type, struct slice subtype);

/* Timestamp: the number before the delay, as text (20.38). */
int sip_timestamp_parse(struct slice text, struct slice *out);

#endif
