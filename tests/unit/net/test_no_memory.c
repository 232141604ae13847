/* Names are looked up while allocations fail: the endpoint is told an answer all the same. */
#include <string.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"a name, with each allocation failing once", locate, NULL, NULL, NULL},
    };

    return cmocka_run_group_tests_name("net: no memory", tests, NULL, NULL);
}
