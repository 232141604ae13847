/* sip/lex.h - the small words of RFC 3261 25.1 that every header is made of.
 *
 * White space in values may hold line ends, because folded headers are not copied: CR and LF count
 * as blanks here. sip/parse has seen to it that each is part of a fold. */
#ifndef SIP_LEX_H
#define SIP_LEX_H

#include "base/scan.h"

/* Classes of bytes, to be or-ed together. A table and no functions, because most of the time that a
 * message takes is spent here. */
enum sip_class {
    SIP_TOKEN = 1,     /* alphanum and -.!%*_+`'~ */
    SIP_BLANK = 2,     /* SP, HTAB, and CR and LF of folds */
    SIP_HOST = 4,      /* of a host name or IPv4 address; "_" is tolerated */
    SIP_IPV6 = 8,      /* of an IPv6 address */
    SIP_VALUE = 16,    /* of a parameter's value without quotes */
    SIP_URI = 32,      /* of a URI in <>, at most: sip_uri_parse looks closer */
    SIP_BARE_URI = 64, /* of a URI without <>: no ";" "," "?" */
    SIP_DISPLAY = 128, /* of a display name without quotes */
};
extern const uint8_t sip_classes[256];

static inline bool sip_is(char c, unsigned class)
{
    return sip_classes[(unsigned char)c] & class;
}

/* Whether all bytes are of the class, and there are any. */
bool sip_is_all(struct slice s, unsigned class);
/* One or more bytes of the class; none makes the scan bad. */
struct slice sip_scan_span(struct scan *s, unsigned class);
/* Eats blanks, perhaps none. */
static inline void sip_scan_blanks(struct scan *s)
{
    while (!s->bad && s->rest.n > 0 && sip_is(*s->rest.p, SIP_BLANK)) {
        s->rest.p++;
        s->rest.n--;
    }
}

/* c with blanks on both sides, like SLASH, EQUAL, SEMI; false eats nothing but leading blanks. */
bool sip_scan_sep(struct scan *s, char c);
/* "…" with escapes; yields what is between the quotes, escapes still in it. */
struct slice sip_scan_quoted(struct scan *s);
/* hostname, IPv4 address or [IPv6 reference]; yields an IPv6 address without its brackets and says
 * so in *ipv6, which may be NULL. */
struct slice sip_scan_host(struct scan *s, bool *ipv6);
/* A port: 1 to 65535. */
uint16_t sip_scan_port(struct scan *s);

/* SEMI generic-param (RFC 3261 25.1), one at a time: true and name and value while there is one.
 * value: without quotes; NULL pointer: no "=" there. Stops, without failing, before anything but a
 * semicolon. */
bool sip_scan_param(struct scan *s, struct slice *name, struct slice *value);

/* Looks name up, in any case, in ";a=b;c" as address, Via and others keep it. False: not there.
 * value as above; it may be NULL where only presence matters. */
bool sip_param(struct slice params, struct slice name, struct slice *value);
/* The same in a value whose parameters stand behind its first word: "word;a=b;c". */
bool sip_param_of(struct slice value, struct slice name, struct slice *out);

/* Takes the next element of a comma list off the front of *rest, without blanks around it. Commas
 * in quotes and in <> do not separate; empty elements are passed over. False at the end. */
bool sip_list_next(struct slice *rest, struct slice *element);

#endif
