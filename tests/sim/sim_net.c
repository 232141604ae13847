/* tests/sim/sim_net.c - the wire. Over UDP a packet may be lost, late, doubled and overtaken; over
 * TCP it is only late, but the connection may be refused or break. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sip/parse.h"
#include "tests/sim/sim.h"

struct ip sim_address(const struct sim *sim, unsigned place)
{
    uint8_t moves = place < SIM_PARTIES ? sim->parties[place].moves : 0;

    return (struct ip){.family = 4, .bytes = {10, 0, moves, (uint8_t)(place + 1)}, .port = 5060};
}

unsigned sim_place(const struct sim *sim, const struct ip *ip)
{
    for (unsigned place = 0; place < SIM_PLACES; place++) {
        struct ip at = sim_address(sim, place);

        if (ip_same_host(&at, ip))
            return place;
    }
    return SIM_PLACES;
}

static uint64_t delay_ms(struct sim *sim)
{
    uint64_t most = sim->weather.delay_ms;

    /* Mostly quick, sometimes as late as it gets. */
    if (sim_chance(sim, 70))
        most = most / 8 + 1;
    return 1 + rng_below(&sim->rng, (uint32_t)most + 1);
}

static void post_once(struct sim *sim, unsigned from, const struct ip *to, uint64_t connection,
                      struct slice bytes)
{
    struct sim_packet *packet = xzalloc(sizeof *packet);

    packet->from = from;
    packet->from_ip = sim_address(sim, from);
    packet->to = sim_place(sim, to);
    packet->to_ip = *to;
    packet->connection = connection;
    packet->bytes = slice_dup(bytes);
    packet->n = bytes.n;
    packet->at_ms = sim->now_ms + delay_ms(sim);
    if (connection) {
        struct sim_connection *c = &sim->connections[connection - 1];
        uint64_t *last = &c->last_ms[from == c->a];

        if (packet->at_ms < *last)
            packet->at_ms = *last; /* in order */
        *last = packet->at_ms;
    }
    list_append(&sim->packets, &packet->link);
}

void sim_post(struct sim *sim, unsigned from, const struct ip *to, uint64_t connection,
              struct slice bytes)
{
    if (!connection && sim_chance(sim, sim->weather.loss)) {
        sim_trace(sim, "          lost: %u to %u %.*s", from, to->bytes[3] - 1u, 30, bytes.p);
        return;
    }
    post_once(sim, from, to, connection, bytes);
    if (!connection && sim_chance(sim, sim->weather.twice))
        post_once(sim, from, to, connection, bytes);
}

/* --- connections ------------------------------------------------------------------------------ */

static void tell_lost(struct sim *sim, unsigned place, uint64_t connection)
{
    if (place >= SIM_PARTIES)
        return;
    sip_endpoint_connection_lost(sim->parties[place].ep, connection, sim->now_ms);
    sim_user_drain(sim, &sim->parties[place]);
}

static void break_connection(struct sim *sim, uint64_t connection)
{
    struct sim_connection *c = &sim->connections[connection - 1];

    sim_trace(sim, "          connection %u breaks", (unsigned)connection);
    c->alive = false;
    LIST_EACH (&sim->packets, at) {
        struct sim_packet *packet = LIST_ITEM(at, struct sim_packet, link);

        if (packet->connection == connection)
            packet->to = SIM_PLACES; /* it goes nowhere */
    }
    tell_lost(sim, c->a, connection);
    tell_lost(sim, c->b, connection);
}

void sim_break_all(struct sim *sim, unsigned place)
{
    for (size_t i = 0; i < sim->n_connections; i++) {
        const struct sim_connection *c = &sim->connections[i];

        if (c->alive && (c->a == place || c->b == place))
            break_connection(sim, i + 1);
    }
}

static uint64_t find_connection(struct sim *sim, unsigned a, unsigned b)
{
    for (size_t i = 0; i < sim->n_connections; i++) {
        struct sim_connection *c = &sim->connections[i];

        if (c->alive && ((c->a == a && c->b == b) || (c->a == b && c->b == a)))
            return i + 1;
    }
    return 0;
}

/* 0: refused. connection: the one that is wanted, or 0. */
static uint64_t connection_for(struct sim *sim, unsigned from, unsigned to, uint64_t connection)
{
    bool open = connection && sim->connections[connection - 1].alive;

    if (!open)
        connection = find_connection(sim, from, to);
    if (connection)
        return connection;
    if (sim->n_connections == ARRAY_LEN(sim->connections) || sim_chance(sim, sim->weather.refuse))
        return 0;
    sim->connections[sim->n_connections] =
        (struct sim_connection){.a = from, .b = to, .alive = true};
    return ++sim->n_connections;
}

void sim_post_from_proxy(struct sim *sim, const struct ip *to, uint64_t connection,
                         struct slice bytes)
{
    unsigned place = sim_place(sim, to);

    if (sim->weather.tcp && place < SIM_PARTIES)
        connection = connection_for(sim, SIM_PROXY, place, connection);
    if (!sim->weather.tcp || connection)
        sim_post(sim, SIM_PROXY, to, connection, bytes);
}

/* Whether it cannot be sent at all. A place that somebody has moved away from is silent, though. */
static bool is_refused(struct sim *sim, unsigned to, const struct sip_out_item *item,
                       uint64_t connection)
{
    if (to == SIM_PROXY && sim_server_is_gone(sim))
        return true;
    if (to == SIM_PLACES && item->flow.remote.bytes[0] == 10 && item->flow.transport == SIP_UDP)
        return false;
    return to == SIM_PLACES || (item->flow.transport == SIP_TCP && !connection) ||
           sim_chance(sim, sim->weather.fail);
}

static bool is_keep_alive(const struct sip_out_item *item)
{
    return slice_eq(buf_slice(&item->bytes), SLICE("\r\n\r\n"));
}

void sim_send(struct sim *sim, struct sim_party *party, const struct sip_out_item *item)
{
    unsigned to = sim_place(sim, &item->flow.remote);
    struct buf text = buf_new(SIP_MAX_MESSAGE);
    uint64_t connection = 0;

    buf_put(&text, buf_slice(&item->bytes));
    sim_trace(sim, "%u -> %u     %.*s", party->place, to, (int)strcspn(buf_cstr(&text), "\r"),
              buf_cstr(&text));
    if (!is_keep_alive(item) && !sim_check_sent(sim, party, to, &text)) {
        buf_free(&text);
        return;
    }
    if (item->flow.transport == SIP_TCP && to < SIM_PLACES)
        connection = connection_for(sim, party->place, to, item->flow.connection);
    if (is_refused(sim, to, item, connection)) {
        sim_trace(sim, "          cannot be sent");
        sip_endpoint_send_failed(party->ep, item->key, -ECONNREFUSED, sim->now_ms);
    } else if (!is_keep_alive(item)) {
        sim_post(sim, party->place, &item->flow.remote, connection, buf_slice(&text));
    }
    buf_free(&text);
    if (connection && sim_chance(sim, sim->weather.breaks))
        break_connection(sim, connection);
}

/* --- arrival ---------------------------------------------------------------------------------- */

uint64_t sim_net_next_ms(const struct sim *sim)
{
    uint64_t next = NEVER_MS;

    LIST_EACH (&sim->packets, at) {
        const struct sim_packet *packet = LIST_ITEM(at, struct sim_packet, link);

        if (packet->at_ms < next)
            next = packet->at_ms;
    }
    return next;
}

static void arrive(struct sim *sim, const struct sim_packet *packet)
{
    struct sim_party *party = &sim->parties[packet->to];
    struct slice bytes = {packet->bytes, packet->n};
    struct sip_flow flow = {.transport = packet->connection ? SIP_TCP : SIP_UDP,
                            .local = packet->to_ip,
                            .remote = packet->from_ip,
                            .connection = packet->connection};
    struct sip_msg msg;
    int err;

    sim_check_cookie(sim, packet);
    err = sip_parse(bytes, !packet->connection, &msg);

    if (err) {
        sim_fail(sim, "an endpoint sent what does not parse: %s", msg.error ? msg.error : "?");
        return;
    }
    sim_trace(sim, "     %u <- %u %.*s (%.*s)", packet->to, packet->from,
              (int)strcspn(packet->bytes, "\r"), packet->bytes, (int)msg.method_name.n,
              msg.method_name.p);
    sim_check_delivered(sim, party, &msg);
    sim_memory_is_short(sim, true);
    sip_endpoint_receive(party->ep, &flow, bytes, sim->now_ms);
    sim_memory_is_short(sim, false);
    sim_user_drain(sim, party);
    sim_check_taken(sim, party, &msg);
}

/* Takes out one that is due. */
static struct sim_packet *take_due(struct sim *sim)
{
    LIST_EACH (&sim->packets, at) {
        struct sim_packet *packet = LIST_ITEM(at, struct sim_packet, link);

        if (packet->at_ms <= sim->now_ms) {
            list_remove(at);
            return packet;
        }
    }
    return NULL;
}

void sim_net_deliver(struct sim *sim)
{
    struct sim_packet *packet;

    while ((packet = take_due(sim))) {
        /* Nobody is where it goes to, or no longer. */
        bool there = sim_place(sim, &packet->to_ip) == packet->to;

        if (there && packet->to == SIM_PROXY)
            sim_proxy_receive(sim, packet);
        else if (there && packet->to < SIM_PARTIES)
            arrive(sim, packet);
        free(packet->bytes);
        free(packet);
    }
}

void sim_net_free(struct sim *sim)
{
    LIST_EACH (&sim->packets, at) {
        struct sim_packet *packet = LIST_ITEM(at, struct sim_packet, link);

        list_remove(at);
        free(packet->bytes);
        free(packet);
    }
}
