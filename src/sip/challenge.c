/* sip/challenge.c - challenges out of a header line; quoted strings. */
#include "sip/challenge.h"

#include "sip/lex.h"
#include "sip/print.h"

/* --- one parameter ---------------------------------------------------------------------------- */

/* clang-format off */
static const struct algorithm {
    struct slice name;
    enum digest_kind kind;
    bool session;
} algorithms[] = {
    {SLICE_INIT("MD5"),              DIGEST_MD5,        false},
    {SLICE_INIT("MD5-sess"),         DIGEST_MD5,        true},
    {SLICE_INIT("SHA-256"),          DIGEST_SHA256,     false},
    {SLICE_INIT("SHA-256-sess"),     DIGEST_SHA256,     true},
    {SLICE_INIT("SHA-512-256"),      DIGEST_SHA512_256, false},
    {SLICE_INIT("SHA-512-256-sess"), DIGEST_SHA512_256, true},
};
/* clang-format on */

static void take_algorithm(struct sip_challenge *c, struct slice value)
{
    c->algorithm = value;
    c->kind = 0;
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
        if (slice_ieq(value, algorithms[i].name)) {
            c->kind = algorithms[i].kind;
            c->session = algorithms[i].session;
        }
}

/* qop-options: a list in quotes. An empty one says as little as none. */
static void take_qop(struct sip_challenge *c, struct slice list)
{
    struct slice element;

    while (sip_list_next(&list, &element)) {
        c->has_qop = true;
        c->auth |= slice_ieq(element, SLICE("auth"));
        c->auth_int |= slice_ieq(element, SLICE("auth-int"));
    }
}

/* One bit for each parameter that we know; 0: another one. */
static unsigned take(struct sip_challenge *c, struct slice name, struct slice value)
{
    if (slice_ieq(name, SLICE("realm"))) {
        c->realm = value;
        return 1;
    }
    if (slice_ieq(name, SLICE("nonce"))) {
        c->nonce = value;
        return 2;
    }
    if (slice_ieq(name, SLICE("opaque"))) {
        c->opaque = value;
        return 4;
    }
    if (slice_ieq(name, SLICE("algorithm"))) {
        take_algorithm(c, value);
        return 8;
    }
    if (slice_ieq(name, SLICE("qop"))) {
        take_qop(c, value);
        return 16;
    }
    if (slice_ieq(name, SLICE("stale"))) {
        c->stale = slice_ieq(value, SLICE("true"));
        return 32;
    }
    if (slice_ieq(name, SLICE("userhash"))) {
        c->userhash = slice_ieq(value, SLICE("true"));
        return 64;
    }
    return 0;
}

/* --- one challenge ---------------------------------------------------------------------------- */

static void skip_commas(struct scan *s)
{
    while (sip_scan_sep(s, ','))
        ;
}

/* A value of what some servers leave unquoted may hold more than a token: URIs, base64. */
static struct slice scan_value(struct scan *s)
{
    struct slice value;

    if (scan_peek(s) == '"')
        value = sip_scan_quoted(s);
    else if (scan_peek(s) < 0 || scan_peek(s) == ',')
        value = (struct slice){s->rest.p, 0};
    else
        value = sip_scan_span(s, SIP_VALUE);
    sip_scan_blanks(s);
    if (scan_peek(s) >= 0 && scan_peek(s) != ',')
        scan_fail(s);
    return s->bad ? (struct slice){0} : value;
}

/* What would break a line of ours when it is sent back: folds in a value. */
static bool is_one_line(struct slice text)
{
    return slice_index(text, '\r') < 0 && slice_index(text, '\n') < 0 &&
           slice_index(text, '\0') < 0;
}

static bool is_whole(const struct sip_challenge *c)
{
    return slice_ieq(c->scheme, SLICE("Digest")) && c->realm.p && c->nonce.p &&
           is_one_line(c->realm) && is_one_line(c->nonce) && is_one_line(c->opaque);
}

/* Parameters up to the next scheme, which is a name with neither "=" nor comma behind it. False: a
 * parameter that we know stood there twice. */
static bool scan_params(struct scan *s, struct sip_challenge *c)
{
    unsigned seen = 0;
    bool twice = false;

    for (skip_commas(s); scan_peek(s) >= 0; skip_commas(s)) {
        struct scan before = *s;
        struct slice name = sip_scan_span(s, SIP_TOKEN);
        unsigned bit;

        if (!sip_scan_sep(s, '=')) {
            if (s->bad || scan_peek(s) < 0 || scan_peek(s) == ',')
                continue; /* a word alone, as of a list without its quotes */
            *s = before;
            break;
        }
        bit = take(c, name, scan_value(s));
        twice |= seen & bit;
        seen |= bit;
    }
    return !twice;
}

bool sip_challenge_next(struct slice *rest, struct sip_challenge *out)
{
    struct scan s = {*rest, false};
    bool once;

    *out = (struct sip_challenge){.kind = DIGEST_MD5};
    sip_scan_blanks(&s);
    skip_commas(&s);
    if (scan_peek(&s) >= 0)
        out->scheme = sip_scan_span(&s, SIP_TOKEN);
    sip_scan_blanks(&s);
    once = scan_params(&s, out);
    out->digest = once && !s.bad && is_whole(out);
    *rest = s.bad ? (struct slice){0} : s.rest;
    return out->scheme.n > 0;
}

/* --- quoted strings --------------------------------------------------------------------------- */

void sip_put_unquoted(struct buf *b, struct slice text)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\\' && i + 1 < text.n)
            i++;
        buf_putc(b, text.p[i]);
    }
}

void sip_put_quoted(struct buf *b, struct slice text)
{
    buf_putc(b, '"');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            buf_putc(b, '\\');
        sip_put_text(b, (struct slice){text.p + i, 1});
    }
    buf_putc(b, '"');
}
