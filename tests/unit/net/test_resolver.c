#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "net/resolver.h"
#include "tests/lib/rows.h"

static const struct row {
    const char *name, *host, *ips;
} rows[] = {
    {"IPv4 in digits", "192.0.2.1", "192.0.2.1:5062 "},
    {"IPv6 without brackets", "2001:db8::1", "[2001:db8::1]:5062 "},
    {"IPv6 in brackets, as a URI has it", "[2001:db8::1]", "[2001:db8::1]:5062 "},
    {"localhost is known, RFC 6761 6.3", "localhost", "127.0.0.1:5062 [::1]:5062 "},
    {"in any case", "LocalHost", "127.0.0.1:5062 [::1]:5062 "},
    {"names are to be asked for", "example.org", ""},
    {"localhost of somebody else", "localhost.example.org", ""},
    {"nothing", "", ""},
};

static void at_once(void **state)
{
    const struct row *row = *state;
    struct ip ips[NET_RESOLVE_MAX_IPS];
    size_t n = net_resolve_now(slice_of(row->host), 5062, ips);
    struct buf text = buf_new(1000);

    for (size_t i = 0; i < n; i++) {
        ip_put_with_port(&text, &ips[i]);
        buf_putc(&text, ' ');
    }
    assert_string_equal(buf_cstr(&text), row->ips);
    buf_free(&text);
}

struct fixture {
    struct net_loop *loop;
    struct net_resolver *resolver;
    struct net_lookup *lookup;
    unsigned answers;
    size_t n;
    int err;
    struct ip first;
};

static void on_resolved(void *arg, const struct ip *ips, size_t n, int err)
{
    struct fixture *f = arg;

    f->answers++;
    f->n = n;
    f->err = err;
    if (n)
        f->first = ips[0];
}

static int set_up(void **state)
{
    static struct fixture f;

    f = (struct fixture){0};
    *state = &f;
    return net_loop_new(&f.loop) || net_resolver_new(f.loop, &f.resolver) ? -1 : 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    net_resolver_free(f->resolver);
    net_loop_free(f->loop);
    usleep(100000); /* for threads that nobody waits for: valgrind counts one at exit as a leak */
    return 0;
}

static int ask(struct fixture *f, struct slice host)
{
    return net_lookup_start(f->resolver, host, 5070, on_resolved, f, &f->lookup);
}

/* "127.1" is an address in a form that only the system reads, so that no name server and no
 * /etc/hosts is needed for a true answer. */
static void asks_the_system(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ask(f, SLICE("127.1")), 0);
    assert_int_equal(f->answers, 0); /* never from inside */
    net_loop_run(f->loop);
    assert_int_equal(f->answers, 1);
    assert_int_equal(f->err, 0);
    assert_true(f->n >= 1);
    assert_true(ip_is_loopback(&f->first));
    assert_int_equal(f->first.port, 5070);
}

/* RFC 6761 6.4: .invalid never exists; without a name server the answer is another, but one comes
 * within the limit. */
static void no_such_name(void **state)
{
    struct fixture *f = *state;
    uint64_t start_ms = net_now_ms();

    assert_int_equal(ask(f, SLICE("nobody.invalid")), 0);
    net_loop_run(f->loop);
    assert_int_equal(f->answers, 1);
    assert_int_equal(f->n, 0);
    assert_true(f->err == -ENOENT || f->err == -EAGAIN || f->err == -ETIMEDOUT);
    assert_true(net_now_ms() - start_ms < NET_RESOLVE_LIMIT_MS + 3000);
}

static void cancelled(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ask(f, SLICE("nobody.invalid")), 0);
    net_lookup_cancel(f->lookup);
    net_loop_run(f->loop);
    assert_int_equal(f->answers, 0);
}

static void names_that_are_none(void **state)
{
    struct fixture *f = *state;
    char long_name[257];

    memset(long_name, 'a', sizeof long_name);
    assert_int_equal(ask(f, SLICE("")), -EINVAL);
    assert_int_equal(ask(f, (struct slice){"a\0b", 3}), -EINVAL);
    assert_int_equal(ask(f, (struct slice){long_name, 256}), -EINVAL);
}

#define RESOLVER_TEST(name, f)                                                                     \
    {                                                                                              \
        name, f, set_up, tear_down, NULL                                                           \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        RESOLVER_TEST("no answer comes after cancelling", cancelled),
        RESOLVER_TEST("the system is asked on another thread", asks_the_system),
        RESOLVER_TEST("a name that does not exist", no_such_name),
        RESOLVER_TEST("empty, with a NUL, longer than RFC 1035 allows", names_that_are_none),
    };

    return RUN_ROWS("net/resolver at once", rows, at_once) +
           cmocka_run_group_tests_name("net/resolver", tests, NULL, NULL);
}
