#include "base/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 16u

static uint64_t rotate(uint64_t v, unsigned bits)
{
    return v << bits | v >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] = rotate(v[2], 32);
}

static void absorb(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

/* SipHash-1-3 (Aumasson, Bernstein, "SipHash: a fast short-input PRF", 2012): one round a word and
 * three at the end are held to be enough for tables whose hashes nobody outside sees. */
static uint64_t hash_of(const struct map *m, struct slice key)
{
    uint64_t v[4] = {m->seed[0] ^ 0x736f6d6570736575u, m->seed[1] ^ 0x646f72616e646f6du,
                     m->seed[0] ^ 0x6c7967656e657261u, m->seed[1] ^ 0x7465646279746573u};
    uint64_t tail = (uint64_t)key.n << 56;
    size_t whole = key.n & ~(size_t)7;

    for (size_t i = 0; i < whole; i += 8) {
        uint64_t word;

        memcpy(&word, key.p + i, 8);
        absorb(v, word);
    }
    for (size_t i = whole; i < key.n; i++)
        tail |= (uint64_t)(unsigned char)key.p[i] << 8 * (i - whole);
    absorb(v, tail);
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct map map_new(struct rng *rng)
{
    struct map m = {0};

    rng_fill(rng, m.seed, sizeof m.seed);
    return m;
}

void map_free(struct map *m)
{
    free(m->slots);
    m->slots = NULL;
    m->n = m->cap = 0;
}

/* The slot of key, or the empty slot where it would stand; the map has slots. */
static size_t find(const struct map *m, uint64_t hash, struct slice key)
{
    size_t at = (size_t)hash & (m->cap - 1);

    while (m->slots[at].value && !(m->slots[at].hash == hash && slice_eq(m->slots[at].key, key)))
        at = (at + 1) & (m->cap - 1);
    return at;
}

static void place(struct map *m, const struct map_slot *slot)
{
    size_t at = (size_t)slot->hash & (m->cap - 1);

    while (m->slots[at].value)
        at = (at + 1) & (m->cap - 1);
    m->slots[at] = *slot;
}

static int grow(struct map *m)
{
    struct map old = *m;

    m->cap = old.cap ? old.cap * 2 : FIRST_CAP;
    m->slots = calloc(m->cap, sizeof *m->slots);
    if (!m->slots) {
        *m = old;
        return -ENOMEM;
    }
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i].value)
            place(m, &old.slots[i]);
    free(old.slots);
    return 0;
}

/* It grows while there is memory. Without, it becomes fuller instead, and slower, so that a flood
 * which has taken all else does not keep out who comes next; a search needs an empty slot. */
static bool has_room(struct map *m)
{
    return m->n < m->cap / 2 || grow(m) == 0 || m->n + 1 + m->cap / 16 < m->cap;
}

int map_put(struct map *m, struct slice key, void *value)
{
    struct map_slot slot = {key, value, hash_of(m, key)};

    if (m->cap && m->slots[find(m, slot.hash, key)].value)
        return -EEXIST;
    if (!has_room(m))
        return -ENOMEM;
    place(m, &slot);
    m->n++;
    return 0;
}

void *map_get(const struct map *m, struct slice key)
{
    return m->n ? m->slots[find(m, hash_of(m, key), key)].value : NULL;
}

/* Closes the gap at hole: what stands behind it moves up, unless it is at or before its own place
 * already. So a search may stop at the first empty slot, and no tombstones pile up. */
static void close_gap(struct map *m, size_t hole)
{
    size_t mask = m->cap - 1;

    for (size_t at = (hole + 1) & mask; m->slots[at].value; at = (at + 1) & mask) {
        size_t home = (size_t)m->slots[at].hash & mask;

        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        m->slots[hole] = m->slots[at];
        hole = at;
    }
    m->slots[hole] = (struct map_slot){0};
}

void *map_remove(struct map *m, struct slice key)
{
    size_t at;
    void *value;

    if (m->n == 0)
        return NULL;
    at = find(m, hash_of(m, key), key);
    value = m->slots[at].value;
    if (!value)
        return NULL;
    close_gap(m, at);
    m->n--;
    return value;
}

size_t map_count(const struct map *m)
{
    return m->n;
}

void *map_next(const struct map *m, size_t *at)
{
    while (*at < m->cap) {
        void *value = m->slots[(*at)++].value;

        if (value)
            return value;
    }
    return NULL;
}
