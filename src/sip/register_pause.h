/* sip/register_pause.h - when a registration is refreshed, and how long it waits after a failure.
 *
 * Two wishes meet: to be back soon after the server is (3 s, for an outage up to a minute), and
 * that a thousand telephones do not keep down a server that has just come back. So everything is
 * spread by chance, and an outage that lasts is asked about less and less often. */
#ifndef SIP_REGISTER_PAUSE_H
#define SIP_REGISTER_PAUSE_H

#include <stdbool.h>

#include "base/rand.h"

struct sip_account;

/* What lasted this long was no flicker: the next failure begins a new outage. */
#define SIP_REG_STABLE_MS 10000u
/* The same address after a change of network is refreshed unless it was just now: changes come in
 * swarms. */
#define SIP_REG_LOOK_MS 2000u
/* An address that the server saw is adopted this often at most. */
#define SIP_REG_ADOPT_MS 60000u
#define SIP_KEEP_ALIVE_UDP_S 25u
#define SIP_KEEP_ALIVE_TCP_S 90u

/* RFC 5626 4.4.1: 80 to 100 % of it. */
uint64_t sip_reg_spread(struct rng *rng, uint64_t ms);
/* From the 2xx to the next REGISTER: at 90 % of the time or 5 s before its end, whichever is
 * earlier, but not before half of it; up to a tenth of that earlier by chance. */
uint64_t sip_reg_refresh_ms(struct rng *rng, unsigned granted_s);
/* From account->failure, or from the loss of the way, to the next REGISTER; counts it. Never 0. */
uint64_t sip_reg_pause_ms(struct sip_account *account, bool lost, uint64_t now_ms);

#endif
