/* sip/locator.c - NAPTR, SRV, addresses: the order of RFC 3263 4.1 and 4.2. */
#include "sip/locator.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sip/limits.h"

#define N_TRANSPORTS 3
/* The name's own addresses stand before those of the servers. */
#define MAX_HOSTS (1 + SIP_LOCATE_MAX_SERVERS)

/* How questions are numbered. */
enum { NAPTR_NUMBER = 0, FIRST_SERVICE = 1, FIRST_HOST = FIRST_SERVICE + SIP_LOCATE_MAX_SERVICES };

struct ask {
    bool asked, answered;
};

struct server {
    char name[DNS_MAX_NAME + 1];
    uint16_t port;
};

/* The SRV records of one name, in the order in which they are to be tried. */
struct service {
    struct ask ask;
    enum sip_transport transport;
    char name[DNS_MAX_NAME + 1];
    bool refused; /* RFC 2782: a target of "." */
    struct server servers[SIP_LOCATE_MAX_SERVERS];
    size_t n;
};

struct host {
    struct ask ask;
    const char *name;
    bool fixed;
    struct ip ips[SIP_MAX_TARGETS];
    size_t n;
};

/* A server whose addresses make targets. */
struct place {
    enum sip_transport transport;
    uint16_t port;
    size_t host;
};

struct sip_locator {
    struct rng *rng;
    bool secure;
    enum sip_transport ours[N_TRANSPORTS];
    size_t n_ours;
    enum sip_transport transport; /* where nothing in the DNS says another one */
    uint16_t port;
    char name[DNS_MAX_NAME + 1];

    struct ask naptr;
    struct service services[SIP_LOCATE_MAX_SERVICES];
    size_t n_services;
    size_t order[SIP_LOCATE_MAX_SERVICES]; /* of those that count */
    size_t n_order;
    struct host hosts[MAX_HOSTS];
    size_t n_hosts;

    struct place places[SIP_LOCATE_MAX_SERVERS];
    size_t n_places;
    bool placed; /* places are known, their addresses perhaps not yet */
    int err;     /* of the last question that failed */
};

/* RFC 3263 4.1: what a transport is called in NAPTR and SRV. */
static const struct {
    const char *service, *prefix;
} words[] = {
    [SIP_UDP] = {"SIP+D2U", "_sip._udp."},
    [SIP_TCP] = {"SIP+D2T", "_sip._tcp."},
    [SIP_TLS] = {"SIPS+D2T", "_sips._tcp."},
};

/* --- the order of SRV records, RFC 2782 ------------------------------------------------------ */

/* The sum of the weights of all that are left with this priority. */
static uint32_t weigh(const struct dns_srv *const *left, size_t n, uint16_t priority)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < n; i++)
        if (left[i]->priority == priority)
            sum += left[i]->weight;
    return sum;
}

/* Where the running sum first reaches point; those of weight 0 stand first. */
static size_t choose(const struct dns_srv *const *left, size_t n, uint16_t priority, uint32_t point)
{
    uint32_t sum = 0;

    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < n; i++) {
            if (left[i]->priority != priority || !left[i]->weight != !pass)
                continue;
            sum += left[i]->weight;
            if (sum >= point)
                return i;
        }
    }
    return 0; /* never: point is not above the sum of all */
}

/* Takes the next record out of n that are left. */
static const struct dns_srv *take_next(const struct dns_srv **left, size_t n, struct rng *rng)
{
    uint16_t priority = UINT16_MAX;
    const struct dns_srv *chosen;
    size_t at;

    for (size_t i = 0; i < n; i++)
        priority = left[i]->priority < priority ? left[i]->priority : priority;
    at = choose(left, n, priority, rng_below(rng, weigh(left, n, priority) + 1));
    chosen = left[at];
    memmove(&left[at], &left[at + 1], (n - at - 1) * sizeof *left);
    return chosen;
}

static bool is_root(const char *name)
{
    return !name[0] || !strcmp(name, ".");
}

static void take_srv(struct sip_locator *l, struct service *service,
                     const struct dns_answer *answer)
{
    const struct dns_srv *left[SIP_LOCATE_MAX_RECORDS];
    size_t n = answer->n < SIP_LOCATE_MAX_RECORDS ? answer->n : SIP_LOCATE_MAX_RECORDS;

    for (size_t i = 0; i < n; i++)
        left[i] = &answer->srv[i];
    for (; n && service->n < SIP_LOCATE_MAX_SERVERS; n--) {
        const struct dns_srv *next = take_next(left, n, l->rng);
        struct server *server = &service->servers[service->n];

        if (is_root(next->target)) {
            service->refused = true;
            continue;
        }
        memcpy(server->name, next->target, sizeof server->name);
        server->port = next->port;
        service->n++;
    }
}

/* --- services, RFC 3263 4.1 ------------------------------------------------------------------ */

/* The service of this name over this transport, perhaps a new one; false: there is no room. */
static bool service_of(struct sip_locator *l, const char *prefix, const char *name,
                       enum sip_transport transport, size_t *out)
{
    size_t before = strlen(prefix), n = before + strlen(name);
    struct service *service = &l->services[l->n_services];
    char whole[DNS_MAX_NAME + 1];

    if (n > DNS_MAX_NAME)
        return false;
    memcpy(whole, prefix, before);
    memcpy(whole + before, name, n - before + 1);
    for (*out = 0; *out < l->n_services; ++*out)
        if (l->services[*out].transport == transport &&
            slice_ieq(slice_of(l->services[*out].name), slice_of(whole)))
            return true;
    if (l->n_services == SIP_LOCATE_MAX_SERVICES)
        return false;
    service->transport = transport;
    memcpy(service->name, whole, n + 1);
    l->n_services++;
    return true;
}

static void add_to_order(struct sip_locator *l, size_t service)
{
    for (size_t i = 0; i < l->n_order; i++)
        if (l->order[i] == service)
            return;
    l->order[l->n_order++] = service;
}

/* Without NAPTR each transport of ours is tried, in our own order. */
static void guess_services(struct sip_locator *l, enum sip_transport only)
{
    size_t service;

    for (size_t i = 0; i < l->n_ours; i++)
        if ((!only || only == l->ours[i]) &&
            service_of(l, words[l->ours[i]].prefix, l->name, l->ours[i], &service))
            add_to_order(l, service);
}

static bool have(const struct sip_locator *l, enum sip_transport transport)
{
    for (size_t i = 0; i < l->n_ours; i++)
        if (l->ours[i] == transport)
            return true;
    return false;
}

/* The transport of a record that we can use, or 0. */
static enum sip_transport transport_of(const struct sip_locator *l, const struct dns_naptr *record)
{
    if (!slice_ieq(slice_of(record->flags), SLICE("s")) || record->has_regexp ||
        is_root(record->replacement))
        return 0;
    for (enum sip_transport t = SIP_UDP; t <= SIP_TLS; t++)
        if (slice_ieq(slice_of(record->service), slice_of(words[t].service)))
            return have(l, t) ? t : 0;
    return 0;
}

/* Of the records that we can use and that are not before this one the first; NULL: there is none.
 * RFC 3403 4.1: once a record of some order fits, those of a higher order are out. */
static const struct dns_naptr *next_naptr(const struct sip_locator *l,
                                          const struct dns_answer *answer,
                                          const struct dns_naptr *before)
{
    const struct dns_naptr *next = NULL;

    for (size_t i = 0; i < answer->n && i < SIP_LOCATE_MAX_RECORDS; i++) {
        const struct dns_naptr *r = &answer->naptr[i];

        if (!transport_of(l, r))
            continue;
        if (before && (r->order != before->order || r->preference < before->preference ||
                       (r->preference == before->preference && r <= before)))
            continue;
        if (!next || r->order < next->order ||
            (r->order == next->order && r->preference < next->preference))
            next = r;
    }
    return next;
}

static void take_naptr(struct sip_locator *l, const struct dns_answer *answer)
{
    const struct dns_naptr *record = next_naptr(l, answer, NULL);
    size_t service;

    if (!record)
        return;
    l->n_order = 0;
    l->transport = transport_of(l, record);
    for (; record; record = next_naptr(l, answer, record))
        if (service_of(l, "", record->replacement, transport_of(l, record), &service))
            add_to_order(l, service);
}

/* --- places and their addresses, RFC 3263 4.2 ------------------------------------------------ */

static size_t host_of(struct sip_locator *l, const char *name)
{
    size_t i;

    for (i = 0; i < l->n_hosts; i++)
        if (slice_ieq(slice_of(l->hosts[i].name), slice_of(name)))
            return i;
    l->hosts[l->n_hosts++].name = name;
    return i;
}

static void place_servers(struct sip_locator *l, const struct service *service)
{
    for (size_t i = 0; i < service->n && l->n_places < SIP_LOCATE_MAX_SERVERS; i++) {
        const struct server *server = &service->servers[i];

        l->places[l->n_places++] =
            (struct place){service->transport, server->port, host_of(l, server->name)};
    }
}

/* The name itself, as there are no SRV records. */
static void place_name(struct sip_locator *l)
{
    uint16_t port = l->port ? l->port : sip_default_port(l->transport);

    l->places[0] = (struct place){l->transport, port, 0};
    l->n_places = 1;
    l->placed = true;
}

static bool services_answered(const struct sip_locator *l)
{
    for (size_t i = 0; i < l->n_order; i++)
        if (!l->services[l->order[i]].ask.answered)
            return false;
    return l->naptr.answered;
}

/* Goes on as soon as enough is known. */
static void step(struct sip_locator *l)
{
    bool refused = false;

    if (l->placed)
        return;
    if (l->hosts[0].fixed) {
        place_name(l);
        return;
    }
    if (!services_answered(l))
        return;
    for (size_t i = 0; i < l->n_order; i++) {
        place_servers(l, &l->services[l->order[i]]);
        refused |= l->services[l->order[i]].refused;
    }
    l->placed = true;
    if (!l->n_places && !refused)
        place_name(l);
}

/* --- from outside ---------------------------------------------------------------------------- */

/* A sips: URI is for TLS alone, whatever it says (RFC 3261 26.2.2, RFC 3263 4.1); where exactly,
 * NAPTR may say. */
static void take_ours(struct sip_locator *l, const enum sip_transport *ours, size_t n)
{
    for (size_t i = 0; i < n && l->n_ours < N_TRANSPORTS; i++)
        if (!have(l, ours[i]) && (!l->secure || ours[i] == SIP_TLS))
            l->ours[l->n_ours++] = ours[i];
}

int sip_locator_new(const struct sip_locate *what, const enum sip_transport *ours, size_t n_ours,
                    struct rng *rng, struct sip_locator **out)
{
    enum sip_transport said = what->secure ? 0 : what->transport;
    struct sip_locator *l;

    if (!what->host.n || what->host.n > DNS_MAX_NAME || memchr(what->host.p, '\0', what->host.n))
        return -EINVAL;
    l = calloc(1, sizeof *l);
    if (!l)
        return -ENOMEM;
    l->rng = rng;
    l->secure = what->secure;
    take_ours(l, ours, n_ours);
    if (!l->n_ours || (said && !have(l, said))) {
        free(l);
        return -EPROTONOSUPPORT;
    }
    memcpy(l->name, what->host.p, what->host.n);
    l->transport = said ? said : l->ours[0];
    l->port = what->port;
    host_of(l, l->name);
    /* 4.1: a port leaves nothing to SRV, a transport nothing to NAPTR. */
    l->naptr.asked = l->naptr.answered = said || what->port;
    if (!what->port)
        guess_services(l, said);
    step(l);
    *out = l;
    return 0;
}

void sip_locator_free(struct sip_locator *l)
{
    free(l);
}

static bool take_ask(struct ask *ask)
{
    bool open = !ask->asked;

    ask->asked = true;
    return open;
}

bool sip_locator_ask(struct sip_locator *l, size_t *number, enum dns_type *type, const char **name)
{
    for (size_t i = 0; i < l->n_hosts; i++) {
        if (!take_ask(&l->hosts[i].ask))
            continue;
        *number = FIRST_HOST + i;
        *type = DNS_ADDRESS;
        *name = l->hosts[i].name;
        return true;
    }
    if (!l->placed && take_ask(&l->naptr)) {
        *number = NAPTR_NUMBER;
        *type = DNS_NAPTR;
        *name = l->name;
        return true;
    }
    for (size_t i = 0; i < l->n_services && !l->placed; i++) {
        if (!take_ask(&l->services[i].ask))
            continue;
        *number = FIRST_SERVICE + i;
        *type = DNS_SRV;
        *name = l->services[i].name;
        return true;
    }
    return false;
}

static void take_addresses(struct host *host, const struct dns_answer *answer)
{
    host->fixed = answer->fixed;
    for (size_t i = 0; i < answer->n && host->n < SIP_MAX_TARGETS; i++)
        host->ips[host->n++] = answer->ips[i];
}

static bool take_answer(struct ask *ask)
{
    bool open = !ask->answered;

    ask->answered = true;
    return open;
}

static void take_service(struct sip_locator *l, struct service *service,
                         const struct dns_answer *answer)
{
    if (take_answer(&service->ask))
        take_srv(l, service, answer);
}

void sip_locator_answer(struct sip_locator *l, size_t number, const struct dns_answer *answer)
{
    if (number == NAPTR_NUMBER) {
        if (take_answer(&l->naptr))
            take_naptr(l, answer);
    } else if (number < FIRST_HOST) {
        take_service(l, &l->services[number - FIRST_SERVICE], answer);
    } else if (take_answer(&l->hosts[number - FIRST_HOST].ask)) {
        take_addresses(&l->hosts[number - FIRST_HOST], answer);
    }
    if (number != NAPTR_NUMBER && answer->err && answer->err != -ENOENT)
        l->err = answer->err;
    step(l);
}

static void give_up_services(struct sip_locator *l)
{
    l->naptr.asked = l->naptr.answered = true;
    for (size_t i = 0; i < l->n_services; i++)
        l->services[i].ask.asked = l->services[i].ask.answered = true;
}

static void give_up_hosts(struct sip_locator *l)
{
    for (size_t i = 0; i < l->n_hosts; i++)
        l->hosts[i].ask.asked = l->hosts[i].ask.answered = true;
}

void sip_locator_hurry(struct sip_locator *l)
{
    bool any = false;

    if (!l->placed) {
        for (size_t i = 0; i < l->n_services; i++)
            any |= l->services[i].ask.answered;
        if (any)
            give_up_services(l);
        l->naptr.answered = true;
        step(l);
        return;
    }
    for (size_t i = 0; i < l->n_places; i++)
        any |= l->hosts[l->places[i].host].n > 0;
    if (any)
        give_up_hosts(l);
}

void sip_locator_give_up(struct sip_locator *l)
{
    if (!sip_locator_done(l))
        l->err = -ETIMEDOUT;
    give_up_services(l);
    step(l);
    give_up_hosts(l);
}

bool sip_locator_done(const struct sip_locator *l)
{
    for (size_t i = 0; i < l->n_places; i++)
        if (!l->hosts[l->places[i].host].ask.answered)
            return false;
    return l->placed;
}

static bool is_among(const struct sip_target *targets, size_t n, const struct sip_target *one)
{
    for (size_t i = 0; i < n; i++)
        if (targets[i].transport == one->transport && ip_same(&targets[i].ip, &one->ip))
            return true;
    return false;
}

size_t sip_locator_targets(const struct sip_locator *l, struct sip_target *out, int *err)
{
    size_t each = l->n_places > 1 ? SIP_LOCATE_MAX_ADDRESSES : SIP_MAX_TARGETS, n = 0;

    for (size_t i = 0; i < l->n_places; i++) {
        const struct place *place = &l->places[i];
        const struct host *host = &l->hosts[place->host];

        for (size_t k = 0; k < host->n && k < each && n < SIP_MAX_TARGETS; k++) {
            struct sip_target target = {place->transport, host->ips[k]};

            target.ip.port = place->port;
            if (!is_among(out, n, &target))
                out[n++] = target;
        }
    }
    *err = n ? 0 : l->err ? l->err : -ENOENT;
    return n;
}
