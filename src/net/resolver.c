/* net/resolver.c - who wants to know what, and what is known. */
#include "net/resolver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/list.h"
#include "base/map.h"
#include "base/timers.h"

#define RESOLV_CONF "/etc/resolv.conf"

/* An answer that is kept, and handed to lookups. */
struct kept {
    unsigned holders;
    struct dns_answer answer;
    void *records; /* what it points to */
};

/* One name and type. */
struct name {
    struct net_resolver *resolver;
    enum dns_type type;
    unsigned asked;      /* questions that c-ares has not answered yet */
    bool one_by_one;     /* each family of addresses has been asked for alone */
    struct kept *kept;   /* NULL: nothing is known */
    uint64_t expires_ms; /* of kept */
    struct list waiters; /* of struct net_lookup, by link */
    size_t key_n;
    char key[1 + DNS_MAX_NAME + 1]; /* type, name in small letters, NUL */
};

struct net_lookup {
    struct list link;   /* in name->waiters, then in resolver->answered */
    struct timer timer; /* patience with addresses, then the limit */
    struct net_resolver *resolver;
    struct name *name;   /* while it waits, else NULL */
    struct kept *answer; /* then; NULL: it came too late */
    uint64_t end_ms;
    net_resolved *on_resolved;
    void *arg;
};

/* What tells one version of a file from another. */
struct version {
    uint64_t inode, size, changed_s, changed_ns;
};

struct net_resolver {
    struct net_resolver_config config;
    struct net_dns_channel *channel; /* NULL until the first question */
    struct version version;          /* of resolv_conf, when it was read */
    struct map names;                /* struct name by key */
    struct list answered;            /* struct net_lookup whose owner has not heard of it */
    struct timers timers;            /* of look-ups that wait */
    size_t n_lookups;
    struct net_deadline *deadline;
    bool freeing; /* answers mean nothing any more */
};

/* The answer to one question of a name. */
struct question {
    struct name *name;
    uint8_t family;
};

size_t net_resolve_now(struct slice host, uint16_t port, struct ip *ips)
{
    static const unsigned char v4[4] = {127, 0, 0, 1};

    if (!ip_parse(host, &ips[0])) {
        ips[0].port = port;
        return 1;
    }
    if (!slice_ieq(host, SLICE("localhost")) && !slice_ieq(host, SLICE("localhost.")))
        return 0;
    ips[0] = (struct ip){.family = 4, .port = port};
    memcpy(ips[0].bytes, v4, sizeof v4);
    ips[1] = (struct ip){.family = 6, .bytes = {[15] = 1}, .port = port};
    return 2;
}

/* --- what is kept ---------------------------------------------------------------------------- */

static void kept_release(struct kept *kept)
{
    if (!kept || --kept->holders)
        return;
    free(kept->records);
    free(kept);
}

static const void *records_of(const struct dns_answer *answer, size_t *bytes)
{
    *bytes = answer->n * (answer->ips   ? sizeof *answer->ips
                          : answer->srv ? sizeof *answer->srv
                                        : sizeof *answer->naptr);
    return answer->ips   ? (const void *)answer->ips
           : answer->srv ? (const void *)answer->srv
                         : (const void *)answer->naptr;
}

/* A copy, or NULL. */
static struct kept *kept_new(const struct dns_answer *answer)
{
    struct kept *kept = calloc(1, sizeof *kept);
    size_t bytes;
    const void *records = records_of(answer, &bytes);

    if (!kept)
        return NULL;
    kept->holders = 1;
    kept->answer = (struct dns_answer){
        .err = answer->n ? 0 : answer->err, .fixed = answer->fixed, .n = answer->n};
    if (!answer->n)
        return kept;
    kept->records = malloc(bytes);
    if (!kept->records) {
        free(kept);
        return NULL;
    }
    memcpy(kept->records, records, bytes);
    kept->answer.ips = answer->ips ? kept->records : NULL;
    kept->answer.srv = answer->srv ? kept->records : NULL;
    kept->answer.naptr = answer->naptr ? kept->records : NULL;
    return kept;
}

static struct slice key_of(const struct name *name)
{
    return (struct slice){name->key, name->key_n};
}

static void name_free(struct name *name)
{
    map_remove(&name->resolver->names, key_of(name));
    kept_release(name->kept);
    free(name);
}

static bool is_idle(const struct name *name)
{
    return !name->asked && list_empty(&name->waiters);
}

/* The one whose answer ends first goes. */
static bool make_room(struct net_resolver *resolver)
{
    struct name *oldest = NULL, *name;
    size_t at = 0;

    if (map_count(&resolver->names) < NET_RESOLVE_MAX_NAMES)
        return true;
    while ((name = map_next(&resolver->names, &at)))
        if (is_idle(name) && (!oldest || name->expires_ms < oldest->expires_ms))
            oldest = name;
    if (oldest)
        name_free(oldest);
    return oldest;
}

static size_t put_key(enum dns_type type, struct slice text, char *key)
{
    key[0] = (char)('0' + type);
    for (size_t i = 0; i < text.n; i++)
        key[1 + i] = text.p[i] >= 'A' && text.p[i] <= 'Z' ? (char)(text.p[i] + 32) : text.p[i];
    key[1 + text.n] = '\0';
    return 1 + text.n;
}

/* The entry of this name, made where there is none; NULL and *err. */
static struct name *name_of(struct net_resolver *resolver, enum dns_type type, struct slice text,
                            int *err)
{
    struct name *name = calloc(1, sizeof *name), *known;

    *err = -ENOMEM;
    if (!name)
        return NULL;
    name->resolver = resolver;
    name->type = type;
    list_init(&name->waiters);
    name->key_n = put_key(type, text, name->key);
    known = map_get(&resolver->names, key_of(name));
    if (!known && make_room(resolver))
        *err = map_put(&resolver->names, key_of(name), name);
    else if (!known)
        *err = -EAGAIN;
    if (!known && !*err)
        return name;
    free(name);
    if (known)
        *err = 0;
    return known;
}

/* --- telling --------------------------------------------------------------------------------- */

static void set_deadline(struct net_resolver *resolver)
{
    bool now = !list_empty(&resolver->answered);

    net_deadline_set(resolver->deadline, now ? 0 : timers_next_ms(&resolver->timers));
}

/* From waiting to answered; the owner hears of it on the next turn. */
static void lookup_answer(struct net_lookup *lookup, struct kept *kept)
{
    if (kept)
        kept->holders++;
    lookup->answer = kept;
    lookup->name = NULL;
    timers_clear(&lookup->resolver->timers, &lookup->timer);
    list_remove(&lookup->link);
    list_append(&lookup->resolver->answered, &lookup->link);
}

static void lookup_free(struct net_lookup *lookup)
{
    timers_clear(&lookup->resolver->timers, &lookup->timer);
    list_remove(&lookup->link);
    lookup->resolver->n_lookups--;
    kept_release(lookup->answer);
    free(lookup);
}

static void tell(struct net_lookup *lookup)
{
    static const struct dns_answer too_late = {.err = -ETIMEDOUT};
    struct kept *kept = lookup->answer;
    net_resolved *on_resolved = lookup->on_resolved;
    void *arg = lookup->arg;

    lookup->answer = NULL;
    lookup_free(lookup);
    on_resolved(arg, kept ? &kept->answer : &too_late);
    kept_release(kept);
}

/* --- asking ---------------------------------------------------------------------------------- */

/* The answer is for all who wait, and is kept for as long as it holds; may free name. */
static void take(struct name *name, const struct dns_answer *answer, uint32_t ttl_s)
{
    uint64_t keep_s = ttl_s < NET_RESOLVE_MAX_TTL_S ? ttl_s : NET_RESOLVE_MAX_TTL_S;
    struct kept *kept = kept_new(answer);

    if (answer->err == -ENOENT)
        keep_s = NET_RESOLVE_NOTHING_S;
    kept_release(name->kept);
    name->kept = kept;
    name->expires_ms = net_now_ms() + keep_s * 1000;
    LIST_EACH (&name->waiters, at)
        lookup_answer(LIST_ITEM(at, struct net_lookup, link), kept);
    set_deadline(name->resolver);
    if (!name->asked && (!kept || !keep_s || (answer->err && answer->err != -ENOENT)))
        name_free(name);
}

static void on_answer(void *arg, const struct dns_answer *answer, uint32_t ttl_s)
{
    struct question *question = arg;
    struct name *name = question->name;

    free(question);
    name->asked--;
    if (name->resolver->freeing || answer->err == -ECANCELED)
        return;
    if (name->kept && name->kept->answer.n && net_now_ms() < name->expires_ms)
        return; /* the other question was quicker */
    if (answer->n || !name->asked)
        take(name, answer, ttl_s);
}

static int ask(struct name *name, uint8_t family)
{
    struct net_resolver *resolver = name->resolver;
    struct question *question = calloc(1, sizeof *question);
    int err;

    if (!question)
        return -ENOMEM;
    *question = (struct question){name, family};
    name->asked++;
    err = net_dns_channel_ask(resolver->channel, name->type, family, name->key + 1, on_answer,
                              question);
    if (err) {
        name->asked--;
        free(question);
    }
    return err;
}

static size_t n_open(const struct net_resolver *resolver)
{
    const struct name *name;
    size_t at = 0, n = 0;

    while ((name = map_next(&resolver->names, &at)))
        n += name->asked > 0;
    return n;
}

/* --- the system's settings ------------------------------------------------------------------- */

static struct version version_of(const char *path)
{
    struct stat st;

    if (stat(path, &st))
        return (struct version){0};
    return (struct version){(uint64_t)st.st_ino, (uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec,
                            (uint64_t)st.st_mtim.tv_nsec};
}

static bool version_same(const struct version *a, const struct version *b)
{
    return a->inode == b->inode && a->size == b->size && a->changed_s == b->changed_s &&
           a->changed_ns == b->changed_ns;
}

static void forget(struct net_resolver *resolver)
{
    struct name *name;
    size_t at = 0;

    while ((name = map_next(&resolver->names, &at)))
        name->expires_ms = 0;
}

static struct name *left_alone(struct net_resolver *resolver)
{
    struct name *name;
    size_t at = 0;

    while ((name = map_next(&resolver->names, &at)))
        if (!name->asked && !list_empty(&name->waiters))
            return name;
    return NULL;
}

/* What waited for the old name servers is asked of the new ones. */
static void ask_again(struct net_resolver *resolver)
{
    static const struct dns_answer no_memory = {.err = -ENOMEM};
    struct name *name;

    while ((name = left_alone(resolver))) {
        name->one_by_one = false;
        if (ask(name, 0))
            take(name, &no_memory, 0);
    }
}

/* A channel that reads the system's settings anew takes the place of the present one. */
static int renew(struct net_resolver *resolver, const struct version *version)
{
    const struct net_resolver_config *config = &resolver->config;
    struct net_dns_channel *channel;
    int err = net_dns_channel_new(config->loop, &config->server, config->resolv_conf, &channel);

    if (err)
        return resolver->channel ? 0 : err;
    net_dns_channel_free(resolver->channel);
    resolver->channel = channel;
    resolver->version = *version;
    forget(resolver);
    ask_again(resolver);
    set_deadline(resolver);
    return 0;
}

static struct version version_now(const struct net_resolver *resolver)
{
    const struct net_resolver_config *config = &resolver->config;

    if (config->server.family)
        return (struct version){0};
    return version_of(config->resolv_conf ? config->resolv_conf : RESOLV_CONF);
}

/* Makes the channel for the first question, and anew where resolv.conf has changed since. */
static int ready(struct net_resolver *resolver)
{
    struct version version = version_now(resolver);

    if (resolver->channel && version_same(&version, &resolver->version))
        return 0;
    return renew(resolver, &version);
}

void net_resolver_network_changed(struct net_resolver *resolver)
{
    struct version version = version_now(resolver);

    if (resolver->channel)
        renew(resolver, &version);
}

/* --- look-ups -------------------------------------------------------------------------------- */

/* Patience is over, or all of the time. */
static void on_timer(struct net_lookup *lookup, uint64_t now_ms)
{
    struct name *name = lookup->name;

    if (now_ms >= lookup->end_ms) {
        lookup_answer(lookup, NULL);
        return;
    }
    timers_set(&lookup->resolver->timers, &lookup->timer, lookup->end_ms);
    if (name->one_by_one)
        return;
    name->one_by_one = true;
    name->asked++; /* so that an answer from inside does not end name */
    ask(name, 4);
    ask(name, 6);
    name->asked--;
}

static void on_due(void *arg)
{
    struct net_resolver *resolver = arg;
    uint64_t now_ms = net_now_ms();
    struct timer *timer;
    struct list *first;

    while ((timer = timers_pop(&resolver->timers, now_ms)))
        on_timer((void *)((char *)timer - offsetof(struct net_lookup, timer)), now_ms);
    while ((first = list_first(&resolver->answered)))
        tell(LIST_ITEM(first, struct net_lookup, link));
    set_deadline(resolver);
}

int net_resolver_new(const struct net_resolver_config *config, struct net_resolver **out)
{
    struct net_resolver *resolver = calloc(1, sizeof *resolver);
    int err;

    if (!resolver)
        return -ENOMEM;
    resolver->config = *config;
    resolver->names = map_new(config->rng);
    list_init(&resolver->answered);
    err = net_deadline_new(config->loop, on_due, resolver, &resolver->deadline);
    if (err) {
        free(resolver);
        return err;
    }
    *out = resolver;
    return 0;
}

void net_resolver_free(struct net_resolver *resolver)
{
    struct name *name;
    size_t at = 0;

    if (!resolver)
        return;
    resolver->freeing = true;
    net_dns_channel_free(resolver->channel);
    while ((name = map_next(&resolver->names, &at))) {
        kept_release(name->kept);
        free(name);
    }
    map_free(&resolver->names);
    timers_free(&resolver->timers);
    net_deadline_free(resolver->deadline);
    free(resolver);
}

/* Appends lookup to those who wait for name, and asks where nobody did yet. */
static int wait_for(struct net_lookup *lookup, struct name *name, uint64_t now_ms)
{
    struct net_resolver *resolver = lookup->resolver;
    int err = -EAGAIN;

    lookup->name = name;
    lookup->end_ms = now_ms + NET_RESOLVE_LIMIT_MS;
    list_append(&name->waiters, &lookup->link);
    timers_set(&resolver->timers, &lookup->timer,
               now_ms +
                   (name->type == DNS_ADDRESS ? NET_RESOLVE_PATIENCE_MS : NET_RESOLVE_LIMIT_MS));
    if (name->asked)
        return 0;
    kept_release(name->kept);
    name->kept = NULL;
    name->one_by_one = false;
    if (n_open(resolver) < NET_RESOLVE_MAX_OPEN)
        err = ask(name, 0); /* which may have answered and freed name */
    if (err) {
        list_remove(&lookup->link);
        name_free(name);
    }
    return err;
}

static struct net_lookup *lookup_new(struct net_resolver *resolver)
{
    struct net_lookup *lookup = calloc(1, sizeof *lookup);

    if (!lookup || timers_reserve(&resolver->timers, resolver->n_lookups + 1)) {
        free(lookup);
        return NULL;
    }
    list_init(&lookup->link);
    lookup->resolver = resolver;
    resolver->n_lookups++;
    return lookup;
}

int net_lookup_start(struct net_resolver *resolver, enum dns_type type, struct slice text,
                     net_resolved *on_resolved, void *arg, struct net_lookup **out)
{
    uint64_t now_ms = net_now_ms();
    struct net_lookup *lookup;
    struct name *name;
    int err;

    if (!text.n || text.n > DNS_MAX_NAME || memchr(text.p, '\0', text.n))
        return -EINVAL;
    err = ready(resolver);
    if (err)
        return err;
    lookup = lookup_new(resolver);
    if (!lookup)
        return -ENOMEM;
    lookup->on_resolved = on_resolved;
    lookup->arg = arg;
    name = name_of(resolver, type, text, &err);
    if (name && name->kept && now_ms < name->expires_ms)
        lookup_answer(lookup, name->kept);
    else if (name)
        err = wait_for(lookup, name, now_ms);
    if (!name || err)
        lookup_free(lookup);
    else
        *out = lookup;
    set_deadline(resolver);
    return err;
}

void net_lookup_cancel(struct net_lookup *lookup)
{
    struct net_resolver *resolver;

    if (!lookup)
        return;
    resolver = lookup->resolver;
    lookup_free(lookup);
    set_deadline(resolver);
}
