/* What RFC 4475 and RFC 5118 are after: for each of their messages one of our own with the same
 * peculiarity, in tests/data/torture under the name that the RFC gives it (4475-wsinv.sip). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip/parse.h"
#include "tests/lib/exact.h"
#include "tests/lib/rows.h"
#include "tests/lib/sip_rig.h"

#define FILE_MAX 65536

/* clang-format off */
/* says: method or status, CSeq, From tag, top branch, number of Vias, length of the body. NULL: not
 * accepted, and status is what a request is answered with; 0: nothing.
 * phone: what a phone makes of it that takes calls and knows no account: the status of its answer,
 * "call" where it rings, "nothing". */
static const struct row {
    const char *name; /* of the file */
    const char *says;
    unsigned status;
    const char *phone;
} rows[] = {
    /* 3.1.1.1: white space, folds, compact and mixed-case names; its To has a tag, not ours */
    {"4475-wsinv", "INVITE 9 c9 390s 3 142", 0, "481"},
    /* 3.1.1.2: every character that a method, token and user may have */
    {"4475-intmeth",
     "!odd-Method0123456789_*+`.%indeed'~ 12 _t~1'+`*%!-. z9hG4bK-.!%66*_+`'~ 1 0", 0, "501"},
    /* 3.1.1.3: escapes in URIs */
    {"4475-esc01", "INVITE 8 9 z9hG4bKq7 1 142", 0, "call"},
    /* 3.1.1.4: escaped NULs */
    {"4475-escnull", "REGISTER 8 8 z9hG4bKq7 1 0", 0, "405"},
    /* 3.1.1.5: a percent sign in a method is no escape */
    {"4475-esc02", "RE%47IST%45R 8 f2 z9hG4bK209%fzs 1 0", 0, "501"},
    /* 3.1.1.6: no blank before the bracket */
    {"4475-lwsdisp", "OPTIONS 8 3 z9hG4bKq7 1 0", 0, "200"},
    /* 3.1.1.7: long values, 35 Vias */
    {"4475-longreq", "INVITE 8 12982982982982129829 z9hG4bKq7 35 142", 0, "call"},
    /* 3.1.1.8: a second message behind the first */
    {"4475-dblreq", "REGISTER 8 c1 z9hG4bKq7 1 0", 0, "405"},
    /* 3.1.1.9: semicolons in the user part */
    {"4475-semiuri", "OPTIONS 8 c1 z9hG4bKq7 1 0", 0, "200"},
    /* 3.1.1.10: transports of every kind */
    {"4475-transports", "OPTIONS 8 c1 z9hG4bKq7 5 0", 0, "200"},
    /* 3.1.1.11: a multipart body with NULs; MESSAGE is not built */
    {"4475-mpart01", "MESSAGE 8 c1 z9hG4bKq7 1 148", 0, "405"},
    /* 3.1.1.12: an unusual reason phrase */
    {"4475-unreason", "200 8 c1 z9hG4bKq7 1 0", 0, "nothing"},
    /* 3.1.1.13: an empty one */
    {"4475-noreason", "100 8 c1 z9hG4bKq7 1 0", 0, "nothing"},
    /* 3.1.2.1: separators that separate nothing */
    {"4475-badinv01", NULL, 400, "400"},
    /* 3.1.2.2: Content-Length beyond the datagram */
    {"4475-clerr", NULL, 400, "400"},
    /* 3.1.2.3: a negative one */
    {"4475-ncl", NULL, 400, "400"},
    /* 3.1.2.4: numbers too large */
    {"4475-scalar02", NULL, 400, "400"},
    /* 3.1.2.5: the same in a response */
    {"4475-scalarlg", NULL, 0, "nothing"},
    /* 3.1.2.6: a quoted name that is not closed */
    {"4475-quotbal", NULL, 400, "400"},
    /* 3.1.2.7: a Request-URI in brackets */
    {"4475-ltgtruri", NULL, 400, "400"},
    /* 3.1.2.8: a blank in it */
    {"4475-lwsruri", NULL, 400, "400"},
    /* 3.1.2.9: several blanks in the start line */
    {"4475-lwsstart", NULL, 400, "400"},
    /* 3.1.2.10: blanks at its end */
    {"4475-trws", NULL, 400, "400"},
    /* 3.1.2.11: headers in the Request-URI do not count */
    {"4475-escruri", "INVITE 8 c1 z9hG4bKq7 1 142", 0, "call"},
    /* 3.1.2.12: a Date in a zone that SIP does not know */
    {"4475-baddate", "INVITE 8 c1 z9hG4bKq7 1 142", 0, "call"},
    /* 3.1.2.13: headers in a Contact without brackets */
    {"4475-regbadct", "REGISTER 8 c1 z9hG4bKq7 1 0", 0, "405"},
    /* 3.1.2.14: blanks within an address */
    {"4475-badaspec", NULL, 400, "400"},
    /* 3.1.2.15: a name without the quotes that it needs */
    {"4475-baddn", NULL, 400, "400"},
    /* 3.1.2.16: another version of SIP */
    {"4475-badvers", NULL, 505, "505"},
    /* 3.1.2.17: start line and CSeq name two methods */
    {"4475-mismatch01", NULL, 400, "400"},
    /* 3.1.2.18: and neither is known */
    {"4475-mismatch02", NULL, 400, "400"},
    /* 3.1.2.19: a status of ten digits */
    {"4475-bigcode", NULL, 0, "nothing"},
    /* 3.2.1: a branch that is the cookie alone */
    {"4475-badbranch", "OPTIONS 8 c1 z9hG4bK 1 0", 0, "200"},
    /* 3.3.1: From, To and Call-ID missing */
    {"4475-insuf", NULL, 400, "400"},
    /* 3.3.2: an unknown scheme */
    {"4475-unkscm", "OPTIONS 8 c1 z9hG4bKq7 1 0", 0, "416"},
    /* 3.3.3: one of another world */
    {"4475-novelsc", "OPTIONS 8 c1 z9hG4bKq7 1 0", 0, "416"},
    /* 3.3.4: the same in To, From and Contact; we are no registrar */
    {"4475-unksm2", "REGISTER 8 3 z9hG4bKq7 1 0", 0, "405"},
    /* 3.3.5: Require of what nobody has */
    {"4475-bext01", "OPTIONS 8 c1 z9hG4bKq7 1 0", 0, "420"},
    /* 3.3.6: a type of body that nobody knows */
    {"4475-invut", "INVITE 8 c1 z9hG4bKq7 1 8", 0, "415"},
    /* 3.3.7: an unknown scheme of authorization */
    {"4475-regaut01", "REGISTER 8 c1 z9hG4bKq7 1 0", 0, "405"},
    /* 3.3.8: two values where one may be */
    {"4475-multi01", NULL, 400, "400"},
    /* 3.3.9: two Content-Lengths */
    {"4475-mcl01", NULL, 400, "400"},
    /* 3.3.10: a response to somebody else's broadcast */
    {"4475-bcast", "200 8 c1 z9hG4bKq7 2 142", 0, "nothing"},
    /* 3.3.11: Max-Forwards 0 is for proxies */
    {"4475-zeromf", "OPTIONS 8 c1 z9hG4bKq7 1 0", 0, "200"},
    /* 3.3.12: a parameter of Contact that nobody knows */
    {"4475-cparam01", "REGISTER 8 c1 z9hG4bKq7 1 0", 0, "405"},
    /* 3.3.13: the same of its URI */
    {"4475-cparam02", "REGISTER 8 c1 z9hG4bKq7 1 0", 0, "405"},
    /* 3.3.14: headers in a Contact */
    {"4475-regescrt", "REGISTER 8 c1 z9hG4bKq7 1 0", 0, "405"},
    /* 3.3.15: SDP, but no SDP wanted back */
    {"4475-sdp01", "INVITE 8 c1 z9hG4bKq7 1 142", 0, "406"},
    /* 3.4.1: as RFC 2543 had it */
    {"4475-inv2543", "INVITE 1   1 142", 0, "call"},
    /* 4.1: an IPv6 reference */
    {"5118-ipv6-good", "REGISTER 8 c1 z9hG4bKv6 1 0", 0, "405"},
    /* 4.2: without its brackets */
    {"5118-ipv6-bad", NULL, 400, "400"},
    /* 4.3: what looks like a port within is none */
    {"5118-port-ambiguous", "REGISTER 8 c1 z9hG4bKv6 1 0", 0, "405"},
    /* 4.4: a port behind them */
    {"5118-port-unambiguous", "REGISTER 8 c1 z9hG4bKv6 1 0", 0, "405"},
    /* 4.5: received in brackets */
    {"5118-via-received-param-with-delim", "OPTIONS 8 c1 z9hG4bKv6 1 0", 0, "200"},
    /* 4.5: and without */
    {"5118-via-received-param-no-delim", "OPTIONS 8 c1 z9hG4bKv6 1 0", 0, "200"},
    /* 4.6: IPv6 in SDP */
    {"5118-ipv6-in-sdp", "INVITE 8 c1 z9hG4bKv6 1 152", 0, "call"},
    /* 4.7: both in Via; a BYE of no dialog */
    {"5118-mult-ip-in-header", "BYE 8 c1 z9hG4bKv6 3 0", 0, "481"},
    /* 4.8: both in SDP */
    {"5118-mult-ip-in-sdp", "INVITE 8 c1 z9hG4bKv6 1 170", 0, "call"},
    /* 4.9: IPv4 within IPv6 */
    {"5118-ipv4-mapped-ipv6", "INVITE 8 c1 z9hG4bKb 1 104", 0, "call"},
    /* 4.10: three colons, as the grammar of RFC 3261 has it */
    {"5118-ipv6-bug-abnf-3-colons", "OPTIONS 8 c1 z9hG4bKv6 1 0", 0, "200"},
    /* 4.10: and two */
    {"5118-ipv6-correct-abnf-2-colons", "OPTIONS 8 c1 z9hG4bKv6 1 0", 0, "200"},
};
/* clang-format on */

/* A file of the sources. */
static struct slice file_at(const char *below)
{
    const char *top = getenv("srcdir");
    char path[4096], bytes[FILE_MAX];
    FILE *file;
    size_t n;

    snprintf(path, sizeof path, "%s/%s", top ? top : ".", below);
    file = fopen(path, "rb");
    assert_non_null(file);
    n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return exact_bytes(bytes, n);
}

static struct slice message(const struct row *row)
{
    char below[256];

    snprintf(below, sizeof below, "tests/data/torture/%s.sip", row->name);
    return file_at(below);
}

static size_t count(const struct sip_msg *msg, enum sip_hdr id)
{
    struct sip_values values = sip_msg_values(msg, id);
    struct slice value;
    size_t n = 0;

    while (sip_values_next(&values, &value))
        n++;
    return n;
}

/* What is longer than a tag should be is cut. */
static struct slice at_most_20(struct slice s)
{
    return (struct slice){s.p, s.n < 20 ? s.n : 20};
}

static void check_parse(void **state)
{
    const struct row *row = *state;
    struct slice in = message(row);
    struct sip_msg msg;
    char got[1000], status[4];
    int err = sip_parse(in, true, &msg);

    if (!row->says) {
        assert_int_equal(err, -EBADMSG);
        assert_int_equal(msg.can_answer, row->status != 0);
        if (row->status)
            assert_int_equal(msg.error_status, row->status);
    } else {
        assert_int_equal(err, 0);
        snprintf(status, sizeof status, "%u", msg.status % 1000);
        snprintf(got, sizeof got, "%" PRI_SLICE " %u %" PRI_SLICE " %" PRI_SLICE " %zu %zu",
                 ARG_SLICE(msg.request ? msg.method_name : slice_of(status)), msg.cseq.number,
                 ARG_SLICE(at_most_20(msg.from.tag)), ARG_SLICE(msg.via.branch),
                 count(&msg, SIP_HDR_VIA), msg.body.n);
        assert_string_equal(got, row->says);
    }
    exact_free(in);
}

/* Cut off anywhere, a message never makes the parser read behind its end, and never passes for
 * whole before its empty line has come. */
static void check_cut(void **state)
{
    const struct row *row = *state;
    struct slice whole = message(row);

    for (size_t n = 0; n < whole.n; n += n < 1500 ? 1 : 11) {
        struct slice in = exact_bytes(whole.p, n);
        struct sip_msg msg;

        if (sip_parse(in, true, &msg) == 0)
            assert_true(row->says && in.n >= 4);
        exact_free(in);
    }
    exact_free(whole);
}

static void check_phone(void **state)
{
    const struct row *row = *state;
    struct slice in = message(row);
    struct rig *r = rig_new(SIP_UDP);
    const char *got = "nothing";
    char status[4];

    sip_endpoint_receive(r->ep, &r->flow, in, r->now_ms);
    rig_drain(r);
    if (rig_event_count(r, SIP_CALL_INCOMING))
        got = "call";
    else if (r->n_sent) {
        snprintf(status, sizeof status, "%.3s", r->sent[0].text + strlen("SIP/2.0 "));
        got = status;
    }
    assert_string_equal(got, row->phone);
    assert_true(r->n_sent <= 1 && r->n_events <= 1);
    for (size_t i = 0; i < r->n_sent; i++)
        assert_true(ip_same_host(&r->sent[i].flow.remote, &r->flow.remote));
    assert_true(rig_comes_to_rest(r));
    rig_free(r);
    exact_free(in);
}

/* What a row has in the last two columns of the table. */
static void put_told(struct buf *out, const struct row *row)
{
    const char *phone = strcmp(row->phone, "call") == 0      ? "rings"
                        : strcmp(row->phone, "nothing") == 0 ? "no answer"
                                                             : row->phone;

    buf_printf(out, "%s | %s |", row->says ? "read" : "refused", phone);
}

/* doc/testing.md tells the same of each, and of no other. */
static void check_told(void **state)
{
    struct slice in = file_at("doc/testing.md"), rest = in;
    size_t n = 0;

    (void)state;
    while (rest.n > 0) {
        struct slice line = slice_cut(&rest, '\n');

        if (!slice_starts(line, SLICE("| 4475 ")) && !slice_starts(line, SLICE("| 5118 ")))
            continue;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            struct buf name = buf_new(100), told = buf_new(100);

            buf_printf(&name, "`%s`", rows[i].name + strlen("4475-"));
            put_told(&told, &rows[i]);
            if (slice_ihas(line, buf_slice(&name))) {
                n++;
                if (!slice_ihas(line, buf_slice(&told)))
                    fail_msg("%s is not told as %s", rows[i].name, buf_cstr(&told));
            }
            buf_free(&name);
            buf_free(&told);
        }
    }
    assert_int_equal(n, ARRAY_LEN(rows));
    exact_free(in);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(check_told)};

    return cmocka_run_group_tests_name("doc/testing.md", tests, NULL, NULL) +
           RUN_ROWS("sip/parse: RFC 4475 and 5118", rows, check_parse) +
           RUN_ROWS("sip/parse: the same cut short", rows, check_cut) +
           RUN_ROWS("sip/endpoint: what a phone makes of them", rows, check_phone);
}
