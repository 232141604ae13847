/* sip/room.c - how long an offer may be: requests of more than 1300 bytes do not go by UDP (RFC
 * 3261 18.1.1), and of some servers nobody answers TCP. */
#include "sip/core.h"

#define BRANCH SIP_BRANCH_COOKIE "12345678901234567890" /* as long as ours are */
#define BODY                                                                                       \
    "100 bytes and more have a Content-Length of three digits, and none that fits in a "           \
    "datagram has four."

/* What is left for the body of message, where it goes on that flow, with credentials where account
 * is asked for them. */
static size_t room_in(const struct sip_call *call, const struct sip_request *message,
                      const struct sip_flow *flow, struct sip_account *account)
{
    struct sip_request whole = *message;
    struct buf b = buf_new(SIP_MAX_MESSAGE);
    size_t bytes;

    whole.transport = SIP_UDP;
    whole.sent_by = flow->local;
    whole.branch = SLICE(BRANCH);
    whole.rport = true;
    whole.user_agent = slice_of(call->ep->config.user_agent);
    whole.content_type = SLICE("application/sdp");
    whole.body = SLICE(BODY);
    bytes = sip_build_request(&b, &whole) ? 0 : b.n - whole.body.n;
    buf_free(&b);
    if (account)
        bytes += sip_auth_bytes(sip_account_auth(account), message->uri);
    return bytes < SIP_MAX_UDP_REQUEST ? SIP_MAX_UDP_REQUEST - bytes : 0;
}

static size_t room_of_invite(const struct sip_call *call)
{
    const struct sip_flow *flow = sip_req_flow(call->invite);
    struct buf store = buf_new(SIP_MAX_MESSAGE);
    struct sip_request message;
    struct sip_way way;
    size_t room = SIZE_MAX;

    if (flow->transport == SIP_UDP && !sip_uac_describe(call, &store, &way, &message))
        room = room_in(call, &message, flow, sip_req_account(call->invite));
    buf_free(&store);
    return room;
}

static size_t room_of_reinvite(const struct sip_call *call)
{
    struct sip_dialog *dlg = call->dialog;
    struct slice routes[SIP_MAX_ROUTES + 1];
    struct buf store = buf_new(SIP_MAX_MESSAGE);
    struct sip_request message = {.contact = slice_of(call->contact), .with = SIP_WITH_US};
    size_t room = SIZE_MAX;

    if (dlg && dlg->flow.transport == SIP_UDP &&
        !sip_dialog_request(dlg, SIP_INVITE, dlg->local_seq + 1, routes, &store, &message))
        room = room_in(call, &message, &dlg->flow, call->outgoing ? call->account : NULL);
    buf_free(&store);
    return room;
}

bool sip_call_is_asked(const struct sip_call *call)
{
    return call->asked.tx_key && call->asked.late_offer;
}

size_t sip_call_room(const struct sip_call *call)
{
    if (call->state == SIP_CALL_OFFERING && call->invite)
        return room_of_invite(call);
    if (call->state == SIP_CALL_UP && !call->asked.late_offer)
        return room_of_reinvite(call);
    return SIZE_MAX;
}
