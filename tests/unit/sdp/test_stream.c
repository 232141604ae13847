#include "sdp/stream.h"

#include <string.h>

#include "sdp/agree.h"
#include "tests/lib/rows.h"

/* What a host name of c= may lead to; in each row our own address, then the addresses of the name,
 * then the one that is sent to. */
static const struct row {
    const char *name, *ours, *ips[3], *picked;
} rows[] = {
    {"a host", "192.0.2.1", {"192.0.2.2"}, "192.0.2.2"},
    {"the first of several", "192.0.2.1", {"192.0.2.3", "192.0.2.2"}, "192.0.2.3"},
    {"loopback", "127.0.0.1", {"127.0.0.1"}, "127.0.0.1"},
    {"the first of our family", "2001:db8::1", {"192.0.2.2", "2001:db8::2"}, "2001:db8::2"},
    {"none of our family", "192.0.2.1", {"2001:db8::2", "::1"}, NULL},
    {"a group is no host", "192.0.2.1", {"224.2.1.1", "239.255.255.255"}, NULL},
    {"a group of IPv6 is no host", "2001:db8::1", {"ff02::1"}, NULL},
    {"broadcast", "192.0.2.1", {"255.255.255.255"}, NULL},
    {"0.0.0.0", "192.0.2.1", {"0.0.0.0"}, NULL},
    {"::", "2001:db8::1", {"::"}, NULL},
    {"a host behind what is none", "192.0.2.1", {"0.0.0.0", "224.0.0.1", "192.0.2.2"}, "192.0.2.2"},
    {"a name without address", "192.0.2.1", {NULL}, NULL},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct sdp_local us = {0};
    struct ip ips[ARRAY_LEN(row->ips)], wanted;
    const struct ip *picked;
    size_t n = 0;

    assert_int_equal(ip_parse(slice_of(row->ours), &us.address), 0);
    for (; n < ARRAY_LEN(ips) && row->ips[n]; n++)
        assert_int_equal(ip_parse(slice_of(row->ips[n]), &ips[n]), 0);
    picked = sdp_stream_pick(&us, ips, n);
    if (!row->picked) {
        assert_null(picked);
        return;
    }
    assert_non_null(picked);
    assert_int_equal(ip_parse(slice_of(row->picked), &wanted), 0);
    assert_true(ip_same(picked, &wanted));
}

/* c= may name a host (RFC 4566 5.7), whose name has an end. */
static void long_names(void **state)
{
    struct sdp_media media = {.type = SLICE("audio"), .proto = SLICE("RTP/AVP"), .port = 5004};
    struct sdp_local us = {0};
    char name[SDP_MAX_HOST + 1];

    (void)state;
    memset(name, 'a', sizeof name);
    media.connection.host = (struct slice){name, SDP_MAX_HOST};
    assert_true(sdp_media_usable(&media, &us));
    media.connection.host.n++;
    assert_false(sdp_media_usable(&media, &us));
}

int main(void)
{
    const struct CMUnitTest names[] = {cmocka_unit_test(long_names)};

    return RUN_ROWS("sdp/stream", rows, check_row) |
           cmocka_run_group_tests_name("sdp/stream: names", names, NULL, NULL);
}
