/* tests/unit/sip/auth_bench.h - the credentials of alice at example.org, and the challenges that
 * come to them. */
#ifndef TESTS_UNIT_SIP_AUTH_BENCH_H
#define TESTS_UNIT_SIP_AUTH_BENCH_H

#include "sip/auth.h"
#include "tests/lib/rows.h"

/* The beginnings of challenges, and what one of ours has. */
#define W "WWW-Authenticate: Digest "
#define P "Proxy-Authenticate: Digest "
#define OURS "realm=\"example.org\", nonce=\"n\""

struct auth_bench {
    struct rng rng;
    struct sip_auth *auth;
    struct sip_auth_tries tries;
    struct buf out, why;
};

/* realm: that is configured, or ""; password: NULL: none yet. */
struct auth_bench *auth_bench_new(const char *realm, const char *password);
void auth_bench_free(struct auth_bench *b);
/* A 401 comes with these lines, each with "\n" at its end. */
enum sip_auth_verdict auth_bench_challenged(struct auth_bench *b, const char *method,
                                            const char *lines);
/* What the next request has; returns how many lines. */
size_t auth_bench_put(struct auth_bench *b, const char *method);
/* Whether they have this. */
bool auth_bench_has(struct auth_bench *b, const char *text);
/* From now on it is a request of its own. */
void auth_bench_another(struct auth_bench *b);

#endif
