/* sip/credentials.c - what is hashed for a challenge, and the line that carries it. */
#include "sip/credentials.h"

#include <stdio.h>

#include "base/mem.h"
#include "sip/challenge.h"

static void hash(enum digest_kind kind, const struct slice *words_of_it, size_t n,
                 char out[DIGEST_HEX_MAX + 1])
{
    struct slice parts[11];
    size_t n_parts = 0;

    for (size_t i = 0; i < n; i++) {
        if (i)
            parts[n_parts++] = SLICE(":");
        parts[n_parts++] = words_of_it[i];
    }
    digest_hex(kind, parts, n_parts, out);
}

/* A1 of RFC 7616 3.4.2, hashed. */
static void hash_who(const struct sip_digest *d, char out[DIGEST_HEX_MAX + 1])
{
    struct slice who[] = {d->user, d->realm, d->password};
    struct slice session[] = {{out, 0}, d->nonce, d->cnonce};

    hash(d->kind, who, ARRAY_LEN(who), out);
    if (!d->session)
        return;
    session[0] = slice_of(out);
    hash(d->kind, session, ARRAY_LEN(session), out);
}

/* A2 of 3.4.3, hashed. */
static void hash_what(const struct sip_digest *d, char out[DIGEST_HEX_MAX + 1])
{
    char body[DIGEST_HEX_MAX + 1] = "";
    struct slice what[] = {d->method, d->uri, {0}};

    if (d->qop == SIP_QOP_AUTH_INT)
        hash(d->kind, &d->body, 1, body);
    what[2] = slice_of(body);
    hash(d->kind, what, d->qop == SIP_QOP_AUTH_INT ? 3 : 2, out);
}

static const char *const qop_names[] = {"", "auth", "auth-int"};

void sip_digest_response(const struct sip_digest *d, char out[DIGEST_HEX_MAX + 1])
{
    char who[DIGEST_HEX_MAX + 1], what[DIGEST_HEX_MAX + 1], nc[9];

    hash_who(d, who);
    hash_what(d, what);
    snprintf(nc, sizeof nc, "%08x", (unsigned)d->nc);
    if (d->qop == SIP_QOP_NONE) {
        struct slice old[] = {slice_of(who), d->nonce, slice_of(what)}; /* RFC 2069 */

        hash(d->kind, old, ARRAY_LEN(old), out);
    } else {
        struct slice all[] = {
            slice_of(who), d->nonce, slice_of(nc), d->cnonce, slice_of(qop_names[d->qop]),
            slice_of(what)};

        hash(d->kind, all, ARRAY_LEN(all), out);
    }
    mem_wipe(who, sizeof who);
}

static void put_word(struct buf *b, const char *name, struct slice text)
{
    buf_printf(b, ", %s=", name);
    sip_put_quoted(b, text);
}

/* RFC 7616 3.4.4: the hash of the name, where the server offers that. */
static void put_user(struct buf *b, const struct sip_digest *d)
{
    struct slice name[] = {d->user, d->realm};
    char hex[DIGEST_HEX_MAX + 1];

    if (d->userhash)
        hash(d->kind, name, ARRAY_LEN(name), hex);
    buf_puts(b, "username=");
    sip_put_quoted(b, d->userhash ? slice_of(hex) : d->user);
    if (d->userhash)
        buf_puts(b, ", userhash=true");
}

void sip_credentials_put(struct buf *b, enum sip_hdr id, const struct sip_digest *d)
{
    char response[DIGEST_HEX_MAX + 1];

    sip_digest_response(d, response);
    buf_put(b, sip_header_name(id));
    buf_puts(b, ": Digest ");
    put_user(b, d);
    put_word(b, "realm", d->realm);
    put_word(b, "nonce", d->nonce);
    put_word(b, "uri", d->uri);
    put_word(b, "response", slice_of(response));
    if (d->algorithm.n) {
        buf_puts(b, ", algorithm=");
        buf_put(b, d->algorithm);
    }
    if (d->opaque.p)
        put_word(b, "opaque", d->opaque);
    if (d->qop != SIP_QOP_NONE) {
        put_word(b, "cnonce", d->cnonce);
        buf_printf(b, ", qop=%s, nc=%08x", qop_names[d->qop], (unsigned)d->nc);
    }
    buf_puts(b, "\r\n");
}
