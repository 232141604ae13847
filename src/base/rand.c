#include "base/rand.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct rng rng_system(void)
{
    return (struct rng){0};
}

struct rng rng_seeded(uint64_t seed)
{
    return (struct rng){.seed = seed ? seed : 1};
}

/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014. */
static uint64_t next_seeded(struct rng *r)
{
    uint64_t z = r->seed += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    if (r->seed == 0)
        r->seed = 1; /* 0 would mean the system */
    return z ^ (z >> 31);
}

static void refill(struct rng *r)
{
    if (r->seed) {
        for (size_t i = 0; i < sizeof r->pool; i += 8) {
            uint64_t v = next_seeded(r);
            memcpy(r->pool + i, &v, 8);
        }
    } else if (getrandom(r->pool, sizeof r->pool, 0) != (ssize_t)sizeof r->pool) {
        abort(); /* up to 256 bytes the kernel gives all or the machine has none */
    }
    r->left = sizeof r->pool;
}

void rng_fill(struct rng *r, void *out, size_t n)
{
    unsigned char *to = out;

    while (n) {
        size_t some;

        if (r->left == 0)
            refill(r);
        some = n < r->left ? n : r->left;
        r->left -= some;
        memcpy(to, r->pool + r->left, some);
        memset(r->pool + r->left, 0, some); /* what was given out cannot be read again */
        to += some;
        n -= some;
    }
}

uint32_t rng_u32(struct rng *r)
{
    uint32_t v;

    rng_fill(r, &v, sizeof v);
    return v;
}

uint32_t rng_below(struct rng *r, uint32_t below)
{
    return (uint32_t)(((uint64_t)rng_u32(r) * below) >> 32);
}

void rng_token(struct rng *r, char *out, size_t n)
{
    static const char letters[32] = "abcdefghijkmnpqrstuvwxyz23456789";

    rng_fill(r, out, n);
    for (size_t i = 0; i < n; i++)
        out[i] = letters[(unsigned char)out[i] & 31];
    out[n] = '\0';
}
