/* test_dialog.c - dialog state of both sides (RFC 3261 12). */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sip/dialog.h"
#include "sip/parse.h"
#include "tests/lib/rows.h"

static const struct sip_flow flow = {
    .transport = SIP_UDP,
    .local = {4, {192, 0, 2, 1}, 5060, 0},
    .remote = {4, {192, 0, 2, 2}, 5060, 0},
};

static char text[2048];
static struct sip_msg msg;

static const struct sip_msg *invite(const char *lines)
{
    snprintf(text, sizeof text,
             "INVITE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\n"
             "From: \"A, B\" <sip:a@h>;tag=f\r\nTo: sip:b@h\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\n"
             "Max-Forwards: 70\r\n%sContent-Length: 0\r\n\r\n",
             lines);
    assert_int_equal(sip_parse(slice_of(text), true, &msg), 0);
    return &msg;
}

static const struct sip_msg *ok(const char *lines)
{
    snprintf(text, sizeof text,
             "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\n"
             "From: <sip:a@h>;tag=f\r\nTo: <sip:b@h>;tag=t\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\n"
             "%sContent-Length: 0\r\n\r\n",
             lines);
    assert_int_equal(sip_parse(slice_of(text), true, &msg), 0);
    return &msg;
}

/* What a BYE in the dialog looks like. */
static const struct row {
    const char *name, *lines;
    bool caller;
    const char *uri, *hop, *routes[3];
} rows[] = {
    {"called: no routes", "Contact: <sip:c@x;a=b>\r\n", false, "sip:c@x;a=b", "sip:c@x;a=b", {0}},
    {"called: loose routes in their order",
     "Contact: <sip:c@x>\r\nRecord-Route: <sip:p1;lr>, <sip:p2;lr>\r\nRecord-Route: <sip:p3;lr>\r\n",
     false,
     "sip:c@x",
     "sip:p1;lr",
     {"<sip:p1;lr>", "<sip:p2;lr>", "<sip:p3;lr>"}},
    {"calling: loose routes in reverse",
     "Contact: <sip:c@x>\r\nRecord-Route: <sip:p1;lr>, <sip:p2;lr>\r\n",
     true,
     "sip:c@x",
     "sip:p2;lr",
     {"<sip:p2;lr>", "<sip:p1;lr>"}},
    {"calling: a strict route first",
     "Contact: <sip:c@x>\r\nRecord-Route: <sip:p1;lr>, <sip:p2;method=INVITE?h=v>\r\n",
     true,
     "sip:p2",
     "sip:p2;method=INVITE?h=v",
     {"<sip:p1;lr>", "<sip:c@x>"}},
    {"calling: a strict route further on changes nothing",
     "Contact: <sip:c@x>\r\nRecord-Route: <sip:p1>, <sip:p2;lr>\r\n",
     true,
     "sip:c@x",
     "sip:p2;lr",
     {"<sip:p2;lr>", "<sip:p1>"}},
    {"calling: no Contact in the 2xx", "", true, "sip:first@h", "sip:first@h", {0}},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice routes[SIP_MAX_ROUTES + 1];
    struct buf store = buf_new(4096);
    struct sip_request request = {0};
    struct sip_dialog *dlg;

    if (row->caller)
        assert_int_equal(sip_dialog_new_uac(ok(row->lines), &flow, SLICE("<sip:a@h>"),
                                            SLICE("sip:first@h"), &dlg),
                         0);
    else
        assert_int_equal(sip_dialog_new_uas(invite(row->lines), &flow, SLICE("t"), &dlg), 0);
    assert_int_equal(sip_dialog_request(dlg, SIP_BYE, 0, routes, &store, &request), 0);
    assert_slice(request.uri, row->uri);
    assert_slice(sip_dialog_next_hop(dlg), row->hop);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(i < request.n_routes, row->routes[i] != NULL);
        if (row->routes[i])
            assert_slice(request.routes[i], row->routes[i]);
    }
    assert_slice(request.call_id, "c");
    assert_slice(request.from, row->caller ? "<sip:a@h>" : "<sip:b@h>");
    assert_slice(request.from_tag, row->caller ? "f" : "t");
    assert_slice(request.to, row->caller ? "<sip:b@h>" : "<sip:a@h>");
    assert_slice(request.to_tag, row->caller ? "t" : "f");
    assert_int_equal(request.cseq, row->caller ? 8 : 1);
    buf_free(&store);
    sip_dialog_free(dlg);
}

static const struct bad {
    const char *name, *lines;
} bads[] = {
    {"no Contact", ""},
    {"a Contact that is no SIP URI", "Contact: <mailto:x@y>\r\n"},
    {"Contact: *", "Contact: *\r\n"},
    {"a broken route", "Contact: <sip:c@x>\r\nRecord-Route: <p1>\r\n"},
};

static void bad_invites(void **state)
{
    struct sip_dialog *dlg;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bads); i++)
        assert_int_equal(sip_dialog_new_uas(invite(bads[i].lines), &flow, SLICE("t"), &dlg),
                         -EBADMSG);
}

static void too_many_routes(void **state)
{
    char lines[1024] = "Contact: <sip:c@x>\r\nRecord-Route: <sip:p;lr>";
    struct sip_dialog *dlg;

    (void)state;
    for (size_t i = 0; i < SIP_MAX_ROUTES; i++)
        strcat(lines, ",<sip:p;lr>");
    strcat(lines, "\r\n");
    assert_int_equal(sip_dialog_new_uas(invite(lines), &flow, SLICE("t"), &dlg), -EBADMSG);
}

static void sequence(void **state)
{
    struct sip_dialog *dlg;

    (void)state;
    assert_int_equal(
        sip_dialog_new_uas(invite("Contact: <sip:c@x>\r\n"), &flow, SLICE("t"), &dlg), 0);
    msg.cseq.number = 6;
    assert_false(sip_dialog_check_seq(dlg, &msg));
    msg.cseq.number = 7;
    assert_false(sip_dialog_check_seq(dlg, &msg));
    msg.cseq.number = 100; /* gaps are fine */
    assert_true(sip_dialog_check_seq(dlg, &msg));
    msg.cseq.number = 99;
    assert_false(sip_dialog_check_seq(dlg, &msg));
    sip_dialog_free(dlg);
}

static void refresh(void **state)
{
    struct sip_dialog *dlg;

    (void)state;
    assert_int_equal(
        sip_dialog_new_uas(invite("Contact: <sip:c@x>\r\n"), &flow, SLICE("t"), &dlg), 0);
    sip_dialog_set_target(dlg, sip_dialog_target_in(invite("Contact: <sip:d@y>\r\n")));
    assert_string_equal(dlg->target, "sip:d@y");
    sip_dialog_set_target(dlg, sip_dialog_target_in(invite(""))); /* without one it stays */
    assert_string_equal(dlg->target, "sip:d@y");
    sip_dialog_set_target(dlg, sip_dialog_target_in(invite("Contact: <mailto:d@y>\r\n")));
    assert_string_equal(dlg->target, "sip:d@y");
    sip_dialog_free(dlg);
}

static struct ip address(uint8_t last)
{
    return (struct ip){.family = 4, .bytes = {192, 0, 2, last}, .port = 1234};
}

/* 12.2.2: Call-ID and both tags. */
static void whose_requests(void **state)
{
    static const struct {
        const char *call_id, *from, *to;
        bool is;
    } requests[] = {
        {"c", "f", "t", true},   {"d", "f", "t", false}, {"c", "g", "t", false},
        {"c", "f", "u", false},  {"c", "t", "f", false}, {"C", "f", "t", false},
        {"c", "ff", "t", false}, {"c", "f", "T", false},
    };
    struct sip_dialog *dlg;

    (void)state;
    assert_int_equal(
        sip_dialog_new_uas(invite("Contact: <sip:c@192.0.2.7>\r\n"), &flow, SLICE("t"), &dlg), 0);
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        snprintf(text, sizeof text,
                 "BYE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKy\r\n"
                 "From: <sip:a@h>;tag=%s\r\nTo: <sip:b@h>;tag=%s\r\nCall-ID: %s\r\n"
                 "CSeq: 8 BYE\r\n\r\n",
                 requests[i].from, requests[i].to, requests[i].call_id);
        assert_int_equal(sip_parse(slice_of(text), true, &msg), 0);
        assert_int_equal(sip_dialog_is_request(dlg, &msg), requests[i].is);
    }
    sip_dialog_free(dlg);
}

static void sources(void **state)
{
    struct sip_dialog *dlg;
    struct ip ip;

    (void)state;
    assert_int_equal(sip_dialog_new_uas(invite("Contact: <sip:c@192.0.2.7>\r\n"
                                               "Record-Route: <sip:192.0.2.8;lr>\r\n"),
                                        &flow, SLICE("t"), &dlg),
                     0);
    ip = address(2);
    assert_true(sip_dialog_may_come_from(dlg, &ip)); /* the hop that the INVITE came by */
    ip = address(7);
    assert_true(sip_dialog_may_come_from(dlg, &ip)); /* the target */
    ip = address(8);
    assert_true(sip_dialog_may_come_from(dlg, &ip)); /* the first route */
    ip = address(9);
    assert_false(sip_dialog_may_come_from(dlg, &ip));
    sip_dialog_remember(dlg, &ip); /* a name has resolved to it */
    assert_true(sip_dialog_may_come_from(dlg, &ip));
    sip_dialog_free(dlg);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        {"INVITEs that make no dialog", bad_invites, 0, 0, 0},
        {"more routes than we keep", too_many_routes, 0, 0, 0},
        {"12.2.2: CSeq goes up", sequence, 0, 0, 0},
        {"12.2.2: target refresh", refresh, 0, 0, 0},
        {"12.2.2: whose requests belong to it", whose_requests, 0, 0, 0},
        {"where requests may come from", sources, 0, 0, 0},
    };

    return RUN_ROWS("sip/dialog", rows, check_row) +
           cmocka_run_group_tests_name("sip/dialog", others, NULL, NULL);
}
