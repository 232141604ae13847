#include "audio/jitter_store.h"

#include <stdlib.h>
#include <string.h>

enum { PAYLOAD_STEP = 96 }; /* allocated in such steps, to fit the next one as well */

static struct jitter_stored *stored_new(struct jitter_store *s, size_t n)
{
    struct jitter_stored *p;
    size_t cap;

    for (size_t i = 0; i < JITTER_SPARES; i++)
        if (s->spare[i] && s->spare[i]->cap >= n) {
            p = s->spare[i];
            s->spare[i] = NULL;
            return p;
        }
    cap = (n + PAYLOAD_STEP - 1) / PAYLOAD_STEP * PAYLOAD_STEP;
    p = malloc(sizeof *p + cap);
    if (p)
        p->cap = cap;
    return p;
}

/* Where there is no place for one more, the smallest goes: so in the end all are large enough. */
void jitter_store_give_back(struct jitter_store *s, struct jitter_stored *p)
{
    for (size_t i = 0; p && i < JITTER_SPARES; i++) {
        struct jitter_stored *other = s->spare[i];

        if (other && other->cap >= p->cap)
            continue;
        s->spare[i] = p;
        p = other;
    }
    free(p);
}

struct jitter_stored *jitter_store_put(struct jitter_store *s, const struct jitter_packet *packet,
                                       int64_t sequence, int64_t timestamp)
{
    struct jitter_stored *p = stored_new(s, packet->payload.n);
    size_t at;

    if (!p)
        return NULL;
    p->sequence = sequence;
    p->timestamp = timestamp;
    p->duration = packet->duration;
    p->payload_type = packet->payload_type;
    p->fec = packet->fec;
    p->carries = packet->carries;
    p->bridge = packet->bridge;
    p->copy = false;
    p->n = packet->payload.n;
    if (p->n)
        memcpy(p->bytes, packet->payload.p, p->n);
    for (at = s->n; at > 0 && s->waiting[at - 1]->sequence > sequence; at--)
        s->waiting[at] = s->waiting[at - 1];
    s->waiting[at] = p;
    s->n++;
    return p;
}

void jitter_store_drop_copy(struct jitter_store *s, int64_t sequence)
{
    for (size_t i = 0; i < s->n; i++) {
        struct jitter_stored *p = s->waiting[i];

        if (p->sequence != sequence || !p->copy)
            continue;
        s->n--;
        memmove(s->waiting + i, s->waiting + i + 1, (s->n - i) * sizeof *s->waiting);
        jitter_store_give_back(s, p);
        return;
    }
}

struct jitter_stored *jitter_store_take(struct jitter_store *s)
{
    struct jitter_stored *p = s->waiting[0];

    s->n--;
    memmove(s->waiting, s->waiting + 1, s->n * sizeof *s->waiting);
    return p;
}

void jitter_store_end(struct jitter_store *s)
{
    while (s->n)
        free(jitter_store_take(s));
    for (size_t i = 0; i < JITTER_SPARES; i++)
        free(s->spare[i]);
}
