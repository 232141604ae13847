/* tests/sim/sim_proxy.c - a proxy that sends each call to Bob and Carol at once. It keeps little:
 * what is repeated by an endpoint passes through it again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sip/build.h"
#include "sip/parse.h"
#include "tests/sim/sim.h"

#define OUR_BRANCH "z9hG4bKproxy"

static void build(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg,
                  unsigned status)
{
    struct buf b = buf_new(SIP_MAX_MESSAGE);
    struct sip_response response = {.status = status, .to_tag = SLICE("proxy")};

    if (!sip_build_response(&b, msg, &response))
        sim_post(sim, SIM_PROXY, packet->from, 5060, 0, buf_slice(&b));
    buf_free(&b);
}

/* The request with our Via on top, perhaps with Record-Route, and without the route to us. */
static void put_forwarded(struct sim *sim, const struct sim_packet *packet,
                          const struct sip_msg *msg, unsigned to, struct buf *b)
{
    struct slice rest = {packet->bytes, packet->n};
    struct slice line = slice_cut(&rest, '\n');

    buf_put(b, line);
    buf_printf(b, "\nVia: SIP/2.0/UDP 10.0.0.4;branch=" OUR_BRANCH "%u%.*s\r\n", to,
               (int)msg->via.branch.n, msg->via.branch.p);
    if (sim->weather.record_route && msg->method == SIP_INVITE && !msg->to.tag.n)
        buf_puts(b, "Record-Route: <sip:10.0.0.4;lr>\r\n");
    for (bool routed = false; rest.n;) {
        line = slice_cut(&rest, '\n');
        if (!routed && slice_starts(line, SLICE("Route: "))) {
            routed = true;
            continue;
        }
        buf_put(b, line);
        if (rest.p)
            buf_putc(b, '\n');
        if (line.n <= 1) {
            buf_put(b, rest); /* the body as it is */
            break;
        }
    }
}

static void forward(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg,
                    unsigned to)
{
    struct buf b = buf_new(SIP_MAX_MESSAGE);

    put_forwarded(sim, packet, msg, to, &b);
    sim_post(sim, SIM_PROXY, to, 5060, 0, buf_slice(&b));
    buf_free(&b);
}

static struct sim_branch *find(struct sim *sim, struct slice branch)
{
    for (size_t i = 0; i < sim->n_branches; i++)
        if (slice_eq(slice_of(sim->branches[i].branch), branch))
            return &sim->branches[i];
    return NULL;
}

static void request(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg)
{
    struct sim_branch *known = find(sim, msg->via.branch);
    struct ip to;

    if (msg->method == SIP_INVITE && !msg->to.tag.n) {
        if (!known && sim->n_branches < SIM_RECORDS) {
            known = &sim->branches[sim->n_branches++];
            snprintf(known->branch, sizeof known->branch, "%.*s", (int)msg->via.branch.n,
                     msg->via.branch.p);
            known->caller = packet->from;
        }
        build(sim, packet, msg, 100);
    } else if (msg->method == SIP_CANCEL) {
        build(sim, packet, msg, 200);
    } else if (!known || msg->method != SIP_ACK) {
        /* In a dialog. RFC 4320 lets a proxy say 100 after a while. */
        if (msg->method == SIP_BYE && sim_chance(sim, 50))
            build(sim, packet, msg, 100);
        if (!ip_parse(msg->uri.host, &to) && sim_place(&to) < SIM_PARTIES)
            forward(sim, packet, msg, sim_place(&to));
        return;
    }
    forward(sim, packet, msg, 1);
    forward(sim, packet, msg, 2);
}

/* Without the topmost Via, which is ours. */
static void pass_back(struct sim *sim, struct slice bytes, unsigned to)
{
    struct buf b = buf_new(SIP_MAX_MESSAGE);
    struct slice rest = bytes;

    buf_put(&b, slice_cut(&rest, '\n'));
    buf_putc(&b, '\n');
    slice_cut(&rest, '\n');
    buf_put(&b, rest);
    sim_post(sim, SIM_PROXY, to, 5060, 0, buf_slice(&b));
    buf_free(&b);
}

/* ACK or CANCEL of our own to one of the two, made of what the INVITE has in common with its answer
 * msg. Only an ACK knows the To tag. */
static void say(struct sim *sim, unsigned to, const struct sip_msg *msg, struct slice branch,
                enum sip_method method)
{
    struct slice name = sip_method_name(method);
    struct buf b = buf_new(SIP_MAX_MESSAGE);

    buf_printf(&b,
               "%.*s sip:all@10.0.0.4 SIP/2.0\r\n"
               "Via: SIP/2.0/UDP 10.0.0.4;branch=" OUR_BRANCH "%u%.*s\r\nFrom: ",
               (int)name.n, name.p, to, (int)branch.n, branch.p);
    buf_put(&b, sip_msg_header(msg, SIP_HDR_FROM));
    buf_puts(&b, "\r\nTo: ");
    if (method == SIP_ACK)
        buf_put(&b, sip_msg_header(msg, SIP_HDR_TO));
    else
        sip_address_put(&b, SLICE(""), msg->to.uri);
    buf_puts(&b, "\r\nCall-ID: ");
    buf_put(&b, msg->call_id);
    buf_printf(&b, "\r\nCSeq: 1 %.*s\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n", (int)name.n,
               name.p);
    sim_post(sim, SIM_PROXY, to, 5060, 0, buf_slice(&b));
    buf_free(&b);
}

static void final(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg,
                  struct sim_branch *known)
{
    size_t which = packet->from - 1;

    if (msg->status < 300) {
        if (!known->ok && sim->weather.cancels)
            say(sim, packet->from == 1 ? 2 : 1, msg, slice_of(known->branch), SIP_CANCEL);
        known->ok = true;
        pass_back(sim, (struct slice){packet->bytes, packet->n}, known->caller);
    } else if (known->ok) {
        say(sim, packet->from, msg, slice_of(known->branch), SIP_ACK);
    } else {
        free(known->final[which]);
        known->final[which] = slice_dup((struct slice){packet->bytes, packet->n});
        /* RFC 3261 16.7: the best of both, when both are there. Each copy passes it on again. */
        if (known->final[0] && known->final[1])
            pass_back(sim, slice_of(known->final[0]), known->caller);
    }
}

static void response(struct sim *sim, const struct sim_packet *packet, const struct sip_msg *msg)
{
    struct sip_values vias = sip_msg_values(msg, SIP_HDR_VIA);
    struct sim_branch *known;
    struct sip_via via;
    struct slice value;
    struct ip to;

    if (!sip_values_next(&vias, &value) || !sip_values_next(&vias, &value) ||
        sip_via_parse(value, &via))
        return; /* the answer to a CANCEL of our own */
    known = find(sim, via.branch);
    if (msg->method == SIP_CANCEL || (msg->status == 100 && known))
        return;
    if (known && msg->method == SIP_INVITE && msg->status >= 200 && packet->from != known->caller)
        final(sim, packet, msg, known);
    else if (!ip_parse(via.host, &to) && sim_place(&to) < SIM_PARTIES)
        pass_back(sim, (struct slice){packet->bytes, packet->n}, sim_place(&to));
}

void sim_proxy_receive(struct sim *sim, const struct sim_packet *packet)
{
    struct sip_msg msg;

    if (sip_parse((struct slice){packet->bytes, packet->n}, true, &msg)) {
        sim_fail(sim, "an endpoint sent the proxy what does not parse: %s", msg.error);
        return;
    }
    sim_trace(sim, "     proxy <- %u %.*s (%.*s)", packet->from, (int)strcspn(packet->bytes, "\r"),
              packet->bytes, (int)msg.method_name.n, msg.method_name.p);
    if (msg.request)
        request(sim, packet, &msg);
    else
        response(sim, packet, &msg);
}

void sim_proxy_free(struct sim *sim)
{
    for (size_t i = 0; i < sim->n_branches; i++) {
        free(sim->branches[i].final[0]);
        free(sim->branches[i].final[1]);
    }
}
