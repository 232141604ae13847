/* What calls, accounts and addresses are like now: phone_each_call and so on. */
#include "phone/account.h"
#include "phone/conference.h"
#include "phone/phone_private.h"
#include "phone/transfer.h"

static const enum phone_call_phase phases[N_CALL_STATES] = {
    [CALL_REGISTERING] = PHONE_PHASE_WAITING,
    [CALL_LOCATING] = PHONE_PHASE_WAITING,
    [CALL_CALLING] = PHONE_PHASE_CALLING,
    [CALL_ALERTING] = PHONE_PHASE_RINGING,
    [CALL_EARLY] = PHONE_PHASE_RINGING,
    [CALL_INCOMING] = PHONE_PHASE_INCOMING,
    [CALL_REFUSED] = PHONE_PHASE_ENDING,
    [CALL_ANSWERING] = PHONE_PHASE_UP,
    [CALL_UP] = PHONE_PHASE_UP,
    [CALL_TONE] = PHONE_PHASE_ENDING,
    [CALL_CLOSING] = PHONE_PHASE_ENDING,
    [CALL_GONE] = PHONE_PHASE_ENDING,
};

static struct phone_call_state state_of(const struct call *call)
{
    bool up = phases[call->state] == PHONE_PHASE_UP;

    return (struct phone_call_state){
        .call = call->number,
        .phase = phases[call->state],
        .incoming = !call->outgoing,
        .answered = call->answered,
        .on_hold = call->holds,
        .held = call->held,
        .muted = call->muted,
        .device = call->at_device,
        .peer = phone_text(call->peer),
        .peer_name = phone_text(call->peer_name),
        .contact = phone_text(call->contact),
        .account = call->account ? call->account->label : "",
        .codec = call->told_codec,
        .encryption = call_encryption_name(call),
        .call_id = call->sip ? sip_call_id(call->sip) : SLICE(""),
        .play = phone_text(call->play),
        .record = phone_text(call->record),
        .local = call->told_media.local,
        .remote = call->told_media.where,
        .suite = suite_name(call->told_media.suite),
        .signalling_encryption = phone_text(call->safe),
        .conference = conference_number(call),
        .asks_to_call = phone_text(transfer_wanted(call)),
        .up_ms = up && call->answered ? net_now_ms() - call->answered_ms : 0,
    };
}

size_t phone_each_call(const struct phone *phone, uint32_t number,
                       void (*each)(void *arg, const struct phone_call_state *state), void *arg)
{
    size_t n = 0;

    LIST_EACH (&phone->calls, at) {
        const struct call *call = LIST_ITEM(at, struct call, link);
        struct phone_call_state state;

        if ((number && call->number != number) || call->state == CALL_GONE)
            continue;
        state = state_of(call);
        each(arg, &state);
        n++;
    }
    return n;
}

/* Why it is not registered, as far as that has been told. */
static const char *trouble_of(const struct account *account)
{
    if (account->failure_text)
        return account->failure_text;
    return account->password_wanted && !account->command ? "it waits for its password" : "";
}

static struct phone_account_state account_state_of(const struct account *account)
{
    struct phone_account_state state = {
        .account = account->label,
        .peer = account->uri,
        .registers = !account->config->no_register,
        .registered = account->told,
        .text = trouble_of(account),
        .transport = "",
        .our_contact = "",
        .seen_at = "",
        .signalling_encryption = "",
    };

    if (!account->told)
        return state;
    state.server = account->at.server;
    state.transport = account->at.transport;
    state.our_contact = phone_text(account->at.contact);
    state.seen_at = phone_text(account->at.seen_at);
    state.signalling_encryption = phone_text(account->at.safe);
    state.expires_s = account->at.granted_s;
    state.bindings = account->at.bindings;
    return state;
}

size_t phone_each_account(const struct phone *phone,
                          void (*each)(void *arg, const struct phone_account_state *state),
                          void *arg)
{
    size_t n = 0;

    LIST_EACH (&phone->accounts, at) {
        struct phone_account_state state = account_state_of(LIST_ITEM(at, struct account, link));

        each(arg, &state);
        n++;
    }
    return n;
}

size_t phone_each_listening(const struct phone *phone,
                            void (*each)(void *arg, const char *transport, const struct ip *where),
                            void *arg)
{
    enum sip_transport transport;
    struct ip where;
    size_t n = 0;

    for (; net_sip_link_listening(phone->link, n, &transport, &where); n++)
        each(arg, phone_transport_name(transport), &where);
    return n;
}
