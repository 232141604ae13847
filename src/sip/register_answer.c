/* sip/register_answer.c - what the answer to a REGISTER means (RFC 3261 10.2, 21). */
#include <stdlib.h>
#include <string.h>

#include "sip/account_core.h"

/* --- refused ---------------------------------------------------------------------------------- */

void sip_register_forget_places(struct sip_account *account)
{
    while (account->n_places)
        free(account->places[--account->n_places]);
}

/* RFC 3261 8.1.3.4, with the limits that INVITE has: no place twice. False: nowhere. */
static bool is_sent_elsewhere(struct sip_account *account, const struct sip_msg *msg)
{
    struct sip_values values = sip_msg_values(msg, SIP_HDR_CONTACT);
    struct slice value;

    if (msg->status > 302 && msg->status != 305)
        return false;
    while (account->n_places < SIP_MAX_REDIRECTS && sip_values_next(&values, &value)) {
        char *place = sip_redirect_place(value, slice_of(account->registrar), account->places,
                                         account->n_places);

        if (!place)
            continue;
        account->places[account->n_places++] = place;
        account->n_flows = 0;
        return true;
    }
    return false;
}

/* RFC 3261 10.2.8: the same with the time that the server wants at least, once. */
static bool wants_longer(struct sip_account *account, const struct sip_msg *msg)
{
    struct slice text = sip_msg_header(msg, SIP_HDR_MIN_EXPIRES);
    uint32_t seconds;

    if (msg->status != 423 || account->raised || !text.p ||
        sip_delta_seconds_parse(text, &seconds) || seconds <= account->wanted_s ||
        seconds > SIP_MAX_REGISTRATION_S)
        return false;
    account->raised = true;
    account->wanted_s = seconds;
    return true;
}

/* What credentials had to do with the refusal. */
static enum sip_account_cause cause_of(const struct sip_account *account, const struct sip_msg *msg,
                                       struct slice *why)
{
    enum sip_req_credentials credentials = sip_req_credentials(account->req, why);

    if (msg->status == 403)
        return credentials == SIP_REQ_GIVEN ? SIP_ACCOUNT_REFUSED_PASSWORD : SIP_ACCOUNT_REFUSED;
    if (msg->status != 401 && msg->status != 407)
        return SIP_ACCOUNT_REFUSED;
    if (credentials == SIP_REQ_NO_PASSWORD)
        return SIP_ACCOUNT_NO_PASSWORD;
    return credentials == SIP_REQ_CANNOT ? SIP_ACCOUNT_CANNOT_ANSWER : SIP_ACCOUNT_REFUSED_PASSWORD;
}

static uint64_t retry_after_ms(const struct sip_msg *msg)
{
    struct slice text = sip_msg_header(msg, SIP_HDR_RETRY_AFTER);
    struct sip_retry_after after;

    if (!text.p || sip_retry_after_parse(text, &after))
        return 0;
    return (uint64_t)after.seconds * 1000;
}

/* Whether the same REGISTER may do better later. Other 4xx say that it is wrong, and will be. */
static bool is_worth_another(unsigned status, uint64_t pause_ms)
{
    switch (status) {
    case 401:
    case 403:
    case 404:
    case 407:
        return false;
    case 408:
    case 480:
    case 491:
        return true;
    default:
        return status >= 500 || pause_ms > 0;
    }
}

static enum sip_reg_input refusal(struct sip_account *account, const struct sip_msg *msg)
{
    struct sip_reg_failure failure = {.status = msg->status, .reason = msg->reason};
    struct slice why = {0};

    if (msg->status < 400 && is_sent_elsewhere(account, msg))
        return SIP_REG_CHANGED;
    if (wants_longer(account, msg))
        return SIP_REG_CHANGED;
    failure.cause = cause_of(account, msg, &why);
    if (failure.cause != SIP_ACCOUNT_REFUSED)
        failure.realm = sip_auth_realm(account->auth);
    if (failure.cause == SIP_ACCOUNT_CANNOT_ANSWER)
        failure.reason = why;
    failure.pause_ms = retry_after_ms(msg);
    account->failure = failure;
    return is_worth_another(msg->status, failure.pause_ms) ? SIP_REG_FAILED : SIP_REG_DENIED;
}

/* --- accepted --------------------------------------------------------------------------------- */

/* The place that has answered first, then those that were not tried. */
static void keep_flows(struct sip_account *account)
{
    const struct sip_flow *found, *used = sip_req_flow(account->req);
    size_t n = sip_req_flows(account->req, &found), kept = 1;
    struct sip_flow flows[SIP_MAX_TARGETS] = {account->flow};

    for (size_t i = 0; i < n; i++)
        if (&found[i] != used && kept < SIP_MAX_TARGETS)
            flows[kept++] = found[i];
    memcpy(account->flows, flows, sizeof flows);
    account->n_flows = kept;
}

/* Calls for us come from who keeps us, but a stranger does not say by which way ours go, as what is
 * said there of the password would be said to him. */
static void take_server(struct sip_account *account, const struct sip_msg *msg, uint64_t now_ms)
{
    const struct sip_flow *came_by = account->ep->came_by;
    bool own = sip_register_is_at_our_own(account);

    account->host = came_by && !own ? came_by->remote : (struct ip){0};
    if (came_by && own)
        sip_account_add_server(account, &came_by->remote);
    if (own)
        sip_account_take_routes(account, msg, now_ms);
    else
        sip_account_drop_routes(account);
}

static enum sip_reg_input acceptance(struct sip_account *account, const struct sip_msg *msg,
                                     uint64_t now_ms)
{
    struct sip_reg_grant grant;

    if (account->taking_back)
        return SIP_REG_ACCEPTED;
    if (!sip_binding_granted(account, msg, &grant)) {
        account->failure =
            (struct sip_reg_failure){.cause = SIP_ACCOUNT_NOT_KEPT, .status = msg->status};
        return SIP_REG_FAILED;
    }
    account->flow = *sip_req_flow(account->req);
    keep_flows(account);
    sip_account_find_registrar(account, now_ms);
    take_server(account, msg, now_ms);
    account->told &= account->grant.seconds == grant.seconds &&
                     account->grant.n_bindings == grant.n_bindings && !account->n_olds &&
                     ip_same(&account->grant.seen, &grant.seen);
    account->grant = grant;
    return SIP_REG_ACCEPTED;
}

enum sip_reg_input sip_register_answer(struct sip_account *account, const struct sip_msg *msg,
                                       uint64_t now_ms)
{
    return msg->status < 300 ? acceptance(account, msg, now_ms) : refusal(account, msg);
}
