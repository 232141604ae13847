/* sip/kept.c - what is kept of the requests in a call, for copies of them that come later. Whoever
 * has a call with us decides how many those are, so there is an end to it; a copy of what has been
 * forgotten is refused by its CSeq number and never done twice. */
#include "sip/core.h"

/* Nobody waits for it: it was answered, and the call waits for no ACK to it. */
static bool may_go(const struct sip_call *call, const struct sip_tx *tx)
{
    uint64_t key = sip_tx_key(tx);

    return !sip_tx_request_of(tx) && key != call->asked.tx_key && key != call->claim.tx_key;
}

/* The oldest go first. */
static void make_room(struct sip_call *call)
{
    size_t n = 0, bytes = 0;

    LIST_EACH (&call->kept, at) {
        n++;
        bytes += sip_tx_bytes(sip_tx_of_kept(at)).n;
    }
    LIST_EACH (&call->kept, at) {
        struct sip_tx *tx = sip_tx_of_kept(at);

        if (n < SIP_MAX_KEPT && bytes <= SIP_MAX_KEPT_BYTES)
            return;
        if (!may_go(call, tx))
            continue;
        n--;
        bytes -= sip_tx_bytes(tx).n;
        sip_tx_forget(tx);
    }
}

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
    make_room(call);
    sip_tx_keep_in(tx, &call->kept);
}

void sip_kept_leave(struct sip_call *call)
{
    LIST_EACH (&call->kept, at)
        list_remove(at);
}
