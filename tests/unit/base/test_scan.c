#include "base/scan.h"

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

static bool is_blank(char c)
{
    return c == ' ';
}

/* line = 1*ALPHA *SP "=" 1*DIGIT [ "/" literal "udp" ], a grammar that uses every function. */
static bool parse(struct slice in, struct slice *name, uint64_t *value, bool *udp)
{
    struct scan s = {in, false};

    *name = scan_span(&s, is_alpha);
    scan_maybe(&s, is_blank);
    scan_must(&s, '=');
    *value = scan_number(&s, 65535);
    *udp = scan_try(&s, '/') && scan_itry(&s, SLICE("udp"));
    return scan_ok_at_end(&s);
}

static const struct row {
    const char *name, *in;
    bool ok;
    const char *word;
    uint64_t value;
    bool udp;
} rows[] = {
    {"plain", "port=5060", true, "port", 5060, false},
    {"an optional span may be there", "port   =1", true, "port", 1, false},
    {"a literal in any case", "a=1/UdP", true, "a", 1, true},
    {"a literal cut off stays uneaten", "a=1/ud", false, "a", 1, false},
    {"a literal longer than itself", "a=1/udpx", false, "a", 1, true},
    {"a span needs one byte", "=1", false, "", 0, false},
    {"a byte that must be there is not", "a1", false, "a", 0, false},
    {"a number needs a digit", "a=", false, "a", 0, false},
    {"a number above the maximum", "a=65536", false, "a", 0, false},
    {"a number above 64 bits", "a=99999999999999999999", false, "a", 0, false},
    {"nothing", "", false, "", 0, false},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->in), word;
    uint64_t value;
    bool udp;

    assert_int_equal(parse(in, &word, &value, &udp), row->ok);
    assert_slice(word, row->word);
    assert_true(value == row->value);
    assert_int_equal(udp, row->udp);
    exact_free(in);
}

static void a_bad_scan_stands_still(void **state)
{
    struct scan s = {SLICE("ab=12"), false};

    (void)state;
    scan_fail(&s);
    assert_int_equal(scan_peek(&s), -1);
    assert_false(scan_try(&s, 'a'));
    assert_false(scan_itry(&s, SLICE("ab")));
    assert_int_equal(scan_span(&s, is_alpha).n, 0);
    assert_int_equal(scan_maybe(&s, is_alpha).n, 0);
    assert_int_equal(scan_until(&s, '=').n, 0);
    assert_true(scan_number(&s, 9) == 0);
    assert_int_equal(s.rest.n, 5);
    assert_false(scan_ok_at_end(&s));
}

static void until_leaves_the_byte_or_takes_all(void **state)
{
    struct scan s = {SLICE("ab;cd"), false};

    (void)state;
    assert_slice(scan_until(&s, ';'), "ab");
    assert_int_equal(scan_peek(&s), ';');
    assert_true(scan_try(&s, ';'));
    assert_slice(scan_until(&s, ';'), "cd");
    assert_true(scan_ok_at_end(&s));
}

static void peek_gives_bytes_above_127(void **state)
{
    struct scan s = {SLICE("\xff"), false};

    (void)state;
    assert_int_equal(scan_peek(&s), 0xff);
    assert_true(scan_try(&s, '\xff'));
}

static void classes_know_their_edges(void **state)
{
    (void)state;
    assert_true(is_digit('0') && is_digit('9') && !is_digit('/') && !is_digit(':'));
    assert_true(is_hex('a') && is_hex('F') && !is_hex('g') && !is_hex('G') && !is_hex('@'));
    assert_true(is_alpha('a') && is_alpha('Z') && !is_alpha('[') && !is_alpha('`'));
    assert_false(is_alpha('\xe4') || is_digit('\xb9') || is_hex('\0'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_scan_stands_still),
        cmocka_unit_test(until_leaves_the_byte_or_takes_all),
        cmocka_unit_test(peek_gives_bytes_above_127),
        cmocka_unit_test(classes_know_their_edges),
    };

    return RUN_ROWS("base/scan rows", rows, check_row) +
           cmocka_run_group_tests_name("base/scan", tests, NULL, NULL);
}
