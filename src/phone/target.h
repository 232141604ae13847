/* phone/target.h - from what a person types to the URI that is called. */
#ifndef PHONE_TARGET_H
#define PHONE_TARGET_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/slice.h"

/* Forms: a SIP URI with its scheme; the same without it, alice@host or host:port or an address
 * alone, IPv6 with or without brackets where that is clear; and where domain (HOST or HOST:PORT of
 * an account) is not empty a name or number alone, which becomes sip:NAME@domain, and tel:NUMBER,
 * which becomes sip:NUMBER@domain;user=phone. A number may be written as people print it, with
 * blanks, brackets, hyphens, dots and slashes, which are left out. The URI is appended to uri, its
 * parts are checked by sip_call_invite. Returns 0; with a sentence appended to why: -EINVAL:
 * nothing that can be called; -ENOTSUP: schemes that are not calls; -EDESTADDRREQ: it needs a
 * domain. */
int phone_target(struct slice typed, struct slice domain, struct buf *uri, struct buf *why);
/* Whether it is a telephone number in one of the ways people write it, "+32 (2) 555-01 02": then
 * blanks within make no name of it. */
bool phone_is_number(struct slice typed);

#endif
