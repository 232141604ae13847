/* base/map.h - from bytes to things: a hash map with a key of its own, so that nobody outside can
 * choose names that all fall into one place.
 *
 * The map owns neither keys nor values: it keeps the key's slice, whose bytes must stay where they
 * are until the entry is removed. Usually they are a member of the value. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/rand.h"
#include "base/slice.h"

struct map_slot {
    struct slice key;
    void *value;   /* NULL: the slot is empty */
    uint64_t hash; /* kept, so that growing reads no keys */
};

struct map {
    struct map_slot *slots; /* cap of them, a power of two, up to half of them in use; where it
                               cannot grow, 15 of 16 */
    size_t n, cap;
    uint64_t seed[2];
};

/* Empty; takes its hash key from rng and allocates nothing yet. */
struct map map_new(struct rng *rng);
/* Frees the map's own memory and leaves it empty, usable again. */
void map_free(struct map *m);

/* Adds value, which is not NULL, under key. 0; -EEXIST where the key is there already; -ENOMEM.
 * On an error nothing has changed. */
int map_put(struct map *m, struct slice key, void *value);
/* The value under key, or NULL. */
void *map_get(const struct map *m, struct slice key);
/* Takes out and returns the value under key, or NULL. The map never shrinks. */
void *map_remove(struct map *m, struct slice key);
size_t map_count(const struct map *m);

/* Walks over all values in no order: start with *at 0; NULL at the end. The map must not change on
 * the way. */
void *map_next(const struct map *m, size_t *at);

#endif
