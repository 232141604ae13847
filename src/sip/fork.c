/* sip/fork.c - the dialogs of one INVITE of ours and the ACKs to their 2xx (RFC 3261 13.2.2.4). */
#include "sip/core.h"

static struct sip_dialog *find(const struct sip_call *call, struct slice remote_tag, size_t *n)
{
    *n = 0;
    LIST_EACH (&call->dialogs, at) {
        struct sip_dialog *dlg = LIST_ITEM(at, struct sip_dialog, link);

        ++*n;
        if (slice_eq(dlg->remote_tag, remote_tag))
            return dlg;
    }
    return NULL;
}

void sip_fork_ack(struct sip_call *call, struct sip_dialog *dlg, uint32_t cseq, uint64_t now_ms)
{
    size_t n = 0;

    LIST_EACH (&dlg->acks, at) {
        struct sip_req *ack = sip_req_of(at);

        n++;
        if (sip_req_cseq(ack) == cseq) {
            sip_req_again(ack, now_ms);
            return;
        }
    }
    if (n == SIP_MAX_ACKS)
        sip_req_free(sip_req_of(list_first(&dlg->acks)));
    /* Without memory there is no ACK now; the 2xx comes again, and with it the next chance. */
    sip_call_request(call, dlg, SIP_ACK, cseq, (struct slice){0}, NULL, now_ms);
}

/* The way on which requests in the new dialog may go: that of the INVITE, on the connection that
 * the answer came over. What came back locally may be a port that nobody listens on. */
static struct sip_flow flow_of(const struct sip_call *call)
{
    struct sip_flow flow = *sip_req_flow(call->invite);

    sip_core_note_connection(call->ep, &flow);
    return flow;
}

/* What had our credentials, or would have had them, is our server, and may have them in the dialog
 * too. */
static void note_server(struct sip_call *call)
{
    if (sip_req_account(call->invite))
        call->server = sip_req_flow(call->invite)->remote;
}

static void answered(struct sip_call *call, struct sip_dialog *dlg, const struct sip_msg *msg)
{
    struct sip_call_event event = {.kind = SIP_CALL_ANSWERED,
                                   .status = msg->status,
                                   .flow = dlg->flow,
                                   .takes_info = sip_info_is_allowed(msg)};

    call->dialog = dlg;
    call->state = SIP_CALL_UP;
    sip_call_wait(call, SIP_WAIT_ANSWER, NEVER_MS);
    event.sdp = sip_call_sdp(msg);
    event.reason = msg->reason;
    event.fork = msg->to.tag;
    sip_call_tell(call, &event);
}

void sip_fork_2xx(struct sip_call *call, const struct sip_msg *msg, uint64_t now_ms)
{
    struct sip_flow flow = flow_of(call);
    size_t n;
    struct sip_dialog *dlg = find(call, msg->to.tag, &n);
    bool new = !dlg;

    if (new) {
        if (n == SIP_MAX_FORKS ||
            sip_dialog_new_uac(msg, &flow, slice_of(call->local), slice_of(call->target), &dlg))
            return; /* it will be repeated */
        list_append(&call->dialogs, &dlg->link);
        note_server(call);
    }
    sip_fork_ack(call, dlg, msg->cseq.number, now_ms);
    if (!new)
        return;
    sip_call_wait(call, SIP_WAIT_CANCEL, NEVER_MS);
    if (call->state == SIP_CALL_CALLING)
        answered(call, dlg, msg);
    else
        sip_call_bye(call, dlg, now_ms); /* off the hook with nobody there, else */
}

void sip_fork_stray_2xx(struct sip_endpoint *ep, const struct sip_msg *msg, uint64_t now_ms)
{
    struct sip_call *call = sip_core_call_by_tag(ep, msg->from.tag);
    struct sip_dialog *dlg;
    size_t n;

    if (!call || msg->cseq.method != SIP_INVITE)
        return;
    dlg = find(call, msg->to.tag, &n);
    if (!dlg || !slice_eq(dlg->call_id, msg->call_id) || msg->cseq.number > dlg->local_seq)
        return;
    if (dlg == call->dialog)
        sip_reinvite_late_2xx(call, msg, now_ms);
    else
        sip_fork_ack(call, dlg, msg->cseq.number, now_ms);
}
