/* sip/print.h - start lines, headers and bodies into a buffer, and reason phrases.
 *
 * Nothing that is printed can add a line of its own: a name, value or URI with CR, LF or NUL in it
 * fails the buffer (buf_ok). Only sip_put_copied takes values from the network, and unfolds
 * them. */
#ifndef SIP_PRINT_H
#define SIP_PRINT_H

#include "base/buf.h"
#include "sip/header.h"

/* RFC 3261 21 and later ones; for other numbers that of the class, "Not Found" and the like. */
struct slice sip_reason_phrase(unsigned status);

void sip_put_request_line(struct buf *b, struct slice method, struct slice uri);
/* reason empty: the usual phrase. */
void sip_put_status_line(struct buf *b, unsigned status, struct slice reason);
/* "Name: value" and a line end. */
void sip_put_header(struct buf *b, enum sip_hdr id, struct slice value);
void sip_put_header_named(struct buf *b, struct slice name, struct slice value);
void sip_put_header_number(struct buf *b, enum sip_hdr id, uint64_t value);
/* A header whose value came in a message: what ends lines becomes blanks. */
void sip_put_copied(struct buf *b, enum sip_hdr id, struct slice value);
void sip_put_copied_text(struct buf *b, struct slice value); /* the value alone */
/* The value alone, checked, without name and line end. */
void sip_put_text(struct buf *b, struct slice value);
/* Content-Type where there is a body, Content-Length always, the empty line, the body. */
void sip_put_body(struct buf *b, struct slice content_type, struct slice body);

#endif
