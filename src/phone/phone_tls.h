/* phone/phone_tls.h - whom the phone and its accounts trust over TLS, and what went wrong there. */
#ifndef PHONE_PHONE_TLS_H
#define PHONE_PHONE_TLS_H

#include <stdbool.h>

#include "net/tls.h"
#include "phone/config.h"

struct account;
struct call;
struct phone;
struct sip_flow;

/* Reads the files that the phone's settings and those of its accounts name, so that a fault shows
 * at the start. 0, or a negative errno with a sentence in why. */
int phone_tls_open(struct phone *phone, struct buf *why);
/* The same for one account, which is in phone->accounts already. */
int phone_tls_open_account(struct account *account, struct buf *why);

/* For the link: a number is that of an account, 0: the phone's own. The system's store is opened by
 * the first connection that needs it. */
struct net_tls_context *phone_tls_context(void *arg, unsigned trust);
void phone_tls_not_safe(void *arg, const char *sentence);

/* Why the last connection to whom flow leads could not be made safe; where nothing is known of him
 * that of any; "" where there was none. */
const char *phone_tls_fault(const struct phone *phone, const struct sip_flow *flow);
/* "TLSv1.3, TLS_AES_256_GCM_SHA384, example.org verified by the system store"; "" where flow is
 * none of TLS. Appended to text, whose string is returned. */
const char *phone_tls_put_facts(const struct phone *phone, const struct sip_flow *flow,
                                struct buf *text);
/* The same of a call, as it was last where its connection is closed meanwhile. */
const char *phone_tls_of_call(struct call *call);
/* Whether the next hop of its messages showed a certificate that is good for it. Of a connection
 * that is closed, what phone_tls_of_call found last. */
bool phone_tls_verified(const struct call *call);

#endif
