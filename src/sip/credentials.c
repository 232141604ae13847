/* sip/credentials.c - what is hashed for a challenge, and the line that carries it. */
#include "sip/credentials.h"

#include <errno.h>

#include "base/mem.h"
#include "sip/challenge.h"
#include "sip/print.h"

static int hash(enum digest_kind kind, const struct slice *words_of_it, size_t n,
                char out[DIGEST_HEX_MAX + 1])
{
    struct slice parts[11];
    size_t n_parts = 0;

    for (size_t i = 0; i < n; i++) {
        if (i)
            parts[n_parts++] = SLICE(":");
        parts[n_parts++] = words_of_it[i];
    }
    return digest_hex(kind, parts, n_parts, out);
}

/* A1 of RFC 7616 3.4.2, hashed. */
static int hash_who(const struct sip_digest *d, char out[DIGEST_HEX_MAX + 1])
{
    struct slice who[] = {d->user, d->realm, d->password};
    struct slice session[] = {{out, 0}, d->nonce, d->cnonce};
    int err = hash(d->kind, who, ARRAY_LEN(who), out);

    if (err || !d->session)
        return err;
    session[0] = slice_of(out);
    return hash(d->kind, session, ARRAY_LEN(session), out);
}

/* A2 of 3.4.3, hashed. */
static int hash_what(const struct sip_digest *d, char out[DIGEST_HEX_MAX + 1])
{
    char body[DIGEST_HEX_MAX + 1] = "";
    int err = d->qop == SIP_QOP_AUTH_INT ? hash(d->kind, &d->body, 1, body) : 0;
    struct slice what[] = {d->method, d->uri, slice_of(body)};

    return err ? err : hash(d->kind, what, d->qop == SIP_QOP_AUTH_INT ? 3 : 2, out);
}

static const char *const qop_names[] = {"", "auth", "auth-int"};

int sip_digest_response(const struct sip_digest *d, char out[DIGEST_HEX_MAX + 1])
{
    char who[DIGEST_HEX_MAX + 1], what[DIGEST_HEX_MAX + 1];
    struct buf nc = buf_new(16);
    int err = hash_who(d, who);

    if (!err)
        err = hash_what(d, what);
    buf_printf(&nc, "%08x", (unsigned)d->nc);
    if (!err && !buf_ok(&nc))
        err = -ENOMEM;
    if (!err && d->qop == SIP_QOP_NONE) {
        struct slice old[] = {slice_of(who), d->nonce, slice_of(what)}; /* RFC 2069 */

        err = hash(d->kind, old, ARRAY_LEN(old), out);
    } else if (!err) {
        struct slice all[] = {
            slice_of(who), d->nonce, buf_slice(&nc), d->cnonce, slice_of(qop_names[d->qop]),
            slice_of(what)};

        err = hash(d->kind, all, ARRAY_LEN(all), out);
    }
    mem_wipe(who, sizeof who);
    buf_free(&nc);
    return err;
}

static void put_word(struct buf *b, const char *name, struct slice text)
{
    buf_printf(b, ", %s=", name);
    sip_put_quoted(b, text);
}

/* RFC 7616 3.4.4: the hash of the name, where the server offers that. */
static int put_user(struct buf *b, const struct sip_digest *d)
{
    struct slice name[] = {d->user, d->realm};
    char hex[DIGEST_HEX_MAX + 1];
    int err = d->userhash ? hash(d->kind, name, ARRAY_LEN(name), hex) : 0;

    buf_puts(b, "username=");
    sip_put_quoted(b, d->userhash && !err ? slice_of(hex) : d->user);
    if (d->userhash)
        buf_puts(b, ", userhash=true");
    return err;
}

int sip_credentials_put(struct buf *b, enum sip_hdr id, const struct sip_digest *d)
{
    char response[DIGEST_HEX_MAX + 1];
    int err = sip_digest_response(d, response);

    buf_put(b, sip_header_name(id));
    buf_puts(b, ": Digest ");
    if (!err)
        err = put_user(b, d);
    put_word(b, "realm", d->realm);
    put_word(b, "nonce", d->nonce);
    put_word(b, "uri", d->uri);
    put_word(b, "response", err ? SLICE("") : slice_of(response));
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
    return err;
}
