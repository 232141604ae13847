/* sip/locator.h - from the name in a URI to the places where its servers are (RFC 3263 4, RFC 7984,
 * RFC 2782), as a state machine.
 *
 * Pure: questions for the DNS come out, answers go in, in any order.
 *
 * NAPTR, the SRV records that are there without it, and the addresses of the name itself are asked
 * for at once, so that the usual host costs one round trip and not four; what they mean is decided
 * in the order of the RFC. Where the machine's own list of hosts has the name, its word is final.
 * A failing question counts as an answer without records, as there are name servers that know
 * nothing of NAPTR or SRV; but if nothing is found at all, the failure is told. */
#ifndef SIP_LOCATOR_H
#define SIP_LOCATOR_H

#include "base/dns.h"
#include "base/rand.h"
#include "sip/locate.h"

struct sip_locator;

struct sip_target {
    enum sip_transport transport;
    struct ip ip; /* with its port */
};

/* what->host is a name, no address. ours: the transports that we have, the dearest first; NAPTR may
 * order them otherwise. rng outlives the locator. -EPROTONOSUPPORT: we have none that the URI may
 * use; -EINVAL: that is no name; -ENOMEM. */
int sip_locator_new(const struct sip_locate *what, const enum sip_transport *ours, size_t n_ours,
                    struct rng *rng, struct sip_locator **out);
void sip_locator_free(struct sip_locator *l); /* NULL is fine */

/* The next question that has not been asked; false: none for now. The list of hosts, which answers
 * at once, comes first. number goes back with the answer;
 * name lives as long as the locator. */
bool sip_locator_ask(struct sip_locator *l, size_t *number, enum dns_type *type, const char **name);
void sip_locator_answer(struct sip_locator *l, size_t number, const struct dns_answer *answer);
/* It takes long: what is missing is given up where there is something to go on with. */
void sip_locator_hurry(struct sip_locator *l);
/* It took too long: everything that is missing is given up. */
void sip_locator_give_up(struct sip_locator *l);
bool sip_locator_done(const struct sip_locator *l);

/* How many targets, at most SIP_MAX_TARGETS, went into out, the first to be tried first; 0: *err
 * says why. */
size_t sip_locator_targets(const struct sip_locator *l, struct sip_target *out, int *err);

#endif
