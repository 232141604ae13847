/* sip/transaction.c - the engine: one function steps all four machines by their tables. */
#include "sip/transaction.h"

#include <errno.h>
#include <stdlib.h>

#include "sip/build.h"
#include "sip/limits.h"
#include "sip/parse.h"
#include "sip/transaction_match.h"

struct sip_tx {
    struct list link; /* in live or dead of the pool */
    struct list kept; /* in a list of the owner's */
    struct sip_tx_pool *pool;
    struct sip_tx_ids ids;
    enum sip_tx_machine machine;
    enum sip_tx_state state;
    sip_tx_user *user;
    void *user_arg;

    struct sip_flow flow;    /* client: where to; server: where from */
    struct sip_flow reply;   /* server: where responses go, RFC 3261 18.2.2 */
    struct buf message;      /* client: the request; server: the latest response */
    size_t counted;          /* bytes of it that the pool has been told of */
    struct buf ack;          /* INVITE client: to the non-2xx final response */
    struct sip_msg *request; /* server: until the final response */
    size_t said;             /* server: bytes before that, each message once */
    bool once;               /* server: a final response is not repeated by itself */

    struct sip_alarm alarm; /* the earlier of the two */
    uint64_t repeat_ms, limit_ms;
    uint32_t interval_ms, cap_ms;
};

static void on_alarm(struct sip_alarm *alarm, uint64_t now_ms);

static bool is_client(const struct sip_tx *tx)
{
    return tx->machine == SIP_TX_INVITE_CLIENT || tx->machine == SIP_TX_CLIENT;
}

static bool is_reliable(const struct sip_tx *tx)
{
    return tx->flow.transport != SIP_UDP;
}

/* Others decide what we answer and for how long it is kept; what we ask is ours to limit. */
static void count_bytes(struct sip_tx *tx)
{
    if (is_client(tx))
        return;
    sip_tx_pool_count(tx->pool, &tx->ids, tx->counted, tx->message.cap);
    tx->counted = tx->message.cap;
}

static void drop_message(struct sip_tx *tx)
{
    buf_free(&tx->message);
    count_bytes(tx);
}

static void send_bytes(struct sip_tx *tx, const struct buf *bytes)
{
    if (!bytes->n)
        return; /* nothing has been answered yet */
    /* No memory for the queue is a message lost on the way, for which the timers are there. */
    if (is_client(tx))
        sip_out_send(tx->pool->out, tx->ids.key, &tx->flow, SIP_SEND_REQUEST, buf_slice(bytes));
    else
        sip_out_send(tx->pool->out, tx->ids.key, &tx->reply, SIP_SEND_RESPONSE, buf_slice(bytes));
}

static void send_ack(struct sip_tx *tx, const struct sip_msg *response)
{
    if (response && !tx->ack.n)
        sip_build_ack(&tx->ack, buf_slice(&tx->message), response);
    send_bytes(tx, &tx->ack);
}

/* Before the answer: who asks by a datagram, and may have forged its source, is told as much as
 * fits into twice its bytes. What does not is not said. */
static bool may_say(const struct sip_tx *tx, size_t n)
{
    return is_reliable(tx) || tx->said + n <= 2 * tx->request->bytes.n;
}

static void send_trying(struct sip_tx *tx)
{
    struct sip_response trying = {
        .status = 100, .source = &tx->flow.remote, .user_agent = tx->pool->user_agent};

    if (tx->message.n || !tx->request)
        return; /* a 180 says as much */
    if (sip_build_response(&tx->message, tx->request, &trying) || !may_say(tx, tx->message.n))
        buf_clear(&tx->message);
    tx->said += tx->message.n;
    send_bytes(tx, &tx->message);
    count_bytes(tx);
}

static void set_alarm(struct sip_tx *tx)
{
    uint64_t when = tx->repeat_ms < tx->limit_ms ? tx->repeat_ms : tx->limit_ms;

    sip_alarm_set(tx->pool->alarms, &tx->alarm, when);
}

/* Starts what waits in the new state. True: its time is up already, as D, I, J and K are zero over
 * a reliable transport. */
static bool start_timers(struct sip_tx *tx, uint64_t now_ms)
{
    const struct sip_tx_wait *wait = &sip_tx_waits[tx->machine][tx->state];
    bool reliable = is_reliable(tx);
    uint32_t limit_ms = reliable ? wait->limit_reliable_ms : wait->limit_ms;

    tx->cap_ms = wait->cap_ms;
    if (wait->goes_on) {
        tx->interval_ms = wait->first_ms;
        return false;
    }
    tx->interval_ms = wait->first_ms;
    tx->repeat_ms = wait->repeat == SIP_TX_NO_TIMER || reliable || tx->once
                        ? NEVER_MS
                        : now_ms + wait->first_ms;
    tx->limit_ms = wait->limit == SIP_TX_NO_TIMER ? NEVER_MS : now_ms + limit_ms;
    set_alarm(tx);
    return wait->limit != SIP_TX_NO_TIMER && limit_ms == 0;
}

static void end(struct sip_tx *tx)
{
    sip_alarm_done(tx->pool->alarms, &tx->alarm);
    sip_tx_pool_count(tx->pool, &tx->ids, tx->counted, 0); /* until the sweep nothing is added */
    tx->counted = 0;
    sip_tx_pool_remove(tx->pool, &tx->ids);
    list_remove(&tx->kept);
    list_remove(&tx->link);
    list_append(&tx->pool->dead, &tx->link);
}

static void enter(struct sip_tx *tx, enum sip_tx_state state, uint64_t now_ms)
{
    tx->state = state;
    if (state == SIP_TX_CONFIRMED) {
        sip_tx_pool_settle(tx->pool, &tx->ids);
        drop_message(tx); /* it has arrived */
    }
    if (start_timers(tx, now_ms)) {
        enum sip_tx_event event = sip_tx_waits[tx->machine][state].limit;

        if (tx->pool->observer)
            tx->pool->observer(tx->pool->observer_arg, tx->machine, state, event);
        tx->state = sip_tx_tables[tx->machine][state][event].next;
    }
    if (tx->state == SIP_TX_TERMINATED)
        end(tx);
}

/* The one place where the state changes. The user is told last, when everything is in order. */
static void step(struct sip_tx *tx, enum sip_tx_event event, const struct sip_msg *msg, int err,
                 uint64_t now_ms)
{
    struct sip_tx_cell cell = sip_tx_tables[tx->machine][tx->state][event];
    unsigned told = 0;

    if (!cell.next)
        return;
    if (tx->pool->observer)
        tx->pool->observer(tx->pool->observer_arg, tx->machine, tx->state, event);
    if (cell.actions & SIP_TX_SEND)
        send_bytes(tx, &tx->message);
    if (cell.actions & SIP_TX_ACK)
        send_ack(tx, msg);
    if (cell.actions & SIP_TX_TRY)
        send_trying(tx);
    if (cell.next != tx->state)
        enter(tx, cell.next, now_ms);
    told |= cell.actions & SIP_TX_TELL ? SIP_TX_TOLD_MESSAGE : 0;
    told |= cell.actions & SIP_TX_TELL_TIMEOUT ? SIP_TX_TOLD_TIMEOUT : 0;
    told |= cell.actions & SIP_TX_TELL_FAILED ? SIP_TX_TOLD_FAILED : 0;
    told |= tx->state == SIP_TX_TERMINATED ? SIP_TX_TOLD_OVER : 0;
    if (told && tx->user)
        tx->user(tx->user_arg, tx, told, told & SIP_TX_TOLD_MESSAGE ? msg : NULL, err, now_ms);
}

/* The limit goes first: after a stall nothing is repeated that is over. A repetition counts from
 * now and not from when it was due, so a stall is followed by one and no burst. */
static void on_alarm(struct sip_alarm *alarm, uint64_t now_ms)
{
    struct sip_tx *tx = LIST_ITEM(alarm, struct sip_tx, alarm);
    const struct sip_tx_wait *wait = &sip_tx_waits[tx->machine][tx->state];

    if (tx->limit_ms <= now_ms) {
        tx->limit_ms = NEVER_MS;
        set_alarm(tx);
        step(tx, wait->limit, NULL, 0, now_ms);
        return;
    }
    if (tx->repeat_ms <= now_ms) {
        uint32_t next_ms = tx->interval_ms * 2;

        if (tx->cap_ms && next_ms > tx->cap_ms)
            next_ms = tx->cap_ms;
        tx->interval_ms = next_ms;
        tx->repeat_ms = now_ms + next_ms;
        set_alarm(tx);
        step(tx, wait->repeat, NULL, 0, now_ms);
        return;
    }
    set_alarm(tx);
}

static void tx_free(struct sip_tx *tx)
{
    buf_free(&tx->message);
    buf_free(&tx->ack);
    sip_msg_free(tx->request);
    free(tx);
}

static int tx_new(struct sip_tx_pool *pool, const struct sip_msg *request,
                  const struct sip_flow *flow, bool server, struct sip_tx **out)
{
    struct sip_tx *tx = calloc(1, sizeof *tx);
    int err = tx ? sip_alarm_init(pool->alarms, &tx->alarm, on_alarm) : -ENOMEM;

    if (err) {
        free(tx);
        return err;
    }
    tx->pool = pool;
    list_init(&tx->kept);
    tx->flow = *flow;
    tx->message = buf_new(SIP_MAX_MESSAGE);
    tx->ack = buf_new(SIP_MAX_MESSAGE);
    if (request->method == SIP_INVITE)
        tx->machine = server ? SIP_TX_INVITE_SERVER : SIP_TX_INVITE_CLIENT;
    else
        tx->machine = server ? SIP_TX_SERVER : SIP_TX_CLIENT;
    err = sip_tx_pool_add(pool, tx, &tx->ids, request, server ? flow : NULL);
    if (err) {
        sip_alarm_done(pool->alarms, &tx->alarm);
        tx_free(tx);
        return err;
    }
    list_append(&pool->live, &tx->link);
    *out = tx;
    return 0;
}

int sip_tx_client_new(struct sip_tx_pool *pool, const struct sip_flow *flow, struct slice request,
                      sip_tx_user *user, void *arg, struct sip_tx **out, uint64_t now_ms)
{
    struct sip_msg msg;
    struct sip_tx *tx;
    int err = sip_parse(request, true, &msg);

    if (!err)
        err = tx_new(pool, &msg, flow, false, &tx);
    if (err)
        return err;
    tx->user = user;
    tx->user_arg = arg;
    buf_put(&tx->message, request);
    if (!buf_ok(&tx->message)) {
        end(tx); /* swept later, as any */
        return -ENOMEM;
    }
    enter(tx, tx->machine == SIP_TX_INVITE_CLIENT ? SIP_TX_CALLING : SIP_TX_TRYING, now_ms);
    send_bytes(tx, &tx->message);
    *out = tx;
    return 0;
}

int sip_tx_server_new(struct sip_tx_pool *pool, const struct sip_flow *flow,
                      const struct sip_msg *request, struct sip_tx **out, uint64_t now_ms)
{
    struct sip_msg *copy;
    struct sip_tx *tx;
    int err = sip_msg_copy(request, &copy);

    if (err)
        return err;
    err = tx_new(pool, request, flow, true, &tx);
    if (err) {
        sip_msg_free(copy);
        return err;
    }
    tx->request = copy;
    tx->reply = *flow;
    tx->reply.remote = sip_via_reply_to(&request->via, &flow->remote, is_reliable(tx));
    enter(tx, tx->machine == SIP_TX_INVITE_SERVER ? SIP_TX_PROCEEDING : SIP_TX_TRYING, now_ms);
    *out = tx;
    return 0;
}

void sip_tx_set_user(struct sip_tx *tx, sip_tx_user *user, void *arg)
{
    tx->user = user;
    tx->user_arg = arg;
}

void sip_tx_response(struct sip_tx *tx, const struct sip_msg *response, uint64_t now_ms)
{
    enum sip_tx_event event = response->status < 200   ? SIP_TX_GOT_1XX
                              : response->status < 300 ? SIP_TX_GOT_2XX
                                                       : SIP_TX_GOT_3XX_UP;

    if (is_client(tx))
        step(tx, event, response, 0, now_ms);
}

/* Whoever has chosen the branch may send what matches by it and is much shorter than what it seems
 * to copy, in the name of somebody else: he is not to be sent what is much longer. */
static bool is_worth_the_answer(const struct sip_tx *tx, const struct sip_msg *copy)
{
    return is_reliable(tx) || tx->message.n <= 2 * copy->bytes.n;
}

void sip_tx_request(struct sip_tx *tx, const struct sip_msg *request, uint64_t now_ms)
{
    if (request->method == SIP_ACK) {
        step(tx, SIP_TX_GOT_ACK, request, 0, now_ms);
        return;
    }
    if (!is_worth_the_answer(tx, request))
        return;
    tx->pool->copies++;
    step(tx, SIP_TX_GOT_REQUEST, request, 0, now_ms);
}

void sip_tx_send_failed(struct sip_tx *tx, int err, uint64_t now_ms)
{
    step(tx, SIP_TX_SEND_FAILED, NULL, err, now_ms);
}

/* Where there is no memory for the new message the old one stays. */
static int keep_message(struct sip_tx *tx, struct slice bytes)
{
    size_t old = tx->message.n;

    buf_clear(&tx->message);
    buf_put(&tx->message, bytes);
    if (buf_ok(&tx->message))
        return 0;
    tx->message.n = old; /* its bytes were not touched */
    tx->message.failed = false;
    return -ENOMEM;
}

int sip_tx_respond(struct sip_tx *tx, unsigned status, struct slice bytes, uint64_t now_ms)
{
    enum sip_tx_event event = status < 200   ? SIP_TX_SAY_1XX
                              : status < 300 ? SIP_TX_SAY_2XX
                                             : SIP_TX_SAY_3XX_UP;
    int err;

    if (!sip_tx_tables[tx->machine][tx->state][event].next)
        return 0; /* a final response is there already */
    if (status < 200 && !slice_eq(bytes, buf_slice(&tx->message))) {
        if (!may_say(tx, bytes.n))
            return -EMSGSIZE;
        tx->said += bytes.n;
    }
    err = keep_message(tx, bytes);
    count_bytes(tx);
    if (err)
        return err;
    if (status >= 200) {
        sip_msg_free(tx->request);
        tx->request = NULL;
    }
    step(tx, event, NULL, 0, now_ms);
    return 0;
}

void sip_tx_say_once(struct sip_tx *tx)
{
    tx->once = true;
}

void sip_tx_repeat_2xx(struct sip_tx *tx, uint64_t now_ms)
{
    if (tx->state == SIP_TX_ACCEPTED)
        step(tx, SIP_TX_SAY_2XX, NULL, 0, now_ms);
}

void sip_tx_give_up(struct sip_tx *tx, uint64_t now_ms)
{
    step(tx, SIP_TX_GIVE_UP, NULL, 0, now_ms);
}

void sip_tx_keep_in(struct sip_tx *tx, struct list *kept)
{
    list_append(kept, &tx->kept);
}

struct sip_tx *sip_tx_of_kept(struct list *at)
{
    return LIST_ITEM(at, struct sip_tx, kept);
}

void sip_tx_forget(struct sip_tx *tx)
{
    end(tx);
}

void sip_tx_acknowledged(struct sip_tx *tx)
{
    sip_tx_pool_settle(tx->pool, &tx->ids);
    if (tx->state == SIP_TX_ACCEPTED)
        drop_message(tx); /* the 2xx has arrived, and copies of the INVITE get nothing */
}

void sip_tx_set_connection(struct sip_tx *tx, uint64_t connection)
{
    tx->flow.connection = connection;
}

struct sip_tx *sip_tx_of(struct list *link)
{
    return LIST_ITEM(link, struct sip_tx, link);
}

enum sip_tx_machine sip_tx_machine(const struct sip_tx *tx)
{
    return tx->machine;
}

enum sip_tx_state sip_tx_state(const struct sip_tx *tx)
{
    return tx->state;
}

uint64_t sip_tx_key(const struct sip_tx *tx)
{
    return tx->ids.key;
}

const struct sip_flow *sip_tx_flow(const struct sip_tx *tx)
{
    return &tx->flow;
}

struct slice sip_tx_bytes(const struct sip_tx *tx)
{
    return buf_slice(&tx->message);
}

const struct sip_msg *sip_tx_request_of(const struct sip_tx *tx)
{
    return tx->request;
}

void sip_tx_pool_sweep(struct sip_tx_pool *pool)
{
    LIST_EACH (&pool->dead, at) {
        struct sip_tx *tx = LIST_ITEM(at, struct sip_tx, link);

        list_remove(at);
        tx_free(tx);
    }
}

void sip_tx_pool_free(struct sip_tx_pool *pool)
{
    LIST_EACH (&pool->live, at)
        end(LIST_ITEM(at, struct sip_tx, link));
    sip_tx_pool_sweep(pool);
    map_free(&pool->by_id);
    map_free(&pool->by_key);
    map_free(&pool->by_merge);
    map_free(&pool->sources);
    sip_tx_pool_done(pool);
}
