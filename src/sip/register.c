/* sip/register.c - the life of a registration: the table of register_tables.c, stepped here and
 * nowhere else, the REGISTERs it sends, and what their answers mean (RFC 3261 10.2). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sip/account_core.h"
#include "sip/register_pause.h"

static void on_register(void *arg, struct sip_req *req, unsigned told, const struct sip_msg *msg,
                        int err, uint64_t now_ms);
static void failed(struct sip_account *account, unsigned told, int err, uint64_t now_ms);
static void step(struct sip_account *account, enum sip_reg_input input, uint64_t now_ms);

/* --- the request ------------------------------------------------------------------------------ */

/* Where a 3xx has led it; NULL: nowhere. */
static const char *place_of(const struct sip_account *account)
{
    return account->n_places ? account->places[account->n_places - 1] : NULL;
}

struct slice sip_register_hop(const struct sip_account *account)
{
    /* A place that a 3xx named; but all requests go by way of the proxy, where there is one. */
    if (place_of(account) && !account->proxy)
        return slice_of(place_of(account));
    return slice_of(account->hop);
}

size_t sip_register_flows(const struct sip_account *account, const struct sip_flow **out)
{
    *out = account->flows;
    return account->n_flows;
}

/* Challenges have counted it up. */
static void note_cseq(struct sip_account *account)
{
    if (sip_req_cseq(account->req) > account->cseq)
        account->cseq = sip_req_cseq(account->req);
}

/* A copy of it that came behind the next one would undo that at the server. */
static void drop(struct sip_account *account)
{
    if (!account->req)
        return;
    note_cseq(account);
    sip_req_stop(account->req);
    account->req = NULL;
}

/* Whether an answer to the request under way may still come: it has been sent, and it waits for
 * nobody's password. */
static bool is_under_way(const struct sip_account *account)
{
    return account->req && sip_req_tx(account->req) && !sip_req_waits_for_password(account->req);
}

static int set_message(struct sip_account *account, uint64_t now_ms)
{
    struct buf contact = buf_new(SIP_MAX_HEADER_LINE), expires = buf_new(16);
    struct sip_extra extra[] = {{SLICE_INIT("Expires"), {0}},
                                {SLICE_INIT("Supported"), SLICE_INIT("path")}};
    struct slice route = slice_of(account->proxy);
    struct sip_request message = {
        .method = SIP_REGISTER,
        .uri = slice_of(account->registrar),
        .routes = &route,
        .n_routes = account->proxy ? 1 : 0,
        .from = slice_of(account->from),
        .from_tag = slice_of(account->tag),
        .call_id = slice_of(account->call_id),
        .with = SIP_WITH_ALLOW,
        .extra = extra,
        .n_extra = ARRAY_LEN(extra),
    };
    struct buf to = buf_new(SIP_MAX_HEADER_LINE);
    int err;

    if (place_of(account))
        message.uri = slice_of(place_of(account));
    sip_address_put(&to, SLICE(""), slice_of(account->aor));
    buf_putu(&expires, account->taking_back ? 0 : account->wanted_s);
    err = sip_binding_put(account, &contact);
    extra[0].value = buf_slice(&expires);
    message.to = buf_slice(&to);
    message.contact = buf_slice(&contact);
    note_cseq(account);
    message.cseq = ++account->cseq;
    if (!err)
        err = sip_req_set(account->req, &message, now_ms);
    buf_free(&to);
    buf_free(&expires);
    buf_free(&contact);
    return err;
}

bool sip_register_is_at_our_own(const struct sip_account *account)
{
    return !place_of(account) || sip_account_is_own(account, place_of(account));
}

/* As the server sees us now over another way is nothing that we know, and nothing to wait for. */
static void forget_seen(struct sip_account *account)
{
    account->seen = (struct ip){0};
    account->seen_ms = 0;
}

/* The place is known, and with it our own address. */
static int on_place(struct sip_account *account, uint64_t now_ms)
{
    const struct sip_flow *flow = sip_req_flow(account->req);
    int err = 0;

    if (sip_register_is_at_our_own(account)) /* another place is our server when it keeps us */
        sip_account_add_servers(account, account->req);
    if (!account->taking_back) {
        if (!ip_same_host(&flow->local, &account->flow.local) ||
            flow->transport != account->flow.transport)
            forget_seen(account);
        account->flow = *flow;
        err = sip_binding_move(account, flow);
    }
    if (!err)
        err = set_message(account, now_ms);
    if (!err && !account->taking_back) {
        account->stands = true;
        if (account->until_ms < now_ms + (uint64_t)account->wanted_s * 1000)
            account->until_ms = now_ms + (uint64_t)account->wanted_s * 1000;
    }
    return err;
}

/* A refresh goes the way of the last one: an answered flow is worth more than a list of names, and
 * behind a NAT it is the one that calls come by. */
static int find_place(struct sip_account *account, uint64_t now_ms)
{
    int err;

    if (!account->n_flows)
        return sip_req_locate(account->req, sip_register_hop(account), NULL, now_ms);
    err = sip_req_place(account->req, account->flows, account->n_flows, now_ms);
    return err ? err : on_place(account, now_ms);
}

/* The digest of the password goes to our own server only. */
static void use_password(struct sip_account *account)
{
    static const struct ip nobody;

    sip_req_use_account(account->req, account, account->n_places == 0);
    if (!sip_register_is_at_our_own(account))
        sip_req_trust_only(account->req, &nobody);
}

static void send_register(struct sip_account *account, bool taking_back, uint64_t now_ms)
{
    int err = sip_account_save_an_event(account);

    account->taking_back = taking_back;
    account->tried_ms = now_ms;
    if (!err) {
        account->req = sip_req_new(account->ep, &account->reqs, SIP_REGISTER, on_register, account);
        err = account->req ? 0 : -ENOMEM;
    }
    if (!err) {
        sip_req_trust(account->req, account);
        if (account->secure)
            sip_req_only_tls(account->req);
        use_password(account);
        err = find_place(account, now_ms);
    }
    if (err)
        failed(account, SIP_REQ_FAILED, err, now_ms);
}

/* --- its end --------------------------------------------------------------------------------- */

/* What the end of a request says about our bindings. */
static void settle_binding(struct sip_account *account, enum sip_reg_input input, bool answered,
                           uint64_t now_ms)
{
    if (input == SIP_REG_ACCEPTED) {
        sip_binding_settled(account, !account->taking_back);
        account->kept_ms = account->taking_back ? 0 : now_ms;
        account->until_ms = now_ms + (uint64_t)account->grant.seconds * 1000;
    } else if (answered && !account->kept_ms && !account->taking_back) {
        sip_binding_settled(account, false); /* no REGISTER was ever accepted */
    }
}

static void over(struct sip_account *account, enum sip_reg_input input, bool answered,
                 uint64_t now_ms)
{
    settle_binding(account, input, answered, now_ms);
    if (input == SIP_REG_FAILED || input == SIP_REG_DENIED)
        account->n_flows = 0; /* the next one looks for the place anew */
    if (input != SIP_REG_CHANGED) {
        account->raised = false;
        if (input != SIP_REG_ACCEPTED)
            sip_register_forget_places(account);
    }
    step(account, input, now_ms);
}

/* --- sip_req ---------------------------------------------------------------------------------- */

static void failed(struct sip_account *account, unsigned told, int err, uint64_t now_ms)
{
    account->failure = (struct sip_reg_failure){.err = err, .cause = SIP_ACCOUNT_UNREACHABLE};
    if (told & SIP_REQ_TIMEOUT)
        account->failure = (struct sip_reg_failure){.cause = SIP_ACCOUNT_NO_ANSWER};
    else if (told & SIP_REQ_NOT_FOUND)
        account->failure.cause = SIP_ACCOUNT_NOT_FOUND;
    drop(account);
    over(account, SIP_REG_FAILED, !(told & SIP_REQ_TIMEOUT), now_ms);
}

static void on_register(void *arg, struct sip_req *req, unsigned told, const struct sip_msg *msg,
                        int err, uint64_t now_ms)
{
    struct sip_account *account = arg;

    (void)req;
    if (told & SIP_REQ_LOCATED) {
        err = on_place(account, now_ms);
        if (err)
            failed(account, SIP_REQ_FAILED, err, now_ms);
        return;
    }
    if (told & SIP_REQ_RESPONSE && msg->status >= 200) {
        enum sip_reg_input input = sip_register_answer(account, msg, now_ms);
        struct sip_req *answered = account->req;

        /* why it could not be answered lives in the request: it goes when that has been told */
        note_cseq(account);
        account->req = NULL;
        over(account, input, true, now_ms);
        sip_req_free(answered);
        return;
    }
    if (told & SIP_REQ_OVER)
        failed(account, told, err, now_ms);
}

/* --- where we are ----------------------------------------------------------------------------- */

static void on_look(void *arg, struct sip_req *req, unsigned told, const struct sip_msg *msg,
                    int err, uint64_t now_ms)
{
    struct sip_account *account = arg;
    struct sip_flow flow = account->flow;
    const struct sip_flow *flows;
    size_t n = told & SIP_REQ_LOCATED ? sip_req_flows(req, &flows) : 0;
    bool moved = false;

    (void)msg;
    (void)err;
    if (n) {
        flow = flows[0];
        for (size_t i = 0; i < n; i++)
            if (ip_same(&flows[i].remote, &account->flow.remote))
                flow = flows[i]; /* the server that knows us already */
        moved = !ip_same_host(&flow.local, &account->flow.local);
    }
    sip_req_free(req);
    if (!n)
        return; /* no network at all: the next change, or a keep-alive, tells more */
    if (moved) {
        account->flows[0] = flow;
        account->n_flows = 1;
        forget_seen(account);
        step(account, SIP_REG_MOVED, now_ms);
    } else if (now_ms - account->kept_ms >= SIP_REG_LOOK_MS) {
        step(account, SIP_REG_DUE, now_ms); /* the same number may be in another network */
    }
}

static void look(struct sip_account *account, uint64_t now_ms)
{
    sip_account_look_up(account, sip_register_hop(account), on_look, now_ms);
}

/* --- what the table says ---------------------------------------------------------------------- */

static void set_alarm(struct sip_account *account)
{
    uint64_t when = account->due_ms < account->ping_ms ? account->due_ms : account->ping_ms;

    sip_alarm_set(&account->ep->alarms, &account->alarm,
                  when < account->limit_ms ? when : account->limit_ms);
}

static bool is_leaving(enum sip_reg_state state)
{
    return state == SIP_REG_QUITTING || state == SIP_REG_LEAVING || state == SIP_REG_RETURNING;
}

static void enter(struct sip_account *account, enum sip_reg_state state, uint64_t now_ms)
{
    bool waits = state == SIP_REG_KEPT || state == SIP_REG_WAITING;

    if (!waits || state != account->state)
        account->due_ms = NEVER_MS;
    if (state != SIP_REG_KEPT)
        account->ping_ms = NEVER_MS;
    if (!is_leaving(state))
        account->limit_ms = NEVER_MS;
    else if (!is_leaving(account->state))
        account->limit_ms = now_ms + SIP_64T1_MS;
    account->state = state;
}

static void tell_kept(struct sip_account *account)
{
    struct sip_account_event event = {
        .kind = SIP_ACCOUNT_REGISTERED,
        .changed = !account->told,
        .granted_s = account->grant.seconds,
        .n_bindings = account->grant.n_bindings,
        .contact = slice_of(account->contact),
        .flow = account->flow,
    };
    char text[IP_TEXT_MAX];

    if (account->grant.seen.family)
        event.seen_at = slice_of(ip_text(&account->grant.seen, text));
    account->told = true;
    sip_account_tell(account, &event);
}

static void tell_failure(struct sip_account *account, uint64_t now_ms)
{
    const struct sip_reg_failure *failure = &account->failure;
    struct sip_account_event event = {
        .kind = SIP_ACCOUNT_FAILED,
        .cause = failure->cause,
        .status = failure->status,
        .err = failure->err,
        .reason = failure->reason,
        .realm = failure->realm,
        .retry_ms = account->due_ms == NEVER_MS ? NEVER_MS : account->due_ms - now_ms,
    };

    if (failure->cause != SIP_ACCOUNT_NOT_FOUND)
        event.flow = account->flow;
    account->told = false;
    sip_account_tell(account, &event);
}

static void tell_gone(struct sip_account *account)
{
    account->told = false;
    sip_account_tell(account, &(struct sip_account_event){.kind = SIP_ACCOUNT_UNREGISTERED});
}

static uint64_t ping_interval_ms(const struct sip_account *account)
{
    unsigned seconds = account->keep_alive_s                ? account->keep_alive_s
                       : account->flow.transport == SIP_UDP ? SIP_KEEP_ALIVE_UDP_S
                                                            : SIP_KEEP_ALIVE_TCP_S;

    return sip_reg_spread(account->ep->config.rng, (uint64_t)seconds * 1000);
}

/* RFC 5626 4.4.1. The server's CR LF is not waited for: only those with outbound send it. */
static void ping(struct sip_account *account, uint64_t now_ms)
{
    sip_out_send(&account->ep->out, account->ping_key, &account->flow, SIP_SEND_REQUEST,
                 SLICE("\r\n\r\n"));
    account->ping_ms = now_ms + ping_interval_ms(account);
}

static void plan(struct sip_account *account, uint64_t now_ms)
{
    account->due_ms = now_ms + sip_reg_refresh_ms(account->ep->config.rng, account->grant.seconds);
    account->ping_ms = now_ms + ping_interval_ms(account);
    /* To be adopted, and not yet: see below. */
    if (account->seen_ms && sip_binding_is_elsewhere(account, &account->grant.seen) &&
        account->due_ms > account->seen_ms + SIP_REG_ADOPT_MS)
        account->due_ms = account->seen_ms + SIP_REG_ADOPT_MS;
}

static void back_off(struct sip_account *account, enum sip_reg_input input, uint64_t now_ms)
{
    account->due_ms = now_ms + sip_reg_pause_ms(account, input == SIP_REG_LOST, now_ms);
}

/* The server has seen us elsewhere than our Contact says. Adopted once a minute at most, lest a NAT
 * with a new port for each packet has us register without end. */
static bool adopts_seen(struct sip_account *account, uint64_t now_ms)
{
    const struct ip *seen = &account->grant.seen;

    if (account->state != SIP_REG_KEPT || !sip_binding_is_elsewhere(account, seen))
        return false;
    if (account->seen_ms && now_ms - account->seen_ms < SIP_REG_ADOPT_MS)
        return false;
    account->seen = ip_same(seen, &account->flow.local) ? (struct ip){0} : *seen;
    account->seen_ms = now_ms;
    return true;
}

static void leave(struct sip_account *account, uint64_t now_ms)
{
    bool under_way = account->state == SIP_REG_RETURNING || is_under_way(account);
    bool stands = sip_account_is_registered(account) || sip_binding_may_stand(account, now_ms);

    if (account->req && sip_req_waits_for_password(account->req) && !account->kept_ms &&
        !account->n_olds)
        stands = false; /* a challenge was all that ever came */
    if (under_way)
        step(account, SIP_REG_LEAVE_LATER, now_ms);
    else
        step(account, stands ? SIP_REG_LEAVE : SIP_REG_LEAVE_NOW, now_ms);
}

static void act(struct sip_account *account, unsigned actions, enum sip_reg_input input,
                uint64_t now_ms)
{
    if (actions & SIP_REG_DROP)
        drop(account);
    if (actions & SIP_REG_TELL_KEPT)
        tell_kept(account);
    if (actions & SIP_REG_PLAN)
        plan(account, now_ms);
    if (actions & SIP_REG_BACK_OFF)
        back_off(account, input, now_ms);
    if (actions & SIP_REG_TELL_FAIL)
        tell_failure(account, now_ms);
    if (actions & SIP_REG_TELL_GONE)
        tell_gone(account);
    if (actions & SIP_REG_PING)
        ping(account, now_ms);
    if (actions & SIP_REG_LOOK)
        look(account, now_ms);
    set_alarm(account);
    /* These may step again. */
    if (actions & SIP_REG_SEND)
        send_register(account, false, now_ms);
    else if (actions & SIP_REG_TAKE_BACK)
        send_register(account, true, now_ms);
    else if (actions & SIP_REG_GO)
        leave(account, now_ms);
    else if (actions & SIP_REG_PLAN && adopts_seen(account, now_ms))
        step(account, SIP_REG_MOVED, now_ms);
}

/* The one place where the state changes. */
static void step(struct sip_account *account, enum sip_reg_input input, uint64_t now_ms)
{
    struct sip_reg_cell cell = sip_reg_table[account->state][input];

    if (!cell.next)
        return;
    if (account->ep->config.reg_observer)
        account->ep->config.reg_observer(account->ep->config.observer_arg, account->state, input);
    enter(account, cell.next, now_ms);
    act(account, cell.actions, input, now_ms);
}

/* --- time ------------------------------------------------------------------------------------- */

static void on_alarm(struct sip_alarm *alarm, uint64_t now_ms)
{
    struct sip_account *account = LIST_ITEM(alarm, struct sip_account, alarm);

    if (account->limit_ms <= now_ms) {
        account->limit_ms = NEVER_MS;
        step(account, SIP_REG_LIMIT, now_ms);
    } else if (account->due_ms <= now_ms) {
        account->due_ms = NEVER_MS;
        step(account, SIP_REG_DUE, now_ms);
    } else if (account->ping_ms <= now_ms) {
        account->ping_ms = NEVER_MS;
        step(account, SIP_REG_PING_DUE, now_ms);
    }
    set_alarm(account);
}

/* --- life ------------------------------------------------------------------------------------- */

int sip_register_init(struct sip_account *account)
{
    struct sip_endpoint *ep = account->ep;

    list_init(&account->reqs);
    account->state = SIP_REG_OFF;
    account->due_ms = account->ping_ms = account->limit_ms = NEVER_MS;
    account->ping_key = ++ep->last_key;
    rng_token(ep->config.rng, account->call_id, SIP_CALL_ID_CHARS);
    rng_token(ep->config.rng, account->tag, SIP_TAG_CHARS);
    return sip_alarm_init(&ep->alarms, &account->alarm, on_alarm);
}

void sip_register_done(struct sip_account *account)
{
    drop(account);
    sip_register_forget_places(account);
    sip_binding_settled(account, false);
    free(account->contact);
    sip_alarm_done(&account->ep->alarms, &account->alarm);
}

/* --- what the owner asks for ------------------------------------------------------------------ */

static void calm_down(struct sip_account *account)
{
    account->outage_ms = 0;
    account->quick = account->slow = 0;
}

void sip_account_register(struct sip_account *account, uint64_t now_ms)
{
    calm_down(account);
    step(account, SIP_REG_ASKED, now_ms);
    sip_core_sweep(account->ep);
}

void sip_account_unregister(struct sip_account *account, uint64_t now_ms)
{
    leave(account, now_ms);
    sip_core_sweep(account->ep);
}

void sip_account_network_changed(struct sip_account *account, uint64_t now_ms)
{
    if (account->state == SIP_REG_TRYING || account->state == SIP_REG_WAITING) {
        calm_down(account);
        account->n_flows = 0;
    }
    step(account, SIP_REG_NETWORK, now_ms);
    sip_core_sweep(account->ep);
}

bool sip_account_is_registered(const struct sip_account *account)
{
    return account->state == SIP_REG_KEPT || account->state == SIP_REG_REFRESHING;
}

static void lost(struct sip_account *account, uint64_t now_ms)
{
    if (sip_account_is_registered(account))
        account->n_flows = 0;
    step(account, SIP_REG_LOST, now_ms);
}

void sip_register_ping_failed(struct sip_account *account, uint64_t now_ms)
{
    if (account->state == SIP_REG_KEPT)
        lost(account, now_ms);
}

void sip_register_connection_lost(struct sip_account *account, uint64_t connection, uint64_t now_ms)
{
    bool of_request = account->req && sip_req_flow(account->req)->connection == connection;

    if (!connection || (account->flow.connection != connection && !of_request))
        return;
    account->flow.connection = 0;
    if (account->n_flows)
        account->flows[0].connection = 0;
    if (account->seen.family && account->flow.transport != SIP_UDP)
        forget_seen(account); /* it was a port of that connection */
    lost(account, now_ms);
}
