/* net/dns_channel.c - c-ares on libuv: a poll for each of its sockets, a deadline for its times. */
#include "net/dns_channel.h"

/* What newer versions call deprecated is all that 1.18 has. */
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "net/address.h"
#include "net/dns_ttl.h"

/* RFC 1035 3.2.4, RFC 2782, RFC 3403. */
#define CLASS_IN 1
#define TYPE_SRV 33
#define TYPE_NAPTR 35

struct net_dns_channel {
    struct net_loop *loop;
    struct net_deadline *deadline;
    bool is_due; /* its time is over, and what came meanwhile is being read first */
    ares_channel ares;
    struct list sockets; /* of struct dns_socket */
};

struct dns_socket {
    struct list link;
    struct net_dns_channel *channel;
    uv_poll_t poll;
    ares_socket_t fd;
};

/* One question, which c-ares answers once. */
struct asked {
    enum dns_type type;
    net_dns_answered *on_answer;
    void *arg;
    bool inside; /* of net_dns_channel_ask still */
};

/* --- its sockets and times ------------------------------------------------------------------- */

static void set_deadline(struct net_dns_channel *channel)
{
    struct timeval tv;
    uint64_t in_ms;

    channel->is_due = false;
    if (!ares_timeout(channel->ares, NULL, &tv)) {
        net_deadline_set(channel->deadline, NEVER_MS);
        return;
    }
    in_ms = (uint64_t)tv.tv_sec * 1000 + ((uint64_t)tv.tv_usec + 999) / 1000;
    net_deadline_set(channel->deadline, net_now_ms() + in_ms);
}

/* One that has something to be read, or ARES_SOCKET_BAD. */
static ares_socket_t readable(const struct net_dns_channel *channel)
{
    LIST_EACH (&channel->sockets, at) {
        struct pollfd p = {.fd = LIST_ITEM(at, struct dns_socket, link)->fd, .events = POLLIN};

        if (poll(&p, 1, 0) > 0)
            return p.fd;
    }
    return ARES_SOCKET_BAD;
}

/* Whoever stood still for a while, as a machine does that is suspended or very busy, finds that its
 * time is over before it has read what came in time. So a turn of the loop lies in between. */
static void on_due(void *arg)
{
    struct net_dns_channel *channel = arg;

    if (!channel->is_due) {
        channel->is_due = true;
        net_deadline_set(channel->deadline, net_now_ms() + 1);
        return;
    }
    ares_process_fd(channel->ares, readable(channel), ARES_SOCKET_BAD);
    set_deadline(channel);
}

/* An error on the socket is found by c-ares when it reads. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct dns_socket *s = poll->data;
    struct net_dns_channel *channel = s->channel;
    ares_socket_t fd = s->fd;

    ares_process_fd(channel->ares, status || events & UV_READABLE ? fd : ARES_SOCKET_BAD,
                    status || events & UV_WRITABLE ? fd : ARES_SOCKET_BAD);
    set_deadline(channel); /* the socket may be gone */
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void socket_close(struct dns_socket *s)
{
    list_remove(&s->link);
    uv_close((uv_handle_t *)&s->poll, on_closed);
}

/* Without memory nobody listens, and the question ends by its time. */
static struct dns_socket *socket_new(struct net_dns_channel *channel, ares_socket_t fd)
{
    struct dns_socket *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    if (uv_poll_init(net_loop_uv(channel->loop), &s->poll, fd)) {
        free(s);
        return NULL;
    }
    s->channel = channel;
    s->fd = fd;
    s->poll.data = s;
    list_append(&channel->sockets, &s->link);
    return s;
}

static struct dns_socket *socket_of(struct net_dns_channel *channel, ares_socket_t fd)
{
    LIST_EACH (&channel->sockets, at) {
        struct dns_socket *s = LIST_ITEM(at, struct dns_socket, link);

        if (s->fd == fd)
            return s;
    }
    return NULL;
}

/* c-ares says what it waits for on fd; nothing: it is about to close it. */
static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct net_dns_channel *channel = arg;
    struct dns_socket *s = socket_of(channel, fd);

    if (!readable && !writable) {
        if (s)
            socket_close(s);
        return;
    }
    if (!s)
        s = socket_new(channel, fd);
    if (s)
        uv_poll_start(&s->poll, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0),
                      on_poll);
}

/* --- answers --------------------------------------------------------------------------------- */

static void tell(struct asked *asked, struct dns_answer *answer, uint32_t ttl_s)
{
    if (!answer->n && !answer->err)
        answer->err = -ENOENT;
    asked->on_answer(asked->arg, answer, ttl_s);
    if (!asked->inside)
        free(asked);
    else
        asked->on_answer = NULL;
}

/* The list of hosts is read at once and has no times to live. */
static void on_addresses(void *arg, int status, int timeouts, struct ares_addrinfo *found)
{
    struct asked *asked = arg;
    struct ip ips[NET_DNS_MAX_IPS];
    struct dns_answer answer = {.err = net_dns_error(status), .ips = ips};
    uint32_t ttl_s = UINT32_MAX;

    (void)timeouts;
    for (const struct ares_addrinfo_node *at = found ? found->nodes : NULL; at; at = at->ai_next) {
        struct ip ip = net_ip_of(at->ai_addr);
        uint32_t ttl = at->ai_ttl > 0 ? (uint32_t)at->ai_ttl : 0;

        if (!ip.family || answer.n == NET_DNS_MAX_IPS)
            continue;
        ip.port = 0;
        ips[answer.n++] = ip;
        ttl_s = ttl < ttl_s ? ttl : ttl_s;
    }
    if (found)
        ares_freeaddrinfo(found);
    answer.fixed = answer.n && asked->inside && !ttl_s;
    tell(asked, &answer, ttl_s);
}

static void on_message(void *arg, int status, int timeouts, unsigned char *message, int n)
{
    struct asked *asked = arg;
    struct dns_answer answer = {.err = net_dns_error(status)};
    struct dns_srv srv[NET_DNS_MAX_RECORDS];
    struct dns_naptr naptr[NET_DNS_MAX_RECORDS];

    (void)timeouts;
    if (!answer.err && asked->type == DNS_SRV)
        net_dns_take_srv(message, n, srv, &answer);
    else if (!answer.err)
        net_dns_take_naptr(message, n, naptr, &answer);
    tell(asked, &answer, answer.n ? net_dns_ttl(message, (size_t)n) : 0);
}

/* --- life ------------------------------------------------------------------------------------ */

/* The local list of hosts first, then name servers, whatever else the system may know. */
static int init(struct net_dns_channel *channel, const char *resolv_conf)
{
    char lookups[] = "fb", *path = resolv_conf ? strdup(resolv_conf) : NULL;
    struct ares_options options = {.timeout = NET_DNS_TRY_MS, .tries = NET_DNS_TRIES};
    int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB;
    int status;

    if (resolv_conf && !path)
        return -ENOMEM;
    options.lookups = lookups;
    options.sock_state_cb = on_socket;
    options.sock_state_cb_data = channel;
    options.resolvconf_path = path;
    if (path)
        mask |= ARES_OPT_RESOLVCONF;
    status = ares_init_options(&channel->ares, &options, mask);
    free(path);
    if (status != ARES_SUCCESS)
        channel->ares = NULL;
    return net_dns_error(status);
}

static int set_server(struct net_dns_channel *channel, const struct ip *server)
{
    struct ip at = *server;
    char text[IP_TEXT_MAX];

    at.port = server->port ? server->port : 53;
    return net_dns_error(ares_set_servers_ports_csv(channel->ares, ip_text(&at, text)));
}

int net_dns_channel_new(struct net_loop *loop, const struct ip *server, const char *resolv_conf,
                        struct net_dns_channel **out)
{
    struct net_dns_channel *channel = calloc(1, sizeof *channel);
    int err;

    if (!channel)
        return -ENOMEM;
    channel->loop = loop;
    list_init(&channel->sockets);
    ares_library_init(ARES_LIB_INIT_ALL);
    err = net_deadline_new(loop, on_due, channel, &channel->deadline);
    if (!err)
        err = init(channel, resolv_conf);
    if (!err && server->family)
        err = set_server(channel, server);
    if (err) {
        net_dns_channel_free(channel);
        return err;
    }
    *out = channel;
    return 0;
}

void net_dns_channel_free(struct net_dns_channel *channel)
{
    if (!channel)
        return;
    if (channel->ares)
        ares_destroy(channel->ares);
    LIST_EACH (&channel->sockets, at)
        socket_close(LIST_ITEM(at, struct dns_socket, link));
    net_deadline_free(channel->deadline);
    ares_library_cleanup();
    free(channel);
}

static void ask_addresses(struct net_dns_channel *channel, uint8_t family, const char *name,
                          struct asked *asked)
{
    struct ares_addrinfo_hints hints = {.ai_socktype = SOCK_DGRAM};

    hints.ai_family = family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC;
    ares_getaddrinfo(channel->ares, name, NULL, &hints, on_addresses, asked);
}

int net_dns_channel_ask(struct net_dns_channel *channel, enum dns_type type, uint8_t family,
                        const char *name, net_dns_answered *on_answer, void *arg)
{
    struct asked *asked = calloc(1, sizeof *asked);

    if (!asked)
        return -ENOMEM;
    *asked = (struct asked){type, on_answer, arg, true};
    if (type == DNS_ADDRESS)
        ask_addresses(channel, family, name, asked);
    else
        ares_query(channel->ares, name, CLASS_IN, type == DNS_SRV ? TYPE_SRV : TYPE_NAPTR,
                   on_message, asked);
    asked->inside = false;
    if (!asked->on_answer)
        free(asked);
    set_deadline(channel);
    return 0;
}
