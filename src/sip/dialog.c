/* sip/dialog.c - dialog state, route sets and sequence numbers. */
#include "sip/dialog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sip/locate.h"

/* All texts of a dialog lie in one piece of memory, written through this. */
struct writer {
    char *p;
    size_t left;
};

static struct slice keep(struct writer *w, struct slice s)
{
    struct slice kept = {w->p, s.n <= w->left ? s.n : 0};

    if (kept.n)
        memcpy(w->p, s.p, kept.n);
    w->p += kept.n;
    w->left -= kept.n;
    return kept;
}

/* From or To as it stands in our own requests: the URI in brackets, so that parameters stay
 * apart. */
static struct slice keep_address(struct writer *w, const struct sip_address *address)
{
    struct buf b = buf_new(SIP_MAX_HEADER_LINE);
    struct slice kept;

    /* The display name is ours to leave out; the URI is what RFC 3261 12.2.1.1 asks for. */
    sip_address_put(&b, SLICE(""), address->uri);
    kept = keep(w, buf_slice(&b));
    buf_free(&b);
    return kept;
}

static int read_routes(struct sip_dialog *dlg, struct writer *w, const struct sip_msg *msg)
{
    struct sip_values values = sip_msg_values(msg, SIP_HDR_RECORD_ROUTE);
    struct sip_address address;
    struct sip_uri uri;
    struct slice value;

    while (sip_values_next(&values, &value)) {
        if (sip_address_parse(value, &address) || sip_uri_parse(address.uri, &uri))
            return -EBADMSG;
        if (dlg->n_routes == SIP_MAX_ROUTES)
            return -EBADMSG;
        dlg->routes[dlg->n_routes++] = keep(w, value);
    }
    return 0;
}

static void reverse_routes(struct sip_dialog *dlg)
{
    for (size_t i = 0; i < dlg->n_routes / 2; i++) {
        struct slice other = dlg->routes[dlg->n_routes - 1 - i];

        dlg->routes[dlg->n_routes - 1 - i] = dlg->routes[i];
        dlg->routes[i] = other;
    }
}

static struct slice contact_uri(const struct sip_msg *msg)
{
    struct sip_contact contact;
    struct sip_uri uri;

    if (sip_msg_contact(msg, &contact) || contact.address.any)
        return (struct slice){0};
    if (sip_uri_parse(contact.address.uri, &uri))
        return (struct slice){0};
    if (uri.scheme != SIP_SCHEME_SIP && uri.scheme != SIP_SCHEME_SIPS)
        return (struct slice){0};
    return contact.address.uri;
}

static struct sip_dialog *dialog_new(const struct sip_msg *msg, const struct sip_flow *flow,
                                     size_t extra, struct writer *w)
{
    struct sip_dialog *dlg = calloc(1, sizeof *dlg);
    /* Addresses gain two brackets each. */
    size_t room = msg->bytes.n - msg->body.n + extra + 16;

    if (!dlg)
        return NULL;
    w->p = malloc(room);
    w->left = room;
    if (!w->p) {
        free(dlg);
        return NULL;
    }
    dlg->memory = (struct slice){w->p, room};
    dlg->flow = *flow;
    list_init(&dlg->link);
    list_init(&dlg->acks);
    return dlg;
}

int sip_dialog_new_uas(const struct sip_msg *invite, const struct sip_flow *flow,
                       struct slice local_tag, struct sip_dialog **out)
{
    struct slice target = contact_uri(invite);
    struct sip_dialog *dlg;
    struct writer w;
    int err;

    if (!target.n)
        return -EBADMSG; /* RFC 3261 8.1.1.8: an INVITE has exactly one */
    dlg = dialog_new(invite, flow, local_tag.n, &w);
    if (!dlg)
        return -ENOMEM;
    err = read_routes(dlg, &w, invite);
    dlg->call_id = keep(&w, invite->call_id);
    dlg->local = keep_address(&w, &invite->to);
    dlg->remote = keep_address(&w, &invite->from);
    dlg->local_tag = keep(&w, local_tag);
    dlg->remote_tag = keep(&w, invite->from.tag);
    dlg->remote_seq = invite->cseq.number;
    dlg->has_remote_seq = true;
    dlg->target = slice_dup(target);
    if (!err && (!dlg->target || !dlg->local.n || !dlg->remote.n))
        err = -ENOMEM;
    if (err) {
        sip_dialog_free(dlg);
        return err;
    }
    *out = dlg;
    return 0;
}

int sip_dialog_new_uac(const struct sip_msg *response, const struct sip_flow *flow,
                       struct slice local, struct slice target, struct sip_dialog **out)
{
    struct slice contact = contact_uri(response);
    struct sip_dialog *dlg;
    struct writer w;

    dlg = dialog_new(response, flow, local.n, &w);
    if (!dlg)
        return -ENOMEM;
    /* A broken route cannot be helped any more: the call stands, and the ACK is due. */
    if (read_routes(dlg, &w, response))
        dlg->n_routes = 0;
    reverse_routes(dlg);
    dlg->call_id = keep(&w, response->call_id);
    dlg->local = keep(&w, local);
    dlg->remote = keep_address(&w, &response->to);
    dlg->local_tag = keep(&w, response->from.tag);
    dlg->remote_tag = keep(&w, response->to.tag);
    dlg->local_seq = response->cseq.number;
    dlg->target = slice_dup(contact.n ? contact : target);
    if (!dlg->target || !dlg->remote.n) {
        sip_dialog_free(dlg);
        return -ENOMEM;
    }
    *out = dlg;
    return 0;
}

void sip_dialog_free(struct sip_dialog *dlg)
{
    if (!dlg)
        return;
    list_remove(&dlg->link);
    free(dlg->target);
    free((void *)dlg->memory.p);
    free(dlg);
}

bool sip_dialog_is_request(const struct sip_dialog *dlg, const struct sip_msg *request)
{
    return slice_eq(request->call_id, dlg->call_id) && slice_eq(request->to.tag, dlg->local_tag) &&
           slice_eq(request->from.tag, dlg->remote_tag);
}

bool sip_dialog_is_next(const struct sip_dialog *dlg, const struct sip_msg *request)
{
    return !dlg->has_remote_seq || request->cseq.number > dlg->remote_seq;
}

bool sip_dialog_check_seq(struct sip_dialog *dlg, const struct sip_msg *request)
{
    if (!sip_dialog_is_next(dlg, request))
        return false;
    dlg->remote_seq = request->cseq.number;
    dlg->has_remote_seq = true;
    return true;
}

char *sip_dialog_target_in(const struct sip_msg *msg)
{
    struct slice contact = contact_uri(msg);

    return contact.n ? slice_dup(contact) : NULL;
}

void sip_dialog_set_target(struct sip_dialog *dlg, char *target)
{
    if (!target)
        return;
    free(dlg->target);
    dlg->target = target;
}

static bool route_uri(struct slice route, struct sip_uri *uri)
{
    struct sip_address address;

    return !sip_address_parse(route, &address) && !sip_uri_parse(address.uri, uri);
}

static bool is_strict(const struct sip_dialog *dlg)
{
    struct sip_uri uri;

    return dlg->n_routes && route_uri(dlg->routes[0], &uri) && !sip_uri_is_loose_router(&uri);
}

/* Both texts are written before any slice is taken, for the buffer moves as it grows. */
static int put_uris(struct sip_dialog *dlg, bool strict, struct buf *store, size_t *uri_n)
{
    struct sip_uri uri;

    if (strict)
        route_uri(dlg->routes[0], &uri);
    else if (sip_uri_parse(slice_of(dlg->target), &uri))
        return -EBADMSG;
    buf_clear(store);
    sip_uri_put_request(store, &uri);
    *uri_n = store->n;
    if (strict)
        sip_address_put(store, SLICE(""), slice_of(dlg->target));
    return buf_ok(store) ? 0 : -ENOMEM;
}

int sip_dialog_request(struct sip_dialog *dlg, enum sip_method method, uint32_t cseq,
                       struct slice *routes, struct buf *store, struct sip_request *out)
{
    bool strict = is_strict(dlg);
    size_t uri_n, n = 0;
    int err = put_uris(dlg, strict, store, &uri_n);

    if (err)
        return err;
    /* RFC 3261 12.2.1.1: a strict router becomes the Request-URI, and the target the last route. */
    for (size_t i = strict ? 1 : 0; i < dlg->n_routes; i++)
        routes[n++] = dlg->routes[i];
    if (strict)
        routes[n++] = slice_skip(buf_slice(store), uri_n);
    out->method = method;
    out->uri = slice_head(buf_slice(store), uri_n);
    out->routes = routes;
    out->n_routes = n;
    out->from = dlg->local;
    out->from_tag = dlg->local_tag;
    out->to = dlg->remote;
    out->to_tag = dlg->remote_tag;
    out->call_id = dlg->call_id;
    out->cseq = cseq ? cseq : ++dlg->local_seq;
    return 0;
}

struct slice sip_dialog_next_hop(const struct sip_dialog *dlg)
{
    struct sip_uri uri;

    if (dlg->n_routes && route_uri(dlg->routes[0], &uri))
        return uri.text;
    return slice_of(dlg->target);
}

/* 0: ip is the address that the URI has; -ENOENT: it has a name. */
static int address_in(struct slice text, struct ip *ip)
{
    struct sip_locate locate;
    struct sip_uri uri;

    if (sip_uri_parse(text, &uri) || sip_locate_uri(&uri, &locate))
        return -EBADMSG;
    return ip_parse(locate.host, ip) ? -ENOENT : 0;
}

static bool names(struct slice text, const struct ip *source)
{
    struct ip ip;

    return !address_in(text, &ip) && ip_same_host(&ip, source);
}

bool sip_dialog_is_name(struct slice uri)
{
    struct ip ip;

    return address_in(uri, &ip) == -ENOENT;
}

bool sip_dialog_may_come_from(const struct sip_dialog *dlg, const struct ip *source)
{
    if (ip_same_host(&dlg->flow.remote, source))
        return true;
    for (size_t i = 0; i < dlg->n_known; i++)
        if (ip_same_host(&dlg->known[i], source))
            return true;
    return names(sip_dialog_next_hop(dlg), source) || names(slice_of(dlg->target), source);
}

void sip_dialog_remember(struct sip_dialog *dlg, const struct ip *address)
{
    for (size_t i = 0; i < dlg->n_known; i++)
        if (ip_same_host(&dlg->known[i], address))
            return;
    if (ip_same_host(&dlg->flow.remote, address))
        return;
    /* Round and round: the latest four count. */
    memmove(dlg->known + 1, dlg->known, sizeof dlg->known - sizeof *dlg->known);
    dlg->known[0] = *address;
    if (dlg->n_known < ARRAY_LEN(dlg->known))
        dlg->n_known++;
}
