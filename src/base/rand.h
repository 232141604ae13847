/* base/rand.h - randomness as an object, so that a test can seed it.
 *
 * Tags, branches, Call-IDs, SSRCs and first sequence numbers come from here. From the system the
 * bytes are getrandom(2)'s and fit for secrets; from a seed they repeat and fit only for tests. */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t seed;           /* 0: from the system */
    unsigned char pool[256]; /* fetched ahead, so that a burst of branches is one system call */
    size_t left;
};

struct rng rng_system(void);
struct rng rng_seeded(uint64_t seed); /* 0 counts as 1 */

void rng_fill(struct rng *r, void *out, size_t n);
uint32_t rng_u32(struct rng *r);
/* 0 … below-1, below not 0; the bias of the remainder is under 2^-32 * below. */
uint32_t rng_below(struct rng *r, uint32_t below);
/* n letters and digits (5 bits each) and a NUL: out has n + 1 bytes. */
void rng_token(struct rng *r, char *out, size_t n);

#endif
