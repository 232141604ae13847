/* sip/account.c - who we are with a server, and which way our requests to it take. */
#include "sip/account.h"

#include <errno.h>
#include <stdlib.h>

#include "sip/account_core.h"
#include "sip/auth.h"
#include "sip/locate.h"

#define DEFAULT_EXPIRES_S 3600u

/* --- life ------------------------------------------------------------------------------------- */

/* A URI that requests may be sent to. -EINVAL: none; -ENOTSUP: another scheme, or a transport that
 * we lack. */
static int check_uri(struct slice text, struct sip_uri *uri)
{
    struct sip_locate where;

    if (sip_uri_parse(text, uri))
        return -EINVAL;
    return sip_locate_uri(uri, &where) ? -ENOTSUP : 0;
}

/* A Route value without its brackets. */
static struct slice in_brackets(const char *route)
{
    struct slice s = slice_of(route);

    return s.n > 2 ? slice_head(slice_skip(s, 1), s.n - 2) : s;
}

/* The address of record: as it is given, without what may only stand elsewhere (RFC 3261 table 1,
 * and 10.2: no parameters that matter to nobody). */
static int take_aor(struct sip_account *account, const struct sip_account_params *params,
                    struct sip_uri *uri)
{
    struct buf aor = buf_new(SIP_MAX_HEADER_LINE), from = buf_new(SIP_MAX_HEADER_LINE);
    int err = check_uri(params->uri, uri);

    if (err || !uri->user.n)
        return err ? err : -EINVAL;
    sip_uri_put_request(&aor, uri);
    sip_address_put(&from, params->name, buf_slice(&aor));
    account->secure = uri->scheme == SIP_SCHEME_SIPS;
    if (account->secure)
        account->transport = SIP_TLS;
    account->aor = buf_take(&aor);
    account->from = buf_take(&from);
    return account->aor && account->from ? 0 : -ENOMEM;
}

static void put_transport(struct buf *b, const struct sip_uri *uri, enum sip_transport transport)
{
    static const char *const words[] = {
        [SIP_UDP] = ";transport=udp", [SIP_TCP] = ";transport=tcp", [SIP_TLS] = ";transport=tls"};

    if (transport && uri->scheme == SIP_SCHEME_SIP && !sip_uri_param(uri, SLICE("transport"), NULL))
        buf_puts(b, words[transport]);
}

/* Request-URI of REGISTER: a domain, without user part (RFC 3261 10.2). */
static int take_registrar(struct sip_account *account, struct slice text, const struct sip_uri *aor)
{
    struct buf b = buf_new(SIP_MAX_HEADER_LINE), hop = buf_new(SIP_MAX_HEADER_LINE);
    struct sip_uri uri = *aor;
    int err = text.n ? check_uri(text, &uri) : 0;

    if (err)
        return err;
    sip_uri_put_domain(&b, &uri);
    buf_put(&hop, buf_slice(&b));
    put_transport(&hop, &uri, account->transport);
    account->registrar = buf_take(&b);
    account->hop = buf_take(&hop);
    return account->registrar && account->hop ? 0 : -ENOMEM;
}

static int take_proxy(struct sip_account *account, struct slice text)
{
    struct buf b = buf_new(SIP_MAX_HEADER_LINE);
    struct sip_uri uri;
    int err = text.n ? check_uri(text, &uri) : 0;

    if (err || !text.n)
        return err;
    buf_putc(&b, '<');
    sip_uri_put_request(&b, &uri);
    put_transport(&b, &uri, account->transport);
    if (!sip_uri_is_loose_router(&uri))
        buf_puts(&b, ";lr");
    buf_putc(&b, '>');
    account->proxy = buf_take(&b);
    free(account->hop);
    account->hop = account->proxy ? slice_dup(in_brackets(account->proxy)) : NULL;
    return account->hop ? 0 : -ENOMEM;
}

static bool stands_unescaped(struct slice user)
{
    struct buf b = buf_new(SIP_MAX_HEADER_LINE);
    bool same;

    sip_uri_put_user(&b, user);
    same = buf_ok(&b) && slice_eq(buf_slice(&b), user);
    buf_free(&b);
    return same;
}

/* A user part that nobody else has: an INVITE to it was sent to our binding, and among the bindings
 * of a 2xx it is ours whatever the server has done to the rest. */
static void make_user(struct sip_account *account, struct slice user)
{
    size_t n = 0;

    if (user.n > SIP_ACCOUNT_USER_MAX || !stands_unescaped(user))
        user = SLICE("tphone");
    for (; n < user.n; n++)
        account->user[n] = user.p[n];
    account->user[n++] = '-';
    rng_token(account->ep->config.rng, account->user + n, SIP_ACCOUNT_TOKEN);
}

static struct slice host_in(struct slice text)
{
    struct sip_uri uri = {0};

    sip_uri_parse(text, &uri);
    return uri.host;
}

static int make_auth(struct sip_account *account, const struct sip_account_params *params,
                     const struct sip_uri *aor)
{
    struct slice hosts[3] = {aor->host, host_in(slice_of(account->registrar)),
                             host_in(slice_of(account->hop))};
    struct buf user = buf_new(SIP_MAX_HEADER_LINE);

    if (params->auth_user.n)
        buf_put(&user, params->auth_user);
    else
        sip_uri_put_unescaped(&user, aor->user);
    if (buf_ok(&user))
        account->auth = sip_auth_new(account->ep->config.rng, buf_slice(&user), params->realm,
                                     hosts, account->proxy ? 3 : 2);
    buf_free(&user);
    return account->auth ? 0 : -ENOMEM;
}

int sip_account_new(struct sip_endpoint *ep, const struct sip_account_params *params,
                    struct sip_account **out)
{
    struct sip_account *account;
    struct sip_uri aor;
    int err;

    account = calloc(1, sizeof *account);
    if (!account)
        return -ENOMEM;
    list_init(&account->link);
    list_init(&account->lookups);
    account->ep = ep;
    account->owner = params->owner;
    account->transport = params->transport;
    account->trust = params->trust;
    account->wanted_s = params->expires_s ? params->expires_s : DEFAULT_EXPIRES_S;
    account->keep_alive_s = params->keep_alive_s;
    err = sip_register_init(account);
    if (!err)
        err = sip_account_save_an_event(account);
    if (!err)
        err = take_aor(account, params, &aor);
    if (!err)
        err = take_registrar(account, params->registrar, &aor);
    if (!err)
        err = take_proxy(account, params->proxy);
    if (!err)
        err = make_auth(account, params, &aor);
    if (!err) {
        make_user(account, aor.user);
        err = sip_core_add_account(ep, account);
    }
    if (err) {
        sip_account_free(account);
        return err;
    }
    *out = account;
    return 0;
}

static void free_routes(struct sip_account *account)
{
    while (account->n_routes)
        free(account->routes[--account->n_routes]);
}

void sip_account_free(struct sip_account *account)
{
    if (!account)
        return;
    sip_core_remove_account(account->ep, account);
    sip_register_done(account);
    while (!list_empty(&account->lookups))
        sip_req_free(sip_req_of(list_first(&account->lookups)));
    sip_auth_free(account->auth);
    free_routes(account);
    sip_out_item_free(account->spare[0]);
    sip_out_item_free(account->spare[1]);
    free(account->aor);
    free(account->from);
    free(account->registrar);
    free(account->proxy);
    free(account->hop);
    free(account);
}

/* --- events ----------------------------------------------------------------------------------- */

int sip_account_save_an_event(struct sip_account *account)
{
    for (size_t i = 0; i < ARRAY_LEN(account->spare); i++) {
        if (!account->spare[i])
            account->spare[i] = sip_out_account_event_new();
        if (!account->spare[i])
            return -ENOMEM;
    }
    return 0;
}

/* Moves a slice of the event into its store, which is as large as needed already. */
static void move(struct buf *store, struct slice *s)
{
    size_t at = store->n;

    buf_put(store, *s);
    *s = buf_ok(store) && s->n ? slice_skip(buf_slice(store), at) : (struct slice){0};
}

static void fill(struct sip_account_event *to, const struct sip_account_event *from)
{
    struct slice all[] = {from->reason, from->realm, from->contact, from->seen_at};
    struct buf store = to->store;
    size_t total = 0;

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        total += all[i].n;
    buf_room(&store, total);
    store.n = 0;
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        move(&store, &all[i]);
    *to = *from;
    to->reason = all[0];
    to->realm = all[1];
    to->contact = all[2];
    to->seen_at = all[3];
    to->store = store;
}

static bool tell_now(struct sip_account *account, struct sip_out_item *item,
                     const struct sip_account_event *event)
{
    struct sip_account_event whole = *event;

    if (!item)
        return false;
    whole.account = account;
    whole.owner = account->owner;
    fill(item->account_event, &whole);
    sip_out_append(&account->ep->out, item);
    return true;
}

void sip_account_tell(struct sip_account *account, const struct sip_account_event *event)
{
    size_t i = event->kind == SIP_ACCOUNT_UNREGISTERED;
    struct sip_out_item *item = sip_out_account_event_new();

    if (!item) {
        item = account->spare[i];
        account->spare[i] = NULL;
    }
    tell_now(account, item, event);
}

/* --- the password ----------------------------------------------------------------------------- */

struct sip_auth *sip_account_auth(struct sip_account *account)
{
    return account->auth;
}

bool sip_account_wants_password(struct sip_account *account)
{
    struct sip_account_event event = {.kind = SIP_ACCOUNT_PASSWORD_WANTED,
                                      .realm = sip_auth_realm(account->auth)};

    if (!account->password_asked)
        account->password_asked = tell_now(account, sip_out_account_event_new(), &event);
    return account->password_asked;
}

int sip_account_set_password(struct sip_account *account, struct slice password, uint64_t now_ms)
{
    int err = sip_auth_set_password(account->auth, password);

    if (!account->password_asked)
        return err;
    account->password_asked = false;
    sip_core_tell_password(account->ep, account, err || password.p ? err : -ENOENT, now_ms);
    sip_core_sweep(account->ep);
    return err;
}

/* --- the way ---------------------------------------------------------------------------------- */

void sip_account_add_server(struct sip_account *account, const struct ip *address)
{
    if (sip_account_trusts(account, address))
        return;
    memmove(account->servers + 1, account->servers,
            sizeof account->servers - sizeof *account->servers);
    account->servers[0] = *address;
    if (account->n_servers < SIP_MAX_SERVERS)
        account->n_servers++;
}

void sip_account_add_servers(struct sip_account *account, const struct sip_req *req)
{
    const struct sip_flow *flows;
    size_t n = sip_req_flows(req, &flows);

    for (size_t i = 0; i < n; i++)
        sip_account_add_server(account, &flows[i].remote);
}

bool sip_account_trusts(const struct sip_account *account, const struct ip *address)
{
    for (size_t i = 0; i < account->n_servers; i++)
        if (ip_same_host(&account->servers[i], address))
            return true;
    return false;
}

bool sip_account_is_server(const struct sip_account *account, const struct ip *address)
{
    return sip_account_trusts(account, address) || ip_same_host(&account->host, address);
}

static uint16_t port_of(const struct sip_uri *uri)
{
    return uri->port ? uri->port : sip_default_port(sip_uri_transport(uri));
}

/* The same host; and the port, where one is said, for another one may be somebody else's. */
static bool is_at(const struct sip_uri *uri, const char *server)
{
    struct sip_uri other;

    if (sip_uri_parse(slice_of(server), &other) || !slice_ieq(uri->host, other.host))
        return false;
    return !uri->port || port_of(uri) == port_of(&other);
}

/* Everything below a domain belongs to whoever has the domain; an address has nothing below it. */
static bool is_below(struct slice host, struct slice domain)
{
    struct ip address;

    if (host.n <= domain.n || !ip_parse(host, &address) || !domain.n)
        return false;
    return slice_ieq(slice_skip(host, host.n - domain.n), domain) &&
           host.p[host.n - domain.n - 1] == '.';
}

bool sip_account_is_own(const struct sip_account *account, const char *uri)
{
    struct slice host, domain = host_in(slice_of(account->aor));
    struct sip_uri parts;

    if (sip_uri_parse(slice_of(uri), &parts) || sip_uri_param(&parts, SLICE("maddr"), NULL))
        return false; /* it leads elsewhere than it says */
    host = parts.host;
    return slice_ieq(host, domain) || slice_ieq(host, host_in(slice_of(account->registrar))) ||
           slice_ieq(host, host_in(slice_of(account->hop))) || is_below(host, domain);
}

bool sip_account_serves(const struct sip_account *account, struct slice text)
{
    struct sip_uri uri;

    if (account->proxy || account->n_routes)
        return true;
    if (sip_uri_parse(text, &uri) || !uri.host.n || sip_uri_param(&uri, SLICE("maddr"), NULL))
        return false;
    return is_at(&uri, account->aor) || is_at(&uri, account->registrar);
}

/* Where the hosts in the routes are: from there calls for us may come. */
static void on_lookup(void *arg, struct sip_req *req, unsigned told, const struct sip_msg *msg,
                      int err, uint64_t now_ms)
{
    (void)msg;
    (void)err;
    (void)now_ms;
    if (told & SIP_REQ_LOCATED)
        sip_account_add_servers(arg, req);
    sip_req_free(req);
}

void sip_account_look_up(struct sip_account *account, struct slice uri, sip_req_user *on_told,
                         uint64_t now_ms)
{
    struct sip_req *req =
        sip_req_new(account->ep, &account->lookups, SIP_METHOD_OTHER, on_told, account);

    if (req)
        sip_req_trust(req, account);
    if (req && sip_req_locate(req, uri, NULL, now_ms))
        sip_req_free(req);
}

/* One value of Service-Route as a Route value; NULL: broken, or no memory. */
static char *read_route(struct slice value)
{
    struct buf b = buf_new(SIP_MAX_HEADER_LINE);
    struct sip_address address;
    struct sip_uri uri;

    if (sip_address_parse(value, &address) || check_uri(address.uri, &uri))
        return NULL;
    sip_address_put(&b, SLICE(""), uri.text);
    return buf_take(&b);
}

static bool same_routes(const struct sip_account *account, char *const *routes, size_t n)
{
    if (account->n_routes != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!slice_eq(slice_of(account->routes[i]), slice_of(routes[i])))
            return false;
    return true;
}

/* With a proxy in between nobody has asked yet where the registrar is; calls may come from
 * there. */
void sip_account_find_registrar(struct sip_account *account, uint64_t now_ms)
{
    if (!account->proxy || account->registrar_found)
        return;
    account->registrar_found = true;
    sip_account_look_up(account, slice_of(account->registrar), on_lookup, now_ms);
}

void sip_account_drop_routes(struct sip_account *account)
{
    free_routes(account);
}

/* RFC 3608 6.1: the list of the last 2xx, or none. A list that is broken somewhere is no way. */
void sip_account_take_routes(struct sip_account *account, const struct sip_msg *msg,
                             uint64_t now_ms)
{
    struct sip_values values = sip_msg_values(msg, SIP_HDR_SERVICE_ROUTE);
    char *routes[SIP_MAX_ROUTES];
    struct slice value;
    size_t n = 0;
    bool whole = true;

    while (whole && sip_values_next(&values, &value)) {
        whole = n < SIP_MAX_ROUTES && (routes[n] = read_route(value));
        n += whole;
    }
    if (!whole || same_routes(account, routes, n)) {
        while (n)
            free(routes[--n]);
        if (!whole)
            free_routes(account);
        return;
    }
    free_routes(account);
    memcpy(account->routes, routes, n * sizeof *routes);
    account->n_routes = n;
    for (size_t i = 0; i < n && i < SIP_MAX_ROUTES_FOUND; i++)
        sip_account_look_up(account, in_brackets(account->routes[i]), on_lookup, now_ms);
}

/* The URI that a request to target is sent to where there is no route. Who is of our own domain is
 * known to our registrar, wherever that is (RFC 3261 8.1.2 leaves the choice to local policy); all
 * others to their domain (RFC 3263). Over our transport where it is our server's. */
static struct slice hop_to(const struct sip_account *account, struct slice target,
                           struct buf *store)
{
    size_t start = store->n;
    struct sip_uri uri;

    buf_put(store, target);
    if (sip_uri_parse(target, &uri) || !sip_account_serves(account, target))
        return slice_skip(buf_slice(store), start);
    if (is_at(&uri, account->aor))
        return slice_of(account->hop);
    put_transport(store, &uri, account->transport);
    return slice_skip(buf_slice(store), start);
}

/* Whether two URIs lead to the same place (RFC 3263 4). */
static bool same_place(struct slice a, struct slice b)
{
    struct sip_locate at_a, at_b;
    struct sip_uri uri_a, uri_b;

    if (sip_uri_parse(a, &uri_a) || sip_uri_parse(b, &uri_b) || sip_locate_uri(&uri_a, &at_a) ||
        sip_locate_uri(&uri_b, &at_b))
        return false;
    return slice_ieq(at_a.host, at_b.host) && at_a.port == at_b.port &&
           at_a.transport == at_b.transport && at_a.secure == at_b.secure;
}

int sip_account_way(const struct sip_account *account, struct slice target, struct buf *store,
                    struct sip_way *out)
{
    struct sip_uri first;
    size_t n = 0;

    *out = (struct sip_way){.uri = target};
    buf_clear(store);
    /* The room for both texts at once, as slices point into it. */
    if (!buf_room(store, 2 * target.n + 64))
        return -ENOMEM;
    store->n = 0;
    if (account->proxy)
        out->routes[n++] = slice_of(account->proxy);
    for (size_t i = 0; i < account->n_routes; i++)
        out->routes[n++] = slice_of(account->routes[i]);
    out->hop = n ? in_brackets(out->routes[0].p) : hop_to(account, target, store);
    /* RFC 3261 12.2.1.1: a strict router becomes the Request-URI, and the target the last route. */
    if (n && !sip_uri_parse(out->hop, &first) && !sip_uri_is_loose_router(&first)) {
        size_t start = store->n;

        sip_address_put(store, SLICE(""), target);
        memmove(out->routes, out->routes + 1, (n - 1) * sizeof *out->routes);
        out->routes[n - 1] = slice_skip(buf_slice(store), start);
        out->uri = out->hop;
    }
    out->n_routes = n;
    if (sip_account_is_registered(account) && same_place(out->hop, sip_register_hop(account)))
        out->n_flows = sip_register_flows(account, &out->flows);
    return buf_ok(store) ? 0 : -ENOMEM;
}

/* --- for calls -------------------------------------------------------------------------------- */

struct slice sip_account_from(const struct sip_account *account)
{
    return slice_of(account->from);
}

int sip_account_contact(const struct sip_account *account, const struct sip_flow *flow, bool secure,
                        struct buf *b)
{
    bool as_seen = account->seen.family && sip_account_is_registered(account) &&
                   account->flow.transport == flow->transport &&
                   ip_same_host(&account->flow.local, &flow->local) &&
                   sip_account_is_server(account, &flow->remote);

    sip_uri_put_contact(b, slice_of(account->user), as_seen ? &account->seen : &flow->local,
                        flow->transport, secure);
    return buf_ok(b) ? 0 : -ENOMEM;
}

void *sip_account_owner(const struct sip_account *account)
{
    return account->owner;
}
