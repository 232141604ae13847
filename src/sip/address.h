/* sip/address.h - name-addr and addr-spec with parameters: From, To, Contact, Route, Refer-To …
 * (RFC 3261 20.10, 25.1). */
#ifndef SIP_ADDRESS_H
#define SIP_ADDRESS_H

#include "base/buf.h"
#include "base/slice.h"

struct sip_address {
    bool any;             /* Contact: * ; nothing else is set then */
    struct slice display; /* as in the message: without quotes, with escapes; empty: none */
    struct slice uri;     /* without <>; not checked: pass it to sip_uri_parse */
    struct slice params;  /* of the header, not of the URI: ";tag=1", for sip_param; or empty */
    struct slice tag;     /* NULL pointer: none */
};

/* One value of a list; the whole of text must fit. Without <>, all that follows the first ";" is a
 * parameter of the header, and a "?" or "," is an error (RFC 3261 20). A display name without
 * quotes may hold more than tokens: RFC 4475 3.1.2.15 leaves that to us. -EBADMSG: no address. */
int sip_address_parse(struct slice text, struct sip_address *out);

/* Writes the display name as a person would: escapes and folds resolved. */
void sip_address_put_display(struct buf *b, const struct sip_address *address);
/* Writes "display" <uri>; with display empty only <uri>. Quotes and escapes as needed. Fails the
 * buffer where CR, LF or NUL stand in either, or a bracket in the URI. */
void sip_address_put(struct buf *b, struct slice display, struct slice uri);

#endif
