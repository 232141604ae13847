/* sip/multipart.h - the part of a multipart body that we can use (RFC 2046 5.1, RFC 5621). */
#ifndef SIP_MULTIPART_H
#define SIP_MULTIPART_H

#include "base/slice.h"

/* The body of the first part of this type; content_type is that of the whole body, multipart/ of
 * any kind. Parts within parts are passed over, and so is what is packed, or encoded for the
 * journey. The part points into body. 0; -ENOENT: there is none; -ENOTSUP: only packed ones;
 * -EBADMSG: no multipart, or no boundary. */
int sip_multipart_find(struct slice body, struct slice content_type, struct slice type,
                       struct slice subtype, struct slice *part);

#endif
