/* Each allocation of the link fails once: the endpoint is told an answer all the same where it looked
 * up a name, who connects is served or closed and then served, and what is sent arrives or is told to
 * have failed. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"
#include "tests/lib/memory.h"
#include "tests/unit/net/straw.h"

static const struct fake_record zone[] = {
    {"NAPTR", "x.test", 60, "1 1 s SIP+D2U _sip._udp.x.test"},
    {"SRV", "_sip._udp.x.test", 60, "1 0 5070 a.test"},
    {"SRV", "_sip._udp.x.test", 60, "2 0 5071 b.test"},
    {"A", "a.test", 60, "127.0.0.2"},
    {"A", "b.test", 60, "127.0.0.3"},
    {0},
};

/* True where an allocation failed. Without one, and without the help of the second try, both
 * places are found. */
static bool locate_with(unsigned nth)
{
    struct sip_out_item *item;
    struct fixture f;
    bool failed;

    straw_set_up(&f, "127.0.0.1:0");
    fake_dns_use(f.dns, zone);
    item = straw_append(&f.endpoint[0], SIP_OUT_LOCATE);
    item->key = 5;
    item->host = strdup("x.test");
    memory_fail_at(nth);
    net_sip_link_pump(f.link[0]);
    WAIT_UNTIL(&f, f.endpoint[0].located == 1);
    failed = memory_has_failed();
    memory_fail_at(0);
    assert_true(f.endpoint[0].n_flows > 0 || f.endpoint[0].located_err < 0);
    if (!failed)
        assert_int_equal(f.endpoint[0].n_flows, 2);
    straw_tear_down(&f);
    return failed;
}

static void locate(void **state)
{
    unsigned n = 1;

    (void)state;
    while (locate_with(n))
        n++;
    assert_true(n > 20);
}

/* --- connections that others open ------------------------------------------------------------- */

/* A stranger is a bare socket, which allocates nothing of ours. */
static int dial(const struct fixture *f)
{
    struct net_sockaddr to = net_sockaddr_of(&f->at[0]);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, &to.u.any, sizeof to.u.v4), 0);
    return fd;
}

static void say(struct fixture *f, int fd, struct slice text)
{
    (void)send(fd, text.p, text.n, MSG_NOSIGNAL);
    straw_turn_for(f, 2);
}

/* Whether its request, which comes in three pieces, arrives; else the connection is closed. */
static bool is_served(struct fixture *f)
{
    size_t before = f->endpoint[0].received;
    struct slice request = SLICE(REQUEST);
    bool served;
    char byte;
    int fd = dial(f);

    say(f, fd, slice_head(request, 10));
    say(f, fd, slice_skip(slice_head(request, 40), 10));
    say(f, fd, slice_skip(request, 40));
    while (f->endpoint[0].received == before && !f->gave_up &&
           recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN)
        straw_turn_for(f, 2);
    assert_false(f->gave_up);
    served = f->endpoint[0].received > before;
    close(fd);
    return served;
}

static bool accept_with(unsigned nth)
{
    struct fixture f;
    bool failed, served;

    straw_set_up(&f, "tcp:127.0.0.1:0");
    memory_fail_at(nth);
    served = is_served(&f);
    failed = memory_has_failed();
    memory_fail_at(0);
    assert_true(served || failed);
    assert_true(is_served(&f));
    WAIT_UNTIL(&f, f.endpoint[0].lost >= 1); /* one that was never begun is none */
    straw_tear_down(&f);
    return failed;
}

static void accepts(void **state)
{
    unsigned n = 1;

    (void)state;
    while (accept_with(n))
        n++;
    assert_true(n > 3);
}

/* --- what is sent ----------------------------------------------------------------------------- */

static const struct way {
    const char *name, *listen;
    enum sip_transport transport;
    unsigned least; /* allocations */
} ways[] = {
    {"a datagram is sent and taken", "127.0.0.1:0", SIP_UDP, 0},
    {"a connection is opened and a request sent", "tcp:127.0.0.1:0", SIP_TCP, 4},
};

static bool send_with(const struct way *way, unsigned nth)
{
    struct sip_out_item *item;
    struct fixture f;
    size_t before;
    bool failed;

    straw_set_up(&f, way->listen);
    item = straw_append(&f.endpoint[0], SIP_OUT_SEND);
    item->key = 7;
    item->how = SIP_SEND_REQUEST;
    item->flow = straw_flow_to(&f, 1, way->transport);
    buf_puts(&item->bytes, REQUEST);
    memory_fail_at(nth);
    straw_pump(&f, 0);
    /* A datagram may be lost at either end, which its sender's timer notices. */
    for (unsigned i = 0; i < 20 && !f.endpoint[1].received && !f.endpoint[0].failed; i++)
        straw_turn_for(&f, 2);
    failed = memory_has_failed();
    memory_fail_at(0);
    if (!failed)
        WAIT_UNTIL(&f, f.endpoint[1].received == 1);
    else if (way->transport == SIP_TCP)
        WAIT_UNTIL(&f, f.endpoint[1].received + f.endpoint[1].lost + f.endpoint[0].failed);
    before = f.endpoint[1].received;
    straw_send(&f, 0, 8, &(struct sip_flow){.transport = way->transport, .remote = f.at[1]},
               REQUEST);
    WAIT_UNTIL(&f, f.endpoint[1].received > before);
    straw_tear_down(&f);
    return failed;
}

static void sends(void **state)
{
    const struct way *way = *state;
    unsigned n = 1;

    while (send_with(way, n))
        n++;
    assert_true(n > way->least);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"a name, with each allocation failing once", locate, NULL, NULL, NULL},
        {"who connects is served, or closed and then served", accepts, NULL, NULL, NULL},
        {ways[0].name, sends, NULL, NULL, (void *)&ways[0]},
        {ways[1].name, sends, NULL, NULL, (void *)&ways[1]},
    };

    return cmocka_run_group_tests_name("net: no memory", tests, NULL, NULL);
}
