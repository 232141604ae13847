/* sip/accounts.c - all accounts of an endpoint: whose Contact is called, whose keep-alive
 * failed. */
#include "sip/account_core.h"

static struct slice ping_key(const struct sip_account *account)
{
    return (struct slice){(const char *)&account->ping_key, sizeof account->ping_key};
}

int sip_core_add_account(struct sip_endpoint *ep, struct sip_account *account)
{
    int err = map_put(&ep->users, slice_of(account->user), account);

    if (err)
        return err;
    err = map_put(&ep->pings, ping_key(account), account);
    if (err) {
        map_remove(&ep->users, slice_of(account->user));
        return err;
    }
    list_append(&ep->accounts, &account->link);
    return 0;
}

void sip_core_remove_account(struct sip_endpoint *ep, struct sip_account *account)
{
    struct sip_req *req;
    size_t at = 0;

    if (list_empty(&account->link))
        return; /* it was never added */
    list_remove(&account->link);
    map_remove(&ep->users, slice_of(account->user));
    map_remove(&ep->pings, ping_key(account));
    LIST_EACH (&ep->all, call_at) {
        struct sip_call *call = LIST_ITEM(call_at, struct sip_call, link);

        if (call->account == account)
            call->account = NULL;
    }
    while ((req = map_next(&ep->reqs, &at)))
        sip_req_forget_account(req, account);
    LIST_EACH (&ep->out.items, item_at) {
        struct sip_out_item *item = LIST_ITEM(item_at, struct sip_out_item, link);

        if (item->kind != SIP_OUT_ACCOUNT || item->account_event->account != account)
            continue;
        list_remove(&item->link);
        sip_out_item_free(item);
    }
}

struct sip_account *sip_core_account_by_user(const struct sip_endpoint *ep, struct slice user)
{
    struct buf plain = buf_new(SIP_MAX_HEADER_LINE);
    struct sip_account *account = NULL;

    if (!map_count(&ep->users))
        return NULL;
    sip_uri_put_unescaped(&plain, user);
    if (buf_ok(&plain))
        account = map_get(&ep->users, buf_slice(&plain));
    buf_free(&plain);
    return account;
}

static struct sip_req *waiting(const struct sip_endpoint *ep, const struct sip_account *account)
{
    struct sip_req *req;
    size_t at = 0;

    while ((req = map_next(&ep->reqs, &at)))
        if (sip_req_waits_for_password(req) && sip_req_account(req) == account)
            return req;
    return NULL;
}

void sip_core_tell_password(struct sip_endpoint *ep, struct sip_account *account, int err,
                            uint64_t now_ms)
{
    struct sip_req *req;

    /* Each that is told may end, and begin others. */
    while ((req = waiting(ep, account)))
        sip_req_password(req, err, now_ms);
}

void sip_core_ping_failed(struct sip_endpoint *ep, uint64_t key, uint64_t now_ms)
{
    struct sip_account *account =
        map_get(&ep->pings, (struct slice){(const char *)&key, sizeof key});

    if (account)
        sip_register_ping_failed(account, now_ms);
}

bool sip_core_is_leaving(const struct sip_endpoint *ep)
{
    LIST_EACH (&ep->accounts, at) {
        enum sip_reg_state state = LIST_ITEM(at, struct sip_account, link)->state;

        if (state == SIP_REG_QUITTING || state == SIP_REG_LEAVING)
            return true;
    }
    return false;
}

bool sip_core_is_registered_over(const struct sip_endpoint *ep, uint64_t connection)
{
    LIST_EACH (&ep->accounts, at) {
        const struct sip_account *account = LIST_ITEM(at, struct sip_account, link);

        if (sip_account_is_registered(account) && account->flow.connection == connection)
            return true;
    }
    return false;
}
