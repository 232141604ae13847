#include "net/resolver.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/address.h"

/* RFC 1035 2.3.4: a name has at most 255 octets. */
#define MAX_NAME 255

/* Counts threads; lives until the resolver and the last thread have let go of it. */
struct crew {
    atomic_uint holders;
    atomic_uint threads;
};

struct net_resolver {
    struct net_loop *loop;
    struct crew *crew;
};

/* What the thread and the look-up share; the second to let go of it frees it. The thread writes
 * the answer, then one byte into the pipe; the look-up reads the byte, then the answer. */
struct question {
    atomic_uint holders;
    struct crew *crew;
    int pipe[2];
    char host[MAX_NAME + 1];
    struct ip ips[NET_RESOLVE_MAX_IPS];
    size_t n;
    int err;
};

struct net_lookup {
    uv_poll_t poll;
    struct net_deadline *limit;
    struct question *question;
    uint16_t port;
    net_resolved *on_resolved;
    void *arg;
};

static void crew_release(struct crew *crew)
{
    if (atomic_fetch_sub(&crew->holders, 1) == 1)
        free(crew);
}

int net_resolver_new(struct net_loop *loop, struct net_resolver **out)
{
    struct net_resolver *resolver = calloc(1, sizeof *resolver);
    struct crew *crew = calloc(1, sizeof *crew);

    if (!resolver || !crew) {
        free(resolver);
        free(crew);
        return -ENOMEM;
    }
    atomic_store(&crew->holders, 1);
    resolver->loop = loop;
    resolver->crew = crew;
    *out = resolver;
    return 0;
}

void net_resolver_free(struct net_resolver *resolver)
{
    if (!resolver)
        return;
    crew_release(resolver->crew);
    free(resolver);
}

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

static void question_release(struct question *q)
{
    if (atomic_fetch_sub(&q->holders, 1) > 1)
        return;
    close(q->pipe[0]);
    close(q->pipe[1]);
    crew_release(q->crew);
    free(q);
}

static int error_of(int gai_error)
{
    switch (gai_error) {
    case EAI_AGAIN:
    case EAI_FAIL:
        return -EAGAIN;
    case EAI_MEMORY:
        return -ENOMEM;
    case EAI_SYSTEM:
        return errno ? -errno : -EAGAIN;
    default: /* EAI_NONAME, and EAI_NODATA where there is one */
        return -ENOENT;
    }
}

static void ask(struct question *q)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *found = NULL;
    int err;

    errno = 0;
    err = getaddrinfo(q->host, NULL, &hints, &found);
    if (err) {
        q->err = error_of(err);
        return;
    }
    for (const struct addrinfo *at = found; at && q->n < NET_RESOLVE_MAX_IPS; at = at->ai_next) {
        struct ip ip = net_ip_of(at->ai_addr);

        if (ip.family)
            q->ips[q->n++] = ip;
    }
    freeaddrinfo(found);
    if (!q->n)
        q->err = -ENOENT;
}

static void *thread_main(void *arg)
{
    struct question *q = arg;

    ask(q);
    /* The pipe is empty, so one byte always fits; if it is closed nobody waits any more. */
    while (write(q->pipe[1], "", 1) < 0 && errno == EINTR)
        ;
    atomic_fetch_sub(&q->crew->threads, 1);
    question_release(q);
    return NULL;
}

/* Signals stay with the thread of the loop: the new one blocks them all. */
static int start_thread(struct question *q)
{
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;
    int err = pthread_attr_init(&attr);

    if (err)
        return -err;
    atomic_fetch_add(&q->holders, 1);
    atomic_fetch_add(&q->crew->threads, 1);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    err = pthread_create(&thread, &attr, thread_main, q);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    if (err) {
        atomic_fetch_sub(&q->crew->threads, 1);
        question_release(q);
    }
    return -err;
}

static void on_closed(uv_handle_t *handle)
{
    struct net_lookup *lookup = handle->data;

    question_release(lookup->question);
    free(lookup);
}

void net_lookup_cancel(struct net_lookup *lookup)
{
    if (!lookup)
        return;
    net_deadline_free(lookup->limit);
    uv_close((uv_handle_t *)&lookup->poll, on_closed);
}

static void on_limit(void *arg)
{
    struct net_lookup *lookup = arg;

    net_lookup_cancel(lookup);
    lookup->on_resolved(lookup->arg, NULL, 0, -ETIMEDOUT);
}

static void on_answer(uv_poll_t *poll, int status, int events)
{
    struct net_lookup *lookup = poll->data;
    struct question *q = lookup->question;
    char byte;

    (void)status;
    (void)events;
    if (read(q->pipe[0], &byte, 1) != 1)
        return;
    for (size_t i = 0; i < q->n; i++)
        q->ips[i].port = lookup->port;
    net_lookup_cancel(lookup); /* frees it on a later turn; the question lives that long */
    lookup->on_resolved(lookup->arg, q->ips, q->n, q->err);
}

static struct question *question_new(struct crew *crew, struct slice host)
{
    struct question *q = calloc(1, sizeof *q);

    if (!q)
        return NULL;
    if (uv_pipe(q->pipe, UV_NONBLOCK_PIPE, UV_NONBLOCK_PIPE)) {
        free(q);
        return NULL;
    }
    memcpy(q->host, host.p, host.n);
    atomic_store(&q->holders, 1);
    atomic_fetch_add(&crew->holders, 1);
    q->crew = crew;
    return q;
}

/* Lookup and its question, not yet being asked. */
static int lookup_new(struct net_resolver *resolver, struct slice host, struct net_lookup **out)
{
    struct net_lookup *lookup = calloc(1, sizeof *lookup);
    int err;

    if (!lookup)
        return -ENOMEM;
    lookup->question = question_new(resolver->crew, host);
    err = lookup->question ? 0 : -ENOMEM;
    if (!err)
        err = net_deadline_new(resolver->loop, on_limit, lookup, &lookup->limit);
    if (err)
        goto fail;
    err = uv_poll_init(net_loop_uv(resolver->loop), &lookup->poll, lookup->question->pipe[0]);
    if (err)
        goto fail;
    lookup->poll.data = lookup;
    *out = lookup;
    return 0;

fail:
    net_deadline_free(lookup->limit);
    if (lookup->question)
        question_release(lookup->question);
    free(lookup);
    return err;
}

int net_lookup_start(struct net_resolver *resolver, struct slice host, uint16_t port,
                     net_resolved *on_resolved, void *arg, struct net_lookup **out)
{
    struct net_lookup *lookup;
    int err;

    if (!host.n || host.n > MAX_NAME || memchr(host.p, '\0', host.n))
        return -EINVAL;
    if (atomic_load(&resolver->crew->threads) >= NET_RESOLVE_MAX_THREADS)
        return -EAGAIN;
    err = lookup_new(resolver, host, &lookup);
    if (err)
        return err;
    lookup->port = port;
    lookup->on_resolved = on_resolved;
    lookup->arg = arg;
    err = start_thread(lookup->question);
    if (err) {
        net_lookup_cancel(lookup);
        return err;
    }
    net_deadline_set(lookup->limit, net_now_ms() + NET_RESOLVE_LIMIT_MS);
    uv_poll_start(&lookup->poll, UV_READABLE, on_answer);
    *out = lookup;
    return 0;
}
