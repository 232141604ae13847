/* sip/binding.c - our entry in the server's list (RFC 3261 10): what Contact we ask for, and which
 * one of those in a 2xx is ours. */
#include <errno.h>
#include <stdlib.h>

#include "sip/account_core.h"

/* --- what we ask for -------------------------------------------------------------------------- */

/* The address that others reach us at. Our own, unless the server has seen us elsewhere: behind a
 * NAT our own address leads nowhere, while the one it has seen is a hole in the NAT that
 * keep-alives hold open. Over TCP the port counts only together with another host: without a NAT it
 * is that of this one connection, and we listen on another. */
static struct ip public_address(const struct sip_account *account, const struct sip_flow *flow)
{
    return account->seen.family ? account->seen : flow->local;
}

int sip_binding_move(struct sip_account *account, const struct sip_flow *flow)
{
    struct buf b = buf_new(SIP_MAX_HEADER_LINE);
    struct ip at = public_address(account, flow);
    char *contact;

    sip_uri_put_contact(&b, slice_of(account->user), &at, flow->transport, account->secure);
    contact = buf_take(&b);
    if (!contact)
        return -ENOMEM;
    if (account->contact && !slice_eq(slice_of(contact), slice_of(account->contact)) &&
        account->stands) {
        /* Round and round: one that is forgotten here expires by itself. */
        if (account->n_olds == SIP_MAX_OLD_CONTACTS)
            free(account->olds[--account->n_olds]);
        account->olds[account->n_olds++] = account->contact;
        account->contact = NULL;
        account->stands = false;
    }
    free(account->contact);
    account->contact = contact;
    return 0;
}

static void put_one(struct buf *b, const char *uri, bool ends)
{
    if (b->n)
        buf_puts(b, ", ");
    buf_printf(b, "<%s>%s", uri, ends ? ";expires=0" : "");
}

/* One that was moved away from and back to again is asked for and not ended. */
static void put_olds(const struct sip_account *account, struct buf *b)
{
    for (size_t i = 0; i < account->n_olds; i++)
        if (!slice_eq(slice_of(account->olds[i]), slice_of(account->contact)))
            put_one(b, account->olds[i], true);
}

int sip_binding_put(const struct sip_account *account, struct buf *b)
{
    put_one(b, account->contact, account->taking_back);
    put_olds(account, b);
    return buf_ok(b) ? 0 : -ENOMEM;
}

void sip_binding_settled(struct sip_account *account, bool stands)
{
    account->stands = stands;
    while (account->n_olds)
        free(account->olds[--account->n_olds]);
}

bool sip_binding_may_stand(const struct sip_account *account, uint64_t now_ms)
{
    return (account->stands || account->n_olds) && now_ms < account->until_ms;
}

/* --- what we are granted ---------------------------------------------------------------------- */

static bool same_user(const struct sip_account *account, const struct sip_uri *uri)
{
    struct buf user = buf_new(SIP_MAX_HEADER_LINE);
    bool same;

    sip_uri_put_unescaped(&user, uri->user);
    same = buf_ok(&user) && slice_eq(buf_slice(&user), slice_of(account->user));
    buf_free(&user);
    return same;
}

/* How well a Contact fits: 2 it is ours by RFC 3261 19.1.4; 1 it has our user part, which nobody
 * else has: some servers write host and parameters anew; 0 another device's. */
static unsigned fits(const struct sip_account *account, const struct sip_contact *contact)
{
    struct sip_uri ours, theirs;

    if (contact->address.any || sip_uri_parse(contact->address.uri, &theirs) ||
        sip_uri_parse(slice_of(account->contact), &ours))
        return 0;
    if (sip_uri_equal(&ours, &theirs))
        return 2;
    return same_user(account, &theirs) ? 1 : 0;
}

static uint64_t expires_header(const struct sip_msg *msg, uint64_t otherwise)
{
    struct slice text = sip_msg_header(msg, SIP_HDR_EXPIRES);
    uint32_t seconds;

    return text.p && !sip_delta_seconds_parse(text, &seconds) ? seconds : otherwise;
}

/* RFC 3261 10.2.1: the address that the topmost Via, ours, came from. */
static struct ip seen(const struct sip_msg *msg)
{
    struct ip at = {0};

    if (!msg->via.received.n && !msg->via.rport_port)
        return at;
    if (ip_parse(msg->via.received.n ? msg->via.received : msg->via.host, &at))
        return (struct ip){0};
    at.port = msg->via.rport_port ? msg->via.rport_port : msg->via.port;
    return at;
}

/* RFC 3261 10.2.4: the list in the 2xx has all bindings of the address of record, and the time of
 * ours is in it, else in Expires, else it is what we have asked for. A server that lists none at
 * all, against 10.3 step 8, but says for how long is believed: some do so. */
bool sip_binding_granted(const struct sip_account *account, const struct sip_msg *msg,
                         struct sip_reg_grant *out)
{
    struct sip_values values = sip_msg_values(msg, SIP_HDR_CONTACT);
    struct sip_reg_grant grant = {.seen = seen(msg)};
    uint64_t granted_s = 0;
    struct slice value;
    unsigned best = 0;

    while (sip_values_next(&values, &value)) {
        struct sip_contact contact;
        unsigned fit;

        if (sip_contact_parse(value, &contact))
            continue;
        grant.n_bindings++;
        fit = fits(account, &contact);
        if (fit <= best)
            continue;
        best = fit;
        granted_s = contact.expires_s != SIP_EXPIRES_NONE ? contact.expires_s
                                                          : expires_header(msg, account->wanted_s);
    }
    if (!grant.n_bindings) {
        granted_s = expires_header(msg, 0);
        grant.n_bindings = 1;
    }
    /* More than we asked for is not ours to rely on (10.3 step 7). */
    grant.seconds = (unsigned)(granted_s < account->wanted_s ? granted_s : account->wanted_s);
    *out = grant;
    return grant.seconds > 0;
}

bool sip_binding_is_elsewhere(const struct sip_account *account, const struct ip *seen_at)
{
    struct ip at = public_address(account, &account->flow);

    if (!seen_at->family || seen_at->family != at.family)
        return false;
    /* Over TCP the port is that of the connection: it says nothing before one was adopted, unless
     * we have none of our own to be called at, as over TLS without a certificate. */
    if (account->flow.transport != SIP_UDP && !account->seen.family && at.port)
        return !ip_same_host(&at, seen_at);
    return !ip_same(&at, seen_at);
}
