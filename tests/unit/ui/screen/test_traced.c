/* Messages of SIP are kept within limits, and read for people, whatever strangers put in them. */
#include "ui/screen/traced.h"

#include <stdlib.h>

#include "tests/lib/rows.h"

static void add(struct traced_list *list, bool sent, const char *remote, const char *message)
{
    traced_add(list, &(struct traced_source){.time = 1,
                                             .sent = sent,
                                             .transport = "udp",
                                             .local = "192.0.2.1:5060",
                                             .remote = remote,
                                             .message = message});
}

/* --- what one says -------------------------------------------------------------------------- */

static const struct row {
    const char *name, *message, *label, *brief, *call_id, *from, *sdp;
} rows[] = {
    {"a request", "OPTIONS sip:a SIP/2.0\r\nFrom: <sip:b@h;x=1>;tag=2\r\nCall-ID: 7\r\n\r\n",
     "OPTIONS", "OPTIONS", "7", "sip:b@h", ""},
    {"an answer names what it answers", "SIP/2.0 200 OK\r\nCSeq: 3 INVITE\r\n\r\n",
     "200 OK (INVITE)", "200 OK", "", "", ""},
    {"compact forms, other case, blanks", "BYE sip:a SIP/2.0\r\nI : 8\r\nF:\tB <sip:b@h>\r\n\r\n",
     "BYE", "BYE", "8", "sip:b@h", ""},
    {"a URI without brackets", "BYE sip:a SIP/2.0\r\nFrom: sip:b@h;tag=2\r\n\r\n", "BYE", "BYE", "",
     "sip:b@h", ""},
    {"SDP", "INVITE sip:a SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\nv=0\r\ns=-\r\n", "INVITE (SDP)",
     "INVITE", "", "", "v=0\ns=-"},
    {"SDP among other parts",
     "SIP/2.0 183 Early\r\nCSeq: 1 INVITE\r\n\r\n--b\r\nContent-Type: application/sdp\r\n\r\n"
     "v=0\r\ns=-\r\n--b\r\nx\r\n--b--\r\n",
     "183 Early (INVITE, SDP)", "183 Early", "", "", "v=0\ns=-"},
    {"v= in a header is none", "INFO sip:a SIP/2.0\r\nv=0: x\r\n\r\nhello\r\n", "INFO", "INFO", "",
     "", ""},
    {"line ends of one byte", "BYE sip:a SIP/2.0\nCall-ID: 9\n\n", "BYE", "BYE", "9", "", ""},
    {"a header behind the headers is none", "BYE sip:a SIP/2.0\r\n\r\nCall-ID: 9\r\n", "BYE", "BYE",
     "", "", ""},
    {"nothing", "", "", "", "", "", ""},
    {"no SIP at all", "\r\n\r\n", "", "", "", "", ""},
    {"a status that is none", "SIP/2.0 2x0 OK\r\nCSeq: 1 A\r\n\r\n", "A", "A", "", "", ""},
    {"bytes that are no text", "X\xff\x1b[2J sip:\x80 SIP/2.0\r\nCall-ID: \xc3(\x07\r\n\r\n",
     "X\xef\xbf\xbd\xef\xbf\xbd[2J", "X\xef\xbf\xbd\xef\xbf\xbd[2J", "\xef\xbf\xbd(\xef\xbf\xbd",
     "", ""},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct traced_list list = {0};
    struct buf label = buf_new(4096);
    const struct traced *t;

    add(&list, true, "192.0.2.2:5060", row->message);
    t = traced_at(&list, 0);
    traced_put_label(t, false, &label);
    assert_slice(buf_slice(&label), row->label);
    buf_clear(&label);
    traced_put_label(t, true, &label);
    assert_slice(buf_slice(&label), row->brief);
    assert_slice(t->call_id, row->call_id);
    assert_slice(traced_uri(t, "From"), row->from);
    assert_slice(t->sdp, row->sdp);
    assert_string_equal(t->raw, row->message);
    buf_free(&label);
    traced_clear(&list);
}

/* --- what fits ------------------------------------------------------------------------------ */

static void words_filter(void **state)
{
    struct traced_list list = {0};
    const struct traced *t;

    (void)state;
    add(&list, true, "192.0.2.2:5060", "INVITE sip:bob SIP/2.0\r\nCall-ID: 9\r\n\r\n");
    t = traced_at(&list, 0);
    assert_true(traced_has(t, SLICE("")));
    assert_true(traced_has(t, SLICE("invite")));
    assert_true(traced_has(t, SLICE(" BOB  invite ")));
    assert_true(traced_has(t, SLICE("192.0.2.2 udp !bye")));
    assert_false(traced_has(t, SLICE("invite carol")));
    assert_false(traced_has(t, SLICE("!bob")));
    assert_false(traced_has(t, SLICE("tcp")));
    assert_false(traced_has(t, SLICE("!")));
    add(&list, true, "h", "SIP/2.0 486 Busy\r\nCSeq: 1 INVITE\r\nAllow: BYE\r\nX: 200\r\n\r\n");
    t = traced_at(&list, 1);
    assert_true(traced_has(t, SLICE("Invite 486 4xx 48X")));
    assert_true(traced_has(t, SLICE("!bye !200 !5xx allow")));
    assert_false(traced_has(t, SLICE("200")));
    assert_false(traced_has(traced_at(&list, 0), SLICE("4xx")));
    traced_clear(&list);
}

static void what_is_sent_again_is_known(void **state)
{
    struct traced_list list = {0};

    (void)state;
    add(&list, true, "h", "A");
    add(&list, false, "h", "A");
    add(&list, true, "i", "A");
    add(&list, true, "h", "B");
    add(&list, true, "h", "A");
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(traced_at(&list, i)->again, i == 4);
    traced_clear(&list);
}

/* --- limits --------------------------------------------------------------------------------- */

static void the_oldest_go(void **state)
{
    struct traced_list list = {0};

    (void)state;
    for (unsigned i = 0; i < TRACED_MAX + 10; i++)
        add(&list, true, "h", i % 2 ? "A" : "B");
    assert_int_equal(list.n, TRACED_MAX);
    assert_int_equal(traced_at(&list, 0)->number, 11);
    assert_int_equal(traced_at(&list, TRACED_MAX - 1)->number, TRACED_MAX + 10);
    assert_null(traced_at(&list, TRACED_MAX));
    assert_null(traced_find(&list, 10));
    assert_null(traced_find(&list, 0));
    assert_null(traced_find(&list, TRACED_MAX + 11));
    assert_int_equal(traced_find(&list, 11)->number, 11);
    traced_clear(&list);
    assert_int_equal(list.bytes, 0);
    assert_null(traced_find(&list, 11));
    add(&list, true, "h", "A");
    assert_int_equal(traced_at(&list, 0)->number, TRACED_MAX + 11);
    traced_clear(&list);
}

static void bytes_have_a_limit(void **state)
{
    struct traced_list list = {0};
    size_t n = 1 << 20;
    char *big = malloc(n + 1);

    (void)state;
    assert_non_null(big);
    memset(big, 'x', n);
    big[n] = '\0';
    for (int i = 0; i < 9; i++)
        add(&list, true, "h", big);
    assert_true(list.bytes <= TRACED_BYTES_MAX);
    assert_true(list.n >= 3);
    free(big);
    traced_clear(&list);
}

/* --- laid out ------------------------------------------------------------------------------- */

static void lay_out(const char *message, bool only_sdp, int cols, struct buf *out)
{
    struct traced_list list = {0};
    struct traced_walk walk;
    struct traced_row row;

    add(&list, true, "h", message);
    traced_walk_init(&walk, traced_at(&list, 0), only_sdp, cols);
    while (traced_walk_next(&walk, &row))
        buf_printf(out, "%d%" PRI_SLICE "|%" PRI_SLICE "\n", (int)row.kind, ARG_SLICE(row.label),
                   ARG_SLICE(row.text));
    traced_clear(&list);
}

static const struct layout {
    const char *name, *message, *rows;
    bool only_sdp;
    int cols;
} layouts[] = {
    {"headers and a body", "A b\r\nX: y\r\n z\r\n\r\nhello\r\n", "1|A b\n2X|y\n2| z\n2|\n5|hello\n",
     false, 60},
    {"long values go on in the next row", "A b\r\nX: 1234 1234 1234;1234\r\n\r\n",
     "1|A b\n2X|1234 1234 \n3|1234;1234\n2|\n", false, TRACED_LABEL_COLS + 12},
    {"those without a place to break, too", "A b\r\nX: 123456789012345\r\n\r\n",
     "1|A b\n2X|123456789012\n3|345\n2|\n", false, TRACED_LABEL_COLS + 12},
    {"a name that has no room beside its value stands above it",
     "A b\r\nWWW-Authenticate: Digest x\r\nExtremely-Long: y\r\nProxy-Require:\r\n\r\n",
     "1|A b\n2WWW-Authenticate|\n3|Digest x\n2Extremely-Long|y\n2Proxy-Require|\n2|\n", false, 60},
    {"SDP alone", "A b\r\nX: y\r\n\r\nv=0\r\nm=audio\r\nq=1\r\n",
     "4version|v=0\n4media|m=audio\n5|q=1\n", true, 60},
    {"no SDP", "A b\r\nX: y\r\n\r\n", "", true, 60},
    {"too narrow for anything", "Ab cd\r\n\r\n", "1|Ab cd\n2|\n", false, 0},
};

static void check_layout(void **state)
{
    const struct layout *it = *state;
    struct buf out = buf_new(4096);

    lay_out(it->message, it->only_sdp, it->cols, &out);
    assert_slice(buf_slice(&out), it->rows);
    buf_free(&out);
}

static void rows_have_a_limit(void **state)
{
    struct traced_list list = {0};
    char *many = calloc(1, 100001);
    size_t n;

    (void)state;
    assert_non_null(many);
    memset(many, '\n', 100000);
    add(&list, true, "h", many);
    n = traced_rows(traced_at(&list, 0), false, 60);
    assert_int_equal(n, TRACED_ROWS_MAX + 1);
    free(many);
    traced_clear(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_filter),      cmocka_unit_test(what_is_sent_again_is_known),
        cmocka_unit_test(the_oldest_go),     cmocka_unit_test(bytes_have_a_limit),
        cmocka_unit_test(rows_have_a_limit),
    };

    return RUN_ROWS("ui/screen/traced", rows, check_row) +
           RUN_ROWS("ui/screen/traced, laid out", layouts, check_layout) +
           cmocka_run_group_tests_name("ui/screen/traced, all", tests, NULL, NULL);
}
