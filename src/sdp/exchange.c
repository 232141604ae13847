#include "sdp/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sdp/agree.h"
#include "sdp/parse.h"

/* Room for whatever we print: m= lines of the other side come back with one format each. */
#define OURS_MAX (2 * SDP_MAX_BYTES)

/* now is what holds, next what the description under way would make of it; in SDP_STABLE they
 * differ only in what set_local and set_direction changed. Most of a call there is no next. */
struct sdp_exchange {
    enum sdp_exchange_state state;
    bool answer_may_come; /* the last description to be agreed on was an offer of ours */
    struct sdp_agreement now;
    struct sdp_agreement *next; /* NULL: it is the same */
    char *now_text, *next_text; /* what the slots point into; perhaps the same, perhaps NULL */
    struct sdp_origin origin;
    size_t room;     /* that our offers have */
    struct buf ours; /* our newest description */
};

static bool is_valid(const struct sdp_local *local)
{
    return local->n_codecs > 0 && local->n_codecs <= SDP_MAX_CODECS && local->address.family &&
           local->address.port && !ip_is_any(&local->address) &&
           (unsigned)local->direction <= SDP_SENDRECV;
}

int sdp_exchange_new(const struct sdp_local *local, struct rng *rng, struct sdp_exchange **out)
{
    struct sdp_exchange *x;

    if (!is_valid(local))
        return -EINVAL;
    x = calloc(1, sizeof *x);
    if (!x)
        return -ENOMEM;
    x->state = SDP_STABLE;
    x->now.local = *local;
    x->now.numbers = sdp_numbers_new(local);
    x->now.audio = SDP_NO_SLOT;
    /* RFC 8866 5.2 wants an id that nobody else has; some phones read it into a signed int. */
    x->origin = (struct sdp_origin){(rng_u32(rng) >> 1) | 1, 1, local->address};
    x->ours = buf_new(OURS_MAX);
    x->room = SIZE_MAX;
    *out = x;
    return 0;
}

static const struct sdp_agreement *latest(const struct sdp_exchange *x)
{
    return x->next ? x->next : &x->now;
}

/* Something is to be different in next, which is there from now on. */
static int begin_next(struct sdp_exchange *x)
{
    if (x->next)
        return 0;
    x->next = malloc(sizeof *x->next);
    if (!x->next)
        return -ENOMEM;
    *x->next = x->now;
    return 0;
}

static void drop_next(struct sdp_exchange *x)
{
    if (x->next)
        mem_wipe(x->next, sizeof *x->next);
    free(x->next);
    x->next = NULL;
}

/* next begins with text; the one before goes, unless now still points into it. Keys may stand in
 * all of them. */
static void set_next_text(struct sdp_exchange *x, char *text)
{
    if (x->next_text != x->now_text)
        mem_wipe_free(x->next_text);
    x->next_text = text;
}

void sdp_exchange_free(struct sdp_exchange *x)
{
    if (!x)
        return;
    drop_next(x);
    set_next_text(x, NULL);
    mem_wipe_free(x->now_text);
    buf_free(&x->ours);
    mem_wipe(x, sizeof *x);
    free(x);
}

static void commit(struct sdp_exchange *x, const struct sdp_agreement *agreed)
{
    if (x->now_text != x->next_text)
        mem_wipe_free(x->now_text);
    x->now_text = x->next_text;
    x->now = *agreed;
    drop_next(x);
    x->state = SDP_STABLE;
}

void sdp_exchange_rollback(struct sdp_exchange *x)
{
    if (x->state == SDP_STABLE)
        return;
    set_next_text(x, x->now_text);
    drop_next(x);
    x->state = SDP_STABLE;
    x->answer_may_come = false;
}

int sdp_exchange_set_local(struct sdp_exchange *x, const struct sdp_local *local)
{
    if (x->state != SDP_STABLE)
        return -EBUSY;
    if (!is_valid(local))
        return -EINVAL;
    if (begin_next(x) != 0)
        return -ENOMEM;
    x->next->local = *local;
    x->answer_may_come = false;
    return 0;
}

int sdp_exchange_set_direction(struct sdp_exchange *x, enum sdp_direction direction)
{
    struct sdp_local local = latest(x)->local;

    local.direction = direction;
    return sdp_exchange_set_local(x, &local);
}

void sdp_exchange_set_room(struct sdp_exchange *x, size_t room)
{
    x->room = room;
}

const struct sdp_local *sdp_exchange_local(const struct sdp_exchange *x)
{
    return &latest(x)->local;
}

typedef void put_description(const struct sdp_agreement *a, const struct sdp_origin *origin,
                             struct buf *out);

/* RFC 3264 8: the version counts up by one when anything else has changed, and only then. */
static void print_fresh(const struct sdp_exchange *x, const struct sdp_agreement *next,
                        put_description *put, struct sdp_origin *origin, struct buf *fresh)
{
    *origin = x->origin;
    buf_clear(fresh);
    put(next, origin, fresh);
    if (!buf_ok(fresh) || !x->ours.n || slice_eq(buf_slice(fresh), buf_slice(&x->ours)))
        return;
    origin->version++;
    buf_clear(fresh);
    put(next, origin, fresh);
}

/* What is too long leaves out what next may do without, more and more of it. */
static int print_ours(struct sdp_exchange *x, struct sdp_agreement *next, put_description *put,
                      size_t room, struct buf *out)
{
    struct buf fresh = buf_new(OURS_MAX);
    struct sdp_origin origin;

    next->brevity = SDP_WHOLE;
    print_fresh(x, next, put, &origin, &fresh);
    while (fresh.n > room && next->brevity + 1 < N_SDP_BREVITIES) {
        next->brevity++;
        print_fresh(x, next, put, &origin, &fresh);
    }
    if (buf_ok(&fresh))
        buf_put(out, buf_slice(&fresh));
    if (!buf_ok(&fresh) || !buf_ok(out)) {
        buf_free(&fresh);
        return -ENOMEM;
    }
    buf_free(&x->ours);
    x->ours = fresh;
    x->origin = origin;
    return 0;
}

static int offer(struct sdp_exchange *x, bool asked, struct buf *out)
{
    struct sdp_agreement next = *latest(x);
    int err;

    if (x->state != SDP_STABLE)
        return -EBUSY;
    err = begin_next(x);
    if (!err)
        err = sdp_offer_begin(&next, asked);
    if (!err)
        err = print_ours(x, &next, sdp_offer_put, x->room, out);
    if (err)
        return err;
    *x->next = next;
    x->state = SDP_WE_OFFERED;
    x->answer_may_come = true;
    return 0;
}

int sdp_exchange_offer(struct sdp_exchange *x, struct buf *out)
{
    return offer(x, false, out);
}

int sdp_exchange_offer_asked(struct sdp_exchange *x, struct buf *out)
{
    return offer(x, true, out);
}

int sdp_exchange_take_answer(struct sdp_exchange *x, struct slice sdp)
{
    struct sdp_model model;
    struct sdp_agreement next = *latest(x);
    int err;

    if (!x->answer_may_come || x->state == SDP_THEY_OFFERED)
        return -EPROTO;
    err = sdp_parse(sdp, &model);
    if (!err)
        err = sdp_offer_answered(&next, &model);
    if (err) {
        if (x->now.agreed)
            sdp_exchange_rollback(x);
        return err;
    }
    commit(x, &next);
    return 0;
}

int sdp_exchange_take_offer(struct sdp_exchange *x, struct slice sdp)
{
    struct sdp_agreement next = *latest(x);
    struct sdp_model model;
    char *text;
    int err;

    if (x->state != SDP_STABLE)
        return -EBUSY;
    if (sdp.n > SDP_MAX_BYTES)
        return -EBADMSG;
    err = begin_next(x);
    if (err)
        return err;
    text = slice_dup(sdp); /* the slots point into it for as long as they last */
    if (!text)
        return -ENOMEM;
    err = sdp_parse((struct slice){text, sdp.n}, &model);
    if (!err)
        err = sdp_answer_take(&next, &model);
    if (err) {
        mem_wipe_free(text);
        return err;
    }
    set_next_text(x, text);
    *x->next = next;
    x->state = SDP_THEY_OFFERED;
    return 0;
}

int sdp_exchange_draft_answer(struct sdp_exchange *x, struct buf *out)
{
    if (x->state != SDP_THEY_OFFERED)
        return -EPROTO;
    return print_ours(x, x->next, sdp_answer_put, SIZE_MAX, out);
}

void sdp_exchange_agree(struct sdp_exchange *x)
{
    if (x->state != SDP_THEY_OFFERED)
        return;
    x->answer_may_come = false;
    commit(x, x->next);
}

int sdp_exchange_answer(struct sdp_exchange *x, struct buf *out)
{
    int err = sdp_exchange_draft_answer(x, out);

    if (!err)
        sdp_exchange_agree(x);
    return err;
}

enum sdp_exchange_state sdp_exchange_state(const struct sdp_exchange *x)
{
    return x->state;
}

const struct sdp_stream *sdp_exchange_stream(const struct sdp_exchange *x)
{
    return x->now.agreed ? &x->now.stream : NULL;
}

bool sdp_exchange_wants_keys(const struct sdp_exchange *x)
{
    return sdp_is_secured(latest(x));
}

struct slice sdp_exchange_ours(const struct sdp_exchange *x)
{
    return buf_slice(&x->ours);
}
