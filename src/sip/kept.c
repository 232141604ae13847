/* sip/kept.c - what is kept of the requests in a call, for copies of them that come later. Whoever
 * has a call with us decides how many those are, so there is an end to it; a copy of what has been
 * forgotten is refused by its CSeq number and never done twice. */
#include "sip/core.h"

/* RFC 3261 14.1: who begins another INVITE has the final answer to the one before, whatever became
 * of its ACK. So one refusal at most is repeated in a call. */
static void forget_refusals(struct sip_call *call)
{
    LIST_EACH (&call->kept, at) {
        struct sip_tx *tx = sip_tx_of_kept(at);

        if (sip_tx_machine(tx) == SIP_TX_INVITE_SERVER && sip_tx_state(tx) == SIP_TX_COMPLETED)
            sip_tx_forget(tx);
    }
}

void sip_kept_add(struct sip_call *call, struct sip_tx *tx)
{
    if (sip_tx_machine(tx) == SIP_TX_INVITE_SERVER)
        forget_refusals(call);
    sip_tx_keep_in(tx, &call->kept);
}

void sip_kept_leave(struct sip_call *call)
{
    LIST_EACH (&call->kept, at)
        list_remove(at);
}
