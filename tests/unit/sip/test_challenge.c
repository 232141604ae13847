#include "sip/challenge.h"

#include "tests/lib/exact.h"
#include "tests/lib/rows.h"

/* What the first challenge of a line is; what there is further on is counted. */
static const struct row {
    const char *name, *in;
    bool digest;
    const char *realm, *nonce;
    enum digest_kind kind;
    const char
        *flags; /* s: -sess, t: stale, u: userhash, q: qop, a: auth, i: auth-int, o: opaque */
    size_t n;
} rows[] = {
    {"RFC 3261 20.44",
     "Digest realm=\"boxesbybob.com\", qop=\"auth\", nonce=\"f84f1cec41e6cbe5aea9c8e88d359\", "
     "opaque=\"\", stale=FALSE, algorithm=MD5",
     true, "boxesbybob.com", "f84f1cec41e6cbe5aea9c8e88d359", DIGEST_MD5, "qao", 1},
    {"no algorithm is MD5", "Digest realm=\"r\", nonce=\"n\"", true, "r", "n", DIGEST_MD5, "", 1},
    {"names in any case", "dIgEsT REALM=\"r\",NONCE=\"n\",Algorithm=md5-SESS,QoP=\"AUTH\"", true,
     "r", "n", DIGEST_MD5, "sqa", 1},
    {"SHA-256 as RFC 8760 has it", "Digest realm=\"r\",nonce=\"n\",algorithm=SHA-256", true, "r",
     "n", DIGEST_SHA256, "", 1},
    {"SHA-512-256-sess", "Digest realm=\"r\",nonce=\"n\",algorithm=SHA-512-256-sess", true, "r",
     "n", DIGEST_SHA512_256, "s", 1},
    {"an algorithm that we lack", "Digest realm=\"r\",nonce=\"n\",algorithm=AKAv1-MD5", true, "r",
     "n", 0, "", 1},
    {"an algorithm in quotes", "Digest realm=\"r\",nonce=\"n\",algorithm=\"SHA-256\"", true, "r",
     "n", DIGEST_SHA256, "", 1},
    {"qop and stale without and with quotes",
     "Digest realm=\"r\",nonce=\"n\",qop=auth,stale=\"true\"", true, "r", "n", DIGEST_MD5, "tqa",
     1},
    {"qop as a list", "Digest realm=\"r\",nonce=\"n\",qop=\"auth-int , auth,token\"", true, "r",
     "n", DIGEST_MD5, "qai", 1},
    {"a list without its quotes", "Digest realm=\"r\",qop=auth,auth-int,nonce=\"n\"", true, "r",
     "n", DIGEST_MD5, "qa", 1},
    {"an empty qop is none", "Digest realm=\"r\",nonce=\"n\",qop=\"\"", true, "r", "n", DIGEST_MD5,
     "", 1},
    {"qop of others only", "Digest realm=\"r\",nonce=\"n\",qop=\"token\"", true, "r", "n",
     DIGEST_MD5, "q", 1},
    {"realm and nonce without quotes", "Digest realm=example.org,nonce=YWJj/+==", true,
     "example.org", "YWJj/+==", DIGEST_MD5, "", 1},
    {"unknown parameters are passed over",
     "Digest realm=\"r\",domain=\"sip:a sip:b\",charset=UTF-8,x,nonce=\"n\",userhash=true", true,
     "r", "n", DIGEST_MD5, "u", 1},
    {"blanks and folds between", "Digest \r\n realm = \"r\" ,\r\n\tnonce\t=\"n\" ", true, "r", "n",
     DIGEST_MD5, "", 1},
    {"commas too many", ", Digest ,, realm=\"r\",,nonce=\"n\",", true, "r", "n", DIGEST_MD5, "", 1},
    {"commas and schemes in quotes", "Digest realm=\"a, Digest b=c\",nonce=\"n\"", true,
     "a, Digest b=c", "n", DIGEST_MD5, "", 1},
    {"escapes stay", "Digest realm=\"a\\\"b\",nonce=\"n\"", true, "a\\\"b", "n", DIGEST_MD5, "", 1},
    {"an empty realm", "Digest realm=\"\",nonce=\"n\"", true, "", "n", DIGEST_MD5, "", 1},
    {"two in one line",
     "Digest realm=\"r\",nonce=\"n\",algorithm=SHA-256, Digest realm=\"s\", "
     "nonce=\"m\"",
     true, "r", "n", DIGEST_SHA256, "", 2},
    {"Basic before Digest", "Basic realm=\"b\", Digest realm=\"r\",nonce=\"n\"", false, "b", "",
     DIGEST_MD5, "", 2},
    {"Basic alone", "Basic realm=\"b\"", false, "b", "", DIGEST_MD5, "", 1},
    {"a scheme alone", "Negotiate", false, "", "", DIGEST_MD5, "", 1},
    {"no nonce", "Digest realm=\"r\"", false, "r", "", DIGEST_MD5, "", 1},
    {"no realm", "Digest nonce=\"n\"", false, "", "n", DIGEST_MD5, "", 1},
    {"two nonces", "Digest realm=\"r\",nonce=\"n\",nonce=\"m\"", false, "r", "m", DIGEST_MD5, "",
     1},
    {"two algorithms", "Digest realm=\"r\",nonce=\"n\",algorithm=MD5,algorithm=SHA-256", false, "r",
     "n", DIGEST_SHA256, "", 1},
    {"unknown ones may stand twice", "Digest realm=\"r\",nonce=\"n\",x=1,x=2", true, "r", "n",
     DIGEST_MD5, "", 1},
    {"a quote that nobody closes", "Digest realm=\"r\",nonce=\"n", false, "r", "", DIGEST_MD5, "",
     1},
    {"no comma between", "Digest realm=\"r\" nonce=\"n\"", false, "", "", DIGEST_MD5, "", 1},
    {"a fold in a nonce", "Digest realm=\"r\",nonce=\"a\r\n b\"", false, "r", "a\r\n b", DIGEST_MD5,
     "", 1},
    {"no scheme", "=", false, "", "", DIGEST_MD5, "", 0},
    {"nothing", "", false, "", "", DIGEST_MD5, "", 0},
    {"blanks", " \t", false, "", "", DIGEST_MD5, "", 0},
};

static void check_row(void **state)
{
    const struct row *row = *state;
    struct slice in = exact_copy(row->in), rest = in;
    struct sip_challenge c, next;
    bool any = sip_challenge_next(&rest, &c);
    char flags[8] = "";
    size_t n = any;

    while (sip_challenge_next(&rest, &next))
        n++;
    assert_int_equal(n, row->n);
    assert_int_equal(c.digest, row->digest);
    assert_slice(c.realm, row->realm);
    assert_slice(c.nonce, row->nonce);
    assert_int_equal(c.kind, row->kind);
    strcat(flags, c.session ? "s" : "");
    strcat(flags, c.stale ? "t" : "");
    strcat(flags, c.userhash ? "u" : "");
    strcat(flags, c.has_qop ? "q" : "");
    strcat(flags, c.auth ? "a" : "");
    strcat(flags, c.auth_int ? "i" : "");
    strcat(flags, c.opaque.p ? "o" : "");
    assert_string_equal(flags, row->flags);
    exact_free(in);
}

static void quotes_and_back(void **state)
{
    static const struct slice texts[] = {SLICE_INIT(""), SLICE_INIT("plain"), SLICE_INIT("a\"b"),
                                         SLICE_INIT("\\"), SLICE_INIT("\xc3\xa4\x80\t\"\"\\\\")};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct buf quoted = buf_new(100), back = buf_new(100);
        struct slice inside;

        sip_put_quoted(&quoted, texts[i]);
        inside = slice_head(slice_skip(buf_slice(&quoted), 1), quoted.n - 2);
        sip_put_unquoted(&back, inside);
        assert_true(slice_eq(buf_slice(&back), texts[i]));
        buf_free(&quoted);
        buf_free(&back);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(quotes_and_back)};

    return RUN_ROWS("sip/challenge", rows, check_row) +
           cmocka_run_group_tests_name("sip/challenge, quotes", tests, NULL, NULL);
}
