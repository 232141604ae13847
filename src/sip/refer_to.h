/* sip/refer_to.h - what a REFER asks for: Refer-To (RFC 3515 2.1), Replaces in its URI (RFC 3891
 * 3), Referred-By (RFC 3892), Refer-Sub (RFC 4488).
 *
 * All of it is a stranger's wish for a request of ours, so nothing is copied: the URI is written
 * anew as a Request-URI, Replaces from its three parts, of Referred-By the URI alone. Every other
 * header that the URI has is left out. */
#ifndef SIP_REFER_TO_H
#define SIP_REFER_TO_H

#include "base/buf.h"
#include "sip/message.h"

struct sip_refer_to {
    struct buf target;   /* a sip: or sips: URI, without headers and method */
    struct buf replaces; /* the value of our Replaces; empty: none */
    struct buf by;       /* the value of our Referred-By; empty: none */
    bool silent;         /* Refer-Sub: false: no subscription is wanted */
};

/* 0, or the status to refuse it with: 400 where something is missing or broken, 416 for another
 * kind of address, 603 for another method than INVITE, 503 without memory. out is to be freed by
 * sip_refer_to_free either way. */
unsigned sip_refer_to_read(const struct sip_msg *refer, struct sip_refer_to *out);
void sip_refer_to_free(struct sip_refer_to *out);

#endif
