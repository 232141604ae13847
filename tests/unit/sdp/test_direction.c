#include "sdp/direction.h"

#include "tests/lib/rows.h"

/* RFC 3264 6.1, each case of the section. */
static const struct row {
    const char *name;
    enum sdp_direction offered, wanted, answer;
} rows[] = {
    {"sendrecv may be answered by sendrecv", SDP_SENDRECV, SDP_SENDRECV, SDP_SENDRECV},
    {"sendrecv, we hold", SDP_SENDRECV, SDP_SENDONLY, SDP_SENDONLY},
    {"sendrecv, we only listen", SDP_SENDRECV, SDP_RECVONLY, SDP_RECVONLY},
    {"sendrecv, we want nothing", SDP_SENDRECV, SDP_INACTIVE, SDP_INACTIVE},
    {"sendonly must be recvonly", SDP_SENDONLY, SDP_SENDRECV, SDP_RECVONLY},
    {"sendonly, we hold too", SDP_SENDONLY, SDP_SENDONLY, SDP_INACTIVE},
    {"recvonly must be sendonly", SDP_RECVONLY, SDP_SENDRECV, SDP_SENDONLY},
    {"recvonly, we only listen", SDP_RECVONLY, SDP_RECVONLY, SDP_INACTIVE},
    {"inactive must be inactive", SDP_INACTIVE, SDP_SENDRECV, SDP_INACTIVE},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    enum sdp_direction again;

    assert_int_equal(sdp_direction_answer(row->offered, row->wanted), row->answer);
    assert_int_equal(sdp_direction_reverse(sdp_direction_reverse(row->offered)), row->offered);
    assert_true(sdp_direction_parse(slice_of(sdp_direction_name(row->offered)), &again));
    assert_int_equal(again, row->offered);
}

static void other_names_are_no_direction(void **state)
{
    enum sdp_direction out = SDP_INACTIVE;

    (void)state;
    assert_false(sdp_direction_parse(SLICE("SendRecv"), &out)); /* attributes keep their case */
    assert_false(sdp_direction_parse(SLICE("rtpmap"), &out));
    assert_false(sdp_direction_parse(SLICE(""), &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(other_names_are_no_direction)};

    return RUN_ROWS("sdp/direction rows", rows, check_row) +
           cmocka_run_group_tests_name("sdp/direction", tests, NULL, NULL);
}
