/* sip/auth.c - which challenges are answered, and with what. */
#include "sip/auth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "sip/challenge.h"
#include "sip/credentials.h"

#define CNONCE_CHARS 20
#define MAX_HOSTS 3
/* Challenges of one server are alike, but for a few bytes of a nonce, say, or "Proxy-". */
#define MARGIN_BYTES 16
/* Of a line with everything that servers ask for, in the lengths that are usual. */
#define UNASKED_BYTES 330

/* A server may name one nonce to several requests, and come back to it when it has named others: it
 * counts them all. */
struct nonce {
    char *text; /* owned; NULL: none */
    size_t n;
    uint32_t id, count;
    char cnonce[CNONCE_CHARS + 1]; /* one for its life, as -sess wants it */
    uint64_t used;
};

/* A challenge that is remembered. */
struct answer {
    bool live, proxy;                      /* proxy: Proxy-Authenticate */
    bool of_registers, of_others;          /* what it came to: a REGISTER, other requests */
    char *memory;                          /* owned, holds the slices */
    struct slice realm, opaque, algorithm; /* without quotes and escapes */
    struct nonce *nonce;
    enum digest_kind kind;
    bool session, userhash;
    enum sip_qop qop;
    uint32_t id;
    uint64_t used;
};

struct realm {
    char *name; /* owned; NULL: none */
    size_t n;
    enum digest_kind strongest; /* that it was answered with */
};

struct sip_auth {
    struct rng *rng;
    char *user, *hosts[MAX_HOSTS]; /* owned */
    char *only;                    /* the realm that is configured, or NULL */
    char *password;                /* owned, may hold any bytes; NULL: none */
    size_t password_n;
    struct realm realms[SIP_MAX_REALMS]; /* that are ours; a ring */
    size_t next_realm;
    struct answer answers[SIP_MAX_CHALLENGES];
    struct nonce nonces[SIP_MAX_NONCES];
    struct slice asked;         /* the realm of the last one; points into realms */
    enum digest_kind strongest; /* that any realm was answered with */
    uint32_t last_id;
    uint64_t uses;
};

/* --- life ------------------------------------------------------------------------------------- */

static void wipe(char **secret, size_t *n)
{
    if (*secret)
        mem_wipe(*secret, *n);
    free(*secret);
    *secret = NULL;
    *n = 0;
}

struct sip_auth *sip_auth_new(struct rng *rng, struct slice user, struct slice realm,
                              const struct slice *hosts, size_t n_hosts)
{
    struct sip_auth *auth = calloc(1, sizeof *auth);
    bool ok;

    if (!auth)
        return NULL;
    auth->rng = rng;
    auth->user = slice_dup(user);
    ok = auth->user != NULL;
    if (realm.n) {
        auth->only = slice_dup(realm);
        ok = ok && auth->only;
    }
    for (size_t i = 0; i < n_hosts && i < MAX_HOSTS; i++) {
        auth->hosts[i] = slice_dup(hosts[i]);
        ok = ok && auth->hosts[i];
    }
    if (ok)
        return auth;
    sip_auth_free(auth);
    return NULL;
}

void sip_auth_free(struct sip_auth *auth)
{
    if (!auth)
        return;
    wipe(&auth->password, &auth->password_n);
    for (size_t i = 0; i < ARRAY_LEN(auth->answers); i++)
        free(auth->answers[i].memory);
    for (size_t i = 0; i < ARRAY_LEN(auth->nonces); i++)
        free(auth->nonces[i].text);
    for (size_t i = 0; i < ARRAY_LEN(auth->realms); i++)
        free(auth->realms[i].name);
    for (size_t i = 0; i < MAX_HOSTS; i++)
        free(auth->hosts[i]);
    free(auth->user);
    free(auth->only);
    free(auth);
}

int sip_auth_set_password(struct sip_auth *auth, struct slice password)
{
    wipe(&auth->password, &auth->password_n);
    if (!password.p)
        return 0;
    auth->password = malloc(password.n + 1);
    if (!auth->password)
        return -ENOMEM;
    memcpy(auth->password, password.p, password.n);
    auth->password_n = password.n;
    return 0;
}

struct slice sip_auth_realm(const struct sip_auth *auth)
{
    return auth->asked;
}

/* --- what is ours ----------------------------------------------------------------------------- */

static struct realm *find_realm(struct sip_auth *auth, struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(auth->realms); i++) {
        struct realm *realm = &auth->realms[i];

        if (realm->name && slice_eq((struct slice){realm->name, realm->n}, name))
            return realm;
    }
    return NULL;
}

static bool is_ours(struct sip_auth *auth, struct slice name, bool registrar)
{
    if (auth->only)
        return slice_eq(slice_of(auth->only), name);
    if (registrar || find_realm(auth, name))
        return true;
    for (size_t i = 0; i < MAX_HOSTS; i++)
        if (auth->hosts[i] && name.n && slice_ieq(slice_of(auth->hosts[i]), name))
            return true;
    return false;
}

/* NULL without memory. */
static struct realm *learn_realm(struct sip_auth *auth, struct slice name)
{
    struct realm *realm = find_realm(auth, name);
    char *copy = realm ? NULL : slice_dup(name);

    if (realm || !copy)
        return realm;
    realm = &auth->realms[auth->next_realm++ % ARRAY_LEN(auth->realms)];
    if (auth->asked.p == realm->name)
        auth->asked = (struct slice){0};
    free(realm->name);
    *realm = (struct realm){.name = copy, .n = name.n};
    return realm;
}

/* --- choosing --------------------------------------------------------------------------------- */

/* Why a challenge is not answered; what tells more about the server comes later. */
enum obstacle {
    NO_CHALLENGE,
    OTHER_SCHEME,
    MALFORMED,
    OTHER_ALGORITHM,
    OTHER_QOP,
    OTHER_REALM,
    WEAKER,
    OUTDATED,
    ENDLESS,
    NO_MEMORY,
    NO_OBSTACLE,
};

/* clang-format off */
static const struct words { const char *before, *after; bool detail; } words[] = {
    [NO_CHALLENGE]    = {"it asks for a password and does not say how", "", false},
    [OTHER_SCHEME]    = {"it asks for the scheme ", ", which is not known here", true},
    [MALFORMED]       = {"its challenge cannot be read", "", false},
    [OTHER_ALGORITHM] = {"it asks for the algorithm ", ", which is not known here", true},
    [OTHER_QOP]       = {"it asks for a protection (qop) that is not known here", "", false},
    [OTHER_REALM]     = {"it asks for the password of another realm, \"", "\"", true},
    [WEAKER]          = {"it asks for ", ", which is weaker than what it asked for before", true},
    [OUTDATED]        = {"it calls each answer outdated", "", false},
    [ENDLESS]         = {"it asks again and again", "", false},
};
/* clang-format on */

struct pick {
    struct sip_challenge c;
    bool proxy;
    struct buf realm, nonce; /* without escapes */
};

struct choice {
    struct pick picks[SIP_MAX_CHALLENGES];
    size_t n;
    enum obstacle obstacle; /* the most telling of those that are not picked */
    struct slice detail;
};

static void explain(const struct choice *choice, struct buf *why)
{
    const struct words *w = &words[choice->obstacle];

    buf_puts(why, w->before);
    if (w->detail)
        text_safe(why, choice->detail);
    buf_puts(why, w->after);
}

static void obstruct(struct choice *choice, enum obstacle obstacle, struct slice detail)
{
    if (obstacle < choice->obstacle)
        return;
    choice->obstacle = obstacle;
    choice->detail = detail;
}

static enum obstacle look(struct sip_auth *auth, const struct pick *pick, bool registrar,
                          enum digest_kind floor)
{
    const struct sip_challenge *c = &pick->c;
    struct slice name = buf_slice(&pick->realm);
    const struct realm *known = find_realm(auth, name);

    if (!buf_ok(&pick->realm) || !buf_ok(&pick->nonce))
        return NO_MEMORY;
    if (!slice_ieq(c->scheme, SLICE("Digest")))
        return OTHER_SCHEME;
    if (!c->digest || c->realm.n + c->nonce.n + c->opaque.n + c->algorithm.n > SIP_MAX_CHALLENGE)
        return MALFORMED;
    if (!c->kind)
        return OTHER_ALGORITHM;
    /* RFC 2069, without qop, has no nonce of the client, which -sess needs. */
    if (c->has_qop ? !c->auth && !c->auth_int : c->session)
        return OTHER_QOP;
    if (!is_ours(auth, name, registrar))
        return OTHER_REALM;
    return c->kind < (known ? known->strongest : floor) ? WEAKER : NO_OBSTACLE;
}

static struct slice detail_of(const struct sip_challenge *c, enum obstacle obstacle)
{
    if (obstacle == OTHER_SCHEME)
        return c->scheme;
    if (obstacle == OTHER_REALM)
        return c->realm;
    return c->algorithm.p ? c->algorithm : SLICE("MD5");
}

static bool is_picked(const struct choice *choice, const struct pick *pick)
{
    for (size_t i = 0; i < choice->n; i++)
        if (choice->picks[i].proxy == pick->proxy &&
            slice_eq(buf_slice(&choice->picks[i].realm), buf_slice(&pick->realm)))
            return true;
    return false;
}

static void drop(struct pick *pick)
{
    buf_free(&pick->realm);
    buf_free(&pick->nonce);
}

static void consider(struct sip_auth *auth, const struct sip_challenge *c, bool proxy,
                     bool registrar, enum digest_kind floor, struct choice *choice)
{
    struct pick pick = {.c = *c,
                        .proxy = proxy,
                        .realm = buf_new(SIP_MAX_HEADER_LINE),
                        .nonce = buf_new(SIP_MAX_HEADER_LINE)};
    enum obstacle obstacle;

    sip_put_unquoted(&pick.realm, c->realm);
    sip_put_unquoted(&pick.nonce, c->nonce);
    obstacle = look(auth, &pick, registrar, floor);
    if (obstacle != NO_OBSTACLE)
        obstruct(choice, obstacle, detail_of(c, obstacle));
    else if (choice->n < ARRAY_LEN(choice->picks) && !is_picked(choice, &pick))
        choice->picks[choice->n++] = pick;
    else
        obstacle = NO_MEMORY;
    if (obstacle != NO_OBSTACLE)
        drop(&pick);
}

static void choose(struct sip_auth *auth, const struct sip_msg *msg, bool registrar,
                   enum digest_kind floor, struct choice *choice)
{
    for (int proxy = 0; proxy <= 1; proxy++) {
        enum sip_hdr id = proxy ? SIP_HDR_PROXY_AUTHENTICATE : SIP_HDR_WWW_AUTHENTICATE;
        struct sip_values lines = sip_msg_values(msg, id);
        struct sip_challenge c;
        struct slice line;

        while (sip_values_next(&lines, &line))
            while (sip_challenge_next(&line, &c))
                consider(auth, &c, proxy, registrar, floor, choice);
    }
}

/* --- remembering ------------------------------------------------------------------------------ */

static struct answer *find_answer(struct sip_auth *auth, const struct pick *pick)
{
    for (size_t i = 0; i < ARRAY_LEN(auth->answers); i++) {
        struct answer *a = &auth->answers[i];

        if (a->live && a->proxy == pick->proxy && slice_eq(a->realm, buf_slice(&pick->realm)))
            return a;
    }
    return NULL;
}

static void forget(struct answer *a)
{
    free(a->memory);
    *a = (struct answer){0};
}

static struct answer *free_answer(struct sip_auth *auth)
{
    struct answer *oldest = &auth->answers[0];

    for (size_t i = 0; i < ARRAY_LEN(auth->answers); i++)
        if (auth->answers[i].used < oldest->used)
            oldest = &auth->answers[i];
    forget(oldest);
    return oldest;
}

static struct slice text_of(const struct nonce *nonce)
{
    return (struct slice){nonce->text, nonce->n};
}

static bool is_in_use(const struct sip_auth *auth, const struct nonce *nonce)
{
    for (size_t i = 0; i < ARRAY_LEN(auth->answers); i++)
        if (auth->answers[i].live && auth->answers[i].nonce == nonce)
            return true;
    return false;
}

/* NULL without memory. */
static struct nonce *get_nonce(struct sip_auth *auth, struct slice text)
{
    struct nonce *oldest = NULL;
    char *copy;

    for (size_t i = 0; i < ARRAY_LEN(auth->nonces); i++) {
        struct nonce *nonce = &auth->nonces[i];

        if (nonce->text && slice_eq(text_of(nonce), text))
            return nonce;
        if (!is_in_use(auth, nonce) && (!oldest || nonce->used < oldest->used))
            oldest = nonce;
    }
    copy = slice_dup(text);
    if (!copy)
        return NULL;
    free(oldest->text); /* there is one, for there are fewer answers */
    *oldest = (struct nonce){.text = copy, .n = text.n, .id = ++auth->last_id};
    rng_token(auth->rng, oldest->cnonce, CNONCE_CHARS);
    return oldest;
}

/* The texts of a challenge in one piece; false: no memory. */
static bool keep_texts(struct answer *a, const struct pick *pick)
{
    const struct sip_challenge *c = &pick->c;
    struct buf b = buf_new(SIP_MAX_HEADER_LINE);
    size_t realm_n = pick->realm.n, opaque_n;

    buf_put(&b, buf_slice(&pick->realm));
    sip_put_unquoted(&b, c->opaque);
    opaque_n = b.n - realm_n;
    buf_put(&b, c->algorithm);
    if (!buf_ok(&b)) {
        buf_free(&b);
        return false;
    }
    free(a->memory);
    a->memory = b.p;
    a->realm = slice_head(buf_slice(&b), realm_n);
    a->opaque = slice_head(slice_skip(buf_slice(&b), realm_n), opaque_n);
    a->algorithm = slice_skip(buf_slice(&b), realm_n + opaque_n);
    if (!c->opaque.p)
        a->opaque.p = NULL; /* an empty one goes back, one that is absent does not */
    return true;
}

static bool remember(struct sip_auth *auth, const struct pick *pick, bool registers)
{
    const struct sip_challenge *c = &pick->c;
    struct realm *realm = learn_realm(auth, buf_slice(&pick->realm));
    struct answer *a = realm ? find_answer(auth, pick) : NULL;
    struct nonce *nonce = get_nonce(auth, buf_slice(&pick->nonce));

    if (realm && !a)
        a = free_answer(auth);
    if (!a || !nonce || !keep_texts(a, pick))
        return false;
    if (!a->live)
        a->id = ++auth->last_id;
    a->live = true;
    a->nonce = nonce;
    a->proxy = pick->proxy;
    a->of_registers |= registers;
    a->of_others |= !registers;
    a->kind = c->kind;
    a->session = c->session;
    a->userhash = c->userhash;
    a->qop = c->auth ? SIP_QOP_AUTH : c->auth_int ? SIP_QOP_AUTH_INT : SIP_QOP_NONE;
    a->used = nonce->used = ++auth->uses;
    if (c->kind > realm->strongest)
        realm->strongest = c->kind;
    if (c->kind > auth->strongest)
        auth->strongest = c->kind;
    auth->asked = (struct slice){realm->name, realm->n};
    return true;
}

/* --- judging ---------------------------------------------------------------------------------- */

/* What the server says of the credentials that the request carried. */
struct opinion {
    bool refused, same, stale;
};

static struct opinion opinion_of(struct sip_auth *auth, const struct pick *pick,
                                 const struct sip_auth_tries *tries)
{
    const struct answer *a = find_answer(auth, pick);
    size_t i = a ? (size_t)(a - auth->answers) : 0;

    if (!a || tries->carried[i].answer != a->id)
        return (struct opinion){0}; /* it carried none for this realm */
    if (pick->c.stale)
        return (struct opinion){.stale = true};
    return (struct opinion){.refused = true,
                            .same = tries->carried[i].nonce == a->nonce->id &&
                                    slice_eq(text_of(a->nonce), buf_slice(&pick->nonce))};
}

static enum sip_auth_verdict judge(struct sip_auth *auth, struct choice *choice,
                                   struct sip_auth_tries *tries)
{
    struct opinion all = {0};

    for (size_t i = 0; i < choice->n; i++) {
        struct opinion one = opinion_of(auth, &choice->picks[i], tries);

        all.refused |= one.refused;
        all.same |= one.same;
        all.stale |= one.stale;
    }
    if (all.refused && (++tries->refused > 1 || all.same))
        return SIP_AUTH_REFUSED;
    if (all.stale && ++tries->stale > SIP_MAX_STALE)
        obstruct(choice, OUTDATED, (struct slice){0});
    else if (++tries->challenged > SIP_MAX_ROUNDS)
        obstruct(choice, ENDLESS, (struct slice){0});
    else if (choice->n)
        return SIP_AUTH_AGAIN;
    return SIP_AUTH_CANNOT;
}

static enum sip_auth_verdict settle(struct sip_auth *auth, struct choice *choice, bool registers,
                                    enum sip_auth_verdict verdict)
{
    for (size_t i = 0; i < choice->n; i++) {
        struct answer *a = find_answer(auth, &choice->picks[i]);

        if (verdict == SIP_AUTH_AGAIN && !remember(auth, &choice->picks[i], registers))
            return SIP_AUTH_SHORT;
        /* The next request asks what is wanted; the count of the nonce goes on. */
        if (verdict != SIP_AUTH_AGAIN && a)
            a->of_registers = a->of_others = false;
    }
    return verdict == SIP_AUTH_AGAIN && !auth->password ? SIP_AUTH_WAIT : verdict;
}

enum sip_auth_verdict sip_auth_challenged(struct sip_auth *auth, const struct sip_msg *response,
                                          bool registrar, struct sip_auth_tries *tries,
                                          struct buf *why)
{
    struct choice choice = {.obstacle = NO_CHALLENGE};
    enum sip_auth_verdict verdict;

    if (!tries->challenged)
        tries->floor = auth->strongest;
    choose(auth, response, registrar, tries->floor, &choice);
    verdict = settle(auth, &choice, response->method == SIP_REGISTER, judge(auth, &choice, tries));
    if (verdict == SIP_AUTH_CANNOT && choice.obstacle == NO_MEMORY)
        verdict = SIP_AUTH_SHORT;
    if (verdict == SIP_AUTH_CANNOT)
        explain(&choice, why);
    for (size_t i = 0; i < choice.n; i++)
        drop(&choice.picks[i]);
    return verdict;
}

/* --- credentials ------------------------------------------------------------------------------ */

static void put_line(const struct sip_auth *auth, const struct answer *a,
                     const struct sip_digest *what, struct buf *out)
{
    struct sip_digest d = *what;

    d.kind = a->kind;
    d.session = a->session;
    d.qop = a->qop;
    d.user = slice_of(auth->user);
    d.realm = a->realm;
    d.password = (struct slice){auth->password, auth->password_n};
    d.nonce = text_of(a->nonce);
    d.cnonce = slice_of(a->nonce->cnonce);
    d.nc = a->nonce->count;
    d.algorithm = a->algorithm;
    d.opaque = a->opaque;
    d.userhash = a->userhash;
    sip_credentials_put(out, a->proxy ? SIP_HDR_PROXY_AUTHORIZATION : SIP_HDR_AUTHORIZATION, &d);
}

static void put_one(struct sip_auth *auth, struct answer *a, const struct sip_digest *what,
                    struct buf *out)
{
    a->nonce->count++; /* now: what is lost on the way must not lend its number */
    a->used = a->nonce->used = ++auth->uses;
    put_line(auth, a, what, out);
}

int sip_auth_put(struct sip_auth *auth, struct sip_auth_tries *tries, struct buf *out,
                 struct slice method, struct slice uri, struct slice body)
{
    struct sip_digest what = {.method = method, .uri = uri, .body = body};
    bool registers = slice_eq(method, sip_method_name(SIP_REGISTER));
    size_t start = out->n;

    memset(tries->carried, 0, sizeof tries->carried);
    for (size_t i = 0; i < ARRAY_LEN(auth->answers) && auth->password; i++) {
        struct answer *a = &auth->answers[i];

        if (!a->live || (registers ? !a->of_registers : !a->of_others))
            continue;
        put_one(auth, a, &what, out);
        tries->carried[i].answer = a->id;
        tries->carried[i].nonce = a->nonce->id;
    }
    if (buf_ok(out))
        return 0;
    out->n = start;
    out->failed = false;
    memset(tries->carried, 0, sizeof tries->carried);
    return -EINVAL;
}

size_t sip_auth_bytes(const struct sip_auth *auth, struct slice uri)
{
    struct sip_digest what = {.method = sip_method_name(SIP_INVITE), .uri = uri};
    struct buf others = buf_new(SIP_MAX_MESSAGE), registers = buf_new(SIP_MAX_MESSAGE);
    size_t n = UNASKED_BYTES + strlen(auth->user) + uri.n;

    for (size_t i = 0; i < ARRAY_LEN(auth->answers); i++) {
        const struct answer *a = &auth->answers[i];

        if (a->live && (a->of_others || a->of_registers))
            put_line(auth, a, &what, a->of_others ? &others : &registers);
    }
    if (others.n || registers.n)
        n = MARGIN_BYTES + (others.n ? others.n : registers.n);
    buf_free(&others);
    buf_free(&registers);
    return n;
}
